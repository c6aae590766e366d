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

/* name: among the brokers of a store, by which the others' records call it (sekisho-audit-verify joins them). */
static void record_broker(struct sek_audit *a, const char *what, const char *name)
{
	(void)sek_audit_event(a, &(struct sek_audit_event){ .who = "#broker", .what = what,
		.details = (const char *const[]){ "version", SEK_VERSION, "pid", sek_logf("%ld", (long)getpid()), "broker", name, NULL } },
		NULL, NULL);
}

sek_status sek_audited_start(uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit **ret, struct sek_syslog **ret_syslog,
	const char **ret_part, char *err, size_t err_size)
{
	*ret_part = "audit";
	SEK_TRY(sek_audit_create(loop, &config->audit, ret, err, err_size));
	if (config->syslog.how != SEK_SYSLOG_NONE) {
		*ret_part = "syslog";
		SEK_TRY(sek_syslog_create(loop, &config->syslog, ret_syslog, err, err_size));
		sek_audit_on_record(*ret, sek_syslog_record, *ret_syslog);
	}
	record_broker(*ret, "broker.started", config->broker_name);
	return sek_ok();
}

void sek_audited_broker(struct sek_audit *a, const char *what)
{
	record_broker(a, what, NULL);
}

void sek_audited_session(struct sek_audit *a, const char *word, const struct sek_session_info *i)
{
	bool ended = strcmp(word, "session.ended") == 0, shown = strcmp(word, "session.started") == 0 || (*i->moved_from && !i->over);
	uint32_t recording = i->policy->recording;
	const char *details[] = {
		"host", *i->host ? i->host : NULL, "state", sek_state_name(i->state), "age_s",
		sek_logf("%llu", (unsigned long long)(i->age_ms / 1000)), "recording",
		shown ? recording == SEK_RECORDING_REQUIRED ? "required" : recording == SEK_RECORDING_OFF ? "off" : "optional" : NULL,
		"from", *i->moved_from ? i->moved_from : NULL, "client", *i->client ? i->client : NULL, "bytes_down", ended ? sek_logf("%llu", (unsigned long long)i->bytes_down) : NULL, NULL,
	};

	if (strcmp(word, "session.first-frame") == 0)
		return; /* a measurement, not an act */
	if (strcmp(word, "host.alarm") == 0) {
		(void)sek_audit_event(a, &(struct sek_audit_event){ .who = "#broker", .what = word, .object = i->host,
			.details = (const char *const[]){ "session", i->id, "state", sek_state_name(i->state), NULL } }, NULL, NULL);
		return;
	}
	(void)sek_audit_event(a, &(struct sek_audit_event){ .who = i->user, .what = word, .object = i->id, .details = details },
		NULL, NULL);
}

static void *record_clipboard(void *user, const struct sek_clipboard_event *e, void (*done)(void *arg, sek_status s), void *arg)
{
	static const char *const why[] = {
		[SEK_CLIPBOARD_OFF] = "policy",         [SEK_CLIPBOARD_TOO_LONG] = "too-long",
		[SEK_CLIPBOARD_TOO_OFTEN] = "too-often", [SEK_CLIPBOARD_NO_TEXT] = "no-text",
		[SEK_CLIPBOARD_DECLINED] = "declined",   [SEK_CLIPBOARD_NO_APPROVER] = "no-approver",
		[SEK_CLIPBOARD_TOO_MANY] = "too-many",
	};
	bool crosses = e->outcome == SEK_CLIPBOARD_DONE;
	const char *const details[] = {
		"host", *e->host ? e->host : NULL, "why", crosses ? NULL : why[e->outcome], "chars", sek_logf("%zu", e->chars),
		"bytes", sek_logf("%zu", e->bytes), "sha256", *e->sha256 ? e->sha256 : NULL, "confirmed",
		crosses ? e->confirmed ? "yes" : "not asked" : NULL, "text", e->text, NULL,
	};
	const struct sek_audit_event event = {
		.who = e->user, .what = e->direction == SEK_CROSS_TO_OUTER ? "clipboard.to-outer" : "clipboard.to-inner",
		.object = e->session, .outcome = crosses ? SEK_AUDIT_DONE : SEK_AUDIT_REFUSED, .details = details,
	};

	return sek_audit_event(user, &event, done, arg);
}

static void forget_clipboard(void *ticket)
{
	sek_audit_forget(ticket);
}

struct sek_clipboard_log sek_audited_clipboard(struct sek_audit *a)
{
	return (struct sek_clipboard_log){ record_clipboard, forget_clipboard, a };
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
