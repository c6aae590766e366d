/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Content-Length and chunked framing (RFC 9112 section 7.1), one byte at a time for the framing, in bulk for the data.
 */
#include "render-host/egress/body.h"

enum { LINE_MAX_BYTES = 4096 };

void sek_body_init_length(struct sek_body *b, uint64_t bytes)
{
	*b = (struct sek_body){ .state = bytes ? SEK_BODY_LENGTH : SEK_BODY_DONE, .left = bytes };
}

void sek_body_init_chunked(struct sek_body *b)
{
	*b = (struct sek_body){ .state = SEK_BODY_CHUNK_SIZE };
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The chunk-size line has ended. */
static void size_known(struct sek_body *b)
{
	b->line = 0;
	b->was_cr = false;
	b->state = b->left ? SEK_BODY_CHUNK_DATA : SEK_BODY_TRAILER;
}

static bool in_size_line(struct sek_body *b, char c)
{
	int v = hex(c);

	if (++b->line > LINE_MAX_BYTES)
		return false;
	if (b->was_cr) { /* nothing but a line feed may follow a carriage return */
		if (c != '\n' || !b->digits)
			return false;
		size_known(b);
		return true;
	}
	if (c == '\r') {
		b->was_cr = true;
		return true;
	}
	if (c == '\n')
		return false;
	if (b->state == SEK_BODY_CHUNK_EXT)
		return true;
	if (v < 0) {
		b->state = SEK_BODY_CHUNK_EXT;
		return b->digits && (c == ';' || c == ' ' || c == '\t');
	}
	if (b->left >> 56)
		return false; /* the next digit would not fit */
	b->left = b->left << 4 | (uint64_t)v;
	b->digits = true;
	return true;
}

static bool in_trailer(struct sek_body *b, char c)
{
	if (b->was_cr) {
		if (c != '\n')
			return false;
		b->was_cr = false;
		if (b->line == 0)
			b->state = SEK_BODY_DONE;
		b->line = 0;
		return true;
	}
	if (c == '\n')
		return false;
	if (c == '\r')
		b->was_cr = true;
	else if (++b->line > LINE_MAX_BYTES)
		return false;
	return true;
}

static bool framing_byte(struct sek_body *b, char c)
{
	switch (b->state) {
	case SEK_BODY_CHUNK_SIZE:
	case SEK_BODY_CHUNK_EXT:
		return in_size_line(b, c);
	case SEK_BODY_CHUNK_CR:
		b->state = SEK_BODY_CHUNK_LF;
		return c == '\r';
	case SEK_BODY_CHUNK_LF:
		sek_body_init_chunked(b);
		return c == '\n';
	case SEK_BODY_TRAILER:
		return in_trailer(b, c);
	default:
		return false;
	}
}

sek_status sek_body_feed(struct sek_body *b, const char *bytes, size_t n, size_t *ret_used)
{
	size_t at = 0;

	while (at < n && b->state != SEK_BODY_DONE) {
		if (b->state == SEK_BODY_LENGTH || b->state == SEK_BODY_CHUNK_DATA) {
			size_t take = n - at;

			if (take > b->left)
				take = (size_t)b->left;
			at += take;
			b->left -= take;
			if (b->left == 0)
				b->state = b->state == SEK_BODY_LENGTH ? SEK_BODY_DONE : SEK_BODY_CHUNK_CR;
			continue;
		}
		if (!framing_byte(b, bytes[at++]))
			return sek_fail(SEK_E_MALFORMED);
	}
	*ret_used = at;
	return sek_ok();
}
