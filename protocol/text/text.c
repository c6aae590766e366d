/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decodes each code point strictly, decides, and copies its very bytes or none: nothing is ever encoded anew.
 */
#include "protocol/text/text.h"

#include "base/utf8.h"

enum { TAB = 0x09, LF = 0x0a, CR = 0x0d, NEL = 0x85, LINE_SEPARATOR = 0x2028, PARAGRAPH_SEPARATOR = 0x2029 };

bool sek_text_allowed(uint32_t c)
{
	if (c == TAB || c == LF)
		return true;
	if (c >= 0xe0000 && c <= 0xe007f)
		return false;
	if (c >= 0xfff9 && c <= 0xfffb)
		return false;
	return c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff) && !sek_utf8_is_unsafe(c);
}

static bool is_line_end(uint32_t c)
{
	return c == LF || c == CR || c == NEL || c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR;
}

sek_status sek_text_clean(uint8_t *text, size_t n, size_t max_chars, struct sek_text_cleaned *ret)
{
	struct sek_text_cleaned done = { 0, 0, 0 };
	uint32_t c = 0, before = 0;
	size_t took;

	for (size_t at = 0; at < n; at += took, before = c) {
		took = sek_utf8_next(text + at, n - at, &c);
		if (took == 0)
			return sek_fail(SEK_E_MALFORMED);
		if (c == LF && before == CR)
			continue; /* its CR has become the line end */
		if (is_line_end(c)) {
			text[done.bytes++] = LF;
		} else if (sek_text_allowed(c)) {
			/* done.bytes <= at: forwards, byte by byte, never over what is still to be read */
			for (size_t i = 0; i < took; i++)
				text[done.bytes++] = text[at + i];
		} else {
			done.removed++;
			continue;
		}
		done.chars++;
	}
	if (done.chars > max_chars)
		return sek_fail(SEK_E_LIMIT);
	*ret = done;
	return sek_ok();
}
