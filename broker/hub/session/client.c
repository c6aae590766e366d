/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The client's end of a session: attach, greeting, one parse of every message, silence, take-over, goodbye. Bytes of the
 * client are looked at here and in upstream.c and go no further.
 */
#include "broker/hub/session/farm.h"
#include "broker/hub/session/internal.h"

#include <stdlib.h>

#include "base/error.h"

static uint16_t least_u16(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

void sek_client_linger(struct sek_session *s)
{
	uint64_t ms = (uint64_t)s->all->config.linger_s * 1000;

	/* nothing runs that would be worth waiting for; but the user, who has a token for it, is on the way, however short
	 * the linger time is */
	if (s->phase == SEK_PHASE_OPENED)
		ms = s->all->times.unclaimed_ms;
	sek_deadline_in(s, SEK_DL_LINGER, ms);
}

/* --- to the client --- */

bool sek_client_has_room(const struct sek_session *s)
{
	if (sek_tape_holds_back(s))
		return false;
	return !s->client.ops || s->client.ops->queued(s->client.user) <= SEK_CLIENT_QUEUE_MAX_BYTES;
}

void sek_client_send(struct sek_session *s, const uint8_t *frame, size_t n)
{
	bool shows = n && (frame[0] == SEK_MSG_UPDATE || frame[0] == SEK_MSG_SIZE || frame[0] == SEK_MSG_CURSOR || frame[0] == SEK_MSG_CARET);

	if (!s->client.ops || !s->client.greeted || !n)
		return;
	if (frame[0] == SEK_MSG_UPDATE && s->over != SEK_STATE_NONE)
		return;
	if (shows && frame[0] != SEK_MSG_UPDATE && sek_tape_holds_back(s)) {
		s->client.shown_late = true; /* the newest of each is sent as soon as it can be recorded */
		return;
	}
	sek_tape_down(s, frame, n);
	if (shows && sek_tape_holds_back(s))
		return; /* this very one was not kept: the session ends in a moment */
	s->bytes_down += n;
	s->client.ops->send(s->client.user, frame, n);
}

void sek_client_show(struct sek_session *s)
{
	if (!s->client.shown_late || sek_tape_holds_back(s))
		return;
	s->client.shown_late = false;
	sek_client_send(s, s->shown.size, s->shown.size_n);
	sek_client_send(s, s->shown.caret, s->shown.caret_n);
	sek_client_send(s, s->shown.cursor, s->shown.cursor_n);
}

void sek_client_documents(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_DOCUMENTS_MAX_BYTES];
	uint16_t count = sek_session_keeps_downloads(s) ? s->shown.documents : 0;
	struct sek_writer w;

	if (!s->client.greeted || count == s->client.documents)
		return;
	s->client.documents = count;
	sek_writer_init(&w, frame, sizeof frame);
	sek_documents_msg_write(&w, &(struct sek_documents_msg){ count });
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	sek_client_send(s, frame, w.len);
}

static size_t state_frame(uint8_t *frame, size_t size, enum sek_state state, uint32_t arg)
{
	struct sek_writer w;

	sek_writer_init(&w, frame, size);
	sek_state_write(&w, &(struct sek_state_msg){ .state = (uint16_t)state, .arg = arg });
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	return w.len;
}

void sek_client_send_state(struct sek_session *s, enum sek_state state, uint32_t arg)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_STATE_MAX_BYTES];

	if (state == SEK_STATE_WARN_IDLE || state == SEK_STATE_WARN_MAXIMUM || state == SEK_STATE_WARN_HOURS ||
	    state == SEK_STATE_WARN_DRAIN)
		sek_tape_event(s, SEK_RECORD_EVENT_WARNED, arg, NULL);
	sek_client_send(s, frame, state_frame(frame, sizeof frame, state, arg));
}

static void last_word(const struct sek_client_ops *ops, void *user, enum sek_state state)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_STATE_MAX_BYTES];

	ops->send(user, frame, state_frame(frame, sizeof frame, state, 0));
	ops->close(user);
}

