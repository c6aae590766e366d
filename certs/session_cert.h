/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's side of the CA: a certificate for one connection of one session to one render host, made in memory.
 */
#ifndef SEK_CERTS_SESSION_CERT_H
#define SEK_CERTS_SESSION_CERT_H

#include <stdint.h>

#include "base/status.h"

/* The broker's issuing key, kept in the broker process only. */
struct sek_issuer;
/* intermediate_pem, key_pem: the broker's intermediate certificate and its private key. SEK_E_CRYPTO if they do not
 * match, or the certificate is not a CA or has expired. */
sek_status sek_issuer_create(const char *intermediate_pem, const char *key_pem, struct sek_issuer **ret);
void sek_issuer_destroy(struct sek_issuer *i);

struct sek_session_cert {
	char *certificate_pem; /* the session's certificate, heap */
	char *key_pem;         /* its fresh ECDSA P-256 key, heap; wiped by sek_session_cert_finish */
};
/* session NULL: the certificate is for watching the render host (it says "watch" where the session stands), and for nothing else.
 * Valid from now - 60 s to now + 600 s; names session and host and nothing else (docs/ARCHITECTURE.md). */
sek_status sek_issuer_issue(struct sek_issuer *i, const uint8_t session[16], const char *host,
	struct sek_session_cert *ret);
void sek_session_cert_finish(struct sek_session_cert *c);

#endif
