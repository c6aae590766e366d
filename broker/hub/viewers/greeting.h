/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a VNC viewer says before it has logged in: RFC 6143, 7.1.1 and 7.1.2; VeNCrypt 0.2 with the one kind X509Plain. Hostile
 * bytes. Pure: no socket, no heap. It never asks for more bytes than the step that it is at has, so that what follows is TLS's.
 */
#ifndef SEK_BROKER_HUB_VIEWERS_GREETING_H
#define SEK_BROKER_HUB_VIEWERS_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEK_GREETING_NAME_MAX 128      /* bytes of a user's name */
#define SEK_GREETING_PASSWORD_MAX 1024 /* of a password, with a code behind it */
#define SEK_GREETING_IN_BYTES (8 + SEK_GREETING_NAME_MAX + SEK_GREETING_PASSWORD_MAX)
#define SEK_GREETING_OUT_BYTES 256     /* of any answer here */

enum sek_greeting_step {
	SEK_GREETING_VERSION, SEK_GREETING_SECURITY, SEK_GREETING_VENCRYPT, SEK_GREETING_KIND,
	SEK_GREETING_TLS,      /* the handshake is next */
	SEK_GREETING_LENGTHS, SEK_GREETING_LOGIN,
	SEK_GREETING_DONE,     /* name and password are there */
	SEK_GREETING_REFUSED,  /* it is to be sent the answer and left */
};

/* Zeroed before use. */
struct sek_greeting {
	enum sek_greeting_step step;
	uint32_t name_n, password_n;
	const uint8_t *name, *password; /* DONE: in the bytes of the last call */
};

/* What we say first. */
#define SEK_GREETING_FIRST "RFB 003.008\n"
/* How many bytes the next call must have; 0: none is to be made (TLS, DONE, REFUSED). */
size_t sek_greeting_needs(const struct sek_greeting *g);
/* Takes exactly those bytes; writes the answer to out (SEK_GREETING_OUT_BYTES) and returns its length. */
size_t sek_greeting_take(struct sek_greeting *g, const uint8_t *bytes, uint8_t *out);
/* TLS is there. */
void sek_greeting_secured(struct sek_greeting *g);

/* The code behind a password: "password+123456" is cut at its last plus sign, if six digits and nothing else follow. Returns the
 * password's length; *ret_code: where the six digits begin, 0 = there are none. */
size_t sek_greeting_cut(const uint8_t *password, size_t n, size_t *ret_code);

#endif
