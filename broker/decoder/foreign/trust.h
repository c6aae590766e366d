/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether a foreign host's certificate is the one that the administrator meant: the very certificate that was given (pinned), or one of
 * the given CA in the host's name that is neither expired nor revoked. Everything is read before the jail.
 */
#ifndef SEK_BROKER_DECODER_FOREIGN_TRUST_H
#define SEK_BROKER_DECODER_FOREIGN_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_TRUST_CHAIN_MAX 8 /* certificates that a host may show */

struct sek_trust;

/* pem: one or several certificates; crl: PEM or "" (then nothing is known to be revoked); name: the host's, must outlive it. SEK_E_CRYPTO:
 * they cannot be read; SEK_E_NOMEM. */
sek_status sek_trust_create(const char *pem, const char *crl, const char *name, struct sek_trust **ret);

struct sek_der {
	const uint8_t *bytes;
	size_t n;
};
/* chain: what the host has shown (hostile), its own certificate first. SEK_OK, or SEK_E_DENIED. Opens nothing. */
sek_status sek_trust_check(const struct sek_trust *t, const struct sek_der *chain, size_t n);

#endif
