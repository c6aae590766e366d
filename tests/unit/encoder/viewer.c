/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See viewer.h.
 */
#include "tests/unit/encoder/viewer.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void start(struct viewer *v, int gap_ro, int wake)
{
	static const char *const argv[] = { "sekisho-encoder", "1280", "720", NULL };
	int sv[2], fds[SEK_ENCODER_FDS_END] = { -1, -1, 2 };

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	v->hub = sv[0];
	ck_assert_int_eq(fcntl(v->hub, F_SETFL, O_NONBLOCK), 0);
	v->painter = sek_painter_create();
	v->picture.px = calloc((size_t)VIEWER_MAX_W * VIEWER_MAX_H, 4);
	v->picture.stride_px = VIEWER_MAX_W;
	v->reading = sek_painter_create();
	v->read = v->picture;
	v->read.px = calloc((size_t)VIEWER_MAX_W * VIEWER_MAX_H, 4);
	v->acks = true;
	fds[SEK_ENCODER_HUB_FD] = sv[1];
	fds[SEK_ENCODER_GAP_FD] = gap_ro;
	fds[SEK_ENCODER_WAKE_FD] = wake;
	v->encoder = test_spawn(SEK_ENCODER, argv, fds, SEK_ENCODER_FDS_END);
	close(sv[1]);
}

void viewer_start(struct viewer *v)
{
	memset(v, 0, sizeof *v);
	ck_assert(sek_is_ok(sek_gap_layout_init(&v->layout, VIEWER_MAX_W, VIEWER_MAX_H)));
	ck_assert(sek_is_ok(sek_gap_create(&v->layout, &v->gap_rw, &v->gap_ro)));
	ck_assert(sek_is_ok(sek_gap_writer_open(v->gap_rw, &v->layout, &v->gap)));
	v->raw = mmap(NULL, v->layout.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->gap_rw, 0);
	ck_assert(v->raw != MAP_FAILED);
	v->wake = eventfd(0, EFD_CLOEXEC);
	start(v, v->gap_ro, v->wake);
}

void viewer_start_on(struct viewer *v, int gap_ro, int wake)
{
	memset(v, 0, sizeof *v);
	start(v, gap_ro, wake);
}

void viewer_stop(struct viewer *v)
{
	if (v->encoder > 0) {
		kill(v->encoder, SIGKILL);
		test_wait(v->encoder, TEST_WAIT_MS);
	}
	sek_painter_destroy(v->painter);
	free(v->picture.px);
	sek_painter_destroy(v->reading);
	free(v->read.px);
	free(v->kept);
	if (v->gap) {
		munmap(v->raw, v->layout.total_bytes);
		sek_gap_writer_close(v->gap);
		close(v->gap_rw);
		close(v->gap_ro);
		close(v->wake);
	}
	if (v->hub >= 0)
		close(v->hub);
}

void viewer_wake(struct viewer *v)
{
	static const uint64_t one = 1;

	ck_assert_int_eq(write(v->wake, &one, sizeof one), sizeof one);
}

void viewer_paint(struct viewer *v, struct sek_rect r, unsigned seed)
{
	uint32_t *px = sek_gap_writer_pixels(v->gap);
	bool noise = seed != 0 && seed < VIEWER_FLAT;
	uint32_t colour = seed & 0xffffff;

	sek_gap_writer_begin(v->gap, false);
	for (uint32_t y = r.y; y < (uint32_t)r.y + r.h; y++)
		for (uint32_t x = r.x; x < (uint32_t)r.x + r.w; x++)
			px[y * v->layout.stride_px + x] = noise ? (uint32_t)rand_r(&seed) & 0xffffff : colour;
	sek_gap_writer_damage(v->gap, r.x, r.y, r.w, r.h);
}

void viewer_frame(struct viewer *v)
{
	sek_gap_writer_frame(v->gap);
	viewer_wake(v);
}

