/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one-time code as letters that people read out and type: 128 random bits and 12 bits of check, five to a letter.
 */
#include "protocol/enrol/enrol.h"

#include <string.h>

#include <sodium.h>

enum { LETTERS = 28, GROUP = 4, ALL_BYTES = 18 }; /* 28 * 5 = 140 bits */

static const char letters[33] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void sek_enrol_code_make(uint8_t ret[SEK_ENROL_CODE_BYTES])
{
	randombytes_buf(ret, SEK_ENROL_CODE_BYTES);
}

/* Code, then the first 12 bits of its hash, then zeros. */
static void with_check(const uint8_t code[SEK_ENROL_CODE_BYTES], uint8_t ret[ALL_BYTES])
{
	uint8_t hash[crypto_generichash_BYTES];

	crypto_generichash(hash, sizeof hash, code, SEK_ENROL_CODE_BYTES, NULL, 0);
	memcpy(ret, code, SEK_ENROL_CODE_BYTES);
	ret[16] = hash[0];
	ret[17] = hash[1] & 0xf0;
	sodium_memzero(hash, sizeof hash);
}

void sek_enrol_code_text(const uint8_t code[SEK_ENROL_CODE_BYTES], char ret[SEK_ENROL_TEXT_BYTES])
{
	uint8_t all[ALL_BYTES];
	size_t i, bit, n = 0;

	with_check(code, all);
	for (i = 0; i < LETTERS; i++) {
		unsigned v = 0;

		for (bit = 5 * i; bit < 5 * i + 5; bit++)
			v = v << 1 | (all[bit / 8] >> (7 - bit % 8) & 1u);
		if (i > 0 && i % GROUP == 0)
			ret[n++] = '-';
		ret[n++] = letters[v];
	}
	ret[n] = '\0';
	sodium_memzero(all, sizeof all);
}

/* The next letter as ASCII, full-width forms (U+FF01 to U+FF5E) too; 0 at the end, -1 for what is neither. */
static int next_letter(const unsigned char **p)
{
	const unsigned char *s = *p;
	unsigned c = s[0];

	if (c == 0)
		return 0;
	if (c == 0xef && (s[1] == 0xbc || s[1] == 0xbd) && s[2] >= 0x80 && s[2] < 0xc0) {
		c = ((s[1] & 0x3fu) << 6 | (s[2] & 0x3fu)) + 0xf000u - 0xff00u + 0x20u;
		*p += 3;
	} else if (c == 0xe3 && s[1] == 0x80 && s[2] == 0x80) { /* the full-width space */
		c = ' ';
		*p += 3;
	} else {
		(*p)++;
	}
	return c < 0x80 ? (int)c : -1;
}

/* -1: no letter of a code. -2: skipped. */
static int value_of(int c)
{
	const char *at;

	if (c == '-' || c == ' ' || c == '\t')
		return -2;
	if (c >= 'a' && c <= 'z')
		c += 'A' - 'a';
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	at = c > 0 ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -1;
}

sek_status sek_enrol_code_read(const char *text, uint8_t ret[SEK_ENROL_CODE_BYTES])
{
	const unsigned char *p = (const unsigned char *)text;
	uint8_t all[ALL_BYTES + 1] = { 0 }, right[ALL_BYTES];
	size_t n = 0, bit;
	bool same;
	int c;

	while ((c = next_letter(&p)) != 0) {
		int v = value_of(c);

		if (v == -2)
			continue;
		if (v < 0 || n == LETTERS)
			return sek_fail(SEK_E_MALFORMED);
		for (bit = 0; bit < 5; bit++)
			if ((unsigned)v >> (4 - bit) & 1u)
				all[(5 * n + bit) / 8] |= (uint8_t)(0x80u >> (5 * n + bit) % 8);
		n++;
	}
	if (n != LETTERS)
		return sek_fail(SEK_E_MALFORMED);
	with_check(all, right);
	same = sodium_memcmp(all, right, ALL_BYTES) == 0;
	if (same)
		memcpy(ret, all, SEK_ENROL_CODE_BYTES);
	sodium_memzero(all, sizeof all);
	sodium_memzero(right, sizeof right);
	return same ? sek_ok() : sek_fail(SEK_E_DENIED);
}
