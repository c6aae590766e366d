/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Certificates of sessions, made in memory by the broker. Nothing here is ever written to a disk.
 */
#include "certs/session_cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "certs/x509.h"

enum { BEFORE_S = 60, AFTER_S = 600, HOST_MAX_BYTES = 253 };

struct sek_issuer {
	gnutls_x509_crt_t certificate;
	gnutls_x509_privkey_t key;
};

sek_status sek_issuer_create(const char *intermediate_pem, const char *key_pem, struct sek_issuer **ret)
{
	struct sek_issuer *i = calloc(1, sizeof *i);
	sek_status s;

	if (!i)
		return sek_fail(SEK_E_NOMEM);
	s = sek_x509_read_cert(intermediate_pem, &i->certificate);
	if (sek_is_ok(s))
		s = sek_x509_read_key(key_pem, &i->key);
	if (sek_is_ok(s) && (!sek_x509_matches(i->certificate, i->key) ||
			gnutls_x509_crt_get_ca_status(i->certificate, NULL) <= 0 ||
			gnutls_x509_crt_get_expiration_time(i->certificate) <= time(NULL) ||
			gnutls_x509_crt_get_activation_time(i->certificate) > time(NULL)))
		s = sek_fail(SEK_E_CRYPTO);
	if (!sek_is_ok(s)) {
		sek_issuer_destroy(i);
		return s;
	}
	*ret = i;
	return s;
}

void sek_issuer_destroy(struct sek_issuer *i)
{
	if (!i)
		return;
	if (i->certificate)
		gnutls_x509_crt_deinit(i->certificate);
	if (i->key)
		gnutls_x509_privkey_deinit(i->key);
	free(i);
}

sek_status sek_issuer_issue(struct sek_issuer *i, const uint8_t session[16], const char *host,
	struct sek_session_cert *ret)
{
	char id[2 * 16 + 1], uri[sizeof "sekisho:///" SEK_SESSION_DOMAIN "/" + HOST_MAX_BYTES + sizeof id];
	struct sek_x509_wish wish = { .cn = id, .uri = uri, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE,
				      .purpose = GNUTLS_KP_TLS_WWW_CLIENT };
	struct sek_session_cert made = { NULL, NULL };
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t certificate = NULL;
	gnutls_pubkey_t public = NULL;
	time_t now = time(NULL);
	sek_status s;
	size_t n;

	if (!host[0] || strlen(host) > HOST_MAX_BYTES || strchr(host, '/'))
		return sek_fail(SEK_E_LIMIT);
	snprintf(id, sizeof id, "watch");
	for (n = 0; session && n < 16; n++)
		snprintf(id + 2 * n, 3, "%02x", session[n]);
	snprintf(uri, sizeof uri, "sekisho://" SEK_SESSION_DOMAIN "/%s/%s", host, id);
	wish.from = now - BEFORE_S;
	wish.until = now + AFTER_S;
	s = sek_x509_make_key(&key);
	if (sek_is_ok(s))
		s = sek_x509_public(key, &public);
	if (sek_is_ok(s))
		s = sek_x509_make(&wish, public, i->certificate, i->key, &certificate);
	if (sek_is_ok(s))
		s = sek_x509_cert_text(certificate, &made.certificate_pem);
	if (sek_is_ok(s))
		s = sek_x509_key_text(key, &made.key_pem);
	if (certificate)
		gnutls_x509_crt_deinit(certificate);
	if (public)
		gnutls_pubkey_deinit(public);
	if (key)
		gnutls_x509_privkey_deinit(key);
	if (sek_is_ok(s))
		*ret = made;
	else
		sek_session_cert_finish(&made);
	return s;
}

void sek_session_cert_finish(struct sek_session_cert *c)
{
	if (!c)
		return;
	free(c->certificate_pem);
	sek_x509_wipe(c->key_pem);
	c->certificate_pem = c->key_pem = NULL;
}
