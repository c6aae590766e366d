/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clients that come, go, fall silent and take over; and what passes between them and the encoder.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/hub/session/harness.h"

static struct bench b;
static struct stream c;

static const struct sek_hello good = { .version_min = 1, .version_max = 1, .width_px = 800, .height_px = 600,
	.scale_percent = 100, .lang = SEK_LANG_EN };

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

/* Everything that the encoder was told before this came back has been answered: twice, because it looks at orders before it
 * looks at its socket. Without it the answer to the REFRESH with which each encoder starts may still be under way when its
 * client is up: one keyframe more, for whoever is there by then. */
static void settle(struct stream *x)
{
	static uint16_t mark = 70;

	for (int i = 0; i < 2; i++) {
		char order[32];

		snprintf(order, sizeof order, "!encoder caret %u", ++mark);
		stream_text(x, order);
		BENCH_UNTIL(&b, 3000, x->caret.x_px == mark);
	}
}

/* --- silence --- */

START_TEST(a_client_that_says_nothing_is_dropped)
{
	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	b.all->times.hello_ms = 100;
	stream_attach(b.all, "taro", &c);
	BENCH_UNTIL(&b, 3000, c.closed);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1); /* the session itself waits for a better one */
	down();
}
END_TEST

START_TEST(a_client_that_answers_stays)
{
	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	b.all->times.ping_ms = 50;
	b.all->times.pong_ms = 200;
	stream_up(&b, "taro", &c);
	BENCH_UNTIL(&b, 5000, c.pings >= 5);
	ck_assert(!c.closed);
	c.pongs = false;
	BENCH_UNTIL(&b, 3000, c.closed);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	ck_assert(bench_saw(&b, "session.detached"));
	/* and it can come back to the same browser */
	struct stream again;
	int decoder = bench_decoder_pid(&b);

	stream_up(&b, "taro", &again);
	ck_assert_int_eq(bench_decoder_pid(&b), decoder);
	down();
}
END_TEST

START_TEST(a_wrong_answer_is_refused)
{
	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	b.all->times.ping_ms = 50;
	stream_up(&b, "taro", &c);
	c.pongs = false;
	BENCH_UNTIL(&b, 3000, c.pings > 0);
	STREAM_WRITE(&c, sek_pong_write, &(struct sek_ping){ c.ping_id + 1 });
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_PROTOCOL);
	down();
}
END_TEST

/* --- coming, going, taking over --- */

START_TEST(who_may_attach)
{
	uint8_t id[SEK_SESSION_ID_BYTES], other[SEK_SESSION_ID_BYTES] = { 0 };
	struct sek_session *s = NULL;
	bool resumed;

	bench_init(&b, "decoder", "encoder");
	b.config.max_sessions = 2;
	bench_start(&b);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "taro", id, &resumed)));
	ck_assert(!resumed);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "taro", other, &resumed)));
	ck_assert(resumed);
	ck_assert_mem_eq(id, other, sizeof id);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "hanako", other, &resumed)));
	ck_assert_mem_ne(id, other, sizeof id);
	ck_assert(sek_is(sek_sessions_open(b.all, "jiro", other, &resumed), SEK_E_LIMIT));
	ck_assert(sek_is(sek_session_attach(b.all, id, "hanako", &stream_ops, &c, &s), SEK_E_DENIED));
	memset(other, 0x5a, sizeof other);
	ck_assert(sek_is(sek_session_attach(b.all, other, "taro", &stream_ops, &c, &s), SEK_E_NOT_FOUND));
	ck_assert_uint_eq(sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN), 1);
	ck_assert(sek_is(sek_session_attach(b.all, id, "taro", &stream_ops, &c, &s), SEK_E_NOT_FOUND));
	ck_assert_ptr_null(s);
	/* there is room again at once */
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "jiro", other, &resumed)));
	down();
}
END_TEST

