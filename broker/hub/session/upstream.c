/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the client to the host: every message is read into a struct, judged, and written anew. No byte of the client is
 * ever passed on as it came.
 */
#include "broker/hub/session/internal.h"

#include "base/error.h"

enum { FRAME_BYTES = SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES };

/* --- frames in flight --- */

void sek_flight_push(struct sek_flight *f, uint32_t frame, uint32_t epoch)
{
	SEK_ASSERT(f->n < SEK_FRAMES_IN_FLIGHT_MAX);
	unsigned at = (f->first + f->n++) % SEK_FRAMES_IN_FLIGHT_MAX;

	f->sent[at].frame = frame;
	f->sent[at].epoch = epoch;
}

bool sek_flight_ack(struct sek_flight *f, uint32_t frame, uint32_t *ret_epoch)
{
	for (unsigned i = 0; i < f->n; i++) {
		unsigned at = (f->first + i) % SEK_FRAMES_IN_FLIGHT_MAX;

		if (f->sent[at].frame != frame)
			continue;
		*ret_epoch = f->sent[at].epoch;
		f->first = (at + 1) % SEK_FRAMES_IN_FLIGHT_MAX;
		f->n -= i + 1;
		return true;
	}
	return false;
}

/* --- to the host --- */

static enum sek_verdict pass(struct sek_session *s, enum sek_input_kind kind, const struct sek_writer *w)
{
	SEK_ASSERT(sek_is_ok(sek_writer_status(w)));
	/* the queue holds more than the rates allow in the time in which a stuck pipe ends the session */
	return sek_is(sek_link_put(s, kind, w->start, w->len), SEK_E_LIMIT) ? SEK_VERDICT_FLOOD : SEK_VERDICT_FINE;
}

static bool take(struct sek_session *s, enum sek_rate kind, uint32_t n)
{
	return sek_rates_take(&s->client.rates, kind, n, uv_now(s->all->loop));
}

static enum sek_verdict pass_move(struct sek_session *s, const struct sek_pointer *m, enum sek_input_kind kind)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_POINTER_MAX_BYTES];
	struct sek_writer w;

	s->client.move_waits = false;
	sek_writer_init(&w, frame, sizeof frame);
	sek_pointer_write(&w, m);
	return pass(s, kind, &w);
}

void sek_upstream_resize(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RESIZE_MAX_BYTES];
	struct sek_writer w;

	s->client.resize_waits = false;
	sek_writer_init(&w, frame, sizeof frame);
	sek_resize_write(&w, &(struct sek_resize){ s->wish.width_px, s->wish.height_px, s->wish.scale_percent });
	sek_session_keep(s);
	(void)pass(s, SEK_INPUT_RESIZE, &w); /* a full queue will be noticed by the next key or by the stuck pipe */
}

/* Something that must not overtake the pointer comes. */
static enum sek_verdict settle_move(struct sek_session *s)
{
	return s->client.move_waits ? pass_move(s, &s->client.move, SEK_INPUT_MOVE) : SEK_VERDICT_FINE;
}

/* --- what came too fast --- */

static void wait_for_rates(struct sek_session *s)
{
	const struct sek_client *c = &s->client;
	const struct {
		bool waits;
		enum sek_rate kind;
	} kinds[] = {
		{ c->move_waits, SEK_RATE_MOVE },
		{ c->resize_waits, SEK_RATE_RESIZE },
		{ c->refresh_waits, SEK_RATE_REFRESH },
	};
	uint64_t least = UINT64_MAX, ms;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!kinds[i].waits)
			continue;
		ms = sek_rates_wait_ms(&c->rates, kinds[i].kind, uv_now(s->all->loop));
		least = ms < least ? ms : least;
	}
	if (least != UINT64_MAX)
		sek_deadline_in(s, SEK_DL_COALESCED, least);
}

void sek_upstream_coalesced(struct sek_session *s)
{
	struct sek_client *c = &s->client;

	if (c->move_waits && take(s, SEK_RATE_MOVE, 1))
		(void)pass_move(s, &c->move, SEK_INPUT_MOVE);
	if (c->resize_waits && take(s, SEK_RATE_RESIZE, 1))
		sek_upstream_resize(s);
	if (c->refresh_waits) {
		c->refresh_waits = false;
		sek_upstream_refresh(s);
	}
	wait_for_rates(s);
}

/* --- one function a message --- */

