/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rectangles, letters and lines. A letter of the font is 16 rows of bits: doubled twice so that slanted strokes stay smooth
 * (each corner pixel takes the colour that its two neighbours agree on), then averaged down to the size that is wanted.
 */
#include "client/viewer/draw.h"

#include <string.h>

#include "base/utf8.h"
#include "protocol/font/font.h"

enum { FINE = SEK_FONT_ROWS * 4, SIZE_MAX_PX = FINE, CACHE = 1024 };

/* A letter in one size: how much of each pixel it covers. */
struct letter {
	uint32_t c;
	int size, w;
	uint8_t cover[SIZE_MAX_PX * SIZE_MAX_PX];
};

/* Direct-mapped; one a process, and a process has one thread. */
static struct letter cache[CACHE];

static uint32_t blend(uint32_t under, uint32_t over, uint32_t alpha)
{
	uint32_t ua = under >> 24, oa = alpha, a = oa + ua * (255 - oa) / 255, out = a << 24;

	if (a == 0)
		return 0;
	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t u = under >> shift & 0xff, o = over >> shift & 0xff;

		out |= ((o * oa + u * ua * (255 - oa) / 255) / a & 0xff) << shift;
	}
	return out;
}

void draw_clear(const struct draw *d, uint32_t argb)
{
	for (size_t i = 0; i < (size_t)d->w * (size_t)d->h; i++)
		d->px[i] = argb;
}

/* Whether a pixel lies in the rounded rectangle. */
static bool inside(const struct draw_box *b, int radius, int x, int y)
{
	int dx = x < b->x + radius ? b->x + radius - x : x >= b->x + b->w - radius ? x - (b->x + b->w - radius - 1) : 0;
	int dy = y < b->y + radius ? b->y + radius - y : y >= b->y + b->h - radius ? y - (b->y + b->h - radius - 1) : 0;

	return dx * dx + dy * dy <= radius * radius;
}

void draw_box(const struct draw *d, struct draw_box b, int radius, uint32_t argb)
{
	int left = b.x > 0 ? b.x : 0, right = b.x + b.w < d->w ? b.x + b.w : d->w;
	int top = b.y > 0 ? b.y : 0, bottom = b.y + b.h < d->h ? b.y + b.h : d->h;

	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++) {
			uint32_t *px = &d->px[(size_t)y * (size_t)d->w + (size_t)x];

			if (radius == 0 || inside(&b, radius, x, y))
				*px = blend(*px, argb, argb >> 24);
		}
}

/* One doubling of w by h bits (a byte each) into 2w by 2h. */
static void double_up(const uint8_t *from, int w, int h, uint8_t *to)
{
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			uint8_t p = from[y * w + x];
			uint8_t n = y > 0 ? from[(y - 1) * w + x] : p, s = y + 1 < h ? from[(y + 1) * w + x] : p;
			uint8_t l = x > 0 ? from[y * w + x - 1] : p, r = x + 1 < w ? from[y * w + x + 1] : p;
			uint8_t *q = to + (size_t)(2 * y) * (size_t)(2 * w) + 2 * x;
			bool corner = n != s && l != r;

			q[0] = corner && l == n ? l : p;
			q[1] = corner && n == r ? r : p;
			q[2 * w] = corner && l == s ? l : p;
			q[2 * w + 1] = corner && s == r ? r : p;
		}
}

/* The share of set pixels of FINE by fw in each pixel of size by w. */
static void average(const uint8_t *fine, int fw, struct letter *l)
{
	for (int y = 0; y < l->size; y++)
		for (int x = 0; x < l->w; x++) {
			int y0 = y * FINE / l->size, y1 = ((y + 1) * FINE + l->size - 1) / l->size;
			int x0 = x * fw / l->w, x1 = ((x + 1) * fw + l->w - 1) / l->w, sum = 0;

			for (int v = y0; v < y1; v++)
				for (int u = x0; u < x1; u++)
					sum += fine[v * fw + u];
			l->cover[y * l->w + x] = (uint8_t)(sum * 255 / ((y1 - y0) * (x1 - x0)));
		}
}

