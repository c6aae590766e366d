/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The result of one load test, in memory and as a file (JSON), so that it can be reported on, compared and planned with
 * on another day and another machine. Knows nothing of how the load was made. Never holds passwords, names of users or addresses.
 *
 * Every string is on the heap (NULL counts as ""), every list belongs to its struct; sek_result_destroy frees all of it.
 */
#ifndef SEK_CLIENT_LOAD_RESULT_H
#define SEK_CLIENT_LOAD_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_RESULT_FORMAT "sekisho-load-result"
enum {
	SEK_RESULT_FORMAT_VERSION = 1,
	SEK_RESULT_MAX_BYTES = 256 << 20, /* of a file that is read */
	SEK_RESULT_LIST_MAX = 1 << 20,    /* entries of a list */
	SEK_RESULT_TEXT_MAX = 4096,       /* bytes of a string */
	SEK_DELAY_BUCKETS = 64,
};

/* Delays counted in buckets that grow by the fourth root of two from 1 ms: bucket i has those of up to 2^(i/4) ms,
 * the last one also everything above. In the file: pairs [bucket, count] of those that are not 0. */
struct sek_delays {
	uint64_t counts[SEK_DELAY_BUCKETS];
};

void sek_delays_add(struct sek_delays *d, double ms);
void sek_delays_merge(struct sek_delays *d, const struct sek_delays *from);
uint64_t sek_delays_count(const struct sek_delays *d);
/* The delay that `share` (0..1) of all do not exceed, ms, linear within its bucket; 0 if there are none. */
double sek_delays_quantile(const struct sek_delays *d, double share);

/* Of exact values; all 0 if n is 0. */
struct sek_percentiles {
	uint64_t n;
	double p50, p95, p99, most;
};
/* Sorts the values in place. */
struct sek_percentiles sek_percentiles_of(double *values, size_t n);

enum sek_load_class { /* what a process is */
	SEK_CLASS_BROKER, SEK_CLASS_DECODER, SEK_CLASS_ENCODER, SEK_CLASS_RENDERD, SEK_CLASS_CAPTURE,
	SEK_CLASS_SANDBOX,   /* X server, IBus engine, what holds the sandbox */
	SEK_CLASS_CHROMIUM,
	SEK_CLASS_GENERATOR, /* sekisho-load itself, with the site that it serves */
	SEK_CLASSES,
};

enum sek_load_target { SEK_TARGET_CHROMIUM, SEK_TARGET_SYNTHETIC, SEK_TARGETS };
enum sek_load_phase { SEK_PHASE_RAMP, SEK_PHASE_HOLD, SEK_PHASE_DOWN, SEK_PHASES };
enum sek_load_end { /* how a session of the test ended */
	SEK_END_LOGGED_OUT, /* as its script wanted */
	SEK_END_REFUSED,    /* the log-in or the session was not given */
	SEK_END_LOST,       /* it had run and broke */
	SEK_END_STOPPED,    /* the run ended first */
	SEK_ENDS,
};
enum sek_load_limit { /* what a farm is limited by */
	SEK_LIMIT_NONE,      /* the level held to the end of the ramp */
	SEK_LIMIT_CPU, SEK_LIMIT_MEMORY,
	SEK_LIMIT_HOST_FULL, /* the hosts took no more sessions */
	SEK_LIMIT_DELAY,     /* key to pixel, with CPU and memory left */
	SEK_LIMIT_FIRST_FRAME,
	SEK_LIMIT_LOST,      /* sessions were lost, with CPU and memory left */
	SEK_LIMIT_GENERATOR, /* the tool itself: says nothing about the farm */
	SEK_LIMITS,
};
/* The names that stand in the file, e.g. "host-full". */
const char *sek_class_name(unsigned c);
const char *sek_limit_name(unsigned limit);

struct sek_result_machine {
	char *cpu, *kernel, *system; /* CPU model, "Linux 6.1.0", name of the distribution */
	uint64_t cores, memory_mib;
	double load_before;          /* 1-minute load when the run began: what else was going on */
};

struct sek_result_script {
	char *name;
	double weight;
};

struct sek_result_ramp {
	uint64_t start, step, most; /* staff; most: where the ramp ends even if all is well */
	double every_s, hold_s;
};

struct sek_result_level { /* the service level; broken by anything above it */
	double first_frame_p95_ms, delay_p95_ms;
	uint64_t lost_sessions;
};

struct sek_result_config {
	unsigned target;
	bool recording, one_machine; /* one_machine: broker, hosts and tool shared the machine that is described */
	uint64_t width_px, height_px, hosts, broker_cores; /* broker_cores: 0 = not pinned */
	struct sek_result_script *scripts;
	size_t scripts_n;
	struct sek_result_ramp ramp;
	struct sek_result_level level;
};

