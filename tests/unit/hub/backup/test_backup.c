/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Backups: what goes in comes out, while others write; a changed, cut or swapped file is refused before anything is written; nothing is
 * ever written over; what earlier backups hold is found there.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "broker/hub/audit/files.h"
#include "broker/hub/audit/verify.h"
#include "broker/hub/backup/file.h"
#include "broker/hub/backup/make.h"
#include "broker/hub/backup/restore.h"
#include "broker/hub/backup/shelf.h"
#include "broker/hub/keys/lock.h"
#include "broker/hub/store/people.h"

static char top[64], err[1024];
static struct sek_broker_config *config;
static uint8_t signer[32], secret[32];
static struct sek_backup_result made;

static const char *in(const char *name)
{
	static char paths[8][256];
	static unsigned next;
	char *p = paths[next++ % 8];

	snprintf(p, 256, "%s/%s", top, name);
	return p;
}

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(in(name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(in(name), mode), 0);
}

static const char yaml[] =
	"inner:\n  address: 127.0.0.61\n  port: 8443\n  certificate: cert.pem\n  key: key.pem\n"
	"outer:\n  address: 127.0.0.62\n"
	"pki:\n  ca: cert.pem\n  crl: cert.pem\n  intermediate_certificate: cert.pem\n  intermediate_key: key.pem\n"
	"render_hosts:\n  - {name: render1.example, address: 127.0.0.63, port: 7443}\n"
	"store: {path: ../state/broker.db}\nweb_root: ../web\n"
	"recording: {public_key: recording.pub}\ndocuments: {}\n"
	"backup: {folder: ../shelf, public_key: backup.pub, whole_days: 7, keep_days: %d}\n";

static void load(int keep_days)
{
	char text[2048];

	sek_broker_config_free(config);
	config = NULL;
	snprintf(text, sizeof text, yaml, keep_days);
	put("etc/broker.yaml", text, 0600);
	ck_assert_msg(sek_is_ok(sek_broker_config_load(in("etc/broker.yaml"), SEK_BIN, &config, err, sizeof err)), "%s", err);
}

static void add_user(const char *name)
{
	struct sek_store *s = NULL;

	ck_assert_msg(sek_is_ok(sek_store_open(in("state/broker.db"), &s, err, sizeof err)), "%s", err);
	ck_assert(sek_is_ok(sek_store_user_add(s, name, "hash", 1)));
	sek_store_close(s);
}

static void add_record(const char *what)
{
	ck_assert_msg(sek_is_ok(sek_audit_once(&config->audit, &(struct sek_audit_event){ .who = "taro", .what = what }, err, sizeof err)), "%s",
		err);
}