START_TEST(a_second_client_takes_over)
{
	struct stream d;
	int decoder, encoder;

	up();
	settle(&c);
	decoder = bench_decoder_pid(&b);
	encoder = bench_encoder_pid(&b);
	stream_attach(b.all, "taro", &d);
	BENCH_UNTIL(&b, 1000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_TAKEN_OVER);
	unsigned frames = c.frames;

	stream_hello(&d);
	ck_assert_uint_eq(d.welcomes, 1);
	ck_assert_uint_eq(stream_state(&d), SEK_STATE_RUNNING);
	ck_assert_uint_eq(d.sizes, 1); /* at once: it need not wait for the encoder */
	BENCH_UNTIL(&b, 3000, d.keyframes >= 1);
	settle(&d);
	ck_assert_uint_eq(d.keyframes, 1);
	ck_assert_int_eq(bench_decoder_pid(&b), decoder);
	ck_assert_int_eq(bench_encoder_pid(&b), encoder);
	/* the old one is nobody any more */
	sek_session_receive(d.session, &c, (const uint8_t *)"", 0);
	sek_session_drained(d.session, &c);
	sek_session_detach(d.session, &c);
	ck_assert_uint_eq(c.frames, frames);
	ck_assert(!d.closed);
	down();
}
END_TEST

START_TEST(take_overs_in_a_row_tell_everybody)
{
	struct stream d, e, f;

	up();
	stream_attach(b.all, "taro", &d);
	stream_attach(b.all, "taro", &e);
	stream_attach(b.all, "taro", &f);
	sek_session_detach(f.session, &d); /* gone before it could be told */
	BENCH_UNTIL(&b, 1000, c.closed && e.closed);
	ck_assert(!d.closed && !f.closed);
	ck_assert_uint_eq(d.frames, 0);
	/* one that has not been told yet when the session ends is told then */
	stream_attach(b.all, "taro", &d);
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert(f.closed && d.closed);
	ck_assert_uint_eq(stream_state(&f), SEK_STATE_TAKEN_OVER);
	ck_assert_uint_eq(stream_state(&d), SEK_STATE_ENDED_ADMIN);
	down();
}
END_TEST

START_TEST(a_client_that_left_finds_everything)
{
	struct stream d;
	uint8_t last[64];
	size_t n;
	int decoder;

	up();
	settle(&c);
	decoder = bench_decoder_pid(&b);
	stream_text(&c, "!encoder caret 44");
	BENCH_UNTIL(&b, 2000, c.caret.x_px == 44);
	stream_text(&c, "!encoder cursor");
	BENCH_UNTIL(&b, 2000, c.cursors == 1);
	sek_session_detach(c.session, &c);
	unsigned frames = c.frames;

	BENCH_UNTIL(&b, 2000, journal_count(decoder, SEK_MSG_RELEASE, NULL, NULL) == 1); /* no key stays down */
	bench_run_ms(&b, 50);
	ck_assert_uint_eq(c.frames, frames);
	stream_attach(b.all, "taro", &d);
	STREAM_WRITE(&d, sek_hello_write, &good); /* another window, too */
	ck_assert_uint_eq(d.carets, 1);
	ck_assert_uint_eq(d.caret.x_px, 44);
	ck_assert_uint_eq(d.cursors, 1);
	BENCH_UNTIL(&b, 2000, d.keyframes >= 1 && journal_count(decoder, SEK_MSG_RESIZE, last, &n) == 1);
	struct sek_resize r;

	ck_assert(sek_is_ok(sek_resize_read(last, n, &r)));
	ck_assert_uint_eq(r.width_px, 800);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_HELLO, NULL, NULL), 1);
	settle(&d);
	ck_assert_uint_eq(d.keyframes, 1);
	down();
}
END_TEST

/* --- towards the encoder --- */

START_TEST(the_encoder_hears_what_it_must)
{
	up();
	stream_text(&c, "!encoder echo");
	bench_run_ms(&b, 50);
	c.acknowledges = false;
	stream_text(&c, "!frame");
	unsigned ends = c.ends;

	BENCH_UNTIL(&b, 2000, c.ends > ends);
	STREAM_WRITE(&c, sek_ack_write, &(struct sek_ack){ c.last_frame });
	BENCH_UNTIL(&b, 2000, c.caret.x_px == SEK_MSG_ACK && c.caret.y_px == (c.last_frame & 0xff));
	STREAM_WRITE(&c, sek_visibility_write, &(struct sek_visibility){ false });
	BENCH_UNTIL(&b, 2000, c.caret.x_px == SEK_MSG_VISIBILITY && c.caret.y_px == 0);
	STREAM_WRITE(&c, sek_visibility_write, &(struct sek_visibility){ true });
	BENCH_UNTIL(&b, 2000, c.caret.x_px == SEK_MSG_VISIBILITY && c.caret.y_px == 1);
	unsigned keyframes = c.keyframes;

	STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH);
	BENCH_UNTIL(&b, 2000, c.caret.x_px == SEK_MSG_REFRESH && c.keyframes > keyframes);
	down();
}
END_TEST

