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

void sek_check_line(struct sek_selfcheck *s, const char *id, enum sek_check_level level, const char *format, ...)
{
	static const char *const levels[] = { "ok", "attention", "failed" };
	char evidence[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(evidence, sizeof evidence, format, ap);
	va_end(ap);
	s->failed += level == SEK_CHECK_FAILED;
	json_array_append_new(s->lines, json_pack("{s:s,s:s,s:s}", "id", id, "level", levels[level], "evidence", evidence));
}

void sek_check_name(struct sek_check_names *l, const char *name)
{
	size_t n = strlen(l->text), k = strlen(name);

	l->n++;
	if (n + k + 8 < sizeof l->text)
		snprintf(l->text + n, sizeof l->text - n, "%s%s", n ? ", " : "", name);
	else if (n > 3 && strcmp(l->text + n - 3, "...") != 0 && n + 6 < sizeof l->text)
		snprintf(l->text + n, sizeof l->text - n, ", ...");
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
	if (i->state != SEK_STATE_RUNNING || i->first_frame_ms == 0)
		return;
	add_pid(user, i->decoder_pid);
	add_pid(user, i->encoder_pid);
}

struct sek_selfcheck *sek_selfcheck_begin(const struct sek_broker_config *config, struct sek_sessions *sessions,
	const struct sek_audit *audit, const struct sek_syslog *syslog, const json_t *seen)
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
	sek_sessions_each(sessions, on_session, s);
	return s;
}

static void check_audit(struct sek_selfcheck *s)
{
	struct sek_audit_verify v = { .folder = s->config->audit.path };
	char path[4200], hash[SEK_AUDIT_HEX_BYTES];

	if (s->audit.writable)
		sek_check_line(s, "audit-writable", s->audit.lost ? SEK_CHECK_ATTENTION : SEK_CHECK_OK, "%llu waiting, %llu lost",
			(unsigned long long)s->audit.waiting, (unsigned long long)s->audit.lost);
	else
		sek_check_line(s, "audit-writable", SEK_CHECK_FAILED, "%s", s->audit.why);
	if (!s->has_syslog)
		sek_check_line(s, "syslog", SEK_CHECK_ATTENTION, "-");
	else
		sek_check_line(s, "syslog", s->syslog.up && !s->syslog.lost ? SEK_CHECK_OK : SEK_CHECK_ATTENTION,
			"%llu sent, %llu lost, %zu bytes waiting%s%s", (unsigned long long)s->syslog.sent,
			(unsigned long long)s->syslog.lost, s->syslog.queued_bytes, s->syslog.up ? "" : ": ", s->syslog.why);
	snprintf(path, sizeof path, "%.4000s.pub", s->config->audit.key_path);
	if (!sek_is_ok(sek_public_key_load(path, v.key)) || !sek_is_ok(sek_audit_verify(&v))) {
		sek_check_line(s, "audit-chain", SEK_CHECK_FAILED, "%s: cannot be read", path);
		return;
	}
	sek_hex(v.last.hash, sizeof v.last.hash, hash);
	sek_check_line(s, "audit-chain", v.findings ? SEK_CHECK_FAILED : SEK_CHECK_OK,
		"%llu records, %llu checkpoints, %llu findings, last %llu:%s", (unsigned long long)v.records,
		(unsigned long long)v.checkpoints, (unsigned long long)v.findings, (unsigned long long)v.last.seq, hash);
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
	if (sek_is_ok(sek_store_open(s->config->store_path, &store, err, sizeof err))) {
		sek_check_people(s, store);
		sek_store_close(store);
	} else {
		sek_check_line(s, "second-factor", SEK_CHECK_FAILED, "%s", err);
		sek_check_line(s, "policy", SEK_CHECK_FAILED, "%s", err);
	}
	check_audit(s);
	sek_check_line(s, "recording", SEK_CHECK_ATTENTION, "no recordings in version %s", SEK_VERSION);
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
	free(s->pids);
	free(s);
	return result;
}
