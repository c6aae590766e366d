/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folder: what is appended stays, a torn end is repaired and recorded, and everything else that somebody did to the files
 * is told from that.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

#define FIRST "audit-00000001.log"
#define SECOND "audit-00000002.log"

static struct rig r;

static void setup(void)
{
	rig_init(&r);
}

static void teardown(void)
{
	rig_finish(&r);
}

static void fill(unsigned n)
{
	struct sek_audit_files *f = rig_open(&r);

	while (n--)
		ck_assert(sek_is_ok(rig_add(f, "test.event")));
	sek_audit_files_close(f);
}

START_TEST(fresh)
{
	struct sek_audit_files *f = rig_open(&r);
	struct stat st;

	ck_assert_uint_eq(sek_audit_files_point(f).seq, 1); /* the segment's header */
	ck_assert(!sek_audit_files_damaged(f));
	ck_assert_uint_eq(sek_audit_files_repaired(f), 0);
	ck_assert_int_eq(stat(r.key, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(r.log, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(rig_path(&r, FIRST), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	sek_audit_files_close(f);
	ck_assert_uint_eq(rig_count(&r, FIRST, "audit.checkpoint"), 1); /* closing signs */
}
END_TEST

START_TEST(goes_on_after_reopening)
{
	struct sek_audit_files *f;

	fill(10);
	f = rig_open(&r);
	ck_assert_uint_eq(sek_audit_files_point(f).seq, 12);
	ck_assert_uint_eq(sek_audit_files_signed(f), 12);
	ck_assert(!sek_audit_files_damaged(f));
	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	ck_assert_uint_eq(sek_audit_files_point(f).seq, 13);
	sek_audit_files_close(f);
}
END_TEST

START_TEST(signs_every_so_many_records)
{
	r.config.checkpoint_records = 5;
	fill(20);
	/* header and four records, a signature; then five records and a signature each: 4, 9, 14, 19; and at the end */
	ck_assert_uint_eq(rig_count(&r, FIRST, "audit.checkpoint"), 5);
}
END_TEST

START_TEST(rotates)
{
	struct sek_audit_files *f;

	r.config.segment_bytes = 2000;
	fill(40);
	ck_assert_int_eq(access(rig_path(&r, "audit-00000005.log"), F_OK), 0);
	ck_assert_uint_eq(rig_count(&r, FIRST, "audit.checkpoint"), 1); /* a full one ends with a signature */
	ck_assert_uint_eq(rig_count(&r, SECOND, "\"what\":\"audit.segment\""), 1);
	f = rig_open(&r);
	ck_assert(!sek_audit_files_damaged(f));
	ck_assert_uint_gt(sek_audit_files_segment(f), 4);
	sek_audit_files_close(f);
}
END_TEST

/* A write that was interrupted after any number of its bytes. */
START_TEST(torn_tail)
{
	size_t n, line_n, cut, step;
	char *text, *last;

	fill(5);
	text = rig_read(&r, FIRST, &n);
	for (last = text + n - 1; last[-1] != '\n'; last--)
		;
	line_n = n - (size_t)(last - text);
	step = line_n / 40 + 1;
	for (cut = 1; cut < line_n; cut += step) {
		struct sek_audit_files *f;
		char *torn = malloc(n + cut);
		char name[40];

		/* a record that nobody was told of, in part: the beginning of some line */
		memcpy(torn, text, n);
		memcpy(torn + n, last, cut);
		rig_write(&r, FIRST, torn, n + cut);
		f = rig_open(&r);
		ck_assert(!sek_audit_files_damaged(f));
		ck_assert_uint_eq(sek_audit_files_repaired(f), cut);
		snprintf(name, sizeof name, "torn-%llu", (unsigned long long)sek_audit_files_point(f).seq - 1);
		ck_assert_int_eq(access(rig_path(&r, name), F_OK), 0);
		ck_assert_uint_eq(rig_count(&r, FIRST, "audit.repaired"), 1);
		sek_audit_files_close(f);
		f = rig_open(&r); /* and it is whole again */
		ck_assert_uint_eq(sek_audit_files_repaired(f), 0);
		ck_assert(!sek_audit_files_damaged(f));
		sek_audit_files_close(f);
		free(torn);
		/* back to where it was, with its head */
		ck_assert_int_eq(unlink(rig_path(&r, "head")), 0);
		ck_assert_int_eq(unlink(rig_path(&r, FIRST)), 0);
		free(text);
		fill(5);
		text = rig_read(&r, FIRST, &n);
		for (last = text + n - 1; last[-1] != '\n'; last--)
			;
	}
	free(text);
}
END_TEST

/* Records that were acknowledged are gone: not repaired, but said for ever. */
static void expect_damage(const char *newest)
{
	struct sek_audit_files *f = rig_open(&r);

	ck_assert(sek_audit_files_damaged(f));
	ck_assert_uint_eq(rig_count(&r, newest, "\"what\":\"audit.damaged\""), 1);
	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	sek_audit_files_close(f);
	f = rig_open(&r);
	ck_assert(!sek_audit_files_damaged(f)); /* said once */
	sek_audit_files_close(f);
}

START_TEST(cut_below_the_head)
{
	size_t n;
	char *text, *last;

	fill(5);
	text = rig_read(&r, FIRST, &n);
	for (last = text + n - 1; last[-1] != '\n'; last--)
		;
	rig_write(&r, FIRST, text, (size_t)(last - text));
	expect_damage(SECOND);
	free(text);
	text = rig_read(&r, FIRST, &n); /* what is left is evidence: untouched */
	ck_assert_ptr_eq(memmem(text, n, "audit.repaired", 14), NULL);
	free(text);
}
END_TEST

START_TEST(changed_in_the_middle)
{
	size_t n;
	char *text = NULL, *at;

	fill(9);
	text = rig_read(&r, FIRST, &n);
	at = memmem(text, n, "{\"seq\":5,", 9);
	at = strstr(at, "taro");
	*at = 'j';
	rig_write(&r, FIRST, text, n);
	free(text);
	expect_damage(SECOND);
}
END_TEST

START_TEST(log_removed)
{
	fill(5);
	ck_assert_int_eq(unlink(rig_path(&r, FIRST)), 0);
	expect_damage(FIRST);
}
END_TEST

START_TEST(head_removed)
{
	fill(5);
	ck_assert_int_eq(unlink(rig_path(&r, "head")), 0);
	expect_damage(SECOND);
}
END_TEST

START_TEST(removed_while_open)
{
	struct sek_audit_files *f = rig_open(&r);

	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	ck_assert_int_eq(unlink(rig_path(&r, FIRST)), 0);
	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	ck_assert(sek_audit_files_damaged(f));
	sek_audit_files_close(f);
}
END_TEST

START_TEST(cut_while_open)
{
	struct sek_audit_files *f = rig_open(&r);

	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	ck_assert_int_eq(truncate(rig_path(&r, FIRST), 10), 0);
	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	ck_assert(sek_audit_files_damaged(f));
	ck_assert_uint_eq(rig_count(&r, SECOND, "audit.damaged"), 1);
	sek_audit_files_close(f);
}
END_TEST

START_TEST(key_removed)
{
	struct sek_audit_files *f = NULL;

	fill(2);
	ck_assert_int_eq(unlink(r.key), 0);
	ck_assert(!sek_is_ok(sek_audit_files_open(&r.config, &f, r.err, sizeof r.err)));
	ck_assert_ptr_nonnull(strstr(r.err, "key"));
}
END_TEST

START_TEST(two_writers)
{
	struct sek_audit_files *a, *b;
	unsigned i;

	r.config.segment_bytes = 3000; /* they rotate under each other's feet, too */
	a = rig_open(&r);
	b = rig_open(&r);
	for (i = 0; i < 40; i++)
		ck_assert(sek_is_ok(rig_add(i % 3 ? a : b, "test.event")));
	ck_assert(!sek_audit_files_damaged(a));
	ck_assert(!sek_audit_files_damaged(b));
	sek_audit_files_close(a);
	sek_audit_files_close(b);
	a = rig_open(&r);
	ck_assert(!sek_audit_files_damaged(a));
	ck_assert_uint_ge(sek_audit_files_point(a).seq, 41);
	sek_audit_files_close(a);
}
END_TEST

/* The disk takes a part of a batch and no more: nothing of it is in the log. */
START_TEST(disk_full)
{
	struct sek_audit_files *f = rig_open(&r);
	struct rlimit limit, old;
	struct stat before, after;
	unsigned i;

	signal(SIGXFSZ, SIG_IGN);
	rig_grow(f);
	ck_assert_int_eq(stat(rig_path(&r, FIRST), &before), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (i = 0; i < 200; i += 20) {
		limit = (struct rlimit){ (rlim_t)before.st_size + i, old.rlim_max };
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
		ck_assert(!sek_is_ok(rig_add(f, "test.refused")));
		ck_assert_int_eq(stat(rig_path(&r, FIRST), &after), 0);
		ck_assert_int_eq(after.st_size, before.st_size);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert(sek_is_ok(rig_add(f, "test.event")));
	ck_assert_uint_eq(sek_audit_files_point(f).seq, 34);
	sek_audit_files_close(f);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.refused"), 0);
	f = rig_open(&r);
	ck_assert(!sek_audit_files_damaged(f));
	ck_assert_uint_eq(sek_audit_files_repaired(f), 0);
	sek_audit_files_close(f);
}
END_TEST

START_TEST(writable_by_others)
{
	struct sek_audit_files *f = NULL;

	fill(1);
	ck_assert_int_eq(chmod(r.log, 0777), 0);
	ck_assert(!sek_is_ok(sek_audit_files_open(&r.config, &f, r.err, sizeof r.err)));
	ck_assert_ptr_nonnull(strstr(r.err, "chmod"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit files");
	TCase *t = tcase_create("files");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, fresh);
	tcase_add_test(t, goes_on_after_reopening);
	tcase_add_test(t, signs_every_so_many_records);
	tcase_add_test(t, rotates);
	tcase_add_test(t, torn_tail);
	tcase_add_test(t, cut_below_the_head);
	tcase_add_test(t, changed_in_the_middle);
	tcase_add_test(t, log_removed);
	tcase_add_test(t, head_removed);
	tcase_add_test(t, removed_while_open);
	tcase_add_test(t, cut_while_open);
	tcase_add_test(t, key_removed);
	tcase_add_test(t, two_writers);
	tcase_add_test(t, disk_full);
	tcase_add_test(t, writable_by_others);
	suite_add_tcase(s, t);
	return rig_run(s);
}
