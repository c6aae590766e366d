/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The index of words: Japanese phrases of any length, what is broken over lines, what a query may not do, forgetting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/words.h"

#define OK(call) ck_assert(sek_is_ok(call))
#define IS(call, code) ck_assert(sek_is(call, code))

static char folder[64], path[96], err[512];
static struct sek_word_store *store;

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-words-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/words.db", folder);
	OK(sek_word_store_open(path, &store, err, sizeof err));
}

static void tear_down(void)
{
	char command[128];

	sek_word_store_close(store);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void add(const char *recording, int64_t at_us, const char *text)
{
	OK(sek_words_add(store, recording, at_us, text, strlen(text)));
}

static struct sek_words_hit last;
static int64_t first_us;

static void on_hit(void *ctx, const struct sek_words_hit *h)
{
	unsigned *n = ctx;

	if ((*n)++ == 0)
		first_us = h->at_us;
	last = *h;
}

static unsigned hits(const char *phrase, const char *recording)
{
	unsigned n = 0;

	OK(sek_words_search(store, phrase, recording, 100, on_hit, &n));
	return n;
}

START_TEST(finds_phrases)
{
	add("aa", 5, "情報セキュリ\nティ基本方針\nこの文書は職員が守るべき規則\n");
	add("aa", 9, "Quarterly budget\nreport 100% _done_");
	add("bb", 7, "職員の皆様へ");
	OK(sek_words_commit(store, "aa", 10, false));
	ck_assert_uint_eq(hits("セキュリティ基本", ""), 1); /* the line ended in the middle of it */
	ck_assert_int_eq(last.at_us, 5);
	ck_assert_str_eq(last.recording, "aa");
	ck_assert_ptr_nonnull(strstr(last.snippet, "情報セキュリティ基本方針"));
	ck_assert_uint_eq(hits("職員", ""), 2);              /* too short for trigrams */
	ck_assert_uint_eq(hits("職員", "bb"), 1);
	ck_assert_uint_eq(hits("職員の皆様", "aa"), 0);
	ck_assert_uint_eq(hits("BUDGET REPORT", ""), 1);
	ck_assert_uint_eq(hits("0%", ""), 1);
	ck_assert_uint_eq(hits("%", "bb"), 0);               /* no wild card */
	ck_assert_uint_eq(hits("_", "bb"), 0);
	ck_assert_uint_eq(hits("nowhere at all", ""), 0);
}
END_TEST

START_TEST(a_query_is_a_phrase_and_nothing_else)
{
	static const char *const hostile[] = { "\"", "a\" OR \"b", "text:abc", "abc*", "NEAR(abc)", "'; DROP TABLE words; --", "\\", "AND" };
	char longest[SEK_WORDS_QUERY_CHARS * 3 + 4] = "";

	add("aa", 1, "say \"hello there\" and a\" OR \"b");
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
		hits(hostile[i], "");
	ck_assert_uint_eq(hits("\"hello", ""), 1);
	ck_assert_uint_eq(hits("a\" OR \"b", ""), 1);
	for (int i = 0; i < SEK_WORDS_QUERY_CHARS; i++)
		strcat(longest, "あ");
	ck_assert_uint_eq(hits(longest, ""), 0);
	strcat(longest, "あ");
	IS(sek_words_search(store, longest, "", 1, on_hit, NULL), SEK_E_LIMIT);
	IS(sek_words_search(store, "", "", 1, on_hit, NULL), SEK_E_LIMIT);
	IS(sek_words_search(store, "\xff\xfe", "", 1, on_hit, NULL), SEK_E_LIMIT);
}
END_TEST

START_TEST(keeps_and_forgets)
{
	int64_t upto;
	bool done;

	add("aa", 3, "first words");
	OK(sek_words_commit(store, "aa", 4, false));
	add("aa", 8, "second words, of which nobody was told");
	sek_word_store_close(store);
	OK(sek_word_store_open(path, &store, err, sizeof err));
	OK(sek_words_state(store, "aa", &upto, &done));
	ck_assert(upto == 4 && !done);
	ck_assert_uint_eq(hits("words", ""), 1); /* what was not committed is read again, so it is not there twice */
	add("aa", 8, "second words");
	OK(sek_words_commit(store, "aa", 9, true));
	ck_assert_uint_eq(hits("words", "aa"), 2);
	ck_assert_int_eq(first_us, 3);
	OK(sek_words_forget(store, "aa"));
	ck_assert_uint_eq(hits("words", ""), 0);
	OK(sek_words_state(store, "aa", &upto, &done));
	ck_assert(upto == 0 && !done);
}
END_TEST

START_TEST(a_snippet_is_cut_between_letters)
{
	static char text[30000];

	for (int i = 0; i < 3000; i++)
		strcat(text + 3 * i, i == 1500 ? "鍵" : "あ");
	add("aa", 1, text);
	ck_assert_uint_eq(hits("鍵", ""), 1);
	ck_assert_ptr_nonnull(strstr(last.snippet, "鍵"));
	ck_assert_uint_lt(strlen(last.snippet), sizeof last.snippet);
	ck_assert_uint_eq(strlen(last.snippet) % 3, 0);
}
END_TEST

START_TEST(a_file_that_is_none)
{
	struct sek_word_store *other = NULL;

	IS(sek_word_store_open("/proc/nothing/words.db", &other, err, sizeof err), SEK_E_IO);
	ck_assert_ptr_nonnull(strstr(err, "Check its rights"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("words");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, finds_phrases);
	tcase_add_test(c, a_query_is_a_phrase_and_nothing_else);
	tcase_add_test(c, keeps_and_forgets);
	tcase_add_test(c, a_snippet_is_cut_between_letters);
	tcase_add_test(c, a_file_that_is_none);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
