/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Paints UPDATE messages into memory. Runs in the decoder's jail on hostile bytes: nothing is written outside the
 * picture, and the JPEG library sees no header but our own (jpeg.h).
 */
#include "protocol/codec/picture.h"
#include "protocol/codec/fetch.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

struct sek_painter {
	tjhandle jpeg;
	bool relays;
	/* of the call that is running: */
	const struct sek_picture *pic;
	sek_painted_fn *painted;
	sek_copied_fn *copied; /* NULL: as anything painted */
	void *user;
	struct sek_update_scratch scratch;
};

struct sek_painter *sek_painter_create(void)
{
	struct sek_painter *p = calloc(1, sizeof *p); /* the model that only recordings need stays untouched */

	if (!p)
		return NULL;
	p->jpeg = tjInitDecompress();
	if (!p->jpeg) {
		free(p);
		return NULL;
	}
	sek_drawn_reset(&p->scratch.model);
	return p;
}

void sek_painter_destroy(struct sek_painter *p)
{
	if (!p)
		return;
	tjDestroy(p->jpeg);
	free(p);
}

void sek_painter_relays(struct sek_painter *p)
{
	p->relays = true;
}

void sek_painter_tell_copies(struct sek_painter *p, sek_copied_fn *fn)
{
	p->copied = fn;
}

static uint32_t *row(const struct sek_painter *p, uint32_t x, uint32_t y)
{
	return p->pic->px + (size_t)y * p->pic->stride_px + x;
}

static sek_status painted(const struct sek_painter *p, struct sek_rect r)
{
	if (p->painted)
		p->painted(p->user, r);
	return sek_ok();
}

/* "As if all source pixels were read before any is written": rows in the order that never overwrites a row still to be
 * read; memmove takes care of overlap within a row. */
static sek_status paint_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	struct sek_painter *p = user;

	for (uint32_t i = 0; i < to.h; i++) {
		uint32_t y = to.y > sy ? to.h - 1u - i : i;

		if (i + SEK_ROWS_AHEAD < to.h)
			sek_fetch(row(p, sx, to.y > sy ? sy + y - SEK_ROWS_AHEAD : sy + y + SEK_ROWS_AHEAD), to.w);
		memmove(row(p, to.x, to.y + y), row(p, sx, sy + y), (size_t)to.w * 4);
	}
	if (p->copied && p->painted) {
		p->copied(p->user, sx, sy, to);
		return sek_ok();
	}
	return painted(p, to);
}

static sek_status paint_fill(void *user, struct sek_rect r, uint32_t bgrx)
{
	struct sek_painter *p = user;

	for (uint32_t y = 0; y < r.h; y++) {
		uint32_t *to = row(p, r.x, (uint32_t)r.y + y);

		for (uint32_t x = 0; x < r.w; x++)
			to[x] = bgrx;
	}
	return painted(p, r);
}

static sek_status paint_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	struct sek_painter *p = user;

	for (uint32_t y = 0; y < r.h; y++)
		memcpy(row(p, r.x, (uint32_t)r.y + y), px + (size_t)y * r.w, (size_t)r.w * 4);
	return painted(p, r);
}

static sek_status paint_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t bytes)
{
	struct sek_painter *p = user;
	const int flags = TJFLAG_STOPONWARNING | TJFLAG_ACCURATEDCT | (p->relays ? TJFLAG_FASTUPSAMPLE : 0);

	if (tjDecompress2(p->jpeg, jpeg, (unsigned long)bytes, (unsigned char *)row(p, r.x, r.y), r.w,
		    (int)(p->pic->stride_px * 4), r.h, TJPF_BGRX, flags) != 0)
		return sek_fail(SEK_E_MALFORMED);
	/* TurboJPEG sets the unused byte to 255; in a picture it is 0. */
	for (uint32_t y = 0; y < r.h && !p->relays; y++) {
		uint32_t *px = row(p, r.x, (uint32_t)r.y + y);

		for (uint32_t x = 0; x < r.w; x++)
			px[x] &= 0xffffff;
	}
	return painted(p, r);
}

sek_status sek_paint_update(struct sek_painter *p, const struct sek_picture *pic, uint8_t flags, const void *payload,
	size_t n, sek_painted_fn *on_painted, void *user, uint32_t *ret_frame)
{
	const struct sek_update_sink sink = { p, paint_copy, paint_fill, paint_pixels, paint_jpeg };

	p->pic = pic;
	p->painted = on_painted;
	p->user = user;
	if ((flags & SEK_UPDATE_KEYFRAME) && pic->width_px > 0 && pic->height_px > 0)
		paint_fill(p, (struct sek_rect){ 0, 0, pic->width_px, pic->height_px }, 0);
	return sek_update_parse(flags, payload, n, pic->width_px, pic->height_px, &p->scratch, &sink, ret_frame);
}
