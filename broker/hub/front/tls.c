/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What TLS may do on the inner face: 1.3, or 1.2 with forward secrecy and AEAD only; no tickets, no renegotiation, no
 * compression, no early data (IPA guide to TLS, OWASP ASVS 12.1).
 */
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "broker/hub/front/private.h"

static const char tls12_ciphers[] = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char tls13_ciphers[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/* Any certificate passes here: whether it is good is asked at the log-in (auth/certificate.h), which can say what is wrong
 * with it, sees the CRL of that moment, and leaves the connection to those who log in by password. */
static int take_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static int ask_for_certificates(SSL_CTX *ctx, const char *client_ca)
{
	static const unsigned char context[] = "sekisho";
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(client_ca);

	if (!names || SSL_CTX_set_session_id_context(ctx, context, sizeof context - 1) != 1)
		return -1;
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	return 0;
}

bool sek_front_client_ca_is_sound(const char *client_ca)
{
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(client_ca);
	bool sound = names && sk_X509_NAME_num(names) > 0;

	sk_X509_NAME_pop_free(names, X509_NAME_free);
	ERR_clear_error();
	return sound;
}

static size_t append_der(X509 *x, uint8_t *ret, size_t at)
{
	int n = i2d_X509(x, NULL);

	if (n <= 0 || at + (size_t)n > SEK_CERTIFICATE_MAX_BYTES)
		return 0;
	ret += at;
	return at + (size_t)i2d_X509(x, &ret);
}

size_t sek_front_client_certificate(struct lws *wsi, uint8_t *ret)
{
	SSL *ssl = lws_get_ssl(wsi);
	X509 *own = ssl ? SSL_get0_peer_certificate(ssl) : NULL;
	STACK_OF(X509) *chain = own ? SSL_get_peer_cert_chain(ssl) : NULL;
	size_t n = own ? append_der(own, ret, 0) : 0;
	int i;

	/* to a server OpenSSL gives the chain without the client's own certificate */
	for (i = 0; n > 0 && chain && i < sk_X509_num(chain) && i + 1 < SEK_CERTIFICATE_CHAIN_MAX; i++)
		n = append_der(sk_X509_value(chain, i), ret, n);
	return n;
}

int sek_front_harden_tls(void *ssl_ctx, const char *client_ca)
{
	SSL_CTX *ctx = ssl_ctx;

	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	/* a resumed handshake saves a millisecond on a LAN; a stolen ticket key would open recorded traffic */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1 || SSL_CTX_set_max_early_data(ctx, 0) != 1 ||
			SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
			SSL_CTX_set_cipher_list(ctx, tls12_ciphers) != 1 ||
			SSL_CTX_set_ciphersuites(ctx, tls13_ciphers) != 1 ||
			SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1)
		return -1;
	return client_ca ? ask_for_certificates(ctx, client_ca) : 0;
}

sek_status sek_front_check_tls(const char *certificate, const char *key, char *err, size_t err_size)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	sek_status status = sek_ok();
	char why[160] = "";

	if (!ctx)
		return sek_fail(SEK_E_NOMEM);
	if (sek_front_harden_tls(ctx, NULL) != 0) {
		snprintf(err, err_size, "OpenSSL on this machine lacks the needed ciphers: install Debian's libssl3");
		status = sek_fail(SEK_E_CRYPTO);
	} else if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1) {
		snprintf(err, err_size, "inner.certificate: '%s' is not a usable PEM certificate: make it with "
			"sekisho-certs", certificate);
		status = sek_fail(SEK_E_CONFIG);
	} else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1) {
		ERR_error_string_n(ERR_peek_last_error(), why, sizeof why);
		snprintf(err, err_size, "inner.key: '%s' is not the key of the certificate (%s): both come from one run of "
			"sekisho-certs", key, why);
		status = sek_fail(SEK_E_CONFIG);
	}
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return status;
}

sek_status sek_front_reload(struct sek_front *f, char *err, size_t err_size)
{
	SSL_CTX *ctx = f->ssl_ctx, *probe;
	int kind = ctx && SSL_CTX_get0_privatekey(ctx) ? EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(ctx)) : 0, other = 0;

	SEK_TRY(sek_front_check_tls(f->config.certificate, f->config.key, err, err_size));
	probe = SSL_CTX_new(TLS_server_method());
	if (probe && SSL_CTX_use_PrivateKey_file(probe, f->config.key, SSL_FILETYPE_PEM) == 1)
		other = EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(probe));
	SSL_CTX_free(probe);
	/* OpenSSL would keep the old certificate beside one of another kind, and clients would choose */
	if (!kind || kind != other) {
		snprintf(err, err_size, "inner.key: is of another kind (RSA, ECDSA) than the one in use: restart the broker to take it");
		return sek_fail(SEK_E_CONFIG);
	}
	if (SSL_CTX_use_certificate_chain_file(ctx, f->config.certificate) != 1 ||
			SSL_CTX_use_PrivateKey_file(ctx, f->config.key, SSL_FILETYPE_PEM) != 1) {
		ERR_clear_error();
		snprintf(err, err_size, "inner.certificate: was changed while it was read: restart the broker");
		return sek_fail(SEK_E_CRYPTO);
	}
	ERR_clear_error();
	return sek_ok();
}
