/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents from the request to the inbox: whole, or nothing; what the policy says; lines that are lost; decisions; days that are over.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <sqlite3.h>

#include "base/hex.h"
#include "broker/gap/children.h"
#include "protocol/wire/messages.h"
#include "tests/unit/gap/spawn.h"
#include "tests/unit/hub/documents/site.h"

static struct site site;
static char id[33], reason[64];

static void set_up(void)
{
	site_open(&site);
}

static void tear_down(void)
{
	site_close(&site);
}

static void expect_refused(const char *in, const char *error)
{
	char none[33];
	const char *got = site_new(&site, "hanako", in, none);

	ck_assert_msg(got && strcmp(got, error) == 0, "%s: %s in place of %s", in, got ? got : "taken", error);
}

static const char *new_one(const char *in)
{
	const char *error = site_new(&site, "hanako", in, id);

	ck_assert_msg(!error, "%s", error);
	return site_wait(&site, "hanako", id, reason);
}

START_TEST(a_document_is_released_whole_with_its_hash)
{
	uint8_t hash[32];
	char hex[65], path[160], command[512];
	struct site_answer a, row;
	FILE *f;

	site.script.pages = 7;
	ck_assert_str_eq(new_one(SITE_FILE), "released");
	row = site_ask(&site, SEK_DOCUMENTS_SHOW, "hanako", id, 0, NULL);
	a = site_ask(&site, SEK_DOCUMENTS_FILE, "hanako", id, 0, NULL);
	ck_assert(!a.error);
	crypto_hash_sha256(hash, a.bytes, a.n);
	sek_hex(hash, sizeof hash, hex);
	ck_assert_str_eq(json_string_value(json_object_get(row.json, "sha256")), hex);
	ck_assert_int_eq(json_integer_value(json_object_get(row.json, "bytes")), (json_int_t)a.n);
	ck_assert_int_eq(json_integer_value(json_object_get(row.json, "pages")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(row.json, "pages_done")), 7);
	ck_assert_str_eq(json_string_value(json_object_get(row.json, "name")), "kawase");
	snprintf(path, sizeof path, "%s/out.pdf", site.folder);
	f = fopen(path, "we");
	ck_assert_uint_eq(fwrite(a.bytes, 1, a.n, f), a.n);
	fclose(f);
	snprintf(command, sizeof command, "qpdf --check %s >/dev/null 2>&1 && pdfinfo %s | grep -q '^Pages: *7$'", path, path);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof command, "grep -rqE 'PDF-1|XObject' %s", site.files); /* on the disk nothing is plain */
	ck_assert_int_ne(system(command), 0);
	site_answer_free(&a);
	site_answer_free(&row);
	a = site_ask(&site, SEK_DOCUMENTS_PAGE, "hanako", id, 7, NULL);
	ck_assert(!a.error && !a.jpeg && a.n > 100 && memcmp(a.bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
	site_answer_free(&a);
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PAGE, "hanako", id, 8, NULL).error, "not-found");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PAGE, "hanako", id, 0, NULL).error, "not-found");
	ck_assert_uint_eq(site.taken, 1);
	ck_assert_uint_eq(site_files(&site), 1);
}
END_TEST

START_TEST(somebody_elses_document_is_not_there)
{
	static const enum sek_documents_op ops[] = { SEK_DOCUMENTS_SHOW, SEK_DOCUMENTS_CANCEL, SEK_DOCUMENTS_DELETE, SEK_DOCUMENTS_FILE, SEK_DOCUMENTS_PAGE };
	struct site_answer a;

	ck_assert_str_eq(new_one(SITE_FILE), "released");
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		ck_assert_str_eq(site_ask(&site, ops[i], "taro", id, 1, NULL).error, "not-found");
	a = site_ask(&site, SEK_DOCUMENTS_LIST, "taro", NULL, 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(a.json, "documents")), 0);
	site_answer_free(&a);
	a = site_ask(&site, SEK_DOCUMENTS_LIST, "hanako", NULL, 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(a.json, "documents")), 1);
	site_answer_free(&a);
	a = site_ask(&site, SEK_DOCUMENTS_DELETE, "hanako", id, 0, NULL);
	ck_assert(!a.error);
	site_answer_free(&a);
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_FILE, "hanako", id, 1, NULL).error, "not-found");
	ck_assert_uint_eq(site_files(&site), 0);
}
END_TEST

