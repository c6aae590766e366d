/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is known of each session state.
 */
#include <check.h>
#include <stdlib.h>

#include "protocol/wire/wire.h"

enum { LIVE, ENDED };
enum { HOST, DECODER, BROKER };

static const struct {
	uint32_t number;
	int kind, who;
} rows[] = {
#define SEK_STATE(name, number, kind, who, text) { number, kind, who },
#include "protocol/wire/states.def"
#undef SEK_STATE
};

START_TEST(every_number_says_what_the_list_says)
{
	unsigned known = 0;

	for (uint32_t n = 0; n <= 0x1ffff; n++) {
		bool listed = false;

		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			if (rows[i].number != n)
				continue;
			listed = true;
			known++;
			ck_assert(sek_state_ended(n) == (rows[i].kind == ENDED));
			ck_assert(sek_state_from_host(n) == (rows[i].who == HOST));
			ck_assert(sek_state_from_gap(n) == (rows[i].who != BROKER));
		}
		ck_assert(sek_state_known(n) == listed);
		if (!listed)
			ck_assert(!sek_state_ended(n) && !sek_state_from_host(n) && !sek_state_from_gap(n));
	}
	ck_assert_uint_eq(known, sizeof rows / sizeof rows[0]); /* no number stands twice */
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(sek_state_name(SEK_STATE_RUNNING), "running");
	ck_assert_str_eq(sek_state_name(SEK_STATE_HOST_LOST), "host-lost");
	ck_assert_str_eq(sek_state_name(SEK_STATE_HOST_UNREACHABLE), "host-unreachable");
	ck_assert_str_eq(sek_state_name(0), "unknown");
	ck_assert_str_eq(sek_state_name(UINT32_MAX), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire states");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, every_number_says_what_the_list_says);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
