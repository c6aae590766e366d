/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one form of a user's name and of a password: what people type on different keyboards and input methods for the
 * same text becomes the same bytes (Unicode NFKC, and for names case folding).
 */
#ifndef SEK_BROKER_HUB_AUTH_NAME_H
#define SEK_BROKER_HUB_AUTH_NAME_H

#include <stddef.h>

#include "base/status.h"

#define SEK_NAME_MAX_CHARS 64
#define SEK_NAME_BYTES 256          /* of a name in its one form, with its end */
#define SEK_PASSWORD_MIN_CHARS 12   /* of a new password */
#define SEK_PASSWORD_MAX_BYTES 512  /* of any password, as typed and in its one form */

/* Writes the one form of a name of n bytes (hostile) into ret, terminated: strict UTF-8, NFKC, case folded, at most
 * SEK_NAME_MAX_CHARS letters, digits, marks and . _ - @, beginning with a letter or digit. SEK_E_MALFORMED. */
sek_status sek_name_normalize(const char *name, size_t n, char ret[SEK_NAME_BYTES]);

/* Writes the one form of a password of n bytes (hostile) into ret and its bytes into *ret_n: strict UTF-8, NFKC, no control
 * characters, not empty. *ret_chars (may be NULL): its length in characters. The caller wipes ret (sodium_memzero).
 * SEK_E_MALFORMED, SEK_E_LIMIT. */
sek_status sek_password_normalize(const char *password, size_t n, char ret[SEK_PASSWORD_MAX_BYTES], size_t *ret_n,
	size_t *ret_chars);

#endif
