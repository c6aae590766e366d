/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The state of one paste or copy. Never hands a text to this computer that the broker has sent as a preview.
 */
#include "client/viewer/clipboard.h"

#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { PATIENCE_MS = 20000, HELD_BYTES = 64 * 1024, SMALL_BYTES = 64 };

struct clipboard {
	struct clipboard_ops ops;
	void *user;
	uv_timer_t timer;
	uint8_t directions; /* enum sek_cross */
	uint32_t max_chars;
	bool known;         /* a policy was heard since the connection began */

	bool holding, direct, offered; /* direct: the held key pastes by itself; offered: a text is with the broker */
	uint16_t paste_code;
	uint8_t held[HELD_BYTES];
	size_t held_bytes;

	uint8_t question;   /* its direction, 0: none */
	uint32_t question_id;
	bool asked;         /* it is being shown */

	char *incoming;     /* a text whose last piece has not come yet */
	size_t incoming_bytes;
	bool preview;
};

static const char *const summaries[] = { "keys.clipboard", "keys.clipboard.to-outer", "keys.clipboard.to-inner",
	"keys.clipboard.both" };
static const char *const changes[] = { "clipboard.now-none", "clipboard.now-to-outer", "clipboard.now-to-inner",
	"clipboard.now-both" };

struct clipboard *clipboard_create(uv_loop_t *loop, const struct clipboard_ops *ops, void *user)
{
	struct clipboard *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->ops = *ops;
	c->user = user;
	c->timer.data = c;
	uv_timer_init(loop, &c->timer);
	return c;
}

static void on_closed(uv_handle_t *h)
{
	struct clipboard *c = h->data;

	free(c->incoming);
	free(c);
}

void clipboard_destroy(struct clipboard *c)
{
	if (c)
		uv_close((uv_handle_t *)&c->timer, on_closed);
}

bool clipboard_to_outer(const struct clipboard *c)
{
	return c->directions & SEK_CROSS_TO_OUTER;
}

bool clipboard_to_inner(const struct clipboard *c)
{
	return c->directions & SEK_CROSS_TO_INNER;
}

const char *clipboard_summary(const struct clipboard *c)
{
	return summaries[c->directions & 3];
}

/* --- what is held --- */

static bool waits(uint8_t type)
{
	return type == SEK_MSG_KEY || type == SEK_MSG_TEXT || type == SEK_MSG_POINTER || type == SEK_MSG_WHEEL || type == SEK_MSG_RELEASE;
}

void clipboard_send(struct clipboard *c, const uint8_t *frame, size_t n)
{
	if (!c->holding || !waits(frame[0])) {
		c->ops.send(c->user, frame, n);
		return;
	}
	if (n > sizeof c->held - c->held_bytes)
		return; /* somebody types on while the broker does not answer */
	memcpy(c->held + c->held_bytes, frame, n);
	c->held_bytes += n;
}

static bool is_paste_key(const struct clipboard *c, const uint8_t *frame)
{
	const uint8_t *payload = frame + SEK_FRAME_HEADER_BYTES;

	return frame[0] == SEK_MSG_KEY && (payload[0] << 8 | payload[1]) == c->paste_code;
}

static void let_go(struct clipboard *c, bool with_key)
{
	struct sek_frame frame;
	size_t n = c->held_bytes, total;

	uv_timer_stop(&c->timer);
	c->holding = false;
	c->held_bytes = 0;
	for (size_t at = 0; at < n; at += total) {
		if (!sek_is_ok(sek_frame_whole(c->held + at, n - at, SEK_LINK_CLIENT, SEK_DIR_UP, &frame, &total)))
			return;
		if (with_key || !is_paste_key(c, c->held + at))
			c->ops.send(c->user, c->held + at, total);
	}
}

static void release(struct clipboard *c, bool with_key)
{
	c->offered = false;
	let_go(c, with_key);
}

static void on_patience(uv_timer_t *t)
{
	struct clipboard *c = t->data;

	c->ops.notice(c->user, "clipboard.failed", NULL, 0);
	release(c, false);
}

void clipboard_hold(struct clipboard *c, uint16_t code)
{
	if (c->holding)
		return;
	c->holding = c->direct = true;
	c->paste_code = code;
	c->held_bytes = 0;
}

/* --- to the outer zone --- */

static void send_text(struct clipboard *c, const uint8_t *text, size_t n)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES], flags = SEK_CLIPBOARD_FIRST;
	struct sek_writer w;

	while (n > 0) {
		size_t piece = sek_clipboard_piece_bytes(text, n);

		if (piece == n)
			flags |= SEK_CLIPBOARD_LAST;
		sek_writer_init(&w, memory, sizeof memory);
		sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ flags, text, piece });
		if (piece == 0 || !sek_is_ok(sek_writer_status(&w)))
			return;
		c->ops.send(c->user, memory, w.len);
		text += piece;
		n -= piece;
		flags = 0;
	}
}

void clipboard_paste(struct clipboard *c, const char *text, bool others)
{
	size_t n = strlen(text), chars = 0;

	if (c->offered)
		return;
	if (n == 0) {
		/* Nothing here: then the key means what was copied over there. A picture means nothing at all. */
		if (others)
			c->ops.notice(c->user, "clipboard.text-only", NULL, 0);
		release(c, !others);
	} else if (!sek_utf8_valid((const uint8_t *)text, n, &chars)) {
		c->ops.notice(c->user, "clipboard.text-only", NULL, 0);
		release(c, false);
	} else if (chars > c->max_chars || n > SEK_CLIPBOARD_MAX_BYTES) {
		c->ops.notice(c->user, "clipboard.too-long", "chars", c->max_chars);
		release(c, false);
	} else {
		c->offered = true;
		uv_timer_start(&c->timer, on_patience, PATIENCE_MS, 0);
		send_text(c, (const uint8_t *)text, n);
	}
}

