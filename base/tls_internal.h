/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tls.c (bytes) and tls_verify.c (trust) share. Nobody else includes this.
 */
#ifndef SEK_BASE_TLS_INTERNAL_H
#define SEK_BASE_TLS_INTERNAL_H

#include <stdbool.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/tls.h"

#define SEK_TLS_NAME_MAX_BYTES 253
#define SEK_TLS_ROOTS_MAX 4 /* one, and another while a site changes its CA */

struct sek_tls_root {
	gnutls_x509_crt_t certificate;
	gnutls_x509_crl_t crl; /* its own */
};

struct sek_tls_context {
	enum sek_tls_role role;
	unsigned references; /* the creator and every session */
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	struct sek_tls_root roots[SEK_TLS_ROOTS_MAX];
	unsigned n_roots;
};

struct sek_tls {
	struct sek_tls_context *context; /* a reference */
	gnutls_session_t session;
	int fd; /* the caller's */
	enum sek_tls_refusal why;
	bool said_bye;
	char expected[SEK_TLS_NAME_MAX_BYTES + 1];
	uint8_t peer_session[16];
	bool peer_watches;
	char peer_broker[64];
};

/* Reads the roots and, for each, its CRL, which must be signed by it and valid now. CRLs of others are passed over. SEK_E_CRYPTO. */
sek_status sek_tls_trust_load(struct sek_tls_context *c, const struct sek_tls_pem *pem);
void sek_tls_trust_unload(struct sek_tls_context *c);

/* Judges the certificates that the peer of t sent; on acceptance in the server role fills peer_session, peer_broker. */
enum sek_tls_refusal sek_tls_verify(struct sek_tls *t, const gnutls_datum_t *certificates, unsigned n);

#endif
