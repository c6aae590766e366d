/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The frame tracker: the same answer whatever pieces the stream comes in, and nothing but frames of the host link downwards.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/messages.h"
#include "render-host/renderd/track.h"

static uint8_t memory[4096];
static struct sek_writer w;

static void setup(void)
{
	sek_writer_init(&w, memory, sizeof memory);
}

static void add_state(uint16_t state)
{
	struct sek_state_msg m = { .state = state };

	sek_state_write(&w, &m);
}

static void add_size(void)
{
	struct sek_size m = { 100, 100 };

	sek_size_write(&w, &m);
}

static void add_update(size_t payload)
{
	size_t at = sek_frame_begin(&w, SEK_MSG_UPDATE, SEK_UPDATE_END), i;

	for (i = 0; i < payload; i++)
		sek_write_u8(&w, (uint8_t)(SEK_MSG_STATE + i)); /* looks like the beginning of a STATE */
	ck_assert(sek_is_ok(sek_frame_end(&w, at)));
}

START_TEST(pieces)
{
	size_t size, i, boundary[8], n = 0;

	add_size();
	boundary[n++] = w.len;
	add_update(300);
	boundary[n++] = w.len;
	add_state(SEK_STATE_RUNNING);
	boundary[n++] = w.len;
	add_update(8);
	boundary[n++] = w.len;
	add_state(SEK_STATE_BROWSER_CLOSED);
	boundary[n++] = w.len;
	for (size = 1; size <= w.len; size++) {
		struct sek_track t = { .passed = 0 };

		for (i = 0; i < w.len; i += size) {
			size_t k = w.len - i < size ? w.len - i : size, b = 0, end = i + k;

			ck_assert(sek_is_ok(sek_track_feed(&t, memory + i, k)));
			while (b < n && boundary[b] <= end)
				b++;
			ck_assert_uint_eq(t.passed, end - (b ? boundary[b - 1] : 0));
			ck_assert_int_eq(t.ended, b == n);
		}
		ck_assert_uint_eq(t.passed, 0);
	}
}
END_TEST

START_TEST(live_states_do_not_end)
{
	struct sek_track t = { .passed = 0 };

	add_state(SEK_STATE_STARTING);
	add_state(SEK_STATE_RUNNING);
	ck_assert(sek_is_ok(sek_track_feed(&t, memory, w.len)));
	ck_assert(!t.ended);
	ck_assert_uint_eq(t.passed, 0);
}
END_TEST

static const uint8_t wrong[][SEK_FRAME_HEADER_BYTES] = {
	{ 0x7f, 0, 0, 0, 0, 0, 0, 0 },
	{ SEK_MSG_HELLO, 0, 0, 0, 0, 0, 0, 20 },     /* upwards */
	{ SEK_MSG_SIZE, 0, 0, 0, 0, 0, 0, 5 },       /* too long */
	{ SEK_MSG_SIZE, 1, 0, 0, 0, 0, 0, 4 },       /* flag */
	{ SEK_MSG_SIZE, 0, 1, 0, 0, 0, 0, 4 },       /* reserved */
	{ SEK_MSG_UPDATE, 0, 0, 0, 0, 0x10, 0, 1 },  /* one past the limit */
	{ SEK_MSG_UPDATE, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
};

START_TEST(refused)
{
	struct sek_track t = { .passed = 0 };
	size_t i;

	add_size();
	ck_assert(sek_is_ok(sek_track_feed(&t, memory, w.len)));
	for (i = 0; i < SEK_FRAME_HEADER_BYTES - 1; i++)
		ck_assert(sek_is_ok(sek_track_feed(&t, wrong[_i] + i, 1)));
	ck_assert(sek_is(sek_track_feed(&t, wrong[_i] + i, 1), SEK_E_MALFORMED));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renderd.track");
	TCase *c = tcase_create("track");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, pieces);
	tcase_add_test(c, live_states_do_not_end);
	tcase_add_loop_test(c, refused, 0, (int)(sizeof wrong / sizeof wrong[0]));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
