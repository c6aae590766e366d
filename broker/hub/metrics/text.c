/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The numbers as OpenMetrics text (base/openmetrics.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/openmetrics.h"
#include "broker/hub/metrics/counters.h"
#include "broker/hub/session/farm.h"

#define PREFIX SEK_METRICS_PREFIX
#define MIB_BYTES ((uint64_t)1 << 20)

/* --- sessions --- */

struct live {
	uint64_t by_state[SEK_METRICS_STATES], attached, bytes_down, updates;
};

static void add_session(void *user, const struct sek_session_info *i)
{
	struct live *l = user;

	l->by_state[i->state < SEK_METRICS_STATES ? i->state : 0]++;
	l->attached += i->attached;
	l->bytes_down += i->bytes_down;
	l->updates += i->updates;
}

static void by_state(FILE *o, const char *sample, const uint64_t n[SEK_METRICS_STATES], bool ended)
{
	static const uint16_t states[] = {
#define SEK_STATE(name, number, kind, who, text) number,
#include "protocol/wire/states.def"
#undef SEK_STATE
	};

	/* warnings and messages are live states on the wire, and no session is in them */
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (sek_state_ended(states[i]) == ended && (ended || states[i] <= SEK_STATE_CONNECTING || n[states[i]] > 0))
			fprintf(o, PREFIX "%s{state=\"%s\"} %" PRIu64 "\n", sample, sek_state_name(states[i]), n[states[i]]);
}

static void first_frames(FILE *o, const struct sek_metrics *m)
{
	uint64_t n = 0;

	sek_metrics_family(o, "first_frame_seconds", "histogram", "seconds", "From a client's first message to its first whole picture.");
	for (size_t i = 0; i < SEK_METRICS_FIRST_FRAME; i++) {
		n += m->first_frame[i];
		fprintf(o, PREFIX "first_frame_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", sek_first_frame_le[i], n);
	}
	n += m->first_frame[SEK_METRICS_FIRST_FRAME];
	fprintf(o, PREFIX "first_frame_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", n);
	fprintf(o, PREFIX "first_frame_seconds_count %" PRIu64 "\n", n);
	fprintf(o, PREFIX "first_frame_seconds_sum %" PRIu64 ".%03u\n", m->first_frame_sum_ms / 1000,
		(unsigned)(m->first_frame_sum_ms % 1000));
}

static void delays(FILE *o, const struct sek_metrics *m)
{
	struct sek_delays d;
	uint64_t n = 0;

	sek_sessions_delays(m->from.sessions, &d);
	sek_metrics_family(o, "input_delay_seconds", "histogram", "seconds",
		"From a key press at the broker to the next picture for that client: all but the client's line and screen.");
	for (size_t i = 0; i < SEK_DELAYS; i++) {
		n += d.n[i];
		fprintf(o, PREFIX "input_delay_seconds_bucket{le=\"%.3f\"} %" PRIu64 "\n", sek_delay_ms[i] / 1000.0, n);
	}
	n += d.n[SEK_DELAYS];
	fprintf(o, PREFIX "input_delay_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", n);
	fprintf(o, PREFIX "input_delay_seconds_count %" PRIu64 "\n", n);
	fprintf(o, PREFIX "input_delay_seconds_sum %" PRIu64 ".%06u\n", d.sum_us / 1000000, (unsigned)(d.sum_us % 1000000));
}

static void refusals(FILE *o, const struct sek_sessions *all)
{
	static const char *const words[SEK_OPEN_REFUSALS] = { [SEK_OPEN_FULL] = "full", [SEK_OPEN_HOURS] = "hours",
		[SEK_OPEN_RECORDING] = "recording", [SEK_OPEN_OTHER] = "other" };

	sek_metrics_family(o, "session_refusals", "counter", NULL, "Sessions that were not opened, by why.");
	for (size_t i = 0; i < SEK_OPEN_REFUSALS; i++)
		fprintf(o, PREFIX "session_refusals_total{why=\"%s\"} %" PRIu64 "\n", words[i],
			sek_sessions_refused(all, (enum sek_open_refusal)i));
}

static void sessions(FILE *o, const struct sek_metrics *m)
{
	struct live l = { { 0 }, 0, 0, 0 };

	sek_sessions_each(m->from.sessions, add_session, &l);
	sek_metrics_family(o, "sessions", "gauge", NULL, "Live sessions by state.");
	by_state(o, "sessions", l.by_state, false);
	sek_metrics_gauge(o, "sessions_attached", NULL, "Live sessions whose user is looking.", l.attached);
	sek_metrics_gauge(o, "sessions_limit", NULL, "sessions.max of the configuration.", m->from.config->sessions.max_sessions);
	sek_metrics_counter(o, "sessions_opened", NULL, "Sessions opened.", m->opened);
	sek_metrics_family(o, "sessions_ended", "counter", NULL, "Sessions that have ended, by the state that says why.");
	by_state(o, "sessions_ended_total", m->ended, true);
	sek_metrics_counter(o, "session_reconnects", NULL, "Times that a session has lost its render host and called it again.", m->reconnects);
	sek_metrics_counter(o, "sessions_restored", NULL, "Sessions taken back from a broker that was killed.", m->restored);
	sek_metrics_counter(o, "sessions_moved_here", NULL, "Sessions taken over from another broker.", m->moved_here);
	sek_metrics_counter(o, "sessions_moved_away", NULL, "Sessions that another broker has taken over.", m->moved_away);
	sek_metrics_counter(o, "input_floods", NULL, "Sessions ended because a client sent more than a person can.",
		m->ended[SEK_STATE_CLIENT_FLOOD]);
	sek_metrics_counter(o, "messages_refused", NULL, "Sessions ended by a message that the grammar refuses, of a client or of a render host.",
		m->ended[SEK_STATE_CLIENT_PROTOCOL] + m->ended[SEK_STATE_HOST_PROTOCOL]);
	sek_metrics_counter(o, "egress_alarms", NULL, "Sessions ended because their browser asked for what is not the Internet.",
		m->ended[SEK_STATE_EGRESS_ALARM]);
	sek_metrics_counter(o, "host_alarms", NULL, "Render hosts taken out of service because they misbehaved.", m->host_alarms);
	sek_metrics_counter(o, "session_takeovers", NULL, "Times that a user has opened a session elsewhere.", m->taken_over);
	sek_metrics_counter(o, "decoder_deaths", NULL, "Decoders that were killed or ended unexpectedly.",
		m->ended[SEK_STATE_DECODER_DIED] + m->ended[SEK_STATE_JAIL_VIOLATION]);
	sek_metrics_counter(o, "encoder_deaths", NULL, "Encoders that were killed or ended unexpectedly.",
		m->encoder_restarts + m->ended[SEK_STATE_ENCODER_DIED]);
	sek_metrics_counter(o, "jail_failures", NULL, "Sessions that did not begin because a jail could not be built.",
		m->ended[SEK_STATE_JAIL_FAILED]);
	sek_metrics_counter(o, "jail_violations", NULL, "Decoders that were stopped because they did what their jail forbids.",
		m->ended[SEK_STATE_JAIL_VIOLATION]);
	first_frames(o, m);
	delays(o, m);
	refusals(o, m->from.sessions);
	sek_metrics_counter(o, "session_down_bytes", "bytes", "Frames that went to clients.", m->bytes_down + l.bytes_down);
	sek_metrics_counter(o, "session_updates", NULL, "Pictures that went to clients.", m->updates + l.updates);
}

/* --- log-ins and the inner face --- */

static void logins(FILE *o, const struct sek_auth *auth)
{
	static const char *const words[SEK_AUTH_ANSWERS] = {
		[SEK_AUTH_OK] = "ok", [SEK_AUTH_WRONG] = "wrong", [SEK_AUTH_THROTTLED] = "throttled", [SEK_AUTH_BUSY] = "busy",
		[SEK_AUTH_NEXT_CODE] = "next-code", [SEK_AUTH_NEXT_ENROL] = "next-enrol", [SEK_AUTH_NEXT_PASSWORD] = "next-password",
		[SEK_AUTH_NEED_CERTIFICATE] = "need-certificate", [SEK_AUTH_ENROL_CLOSED] = "enrol-closed",
		[SEK_AUTH_WRONG_CODE] = "wrong-code", [SEK_AUTH_WRONG_CERTIFICATE] = "wrong-certificate",
		[SEK_AUTH_WRONG_TICKET] = "too-late", [SEK_AUTH_DIRECTORY] = "directory", [SEK_AUTH_UNRECORDED] = "unrecorded",
		[SEK_AUTH_FAULT] = "fault",
	};
	struct sek_auth_counts c;

	sek_auth_count(auth, &c);
	sek_metrics_gauge(o, "logins", NULL, "Users' log-ins that are alive.", sek_auth_logins(auth));
	sek_metrics_family(o, "login_answers", "counter", NULL, "Answers to steps of log-ins: ok, refused by reason, or what is next.");
	for (size_t i = 0; i < SEK_AUTH_ANSWERS; i++)
		fprintf(o, PREFIX "login_answers_total{answer=\"%s\"} %" PRIu64 "\n", words[i], c.answers[i]);
	sek_metrics_gauge(o, "login_queue", NULL, "Log-ins that wait to be looked at.", c.waiting);
	sek_metrics_gauge(o, "login_queue_most", NULL, "The most that ever waited: the worst rush since the start.", c.most_waiting);
	sek_metrics_gauge(o, "login_queue_limit", NULL, "How many may wait; more are told to come back.", SEK_AUTH_QUEUE);
	sek_metrics_gauge(o, "logins_looked_at", NULL, "Log-ins whose proof is being looked at.", c.looking);
}

static void front(FILE *o, const struct sek_front *f)
{
	struct sek_front_counts c;

	sek_front_count(f, &c);
	sek_metrics_gauge(o, "connections", NULL, "Open connections of clients, streams among them.", c.connections);
	sek_metrics_gauge(o, "streams", NULL, "Open streams.", c.streams);
	sek_metrics_counter(o, "http_requests", NULL, "HTTP requests.", c.requests);
	sek_metrics_counter(o, "stream_refusals", NULL, "Streams that were refused: cookie, origin or token.", c.refused_upgrades);
	sek_metrics_gauge(o, "stream_queue_bytes", "bytes", "Waiting for clients to take it, all streams together.", c.queued_bytes);
	sek_metrics_gauge(o, "stream_queue_most_bytes", "bytes", "The same in the longest queue.", c.queued_most_bytes);
}

static void viewers(FILE *o, const struct sek_viewers *v)
{
	struct sek_viewers_counts c;

	if (!v)
		return;
	sek_viewers_count(v, &c);
	sek_metrics_gauge(o, "vnc_viewer_connections", NULL, "Open connections of VNC viewers, those that log in among them.", c.connections);
	sek_metrics_gauge(o, "vnc_viewer_connections_limit", NULL, "How many there may be.", SEK_VIEWERS_MAX);
	sek_metrics_gauge(o, "vnc_viewers", NULL, "VNC viewers that show a session (also in sessions_attached).", c.watching);
	sek_metrics_counter(o, "vnc_viewers_opened", NULL, "VNC viewers that were given a session.", c.opened);
	sek_metrics_family(o, "vnc_viewer_refusals", "counter", NULL,
		"VNC viewers that came in vain: told why (the log-in, or no session), or closed at once because too many were there.");
	fprintf(o, PREFIX "vnc_viewer_refusals_total{why=\"told\"} %" PRIu64 "\n" PREFIX "vnc_viewer_refusals_total{why=\"full\"} %" PRIu64 "\n",
		c.refused, c.turned_away);
	sek_metrics_counter(o, "vnc_viewer_faults", NULL, "Processes of VNC viewers that were killed or ended unexpectedly.", c.faults);
}

/* --- records --- */

static void audit(FILE *o, const struct sek_metrics *m)
{
	struct sek_audit_state a;
	struct sek_syslog_state s;

	sek_audit_state(m->from.audit, &a);
	sek_metrics_gauge(o, "audit_writable", NULL, "1: the audit log can be written. 0: nothing new begins.", a.writable);
	sek_metrics_gauge(o, "audit_damaged", NULL, "1: this start found the audit log damaged or cut.", a.damaged);
	sek_metrics_gauge(o, "audit_seq", NULL, "Number of the last record on the disk.", a.seq);
	sek_metrics_gauge(o, "audit_queue", NULL, "Records that wait for the disk.", a.waiting);
	sek_metrics_counter(o, "audit_lost", NULL, "Records that the queue could not hold.", a.lost);
	if (!m->from.syslog)
		return;
	sek_syslog_state(m->from.syslog, &s);
	sek_metrics_gauge(o, "syslog_up", NULL, "1: the last attempt to send a record on worked.", s.up);
	sek_metrics_counter(o, "syslog_sent", NULL, "Records sent on.", s.sent);
	sek_metrics_counter(o, "syslog_lost", NULL, "Records that could not be sent on.", s.lost);
	sek_metrics_gauge(o, "syslog_queue_bytes", "bytes", "Records that wait to be sent on.", s.queued_bytes);
}

static void recording(FILE *o, const struct sek_recorder *r)
{
	struct sek_recorder_state s;

	if (!r)
		return;
	sek_recorder_state(r, &s);
	sek_metrics_gauge(o, "recording_writable", NULL, "1: a recording could begin. 0: who must be recorded gets no session.", s.writable);
	sek_metrics_gauge(o, "recording_warning", NULL, "1: less room than warn_free_mib.", s.warning);
	sek_metrics_gauge(o, "recordings_open", NULL, "Recordings that are being written.", s.open);
	sek_metrics_counter(o, "recordings_failed", NULL, "Recordings that have failed.", s.failed);
	sek_metrics_gauge(o, "recording_queue_bytes", "bytes", "Waiting for the disk, all recordings together.", s.waiting_bytes);
	sek_metrics_gauge(o, "recording_free_bytes", "bytes", "Room on the recordings' disk.", s.free_bytes);
	sek_metrics_gauge(o, "recording_used_bytes", "bytes", "Taken by recordings.", s.used_bytes);
}

/* --- render hosts --- */

struct host {
	char labels[200]; /* host="...",pool="..." */
	struct sek_host_info i;
};

struct hosts {
	struct host *at;
	size_t n;
};

/* Names and pools were checked: letters, digits, dots, hyphens. Anything else would break the page and is left out. */
static void documents(FILE *o, const struct sek_documents *d)
{
	struct sek_documents_state s;

	if (!d)
		return;
	sek_documents_state(d, &s);
	sek_metrics_gauge(o, "documents_working", NULL, "Documents whose pages are coming in.", s.working);
	sek_metrics_family(o, "documents", "counter", NULL, "Documents that were asked for, by what became of them.");
	for (unsigned i = 0; i < SEK_OUTCOMES; i++)
		fprintf(o, PREFIX "documents_total{outcome=\"%s\"} %" PRIu64 "\n", sek_document_outcome_name((enum sek_document_outcome)i),
			s.outcomes[i]);
	sek_metrics_counter(o, "document_pages", NULL, "Pages of documents that are whole.", s.pages);
}

static void copy(char *ret, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		if (*text != '"' && *text != '\\' && (unsigned char)*text >= 0x20)
			ret[n++] = *text;
	ret[n] = '\0';
}

static void add_host(void *user, const struct sek_host_info *i)
{
	struct hosts *all = user;
	struct host *h = &all->at[all->n];
	char name[80], pool[80];

	if (all->n == SEK_FARM_HOSTS_MAX)
		return;
	copy(name, sizeof name, i->host->name);
	copy(pool, sizeof pool, i->host->pool ? i->host->pool : SEK_POOL_DEFAULT);
	snprintf(h->labels, sizeof h->labels, "host=\"%s\",pool=\"%s\"", name, pool);
	h->i = *i;
	all->n++;
}

static void host_states(FILE *o, const struct hosts *all)
{
	static const char *const states[] = { "up", "full", "draining", "old", "sick", "lost", "unknown" };

	sek_metrics_family(o, "host_state", "stateset", NULL, "What this broker thinks of a render host.");
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < sizeof states / sizeof states[0]; k++)
			fprintf(o, PREFIX "host_state{%s," PREFIX "host_state=\"%s\"} %d\n", all->at[i].labels, states[k],
				strcmp(all->at[i].i.state, states[k]) == 0);
}

