/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is read of a recording for a reviewer, in the pool: head and first entries, the line of blocks, what happened,
 * entries. The file is hostile, what it says is bounded here. Must never touch anything of the loop but its own request
 * and, while that is busy, its view.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/review/internal.h"
#include "protocol/wire/names.h"

static const char *word_of(sek_status s)
{
	if (sek_is(s, SEK_E_NOT_FOUND))
		return "not-found";
	if (sek_is(s, SEK_E_VERSION))
		return "newer";
	if (sek_is(s, SEK_E_DENIED))
		return "other-key";
	if (sek_is(s, SEK_E_MALFORMED) || sek_is(s, SEK_E_LIMIT))
		return "damaged";
	return "internal";
}

static void put_u16(uint8_t *to, uint32_t n)
{
	n = n > UINT16_MAX ? UINT16_MAX : n;
	to[0] = (uint8_t)n;
	to[1] = (uint8_t)(n >> 8);
}

static void put_u32(uint8_t *to, uint64_t n)
{
	n = n > UINT32_MAX ? UINT32_MAX : n;
	to[0] = (uint8_t)n;
	to[1] = (uint8_t)(n >> 8);
	to[2] = (uint8_t)(n >> 16);
	to[3] = (uint8_t)(n >> 24);
}

/* --- open --- */

/* The file's META, of the first block. */
static json_t *meta_of(const uint8_t *bytes, size_t n)
{
	struct sek_reader r;
	struct sek_entry e;
	json_t *meta;

	sek_reader_init(&r, bytes, n);
	if (!sek_is_ok(sek_entry_read(&r, &e)) || e.kind != SEK_ENTRY_META)
		return json_object();
	meta = json_loadb((const char *)e.payload, e.n, JSON_REJECT_DUPLICATES, NULL);
	return meta ? meta : json_object();
}

static sek_status unlock_file(struct sek_review_request *q, const struct sek_recording_head *head)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	sek_status s = sek_recording_unseal(head, q->secret, key);

	if (sek_is_ok(s))
		s = sek_recording_use(q->view->reader, key);
	sodium_memzero(key, sizeof key);
	return s;
}

static json_t *head_json(const struct sek_recording_reader *r)
{
	const struct sek_recording_head *h = sek_recording_head(r);
	size_t n;

	(void)sek_recording_blocks(r, &n);
	return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:b,s:b}", "id", h->id, "session", h->session, "where", h->where, "began_utc_us",
		(json_int_t)h->began_utc_us, "length_us", (json_int_t)h->length_us, "bytes", (json_int_t)h->bytes, "blocks", (json_int_t)n,
		"closed", (int)h->closed, "late", (int)h->late);
}

void sek_review_work_open(struct sek_review_request *q)
{
	json_t *meta;
	struct sek_review_view *view = q->view;
	const struct sek_recording_head *head;
	const uint8_t *bytes = NULL;
	char err[256] = "";
	struct stat st;
	size_t n = 0, blocks;
	sek_status s = sek_recording_open(view->path, &view->reader, err, sizeof err);

	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_WARN, "review.open-failed", "recording", view->recording, "why", err, NULL);
		sek_review_fail(q, word_of(s));
		return;
	}
	head = sek_recording_head(view->reader);
	if (strcmp(head->id, view->recording) != 0 || stat(view->path, &st) != 0) {
		sek_review_fail(q, "damaged");
		return;
	}
	view->dev = st.st_dev;
	view->ino = st.st_ino;
	memcpy(view->session, head->session, sizeof view->session);
	s = unlock_file(q, head);
	sodium_memzero(q->secret, SEK_REVIEW_SECRET_BYTES);
	(void)sek_recording_blocks(view->reader, &blocks);
	if (sek_is_ok(s) && blocks > 0)
		s = sek_recording_read(view->reader, 0, &bytes, &n);
	if (!sek_is_ok(s)) {
		sek_review_fail(q, word_of(s));
		return;
	}
	meta = meta_of(bytes, n);
	snprintf(view->of, sizeof view->of, "%s", json_is_string(json_object_get(meta, "user")) ?
		json_string_value(json_object_get(meta, "user")) : "");
	q->out = json_pack("{s:s,s:o,s:o}", "view", view->id, "head", head_json(view->reader), "meta", meta);
}

