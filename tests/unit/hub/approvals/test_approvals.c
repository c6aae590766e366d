/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Approvals as front/, documents/ and sessions use them, on a loop, a store and an audit log of their own: asked, seen, decided, told.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "broker/hub/approvals/approvals.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/keys/seal.h"
#include "broker/hub/store/groups.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))
#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SECRET "MARKER-f00d-これは秘密"

static char folder[64], store_path[96], log_path[96], key_path[128], err[512];
static uv_loop_t loop;
static struct sek_store *store;
static struct sek_audit *audit;
static struct sek_approvals *approvals;
static struct sek_approvals_config config;
static uint8_t key[SEK_SEAL_KEY_BYTES];
static const struct sek_approvals_caller kacho = { 1, "kacho", "127.0.0.1" }, taro = { 2, "taro", "127.0.0.2" },
	bucho = { 3, "bucho", "127.0.0.3" }, yoso = { 4, "yoso", "127.0.0.4" };
static const struct sek_store_actor admin = { "admin", "because", 1000 };

/* --- what became of documents --- */

static struct {
	unsigned n;
	char id[40], by[40], reason[200];
	enum sek_approval_state state;
} told;

static void decide(void *user, const char *id, enum sek_approval_state state, const char *by, const char *reason)
{
	(void)user;
	told.n++;
	told.state = state;
	snprintf(told.id, sizeof told.id, "%s", id);
	snprintf(told.by, sizeof told.by, "%s", by);
	snprintf(told.reason, sizeof told.reason, "%s", reason);
}

static struct {
	uv_timer_t timer;
	sek_approvals_page_fn *fn;
	void *arg;
	unsigned page;
} fetch;

static void give_page(uv_timer_t *t)
{
	(void)t;
	fetch.fn(fetch.arg, NULL, (uint8_t *)strdup("page"), 4, fetch.page == 2);
}

static void page(void *user, const char *id, unsigned number, sek_approvals_page_fn *fn, void *arg)
{
	(void)user;
	ck_assert_str_eq(id, A);
	fetch.fn = fn;
	fetch.arg = arg;
	fetch.page = number;
	uv_timer_start(&fetch.timer, give_page, 1, 0);
}

static const struct sek_approvals_documents documents = { decide, page, NULL };

/* --- up and down --- */

static void start(void)
{
	config = (struct sek_approvals_config){ .store_where = where_of(store_path), .audit = audit, .key = key };
	OK(sek_approvals_create(&loop, &config, &approvals, err, sizeof err));
	sek_approvals_documents_from(approvals, &documents);
}

static void on_down(void *user)
{
	*(bool *)user = true;
}

static void stop(void)
{
	bool down = false;

	sek_approvals_stop(approvals, on_down, &down);
	while (!down)
		uv_run(&loop, UV_RUN_ONCE);
	sek_approvals_destroy(approvals);
	approvals = NULL;
}