START_TEST(an_encoder_is_not_held_back_by_a_client_that_left)
{
	up();
	stream_text(&c, "!encoder echo");
	bench_run_ms(&b, 50);
	c.acknowledges = false;
	stream_text(&c, "!frame");
	unsigned ends = c.ends;

	BENCH_UNTIL(&b, 2000, c.ends > ends);
	uint8_t frame = (uint8_t)c.last_frame;
	struct stream d;

	sek_session_detach(c.session, &c); /* without an ACK: the broker says it instead */
	bench_run_ms(&b, 50);
	stream_attach(b.all, "taro", &d);
	stream_hello(&d);
	/* ACK and VISIBILITY 0 were told back while nobody was there; the last word is kept */
	ck_assert_uint_eq(d.caret.x_px, SEK_MSG_VISIBILITY);
	(void)frame;
	BENCH_UNTIL(&b, 2000, d.caret.x_px == SEK_MSG_ACK); /* of the new client's keyframe */
	down();
}
END_TEST

START_TEST(a_client_that_joins_in_the_middle_gets_no_half_picture)
{
	struct stream d;

	up();
	stream_text(&c, "!encoder part"); /* a frame without an end */
	bench_run_ms(&b, 30);
	sek_session_detach(c.session, &c);
	stream_attach(b.all, "taro", &d);
	bench_run_ms(&b, 30);
	ck_assert_uint_eq(d.frames, 0); /* not greeted yet */
	stream_hello(&d);
	/* may reach the encoder before its REFRESH does: the harness objects to a picture that refers to nothing */
	stream_text(&d, "!frame");
	BENCH_UNTIL(&b, 3000, d.ends >= 1);
	unsigned ends = d.ends;

	bench_run_ms(&b, 30);
	stream_text(&d, "!frame");
	BENCH_UNTIL(&b, 3000, d.ends > ends);
	down();
}
END_TEST

START_TEST(a_slow_client_stops_the_encoder)
{
	up();
	c.acknowledges = false;
	stream_text(&c, "!encoder flood 60");
	BENCH_UNTIL(&b, 3000, c.updates > 3);
	c.queued = 2 * SEK_CLIENT_QUEUE_MAX_BYTES;
	bench_run_ms(&b, 100);
	unsigned updates = c.updates;

	bench_run_ms(&b, 200);
	ck_assert_uint_eq(c.updates, updates); /* nothing is read, so nothing is kept either */
	ck_assert_uint_lt(updates, 60);
	c.queued = 0;
	sek_session_drained(c.session, &c);
	BENCH_UNTIL(&b, 5000, c.updates >= 60);
	ck_assert(!c.closed);
	down();
}
END_TEST

START_TEST(a_paused_encoder_goes_on_when_the_client_leaves)
{
	struct stream d;

	up();
	c.acknowledges = false;
	c.queued = 2 * SEK_CLIENT_QUEUE_MAX_BYTES;
	stream_text(&c, "!encoder flood 40");
	bench_run_ms(&b, 100);
	sek_session_detach(c.session, &c);
	bench_run_ms(&b, 200);
	stream_up(&b, "taro", &d);
	down();
}
END_TEST

START_TEST(too_many_frames_in_flight_are_a_fault)
{
	up();
	c.acknowledges = false;
	stream_text(&c, "!encoder flood 70");
	BENCH_UNTIL(&b, 5000, bench_saw(&b, "session.encoder-restarted"));
	c.acknowledges = true;
	/* the late ACK of a frame of the encoder that died is no offence */
	STREAM_WRITE(&c, sek_ack_write, &(struct sek_ack){ c.last_frame });
	ck_assert(!c.closed);
	down();
}
END_TEST

