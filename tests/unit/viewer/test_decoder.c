/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real decoder, jailed, fed by the viewer's end of it: frames become pixels one picture at a time, a hostile message ends
 * it and nothing else. And the pane: whatever a lost decoder writes there is cut to the picture.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/decoder.h"
#include "protocol/wire/messages.h"

enum { W = 200, H = 150, PATIENCE_MS = 20000 };

static uv_loop_t loop;
static struct viewer_decoder *d;
static bool ready, crowded;
static unsigned frames, most_frame;
static int died; /* exit code + 100, 0: lives */
static uint32_t seen; /* a pixel */
static struct sek_rect changed;

static void on_ready(void *user)
{
	(void)user;
	ready = true;
}

static void on_frame(void *user, uint32_t frame, const uint32_t *px, uint16_t w, uint16_t h, struct sek_rect c)
{
	(void)user;
	ck_assert_uint_eq(frame, most_frame + 1);
	ck_assert_uint_eq(w, W);
	ck_assert_uint_eq(h, H);
	most_frame = frame;
	frames++;
	seen = px[10 * W + 10];
	/* the next frame is waiting already, and must not be seen yet */
	usleep(2000);
	ck_assert_uint_eq(px[10 * W + 10], seen);
	changed = c;
}

static void on_crowded(void *user, bool is)
{
	(void)user;
	crowded = is;
}

static void on_died(void *user, int exit_code)
{
	(void)user;
	died = exit_code + 100;
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

/* Turns the loop until it holds. */
#define UNTIL(cond) do { \
	uint64_t end = uv_hrtime() + (uint64_t)PATIENCE_MS * 1000000; \
	while (!(cond) && uv_hrtime() < end) \
		uv_run(&loop, UV_RUN_ONCE); \
	ck_assert(cond); \
} while (0)

static uv_timer_t tick;

static void setup(void)
{
	static const struct viewer_decoder_ops ops = { on_ready, on_frame, on_crowded, on_died };

	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	uv_timer_init(&loop, &tick);
	uv_timer_start(&tick, on_tick, 20, 20);
	d = viewer_decoder_create(&loop, SEK_TEST_DECODER, &ops, NULL);
	ck_assert_ptr_nonnull(d);
	UNTIL(ready || died);
	ck_assert(ready);
}

