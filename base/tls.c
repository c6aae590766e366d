/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS 1.3 sessions over GnuTLS: set-up and bytes. After a session was created it only calls recvfrom and sendmsg on its
 * descriptor, getrandom, the clock and the heap (brk, mmap, munmap): it opens nothing, so it can live in a jail.
 */
#include "base/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/tls_internal.h"

/* TLS 1.3 with AEAD and elliptic curves only; our certificates are ECDSA P-256. */
#define PRIORITY                                                                                                      \
	"NONE:+VERS-TLS1.3:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:+AEAD:+ECDHE-ECDSA:+GROUP-X25519:"            \
	"+GROUP-SECP256R1:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+CTYPE-X509:+COMP-NULL:" \
	"%PROFILE_MEDIUM"

enum { OWN_CHAIN_MAX = 2, HANDSHAKE_MAX_BYTES = 32768 };

const char *sek_tls_refusal_name(enum sek_tls_refusal r)
{
	static const char *const names[] = {
		[SEK_TLS_ACCEPTED] = "accepted",
		[SEK_TLS_NO_CERTIFICATE] = "no-certificate",
		[SEK_TLS_UNTRUSTED] = "untrusted",
		[SEK_TLS_EXPIRED] = "expired",
		[SEK_TLS_REVOKED] = "revoked",
		[SEK_TLS_CRL_STALE] = "crl-stale",
		[SEK_TLS_WRONG_NAME] = "wrong-name",
		[SEK_TLS_WRONG_PURPOSE] = "wrong-purpose",
		[SEK_TLS_PEER_ALERT] = "peer-alert",
		[SEK_TLS_BROKEN] = "broken",
	};

	if ((size_t)r >= sizeof names / sizeof names[0])
		return "unknown";
	return names[r];
}

const char *sek_tls_fault_text(sek_status s)
{
	if (sek_is_ok(s))
		return "nothing is wrong";
	if (s.code != SEK_E_CRYPTO)
		return "not enough memory, or a fault of the TLS library";
	if (s.origin == SEK_FROM_GNUTLS)
		return "certificate or key cannot be used, or do not belong together: issue them anew";
	switch ((enum sek_tls_fault)s.detail) {
	case SEK_TLS_FAULT_CA:
		return "the CA certificate cannot be read or is not a root CA: copy ca.crt again";
	case SEK_TLS_FAULT_CRL:
		return "the CRL cannot be read or is not of this CA: copy ca.crl again";
	case SEK_TLS_FAULT_CRL_STALE:
		return "the CRL has run out or is not valid yet: run 'sekisho-certs crl' and copy ca.crl, and check the clock";
	default:
		return "certificate or key cannot be read: issue them anew";
	}
}

static sek_status from_gnutls(int e)
{
	return sek_foreign(e == GNUTLS_E_MEMORY_ERROR ? SEK_E_NOMEM : SEK_E_CRYPTO, SEK_FROM_GNUTLS, e);
}

static gnutls_alert_description_t alert_for(enum sek_tls_refusal why)
{
	switch (why) {
	case SEK_TLS_NO_CERTIFICATE:
		return GNUTLS_A_CERTIFICATE_REQUIRED;
	case SEK_TLS_UNTRUSTED:
		return GNUTLS_A_UNKNOWN_CA;
	case SEK_TLS_EXPIRED:
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	case SEK_TLS_REVOKED:
		return GNUTLS_A_CERTIFICATE_REVOKED;
	case SEK_TLS_WRONG_PURPOSE:
		return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
	case SEK_TLS_CRL_STALE:
	case SEK_TLS_WRONG_NAME:
		return GNUTLS_A_ACCESS_DENIED;
	default:
		return GNUTLS_A_BAD_CERTIFICATE;
	}
}