static void set_up(void)
{
	static const char *const people[] = { "taro", "kacho", "bucho", "yoso" };
	struct sek_audit_config c = { .where = "here", .checkpoint_s = 60, .checkpoint_records = 1000, .segment_bytes = 1u << 20 };
	struct sek_store_group g = { .name = "eigyo" };
	struct sek_store_approver a = { .user = "kacho" };

	memset(&told, 0, sizeof told);
	snprintf(folder, sizeof folder, "/tmp/sek-approvals-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(store_path, sizeof store_path, "%s/broker.db", folder);
	snprintf(log_path, sizeof log_path, "%s/audit", folder);
	snprintf(key_path, sizeof key_path, "%s/audit.key", folder);
	uv_loop_init(&loop);
	uv_timer_init(&loop, &fetch.timer);
	OK(sek_store_open(where_of(store_path), &store, err, sizeof err));
	for (size_t i = 0; i < 4; i++)
		OK(sek_store_user_add(store, people[i], "h", 1));
	OK(sek_store_group_add(store, &g, &admin));
	OK(sek_store_member_add(store, "eigyo", "taro", &admin));
	OK(sek_store_approver_set(store, "eigyo", &a, &admin));
	c.path = log_path;
	c.key_path = key_path;
	OK(sek_audit_create(&loop, &c, &audit, err, sizeof err));
	start();
}

static void tear_down(void)
{
	bool down = false;
	char command[120];

	stop();
	sek_audit_stop(audit, on_down, &down);
	while (!down)
		uv_run(&loop, UV_RUN_ONCE);
	sek_audit_destroy(audit);
	sek_store_close(store);
	uv_close((uv_handle_t *)&fetch.timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

/* --- one request at a time --- */

static struct {
	bool given;
	char error[32];
	json_t *json;
	uint8_t *bytes;
	bool jpeg;
} last;

static void on_asked(void *arg, const char *error)
{
	(void)arg;
	last.given = true;
	snprintf(last.error, sizeof last.error, "%s", error ? error : "");
}

static void on_answer(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n, bool jpeg)
{
	(void)user;
	(void)n;
	last.given = true;
	snprintf(last.error, sizeof last.error, "%s", error ? error : "");
	json_decref(last.json);
	free(last.bytes);
	last.json = answer;
	last.bytes = bytes;
	last.jpeg = jpeg;
}

static const char *wait_for_it(void)
{
	while (!last.given)
		uv_run(&loop, UV_RUN_ONCE);
	return last.error;
}

static const char *ask(const struct sek_approval_ask *what)
{
	last.given = false;
	ck_assert_ptr_nonnull(sek_approvals_ask(approvals, what, on_asked, NULL));
	ck_assert(!last.given);
	return wait_for_it();
}

static const char *ask_file(const char *id, uint32_t pages, uint32_t bulk)
{
	return ask(&(struct sek_approval_ask){ .id = id, .kind = SEK_APPROVAL_FILE, .user = "taro", .name = "調書", .sha256 = HASH,
		.pages = pages, .bytes = 1000, .hours = 24, .bulk_pages = bulk });
}

static const char *run(const struct sek_approvals_caller *who, const struct sek_approvals_what *what)
{
	last.given = false;
	ck_assert_ptr_nonnull(sek_approvals_run(approvals, who, what, on_answer, NULL));
	ck_assert(!last.given);
	return wait_for_it();
}

#define RUN(who, ...) run(&(who), &(struct sek_approvals_what){ __VA_ARGS__ })

/* How often a text stands in any file under the folder. */
static unsigned count_in(const char *where, const char *text)
{
	char command[400], line[40] = "";
	FILE *f;

	snprintf(command, sizeof command, "grep -aFo -r -e '%s' '%s' | wc -l", text, where);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
	pclose(f);
	return (unsigned)atoi(line);
}

START_TEST(a_document_from_question_to_verdict)
{
	ck_assert_str_eq(ask_file(A, 2, 0), "");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_COUNT), "");
	ck_assert_int_eq(json_integer_value(json_object_get(last.json, "waiting")), 1);
	ck_assert_str_eq(RUN(yoso, .op = SEK_APPROVALS_COUNT), "");
	ck_assert(json_is_false(json_object_get(last.json, "approver")));
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_SHOW, .id = A), "");
	ck_assert_str_eq(json_string_value(json_object_get(last.json, "name")), "調書");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_PAGE, .id = A, .page = 1), "");
	ck_assert_mem_eq(last.bytes, "page", 4);
	ck_assert(!last.jpeg);
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_PAGE, .id = A, .page = 2), "");
	ck_assert(last.jpeg);
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_PAGE, .id = A, .page = 3), "not-found");
	ck_assert_uint_eq(count_in(log_path, "approval.viewed"), 1); /* once, however many pages */
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .approve = true), "");
	ck_assert_uint_eq(told.n, 1);
	ck_assert_int_eq(told.state, SEK_APPROVAL_APPROVED);
	ck_assert_str_eq(told.by, "kacho");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .approve = true), "not-found");
	ck_assert_uint_eq(count_in(log_path, "approval.asked"), 1);
	ck_assert_uint_eq(count_in(log_path, "\"approval.approved\""), 1);
	ck_assert_uint_ge(count_in(log_path, HASH), 3);
}
END_TEST

