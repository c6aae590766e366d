/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). Freestanding: part of the
 * WebAssembly build.
 */
#ifndef SEK_BASE_UTF8_H
#define SEK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one code point from the first n bytes of s (hostile bytes are fine). Returns the bytes it took (1-4) and sets
 * *ret, or 0 if they are not strict UTF-8 or end too soon. n == 0 gives 0. */
size_t sek_utf8_next(const uint8_t *s, size_t n, uint32_t *ret);

/* True if all n bytes are strict UTF-8. Sets *ret_chars (may be NULL) to the number of code points. */
bool sek_utf8_valid(const uint8_t *s, size_t n, size_t *ret_chars);

/* True for code points that must not stand in a log line, a label or transferred text: C0 and C1 controls, line and
 * paragraph separators, bidirectional controls (UAX #9), zero-width no-break space and non-characters. */
bool sek_utf8_is_unsafe(uint32_t c);

#endif