static void press(struct clipboard *c, uint16_t code, bool down, uint32_t codepoint)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ code, down, codepoint });
	c->ops.send(c->user, memory, w.len);
}

/* The text is on the other side: now the key that pastes it. */
static void paste_now(struct clipboard *c)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	if (c->holding && c->direct) {
		release(c, true);
		return;
	}
	release(c, false);
	sek_writer_init(&w, memory, sizeof memory);
	sek_empty_write(&w, SEK_MSG_RELEASE);
	c->ops.send(c->user, memory, w.len);
	press(c, KEY_LEFTCTRL, true, 0);
	press(c, KEY_V, true, 'v');
	press(c, KEY_V, false, 'v');
	press(c, KEY_LEFTCTRL, false, 0);
}

/* --- what the broker says --- */

static void take_back_question(struct clipboard *c)
{
	if (c->asked)
		c->ops.ask(c->user, false, NULL, 0);
	c->asked = false;
	c->question = 0;
}

void clipboard_policy(struct clipboard *c, const struct sek_policy_msg *m)
{
	uint8_t before = c->directions;

	c->directions = m->clipboard & 3;
	c->max_chars = m->clipboard_max_chars;
	/* A change in mid-session is told; what holds at the start is told when it matters. */
	if (c->known && before != c->directions)
		c->ops.notice(c->user, changes[c->directions], NULL, 0);
	c->known = true;
}

static void take_result(struct clipboard *c, const struct sek_clipboard_result *m)
{
	bool outer = m->direction == SEK_CROSS_TO_OUTER;

	if (m->outcome == SEK_CLIPBOARD_ASK) {
		take_back_question(c);
		c->question = m->direction;
		c->question_id = m->arg;
		/* The keys are let go, but for the paste: a question takes as long as it takes. */
		if (outer) {
			c->direct = false;
			let_go(c, false);
		}
		return;
	}
	if (c->question == m->direction)
		take_back_question(c);
	switch (m->outcome) {
	case SEK_CLIPBOARD_DONE:
		if (outer && c->offered)
			paste_now(c);
		return;
	case SEK_CLIPBOARD_TOO_LONG: c->ops.notice(c->user, "clipboard.too-long", "chars", m->arg); break;
	case SEK_CLIPBOARD_TOO_OFTEN: c->ops.notice(c->user, "clipboard.too-often", "seconds", m->arg); break;
	case SEK_CLIPBOARD_NO_TEXT: c->ops.notice(c->user, "clipboard.text-only", NULL, 0); break;
	case SEK_CLIPBOARD_DECLINED: c->ops.notice(c->user, "clipboard.declined", NULL, 0); break;
	case SEK_CLIPBOARD_WAITING: c->ops.notice(c->user, "clipboard.waits", "hours", m->arg); break;
	case SEK_CLIPBOARD_NO_APPROVER: c->ops.notice(c->user, "clipboard.no-approver", NULL, 0); break;
	case SEK_CLIPBOARD_TOO_MANY: c->ops.notice(c->user, "clipboard.too-many", NULL, 0); break;
	default: c->ops.notice(c->user, outer ? "notice.paste" : "clipboard.copy-off", NULL, 0); break;
	}
	if (outer)
		release(c, false);
}

static void text_complete(struct clipboard *c)
{
	size_t chars = 0;

	c->incoming[c->incoming_bytes] = 0;
	sek_utf8_valid((uint8_t *)c->incoming, c->incoming_bytes, &chars);
	if (c->preview && c->question) {
		c->asked = true;
		c->ops.ask(c->user, c->question == SEK_CROSS_TO_OUTER, c->incoming, chars);
	} else if (!c->preview) {
		take_back_question(c);
		c->ops.arrived(c->user, c->incoming);
		c->ops.notice(c->user, "clipboard.copied", "chars", chars);
	}
	free(c->incoming);
	c->incoming = NULL;
}

static bool take_piece(struct clipboard *c, const struct sek_clipboard_piece *m)
{
	if (m->flags & SEK_CLIPBOARD_FIRST) {
		free(c->incoming);
		c->incoming = malloc(SEK_CLIPBOARD_MAX_BYTES + 1);
		c->incoming_bytes = 0;
		c->preview = m->flags & SEK_CLIPBOARD_PREVIEW;
	}
	if (!c->incoming || m->bytes > SEK_CLIPBOARD_MAX_BYTES - c->incoming_bytes ||
	    c->preview != !!(m->flags & SEK_CLIPBOARD_PREVIEW))
		return false;
	memcpy(c->incoming + c->incoming_bytes, m->utf8, m->bytes);
	c->incoming_bytes += m->bytes;
	if (m->flags & SEK_CLIPBOARD_LAST)
		text_complete(c);
	return true;
}

bool clipboard_hear(struct clipboard *c, uint8_t type, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_result result;
	struct sek_clipboard_piece piece;

	if (type == SEK_MSG_CLIPBOARD)
		return sek_is_ok(sek_clipboard_piece_read(payload, n, &piece)) && take_piece(c, &piece);
	if (type != SEK_MSG_CLIPBOARD_RESULT || !sek_is_ok(sek_clipboard_result_read(payload, n, &result)))
		return false;
	take_result(c, &result);
	return true;
}

void clipboard_answer(struct clipboard *c, bool yes)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	if (!c->asked)
		return;
	c->asked = false;
	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_answer_write(&w, &(struct sek_clipboard_answer){ c->question_id, yes });
	c->ops.send(c->user, memory, w.len);
}

void clipboard_reset(struct clipboard *c)
{
	take_back_question(c);
	c->known = false;
	free(c->incoming);
	c->incoming = NULL;
	release(c, false);
}
