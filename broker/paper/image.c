/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See image.h. The rule between exact and JPEG was found by measuring pages of text, of photographs and of both
 * (docs/BENCHMARKS.md, "Documents").
 */
#include "broker/paper/image.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "broker/paper/rows.h"

enum {
	SLOTS = 1024,            /* of the table of colours, a power of two */
	EMPTY = -1,
	SMALL_BITS = 2,          /* an exact page below so many bits a pixel is not worth a JPEG */
	GAIN = 3,                /* JPEG only where exact takes more than so many times its room */
	QUALITY = 93,
	QUALITY_SMALL = 75,      /* where even the JPEG is too large: noise */
};

struct colours {
	int16_t slot[SLOTS];     /* of list, or EMPTY */
	uint32_t list[SEK_PAPER_COLOURS_MAX];
	unsigned n;              /* SEK_PAPER_COLOURS_MAX + 1: more */
	bool grey;               /* every pixel of the page */
};

static unsigned place_of(const struct colours *c, uint32_t colour)
{
	unsigned at = (colour * 2654435761u >> 16) % SLOTS;

	while (c->slot[at] != EMPTY && c->list[c->slot[at]] != colour)
		at = (at + 1) % SLOTS;
	return at;
}

static bool is_grey(uint32_t c)
{
	return (c & 0xff) == (c >> 8 & 0xff) && (c & 0xff) == (c >> 16 & 0xff);
}

static void add_colour(struct colours *c, uint32_t colour)
{
	unsigned at = place_of(c, colour);

	if (c->slot[at] != EMPTY)
		return;
	if (c->n < SEK_PAPER_COLOURS_MAX) {
		c->slot[at] = (int16_t)c->n;
		c->list[c->n] = colour;
	}
	c->n++;
	c->grey = c->grey && is_grey(colour);
}

static void count_colours(const uint32_t *px, size_t n, struct colours *ret)
{
	uint32_t last = px[0] & 0xffffff;

	ret->n = 0;
	ret->grey = true;
	memset(ret->slot, 0xff, sizeof ret->slot);
	add_colour(ret, last);
	for (size_t i = 1; i < n && (ret->n <= SEK_PAPER_COLOURS_MAX || ret->grey); i++) {
		uint32_t c = px[i] & 0xffffff;

		if (c == last)
			continue;
		last = c;
		if (ret->n <= SEK_PAPER_COLOURS_MAX)
			add_colour(ret, c);
		else
			ret->grey = ret->grey && is_grey(c);
	}
}

