/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Approvers, deputies and what waits for them: who sees what, who may decide, what time does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/approvals.h"
#include "broker/hub/store/groups.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))
#define IS(call, code) ck_assert(sek_is(call, code))
#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccc"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char folder[64], path[96], err[512];
static struct sek_store *store;
static const struct sek_store_actor admin = { "admin", "because", 1000 };

static void approver(const char *group, const char *user, bool deputy, int64_t from_s, int64_t until_s)
{
	struct sek_store_approver a = { .deputy = deputy, .from_s = from_s, .until_s = until_s };

	snprintf(a.user, sizeof a.user, "%s", user);
	OK(sek_store_approver_set(store, group, &a, &admin));
}

static void set_up(void)
{
	static const char *const people[] = { "taro", "kacho", "bucho", "jiro", "dairi", "yoso" };
	static const char *const groups[] = { "eigyo", "zaimu" };
	size_t i;

	snprintf(folder, sizeof folder, "/tmp/sek-approvals-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	OK(sek_store_open(where_of(path), &store, err, sizeof err));
	for (i = 0; i < sizeof people / sizeof people[0]; i++)
		OK(sek_store_user_add(store, people[i], "h", 1));
	for (i = 0; i < 2; i++) {
		struct sek_store_group g = { .id = 0 };

		snprintf(g.name, sizeof g.name, "%s", groups[i]);
		OK(sek_store_group_add(store, &g, &admin));
	}
	OK(sek_store_member_add(store, "eigyo", "taro", &admin));
	OK(sek_store_member_add(store, "eigyo", "kacho", &admin));
	OK(sek_store_member_add(store, "zaimu", "jiro", &admin));
	approver("eigyo", "kacho", false, 0, 0);
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	sek_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

static struct sek_store_approval make(const char *id, const char *user, enum sek_approval_kind kind, unsigned needed)
{
	struct sek_store_approval a = { .kind = kind, .pages = 3, .bytes = 100, .needed = needed, .asked_s = 2000, .expires_s = 5600 };

	snprintf(a.id, sizeof a.id, "%s", id);
	snprintf(a.user, sizeof a.user, "%s", user);
	snprintf(a.name, sizeof a.name, "見積書");
	snprintf(a.sha256, sizeof a.sha256, HASH);
	return a;
}

static void ask(const char *id, const char *user, enum sek_approval_kind kind, unsigned needed)
{
	struct sek_store_approval a = make(id, user, kind, needed);

	OK(sek_store_approval_add(store, &a, kind == SEK_APPROVAL_TEXT ? (const uint8_t *)"sealed" : NULL, kind == SEK_APPROVAL_TEXT ? 6 : 0));
}

struct seen {
	unsigned n;
	struct sek_store_approval last;
};

static void see(void *ctx, const struct sek_store_approval *a)
{
	struct seen *s = ctx;

	s->n++;
	s->last = *a;
}

static unsigned queue_of(const char *user, int64_t now_s)
{
	struct seen s = { .n = 0 };
	uint64_t total = 0;

	OK(sek_store_approvals_for(store, user, now_s, 100, see, &s, &total));
	ck_assert_uint_eq(s.n, total);
	return s.n;
}

static unsigned able(const char *user, int64_t now_s)
{
	unsigned n = 99;

	OK(sek_store_approvers_for(store, user, now_s, &n));
	return n;
}

START_TEST(only_approvers_of_the_requesters_group)
{
	struct sek_store_approval a;
	unsigned n;

	approver("zaimu", "yoso", false, 0, 0);
	ask(A, "taro", SEK_APPROVAL_FILE, 1);
	ck_assert_uint_eq(queue_of("kacho", 3000), 1);
	ck_assert_uint_eq(queue_of("yoso", 3000), 0);
	ck_assert_uint_eq(queue_of("taro", 3000), 0);
	ck_assert_uint_eq(queue_of("nobody", 3000), 0);
	OK(sek_store_approval_for(store, A, "kacho", 3000, &a));
	ck_assert_str_eq(a.group, "eigyo");
	ck_assert_str_eq(a.name, "見積書");
	ck_assert_uint_eq(a.pages, 3);
	IS(sek_store_approval_for(store, A, "yoso", 3000, &a), SEK_E_NOT_FOUND);
	IS(sek_store_approval_decide(store, A, "yoso", true, "", 3000, &a), SEK_E_NOT_FOUND);
	IS(sek_store_approval_decide(store, A, "taro", true, "", 3000, &a), SEK_E_NOT_FOUND);
	OK(sek_store_approver_of(store, "kacho", 3000, &n));
	ck_assert_uint_eq(n, 1);
	OK(sek_store_approver_of(store, "taro", 3000, &n));
	ck_assert_uint_eq(n, 0);
	OK(sek_store_approval_decide(store, A, "kacho", true, "よい", 3000, &a));
	ck_assert_int_eq(a.state, SEK_APPROVAL_APPROVED);
	ck_assert_str_eq(a.who, "kacho");
	IS(sek_store_approval_decide(store, A, "kacho", false, "no", 3001, &a), SEK_E_NOT_FOUND);
}
END_TEST

START_TEST(nobody_decides_on_their_own)
{
	struct sek_store_approval a;

	ask(A, "kacho", SEK_APPROVAL_FILE, 1);
	ck_assert_uint_eq(able("kacho", 3000), 0);
	ck_assert_uint_eq(queue_of("kacho", 3000), 0);
	IS(sek_store_approval_decide(store, A, "kacho", true, "", 3000, &a), SEK_E_NOT_FOUND);
	approver("eigyo", "bucho", false, 0, 0);
	ck_assert_uint_eq(able("kacho", 3000), 1);
	OK(sek_store_approval_decide(store, A, "bucho", false, "だめ", 3000, &a));
	ck_assert_int_eq(a.state, SEK_APPROVAL_REFUSED);
	ck_assert_str_eq(a.why, "だめ");
}
END_TEST

START_TEST(deputies_act_while_they_are_set)
{
	approver("eigyo", "dairi", true, 3000, 4000);
	ask(A, "taro", SEK_APPROVAL_FILE, 1);
	ck_assert_uint_eq(queue_of("dairi", 2999), 0);
	ck_assert_uint_eq(queue_of("dairi", 3000), 1);
	ck_assert_uint_eq(queue_of("dairi", 3999), 1);
	ck_assert_uint_eq(queue_of("dairi", 4000), 0);
	ck_assert_uint_eq(able("taro", 2999), 1);
	ck_assert_uint_eq(able("taro", 3500), 2);
	OK(sek_store_user_set_disabled(store, "kacho", true));
	ck_assert_uint_eq(able("taro", 3500), 1);
	ck_assert_uint_eq(queue_of("kacho", 3500), 0);
	OK(sek_store_approver_remove(store, "eigyo", "dairi", &admin));
	IS(sek_store_approver_remove(store, "eigyo", "dairi", &admin), SEK_E_NOT_FOUND);
	ck_assert_uint_eq(able("taro", 3500), 0);
}
END_TEST

START_TEST(two_different_ones_for_bulk)
{
	struct sek_store_approval a;

	approver("eigyo", "bucho", false, 0, 0);
	ask(A, "taro", SEK_APPROVAL_FILE, 2);
	OK(sek_store_approval_decide(store, A, "kacho", true, "", 3000, &a));
	ck_assert_int_eq(a.state, SEK_APPROVAL_WAITING);
	ck_assert_uint_eq(a.given, 1);
	IS(sek_store_approval_decide(store, A, "kacho", true, "", 3001, &a), SEK_E_CONFLICT);
	OK(sek_store_approval_for(store, A, "kacho", 3001, &a));
	ck_assert(a.mine);
	OK(sek_store_approval_for(store, A, "bucho", 3001, &a));
	ck_assert(!a.mine);
	OK(sek_store_approval_decide(store, A, "bucho", true, "", 3002, &a));
	ck_assert_int_eq(a.state, SEK_APPROVAL_APPROVED);
	/* the first one may still say no */
	ask(B, "taro", SEK_APPROVAL_FILE, 2);
	OK(sek_store_approval_decide(store, B, "kacho", true, "", 3000, &a));
	OK(sek_store_approval_decide(store, B, "kacho", false, "見直し", 3001, &a));
	ck_assert_int_eq(a.state, SEK_APPROVAL_REFUSED);
}
END_TEST

START_TEST(time_refuses_and_forgets)
{
	struct sek_store_approval a;
	struct seen s = { .n = 0 };
	uint8_t *sealed = NULL;
	size_t n = 0;

	ask(A, "taro", SEK_APPROVAL_TEXT, 1);
	ask(B, "taro", SEK_APPROVAL_FILE, 1);
	OK(sek_store_approvals_expire(store, 5599, 0, see, &s));
	ck_assert_uint_eq(s.n, 0);
	ck_assert_uint_eq(queue_of("kacho", 5599), 2);
	ck_assert_uint_eq(queue_of("kacho", 5600), 0); /* too late even before anybody has swept */
	IS(sek_store_approval_decide(store, B, "kacho", true, "", 5600, &a), SEK_E_NOT_FOUND);
	OK(sek_store_approvals_expire(store, 5600, 0, see, &s));
	ck_assert_uint_eq(s.n, 2);
	IS(sek_store_approval_sealed(store, A, &sealed, &n), SEK_E_NOT_FOUND);
	OK(sek_store_approval_find(store, A, &a));
	ck_assert_int_eq(a.state, SEK_APPROVAL_EXPIRED);
	s.n = 0;
	OK(sek_store_approvals_untold(store, see, &s));
	ck_assert_uint_eq(s.n, 1); /* texts lie here: nobody need be told */
	ck_assert_str_eq(s.last.id, B);
	OK(sek_store_approvals_expire(store, 9000, 8000, see, &s));
	IS(sek_store_approval_find(store, A, &a), SEK_E_NOT_FOUND);
	OK(sek_store_approval_find(store, B, &a)); /* not before it was told */
	OK(sek_store_approval_told(store, B));
	OK(sek_store_approvals_expire(store, 9000, 8000, see, &s));
	IS(sek_store_approval_find(store, B, &a), SEK_E_NOT_FOUND);
}
END_TEST

START_TEST(texts_are_kept_for_the_one_who_asked)
{
	struct sek_store_approval a;
	struct seen s = { .n = 0 };
	uint8_t *sealed = NULL;
	size_t n = 0;

	ask(A, "taro", SEK_APPROVAL_TEXT, 1);
	OK(sek_store_approval_sealed(store, A, &sealed, &n));
	ck_assert_uint_eq(n, 6);
	ck_assert_mem_eq(sealed, "sealed", 6);
	free(sealed);
	OK(sek_store_texts_of(store, "taro", see, &s));
	ck_assert_uint_eq(s.n, 1);
	OK(sek_store_texts_of(store, "jiro", see, &s));
	ck_assert_uint_eq(s.n, 1);
	OK(sek_store_approval_decide(store, A, "kacho", true, "", 3000, &a));
	ck_assert_int_eq(a.expires_s, 3000 + 3600);
	IS(sek_store_approval_delete(store, A, "jiro"), SEK_E_NOT_FOUND);
	OK(sek_store_approval_delete(store, A, "taro"));
	ask(B, "taro", SEK_APPROVAL_TEXT, 1);
	OK(sek_store_approval_decide(store, B, "kacho", true, "", 3000, &a));
	OK(sek_store_approvals_expire(store, 6600, 0, see, &s)); /* nobody took it */
	IS(sek_store_approval_find(store, B, &a), SEK_E_NOT_FOUND);
	ask(C, "taro", SEK_APPROVAL_TEXT, 1);
	OK(sek_store_approval_decide(store, C, "kacho", false, "no", 3000, &a));
	IS(sek_store_approval_sealed(store, C, &sealed, &n), SEK_E_NOT_FOUND);
}
END_TEST

START_TEST(numbers_are_bounded)
{
	struct sek_store_approval a = make(A, "taro", SEK_APPROVAL_FILE, 1);
	struct sek_store_approver p = { .user = "taro" };

	for (unsigned i = 0; i < SEK_STORE_APPROVALS_EACH; i++) {
		snprintf(a.id, sizeof a.id, "%032x", i);
		OK(sek_store_approval_add(store, &a, NULL, 0));
	}
	snprintf(a.id, sizeof a.id, B);
	IS(sek_store_approval_add(store, &a, NULL, 0), SEK_E_LIMIT);
	a = make(A, "jiro", SEK_APPROVAL_FILE, 1);
	OK(sek_store_approval_add(store, &a, NULL, 0));
	IS(sek_store_approval_add(store, &a, NULL, 0), SEK_E_EXISTS);
	a = make(C, "nobody", SEK_APPROVAL_FILE, 1);
	IS(sek_store_approval_add(store, &a, NULL, 0), SEK_E_NOT_FOUND);
	a = make(C, "jiro", SEK_APPROVAL_FILE, 3);
	IS(sek_store_approval_add(store, &a, NULL, 0), SEK_E_LIMIT);
	IS(sek_store_approver_set(store, "nowhere", &p, &admin), SEK_E_NOT_FOUND);
	snprintf(p.user, sizeof p.user, "nobody");
	IS(sek_store_approver_set(store, "eigyo", &p, &admin), SEK_E_NOT_FOUND);
}
END_TEST

static void name_group(void *ctx, const char *group)
{
	strcat(strcat(ctx, group), ";");
}

START_TEST(groups_without_an_approver_are_known)
{
	char names[200] = "";
	unsigned n = 9;

	OK(sek_store_groups_unapproved(store, 3000, name_group, names));
	ck_assert_str_eq(names, "zaimu;");
	OK(sek_store_approvers_now(store, "eigyo", 3000, &n));
	ck_assert_uint_eq(n, 1);
	OK(sek_store_approvers_now(store, "zaimu", 3000, &n));
	ck_assert_uint_eq(n, 0);
	IS(sek_store_approvers_now(store, "nowhere", 3000, &n), SEK_E_NOT_FOUND);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store.approvals");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, only_approvers_of_the_requesters_group);
	tcase_add_test(t, nobody_decides_on_their_own);
	tcase_add_test(t, deputies_act_while_they_are_set);
	tcase_add_test(t, two_different_ones_for_bulk);
	tcase_add_test(t, time_refuses_and_forgets);
	tcase_add_test(t, texts_are_kept_for_the_one_who_asked);
	tcase_add_test(t, numbers_are_bounded);
	tcase_add_test(t, groups_without_an_approver_are_known);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
