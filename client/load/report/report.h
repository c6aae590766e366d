/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The report of a load test: one HTML file that needs nothing else, no script and no other file. What its parts share.
 */
#ifndef SEK_CLIENT_LOAD_REPORT_REPORT_H
#define SEK_CLIENT_LOAD_REPORT_REPORT_H

#include "client/load/report/html.h"
#include "client/load/result.h"
#include "client/load/shares.h"

struct report {
	struct html h;
	const struct sek_result *now, *earlier; /* earlier: NULL, or a run to compare with */
	struct sek_shares shares, earlier_shares;
};

/* Writes the page into a heap string (terminated, *ret_n bytes). SEK_E_NOMEM. */
sek_status sek_report_make(const struct sek_result *now, const struct sek_result *earlier, bool ja, char **ret, size_t *ret_n);

/* --- parts; each writes its section, or nothing if there is nothing to say --- */
extern const char report_style[]; /* style.c: CSS */
void report_verdict(const struct report *r);      /* verdict.c */
void report_felt(const struct report *r);         /* charts_felt.c: delays, first pictures, sessions */
void report_cost(const struct report *r);         /* charts_cost.c: CPU, memory */
void report_traffic(const struct report *r);      /* charts_felt.c: bytes, updates, log-ins, errors */
void report_sessions(const struct report *r);     /* tables.c */
void report_shares(const struct report *r);
void report_errors(const struct report *r);
void report_chaos(const struct report *r);
void report_setup(const struct report *r);
void report_compare(const struct report *r);      /* compare.c */

/* The classes that the broker's machine has for each session, and those of the render host. */
bool report_is_path(unsigned sek_class);
bool report_is_host(unsigned sek_class);
/* Sums over those classes of what each session adds. */
double report_cores_each(const struct sek_shares *s, bool (*of)(unsigned));
double report_mib_each(const struct sek_shares *s, bool (*of)(unsigned));

/* All delays of a run; the first-frame times' percentiles over all its sessions. */
struct sek_delays report_all_delays(const struct sek_result *r);
struct sek_percentiles report_all_first_frames(const struct sek_result *r);
uint64_t report_ended(const struct sek_result *r, unsigned end);

#endif
