/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What may stand in a text that crosses between the zones, and the function that makes any text one of those. It removes
 * what can deceive a reader or a terminal and leaves everything else as it is: no normalisation, no replacement
 * characters. Freestanding; no allocation. Must never let a byte through that it has not understood.
 */
#ifndef SEK_PROTOCOL_TEXT_TEXT_H
#define SEK_PROTOCOL_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* True for a code point that a cleaned text can hold: U+0009, U+000A and everything but
 *   - the other controls (C0, U+007F, C1),
 *   - what changes the direction of the text around it: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 (UAX #9),
 *   - U+2028, U+2029 (they become U+000A), U+FEFF,
 *   - what is never shown but read by programs: tags U+E0000 to U+E007F, annotations U+FFF9 to U+FFFB,
 *   - non-characters.
 * Private use (gaiji), variation selectors and joiners stay: Japanese names and emoji need them. */
bool sek_text_allowed(uint32_t c);

struct sek_text_cleaned {
	size_t bytes;   /* of the cleaned text; never more than there were */
	size_t chars;   /* its Unicode code points */
	size_t removed; /* code points that were taken out; a line end of two that became one is none */
};

/* Cleans n bytes at `text` (hostile) in place. CR LF, CR, U+0085, U+2028 and U+2029 become one U+000A. SEK_OK: *ret is set
 * and the cleaned text stands at `text`. Otherwise what stands there must not be used:
 *   SEK_E_MALFORMED  not strict UTF-8 (RFC 3629)
 *   SEK_E_LIMIT      more than max_chars code points after cleaning */
sek_status sek_text_clean(uint8_t *text, size_t n, size_t max_chars, struct sek_text_cleaned *ret);

#endif
