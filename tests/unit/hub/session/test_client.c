/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a client may do to its session and what it may not.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/hub/session/harness.h"

static struct bench b;
static struct stream c;

static void up(void)
{
	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
}

static void down(void)
{
	bench_finish(&b);
}

/* --- before HELLO --- */

static const struct sek_hello good = { .version_min = 1, .version_max = 1, .width_px = 800, .height_px = 600,
	.scale_percent = 100, .lang = SEK_LANG_EN };

static size_t first_message(int which, uint8_t *m, size_t size)
{
	struct sek_hello h = good;
	struct sek_writer w;

	sek_writer_init(&w, m, size);
	switch (which) {
	case 0: /* nothing at all */
		return 0;
	case 1: /* a header that promises more */
		sek_hello_write(&w, &h);
		return SEK_FRAME_HEADER_BYTES;
	case 2: /* one byte short */
		sek_hello_write(&w, &h);
		return w.len - 1;
	case 3: /* one byte too many */
		sek_hello_write(&w, &h);
		return w.len + 1;
	case 4: /* two frames in one message */
		sek_hello_write(&w, &h);
		sek_hello_write(&w, &h);
		return w.len;
	case 5: /* something else first */
		sek_ping_write(&w, &(struct sek_ping){ 1 });
		return w.len;
	case 6:
		sek_key_write(&w, &(struct sek_key){ .code = 30, .down = true });
		return w.len;
	case 7: /* the magic */
		sek_hello_write(&w, &h);
		m[SEK_FRAME_HEADER_BYTES] ^= 1;
		return w.len;
	case 8: /* only versions of the future */
		h.version_min = 2;
		h.version_max = 9;
		sek_hello_write(&w, &h);
		return w.len;
	case 9: /* flags that are the broker's to set */
		h.flags = SEK_HELLO_CREATE;
		sek_hello_write(&w, &h);
		return w.len;
	case 10: /* a maximum that is the broker's to set */
		h.max_width_px = h.max_height_px = 4000;
		sek_hello_write(&w, &h);
		return w.len;
	case 11: /* a type that does not exist */
		memset(m, 0, 8);
		m[0] = 0x7f;
		return 8;
	case 12: /* reserved bits */
		sek_hello_write(&w, &h);
		m[3] = 1;
		return w.len;
	case 13: /* flags in the header */
		sek_hello_write(&w, &h);
		m[1] = 1;
		return w.len;
	default: /* a message of the other direction */
		sek_state_write(&w, &(struct sek_state_msg){ SEK_STATE_RUNNING, 0 });
		return w.len;
	}
}

START_TEST(a_wrong_first_message_ends_it)
{
	uint8_t m[256] = { 0 };
	size_t n = first_message(_i, m, sizeof m);

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_attach(b.all, "taro", &c);
	stream_send(&c, m, n);
	ck_assert(c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_PROTOCOL);
	ck_assert_uint_eq(c.welcomes, 0);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	down();
}
END_TEST

START_TEST(wishes_are_clamped)
{
	struct sek_hello h = good;
	uint8_t last[64];
	size_t n;

	h.version_max = 9; /* a client of the future that still speaks ours */
	h.width_px = 7680;
	h.height_px = 4320;
	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_attach(b.all, "taro", &c);
	STREAM_WRITE(&c, sek_hello_write, &h);
	ck_assert_uint_eq(c.welcomes, 1);
	ck_assert_uint_eq(c.welcome.version, 1);
	BENCH_UNTIL(&b, 8000, c.ends > 0);
	BENCH_UNTIL(&b, 8000, journal_count(bench_decoder_pid(&b), SEK_MSG_HELLO, last, &n) == 1);
	ck_assert(sek_is_ok(sek_hello_read(last, n, &h)));
	ck_assert_uint_eq(h.width_px, BENCH_WIDTH);
	ck_assert_uint_eq(h.height_px, BENCH_HEIGHT);
	STREAM_WRITE(&c, sek_resize_write, &(struct sek_resize){ 7000, 300, 200 });
	BENCH_UNTIL(&b, 3000, journal_count(bench_decoder_pid(&b), SEK_MSG_RESIZE, last, &n) == 1);
	struct sek_resize r;

	ck_assert(sek_is_ok(sek_resize_read(last, n, &r)));
	ck_assert_uint_eq(r.width_px, BENCH_WIDTH);
	ck_assert_uint_eq(r.height_px, 300);
	ck_assert_uint_eq(r.scale_percent, 200);
	down();
}
END_TEST

