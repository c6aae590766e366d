/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A load test: the ramp, the members of staff, the site, the samples, on one loop; everything that was seen goes into one result.
 */
#ifndef SEK_CLIENT_LOAD_RUN_H
#define SEK_CLIENT_LOAD_RUN_H

#include <sys/types.h>

#include "client/load/procs.h"
#include "client/load/ramp.h"
#include "client/load/script.h"
#include "client/load/users.h"

/* Strings and users stay with the caller. */
struct load_run_config {
	const char *address, *ca_path, *site_address, *from, *title, *json_path;
	uint16_t port, width_px, height_px;
	struct load_users users;
	struct load_ramp_config ramp;
	struct load_mix mix;
	const char *mix_text;
	unsigned target;          /* enum sek_load_target; SYNTHETIC: no site */
	uint64_t seed, hosts;
	double decode_share;      /* 0..1 of the members paint; negative: all if there are few, else one in eight */
	bool acknowledge, recorded, quiet;
	pid_t brokers[LOAD_PROCS_ROOTS_MAX], renderds[LOAD_PROCS_ROOTS_MAX];
	size_t brokers_n, renderds_n;
};

/* Runs to the end, or until SIGINT or SIGTERM (a second one ends it at once, with the result so far). Exit code of the process. */
int load_run_all(const struct load_run_config *config);

#endif
