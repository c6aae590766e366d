/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JPEG with libjpeg-turbo: a large one is decoded at an eighth of its size. Also its markers, read by ourselves: whether it is
 * progressive, and how the camera was held.
 */
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "render-host/pages/convert/picture.h"

enum { SEGMENTS_MAX = 1000, EXIF_ENTRIES_MAX = 256, ORIENTATION_TAG = 0x112 };

static uint32_t get(const uint8_t *s, unsigned bytes, bool big)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | s[big ? i : bytes - 1 - i];
	return v;
}

/* Exif 2.32 section 4.6.4, tag Orientation, in the n bytes behind "Exif\0\0": a TIFF header and its first directory. */
static unsigned orientation(const uint8_t *s, size_t n)
{
	bool big;
	uint32_t at, entries;

	if (n < 10 || (memcmp(s, "II*\0", 4) != 0 && memcmp(s, "MM\0*", 4) != 0))
		return 1;
	big = *s == 'M';
	at = get(s + 4, 4, big);
	if (at > n - 2)
		return 1;
	entries = get(s + at, 2, big);
	for (uint32_t i = 0; i < entries && i < EXIF_ENTRIES_MAX && n - at >= 2 + 12 * (size_t)(i + 1); i++) {
		const uint8_t *e = s + at + 2 + 12 * (size_t)i;
		uint32_t v = get(e + 8, 2, big);

		if (get(e, 2, big) == ORIENTATION_TAG)
			return v >= 1 && v <= 8 ? v : 1;
	}
	return 1;
}

void sek_jpeg_look(const uint8_t *s, size_t n, struct sek_jpeg_head *ret)
{
	size_t i = 2;

	*ret = (struct sek_jpeg_head){ .turn = 1 };
	for (unsigned k = 0; k < SEGMENTS_MAX && i + 4 <= n && s[i] == 0xff; k++) {
		uint8_t marker = s[i + 1];
		size_t length = (size_t)get(s + i + 2, 2, true);

		if (marker == 0xff) { /* a fill byte */
			i++;
			continue;
		}
		if (marker == 0xda || length < 2 || length > n - i - 2)
			return;
		if (marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce)
			ret->progressive = true;
		if (marker == 0xe1 && length > 8 && memcmp(s + i + 4, "Exif\0\0", 6) == 0)
			ret->turn = orientation(s + i + 10, length - 8);
		i += 2 + length;
	}
}

/* Of two or four colours of ink, as Adobe's programs write them: 255 is none. */
static void from_inks(uint8_t *p, size_t pixels)
{
	for (size_t i = 0; i < pixels; i++, p += 4) {
		for (unsigned c = 0; c < 3; c++)
			p[c] = (uint8_t)(p[c] * p[3] / 255);
		p[3] = 255;
	}
}

static enum sek_convert_reason decode(tjhandle t, const uint8_t *s, size_t n, unsigned turn, struct sek_picture *ret)
{
	tjscalingfactor eighth = { 1, 8 }, whole = { 1, 1 }, scale;
	int width, height, samples, colours, r;
	bool inks;
	uint8_t *all;
	enum sek_convert_reason why;

	if (tjDecompressHeader3(t, s, n, &width, &height, &samples, &colours) != 0 || width <= 0 || height <= 0)
		return SEK_CONVERT_BROKEN;
	if ((uint64_t)width * (uint64_t)height > SEK_PICTURE_ROWS_MAX_PX)
		return SEK_CONVERT_LARGE;
	scale = width > SEK_PICTURE_MAX_PX || height > SEK_PICTURE_MAX_PX ? eighth : whole;
	if (scale.denom == 8 && width <= 2 * SEK_PICTURE_MAX_PX && height <= 2 * SEK_PICTURE_MAX_PX)
		scale = (tjscalingfactor){ 1, 2 };
	else if (scale.denom == 8 && width <= 4 * SEK_PICTURE_MAX_PX && height <= 4 * SEK_PICTURE_MAX_PX)
		scale = (tjscalingfactor){ 1, 4 };
	inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
	width = TJSCALED(width, scale);
	height = TJSCALED(height, scale);
	why = sek_picture_begin(ret, (uint64_t)width, (uint64_t)height, false);
	if (why != SEK_CONVERT_DONE)
		return why;
	ret->turn = turn;
	all = malloc((size_t)width * (size_t)height * 4);
	if (!all)
		return SEK_CONVERT_LARGE;
	memset(all, 0xff, (size_t)width * (size_t)height * 4);
	r = tjDecompress2(t, s, n, all, width, 0, height, inks ? TJPF_CMYK : TJPF_RGBX, 0);
	if (inks)
		from_inks(all, (size_t)width * (size_t)height);
	for (int y = 0; y < height; y++) {
		uint8_t *row = all + (size_t)y * (size_t)width * 4;

		for (int x = 0; x < width; x++)
			row[4 * x + 3] = 255; /* RGBX leaves it open */
		sek_picture_row(ret, row, 4);
	}
	free(all);
	/* as browsers do: a damaged or cut one is shown as far as it goes */
	return r == 0 || tjGetErrorCode(t) == TJERR_WARNING ? SEK_CONVERT_DONE : SEK_CONVERT_BROKEN;
}

enum sek_convert_reason sek_picture_jpeg(const uint8_t *s, size_t n, struct sek_picture *ret)
{
	struct sek_jpeg_head head;
	enum sek_convert_reason r;
	int width = 0, height = 0, samples, colours;
	tjhandle t = tjInitDecompress();

	*ret = (struct sek_picture){ .turn = 1 };
	if (!t)
		return SEK_CONVERT_LARGE;
	sek_jpeg_look(s, n, &head);
	if (head.progressive && tjDecompressHeader3(t, s, n, &width, &height, &samples, &colours) == 0 &&
			(uint64_t)width * (uint64_t)height > SEK_PICTURE_WHOLE_MAX_PX)
		r = SEK_CONVERT_LARGE;
	else
		r = decode(t, s, n, head.turn, ret);
	tjDestroy(t);
	return r;
}
