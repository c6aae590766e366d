/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page /metrics of a render host, and the small listener that gives it (and nothing else) to a monitoring system. It names no
 * session and no user. Never dials.
 */
#ifndef SEK_RENDERD_METRICS_H
#define SEK_RENDERD_METRICS_H

#include "render-host/renderd/host.h"

struct sek_pages;

/* Listens where the configuration says; SEK_OK and nothing else if it says nothing. */
sek_status sek_pages_start(struct sek_host *h);
/* Closes the listener and what is connected; the loop frees it. */
void sek_pages_stop(struct sek_host *h);

/* The text on the heap; NULL when out of memory. */
char *sek_host_metrics(const struct sek_host *h);

#endif
