/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Photographs as baseline JPEG through TurboJPEG, and how they keep their colours. Works on the encoder's private picture
 * only.
 */
#include "protocol/codec/encoder.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

/* From this quality on colours are kept at full resolution. */
#define FULL_COLOURS_QUALITY 90
/* tjBufSize: 6 bytes a pixel for sides padded to 16. Only touched as far as it is used. */
#define BUFFER_BYTES (SEK_PHOTO_MAX_AREA * 6 + SEK_JPEG_MAX_WIDTH_PX * 16 * 12 + 4096)
/* JFIF's segment, which TurboJPEG writes after SOI and which says nothing that we do not say. */
#define JFIF_BYTES 18

/* Two of so many rows are looked at for sharp colours. */
#define SAMPLE_ROWS 8

struct sek_photo {
	tjhandle jpeg;
	unsigned char *out; /* BUFFER_BYTES */
};

struct sek_photo *sek_photo_create(void)
{
	struct sek_photo *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->jpeg = tjInitCompress();
	p->out = malloc(BUFFER_BYTES);
	if (!p->jpeg || !p->out) {
		sek_photo_destroy(p);
		return NULL;
	}
	return p;
}

void sek_photo_destroy(struct sek_photo *p)
{
	if (!p)
		return;
	if (p->jpeg)
		tjDestroy(p->jpeg);
	free(p->out);
	free(p);
}

/* Red less green and blue less green of a row. */
static inline void colours_of(const uint32_t *px, unsigned w, int16_t *restrict red, int16_t *restrict blue)
{
	for (unsigned x = 0; x < w; x++) {
		int g = (int)(px[x] >> 8 & 255);

		red[x] = (int16_t)((int)(px[x] >> 16 & 255) - g);
		blue[x] = (int16_t)((int)(px[x] & 255) - g);
	}
}

static inline int16_t least(int16_t a, int16_t b)
{
	return a < b ? a : b;
}

static inline int16_t most(int16_t a, int16_t b)
{
	return a > b ? a : b;
}

/* How many squares of two by two pixels in two rows hold colours that are far apart. */
static unsigned sharp_squares(int16_t colour[2][SEK_TILE_PX], unsigned w)
{
	int16_t low[SEK_TILE_PX], high[SEK_TILE_PX];
	uint16_t sharp = 0;

	for (unsigned x = 0; x < w; x++) {
		low[x] = least(colour[0][x], colour[1][x]);
		high[x] = most(colour[0][x], colour[1][x]);
	}
	for (unsigned x = 0; x + 1 < w; x++) {
		int16_t spread = (int16_t)(most(high[x], high[x + 1]) - least(low[x], low[x + 1]));

		sharp = (uint16_t)(sharp + (spread > SEK_SHARP_COLOURS));
	}
	return sharp;
}

enum sek_jpeg_colours sek_photo_colours(const uint32_t *px, size_t stride, unsigned w, unsigned h, unsigned quality)
{
	int16_t red[2][SEK_TILE_PX], blue[2][SEK_TILE_PX];
	unsigned sharp = 0;

	if (quality >= FULL_COLOURS_QUALITY)
		return SEK_JPEG_FULL;
	/* a sample of the rows: letters that one can read are higher than the gap */
	for (unsigned y = 0; y + 1 < h; y += SAMPLE_ROWS, px += SAMPLE_ROWS * stride) {
		colours_of(px, w, red[0], blue[0]);
		colours_of(px + stride, w, red[1], blue[1]);
		sharp += sharp_squares(red, w) + sharp_squares(blue, w);
	}
	return sharp > 0 && sharp * SEK_SHARP_ONE_OF * (SAMPLE_ROWS / 2) >= w * h ? SEK_JPEG_FULL : SEK_JPEG_HALF;
}

sek_status sek_photo_encode(struct sek_photo *p, const uint32_t *px, size_t stride, struct sek_rect r, uint8_t quality,
	enum sek_jpeg_colours colours, const uint8_t **ret, size_t *ret_n)
{
	int sampling = colours == SEK_JPEG_FULL ? TJSAMP_444 : TJSAMP_420;
	uint8_t head[SEK_JPEG_HEAD_BYTES];
	unsigned long n = BUFFER_BYTES;

	/* NOREALLOC writes without asking: the bound is ours to keep. */
	if (tjBufSize(r.w, r.h, sampling) > BUFFER_BYTES)
		return sek_fail(SEK_E_LIMIT);
	if (tjCompress2(p->jpeg, (const unsigned char *)px, r.w, (int)(stride * 4), r.h, TJPF_BGRX, &p->out, &n, sampling,
		    quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0)
		return sek_fail(SEK_E_INTERNAL);
	/* The receiver writes the head itself: it must be the one that the library wrote. */
	sek_jpeg_head(head, r.w, r.h, quality, colours);
	if (n <= JFIF_BYTES + SEK_JPEG_HEAD_BYTES + SEK_JPEG_END_BYTES ||
	    memcmp(p->out + 2 + JFIF_BYTES, head + 2, SEK_JPEG_HEAD_BYTES - 2) != 0)
		return sek_fail(SEK_E_INTERNAL);
	*ret = p->out + JFIF_BYTES + SEK_JPEG_HEAD_BYTES;
	*ret_n = n - JFIF_BYTES - SEK_JPEG_HEAD_BYTES - SEK_JPEG_END_BYTES;
	return sek_ok();
}
