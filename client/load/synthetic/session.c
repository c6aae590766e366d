/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions of the synthetic host: made by a HELLO, played, kept for a while when their link breaks. Each message is checked as
 * sekisho-capture checks it; what a browser would do with it is left out, but for what turns the marker.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "client/load/marker.h"
#include "client/load/synthetic/host.h"

static uint64_t mix(uint64_t v)
{
	v += 0x9e3779b97f4a7c15ull;
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ull;
	v = (v ^ v >> 27) * 0x94d049bb133111ebull;
	return v ^ v >> 31;
}

static struct sek_load_session *find(const struct sek_load_host *h, const uint8_t id[SEK_SESSION_ID_BYTES])
{
	struct sek_load_session *s = h->sessions;

	while (s && memcmp(s->id, id, SEK_SESSION_ID_BYTES) != 0)
		s = s->next;
	return s;
}

static struct sek_load_session *make(struct sek_load_host *h, const uint8_t id[SEK_SESSION_ID_BYTES])
{
	const struct sek_load_host_config *c = h->config;
	struct sek_load_session *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->host = h;
	memcpy(s->id, id, sizeof s->id);
	sek_play_init(&s->play, c->tracks[h->made % c->n_tracks], c->period_us, mix(c->seed + h->made), uv_hrtime() / 1000);
	h->made++;
	uv_timer_init(&h->loop, &s->timer);
	s->timer.data = s;
	s->next = h->sessions;
	s->prev = &h->sessions;
	if (s->next)
		s->next->prev = &s->next;
	h->sessions = s;
	h->n_sessions++;
	return s;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void sek_load_session_end(struct sek_load_session *s, enum sek_state state)
{
	struct sek_load_host *h = s->host;
	struct sek_load_link *l = s->link;

	h->figures.frames += s->play.figures.frames;
	h->figures.keyframes += s->play.figures.keyframes;
	h->figures.late += s->play.figures.late;
	h->figures.inputs += s->play.figures.inputs;
	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	h->n_sessions--;
	s->link = NULL;
	uv_close((uv_handle_t *)&s->timer, on_closed);
	if (l)
		sek_load_link_end(l, state);
	sek_load_host_settle(h);
}

static void on_linger_over(uv_timer_t *timer)
{
	sek_load_session_end(timer->data, SEK_STATE_NONE);
}

void sek_load_session_lost(struct sek_load_session *s)
{
	s->link = NULL;
	uv_timer_start(&s->timer, on_linger_over, s->host->config->linger_s * 1000ull, 0);
}

static void refuse(struct sek_load_link *l, const struct sek_hello *hello, enum sek_state state)
{
	sek_log(SEK_LOG_WARN, "session.refused", "state", sek_state_name(state), NULL);
	sek_load_link_welcome(l, hello);
	sek_load_link_end(l, state);
}

static void attach(struct sek_load_session *s, struct sek_load_link *l, const struct sek_hello *hello)
{
	struct sek_load_link *before = s->link;
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_SIZE_MAX_BYTES];
	const struct sek_track *t = s->play.track;
	const struct sek_rect r = sek_marker_tile(t->width_px, t->height_px);
	struct sek_writer w;

	if (before) {
		before->session = NULL;
		sek_load_link_end(before, SEK_STATE_NONE);
	}
	uv_timer_stop(&s->timer);
	s->link = l;
	l->session = s;
	sek_play_receiver(&s->play);
	sek_load_link_welcome(l, hello);
	sek_writer_init(&w, memory, sizeof memory);
	sek_size_write(&w, &(struct sek_size){ t->width_px, t->height_px });
	(void)sek_play_out_put(&l->out, memory, w.len);
	sek_load_link_say(l, SEK_STATE_RUNNING);
	sek_writer_init(&w, memory, sizeof memory);
	sek_caret_write(&w, &(struct sek_caret){ r.x, r.y, 1, r.h });
	(void)sek_play_out_put(&l->out, memory, w.len);
}

void sek_load_session_hello(struct sek_load_link *l, const struct sek_hello *hello)
{
	struct sek_load_host *h = l->host;
	struct sek_load_session *s = find(h, l->id);
	const struct sek_track *t = h->config->tracks[h->made % h->config->n_tracks];

	if (h->stopping)
		refuse(l, hello, SEK_STATE_HOST_STOPPING);
	else if (s)
		attach(s, l, hello);
	else if (!(hello->flags & SEK_HELLO_CREATE))
		refuse(l, hello, SEK_STATE_SESSION_GONE);
	else if (h->draining)
		refuse(l, hello, SEK_STATE_HOST_STOPPING);
	else if (h->n_sessions >= h->config->sessions_max)
		refuse(l, hello, SEK_STATE_HOST_FULL);
	else if (hello->max_width_px && (hello->max_width_px < t->width_px || hello->max_height_px < t->height_px))
		refuse(l, hello, SEK_STATE_HOST_FAULT); /* the pictures are larger than the broker allows */
	else if (!(s = make(h, l->id)))
		refuse(l, hello, SEK_STATE_HOST_FAULT);
	else
		attach(s, l, hello);
}

