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

int sek_front_harden_tls(void *ssl_ctx)
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
	return 0;
}

sek_status sek_front_check_tls(const char *certificate, const char *key, char *err, size_t err_size)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	sek_status status = sek_ok();
	char why[160] = "";

	if (!ctx)
		return sek_fail(SEK_E_NOMEM);
	if (sek_front_harden_tls(ctx) != 0) {
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
