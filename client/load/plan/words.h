/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word of a plan, in Japanese and English.
 */
#ifndef SEK_CLIENT_LOAD_PLAN_WORDS_H
#define SEK_CLIENT_LOAD_PLAN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum plan_word {
	P_NEEDS, P_FIGURES, P_DAY, P_CLICK, P_STAFF, P_MEDIAN, P_P95, P_LONGEST, P_COLD, P_BUSY, P_FULL, P_MORNING, P_HOST_LOST, P_AFTER_LUNCH,
	P_PASSWORDS, P_LOST, P_NEVER, P_ASSUMED, P_TOO_SMALL, PLAN_WORDS,
};

/* Formats of printf where they have conversions, the same ones in both languages (unit.load.plan). */
const char *plan_word(bool ja, enum plan_word w);

/* A line of the plan: its title, and the format that shows its calculation. */
enum plan_line_id {
	L_SESSIONS, L_BROKER_CORES, L_BROKER_GIB, L_HOST_BY_CORES, L_HOST_BY_MEMORY, L_HOST_SESSIONS_CORES, L_HOST_SESSIONS_MEMORY, L_HOSTS, L_HOST_CORES,
	L_HOST_GIB, L_CLIENT_MEAN, L_CLIENT_TOP, L_HOST_MEAN, L_HOST_TOP, L_DAY, L_DISK, L_LOGINS, PLAN_LINE_IDS,
};

struct plan_line_words {
	const char *key, *unit; /* the same in all languages; JSON has them */
	const char *what_en, *what_ja, *how_en, *how_ja;
};

const struct plan_line_words *plan_line_words(enum plan_line_id id);

/* What a figure of figures.def is, in Japanese; `en` if it is not known. */
const char *plan_figure_what(bool ja, const char *name, const char *en);

/* What the simulation assumes; NULL behind the last. */
const char *plan_assumption(bool ja, size_t i);

#endif
