/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes and goes: the stream with its painter, the input method's socket, the X client's events.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon-x11.h>

#include "render-host/capture/xwd.h"
#include "render-host/session.h"
#include "tests/unit/capture/rig.h"

enum { TIMEOUT_US = 10000000 };

static void send_bytes(int fd, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0) {
		ssize_t w = send(fd, b, n, MSG_NOSIGNAL);

		if (w < 0 && (errno == EPIPE || errno == ECONNRESET))
			return; /* capture let us go: the test looks for that */
		ck_assert_int_gt(w, 0);
		b += w;
		n -= (size_t)w;
	}
}

void rig_send(struct rig *r, const struct sek_writer *w)
{
	ck_assert(sek_is_ok(sek_writer_status(w)));
	send_bytes(r->host, w->start, w->len);
}

void rig_attach(struct rig *r, uint16_t width, uint16_t height)
{
	struct sek_hello hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX, .width_px = width,
				   .height_px = height, .scale_percent = 100, .lang = SEK_LANG_JA };
	uint8_t bytes[64];
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof(int))];
	struct sek_writer w;
	struct iovec v = { bytes, 0 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary,
			    .msg_controllen = sizeof ancillary };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int s[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_hello_write(&w, &hello);
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	v.iov_len = w.len;
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &s[1], sizeof(int));
	ck_assert_int_eq(sendmsg(r->control, &m, MSG_NOSIGNAL), (ssize_t)w.len);
	close(s[1]);
	rig_detach(r);
	r->host = s[0];
	r->closed = false;
	r->ordered = r->in_n = 0;
	r->frames = r->keyframes = 0;
}

void rig_detach(struct rig *r)
{
	if (r->host >= 0)
		close(r->host);
	r->host = -1;
}

void rig_key(struct rig *r, uint16_t code, bool down, uint32_t codepoint)
{
	struct sek_key k = { code, down, codepoint };
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_key_write(&w, &k);
	rig_send(r, &w);
}

void rig_tap(struct rig *r, uint16_t code, uint32_t codepoint)
{
	rig_key(r, code, true, codepoint);
	rig_key(r, code, false, codepoint);
}

void rig_text(struct rig *r, const char *utf8)
{
	struct sek_text t = { (const uint8_t *)utf8, strlen(utf8) };
	static uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_text_write(&w, &t);
	rig_send(r, &w);
}

void rig_empty(struct rig *r, enum sek_msg_type type)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_empty_write(&w, type);
	rig_send(r, &w);
}

/* --- the stream --- */

static void paint(struct rig *r, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_picture pic = { r->px, r->width_px, r->width_px, r->height_px };
	struct sek_ack ack;
	uint8_t bytes[16];
	struct sek_writer w;

	ck_assert_msg(r->width_px > 0, "UPDATE before SIZE");
	ck_assert(sek_is_ok(sek_paint_update(r->painter, &pic, f->flags, payload, f->payload_bytes, NULL, NULL,
		&r->frame)));
	if (f->flags & SEK_UPDATE_KEYFRAME)
		r->keyframes++;
	if (!(f->flags & SEK_UPDATE_END))
		return;
	r->frames++;
	if (r->no_ack)
		return;
	ack.frame = r->frame;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ack_write(&w, &ack);
	send_bytes(r->host, w.start, w.len);
}

static void take_small(struct rig *r, const struct sek_frame *f, const uint8_t *p)
{
	struct sek_state_msg state;
	struct sek_size size;
	struct sek_ping pong;

	switch (f->type) {
	case SEK_MSG_SIZE:
		ck_assert(sek_is_ok(sek_size_read(p, f->payload_bytes, &size)));
		r->width_px = size.width_px;
		r->height_px = size.height_px;
		r->sizes++;
		break;
	case SEK_MSG_STATE:
		ck_assert(sek_is_ok(sek_state_read(p, f->payload_bytes, &state)));
		r->state = state.state;
		r->states++;
		break;
	case SEK_MSG_CARET:
		ck_assert(sek_is_ok(sek_caret_read(p, f->payload_bytes, &r->caret)));
		r->carets++;
		break;
	case SEK_MSG_PONG:
		ck_assert(sek_is_ok(sek_ping_read(p, f->payload_bytes, &pong)));
		r->pong_id = pong.id;
		r->pongs++;
		break;
	case SEK_MSG_CURSOR:
		ck_assert(sek_is_ok(sek_cursor_read(p, f->payload_bytes, &r->cursor)));
		memcpy(r->cursor_px, r->cursor.bgra, 4u * r->cursor.width_px * r->cursor.height_px);
		r->cursor.bgra = r->cursor_px;
		r->cursors++;
		break;
	default:
		ck_abort_msg("unexpected %s", sek_msg_name(f->type));
	}
}

