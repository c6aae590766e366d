/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A page that is being scrolled moves on, in the same place, by some other distance. To find that distance a few columns
 * tell as much as all of them, and to be sure of it every row has to be read only once, while it is moved. So a frame of
 * a scroll costs two thirds less than a search. The source may lie meanwhile: a piece of a row is moved only if it was
 * equal, and what a lie leaves behind is a difference like every other.
 */
#include "protocol/codec/scroll.h"

#include <string.h>

/* One of so many rows has a vote: a seventh of those that a move of some lines of text keeps is plenty. */
#define VOTE_EVERY 7
/* Pieces of a row that are compared and moved by themselves: something that differs holds up only its own. */
#define PIECE_PX 256
#define PIECES_MAX (SEK_WIDTH_MAX_PX / PIECE_PX + 3)
/* After a difference one of so many rows is tried: not every line of a picture that plays is worth a move. */
#define TRY_EVERY 16
/* Smaller moves are not worth to be remembered. */
#define REGION_MIN_ROWS 128
#define REGION_MIN_AREA 65536

struct piece {
	unsigned x, w, rows; /* rows: moved without a gap up to here; 0: none */
	bool differs;        /* they were not the same already */
	unsigned left_out;   /* rows in a row that are likely to have moved, too, but were not tried or not equal */
};

/* What is being carried out. */
struct follow {
	const struct sek_scan *scan;
	uint32_t *old;
	int32_t dy;
	struct sek_rect core;
	uint32_t *hash; /* by row of the picture: of `old` before, of the source after */
	struct piece pieces[PIECES_MAX];
	size_t piece_count, open; /* open: pieces with rows */
	struct sek_move *moves;
	size_t n;
};

static struct sek_rect around(struct sek_rect a, struct sek_rect b)
{
	unsigned x0 = a.x < b.x ? a.x : b.x, y0 = a.y < b.y ? a.y : b.y;
	unsigned x1 = (unsigned)a.x + a.w, y1 = (unsigned)a.y + a.h, bx = (unsigned)b.x + b.w, by = (unsigned)b.y + b.h;

	x1 = x1 > bx ? x1 : bx;
	y1 = y1 > by ? y1 : by;
	return (struct sek_rect){ (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) };
}

static bool same_rows(struct sek_rect a, struct sek_rect b)
{
	return a.y < b.y + b.h && b.y < a.y + a.h;
}

static bool same_columns(struct sek_rect a, struct sek_rect b)
{
	return a.x < b.x + b.w && b.x < a.x + a.w;
}

/* Adds a core; whatever it overlaps becomes part of it. */
static void add_core(struct sek_regions *g, struct sek_rect r)
{
	for (size_t i = 0; i < g->n;) {
		if (same_rows(g->list[i].core, r) && same_columns(g->list[i].core, r)) {
			r = around(g->list[i].core, r);
			g->list[i] = g->list[--g->n];
			i = 0;
		} else {
			i++;
		}
	}
	if (g->n < SEK_REGIONS_MAX)
		g->list[g->n++].core = r;
}

/* Grows a core to all that was damaged, but for what stands beside, above or below another one. */
static struct sek_rect grow(const struct sek_regions *g, size_t self, struct sek_rect damaged)
{
	const struct sek_rect core = g->list[self].core;
	struct sek_rect r = around(core, damaged);
	unsigned x0 = r.x, y0 = r.y, x1 = (unsigned)r.x + r.w, y1 = (unsigned)r.y + r.h;

	for (size_t i = 0; i < g->n; i++) {
		const struct sek_rect c = g->list[i].core;
		const unsigned right = (unsigned)c.x + c.w, bottom = (unsigned)c.y + c.h;

		if (i == self)
			continue;
		if (same_rows(core, c)) {
			if (c.x < core.x)
				x0 = x0 > right ? x0 : right;
			else
				x1 = x1 < c.x ? x1 : c.x;
		} else if (c.y < core.y) {
			y0 = y0 > bottom ? y0 : bottom;
		} else {
			y1 = y1 < c.y ? y1 : c.y;
		}
	}
	return (struct sek_rect){ (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) };
}

