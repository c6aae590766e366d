/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person sees of a load test: one line that changes on a terminal, a line now and then elsewhere, a summary at the end.
 */
#ifndef SEK_CLIENT_LOAD_SHOW_H
#define SEK_CLIENT_LOAD_SHOW_H

#include "client/load/result.h"

/* One second. left_s: how long it will take; wide: of the terminal, 0 = none. */
void load_show_second(const struct sek_result *r, double left_s, double delay_p50_ms, double delay_p95_ms, unsigned wide);
/* Ends the line that changes. */
void load_show_end_line(unsigned wide);
/* The columns of standard error if it is a terminal, else 0. */
unsigned load_show_width(void);
/* Figures of the whole run, on standard output. */
void load_show_summary(const struct sek_result *r);

#endif
