/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A video file (WebM, VP9) of pictures that come one by one. One thread; nothing is opened but the descriptor that is given.
 * Every picture is put on a canvas of one size: as it is where it fits, made smaller where it does not, black around it,
 * and below it a line of text.
 */
#ifndef SEK_BROKER_FILM_FILM_H
#define SEK_BROKER_FILM_FILM_H

#include "base/status.h"
#include "protocol/recording/replay.h"

#define SEK_FILM_LINE_PX 24 /* height of the line of text */

struct sek_film_config {
	int fd;                        /* an empty, seekable file, open for writing */
	uint16_t width_px, height_px;  /* of the largest picture; the canvas is this rounded up to even, and the line */
	const char *title, *comment;   /* metadata of the file */
};

struct sek_film;

/* Allocates whatever can be allocated before the jail. SEK_E_NOMEM; SEK_E_NOT_FOUND: the library has no such encoder. */
sek_status sek_film_create(const struct sek_film_config *config, struct sek_film **ret);
/* Adds one picture that is shown from at_ms on (larger than the one before). line: UTF-8, what does not fit is cut. pic with
 * 0x0 pixels: black. SEK_E_IO: the file cannot be written. */
sek_status sek_film_add(struct sek_film *f, const struct sek_picture *pic, const struct sek_replay_pointer *pointer,
	const char *line, uint64_t at_ms);
/* Shows the last picture until end_ms, writes the rest and the index. */
sek_status sek_film_finish(struct sek_film *f, uint64_t end_ms);
void sek_film_destroy(struct sek_film *f); /* NULL is fine */

#endif
