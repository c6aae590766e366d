/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clipboard of one session: what the policy allows, the channels that exist only while it does, and the pieces of
 * text that come from either side. Whatever fails here leaves the direction closed.
 */
#include "broker/hub/session/clipboard_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

static struct sek_clip_way *way_of(struct sek_session *s, uint8_t direction)
{
	return &s->clipboard->way[direction == SEK_CROSS_TO_INNER];
}

static void forget_text(struct sek_clip_text *t)
{
	if (t->bytes)
		explicit_bzero(t->bytes, t->n);
	free(t->bytes);
	*t = (struct sek_clip_text){ .bytes = NULL };
}

static void forget_way(struct sek_session *s, struct sek_clip_way *way)
{
	forget_text(&way->text);
	sek_clip_drop(s, way);
}

static struct sek_clipboard_rules rules_of(const struct sek_policy *p)
{
	return (struct sek_clipboard_rules){
		.directions = p->clipboard & SEK_CROSS_BOTH,
		.confirm = p->clipboard_confirm,
		.log_text = p->clipboard_log == SEK_CLIPBOARD_LOG_TEXT,
		.max_chars = p->clipboard_max_chars < SEK_CLIPBOARD_MAX_CHARS ? p->clipboard_max_chars : SEK_CLIPBOARD_MAX_CHARS,
		.per_minute = p->clipboard_per_minute,
		.approval_chars = p->clipboard_approval_chars,
		.approval_hours = p->approval_hours,
	};
}

sek_status sek_clipboard_create(struct sek_session *s)
{
	struct sek_clipboard *c = calloc(1, sizeof *c);

	if (!c)
		return sek_fail(SEK_E_NOMEM);
	for (int i = 0; i < SEK_CLIP_WAYS; i++) {
		c->way[i].s = s;
		c->way[i].direction = i == 0 ? SEK_CROSS_TO_OUTER : SEK_CROSS_TO_INNER;
	}
	c->rules = rules_of(&s->policy);
	s->clipboard = c;
	return sek_ok();
}

void sek_clipboard_finish(struct sek_session *s)
{
	struct sek_clipboard *c = s->clipboard;

	if (!c)
		return;
	sek_clipboard_link_down(s);
	for (int i = 0; i < SEK_CLIP_WAYS; i++)
		forget_way(s, &c->way[i]);
	c->rules = (struct sek_clipboard_rules){ .directions = SEK_CROSS_NONE };
}

/* --- channels --- */

void sek_clipboard_mode(const struct sek_session *s, struct sek_writer *w)
{
	sek_clipboard_mode_write(w, &(struct sek_clipboard_mode){ s->clipboard->rules.directions });
}

static void tell_host(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MODE_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_clipboard_mode(s, &w);
	(void)sek_link_put(s, SEK_INPUT_KEEP, frame, w.len);
}

/* The decoder's pipe is there exactly while text may come in. */
static void settle_pipe(struct sek_session *s)
{
	struct sek_clipboard *c = s->clipboard;
	bool wanted = (c->rules.directions & SEK_CROSS_TO_INNER) && s->link && sek_link_alive(s->link);
	sek_status st;
	char text[120];

	if (!wanted && c->pipe) {
		sek_clip_pipe_close(c->pipe);
		c->pipe = NULL;
	}
	if (!wanted || c->pipe)
		return;
	st = sek_clip_pipe_open(s, &c->pipe);
	if (!sek_is_ok(st))
		sek_log(SEK_LOG_ERROR, "clipboard.no-pipe", "session", s->id_hex, "why", sek_status_text(st, text, sizeof text),
			NULL);
}

void sek_clipboard_link_up(struct sek_session *s)
{
	settle_pipe(s);
	/* a new connection to the host begins without a clipboard */
	if (s->clipboard->rules.directions)
		tell_host(s);
}

void sek_clipboard_link_down(struct sek_session *s)
{
	sek_clip_pipe_close(s->clipboard->pipe);
	s->clipboard->pipe = NULL;
	forget_text(&way_of(s, SEK_CROSS_TO_INNER)->text);
}

/* --- rules --- */

void sek_clipboard_policy(struct sek_session *s)
{
	struct sek_clipboard *c = s->clipboard;
	struct sek_clipboard_rules r = rules_of(&s->policy);
	uint8_t before = c->rules.directions;
	bool tighter;

	if (s->phase == SEK_PHASE_ENDED)
		return;
	if (r.directions == c->rules.directions && r.confirm == c->rules.confirm && r.log_text == c->rules.log_text &&
	    r.max_chars == c->rules.max_chars && r.per_minute == c->rules.per_minute && r.approval_chars == c->rules.approval_chars &&
	    r.approval_hours == c->rules.approval_hours)
		return;
	tighter = r.confirm > c->rules.confirm || r.max_chars < c->rules.max_chars || r.per_minute < c->rules.per_minute ||
		(r.approval_chars && (!c->rules.approval_chars || r.approval_chars < c->rules.approval_chars));
	for (int i = 0; i < SEK_CLIP_WAYS; i++) {
		struct sek_clip_way *way = &c->way[i];
		bool was = c->rules.directions & way->direction, is = r.directions & way->direction;

		if (was && !is)
			way->closed_ms = uv_now(s->all->loop);
		/* what has begun under other rules does not end under these */
		if (was && (!is || tighter) && way->crossing.bytes)
			sek_clip_refuse(s, way, SEK_CLIPBOARD_OFF, 0);
		if (was && !is)
			forget_text(&way->text);
	}
	c->rules = r;
	settle_pipe(s);
	if (r.directions != before)
		tell_host(s);
}

