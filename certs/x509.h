/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one place where X.509 certificates, CRLs and keys are made. Internal to certs/: pki.c and session_cert.c use it.
 */
#ifndef SEK_CERTS_X509_H
#define SEK_CERTS_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/status.h"

#define SEK_SERIAL_BYTES 16
#define SEK_SESSION_DOMAIN "session.sekisho.internal" /* host part of every session's URI */

/* What a certificate is to say. Texts and lists are the caller's. */
struct sek_x509_wish {
	const char *cn;
	time_t from, until;
	bool ca;
	int path_length;          /* CAs: intermediates allowed below, -1 = any number */
	unsigned usage;           /* GNUTLS_KEY_* */
	const char *purpose;      /* one GNUTLS_KP_* OID, NULL = none */
	const char *uri;          /* one URI name, NULL = none */
	const char *const *names; /* dNSNames */
	size_t n_names;
	const char *const *addresses; /* numeric IPv4 or IPv6 */
	size_t n_addresses;
	const char *only_uri_domain; /* CAs: permitted URI name constraint, NULL = none */
};

/* A fresh ECDSA P-256 key. */
sek_status sek_x509_make_key(gnutls_x509_privkey_t *ret);

/* Makes and signs a certificate for the public key. issuer NULL: signed by itself with issuer_key. The serial is 126
 * random bits. *ret is the caller's (gnutls_x509_crt_deinit). SEK_E_CONFIG: an address that is not one. */
sek_status sek_x509_make(const struct sek_x509_wish *wish, gnutls_pubkey_t key, gnutls_x509_crt_t issuer,
	gnutls_x509_privkey_t issuer_key, gnutls_x509_crt_t *ret);

/* The public half of a private key (ret is the caller's: gnutls_pubkey_deinit). */
sek_status sek_x509_public(gnutls_x509_privkey_t key, gnutls_pubkey_t *ret);

/* PEM texts on the heap, terminated. A key's text should be wiped before it is freed: sek_x509_wipe does both. */
sek_status sek_x509_cert_text(gnutls_x509_crt_t certificate, char **ret);
sek_status sek_x509_key_text(gnutls_x509_privkey_t key, char **ret);
void sek_x509_wipe(char *text);

/* Reads PEM. SEK_E_CRYPTO. */
sek_status sek_x509_read_cert(const char *pem, gnutls_x509_crt_t *ret);
sek_status sek_x509_read_key(const char *pem, gnutls_x509_privkey_t *ret);

/* True if the key belongs to the certificate. */
bool sek_x509_matches(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key);

sek_status sek_x509_failed(int gnutls_error);

#endif