void sek_follow_learn(struct sek_regions *g, const struct sek_move *moves, size_t n, struct sek_rect damaged,
	uint64_t now_ms)
{
	g->n = 0;
	g->moved_ms = now_ms;
	for (size_t i = 0; i < n; i++) {
		struct sek_rect to = moves[i].to, from = to;
		bool part = false;

		if (moves[i].dx != 0 || to.h < REGION_MIN_ROWS || (uint32_t)to.w * to.h < REGION_MIN_AREA)
			continue;
		/* What stands beside a larger one that moved by the same distance is found with that. */
		for (size_t k = 0; k < n && !part; k++) {
			const struct sek_rect t = moves[k].to;

			part = k != i && moves[k].dx == 0 && moves[k].dy == moves[i].dy && same_rows(t, to) &&
				(t.w > to.w || (t.w == to.w && k < i));
		}
		if (part)
			continue;
		from.y = (uint16_t)(to.y + moves[i].dy);
		add_core(g, around(to, from));
	}
	for (size_t i = 0; i < g->n; i++) {
		g->list[i].hashed = false;
		g->list[i].whole = grow(g, i, damaged);
	}
}

/* One hash of a row that starts at px and is w wide: of a few of its columns. */
static uint32_t hash_row(const struct sek_simd *simd, const uint32_t *px, unsigned w)
{
	return w < SEK_SAMPLE_EACH_PX ? simd->hash(px, w) : simd->sample(px, w);
}

/* Piece p has been moved up to, but not in, row y. */
static void end_piece(struct follow *f, struct piece *p, unsigned y)
{
	unsigned top = f->dy > 0 ? y - p->rows : y + 1;
	struct sek_rect to = { (uint16_t)p->x, (uint16_t)top, (uint16_t)p->w, (uint16_t)p->rows };
	struct sek_move *last = f->n > 0 ? &f->moves[f->n - 1] : NULL;
	int32_t dy = p->differs ? f->dy : 0;

	if (p->rows == 0)
		return;
	p->rows = 0;
	p->differs = false;
	f->open--;
	if (last && last->dy == dy && last->to.y == to.y && last->to.h == to.h && last->to.x + last->to.w == to.x)
		last->to.w = (uint16_t)(last->to.w + to.w);
	else
		f->moves[f->n++] = (struct sek_move){ to, 0, dy };
}

static bool part_moved(const struct follow *f, const struct piece *p, unsigned y)
{
	const struct sek_scan *v = f->scan;

	return v->simd->equal(v->src->px + (size_t)y * v->src->stride_px + p->x,
		f->old + (size_t)((int32_t)y + f->dy) * v->stride + p->x, p->w);
}

/* The piece's part of row y, if it moved or was found to have (`known`). Half of a page is blank: there is nothing to write,
 * and perhaps nothing to send. */
static bool move_part(struct follow *f, struct piece *p, unsigned y, bool known)
{
	const struct sek_scan *v = f->scan;
	const uint32_t *from = f->old + (size_t)((int32_t)y + f->dy) * v->stride + p->x;
	enum sek_moved moved = v->simd->move(known ? from : v->src->px + (size_t)y * v->src->stride_px + p->x, from,
		f->old + (size_t)y * v->stride + p->x, p->w);

	if (moved == SEK_MOVED_NOT)
		return false;
	p->rows++;
	p->differs = p->differs || moved == SEK_MOVED;
	return true;
}

/* A piece begins at row y, or before it if the rows that were left out are right. Their order is that of all rows: one
 * that is read later must not have been written. */
static void begin_piece(struct follow *f, struct piece *p, unsigned y)
{
	unsigned back = 0;

	/* Every open piece will be a move: none is begun that would find no room. */
	if (f->n + f->open == SEK_MOVES_MAX || !part_moved(f, p, y))
		return;
	f->open++;
	while (back < p->left_out && part_moved(f, p, f->dy > 0 ? y - back - 1 : y + back + 1))
		back++;
	for (; back > 0; back--)
		move_part(f, p, f->dy > 0 ? y - back : y + back, true);
	move_part(f, p, y, true);
}

/* Columns of the source's row as hash. */
static uint32_t hash_source(const struct follow *f, unsigned y)
{
	const struct sek_picture *src = f->scan->src;

	return hash_row(f->scan->simd, src->px + (size_t)y * src->stride_px + f->core.x, f->core.w);
}

