/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds what only moved up or down. The picture is looked at in vertical strips of one tile's width: rows are hashed,
 * rows that occur once vote for a distance, the winner is compared pixel by pixel, and what neighbouring strips agree
 * upon becomes one move. The hashes come from the source, which may lie; they only choose what is compared.
 */
#include "protocol/codec/encoder.h"

#include <stdlib.h>
#include <string.h>

#define MIN_DAMAGED_TILES 8 /* less is cheaper to send than to search */
#define MIN_ROWS 32         /* the shortest move */
#define MIN_CHANGED_ROWS 16 /* of a move's rows, so many must really have changed */
#define MIN_VOTES 4
#define RUNS_PER_STRIP 4
#define STRIPS_MAX (SEK_WIDTH_MAX_PX / SEK_TILE_PX)
#define SLOTS_MAX 16384 /* a power of two, at least twice the rows of a picture */

_Static_assert(SLOTS_MAX >= 2 * SEK_HEIGHT_MAX_PX, "the table of rows is never more than half full");

struct slot {
	uint32_t hash; /* 0 is free */
	int32_t row;   /* -1: more than one row has this hash */
};

struct strip {
	uint16_t x, w, y0, y1; /* rows y0..y1 are damaged */
	int32_t dy;            /* 0: none found */
};

/* A stretch of rows of one strip that matches at its distance. */
struct run {
	uint16_t y0, y1;
};

struct sek_scroller {
	uint32_t *old_hash, *new_hash; /* one for each row of the picture */
	uint16_t *votes;               /* by distance + height */
	uint32_t slot_count;           /* used of slots: a power of two, at least twice the rows of the strip */
	struct slot slots[SLOTS_MAX];
	struct strip strips[STRIPS_MAX];
};

/* One call's view. */
struct view {
	const struct sek_picture *src;
	const uint32_t *old;
	size_t stride;
};

struct sek_scroller *sek_scroller_create(uint16_t max_height)
{
	struct sek_scroller *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->old_hash = malloc((size_t)max_height * sizeof *s->old_hash);
	s->new_hash = malloc((size_t)max_height * sizeof *s->new_hash);
	s->votes = malloc((size_t)max_height * 2 * sizeof *s->votes);
	if (!s->old_hash || !s->new_hash || !s->votes) {
		sek_scroller_destroy(s);
		return NULL;
	}
	return s;
}

void sek_scroller_destroy(struct sek_scroller *s)
{
	if (!s)
		return;
	free(s->old_hash);
	free(s->new_hash);
	free(s->votes);
	free(s);
}

/* Four independent lanes, so that the multiplications overlap; never 0. */
static uint32_t hash_row(const uint32_t *px, unsigned n)
{
	uint32_t a = 0x85ebca6bu, b = 0xc2b2ae35u, c = 0x27d4eb2fu, d = 0x165667b1u;
	unsigned i = 0;

	for (; i + 4 <= n; i += 4) {
		a = (a ^ px[i]) * 0x9e3779b1u;
		b = (b ^ px[i + 1]) * 0x85ebca77u;
		c = (c ^ px[i + 2]) * 0xc2b2ae3du;
		d = (d ^ px[i + 3]) * 0x27d4eb2fu;
		a ^= a >> 15;
		b ^= b >> 15;
		c ^= c >> 15;
		d ^= d >> 15;
	}
	for (; i < n; i++)
		a = (a ^ px[i]) * 0x9e3779b1u;
	a += (b << 7 | b >> 25) + (c << 13 | c >> 19) + (d << 19 | d >> 13);
	a ^= a >> 16;
	return a ? a : 1;
}

static struct slot *find_slot(struct sek_scroller *s, uint32_t hash)
{
	uint32_t mask = s->slot_count - 1, i = hash & mask;

	while (s->slots[i].hash != 0 && s->slots[i].hash != hash)
		i = (i + 1) & mask;
	return &s->slots[i];
}

/* Hashes the strip's rows in both pictures. Returns how many rows changed. */
static unsigned hash_strip(struct sek_scroller *s, const struct view *v, const struct strip *p)
{
	uint32_t row[SEK_TILE_PX];
	unsigned changed = 0;

	for (size_t y = p->y0; y < p->y1; y++) {
		sek_load_row(v->src->px + y * v->src->stride_px + p->x, p->w, row);
		s->new_hash[y] = hash_row(row, p->w);
		s->old_hash[y] = hash_row(v->old + y * v->stride + p->x, p->w);
		changed += s->new_hash[y] != s->old_hash[y];
	}
	return changed;
}