/* --- after HELLO --- */

static size_t later_message(int which, uint8_t *m, size_t size)
{
	struct sek_writer w;

	sek_writer_init(&w, m, size);
	switch (which) {
	case 0: /* a second HELLO */
		sek_hello_write(&w, &good);
		break;
	case 1: /* a frame that was never sent */
		sek_ack_write(&w, &(struct sek_ack){ c.last_frame + 1 });
		break;
	case 2: /* one that was acknowledged already */
		sek_ack_write(&w, &(struct sek_ack){ c.last_frame });
		break;
	case 3:
		sek_ack_write(&w, &(struct sek_ack){ 0xdeadbeef });
		break;
	case 4: /* nobody asked */
		sek_pong_write(&w, &(struct sek_ping){ 1 });
		break;
	case 5: /* a surrogate as a character */
		sek_key_write(&w, &(struct sek_key){ .code = 30, .down = true });
		m[12] = 0;
		m[13] = 0;
		m[14] = 0xd8;
		m[15] = 0;
		break;
	case 6: /* a key that does not exist */
		sek_key_write(&w, &(struct sek_key){ .code = 30, .down = true });
		m[8] = 0x01;
		break;
	case 7: /* overlong UTF-8 */
		sek_text_write(&w, &(struct sek_text){ (const uint8_t *)"ab", 2 });
		m[8] = 0xc0;
		m[9] = 0xaf;
		break;
	case 8: /* an escape character */
		sek_text_write(&w, &(struct sek_text){ (const uint8_t *)"a", 1 });
		m[8] = 0x1b;
		break;
	case 9: /* a button that does not exist */
		sek_pointer_write(&w, &(struct sek_pointer){ 1, 1, 1 });
		m[12] = 32;
		break;
	case 10: /* a wheel turned too far */
		sek_wheel_write(&w, &(struct sek_wheel){ 1, 1, 0, 120 });
		m[14] = 0x7f;
		break;
	case 11: /* too small to be a window */
		sek_resize_write(&w, &(struct sek_resize){ 800, 600, 100 });
		m[8] = m[9] = 0;
		break;
	case 12: /* neither true nor false */
		sek_visibility_write(&w, &(struct sek_visibility){ true });
		m[8] = 2;
		break;
	case 13: /* END with something in it */
		sek_empty_write(&w, SEK_MSG_END);
		m[7] = 1;
		return w.len + 1;
	case 14: /* a picture, from the client */
		sek_size_write(&w, &(struct sek_size){ 800, 600 });
		break;
	case 15: /* a message and a bit */
		sek_ping_write(&w, &(struct sek_ping){ 1 });
		return w.len + 3;
	default: /* a length that no type has */
		sek_text_write(&w, &(struct sek_text){ (const uint8_t *)"a", 1 });
		m[4] = 0xff;
		break;
	}
	return w.len;
}

START_TEST(a_refused_message_ends_it)
{
	uint8_t m[256] = { 0 };
	struct stream other;
	size_t n;

	up();
	stream_up(&b, "hanako", &other);
	n = later_message(_i, m, sizeof m);
	stream_send(&c, m, n);
	ck_assert(c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_PROTOCOL);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	ck_assert(!other.closed);
	down();
}
END_TEST

/* Every single-bit change of every message either is another well-formed message or ends the session: never anything
 * else, and never a crash. Under the sanitizers this is the point. */
