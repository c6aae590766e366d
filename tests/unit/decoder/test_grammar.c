/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-decoder against render hosts that break the grammar or the order of messages, one row for each way:
 * the session ends, with the exit code and the state that say so.
 */
#include <check.h>
#include <stdlib.h>

#include "protocol/codec/update.h"
#include "tests/unit/decoder/host.h"

static struct host h;
static uint8_t bytes[256];
static struct sek_writer w;

static struct sek_writer *begin(void)
{
	sek_writer_init(&w, bytes, sizeof bytes);
	return &w;
}

static void setup(void)
{
	host_start(&h, NULL);
}

static void teardown(void)
{
	host_stop(&h);
}

static void raw(const void *p, size_t n)
{
	host_send(&h, p, n);
}

static void bad_unknown_type(void) { raw("\x7f\0\0\0\0\0\0\0", 8); }
static void bad_reserved(void) { raw("\x84\0\0\1\0\0\0\x08\0\0\0\0\0\0\0\0", 16); }
static void bad_flags(void) { raw("\x84\1\0\0\0\0\0\x08\0\0\0\0\0\0\0\0", 16); }
static void bad_oversize(void) { raw("\x82\0\0\0\0\x10\0\1", 8); }
static void bad_huge(void) { raw("\x82\0\0\0\xff\xff\xff\xff", 8); }
static void bad_short(void) { raw("\x84\0\0\0\0\0\0\x07\0\0\0\0\0\0\0", 15); }
static void bad_long(void) { raw("\x84\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0", 17); }
static void bad_direction(void) { sek_empty_write(begin(), SEK_MSG_REFRESH); host_send_writer(&h, &w); }
static void bad_size_zero(void) { raw("\x85\0\0\0\0\0\0\4\0\0\0\0", 12); }
static void bad_size_width(void) { host_send_size(&h, 1281, 720); }
static void bad_size_height(void) { host_send_size(&h, 1280, 721); }
static void bad_update_before_size(void) { host_send_fill(&h, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 1, 1); }
static void bad_no_keyframe(void) { host_send_size(&h, 640, 480); host_send_fill(&h, SEK_UPDATE_END, 1, 1); }
static void bad_state_broker(void) { raw("\x86\0\0\0\0\0\0\x08\0\x21\0\0\0\0\0\0", 16); }
static void bad_state_decoder(void) { raw("\x86\0\0\0\0\0\0\x08\0\x41\0\0\0\0\0\0", 16); }
static void bad_state_unknown(void) { raw("\x86\0\0\0\0\0\0\x08\0\xff\0\0\0\0\0\0", 16); }
static void bad_second_welcome(void)
{
	sek_welcome_write(begin(), &(struct sek_welcome){ .version = 1, .max_width_px = 1280, .max_height_px = 720 });
	host_send_writer(&h, &w);
}

static void good_keyframe(void)
{
	host_send_size(&h, 640, 480);
	host_send_fill(&h, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 10, 1);
	ck_assert_uint_eq(host_expect_ack(&h), 10);
}

static void bad_frame_again(void) { good_keyframe(); host_send_fill(&h, SEK_UPDATE_END, 10, 1); }
static void bad_frame_back(void) { good_keyframe(); host_send_fill(&h, SEK_UPDATE_END, 9, 1); }
static void bad_frame_skipped(void) { good_keyframe(); host_send_fill(&h, SEK_UPDATE_END, 12, 1); }
static void bad_frame_far(void) { good_keyframe(); host_send_fill(&h, SEK_UPDATE_END, 10 + 0x80000000u, 1); }
static void bad_mixed_parts(void) { good_keyframe(); host_send_fill(&h, 0, 11, 1); host_send_fill(&h, SEK_UPDATE_END, 12, 1); }
static void bad_late_keyframe(void) { good_keyframe(); host_send_fill(&h, 0, 11, 1); host_send_fill(&h, SEK_UPDATE_KEYFRAME, 11, 1); }
static void bad_size_inside(void) { good_keyframe(); host_send_fill(&h, 0, 11, 1); host_send_size(&h, 640, 480); }
static void bad_after_resize(void) { good_keyframe(); host_send_size(&h, 320, 240); host_send_fill(&h, SEK_UPDATE_END, 11, 1); }

