/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making certificates with GnuTLS. Every extension that a verifier relies on is set here and nowhere else.
 */
#include "certs/x509.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "base/error.h"

#define ORGANISATION "Sekisho"

/* Sets e and leaves the function's block of calls at the first failure. */
#define STEP(call)                       \
	do {                             \
		e = (call);              \
		if (e < 0)               \
			return e;        \
	} while (0)

sek_status sek_x509_failed(int gnutls_error)
{
	return sek_foreign(gnutls_error == GNUTLS_E_MEMORY_ERROR ? SEK_E_NOMEM : SEK_E_CRYPTO, SEK_FROM_GNUTLS, gnutls_error);
}

sek_status sek_x509_make_key(gnutls_x509_privkey_t *ret)
{
	gnutls_x509_privkey_t key;
	int e;

	e = gnutls_x509_privkey_init(&key);
	if (e < 0)
		return sek_x509_failed(e);
	e = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (e < 0) {
		gnutls_x509_privkey_deinit(key);
		return sek_x509_failed(e);
	}
	*ret = key;
	return sek_ok();
}

/* RFC 5280, 4.1.2.2: positive and at most 20 octets. The first bit is 0 and the second 1: never negative, never short. */
static int set_serial(gnutls_x509_crt_t c)
{
	uint8_t serial[SEK_SERIAL_BYTES];
	int e;

	STEP(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial));
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
	return gnutls_x509_crt_set_serial(c, serial, sizeof serial);
}

static int set_identity(gnutls_x509_crt_t c, const struct sek_x509_wish *w, gnutls_pubkey_t key)
{
	int e;

	STEP(gnutls_x509_crt_set_version(c, 3));
	STEP(set_serial(c));
	STEP(gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, ORGANISATION,
		(unsigned)strlen(ORGANISATION)));
	STEP(gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, w->cn, (unsigned)strlen(w->cn)));
	STEP(gnutls_x509_crt_set_activation_time(c, w->from));
	STEP(gnutls_x509_crt_set_expiration_time(c, w->until));
	return gnutls_x509_crt_set_pubkey(c, key);
}

static int set_rights(gnutls_x509_crt_t c, const struct sek_x509_wish *w)
{
	gnutls_x509_name_constraints_t constraints;
	gnutls_datum_t domain;
	int e;

	STEP(gnutls_x509_crt_set_basic_constraints(c, w->ca, w->ca ? w->path_length : -1));
	STEP(gnutls_x509_crt_set_key_usage(c, w->usage));
	if (w->purpose)
		STEP(gnutls_x509_crt_set_key_purpose_oid(c, w->purpose, 0));
	if (!w->only_uri_domain)
		return 0;
	domain.data = (unsigned char *)(uintptr_t)w->only_uri_domain;
	domain.size = (unsigned)strlen(w->only_uri_domain);
	STEP(gnutls_x509_name_constraints_init(&constraints));
	e = gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_URI, &domain);
	if (e >= 0)
		e = gnutls_x509_crt_set_name_constraints(c, constraints, 1);
	gnutls_x509_name_constraints_deinit(constraints);
	return e;
}

static int add_name(gnutls_x509_crt_t c, gnutls_x509_subject_alt_name_t kind, const void *data, size_t n)
{
	return gnutls_x509_crt_set_subject_alt_name(c, kind, data, (unsigned)n, GNUTLS_FSAN_APPEND);
}

static int set_names(gnutls_x509_crt_t c, const struct sek_x509_wish *w)
{
	uint8_t address[16];
	size_t i;
	int e;

	if (w->uri)
		STEP(add_name(c, GNUTLS_SAN_URI, w->uri, strlen(w->uri)));
	for (i = 0; i < w->n_names; i++)
		STEP(add_name(c, GNUTLS_SAN_DNSNAME, w->names[i], strlen(w->names[i])));
	for (i = 0; i < w->n_addresses; i++) {
		if (inet_pton(AF_INET, w->addresses[i], address) == 1)
			STEP(add_name(c, GNUTLS_SAN_IPADDRESS, address, 4));
		else if (inet_pton(AF_INET6, w->addresses[i], address) == 1)
			STEP(add_name(c, GNUTLS_SAN_IPADDRESS, address, 16));
		else
			return GNUTLS_E_INVALID_REQUEST;
	}
	return 0;
}

