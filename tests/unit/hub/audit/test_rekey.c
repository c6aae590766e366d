/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Another signing key for a log that goes on: with a writer that has it open; verified with the old key and with the new one; interrupted at
 * each step; and no key takes over that the old one did not name.
 */
#include <stdarg.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/rekey.h"
#include "broker/hub/audit/verify.h"

static char top[64], folder[96], key[96], err[512], old_hex[SEK_AUDIT_HEX_BYTES], new_hex[SEK_AUDIT_HEX_BYTES];
static struct sek_audit_config config;
static unsigned found[SEK_FINDINGS];

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *format, ...)
{
	char command[1024], full[1200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof command, format, ap);
	va_end(ap);
	snprintf(full, sizeof full, "cd %s && %s", top, command);
	ck_assert_int_eq(system(full), 0);
}

static void add(const char *what)
{
	ck_assert_msg(sek_is_ok(sek_audit_once(&config, &(struct sek_audit_event){ .who = "taro", .what = what }, err, sizeof err)), "%s", err);
}

static void rekey(void)
{
	ck_assert_msg(sek_is_ok(sek_audit_rekey(&config, "#local:test", old_hex, new_hex, err, sizeof err)), "%s", err);
	ck_assert_str_ne(old_hex, new_hex);
}

static void set_up(void)
{
	ck_assert_int_ge(sodium_init(), 0);
	snprintf(top, sizeof top, "/tmp/sek-rekey-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(folder, sizeof folder, "%s/audit", top);
	snprintf(key, sizeof key, "%s/audit.key", top);
	config = (struct sek_audit_config){ folder, key, "broker1", 60, 1000, 1 << 20 };
	add("test.first");
	sh("cp audit.key.pub first.pub");
}

static void tear_down(void)
{
	sh("rm -rf %s", top);
}

static void on_found(void *user, const struct sek_finding *f)
{
	(void)user;
	found[f->kind]++;
}

static uint64_t findings(const char *public_key)
{
	struct sek_audit_verify v = { .folder = folder, .found = on_found };
	char path[160];

	memset(found, 0, sizeof found);
	snprintf(path, sizeof path, "%s/%s", top, public_key);
	ck_assert(sek_is_ok(sek_public_key_load(path, v.key)));
	ck_assert(sek_is_ok(sek_audit_verify(&v)));
	return v.findings;
}

static void is_whole(unsigned changes)
{
	ck_assert_uint_eq(findings("first.pub"), 0);
	ck_assert_uint_eq(found[SEK_FINDING_REKEYED], changes);
	ck_assert_uint_eq(findings("audit.key.pub"), 0);
	for (unsigned i = 1; i <= changes; i++) {
		char name[32];

		snprintf(name, sizeof name, "audit.key.pub.%u", i);
		ck_assert_uint_eq(findings(name), 0);
	}
}

START_TEST(a_log_goes_on_with_another_key)
{
	rekey();
	add("test.second");
	rekey();
	add("test.third");
	is_whole(2);
	sh("cmp first.pub audit.key.pub.1");
	sh("test ! -e audit.key.next && test ! -e audit.key.next.pub");
	/* a key that the log never had */
	sh("head -c 64 /dev/zero | tr '\\0' a > other.pub; echo >> other.pub");
	ck_assert_uint_gt(findings("other.pub"), 0);
	ck_assert_uint_gt(found[SEK_FINDING_KEY], 0);
}
END_TEST

START_TEST(a_writer_that_has_it_open_takes_the_new_key)
{
	struct sek_audit_files *open_log = NULL;
	struct sek_audit_body body = { "\"time\":\"2026-01-02T03:04:05.678901Z\",\"what\":\"test.live\"", 0 };

	body.n = strlen(body.text);
	ck_assert(sek_is_ok(sek_audit_files_open(&config, &open_log, err, sizeof err)));
	rekey();
	for (int i = 0; i < 3; i++) {
		ck_assert(sek_is_ok(sek_audit_files_append(open_log, &body, 1, true, NULL, NULL)));
		is_whole(1);
	}
	ck_assert_uint_eq(sek_audit_files_segment(open_log), 2);
	sek_audit_files_close(open_log);
	is_whole(1);
}
END_TEST

/* As a power cut would leave it: `undo` takes the last steps back. */
static void interrupted(const char *undo)
{
	sh("cp audit/head head.before && cp audit.key key.before");
	rekey();
	sh("%s", undo);
	add("test.afterwards");
	is_whole(1);
	sh("test ! -e audit.key.next && test ! -e audit.key.next.pub && cmp first.pub audit.key.pub.1");
}

START_TEST(a_change_that_was_interrupted_is_finished)
{
#define NO_SEGMENT "rm audit/audit-00000002.log && cp head.before audit/head && mv audit.key.pub audit.key.next.pub && mv audit.key.pub.1 audit.key.pub"
	static const char *const undo[] = {
		/* the record is written, nothing else */
		NO_SEGMENT " && mv audit.key audit.key.next && cp -p key.before audit.key",
		/* the key has its place, the segment did not begin */
		NO_SEGMENT,
		/* the public halves have not theirs; or one of them */
		"mv audit.key.pub audit.key.next.pub && mv audit.key.pub.1 audit.key.pub",
		"mv audit.key.pub audit.key.next.pub",
	};

	interrupted(undo[_i]);
}
END_TEST

START_TEST(one_that_did_not_begin_leaves_the_old_key)
{
	sh("printf rubbish > audit.key.next");
	add("test.second");
	is_whole(0);
	rekey();
	is_whole(1);
}
END_TEST

/* Somebody without the old key makes a log of his own that ends in one's key: nothing in it is signed by that. */
START_TEST(a_key_is_not_taken_for_proof_by_its_name)
{
	char mine[SEK_AUDIT_HEX_BYTES];

	sh("mkdir theirs && cp -r audit audit.key audit.key.pub theirs && rm -r audit audit.key audit.key.pub");
	add("test.forged");
	rekey();
	memcpy(mine, new_hex, sizeof mine);
	/* the last segments stay away, and so does every signature of the second key; its name is in the log */
	sh("rm audit/audit-00000002.log");
	ck_assert_uint_gt(findings("audit.key.pub"), 0);
	ck_assert_uint_gt(findings("first.pub"), 0);
	ck_assert_uint_gt(found[SEK_FINDING_KEY] + found[SEK_FINDING_SIGNATURE], 0);
}
END_TEST

START_TEST(a_changed_signature_of_the_old_key_is_found)
{
	rekey();
	add("test.second");
	/* the record that names the new key, as somebody else would have signed it: the hashes after it are made anew by nobody */
	sh("sed -i '/\"what\":\"audit.key\"/s/\"signature\":\"../\"signature\":\"00/' audit/audit-00000001.log");
	ck_assert_uint_gt(findings("first.pub"), 0);
	ck_assert_uint_gt(found[SEK_FINDING_KEY] + found[SEK_FINDING_CHANGED], 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("rekey");
	Suite *s = suite_create("audit rekey");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_log_goes_on_with_another_key);
	tcase_add_test(t, a_writer_that_has_it_open_takes_the_new_key);
	tcase_add_loop_test(t, a_change_that_was_interrupted_is_finished, 0, 4);
	tcase_add_test(t, one_that_did_not_begin_leaves_the_old_key);
	tcase_add_test(t, a_key_is_not_taken_for_proof_by_its_name);
	tcase_add_test(t, a_changed_signature_of_the_old_key_is_found);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
