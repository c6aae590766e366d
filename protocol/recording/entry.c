/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The form of entries. Must never look past the bytes it was given, whatever they say.
 */
#include "protocol/recording/entry.h"

#include "base/utf8.h"
#include "protocol/wire/names.h"

struct bounds {
	uint32_t least, most;
	char name[SEK_NAME_MAX];
};

static const struct bounds kinds[] = {
#define SEK_ENTRY(NAME, number, least, most, text) [number] = { least, most, SEK_LOWER(#NAME) },
#include "protocol/recording/entries.def"
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Kinds start at 1. A hole in the list has no name. */
static const struct bounds *bounds_of(unsigned kind)
{
	return kind < KINDS && kinds[kind].name[0] ? &kinds[kind] : NULL;
}

bool sek_entry_bounds(unsigned kind, uint32_t *ret_least, uint32_t *ret_most)
{
	const struct bounds *b = bounds_of(kind);

	if (!b)
		return false;
	*ret_least = b->least;
	*ret_most = b->most;
	return true;
}

const char *sek_entry_name(unsigned kind)
{
	const struct bounds *b = bounds_of(kind);

	return b ? b->name : "unknown";
}

const char *sek_record_event_word(unsigned event)
{
	switch (event) {
#define SEK_RECORD_EVENT(NAME, number, word, text) \
	case number:                               \
		return word;
#include "protocol/recording/entries.def"
	default:
		return "unknown";
	}
}

/* --- heads --- */

sek_status sek_entry_head_write(enum sek_entry_kind kind, uint64_t at_us, size_t n, uint8_t ret[SEK_ENTRY_HEAD_BYTES])
{
	const struct bounds *b = bounds_of(kind);
	struct sek_writer w;

	if (!b || n < b->least || n > b->most)
		return sek_fail(SEK_E_LIMIT);
	sek_writer_init(&w, ret, SEK_ENTRY_HEAD_BYTES);
	sek_write_u8(&w, (uint8_t)kind);
	sek_write_u8(&w, 0);
	sek_write_u16(&w, 0);
	sek_write_u32(&w, (uint32_t)n);
	sek_write_u64(&w, at_us);
	return sek_writer_status(&w);
}

sek_status sek_entry_head_read(const uint8_t head[SEK_ENTRY_HEAD_BYTES], struct sek_entry *ret)
{
	const struct bounds *b;
	struct sek_reader r;
	uint8_t kind, flags;
	uint16_t zero;
	uint32_t n;
	uint64_t at;

	sek_reader_init(&r, head, SEK_ENTRY_HEAD_BYTES);
	SEK_TRY(sek_read_u8(&r, &kind));
	SEK_TRY(sek_read_u8(&r, &flags));
	SEK_TRY(sek_read_u16(&r, &zero));
	SEK_TRY(sek_read_u32(&r, &n));
	SEK_TRY(sek_read_u64(&r, &at));
	b = bounds_of(kind);
	if (!b || flags || zero || n < b->least || n > b->most)
		return sek_fail(SEK_E_MALFORMED);
	*ret = (struct sek_entry){ .kind = (enum sek_entry_kind)kind, .at_us = at, .n = n };
	return sek_ok();
}

/* --- payloads --- */

void sek_entry_clock_write(struct sek_writer *w, uint64_t utc_us)
{
	sek_write_u64(w, utc_us);
}

sek_status sek_entry_clock_read(const uint8_t *payload, size_t n, uint64_t *ret_utc_us)
{
	struct sek_reader r;
	uint64_t utc;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u64(&r, &utc));
	SEK_TRY(sek_read_done(&r));
	*ret_utc_us = utc;
	return sek_ok();
}

void sek_entry_pointer_write(struct sek_writer *w, const struct sek_pointer *p)
{
	sek_write_u16(w, p->x_px);
	sek_write_u16(w, p->y_px);
	sek_write_u8(w, p->buttons);
	sek_write_u8(w, 0);
	sek_write_u16(w, 0);
}

void sek_entry_wheel_write(struct sek_writer *w, const struct sek_wheel *m)
{
	sek_write_u16(w, m->x_px);
	sek_write_u16(w, m->y_px);
	sek_write_i16(w, m->dx);
	sek_write_i16(w, m->dy);
}

void sek_entry_clipboard_write(struct sek_writer *w, const struct sek_entry_clipboard *c)
{
	sek_write_u8(w, c->direction);
	sek_write_u8(w, c->outcome);
	sek_write_u16(w, 0);
	sek_write_u32(w, c->characters);
	sek_write_bytes(w, c->digest, sizeof c->digest);
	if (c->text)
		sek_write_bytes(w, c->text, c->text_n);
}

