/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting the report together and signing it. A check that cannot be made is a line that failed, never a line that is missing.
 */
#include "broker/hub/control/selfcheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "broker/hub/audit/files.h"
#include "broker/hub/audit/verify.h"
#include "broker/hub/control/selfcheck_lines.h"

static json_t *split(char *values)
{
	json_t *list = json_array();
	char *next;

	for (; *values || json_array_size(list) > 0; values = next) {
		next = strstr(values, SEK_CHECK_NEXT);
		if (next)
			*next++ = '\0';
		json_array_append_new(list, json_string(values));
		if (!next)
			break;
	}
	return list;
}

void sek_check_line(struct sek_selfcheck *s, const char *id, enum sek_check_level level, const char *say,
	struct sek_check_names *names, const char *format, ...)
{
	static const char *const levels[] = { "ok", "attention", "failed" };
	char values[1024];
	json_t *evidence;
	va_list ap;

	va_start(ap, format);
	vsnprintf(values, sizeof values, format, ap);
	va_end(ap);
	s->failed += level == SEK_CHECK_FAILED;
	evidence = json_pack("{s:s,s:o}", "say", say, "values", split(values));
	if (names && names->list)
		json_object_set_new(evidence, "names", names->list);
	if (names)
		names->list = NULL;
	json_array_append_new(s->lines, json_pack("{s:s,s:s,s:o}", "id", id, "level", levels[level], "evidence", evidence));
}

void sek_check_name(struct sek_check_names *l, const char *name, const char *why)
{
	l->n++;
	if (!l->list)
		l->list = json_array();
	if (l->n <= SEK_CHECK_SHOWN)
		json_array_append_new(l->list, why ? json_pack("{s:s,s:s}", "what", name, "why", why) : json_string(name));
	else if (l->n == SEK_CHECK_SHOWN + 1)
		json_array_append_new(l->list, json_string("..."));
}

static void add_pid(struct sek_selfcheck *s, int pid)
{
	if (pid <= 0)
		return;
	if (s->n_pids == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		int *more = realloc(s->pids, room * sizeof *more);

		if (!more)
			return;
		s->pids = more;
		s->room = room;
	}
	s->pids[s->n_pids++] = pid;
}

/* Children that have shown a frame were jailed long before. */
static void on_session(void *user, const struct sek_session_info *i)
{
	struct sek_selfcheck *s = user;
	bool required = i->policy->recording == SEK_RECORDING_REQUIRED;

	if (*i->host) { /* it has begun */
		s->required += required;
		s->covered += i->recorded;
		s->uncovered += required && !i->recorded;
		s->unrecorded += !required && !i->recorded;
	}
	if (i->state != SEK_STATE_RUNNING || i->first_frame_ms == 0)
		return;
	add_pid(user, i->decoder_pid);
	add_pid(user, i->encoder_pid);
}

static void on_host(void *user, const struct sek_host_info *i)
{
	struct sek_selfcheck *s = user;

	s->foreign += i->host->kind != SEK_KIND_SEKISHO;
	if (i->host->insecure)
		sek_check_name(&s->insecure, i->host->name, NULL);
	s->heard += i->heard;
	if (i->heard && strcmp(i->limits, "rlimits") == 0)
		sek_check_name(&s->unlimited, i->host->name, NULL);
	if (i->alarm)
		sek_check_name(&s->alarmed, i->host->name, NULL);
	sek_check_host_ages(s, i);
}

struct sek_selfcheck *sek_selfcheck_begin(const struct sek_broker_config *config, struct sek_sessions *sessions,
	const struct sek_archive *archive, const struct sek_audit *audit, const struct sek_syslog *syslog, const json_t *seen)
{
	struct sek_selfcheck *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->config = config;
	s->lines = json_array();
	s->seen = json_deep_copy(seen);
	sek_audit_state(audit, &s->audit);
	s->has_syslog = syslog != NULL;
	if (syslog)
		sek_syslog_state(syslog, &s->syslog);
	s->has_archive = archive != NULL;
	if (archive)
		sek_archive_state(archive, &s->archive);
	sek_sessions_each(sessions, on_session, s);
	sek_hosts_each(sessions, on_host, s);
	return s;
}

