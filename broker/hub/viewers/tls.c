/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS of the viewers' port: as the inner face (front/tls.c), 1.3, or 1.2 with forward secrecy and AEAD; no tickets. GnuTLS, which VNC
 * viewers use themselves.
 */
#include <stdio.h>

#include "broker/hub/viewers/private.h"

#define PRIORITY "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+AEAD:+SIGN-ALL:" \
	"-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+COMP-NULL:+CTYPE-X509:%SERVER_PRECEDENCE"

sek_status sek_viewers_tls_load(struct sek_viewers *all, char *err, size_t err_size)
{
	int e = gnutls_certificate_allocate_credentials(&all->credentials);

	if (e >= 0)
		e = gnutls_priority_init(&all->priority, PRIORITY, NULL);
	if (e >= 0)
		e = gnutls_certificate_set_x509_key_file(all->credentials, all->config.certificate, all->config.key, GNUTLS_X509_FMT_PEM);
	if (e >= 0)
		return sek_ok();
	snprintf(err, err_size, "vnc_viewers: inner.certificate and inner.key cannot be used (%s)", gnutls_strerror(e));
	return sek_fail(SEK_E_CRYPTO);
}

sek_status sek_viewers_reload(struct sek_viewers *all, char *err, size_t err_size)
{
	gnutls_certificate_credentials_t fresh = NULL;

	if (all->n_before == SEK_VIEWERS_RELOADS_MAX) {
		snprintf(err, err_size, "vnc_viewers: so many certificates were taken since the start that only a restart takes another");
		return sek_fail(SEK_E_LIMIT);
	}
	if (gnutls_certificate_allocate_credentials(&fresh) < 0 ||
			gnutls_certificate_set_x509_key_file(fresh, all->config.certificate, all->config.key, GNUTLS_X509_FMT_PEM) < 0) {
		if (fresh)
			gnutls_certificate_free_credentials(fresh);
		snprintf(err, err_size, "vnc_viewers: inner.certificate and inner.key cannot be used");
		return sek_fail(SEK_E_CRYPTO);
	}
	all->before[all->n_before++] = all->credentials;
	all->credentials = fresh;
	return sek_ok();
}

void sek_viewers_tls_free(struct sek_viewers *all)
{
	while (all->n_before > 0)
		gnutls_certificate_free_credentials(all->before[--all->n_before]);
	if (all->credentials)
		gnutls_certificate_free_credentials(all->credentials);
	if (all->priority)
		gnutls_priority_deinit(all->priority);
}

bool sek_viewer_tls_begin(struct viewer *v)
{
	if (gnutls_init(&v->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL) < 0) {
		v->tls = NULL;
		return false;
	}
	if (gnutls_priority_set(v->tls, v->all->priority) < 0 ||
	    gnutls_credentials_set(v->tls, GNUTLS_CRD_CERTIFICATE, v->all->credentials) < 0)
		return false;
	gnutls_certificate_server_set_request(v->tls, GNUTLS_CERT_IGNORE); /* viewers have none */
	gnutls_transport_set_int(v->tls, v->fd);
	gnutls_handshake_set_timeout(v->tls, GNUTLS_INDEFINITE_TIMEOUT); /* the connection's own deadline stands */
	return true;
}

static bool is_not_now(ssize_t e)
{
	return e == GNUTLS_E_AGAIN || e == GNUTLS_E_INTERRUPTED;
}

int sek_viewer_tls_handshake(struct viewer *v)
{
	int e = gnutls_handshake(v->tls);

	return e == GNUTLS_E_SUCCESS ? 1 : !gnutls_error_is_fatal(e) ? 0 : -1;
}

ssize_t sek_viewer_tls_read(struct viewer *v, void *to, size_t n)
{
	ssize_t k = gnutls_record_recv(v->tls, to, n);

	if (k > 0)
		return k;
	return is_not_now(k) ? 0 : -1; /* 0: its end. A new handshake (1.2) is refused as everything else */
}

ssize_t sek_viewer_tls_write(struct viewer *v, const void *bytes, size_t n)
{
	ssize_t k = gnutls_record_send(v->tls, bytes, n);

	if (k > 0)
		return k;
	return is_not_now(k) ? 0 : -1;
}
