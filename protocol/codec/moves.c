/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What to do with moves: they go out as COPY, `old` and what is known of its tiles moves with them, and tiles that lie in
 * one of them as a whole need no further look. Must never take a pixel from the source.
 */
#include "protocol/codec/encoder_state.h"

#include <string.h>

/* What moved longer ago than this is not expected to move on. */
#define FOLLOW_MS 500
/* Moves by any distance: so many tiles must change in two frames that are so close together; after so many tries in vain
 * the pause between tries grows no more. */
#define SLIDE_MIN_TILES 32
#define SLIDE_GAP_MS 150
#define SLIDE_MISSES_MAX 6

/* True if a tile that is lossy reaches into r. *still: the latest change among them. */
static bool lossy_in(const struct sek_update_encoder *e, struct sek_rect r, uint64_t *still)
{
	bool any = false;

	for (size_t row = r.y / SEK_TILE_PX; row <= (r.y + r.h - 1u) / SEK_TILE_PX; row++) {
		for (size_t column = r.x / SEK_TILE_PX; column <= (r.x + r.w - 1u) / SEK_TILE_PX; column++) {
			size_t i = row * e->columns + column;

			if (!e->lossy_before[i])
				continue;
			*still = !any || e->still_before[i] > *still ? e->still_before[i] : *still;
			any = true;
		}
	}
	return any;
}

/* All that a snapshot wants of the tiles that reach into r. */
static uint8_t wanted_in(const struct sek_update_encoder *e, struct sek_rect r)
{
	uint8_t wanted = 0;

	for (size_t row = r.y / SEK_TILE_PX; row <= (r.y + r.h - 1u) / SEK_TILE_PX; row++) {
		for (size_t column = r.x / SEK_TILE_PX; column <= (r.x + r.w - 1u) / SEK_TILE_PX; column++)
			wanted |= e->wanted_before[row * e->columns + column];
	}
	return wanted;
}

/* What was only approximate is so at its new place, too; and what is missing is missing there. */
static void move_lossy(const struct sek_job *j, const struct sek_move *m)
{
	struct sek_update_encoder *e = j->e;
	uint32_t right = (uint32_t)m->to.x + m->to.w, bottom = (uint32_t)m->to.y + m->to.h;

	memcpy(e->lossy_before, e->lossy, sek_tile_count(e));
	if (e->wanting)
		memcpy(e->wanted_before, e->wanted, sek_tile_count(e));
	memcpy(e->still_before, e->still_ms, sek_tile_count(e) * sizeof *e->still_ms);
	for (size_t row = m->to.y / SEK_TILE_PX; row <= (bottom - 1) / SEK_TILE_PX; row++) {
		for (size_t column = m->to.x / SEK_TILE_PX; column <= (right - 1) / SEK_TILE_PX; column++) {
			struct sek_rect t = sek_tile_rect(e, column, row);
			uint32_t x0 = t.x > m->to.x ? t.x : m->to.x, y0 = t.y > m->to.y ? t.y : m->to.y;
			uint32_t x1 = (uint32_t)t.x + t.w < right ? (uint32_t)t.x + t.w : right;
			uint32_t y1 = (uint32_t)t.y + t.h < bottom ? (uint32_t)t.y + t.h : bottom;
			bool whole = x1 - x0 == t.w && y1 - y0 == t.h;
			size_t i = row * e->columns + column;
			struct sek_rect from = { (uint16_t)((int32_t)x0 + m->dx), (uint16_t)((int32_t)y0 + m->dy), (uint16_t)(x1 - x0),
				(uint16_t)(y1 - y0) };
			uint64_t still = 0;
			bool lossy = lossy_in(e, from, &still);

			if (lossy || (e->lossy_before[i] && !whole))
				e->still_ms[i] = j->now_ms;
			e->lossy[i] = lossy || (e->lossy_before[i] && !whole);
			if (e->wanting)
				e->wanted[i] = (uint8_t)(wanted_in(e, from) | (whole ? 0 : e->wanted_before[i]));
		}
	}
}

/* After moves, none of which overlaps another: tiles that lie in one as a whole are right, the others that one touches
 * are not known. What scrolls is no film. */
