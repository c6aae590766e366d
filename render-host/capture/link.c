/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's side: renderd's control socket, which hands a receiver over, and the receiver's frames (hostile as far as
 * this machine is concerned: a broker may be broken into, too). A receiver that breaks the grammar is let go; the session
 * stays for the next one.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/capture/capture.h"
#include "render-host/session.h"

enum {
	CONTROL_BYTES = 64, /* a HELLO or STATE frame, and room to see that it is longer */
	FDS_MAX = 4,        /* descriptors that are taken from a packet, so that surplus ones can be closed */
	/* small messages wait while this much does */
	OUT_FULL_BYTES = 262144,
	END_WAIT_US = 1000000, /* how long a receiver that does not read may hold up the end */
};

void sek_capture_end(struct sek_capture *c, int exit_code)
{
	if (c->ending)
		return;
	c->ending = true;
	c->exit_code = exit_code;
	c->end_at_us = c->now_us + END_WAIT_US;
}

void sek_capture_detach(struct sek_capture *c, const char *why)
{
	if (!sek_stream_open(&c->link))
		return;
	sek_stream_finish(&c->link);
	c->input_blocked = false;
	sek_clip_mode(&c->clip, SEK_CROSS_NONE);
	sek_input_reset(&c->input, true);
	sek_capture_watch(c);
	sek_log(SEK_LOG_INFO, "capture.detached", "why", why, "frames", sek_logf("%llu", (unsigned long long)c->frames),
		"bytes", sek_logf("%llu", (unsigned long long)c->frame_bytes), NULL);
}

/* Room for the largest frame that can be made: three bytes a pixel, record headers, small messages. */
static size_t out_max(const struct sek_capture *c)
{
	return (size_t)c->max_width_px * c->max_height_px * 4 + 4 * SEK_UPDATE_MAX_BYTES;
}

static void attach(struct sek_capture *c, int fd, const struct sek_hello *hello)
{
	sek_status s;

	sek_capture_detach(c, "replaced");
	s = sek_stream_init(&c->link, fd, SEK_LINK_HOST, SEK_DIR_UP, out_max(c));
	if (!sek_is_ok(s)) {
		close(fd);
		sek_log(SEK_LOG_WARN, "capture.attach_failed", "why", sek_code_name(s), NULL);
		return;
	}
	c->visible = true;
	c->input_us = c->now_us; /* somebody has come */
	c->frames = c->frame_bytes = 0;
	sek_pacer_reset(&c->pacer);
	sek_update_encoder_refresh(c->encoder);
	c->owe_size = c->owe_state = true;
	c->owe_cursor = c->knows_cursor;
	c->owe_caret = c->knows_caret;
	c->owe_documents = c->documents > 0;
	c->owe_pong = false;
	sek_capture_want_size(c, hello->width_px, hello->height_px, true);
	sek_capture_watch(c);
	sek_log(SEK_LOG_INFO, "capture.attached", "width", sek_logf("%u", hello->width_px), "height",
		sek_logf("%u", hello->height_px), NULL);
}

static sek_status take_state(struct sek_capture *c, const uint8_t *payload, size_t n)
{
	SEK_TRY(sek_state_read(payload, n, &c->state));
	c->owe_state = true;
	sek_capture_watch(c);
	if (sek_state_ended(c->state.state))
		sek_capture_end(c, SEK_CAPTURE_OK);
	return sek_ok();
}

static sek_status take_view(struct sek_capture *c, const uint8_t *payload, size_t n)
{
	struct sek_view m;

	SEK_TRY(sek_view_read(payload, n, &m));
	c->idle_fps = m.max_fps;
	return sek_ok();
}

/* One packet, with the descriptor that came along (-1: none), which is taken over. */
static sek_status take_packet(struct sek_capture *c, const uint8_t *p, size_t n, int fd)
{
	sek_status s = sek_fail(SEK_E_MALFORMED);
	struct sek_hello hello;
	struct sek_frame f;
	size_t total;

	if (fd >= 0) {
		if (sek_is_ok(sek_frame_whole(p, n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)) && total == n &&
		    f.type == SEK_MSG_HELLO)
			s = sek_hello_read(p + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &hello);
		if (sek_is_ok(s))
			attach(c, fd, &hello);
		else
			close(fd);
		return s;
	}
	if (sek_is_ok(sek_frame_whole(p, n, SEK_LINK_HUB, SEK_DIR_UP, &f, &total)) && total == n && f.type == SEK_MSG_VIEW)
		return take_view(c, p + SEK_FRAME_HEADER_BYTES, f.payload_bytes);
	if (sek_is_ok(sek_frame_whole(p, n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total)) && total == n &&
	    f.type == SEK_MSG_STATE)
		s = take_state(c, p + SEK_FRAME_HEADER_BYTES, f.payload_bytes);
	return s;
}

