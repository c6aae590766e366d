/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds what only moved up or down. The picture is looked at in vertical strips of one tile's width: rows are hashed,
 * rows that occur once vote for a distance, what neighbouring strips agree upon becomes one move, and that is compared
 * pixel by pixel. The hashes come from the source, which may lie; they only choose what is compared.
 */
#include "protocol/codec/scroll.h"

#include <stdlib.h>
#include <string.h>

#define MIN_ROWS 32         /* the shortest move */
#define RUNS_PER_STRIP 4
#define MIN_CHANGED_ROWS 16 /* of a move's rows, so many must really have changed */
#define MIN_VOTES 4

/* A stretch of rows of one strip that matches at its distance. */
struct run {
	uint16_t y0, y1;
};

struct sek_scroller *sek_scroller_create(uint16_t max_width, uint16_t max_height)
{
	struct sek_scroller *s = calloc(1, sizeof *s);
	size_t strips = sek_tiles_across(max_width);

	if (!s)
		return NULL;
	s->hashes = malloc(strips * max_height * 2 * sizeof *s->hashes);
	s->votes = malloc((size_t)max_height * 2 * sizeof *s->votes);
	if (!s->hashes || !s->votes) {
		sek_scroller_destroy(s);
		return NULL;
	}
	for (size_t i = 0; i < strips; i++) {
		s->strips[i].old_hash = s->hashes + i * 2 * max_height;
		s->strips[i].new_hash = s->strips[i].old_hash + max_height;
	}
	return s;
}

void sek_scroller_destroy(struct sek_scroller *s)
{
	if (!s)
		return;
	free(s->hashes);
	free(s->votes);
	free(s);
}

struct sek_scroll_slot *sek_scroll_slot(struct sek_scroller *s, uint32_t hash)
{
	uint32_t mask = s->slot_count - 1, i = hash & mask;

	while (s->slots[i].hash != 0 && s->slots[i].hash != hash)
		i = (i + 1) & mask;
	return &s->slots[i];
}

/* Hashes the strips' rows in both pictures, in the order in which they lie in memory. */
static void hash_strips(struct sek_scroller *s, const struct sek_scan *v, unsigned columns)
{
	for (size_t y = 0; y < v->src->height_px; y++) {
		const uint32_t *new_row = v->src->px + y * v->src->stride_px, *old_row = v->old + y * v->stride;

		for (unsigned i = 0; i < columns; i++) {
			struct sek_scroll_strip *p = &s->strips[i];

			if (y < p->y0 || y >= p->y1)
				continue;
			if (y + SEK_ROWS_AHEAD < p->y1) {
				sek_fetch(new_row + SEK_ROWS_AHEAD * v->src->stride_px + p->x, p->w);
				sek_fetch(old_row + SEK_ROWS_AHEAD * v->stride + p->x, p->w);
			}
			p->new_hash[y] = v->simd->hash(new_row + p->x, p->w);
			p->old_hash[y] = v->simd->hash(old_row + p->x, p->w);
		}
	}
}

/* Of the rows that changed, how many (in eighths) are found at this distance; 0 if too few changed. */
static unsigned agree(const struct sek_scroll_strip *p, int32_t dy)
{
	unsigned changed = 0, found = 0;

	for (int32_t y = p->y0; y < p->y1; y++) {
		if (p->new_hash[y] == p->old_hash[y])
			continue;
		changed++;
		found += y + dy >= p->y0 && y + dy < p->y1 && p->new_hash[y] == p->old_hash[y + dy];
	}
	return changed >= MIN_CHANGED_ROWS ? found * 8 / changed : 0;
}

