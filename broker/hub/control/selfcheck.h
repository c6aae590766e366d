/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The self-check: one report on the running system against the site's rules, each line with a level and its evidence, signed with
 * the audit log's key. Says what it sees and changes nothing. Words for the lines stand with sekishoctl.
 *
 *   begin (on the loop) collects what only the loop knows; work (in the pool) looks at files, /proc and the store; finish (on the
 *   loop) gives the signed report.
 */
#ifndef SEK_BROKER_HUB_CONTROL_SELFCHECK_H
#define SEK_BROKER_HUB_CONTROL_SELFCHECK_H

#include <jansson.h>

#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/syslog.h"
#include "broker/hub/session/session.h"

#define SEK_SELFCHECK_DOMAIN "sekisho selfcheck 1\n" /* signed before the report's JSON, compact, with sorted members */
#define SEK_SELFCHECK_DORMANT_DAYS 90

struct sek_archive;
struct sek_broker_config;
struct sek_selfcheck;

/* seen: what a local root has read of namespaces that the broker's own user may not read: {"PID":"user net ..."}, those that are
 * not the broker's; hostile, may be NULL, copied. NULL: out of memory. syslog and archive may be NULL. config and audit's files must outlive it. */
struct sek_selfcheck *sek_selfcheck_begin(const struct sek_broker_config *config, struct sek_sessions *sessions,
	const struct sek_archive *archive, const struct sek_audit *audit, const struct sek_syslog *syslog, const json_t *seen);
void sek_selfcheck_work(struct sek_selfcheck *s);
/* {"report":{"time","where","version","lines":[{"id","level","evidence":{"say","values","names"}}]},"signature","key"}; a new reference, NULL when out of
 * memory. ret_failed: how many lines failed. Frees s. */
json_t *sek_selfcheck_finish(struct sek_selfcheck *s, unsigned *ret_failed);

#endif