static struct sek_client *client_of(struct stream *x)
{
	return &((struct sek_session *)x->session)->client;
}

/* Each REFRESH makes an encoder forget what is under way: without an acknowledgement it is answered only so often. */
START_TEST(who_draws_nothing_is_not_refreshed_for_ever)
{
	const struct sek_flight *flight;
	unsigned keyframes = 0;

	up();
	settle(&c);
	flight = &client_of(&c)->flight;
	c.acknowledges = false;
	while (flight->n <= SEK_FRAMES_IN_FLIGHT_MAX / 2) {
		keyframes = c.keyframes;
		sek_rates_init(&client_of(&c)->rates, uv_now(&b.loop));
		STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH);
		BENCH_UNTIL(&b, 2000, c.keyframes > keyframes);
	}
	keyframes = c.keyframes;
	for (int i = 0; i < 300; i++) {
		sek_rates_init(&client_of(&c)->rates, uv_now(&b.loop));
		STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH);
	}
	settle(&c);
	ck_assert_uint_eq(c.keyframes, keyframes);
	ck_assert_uint_eq(flight->n, SEK_FRAMES_IN_FLIGHT_MAX / 2 + 1);
	/* nor later, by one that waited for its rate */
	client_of(&c)->refresh_waits = true;
	sek_upstream_coalesced(c.session);
	settle(&c);
	ck_assert_uint_eq(c.keyframes, keyframes);
	/* what was drawn makes room again */
	STREAM_WRITE(&c, sek_ack_write, &(struct sek_ack){ c.last_frame });
	STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH);
	BENCH_UNTIL(&b, 2000, c.keyframes > keyframes);
	ck_assert(!bench_saw(&b, "session.encoder-restarted"));
	down();
}
END_TEST

START_TEST(coming_back_fills_no_bucket)
{
	struct sek_rates before;
	struct stream d;

	up();
	settle(&c);
	for (int i = 0; i < 500; i++)
		stream_key(&c, 30, (i & 1) == 0);
	before = client_of(&c)->rates;
	sek_session_detach(c.session, &c);
	stream_attach(b.all, "taro", &d);
	ck_assert_mem_eq(&client_of(&d)->rates, &before, sizeof before);
	/* nor is a HELLO another way to a keyframe: it waits for the same rate as REFRESH */
	client_of(&d)->rates.bucket[SEK_RATE_REFRESH].milli = 0;
	client_of(&d)->rates.bucket[SEK_RATE_REFRESH].filled_ms = uv_now(&b.loop) + 200;
	stream_hello(&d);
	ck_assert(client_of(&d)->refresh_waits);
	ck_assert_uint_eq(d.keyframes, 0);
	BENCH_UNTIL(&b, 5000, d.keyframes >= 1);
	ck_assert(!client_of(&d)->refresh_waits);
	settle(&d);
	ck_assert_uint_eq(d.keyframes, 1);
	down();
}
END_TEST

START_TEST(a_deaf_encoder_is_replaced)
{
	up();
	stream_text(&c, "!encoder deaf");
	bench_run_ms(&b, 50);
	for (int i = 0; i < 20000 && !bench_saw(&b, "session.encoder-restarted"); i++) {
		STREAM_WRITE(&c, sek_visibility_write, &(struct sek_visibility){ (i & 1) != 0 });
		if (i % 15 == 0)
			sek_rates_init(&((struct sek_session *)c.session)->client.rates, uv_now(&b.loop));
		if (i % 100 == 0)
			uv_run(&b.loop, UV_RUN_NOWAIT);
	}
	BENCH_UNTIL(&b, 3000, bench_saw(&b, "session.encoder-restarted"));
	ck_assert(!c.closed);
	down();
}
END_TEST

