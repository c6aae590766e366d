/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs in the jail: allocates nothing. Numbers of the wire are little-endian.
 */
#include "broker/decoder/rdp/clip.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { HEADER_BYTES = 8, SHORT_NAME_BYTES = 32, FORMATS_MAX = 1024 };
enum { FIRST = 1, LAST = 2, COMPRESSED = 0x200000 };
enum { MONITOR_READY = 1, FORMAT_LIST = 2, FORMAT_LIST_RESPONSE = 3, DATA_REQUEST = 4, DATA_RESPONSE = 5, TEMP_FOLDER = 6, CAPABILITIES = 7,
	FILE_REQUEST = 8, FILE_RESPONSE = 9, LOCK = 10, UNLOCK = 11 };
enum { WELL = 1, FAILED = 2 };
enum { FORMAT_UNICODE = 13, GENERAL_SET = 1, USE_LONG_NAMES = 2 };

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | get16(p + 2) << 16;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

sek_status sek_rdp_clip_init(struct sek_rdp_clip *c, struct sek_foreign_clipboard *to_broker,
	void (*send)(void *user, const uint8_t *message, size_t n), void *user)
{
	*c = (struct sek_rdp_clip){ .to_broker = to_broker, .send = send, .user = user, .in = malloc(SEK_RDP_CLIP_ROOM_BYTES),
		.out = malloc(HEADER_BYTES + SEK_RDP_CLIP_TEXT_MAX_BYTES) };
	return c->in && c->out ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

/* --- to the host --- */

static void say(struct sek_rdp_clip *c, uint8_t *message, uint32_t type, uint32_t flags, size_t payload)
{
	put16(message, type);
	put16(message + 2, flags);
	put32(message + 4, (uint32_t)payload);
	c->send(c->user, message, HEADER_BYTES + payload);
}

/* What there is: text, or nothing. */
static void offer(struct sek_rdp_clip *c)
{
	uint8_t m[HEADER_BYTES + 4 + SHORT_NAME_BYTES] = { 0 };

	if (!c->ready)
		return;
	put32(m + HEADER_BYTES, FORMAT_UNICODE);
	c->told = true;
	say(c, m, FORMAT_LIST, 0, c->paste_n == 0 ? 0 : c->long_names ? 4 + 2 : 4 + SHORT_NAME_BYTES);
}

static size_t unit(uint8_t *to, size_t at, uint32_t u)
{
	put16(to + at, u);
	return at + 2;
}

void sek_rdp_clip_paste(struct sek_rdp_clip *c, const uint8_t *utf8, size_t n)
{
	uint8_t *to = c->out + HEADER_BYTES;
	size_t at = 0, k;
	uint32_t ch;

	if (!c->outwards)
		return;
	c->paste_n = 0;
	for (size_t i = 0; i < n; i += k) {
		k = sek_utf8_next(utf8 + i, n - i, &ch);
		if (k == 0 || at + 4 + 2 > SEK_RDP_CLIP_TEXT_MAX_BYTES)
			return; /* the broker has seen to that */
		if (ch == '\n')
			at = unit(to, at, '\r');
		if (ch >= 0x10000)
			at = unit(to, at, 0xd7c0 + (ch >> 10));
		at = unit(to, at, ch < 0x10000 ? ch : 0xdc00 | (ch & 0x3ff));
	}
	c->paste_n = unit(to, at, 0);
	offer(c);
}

void sek_rdp_clip_outwards(struct sek_rdp_clip *c, bool allowed)
{
	c->outwards = allowed;
	if (allowed || c->paste_n == 0)
		return;
	explicit_bzero(c->out, HEADER_BYTES + c->paste_n);
	c->paste_n = 0;
	offer(c);
}

/* --- from the host --- */

static bool on_ready(struct sek_rdp_clip *c)
{
	uint8_t m[HEADER_BYTES + 16] = { 0 };

	put16(m + 8, 1); /* one set of capabilities: */
	put16(m + 12, GENERAL_SET);
	put16(m + 14, 12);
	put32(m + 16, 2); /* version */
	put32(m + 20, c->long_names ? USE_LONG_NAMES : 0);
	say(c, m, CAPABILITIES, 0, 16);
	c->ready = true;
	offer(c);
	return true;
}

static bool on_capabilities(struct sek_rdp_clip *c, const uint8_t *p, size_t n)
{
	if (n < 4)
		return false;
	c->long_names = false;
	for (size_t at = 4, size; at < n; at += size) {
		if (n - at < 4)
			return true; /* padding of some servers */
		size = get16(p + at + 2);
		if (size < 4 || size > n - at)
			return size == 0;
		if (get16(p + at) == GENERAL_SET && size >= 12)
			c->long_names = get32(p + at + 8) & USE_LONG_NAMES;
	}
	return true;
}

/* Whether its list has text; false in *ret_well if it is no list. */
static bool has_text(const struct sek_rdp_clip *c, const uint8_t *p, size_t n, bool *ret_well)
{
	bool text = false;

	for (size_t at = 0, formats = 0; n - at >= 4; formats++) {
		text = text || get32(p + at) == FORMAT_UNICODE;
		at += 4;
		if (!c->long_names) {
			if (n - at < SHORT_NAME_BYTES)
				break; /* padding */
			at += SHORT_NAME_BYTES;
		} else {
			while (n - at >= 2 && get16(p + at) != 0)
				at += 2;
			if (n - at < 2)
				break;
			at += 2;
		}
		if (formats == FORMATS_MAX) {
			*ret_well = false;
			return false;
		}
	}
	return text;
}

static bool on_list(struct sek_rdp_clip *c, const uint8_t *p, size_t n)
{
	uint8_t m[HEADER_BYTES + 4];
	bool well = true, text = has_text(c, p, n, &well);

	if (!well)
		return false;
	say(c, m, FORMAT_LIST_RESPONSE, WELL, 0);
	c->asked = text && sek_foreign_clipboard_open(c->to_broker);
	if (!c->asked)
		return true;
	put32(m + HEADER_BYTES, FORMAT_UNICODE);
	say(c, m, DATA_REQUEST, 0, 4);
	return true;
}

static bool on_request(struct sek_rdp_clip *c, const uint8_t *p, size_t n)
{
	uint8_t m[HEADER_BYTES];

	if (n < 4)
		return false;
	if (get32(p) == FORMAT_UNICODE && c->paste_n > 0 && c->outwards)
		say(c, c->out, DATA_RESPONSE, WELL, c->paste_n);
	else
		say(c, m, DATA_RESPONSE, FAILED, 0);
	return true;
}

/* Strict: half a pair is no text. 0: none. */
static size_t to_utf8(const uint8_t *p, size_t n, uint8_t *to, size_t room)
{
	size_t k = 0;

	for (size_t i = 0; i + 2 <= n; i += 2) {
		uint32_t ch = get16(p + i);

		if (ch == 0)
			return k;
		if (ch >= 0xd800 && ch < 0xe000) {
			uint32_t low = ch < 0xdc00 && i + 4 <= n ? get16(p + i + 2) : 0;

			if (low < 0xdc00 || low > 0xdfff)
				return 0;
			ch = 0x10000 + ((ch - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		if (room - k < 4)
			return 0;
		if (ch < 0x80) {
			to[k++] = (uint8_t)ch;
		} else if (ch < 0x800) {
			to[k++] = (uint8_t)(0xc0 | ch >> 6);
			to[k++] = (uint8_t)(0x80 | (ch & 63));
		} else {
			if (ch >= 0x10000) {
				to[k++] = (uint8_t)(0xf0 | ch >> 18);
				to[k++] = (uint8_t)(0x80 | (ch >> 12 & 63));
			} else {
				to[k++] = (uint8_t)(0xe0 | ch >> 12);
			}
			to[k++] = (uint8_t)(0x80 | (ch >> 6 & 63));
			to[k++] = (uint8_t)(0x80 | (ch & 63));
		}
	}
	return k;
}

static bool on_data(struct sek_rdp_clip *c, const uint8_t *p, size_t n, uint32_t flags)
{
	static uint8_t text[SEK_CLIPBOARD_MAX_BYTES];

	if (c->asked && flags & WELL)
		sek_foreign_clipboard_send(c->to_broker, text, to_utf8(p, n, text, sizeof text));
	c->asked = false;
	return true;
}

static bool on_message(struct sek_rdp_clip *c)
{
	const uint8_t *p = c->in + HEADER_BYTES;
	uint32_t n = get32(c->in + 4), flags = get16(c->in + 2);

	if (n > c->in_n - HEADER_BYTES)
		return false;
	switch (get16(c->in)) {
	case CAPABILITIES:
		return on_capabilities(c, p, n);
	case MONITOR_READY:
		return on_ready(c);
	case FORMAT_LIST:
		return on_list(c, p, n);
	case FORMAT_LIST_RESPONSE:
		c->told = false;
		return true;
	case DATA_REQUEST:
		return on_request(c, p, n);
	case DATA_RESPONSE:
		return on_data(c, p, n, flags);
	case TEMP_FOLDER:
	case FILE_REQUEST:
	case FILE_RESPONSE:
	case LOCK:
	case UNLOCK:
		return true; /* of files, which there are none */
	default:
		return false;
	}
}

bool sek_rdp_clip_take(struct sek_rdp_clip *c, const uint8_t *bytes, size_t n, uint32_t flags, size_t total)
{
	bool well = true;

	if (flags & COMPRESSED)
		return false;
	if (flags & FIRST) {
		c->in_n = 0;
		c->in_total = total;
	}
	if (c->in_total == 0 || c->in_total != total || n > total - c->in_n || total < HEADER_BYTES)
		return false;
	if (total <= SEK_RDP_CLIP_ROOM_BYTES)
		memcpy(c->in + c->in_n, bytes, n);
	c->in_n += n;
	if (!(flags & LAST))
		return true;
	if (c->in_n != total)
		return false;
	if (total <= SEK_RDP_CLIP_ROOM_BYTES)
		well = on_message(c);
	else
		c->asked = false; /* what was too long to be a text has been read, and is forgotten */
	c->in_n = c->in_total = 0;
	return well;
}