static const struct letter *letter_of(uint32_t c, int size)
{
	static uint8_t bits[SEK_FONT_ROWS * SEK_FONT_COLUMNS_MAX], twice[sizeof bits * 4], fine[sizeof bits * 16];
	struct letter *l = &cache[(c * 31 + (uint32_t)size) % CACHE];
	struct sek_glyph glyph;
	int columns;

	if (l->size == size && l->c == c)
		return l;
	glyph = sek_font_glyph(c);
	columns = (int)glyph.columns;
	for (int y = 0; y < SEK_FONT_ROWS; y++)
		for (int x = 0; x < columns; x++)
			bits[y * columns + x] = glyph.rows[y * columns / 8 + x / 8] >> (7 - x % 8) & 1;
	double_up(bits, columns, SEK_FONT_ROWS, twice);
	double_up(twice, columns * 2, SEK_FONT_ROWS * 2, fine);
	l->c = c;
	l->size = size;
	l->w = size * columns / SEK_FONT_ROWS;
	average(fine, columns * 4, l);
	return l;
}

/* Width without making the letter. */
static int advance(uint32_t c, int size)
{
	return size * (int)sek_font_glyph(c).columns / SEK_FONT_ROWS;
}

static uint32_t next(const char *text, size_t n, size_t *at)
{
	uint32_t c = 0xfffd;
	size_t took = sek_utf8_next((const uint8_t *)text + *at, n - *at, &c);

	*at += took ? took : 1;
	return took ? c : 0xfffd;
}

static void put(const struct draw *d, const struct letter *l, int x, int y, uint32_t argb)
{
	for (int v = 0; v < l->size; v++)
		for (int u = 0; u < l->w; u++) {
			uint32_t cover = l->cover[v * l->w + u] * (argb >> 24) / 255;
			int px = x + u, py = y + v;

			if (cover && px >= 0 && py >= 0 && px < d->w && py < d->h) {
				uint32_t *to = &d->px[(size_t)py * (size_t)d->w + (size_t)px];

				*to = blend(*to, argb, cover);
			}
		}
}

int draw_text(const struct draw *d, int x, int y, int size, uint32_t argb, const char *text, size_t n)
{
	int start = x;

	size = size > SIZE_MAX_PX ? SIZE_MAX_PX : size;
	for (size_t at = 0; at < n;) {
		const struct letter *l = letter_of(next(text, n, &at), size);

		put(d, l, x, y, argb);
		x += l->w;
	}
	return x - start;
}

int draw_width(int size, const char *text, size_t n)
{
	int w = 0;

	size = size > SIZE_MAX_PX ? SIZE_MAX_PX : size;
	for (size_t at = 0; at < n;)
		w += advance(next(text, n, &at), size);
	return w;
}

/* Japanese may break between any two characters, but not before these. */
static bool may_not_begin(uint32_t c)
{
	return c == 0x3001 || c == 0x3002 || c == 0x300d || c == 0x300f || c == 0xff09 || c == 0x30fc || c == 0xff0c || c == 0xff0e ||
		c == 0xff01 || c == 0xff1f || c == ')' || c == ',' || c == '.' || c == 0x2026;
}

size_t draw_line(int size, int width, const char *text, size_t n, size_t *ret_shown)
{
	size_t at = 0, best = 0, best_shown = 0;
	uint32_t before = 0;
	int w = 0;

	while (at < n) {
		size_t here = at;
		uint32_t c = next(text, n, &at);

		if (c == '\n') {
			*ret_shown = here;
			return at;
		}
		if (here > 0 && (c >= 0x2e80 || before >= 0x2e80) && c != ' ' && !may_not_begin(c))
			best = best_shown = here;
		w += advance(c, size);
		if (w > width && here > 0) {
			*ret_shown = best ? best_shown : here;
			return best ? best : here;
		}
		if (c == ' ') {
			best = at;
			best_shown = here;
		}
		before = c;
	}
	*ret_shown = n;
	return n;
}

int draw_leading(int size)
{
	return size * 3 / 2;
}

int draw_lines(const struct draw *d, int x, int y, int width, int size, uint32_t argb, const char *text)
{
	size_t n = strlen(text), shown;
	int start = y;

	while (n > 0) {
		size_t took = draw_line(size, width, text, n, &shown);

		if (d)
			draw_text(d, x, y, size, argb, text, shown);
		text += took;
		n -= took;
		y += draw_leading(size);
	}
	return y - start;
}
