/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clipboard text through the real sekisho-capture: keys behind a pasted text wait until the clipboard has it, but not for
 * ever; copied text goes to the receiver only while the broker wants it.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/capture/rig.h"

static struct rig rig;
static uint8_t in[65536];
static size_t in_n;

static void setup(void)
{
	rig_start(&rig, 800, 600, "us");
	rig_attach(&rig, 800, 600);
	rig_settle(&rig);
}

static void teardown(void)
{
	rig_stop(&rig);
}

#define SEND(writer, ...)                                                           \
	do {                                                                        \
		uint8_t memory_[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES]; \
		struct sek_writer w_;                                               \
		sek_writer_init(&w_, memory_, sizeof memory_);                      \
		writer(&w_, __VA_ARGS__);                                           \
		rig_send(&rig, &w_);                                                \
	} while (0)

static void mode(uint8_t directions)
{
	SEND(sek_clipboard_mode_write, &(struct sek_clipboard_mode){ directions });
}

static void paste(const char *text)
{
	SEND(sek_clipboard_piece_write, &(struct sek_clipboard_piece){ SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST,
		(const uint8_t *)text, strlen(text) });
}

/* The next frame for the clipboard, which must be of this type (0: any but text); its payload is good until the next call. */
static const uint8_t *expect(unsigned type, struct sek_frame *f)
{
	static uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	size_t total;

	for (int i = 0; i < 750; i++) {
		ssize_t k = recv(rig.clip, in + in_n, sizeof in - in_n, MSG_DONTWAIT);

		if (k > 0)
			in_n += (size_t)k;
		if (sek_is_ok(sek_frame_whole(in, in_n, SEK_LINK_HOST, SEK_DIR_UP, f, &total))) {
			ck_assert(type ? f->type == type : f->type != SEK_MSG_CLIPBOARD);
			memcpy(frame, in, total);
			memmove(in, in + total, in_n - total);
			in_n -= total;
			return frame + SEK_FRAME_HEADER_BYTES;
		}
		rig_for(&rig, 20);
	}
	ck_abort_msg("nothing came for the clipboard");
}

static void answer(const uint8_t *payload, size_t n)
{
	uint8_t bytes[64];
	struct sek_ping ping;
	struct sek_writer w;

	ck_assert(sek_is_ok(sek_ping_read(payload, n, &ping)));
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pong_write(&w, &ping);
	ck_assert_int_eq(send(rig.clip, bytes, w.len, 0), (ssize_t)w.len);
}

static bool typed_a_key(struct rig *r, void *unused)
{
	(void)unused;
	return r->logged > 0;
}

START_TEST(keys_wait_for_the_text_before_them)
{
	struct sek_clipboard_piece m;
	struct sek_frame f;
	const uint8_t *p;

	mode(SEK_CROSS_TO_OUTER);
	paste("関所");
	rig_tap(&rig, KEY_V, 'v');
	expect(SEK_MSG_CLIPBOARD_MODE, &f);
	p = expect(SEK_MSG_CLIPBOARD, &f);
	ck_assert(sek_is_ok(sek_clipboard_piece_read(p, f.payload_bytes, &m)));
	ck_assert_uint_eq(m.bytes, 6);
	p = expect(SEK_MSG_PING, &f);
	ck_assert_uint_eq(rig.logged, 0);
	answer(p, f.payload_bytes);
	rig_until(&rig, typed_a_key, NULL, "the key behind the text");
}
END_TEST

START_TEST(a_silent_clipboard_delays_but_does_not_stop)
{
	mode(SEK_CROSS_TO_OUTER);
	paste("x");
	rig_tap(&rig, KEY_V, 'v');
	rig_until(&rig, typed_a_key, NULL, "the key although nobody answered");
}
END_TEST

START_TEST(without_a_clipboard_keys_go_on)
{
	close(rig.clip);
	close(rig.clip_listen);
	rig.clip = rig.clip_listen = -1;
	mode(SEK_CROSS_BOTH);
	paste("x");
	rig_tap(&rig, KEY_V, 'v');
	rig_until(&rig, typed_a_key, NULL, "the key although nobody is there");
}
END_TEST

START_TEST(text_goes_to_the_clipboard_only_while_it_may)
{
	struct sek_frame f;

	paste("before");
	mode(SEK_CROSS_TO_INNER);
	paste("wrong way");
	/* the mode and two questions, in which order ever: a mode is in force before input that waits */
	for (int i = 0; i < 3; i++)
		expect(0, &f);
}
END_TEST

START_TEST(a_receiver_that_leaves_takes_its_directions_along)
{
	struct sek_clipboard_mode m;
	struct sek_frame f;
	const uint8_t *p;

	mode(SEK_CROSS_BOTH);
	expect(SEK_MSG_CLIPBOARD_MODE, &f);
	rig_detach(&rig);
	p = expect(SEK_MSG_CLIPBOARD_MODE, &f);
	ck_assert(sek_is_ok(sek_clipboard_mode_read(p, f.payload_bytes, &m)));
	ck_assert_uint_eq(m.directions, SEK_CROSS_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("capture: clip");
	TCase *t = tcase_create("clip");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, keys_wait_for_the_text_before_them);
	tcase_add_test(t, a_silent_clipboard_delays_but_does_not_stop);
	tcase_add_test(t, without_a_clipboard_keys_go_on);
	tcase_add_test(t, text_goes_to_the_clipboard_only_while_it_may);
	tcase_add_test(t, a_receiver_that_leaves_takes_its_directions_along);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