static void set_up(void)
{
	static const char *const folders[] = { "etc", "state", "web", "shelf", "state/recordings", "state/documents" };
	static const char hex[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
	char *file = NULL;
	size_t n = 0;

	umask(022);
	ck_assert_int_ge(sodium_init(), 0);
	snprintf(top, sizeof top, "/tmp/sek-backup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		ck_assert_int_eq(mkdir(in(folders[i]), 0700), 0);
	put("web/index.html", "", 0644);
	put("etc/cert.pem", "c", 0644);
	put("etc/key.pem", "k", 0600);
	put("etc/recording.pub", hex, 0644);
	put("state/recordings/a.sekrec", "one recording", 0600);
	put("state/documents/b.doc", "one document", 0600);
	ck_assert(sek_is_ok(sek_lock_pair_make(SEK_LOCK_BACKUP, in("etc/backup.pub"), in("backup.secret"), "correct horse")));
	ck_assert(sek_is_ok(sek_file_read(in("backup.secret"), &file, &n)));
	ck_assert(sek_is_ok(sek_lock_open(SEK_LOCK_BACKUP, (uint8_t *)file, n, "correct horse", secret)));
	ck_assert(sek_is(sek_lock_open(SEK_LOCK_RECORDING, (uint8_t *)file, n, "correct horse", secret), SEK_E_MALFORMED));
	free(file);
	load(0);
	add_user("taro");
	add_record("test.first");
}

static void tear_down(void)
{
	char command[128];

	sek_broker_config_free(config);
	config = NULL;
	snprintf(command, sizeof command, "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static void make(bool whole)
{
	const struct sek_backup_wish wish = { .whole = whole, .recordings = true, .documents = true, .who = "#local:test" };

	ck_assert_msg(sek_is_ok(sek_backup_make(config, in("etc/broker.yaml"), &wish, &made, err, sizeof err)), "%s", err);
	ck_assert(sek_is_ok(sek_public_key_load(in("state/backup.key.pub"), signer)));
	ck_assert_int_ne(access(in("state/broker.db.backup"), F_OK), 0);
}

static sek_status try_plan(const char *path)
{
	struct sek_backup_plan p;
	sek_status s = sek_backup_plan_make(path, signer, secret, &p, err, sizeof err);

	if (sek_is_ok(s))
		sek_backup_plan_finish(&p);
	return s;
}

static sek_status restore(const char *root)
{
	struct sek_backup_plan p;
	sek_status s = sek_backup_plan_make(made.path, signer, secret, &p, err, sizeof err);

	if (!sek_is_ok(s))
		return s;
	s = sek_backup_plan_fits(&p, root, err, sizeof err);
	if (sek_is_ok(s))
		s = sek_backup_plan_carry_out(&p, root, err, sizeof err);
	sek_backup_plan_finish(&p);
	return s;
}

static void is_text(const char *name, const char *text)
{
	char *there = NULL;

	ck_assert_msg(sek_is_ok(sek_file_read(in(name), &there, NULL)), "%s", name);
	ck_assert_str_eq(there, text);
	free(there);
}

static void ignore(void *user, const struct sek_finding *f)
{
	(void)user;
	if (!sek_finding_is_note(f->kind))
		fprintf(stderr, "%s: %s\n", f->file, sek_finding_word(f->kind));
}

static uint64_t verify_audit(const char *name)
{
	struct sek_audit_verify v = { .folder = in(name), .found = ignore };

	ck_assert(sek_is_ok(sek_public_key_load(in("copy/audit.key.pub"), v.key)));
	ck_assert(sek_is_ok(sek_audit_verify(&v)));
	ck_assert_uint_eq(v.findings, 0);
	return v.last.seq;
}

static void destroy(void)
{
	char command[256];

	snprintf(command, sizeof command, "cd %s && mkdir -p copy && cp state/audit.key.pub copy && rm -rf state etc", top);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(what_was_destroyed_comes_back)
{
	struct sek_store *s = NULL;
	struct sek_store_user u;
	struct stat st;

	make(false);
	ck_assert(made.head.whole);
	ck_assert_uint_eq(made.held, 0);
	ck_assert(sek_is(restore(""), SEK_E_EXISTS)); /* the old state is still there, and stays */
	is_text("state/recordings/a.sekrec", "one recording");
	destroy();
	ck_assert_msg(sek_is_ok(restore("")), "%s", err);
	is_text("state/recordings/a.sekrec", "one recording");
	is_text("state/documents/b.doc", "one document");
	is_text("etc/key.pem", "k");
	ck_assert_int_eq(stat(in("etc/key.pem"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(in("etc/cert.pem"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_msg(sek_is_ok(sek_store_open(in("state/broker.db"), &s, err, sizeof err)), "%s", err);
	ck_assert(sek_is_ok(sek_store_user_find(s, "taro", &u)));
	sek_store_close(s);
	ck_assert_uint_eq(verify_audit("state/audit"), 3); /* header, first, checkpoint; that the backup was made came after it */
	load(0);
	add_record("test.goes-on");
	ck_assert_uint_eq(verify_audit("state/audit"), 5);
	/* nothing is put over it a second time */
	ck_assert(sek_is(restore(""), SEK_E_EXISTS));
	/* but it can be looked at elsewhere */
	ck_assert_int_eq(mkdir(in("elsewhere"), 0700), 0);
	ck_assert_msg(sek_is_ok(restore(in("elsewhere"))), "%s", err);
}
END_TEST

START_TEST(a_broker_may_write_meanwhile)
{
	struct sek_audit_files *open_log = NULL;
	struct sek_store *s = NULL;

	ck_assert(sek_is_ok(sek_store_open(in("state/broker.db"), &s, err, sizeof err)));
	ck_assert(sek_is_ok(sek_audit_files_open(&config->audit, &open_log, err, sizeof err)));
	ck_assert(sek_is_ok(sek_store_user_add(s, "hanako", "hash", 1))); /* in the write-ahead log only */
	make(false);
	ck_assert(sek_is_ok(sek_store_user_add(s, "jiro", "hash", 1)));
	sek_store_close(s);
	sek_audit_files_close(open_log);
	destroy();
	ck_assert_msg(sek_is_ok(restore("")), "%s", err);
	ck_assert(sek_is_ok(sek_store_open(in("state/broker.db"), &s, err, sizeof err)));
	uint64_t users = 0;
	ck_assert(sek_is_ok(sek_store_users_count(s, &users)));
	ck_assert_uint_eq(users, 2);
	sek_store_close(s);
	(void)verify_audit("state/audit");
}
END_TEST

START_TEST(what_earlier_ones_hold_is_not_taken_again)
{
	char first[4096];

	make(false);
	memcpy(first, made.path, sizeof first);
	put("state/recordings/c.sekrec", "another", 0600);
	make(false);
	ck_assert(!made.head.whole);
	ck_assert_uint_eq(made.held, 2);
	ck_assert_msg(sek_is_ok(try_plan(made.path)), "%s", err);
	/* one that was written on is taken anew */
	put("state/recordings/c.sekrec", "another, longer", 0600);
	make(false);
	ck_assert_uint_eq(made.held, 2);
	destroy();
	ck_assert_msg(sek_is_ok(restore("")), "%s", err);
	is_text("state/recordings/a.sekrec", "one recording");
	is_text("state/recordings/c.sekrec", "another, longer");
	load(0);
	/* without the first there is no restore from the third, and the next holds everything by itself */
	ck_assert_int_eq(rename(first, in("away")), 0);
	ck_assert(sek_is(try_plan(made.path), SEK_E_NOT_FOUND));
	make(false);
	ck_assert_uint_eq(made.held, 0);
	ck_assert_msg(sek_is_ok(try_plan(made.path)), "%s", err);
}
END_TEST

START_TEST(another_key_begins_anew)
{
	make(false);
	ck_assert_int_eq(unlink(in("etc/backup.pub")), 0);
	ck_assert(sek_is_ok(sek_lock_pair_make(SEK_LOCK_BACKUP, in("etc/backup.pub"), in("second.secret"), "correct horse")));
	make(false);
	ck_assert(made.head.whole);
	ck_assert(sek_is(try_plan(made.path), SEK_E_DENIED)); /* the old secret half does not open it */
	ck_assert_ptr_nonnull(strstr(err, "another backup key"));
}
END_TEST

START_TEST(old_ones_go_when_no_younger_one_needs_them)
{
	struct sek_backup_shelf s = { .n = 0 };

	load(1);
	make(true);
	make(false);
	ck_assert_uint_eq(made.removed, 0); /* all of today */
	ck_assert(sek_is_ok(sek_backup_shelf_read(in("shelf"), &s)));
	ck_assert_uint_eq(s.n, 2);
	sek_backup_shelf_finish(&s);
}
END_TEST

/* --- what was touched --- */

static uint8_t *read_all(const char *path, size_t *n)
{
	FILE *f = fopen(path, "r");
	uint8_t *bytes = malloc(1 << 20);

	ck_assert_ptr_nonnull(f);
	*n = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

static void write_all(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void is_refused(const char *path)
{
	ck_assert_msg(!sek_is_ok(try_plan(path)), "a touched backup was taken");
	ck_assert_ptr_nonnull(strstr(err, path));
}

START_TEST(whatever_was_touched_is_refused)
{
	const char *path = in("shelf/touched.sekbak");
	size_t n, step;
	uint8_t *bytes;

	make(false);
	bytes = read_all(made.path, &n);
	step = n / 400 + 1;
	for (size_t i = 0; i < n; i += i < 400 || i > n - 100 ? 1 : step) { /* every byte of the head and of the signature */
		bytes[i] ^= 0x40;
		write_all(path, bytes, n);
		is_refused(path);
		bytes[i] ^= 0x40;
	}
	for (size_t i = 0; i < n; i += i > n - 100 ? 1 : step) { /* cut */
		write_all(path, bytes, i);
		is_refused(path);
	}
	bytes = realloc(bytes, n + 1);
	bytes[n] = 0;
	write_all(path, bytes, n + 1);
	is_refused(path);
	free(bytes);
	ck_assert_msg(sek_is_ok(try_plan(made.path)), "%s", err);
}
END_TEST

/* A whole file of somebody who has the public key but not the signing key, and chunks that change places. */
START_TEST(what_somebody_else_made_is_refused)
{
	struct sek_backup_head head = { .made_s = 1, .whole = true, .where = "broker" };
	struct sek_backup_entry end = { .kind = SEK_BACKUP_END };
	struct sek_sign_key other;
	struct sek_backup_writer *w;
	const char *path = in("shelf/forged.sekbak");
	uint64_t ignored;

	make(false);
	ck_assert(sek_is_ok(sek_public_key_load(in("etc/backup.pub"), head.recipient)));
	ck_assert(sek_is_ok(sek_sign_key_make(in("other.key"), &other)));
	ck_assert(sek_is_ok(sek_backup_create(path, &head, &other, &w)));
	ck_assert(sek_is_ok(sek_backup_put_entry(w, &end)));
	ck_assert(sek_is_ok(sek_backup_finish(w, &ignored)));
	ck_assert(sek_is(try_plan(path), SEK_E_CRYPTO));
	/* a name that is there already is left alone */
	ck_assert(sek_is_ok(sek_backup_create(path, &head, &other, &w)));
	ck_assert(sek_is(sek_backup_finish(w, &ignored), SEK_E_EXISTS));
}
END_TEST

/* An older backup put in the place of the one that holds a file, or changed: found before anything is written. */
START_TEST(an_earlier_one_that_was_touched_is_refused)
{
	char first[4096];
	size_t n;
	uint8_t *bytes;

	make(false);
	memcpy(first, made.path, sizeof first);
	make(false);
	ck_assert_uint_gt(made.held, 0);
	bytes = read_all(first, &n);
	bytes[n / 2] ^= 1;
	write_all(first, bytes, n);
	free(bytes);
	is_text("etc/key.pem", "k");
	ck_assert(sek_is(try_plan(made.path), SEK_E_CRYPTO));
	ck_assert_ptr_nonnull(strstr(err, first));
}
END_TEST

START_TEST(descriptions_are_read_strictly)
{
	struct sek_backup_entry e = { .kind = SEK_BACKUP_HELD, .class = SEK_BACKUP_AUDIT, .mode = 0600, .mtime_s = 5, .size = 7, .owner = "sekisho",
		.group = "sekisho", .path = "/var/lib/sekisho/audit/audit-00000001.log" }, back;
	static const char *const bad[] = { "", "relative", "/a/../b", "/a//b", "/a/./b", "/a/", "/a\nb", "/" };
	uint8_t bytes[SEK_BACKUP_ENTRY_BYTES];
	size_t n = sek_backup_entry_write(&e, bytes);

	ck_assert_uint_gt(n, 0);
	ck_assert(sek_is_ok(sek_backup_entry_read(bytes, n, &back)));
	ck_assert_str_eq(back.path, e.path);
	ck_assert_str_eq(back.owner, "sekisho");
	ck_assert_uint_eq(back.size, 7);
	for (size_t i = 0; i < n; i++)
		ck_assert(sek_is(sek_backup_entry_read(bytes, i, &back), SEK_E_MALFORMED));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(e.path, sizeof e.path, "%s", bad[i]);
		ck_assert_msg(!sek_backup_path_ok(bad[i]), "%s", bad[i]);
		ck_assert_uint_eq(sek_backup_entry_write(&e, bytes), 0);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("backup");
	Suite *s = suite_create("backup");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, what_was_destroyed_comes_back);
	tcase_add_test(t, a_broker_may_write_meanwhile);
	tcase_add_test(t, what_earlier_ones_hold_is_not_taken_again);
	tcase_add_test(t, another_key_begins_anew);
	tcase_add_test(t, old_ones_go_when_no_younger_one_needs_them);
	tcase_add_test(t, whatever_was_touched_is_refused);
	tcase_add_test(t, what_somebody_else_made_is_refused);
	tcase_add_test(t, an_earlier_one_that_was_touched_is_refused);
	tcase_add_test(t, descriptions_are_read_strictly);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