void sek_scroll_table(struct sek_scroller *s, const uint32_t *hash, unsigned y0, unsigned y1)
{
	s->slot_count = 256;
	while (s->slot_count < 2 * (y1 - y0))
		s->slot_count *= 2;
	memset(s->slots, 0, s->slot_count * sizeof s->slots[0]);
	memset(s->votes, 0, (size_t)(y1 - y0) * 2 * sizeof *s->votes);
	for (unsigned y = y0; y < y1; y++) {
		struct sek_scroll_slot *at = sek_scroll_slot(s, hash[y]);

		at->row = at->hash ? -1 : (int32_t)y;
		at->hash = hash[y];
	}
}

void sek_scroll_vote(struct sek_scroller *s, uint32_t hash, int32_t y, int32_t height)
{
	const struct sek_scroll_slot *at = sek_scroll_slot(s, hash);

	if (at->hash != 0 && at->row >= 0)
		s->votes[at->row - y + height]++;
}

int32_t sek_scroll_result(const struct sek_scroller *s, int32_t height)
{
	int32_t best = 0;

	for (int32_t i = 1; i < 2 * height; i++) {
		if (s->votes[i] > s->votes[best])
			best = i;
	}
	return s->votes[best] >= MIN_VOTES ? best - height : 0;
}

/* The distance for which most rows of the strip that changed and stand out vote. */
static int32_t vote(struct sek_scroller *s, const struct sek_scroll_strip *p)
{
	int32_t height = p->y1 - p->y0;

	sek_scroll_table(s, p->old_hash, p->y0, p->y1);
	for (int32_t y = p->y0; y < p->y1; y++) {
		if (p->new_hash[y] != p->old_hash[y])
			sek_scroll_vote(s, p->new_hash[y], y, height);
	}
	return sek_scroll_result(s, height);
}

/* Which strips have changes, and the rows to search: the same for all, so that the runs of neighbours end together. False
 * if there is nothing to search. */
static bool set_ranges(struct sek_scroller *s, const struct sek_picture *src, const struct sek_rect *change)
{
	unsigned columns = sek_tiles_across(src->width_px), rows = sek_tiles_across(src->height_px), first = rows, last = 0;

	for (unsigned i = 0; i < columns; i++) {
		s->strips[i].x = (uint16_t)(i * SEK_TILE_PX);
		s->strips[i].w = (uint16_t)sek_tile_side(src->width_px, i);
		s->strips[i].y0 = s->strips[i].y1 = 0;
		s->strips[i].dy = 0;
	}
	for (unsigned i = 0; i < columns * rows; i++) {
		if (change[i].w == 0)
			continue;
		first = i / columns < first ? i / columns : first;
		last = i / columns + 1;
		s->strips[i % columns].y1 = 1;
	}
	first *= SEK_TILE_PX;
	last *= SEK_TILE_PX;
	last = last < src->height_px ? last : src->height_px;
	for (unsigned i = 0; i < columns; i++) {
		if (s->strips[i].y1 == 0)
			continue;
		s->strips[i].y0 = (uint16_t)first;
		s->strips[i].y1 = (uint16_t)last;
	}
	return last >= first + 2 * MIN_ROWS;
}

/* Lists the first stretches that match at the strip's distance and save something, as far as hashes tell. */
static size_t find_runs(const struct sek_scroll_strip *p, struct run runs[RUNS_PER_STRIP])
{
	size_t n = 0;
	unsigned start = p->y0, changed = 0;

	for (unsigned y = p->y0; y <= p->y1 && n < RUNS_PER_STRIP; y++) {
		int32_t from = (int32_t)y + p->dy;

		if (y < p->y1 && from >= p->y0 && from < p->y1 && p->new_hash[y] == p->old_hash[from]) {
			changed += p->new_hash[y] != p->old_hash[y];
			continue;
		}
		if (y - start >= MIN_ROWS && changed >= MIN_CHANGED_ROWS)
			runs[n++] = (struct run){ (uint16_t)start, (uint16_t)y };
		start = y + 1;
		changed = 0;
	}
	return n;
}

