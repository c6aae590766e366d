/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a member of staff does, and when: an endless list of steps that is drawn from a seed, the same for the same seed.
 */
#ifndef SEK_CLIENT_LOAD_SCRIPT_H
#define SEK_CLIENT_LOAD_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/load/random.h"

enum load_script_kind {
	LOAD_READ,   /* pages of text and pictures: a few turns of the wheel, a long look, the next page */
	LOAD_SCROLL, /* one long page, up and down, in bursts */
	LOAD_TYPE,   /* a form: words typed letter by letter, Japanese as an input method commits it */
	LOAD_LINKS,  /* from link to link every few seconds */
	LOAD_VIDEO,  /* a film plays */
	LOAD_SCRIPTS,
};

enum load_act {
	LOAD_OPEN,   /* a page, by the address bar */
	LOAD_CLICK,  /* a link of the page's head */
	LOAD_WHEEL,
	LOAD_KEY,    /* one letter; timed */
	LOAD_TEXT,   /* composed text */
};

struct load_step {
	enum load_act act;
	uint32_t think_ms;    /* pause before it */
	unsigned which;       /* OPEN: page (site.h); CLICK: link from the left; KEY: code point */
	int notches;          /* WHEEL: down is positive */
	const char *text;     /* TEXT: UTF-8 */
};

struct load_script {
	enum load_script_kind kind;
	struct load_random random;
	unsigned done;        /* steps so far */
	unsigned left;        /* of the burst, word or page that is under way */
	int direction;
	bool composed;        /* the step before was text of an input method: it is looked at before the next letter */
};

/* "read", ...; NULL if there is none such. */
const char *load_script_name(unsigned kind);
void load_script_init(struct load_script *s, enum load_script_kind kind, uint64_t seed, unsigned staff);
void load_script_next(struct load_script *s, struct load_step *ret);

/* --- which scripts, and how much of each --- */

struct load_mix {
	double weights[LOAD_SCRIPTS]; /* at least one is positive */
};

/* "mixed", a script's name, or "read=2,video=1". False: err says what is wrong. */
bool load_mix_read(const char *text, struct load_mix *ret, char *err, size_t err_size);
/* The script of a member of staff. */
enum load_script_kind load_mix_draw(const struct load_mix *m, uint64_t seed, unsigned staff);

#endif
