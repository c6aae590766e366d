/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's own events as records. Must never put a token, a cookie or what somebody typed on the record.
 */
#include "broker/hub/audited.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

void sek_audited_broker(struct sek_audit *a, const char *what)
{
	(void)sek_audit_event(a, &(struct sek_audit_event){ .who = "#broker", .what = what,
		.details = (const char *const[]){ "version", SEK_VERSION, "pid", sek_logf("%ld", (long)getpid()), NULL } },
		NULL, NULL);
}

void sek_audited_session(struct sek_audit *a, const char *word, const struct sek_session_info *i)
{
	bool ended = strcmp(word, "session.ended") == 0;
	const char *details[] = {
		"host", *i->host ? i->host : NULL, "state", sek_state_name(i->state), "age_s",
		sek_logf("%llu", (unsigned long long)(i->age_ms / 1000)), "bytes_down",
		ended ? sek_logf("%llu", (unsigned long long)i->bytes_down) : NULL, NULL,
	};

	if (strcmp(word, "session.first-frame") == 0)
		return; /* a measurement, not an act */
	(void)sek_audit_event(a, &(struct sek_audit_event){ .who = i->user, .what = word, .object = i->id, .details = details },
		NULL, NULL);
}

sek_status sek_audited_command(const struct sek_audit_config *config, const char *what, const char *object,
	enum sek_audit_outcome outcome, char *err, size_t err_size)
{
	const struct passwd *p = getpwuid(getuid());
	char who[80];
	struct sek_audit_event e = { .who = who, .what = what, .object = object, .outcome = outcome,
		.details = (const char *const[]){ "by", "command line", "uid", sek_logf("%lu", (unsigned long)getuid()), NULL } };

	snprintf(who, sizeof who, "#local:%.60s", p ? p->pw_name : "?");
	return sek_audit_once(config, &e, err, err_size);
}