/* One family over all hosts; heard: only those that said something lately. */
static void of_hosts(FILE *o, const struct hosts *all, const char *name, const char *unit, const char *help, bool heard,
	uint64_t (*value)(const struct sek_host_info *i))
{
	sek_metrics_family(o, name, "gauge", unit, help);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].i.heard || !heard)
			fprintf(o, PREFIX "%s{%s} %" PRIu64 "\n", name, all->at[i].labels, value(&all->at[i].i));
}

static void ratio_of_hosts(FILE *o, const struct hosts *all, const char *name, const char *help,
	uint64_t (*permille)(const struct sek_host_info *i))
{
	sek_metrics_family(o, name, "gauge", "ratio", help);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].i.heard)
			fprintf(o, PREFIX "%s{%s} %.3f\n", name, all->at[i].labels, (double)permille(&all->at[i].i) / 1000);
}

static uint64_t here(const struct sek_host_info *i) { return i->here; }
static uint64_t host_sessions(const struct sek_host_info *i) { return i->sessions; }
static uint64_t host_limit(const struct sek_host_info *i) { return i->sessions_max; }
static uint64_t cpu(const struct sek_host_info *i) { return i->cpu_permille; }
static uint64_t stall(const struct sek_host_info *i) { return i->stall_permille; }
static uint64_t cores(const struct sek_host_info *i) { return i->cores; }
static uint64_t memory(const struct sek_host_info *i) { return i->memory_mib * MIB_BYTES; }
static uint64_t refused(const struct sek_host_info *i) { return i->refused; }
static uint64_t faults(const struct sek_host_info *i) { return i->faults; }
static uint64_t alarmed(const struct sek_host_info *i) { return i->alarm; }
static uint64_t old(const struct sek_host_info *i) { return i->age.old != 0; }
static uint64_t available(const struct sek_host_info *i) { return i->available_mib * MIB_BYTES; }