void sek_client_bye(struct sek_session *s, enum sek_state state)
{
	const struct sek_client_ops *ops = s->client.ops;
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_STATE_MAX_BYTES];
	void *user = s->client.user;

	if (!ops)
		return;
	if (s->client.greeted)
		sek_tape_down(s, frame, state_frame(frame, sizeof frame, state, 0));
	sek_client_forget(s);
	last_word(ops, user, state);
}

void sek_client_tell_departing(struct sek_session *s)
{
	struct sek_departing *d;

	while ((d = s->departing) != NULL) {
		const struct sek_client_ops *ops = d->ops;
		void *user = d->user;

		s->departing = d->next;
		free(d);
		last_word(ops, user, SEK_STATE_TAKEN_OVER);
	}
}

static void drop(struct sek_session *s)
{
	const struct sek_client_ops *ops = s->client.ops;
	void *user = s->client.user;

	sek_client_forget(s);
	ops->close(user);
	sek_sessions_tell(s, "session.detached");
}

void sek_client_send_away(struct sek_session *s)
{
	sek_client_send_state(s, SEK_STATE_MOVING, 0);
	drop(s);
}

/* --- coming and going --- */

void sek_client_attach(struct sek_session *s, const struct sek_client_ops *ops, void *client)
{
	uint64_t now = uv_now(s->all->loop);

	if (s->client.ops) {
		struct sek_departing *d = malloc(sizeof *d);

		SEK_ASSERT(d); /* a dozen bytes: without them the old client would never be told */
		*d = (struct sek_departing){ s->departing, s->client.ops, s->client.user };
		s->departing = d;
		sek_client_forget(s);
		sek_deadline_in(s, SEK_DL_TELL, 0);
		sek_sessions_tell(s, "session.taken-over");
	}
	/* the rates stay: coming back is no way to more than a person can send */
	s->client = (struct sek_client){ .ops = ops, .user = client, .heard_ms = now, .rates = s->client.rates };
	sek_deadline_off(s, SEK_DL_LINGER);
	sek_deadline_in(s, SEK_DL_HELLO, s->all->times.hello_ms);
}

void sek_client_forget(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES];
	struct sek_writer w;
	struct sek_flight *flight = &s->client.flight;
	bool greeted = s->client.greeted;

	s->client.ops = NULL;
	s->client.user = NULL;
	s->client.greeted = false;
	s->client.synced = false;
	for (int i = SEK_DL_HELLO; i <= SEK_DL_PONG; i++)
		sek_deadline_off(s, (enum sek_deadline)i);
	sek_deadline_off(s, SEK_DL_COALESCED);
	if (greeted)
		sek_tape_event(s, SEK_RECORD_EVENT_DETACHED, 0, NULL);
	if (s->phase == SEK_PHASE_ENDED)
		return;
	if (greeted) {
		/* what it can no longer acknowledge must not hold the encoder back */
		if (flight->n) {
			unsigned last = (flight->first + flight->n - 1) % SEK_FRAMES_IN_FLIGHT_MAX;

			if (flight->sent[last].epoch == s->epoch)
				sek_encoder_ack(s->encoder, flight->sent[last].frame);
		}
		sek_upstream_look(s, false);
		sek_writer_init(&w, frame, sizeof frame);
		sek_empty_write(&w, SEK_MSG_RELEASE);
		(void)sek_link_put(s, SEK_INPUT_KEEP, frame, w.len);
	}
	sek_clipboard_forget_client(s);
	sek_client_linger(s);
	if (s->encoder)
		sek_encoder_resume(s->encoder);
}

static void welcome(struct sek_session *s, uint16_t version)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_WELCOME_MAX_BYTES];
	struct sek_welcome m = {
		.version = version,
		.max_width_px = s->all->config.max_width_px,
		.max_height_px = s->all->config.max_height_px,
	};
	struct sek_writer w;

	for (size_t i = 0; i < sizeof m.session; i++)
		m.session[i] = s->id[i];
	sek_writer_init(&w, frame, sizeof frame);
	sek_welcome_write(&w, &m);
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	sek_client_send(s, frame, w.len);
}

