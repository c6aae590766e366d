/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CA in a directory: ca.crt, ca.key, ca.crl, NAME.crt, NAME.key and `index`, a list of everything ever issued.
 * Used by sekisho-certs and by tests. Every function that can fail writes a sentence for a person into err.
 */
#ifndef SEK_CERTS_PKI_H
#define SEK_CERTS_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/status.h"

#define SEK_PKI_NAME_MAX_BYTES 63
#define SEK_PKI_ADDRESSES_MAX 16
#define SEK_PKI_ENTRIES_MAX 4096 /* certificates that one index may list */
#define SEK_PKI_SERIAL_HEX 32

enum sek_pki_kind { SEK_PKI_CA, SEK_PKI_BROKER, SEK_PKI_HTTPS, SEK_PKI_HOST };
const char *sek_pki_kind_name(enum sek_pki_kind kind); /* "ca", "broker", "https", "host" */

struct sek_pki_entry {
	char serial[SEK_PKI_SERIAL_HEX + 1]; /* lower-case hex */
	enum sek_pki_kind kind;
	char name[SEK_PKI_NAME_MAX_BYTES + 1];
	time_t from, until;
	time_t revoked; /* 0 = it is not */
};

struct sek_pki_wish {
	time_t now;                   /* 0 = the clock's (tests make old certificates with another) */
	int days;                     /* 0 = the kind's default: CA 3650, others 397, CRL 7 */
	bool force;                   /* overwrite an existing key */
	const char *const *addresses; /* https only: numeric, at most SEK_PKI_ADDRESSES_MAX */
	size_t n_addresses;
	const char *const *names;     /* https only: further dNSNames */
	size_t n_names;
};

/* Makes directory (mode 0700 if it is not there), CA key, CA certificate with this CN, and the first CRL. */
sek_status sek_pki_init(const char *directory, const char *cn, const struct sek_pki_wish *wish, char *err,
	size_t err_size);

/* Opens a CA and locks it against other processes until sek_pki_close. */
struct sek_pki;
sek_status sek_pki_open(const char *directory, struct sek_pki **ret, char *err, size_t err_size);
void sek_pki_close(struct sek_pki *p);

/* Makes NAME.key (0600) and NAME.crt. name: lower-case letters, digits, '-' and '.', as in a domain name. SEK_E_EXISTS
 * if the key is there already and wish->force is not set. */
sek_status sek_pki_issue(struct sek_pki *p, enum sek_pki_kind kind, const char *name, const struct sek_pki_wish *wish,
	char *err, size_t err_size);

/* Makes NAME.crt of a render host for a P-256 public key (x, then y; 64 bytes) whose private half is there and stays there: no NAME.key.
 * SEK_E_EXISTS if the name has a certificate that is still good, and wish->force is not set; with it the older ones are revoked. */
#define SEK_PKI_POINT_BYTES 64
sek_status sek_pki_issue_host(struct sek_pki *p, const char *name, const uint8_t point[SEK_PKI_POINT_BYTES], const struct sek_pki_wish *wish,
	char *err, size_t err_size);

/* Makes a new NAME.crt for the key of the present one, which need not be here. The old one stays good until it expires. */
sek_status sek_pki_renew(struct sek_pki *p, const char *name, const struct sek_pki_wish *wish, char *err,
	size_t err_size);

/* Revokes every certificate of a name, or the one with this serial, and signs a new CRL. *ret_n: how many. */
sek_status sek_pki_revoke(struct sek_pki *p, const char *name_or_serial, const struct sek_pki_wish *wish, size_t *ret_n,
	char *err, size_t err_size);

/* Signs a new CRL with the next number. */
sek_status sek_pki_sign_crl(struct sek_pki *p, const struct sek_pki_wish *wish, char *err, size_t err_size);

/* The index, oldest first; good until the next change. */
const struct sek_pki_entry *sek_pki_entries(const struct sek_pki *p, size_t *ret_n);
/* True if a newer certificate of the same name was issued. */
bool sek_pki_is_superseded(const struct sek_pki *p, const struct sek_pki_entry *e);
/* Until when the present CRL is good; its number. */
sek_status sek_pki_crl_info(const struct sek_pki *p, time_t *ret_until, uint64_t *ret_number);

/* "2026-01-02 03:04:05 UTC" into buf of at least 24 bytes; returns buf. */
const char *sek_pki_date(time_t t, char buf[24]);

#endif