/* --- pieces --- */

static bool grow(struct sek_clip_text *t, size_t n)
{
	size_t size = t->size ? t->size : 4096;
	uint8_t *bytes;

	while (size < n)
		size *= 2;
	if (size > SEK_CLIPBOARD_MAX_BYTES + 1)
		size = SEK_CLIPBOARD_MAX_BYTES + 1;
	if (size == t->size)
		return true;
	bytes = malloc(size); /* not realloc: the old copy is to be wiped */
	if (!bytes)
		return false;
	if (t->bytes) {
		memcpy(bytes, t->bytes, t->n);
		explicit_bzero(t->bytes, t->n);
		free(t->bytes);
	}
	t->bytes = bytes;
	t->size = size;
	return true;
}

/* Adds a piece to the text; true once it is complete. */
static bool add(struct sek_clip_text *t, const struct sek_clipboard_piece *m)
{
	if (m->flags & SEK_CLIPBOARD_FIRST) {
		forget_text(t);
		t->active = true;
	}
	if (!t->active)
		return false; /* the rest of a text whose beginning was dropped */
	if (t->n + m->bytes > SEK_CLIPBOARD_MAX_BYTES || !grow(t, t->n + m->bytes + 1))
		t->over = true;
	if (!t->over) {
		memcpy(t->bytes + t->n, m->utf8, m->bytes);
		t->n += m->bytes;
	}
	return m->flags & SEK_CLIPBOARD_LAST;
}

static void take(struct sek_session *s, struct sek_clip_way *way, const struct sek_clipboard_piece *m)
{
	if (!add(&way->text, m))
		return;
	sek_clip_begin(s, way);
	forget_text(&way->text);
}

enum sek_verdict sek_clipboard_from_client(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_clip_way *way = way_of(s, SEK_CROSS_TO_OUTER);
	uint64_t now = uv_now(s->all->loop);
	struct sek_clipboard_piece m;

	if (!sek_is_ok(sek_clipboard_piece_read(payload, n, &m)) || (m.flags & SEK_CLIPBOARD_PREVIEW))
		return SEK_VERDICT_REFUSED;
	if (!sek_rates_take(&s->client.rates, SEK_RATE_CLIPBOARD, 1, now))
		return SEK_VERDICT_FLOOD;
	if (!(s->clipboard->rules.directions & SEK_CROSS_TO_OUTER)) {
		/* a client knows the rules: one that sends text against them is not ours */
		if (!way->closed_ms || now - way->closed_ms > SEK_CLIPBOARD_GRACE_MS) {
			sek_log(SEK_LOG_WARN, "clipboard.forbidden", "session", s->id_hex, "user", s->user, NULL);
			sek_clip_refuse(s, way, SEK_CLIPBOARD_OFF, 0);
			return SEK_VERDICT_REFUSED;
		}
		if (m.flags & SEK_CLIPBOARD_LAST)
			sek_clip_refuse(s, way, SEK_CLIPBOARD_OFF, 0);
		return SEK_VERDICT_FINE;
	}
	sek_session_input_seen(s);
	take(s, way, &m);
	return SEK_VERDICT_FINE;
}

void sek_clipboard_from_host(struct sek_session *s, const struct sek_clipboard_piece *m)
{
	struct sek_clip_way *way = way_of(s, SEK_CROSS_TO_INNER);
	bool asked_for = uv_now(s->all->loop) - s->clipboard->gesture_ms < SEK_CLIPBOARD_GESTURE_MS;

	/* a page that fills the clipboard by itself, or with nobody there, fills none of ours */
	if (!(s->clipboard->rules.directions & SEK_CROSS_TO_INNER) || !s->client.greeted || !asked_for) {
		forget_text(&way->text);
		return;
	}
	take(s, way, m);
}

void sek_clipboard_gesture(struct sek_session *s)
{
	s->clipboard->gesture_ms = uv_now(s->all->loop);
}

void sek_clipboard_forget_client(struct sek_session *s)
{
	for (int i = 0; i < SEK_CLIP_WAYS; i++)
		forget_way(s, &s->clipboard->way[i]);
}

void sek_clipboard_due(struct sek_session *s)
{
	for (int i = 0; i < SEK_CLIP_WAYS; i++)
		if (s->clipboard->way[i].crossing.asked)
			sek_clip_refuse(s, &s->clipboard->way[i], SEK_CLIPBOARD_DECLINED, 0);
}
