/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Setting up, and the one loop. It sleeps in poll() whenever nothing is to be done: an idle session costs no CPU.
 */
#include "render-host/capture/capture.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/capture/local_socket.h"
#include "render-host/session.h"

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- what display and IME tell --- */

static void on_cursor(void *capture, const struct sek_cursor_image *image)
{
	struct sek_capture *c = capture;

	c->cursor = *image;
	c->knows_cursor = c->owe_cursor = true;
}

static void on_keymap(void *capture)
{
	struct sek_capture *c = capture;
	struct xkb_keymap *map = sek_display_keymap(c->display);

	/* without one, the layout before stays in use */
	if (map)
		sek_keyboard_keymap(&c->input.keyboard, map);
	else
		sek_log(SEK_LOG_WARN, "capture.keymap_refused", NULL);
}

static void on_layout(void *capture, xkb_layout_index_t layout)
{
	struct sek_capture *c = capture;

	sek_keyboard_layout(&c->input.keyboard, layout);
}

static void on_caret(void *capture, const struct sek_caret *caret)
{
	struct sek_capture *c = capture;

	c->caret = *caret;
	c->knows_caret = c->owe_caret = true;
}

static void on_pong(void *capture, uint32_t id)
{
	struct sek_capture *c = capture;

	sek_input_pong(&c->input, id);
}

/* Copied text: straight on to the receiver, if that is what the broker wants. */
static bool on_piece(void *capture, const struct sek_clipboard_piece *piece)
{
	return sek_capture_copied(capture, piece);
}

static void on_pasted(void *capture, uint32_t id)
{
	struct sek_capture *c = capture;

	sek_input_pasted(&c->input, id, false);
}

/* --- setting up --- */

static sek_status open_display(struct sek_capture *c)
{
	const struct sek_display_events events = {
		.user = c, .damage = sek_capture_on_damage, .cursor = on_cursor, .size = sek_capture_on_size,
		.keymap = on_keymap, .layout = on_layout,
	};

	SEK_TRY(sek_display_open(SEK_SESSION_DISPLAY, &events, &c->display));
	return sek_framebuffer_open(SEK_SESSION_FRAMEBUFFER, &c->framebuffer);
}

static void open_input(struct sek_capture *c)
{
	const struct sek_ime_events events = { .user = c, .caret = on_caret, .pong = on_pong };
	const struct sek_keyboard_ops keys = { .user = c->display, .key = sek_display_key, .lock = sek_display_lock };
	const struct sek_pointer_ops pointer = { .user = c->display, .motion = sek_display_motion,
						 .button = sek_display_button };
	sek_status s = sek_ime_open(&c->ime, SEK_SESSION_IME, &events);
	char text[96];

	/* typing with keys still works: better than no session */
	if (!sek_is_ok(s))
		sek_log(SEK_LOG_WARN, "capture.ime_missing", "why", sek_status_text(s, text, sizeof text), NULL);
	sek_input_init(&c->input, &keys, &pointer, &c->ime);
}

static void open_clip(struct sek_capture *c)
{
	const struct sek_clip_events events = { .user = c, .piece = on_piece, .pong = on_pasted };
	sek_status s = sek_clip_open(&c->clip, SEK_SESSION_CLIPBOARD, &events);
	char text[96];

	if (!sek_is_ok(s))
		sek_log(SEK_LOG_WARN, "capture.clip_missing", "why", sek_status_text(s, text, sizeof text), NULL);
	c->input.clip = &c->clip;
}

sek_status sek_capture_open(struct sek_capture *c, int control_fd, uint16_t max_width, uint16_t max_height,
	int *ret_exit)
{
	sek_status s;

	memset(c, 0, sizeof *c);
	sek_stream_none(&c->link);
	sek_stream_none(&c->ime.stream);
	sek_stream_none(&c->clip.stream);
	c->control_fd = control_fd;
	c->rules_fd = -1;
	c->state = (struct sek_state_msg){ .state = SEK_STATE_RUNNING };
	c->idle_fps = SEK_FPS_MAX;
	*ret_exit = SEK_CAPTURE_DISPLAY_LOST;
	s = open_display(c);
	if (!sek_is_ok(s))
		goto out;
	c->max_width_px = c->framebuffer.xwd.width_px < max_width ? c->framebuffer.xwd.width_px : max_width;
	c->max_height_px = c->framebuffer.xwd.height_px < max_height ? c->framebuffer.xwd.height_px : max_height;
	c->encoder = sek_update_encoder_create(c->max_width_px, c->max_height_px);
	if (!c->encoder) {
		s = sek_fail(SEK_E_NOMEM);
		goto out;
	}
	open_input(c);
	open_clip(c);
	if (!sek_is_ok(sek_local_connect(SEK_SESSION_RULES, &c->rules_fd)))
		sek_log(SEK_LOG_WARN, "capture.rules_missing", NULL); /* rules that come are then refused */
	sek_capture_on_size(c, sek_display_width(c->display), sek_display_height(c->display));
	*ret_exit = SEK_CAPTURE_OK;
	return sek_ok();
out:
	sek_capture_finish(c);
	return s;
}

void sek_capture_finish(struct sek_capture *c)
{
	sek_stream_finish(&c->link);
	sek_input_finish(&c->input);
	sek_ime_finish(&c->ime);
	sek_clip_finish(&c->clip);
	if (c->rules_fd >= 0)
		close(c->rules_fd);
	sek_update_encoder_destroy(c->encoder);
	sek_framebuffer_finish(&c->framebuffer);
	sek_display_close(c->display);
	c->encoder = NULL;
	c->display = NULL;
}

/* --- the loop --- */

enum { POLL_CONTROL, POLL_DISPLAY, POLL_IME, POLL_CLIP, POLL_LINK, POLL_RULES, POLL_FDS };

