/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict UTF-8. No libc: this file is also compiled to WebAssembly.
 */
#include "base/utf8.h"

/* RFC 3629 section 4: the ranges of the second byte depend on the first, which is what excludes overlong forms,
 * surrogates and values above U+10FFFF. */
size_t sek_utf8_next(const uint8_t *s, size_t n, uint32_t *ret)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t need;
	uint32_t c;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		need = 2;
		c = s[0] & 0x1fu;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		need = 3;
		c = s[0] & 0x0fu;
		if (s[0] == 0xe0)
			low = 0xa0;
		else if (s[0] == 0xed)
			high = 0x9f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		need = 4;
		c = s[0] & 0x07u;
		if (s[0] == 0xf0)
			low = 0x90;
		else if (s[0] == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if (n < need || s[1] < low || s[1] > high)
		return 0;
	c = c << 6 | (s[1] & 0x3fu);
	for (size_t i = 2; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	*ret = c;
	return need;
}

bool sek_utf8_valid(const uint8_t *s, size_t n, size_t *ret_chars)
{
	size_t chars = 0;

	for (size_t i = 0; i < n; chars++) {
		uint32_t c;
		size_t k = sek_utf8_next(s + i, n - i, &c);

		if (k == 0)
			return false;
		i += k;
	}
	if (ret_chars)
		*ret_chars = chars;
	return true;
}

bool sek_utf8_is_unsafe(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return true;
	if (c == 0x061c || c == 0x200e || c == 0x200f || c == 0xfeff)
		return true;
	if ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return true;
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}
