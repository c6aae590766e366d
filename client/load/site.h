/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The web site that staff browse in a load test, made from a seed and served in the outer zone: linked pages of Japanese text and photographs, a long
 * page, a form, a film. Every page has a head of links at fixed places and a band at the bottom that changes with each key
 * (marker.h), and tells when it has been painted.
 *
 * The film is a sequence of photographs that a canvas shows, 25 a second: for the codec that is what a film is; the browser spends its time on
 * drawing instead of on a video decoder.
 */
#ifndef SEK_CLIENT_LOAD_SITE_H
#define SEK_CLIENT_LOAD_SITE_H

#include <stdint.h>
#include <uv.h>

#include "base/status.h"

enum {
	LOAD_ARTICLES = 12,     /* pages 0..11 */
	LOAD_PAGE_LONG = 12, LOAD_PAGE_FORM, LOAD_PAGE_FILM, LOAD_PAGES,
	LOAD_LINKS_A_PAGE = 6,
	LOAD_LINK_WIDTH_PX = 150, LOAD_LINK_LEFT_PX = 20, LOAD_HEAD_PX = 48,
	LOAD_TOOLBAR_PX = 88,   /* of the isolated browser, above every page */
	LOAD_MARKER_STEPS = 8,  /* inputs that the band tells apart by its green; its red says odd or even, as marker.h has it */
	LOAD_MARKER_LEAST = 16, LOAD_MARKER_STEP = 24, /* green of 0 inputs; of each more */
};

/* The number of inputs, modulo LOAD_MARKER_STEPS, that a band of this green shows; JPEG may have shifted it a little. */
static inline unsigned load_marker_value(uint8_t green)
{
	int v = (green - LOAD_MARKER_LEAST + LOAD_MARKER_STEP / 2) / LOAD_MARKER_STEP;

	return (unsigned)(v < 0 ? 0 : v >= LOAD_MARKER_STEPS ? LOAD_MARKER_STEPS - 1 : v);
}

struct load_site;
/* A page of this member of staff has been painted. */
typedef void load_site_fn(void *user, unsigned staff, unsigned page);

/* Serves on address and a free port for members 0..staff-1. */
sek_status load_site_create(uv_loop_t *loop, const char *address, uint64_t seed, unsigned staff, load_site_fn *fn, void *user,
	struct load_site **ret);
/* Once the loop has nothing of it any more it may be freed: call this, run the loop, then load_site_free. */
void load_site_close(struct load_site *s);
void load_site_free(struct load_site *s);
int load_site_port(const struct load_site *s);

/* Where a link leads, and where on the screen it is. */
unsigned load_site_link(unsigned page, unsigned link);
void load_site_link_at(unsigned link, uint16_t *ret_x_px, uint16_t *ret_y_px);

#endif