/* The distance for which most rows that stand out vote; 0 if too few agree. */
static int32_t vote(struct sek_scroller *s, const struct strip *p)
{
	int32_t height = p->y1 - p->y0, best = 0;

	s->slot_count = 256;
	while (s->slot_count < 2 * (uint32_t)height)
		s->slot_count *= 2;
	memset(s->slots, 0, s->slot_count * sizeof s->slots[0]);
	memset(s->votes, 0, (size_t)height * 2 * sizeof *s->votes);
	for (int32_t y = p->y0; y < p->y1; y++) {
		struct slot *at = find_slot(s, s->old_hash[y]);

		at->row = at->hash ? -1 : y;
		at->hash = s->old_hash[y];
	}
	for (int32_t y = p->y0; y < p->y1; y++) {
		const struct slot *at;

		if (s->new_hash[y] == s->old_hash[y])
			continue;
		at = find_slot(s, s->new_hash[y]);
		if (at->hash != 0 && at->row >= 0)
			s->votes[at->row - y + height]++;
	}
	for (int32_t i = 1; i < 2 * height; i++) {
		if (s->votes[i] > s->votes[best])
			best = i;
	}
	return s->votes[best] >= MIN_VOTES ? best - height : 0;
}

/* The strip's damaged rows: from the first to the last damaged tile. False if there is nothing to search. */
static bool strip_range(struct strip *p, unsigned column, const struct sek_picture *src, const uint8_t *damaged,
	unsigned columns, unsigned rows)
{
	unsigned first = rows, last = 0, x = column * SEK_TILE_PX;

	for (unsigned i = 0; i < rows; i++) {
		if (damaged[i * columns + column]) {
			first = i < first ? i : first;
			last = i;
		}
	}
	p->dy = 0;
	p->x = (uint16_t)x;
	p->w = (uint16_t)(src->width_px - x < SEK_TILE_PX ? src->width_px - x : SEK_TILE_PX);
	p->y0 = p->y1 = 0;
	if (first == rows)
		return false;
	p->y0 = (uint16_t)(first * SEK_TILE_PX);
	last = (last + 1) * SEK_TILE_PX;
	p->y1 = (uint16_t)(last < src->height_px ? last : src->height_px);
	return p->y1 - p->y0 >= 2 * MIN_ROWS;
}

/* Compares row by row at the strip's distance and lists the longest stretches that match and save something. */
static size_t find_runs(const struct view *v, const struct strip *p, struct run runs[RUNS_PER_STRIP])
{
	uint32_t row[SEK_TILE_PX];
	size_t n = 0, bytes = (size_t)p->w * 4;
	unsigned start = p->y0, changed = 0;

	for (unsigned y = p->y0; y <= p->y1 && n < RUNS_PER_STRIP; y++) {
		int32_t from = (int32_t)y + p->dy;
		bool match = false;

		if (y < p->y1 && from >= 0 && from < v->src->height_px) {
			sek_load_row(v->src->px + (size_t)y * v->src->stride_px + p->x, p->w, row);
			match = memcmp(row, v->old + (size_t)from * v->stride + p->x, bytes) == 0;
			if (match)
				changed += memcmp(row, v->old + (size_t)y * v->stride + p->x, bytes) != 0;
		}
		if (match)
			continue;
		if (y - start >= MIN_ROWS && changed >= MIN_CHANGED_ROWS)
			runs[n++] = (struct run){ (uint16_t)start, (uint16_t)y };
		start = y + 1;
		changed = 0;
	}
	return n;
}

/* Makes a run part of the move to its left, if that is nearly the same one, or a move of its own. */
static size_t add_run(struct sek_move *moves, size_t n, const struct strip *p, struct run r)
{
	for (size_t i = 0; i < n; i++) {
		struct sek_rect *to = &moves[i].to;
		unsigned y0, y1, longest;

		if (moves[i].dy != p->dy || to->x + to->w != p->x)
			continue;
		y0 = to->y > r.y0 ? to->y : r.y0;
		y1 = to->y + to->h < r.y1 ? (unsigned)(to->y + to->h) : r.y1;
		longest = to->h > r.y1 - r.y0 ? to->h : (unsigned)(r.y1 - r.y0);
		if (y1 <= y0 || (y1 - y0) * 8 < longest * 7)
			continue;
		to->y = (uint16_t)y0;
		to->h = (uint16_t)(y1 - y0);
		to->w = (uint16_t)(to->w + p->w);
		return n;
	}
	if (n == SEK_MOVES_MAX)
		return n;
	moves[n] = (struct sek_move){ { p->x, r.y0, p->w, (uint16_t)(r.y1 - r.y0) }, p->dy };
	return n + 1;
}

