/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recorded sequences: one line of JSON, then records in one zstd frame. See rseq.h. For tools and benches only: it says on stderr
 * what is wrong with a file.
 */
#include "client/load/synthetic/rseq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#define RECORD_BYTES 24

struct rseq {
	FILE *f;
	ZSTD_DStream *z;
	uint8_t in_bytes[65536];
	ZSTD_inBuffer in;
	uint8_t *body; /* of the largest record: width * height * 4 */
	uint16_t width, height;
};

static long header_number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

struct rseq *rseq_open(const char *path, uint16_t *ret_width, uint16_t *ret_height)
{
	struct rseq *r = calloc(1, sizeof *r);
	char line[512];

	if (!r)
		return NULL;
	r->f = fopen(path, "rb");
	r->z = ZSTD_createDStream();
	r->in.src = r->in_bytes;
	if (r->f && r->z && fgets(line, sizeof line, r->f) && strstr(line, "\"rseq1\"") && strstr(line, "\"zstd\"")) {
		long w = header_number(line, "\"width\":"), h = header_number(line, "\"height\":");

		if (w >= 1 && w <= SEK_WIDTH_MAX_PX && h >= 1 && h <= SEK_HEIGHT_MAX_PX) {
			r->width = *ret_width = (uint16_t)w;
			r->height = *ret_height = (uint16_t)h;
			r->body = malloc((size_t)w * (size_t)h * 4);
			ZSTD_DCtx_setParameter(r->z, ZSTD_d_windowLogMax, 27);
		}
	}
	if (!r->body) {
		fprintf(stderr, "%s: not a recorded sequence\n", path);
		rseq_close(r);
		return NULL;
	}
	return r;
}

void rseq_close(struct rseq *r)
{
	if (!r)
		return;
	if (r->f)
		fclose(r->f);
	ZSTD_freeDStream(r->z);
	free(r->body);
	free(r);
}

static bool take(struct rseq *r, void *to, size_t n)
{
	ZSTD_outBuffer out = { to, n, 0 };

	while (out.pos < n) {
		size_t before = out.pos;

		if (r->in.pos == r->in.size) {
			r->in.size = fread(r->in_bytes, 1, sizeof r->in_bytes, r->f);
			r->in.pos = 0;
		}
		if (ZSTD_isError(ZSTD_decompressStream(r->z, &out, &r->in)) || (r->in.size == 0 && out.pos == before))
			return false;
	}
	return true;
}

static unsigned little(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

/* Undoes the MED predictor (left, up, up-left) of one plane. */
static void undo_med(uint8_t *p, unsigned w, unsigned h)
{
	for (unsigned y = 0; y < h; y++) {
		for (unsigned x = 0; x < w; x++, p++) {
			int a = x ? p[-1] : 0, b = y ? *(p - w) : 0, c = x && y ? *(p - w - 1) : 0;
			int low = a < b ? a : b, high = a < b ? b : a;

			*p = (uint8_t)(*p + (c >= high ? low : c <= low ? high : a + b - c));
		}
	}
}

static void apply(struct rseq *r, const struct sek_picture *pic, struct sek_rect d, unsigned filter)
{
	size_t n = (size_t)d.w * d.h, i = 0;

	if (filter == 2) {
		for (unsigned k = 0; k < 3; k++)
			undo_med(r->body + k * n, d.w, d.h);
	}
	for (unsigned y = 0; y < d.h; y++) {
		uint32_t *to = pic->px + (size_t)(d.y + y) * pic->stride_px + d.x;

		for (unsigned x = 0; x < d.w; x++, i++) {
			uint32_t old = filter == 1 ? to[x] : 0;
			unsigned g, b, red;

			if (filter == 0) {
				memcpy(&to[x], r->body + i * 4, 4);
				continue;
			}
			g = r->body[i];
			b = r->body[n + i] + g + (old & 255);
			red = r->body[2 * n + i] + g + (old >> 16 & 255);
			g += old >> 8 & 255;
			to[x] = (red & 255) << 16 | (g & 255) << 8 | (b & 255);
		}
	}
}

bool rseq_next(struct rseq *r, const struct sek_picture *pic, struct sek_rect *ret, uint64_t *ret_us)
{
	uint8_t head[RECORD_BYTES];
	uint64_t us = 0;
	size_t n;

	if (!take(r, head, sizeof head))
		return false;
	for (int i = 7; i >= 0; i--)
		us = us << 8 | head[i];
	*ret_us = us;
	*ret = (struct sek_rect){ (uint16_t)little(head + 8), (uint16_t)little(head + 10), (uint16_t)little(head + 12),
		(uint16_t)little(head + 14) };
	n = (size_t)little(head + 20) | (size_t)little(head + 22) << 16;
	if (ret->x + ret->w > r->width || ret->y + ret->h > r->height || head[16] > 2 ||
	    n != (size_t)ret->w * ret->h * (head[16] ? 3 : 4) || !take(r, r->body, n)) {
		fprintf(stderr, "a record is broken\n");
		return false;
	}
	apply(r, pic, *ret, head[16]);
	return true;
}