START_TEST(others_see_nothing)
{
	static const enum sek_approvals_op ops[] = { SEK_APPROVALS_SHOW, SEK_APPROVALS_PAGE, SEK_APPROVALS_DECIDE };

	ck_assert_str_eq(ask_file(A, 2, 0), "");
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(RUN(yoso, .op = ops[i], .id = A, .page = 1, .approve = true), "not-found");
	ck_assert_str_eq(RUN(yoso, .op = SEK_APPROVALS_LIST), "");
	ck_assert_uint_eq(json_array_size(json_object_get(last.json, "approvals")), 0);
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_SHOW, .id = A), "not-found");
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_DECIDE, .id = A, .approve = true), "self");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_SHOW, .id = "../../etc"), "not-found");
	ck_assert_uint_eq(told.n, 0);
	ck_assert_uint_eq(count_in(log_path, "approval.viewed"), 0);
}
END_TEST

START_TEST(a_refusal_says_why)
{
	char longest[SEK_STORE_WHY_BYTES + 10];

	ck_assert_str_eq(ask_file(A, 2, 0), "");
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A), "bad-request");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .reason = ""), "bad-request");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .reason = "two\nlines"), "bad-request");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .reason = "\xff"), "bad-request");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .reason = longest), "bad-request");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .reason = "個人情報"), "");
	ck_assert_int_eq(told.state, SEK_APPROVAL_REFUSED);
	ck_assert_str_eq(told.reason, "個人情報");
	ck_assert_uint_eq(count_in(log_path, "個人情報"), 1);
}
END_TEST

START_TEST(somebody_must_be_there_to_decide)
{
	struct sek_store_approver a = { .user = "bucho" };

	ck_assert_str_eq(ask_file(A, 100, 100), "few-approvers");
	OK(sek_store_approver_set(store, "eigyo", &a, &admin));
	ck_assert_str_eq(ask_file(A, 100, 100), "");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .approve = true), "");
	ck_assert_str_eq(json_string_value(json_object_get(last.json, "state")), "waiting");
	ck_assert_uint_eq(told.n, 0);
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_COUNT), "");
	ck_assert_int_eq(json_integer_value(json_object_get(last.json, "waiting")), 0);
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = A, .approve = true), "conflict");
	ck_assert_str_eq(RUN(bucho, .op = SEK_APPROVALS_DECIDE, .id = A, .approve = true), "");
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.by, "bucho");
	OK(sek_store_approver_remove(store, "eigyo", "kacho", &admin));
	OK(sek_store_approver_remove(store, "eigyo", "bucho", &admin));
	ck_assert_str_eq(ask_file(HASH, 1, 0), "no-approver");
}
END_TEST

START_TEST(a_text_waits_sealed_and_goes_to_who_asked)
{
	const struct sek_approval_ask text = { .kind = SEK_APPROVAL_TEXT, .user = "taro", .session = &HASH[32], .sha256 = HASH,
		.chars = 18, .bytes = strlen(SECRET), .hours = 1, .text = SECRET };
	char id[40];

	ck_assert_str_eq(ask(&text), "");
	ck_assert_uint_eq(count_in(folder, SECRET), 0);
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_TEXTS), "");
	snprintf(id, sizeof id, "%s", json_string_value(json_object_get(json_array_get(json_object_get(last.json, "texts"), 0), "id")));
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_TAKE, .id = id), "not-found"); /* not yet */
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_SHOW, .id = id), "");
	ck_assert_str_eq(json_string_value(json_object_get(last.json, "text")), SECRET);
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_PAGE, .id = id, .page = 1), "not-found");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DECIDE, .id = id, .approve = true), "");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_TAKE, .id = id), "not-found");
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_DROP, .id = id), "not-found");
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_TAKE, .id = id), "");
	ck_assert_str_eq(json_string_value(json_object_get(last.json, "text")), SECRET);
	ck_assert_uint_eq(count_in(log_path, "\"clipboard.to-inner\""), 1);
	ck_assert_uint_eq(count_in(folder, SECRET), 0);
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_DROP, .id = id), "");
	ck_assert_str_eq(RUN(taro, .op = SEK_APPROVALS_TAKE, .id = id), "not-found");
	ck_assert_uint_eq(told.n, 0);
}
END_TEST