static void teardown(void)
{
	viewer_decoder_destroy(d);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void feed_size(void)
{
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_size_write(&w, &(struct sek_size){ W, H });
	ck_assert(sek_is_ok(viewer_decoder_feed(d, memory, w.len)));
}

/* One FILL of a rectangle. */
static sek_status feed_fill(uint32_t frame, uint8_t flags, uint16_t x, uint16_t wide, uint32_t rgb)
{
	const uint8_t bytes[] = { SEK_MSG_UPDATE, flags, 0, 0, 0, 0, 0, 20, (uint8_t)(frame >> 24), (uint8_t)(frame >> 16), (uint8_t)(frame >> 8),
		(uint8_t)frame, 0, 1, 0, 0, SEK_OP_FILL, (uint8_t)(x >> 8), (uint8_t)x, 0, 0, (uint8_t)(wide >> 8), (uint8_t)wide, 0, 100,
		(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb };

	return viewer_decoder_feed(d, bytes, sizeof bytes);
}

START_TEST(paints_one_after_the_other)
{
	feed_size();
	ck_assert(sek_is_ok(feed_fill(1, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 0, 100, 0x112233)));
	ck_assert(sek_is_ok(feed_fill(2, 0, 0, 50, 0x445566)));
	ck_assert(sek_is_ok(feed_fill(2, SEK_UPDATE_END, 20, 80, 0x778899)));
	UNTIL(frames == 1 || died);
	ck_assert_uint_eq(seen, 0x112233);
	ck_assert_uint_eq(changed.w, W); /* a keyframe is the whole picture */
	UNTIL(frames == 2 || died);
	ck_assert_uint_eq(seen, 0x445566);
	ck_assert(changed.x == 0 && changed.y == 0 && changed.w == 100 && changed.h == 100);
	ck_assert_int_eq(died, 0);
}
END_TEST

START_TEST(many)
{
	feed_size();
	for (uint32_t i = 1; i <= 200; i++)
		ck_assert(sek_is_ok(feed_fill(i, i == 1 ? SEK_UPDATE_KEYFRAME | SEK_UPDATE_END : SEK_UPDATE_END, 0, 100, i)));
	UNTIL(frames == 200 || died);
	ck_assert_uint_eq(seen, 200);
}
END_TEST

START_TEST(refuses)
{
	const uint8_t pong[] = { SEK_MSG_PONG, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 }, torn[] = { SEK_MSG_SIZE, 0, 0, 0, 0, 0, 0, 4, 0 };

	ck_assert(sek_is(viewer_decoder_feed(d, pong, sizeof pong), SEK_E_MALFORMED));
	ck_assert(!sek_is_ok(viewer_decoder_feed(d, torn, sizeof torn)));
	feed_size();
	/* wider than the picture */
	ck_assert(sek_is_ok(feed_fill(1, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 150, 100, 1)));
	UNTIL(died);
	ck_assert_int_eq(died, 100 + SEK_PANE_EXIT_PROTOCOL);
	ck_assert_uint_eq(frames, 0);
}
END_TEST

START_TEST(size_comes_first)
{
	ck_assert(sek_is_ok(feed_fill(1, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 0, 10, 1)));
	UNTIL(died);
	ck_assert_int_eq(died, 100 + SEK_PANE_EXIT_PROTOCOL);
}
END_TEST

START_TEST(killed)
{
	ck_assert_int_eq(kill(viewer_decoder_pid(d), SIGKILL), 0);
	UNTIL(died);
	ck_assert_int_eq(died, 99);
}
END_TEST

START_TEST(not_installed)
{
	static const struct viewer_decoder_ops ops = { on_ready, on_frame, on_crowded, on_died };

	ck_assert_ptr_null(viewer_decoder_create(&loop, "/nonexistent/decoder", &ops, NULL));
}
END_TEST

/* Whoever is destroyed while alive is reaped, too. */
START_TEST(reaped)
{
	static const struct viewer_decoder_ops ops = { on_ready, on_frame, on_crowded, on_died };
	struct viewer_decoder *other = viewer_decoder_create(&loop, SEK_TEST_DECODER, &ops, NULL);
	int pid;

	ck_assert_ptr_nonnull(other);
	pid = viewer_decoder_pid(other);
	viewer_decoder_destroy(other);
	UNTIL(kill(pid, 0) < 0);
	ck_assert_int_eq(died, 0); /* nothing is told of it */
}
END_TEST

START_TEST(tells_of_a_crowd)
{
	static uint8_t big[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];
	sek_status s;
	int n = 0;

	/* frames without an end wait behind one that has not been taken out: here the decoder is stopped */
	ck_assert_int_eq(kill(viewer_decoder_pid(d), SIGSTOP), 0);
	feed_size();
	ck_assert(sek_is_ok(feed_fill(1, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 0, 10, 1)));
	big[0] = SEK_MSG_UPDATE;
	big[5] = SEK_UPDATE_MAX_BYTES >> 16;
	do {
		s = viewer_decoder_feed(d, big, sizeof big);
		n += sek_is_ok(s);
	} while (sek_is_ok(s) && n < 100);
	ck_assert(crowded);
	ck_assert(sek_is(s, SEK_E_LIMIT));
	ck_assert_int_eq(n, 15);
}
END_TEST

/* Any bits of a lost decoder. */
START_TEST(pane)
{
	static const uint32_t wild[] = { 0, 1, 99, 100, 101, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff };
	enum { N = sizeof wild / sizeof wild[0] };
	struct sek_pane reader, writer;
	struct sek_rect r;
	int fd;

	ck_assert(sek_is_ok(sek_pane_create(&reader, &fd)));
	ck_assert(sek_is_ok(sek_pane_map(fd, &writer)));
	ck_assert_int_ne(ftruncate(fd, 10), 0); /* sealed */
	for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
		atomic_store(&writer.header->x_px, wild[i % N]);
		atomic_store(&writer.header->y_px, wild[i / N % N]);
		atomic_store(&writer.header->w_px, wild[i / N / N % N]);
		atomic_store(&writer.header->h_px, wild[i / N / N / N]);
		if (sek_pane_changed(&reader, 100, 80, &r))
			ck_assert(r.w > 0 && r.h > 0 && r.x + r.w <= 100 && r.y + r.h <= 80);
	}
	sek_pane_tell(&writer, (struct sek_rect){ 5, 6, 7, 8 });
	ck_assert(sek_pane_changed(&reader, 100, 80, &r) && r.x == 5 && r.y == 6 && r.w == 7 && r.h == 8);
	r = sek_pane_join((struct sek_rect){ 0 }, (struct sek_rect){ 1, 2, 3, 4 });
	ck_assert(r.x == 1 && r.w == 3);
	r = sek_pane_join((struct sek_rect){ 10, 10, 5, 5 }, (struct sek_rect){ 1, 12, 3, 40 });
	ck_assert(r.x == 1 && r.y == 10 && r.w == 14 && r.h == 42);
	close(fd);
	sek_pane_unmap(&reader);
	sek_pane_unmap(&writer);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("viewer.decoder");
	TCase *t = tcase_create("process"), *p = tcase_create("pane");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, paints_one_after_the_other);
	tcase_add_test(t, many);
	tcase_add_test(t, refuses);
	tcase_add_test(t, size_comes_first);
	tcase_add_test(t, killed);
	tcase_add_test(t, not_installed);
	tcase_add_test(t, reaped);
	tcase_add_test(t, tells_of_a_crowd);
	tcase_add_test(p, pane);
	suite_add_tcase(s, t);
	suite_add_tcase(s, p);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
