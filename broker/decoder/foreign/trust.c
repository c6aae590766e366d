/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The check, by GnuTLS. Must say yes to nothing that it could not check to the end.
 */
#include "broker/decoder/foreign/trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/error.h"

struct sek_trust {
	const char *name;
	gnutls_x509_crt_t *given;
	unsigned n_given;
	gnutls_x509_trust_list_t authorities; /* those of the given ones that are CAs */
	bool has_crl;
	time_t crl_until; /* GnuTLS takes a list of yesterday for one of today */
};

static sek_status add_crl(struct sek_trust *t, const char *pem)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };
	gnutls_x509_crl_t crl;

	if (gnutls_x509_crl_init(&crl) < 0 || gnutls_x509_crl_import(crl, &d, GNUTLS_X509_FMT_PEM) < 0)
		return sek_fail(SEK_E_CRYPTO);
	t->has_crl = true;
	t->crl_until = gnutls_x509_crl_get_next_update(crl); /* (time_t)-1: it does not say, and so is no good */
	/* signed by one of the authorities, or it is no list of theirs; the trust list owns it from here on */
	return gnutls_x509_trust_list_add_crls(t->authorities, &crl, 1, GNUTLS_TL_VERIFY_CRL, 0) == 1 ? sek_ok() : sek_fail(SEK_E_CRYPTO);
}

static sek_status add(struct sek_trust *t, const char *crl)
{
	for (unsigned i = 0; i < t->n_given; i++) {
		/* a pinned certificate must not speak for others */
		if (gnutls_x509_crt_get_ca_status(t->given[i], NULL) <= 0)
			continue;
		if (gnutls_x509_trust_list_add_cas(t->authorities, &t->given[i], 1, 0) != 1)
			return sek_fail(SEK_E_CRYPTO);
	}
	return *crl ? add_crl(t, crl) : sek_ok();
}

sek_status sek_trust_create(const char *pem, const char *crl, const char *name, struct sek_trust **ret)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };
	struct sek_trust *t = calloc(1, sizeof *t);

	if (!t)
		return sek_fail(SEK_E_NOMEM);
	t->name = name;
	/* lives as long as the process: nothing is taken apart again */
	if (gnutls_x509_crt_list_import2(&t->given, &t->n_given, &d, GNUTLS_X509_FMT_PEM, 0) < 0 || t->n_given == 0 ||
	    gnutls_x509_trust_list_init(&t->authorities, 0) < 0)
		return sek_fail(SEK_E_CRYPTO);
	SEK_TRY(add(t, crl));
	*ret = t;
	return sek_ok();
}

static bool in_time(gnutls_x509_crt_t c)
{
	time_t now = time(NULL);

	return gnutls_x509_crt_get_activation_time(c) <= now && now <= gnutls_x509_crt_get_expiration_time(c);
}

static bool is_pinned(const struct sek_trust *t, gnutls_x509_crt_t shown)
{
	for (unsigned i = 0; i < t->n_given; i++)
		if (gnutls_x509_crt_equals(t->given[i], shown) && gnutls_x509_crt_get_ca_status(shown, NULL) <= 0)
			return in_time(shown);
	return false;
}

/* A host that made its own certificate may have made it a CA's: as the very one that was given it is as good. */
static bool is_pinned_alone(const struct sek_trust *t, gnutls_x509_crt_t shown)
{
	return t->n_given == 1 && gnutls_x509_crt_equals(t->given[0], shown) && in_time(shown);
}

static bool is_signed(const struct sek_trust *t, gnutls_x509_crt_t *shown, unsigned n)
{
	gnutls_typed_vdata_st wanted[2] = {
		{ .type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)(uintptr_t)t->name, .size = 0 },
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, .size = 0 },
	};
	unsigned found = 0;

	if (t->has_crl && (t->crl_until == (time_t)-1 || t->crl_until < time(NULL)))
		return false;
	return gnutls_x509_trust_list_verify_crt2(t->authorities, shown, n, wanted, 2, GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_LEGACY), &found,
		NULL) == 0 && found == 0;
}

sek_status sek_trust_check(const struct sek_trust *t, const struct sek_der *chain, size_t n)
{
	gnutls_x509_crt_t shown[SEK_TRUST_CHAIN_MAX] = { NULL };
	bool good = n > 0 && n <= SEK_TRUST_CHAIN_MAX;

	for (size_t i = 0; i < n && good; i++) {
		gnutls_datum_t d = { (unsigned char *)(uintptr_t)chain[i].bytes, (unsigned)chain[i].n };

		good = gnutls_x509_crt_init(&shown[i]) >= 0 && gnutls_x509_crt_import(shown[i], &d, GNUTLS_X509_FMT_DER) >= 0;
	}
	good = good && (is_pinned(t, shown[0]) || is_pinned_alone(t, shown[0]) || is_signed(t, shown, (unsigned)n));
	for (size_t i = 0; i < SEK_TRUST_CHAIN_MAX; i++)
		if (shown[i])
			gnutls_x509_crt_deinit(shown[i]);
	return good ? sek_ok() : sek_fail(SEK_E_DENIED);
}
