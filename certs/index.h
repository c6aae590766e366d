/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of what a CA has issued: one line a certificate, "serial kind name from until revoked" with dates in UTC.
 * Internal to certs/.
 */
#ifndef SEK_CERTS_INDEX_H
#define SEK_CERTS_INDEX_H

#include "certs/pki.h"

struct sek_index {
	struct sek_pki_entry *entries; /* heap */
	size_t n;
};

/* Reads an index; a line that is not of the form gives SEK_E_MALFORMED and its number in *ret_line. */
sek_status sek_index_parse(const char *text, struct sek_index *ret, size_t *ret_line);
/* Adds an entry. SEK_E_LIMIT when SEK_PKI_ENTRIES_MAX are there. */
sek_status sek_index_add(struct sek_index *i, const struct sek_pki_entry *e);
/* The whole index as heap text. */
sek_status sek_index_text(const struct sek_index *i, char **ret);
void sek_index_finish(struct sek_index *i);

/* True if name may be a certificate's and a file's name. */
bool sek_pki_name_ok(const char *name);

#endif