static void take_frames(struct rig *r)
{
	size_t at = 0;

	for (;;) {
		struct sek_frame f;
		size_t total;
		sek_status s = sek_frame_whole(r->in + at, r->in_n - at, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		ck_assert(sek_is_ok(s));
		if (r->ordered < sizeof r->order)
			r->order[r->ordered++] = f.type;
		if (f.type == SEK_MSG_UPDATE)
			paint(r, &f, r->in + at + SEK_FRAME_HEADER_BYTES);
		else
			take_small(r, &f, r->in + at + SEK_FRAME_HEADER_BYTES);
		at += total;
	}
	memmove(r->in, r->in + at, r->in_n - at);
	r->in_n -= at;
}

static void read_host(struct rig *r)
{
	ssize_t n = recv(r->host, r->in + r->in_n, SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES - r->in_n, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		r->closed = true;
		return;
	}
	r->bytes += (size_t)n;
	r->in_n += (size_t)n;
	take_frames(r);
}

/* --- the input method --- */

static void take_ime(struct rig *r, const struct sek_frame *f, const uint8_t *p)
{
	struct sek_text text;
	struct sek_ping ping;
	struct sek_key key;
	uint8_t bytes[16];
	struct sek_writer w;

	switch (f->type) {
	case SEK_MSG_TEXT:
		ck_assert(sek_is_ok(sek_text_read(p, f->payload_bytes, &text)));
		ck_assert_uint_lt(r->text_n + text.bytes, sizeof r->text);
		memcpy(r->text + r->text_n, text.utf8, text.bytes);
		r->text_n += text.bytes;
		r->text[r->text_n] = 0;
		break;
	case SEK_MSG_KEY:
		ck_assert(sek_is_ok(sek_key_read(p, f->payload_bytes, &key)));
		ck_assert(key.code == SEK_IME_FENCE_CODE && key.down);
		r->fences++;
		break;
	case SEK_MSG_PING:
		ck_assert(sek_is_ok(sek_ping_read(p, f->payload_bytes, &ping)));
		if (r->no_pong)
			break;
		sek_writer_init(&w, bytes, sizeof bytes);
		sek_pong_write(&w, &ping);
		send_bytes(r->ime, w.start, w.len);
		break;
	default:
		ck_abort_msg("unexpected %s at the input method", sek_msg_name(f->type));
	}
}

/* What comes after a fence waits for the fence's key: the window sees the keys in the order in which the browser's input
 * method would. */
static void take_ime_frames(struct rig *r)
{
	size_t at = 0;

	while (r->fences <= r->fences_seen) {
		struct sek_frame f;
		size_t total;
		sek_status s = sek_frame_whole(r->ime_in + at, r->ime_n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		ck_assert(sek_is_ok(s));
		take_ime(r, &f, r->ime_in + at + SEK_FRAME_HEADER_BYTES);
		at += total;
	}
	memmove(r->ime_in, r->ime_in + at, r->ime_n - at);
	r->ime_n -= at;
}

static void read_ime(struct rig *r)
{
	ssize_t n = recv(r->ime, r->ime_in + r->ime_n, sizeof r->ime_in - r->ime_n, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		close(r->ime);
		r->ime = -1;
		return;
	}
	r->ime_n += (size_t)n;
	take_ime_frames(r);
}

/* --- the X client --- */

/* The layout as the X server has it now: asked for each time, as a client that follows changes would know it. */
static uint32_t codepoint_of(struct rig *r, uint8_t keycode, uint16_t state)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	struct xkb_keymap *map = xkb_x11_keymap_new_from_device(context, r->x,
		xkb_x11_get_core_keyboard_device_id(r->x), XKB_KEYMAP_COMPILE_NO_FLAGS);
	struct xkb_state *s = map ? xkb_state_new(map) : NULL;
	xkb_keysym_t sym;

	ck_assert_ptr_nonnull(s);
	xkb_state_update_mask(s, state & 0xff, 0, 0, 0, 0, state >> 13 & 3);
	sym = xkb_state_key_get_one_sym(s, keycode);
	xkb_state_unref(s);
	xkb_keymap_unref(map);
	xkb_context_unref(context);
	return xkb_keysym_to_utf32(sym);
}

/* True if it was the fence's key, which the input method swallows. */
static bool is_fence(struct rig *r, const xcb_key_press_event_t *k)
{
	if (k->detail != SEK_IME_FENCE_CODE + 8)
		return false;
	if ((k->response_type & 0x7f) == XCB_KEY_PRESS) {
		r->fences_seen++;
		take_ime_frames(r);
	}
	return true;
}

static void log_event(struct rig *r, uint8_t type, const xcb_key_press_event_t *k)
{
	ck_assert_uint_lt(r->logged, RIG_LOG_MAX);
	r->log[r->logged++] = (struct rig_event){
		.type = type, .detail = k->detail, .state = k->state, .x = k->event_x, .y = k->event_y,
		.codepoint = type == XCB_KEY_PRESS ? codepoint_of(r, k->detail, k->state) : 0,
		.text_before = r->text_n,
	};
}

static void read_x(struct rig *r)
{
	xcb_generic_event_t *e;

	while ((e = xcb_poll_for_event(r->x))) {
		uint8_t type = e->response_type & 0x7f;

		if (type >= XCB_KEY_PRESS && type <= XCB_MOTION_NOTIFY) {
			/* key, button and motion events have one layout */
			const xcb_key_press_event_t *k = (const xcb_key_press_event_t *)(const void *)e;

			if (type > XCB_KEY_RELEASE || !is_fence(r, k))
				log_event(r, type, k);
		}
		free(e);
	}
}

/* --- all of it --- */

static void pump(struct rig *r, int ms)
{
	struct pollfd p[] = {
		{ .fd = r->closed ? -1 : r->host, .events = POLLIN },
		{ .fd = r->ime, .events = POLLIN },
		{ .fd = xcb_get_file_descriptor(r->x), .events = POLLIN },
	};

	read_x(r);
	poll(p, 3, ms);
	if (p[1].revents)
		read_ime(r);
	read_x(r);
	if (p[0].revents)
		read_host(r);
}

void rig_until(struct rig *r, rig_condition *condition, void *arg, const char *what)
{
	uint64_t until = rig_now_us() + TIMEOUT_US;

	while (!condition(r, arg)) {
		pump(r, 20);
		ck_assert_msg(rig_now_us() < until, "waited in vain for: %s", what);
	}
}

void rig_for(struct rig *r, int ms)
{
	uint64_t until = rig_now_us() + (uint64_t)ms * 1000;

	for (uint64_t now = rig_now_us(); now < until; now = rig_now_us())
		pump(r, (int)((until - now + 999) / 1000));
}

static bool pong_came(struct rig *r, void *id)
{
	return r->pong_id == *(uint32_t *)id;
}

static void ping(struct rig *r)
{
	static uint32_t last = 1000;
	struct sek_ping ping = { ++last };
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ping_write(&w, &ping);
	rig_send(r, &w);
	rig_until(r, pong_came, &last, "PONG");
}

void rig_settle(struct rig *r)
{
	size_t logged, text;

	do {
		logged = r->logged;
		text = r->text_n;
		ping(r);
		/* the X server has handled what capture flushed before the PONG; our events are ahead of this answer */
		free(xcb_get_input_focus_reply(r->x, xcb_get_input_focus(r->x), NULL));
		read_x(r);
		/* what waits for the input method's answers */
		rig_for(r, 60);
	} while (logged != r->logged || text != r->text_n);
}

bool rig_same_picture(struct rig *r)
{
	struct sek_framebuffer fb = { .map = NULL };
	char path[96];
	bool same = true;

	if (!r->width_px)
		return false;
	snprintf(path, sizeof path, "%s/%s", r->dir, SEK_SESSION_FRAMEBUFFER);
	ck_assert(sek_is_ok(sek_framebuffer_open(path, &fb)));
	for (uint16_t y = 0; same && y < r->height_px; y++)
		for (uint16_t x = 0; same && x < r->width_px; x++)
			same = ((fb.px[(size_t)y * fb.xwd.stride_px + x] ^ r->px[(size_t)y * r->width_px + x]) & 0xffffff) == 0;
	sek_framebuffer_finish(&fb);
	return same;
}

static bool is_same_picture(struct rig *r, void *unused)
{
	(void)unused;
	return rig_same_picture(r);
}

void rig_until_same_picture(struct rig *r)
{
	/* what was drawn is in the framebuffer */
	free(xcb_get_input_focus_reply(r->x, xcb_get_input_focus(r->x), NULL));
	rig_until(r, is_same_picture, NULL, "the receiver's picture to be the screen's");
}
