/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS between our own parts (broker <-> render host): TLS 1.3 only, mutual certificates under our own CA, CRL required
 * and fresh (fail closed), no tickets, no early data. GnuTLS, non-blocking, over a socket that the caller owns.
 */
#ifndef SEK_BASE_TLS_H
#define SEK_BASE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* PEM texts, not owned, not kept after the call that takes them. */
struct sek_tls_pem {
	const char *ca, *crl;   /* up to 4 root CA certificates (two while a site changes its CA); CRLs: the first of each root must be there, valid
	                         * now and signed by it; those of others are passed over */
	const char *chain;      /* own certificate, then the intermediate if there is one */
	const char *key;        /* own private key */
};

enum sek_tls_role { SEK_TLS_CLIENT, SEK_TLS_SERVER };

/* Why a peer was refused, for the log and the state shown to the user. */
enum sek_tls_refusal {
	SEK_TLS_ACCEPTED = 0, SEK_TLS_NO_CERTIFICATE, SEK_TLS_UNTRUSTED, SEK_TLS_EXPIRED, SEK_TLS_REVOKED,
	SEK_TLS_CRL_STALE, SEK_TLS_WRONG_NAME, SEK_TLS_WRONG_PURPOSE, SEK_TLS_PEER_ALERT, SEK_TLS_BROKEN,
};
const char *sek_tls_refusal_name(enum sek_tls_refusal r); /* "revoked", ... */

/* What is wrong with the texts of a context: the detail of its SEK_E_CRYPTO status, unless that is GnuTLS's. */
enum sek_tls_fault {
	SEK_TLS_FAULT_NONE = 0, SEK_TLS_FAULT_CA, SEK_TLS_FAULT_CRL, SEK_TLS_FAULT_CRL_STALE, SEK_TLS_FAULT_OWN,
};
/* A sentence part for the operator: what is wrong and what to do. */
const char *sek_tls_fault_text(sek_status s);

struct sek_tls_context;
/* Parses everything; SEK_E_CRYPTO if anything cannot be parsed, key and certificate do not match, the CRL is not of this
 * CA or is stale. One context serves many sessions, and lives until the last of them was destroyed. */
sek_status sek_tls_context_create(enum sek_tls_role role, const struct sek_tls_pem *pem, struct sek_tls_context **ret);
void sek_tls_context_destroy(struct sek_tls_context *c);

/* What a verified peer's certificate must say. Client role: expected_name is the render host's dNSName. Server role:
 * expected_name is this render host's own name; the peer must show a session certificate (SAN URI
 * sekisho://session.sekisho.internal/NAME/SESSION, or .../NAME/watch) for it, issued by a broker intermediate under the CA. */
struct sek_tls;
sek_status sek_tls_create(struct sek_tls_context *c, int fd, const char *expected_name, struct sek_tls **ret);
void sek_tls_destroy(struct sek_tls *t); /* does not close fd */

/* Each returns SEK_E_AGAIN when it would block; sek_tls_wants_write then tells which direction. SEK_E_CLOSED: orderly
 * close by the peer. SEK_E_DENIED: certificate refused (see sek_tls_why). Anything else: broken. After SEK_E_AGAIN of a
 * write the next write must begin with the same bytes (it may be longer). */
sek_status sek_tls_handshake(struct sek_tls *t);
sek_status sek_tls_read(struct sek_tls *t, void *buf, size_t size, size_t *ret_n);
sek_status sek_tls_write(struct sek_tls *t, const void *buf, size_t n, size_t *ret_n);
bool sek_tls_wants_write(const struct sek_tls *t);
/* Decrypted bytes that wait inside (poll would not tell). */
bool sek_tls_pending(const struct sek_tls *t);
/* Sends close_notify once, without waiting. */
void sek_tls_bye(struct sek_tls *t);
enum sek_tls_refusal sek_tls_why(const struct sek_tls *t);

/* Server role, after the handshake: the session id that the peer's certificate names (SEK_SESSION_ID_BYTES bytes) and
 * the CN of the intermediate that issued it (the broker's name), terminated, cut at 63. */
void sek_tls_peer_session(const struct sek_tls *t, uint8_t ret_session[16], char ret_broker[64]);
/* Likewise: the certificate names no session but the purpose of watching this render host, and is good for nothing else. */
bool sek_tls_peer_watches(const struct sek_tls *t);

#endif
