/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See stream.h.
 */
#include "tests/support/stream.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static size_t on_queued(void *client)
{
	return ((struct stream *)client)->queued;
}

static void on_update(struct stream *c, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_reader r;

	c->updates++;
	c->keyframes += (f->flags & SEK_UPDATE_KEYFRAME) != 0;
	ck_assert_msg(c->keyframes > 0, "a picture that refers to nothing");
	if (c->painter)
		ck_assert(sek_is_ok(sek_paint_update(c->painter, &c->picture, f->flags, payload, f->payload_bytes, NULL,
			NULL, &c->last_frame)));
	if (!(f->flags & SEK_UPDATE_END))
		return;
	c->ends++;
	sek_reader_init(&r, payload, f->payload_bytes);
	ck_assert(sek_is_ok(sek_read_u32(&r, &c->last_frame)));
}

static void on_size(struct stream *c, const uint8_t *payload, size_t n)
{
	ck_assert(sek_is_ok(sek_size_read(payload, n, &c->size)));
	if (!c->painter)
		return;
	free(c->px);
	c->px = calloc((size_t)c->size.width_px * c->size.height_px, sizeof *c->px);
	ck_assert_ptr_nonnull(c->px);
	c->picture = (struct sek_picture){ c->px, c->size.width_px, c->size.width_px, c->size.height_px };
}

static void on_state(struct stream *c, const uint8_t *payload, size_t n)
{
	struct sek_state_msg m;

	ck_assert(sek_is_ok(sek_state_read(payload, n, &m)));
	ck_assert_uint_lt(c->n_states, 64);
	c->args[c->n_states] = m.arg;
	c->states[c->n_states++] = m.state;
}

static void on_piece(struct stream *c, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_piece m;
	char *to;

	ck_assert(sek_is_ok(sek_clipboard_piece_read(payload, n, &m)));
	to = m.flags & SEK_CLIPBOARD_PREVIEW ? c->shown : c->copied;
	if (m.flags & SEK_CLIPBOARD_FIRST)
		c->arriving = 0;
	for (size_t i = 0; i < m.bytes && c->arriving + 1 < sizeof c->copied; i++)
		to[c->arriving++] = (char)m.utf8[i];
	to[c->arriving] = '\0';
	if (m.flags & SEK_CLIPBOARD_LAST)
		(*(to == c->shown ? &c->previews : &c->copies))++;
}

static void on_send(void *client, const uint8_t *frame, size_t n)
{
	struct stream *c = client;
	const uint8_t *payload = frame + SEK_FRAME_HEADER_BYTES;
	struct sek_frame f;
	struct sek_ping ping;
	size_t total;

	ck_assert(c->attached && !c->closed);
	ck_assert(sek_is_ok(sek_frame_whole(frame, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total)));
	ck_assert_uint_eq(total, n);
	c->frames++;
	c->bytes += n;
	switch (f.type) {
	case SEK_MSG_WELCOME:
		c->welcomes++;
		ck_assert(sek_is_ok(sek_welcome_read(payload, f.payload_bytes, &c->welcome)));
		break;
	case SEK_MSG_UPDATE:
		on_update(c, &f, payload);
		if (c->acknowledges && (f.flags & SEK_UPDATE_END))
			STREAM_WRITE(c, sek_ack_write, &(struct sek_ack){ c->last_frame });
		break;
	case SEK_MSG_STATE:
		on_state(c, payload, f.payload_bytes);
		break;
	case SEK_MSG_PING:
		c->pings++;
		ck_assert(sek_is_ok(sek_ping_read(payload, f.payload_bytes, &ping)));
		c->ping_id = ping.id;
		if (c->pongs)
			STREAM_WRITE(c, sek_pong_write, &ping);
		break;
	case SEK_MSG_POLICY:
		c->policies++;
		ck_assert(sek_is_ok(sek_policy_msg_read(payload, f.payload_bytes, &c->policy)));
		break;
	case SEK_MSG_CLIPBOARD:
		on_piece(c, payload, f.payload_bytes);
		break;
	case SEK_MSG_CLIPBOARD_RESULT:
		c->results++;
		ck_assert(sek_is_ok(sek_clipboard_result_read(payload, f.payload_bytes, &c->result)));
		break;
	case SEK_MSG_SIZE:
		c->sizes++;
		on_size(c, payload, f.payload_bytes);
		break;
	case SEK_MSG_CARET:
		c->carets++;
		ck_assert(sek_is_ok(sek_caret_read(payload, f.payload_bytes, &c->caret)));
		break;
	case SEK_MSG_CURSOR:
		c->cursors++;
		break;
	default:
		break;
	}
}

static void on_close(void *client)
{
	struct stream *c = client;

	ck_assert(c->attached && !c->closed);
	c->closed = true;
}

const struct sek_client_ops stream_ops = { .queued = on_queued, .send = on_send, .close = on_close };

void stream_attach(struct sek_sessions *all, const char *user, struct stream *c)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;

	*c = (struct stream){ .acknowledges = true, .pongs = true };
	ck_assert(sek_is_ok(sek_sessions_open(all, user, id, &resumed)));
	ck_assert(sek_is_ok(sek_session_attach(all, id, user, &stream_ops, c, &c->session)));
	ck_assert_uint_eq(c->frames, 0); /* never called from inside attach */
	c->attached = true;
}

void stream_send(struct stream *c, const void *frame, size_t n)
{
	if (!c->closed)
		sek_session_receive(c->session, c, frame, n);
}

void stream_hello(struct stream *c)
{
	STREAM_WRITE(c, sek_hello_write, &(struct sek_hello){ .version_min = 1, .version_max = 1, .width_px = 1024,
		.height_px = 768, .scale_percent = 100, .lang = SEK_LANG_JA });
}

void stream_text(struct stream *c, const char *text)
{
	STREAM_WRITE(c, sek_text_write, &(struct sek_text){ (const uint8_t *)text, strlen(text) });
}

void stream_key(struct stream *c, uint16_t code, bool down)
{
	STREAM_WRITE(c, sek_key_write, &(struct sek_key){ .code = code, .down = down });
}

uint16_t stream_state(const struct stream *c)
{
	return c->n_states ? c->states[c->n_states - 1] : 0;
}

bool stream_saw(const struct stream *c, enum sek_state state)
{
	for (unsigned i = 0; i < c->n_states; i++)
		if (c->states[i] == state)
			return true;
	return false;
}

void stream_paint(struct stream *c)
{
	c->painter = sek_painter_create();
	ck_assert_ptr_nonnull(c->painter);
}

void stream_finish(struct stream *c)
{
	sek_painter_destroy(c->painter);
	free(c->px);
	c->painter = NULL;
	c->px = NULL;
}

unsigned stream_colours(const struct stream *c)
{
	uint32_t seen[64];
	unsigned n = 0;

	for (size_t i = 0; i < (size_t)c->picture.width_px * c->picture.height_px && n < 64; i++) {
		unsigned k = 0;

		while (k < n && seen[k] != c->px[i])
			k++;
		if (k == n)
			seen[n++] = c->px[i];
	}
	return n;
}
