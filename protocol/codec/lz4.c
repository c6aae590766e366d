/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LZ4 block decoder (LZ4 block format description 1.6) for hostile bytes. Freestanding. One check before each copy;
 * must never read outside the input nor write outside the output, whatever the bytes say.
 */
#include "protocol/codec/lz4.h"

#define MIN_MATCH 4

/* Adds the further length bytes that follow a nibble of 15. False if the input ends or the length passes `most`, which
 * also keeps the sum from wrapping. */
static bool read_length(const uint8_t **in, const uint8_t *end, size_t most, size_t *len)
{
	uint8_t b;

	do {
		if (*in == end)
			return false;
		b = *(*in)++;
		*len += b;
		if (*len > most)
			return false;
	} while (b == 255);
	return true;
}

/* Copies a match that may overlap what it makes: the copied stretch doubles, so that runs do not crawl byte by byte. */
static void copy_match(uint8_t *out, size_t offset, size_t len)
{
	size_t chunk = offset;

	while (len > chunk) {
		__builtin_memcpy(out, out - offset, chunk);
		out += chunk;
		len -= chunk;
		/* out - offset is still the start of the pattern; twice as much of it exists now */
		offset += chunk;
		chunk = offset;
	}
	__builtin_memcpy(out, out - offset, len);
}

sek_status sek_lz4_decode(const uint8_t *in, size_t n, uint8_t *out, size_t out_bytes)
{
	const uint8_t *end = in + n;
	size_t done = 0;

	for (;;) {
		size_t left = out_bytes - done, len, offset;
		uint8_t token;

		if (in == end)
			return sek_fail(SEK_E_MALFORMED); /* a block ends with literals, never before a token */
		token = *in++;
		len = token >> 4;
		if (len == 15 && !read_length(&in, end, left, &len))
			return sek_fail(SEK_E_MALFORMED);
		if (len > left || len > (size_t)(end - in))
			return sek_fail(SEK_E_MALFORMED);
		__builtin_memcpy(out + done, in, len);
		in += len;
		done += len;
		left -= len;
		if (in == end) /* "the last sequence stops right after its literals" */
			return done == out_bytes && (token & 15) == 0 ? sek_ok() : sek_fail(SEK_E_MALFORMED);

		if (end - in < 2)
			return sek_fail(SEK_E_MALFORMED);
		offset = (size_t)in[0] | (size_t)in[1] << 8;
		in += 2;
		if (offset == 0 || offset > done)
			return sek_fail(SEK_E_MALFORMED);
		len = token & 15;
		if (len == 15 && !read_length(&in, end, left, &len))
			return sek_fail(SEK_E_MALFORMED);
		len += MIN_MATCH;
		if (len > left)
			return sek_fail(SEK_E_MALFORMED);
		copy_match(out + done, offset, len);
		done += len;
	}
}