/* --- what may have happened to the file meanwhile --- */

static bool is_there(struct sek_review_request *q)
{
	const struct sek_review_view *view = q->view;
	struct stat st;

	if (stat(view->path, &st) == 0 && st.st_dev == view->dev && st.st_ino == view->ino)
		return true;
	sek_review_fail(q, "gone");
	return false;
}

static uint32_t number(const struct sek_review_request *q, const char *name, uint32_t absent)
{
	const json_t *member = json_object_get(q->in, name);

	return member ? (uint32_t)json_integer_value(member) : absent;
}

/* --- timeline --- */

static void put_block(uint8_t *to, const struct sek_block *b)
{
	uint64_t from_ms = b->first_us / 1000, start_ms = b->start_us > b->first_us ? (b->start_us - b->first_us + 999) / 1000 : 0;

	put_u32(to, from_ms);
	put_u16(to + 4, (uint32_t)(start_ms > UINT16_MAX ? UINT16_MAX : start_ms));
	to[6] = b->flags;
	to[7] = 0;
	put_u32(to + 8, b->update_bytes);
	put_u16(to + 12, b->updates);
	put_u16(to + 14, b->inputs);
}

void sek_review_work_timeline(struct sek_review_request *q)
{
	uint32_t from = number(q, "from", 0);
	const struct sek_block *blocks;
	size_t n, i;

	if (!is_there(q))
		return;
	blocks = sek_recording_blocks(q->view->reader, &n);
	from = from > n ? (uint32_t)n : from;
	q->bytes = malloc((n - from) * SEK_REVIEW_TIMELINE_BYTES + 1);
	if (!q->bytes) {
		sek_review_fail(q, "internal");
		return;
	}
	for (i = from; i < n; i++)
		put_block(q->bytes + (i - from) * SEK_REVIEW_TIMELINE_BYTES, &blocks[i]);
	q->n = (n - from) * SEK_REVIEW_TIMELINE_BYTES;
}

/* --- again: a recording that is being written has grown --- */

void sek_review_work_again(struct sek_review_request *q)
{
	sek_status s;

	if (!is_there(q))
		return;
	s = sek_recording_again(q->view->reader);
	if (!sek_is_ok(s))
		sek_review_fail(q, word_of(s));
	else
		q->out = json_pack("{s:o}", "head", head_json(q->view->reader));
}

/* --- events --- */

static json_t *clean_text(const uint8_t *text, size_t n)
{
	json_t *j = text ? json_stringn((const char *)text, n) : NULL;

	return j ? j : json_null();
}

static json_t *event_json(const struct sek_entry *e)
{
	struct sek_entry_event event;
	struct sek_entry_clipboard c;

	if (e->kind == SEK_ENTRY_EVENT && sek_is_ok(sek_entry_event_read(e->payload, e->n, &event)))
		return json_pack("{s:I,s:s,s:I,s:o}", "at_us", (json_int_t)e->at_us, "event", sek_record_event_word(event.event), "arg",
			(json_int_t)event.arg, "words", clean_text(event.words, event.words_n));
	if (e->kind == SEK_ENTRY_CLIPBOARD && sek_is_ok(sek_entry_clipboard_read(e->payload, e->n, &c)))
		return json_pack("{s:I,s:s,s:i,s:i,s:I,s:o}", "at_us", (json_int_t)e->at_us, "event", "clipboard", "direction", (int)c.direction,
			"outcome", (int)c.outcome, "characters", (json_int_t)c.characters, "words", clean_text(c.text, c.text_n));
	return NULL;
}

