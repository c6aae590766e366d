/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes as hexadecimal digits, lower case, and back.
 */
#ifndef SEK_BASE_HEX_H
#define SEK_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exactly n bytes as 2n digits and a terminator. */
void sek_hex(const uint8_t *bytes, size_t n, char *ret);
/* The other way; false unless text is exactly 2n lower-case digits. ret is untouched beyond the first bad digit. */
bool sek_unhex(const char *text, size_t text_n, uint8_t *ret, size_t n);

#endif