START_TEST(what_the_policy_does_not_say_does_not_begin)
{
	static const char *const bad[] = { "{}", "{\"from\":\"disk\",\"for\":\"file\",\"name\":\"a\"}", "{\"from\":\"download\",\"for\":\"file\",\"name\":\"\"}",
		"{\"from\":\"download\",\"for\":\"file\",\"name\":\"a/b\"}", "{\"from\":\"download\",\"for\":\"file\",\"name\":\"a\\u202eb\"}",
		"{\"from\":\"download\",\"for\":\"file\",\"name\":\".a\"}", "{\"from\":\"download\",\"for\":\"file\",\"name\":\"a\",\"more\":1}",
		"{\"from\":\"download\",\"for\":\"file\",\"name\":7}" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_refused(bad[i], "bad-request");
	site.policy.download = SEK_DOWNLOAD_VIEW;
	expect_refused(SITE_FILE, "policy");
	expect_refused(SITE_PRINT, "policy"); /* a download that is printed has crossed as one */
	site.policy.download = SEK_DOWNLOAD_PIXELS;
	site.policy.print = SEK_PRINT_NONE;
	expect_refused(SITE_PRINT, "policy");
	expect_refused("{\"from\":\"page\",\"for\":\"print\",\"name\":\"a\"}", "policy");
	expect_refused("{\"from\":\"page\",\"for\":\"file\",\"name\":\"a\"}", "policy");
	expect_refused("{\"from\":\"download\",\"for\":\"file\",\"name\":\"a\",\"text\":true}", "policy");
	site.policy.documents_per_day = 0;
	expect_refused(SITE_FILE, "documents-day");
	site.policy.documents_per_day = 9;
	site.no_session = true;
	expect_refused(SITE_FILE, "no-session");
	ck_assert_uint_eq(site.links, 0);
	ck_assert_uint_eq(site_files(&site), 0);
}
END_TEST

START_TEST(limits_end_it_whole)
{
	site.policy.document_max_pages = 2;
	ck_assert_str_eq(new_one(SITE_FILE), "failed");
	ck_assert_str_eq(reason, "too-many");
	site.policy.document_max_pages = 500;
	site.policy.document_megapixels = 1; /* a page has a quarter */
	site.script.pages = 9;
	ck_assert_str_eq(new_one(SITE_FILE), "failed");
	ck_assert_str_eq(reason, "too-many-pixels");
	site.policy.document_megapixels = 100;
	site.policy.documents_per_day = 1; /* those that failed do not count */
	ck_assert_str_eq(new_one(SITE_FILE), "released");
	expect_refused(SITE_FILE, "documents-day");
	site.policy.documents_per_day = 9;
	site.script.state = SEK_DOCUMENT_ENCRYPTED;
	ck_assert_str_eq(new_one(SITE_FILE), "failed");
	ck_assert_str_eq(reason, "encrypted");
	ck_assert_uint_eq(site_files(&site), 1);
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_FILE, "hanako", id, 0, NULL).error, "not-released");
}
END_TEST

START_TEST(no_room_no_beginning)
{
	site_stop(&site);
	site.config.least_free_bytes = UINT64_MAX;
	site_start(&site);
	expect_refused(SITE_FILE, "no-space");
}
END_TEST

START_TEST(lines_that_are_lost_are_made_anew_three_times)
{
	site.script = (struct site_script){ .pages = 6, .die_at = { 2, 2, 5 }, .why = SEK_DOCUMENT_END_LINE };
	ck_assert_str_eq(new_one(SITE_FILE), "released");
	ck_assert_uint_eq(site.links, 4);
	site.links = 0;
	site.script = (struct site_script){ .pages = 6, .die_at = { 2, 2, 5, 6 }, .why = SEK_DOCUMENT_END_LINE };
	ck_assert_str_eq(new_one(SITE_FILE), "failed");
	ck_assert_str_eq(reason, "lost");
	ck_assert_uint_eq(site.links, 4);
	site.links = 0;
	site.script = (struct site_script){ .pages = 6, .die_at = { 3 }, .why = SEK_DOCUMENT_END_FAULT };
	ck_assert_str_eq(new_one(SITE_FILE), "failed"); /* that was no accident */
	ck_assert_uint_eq(site.links, 1);
	ck_assert_uint_eq(site_files(&site), 1);
}
END_TEST

START_TEST(one_at_a_time_and_cancelled)
{
	struct site_answer a;

	site.script.silent = true;
	ck_assert_ptr_null(site_new(&site, "hanako", SITE_FILE, id));
	expect_refused(SITE_FILE, "document-busy");
	site_run(&site, 100);
	ck_assert_uint_eq(site_files(&site), 1);
	a = site_ask(&site, SEK_DOCUMENTS_CANCEL, "hanako", id, 0, NULL);
	ck_assert(!a.error);
	site_answer_free(&a);
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "cancelled");
	ck_assert_uint_eq(site_files(&site), 0);
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_CANCEL, "hanako", id, 0, NULL).error, "conflict");
}
END_TEST