/* Asks for the piece's part of a row that comes soon. */
SEK_FETCHES void fetch_ahead(const struct follow *f, const struct piece *p, unsigned y)
{
	const struct sek_picture *src = f->scan->src;
	const int32_t ahead = f->dy > 0 ? (int32_t)y + SEK_ROWS_AHEAD : (int32_t)y - SEK_ROWS_AHEAD, from = ahead + f->dy;

	if (ahead < 0 || ahead >= src->height_px || from < 0 || from >= src->height_px)
		return;
	sek_fetch(src->px + (size_t)ahead * src->stride_px + p->x, p->w);
	sek_fetch(f->old + (size_t)from * f->scan->stride + p->x, p->w);
}

static void move_row(struct follow *f, unsigned y)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < f->piece_count; i++) {
		struct piece *p = &f->pieces[i];

		fetch_ahead(f, p, y);
		if (p->rows > 0 && move_part(f, p, y, false))
			continue;
		if (p->rows > 0) {
			end_piece(f, p, y);
			p->left_out = 0;
		}
		/* Where the core did not move by this distance, a piece that did is chance. */
		hash = hash ? hash : hash_source(f, y);
		if (hash == f->hash[(int32_t)y + f->dy]) {
			if (p->left_out % TRY_EVERY == 0)
				begin_piece(f, p, y);
			p->left_out++;
		} else {
			p->left_out = 0;
		}
	}
	/* By now the row is near: to look at it earlier costs as much again as the comparison. */
	f->hash[y] = hash ? hash : hash_source(f, y);
}

/* Moves the rows y0..y1. A row is overwritten only after it was read. */
static void move_rows(struct follow *f, unsigned y0, unsigned y1)
{
	for (unsigned k = 0; k < y1 - y0; k++)
		move_row(f, f->dy > 0 ? y0 + k : y1 - 1 - k);
	for (size_t i = 0; i < f->piece_count; i++)
		end_piece(f, &f->pieces[i], f->dy > 0 ? y1 : y0 - 1);
}

static void add_pieces(struct follow *f, unsigned x, unsigned end)
{
	for (unsigned next; x < end; x = next) {
		next = (x / PIECE_PX + 1) * PIECE_PX;
		next = next < end ? next : end;
		f->pieces[f->piece_count++] = (struct piece){ .x = x, .w = next - x };
	}
}

/* Makes the hashes of the rows y0..y1 of one of the pictures. */
static void hash_rows(struct follow *f, const uint32_t *px, size_t stride, unsigned y0, unsigned y1)
{
	for (size_t y = y0; y < y1; y++)
		f->hash[y] = hash_row(f->scan->simd, px + y * stride + f->core.x, f->core.w);
}

/* The distance for which the rows vote: some of the new ones against all of the old ones. */
static int32_t find_distance(struct follow *f, struct sek_scroller *s, unsigned y0, unsigned y1)
{
	sek_scroll_table(s, f->hash, y0, y1);
	for (unsigned y = y0; y < y1; y += VOTE_EVERY) {
		uint32_t hash = hash_source(f, y);

		if (hash != f->hash[y])
			sek_scroll_vote(s, hash, (int32_t)y, (int32_t)(y1 - y0));
	}
	return sek_scroll_result(s, (int32_t)(y1 - y0));
}

size_t sek_follow_region(struct sek_scroller *s, const struct sek_scan *scan, struct sek_regions *g, size_t i,
	uint32_t *old, struct sek_move moves[SEK_MOVES_MAX])
{
	struct sek_region *r = &g->list[i];
	const unsigned y0 = r->whole.y, y1 = y0 + r->whole.h, core_end = (unsigned)r->core.x + r->core.w;
	struct follow f = { .scan = scan, .old = old, .core = r->core, .hash = s->followed[i], .moves = moves };
	unsigned first, last;

	if (!r->hashed)
		hash_rows(&f, old, scan->stride, y0, y1);
	f.dy = find_distance(&f, s, y0, y1);
	r->hashed = f.dy != 0;
	if (f.dy == 0)
		return 0;
	/* What does not move ends at the core's edges, if anywhere. */
	add_pieces(&f, r->whole.x, r->core.x);
	add_pieces(&f, r->core.x, core_end);
	add_pieces(&f, core_end, (unsigned)r->whole.x + r->whole.w);
	first = f.dy > 0 ? y0 : (unsigned)((int32_t)y0 - f.dy);
	last = f.dy > 0 ? (unsigned)((int32_t)y1 - f.dy) : y1;
	move_rows(&f, first, last);
	hash_rows(&f, scan->src->px, scan->src->stride_px, y0, first);
	hash_rows(&f, scan->src->px, scan->src->stride_px, last, y1);
	return f.n;
}