static int verify_peer(gnutls_session_t session)
{
	struct sek_tls *t = gnutls_session_get_ptr(session);
	const gnutls_datum_t *certificates;
	unsigned n = 0;

	if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_X509)
		t->why = SEK_TLS_UNTRUSTED;
	else {
		certificates = gnutls_certificate_get_peers(session, &n);
		t->why = sek_tls_verify(t, certificates, n);
	}
	return t->why == SEK_TLS_ACCEPTED ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static sek_status load_own(struct sek_tls_context *c, const struct sek_tls_pem *pem)
{
	gnutls_x509_crt_t chain[OWN_CHAIN_MAX] = { NULL, NULL };
	gnutls_x509_privkey_t key = NULL;
	gnutls_datum_t text;
	unsigned n = OWN_CHAIN_MAX, i;
	int e;

	if (!pem->chain || !pem->key)
		return sek_foreign(SEK_E_CRYPTO, SEK_FROM_SEKISHO, SEK_TLS_FAULT_OWN);
	text = (gnutls_datum_t){ (unsigned char *)(uintptr_t)pem->chain, (unsigned)strlen(pem->chain) };
	e = gnutls_x509_crt_list_import(chain, &n, &text, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED |
		GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
	if (e < 0)
		return from_gnutls(e);
	n = (unsigned)e;
	text = (gnutls_datum_t){ (unsigned char *)(uintptr_t)pem->key, (unsigned)strlen(pem->key) };
	if ((e = gnutls_x509_privkey_init(&key)) >= 0 &&
			(e = gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN)) >= 0)
		e = gnutls_certificate_set_x509_key(c->credentials, chain, (int)n, key); /* fails when they do not match */
	for (i = 0; i < n; i++)
		gnutls_x509_crt_deinit(chain[i]);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return e < 0 ? from_gnutls(e) : sek_ok();
}

sek_status sek_tls_context_create(enum sek_tls_role role, const struct sek_tls_pem *pem, struct sek_tls_context **ret)
{
	struct sek_tls_context *c = calloc(1, sizeof *c);
	sek_status s;
	int e;

	if (!c)
		return sek_fail(SEK_E_NOMEM);
	c->role = role;
	c->references = 1;
	s = sek_tls_trust_load(c, pem);
	if (!sek_is_ok(s))
		goto fail;
	if ((e = gnutls_certificate_allocate_credentials(&c->credentials)) < 0 ||
			(e = gnutls_priority_init(&c->priority, PRIORITY, NULL)) < 0) {
		s = from_gnutls(e);
		goto fail;
	}
	gnutls_certificate_set_verify_function(c->credentials, verify_peer);
	s = load_own(c, pem);
	if (!sek_is_ok(s))
		goto fail;
	*ret = c;
	return s;
fail:
	sek_tls_context_destroy(c);
	return s;
}

void sek_tls_context_destroy(struct sek_tls_context *c)
{
	if (!c || --c->references > 0)
		return;
	if (c->credentials)
		gnutls_certificate_free_credentials(c->credentials);
	if (c->priority)
		gnutls_priority_deinit(c->priority);
	sek_tls_trust_unload(c);
	free(c);
}

/* Own transport functions: no poll, no other system call than these two, never a signal. */
static ssize_t pull(gnutls_transport_ptr_t user, void *buf, size_t n)
{
	const struct sek_tls *t = user;

	return recv(t->fd, buf, n, MSG_DONTWAIT);
}