static void settle(const struct sek_job *j, const struct sek_move *moves, size_t n)
{
	struct sek_update_encoder *e = j->e;

	for (size_t k = 0; k < n; k++) {
		const struct sek_rect to = moves[k].to;
		const unsigned right = (unsigned)to.x + to.w, bottom = (unsigned)to.y + to.h;

		for (size_t row = to.y / SEK_TILE_PX; row <= (bottom - 1) / SEK_TILE_PX; row++) {
			for (size_t column = to.x / SEK_TILE_PX; column <= (right - 1) / SEK_TILE_PX; column++) {
				const struct sek_rect t = sek_tile_rect(e, column, row);
				const size_t i = row * e->columns + column;
				const bool whole = t.x >= to.x && t.y >= to.y && (unsigned)t.x + t.w <= right &&
					(unsigned)t.y + t.h <= bottom;

				e->films[i] = e->filmed[i] = 0;
				e->damaged[i] = !whole;
				if (whole)
					e->change[i].w = 0;
			}
		}
	}
}

static sek_status send(const struct sek_job *j, const struct sek_move *m)
{
	SEK_TRY(sek_message_copy(&j->e->message, (uint16_t)(m->to.x + m->dx), (uint16_t)(m->to.y + m->dy), m->to));
	move_lossy(j, m);
	return sek_ok();
}

/* As if all source pixels were read before any is written. */
static void move_pixels(struct sek_update_encoder *e, const struct sek_move *m)
{
	const uint32_t *from = e->old + (size_t)(m->to.y + m->dy) * e->stride + (size_t)(m->to.x + m->dx);
	uint32_t *to = e->old + (size_t)m->to.y * e->stride + m->to.x;

	for (size_t k = 0; k < m->to.h; k++) {
		size_t y = m->dy < 0 ? m->to.h - 1u - k : k;

		memmove(to + y * e->stride, from + y * e->stride, (size_t)m->to.w * 4);
	}
}

/* What a scroll uncovers changes all the time, too. */
static void no_film(struct sek_update_encoder *e, struct sek_rect r)
{
	for (size_t row = r.y / SEK_TILE_PX; row <= (r.y + r.h - 1u) / SEK_TILE_PX; row++) {
		memset(e->films + row * e->columns + r.x / SEK_TILE_PX, 0, sek_tiles_across(r.w));
		memset(e->filmed + row * e->columns + r.x / SEK_TILE_PX, 0, sek_tiles_across(r.w));
	}
}

/* The bounds of all that changed; *ret_tiles: how many tiles that are. */
static struct sek_rect changed_part(const struct sek_update_encoder *e, size_t *ret_tiles)
{
	unsigned x0 = UINT16_MAX, y0 = UINT16_MAX, x1 = 0, y1 = 0;

	*ret_tiles = 0;
	for (size_t i = 0; i < sek_tile_count(e); i++) {
		const struct sek_rect c = e->change[i];

		if (c.w == 0)
			continue;
		x0 = c.x < x0 ? c.x : x0;
		y0 = c.y < y0 ? c.y : y0;
		x1 = (unsigned)c.x + c.w > x1 ? (unsigned)c.x + c.w : x1;
		y1 = (unsigned)c.y + c.h > y1 ? (unsigned)c.y + c.h : y1;
		(*ret_tiles)++;
	}
	return (struct sek_rect){ (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) };
}

/* Whether a move by any distance is looked for. Such moves are rare and the search reads the picture pixel by pixel: it is
 * tried only where much changes again and again without moving up or down, and less and less often while it is in vain. */
static bool may_slide(const struct sek_job *j, size_t tiles)
{
	struct sek_update_encoder *e = j->e;
	const bool again = j->now_ms - e->slide_ms <= SLIDE_GAP_MS;

	if (tiles < SLIDE_MIN_TILES)
		return false;
	e->slide_ms = j->now_ms;
	if (again && e->slide_pause == 0)
		return true;
	e->slide_pause -= again && e->slide_pause > 0;
	return false;
}

