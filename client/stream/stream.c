/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stream of frames: what is done with each message of the broker, and what waits to be sent.
 */
#include "client/stream/stream_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sek_stream_failure_name(enum sek_stream_failure f)
{
	static const char *const names[] = { "ok", "no connection", "log-in refused", "no session", "stream refused",
		"protocol error", "connection closed", "a second factor is needed", "the site's notice is to be acknowledged" };

	return (size_t)f < sizeof names / sizeof names[0] ? names[f] : "unknown";
}

static sek_status resize_picture(struct sek_stream *s, const struct sek_size *m)
{
	size_t pixels = (size_t)m->width_px * m->height_px; /* both at most 16 bits */
	uint32_t *px = s->scratch ? NULL : calloc(pixels, sizeof *px);

	if (!px && !s->scratch)
		return sek_fail(SEK_E_NOMEM);
	free(s->picture.px);
	s->picture = (struct sek_picture){ px, m->width_px, m->width_px, m->height_px };
	return sek_ok();
}

/* --- updates that are checked and not painted --- */

static sek_status would_paint(void *user, struct sek_rect r)
{
	struct sek_stream *s = user;

	if (s->ops.painted)
		s->ops.painted(s->user, r);
	return sek_ok();
}

static sek_status check_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	(void)sx;
	(void)sy;
	return would_paint(user, to);
}

static sek_status check_fill(void *user, struct sek_rect r, uint32_t bgrx)
{
	(void)bgrx;
	return would_paint(user, r);
}

static sek_status check_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	(void)px;
	return would_paint(user, r);
}

static sek_status check_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t bytes)
{
	(void)jpeg;
	(void)bytes;
	return would_paint(user, r);
}

/* --- frames --- */

static void was_painted(void *user, struct sek_rect r)
{
	(void)would_paint(user, r);
}

static sek_status read_update(struct sek_stream *s, uint8_t flags, const uint8_t *payload, size_t n, uint32_t *ret_frame)
{
	const struct sek_update_sink sink = { s, check_copy, check_fill, check_pixels, check_jpeg };

	if (s->scratch)
		return sek_update_parse(flags, payload, n, s->picture.width_px, s->picture.height_px, s->scratch, &sink, ret_frame);
	return sek_paint_update(s->painter, &s->picture, flags, payload, n, s->ops.painted ? was_painted : NULL, s, ret_frame);
}

/* "The next frame has the next number"; all parts of one have the same. A keyframe may begin to count anew: its sender may
 * be another encoder. */
static bool is_next(struct sek_stream *s, uint8_t flags, uint32_t frame)
{
	bool ok = s->in_frame ? frame == s->frame : !s->numbered || (flags & SEK_UPDATE_KEYFRAME) || frame == s->frame + 1;

	s->numbered = true;
	s->frame = frame;
	s->in_frame = !(flags & SEK_UPDATE_END);
	return ok;
}

static sek_status take_update(struct sek_stream *s, uint8_t flags, const uint8_t *payload, size_t n)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_ACK_MAX_BYTES];
	struct sek_writer w;
	uint32_t frame;

	if (s->picture.width_px == 0)
		return sek_fail(SEK_E_MALFORMED); /* SIZE comes before the first UPDATE */
	SEK_TRY(read_update(s, flags, payload, n, &frame));
	if (!is_next(s, flags, frame))
		return sek_fail(SEK_E_MALFORMED);
	s->figures.updates++;
	if (flags & SEK_UPDATE_KEYFRAME)
		s->figures.keyframes++;
	if (!(flags & SEK_UPDATE_END))
		return sek_ok();
	s->figures.frames++;
	sek_writer_init(&w, memory, sizeof memory);
	sek_ack_write(&w, &(struct sek_ack){ frame });
	SEK_TRY(sek_stream_send(s, memory, w.len));
	if (s->ops.frame)
		s->ops.frame(s->user, frame);
	return sek_ok();
}

static sek_status take_ping(struct sek_stream *s, const uint8_t *payload, size_t n)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_PONG_MAX_BYTES];
	struct sek_ping ping;
	struct sek_writer w;

	SEK_TRY(sek_ping_read(payload, n, &ping));
	sek_writer_init(&w, memory, sizeof memory);
	sek_pong_write(&w, &ping);
	return sek_stream_send(s, memory, w.len);
}

