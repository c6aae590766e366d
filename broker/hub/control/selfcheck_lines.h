/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the self-check share. Private to control/.
 */
#ifndef SEK_BROKER_HUB_CONTROL_SELFCHECK_LINES_H
#define SEK_BROKER_HUB_CONTROL_SELFCHECK_LINES_H

#include "broker/hub/archive/archive.h"
#include "broker/hub/config.h"
#include "broker/hub/control/selfcheck.h"
#include "broker/hub/store/store.h"

enum sek_check_level { SEK_CHECK_OK, SEK_CHECK_ATTENTION, SEK_CHECK_FAILED };

/* A list that is cut when it gets long: n counts all, the first SEK_CHECK_SHOWN are kept. */
#define SEK_CHECK_SHOWN 20
struct sek_check_names {
	json_t *list;  /* made by the first name; a line takes it */
	unsigned n;
};

struct sek_selfcheck {
	const struct sek_broker_config *config;
	struct sek_audit_state audit;
	struct sek_syslog_state syslog;
	bool has_syslog, has_archive;
	struct sek_archive_state archive;
	unsigned required, uncovered, covered, unrecorded; /* live sessions: must be, and are not; are; need not be and are not */
	int *pids;       /* of decoders and encoders that are at work */
	size_t n_pids, room;
	unsigned foreign; /* hosts of other kinds; insecure: those without encryption */
	struct sek_check_names insecure;
	unsigned heard;   /* hosts that tell how they are; unlimited: those without cgroups; alarmed: out of service because of an alarm */
	struct sek_check_names unlimited, alarmed, too_old, soon_old;
	json_t *lines, *seen;
	json_t *result;
	unsigned failed;
};

/* name: any text. why: a word of sekishoctl's (client/ctl/words_check.c), or NULL. */
void sek_check_name(struct sek_check_names *l, const char *name, const char *why);

/* What stands between two values of a line; no value holds it. */
#define SEK_CHECK_NEXT "\x1f"
/* Adds a line. say: which sentence of sekishoctl's words (client/ctl/words_check.c) tells the evidence; format: its values, in their order,
 * divided by SEK_CHECK_NEXT. names: what it lists beside them, taken from there; may be NULL. */
void sek_check_line(struct sek_selfcheck *s, const char *id, enum sek_check_level level, const char *say,
	struct sek_check_names *names, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* selfcheck_system.c: certificates, keys, listening sockets, jails, libraries */
void sek_check_system(struct sek_selfcheck *s);
/* The children whose ids stand in s->pids, as /proc shows them now. */
void sek_check_jails(struct sek_selfcheck *s);

/* selfcheck_recording.c: what of the live sessions is being recorded, against what their policies ask for */
void sek_check_recording(struct sek_selfcheck *s);

/* selfcheck_ages.c: on the loop, one render host; in the pool, the line */
void sek_check_host_ages(struct sek_selfcheck *s, const struct sek_host_info *i);
void sek_check_ages(struct sek_selfcheck *s);

/* selfcheck_people.c: accounts and policies; store is this check's own handle */
void sek_check_people(struct sek_selfcheck *s, struct sek_store *store);

#endif