/* Brightest first: neighbours in the list are alike, and which picture came first does not show in the file. */
static int by_brightness(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void sort_colours(struct colours *c)
{
	qsort(c->list, c->n, sizeof c->list[0], by_brightness);
	memset(c->slot, 0xff, sizeof c->slot);
	for (unsigned i = 0; i < c->n; i++)
		c->slot[place_of(c, c->list[i])] = (int16_t)i;
}

static uint8_t index_of(const void *ctx, uint32_t colour)
{
	const struct colours *c = ctx;

	return (uint8_t)c->slot[place_of(c, colour)];
}

static uint8_t bits_for(unsigned colours)
{
	return colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
}

/* Grey of few bits holds only evenly spaced levels; a palette holds any. */
static void choose_form(struct colours *c, struct sek_paper_image *ret)
{
	if (c->n <= SEK_PAPER_COLOURS_MAX && (!c->grey || c->n <= 16)) {
		sort_colours(c);
		ret->form = SEK_PAPER_PALETTE;
		ret->bits = bits_for(c->n);
		ret->colours = (uint16_t)c->n;
		for (unsigned i = 0; i < c->n; i++) {
			ret->palette[3 * i] = (uint8_t)(c->list[i] >> 16);
			ret->palette[3 * i + 1] = (uint8_t)(c->list[i] >> 8);
			ret->palette[3 * i + 2] = (uint8_t)c->list[i];
		}
		return;
	}
	ret->form = c->grey ? SEK_PAPER_GREY : SEK_PAPER_RGB;
	ret->bits = 8;
	ret->colours = 0;
}

static sek_status make_jpeg(const struct sek_rows *r, int quality, struct sek_paper_image *ret)
{
	bool grey = r->form == SEK_PAPER_GREY;
	tjhandle tj = tjInitCompress();
	unsigned char *bytes = NULL;
	unsigned long n = 0;
	sek_status s = sek_fail(SEK_E_NOMEM);

	if (tj && tjCompress2(tj, (const unsigned char *)r->px, r->width_px, 0, r->height_px, TJPF_BGRX, &bytes, &n,
			grey ? TJSAMP_GRAY : quality == QUALITY ? TJSAMP_444 : TJSAMP_420, quality, TJFLAG_ACCURATEDCT) == 0)
		s = n <= SEK_PAPER_IMAGE_MAX_BYTES ? sek_ok() : sek_fail(SEK_E_LIMIT);
	if (sek_is_ok(s)) {
		ret->bytes = malloc(n);
		s = ret->bytes ? sek_ok() : sek_fail(SEK_E_NOMEM);
	}
	if (sek_is_ok(s)) {
		memcpy(ret->bytes, bytes, n);
		ret->n = n;
		ret->form = grey ? SEK_PAPER_JPEG_GREY : SEK_PAPER_JPEG_RGB;
		ret->bits = 8;
		ret->colours = 0;
	}
	tjFree(bytes);
	if (tj)
		tjDestroy(tj);
	return s;
}

/* What the whole page would take, by a part of its rows, in bytes. */
static size_t estimate(const struct sek_rows *r, bool filtered)
{
	uint8_t *bytes;
	size_t n;
	unsigned rows;

	if (!sek_is_ok(sek_rows_pack(r, filtered, SEK_PAPER_IMAGE_MAX_BYTES, &rows, &bytes, &n)))
		return SIZE_MAX;
	free(bytes);
	return n * r->height_px / rows;
}

static sek_status make_exact(const struct sek_rows *r, bool filtered, struct sek_paper_image *ret)
{
	return sek_rows_pack(r, filtered, SEK_PAPER_IMAGE_MAX_BYTES, NULL, &ret->bytes, &ret->n);
}

sek_status sek_paper_image_make(const uint32_t *px, uint16_t width_px, uint16_t height_px, struct sek_paper_image *ret)
{
	struct sek_rows r = { .px = px, .width_px = width_px, .height_px = height_px, .index_of = index_of };
	struct sek_paper_image jpeg = { .bytes = NULL };
	struct colours colours;
	size_t plain, filtered, exact;
	sek_status s;

	count_colours(px, (size_t)width_px * height_px, &colours);
	*ret = (struct sek_paper_image){ .bytes = NULL };
	choose_form(&colours, ret);
	r.form = ret->form;
	r.bits = ret->bits;
	r.ctx = &colours;
	if (r.form == SEK_PAPER_PALETTE)
		return make_exact(&r, false, ret);
	plain = estimate(&r, false);
	filtered = estimate(&r, true);
	exact = plain < filtered ? plain : filtered;
	if (exact > (size_t)width_px * height_px * SMALL_BITS / 8) {
		s = make_jpeg(&r, QUALITY, &jpeg);
		if (sek_is(s, SEK_E_LIMIT))
			s = make_jpeg(&r, QUALITY_SMALL, &jpeg);
		SEK_TRY(s);
		if (exact / GAIN > jpeg.n || exact > SEK_PAPER_IMAGE_MAX_BYTES) {
			*ret = jpeg;
			return s;
		}
	}
	s = make_exact(&r, filtered < plain, ret);
	if (sek_is(s, SEK_E_LIMIT) && jpeg.bytes) { /* the estimate was wrong */
		*ret = jpeg;
		return sek_ok();
	}
	free(jpeg.bytes);
	return s;
}

void sek_paper_image_free(struct sek_paper_image *i)
{
	free(i->bytes);
	i->bytes = NULL;
}