struct host_age {
	const char *name, *unit, *help;
	uint32_t unit_s; /* of one of what the host tells */
	uint16_t (*value)(const struct sek_host_info *i);
};

static uint16_t image_days(const struct sek_host_info *i) { return i->image_days; }
static uint16_t browser_days(const struct sek_host_info *i) { return i->browser_days; }
static uint16_t browser_major(const struct sek_host_info *i) { return i->browser_major; }
static uint16_t certificate_left(const struct sek_host_info *i) { return i->certificate_left_days; }
static uint16_t crl_left(const struct sek_host_info *i) { return i->crl_left_hours; }

static const struct host_age ages[] = {
	{ "host_image_age_seconds", "seconds", "Since a render host's image was built, in whole days, as it says.", SEK_DAY_S, image_days },
	{ "host_browser_age_seconds", "seconds", "Since its browser was packaged, likewise.", SEK_DAY_S, browser_days },
	{ "host_browser_major", NULL, "Major version of its browser, as it says.", 1, browser_major },
	{ "host_certificate_left_seconds", "seconds", "Until its certificate ends, in whole days, as it says.", SEK_DAY_S, certificate_left },
	{ "host_crl_left_seconds", "seconds", "Until its CRL is over, in whole hours, as it says.", SEK_HOUR_S, crl_left },
};

