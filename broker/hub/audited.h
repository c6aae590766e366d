/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the broker itself puts on the record: its own start and stop, the life of sessions, what crosses
 * by their clipboards, `sekisho-broker user ...`.
 */
#ifndef SEK_BROKER_HUB_AUDITED_H
#define SEK_BROKER_HUB_AUDITED_H

#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/syslog.h"
#include "broker/hub/config.h"
#include "broker/hub/session/session.h"

/* Opens the log, and what sends it on, and records the start. On failure *ret_part says which of the two, err why. */
sek_status sek_audited_start(uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit **ret, struct sek_syslog **ret_syslog,
	const char **ret_part, char *err, size_t err_size);
void sek_audited_broker(struct sek_audit *a, const char *what);
/* An event of sek_sessions_on_event. */
void sek_audited_session(struct sek_audit *a, const char *word, const struct sek_session_info *info);

/* The record of clipboard transfers, for sek_sessions_log_clipboard: a text crosses once its record is on the disk. */
struct sek_clipboard_log sek_audited_clipboard(struct sek_audit *a);

/* A command given on this machine, before it is done; blocking. outcome: SEK_AUDIT_DONE, or SEK_AUDIT_FAILED when it then did
 * not work. */
sek_status sek_audited_command(const struct sek_audit_config *config, const char *what, const char *object,
	enum sek_audit_outcome outcome, char *err, size_t err_size);

#endif
