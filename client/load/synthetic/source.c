/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recorded and written sequences. Must draw the same for the same arguments, so that runs can be compared.
 */
#include "client/load/synthetic/source.h"

#include <stdlib.h>
#include <string.h>

#include "client/load/synthetic/rseq.h"
#include "protocol/font/font.h"

enum {
	PAPER = 0xffffff, INK = 0x202124, LINK = 0x1a0dab, BAR = 0xf1f3f4,
	BAR_PX = 96, LEFT_PX = 120, LINE_PX = 26, SCROLL_PX = 3 * LINE_PX, LINES = 400, COLUMNS = 90,
	STEPS_PAGE = 40, STEPS_SCROLL = 25, PAGES = 5, TYPE_LINE_PX = 36,
};

struct sek_source {
	/* recorded */
	struct rseq *file;
	uint32_t *px; /* the recording's own picture: its records refer to it, so nobody else may paint there */
	uint16_t width_px, height_px;
	bool waiting; /* a record was read whose time has not come */
	struct sek_rect next;
	uint64_t next_us, now_us;
	/* written */
	uint64_t seed;
	unsigned step, typed;
};

static struct sek_source *create(void)
{
	return calloc(1, sizeof(struct sek_source));
}

struct sek_source *sek_source_recorded(const char *path)
{
	struct sek_source *s = create();

	if (!s)
		return NULL;
	s->file = rseq_open(path, &s->width_px, &s->height_px);
	if (s->file)
		s->px = calloc((size_t)s->width_px * s->height_px, sizeof *s->px);
	if (!s->px) {
		sek_source_destroy(s);
		return NULL;
	}
	return s;
}

struct sek_source *sek_source_written(uint64_t seed)
{
	struct sek_source *s = create();

	if (s)
		s->seed = seed;
	return s;
}

void sek_source_destroy(struct sek_source *s)
{
	if (!s)
		return;
	rseq_close(s->file);
	free(s->px);
	free(s);
}

/* --- recorded --- */

/* What of the rectangle lies in pic is copied there. */
static void copy(const struct sek_source *s, struct sek_rect r, const struct sek_picture *pic, sek_source_changed_fn *changed,
	void *user)
{
	if (r.x >= pic->width_px || r.y >= pic->height_px)
		return;
	if (r.x + r.w > pic->width_px)
		r.w = (uint16_t)(pic->width_px - r.x);
	if (r.y + r.h > pic->height_px)
		r.h = (uint16_t)(pic->height_px - r.y);
	for (unsigned y = r.y; y < (unsigned)r.y + r.h; y++)
		memcpy(pic->px + (size_t)y * pic->stride_px + r.x, s->px + (size_t)y * s->width_px + r.x, r.w * sizeof *s->px);
	changed(user, r);
}

static bool step_recorded(struct sek_source *s, uint32_t step_ms, const struct sek_picture *pic, sek_source_changed_fn *changed,
	void *user)
{
	const struct sek_picture own = { s->px, s->width_px, s->width_px, s->height_px };

	s->now_us += step_ms * 1000ull;
	for (;;) {
		if (!s->waiting && !rseq_next(s->file, &own, &s->next, &s->next_us))
			return false;
		/* its pixels are in the recording's picture already, and are handed on when their time has come */
		s->waiting = s->next_us > s->now_us;
		if (s->waiting)
			return true;
		copy(s, s->next, pic, changed, user);
	}
}

/* --- written --- */

static uint64_t mix(uint64_t v)
{
	v += 0x9e3779b97f4a7c15ull;
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ull;
	v = (v ^ v >> 27) * 0x94d049bb133111ebull;
	return v ^ v >> 31;
}

static void fill(const struct sek_picture *pic, struct sek_rect r, uint32_t colour)
{
	for (unsigned y = r.y; y < (unsigned)r.y + r.h && y < pic->height_px; y++)
		for (unsigned x = r.x; x < (unsigned)r.x + r.w && x < pic->width_px; x++)
			pic->px[(size_t)y * pic->stride_px + x] = colour;
}

/* Returns how wide the letter is. */
static unsigned letter(const struct sek_picture *pic, unsigned x0, unsigned y0, uint32_t c, uint32_t colour)
{
	const struct sek_glyph g = sek_font_glyph(c);
	const unsigned bytes = g.columns / 8;

	for (unsigned y = 0; y < SEK_FONT_ROWS; y++)
		for (unsigned x = 0; x < g.columns; x++)
			if (x0 + x < pic->width_px && y0 + y < pic->height_px && g.rows[y * bytes + x / 8] & 0x80u >> x % 8)
				pic->px[(size_t)(y0 + y) * pic->stride_px + x0 + x] = colour;
	return g.columns;
}

/* The letter in this place of the text: words of Latin letters, or Japanese without any gaps. */
static uint32_t letter_at(uint64_t line_seed, unsigned column)
{
	uint64_t v = mix(line_seed ^ column * 977u);

	if (line_seed % 3 == 0)
		return v % 6 == 0 ? ' ' : (uint32_t)('a' + v / 7 % 26);
	if (v % 24 == 0)
		return 0x3002; /* full stop */
	return v % 3 == 0 ? (uint32_t)(0x4e00 + v / 5 % 0x1800) : (uint32_t)(0x3042 + v / 5 % 0x50);
}

static void write_line(const struct sek_picture *pic, unsigned y, uint64_t line_seed)
{
	const uint32_t colour = line_seed % 7 == 1 ? LINK : INK;
	unsigned x = LEFT_PX, length = line_seed % 11 == 0 ? 0 : COLUMNS / 2 + (unsigned)(line_seed >> 8) % (COLUMNS / 2);

	for (unsigned i = 0; i < length && x + 2 * LEFT_PX < pic->width_px; i++)
		x += letter(pic, x, y, letter_at(line_seed, i), colour);
}

/* Everything below the bar, scrolled down by so many lines. */
static void write_page(const struct sek_source *s, const struct sek_picture *pic, unsigned page, unsigned first)
{
	fill(pic, (struct sek_rect){ 0, BAR_PX, pic->width_px, pic->height_px }, PAPER);
	for (unsigned i = 0; BAR_PX + 12 + i * LINE_PX + SEK_FONT_ROWS < pic->height_px; i++)
		write_line(pic, BAR_PX + 12 + i * LINE_PX, mix(s->seed ^ (uint64_t)page << 32 ^ (first + i) % LINES));
}

static bool step_written(struct sek_source *s, const struct sek_picture *pic, sek_source_changed_fn *changed, void *user)
{
	const unsigned page = s->step / STEPS_PAGE, within = s->step % STEPS_PAGE;

	if (page >= PAGES)
		return false;
	s->step++;
	if (within < STEPS_SCROLL) {
		if (within == 0) {
			fill(pic, (struct sek_rect){ 0, 0, pic->width_px, BAR_PX }, BAR);
			s->typed = 0;
		}
		write_page(s, pic, page, within * (SCROLL_PX / LINE_PX));
		changed(user, (struct sek_rect){ 0, 0, pic->width_px, pic->height_px });
		return true;
	}
	/* typing into the bar */
	s->typed += letter(pic, LEFT_PX + s->typed, TYPE_LINE_PX, letter_at(mix(s->seed + page) | 1, within), INK);
	changed(user, (struct sek_rect){ 0, 0, pic->width_px, BAR_PX });
	return true;
}

bool sek_source_step(struct sek_source *s, uint32_t step_ms, const struct sek_picture *pic, sek_source_changed_fn *changed,
	void *user)
{
	return s->file ? step_recorded(s, step_ms, pic, changed, user) : step_written(s, pic, changed, user);
}
