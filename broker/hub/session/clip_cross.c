/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One text on its way across: the cap of transfers, the user's yes, the record, then over. In this order, and nothing goes
 * on before the step in front of it is done.
 */
#include "broker/hub/session/clipboard_internal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"

/* --- words to client and record --- */

void sek_clip_tell(struct sek_session *s, uint8_t direction, enum sek_clipboard_outcome outcome, uint32_t arg)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_RESULT_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_clipboard_result_write(&w, &(struct sek_clipboard_result){ direction, (uint8_t)outcome, arg });
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	sek_client_send(s, frame, w.len);
}

static const char *outcome_word(enum sek_clipboard_outcome outcome)
{
	static const char *const words[] = {
		[SEK_CLIPBOARD_DONE] = "done",           [SEK_CLIPBOARD_OFF] = "off",
		[SEK_CLIPBOARD_TOO_LONG] = "too-long",   [SEK_CLIPBOARD_TOO_OFTEN] = "too-often",
		[SEK_CLIPBOARD_NO_TEXT] = "no-text",     [SEK_CLIPBOARD_DECLINED] = "declined",
		[SEK_CLIPBOARD_WAITING] = "waiting",     [SEK_CLIPBOARD_NO_APPROVER] = "no-approver",
		[SEK_CLIPBOARD_TOO_MANY] = "too-many",
	};

	return words[outcome] ? words[outcome] : "unknown";
}

enum { HASH_BYTES = crypto_hash_sha256_BYTES, HEX_BYTES = 2 * HASH_BYTES + 1 };

static struct sek_clipboard_event describe(const struct sek_session *s, const struct sek_clip_way *way,
	enum sek_clipboard_outcome outcome, char hex[HEX_BYTES])
{
	const struct sek_crossing *c = &way->crossing;
	uint8_t hash[HASH_BYTES];

	hex[0] = '\0';
	if (c->bytes) {
		crypto_hash_sha256(hash, c->bytes, c->n);
		sodium_bin2hex(hex, HEX_BYTES, hash, sizeof hash);
	}
	return (struct sek_clipboard_event){
		.session = s->id_hex, .user = s->user, .host = s->host ? s->host->name : "", .direction = way->direction,
		.outcome = (uint8_t)outcome, .confirmed = c->confirmed, .chars = c->chars, .bytes = c->n, .sha256 = hex,
		.text = s->clipboard->rules.log_text && c->bytes ? (const char *)c->bytes : NULL,
	};
}

/* The ticket of the record, or NULL. */
static void *record(struct sek_session *s, struct sek_clip_way *way, enum sek_clipboard_outcome outcome,
	void (*done)(void *arg, sek_status st))
{
	const struct sek_clipboard_log *log = &s->all->clipboard_log;
	const struct sek_crossing *c = &way->crossing;
	char hex[HEX_BYTES];
	struct sek_clipboard_event e = describe(s, way, outcome, hex);

	if (outcome != SEK_CLIPBOARD_DONE) /* else when it crosses */
		sek_tape_clipboard(s, &e);
	/* the broker's own log never holds the text */
	sek_log(SEK_LOG_INFO, "clipboard", "session", s->id_hex, "user", s->user, "direction",
		way->direction == SEK_CROSS_TO_OUTER ? "to-outer" : "to-inner", "outcome", outcome_word(outcome), "chars",
		sek_logf("%zu", c->chars), "bytes", sek_logf("%zu", c->n), "sha256", hex, NULL);
	return log->record ? log->record(log->user, &e, done, way) : NULL;
}

void sek_clip_refuse(struct sek_session *s, struct sek_clip_way *way, enum sek_clipboard_outcome outcome, uint32_t arg)
{
	record(s, way, outcome, NULL);
	sek_clip_drop(s, way);
	sek_clip_tell(s, way->direction, outcome, arg);
}

/* --- the text over --- */

static void put_pieces(struct sek_session *s, const struct sek_crossing *c, uint8_t more_flags, bool to_client)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];

	for (size_t at = 0, n; at < c->n; at += n) {
		struct sek_clipboard_piece m = { 0, c->bytes + at, sek_clipboard_piece_bytes(c->bytes + at, c->n - at) };
		struct sek_writer w;

		n = m.bytes;
		m.flags = (uint8_t)(more_flags | (at == 0 ? SEK_CLIPBOARD_FIRST : 0) |
			(at + n == c->n ? SEK_CLIPBOARD_LAST : 0));
		sek_writer_init(&w, frame, sizeof frame);
		sek_clipboard_piece_write(&w, &m);
		SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
		if (to_client)
			sek_client_send(s, frame, w.len);
		else
			(void)sek_link_put(s, SEK_INPUT_KEEP, frame, w.len); /* the room was looked at */
	}
	explicit_bzero(frame, sizeof frame);
}

