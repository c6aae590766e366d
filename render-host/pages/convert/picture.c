/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of pixels become a picture of bounded size; and from a kind of picture to pages.
 */
#include "render-host/pages/convert/picture.h"

#include <stdlib.h>
#include <string.h>

#include "render-host/pages/convert/show.h"

enum sek_convert_reason sek_picture_begin(struct sek_picture *p, uint64_t width, uint64_t height, bool whole)
{
	uint64_t larger = width > height ? width : height;

	*p = (struct sek_picture){ .turn = 1 };
	if (width == 0 || height == 0)
		return SEK_CONVERT_BROKEN;
	if (larger > SEK_PICTURE_SIDE_MAX_PX || width * height > (whole ? SEK_PICTURE_WHOLE_MAX_PX : SEK_PICTURE_ROWS_MAX_PX))
		return SEK_CONVERT_LARGE;
	p->width = (unsigned)width;
	p->height = (unsigned)height;
	p->by = (unsigned)((larger + SEK_PICTURE_MAX_PX - 1) / SEK_PICTURE_MAX_PX);
	p->small_width = (p->width + p->by - 1) / p->by;
	p->small_height = (p->height + p->by - 1) / p->by;
	p->pixels = malloc((size_t)p->small_width * p->small_height * sizeof *p->pixels);
	p->sums = calloc((size_t)p->small_width * 3, sizeof *p->sums);
	if (!p->pixels || !p->sums) {
		sek_picture_finish(p);
		return SEK_CONVERT_LARGE;
	}
	/* what never comes is white */
	memset(p->pixels, 0xff, (size_t)p->small_width * p->small_height * sizeof *p->pixels);
	return SEK_CONVERT_DONE;
}

void sek_picture_finish(struct sek_picture *p)
{
	free(p->pixels);
	free(p->sums);
	p->pixels = NULL;
	p->sums = NULL;
}

/* Writes the means of the rows that were added up. */
static void write_row(struct sek_picture *p, unsigned rows)
{
	uint32_t *out = p->pixels + (size_t)((p->row - 1) / p->by) * p->small_width;

	for (unsigned x = 0; x < p->small_width; x++) {
		unsigned columns = x + 1 < p->small_width || p->width % p->by == 0 ? p->by : p->width % p->by;
		uint64_t n = (uint64_t)columns * rows, *sum = p->sums + 3 * (size_t)x;

		out[x] = (uint32_t)(sum[0] / n) << 16 | (uint32_t)(sum[1] / n) << 8 | (uint32_t)(sum[2] / n);
	}
	memset(p->sums, 0, (size_t)p->small_width * 3 * sizeof *p->sums);
}

void sek_picture_row(struct sek_picture *p, const uint8_t *row, unsigned bytes)
{
	unsigned in_square = 0;
	uint64_t *sum = p->sums;

	if (p->row >= p->height)
		return;
	for (unsigned x = 0; x < p->width; x++, row += bytes) {
		unsigned a = bytes == 4 ? row[3] : 255;

		for (unsigned c = 0; c < 3; c++)
			sum[c] += (row[bytes == 1 ? 0 : c] * a + 255u * (255 - a)) / 255;
		if (++in_square == p->by) {
			in_square = 0;
			sum += 3;
		}
	}
	p->row++;
	if (p->row % p->by == 0 || p->row == p->height)
		write_row(p, p->row % p->by == 0 ? p->by : p->row % p->by);
}

static bool put_page(void *data, struct sek_picture *p)
{
	const struct sek_show *show = data;

	return sek_sheet_picture(show->sheet, p->pixels, p->small_width, p->small_height, p->turn) &&
		sek_sheet_wants_more(show->sheet);
}

enum sek_convert_reason sek_show_picture(const struct sek_show *show, enum sek_kind kind)
{
	static enum sek_convert_reason (*const decoders[])(const uint8_t *, size_t, struct sek_picture *) = {
		[SEK_KIND_PNG] = sek_picture_png,   [SEK_KIND_JPEG] = sek_picture_jpeg, [SEK_KIND_GIF] = sek_picture_gif,
		[SEK_KIND_WEBP] = sek_picture_webp, [SEK_KIND_BMP] = sek_picture_bmp,
	};
	struct sek_picture p = { .pixels = NULL };
	enum sek_convert_reason r;

	if (kind == SEK_KIND_TIFF)
		return sek_picture_tiff(show->s, show->n, put_page, (void *)(uintptr_t)show);
	r = decoders[kind](show->s, show->n, &p);
	if (r == SEK_CONVERT_DONE && !put_page((void *)(uintptr_t)show, &p) && sek_sheet_wants_more(show->sheet))
		r = SEK_CONVERT_LARGE;
	sek_picture_finish(&p);
	return r;
}