static void bad_rect_outside(void)
{
	/* one FILL at 639,0 of 2x1 in a picture of 640x480 */
	static const uint8_t m[] = { 0x82, 3, 0, 0, 0, 0, 0, 20, 0, 0, 0, 11, 0, 1, 0, 0, 2, 0x02, 0x7f, 0, 0, 0, 2, 0, 1,
		9, 9, 9 };

	good_keyframe();
	raw(m, sizeof m);
}

static void bad_trailing(void)
{
	static const uint8_t m[] = { 0x82, 3, 0, 0, 0, 0, 0, 21, 0, 0, 0, 11, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 9, 9, 9,
		0 };

	good_keyframe();
	raw(m, sizeof m);
}

static void bad_jpeg(void)
{
	static const uint8_t m[] = { 0x82, 3, 0, 0, 0, 0, 0, 27, 0, 0, 0, 11, 0, 1, 0, 0, 4, 0, 0, 0, 0, 0, 16, 0, 16,
		80, 0, 0, 0, 0, 4, 0xff, 0xd8, 0xff, 0xd9 };

	good_keyframe();
	raw(m, sizeof m);
}

static void bad_lz4_bomb(void)
{
	/* TILES, LZ4, says 0x7fffffff bytes unpacked */
	static const uint8_t m[] = { 0x82, 3, 0, 0, 0, 0, 0, 20, 0, 0, 0, 11, 0, 1, 0, 0, 3, 1, 0x7f, 0xff, 0xff, 0xff,
		0, 0, 0, 2, 0, 0 };

	good_keyframe();
	raw(m, sizeof m);
}

static void (*const breaks[])(void) = {
	bad_unknown_type, bad_reserved, bad_flags, bad_oversize, bad_huge, bad_short, bad_long, bad_direction, bad_size_zero,
	bad_size_width, bad_size_height, bad_update_before_size, bad_no_keyframe, bad_state_broker, bad_state_decoder,
	bad_state_unknown, bad_second_welcome, bad_frame_again, bad_frame_back, bad_frame_skipped,
	bad_frame_far, bad_mixed_parts,
	bad_late_keyframe, bad_size_inside, bad_after_resize, bad_rect_outside, bad_trailing, bad_jpeg, bad_lz4_bomb,
};

START_TEST(broken_grammar_ends_the_session)
{
	host_open(&h);
	breaks[_i]();
	host_assert_end(&h, SEK_EXIT_PROTOCOL, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

static void (*const too_early[])(void) = { good_keyframe, bad_direction, bad_unknown_type };

START_TEST(nothing_before_welcome)
{
	ck_assert(sek_is_ok(host_handshake(&h)));
	if (_i == 0)
		host_send_size(&h, 640, 480);
	else
		too_early[_i]();
	host_assert_end(&h, SEK_EXIT_PROTOCOL, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

START_TEST(wrong_version)
{
	ck_assert(sek_is_ok(host_handshake(&h)));
	sek_welcome_write(begin(), &(struct sek_welcome){ .version = SEK_VERSION_MAX, .max_width_px = 1280,
		.max_height_px = 720 });
	bytes[SEK_FRAME_HEADER_BYTES + 1] = SEK_VERSION_MAX + 1;
	host_send_writer(&h, &w);
	host_assert_end(&h, SEK_EXIT_PROTOCOL, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decoder: grammar");
	TCase *tc = tcase_create("grammar");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, broken_grammar_ends_the_session, 0, (int)(sizeof breaks / sizeof breaks[0]));
	tcase_add_loop_test(tc, nothing_before_welcome, 0, 3);
	tcase_add_test(tc, wrong_version);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