static void age_of_hosts(FILE *o, const struct hosts *all, const struct host_age *a)
{
	sek_metrics_family(o, a->name, "gauge", a->unit, a->help);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].i.heard && a->value(&all->at[i].i) != SEK_AGE_UNKNOWN)
			fprintf(o, PREFIX "%s{%s} %" PRIu64 "\n", a->name, all->at[i].labels, (uint64_t)a->value(&all->at[i].i) * a->unit_s);
}

static void hosts(FILE *o, const struct sek_metrics *m)
{
	struct hosts all = { calloc(SEK_FARM_HOSTS_MAX, sizeof *all.at), 0 };

	if (!all.at)
		return; /* the next scrape may have them */
	sek_hosts_each(m->from.sessions, add_host, &all);
	host_states(o, &all);
	of_hosts(o, &all, "host_sessions_here", NULL, "This broker's sessions on a render host.", false, here);
	of_hosts(o, &all, "host_sessions", NULL, "All sessions on a render host, as it says.", true, host_sessions);
	of_hosts(o, &all, "host_sessions_limit", NULL, "How many sessions a render host takes, as it says.", true, host_limit);
	ratio_of_hosts(o, &all, "host_cpu_ratio", "Use of a render host's processors.", cpu);
	ratio_of_hosts(o, &all, "host_stall_ratio", "Time that tasks on a render host have waited for a processor (PSI).", stall);
	of_hosts(o, &all, "host_cores", NULL, "Processors of a render host.", true, cores);
	of_hosts(o, &all, "host_memory_bytes", "bytes", "Memory of a render host.", true, memory);
	of_hosts(o, &all, "host_available_bytes", "bytes", "Memory that a render host can still give.", true, available);
	of_hosts(o, &all, "host_egress_refused", NULL, "Requests for what is not the Internet since a render host's start, as it says.", true, refused);
	of_hosts(o, &all, "host_faults", NULL, "Sessions that a render host could not keep up since its start, as it says.", true, faults);
	of_hosts(o, &all, "host_alarm", NULL, "1: a render host was taken out of service because it misbehaved.", false, alarmed);
	of_hosts(o, &all, "host_too_old", NULL, "1: a render host is older than the site allows, and takes no new sessions.", true, old);
	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++)
		age_of_hosts(o, &all, &ages[i]);
	sek_metrics_family(o, "host_warm", "gauge", NULL, "Browsers that a render host keeps ready, by language.");
	for (size_t i = 0; i < all.n; i++)
		if (all.at[i].i.heard)
			fprintf(o, PREFIX "host_warm{%s,language=\"ja\"} %u\n" PREFIX "host_warm{%s,language=\"en\"} %u\n",
				all.at[i].labels, all.at[i].i.warm_ja, all.at[i].labels, all.at[i].i.warm_en);
	free(all.at);
}

char *sek_metrics_text(const struct sek_metrics *m)
{
	char *text = NULL;
	size_t n = 0;
	FILE *o = open_memstream(&text, &n);

	if (!o)
		return NULL;
	sek_metrics_family(o, "broker", "info", NULL, "Which broker this is.");
	fprintf(o, PREFIX "broker_info{version=\"%s\"} 1\n", SEK_VERSION);
	sek_metrics_gauge(o, "broker_start_seconds", "seconds", "When it was started, in seconds since 1970.", (uint64_t)m->started_s);
	sessions(o, m);
	logins(o, m->from.auth);
	front(o, m->from.front);
	viewers(o, m->viewers);
	audit(o, m);
	recording(o, m->from.recorder);
	documents(o, m->from.documents);
	hosts(o, m);
	sek_metrics_ages(o, m);
	fputs(SEK_METRICS_END, o);
	if (fclose(o) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