START_TEST(flipped_bits_do_no_harm)
{
	uint8_t m[64];
	struct sek_writer w;
	unsigned refused = 0;

	bench_init(&b, "decoder", "encoder");
	b.config.max_sessions = 4000;
	bench_start(&b);
	for (int which = 0; which < 7; which++) {
		for (size_t bit = 0;; bit++) {
			sek_writer_init(&w, m, sizeof m);
			switch (which) {
			case 0: sek_hello_write(&w, &good); break;
			case 1: sek_key_write(&w, &(struct sek_key){ .code = 30, .down = true, .codepoint = 0x3042 }); break;
			case 2: sek_pointer_write(&w, &(struct sek_pointer){ 10, 20, 1 }); break;
			case 3: sek_wheel_write(&w, &(struct sek_wheel){ 10, 20, 0, 120 }); break;
			case 4: sek_text_write(&w, &(struct sek_text){ (const uint8_t *)"\xe3\x81\x82", 3 }); break;
			case 5: sek_resize_write(&w, &(struct sek_resize){ 800, 600, 100 }); break;
			default: sek_visibility_write(&w, &(struct sek_visibility){ true });
			}
			if (bit >= w.len * 8)
				break;
			m[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			stream_attach(b.all, "taro", &c);
			if (which)
				stream_hello(&c); /* the child is started and let go: cheap enough to do for each */
			stream_send(&c, m, w.len);
			refused += c.closed;
			if (!c.closed)
				sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
			ck_assert(c.closed);
			uv_run(&b.loop, UV_RUN_NOWAIT);
		}
	}
	ck_assert_uint_gt(refused, 400);
	down();
}
END_TEST

START_TEST(input_passes_written_anew_and_in_order)
{
	uint8_t last[SEK_TEXT_MAX_BYTES];
	size_t n;
	int decoder;

	up();
	decoder = bench_decoder_pid(&b);
	stream_key(&c, 30, true);
	stream_key(&c, 30, false);
	stream_text(&c, "\xe3\x81\x93\xe3\x82\x93");
	STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ 65535, 7, SEK_BUTTON_LEFT });
	STREAM_WRITE(&c, sek_wheel_write, &(struct sek_wheel){ 5, 6, -120, 120 });
	STREAM_WRITE(&c, sek_empty_write, SEK_MSG_RELEASE);
	BENCH_UNTIL(&b, 3000, journal_count(decoder, SEK_MSG_RELEASE, NULL, NULL) == 1);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_KEY, last, &n), 2);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_TEXT, last, &n), 1);
	ck_assert_mem_eq(last, "\xe3\x81\x93\xe3\x82\x93", 6);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_POINTER, last, &n), 1);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_WHEEL, last, &n), 1);
	/* what is between client and broker alone never reaches the host */
	STREAM_WRITE(&c, sek_ping_write, &(struct sek_ping){ 77 });
	STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH);
	stream_key(&c, 31, true);
	BENCH_UNTIL(&b, 3000, journal_count(decoder, SEK_MSG_KEY, NULL, NULL) == 3);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_PING, NULL, NULL), 0);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_REFRESH, NULL, NULL), 0);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_ACK, NULL, NULL), 0);
	ck_assert(!c.closed);
	down();
}
END_TEST

/* --- rates --- */

START_TEST(ten_thousand_characters_arrive)
{
	int decoder;

	up();
	decoder = bench_decoder_pid(&b);
	for (int i = 0; i < 10000; i++)
		stream_text(&c, "\xe6\xbc\xa2");
	ck_assert(!c.closed);
	BENCH_UNTIL(&b, 8000, journal_count(decoder, SEK_MSG_TEXT, NULL, NULL) == 10000);
	down();
}
END_TEST

