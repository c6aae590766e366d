/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The certificates and revocation lists that broker.yaml names: which there are, from when to when they are good, and what the site thinks
 * of that. A clock looks at them once an hour, for the metrics and for the log; whoever wants to know now, reads them.
 */
#ifndef SEK_BROKER_HUB_AGES_AGES_H
#define SEK_BROKER_HUB_AGES_AGES_H

#include <uv.h>

#include "broker/hub/config.h"

#define SEK_AGES_FILES 10

struct sek_age_file {
	const char *what; /* "https-certificate", "intermediate", "ca", "crl", "login-ca", "login-crl", "directory-ca", "syslog-ca", "syslog-certificate" */
	const char *path; /* the configuration's */
	bool is_crl;
	bool read;        /* the rest is known; else the file cannot be read as what it should be */
	struct sek_validity times;
	enum sek_age_level level;
};

/* Which there are; reads nothing. How many. */
size_t sek_ages_files(const struct sek_broker_config *c, struct sek_age_file ret[SEK_AGES_FILES]);
/* Blocks. */
void sek_ages_read(const struct sek_broker_config *c, struct sek_age_file *f, int64_t now_s);

/* "fine", "soon", "over". */
const char *sek_age_level_name(enum sek_age_level l);

struct sek_ages;

/* Looks at once and then once an hour, in the pool. config must outlive it. */
sek_status sek_ages_start(uv_loop_t *loop, const struct sek_broker_config *config, struct sek_ages **ret);
/* Looks no longer. It frees itself on the loop once nothing runs any more; NULL is fine. */
void sek_ages_stop(struct sek_ages *a);
/* The latest look. How many; 0: the first one runs. */
size_t sek_ages_seen(const struct sek_ages *a, const struct sek_age_file **ret);

#endif
