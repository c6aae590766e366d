/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stream: frames that come in pieces, queues that are bounded, peers that go away.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/wire/messages.h"
#include "render-host/capture/stream.h"

enum { OUT_MAX = 300000 };

static struct sek_stream s;
static int peer;

static void setup(void)
{
	int p[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	ck_assert(sek_is_ok(sek_stream_init(&s, p[0], SEK_LINK_HOST, SEK_DIR_UP, OUT_MAX)));
	peer = p[1];
}

static void teardown(void)
{
	sek_stream_finish(&s);
	close(peer);
}

START_TEST(frames_in_pieces)
{
	uint8_t bytes[64];
	struct sek_writer w;
	struct sek_frame f;
	const uint8_t *payload;
	struct sek_ack ack = { 7 };

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ack_write(&w, &ack);
	for (size_t i = 0; i < w.len; i++) {
		ck_assert(sek_is(sek_stream_next(&s, &f, &payload), SEK_E_AGAIN));
		ck_assert(sek_is(sek_stream_fill(&s), SEK_E_AGAIN));
		ck_assert_int_eq(write(peer, bytes + i, 1), 1);
		ck_assert(sek_is_ok(sek_stream_fill(&s)));
	}
	ck_assert(sek_is_ok(sek_stream_peek(&s, &f)));
	ck_assert(sek_is_ok(sek_stream_next(&s, &f, &payload)));
	ck_assert_uint_eq(f.type, SEK_MSG_ACK);
	ck_assert(sek_is_ok(sek_ack_read(payload, f.payload_bytes, &ack)));
	ck_assert_uint_eq(ack.frame, 7);
}
END_TEST

START_TEST(full_input_waits)
{
	static uint8_t many[3 * SEK_STREAM_IN_BYTES];
	struct sek_writer w;
	struct sek_frame f;
	const uint8_t *payload;
	unsigned n = 0, want = 0;

	sek_writer_init(&w, many, sizeof many);
	while (w.size - w.len > SEK_FRAME_HEADER_BYTES + SEK_MSG_ACK_MAX_BYTES) {
		sek_ack_write(&w, &(struct sek_ack){ want });
		want++;
	}
	ck_assert_int_eq(write(peer, many, w.len), (ssize_t)w.len);
	ck_assert(sek_is_ok(sek_stream_fill(&s)));
	ck_assert(sek_is(sek_stream_fill(&s), SEK_E_AGAIN)); /* no room until frames are taken */
	for (;;) {
		if (sek_is_ok(sek_stream_next(&s, &f, &payload))) {
			n++;
			continue;
		}
		if (!sek_is_ok(sek_stream_fill(&s)))
			break;
	}
	ck_assert_uint_eq(n, want);
}
END_TEST

START_TEST(malformed)
{
	static const uint8_t bad[][8] = {
		{ 0x7f }, { SEK_MSG_UPDATE, 0, 0, 0, 0, 0, 0, 8 }, { SEK_MSG_ACK, 1, 0, 0, 0, 0, 0, 4 },
		{ SEK_MSG_ACK, 0, 1, 0, 0, 0, 0, 4 }, { SEK_MSG_TEXT, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct sek_frame f;
		const uint8_t *payload;

		teardown();
		setup();
		ck_assert_int_eq(write(peer, bad[i], 8), 8);
		ck_assert(sek_is_ok(sek_stream_fill(&s)));
		ck_assert(sek_is(sek_stream_next(&s, &f, &payload), SEK_E_MALFORMED));
	}
}
END_TEST

/* A frame that the grammar allows but that is larger than what can be held would be waited for without end. */
START_TEST(too_large_for_here)
{
	static const uint8_t update[8] = { SEK_MSG_UPDATE, 0, 0, 0, 0, 1, 0, 0 };
	struct sek_frame f;
	const uint8_t *payload;

	s.dir = SEK_DIR_DOWN;
	ck_assert_int_eq(write(peer, update, 8), 8);
	ck_assert(sek_is_ok(sek_stream_fill(&s)));
	ck_assert(sek_is(sek_stream_next(&s, &f, &payload), SEK_E_MALFORMED));
}
END_TEST

START_TEST(output_is_bounded_and_in_order)
{
	static uint8_t block[1000], got[OUT_MAX + 1000];
	size_t put = 0, n = 0;

	/* more than the socket and the queue together */
	for (;;) {
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = (uint8_t)((put + i) * 31 >> 3);
		if (!sek_is_ok(sek_stream_put(&s, block, sizeof block)))
			break;
		put += sizeof block;
	}
	ck_assert_uint_eq(put, OUT_MAX);
	ck_assert_uint_eq(sek_stream_waiting(&s), OUT_MAX);
	ck_assert(sek_is(sek_stream_put(&s, block, 1), SEK_E_LIMIT));
	while (sek_stream_waiting(&s) > 0) {
		ssize_t k;

		ck_assert(sek_is_ok(sek_stream_flush(&s)));
		k = recv(peer, got + n, sizeof got - n, MSG_DONTWAIT);
		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	while (n < put) {
		ssize_t k = recv(peer, got + n, sizeof got - n, MSG_DONTWAIT);

		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(got[i], (uint8_t)(i * 31 >> 3));
	ck_assert(sek_is_ok(sek_stream_flush(&s)));
	ck_assert_uint_eq(s.out_size, 0); /* given back */
}
END_TEST

START_TEST(gone_peers)
{
	char block[1000] = { 0 };

	close(peer);
	ck_assert(sek_is(sek_stream_fill(&s), SEK_E_CLOSED));
	ck_assert(sek_is_ok(sek_stream_put(&s, block, sizeof block)));
	ck_assert(sek_is(sek_stream_flush(&s), SEK_E_CLOSED));
	sek_stream_finish(&s);
	ck_assert(!sek_stream_open(&s));
	ck_assert(sek_is(sek_stream_fill(&s), SEK_E_CLOSED));
	ck_assert(sek_is(sek_stream_put(&s, block, 1), SEK_E_CLOSED));
	ck_assert(sek_is_ok(sek_stream_flush(&s)));
	peer = dup(0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture stream");
	TCase *t = tcase_create("stream");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frames_in_pieces);
	tcase_add_test(t, full_input_waits);
	tcase_add_test(t, malformed);
	tcase_add_test(t, too_large_for_here);
	tcase_add_test(t, output_is_bounded_and_in_order);
	tcase_add_test(t, gone_peers);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
