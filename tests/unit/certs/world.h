/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small PKI on disk for tests, and certificates of any wrong shape that a real CA would never make.
 */
#ifndef SEK_TESTS_CERTS_WORLD_H
#define SEK_TESTS_CERTS_WORLD_H

#include "base/tls.h"
#include "certs/pki.h"
#include "certs/session_cert.h"
#include "certs/x509.h"

#define WORLD_HOST "render1.sekisho.internal"

struct world {
	char directory[64];
	char *ca, *crl; /* texts as they are on disk */
	struct sek_issuer *issuer; /* broker1's */
};

/* CA, broker1, https1 (127.0.0.1), WORLD_HOST, as sekisho-certs makes them. Aborts on failure. */
void world_build(struct world *w);
void world_remove(struct world *w);
/* Reads ca.crt and ca.crl again. */
void world_reload(struct world *w);

/* DIRECTORY/name as heap text. */
char *world_text(const struct world *w, const char *name);
/* The chain and key of a fresh session certificate: heap texts. */
void world_session(const struct world *w, const uint8_t id[16], const char *host, char **ret_chain, char **ret_key);
/* A certificate of any shape. issuer: NAME whose NAME.crt and NAME.key sign it, NULL: by itself. If keep is not NULL,
 * keep.crt and keep.key are written into the directory. Heap texts. */
void world_craft(const struct world *w, const char *issuer, const struct sek_x509_wish *wish, const char *keep,
	char **ret_cert, char **ret_key);
/* A CRL of the CA that is good from `from` until `until`. Heap text. */
char *world_crl(const struct world *w, time_t from, time_t until);
/* a and b joined: heap text. */
char *world_join(const char *a, const char *b);

#endif
