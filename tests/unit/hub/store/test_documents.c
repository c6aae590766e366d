/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of documents: put, changed only from the state that was seen, counted for a day, found when their time is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/documents.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))

static char folder[64], path[96], err[512];
static struct sek_store *store;

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	OK(sek_store_open(where_of(path), &store, err, sizeof err));
}

static void tear_down(void)
{
	char command[128];

	sek_store_close(store);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct sek_store_document sample(int n, const char *user, const char *state)
{
	struct sek_store_document d = { .name = "申請書' --", .purpose = "file", .source = "download", .session = "s", .dpi = 150, .text = true, .days = 7,
		.created_s = 1000 + n, .hash = { 1, 2, 3 }, .key = { 9, 8, 7 } };

	snprintf(d.id, sizeof d.id, "%032x", (unsigned)n);
	snprintf(d.user, sizeof d.user, "%s", user);
	snprintf(d.state, sizeof d.state, "%s", state);
	OK(sek_store_document_add(store, &d));
	return d;
}

struct seen {
	unsigned n;
	char ids[16][33];
};

static void see(void *ctx, const struct sek_store_document *d)
{
	struct seen *s = ctx;

	ck_assert_uint_lt(s->n, 16);
	memcpy(s->ids[s->n++], d->id, 33);
}

START_TEST(a_row_is_what_it_was_and_changes_from_what_was_seen)
{
	struct sek_store_document d = sample(1, "taro", "working"), got;

	ck_assert(sek_is(sek_store_document_add(store, &d), SEK_E_EXISTS));
	OK(sek_store_document_find(store, d.id, &got));
	ck_assert_str_eq(got.name, "申請書' --");
	ck_assert(got.text && got.dpi == 150 && got.created_s == 1001 && got.hash[2] == 3 && got.key[0] == 9);
	strcpy(d.state, "released");
	strcpy(d.reason, "よい");
	d.pages = 3;
	d.bytes = 4000;
	d.expires_s = 5000;
	OK(sek_store_document_set(store, &d, "working"));
	ck_assert(sek_is(sek_store_document_set(store, &d, "working"), SEK_E_CONFLICT));
	OK(sek_store_document_find(store, d.id, &got));
	ck_assert_str_eq(got.state, "released");
	ck_assert_str_eq(got.reason, "よい");
	ck_assert(got.pages == 3 && got.bytes == 4000 && got.expires_s == 5000);
	ck_assert(sek_is(sek_store_document_find(store, "none", &got), SEK_E_NOT_FOUND));
	strcpy(d.id, "none");
	ck_assert(sek_is(sek_store_document_set(store, &d, "working"), SEK_E_NOT_FOUND));
	strcpy(d.state, "stolen"); /* no such state */
	ck_assert(!sek_is_ok(sek_store_document_add(store, &d)));
}
END_TEST

START_TEST(lists_counts_and_what_is_due)
{
	struct sek_store_document d;
	struct sek_store_document_sums sums;
	struct seen mine = { 0 }, all = { 0 }, due = { 0 }, working = { 0 };
	int64_t n;

	sample(1, "taro", "working");
	sample(2, "taro", "failed");
	sample(3, "hanako", "waiting");
	sample(4, "taro", "deleted");
	d = sample(5, "taro", "working");
	strcpy(d.state, "released");
	d.bytes = 100;
	d.expires_s = 2000;
	OK(sek_store_document_set(store, &d, "working"));
	OK(sek_store_documents_of(store, "taro", 1001, 10, see, &mine));
	ck_assert_uint_eq(mine.n, 3); /* newest first, nothing that was deleted */
	ck_assert_str_eq(mine.ids[0], d.id);
	OK(sek_store_documents_page(store, 0, 10, see, &all));
	ck_assert_uint_eq(all.n, 5);
	OK(sek_store_documents_in(store, "working", see, &working));
	ck_assert_uint_eq(working.n, 1);
	OK(sek_store_documents_count(store, "taro", 1000, &n));
	ck_assert_int_eq(n, 3); /* what failed does not count; what was deleted has crossed */
	OK(sek_store_documents_count(store, "taro", 1005, &n));
	ck_assert_int_eq(n, 1);
	OK(sek_store_documents_due(store, "", 1999, 10, see, &due));
	ck_assert_uint_eq(due.n, 0);
	OK(sek_store_documents_due(store, "", 2000, 10, see, &due));
	ck_assert_uint_eq(due.n, 1);
	/* of several brokers each sees to its own */
	snprintf(d.id, sizeof d.id, "%032x", 77);
	strcpy(d.broker, "b2");
	OK(sek_store_document_add(store, &d));
	OK(sek_store_document_find(store, d.id, &d));
	ck_assert_str_eq(d.broker, "b2");
	due.n = 0;
	OK(sek_store_documents_due(store, "b1", 2000, 10, see, &due));
	ck_assert_uint_eq(due.n, 1);
	due.n = 0;
	OK(sek_store_documents_due(store, "b2", 2000, 10, see, &due));
	ck_assert_uint_eq(due.n, 2);
	d.expires_s = 0;
	d.bytes = 0;
	OK(sek_store_document_set(store, &d, "released"));
	OK(sek_store_documents_sum(store, &sums));
	ck_assert(sums.files == 1 && sums.bytes == 100 && sums.waiting == 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("documents");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_row_is_what_it_was_and_changes_from_what_was_seen);
	tcase_add_test(tc, lists_counts_and_what_is_due);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