struct sek_result_second { /* what happened in the second that ended at at_s */
	double at_s;          /* since the run began */
	unsigned phase;
	uint64_t wanted;      /* staff that should be there */
	uint64_t logging_in, waiting, running, detached, ended; /* sessions by state; ended: all so far */
	uint64_t logins, refused; /* in this second */
	struct sek_percentiles first_frame_ms, delay_ms; /* delay: key to pixel */
	struct sek_delays delays;
	uint64_t updates, bytes_in, bytes_out, errors; /* bytes_in: from the broker to the client, payload of the WebSocket */
};

struct sek_result_usage {
	uint64_t count;  /* processes */
	double cpu_s;    /* processor time used since the sample before, user and system */
	double pss_mib;
};

struct sek_result_sample { /* of the machine's processes */
	double at_s, interval_s;
	double busy_cores;      /* of the whole machine, mean over the interval */
	double available_mib;
	uint64_t running;       /* sessions then */
	struct sek_result_usage classes[SEK_CLASSES];
};

struct sek_result_session {
	uint64_t staff;       /* its number, from 0 */
	char *script;
	double began_s, lasted_s, first_frame_ms; /* first_frame_ms 0: none came */
	struct sek_delays delays;
	uint64_t keys, updates, frames, bytes_in, bytes_out;
	unsigned end;
	char *why;            /* how it ended, for a person; "" if as wanted */
};

struct sek_result_error {
	char *kind;           /* a fixed word: "login-refused", "host-full", "lost", ... */
	char *example;        /* what was said the first time */
	uint64_t count;
	double first_s;
};

struct sek_result_event { /* of a chaos run */
	double at_s, recovered_s; /* recovered_s: until all was as it should be; 0: it never was, or it did not apply */
	char *what, *expected, *happened;
	bool ok;
};

struct sek_result_check { /* looked at after the run: audit log, recordings */
	char *what, *found;
	bool ok;
};

struct sek_result_verdict {
	uint64_t staff;       /* held within the level */
	bool broke;           /* the level broke during the run */
	double broke_s;       /* when; 0 if it did not */
	uint64_t broke_staff; /* running then */
	unsigned limit;
	char *because;        /* the figures that say so, in English */
};

struct sek_result {
	char *version, *date; /* of the tool; when the run began, UTC, 2026-11-23T12:00:00Z */
	char *title;          /* what the person who ran it calls it, may be "" */
	uint64_t seed;
	double lasted_s;
	struct sek_result_machine machine;
	struct sek_result_config config;
	struct sek_result_second *seconds;
	size_t seconds_n;
	struct sek_result_sample *samples;
	size_t samples_n;
	struct sek_result_session *sessions;
	size_t sessions_n;
	struct sek_result_error *errors;
	size_t errors_n;
	struct sek_result_event *events;
	size_t events_n;
	struct sek_result_check *checks;
	size_t checks_n;
	struct sek_result_verdict verdict;
};

/* An empty result with the tool's version, the present time and this machine (/proc, /etc/os-release). NULL: no memory. */
struct sek_result *sek_result_create(void);
void sek_result_destroy(struct sek_result *r);

/* Each appends a zeroed entry that belongs to r and returns it; it moves with the next entry of its list. NULL: no memory. */
struct sek_result_script *sek_result_add_script(struct sek_result *r, const char *name, double weight);
struct sek_result_second *sek_result_add_second(struct sek_result *r);
struct sek_result_sample *sek_result_add_sample(struct sek_result *r);
struct sek_result_session *sek_result_add_session(struct sek_result *r);
struct sek_result_event *sek_result_add_event(struct sek_result *r, const char *what, const char *expected);
struct sek_result_check *sek_result_add_check(struct sek_result *r, const char *what, const char *found, bool ok);
/* Counts an error of that kind; the first one's text and time are kept. */
void sek_result_count_error(struct sek_result *r, const char *kind, double at_s, const char *text);
/* Frees what *string held and puts a copy there, cut at SEK_RESULT_TEXT_MAX bytes on a letter's border. */
void sek_result_set_text(char **string, const char *text);

/* Finds the verdict in seconds, samples, errors and configuration (verdict.c) and puts it into r. */
void sek_result_judge(struct sek_result *r);

/* Writes the file anew, mode 0644: SEK_E_IO, SEK_E_NOMEM; SEK_E_INTERNAL: a value is none that could be read again. */
sek_status sek_result_write(const struct sek_result *r, const char *path);
/* Reads and checks a file: every key must be there, none that is not known, each value in its bounds. On failure
 * SEK_E_CONFIG, and err says file, place and what is wrong ("run.json: samples[3].classes.broker.cpu_s: ..."). */
sek_status sek_result_read(const char *path, struct sek_result **ret, char *err, size_t err_size);

#endif
