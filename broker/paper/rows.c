/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See rows.h.
 */
#include "broker/paper/rows.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum { FILTERS = 4, PAETH = 4, LEVEL = 6, SAMPLE_EVERY = 256, SAMPLE_ROWS = 32, PART_BYTES = 65536 };

static const uint8_t filter_bytes[FILTERS] = { 0, 1, 2, PAETH };

struct packer {
	const struct sek_rows *rows;
	size_t row_bytes, step;           /* step: bytes from a sample to the same of the pixel before */
	uint8_t *now, *before, *tries[FILTERS];
	z_stream z;
	uint8_t *out;
	size_t n, size, most;
};

static void put_grey(const struct sek_rows *r, const uint32_t *px, uint8_t *to)
{
	unsigned shift = 8u - r->bits, x, at = 0;

	for (x = 0; x < r->width_px; x++) {
		uint8_t v = (uint8_t)(px[x] & 0xff);

		if (r->bits == 8) {
			to[x] = v;
			continue;
		}
		if (at == 0)
			*to = 0;
		*to = (uint8_t)(*to | (v >> shift) << (8 - r->bits - at));
		at += r->bits;
		if (at == 8) {
			at = 0;
			to++;
		}
	}
}

static void put_palette(const struct sek_rows *r, const uint32_t *px, uint8_t *to)
{
	uint32_t last = px[0] & 0xffffff;
	uint8_t index = r->index_of(r->ctx, last);
	unsigned at = 0;

	for (unsigned x = 0; x < r->width_px; x++) {
		uint32_t c = px[x] & 0xffffff;

		if (c != last) {
			last = c;
			index = r->index_of(r->ctx, c);
		}
		if (at == 0)
			*to = 0;
		*to = (uint8_t)(*to | index << (8 - r->bits - at));
		at += r->bits;
		if (at == 8) {
			at = 0;
			to++;
		}
	}
}

static void put_rgb(const struct sek_rows *r, const uint32_t *px, uint8_t *to)
{
	for (unsigned x = 0; x < r->width_px; x++, to += 3) {
		to[0] = (uint8_t)(px[x] >> 16);
		to[1] = (uint8_t)(px[x] >> 8);
		to[2] = (uint8_t)px[x];
	}
}

static void put_row(struct packer *p, unsigned y)
{
	const struct sek_rows *r = p->rows;
	const uint32_t *px = r->px + (size_t)y * r->width_px;

	if (r->form == SEK_PAPER_RGB)
		put_rgb(r, px, p->now);
	else if (r->form == SEK_PAPER_PALETTE)
		put_palette(r, px, p->now);
	else
		put_grey(r, px, p->now);
}

static uint8_t paeth(uint8_t left, uint8_t up, uint8_t corner)
{
	int a = abs(up - corner), b = abs(left - corner), c = abs(left + up - 2 * corner);

	return a <= b && a <= c ? left : b <= c ? up : corner;
}

/* The row by the filter that leaves the least sum of differences, which is what the standard recommends (12.8). */
static const uint8_t *filter(struct packer *p)
{
	unsigned best = 0;
	uint64_t least = UINT64_MAX;

	for (unsigned f = 0; f < FILTERS; f++) {
		uint8_t *to = p->tries[f];
		uint64_t sum = 0;

		to[0] = filter_bytes[f];
		for (size_t i = 0; i < p->row_bytes; i++) {
			uint8_t left = i >= p->step ? p->now[i - p->step] : 0, up = p->before[i], corner = i >= p->step ? p->before[i - p->step] : 0;
			uint8_t by = f == 0 ? 0 : f == 1 ? left : f == 2 ? up : paeth(left, up, corner), v = (uint8_t)(p->now[i] - by);

			to[i + 1] = v;
			sum += v < 128 ? v : 256u - v;
		}
		if (sum < least) {
			least = sum;
			best = f;
		}
	}
	return p->tries[best];
}

static sek_status grow(struct packer *p)
{
	size_t size = p->size + (p->size < PART_BYTES ? PART_BYTES : p->size);
	uint8_t *more;

	if (p->size >= p->most)
		return sek_fail(SEK_E_LIMIT);
	if (size > p->most)
		size = p->most;
	more = realloc(p->out, size);
	if (!more)
		return sek_fail(SEK_E_NOMEM);
	p->out = more;
	p->size = size;
	return sek_ok();
}

static sek_status squeeze(struct packer *p, const uint8_t *bytes, size_t n, int flush)
{
	p->z.next_in = (Bytef *)(uintptr_t)bytes;
	p->z.avail_in = (uInt)n;
	for (;;) {
		int r;

		if (p->n == p->size)
			SEK_TRY(grow(p));
		p->z.next_out = p->out + p->n;
		p->z.avail_out = (uInt)(p->size - p->n);
		r = deflate(&p->z, flush);
		p->n = p->size - p->z.avail_out;
		if (r == Z_STREAM_ERROR)
			return sek_fail(SEK_E_INTERNAL);
		if (flush == Z_FINISH ? r == Z_STREAM_END : p->z.avail_out > 0)
			return sek_ok();
	}
}

static sek_status pack(struct packer *p, bool filtered, unsigned *ret_sampled)
{
	unsigned y, rows = 0;

	for (y = 0; y < p->rows->height_px; y++) {
		uint8_t *swap;

		if (ret_sampled && y % SAMPLE_EVERY >= SAMPLE_ROWS)
			continue;
		put_row(p, y);
		rows++;
		if (filtered) {
			SEK_TRY(squeeze(p, filter(p), p->row_bytes + 1, Z_NO_FLUSH));
		} else {
			static const uint8_t none = 0;

			SEK_TRY(squeeze(p, &none, 1, Z_NO_FLUSH));
			SEK_TRY(squeeze(p, p->now, p->row_bytes, Z_NO_FLUSH));
		}
		swap = p->before;
		p->before = p->now;
		p->now = swap;
	}
	if (ret_sampled)
		*ret_sampled = rows;
	return squeeze(p, NULL, 0, Z_FINISH);
}

static bool make_rows(struct packer *p)
{
	unsigned f;

	p->now = calloc(1, p->row_bytes);
	p->before = calloc(1, p->row_bytes);
	for (f = 0; f < FILTERS; f++)
		p->tries[f] = malloc(p->row_bytes + 1);
	return p->now && p->before && p->tries[0] && p->tries[1] && p->tries[2] && p->tries[3];
}

sek_status sek_rows_pack(const struct sek_rows *r, bool filtered, size_t most_bytes, unsigned *ret_sampled, uint8_t **ret, size_t *ret_n)
{
	unsigned samples = r->form == SEK_PAPER_RGB ? 3 : 1, f;
	struct packer p = { .rows = r, .row_bytes = ((size_t)r->width_px * samples * r->bits + 7) / 8,
		.step = r->bits == 8 ? samples : 1, .most = most_bytes };
	sek_status s = sek_fail(SEK_E_NOMEM);

	if (make_rows(&p) && deflateInit(&p.z, ret_sampled ? 1 : LEVEL) == Z_OK) {
		s = pack(&p, filtered, ret_sampled);
		deflateEnd(&p.z);
	}
	free(p.now);
	free(p.before);
	for (f = 0; f < FILTERS; f++)
		free(p.tries[f]);
	if (!sek_is_ok(s)) {
		free(p.out);
		return s;
	}
	*ret = p.out;
	*ret_n = p.n;
	return s;
}
