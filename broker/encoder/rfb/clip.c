/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text between the viewer's clipboard and the session's, each way only while the policy opens it: what the viewer says while it is closed is
 * dropped, and nothing is asked of it. The broker cleans, counts and records what crosses, as with any client. A text of the viewer crosses
 * when it is pasted, not when it is copied.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/utf8.h"
#include "broker/encoder/rfb/rfb.h"

/* The extended clipboard's flags: one kind of content, and what is done. */
enum { TEXT = 1, CAPS = 1 << 24, REQUEST = 1 << 25, PEEK = 1 << 26, NOTIFY = 1 << 27, PROVIDE = 1 << 28, CUT_TEXT = 3 };

sek_status sek_rfb_clip_init(struct sek_rfb_clip *c)
{
	c->from_viewer = malloc(SEK_RFB_CUT_MAX_BYTES);
	c->to_viewer = malloc(SEK_CLIPBOARD_MAX_BYTES);
	c->room = malloc(SEK_RFB_ROOM_BYTES);
	return c->from_viewer && c->to_viewer && c->room ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

/* --- to the viewer --- */

static void put_cut(struct sek_rfb *r, int32_t length, const uint8_t *bytes, size_t n)
{
	uint8_t memory[8];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u32(&w, (uint32_t)CUT_TEXT << 24);
	sek_write_u32(&w, (uint32_t)length);
	sek_rfb_put(r, memory, w.len);
	sek_rfb_put(r, bytes, n);
}

static void put_flags(struct sek_rfb *r, uint32_t flags)
{
	uint8_t memory[4];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u32(&w, flags);
	put_cut(r, -4, memory, w.len);
}

void sek_rfb_clip_offered(struct sek_rfb *r)
{
	uint8_t memory[8];
	struct sek_writer w;

	r->clip.extended = true;
	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u32(&w, CAPS | REQUEST | NOTIFY | PROVIDE | TEXT);
	sek_write_u32(&w, 0); /* nothing that was not asked for */
	put_cut(r, -8, memory, w.len);
}

/* Lines end with CR LF on the wire, the text with a zero. */
static void put_provide(struct sek_rfb *r)
{
	struct sek_rfb_clip *c = &r->clip;
	uint8_t *plain = c->room, *packed = c->room + SEK_RFB_CUT_MAX_BYTES;
	uLongf packed_n = SEK_RFB_CUT_MAX_BYTES - 4;
	struct sek_writer w;

	sek_writer_init(&w, plain, SEK_RFB_CUT_MAX_BYTES);
	sek_write_u32(&w, 0);
	for (size_t i = 0; i < c->to_viewer_n; i++) {
		if (c->to_viewer[i] == '\n')
			sek_write_u8(&w, '\r');
		sek_write_u8(&w, c->to_viewer[i]);
	}
	sek_write_u8(&w, 0);
	if (!sek_is_ok(sek_writer_status(&w)))
		return;
	for (int i = 0; i < 4; i++)
		plain[i] = (uint8_t)((w.len - 4) >> (24 - 8 * i));
	if (compress2(packed + 4, &packed_n, plain, w.len, Z_BEST_SPEED) != Z_OK)
		return;
	sek_writer_init(&w, packed, 4);
	sek_write_u32(&w, PROVIDE | TEXT);
	put_cut(r, -(int32_t)(packed_n + 4), packed, packed_n + 4);
}

static void put_latin1(struct sek_rfb *r)
{
	struct sek_rfb_clip *c = &r->clip;
	size_t left = c->to_viewer_n, n = 0, used;
	const uint8_t *at = c->to_viewer;
	uint32_t letter;

	for (; left > 0; at += used, left -= used) {
		used = sek_utf8_next(at, left, &letter);
		if (used == 0)
			break;
		c->room[n++] = letter < 0x100 ? (uint8_t)letter : '?';
	}
	put_cut(r, (int32_t)n, c->room, n);
}

static void announce(struct sek_rfb *r)
{
	if (!r->init_sent || !(r->clip.directions & SEK_CROSS_TO_INNER) || r->clip.to_viewer_n == 0)
		return;
	if (!r->clip.extended)
		put_latin1(r);
	else if (r->clip.viewer_can & NOTIFY)
		put_flags(r, NOTIFY | TEXT);
	else
		put_provide(r);
}

void sek_rfb_clip_piece(struct sek_rfb *r, const struct sek_clipboard_piece *m)
{
	struct sek_rfb_clip *c = &r->clip;

	if (m->flags & SEK_CLIPBOARD_PREVIEW) {
		sek_rfb_ask_piece(r, m);
		return;
	}
	if (m->flags & SEK_CLIPBOARD_FIRST) {
		c->to_viewer_n = 0;
		c->gathering = true;
	}
	if (!c->gathering || m->bytes > SEK_CLIPBOARD_MAX_BYTES - c->to_viewer_n)
		return;
	memcpy(c->to_viewer + c->to_viewer_n, m->utf8, m->bytes);
	c->to_viewer_n += m->bytes;
	if (!(m->flags & SEK_CLIPBOARD_LAST))
		return;
	c->gathering = false;
	announce(r);
}

void sek_rfb_clip_policy(struct sek_rfb *r, uint8_t directions)
{
	struct sek_rfb_clip *c = &r->clip;

	if (!(directions & SEK_CROSS_TO_OUTER)) {
		explicit_bzero(c->from_viewer, c->from_viewer_n);
		c->from_viewer_n = 0;
		c->fresh = false;
	}
	if (!(directions & SEK_CROSS_TO_INNER)) {
		explicit_bzero(c->to_viewer, c->to_viewer_n);
		c->to_viewer_n = 0;
		c->gathering = false;
	}
	c->directions = directions;
}

/* --- from the viewer --- */

/* The text that the viewer has now. */
static void keep(struct sek_rfb_clip *c, size_t n)
{
	while (n > 0 && c->from_viewer[n - 1] == 0)
		n--;
	c->from_viewer_n = sek_utf8_valid(c->from_viewer, n, NULL) ? n : 0;
	c->fresh = c->from_viewer_n > 0;
}

static void take_latin1(struct sek_rfb_clip *c, const uint8_t *bytes, size_t n)
{
	size_t m = 0;

	for (size_t i = 0; i < n && m + 2 <= SEK_RFB_CUT_MAX_BYTES; i++) {
		if (bytes[i] < 0x80) {
			c->from_viewer[m++] = bytes[i];
		} else {
			c->from_viewer[m++] = (uint8_t)(0xc0 | bytes[i] >> 6);
			c->from_viewer[m++] = (uint8_t)(0x80 | (bytes[i] & 0x3f));
		}
	}
	keep(c, m);
}

/* Unpacks at most as much as a text may have; what is longer is no text of ours. */
static void take_provided(struct sek_rfb_clip *c, const uint8_t *packed, size_t n)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed, .avail_in = (uInt)n, .next_out = c->room, .avail_out = SEK_RFB_ROOM_BYTES };
	struct sek_reader in;
	const uint8_t *text;
	uint32_t length;
	int end;

	if (inflateInit(&z) != Z_OK)
		return;
	end = inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	if (end != Z_OK && end != Z_STREAM_END)
		return;
	sek_reader_init(&in, c->room, SEK_RFB_ROOM_BYTES - z.avail_out);
	if (!sek_is_ok(sek_read_u32(&in, &length)) || length > SEK_RFB_CUT_MAX_BYTES || !sek_is_ok(sek_read_bytes(&in, length, &text)))
		return;
	memcpy(c->from_viewer, text, length);
	keep(c, length);
}