static size_t slide(const struct sek_job *j, struct sek_move moves[SEK_MOVES_MAX])
{
	struct sek_update_encoder *e = j->e;
	const struct sek_scan s = sek_scan_of(j);
	size_t tiles, n = 0, area = 0;
	struct sek_rect where = changed_part(e, &tiles);
	struct sek_move m;

	if (!may_slide(j, tiles))
		return 0;
	e->photos.n = 0; /* its list is free until tiles are taken */
	if (sek_slide_find(e->scroller, &s, where, &m))
		sek_slide_tiles(&s, e->change, &m, &e->photos);
	sek_areas_join(&e->photos, e->open, e->columns, UINT16_MAX, UINT32_MAX);
	for (size_t i = 0; i < e->photos.n && n < SEK_MOVES_MAX; i++) {
		const struct sek_rect r = e->photos.list[i].r;

		if (r.w == 0)
			continue;
		moves[n++] = (struct sek_move){ r, m.dx, m.dy };
		area += (size_t)r.w * r.h;
	}
	e->photos.n = 0;
	if (area < SLIDE_MIN_TILES / 4 * SEK_TILE_AREA) {
		e->slide_misses += e->slide_misses < SLIDE_MISSES_MAX;
		e->slide_pause = (1u << e->slide_misses) - 1;
		return 0;
	}
	e->slide_misses = 0;
	e->slid_ms = j->now_ms;
	no_film(e, where);
	return sek_slide_order(moves, n);
}

sek_status sek_moves_search(const struct sek_job *j, struct sek_rect damaged)
{
	struct sek_move moves[SEK_MOVES_MAX];
	struct sek_update_encoder *e = j->e;
	const struct sek_scan s = sek_scan_of(j);
	const bool slid = e->slid_ms > 0 && j->now_ms - e->slid_ms <= SLIDE_GAP_MS;
	size_t n = slid ? slide(j, moves) : 0;

	if (n == 0)
		n = sek_scroll_find(e->scroller, &s, e->change, moves);
	if (n == 0 && !slid)
		n = slide(j, moves);
	if (n == 0)
		return sek_ok();
	for (size_t i = 0; i < n; i++) {
		move_pixels(e, &moves[i]);
		SEK_TRY(send(j, &moves[i]));
	}
	sek_follow_learn(&e->regions, moves, n, damaged, j->now_ms);
	settle(j, moves, n);
	for (size_t row = 0; row < e->rows; row++) {
		uint8_t *touched = e->damaged + row * e->columns;

		if (!memchr(touched, 1, e->columns))
			continue;
		sek_scan_band(&s, touched, (unsigned)row, NULL, e->change + row * e->columns);
		memset(touched, 0, e->columns);
	}
	return sek_ok();
}

/* At least half of the region is damaged: less is no scroll. */
static bool half_damaged(const struct sek_update_encoder *e, struct sek_rect r)
{
	size_t all = 0, damaged = 0;

	for (size_t row = r.y / SEK_TILE_PX; row <= (r.y + r.h - 1u) / SEK_TILE_PX; row++) {
		for (size_t column = r.x / SEK_TILE_PX; column <= (r.x + r.w - 1u) / SEK_TILE_PX; column++, all++)
			damaged += e->damaged[row * e->columns + column];
	}
	return damaged * 2 >= all;
}

sek_status sek_moves_follow(const struct sek_job *j, size_t *ret_new)
{
	struct sek_move moves[SEK_MOVES_MAX];
	struct sek_update_encoder *e = j->e;
	const struct sek_scan s = sek_scan_of(j);

	if (j->now_ms < e->regions.moved_ms || j->now_ms - e->regions.moved_ms > FOLLOW_MS)
		e->regions.n = 0;
	for (size_t i = 0; i < e->regions.n; i++) {
		const struct sek_region *r = &e->regions.list[i];
		size_t n = half_damaged(e, r->whole) ? sek_follow_region(e->scroller, &s, &e->regions, i, e->old, moves) : 0;

		int32_t dy = 0;

		for (size_t k = 0; k < n; k++) {
			if (moves[k].dy == 0)
				continue;
			SEK_TRY(send(j, &moves[k]));
			dy = moves[k].dy > 0 ? moves[k].dy : -moves[k].dy;
		}
		settle(j, moves, n);
		if (dy > 0) {
			e->regions.moved_ms = j->now_ms;
			no_film(e, r->whole);
			/* at least the tiles along the edge where it came from, and those of one at the other */
			*ret_new += ((size_t)dy / SEK_TILE_PX + 2) * (sek_tiles_across(r->whole.w) + 1u);
		}
	}
	return sek_ok();
}
