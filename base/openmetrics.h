/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing OpenMetrics 1.0.0 text (openmetrics.io/specification): each family once and in one piece, its TYPE, UNIT and HELP before its
 * samples, counters with _total. The caller ends the page with SEK_METRICS_END.
 */
#ifndef SEK_BASE_OPENMETRICS_H
#define SEK_BASE_OPENMETRICS_H

#include <stdint.h>
#include <stdio.h>

#define SEK_METRICS_PREFIX "sekisho_"
#define SEK_METRICS_END "# EOF\n"
#define SEK_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* The lines before a family's samples. name: without prefix and _total, ends with the unit if there is one; unit: NULL = none. */
void sek_metrics_family(FILE *o, const char *name, const char *type, const char *unit, const char *help);
/* A family of one sample. */
void sek_metrics_gauge(FILE *o, const char *name, const char *unit, const char *help, uint64_t value);
void sek_metrics_counter(FILE *o, const char *name, const char *unit, const char *help, uint64_t value);

#endif