static void prepare_poll(const struct sek_capture *c, struct pollfd p[POLL_FDS])
{
	p[POLL_CONTROL] = (struct pollfd){ .fd = c->ending ? -1 : c->control_fd, .events = POLLIN };
	p[POLL_DISPLAY] = (struct pollfd){ .fd = sek_display_fd(c->display), .events = POLLIN };
	p[POLL_IME] = (struct pollfd){ .fd = c->ime.stream.fd, .events = POLLIN };
	p[POLL_LINK] = (struct pollfd){ .fd = c->link.fd, .events = c->input_blocked || c->ending ? 0 : POLLIN };
	p[POLL_CLIP] = (struct pollfd){ .fd = c->clip.stream.fd, .events = c->clip.blocked ? 0 : POLLIN };
	p[POLL_RULES] = (struct pollfd){ .fd = c->rules_fd, .events = POLLIN };
	if (sek_stream_waiting(&c->clip.stream))
		p[POLL_CLIP].events |= POLLOUT;
	if (sek_stream_waiting(&c->ime.stream))
		p[POLL_IME].events |= POLLOUT;
	if (sek_stream_waiting(&c->link))
		p[POLL_LINK].events |= POLLOUT;
}

/* How long poll() may sleep; UINT64_MAX: until something comes. */
static uint64_t wait_us(const struct sek_capture *c)
{
	uint64_t wait = sek_capture_screen_wait_us(c), input_ms = sek_input_wake_ms(&c->input), at;

	if (input_ms) {
		at = input_ms * 1000 > c->now_us ? input_ms * 1000 - c->now_us : 0;
		wait = at < wait ? at : wait;
	}
	if (c->ending) {
		at = c->end_at_us > c->now_us ? c->end_at_us - c->now_us : 0;
		wait = at < wait ? at : wait;
	}
	return wait;
}

static sek_status sleep_until(struct sek_capture *c, struct pollfd p[POLL_FDS], bool at_once)
{
	uint64_t us = at_once ? 0 : wait_us(c);
	struct timespec t = { .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000 };

	if (ppoll(p, POLL_FDS, us == UINT64_MAX ? NULL : &t, NULL) < 0) {
		if (errno != EINTR)
			return sek_from_errno();
		for (int i = 0; i < POLL_FDS; i++)
			p[i].revents = 0;
	}
	c->now_us = clock_us();
	return sek_ok();
}

static void read_ime(struct sek_capture *c)
{
	sek_status s = sek_ime_read(&c->ime);

	if (sek_is_ok(s))
		return;
	sek_log(SEK_LOG_WARN, "capture.ime_lost", "why", sek_code_name(s), NULL);
	sek_input_reset(&c->input, false);
}

static void check_clip(struct sek_capture *c, sek_status s)
{
	if (sek_is_ok(s))
		return;
	sek_log(SEK_LOG_WARN, "capture.clip_lost", "why", sek_code_name(s), NULL);
	sek_input_pasted(&c->input, 0, true);
}

static void read_control(struct sek_capture *c)
{
	sek_status s = sek_capture_control(c);

	if (sek_is_ok(s) || sek_is(s, SEK_E_AGAIN))
		return;
	if (!sek_is(s, SEK_E_CLOSED))
		sek_log(SEK_LOG_ERROR, "capture.control_refused", "why", sek_code_name(s), NULL);
	sek_capture_end(c, sek_is(s, SEK_E_CLOSED) ? SEK_CAPTURE_OK : SEK_CAPTURE_PROTOCOL);
}

/* Everything that can be done without sleeping. *ret_more: there is more. */
static sek_status work(struct sek_capture *c, bool *ret_more)
{
	sek_input_run(&c->input, c->now_us / 1000);
	if (c->input_blocked)
		sek_capture_link_take(c);
	sek_input_run(&c->input, c->now_us / 1000);
	/* input first: the user waits for its effect */
	sek_display_flush(c->display);
	if (!sek_is_ok(sek_ime_flush(&c->ime)))
		sek_input_reset(&c->input, false);
	check_clip(c, sek_clip_resume(&c->clip));
	check_clip(c, sek_clip_flush(&c->clip));
	sek_capture_resize_if_due(c);
	SEK_TRY(sek_display_dispatch(c->display, ret_more));
	sek_capture_pay(c);
	sek_capture_paint(c);
	sek_capture_pay(c);
	sek_capture_link_flush(c);
	sek_display_flush(c->display);
	return sek_ok();
}

static bool is_over(const struct sek_capture *c)
{
	return c->ending && (sek_stream_waiting(&c->link) == 0 || c->now_us >= c->end_at_us);
}

int sek_capture_run(struct sek_capture *c)
{
	struct pollfd p[POLL_FDS];
	bool more = false;

	c->now_us = clock_us();
	for (;;) {
		if (!sek_is_ok(work(c, &more))) {
			sek_log(SEK_LOG_WARN, "capture.display_lost", NULL);
			return SEK_CAPTURE_DISPLAY_LOST;
		}
		if (is_over(c))
			break;
		prepare_poll(c, p);
		if (!sek_is_ok(sleep_until(c, p, more)))
			return SEK_CAPTURE_JAIL;
		if (p[POLL_CONTROL].revents)
			read_control(c);
		if (p[POLL_IME].revents & ~POLLOUT)
			read_ime(c);
		if (p[POLL_CLIP].revents & ~POLLOUT)
			check_clip(c, sek_clip_read(&c->clip));
		if (p[POLL_RULES].revents)
			sek_capture_documents(c);
		if (p[POLL_LINK].revents & ~POLLOUT)
			sek_capture_link_read(c);
	}
	sek_capture_detach(c, "session over");
	sek_display_flush(c->display);
	return c->exit_code;
}
