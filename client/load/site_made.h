/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the site's pages are made of. Not for others than site.c.
 */
#ifndef SEK_CLIENT_LOAD_SITE_MADE_H
#define SEK_CLIENT_LOAD_SITE_MADE_H

#include <stddef.h>
#include <stdint.h>

enum { LOAD_PICTURES = 12, LOAD_FILM_FRAMES = 25, LOAD_PICTURE_WIDTH_PX = 640, LOAD_PICTURE_HEIGHT_PX = 360 };

struct load_made {
	char *bytes; /* heap; NULL: it could not be made */
	size_t n;
};

/* A page as HTML; a picture that looks like a photograph, and a film's picture number `frame`, as JPEG. */
struct load_made load_make_page(uint64_t seed, unsigned page);
struct load_made load_make_picture(uint64_t seed, unsigned picture);
struct load_made load_make_film(uint64_t seed, unsigned frame);

#endif