/* Adds what happened in one block. */
static sek_status add_events(struct sek_review_request *q, uint32_t block, json_t *rows, size_t *ret_bytes)
{
	const uint8_t *bytes;
	struct sek_entry e;
	struct sek_reader r;
	size_t n;
	json_t *row;

	SEK_TRY(sek_recording_read(q->view->reader, block, &bytes, &n));
	*ret_bytes += n;
	sek_reader_init(&r, bytes, n);
	while (sek_is_ok(sek_entry_read(&r, &e))) {
		row = event_json(&e);
		if (row)
			json_array_append_new(rows, row);
	}
	return sek_ok();
}

void sek_review_work_events(struct sek_review_request *q)
{
	const unsigned wanted = SEK_BLOCK_EVENT | SEK_BLOCK_POLICY | SEK_BLOCK_CLIPBOARD;
	uint32_t i = number(q, "from", 0);
	const struct sek_block *blocks;
	json_t *rows = json_array();
	size_t n, scanned = 0;
	sek_status s = sek_ok();

	if (!is_there(q)) {
		json_decref(rows);
		return;
	}
	blocks = sek_recording_blocks(q->view->reader, &n);
	for (; i < n && json_array_size(rows) < SEK_REVIEW_EVENTS && scanned < SEK_REVIEW_EVENTS_SCAN_BYTES; i++) {
		if (blocks[i].flags & wanted)
			s = add_events(q, i, rows, &scanned);
		if (sek_is(s, SEK_E_MALFORMED)) /* a block that was changed: the others still say what they know */
			json_array_append_new(rows, json_pack("{s:I,s:s}", "at_us", (json_int_t)blocks[i].first_us, "event", "damaged"));
		s = sek_ok();
	}
	q->out = json_pack("{s:o,s:o}", "events", rows, "next", i < n ? json_integer(i) : json_null());
}

/* --- blocks --- */

/* Answer: for each block u32 number, u32 bytes (little-endian), its entries; the first one in any case, others while they
 * fit. A block that was changed has 0xffffffff for its bytes and nothing behind it. */
static bool add_block(struct sek_review_request *q, uint32_t block, size_t *room)
{
	const uint8_t *bytes = NULL;
	size_t n = 0;
	sek_status s = sek_recording_read(q->view->reader, block, &bytes, &n);
	uint8_t *bigger;

	if (!sek_is_ok(s) && !sek_is(s, SEK_E_MALFORMED)) {
		sek_review_fail(q, word_of(s));
		return false;
	}
	if (q->n > 0 && q->n + 8 + n > SEK_REVIEW_ANSWER_BYTES)
		return false;
	if (q->n + 8 + n > *room) {
		*room = (q->n + 8 + n) * 2;
		bigger = realloc(q->bytes, *room);
		if (!bigger) {
			sek_review_fail(q, "internal");
			return false;
		}
		q->bytes = bigger;
	}
	put_u32(q->bytes + q->n, block);
	put_u32(q->bytes + q->n + 4, sek_is_ok(s) ? n : UINT32_MAX);
	if (sek_is_ok(s) && n > 0)
		memcpy(q->bytes + q->n + 8, bytes, n);
	q->n += 8 + (sek_is_ok(s) ? n : 0);
	return true;
}

void sek_review_work_blocks(struct sek_review_request *q)
{
	uint32_t from = number(q, "from", 0), count = number(q, "count", 1), i;
	size_t n, room = 0;

	if (!is_there(q))
		return;
	(void)sek_recording_blocks(q->view->reader, &n);
	if (from >= n) {
		sek_review_fail(q, "not-found");
		return;
	}
	for (i = from; i < n && i - from < count; i++)
		if (!add_block(q, i, &room))
			break;
	if (!q->bytes)
		sek_review_fail(q, "bad-request");
}