/* The first descriptor of the packet; what is too much is closed. */
static int take_descriptor(struct msghdr *m)
{
	int first = -1;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		size_t n;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof fd, sizeof fd);
			if (first < 0)
				first = fd;
			else
				close(fd);
		}
	}
	return first;
}

sek_status sek_capture_control(struct sek_capture *c)
{
	uint8_t bytes[CONTROL_BYTES];
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(FDS_MAX * sizeof(int))];
	struct iovec v = { bytes, sizeof bytes };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary,
			    .msg_controllen = sizeof ancillary };
	ssize_t n = recvmsg(c->control_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (n < 0)
		return sek_fail(errno == EINTR || errno == EAGAIN ? SEK_E_AGAIN : SEK_E_CLOSED);
	fd = take_descriptor(&m);
	if (n == 0) {
		if (fd >= 0)
			close(fd);
		return sek_fail(SEK_E_CLOSED);
	}
	return take_packet(c, bytes, (size_t)n, fd);
}

static bool is_input(uint8_t type)
{
	return type == SEK_MSG_KEY || type == SEK_MSG_POINTER || type == SEK_MSG_WHEEL || type == SEK_MSG_TEXT ||
		type == SEK_MSG_CLIPBOARD || type == SEK_MSG_RELEASE;
}

static sek_status take_visibility(struct sek_capture *c, const uint8_t *payload, size_t n)
{
	struct sek_visibility m;

	SEK_TRY(sek_visibility_read(payload, n, &m));
	if (m.visible != c->visible) {
		c->visible = m.visible;
		sek_capture_watch(c);
	}
	return sek_ok();
}

/* The browser's rules: on to the sandbox, whole, or the link is over and whoever comes next says them again. */
static sek_status take_rules(struct sek_capture *c, const uint8_t *payload, size_t n)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
	struct sek_rules rules;
	struct sek_writer w;

	SEK_TRY(sek_rules_read(payload, n, &rules));
	sek_writer_init(&w, frame, sizeof frame);
	sek_rules_write(&w, &rules);
	SEK_TRY(sek_writer_status(&w));
	return send(c->rules_fd, frame, w.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)w.len ? sek_ok() : sek_from_errno();
}

/* What the keeper says (hostile, like all of the sandbox): one number. Anything else, and it is not listened to any more. */
void sek_capture_documents(struct sek_capture *c)
{
	ssize_t k = recv(c->rules_fd, c->rules_in + c->rules_in_n, sizeof c->rules_in - c->rules_in_n, MSG_DONTWAIT);
	struct sek_documents_msg m;
	struct sek_frame f;
	size_t total;
	sek_status s;

	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->rules_in_n += k > 0 ? (size_t)k : 0;
	for (;;) {
		s = k > 0 ? sek_frame_whole(c->rules_in, c->rules_in_n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total) : sek_fail(SEK_E_CLOSED);
		if (sek_is_ok(s) && f.type == SEK_MSG_DOCUMENTS)
			s = sek_documents_msg_read(c->rules_in + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &m);
		else if (sek_is_ok(s))
			s = sek_fail(SEK_E_MALFORMED);
		if (!sek_is_ok(s))
			break;
		memmove(c->rules_in, c->rules_in + total, c->rules_in_n - total);
		c->rules_in_n -= total;
		c->owe_documents = c->owe_documents || m.count != c->documents;
		c->documents = m.count;
	}
	if (sek_is(s, SEK_E_AGAIN) && c->rules_in_n < sizeof c->rules_in)
		return;
	close(c->rules_fd); /* rules that come are then refused */
	c->rules_fd = -1;
}

static sek_status take_frame(struct sek_capture *c, const struct sek_frame *f, const uint8_t *payload)
{
	size_t n = f->payload_bytes;
	struct sek_ack ack;
	struct sek_resize resize;
	struct sek_clipboard_mode mode;
	struct sek_ping ping;

	if (is_input(f->type)) {
		c->input_us = c->now_us;
		return sek_input_push(&c->input, f->type, payload, n);
	}
	switch (f->type) {
	case SEK_MSG_ACK:
		SEK_TRY(sek_ack_read(payload, n, &ack));
		return sek_pacer_ack(&c->pacer, ack.frame);
	case SEK_MSG_REFRESH:
		sek_update_encoder_refresh(c->encoder);
		return sek_ok();
	case SEK_MSG_RESIZE:
		SEK_TRY(sek_resize_read(payload, n, &resize));
		sek_capture_want_size(c, resize.width_px, resize.height_px, false);
		return sek_ok();
	case SEK_MSG_VISIBILITY:
		return take_visibility(c, payload, n);
	case SEK_MSG_CLIPBOARD_MODE:
		SEK_TRY(sek_clipboard_mode_read(payload, n, &mode));
		sek_clip_mode(&c->clip, mode.directions);
		return sek_ok();
	case SEK_MSG_RULES:
		return take_rules(c, payload, n);
	case SEK_MSG_PING:
		SEK_TRY(sek_ping_read(payload, n, &ping));
		c->pong_id = ping.id;
		c->owe_pong = true;
		return sek_ok();
	case SEK_MSG_PONG:
		return sek_ping_read(payload, n, &ping);
	case SEK_MSG_END:
		sek_capture_end(c, SEK_CAPTURE_ENDED);
		return sek_ok();
	default: /* a second HELLO */
		return sek_fail(SEK_E_MALFORMED);
	}
}

