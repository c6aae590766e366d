/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the encoder to the client: every frame is checked before it is passed on. UPDATE goes on as the same bytes; of the
 * rest every field is read. What a client that joins later must know is remembered.
 */
#include "broker/hub/session/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char *on_update(struct sek_session *s, uint32_t epoch, const struct sek_frame *f, const uint8_t *frame,
	size_t n)
{
	struct sek_reader r;
	uint32_t number;

	sek_reader_init(&r, frame + SEK_FRAME_HEADER_BYTES, f->payload_bytes);
	if (!sek_is_ok(sek_read_u32(&r, &number)))
		return "an UPDATE without a number";
	/* What is ASIDE is for the recording: no client ever sees it, and nobody acknowledges it. */
	if (f->flags & SEK_UPDATE_ASIDE) {
		sek_tape_aside(s, f->flags, frame, n);
		return NULL;
	}
	/* only reached when a dead link is read to its end in haste: what nobody records, nobody sees */
	if (sek_tape_holds_back(s)) {
		s->client.synced = false;
		return NULL;
	}
	/* a client starts from nothing: what refers to an older picture is not for it */
	if (s->client.greeted && (f->flags & SEK_UPDATE_KEYFRAME))
		s->client.synced = true;
	if (!s->client.synced) {
		if (f->flags & SEK_UPDATE_END)
			sek_encoder_ack(s->encoder, number); /* nobody else will */
		return NULL;
	}
	if (f->flags & SEK_UPDATE_END) {
		if (s->client.flight.n == SEK_FRAMES_IN_FLIGHT_MAX)
			return "too many frames without an acknowledgement";
		sek_flight_push(&s->client.flight, number, epoch);
		s->updates++;
		sek_delay_shown(s);
		if (!s->first_frame_ms) {
			uint64_t ms = uv_now(s->all->loop) - s->hello_ms;

			s->first_frame_ms = ms ? (uint32_t)ms : 1;
			sek_sessions_tell(s, "session.first-frame");
		}
	}
	sek_client_send(s, frame, n);
	return NULL;
}

static const char *on_state(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_state_msg m;

	if (!sek_is_ok(sek_state_read(payload, n, &m)) || !sek_state_from_gap(m.state))
		return "a state that the gap cannot carry";
	sek_session_host_state(s, (enum sek_state)m.state);
	return NULL;
}

static const char *on_size(struct sek_session *s, const struct sek_frame *f, const uint8_t *frame, size_t n)
{
	const struct sek_sessions_config *config = &s->all->config;
	struct sek_shown *shown = &s->shown;
	struct sek_size m;

	if (!sek_is_ok(sek_size_read(frame + SEK_FRAME_HEADER_BYTES, f->payload_bytes, &m)) ||
	    m.width_px > config->max_width_px || m.height_px > config->max_height_px || n > sizeof shown->size)
		return "a size beyond the session's maximum";
	memcpy(shown->size, frame, n);
	shown->size_n = n;
	sek_client_send(s, frame, n);
	return NULL;
}

static const char *on_caret(struct sek_session *s, const struct sek_frame *f, const uint8_t *frame, size_t n)
{
	struct sek_shown *shown = &s->shown;
	struct sek_caret m;

	if (!sek_is_ok(sek_caret_read(frame + SEK_FRAME_HEADER_BYTES, f->payload_bytes, &m)) || n > sizeof shown->caret)
		return "a malformed caret";
	memcpy(shown->caret, frame, n);
	shown->caret_n = n;
	sek_client_send(s, frame, n);
	return NULL;
}

static const char *on_cursor(struct sek_session *s, const struct sek_frame *f, const uint8_t *frame, size_t n)
{
	struct sek_shown *shown = &s->shown;
	struct sek_cursor m;
	uint8_t *copy;

	if (!sek_is_ok(sek_cursor_read(frame + SEK_FRAME_HEADER_BYTES, f->payload_bytes, &m)))
		return "a malformed cursor";
	copy = realloc(shown->cursor, n);
	if (!copy)
		return "out of memory";
	memcpy(copy, frame, n);
	shown->cursor = copy;
	shown->cursor_n = n;
	sek_client_send(s, frame, n);
	return NULL;
}

static const char *on_documents(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_documents_msg m;

	if (!sek_is_ok(sek_documents_msg_read(payload, n, &m)))
		return "a malformed count of documents";
	s->shown.documents = m.count;
	sek_client_documents(s);
	return NULL;
}

const char *sek_downstream(struct sek_session *s, uint32_t epoch, const struct sek_frame *f, const uint8_t *frame, size_t n)
{
	sek_client_show(s);
	switch (f->type) {
	case SEK_MSG_UPDATE:
		return on_update(s, epoch, f, frame, n);
	case SEK_MSG_STATE:
		return on_state(s, frame + SEK_FRAME_HEADER_BYTES, f->payload_bytes);
	case SEK_MSG_SIZE:
		return on_size(s, f, frame, n);
	case SEK_MSG_CARET:
		return on_caret(s, f, frame, n);
	case SEK_MSG_CURSOR:
		return on_cursor(s, f, frame, n);
	case SEK_MSG_DOCUMENTS:
		return on_documents(s, frame + SEK_FRAME_HEADER_BYTES, f->payload_bytes);
	default:
		return "a message that is not for this link";
	}
}
