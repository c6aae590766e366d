/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A render host's health, in memory of the gap's kind: one sealed page of integers that a watching decoder writes and the broker
 * reads. Every bit pattern is valid; each integer is loaded once and clamped. The only memory of a decoder that the broker maps.
 */
#ifndef SEK_BROKER_GAP_HEALTH_H
#define SEK_BROKER_GAP_HEALTH_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define SEK_HEALTH_BYTES 4096
#define SEK_HEALTH_SESSIONS_MAX 4096

/* What the broker makes of it. */
struct sek_host_health {
	uint32_t count;               /* changes with each report; 0: there was none */
	bool draining;
	uint16_t sessions, sessions_max; /* at most SEK_HEALTH_SESSIONS_MAX, sessions_max at least 1 */
	uint32_t memory_mib, available_mib; /* at most 2^26; available: at most memory */
	uint16_t cpu_permille, stall_permille; /* at most 1000 */
	uint16_t cores;               /* 1..4096 */
	uint16_t warm_ja, warm_en;    /* at most SEK_HEALTH_SESSIONS_MAX */
	uint16_t limits;              /* enum sek_host_limits of the wire */
	uint32_t refused, faults;     /* since the host's start; any value */
	/* what the host says of its age; SEK_HEALTH_UNKNOWN (of the wire): nothing */
	uint16_t image_days, browser_days, browser_major, certificate_days, certificate_left_days, crl_left_hours;
};

/* Broker: like sek_gap_create. */
sek_status sek_health_create(int *ret_rw, int *ret_ro);

/* Decoder. Maps fd (not consumed). count is set by the writer. */
struct sek_health_writer;
sek_status sek_health_writer_open(int fd, struct sek_health_writer **ret);
void sek_health_writer_close(struct sek_health_writer *w);
void sek_health_writer_put(struct sek_health_writer *w, const struct sek_host_health *h);

/* Broker. Maps fd read-only (not consumed); SEK_E_DENIED if fd is open for writing. */
struct sek_health_reader;
sek_status sek_health_reader_open(int fd, struct sek_health_reader **ret);
void sek_health_reader_close(struct sek_health_reader *r);
void sek_health_reader_get(const struct sek_health_reader *r, struct sek_host_health *ret);

#endif
