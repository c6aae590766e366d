/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Verification by OpenSSL. Must never accept a certificate without having seen a fresh CRL of its issuer.
 */
#include "broker/hub/auth/certificate.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include "base/utf8.h"

static int64_t end_of(const X509 *x)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* A name that looks like another, or like two lines of a log, is none to find an account by. */
static bool is_plain(const char *text)
{
	size_t left = strlen(text), k;
	uint32_t c;

	for (; left > 0; text += k, left -= k) {
		k = sek_utf8_next((const uint8_t *)text, left, &c);
		if (k == 0 || sek_utf8_is_unsafe(c))
			return false;
	}
	return true;
}

static sek_status describe(X509 *x, struct sek_certificate *ret)
{
	uint8_t hash[32];
	unsigned n = 0;
	BIO *out;
	int len;

	memset(ret, 0, sizeof *ret);
	if (X509_digest(x, EVP_sha256(), hash, &n) != 1 || n != sizeof hash)
		return sek_fail(SEK_E_CRYPTO);
	sodium_bin2hex(ret->fingerprint, sizeof ret->fingerprint, hash, sizeof hash);
	out = BIO_new(BIO_s_mem());
	if (!out)
		return sek_fail(SEK_E_NOMEM);
	if (X509_NAME_print_ex(out, X509_get_subject_name(x), 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_read(out, ret->subject, (int)sizeof ret->subject - 1);
		if (len < 0 || BIO_pending(out) > 0)
			len = 0;
		ret->subject[len] = '\0';
		if (!is_plain(ret->subject))
			ret->subject[0] = '\0';
	}
	BIO_free(out);
	ret->ends_s = end_of(x);
	return sek_ok();
}

static STACK_OF(X509) *parse_chain(const uint8_t *der, size_t n)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	const uint8_t *p = der;

	while (chain && p < der + n) {
		X509 *x = sk_X509_num(chain) < SEK_CERTIFICATE_CHAIN_MAX ? d2i_X509(NULL, &p, (long)(der + n - p)) : NULL;

		if (!x || sk_X509_push(chain, x) <= 0) {
			X509_free(x);
			sk_X509_pop_free(chain, X509_free);
			return NULL;
		}
	}
	return chain;
}

static X509_STORE *make_store(const struct sek_certificate_config *c)
{
	X509_STORE *store = X509_STORE_new();
	X509_LOOKUP *files = store ? X509_STORE_add_lookup(store, X509_LOOKUP_file()) : NULL;

	if (files && X509_load_cert_file(files, c->ca, X509_FILETYPE_PEM) > 0 &&
			X509_load_crl_file(files, c->crl, X509_FILETYPE_PEM) > 0)
		return store;
	X509_STORE_free(store);
	return NULL;
}

static bool is_ours(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED ||
		error == X509_V_ERR_CRL_NOT_YET_VALID || error == X509_V_ERR_CRL_SIGNATURE_FAILURE;
}

static sek_status verify(X509_STORE *store, STACK_OF(X509) *chain, const char **why)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	sek_status status = sek_fail(SEK_E_DENIED);
	int error;

	*why = "out of memory";
	if (ctx && X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) == 1) {
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_X509_STRICT);
		(void)X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
		if (X509_verify_cert(ctx) == 1) {
			status = sek_ok();
		} else {
			error = X509_STORE_CTX_get_error(ctx);
			*why = X509_verify_cert_error_string(error);
			if (is_ours(error))
				status = sek_fail(SEK_E_CONFIG);
		}
	}
	X509_STORE_CTX_free(ctx);
	return status;
}

sek_status sek_certificate_verify(const struct sek_certificate_config *c, const uint8_t *der, size_t n,
	struct sek_certificate *ret, const char **why)
{
	STACK_OF(X509) *chain = n > 0 && n <= SEK_CERTIFICATE_MAX_BYTES ? parse_chain(der, n) : NULL;
	X509_STORE *store = NULL;
	sek_status status;

	*why = "not a certificate";
	if (!chain) {
		ERR_clear_error();
		return sek_fail(SEK_E_DENIED);
	}
	store = make_store(c);
	if (!store) {
		*why = "the CA certificates or the CRL cannot be read";
		status = sek_fail(SEK_E_CONFIG);
	} else {
		status = verify(store, chain, why);
		if (sek_is_ok(status))
			status = describe(sk_X509_value(chain, 0), ret);
	}
	X509_STORE_free(store);
	sk_X509_pop_free(chain, X509_free);
	ERR_clear_error();
	return status;
}

sek_status sek_certificate_read(const char *pem, struct sek_certificate *ret)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	X509 *x = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	sek_status status = x ? describe(x, ret) : sek_fail(SEK_E_MALFORMED);

	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return status;
}