sek_status sek_entry_clipboard_read(const uint8_t *payload, size_t n, struct sek_entry_clipboard *ret)
{
	struct sek_entry_clipboard c = { .text = NULL };
	const uint8_t *digest;
	struct sek_reader r;
	uint16_t zero;
	size_t characters = 0;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &c.direction));
	SEK_TRY(sek_read_u8(&r, &c.outcome));
	SEK_TRY(sek_read_u16(&r, &zero));
	SEK_TRY(sek_read_u32(&r, &c.characters));
	SEK_TRY(sek_read_bytes(&r, sizeof c.digest, &digest));
	__builtin_memcpy(c.digest, digest, sizeof c.digest);
	if ((c.direction != SEK_CROSS_TO_OUTER && c.direction != SEK_CROSS_TO_INNER) || c.outcome < SEK_CLIPBOARD_DONE ||
			c.outcome > SEK_CLIPBOARD_DECLINED || zero)
		return sek_fail(SEK_E_MALFORMED);
	if (r.left > 0) {
		c.text_n = r.left;
		SEK_TRY(sek_read_bytes(&r, c.text_n, &c.text));
		if (!sek_utf8_valid(c.text, c.text_n, &characters) || characters != c.characters)
			return sek_fail(SEK_E_MALFORMED);
	}
	*ret = c;
	return sek_ok();
}

void sek_entry_event_write(struct sek_writer *w, const struct sek_entry_event *e)
{
	size_t n = e->words ? e->words_n : 0;

	if (n > SEK_ENTRY_WORDS_MAX_BYTES)
		for (n = SEK_ENTRY_WORDS_MAX_BYTES; n > 0 && (e->words[n] & 0xc0) == 0x80;)
			n--;
	sek_write_u16(w, e->event);
	sek_write_u16(w, 0);
	sek_write_u32(w, e->arg);
	sek_write_bytes(w, e->words, n);
}

sek_status sek_entry_event_read(const uint8_t *payload, size_t n, struct sek_entry_event *ret)
{
	struct sek_entry_event e = { .words = NULL };
	struct sek_reader r;
	uint16_t zero;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &e.event));
	SEK_TRY(sek_read_u16(&r, &zero));
	SEK_TRY(sek_read_u32(&r, &e.arg));
	e.words_n = r.left;
	SEK_TRY(sek_read_bytes(&r, e.words_n, &e.words));
	if (e.event == 0 || zero || e.words_n > SEK_ENTRY_WORDS_MAX_BYTES || !sek_utf8_valid(e.words, e.words_n, NULL))
		return sek_fail(SEK_E_MALFORMED);
	*ret = e;
	return sek_ok();
}

sek_status sek_entry_frame_read(const uint8_t *payload, size_t n, uint8_t *ret_type, uint8_t *ret_flags)
{
	struct sek_reader r;
	uint8_t type, flags;
	uint16_t zero;
	uint32_t length;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &type));
	SEK_TRY(sek_read_u8(&r, &flags));
	SEK_TRY(sek_read_u16(&r, &zero));
	SEK_TRY(sek_read_u32(&r, &length));
	if (zero || length != r.left)
		return sek_fail(SEK_E_MALFORMED);
	*ret_type = type;
	*ret_flags = flags;
	return sek_ok();
}

static sek_status aside_check(const uint8_t *payload, size_t n)
{
	uint8_t type, flags;

	SEK_TRY(sek_entry_frame_read(payload, n, &type, &flags));
	return type == SEK_MSG_UPDATE ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

sek_status sek_entry_payload_check(enum sek_entry_kind kind, const uint8_t *payload, size_t n)
{
	const struct bounds *b = bounds_of(kind);
	struct sek_entry_clipboard clipboard;
	struct sek_entry_event event;
	struct sek_pointer pointer;
	struct sek_wheel wheel;
	uint8_t type, flags;
	uint64_t utc;

	if (!b || n < b->least || n > b->most)
		return sek_fail(SEK_E_MALFORMED);
	switch (kind) {
	case SEK_ENTRY_META:
	case SEK_ENTRY_TEXT:
		return sek_utf8_valid(payload, n, NULL) ? sek_ok() : sek_fail(SEK_E_MALFORMED);
	case SEK_ENTRY_CLOCK:
		return sek_entry_clock_read(payload, n, &utc);
	case SEK_ENTRY_DOWN:
		return sek_entry_frame_read(payload, n, &type, &flags);
	case SEK_ENTRY_ASIDE:
		return aside_check(payload, n);
	case SEK_ENTRY_POINTER:
		return sek_pointer_read(payload, n, &pointer);
	case SEK_ENTRY_WHEEL:
		return sek_wheel_read(payload, n, &wheel);
	case SEK_ENTRY_KEY:
		return sek_ok();
	case SEK_ENTRY_CLIPBOARD:
		return sek_entry_clipboard_read(payload, n, &clipboard);
	case SEK_ENTRY_EVENT:
		return sek_entry_event_read(payload, n, &event);
	}
	return sek_fail(SEK_E_MALFORMED);
}

sek_status sek_entry_read(struct sek_reader *r, struct sek_entry *ret)
{
	struct sek_reader at = *r;
	struct sek_entry e;
	const uint8_t *head;

	SEK_TRY(sek_read_bytes(&at, SEK_ENTRY_HEAD_BYTES, &head));
	SEK_TRY(sek_entry_head_read(head, &e));
	SEK_TRY(sek_read_bytes(&at, e.n, &e.payload));
	SEK_TRY(sek_entry_payload_check(e.kind, e.payload, e.n));
	*r = at;
	*ret = e;
	return sek_ok();
}
