/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What pki.c (certificates) and pki_crl.c (revocation) share.
 */
#ifndef SEK_CERTS_PKI_INTERNAL_H
#define SEK_CERTS_PKI_INTERNAL_H

#include <limits.h>

#include <gnutls/x509.h>

#include "certs/index.h"
#include "certs/pki.h"
#include "certs/x509.h"

enum { SEK_PKI_SKEW_S = 300 }; /* everything begins this much earlier: clocks of machines differ */

struct sek_pki {
	char directory[PATH_MAX];
	int lock; /* descriptor */
	gnutls_x509_crt_t ca;
	gnutls_x509_privkey_t ca_key; /* NULL until it is needed: listing and checking work without it */
	struct sek_index index;
};

__attribute__((format(printf, 4, 5))) sek_status sek_pki_say(enum sek_code code, char *err, size_t err_size,
	const char *format, ...);
/* "cannot write X: permission denied" and the like. */
sek_status sek_pki_say_status(sek_status s, char *err, size_t err_size, const char *doing, const char *what);
/* directory/name+suffix */
sek_status sek_pki_path(const struct sek_pki *p, const char *name, const char *suffix, char ret[PATH_MAX]);
sek_status sek_pki_need_ca_key(struct sek_pki *p, char *err, size_t err_size);
sek_status sek_pki_save_index(struct sek_pki *p, char *err, size_t err_size);
/* The time range of something signed now for this many days, not longer than the CA's own. */
void sek_pki_range(const struct sek_pki *p, const struct sek_pki_wish *w, int default_days, time_t *ret_from,
	time_t *ret_until);
sek_status sek_pki_check_days(const struct sek_pki_wish *w, char *err, size_t err_size);

/* May this be issued? Says what is wrong with name, addresses or days, and refuses a key that is there already. */
sek_status sek_pki_check_issue(struct sek_pki *p, enum sek_pki_kind kind, const char *name, const struct sek_pki_wish *wish, char *err,
	size_t err_size);
/* Fills in what every certificate of a kind says; dates and alternative names are left to the caller. */
void sek_pki_wish_for(enum sek_pki_kind kind, const char *name, struct sek_x509_wish *w);
/* Signs, records and writes a certificate for `public`; with key, that is written too, in between. */
sek_status sek_pki_sign_and_write(struct sek_pki *p, enum sek_pki_kind kind, const char *name,
	const struct sek_x509_wish *wish, gnutls_pubkey_t public, gnutls_x509_privkey_t key, bool force, char *err,
	size_t err_size);

#endif
