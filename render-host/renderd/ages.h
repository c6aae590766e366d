/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How old this render host is, as a watching broker is told: the image, the browser, the certificate, the revocation list. Files are only
 * read again when they have changed.
 */
#ifndef SEK_RENDERD_AGES_H
#define SEK_RENDERD_AGES_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/ages.h"
#include "protocol/wire/messages.h"
#include "render-host/renderd/config.h"

struct sek_seen_file {
	ino_t inode;
	off_t bytes;
	struct timespec changed; /* tv_sec 0: never seen */
};

struct sek_ages {
	struct sek_seen_file packages, certificate, crl;
	uint16_t browser_major;  /* SEK_AGE_UNKNOWN: no such package */
	struct sek_validity certificate_times, crl_times; /* from_s 0: could not be read */
};

/* Puts the members of version 2 into *ret. a: zeroed at first. */
void sek_ages_look(struct sek_ages *a, const struct sek_renderd_config *config, int64_t now_s, struct sek_health *ret);

#endif
