/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The key table against the kernel's own header.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"

static const struct {
	const char *code;
	int number, kernel;
} keys[] = {
#define SEK_KEY(code, number, evdev) { #code, number, evdev },
#include "protocol/wire/keys.def"
#undef SEK_KEY
};
#define KEYS (sizeof keys / sizeof keys[0])

START_TEST(numbers_are_the_kernels)
{
	for (size_t i = 0; i < KEYS; i++) {
		ck_assert_msg(keys[i].number == keys[i].kernel, "%s", keys[i].code);
		ck_assert_int_ge(keys[i].number, 1);
		ck_assert_int_le(keys[i].number, SEK_KEY_CODE_MAX);
	}
}
END_TEST

START_TEST(nothing_stands_twice)
{
	for (size_t i = 0; i < KEYS; i++) {
		for (size_t k = 0; k < i; k++) {
			ck_assert_str_ne(keys[i].code, keys[k].code);
			ck_assert_int_ne(keys[i].number, keys[k].number);
		}
	}
}
END_TEST

START_TEST(the_japanese_keys_are_there)
{
	static const char *const wanted[] = { "IntlRo", "IntlYen", "Convert", "NonConvert", "KanaMode", "Lang1", "Lang2" };

	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		bool found = false;

		for (size_t k = 0; k < KEYS; k++)
			found = found || strcmp(keys[k].code, wanted[i]) == 0;
		ck_assert_msg(found, "%s", wanted[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire keys");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, numbers_are_the_kernels);
	tcase_add_test(t, nothing_stands_twice);
	tcase_add_test(t, the_japanese_keys_are_there);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