static int set_key_ids(gnutls_x509_crt_t c, gnutls_pubkey_t key, gnutls_x509_crt_t issuer)
{
	uint8_t id[64];
	size_t n = sizeof id;
	int e;

	STEP(gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA1, id, &n));
	STEP(gnutls_x509_crt_set_subject_key_id(c, id, n));
	if (issuer) {
		n = sizeof id;
		STEP(gnutls_x509_crt_get_subject_key_id(issuer, id, &n, NULL));
	}
	return gnutls_x509_crt_set_authority_key_id(c, id, n);
}

sek_status sek_x509_make(const struct sek_x509_wish *wish, gnutls_pubkey_t key, gnutls_x509_crt_t issuer,
	gnutls_x509_privkey_t issuer_key, gnutls_x509_crt_t *ret)
{
	gnutls_x509_crt_t c;
	int e;

	e = gnutls_x509_crt_init(&c);
	if (e < 0)
		return sek_x509_failed(e);
	if ((e = set_identity(c, wish, key)) >= 0 && (e = set_rights(c, wish)) >= 0 && (e = set_names(c, wish)) >= 0 &&
			(e = set_key_ids(c, key, issuer)) >= 0)
		e = gnutls_x509_crt_sign2(c, issuer ? issuer : c, issuer_key, GNUTLS_DIG_SHA256, 0);
	if (e < 0) {
		gnutls_x509_crt_deinit(c);
		return e == GNUTLS_E_INVALID_REQUEST ? sek_fail(SEK_E_CONFIG) : sek_x509_failed(e);
	}
	*ret = c;
	return sek_ok();
}

sek_status sek_x509_public(gnutls_x509_privkey_t key, gnutls_pubkey_t *ret)
{
	gnutls_privkey_t whole = NULL;
	gnutls_pubkey_t public = NULL;
	int e;

	if ((e = gnutls_privkey_init(&whole)) >= 0 && (e = gnutls_privkey_import_x509(whole, key, 0)) >= 0 &&
			(e = gnutls_pubkey_init(&public)) >= 0)
		e = gnutls_pubkey_import_privkey(public, whole, GNUTLS_KEY_DIGITAL_SIGNATURE, 0);
	if (whole)
		gnutls_privkey_deinit(whole);
	if (e < 0) {
		if (public)
			gnutls_pubkey_deinit(public);
		return sek_x509_failed(e);
	}
	*ret = public;
	return sek_ok();
}

static sek_status copy_text(gnutls_datum_t *d, char **ret)
{
	char *text = malloc((size_t)d->size + 1);

	if (text) {
		memcpy(text, d->data, d->size);
		text[d->size] = '\0';
	}
	gnutls_memset(d->data, 0, d->size);
	gnutls_free(d->data);
	if (!text)
		return sek_fail(SEK_E_NOMEM);
	*ret = text;
	return sek_ok();
}

sek_status sek_x509_cert_text(gnutls_x509_crt_t certificate, char **ret)
{
	gnutls_datum_t d = { NULL, 0 };
	int e = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &d);

	return e < 0 ? sek_x509_failed(e) : copy_text(&d, ret);
}

sek_status sek_x509_key_text(gnutls_x509_privkey_t key, char **ret)
{
	gnutls_datum_t d = { NULL, 0 };
	int e = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &d);

	return e < 0 ? sek_x509_failed(e) : copy_text(&d, ret);
}

void sek_x509_wipe(char *text)
{
	if (text)
		gnutls_memset(text, 0, strlen(text));
	free(text);
}

sek_status sek_x509_read_cert(const char *pem, gnutls_x509_crt_t *ret)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };
	gnutls_x509_crt_t c;
	int e;

	e = gnutls_x509_crt_init(&c);
	if (e < 0)
		return sek_x509_failed(e);
	e = gnutls_x509_crt_import(c, &d, GNUTLS_X509_FMT_PEM);
	if (e < 0) {
		gnutls_x509_crt_deinit(c);
		return sek_x509_failed(e);
	}
	*ret = c;
	return sek_ok();
}

sek_status sek_x509_read_key(const char *pem, gnutls_x509_privkey_t *ret)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };
	gnutls_x509_privkey_t key;
	int e;

	e = gnutls_x509_privkey_init(&key);
	if (e < 0)
		return sek_x509_failed(e);
	e = gnutls_x509_privkey_import2(key, &d, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	if (e < 0) {
		gnutls_x509_privkey_deinit(key);
		return sek_x509_failed(e);
	}
	*ret = key;
	return sek_ok();
}

bool sek_x509_matches(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
	uint8_t a[64], b[64];
	size_t na = sizeof a, nb = sizeof b;

	return gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, a, &na) >= 0 &&
		gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, b, &nb) >= 0 && na == nb && memcmp(a, b, na) == 0;
}