static void flood(int which)
{
	switch (which) {
	case 0:
		stream_key(&c, 30, true);
		break;
	case 1:
		stream_text(&c, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
		break;
	case 2:
		STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ 1, 1, (uint8_t)(c.frames & 1) });
		c.frames++;
		break;
	case 3:
		STREAM_WRITE(&c, sek_wheel_write, &(struct sek_wheel){ 1, 1, 0, 120 });
		break;
	case 4:
		STREAM_WRITE(&c, sek_ping_write, &(struct sek_ping){ 1 });
		break;
	case 5:
		STREAM_WRITE(&c, sek_visibility_write, &(struct sek_visibility){ true });
		break;
	case 6:
		STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ 2, 2, 0 });
		break;
	case 7:
		STREAM_WRITE(&c, sek_resize_write, &(struct sek_resize){ 800, 600, 100 });
		break;
	case 8:
		STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH);
		break;
	default:
		STREAM_WRITE(&c, sek_empty_write, SEK_MSG_RELEASE);
	}
}

START_TEST(a_flood_ends_it)
{
	int sent = 0;

	up();
	for (; sent < 100000 && !c.closed; sent++)
		flood(_i);
	ck_assert(c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_FLOOD);
	ck_assert_int_ge(sent, 50); /* an honest burst was not what did it */
	down();
}
END_TEST

START_TEST(excess_moves_are_coalesced_to_the_newest)
{
	uint8_t last[64];
	struct sek_pointer m;
	size_t n;
	int decoder;

	up();
	decoder = bench_decoder_pid(&b);
	for (uint16_t i = 0; i < 5000; i++)
		STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ i, 9, 0 });
	ck_assert(!c.closed);
	bench_run_ms(&b, 100);
	unsigned moves = journal_count(decoder, SEK_MSG_POINTER, last, &n);

	ck_assert_uint_ge(moves, 2);
	ck_assert_uint_le(moves, 1000);
	ck_assert(sek_is_ok(sek_pointer_read(last, n, &m)));
	ck_assert_uint_eq(m.x_px, 4999);
	/* a click is never late: it brings its own position, and what waited is not sent after it */
	for (uint16_t i = 0; i < 1000; i++)
		STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ i, 10, 0 });
	STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ 50, 60, SEK_BUTTON_LEFT });
	bench_run_ms(&b, 100);
	journal_count(decoder, SEK_MSG_POINTER, last, &n);
	ck_assert(sek_is_ok(sek_pointer_read(last, n, &m)));
	ck_assert_uint_eq(m.x_px, 50);
	ck_assert_uint_eq(m.buttons, SEK_BUTTON_LEFT);
	/* the same for sizes */
	for (uint16_t i = 0; i < 200; i++)
		STREAM_WRITE(&c, sek_resize_write, &(struct sek_resize){ (uint16_t)(400 + i), 600, 100 });
	bench_run_ms(&b, 150);
	struct sek_resize r;

	ck_assert_uint_le(journal_count(decoder, SEK_MSG_RESIZE, last, &n), 40);
	ck_assert(sek_is_ok(sek_resize_read(last, n, &r)));
	ck_assert_uint_eq(r.width_px, 599);
	ck_assert(!c.closed);
	down();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.client");
	TCase *refused = tcase_create("refused"), *rates = tcase_create("rates");
	TCase *all[] = { refused, rates };
	SRunner *runner;
	int failed;

	tcase_add_loop_test(refused, a_wrong_first_message_ends_it, 0, 15);
	tcase_add_test(refused, wishes_are_clamped);
	tcase_add_loop_test(refused, a_refused_message_ends_it, 0, 17);
	tcase_add_test(refused, flipped_bits_do_no_harm);
	tcase_add_test(refused, input_passes_written_anew_and_in_order);
	tcase_add_test(rates, ten_thousand_characters_arrive);
	tcase_add_loop_test(rates, a_flood_ends_it, 0, 10);
	tcase_add_test(rates, excess_moves_are_coalesced_to_the_newest);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		tcase_set_timeout(all[i], 60);
		suite_add_tcase(suite, all[i]);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
