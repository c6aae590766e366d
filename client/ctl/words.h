/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How words stand in the two files of sekishoctl's words (words.c, words_check.c).
 */
#ifndef SEK_CLIENT_CTL_WORDS_H
#define SEK_CLIENT_CTL_WORDS_H

#include "client/ctl/ctl.h"

struct pair {
	const char *en, *ja;
};

struct named {
	const char *name;
	struct pair text;
};

const char *ctl_pick(const struct ctl *c, const struct pair *p);
/* The text of that name, or the name itself. */
const char *ctl_find(const struct ctl *c, const struct named *list, size_t n, const char *name);

#endif
