/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From when to when a certificate or a revocation list is good, and how such times are told: in whole days and hours that fit into 16 bits.
 */
#ifndef SEK_BASE_AGES_H
#define SEK_BASE_AGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_AGE_MOST 65534    /* longer counts as so long */
#define SEK_AGE_UNKNOWN 65535 /* in the place of a number of days or hours */
#define SEK_HOUR_S 3600
#define SEK_DAY_S 86400

/* Seconds since 1970. */
struct sek_validity {
	int64_t from_s;  /* of a revocation list: when it was signed */
	int64_t until_s; /* when the next one is due; INT64_MAX: it does not say */
};

/* Of the first certificate; of all revocation lists together (begun with the oldest, over with the first that runs out), in PEM. pem: hostile.
 * SEK_E_MALFORMED. */
sek_status sek_certificate_times(const char *pem, size_t n, struct sek_validity *ret);
sek_status sek_crl_times(const char *pem, size_t n, struct sek_validity *ret);
/* The same of a file. Blocks. */
sek_status sek_certificate_file_times(const char *path, struct sek_validity *ret);
sek_status sek_crl_file_times(const char *path, struct sek_validity *ret);

/* How many whole units of so many seconds lie between the two, 0 (also if they stand the other way round) to SEK_AGE_MOST. */
uint16_t sek_age(int64_t from_s, int64_t to_s, int64_t unit_s);

#endif
