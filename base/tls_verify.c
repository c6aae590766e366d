/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is believed. The library's general path building is not used: our chains have exactly one shape each
 * (docs/ARCHITECTURE.md, "Names in certificates"), so each link is checked by itself and everything else is refused.
 * Revocation fails closed: a CRL that is out of date now refuses everybody, that
 * of one root of several too.
 */
#include "base/tls_internal.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/error.h"

enum { NAME_BYTES = 512, CHAIN_MAX = 2 };

#define SESSION_URI "sekisho://session.sekisho.internal/"
#define WATCH "watch" /* in the place of a session */
#define SESSION_HEX 32

static gnutls_datum_t datum(const char *pem)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };
}

/* The CRL must say until when it is good: one without nextUpdate could be kept back for ever. */
static bool crl_is_fresh(gnutls_x509_crl_t crl, time_t now)
{
	time_t from = gnutls_x509_crl_get_this_update(crl), until = gnutls_x509_crl_get_next_update(crl);

	return from != (time_t)-1 && until != (time_t)-1 && from <= now && now < until;
}

static sek_status fault(enum sek_tls_fault what)
{
	return sek_foreign(SEK_E_CRYPTO, SEK_FROM_SEKISHO, (int)what);
}

static sek_status load_roots(struct sek_tls_context *c, const char *pem)
{
	gnutls_x509_crt_t all[SEK_TLS_ROOTS_MAX] = { NULL };
	unsigned n = SEK_TLS_ROOTS_MAX, i;
	gnutls_datum_t d;

	if (!pem)
		return fault(SEK_TLS_FAULT_CA);
	d = datum(pem);
	if (gnutls_x509_crt_list_import(all, &n, &d, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED) < 1)
		return fault(SEK_TLS_FAULT_CA);
	c->n_roots = n;
	for (i = 0; i < n; i++)
		c->roots[i].certificate = all[i];
	for (i = 0; i < n; i++)
		if (gnutls_x509_crt_get_ca_status(all[i], NULL) <= 0 || !gnutls_x509_crt_check_issuer(all[i], all[i]))
			return fault(SEK_TLS_FAULT_CA);
	return sek_ok();
}

/* Roots may have one name: whose a CRL is, its signature says. On SEK_E_AGAIN it is another's. */
static sek_status check_crl(gnutls_x509_crl_t crl, gnutls_x509_crt_t root)
{
	/* what the verdict holds when nothing but the dates is wrong */
	const unsigned dates = GNUTLS_CERT_INVALID | GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED |
		GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
	unsigned verdict = 0;

	if (!gnutls_x509_crl_check_issuer(crl, root))
		return sek_fail(SEK_E_AGAIN);
	if (gnutls_x509_crl_verify(crl, &root, 1, 0, &verdict) < 0)
		return sek_fail(SEK_E_AGAIN);
	if (verdict != 0)
		return verdict != GNUTLS_CERT_INVALID && (verdict & ~dates) == 0 ? fault(SEK_TLS_FAULT_CRL_STALE) : sek_fail(SEK_E_AGAIN);
	return crl_is_fresh(crl, time(NULL)) ? sek_ok() : fault(SEK_TLS_FAULT_CRL_STALE);
}

/* The first CRL of this root, which must be good: the one of a change of years that somebody forgot to take out must not hide behind another. */
static sek_status find_crl(struct sek_tls_root *root, gnutls_x509_crl_t *all, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		sek_status s = all[i] ? check_crl(all[i], root->certificate) : sek_fail(SEK_E_AGAIN);

		if (sek_is(s, SEK_E_AGAIN))
			continue;
		if (sek_is_ok(s)) {
			root->crl = all[i];
			all[i] = NULL;
		}
		return s;
	}
	return fault(SEK_TLS_FAULT_CRL);
}

static sek_status load_crls(struct sek_tls_context *c, const char *pem)
{
	gnutls_x509_crl_t all[SEK_TLS_ROOTS_MAX] = { NULL };
	unsigned n = SEK_TLS_ROOTS_MAX, i;
	sek_status s = sek_ok();
	gnutls_datum_t d;

	if (!pem)
		return fault(SEK_TLS_FAULT_CRL);
	d = datum(pem);
	if (gnutls_x509_crl_list_import(all, &n, &d, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED) < 1)
		return fault(SEK_TLS_FAULT_CRL);
	for (i = 0; sek_is_ok(s) && i < c->n_roots; i++)
		s = find_crl(&c->roots[i], all, n);
	for (i = 0; i < n; i++)
		if (all[i])
			gnutls_x509_crl_deinit(all[i]);
	return s;
}