static sek_status take_small(struct sek_stream *s, uint8_t type, const uint8_t *payload, size_t n)
{
	struct sek_welcome welcome;
	struct sek_state_msg state;
	struct sek_cursor cursor;
	struct sek_policy_msg policy;
	struct sek_caret caret;
	struct sek_size size;
	struct sek_clipboard_piece piece;
	struct sek_clipboard_result result;
	struct sek_documents_msg documents;

	switch (type) {
	case SEK_MSG_WELCOME:
		SEK_TRY(sek_welcome_read(payload, n, &welcome));
		if (s->ops.welcome)
			s->ops.welcome(s->user, &welcome);
		return sek_ok();
	case SEK_MSG_SIZE:
		SEK_TRY(sek_size_read(payload, n, &size));
		return resize_picture(s, &size);
	case SEK_MSG_STATE:
		SEK_TRY(sek_state_read(payload, n, &state));
		if (s->ops.state)
			s->ops.state(s->user, &state);
		return sek_ok();
	case SEK_MSG_POLICY:
		return sek_policy_msg_read(payload, n, &policy);
	case SEK_MSG_CURSOR:
		return sek_cursor_read(payload, n, &cursor);
	case SEK_MSG_CARET:
		SEK_TRY(sek_caret_read(payload, n, &caret));
		if (s->ops.caret)
			s->ops.caret(s->user, &caret);
		return sek_ok();
	case SEK_MSG_CLIPBOARD: /* nothing is done with what was copied */
		return sek_clipboard_piece_read(payload, n, &piece);
	case SEK_MSG_CLIPBOARD_RESULT:
		return sek_clipboard_result_read(payload, n, &result);
	case SEK_MSG_DOCUMENTS:
		return sek_documents_msg_read(payload, n, &documents);
	case SEK_MSG_PING:
		return take_ping(s, payload, n);
	case SEK_MSG_PONG:
		return sek_ok();
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

/* One WebSocket message holds exactly one frame. */
sek_status sek_stream_take(struct sek_stream *s, const uint8_t *bytes, size_t n)
{
	struct sek_frame frame;
	size_t total;

	s->figures.bytes += n;
	if (s->ops.message)
		return s->ops.message(s->user, bytes, n) ? sek_ok() : sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &frame, &total));
	if (total != n)
		return sek_fail(SEK_E_MALFORMED);
	bytes += SEK_FRAME_HEADER_BYTES;
	if (frame.type == SEK_MSG_UPDATE)
		return take_update(s, frame.flags, bytes, frame.payload_bytes);
	return take_small(s, frame.type, bytes, frame.payload_bytes);
}

sek_status sek_stream_send(struct sek_stream *s, const void *frames, size_t n)
{
	if (n > sizeof s->out - s->out_len)
		return sek_fail(SEK_E_LIMIT);
	memcpy(s->out + s->out_len, frames, n);
	s->out_len += n;
	s->figures.bytes_sent += n;
	if (s->ws)
		lws_callback_on_writable(s->ws);
	return sek_ok();
}

void sek_stream_pause(struct sek_stream *s, bool pause)
{
	if (s->ws)
		lws_rx_flow_control(s->ws, !pause);
}

const struct sek_picture *sek_stream_picture(const struct sek_stream *s)
{
	return &s->picture;
}

struct sek_stream_figures sek_stream_figures_now(const struct sek_stream *s)
{
	return s->figures;
}

const char *sek_stream_cookie(const struct sek_stream *s)
{
	return s->cookie;
}

const char *sek_stream_error(const struct sek_stream *s)
{
	return s->error;
}

void sek_stream_fail(struct sek_stream *s, enum sek_stream_failure why)
{
	if (s->over)
		return;
	s->over = true;
	if (s->ops.closed)
		s->ops.closed(s->user, why, s->http_status);
}

/* The first request: the log-in, the session, or the stream itself, as far as its caller has come already. */
static bool begin(struct sek_stream *s)
{
	if (!s->config.token)
		return s->cookie[0] ? sek_stream_ask_session(s) : sek_stream_post_login(s);
	if (!s->cookie[0] || strlen(s->config.token) >= sizeof s->token)
		return false;
	snprintf(s->token, sizeof s->token, "%s", s->config.token);
	return sek_stream_upgrade(s);
}

struct sek_stream *sek_stream_open(struct sek_stream_context *c, const struct sek_stream_config *config,
	const struct sek_stream_ops *ops, void *user)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_HELLO_MAX_BYTES];
	struct sek_stream *s = calloc(1, sizeof *s);
	struct sek_writer w;

	if (!s)
		return NULL;
	s->context = c;
	s->config = *config;
	s->ops = *ops;
	s->user = user;
	if (config->check_only && (s->scratch = calloc(1, sizeof *s->scratch)))
		sek_drawn_reset(&s->scratch->model);
	else if (!config->check_only && !ops->message)
		s->painter = sek_painter_create();
	if (!s->painter && !s->scratch && !ops->message) {
		free(s);
		return NULL;
	}
	snprintf(s->cookie, sizeof s->cookie, "%s", config->cookie ? config->cookie : "");
	sek_writer_init(&w, memory, sizeof memory);
	sek_hello_write(&w, &config->hello);
	memcpy(s->out, memory, w.len);
	s->out_len = w.len;
	if (!sek_is_ok(sek_writer_status(&w)) || !begin(s)) {
		sek_stream_destroy(s);
		return NULL;
	}
	return s;
}

void sek_stream_destroy(struct sek_stream *s)
{
	if (!s)
		return;
	s->over = true;
	sek_stream_disconnect(s);
	sek_painter_destroy(s->painter);
	free(s->scratch);
	free(s->picture.px);
	explicit_bzero(s->secret, sizeof s->secret);
	free(s);
}

void sek_stream_origin(char *ret, size_t size, const char *address, uint16_t port)
{
	const uint16_t https = 443;

	if (port == https)
		snprintf(ret, size, "https://%s", address);
	else
		snprintf(ret, size, "https://%s:%u", address, port);
}
