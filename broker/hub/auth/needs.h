/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which factors a log-in needs: a set of bits, written as words joined by plus signs ("password+totp"). Pure.
 */
#ifndef SEK_BROKER_HUB_AUTH_NEEDS_H
#define SEK_BROKER_HUB_AUTH_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#define SEK_NEEDS_BYTES 40 /* of any set written out, with its end */

enum sek_factor {
	SEK_FACTOR_PASSWORD = 1,
	SEK_FACTOR_TOTP = 2,        /* a one-time code, or a recovery code in its place */
	SEK_FACTOR_CERTIFICATE = 4, /* of the TLS client */
};

/* The set of a text: "password", "password+totp", "certificate", "certificate+password", with "+totp" also after these, in
 * any order. False for an unknown or doubled word, and for one-time codes alone: who the user is must be shown first. */
bool sek_needs_parse(const char *text, uint32_t *ret);
/* Writes a set out; 0 gives "". Returns ret. */
const char *sek_needs_text(uint32_t needs, char ret[SEK_NEEDS_BYTES]);

#endif
