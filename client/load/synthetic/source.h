/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the pictures of a synthetic session come from: a recorded sequence, or pages that are written here.
 */
#ifndef SEK_CLIENT_LOAD_SYNTHETIC_SOURCE_H
#define SEK_CLIENT_LOAD_SYNTHETIC_SOURCE_H

#include "protocol/codec/picture.h"

/* Told of each rectangle of the picture that may have changed. */
typedef void sek_source_changed_fn(void *user, struct sek_rect r);

struct sek_source;
/* A recorded sequence (rseq.h); its pictures are cut or bordered with black to the size that is asked for. NULL with a message on
 * stderr if the file is none. */
struct sek_source *sek_source_recorded(const char *path);
/* Pages of Japanese and English text that are scrolled, typed into and left for the next; without photographs. The same
 * seed gives the same pages. NULL when out of memory. */
struct sek_source *sek_source_written(uint64_t seed);
void sek_source_destroy(struct sek_source *s);
/* The next step_ms of it are painted into pic, which must be black before the first call and the same memory each time. False: it is over. */
bool sek_source_step(struct sek_source *s, uint32_t step_ms, const struct sek_picture *pic, sek_source_changed_fn *changed,
	void *user);

#endif
