/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds what moved sideways or slantwise: a wide table that is scrolled, a window that is dragged. Short stretches of pixels
 * that begin where a colour ends and whose hash has some zeros are landmarks, wherever they stand; the landmarks of the old
 * picture that occur once and come again in the new one vote for a distance. The hashes come from the source, which may
 * lie; they only choose what is compared, pixel by pixel and tile by tile.
 */
#include "protocol/codec/scroll.h"

#include <stdlib.h>
#include <string.h>

#define MARK_PX 8           /* a landmark's width */
#define MARK_BITS 6         /* one of 2^n stretches is a landmark */
#define MARKS_MAX (SEK_SCROLL_SLOTS / 2)
#define NEW_EVERY 4         /* one of so many rows of the new picture is looked at */
#define FOUND_MAX 2048
#define MIN_VOTES 12
#define VOTE_SLOTS 1024     /* a power of two */
#define PLACE(x, y) ((int32_t)((y) << 16 | (x)))

struct found {
	uint16_t x, y;
	int16_t dx, dy;
};

struct vote {
	int16_t dx, dy;
	unsigned count;
};

/* The hash of a landmark at px[0], or 0 if there is none. px[-1] is read, too. */
static inline uint32_t mark_at(const uint32_t *px)
{
	uint32_t a = px[-1] & SEK_RGB_MASK, b = px[0] & SEK_RGB_MASK, h;

	if (a == b)
		return 0;
	h = (a * 0x9e3779b1u) ^ (b * 0x85ebca6bu);
	if ((h ^ h >> 15) * 0xc2b2ae35u >> (32 - MARK_BITS))
		return 0;
	for (unsigned i = 1; i < MARK_PX; i++)
		h = (h ^ (px[i] & SEK_RGB_MASK)) * 0x9e3779b1u ^ h >> 15;
	return h ? h : 1;
}

/* Puts the landmarks of the old picture's part `where` into the table. */
static void learn_old(struct sek_scroller *s, const struct sek_scan *v, struct sek_rect where)
{
	unsigned n = 0;

	for (unsigned y = where.y; y < (unsigned)where.y + where.h && n < MARKS_MAX; y++) {
		const uint32_t *row = v->old + (size_t)y * v->stride;

		for (unsigned x = where.x + 1u; x + MARK_PX <= (unsigned)where.x + where.w && n < MARKS_MAX; x++) {
			uint32_t hash = mark_at(row + x);
			struct sek_scroll_slot *slot;

			if (hash == 0)
				continue;
			slot = sek_scroll_slot(s, hash);
			n += slot->hash == 0;
			slot->row = slot->hash ? -1 : PLACE(x, y);
			slot->hash = hash;
		}
	}
}

/* Counts a vote; forgets it where the table is full of others. */
static void take_vote(struct vote *votes, int16_t dx, int16_t dy)
{
	uint32_t i = ((uint32_t)(uint16_t)dx * 0x9e3779b1u ^ (uint32_t)(uint16_t)dy * 0x85ebca6bu) >> 22;

	for (unsigned tries = 0; tries < 16; tries++, i++) {
		struct vote *at = &votes[i % VOTE_SLOTS];

		if (at->count > 0 && (at->dx != dx || at->dy != dy))
			continue;
		at->dx = dx;
		at->dy = dy;
		at->count++;
		return;
	}
}

static size_t find_new(struct sek_scroller *s, const struct sek_scan *v, struct sek_rect where, struct found *found,
	struct vote *votes)
{
	size_t n = 0;

	for (unsigned y = where.y; y < (unsigned)where.y + where.h && n < FOUND_MAX; y += NEW_EVERY) {
		const uint32_t *row = v->src->px + (size_t)y * v->src->stride_px;

		for (unsigned x = where.x + 1u; x + MARK_PX <= (unsigned)where.x + where.w && n < FOUND_MAX; x++) {
			uint32_t hash = mark_at(row + x);
			const struct sek_scroll_slot *slot = hash ? sek_scroll_slot(s, hash) : NULL;
			struct found f = { (uint16_t)x, (uint16_t)y, 0, 0 };

			if (!slot || slot->hash == 0 || slot->row < 0)
				continue;
			f.dx = (int16_t)((slot->row & 0xffff) - (int32_t)x);
			f.dy = (int16_t)((slot->row >> 16) - (int32_t)y);
			if (f.dx == 0 && f.dy == 0)
				continue;
			found[n++] = f;
			take_vote(votes, f.dx, f.dy);
		}
	}
	return n;
}