static enum sek_verdict hello(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_hello m;
	struct sek_hello before = s->wish;

	if (!sek_is_ok(sek_hello_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	/* flags and maximum are the broker's to say, on the host link (messages.h) */
	if (m.flags || m.max_width_px || m.max_height_px)
		return SEK_VERDICT_REFUSED;
	if (m.version_max < SEK_VERSION_MIN || m.version_min > SEK_VERSION_MAX)
		return SEK_VERDICT_REFUSED;
	s->client.greeted = true;
	s->client.visible = true;
	sek_deadline_off(s, SEK_DL_HELLO);
	sek_deadline_in(s, SEK_DL_PING, s->all->times.ping_ms);
	s->asked_width_px = m.width_px;
	s->asked_height_px = m.height_px;
	s->wish = (struct sek_hello){
		.scale_percent = m.scale_percent,
		.lang = before.width_px ? before.lang : m.lang, /* the browser was started in its language */
	};
	sek_session_fit(s);
	welcome(s, least_u16(m.version_max, SEK_VERSION_MAX));
	if (s->phase == SEK_PHASE_OPENED) {
		if (!s->placing) /* else it begins for this client when its place is there */
			sek_session_place(s);
		return SEK_VERDICT_FINE;
	}
	sek_tape_event(s, SEK_RECORD_EVENT_ATTACHED, 1, NULL);
	sek_session_policy_tell(s);
	sek_sessions_tell(s, "session.attached");
	sek_session_input_seen(s); /* coming back is activity */
	sek_client_send_state(s, s->state, 0);
	sek_client_send(s, s->shown.size, s->shown.size_n);
	sek_client_send(s, s->shown.caret, s->shown.caret_n);
	sek_client_send(s, s->shown.cursor, s->shown.cursor_n);
	if (before.width_px != s->wish.width_px || before.height_px != s->wish.height_px ||
	    before.scale_percent != s->wish.scale_percent)
		sek_upstream_resize(s);
	sek_upstream_look(s, false);
	sek_upstream_refresh(s);
	return SEK_VERDICT_FINE;
}

void sek_client_message(struct sek_session *s, const uint8_t *bytes, size_t n)
{
	enum sek_verdict verdict = SEK_VERDICT_REFUSED;
	struct sek_frame f;
	size_t total;

	s->client.heard_ms = uv_now(s->all->loop);
	/* one message is one frame: a second one behind it, or a part of one, is refused */
	if (sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_UP, &f, &total)) && total == n) {
		const uint8_t *payload = bytes + SEK_FRAME_HEADER_BYTES;

		if (!sek_rates_take(&s->client.rates, SEK_RATE_ALL, 1, s->client.heard_ms))
			verdict = SEK_VERDICT_FLOOD;
		else if (s->client.greeted)
			verdict = sek_upstream(s, &f, payload);
		else if (f.type == SEK_MSG_HELLO)
			verdict = hello(s, payload, f.payload_bytes);
	}
	if (verdict == SEK_VERDICT_REFUSED)
		sek_session_end(s, SEK_STATE_CLIENT_PROTOCOL, "a message of the client was refused");
	else if (verdict == SEK_VERDICT_FLOOD)
		sek_session_end(s, SEK_STATE_CLIENT_FLOOD, "the client sent more than a person can");
}

/* --- silence --- */

static void ask(struct sek_session *s)
{
	uint64_t quiet = uv_now(s->all->loop) - s->client.heard_ms;
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_PING_MAX_BYTES];
	struct sek_writer w;

	if (quiet < s->all->times.ping_ms) {
		sek_deadline_in(s, SEK_DL_PING, s->all->times.ping_ms - quiet);
		return;
	}
	s->client.ping_out = true;
	s->client.ping_id++;
	sek_writer_init(&w, frame, sizeof frame);
	sek_ping_write(&w, &(struct sek_ping){ s->client.ping_id });
	sek_deadline_in(s, SEK_DL_PONG, s->all->times.pong_ms);
	sek_client_send(s, frame, w.len);
}

void sek_client_due(struct sek_session *s, enum sek_deadline which)
{
	switch (which) {
	case SEK_DL_TELL:
		sek_client_tell_departing(s);
		break;
	case SEK_DL_PING:
		ask(s);
		break;
	case SEK_DL_HELLO:
	case SEK_DL_PONG:
		drop(s);
		break;
	case SEK_DL_COALESCED:
		sek_upstream_coalesced(s);
		break;
	default:
		SEK_ASSERT(false);
	}
}