sek_status sek_rfb_clip_cut(struct sek_rfb *r, const uint8_t *bytes, size_t n, bool extended)
{
	struct sek_rfb_clip *c = &r->clip;
	bool open = c->directions & SEK_CROSS_TO_OUTER;
	struct sek_reader in;
	uint32_t flags;

	if (!extended) {
		if (open)
			take_latin1(c, bytes, n);
		return sek_ok();
	}
	sek_reader_init(&in, bytes, n);
	SEK_TRY(sek_read_u32(&in, &flags));
	if (flags & CAPS) {
		c->viewer_can = flags;
	} else if (flags & REQUEST) {
		if ((flags & TEXT) && (c->directions & SEK_CROSS_TO_INNER) && c->to_viewer_n > 0)
			put_provide(r);
	} else if (flags & PEEK) {
		put_flags(r, NOTIFY | (c->directions & SEK_CROSS_TO_INNER && c->to_viewer_n > 0 ? TEXT : 0));
	} else if (flags & NOTIFY) {
		if ((flags & TEXT) && open)
			put_flags(r, REQUEST | TEXT);
	} else if (flags & PROVIDE) {
		if ((flags & TEXT) && open)
			take_provided(c, in.p, in.left);
	}
	return sek_ok();
}

void sek_rfb_clip_paste(struct sek_rfb *r)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	struct sek_rfb_clip *c = &r->clip;
	const uint8_t *at = c->from_viewer;
	size_t left = c->from_viewer_n;
	uint8_t flags = SEK_CLIPBOARD_FIRST;
	struct sek_writer w;

	if (!c->fresh || r->holding || !(c->directions & SEK_CROSS_TO_OUTER))
		return;
	c->fresh = false;
	if (left > SEK_CLIPBOARD_MAX_BYTES)
		return;
	while (left > 0) {
		size_t n = sek_clipboard_piece_bytes(at, left);

		sek_writer_init(&w, memory, sizeof memory);
		sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ (uint8_t)(flags | (n == left ? SEK_CLIPBOARD_LAST : 0)), at, n });
		if (!sek_is_ok(sek_writer_status(&w)))
			return;
		sek_rfb_up(r, memory, w.len);
		at += n;
		left -= n;
		flags = 0;
	}
	r->holding = true;
	r->hold_ms = sek_rfb_now_ms() + SEK_RFB_PASTE_MS;
}
