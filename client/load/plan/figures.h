/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The figures that a plan is made from: figures.def, or of a load test.
 */
#ifndef SEK_CLIENT_LOAD_PLAN_FIGURES_H
#define SEK_CLIENT_LOAD_PLAN_FIGURES_H

#include "client/load/result.h"

enum plan_figure_id {
#define FIGURE(name, value, unit, what, source) FIGURE_##name,
#include "client/load/plan/figures.def"
#undef FIGURE
	PLAN_FIGURES,
};

struct plan_figure {
	const char *name, *unit, *what;
	double value;
	char source[160];
};

struct plan_figures {
	struct plan_figure of[PLAN_FIGURES];
};

void plan_figures_default(struct plan_figures *f);
/* Replaces what that run has measured; the others keep their value and source. path names the run in the sources. False: the machine's CPU
 * was exhausted, so its CPU figures were left out. */
bool plan_figures_take(struct plan_figures *f, const struct sek_result *r, const char *path);

#define PLAN_VALUE(figures, name) ((figures)->of[FIGURE_##name].value)

#endif
