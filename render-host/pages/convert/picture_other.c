/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GIF (its first picture), WebP and TIFF (every page), by their libraries.
 */
#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <webp/decode.h>

#include "render-host/pages/convert/picture.h"

struct source {
	const uint8_t *s;
	size_t n, at;
};

/* --- GIF --- */

static int gif_read(GifFileType *gif, GifByteType *out, int n)
{
	struct source *from = gif->UserData;
	size_t k = n > 0 ? (size_t)n : 0;

	if (k > from->n - from->at)
		k = from->n - from->at;
	memcpy(out, from->s + from->at, k);
	from->at += k;
	return (int)k;
}

/* The rows of an interlaced picture in the order in which they come: GIF89a appendix E. */
static unsigned interlaced_row(unsigned i, unsigned height)
{
	static const struct { unsigned first, step; } passes[] = { { 0, 8 }, { 4, 8 }, { 2, 4 }, { 1, 2 } };

	for (size_t p = 0; p < 4; p++) {
		unsigned rows = height > passes[p].first ? (height - passes[p].first + passes[p].step - 1) / passes[p].step : 0;

		if (i < rows)
			return passes[p].first + i * passes[p].step;
		i -= rows;
	}
	return 0;
}

static enum sek_convert_reason gif_image(GifFileType *gif, struct sek_picture *ret)
{
	unsigned width = (unsigned)gif->Image.Width, height = (unsigned)gif->Image.Height;
	const ColorMapObject *colours = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
	enum sek_convert_reason r = sek_picture_begin(ret, width, height, true);
	uint8_t *all, *row;

	if (r != SEK_CONVERT_DONE || !colours)
		return colours ? r : SEK_CONVERT_BROKEN;
	all = calloc(height, width);
	row = malloc((size_t)width * 3);
	for (unsigned i = 0; all && i < height; i++)
		if (DGifGetLine(gif, all + (size_t)width * (gif->Image.Interlace ? interlaced_row(i, height) : i), (int)width) == GIF_ERROR)
			break;
	for (unsigned y = 0; all && row && y < height; y++) {
		for (unsigned x = 0; x < width; x++) {
			unsigned v = all[(size_t)width * y + x];
			GifColorType c = v < (unsigned)colours->ColorCount ? colours->Colors[v] : (GifColorType){ 0, 0, 0 };

			row[3 * x] = c.Red;
			row[3 * x + 1] = c.Green;
			row[3 * x + 2] = c.Blue;
		}
		sek_picture_row(ret, row, 3);
	}
	r = all && row ? SEK_CONVERT_DONE : SEK_CONVERT_LARGE;
	free(all);
	free(row);
	return r;
}

enum sek_convert_reason sek_picture_gif(const uint8_t *s, size_t n, struct sek_picture *ret)
{
	struct source from = { s, n, 0 };
	enum sek_convert_reason r = SEK_CONVERT_BROKEN;
	int error;
	GifFileType *gif = DGifOpen(&from, gif_read, &error);
	GifRecordType type = UNDEFINED_RECORD_TYPE;
	GifByteType *block;

	while (gif && DGifGetRecordType(gif, &type) == GIF_OK && type != TERMINATE_RECORD_TYPE) {
		if (type == IMAGE_DESC_RECORD_TYPE) {
			if (DGifGetImageDesc(gif) == GIF_OK)
				r = gif_image(gif, ret);
			break;
		}
		if (type != EXTENSION_RECORD_TYPE || DGifGetExtension(gif, &error, &block) != GIF_OK)
			break;
		while (block && DGifGetExtensionNext(gif, &block) == GIF_OK)
			;
	}
	if (gif)
		DGifCloseFile(gif, &error);
	return r;
}

/* --- WebP --- */

enum sek_convert_reason sek_picture_webp(const uint8_t *s, size_t n, struct sek_picture *ret)
{
	WebPDecoderConfig config;
	enum sek_convert_reason r;
	VP8StatusCode code;