/* While nobody sees the picture the host makes none: said for a hidden window, a client that has gone, and a new link. */
START_TEST(the_host_knows_who_looks)
{
	struct sek_visibility m;
	uint8_t last[8];
	size_t n;
	int decoder;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	decoder = bench_decoder_pid(&b);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_VISIBILITY, NULL, NULL), 0); /* a new link assumes that somebody does */
	STREAM_WRITE(&c, sek_visibility_write, &(struct sek_visibility){ false });
	BENCH_UNTIL(&b, 3000, journal_count(decoder, SEK_MSG_VISIBILITY, last, &n) == 1);
	ck_assert(sek_is_ok(sek_visibility_read(last, n, &m)) && !m.visible);
	sek_session_detach(c.session, &c);
	stream_up(&b, "taro", &c);
	BENCH_UNTIL(&b, 3000, journal_count(decoder, SEK_MSG_VISIBILITY, last, &n) == 2);
	ck_assert(sek_is_ok(sek_visibility_read(last, n, &m)) && m.visible);
	sek_session_detach(c.session, &c);
	BENCH_UNTIL(&b, 3000, journal_count(decoder, SEK_MSG_VISIBILITY, last, &n) == 3);
	ck_assert(sek_is_ok(sek_visibility_read(last, n, &m)) && !m.visible);
	bench_finish(&b);
}
END_TEST

/* A key press is counted with the picture that follows it, once. */
START_TEST(keys_and_their_pictures_are_counted)
{
	struct sek_delays d;
	uint64_t n = 0;
	unsigned ends;
	bool resumed;
	uint8_t id[SEK_SESSION_ID_BYTES];

	bench_init(&b, "decoder", "encoder");
	b.config.max_sessions = 1;
	bench_start(&b);
	stream_up(&b, "taro", &c);
	sek_sessions_delays(b.all, &d);
	for (size_t i = 0; i <= SEK_DELAYS; i++)
		ck_assert_uint_eq(d.n[i], 0); /* pictures without a key */
	stream_key(&c, 30, true);
	stream_key(&c, 31, true);
	ends = c.ends;
	STREAM_WRITE(&c, sek_empty_write, SEK_MSG_REFRESH); /* brings a picture */
	BENCH_UNTIL(&b, 3000, c.ends > ends);
	sek_sessions_delays(b.all, &d);
	for (size_t i = 0; i <= SEK_DELAYS; i++)
		n += d.n[i];
	ck_assert_uint_le(n, 1); /* none only if that took longer than two seconds */
	ck_assert(n == 0 || d.sum_us > 0);
	ck_assert(sek_is(sek_sessions_open(b.all, "jiro", id, &resumed), SEK_E_LIMIT));
	ck_assert_uint_eq(sek_sessions_refused(b.all, SEK_OPEN_FULL), 1);
	ck_assert_uint_eq(sek_sessions_refused(b.all, SEK_OPEN_HOURS), 0);
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.stream");
	TCase *coming = tcase_create("coming"), *encoder = tcase_create("encoder");
	TCase *all[] = { coming, encoder };
	SRunner *runner;
	int failed;

	tcase_add_test(coming, a_client_that_says_nothing_is_dropped);
	tcase_add_test(coming, the_host_knows_who_looks);
	tcase_add_test(coming, keys_and_their_pictures_are_counted);
	tcase_add_test(coming, a_client_that_answers_stays);
	tcase_add_test(coming, a_wrong_answer_is_refused);
	tcase_add_test(coming, who_may_attach);
	tcase_add_test(coming, a_second_client_takes_over);
	tcase_add_test(coming, take_overs_in_a_row_tell_everybody);
	tcase_add_test(coming, a_client_that_left_finds_everything);
	tcase_add_test(encoder, the_encoder_hears_what_it_must);
	tcase_add_test(encoder, an_encoder_is_not_held_back_by_a_client_that_left);
	tcase_add_test(encoder, a_client_that_joins_in_the_middle_gets_no_half_picture);
	tcase_add_test(encoder, a_slow_client_stops_the_encoder);
	tcase_add_test(encoder, a_paused_encoder_goes_on_when_the_client_leaves);
	tcase_add_test(encoder, too_many_frames_in_flight_are_a_fault);
	tcase_add_test(encoder, who_draws_nothing_is_not_refreshed_for_ever);
	tcase_add_test(encoder, coming_back_fills_no_bucket);
	tcase_add_test(encoder, a_deaf_encoder_is_replaced);
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