sek_status sek_tls_trust_load(struct sek_tls_context *c, const struct sek_tls_pem *pem)
{
	SEK_TRY(load_roots(c, pem->ca));
	return load_crls(c, pem->crl);
}

void sek_tls_trust_unload(struct sek_tls_context *c)
{
	for (unsigned i = 0; i < c->n_roots; i++) {
		if (c->roots[i].crl)
			gnutls_x509_crl_deinit(c->roots[i].crl);
		gnutls_x509_crt_deinit(c->roots[i].certificate);
	}
}

/* One link: `certificate` is signed by exactly this issuer, and both are valid now. */
static enum sek_tls_refusal check_link(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer)
{
	unsigned verdict = 0;

	if (!gnutls_x509_crt_check_issuer(certificate, issuer))
		return SEK_TLS_UNTRUSTED;
	if (gnutls_x509_crt_verify(certificate, &issuer, 1, GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM),
			&verdict) < 0)
		return SEK_TLS_UNTRUSTED;
	if (verdict == 0)
		return SEK_TLS_ACCEPTED;
	if ((verdict & ~(unsigned)(GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED | GNUTLS_CERT_INVALID)) == 0 &&
			(verdict & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)))
		return SEK_TLS_EXPIRED;
	return SEK_TLS_UNTRUSTED;
}