static enum sek_verdict key(struct sek_session *s, const uint8_t *payload, size_t n)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES];
	struct sek_writer w;
	struct sek_key m;

	if (!sek_is_ok(sek_key_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	if (!take(s, SEK_RATE_KEY, 1) || settle_move(s) != SEK_VERDICT_FINE)
		return SEK_VERDICT_FLOOD;
	sek_session_input_seen(s);
	sek_clipboard_gesture(s);
	if (m.down) {
		sek_tape_key(s);
		sek_delay_pressed(s);
	}
	sek_writer_init(&w, frame, sizeof frame);
	sek_key_write(&w, &m);
	return pass(s, SEK_INPUT_KEEP, &w);
}

static enum sek_verdict text(struct sek_session *s, const uint8_t *payload, size_t n)
{
	uint8_t frame[FRAME_BYTES];
	struct sek_writer w;
	struct sek_text m;

	if (!sek_is_ok(sek_text_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	if (!take(s, SEK_RATE_TEXT, 1) || !take(s, SEK_RATE_TEXT_BYTES, (uint32_t)m.bytes) ||
	    settle_move(s) != SEK_VERDICT_FINE)
		return SEK_VERDICT_FLOOD;
	sek_session_input_seen(s);
	sek_tape_text(s, &m);
	sek_delay_pressed(s);
	sek_writer_init(&w, frame, sizeof frame);
	sek_text_write(&w, &m);
	return pass(s, SEK_INPUT_KEEP, &w);
}

static enum sek_verdict pointer(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_client *c = &s->client;
	struct sek_pointer m;

	if (!sek_is_ok(sek_pointer_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	sek_session_input_seen(s);
	sek_tape_pointer(s, &m);
	if (m.buttons != c->buttons) {
		if (!take(s, SEK_RATE_BUTTON, 1))
			return SEK_VERDICT_FLOOD;
		sek_clipboard_gesture(s);
		c->buttons = m.buttons;
		return pass_move(s, &m, SEK_INPUT_KEEP); /* says where, so a waiting move has nothing to add */
	}
	if (!c->move_waits && take(s, SEK_RATE_MOVE, 1))
		return pass_move(s, &m, SEK_INPUT_MOVE);
	c->move = m;
	if (!c->move_waits) {
		c->move_waits = true;
		wait_for_rates(s);
	}
	return SEK_VERDICT_FINE;
}

static enum sek_verdict wheel(struct sek_session *s, const uint8_t *payload, size_t n)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_WHEEL_MAX_BYTES];
	struct sek_writer w;
	struct sek_wheel m;

	if (!sek_is_ok(sek_wheel_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	if (!take(s, SEK_RATE_WHEEL, 1) || settle_move(s) != SEK_VERDICT_FINE)
		return SEK_VERDICT_FLOOD;
	sek_session_input_seen(s);
	sek_tape_wheel(s, &m);
	sek_writer_init(&w, frame, sizeof frame);
	sek_wheel_write(&w, &m);
	return pass(s, SEK_INPUT_KEEP, &w);
}

static enum sek_verdict resize(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_resize m;

	if (!sek_is_ok(sek_resize_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	s->asked_width_px = m.width_px;
	s->asked_height_px = m.height_px;
	sek_session_fit(s);
	s->wish.scale_percent = m.scale_percent;
	if (!s->client.resize_waits && take(s, SEK_RATE_RESIZE, 1)) {
		sek_upstream_resize(s);
	} else if (!s->client.resize_waits) {
		s->client.resize_waits = true;
		wait_for_rates(s);
	}
	return SEK_VERDICT_FINE;
}

static enum sek_verdict release(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES];
	struct sek_writer w;

	if (!take(s, SEK_RATE_KEY, 1) || settle_move(s) != SEK_VERDICT_FINE)
		return SEK_VERDICT_FLOOD;
	s->client.buttons = 0;
	sek_writer_init(&w, frame, sizeof frame);
	sek_empty_write(&w, SEK_MSG_RELEASE);
	return pass(s, SEK_INPUT_KEEP, &w);
}

static enum sek_verdict ack(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_ack m;
	uint32_t epoch;

	/* only what was sent to this very client, whole, and was not acknowledged before */
	if (!sek_is_ok(sek_ack_read(payload, n, &m)) || !sek_flight_ack(&s->client.flight, m.frame, &epoch))
		return SEK_VERDICT_REFUSED;
	if (epoch == s->epoch) /* else of an encoder that is gone */
		sek_encoder_ack(s->encoder, m.frame);
	return SEK_VERDICT_FINE;
}

static enum sek_verdict visibility(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_visibility m;

	if (!sek_is_ok(sek_visibility_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	if (!take(s, SEK_RATE_CONTROL, 1))
		return SEK_VERDICT_FLOOD;
	s->client.visible = m.visible;
	sek_upstream_look(s, false);
	return SEK_VERDICT_FINE;
}

void sek_upstream_look(struct sek_session *s, bool refresh)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_VISIBILITY_MAX_BYTES];
	bool looks = s->client.ops && s->client.greeted && s->client.visible;
	struct sek_writer w;

	sek_encoder_look(s->encoder, looks, refresh);
	if (!s->link || !sek_link_alive(s->link) || s->host_looks == looks)
		return;
	s->host_looks = looks;
	sek_writer_init(&w, frame, sizeof frame);
	sek_visibility_write(&w, &(struct sek_visibility){ looks });
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	(void)sek_link_put(s, SEK_INPUT_KEEP, frame, w.len); /* without room the pipe is stuck, which ends the session by itself */
}

void sek_upstream_refresh(struct sek_session *s)
{
	/* each REFRESH makes the encoder forget what is under way; a client that draws nothing and asks again and again
	 * is not served, or the frames under way would have no bound */
	if (s->client.refresh_waits || s->client.flight.n > SEK_FRAMES_IN_FLIGHT_MAX / 2)
		return;
	if (take(s, SEK_RATE_REFRESH, 1)) {
		sek_encoder_look(s->encoder, s->client.visible, true);
	} else {
		s->client.refresh_waits = true;
		wait_for_rates(s);
	}
}

static enum sek_verdict ping(struct sek_session *s, const uint8_t *payload, size_t n)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_PONG_MAX_BYTES];
	struct sek_writer w;
	struct sek_ping m;

	if (!sek_is_ok(sek_ping_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	if (!take(s, SEK_RATE_CONTROL, 1))
		return SEK_VERDICT_FLOOD;
	sek_writer_init(&w, frame, sizeof frame);
	sek_pong_write(&w, &m);
	sek_client_send(s, frame, w.len);
	return SEK_VERDICT_FINE;
}

static enum sek_verdict pong(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_ping m;

	/* an answer that nobody asked for, or to another question */
	if (!sek_is_ok(sek_ping_read(payload, n, &m)) || !s->client.ping_out || m.id != s->client.ping_id)
		return SEK_VERDICT_REFUSED;
	s->client.ping_out = false;
	sek_deadline_off(s, SEK_DL_PONG);
	sek_deadline_in(s, SEK_DL_PING, s->all->times.ping_ms);
	return SEK_VERDICT_FINE;
}

enum sek_verdict sek_upstream(struct sek_session *s, const struct sek_frame *f, const uint8_t *payload)
{
	size_t n = f->payload_bytes;

	switch (f->type) {
	case SEK_MSG_ACK:
		return ack(s, payload, n);
	case SEK_MSG_REFRESH:
		sek_upstream_refresh(s);
		return SEK_VERDICT_FINE;
	case SEK_MSG_RESIZE:
		return resize(s, payload, n);
	case SEK_MSG_KEY:
		return key(s, payload, n);
	case SEK_MSG_POINTER:
		return pointer(s, payload, n);
	case SEK_MSG_WHEEL:
		return wheel(s, payload, n);
	case SEK_MSG_TEXT:
		return text(s, payload, n);
	case SEK_MSG_RELEASE:
		return release(s);
	case SEK_MSG_VISIBILITY:
		return visibility(s, payload, n);
	case SEK_MSG_PING:
		return ping(s, payload, n);
	case SEK_MSG_PONG:
		return pong(s, payload, n);
	case SEK_MSG_CLIPBOARD:
		if (settle_move(s) != SEK_VERDICT_FINE)
			return SEK_VERDICT_FLOOD;
		return sek_clipboard_from_client(s, payload, n);
	case SEK_MSG_CLIPBOARD_ANSWER:
		return take(s, SEK_RATE_CONTROL, 1) ? sek_clipboard_answered(s, payload, n) : SEK_VERDICT_FLOOD;
	case SEK_MSG_END:
		sek_session_end(s, SEK_STATE_ENDED_USER, NULL);
		return SEK_VERDICT_FINE;
	default: /* a second HELLO */
		return SEK_VERDICT_REFUSED;
	}
}