START_TEST(what_was_decided_is_told_after_a_restart)
{
	struct sek_store_approval row;

	ck_assert_str_eq(ask_file(A, 2, 0), "");
	stop();
	OK(sek_store_approval_decide(store, A, "kacho", true, "", (int64_t)time(NULL), &row)); /* as if it had died before it said so */
	start();
	while (told.n == 0)
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_str_eq(told.id, A);
	ck_assert_int_eq(told.state, SEK_APPROVAL_APPROVED);
}
END_TEST

START_TEST(time_refuses)
{
	struct sek_store_approval row = { .id = A, .user = "taro", .kind = SEK_APPROVAL_FILE, .sha256 = HASH, .pages = 1, .needed = 1, .asked_s = 1000,
		.expires_s = 2000 };

	stop();
	OK(sek_store_approval_add(store, &row, NULL, 0));
	start();
	while (told.n == 0)
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_int_eq(told.state, SEK_APPROVAL_EXPIRED);
	ck_assert_str_eq(told.by, "");
	while (count_in(log_path, "approval.expired") == 0)
		uv_run(&loop, UV_RUN_NOWAIT);
}
END_TEST

START_TEST(withdrawn_means_gone)
{
	ck_assert_str_eq(ask_file(A, 2, 0), "");
	sek_approvals_withdraw(approvals, A);
	sek_approvals_withdraw(approvals, "ffffffffffffffffffffffffffffffff");
	do
		ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_COUNT), "");
	while (json_integer_value(json_object_get(last.json, "waiting")) != 0);
	ck_assert_str_eq(RUN(kacho, .op = SEK_APPROVALS_SHOW, .id = A), "not-found");
	ck_assert_uint_eq(count_in(log_path, "approval.withdrawn"), 1);
}
END_TEST

START_TEST(too_many_at_once_are_told_so)
{
	unsigned busy = 0;

	for (unsigned i = 0; i <= SEK_APPROVALS_EACH; i++)
		if (i < SEK_APPROVALS_EACH)
			ck_assert_ptr_nonnull(sek_approvals_run(approvals, &kacho, &(struct sek_approvals_what){ .op = SEK_APPROVALS_COUNT }, on_answer, NULL));
	last.given = false;
	ck_assert_ptr_nonnull(sek_approvals_run(approvals, &kacho, &(struct sek_approvals_what){ .op = SEK_APPROVALS_COUNT }, on_answer, NULL));
	for (unsigned i = 0; i < 200 && !busy; i++) {
		uv_run(&loop, UV_RUN_ONCE);
		busy += strcmp(last.error, "busy") == 0;
	}
	ck_assert_uint_eq(busy, 1);
	ck_assert_str_eq(RUN(yoso, .op = SEK_APPROVALS_COUNT), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("approvals");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	if (sodium_init() < 0)
		return 1;
	randombytes_buf(key, sizeof key);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_document_from_question_to_verdict);
	tcase_add_test(t, others_see_nothing);
	tcase_add_test(t, a_refusal_says_why);
	tcase_add_test(t, somebody_must_be_there_to_decide);
	tcase_add_test(t, a_text_waits_sealed_and_goes_to_who_asked);
	tcase_add_test(t, what_was_decided_is_told_after_a_restart);
	tcase_add_test(t, time_refuses);
	tcase_add_test(t, withdrawn_means_gone);
	tcase_add_test(t, too_many_at_once_are_told_so);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	json_decref(last.json);
	free(last.bytes);
	return failed ? 1 : 0;
}
