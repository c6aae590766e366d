/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes through the cleaning: what comes out is strict UTF-8 of allowed characters only, counted right, never longer,
 * and cleaning it once more changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "protocol/text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *text = malloc(n ? n : 1), *copy;
	struct sek_text_cleaned c, again;
	size_t chars = 0;

	if (!text)
		return 0;
	if (n)
		memcpy(text, data, n);
	if (!sek_is_ok(sek_text_clean(text, n, SIZE_MAX, &c))) {
		if (sek_utf8_valid(data, n, NULL))
			abort();
		free(text);
		return 0;
	}
	if (c.bytes > n || !sek_utf8_valid(text, c.bytes, &chars) || chars != c.chars)
		abort();
	for (size_t at = 0; at < c.bytes;) {
		uint32_t cp = 0;

		at += sek_utf8_next(text + at, c.bytes - at, &cp);
		if (!sek_text_allowed(cp))
			abort();
	}
	copy = malloc(c.bytes ? c.bytes : 1);
	if (copy) {
		memcpy(copy, text, c.bytes);
		if (!sek_is_ok(sek_text_clean(copy, c.bytes, c.chars, &again)) || again.bytes != c.bytes ||
		    memcmp(copy, text, c.bytes) != 0)
			abort();
		if (c.chars > 0 && !sek_is(sek_text_clean(copy, c.bytes, c.chars - 1, &again), SEK_E_LIMIT))
			abort();
	}
	free(copy);
	free(text);
	return 0;
}