/* The certificate may be used for `purpose` and for nothing else. */
static bool has_only_purpose(gnutls_x509_crt_t certificate, const char *purpose)
{
	char oid[64];
	size_t n = sizeof oid;

	if (gnutls_x509_crt_get_key_purpose_oid(certificate, 0, oid, &n, NULL) < 0 || strcmp(oid, purpose) != 0)
		return false;
	n = sizeof oid;
	return gnutls_x509_crt_get_key_purpose_oid(certificate, 1, oid, &n, NULL) ==
		GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

static bool has_usage(gnutls_x509_crt_t certificate, unsigned wanted)
{
	unsigned usage = 0;

	return gnutls_x509_crt_get_key_usage(certificate, &usage, NULL) >= 0 && (usage & wanted) == wanted;
}

static bool is_leaf_for(gnutls_x509_crt_t certificate, const char *purpose)
{
	unsigned ca = 0;
	int depth = -1, e;

	e = gnutls_x509_crt_get_basic_constraints(certificate, NULL, &ca, &depth);
	if (e != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE && (e < 0 || ca))
		return false;
	return has_only_purpose(certificate, purpose) && has_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
}

static bool is_broker_intermediate(gnutls_x509_crt_t certificate)
{
	unsigned ca = 0;
	int depth = -1;

	if (gnutls_x509_crt_get_basic_constraints(certificate, NULL, &ca, &depth) < 0 || !ca || depth != 0)
		return false;
	return has_only_purpose(certificate, GNUTLS_KP_TLS_WWW_CLIENT) && has_usage(certificate, GNUTLS_KEY_KEY_CERT_SIGN);
}

/* A dNSName equal to the expected name; neither a wildcard nor the CN counts. */
static bool names_host(gnutls_x509_crt_t certificate, const char *expected)
{
	unsigned i, kind;

	for (i = 0;; i++) {
		char name[NAME_BYTES];
		size_t n = sizeof name;
		int e = gnutls_x509_crt_get_subject_alt_name2(certificate, i, name, &n, &kind, NULL);

		if (e == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (e < 0)
			return false;
		if (e == GNUTLS_SAN_DNSNAME && n == strlen(expected) && strncasecmp(name, expected, n) == 0)
			return true;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool read_session(const char *hex, uint8_t ret[16])
{
	size_t i;

	for (i = 0; i < 16; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* The only alternative name is SESSION_URI expected '/' and 32 hex digits or WATCH, and the CN is the same digits or word. */
static bool names_session(gnutls_x509_crt_t certificate, const char *expected, uint8_t ret[16], bool *ret_watches)
{
	size_t prefix = strlen(SESSION_URI), host = strlen(expected), n, cn_size, id;
	char uri[NAME_BYTES], more[NAME_BYTES], cn[NAME_BYTES];

	n = sizeof uri;
	if (gnutls_x509_crt_get_subject_alt_name(certificate, 0, uri, &n, NULL) != GNUTLS_SAN_URI)
		return false;
	cn_size = sizeof more;
	if (gnutls_x509_crt_get_subject_alt_name(certificate, 1, more, &cn_size, NULL) !=
			GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return false;
	id = n > prefix + host + 1 ? n - prefix - host - 1 : 0;
	if ((id != SESSION_HEX && id != strlen(WATCH)) || memcmp(uri, SESSION_URI, prefix) != 0 ||
			memcmp(uri + prefix, expected, host) != 0 || uri[prefix + host] != '/')
		return false;
	cn_size = sizeof cn;
	if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &cn_size) < 0 ||
			cn_size != id || memcmp(cn, uri + prefix + host + 1, id) != 0)
		return false;
	*ret_watches = id == strlen(WATCH);
	if (*ret_watches)
		return memcmp(cn, WATCH, id) == 0;
	return read_session(uri + prefix + host + 1, ret);
}

static void read_broker(gnutls_x509_crt_t intermediate, char ret[64])
{
	char cn[NAME_BYTES];
	size_t n = sizeof cn;

	ret[0] = '\0';
	if (gnutls_x509_crt_get_dn_by_oid(intermediate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &n) < 0)
		return;
	if (n > 63)
		n = 63;
	memcpy(ret, cn, n);
	ret[n] = '\0';
}

static enum sek_tls_refusal check_under(const struct sek_tls_root *root, gnutls_x509_crt_t certificate)
{
	enum sek_tls_refusal r = check_link(certificate, root->certificate);

	if (r == SEK_TLS_UNTRUSTED)
		return r;
	/* asked before the dates: that a certificate was revoked is the weightier reason */
	if (gnutls_x509_crt_check_revocation(certificate, &root->crl, 1) != 0)
		return SEK_TLS_REVOKED;
	return r;
}

/* By whichever root has signed it, with that root's CRL. */
static enum sek_tls_refusal check_under_root(const struct sek_tls *t, gnutls_x509_crt_t certificate)
{
	enum sek_tls_refusal r = SEK_TLS_UNTRUSTED;

	for (unsigned i = 0; r == SEK_TLS_UNTRUSTED && i < t->context->n_roots; i++)
		r = check_under(&t->context->roots[i], certificate);
	return r;
}

static bool crls_are_fresh(const struct sek_tls_context *c)
{
	time_t now = time(NULL);

	for (unsigned i = 0; i < c->n_roots; i++)
		if (!crl_is_fresh(c->roots[i].crl, now))
			return false;
	return true;
}

static enum sek_tls_refusal check_render_host(struct sek_tls *t, gnutls_x509_crt_t *chain, unsigned n)
{
	enum sek_tls_refusal r = check_under_root(t, chain[0]);

	if (r != SEK_TLS_ACCEPTED)
		return r;
	if (n != 1 || !is_leaf_for(chain[0], GNUTLS_KP_TLS_WWW_SERVER))
		return SEK_TLS_WRONG_PURPOSE;
	return names_host(chain[0], t->expected) ? SEK_TLS_ACCEPTED : SEK_TLS_WRONG_NAME;
}

static enum sek_tls_refusal check_session(struct sek_tls *t, gnutls_x509_crt_t *chain, unsigned n)
{
	enum sek_tls_refusal r = check_under_root(t, chain[n - 1]);

	if (r != SEK_TLS_ACCEPTED)
		return r;
	if (n != 2 || !is_broker_intermediate(chain[1]))
		return SEK_TLS_WRONG_PURPOSE;
	r = check_link(chain[0], chain[1]);
	if (r != SEK_TLS_ACCEPTED)
		return r;
	if (!is_leaf_for(chain[0], GNUTLS_KP_TLS_WWW_CLIENT))
		return SEK_TLS_WRONG_PURPOSE;
	if (!names_session(chain[0], t->expected, t->peer_session, &t->peer_watches))
		return SEK_TLS_WRONG_NAME;
	read_broker(chain[1], t->peer_broker);
	return SEK_TLS_ACCEPTED;
}

enum sek_tls_refusal sek_tls_verify(struct sek_tls *t, const gnutls_datum_t *certificates, unsigned n)
{
	gnutls_x509_crt_t chain[CHAIN_MAX] = { NULL, NULL };
	enum sek_tls_refusal r = SEK_TLS_UNTRUSTED;
	unsigned i;

	if (!certificates || n == 0)
		return SEK_TLS_NO_CERTIFICATE;
	if (n > CHAIN_MAX)
		return SEK_TLS_UNTRUSTED;
	if (!crls_are_fresh(t->context))
		return SEK_TLS_CRL_STALE;
	for (i = 0; i < n; i++)
		if (gnutls_x509_crt_init(&chain[i]) < 0 ||
				gnutls_x509_crt_import(chain[i], &certificates[i], GNUTLS_X509_FMT_DER) < 0)
			goto out;
	r = t->context->role == SEK_TLS_CLIENT ? check_render_host(t, chain, n) : check_session(t, chain, n);
out:
	for (i = 0; i < n; i++)
		if (chain[i])
			gnutls_x509_crt_deinit(chain[i]);
	return r;
}