bool sek_slide_find(struct sek_scroller *s, const struct sek_scan *scan, struct sek_rect where, struct sek_move *ret)
{
	struct found *found = malloc(FOUND_MAX * sizeof *found);
	struct vote votes[VOTE_SLOTS] = { { 0 } }, best = { 0 };
	unsigned x0 = UINT16_MAX, x1 = 0, y0 = UINT16_MAX, y1 = 0, x, y;
	size_t n;

	if (!found)
		return false;
	s->slot_count = SEK_SCROLL_SLOTS;
	memset(s->slots, 0, sizeof s->slots);
	learn_old(s, scan, where);
	n = find_new(s, scan, where, found, votes);
	for (size_t i = 0; i < VOTE_SLOTS; i++)
		best = votes[i].count > best.count ? votes[i] : best;
	for (size_t i = 0; i < n; i++) {
		if (found[i].dx != best.dx || found[i].dy != best.dy)
			continue;
		x = found[i].x;
		y = found[i].y;
		x0 = x < x0 ? x : x0;
		x1 = x + MARK_PX > x1 ? x + MARK_PX : x1;
		y0 = y < y0 ? y : y0;
		y1 = y + NEW_EVERY > y1 ? y + NEW_EVERY : y1;
	}
	free(found);
	if (best.count < MIN_VOTES)
		return false;
	y1 = y1 < (unsigned)where.y + where.h ? y1 : (unsigned)where.y + where.h;
	*ret = (struct sek_move){ { (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) }, best.dx, best.dy };
	return true;
}

/* Whether all of `to` is what stood (dx, dy) from it. */
static bool slid(const struct sek_scan *v, struct sek_rect to, const struct sek_move *m)
{
	const int32_t x = (int32_t)to.x + m->dx, y = (int32_t)to.y + m->dy;

	if (to.w == 0 || to.h == 0 || x < 0 || y < 0 || x + to.w > v->src->width_px || y + to.h > v->src->height_px)
		return false;
	for (unsigned i = 0; i < to.h; i++) {
		if (!v->simd->equal(v->src->px + (size_t)(to.y + i) * v->src->stride_px + to.x,
			    v->old + (size_t)((unsigned)y + i) * v->stride + (unsigned)x, to.w))
			return false;
	}
	return true;
}

static struct sek_rect common(struct sek_rect a, struct sek_rect b)
{
	unsigned x0 = a.x > b.x ? a.x : b.x, y0 = a.y > b.y ? a.y : b.y;
	unsigned x1 = (unsigned)a.x + a.w, y1 = (unsigned)a.y + a.h, bx = (unsigned)b.x + b.w, by = (unsigned)b.y + b.h;

	x1 = x1 < bx ? x1 : bx;
	y1 = y1 < by ? y1 : by;
	if (x1 <= x0 || y1 <= y0)
		return (struct sek_rect){ 0, 0, 0, 0 };
	return (struct sek_rect){ (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) };
}

void sek_slide_tiles(const struct sek_scan *scan, const struct sek_rect *change, const struct sek_move *m, struct sek_areas *areas)
{
	const unsigned columns = sek_tiles_across(scan->src->width_px), rows = sek_tiles_across(scan->src->height_px);

	for (unsigned i = 0; i < columns * rows; i++) {
		const unsigned column = i % columns, row = i / columns;
		struct sek_rect tile = { (uint16_t)(column * SEK_TILE_PX), (uint16_t)(row * SEK_TILE_PX),
			(uint16_t)sek_tile_side(scan->src->width_px, column), (uint16_t)sek_tile_side(scan->src->height_px, row) };
		struct sek_rect part = common(tile, m->to);

		if (change[i].w == 0)
			continue;
		if (slid(scan, tile, m))
			sek_areas_add(areas, tile, 0, UINT16_MAX, UINT32_MAX);
		else if (part.w > 0 && (part.w != tile.w || part.h != tile.h) && slid(scan, part, m))
			sek_areas_add(areas, part, 0, UINT16_MAX, UINT32_MAX);
	}
}

static bool meet(struct sek_rect a, struct sek_rect b)
{
	return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/* Whether a move would overwrite what another one, from number `from` on, has to read. */
static bool overwrites(const struct sek_move *moves, size_t from, size_t n, size_t self)
{
	for (size_t i = from; i < n; i++) {
		struct sek_rect source = moves[i].to;

		source.x = (uint16_t)(source.x + moves[i].dx);
		source.y = (uint16_t)(source.y + moves[i].dy);
		if (i != self && meet(moves[self].to, source))
			return true;
	}
	return false;
}

size_t sek_slide_order(struct sek_move *moves, size_t n)
{
	for (size_t done = 0; done < n; done++) {
		size_t i = done;
		struct sek_move m;

		while (i < n && overwrites(moves, done, n, i))
			i++;
		if (i == n)
			return done; /* each one is in another's way: what is left is sent as pixels */
		m = moves[i];
		moves[i] = moves[done];
		moves[done] = m;
	}
	return n;
}
