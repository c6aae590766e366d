/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Client certificates: what a TLS client showed is verified here, at the moment of the log-in, against the site's CAs and
 * CRL as the files are then. TLS itself has only shown that the client holds the key. Blocks on files: pool.
 */
#ifndef SEK_BROKER_HUB_AUTH_CERTIFICATE_H
#define SEK_BROKER_HUB_AUTH_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_CERTIFICATE_MAX_BYTES 16384 /* of all that a client shows, DER, one after the other; its own comes first */
#define SEK_CERTIFICATE_CHAIN_MAX 8

struct sek_certificate_config {
	const char *ca;  /* PEM file: CAs (roots and intermediates) whose certificates count */
	const char *crl; /* PEM file: a CRL of each of these CAs, fresh; without one nobody gets in by certificate */
};

struct sek_certificate {
	char fingerprint[65];  /* SHA-256, lower-case hex */
	char subject[1024];    /* RFC 4514; "" if it is longer, or holds what must not stand in a line */
	int64_t ends_s;        /* seconds since 1970; 0 if the certificate does not say it well */
};

/* Verifies n bytes of DER (hostile): chain, dates, purpose client, revocation. SEK_OK: *ret filled. SEK_E_DENIED: not good;
 * SEK_E_CONFIG: the site's own files are missing or stale. why (for the log, static text) is set unless SEK_OK. */
sek_status sek_certificate_verify(const struct sek_certificate_config *c, const uint8_t *der, size_t n,
	struct sek_certificate *ret, const char **why);

/* The same names of a certificate in PEM, unverified: for binding one to a user. SEK_E_MALFORMED. */
sek_status sek_certificate_read(const char *pem, struct sek_certificate *ret);

#endif
