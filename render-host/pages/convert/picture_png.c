/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PNG with libpng, row by row; only an interlaced one must be decoded whole.
 */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "render-host/pages/convert/picture.h"

struct source {
	const uint8_t *s;
	size_t n;
};

static void read_data(png_structp png, png_bytep out, size_t n)
{
	struct source *from = png_get_io_ptr(png);

	if (n > from->n)
		png_error(png, "short");
	memcpy(out, from->s, n);
	from->s += n;
	from->n -= n;
}

static void on_error(png_structp png, png_const_charp text)
{
	(void)text;
	longjmp(*(jmp_buf *)png_get_error_ptr(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void to_8_bit_colour(png_structp png)
{
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
}

/* What is left at a longjmp must not stand in registers. */
struct work {
	png_structp png;
	png_infop info;
	uint8_t *rows; /* one, or all of them */
	volatile enum sek_convert_reason r;
};

static void decode(struct work *w, struct sek_picture *ret)
{
	bool interlaced;
	size_t stride;

	png_read_info(w->png, w->info);
	interlaced = png_get_interlace_type(w->png, w->info) != PNG_INTERLACE_NONE;
	w->r = sek_picture_begin(ret, png_get_image_width(w->png, w->info), png_get_image_height(w->png, w->info), interlaced);
	if (w->r != SEK_CONVERT_DONE)
		return;
	to_8_bit_colour(w->png);
	(void)png_set_interlace_handling(w->png);
	png_read_update_info(w->png, w->info);
	stride = (size_t)ret->width * 4;
	w->r = SEK_CONVERT_BROKEN;
	if (png_get_rowbytes(w->png, w->info) != stride)
		return;
	w->rows = calloc(interlaced ? ret->height : 1, stride);
	w->r = SEK_CONVERT_LARGE;
	if (!w->rows)
		return;
	w->r = SEK_CONVERT_BROKEN;
	for (int pass = interlaced ? 7 : 1; pass > 0; pass--)
		for (unsigned y = 0; y < ret->height; y++) {
			uint8_t *row = w->rows + (interlaced ? stride * y : 0);

			png_read_row(w->png, row, NULL);
			if (pass == 1)
				sek_picture_row(ret, row, 4);
		}
	w->r = SEK_CONVERT_DONE;
}

/* The header's width or height, which stand at fixed places: section 11.2.2 of the specification. */
static uint32_t side(const uint8_t *s)
{
	return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
}

enum sek_convert_reason sek_picture_png(const uint8_t *s, size_t n, struct sek_picture *ret)
{
	struct source from = { s, n };
	struct work w = { .r = SEK_CONVERT_BROKEN };
	jmp_buf jump;

	if (n < 24)
		return SEK_CONVERT_BROKEN;
	if (side(s + 16) > SEK_PICTURE_SIDE_MAX_PX || side(s + 20) > SEK_PICTURE_SIDE_MAX_PX)
		return SEK_CONVERT_LARGE;
	w.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &jump, on_error, on_warning);
	w.info = w.png ? png_create_info_struct(w.png) : NULL;
	if (!w.info) {
		png_destroy_read_struct(&w.png, NULL, NULL);
		return SEK_CONVERT_LARGE;
	}
	png_set_read_fn(w.png, &from, read_data);
	png_set_user_limits(w.png, SEK_PICTURE_SIDE_MAX_PX, SEK_PICTURE_SIDE_MAX_PX);
	/* texts, colour profiles, Exif: nothing of it is wanted */
	png_set_keep_unknown_chunks(w.png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	if (setjmp(jump) == 0)
		decode(&w, ret);
	else if (ret->row > 0)
		w.r = SEK_CONVERT_DONE; /* as browsers do: what there is of it */
	free(w.rows);
	png_destroy_read_struct(&w.png, &w.info, NULL);
	return w.r;
}