static void over(struct sek_session *s, struct sek_clip_way *way)
{
	struct sek_crossing *c = &way->crossing;
	struct sek_clipboard_event e;
	char hex[HEX_BYTES];

	/* what may have happened while user and record were waited for */
	if (!(s->clipboard->rules.directions & way->direction)) {
		sek_clip_refuse(s, way, SEK_CLIPBOARD_OFF, 0);
		return;
	}
	put_pieces(s, c, 0, way->direction == SEK_CROSS_TO_INNER);
	e = describe(s, way, SEK_CLIPBOARD_DONE, hex);
	sek_tape_clipboard(s, &e);
	sek_clip_drop(s, way);
	/* behind the text, so that the paste which this answer lets go comes after it on every hop */
	if (way->direction == SEK_CROSS_TO_OUTER)
		sek_clip_tell(s, way->direction, SEK_CLIPBOARD_DONE, 0);
}

static void on_recorded(void *arg, sek_status st)
{
	struct sek_clip_way *way = arg;

	way->crossing.ticket = NULL;
	if (sek_is_ok(st)) {
		over(way->s, way);
	} else { /* no record, no transfer */
		sek_clip_drop(way->s, way);
		sek_clip_tell(way->s, way->direction, SEK_CLIPBOARD_OFF, 0);
	}
}

/* --- an approver first --- */

static void on_asked(void *arg, const char *error)
{
	struct sek_clip_way *way = arg;
	struct sek_session *s = way->s;
	struct sek_clipboard_event e;
	char hex[HEX_BYTES];

	way->crossing.approval = NULL;
	if (error) {
		sek_clip_refuse(s, way, strcmp(error, "no-approver") == 0 ? SEK_CLIPBOARD_NO_APPROVER : strcmp(error, "many-waiting") == 0 ?
			SEK_CLIPBOARD_TOO_MANY : SEK_CLIPBOARD_OFF, 0);
		return;
	}
	/* that it waits is on the record by whoever keeps it */
	e = describe(s, way, SEK_CLIPBOARD_WAITING, hex);
	sek_tape_clipboard(s, &e);
	sek_log(SEK_LOG_INFO, "clipboard", "session", s->id_hex, "user", s->user, "direction", "to-inner", "outcome", "waiting", "chars",
		sek_logf("%zu", e.chars), "sha256", hex, NULL);
	sek_clip_drop(s, way);
	sek_clip_tell(s, way->direction, SEK_CLIPBOARD_WAITING, s->clipboard->rules.approval_hours);
}

static bool needs_approval(const struct sek_session *s, const struct sek_clip_way *way)
{
	uint32_t most = s->clipboard->rules.approval_chars;

	return way->direction == SEK_CROSS_TO_INNER && most && way->crossing.chars > most;
}

static void ask_approver(struct sek_session *s, struct sek_clip_way *way)
{
	const struct sek_clipboard_approval *a = &s->all->clipboard_approval;
	const struct sek_clipboard_rules *rules = &s->clipboard->rules;
	struct sek_crossing *c = &way->crossing;
	char hex[HEX_BYTES];
	struct sek_clipboard_event e = describe(s, way, SEK_CLIPBOARD_WAITING, hex);

	if (a->ask)
		c->approval = a->ask(a->user, &e, (const char *)c->bytes, rules->approval_hours, rules->log_text, on_asked, way);
	if (!c->approval)
		sek_clip_refuse(s, way, SEK_CLIPBOARD_OFF, 0);
}

static void go(struct sek_session *s, struct sek_clip_way *way)
{
	struct sek_crossing *c = &way->crossing;

	c->asked = false;
	if (needs_approval(s, way)) {
		ask_approver(s, way);
		return;
	}
	c->ticket = record(s, way, SEK_CLIPBOARD_DONE, on_recorded);
	if (!s->all->clipboard_log.record)
		over(s, way);
	else if (!c->ticket)
		on_recorded(way, sek_fail(SEK_E_STORE));
}

/* --- the steps before --- */

