/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the self-check share. Private to control/.
 */
#ifndef SEK_BROKER_HUB_CONTROL_SELFCHECK_LINES_H
#define SEK_BROKER_HUB_CONTROL_SELFCHECK_LINES_H

#include "broker/hub/config.h"
#include "broker/hub/control/selfcheck.h"
#include "broker/hub/store/store.h"

enum sek_check_level { SEK_CHECK_OK, SEK_CHECK_ATTENTION, SEK_CHECK_FAILED };

struct sek_selfcheck {
	const struct sek_broker_config *config;
	struct sek_audit_state audit;
	struct sek_syslog_state syslog;
	bool has_syslog;
	int *pids;       /* of decoders and encoders that are at work */
	size_t n_pids, room;
	json_t *lines, *seen;
	json_t *result;
	unsigned failed;
};

void sek_check_line(struct sek_selfcheck *s, const char *id, enum sek_check_level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A list of names that is cut when it gets long: "taro, hanako, ... (12)". */
struct sek_check_names {
	char text[400];
	unsigned n;
};
void sek_check_name(struct sek_check_names *l, const char *name);

/* selfcheck_system.c: certificates, keys, listening sockets, jails, libraries */
void sek_check_system(struct sek_selfcheck *s);
/* selfcheck_people.c: accounts and policies; store is this check's own handle */
void sek_check_people(struct sek_selfcheck *s, struct sek_store *store);

#endif
