/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The structured log of the programs (never of libraries): one logfmt line per event on stderr,
 *   2026-01-02T03:04:05.678Z info session.started session=5f.. user=taro host=render1
 * Values are escaped so that no peer can forge a line: anything outside printable ASCII and UTF-8 letters, every
 * quote, control and bidirectional character becomes \u{..} (OWASP ASVS 16.4.1).
 */
#ifndef SEK_BASE_LOG_H
#define SEK_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum sek_log_level { SEK_LOG_DEBUG, SEK_LOG_INFO, SEK_LOG_WARN, SEK_LOG_ERROR };

/* Sets the program's name (static storage, added as prog=) and the least level that is written. Not needed before
 * logging: the default is info without a name. */
void sek_log_init(const char *program, enum sek_log_level least);

/* Writes one event. `event` is a fixed dotted word. Then pairs of (const char *key, const char *value), closed by NULL;
 * a NULL value is written as "-". Values are cut at 512 bytes. */
void sek_log(enum sek_log_level level, const char *event, ...) __attribute__((sentinel));

/* For events that strangers can cause at will: one gate (zeroed at start) for each such place in the code. */
struct sek_log_gate {
	uint64_t second;        /* CLOCK_MONOTONIC */
	unsigned lines, dropped;
};

enum { SEK_LOG_GATE_LINES = 20 }; /* that a gate lets through each second */

/* True if a line may be written now; then *ret_dropped is how many were not since the last one that was. */
bool sek_log_gate(struct sek_log_gate *g, unsigned *ret_dropped);

/* A value for sek_log made with printf: the result lives in one of 8 rotating static buffers of 160 bytes, so it is
 * good until the eighth call after this one. */
const char *sek_logf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
