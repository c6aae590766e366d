/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The client's own certificate, into OpenSSL's context: out of PEM files, a PKCS#12 file, or a token by PKCS#11 (the key stays
 * in the token). A certificate that was named and cannot be used is an error, never a log-in without it.
 */
/* OpenSSL 3 would rather have providers; the way of Debian 12 to a token is the engine of libengine-pkcs11-openssl. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdio.h>
#include <string.h>

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include "client/stream/stream_private.h"

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* For a key that is encrypted; without this OpenSSL would ask on the terminal. */
static int give_passphrase(char *buf, int size, int rwflag, void *user)
{
	const char *passphrase = user;
	int n;

	(void)rwflag;
	n = snprintf(buf, (size_t)size, "%s", passphrase ? passphrase : "");
	return n < size ? n : -1;
}

static bool use(SSL_CTX *ctx, X509 *certificate, EVP_PKEY *key)
{
	return certificate && key && SSL_CTX_use_certificate(ctx, certificate) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
		SSL_CTX_check_private_key(ctx) == 1;
}

static bool use_pem(SSL_CTX *ctx, const struct sek_stream_tls *t)
{
	SSL_CTX_set_default_passwd_cb(ctx, give_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)(uintptr_t)t->passphrase);
	return SSL_CTX_use_certificate_chain_file(ctx, t->certificate) == 1 &&
		SSL_CTX_use_PrivateKey_file(ctx, t->key ? t->key : t->certificate, SSL_FILETYPE_PEM) == 1 &&
		SSL_CTX_check_private_key(ctx) == 1;
}

static bool use_pkcs12(SSL_CTX *ctx, const struct sek_stream_tls *t)
{
	BIO *in = BIO_new_file(t->certificate, "rb");
	PKCS12 *p12 = in ? d2i_PKCS12_bio(in, NULL) : NULL;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	STACK_OF(X509) *chain = NULL;
	bool ok = p12 && PKCS12_parse(p12, t->passphrase ? t->passphrase : "", &key, &certificate, &chain) == 1 &&
		use(ctx, certificate, key);

	if (ok && chain)
		ok = SSL_CTX_set1_chain(ctx, chain) == 1;
	sk_X509_pop_free(chain, X509_free);
	X509_free(certificate);
	EVP_PKEY_free(key);
	PKCS12_free(p12);
	BIO_free(in);
	return ok;
}

static bool use_token(SSL_CTX *ctx, const struct sek_stream_tls *t)
{
	struct {
		const char *uri;
		X509 *certificate;
	} load = { t->certificate, NULL };
	ENGINE *engine;
	EVP_PKEY *key = NULL;
	bool ok = false;

	ENGINE_load_builtin_engines();
	engine = ENGINE_by_id("pkcs11");
	if (!engine)
		return false;
	if (ENGINE_init(engine)) {
		if (ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &load, NULL, 1) == 1)
			key = ENGINE_load_private_key(engine, t->key ? t->key : t->certificate, NULL, NULL);
		ok = use(ctx, load.certificate, key);
		EVP_PKEY_free(key);
		X509_free(load.certificate);
		ENGINE_finish(engine);
	}
	ENGINE_free(engine);
	return ok;
}

int sek_stream_tls_prepare(void *ssl_ctx, struct sek_stream_context *c)
{
	const struct sek_stream_tls *t = &c->tls;
	bool ok;

	SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_2_VERSION);
	if (!t->certificate)
		return 0;
	if (strncmp(t->certificate, "pkcs11:", 7) == 0)
		ok = use_token(ssl_ctx, t);
	else if (ends_in(t->certificate, ".p12") || ends_in(t->certificate, ".pfx"))
		ok = use_pkcs12(ssl_ctx, t);
	else
		ok = use_pem(ssl_ctx, t);
	ERR_clear_error();
	c->refused = !ok;
	return !ok;
}