static void check_audit(struct sek_selfcheck *s)
{
	struct sek_audit_verify v = { .folder = s->config->audit.path };
	char path[4200], hash[SEK_AUDIT_HEX_BYTES];

	if (s->audit.writable)
		sek_check_line(s, "audit-writable", s->audit.lost ? SEK_CHECK_ATTENTION : SEK_CHECK_OK, "queue", NULL, "%llu" SEK_CHECK_NEXT
			"%llu", (unsigned long long)s->audit.waiting, (unsigned long long)s->audit.lost);
	else
		sek_check_line(s, "audit-writable", SEK_CHECK_FAILED, "why", NULL, "%s", s->audit.why);
	if (!s->has_syslog)
		sek_check_line(s, "syslog", SEK_CHECK_ATTENTION, "not-set", NULL, "audit.syslog");
	else
		sek_check_line(s, "syslog", s->syslog.up && !s->syslog.lost ? SEK_CHECK_OK : SEK_CHECK_ATTENTION,
			s->syslog.up ? "syslog-up" : "syslog-down", NULL, "%llu" SEK_CHECK_NEXT "%llu" SEK_CHECK_NEXT "%zu" SEK_CHECK_NEXT "%s",
			(unsigned long long)s->syslog.sent, (unsigned long long)s->syslog.lost, s->syslog.queued_bytes, s->syslog.why);
	snprintf(path, sizeof path, "%.4000s.pub", s->config->audit.key_path);
	if (!sek_is_ok(sek_public_key_load(path, v.key)) || !sek_is_ok(sek_audit_verify(&v))) {
		sek_check_line(s, "audit-chain", SEK_CHECK_FAILED, "unreadable", NULL, "%.900s", path);
		return;
	}
	sek_hex(v.last.hash, sizeof v.last.hash, hash);
	sek_check_line(s, "audit-chain", v.findings ? SEK_CHECK_FAILED : SEK_CHECK_OK, "chain", NULL, "%llu" SEK_CHECK_NEXT "%llu"
		SEK_CHECK_NEXT "%llu" SEK_CHECK_NEXT "%llu:%s", (unsigned long long)v.records, (unsigned long long)v.checkpoints,
		(unsigned long long)v.findings, (unsigned long long)v.last.seq, hash);
}

static bool sign(struct sek_selfcheck *s, const char *body, char ret_hex[2 * crypto_sign_BYTES + 1],
	char ret_key[SEK_AUDIT_HEX_BYTES])
{
	unsigned char signature[crypto_sign_BYTES];
	struct sek_sign_key key;
	crypto_sign_state state;

	if (!sek_is_ok(sek_sign_key_load(s->config->audit.key_path, &key)))
		return false;
	crypto_sign_init(&state);
	crypto_sign_update(&state, (const unsigned char *)SEK_SELFCHECK_DOMAIN, sizeof SEK_SELFCHECK_DOMAIN - 1);
	crypto_sign_update(&state, (const unsigned char *)body, strlen(body));
	crypto_sign_final_create(&state, signature, NULL, key.secret);
	sek_hex(signature, sizeof signature, ret_hex);
	sek_hex(key.public_key, sizeof key.public_key, ret_key);
	sodium_memzero(&key, sizeof key);
	return true;
}

void sek_selfcheck_work(struct sek_selfcheck *s)
{
	char stamp[32], err[512] = "", signature[2 * crypto_sign_BYTES + 1] = "", key[SEK_AUDIT_HEX_BYTES] = "";
	struct sek_store *store = NULL;
	time_t now = time(NULL);
	json_t *report;
	struct tm tm;
	char *body;

	sek_check_system(s);
	if (sek_is_ok(sek_store_open(s->config->store_where, &store, err, sizeof err))) {
		sek_check_people(s, store);
		sek_store_close(store);
	} else {
		sek_check_line(s, "second-factor", SEK_CHECK_FAILED, "why", NULL, "%s", err);
		sek_check_line(s, "policy", SEK_CHECK_FAILED, "why", NULL, "%s", err);
	}
	check_audit(s);
	sek_check_recording(s);
	sek_check_line(s, "hosts", s->insecure.n ? SEK_CHECK_ATTENTION : SEK_CHECK_OK, "of-hosts", &s->insecure, "%u" SEK_CHECK_NEXT "%u",
		s->insecure.n, s->foreign);
	sek_check_line(s, "host-limits", s->unlimited.n ? SEK_CHECK_ATTENTION : SEK_CHECK_OK, "of-limits", &s->unlimited, "%u" SEK_CHECK_NEXT
		"%u", s->unlimited.n, s->heard);
	sek_check_line(s, "host-alarms", s->alarmed.n ? SEK_CHECK_FAILED : SEK_CHECK_OK, "of-alarms", &s->alarmed, "%u", s->alarmed.n);
	sek_check_ages(s);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	report = json_pack("{s:s,s:s,s:s,s:O}", "time", stamp, "where", s->config->audit.where, "version", SEK_VERSION, "lines",
		s->lines);
	body = report ? json_dumps(report, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (body)
		(void)sign(s, body, signature, key);
	free(body);
	s->result = json_pack("{s:o,s:s,s:s}", "report", report, "signature", signature, "key", key);
}

json_t *sek_selfcheck_finish(struct sek_selfcheck *s, unsigned *ret_failed)
{
	json_t *result = s->result;

	*ret_failed = s->failed;
	json_decref(s->lines);
	json_decref(s->seen);
	json_decref(s->soon_old.list); /* of what is said only where nothing is too old */
	free(s->pids);
	free(s);
	return result;
}
