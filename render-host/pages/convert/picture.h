/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures, made small while they are decoded: no more than SEK_PICTURE_MAX_PX a side is ever kept. Sizes are judged by the header
 * before anything is decoded.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_PICTURE_H
#define SEK_RENDER_HOST_PAGES_CONVERT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "render-host/pages/convert.h"

enum {
	SEK_PICTURE_MAX_PX = 4096,       /* a side of what is kept: A4 at 350 dots an inch */
	SEK_PICTURE_SIDE_MAX_PX = 65535, /* a side of a picture that can be decoded row by row */
};
#define SEK_PICTURE_ROWS_MAX_PX (UINT64_C(1) << 30)  /* pixels of such a picture: 30,000 * 30,000 are fewer */
#define SEK_PICTURE_WHOLE_MAX_PX (UINT64_C(1) << 26) /* pixels of one that must be decoded whole */

/* A picture that is fed row by row and kept as means of squares of `by` pixels a side. */
struct sek_picture {
	unsigned width, height;           /* as fed */
	unsigned by;
	unsigned small_width, small_height;
	uint32_t *pixels;                 /* 0x00RRGGBB, small_width * small_height, owner: the picture */
	unsigned turn;                    /* Exif's Orientation, 1: none */
	uint64_t *sums;                   /* 3 * small_width, of the rows since the last one that was written */
	unsigned row;
};

/* Judges the size and makes room. whole: the decoder needs the picture at once. DONE, LARGE or BROKEN (no pixels). */
enum sek_convert_reason sek_picture_begin(struct sek_picture *p, uint64_t width, uint64_t height, bool whole);

/* Adds the next row: width pixels of `bytes` (1, 3 or 4: grey, RGB, RGBA) bytes each; RGBA is laid on white. Rows beyond the last are ignored. */
void sek_picture_row(struct sek_picture *p, const uint8_t *row, unsigned bytes);

void sek_picture_finish(struct sek_picture *p);

enum sek_convert_reason sek_picture_png(const uint8_t *s, size_t n, struct sek_picture *ret);
enum sek_convert_reason sek_picture_jpeg(const uint8_t *s, size_t n, struct sek_picture *ret);
enum sek_convert_reason sek_picture_gif(const uint8_t *s, size_t n, struct sek_picture *ret);
enum sek_convert_reason sek_picture_webp(const uint8_t *s, size_t n, struct sek_picture *ret);
enum sek_convert_reason sek_picture_bmp(const uint8_t *s, size_t n, struct sek_picture *ret);

/* Calls `page` for each picture in a TIFF until it returns false. */
enum sek_convert_reason sek_picture_tiff(const uint8_t *s, size_t n, bool (*page)(void *data, struct sek_picture *p), void *data);

/* What the markers of a JPEG say before anything is decoded. */
struct sek_jpeg_head {
	bool progressive; /* its coefficients must be kept whole */
	unsigned turn;    /* of an Exif segment, 1 if there is none */
};
void sek_jpeg_look(const uint8_t *s, size_t n, struct sek_jpeg_head *ret);

#endif