START_TEST(a_broker_that_stops_or_is_killed_leaves_no_half_document)
{
	char path[160];

	site.script.silent = true;
	ck_assert_ptr_null(site_new(&site, "hanako", SITE_FILE, id));
	site_run(&site, 50);
	site_stop(&site);
	ck_assert_uint_eq(site_files(&site), 0);
	/* killed: the row says "working", a part lies there */
	{
		char sql[200];
		sqlite3 *db;

		ck_assert_int_eq(sqlite3_open(site.store, &db), SQLITE_OK);
		snprintf(sql, sizeof sql, "UPDATE documents SET state = 'working' WHERE id = '%s'", id);
		ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
	}
	snprintf(path, sizeof path, "%s/%s.part", site.files, id);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	site_start(&site);
	ck_assert_uint_eq(site_files(&site), 0);
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "failed");
	ck_assert_str_eq(reason, "stopped");
}
END_TEST

static void on_page(void *arg, const char *error, uint8_t *bytes, size_t n, bool jpeg)
{
	(void)jpeg;
	*(int *)arg = error ? -1 : n > 100 ? 1 : 0;
	free(bytes);
}

START_TEST(somebody_has_to_say_yes)
{
	int seen = 0;

	site.policy.download = SEK_DOWNLOAD_PIXELS_APPROVED;
	site.ask_error = "no-approver";
	ck_assert_str_eq(new_one(SITE_FILE), "failed");
	ck_assert_str_eq(reason, "no-approver");
	site.ask_error = NULL;
	ck_assert_str_eq(new_one(SITE_FILE), "waiting");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_FILE, "hanako", id, 0, NULL).error, "not-released");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PAGE, "hanako", id, 1, NULL).error, "not-released");
	sek_documents_page_of(site.documents, id, 1, on_page, &seen);
	while (seen == 0)
		uv_run(&site.loop, UV_RUN_ONCE);
	ck_assert_int_eq(seen, 1);
	sek_documents_decide(site.documents, id, SEK_DOCUMENT_REFUSE, "kacho", "個人情報が含まれています");
	while (strcmp(site_wait(&site, "hanako", id, reason), "waiting") == 0)
		;
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "refused");
	ck_assert_str_eq(reason, "個人情報が含まれています");
	ck_assert_uint_eq(site_files(&site), 0);
	sek_documents_decide(site.documents, id, SEK_DOCUMENT_APPROVE, "kacho", ""); /* too late: nothing changes */
	site_run(&site, 50);
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "refused");
	ck_assert_str_eq(new_one(SITE_FILE), "waiting");
	sek_documents_decide(site.documents, id, SEK_DOCUMENT_APPROVE, "kacho", "");
	while (strcmp(site_wait(&site, "hanako", id, reason), "waiting") == 0)
		;
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "released");
	ck_assert_str_eq(new_one(SITE_FILE), "waiting");
	{
		struct site_answer a = site_ask(&site, SEK_DOCUMENTS_CANCEL, "hanako", id, 0, NULL);

		ck_assert(!a.error);
		site_answer_free(&a);
	}
	ck_assert_uint_eq(site.withdrawn, 1);
	ck_assert_uint_eq(site_files(&site), 1);
}
END_TEST

START_TEST(days_that_are_over_end_it)
{
	char sql[200];
	sqlite3 *db;

	ck_assert_str_eq(new_one(SITE_FILE), "released");
	site_stop(&site);
	ck_assert_int_eq(sqlite3_open(site.store, &db), SQLITE_OK);
	snprintf(sql, sizeof sql, "UPDATE documents SET expires_s = 1000 WHERE id = '%s'", id);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	site_start(&site);
	for (uint64_t until = test_now_ms() + TEST_WAIT_MS; site_files(&site) > 0 && test_now_ms() < until;)
		site_run(&site, 50);
	ck_assert_uint_eq(site_files(&site), 0);
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "expired");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_FILE, "hanako", id, 0, NULL).error, "gone");
	ck_assert_int_eq(sqlite3_open(site.store, &db), SQLITE_OK); /* and the key is forgotten */
	{
		sqlite3_stmt *q;

		ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM documents WHERE key = zeroblob(72)", -1, &q, NULL), SQLITE_OK);
		ck_assert_int_eq(sqlite3_step(q), SQLITE_ROW);
		ck_assert_int_eq(sqlite3_column_int(q, 0), 1);
		sqlite3_finalize(q);
	}
	sqlite3_close(db);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("documents");
	TCase *tc = tcase_create("jobs");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	tcase_set_timeout(tc, 90);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_document_is_released_whole_with_its_hash);
	tcase_add_test(tc, somebody_elses_document_is_not_there);
	tcase_add_test(tc, what_the_policy_does_not_say_does_not_begin);
	tcase_add_test(tc, limits_end_it_whole);
	tcase_add_test(tc, no_room_no_beginning);
	tcase_add_test(tc, lines_that_are_lost_are_made_anew_three_times);
	tcase_add_test(tc, one_at_a_time_and_cancelled);
	tcase_add_test(tc, a_broker_that_stops_or_is_killed_leaves_no_half_document);
	tcase_add_test(tc, somebody_has_to_say_yes);
	tcase_add_test(tc, days_that_are_over_end_it);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
