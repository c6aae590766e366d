/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The lines that every page of numbers has.
 */
#include "base/openmetrics.h"

#include <inttypes.h>

void sek_metrics_family(FILE *o, const char *name, const char *type, const char *unit, const char *help)
{
	fprintf(o, "# TYPE " SEK_METRICS_PREFIX "%s %s\n", name, type);
	if (unit)
		fprintf(o, "# UNIT " SEK_METRICS_PREFIX "%s %s\n", name, unit);
	fprintf(o, "# HELP " SEK_METRICS_PREFIX "%s %s\n", name, help);
}

void sek_metrics_gauge(FILE *o, const char *name, const char *unit, const char *help, uint64_t value)
{
	sek_metrics_family(o, name, "gauge", unit, help);
	fprintf(o, SEK_METRICS_PREFIX "%s %" PRIu64 "\n", name, value);
}

void sek_metrics_counter(FILE *o, const char *name, const char *unit, const char *help, uint64_t value)
{
	sek_metrics_family(o, name, "counter", unit, help);
	fprintf(o, SEK_METRICS_PREFIX "%s_total %" PRIu64 "\n", name, value);
}