	if (!WebPInitDecoderConfig(&config) || WebPGetFeatures(s, n, &config.input) != VP8_STATUS_OK)
		return SEK_CONVERT_BROKEN;
	if (config.input.has_animation)
		return SEK_CONVERT_TYPE;
	r = sek_picture_begin(ret, (uint64_t)config.input.width, (uint64_t)config.input.height, true);
	if (r != SEK_CONVERT_DONE)
		return r;
	config.output.colorspace = MODE_RGBA;
	config.options.use_threads = 0;
	code = WebPDecode(s, n, &config);
	for (unsigned y = 0; code == VP8_STATUS_OK && y < ret->height; y++)
		sek_picture_row(ret, config.output.u.RGBA.rgba + (size_t)y * (size_t)config.output.u.RGBA.stride, 4);
	WebPFreeDecBuffer(&config.output);
	return code == VP8_STATUS_OK ? SEK_CONVERT_DONE : code == VP8_STATUS_OUT_OF_MEMORY ? SEK_CONVERT_LARGE : SEK_CONVERT_BROKEN;
}

/* --- TIFF --- */

static tmsize_t tiff_read(thandle_t h, void *out, tmsize_t n)
{
	struct source *from = (struct source *)h;
	size_t k = n > 0 ? (size_t)n : 0, left = from->at < from->n ? from->n - from->at : 0;

	k = k < left ? k : left;
	if (k)
		memcpy(out, from->s + from->at, k);
	from->at += k;
	return (tmsize_t)k;
}

static tmsize_t tiff_write(thandle_t h, void *in, tmsize_t n)
{
	(void)h;
	(void)in;
	(void)n;
	return -1;
}

static toff_t tiff_seek(thandle_t h, toff_t to, int whence)
{
	struct source *from = (struct source *)h;

	from->at = (size_t)(whence == SEEK_SET ? to : whence == SEEK_CUR ? from->at + to : from->n + to);
	return from->at;
}

static int tiff_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t tiff_size(thandle_t h)
{
	return ((struct source *)h)->n;
}

static enum sek_convert_reason tiff_page(TIFF *t, struct sek_picture *p)
{
	uint32_t width = 0, height = 0, *all;
	enum sek_convert_reason r;

	if (!TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(t, TIFFTAG_IMAGELENGTH, &height))
		return SEK_CONVERT_BROKEN;
	r = sek_picture_begin(p, width, height, true);
	if (r != SEK_CONVERT_DONE)
		return r;
	all = malloc((size_t)width * height * sizeof *all);
	if (!all)
		return SEK_CONVERT_LARGE;
	/* bytes in memory: red, green, blue, alpha, on the machines that we build for */
	r = TIFFReadRGBAImageOriented(t, width, height, all, ORIENTATION_TOPLEFT, 0) ? SEK_CONVERT_DONE : SEK_CONVERT_BROKEN;
	for (uint32_t y = 0; r == SEK_CONVERT_DONE && y < height; y++)
		sek_picture_row(p, (const uint8_t *)(all + (size_t)width * y), 4);
	free(all);
	return r;
}

enum sek_convert_reason sek_picture_tiff(const uint8_t *s, size_t n, bool (*page)(void *data, struct sek_picture *p), void *data)
{
	struct source from = { s, n, 0 };
	enum sek_convert_reason r = SEK_CONVERT_BROKEN;
	struct sek_picture p;
	bool more = true;
	TIFF *t;

	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	t = TIFFClientOpen("tiff", "rm", (thandle_t)&from, tiff_read, tiff_write, tiff_seek, tiff_close, tiff_size, NULL, NULL);
	while (t && more) {
		p = (struct sek_picture){ .pixels = NULL };
		r = tiff_page(t, &p);
		more = r == SEK_CONVERT_DONE && page(data, &p) && TIFFReadDirectory(t);
		sek_picture_finish(&p);
	}
	if (t)
		TIFFClose(t);
	return r;
}