void viewer_send(struct viewer *v, const void *bytes, size_t n)
{
	ck_assert_int_eq(send(v->hub, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void send_writer(struct viewer *v, const struct sek_writer *w)
{
	ck_assert(sek_is_ok(sek_writer_status(w)));
	viewer_send(v, w->start, w->len);
}

void viewer_ack(struct viewer *v, uint32_t frame)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ack_write(&w, &(struct sek_ack){ frame });
	send_writer(v, &w);
}

void viewer_refresh(struct viewer *v)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_empty_write(&w, SEK_MSG_REFRESH);
	send_writer(v, &w);
}

void viewer_visible(struct viewer *v, bool visible)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_visibility_write(&w, &(struct sek_visibility){ visible });
	send_writer(v, &w);
}

void viewer_view(struct viewer *v, unsigned flags)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_VIEW_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_view_write(&w, &(struct sek_view){ SEK_FPS_MAX, (uint8_t)flags, "", 0 });
	send_writer(v, &w);
}

bool viewer_reads_the_same(const struct viewer *v)
{
	if (!v->reads || v->in_frame)
		return false;
	for (uint32_t y = 0; y < v->picture.height_px; y++) {
		if (memcmp(v->read.px + (size_t)y * v->read.stride_px, v->picture.px + (size_t)y * v->picture.stride_px,
			(size_t)v->picture.width_px * 4) != 0)
			return false;
	}
	return true;
}

/* Nothing that a client would see: between whole frames only, with the number of the last one. */
static void on_aside(struct viewer *v, const struct sek_frame *f, const uint8_t *payload)
{
	uint32_t frame;

	ck_assert(!v->in_frame && v->frames > 0);
	ck_assert(v->reads || (f->flags & SEK_UPDATE_KEYFRAME));
	v->read.width_px = v->picture.width_px;
	v->read.height_px = v->picture.height_px;
	ck_assert(sek_is_ok(sek_paint_update(v->reading, &v->read, f->flags, payload, f->payload_bytes, NULL, NULL, &frame)));
	ck_assert_uint_eq(frame, v->frame);
	v->reads = true;
	v->fresh_due = v->fresh_due || (f->flags & SEK_UPDATE_KEYFRAME);
	v->asides++;
	v->snapshots += (f->flags & SEK_UPDATE_END) != 0;
}

/* What a client must be able to rely on: a size and a keyframe first, parts of a frame together, numbers that grow. */
static void on_update(struct viewer *v, const struct sek_frame *f, const uint8_t *payload)
{
	uint32_t frame;

	ck_assert_uint_gt(v->sizes, 0);
	if (f->flags & SEK_UPDATE_ASIDE) {
		on_aside(v, f, payload);
		return;
	}
	ck_assert(!v->fresh_due || (f->flags & (SEK_UPDATE_KEYFRAME | SEK_UPDATE_FRESH)));
	v->fresh_due = false;
	if (v->reads)
		ck_assert(sek_is_ok(sek_paint_update(v->reading, &v->read, f->flags, payload, f->payload_bytes, NULL, NULL, &frame)));
	if (f->flags & SEK_UPDATE_KEYFRAME)
		v->keyframes++;
	ck_assert_uint_gt(v->keyframes, 0);
	ck_assert(sek_is_ok(sek_paint_update(v->painter, &v->picture, f->flags, payload, f->payload_bytes, NULL, NULL,
		&frame)));
	if (v->in_frame)
		ck_assert_uint_eq(frame, v->frame);
	else if (v->frames > 0)
		ck_assert_uint_eq(frame, v->frame + 1);
	v->frame = frame;
	v->in_frame = !(f->flags & SEK_UPDATE_END);
	if (v->in_frame)
		return;
	v->frames++;
	if (v->acks)
		viewer_ack(v, frame);
}

static void on_size(struct viewer *v, const uint8_t *payload, size_t n)
{
	struct sek_size m;

	ck_assert(!v->in_frame);
	ck_assert(sek_is_ok(sek_size_read(payload, n, &m)));
	ck_assert_uint_le(m.width_px, VIEWER_MAX_W);
	ck_assert_uint_le(m.height_px, VIEWER_MAX_H);
	v->picture.width_px = m.width_px;
	v->picture.height_px = m.height_px;
	v->reads = false;
	v->sizes++;
}