static void on_due(uv_timer_t *timer)
{
	struct sek_load_session *s = timer->data;

	if (s->link)
		sek_load_link_go(s->link);
}

void sek_load_session_play(struct sek_load_session *s)
{
	uint64_t now_us = uv_hrtime() / 1000, due_us;

	/* what waits for a full socket must not grow: its becoming writable comes back here */
	if (s->link->out.end > s->link->out.start)
		return;
	if (!sek_is_ok(sek_play_go(&s->play, now_us, &s->link->out))) {
		sek_load_session_end(s, SEK_STATE_HOST_FAULT);
		return;
	}
	due_us = sek_play_due_us(&s->play);
	uv_timer_stop(&s->timer);
	if (due_us != UINT64_MAX)
		uv_timer_start(&s->timer, on_due, due_us > now_us ? (due_us - now_us + 999) / 1000 : 0, 0);
}

static sek_status take_ping(struct sek_load_session *s, const uint8_t *payload, size_t n)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_PONG_MAX_BYTES];
	struct sek_ping ping;
	struct sek_writer w;

	SEK_TRY(sek_ping_read(payload, n, &ping));
	sek_writer_init(&w, memory, sizeof memory);
	sek_pong_write(&w, &ping);
	return sek_play_out_put(&s->link->out, memory, w.len);
}

static sek_status take_key(struct sek_load_session *s, const uint8_t *payload, size_t n)
{
	struct sek_key key;

	SEK_TRY(sek_key_read(payload, n, &key));
	if (key.down)
		sek_play_input(&s->play);
	return sek_ok();
}

/* What is only checked: there is nothing here that it could change. */
static sek_status check(uint8_t type, const uint8_t *payload, size_t n)
{
	union {
		struct sek_pointer pointer;
		struct sek_wheel wheel;
		struct sek_resize resize;
		struct sek_clipboard_piece piece;
		struct sek_clipboard_mode mode;
		struct sek_rules rules;
		struct sek_ping ping;
	} m;

	switch (type) {
	case SEK_MSG_POINTER: return sek_pointer_read(payload, n, &m.pointer);
	case SEK_MSG_WHEEL: return sek_wheel_read(payload, n, &m.wheel);
	case SEK_MSG_RESIZE: return sek_resize_read(payload, n, &m.resize);
	case SEK_MSG_CLIPBOARD: return sek_clipboard_piece_read(payload, n, &m.piece);
	case SEK_MSG_CLIPBOARD_MODE: return sek_clipboard_mode_read(payload, n, &m.mode);
	case SEK_MSG_RULES: return sek_rules_read(payload, n, &m.rules);
	case SEK_MSG_PONG: return sek_ping_read(payload, n, &m.ping);
	case SEK_MSG_RELEASE: return sek_ok();
	default: return sek_fail(SEK_E_MALFORMED); /* a second HELLO */
	}
}

sek_status sek_load_session_take(struct sek_load_session *s, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_visibility visibility;
	struct sek_text text;
	struct sek_ack ack;

	switch (f->type) {
	case SEK_MSG_ACK:
		SEK_TRY(sek_ack_read(payload, f->payload_bytes, &ack));
		return sek_play_ack(&s->play, ack.frame);
	case SEK_MSG_REFRESH:
		sek_play_refresh(&s->play);
		return sek_ok();
	case SEK_MSG_VISIBILITY:
		SEK_TRY(sek_visibility_read(payload, f->payload_bytes, &visibility));
		s->play.visible = visibility.visible;
		return sek_ok();
	case SEK_MSG_KEY:
		return take_key(s, payload, f->payload_bytes);
	case SEK_MSG_TEXT:
		SEK_TRY(sek_text_read(payload, f->payload_bytes, &text));
		sek_play_input(&s->play);
		return sek_ok();
	case SEK_MSG_PING:
		return take_ping(s, payload, f->payload_bytes);
	case SEK_MSG_END:
		sek_load_session_end(s, SEK_STATE_NONE);
		return sek_ok();
	default:
		return check(f->type, payload, f->payload_bytes);
	}
}