void sek_capture_link_take(struct sek_capture *c)
{
	sek_status s = sek_ok();

	c->input_blocked = false;
	while (sek_is_ok(s) && sek_stream_open(&c->link) && !c->ending) {
		struct sek_frame f;
		const uint8_t *payload;

		if (!sek_input_room(&c->input))
			sek_input_run(&c->input, c->now_us / 1000);
		if (!sek_input_room(&c->input)) {
			c->input_blocked = true;
			return;
		}
		s = sek_stream_next(&c->link, &f, &payload);
		if (sek_is_ok(s))
			s = take_frame(c, &f, payload);
		/* each PING is answered, unless the receiver does not read */
		if (c->owe_pong)
			sek_capture_pay(c);
	}
	if (!sek_is_ok(s) && !sek_is(s, SEK_E_AGAIN))
		sek_capture_detach(c, "refused message");
}

void sek_capture_link_read(struct sek_capture *c)
{
	sek_status s = sek_stream_fill(&c->link);

	if (sek_is_ok(s))
		sek_capture_link_take(c);
	else if (!sek_is(s, SEK_E_AGAIN))
		sek_capture_detach(c, "closed");
}

static void put(struct sek_capture *c, const struct sek_writer *w)
{
	/* what we write always fits: the queue is bounded far above OUT_FULL_BYTES */
	SEK_ASSERT(sek_is_ok(sek_writer_status(w)));
	if (!sek_is_ok(sek_stream_put(&c->link, w->start, w->len)))
		sek_capture_detach(c, "no memory");
}

bool sek_capture_copied(struct sek_capture *c, const struct sek_clipboard_piece *piece)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	struct sek_writer w;

	/* nobody is there, or it may not go there any more: it is dropped */
	if (!sek_stream_open(&c->link) || !(c->clip.directions & SEK_CROSS_TO_INNER))
		return true;
	if (sek_stream_waiting(&c->link) > OUT_FULL_BYTES)
		return false;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_clipboard_piece_write(&w, piece);
	put(c, &w);
	return true;
}

static void write_cursor(struct sek_writer *w, const struct sek_cursor_image *image)
{
	struct sek_cursor m = { image->width_px, image->height_px, image->hot_x_px, image->hot_y_px, image->bgra };

	sek_cursor_write(w, &m);
}

void sek_capture_pay(struct sek_capture *c)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_CURSOR_MAX_BYTES + 128];
	struct sek_size size = { sek_display_width(c->display), sek_display_height(c->display) };
	struct sek_ping pong = { c->pong_id };
	/* at an attach they come after the picture to which they belong */
	bool after = c->frames > 0 || !c->visible;
	struct sek_writer w;

	if (!sek_stream_open(&c->link) || sek_stream_waiting(&c->link) > OUT_FULL_BYTES)
		return;
	sek_writer_init(&w, bytes, sizeof bytes);
	if (size.width_px > c->max_width_px)
		size.width_px = c->max_width_px;
	if (size.height_px > c->max_height_px)
		size.height_px = c->max_height_px;
	if (c->owe_size)
		sek_size_write(&w, &size);
	if (c->owe_state)
		sek_state_write(&w, &c->state);
	if (c->owe_pong)
		sek_pong_write(&w, &pong);
	if (c->owe_documents)
		sek_documents_msg_write(&w, &(struct sek_documents_msg){ c->documents });
	c->owe_size = c->owe_state = c->owe_pong = c->owe_documents = false;
	if (c->owe_cursor && after)
		write_cursor(&w, &c->cursor);
	if (c->owe_caret && after)
		sek_caret_write(&w, &c->caret);
	if (after)
		c->owe_cursor = c->owe_caret = false;
	put(c, &w);
}

void sek_capture_link_flush(struct sek_capture *c)
{
	if (sek_stream_open(&c->link) && !sek_is_ok(sek_stream_flush(&c->link)))
		sek_capture_detach(c, "closed");
}
