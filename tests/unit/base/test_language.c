/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The language of tools: from where it is taken, and what of a library's error is put into it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"

START_TEST(from_the_environment_or_the_command)
{
	char *const told[] = { "tool", "--lang", "en", "x", "--lang", "ja", NULL }, *const silent[] = { "tool", "x", "--lang", NULL };

	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANG");
	ck_assert(!sek_language_of_environment());
	setenv("LANG", "ja_JP.UTF-8", 1);
	ck_assert(sek_language_of_environment() && sek_language_of(3, silent));
	setenv("LC_MESSAGES", "C", 1);
	ck_assert(!sek_language_of_environment());
	setenv("LC_ALL", "", 1); /* as if it were not set */
	ck_assert(!sek_language_of_environment());
	setenv("LC_ALL", "ja", 1);
	ck_assert(sek_language_of_environment() && !sek_language_of(3, told) && sek_language_of(6, told));
}
END_TEST

START_TEST(errors_are_translated)
{
	static const struct sek_phrase list[] = { { "is there", "ある" }, { "is there already", "もうある" }, { "no", "無" } };
	char ret[64], small[8];

	sek_phrases_translate(list, 3, "'/x' is there already (no such)", ret, sizeof ret);
	ck_assert_str_eq(ret, "'/x' もうある (no such)"); /* only behind a blank */
	sek_phrases_translate(list, 3, "no piano is there", ret, sizeof ret);
	ck_assert_str_eq(ret, "無 piano ある");
	sek_phrases_translate(list, 0, "no", ret, sizeof ret);
	ck_assert_str_eq(ret, "no");
	sek_phrases_translate(list, 3, "is there already", small, sizeof small);
	ck_assert_uint_eq(strlen(small), sizeof small - 1);
	sek_phrases_translate(list, 3, "0123456789", small, sizeof small);
	ck_assert_str_eq(small, "0123456");
	ck_assert_str_eq(sek_phrase_of(true, &list[2]), "無");
	ck_assert_str_eq(sek_phrase_of(false, &list[2]), "no");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("language");
	TCase *t = tcase_create("language");
	SRunner *r;
	int failed;

	tcase_add_test(t, from_the_environment_or_the_command);
	tcase_add_test(t, errors_are_translated);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