/* How many pixels beside the move (right or left of it, at most a tile's width) moved with it in every row. */
static unsigned reach(const struct view *v, const struct sek_move *m, bool right)
{
	uint32_t row[SEK_TILE_PX];
	unsigned x, w = SEK_TILE_PX;

	if (right) {
		x = (unsigned)m->to.x + m->to.w;
		w = v->src->width_px - x < w ? v->src->width_px - x : w;
	} else {
		w = m->to.x < w ? m->to.x : w;
		x = m->to.x - w;
	}
	for (unsigned y = m->to.y; y < (unsigned)m->to.y + m->to.h && w > 0; y++) {
		const uint32_t *from = v->old + (size_t)((int32_t)y + m->dy) * v->stride;
		unsigned same = 0;

		if (right) {
			sek_load_row(v->src->px + (size_t)y * v->src->stride_px + x, w, row);
			while (same < w && row[same] == from[x + same])
				same++;
		} else {
			x = m->to.x - w;
			sek_load_row(v->src->px + (size_t)y * v->src->stride_px + x, w, row);
			while (same < w && row[w - 1 - same] == from[x + w - 1 - same])
				same++;
		}
		w = same;
	}
	return w;
}

/* Whether another move has pixels in the columns x0..x1: a wider move could overwrite what that one still reads. */
static bool taken(const struct sek_move *moves, size_t n, size_t self, unsigned x0, unsigned x1)
{
	for (size_t i = 0; i < n; i++) {
		if (i != self && moves[i].to.x < x1 && (unsigned)moves[i].to.x + moves[i].to.w > x0)
			return true;
	}
	return false;
}

static void widen(const struct view *v, struct sek_move *moves, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sek_rect *to = &moves[i].to;
		unsigned more = reach(v, &moves[i], true);

		if (more > 0 && !taken(moves, n, i, (unsigned)to->x + to->w, (unsigned)to->x + to->w + more))
			to->w = (uint16_t)(to->w + more);
		more = reach(v, &moves[i], false);
		if (more > 0 && !taken(moves, n, i, to->x - more, to->x)) {
			to->x = (uint16_t)(to->x - more);
			to->w = (uint16_t)(to->w + more);
		}
	}
}

/* Moves in the same columns have the same distance; upward moves from the top, downward moves from the bottom never
 * overwrite rows that a later one reads. */
static void put_in_order(struct sek_move *moves, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sek_move m = moves[i];
		int key = m.dy > 0 ? m.to.y : -m.to.y;
		size_t k = i;

		for (; k > 0 && (moves[k - 1].dy > 0 ? moves[k - 1].to.y : -moves[k - 1].to.y) > key; k--)
			moves[k] = moves[k - 1];
		moves[k] = m;
	}
}

size_t sek_scroll_find(struct sek_scroller *s, const struct sek_picture *src, const uint32_t *old, size_t stride,
	const uint8_t *damaged, struct sek_move moves[SEK_MOVES_MAX])
{
	const struct view v = { src, old, stride };
	unsigned columns = sek_tiles_across(src->width_px), rows = sek_tiles_across(src->height_px), count = 0;
	bool any = false;
	size_t n = 0;

	for (unsigned i = 0; i < columns * rows; i++)
		count += damaged[i] != 0;
	if (count < MIN_DAMAGED_TILES)
		return 0;
	for (unsigned i = 0; i < columns; i++) {
		struct strip *p = &s->strips[i];

		if (strip_range(p, i, src, damaged, columns, rows) && hash_strip(s, &v, p) >= MIN_CHANGED_ROWS)
			p->dy = vote(s, p);
		any = any || p->dy != 0;
	}
	if (!any)
		return 0;
	/* A strip with little in it follows its neighbour; the comparison decides. */
	for (unsigned i = 1; i < columns; i++) {
		if (s->strips[i].dy == 0)
			s->strips[i].dy = s->strips[i - 1].dy;
	}
	for (unsigned i = columns - 1; i > 0; i--) {
		if (s->strips[i - 1].dy == 0)
			s->strips[i - 1].dy = s->strips[i].dy;
	}
	for (unsigned i = 0; i < columns; i++) {
		struct run runs[RUNS_PER_STRIP];
		size_t found = s->strips[i].y1 > s->strips[i].y0 ? find_runs(&v, &s->strips[i], runs) : 0;

		for (size_t k = 0; k < found; k++)
			n = add_run(moves, n, &s->strips[i], runs[k]);
	}
	widen(&v, moves, n);
	put_in_order(moves, n);
	return n;
}