static ssize_t push(gnutls_transport_ptr_t user, const giovec_t *parts, int n)
{
	const struct sek_tls *t = user;
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)n };

	return sendmsg(t->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The caller polls; the library is always told that it may try. */
static int may_pull(gnutls_transport_ptr_t user, unsigned ms)
{
	(void)user;
	(void)ms;
	return 1;
}

sek_status sek_tls_create(struct sek_tls_context *c, int fd, const char *expected_name, struct sek_tls **ret)
{
	struct sek_tls *t;
	unsigned flags;
	int e;

	if (!expected_name[0] || strlen(expected_name) > SEK_TLS_NAME_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	t = calloc(1, sizeof *t);
	if (!t)
		return sek_fail(SEK_E_NOMEM);
	t->fd = fd;
	memcpy(t->expected, expected_name, strlen(expected_name) + 1);
	flags = c->role == SEK_TLS_SERVER ? GNUTLS_SERVER : GNUTLS_CLIENT;
	flags |= GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS;
	if ((e = gnutls_init(&t->session, flags)) < 0) {
		free(t);
		return from_gnutls(e);
	}
	if ((e = gnutls_priority_set(t->session, c->priority)) < 0 ||
			(e = gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, c->credentials)) < 0) {
		gnutls_deinit(t->session);
		free(t);
		return from_gnutls(e);
	}
	t->context = c;
	c->references++;
	if (c->role == SEK_TLS_SERVER)
		gnutls_certificate_server_set_request(t->session, GNUTLS_CERT_REQUIRE);
	gnutls_handshake_set_max_packet_length(t->session, HANDSHAKE_MAX_BYTES);
	gnutls_session_set_ptr(t->session, t);
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_vec_push_function(t->session, push);
	gnutls_transport_set_pull_timeout_function(t->session, may_pull);
	*ret = t;
	return sek_ok();
}

void sek_tls_destroy(struct sek_tls *t)
{
	if (!t)
		return;
	gnutls_deinit(t->session);
	sek_tls_context_destroy(t->context);
	free(t);
}

/* What an error of the library means, in either phase. */
static sek_status judge(struct sek_tls *t, int e)
{
	switch (e) {
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED:
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		return sek_fail(SEK_E_AGAIN);
	case GNUTLS_E_CERTIFICATE_ERROR:
		break; /* verify_peer has set why */
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		t->why = SEK_TLS_NO_CERTIFICATE;
		break;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		t->why = SEK_TLS_PEER_ALERT;
		return sek_foreign(SEK_E_DENIED, SEK_FROM_GNUTLS, (int)gnutls_alert_get(t->session));
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		t->why = SEK_TLS_BROKEN;
		return sek_foreign(SEK_E_IO, SEK_FROM_GNUTLS, e);
	default:
		t->why = SEK_TLS_BROKEN;
		(void)gnutls_alert_send_appropriate(t->session, e);
		return from_gnutls(e);
	}
	(void)gnutls_alert_send(t->session, GNUTLS_AL_FATAL, alert_for(t->why));
	return sek_foreign(SEK_E_DENIED, SEK_FROM_GNUTLS, e);
}

sek_status sek_tls_handshake(struct sek_tls *t)
{
	int e;

	do
		e = gnutls_handshake(t->session);
	while (e == GNUTLS_E_INTERRUPTED || e == GNUTLS_E_WARNING_ALERT_RECEIVED);
	return e == GNUTLS_E_SUCCESS ? sek_ok() : judge(t, e);
}

sek_status sek_tls_read(struct sek_tls *t, void *buf, size_t size, size_t *ret_n)
{
	ssize_t n;

	do
		n = gnutls_record_recv(t->session, buf, size);
	while (n == GNUTLS_E_INTERRUPTED);
	if (n == 0)
		return sek_fail(SEK_E_CLOSED);
	if (n < 0)
		return judge(t, (int)n);
	*ret_n = (size_t)n;
	return sek_ok();
}

sek_status sek_tls_write(struct sek_tls *t, const void *buf, size_t n, size_t *ret_n)
{
	ssize_t w;

	if (n == 0) { /* the library would take this for the end of an interrupted write */
		*ret_n = 0;
		return sek_ok();
	}
	do
		w = gnutls_record_send(t->session, buf, n);
	while (w == GNUTLS_E_INTERRUPTED);
	if (w < 0)
		return judge(t, (int)w);
	*ret_n = (size_t)w;
	return sek_ok();
}

bool sek_tls_wants_write(const struct sek_tls *t)
{
	return gnutls_record_get_direction(t->session) == 1;
}

bool sek_tls_pending(const struct sek_tls *t)
{
	return gnutls_record_check_pending(t->session) > 0;
}

void sek_tls_bye(struct sek_tls *t)
{
	if (t->said_bye)
		return;
	t->said_bye = true;
	(void)gnutls_bye(t->session, GNUTLS_SHUT_WR);
}

enum sek_tls_refusal sek_tls_why(const struct sek_tls *t)
{
	return t->why;
}

bool sek_tls_peer_watches(const struct sek_tls *t)
{
	return t->peer_watches;
}

void sek_tls_peer_session(const struct sek_tls *t, uint8_t ret_session[16], char ret_broker[64])
{
	memcpy(ret_session, t->peer_session, sizeof t->peer_session);
	memcpy(ret_broker, t->peer_broker, sizeof t->peer_broker);
}
