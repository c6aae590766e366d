/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lengths are checked before anything is read; nothing is allocated but at the start.
 */
#include "broker/decoder/vnc/cut.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/error.h"
#include "base/utf8.h"
#include "protocol/limits.h"

enum {
	TEXT = 1,
	CAPS = 1 << 24, REQUEST = 1 << 25, PEEK = 1 << 26, NOTIFY = 1 << 27, PROVIDE = 1 << 28,
	CLIENT_CUT_TEXT = 6,
};

sek_status sek_vnc_cut_init(struct sek_vnc_cut *c, struct sek_foreign_clipboard *out)
{
	*c = (struct sek_vnc_cut){ .out = out, .paste = malloc(SEK_CLIPBOARD_MAX_BYTES + 1), .in = malloc(SEK_VNC_CUT_ROOM_BYTES),
		.unpacked = malloc(SEK_VNC_CUT_ROOM_BYTES) };
	return c->paste && c->in && c->unpacked ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static bool get(rfbClient *client, void *ret, size_t n)
{
	return ReadFromRFBServer(client, ret, (unsigned)n);
}

static bool skip(rfbClient *client, size_t n)
{
	char rest[4096];

	for (size_t k; n > 0; n -= k) {
		k = n < sizeof rest ? n : sizeof rest;
		if (!get(client, rest, k))
			return false;
	}
	return true;
}

/* --- to the host --- */

static bool put(rfbClient *client, int32_t length, const uint8_t *bytes, size_t n)
{
	uint8_t head[8] = { CLIENT_CUT_TEXT };

	put_u32(head + 4, (uint32_t)length);
	return WriteToRFBServer(client, (const char *)head, sizeof head) && (n == 0 || WriteToRFBServer(client, (const char *)bytes, (unsigned)n));
}

static bool put_flags(rfbClient *client, uint32_t flags)
{
	uint8_t b[4];

	put_u32(b, flags);
	return put(client, -4, b, sizeof b);
}

/* What we can: text, on request only, so that nothing comes while nothing may. */
static bool put_caps(rfbClient *client)
{
	uint8_t b[8];

	put_u32(b, CAPS | REQUEST | NOTIFY | PROVIDE | TEXT);
	put_u32(b + 4, 0);
	return put(client, -8, b, sizeof b);
}

/* "provide": flags, then, deflated: the size, the text, a zero. Lines end with CR LF there; a lone LF was never refused by any server. */
static bool put_provide(struct sek_vnc_cut *c, rfbClient *client)
{
	const uint8_t *text = c->typed_n > 0 ? c->typed : c->paste;
	size_t n = c->typed_n > 0 ? c->typed_n : c->paste_n;
	uLongf packed = SEK_VNC_CUT_ROOM_BYTES - 4;

	if (n == 0)
		return true;
	put_u32(c->unpacked, (uint32_t)(n + 1));
	memcpy(c->unpacked + 4, text, n);
	c->unpacked[4 + n] = 0;
	if (compress2(c->in + 4, &packed, c->unpacked, n + 5, Z_BEST_SPEED) != Z_OK)
		return true; /* no room: it is not pasted */
	c->given = c->typed_n > 0;
	put_u32(c->in, PROVIDE | TEXT);
	return put(client, -(int32_t)(packed + 4), c->in, packed + 4);
}

static bool put_latin1(struct sek_vnc_cut *c, rfbClient *client)
{
	const uint8_t *at = c->paste;
	size_t left = c->paste_n, n = 0, used;
	uint32_t letter;

	for (; left > 0; at += used, left -= used) {
		used = sek_utf8_next(at, left, &letter);
		if (used == 0)
			break;
		c->in[n++] = letter < 0x100 ? (uint8_t)letter : '?';
	}
	return put(client, (int32_t)n, c->in, n);
}

bool sek_vnc_cut_paste(struct sek_vnc_cut *c, rfbClient *client, const uint8_t *utf8, size_t n)
{
	SEK_ASSERT(n <= SEK_CLIPBOARD_MAX_BYTES);
	memcpy(c->paste, utf8, n);
	c->paste_n = n;
	return c->asks ? put_flags(client, NOTIFY | TEXT) : c->extended ? put_provide(c, client) : put_latin1(c, client);
}

bool sek_vnc_cut_type(struct sek_vnc_cut *c, rfbClient *client, const uint8_t *utf8, size_t n)
{
	SEK_ASSERT(n <= sizeof c->typed && c->asks);
	memcpy(c->typed, utf8, n);
	c->typed_n = n;
	c->given = false;
	return put_flags(client, NOTIFY | TEXT);
}

bool sek_vnc_cut_typed(struct sek_vnc_cut *c, rfbClient *client)
{
	explicit_bzero(c->typed, c->typed_n);
	c->typed_n = 0;
	return c->paste_n == 0 || put_flags(client, NOTIFY | TEXT);
}

/* --- from the host --- */

static void take_latin1(struct sek_vnc_cut *c, size_t n)
{
	size_t m = 0;

	for (size_t i = 0; i < n && m + 2 <= SEK_CLIPBOARD_MAX_BYTES; i++) {
		if (c->in[i] < 0x80) {
			c->unpacked[m++] = c->in[i];
		} else {
			c->unpacked[m++] = (uint8_t)(0xc0 | c->in[i] >> 6);
			c->unpacked[m++] = (uint8_t)(0x80 | (c->in[i] & 0x3f));
		}
	}
	sek_foreign_clipboard_send(c->out, c->unpacked, m);
}

/* Never more than fits is unpacked, whatever the bytes say. */
static void take_provided(struct sek_vnc_cut *c, size_t n)
{
	z_stream z = { .next_in = c->in, .avail_in = (uInt)n, .next_out = c->unpacked, .avail_out = SEK_CLIPBOARD_MAX_BYTES + 5 };
	size_t have, size;
	int r;

	if (inflateInit(&z) != Z_OK)
		return;
	r = inflate(&z, Z_SYNC_FLUSH);
	have = (size_t)(z.next_out - c->unpacked);
	inflateEnd(&z);
	if ((r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) || have < 4)
		return;
	size = u32(c->unpacked);
	if (size < 1 || size > have - 4 || size > SEK_CLIPBOARD_MAX_BYTES)
		return;
	if (c->unpacked[4 + size - 1] == 0)
		size--;
	sek_foreign_clipboard_send(c->out, c->unpacked + 4, size);
}

static bool take_extended(struct sek_vnc_cut *c, rfbClient *client, size_t n)
{
	uint32_t flags;

	if (n < 4 || n > SEK_VNC_CUT_ROOM_BYTES)
		return skip(client, n);
	if (!get(client, c->in, n))
		return false;
	flags = u32(c->in);
	memmove(c->in, c->in + 4, n - 4);
	if (flags & CAPS) {
		c->extended = flags & TEXT;
		c->asks = c->extended && (flags & NOTIFY);
		return put_caps(client);
	}
	if (!(flags & TEXT))
		return true;
	if (flags & NOTIFY)
		return !sek_foreign_clipboard_open(c->out) || put_flags(client, REQUEST | TEXT);
	if (flags & REQUEST)
		return put_provide(c, client);
	if (flags & PEEK)
		return put_flags(client, NOTIFY | (c->paste_n > 0 ? TEXT : 0));
	if (flags & PROVIDE)
		take_provided(c, n - 4);
	return true;
}

bool sek_vnc_cut_read(struct sek_vnc_cut *c, rfbClient *client, bool *ret_malformed)
{
	uint8_t head[7];
	int32_t length;

	if (!get(client, head, sizeof head))
		return false;
	length = (int32_t)u32(head + 3);
	if (length > SEK_VNC_CUT_MAX_BYTES || length < -SEK_VNC_CUT_MAX_BYTES) {
		*ret_malformed = true;
		return false;
	}
	if (length < 0)
		return take_extended(c, client, (size_t)-length);
	if (length > SEK_CLIPBOARD_MAX_BYTES || !sek_foreign_clipboard_open(c->out))
		return skip(client, (size_t)length);
	if (length > 0 && !get(client, c->in, (size_t)length))
		return false;
	take_latin1(c, (size_t)length);
	return true;
}