static void on_cursor(struct viewer *v, const uint8_t *payload, size_t n)
{
	struct sek_cursor m;

	ck_assert(sek_is_ok(sek_cursor_read(payload, n, &m)));
	v->cursor = (struct sek_gap_cursor){ m.width_px, m.height_px, m.hot_x_px, m.hot_y_px, { 0 } };
	memcpy(v->cursor.bgra, m.bgra, (size_t)m.width_px * m.height_px * 4);
	v->cursors++;
}

static void on_state(struct viewer *v, const uint8_t *payload, size_t n)
{
	struct sek_state_msg m;

	ck_assert(sek_is_ok(sek_state_read(payload, n, &m)));
	ck_assert(sek_state_from_gap(m.state));
	v->state = m.state;
	v->states++;
}

static void on_frame(struct viewer *v, const struct sek_frame *f, const uint8_t *payload)
{
	switch (f->type) {
	case SEK_MSG_UPDATE:
		on_update(v, f, payload);
		break;
	case SEK_MSG_SIZE:
		on_size(v, payload, f->payload_bytes);
		break;
	case SEK_MSG_CURSOR:
		on_cursor(v, payload, f->payload_bytes);
		break;
	case SEK_MSG_CARET:
		ck_assert(sek_is_ok(sek_caret_read(payload, f->payload_bytes, &v->caret)));
		v->carets++;
		break;
	case SEK_MSG_DOCUMENTS:
		ck_assert(sek_is_ok(sek_documents_msg_read(payload, f->payload_bytes, &v->documents)));
		v->documents_told++;
		break;
	case SEK_MSG_STATE:
		on_state(v, payload, f->payload_bytes);
		break;
	default:
		ck_abort_msg("an encoder does not send %s", sek_msg_name(f->type));
	}
}

bool viewer_take(struct viewer *v)
{
	struct sek_frame f;
	size_t total, at = 0;
	ssize_t n = recv(v->hub, v->in + v->in_n, sizeof v->in - v->in_n, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	if (n < 0)
		return true;
	if (v->keeps) {
		v->kept = realloc(v->kept, v->kept_n + (size_t)n);
		ck_assert_ptr_nonnull(v->kept);
		memcpy(v->kept + v->kept_n, v->in + v->in_n, (size_t)n);
		v->kept_n += (size_t)n;
	}
	v->in_n += (size_t)n;
	v->bytes += (size_t)n;
	for (;;) {
		sek_status s = sek_frame_whole(v->in + at, v->in_n - at, SEK_LINK_HUB, SEK_DIR_DOWN, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		ck_assert_msg(sek_is_ok(s), "the encoder broke the grammar");
		on_frame(v, &f, v->in + at + SEK_FRAME_HEADER_BYTES);
		at += total;
	}
	memmove(v->in, v->in + at, v->in_n - at);
	v->in_n -= at;
	return true;
}

static void wait_a_little(struct viewer *v, int ms)
{
	struct pollfd p = { .fd = v->hub, .events = POLLIN };

	poll(&p, 1, ms);
}

void viewer_until(struct viewer *v, bool (*cond)(const struct viewer *v), const char *what)
{
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	while (!cond(v)) {
		ck_assert_msg(test_now_ms() < until, "never happened: %s", what);
		wait_a_little(v, 10);
		ck_assert_msg(viewer_take(v), "the encoder has hung up while this was waited for: %s", what);
	}
}

void viewer_take_for(struct viewer *v, uint64_t ms)
{
	uint64_t until = test_now_ms() + ms;

	while (test_now_ms() < until) {
		wait_a_little(v, 5);
		ck_assert(viewer_take(v));
	}
}

bool viewer_is_exact(const struct viewer *v)
{
	const uint32_t *px = sek_gap_writer_pixels(v->gap);

	for (uint32_t y = 0; y < v->picture.height_px; y++)
		if (memcmp(px + (size_t)y * v->layout.stride_px, v->picture.px + (size_t)y * v->picture.stride_px,
			    v->picture.width_px * 4u) != 0)
			return false;
	return v->frames > 0 && !v->in_frame;
}

void viewer_assert_end(struct viewer *v, int code)
{
	struct test_end e = test_wait(v->encoder, TEST_WAIT_MS);

	v->encoder = 0;
	ck_assert_msg(e.code == code, "exit code %d, signal %d; wanted exit code %d", e.code, e.signal, code);
}