void sek_clip_drop(struct sek_session *s, struct sek_clip_way *way)
{
	struct sek_crossing *c = &way->crossing;

	if (c->ticket)
		s->all->clipboard_log.forget(c->ticket);
	if (c->approval)
		s->all->clipboard_approval.forget(c->approval);
	if (c->bytes)
		explicit_bzero(c->bytes, c->n);
	free(c->bytes);
	*c = (struct sek_crossing){ .bytes = NULL };
}

/* Seconds until another transfer may begin, 0 = now (and it is counted). */
static uint32_t count(struct sek_clip_way *way, uint32_t per_minute, uint64_t now_ms)
{
	uint64_t oldest;

	if (per_minute > SEK_CLIPBOARD_PER_MINUTE_MAX)
		per_minute = SEK_CLIPBOARD_PER_MINUTE_MAX;
	if (per_minute == 0)
		return 60;
	/* the transfer that was per_minute transfers ago must be a minute away */
	oldest = way->count >= per_minute ? way->at_ms[(way->count - per_minute) % SEK_CLIPBOARD_PER_MINUTE_MAX] : 0;
	if (way->count >= per_minute && now_ms - oldest < 60000)
		return (uint32_t)((60000 - (now_ms - oldest) + 999) / 1000);
	way->at_ms[way->count++ % SEK_CLIPBOARD_PER_MINUTE_MAX] = now_ms;
	return 0;
}

static void ask(struct sek_session *s, struct sek_clip_way *way)
{
	struct sek_crossing *c = &way->crossing;

	c->asked = true;
	c->id = ++s->clipboard->last_id;
	sek_clip_tell(s, way->direction, SEK_CLIPBOARD_ASK, c->id);
	put_pieces(s, c, SEK_CLIPBOARD_PREVIEW, true);
	sek_deadline_in(s, SEK_DL_CLIPBOARD, SEK_CLIPBOARD_QUESTION_MS);
}

void sek_clip_begin(struct sek_session *s, struct sek_clip_way *way)
{
	const struct sek_clipboard_rules *rules = &s->clipboard->rules;
	struct sek_crossing *c = &way->crossing;
	struct sek_text_cleaned cleaned;
	uint32_t wait_s;
	sek_status st;

	/* a newer text takes the place of one that still waits */
	sek_clip_drop(s, way);
	if (way->text.over) {
		sek_clip_refuse(s, way, SEK_CLIPBOARD_TOO_LONG, rules->max_chars);
		return;
	}
	st = sek_text_clean(way->text.bytes, way->text.n, rules->max_chars, &cleaned);
	if (!sek_is_ok(st) || cleaned.bytes == 0) {
		sek_clip_refuse(s, way, sek_is(st, SEK_E_LIMIT) ? SEK_CLIPBOARD_TOO_LONG : SEK_CLIPBOARD_NO_TEXT,
			sek_is(st, SEK_E_LIMIT) ? rules->max_chars : 0);
		return;
	}
	c->bytes = way->text.bytes;
	c->n = cleaned.bytes;
	c->chars = cleaned.chars;
	c->bytes[c->n] = '\0'; /* there is a byte more than SEK_CLIPBOARD_MAX_BYTES */
	way->text = (struct sek_clip_text){ .bytes = NULL };
	wait_s = count(way, rules->per_minute, uv_now(s->all->loop));
	if (way->direction == SEK_CROSS_TO_OUTER && !wait_s &&
	    (!s->link || sek_link_queued(s->link) + c->n > SEK_INPUT_QUEUE_MAX_BYTES / 2))
		wait_s = 1; /* the way there is blocked or being made anew */
	if (wait_s)
		sek_clip_refuse(s, way, SEK_CLIPBOARD_TOO_OFTEN, wait_s);
	else if (rules->confirm)
		ask(s, way);
	else
		go(s, way);
}

enum sek_verdict sek_clipboard_answered(struct sek_session *s, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_answer m;

	if (!sek_is_ok(sek_clipboard_answer_read(payload, n, &m)))
		return SEK_VERDICT_REFUSED;
	for (int i = 0; i < SEK_CLIP_WAYS; i++) {
		struct sek_clip_way *way = &s->clipboard->way[i];

		if (!way->crossing.asked || way->crossing.id != m.id)
			continue;
		if (m.yes) {
			way->crossing.confirmed = true;
			go(s, way);
		} else {
			sek_clip_refuse(s, way, SEK_CLIPBOARD_DECLINED, 0);
		}
		return SEK_VERDICT_FINE;
	}
	/* a question that has been taken back meanwhile; one that was never asked is nonsense */
	return m.id && m.id <= s->clipboard->last_id ? SEK_VERDICT_FINE : SEK_VERDICT_REFUSED;
}