/* Compares each move pixel by pixel; what follows a difference is cut off. Returns how many are left. */
static size_t verify(const struct sek_scan *v, struct sek_move *moves, size_t n)
{
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		struct sek_rect *to = &moves[i].to;
		unsigned y = 0;

		while (y < to->h && v->simd->equal(v->src->px + (size_t)(to->y + y) * v->src->stride_px + to->x,
					    v->old + (size_t)((int32_t)(to->y + y) + moves[i].dy) * v->stride + to->x, to->w))
			y++;
		to->h = (uint16_t)y;
		if (y >= MIN_ROWS)
			moves[good++] = moves[i];
	}
	return good;
}

/* Makes a run part of the move to its left, if that is nearly the same one, or a move of its own. */
static size_t add_run(struct sek_move *moves, size_t n, const struct sek_scroll_strip *p, struct run r)
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
	moves[n] = (struct sek_move){ { p->x, r.y0, p->w, (uint16_t)(r.y1 - r.y0) }, 0, p->dy };
	return n + 1;
}

/* How many pixels beside the move (right or left of it, at most a tile's width) moved with it in every row. */
static unsigned reach(const struct sek_scan *v, const struct sek_move *m, bool right)
{
	unsigned edge = right ? (unsigned)m->to.x + m->to.w : m->to.x, w = right ? v->src->width_px - edge : edge;

	w = w < SEK_TILE_PX ? w : SEK_TILE_PX;
	for (unsigned y = m->to.y; y < (unsigned)m->to.y + m->to.h && w > 0; y++) {
		const uint32_t *a = v->src->px + (size_t)y * v->src->stride_px + edge;
		const uint32_t *b = v->old + (size_t)((int32_t)y + m->dy) * v->stride + edge;
		unsigned same = 0;

		if (right) {
			while (same < w && ((a[same] ^ b[same]) & SEK_RGB_MASK) == 0)
				same++;
		} else {
			while (same < w && ((*(a - 1 - same) ^ *(b - 1 - same)) & SEK_RGB_MASK) == 0)
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

static void widen(const struct sek_scan *v, struct sek_move *moves, size_t n)
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

/* Each strip's distance: the one of its neighbour, if that fits, else the one that its rows vote for. */
static bool find_distances(struct sek_scroller *s, unsigned columns)
{
	int32_t near = 0;
	bool any = false;

	for (unsigned i = 0; i < columns; i++) {
		struct sek_scroll_strip *p = &s->strips[i];

		if (p->y1 == 0)
			continue;
		p->dy = near != 0 && agree(p, near) >= 6 ? near : vote(s, p);
		near = p->dy != 0 ? p->dy : near;
		any = any || p->dy != 0;
	}
	/* A strip with little in it follows its neighbour; the comparison decides. */
	for (unsigned i = 1; i < columns; i++) {
		if (s->strips[i].dy == 0)
			s->strips[i].dy = s->strips[i - 1].dy;
	}
	for (unsigned i = columns - 1; i > 0; i--) {
		if (s->strips[i - 1].dy == 0)
			s->strips[i - 1].dy = s->strips[i].dy;
	}
	return any;
}

size_t sek_scroll_find(struct sek_scroller *s, const struct sek_scan *scan, const struct sek_rect *change,
	struct sek_move moves[SEK_MOVES_MAX])
{
	unsigned columns = sek_tiles_across(scan->src->width_px);
	size_t n = 0;

	if (!set_ranges(s, scan->src, change))
		return 0;
	hash_strips(s, scan, columns);
	if (!find_distances(s, columns))
		return 0;
	for (unsigned i = 0; i < columns; i++) {
		struct run runs[RUNS_PER_STRIP];
		size_t found = s->strips[i].y1 > 0 ? find_runs(&s->strips[i], runs) : 0;

		for (size_t k = 0; k < found; k++)
			n = add_run(moves, n, &s->strips[i], runs[k]);
	}
	n = verify(scan, moves, n);
	widen(scan, moves, n);
	put_in_order(moves, n);
	return n;
}
