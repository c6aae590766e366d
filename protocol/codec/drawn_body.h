/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model of DRAWN, included by drawn_decode.c and drawn_encode.c, which define before it
 *   struct coder                            where the bits go
 *   bit(coder, probability, b)              codes b and returns it; reading, b means nothing and what was read is returned
 *   bits(coder, n, v)                       likewise n <= 12 bits that are all equally likely
 *   rice(coder, k, v)                       a number from 0 to 255 in Rice's code; at most three after ready(coder)
 *   ready(coder)                            reads ahead, or writes what is left over
 *   make_room(coder, w)                     a row of w pixels comes (writing)
 *   slots(coder, model, x, ...)             what find_slots tells of pixel x
 *   foresee_row(coder, cur, up, w),
 *   foreseen(coder, x, cur, up, ...)        what foresee tells of the row, and of its pixel x
 *   broken(coder)                           refuses (reading)
 *   ENCODING                                1 or 0
 * So reading and writing cannot disagree about what the bits mean. `want` is the pixel to be written, or anything.
 */
#include "protocol/codec/drawn.h"

/* All of it in one function, whose copy of the coder nothing points at: the compiler then keeps range and code in registers. A
 * third of the time in WebAssembly. */
#define INLINE static inline __attribute__((always_inline))

#define SHIFT 5 /* how fast probabilities learn */
#define HALF (1u << 14)

#define INDEX_BITS 8
#define CALM 3 /* surroundings in which the prediction is often right */
#define RIGHT_MAX 3u /* slots count up to here */

INLINE void learn(uint16_t *p, unsigned b)
{
	unsigned v = *p;

	*p = (uint16_t)(b ? v - (v >> SHIFT) : v + (((1u << 15) - v) >> SHIFT));
}

INLINE unsigned bit(struct coder *c, uint16_t *p, unsigned b);
INLINE unsigned bits(struct coder *c, unsigned n, unsigned v);
INLINE void ready(struct coder *c);
INLINE void make_room(struct coder *c, unsigned w);
INLINE void foresee_row(struct coder *c, const uint32_t *cur, const uint32_t *up, unsigned w);
INLINE uint32_t foreseen(struct coder *c, unsigned x, const uint32_t *cur, const uint32_t *up, unsigned *ret_unlike);
INLINE void slots(struct coder *c, struct sek_drawn_model *m, unsigned x, const uint32_t *cur, const uint32_t *up,
	const uint32_t *up2, uint32_t **ret_wide, uint32_t **ret_near);
INLINE void broken(struct coder *c);

INLINE unsigned width_of(unsigned v)
{
	return v ? 32u - (unsigned)__builtin_clz(v) : 0u;
}

/* n bits, most significant first, each with a probability for what came before it. */
INLINE unsigned tree(struct coder *c, uint16_t *p, unsigned n, unsigned v)
{
	unsigned node = 1;

	while (n-- > 0)
		node = node << 1 | bit(c, &p[node], v >> n & 1);
	return node;
}

/* --- a pixel that nothing foretold --- */

/* A number from 0 to 255, in Rice's code with k <= 6 bits of remainder: as many zeros as 2^k goes into it, a one, the
 * remainder; eight zeros: the number itself follows. */
#define RICE_ZEROS 8
/* Three of them, 48 bits, and what runs and a rectangle need. */
#define PLAIN_PIXEL_BYTES 6
#define PLAIN_ROW_BYTES 64
#define RICE_MEAN (4 * 32)
INLINE unsigned rice(struct coder *c, unsigned k, unsigned v);

/* *mean: 32 times what such a residual was lately, without its sign. */
INLINE unsigned residual(struct coder *c, uint16_t *mean, int e)
{
	unsigned k = width_of(*mean * 11u >> 9), v;

	v = rice(c, k > 6 ? 6 : k, (unsigned)(e < 0 ? -2 * e - 1 : 2 * e));
	*mean = (uint16_t)(*mean + v - (*mean >> 5));
	return v & 1 ? 0u - (v + 1) / 2 : v / 2;
}

/* Left, up, or the plane through both and the corner (LOCO-I). */
INLINE unsigned predict(uint32_t w, uint32_t n, uint32_t nw, unsigned shift)
{
	int a = (int)(w >> shift & 255), b = (int)(n >> shift & 255), k = (int)(nw >> shift & 255);
	int low = a < b ? a : b, high = a < b ? b : a;

	return (unsigned)(k >= high ? low : k <= low ? high : a + b - k);
}

INLINE unsigned distance(uint32_t a, uint32_t b)
{
	int d = (int)(a >> 8 & 255) - (int)(b >> 8 & 255);

	return (unsigned)(d < 0 ? -d : d);
}

INLINE int as_signed(unsigned v)
{
	v &= 255;
	return v < 128 ? (int)v : (int)v - 256;
}

/* What a pixel probably is, and how unlike its neighbours are: that tells how far this is to be trusted. */
INLINE uint32_t foresee(const uint32_t *cur, const uint32_t *up, unsigned *ret_unlike)
{
	uint32_t w = cur[-1], n = up[0], nw = up[-1];

	*ret_unlike = distance(w, nw) + distance(n, nw) + distance(up[1], n);
	return predict(w, n, nw, 16) << 16 | predict(w, n, nw, 8) << 8 | predict(w, n, nw, 0);
}

/* Green first; what green was wrong by, red and blue probably are, too. */
INLINE uint32_t code_residuals(struct coder *c, struct sek_drawn_model *m, uint32_t foreseen, unsigned unlike, uint32_t want)
{
	unsigned r = foreseen >> 16 & 255, g = foreseen >> 8 & 255, b = foreseen & 255;
	unsigned busy = width_of(unlike), of_green, dg, dr, db;

	busy = busy > 7 ? 7 : busy;
	if (busy <= CALM && bit(c, &m->foretold[busy], want != foreseen) == 0)
		return foreseen;
	ready(c);
	dg = residual(c, &m->residual[0][busy], as_signed((want >> 8) - g));
	of_green = width_of((unsigned)(as_signed(dg) < 0 ? -as_signed(dg) : as_signed(dg)));
	of_green = of_green > 3 ? 3 : of_green;
	of_green = of_green + (busy > 3 ? 4u : 0u);
	dr = residual(c, &m->residual[1][of_green], as_signed((want >> 16) - r - dg));
	db = residual(c, &m->residual[2][of_green], as_signed(want - b - dg));
	return (r + dg + dr) % 256 << 16 | (g + dg) % 256 << 8 | (b + dg + db) % 256;
}

INLINE uint32_t code_new(struct coder *c, struct sek_drawn_model *m, const uint32_t *cur, const uint32_t *up,
	uint32_t want)
{
	unsigned i = want * 0x9e3779b1u >> (32 - INDEX_BITS), unlike;
	uint32_t v;

	if (bit(c, &m->cached[cur[-1] == up[0]], m->cache[i] == want)) {
		i = bits(c, INDEX_BITS, i) & 255;
		return m->cache[i];
	}
	v = foresee(cur, up, &unlike);
	v = code_residuals(c, m, v, unlike, want);
	m->cache[v * 0x9e3779b1u >> (32 - INDEX_BITS)] = v;
	return v;
}

/* --- a drawn pixel --- */

INLINE void saw(uint32_t *slot, uint32_t v)
{
	unsigned right = *slot >> 24;

	if ((*slot & 0xffffff) == v && right > 0)
		*slot += right < RIGHT_MAX ? 1u << 24 : 0u;
	else if (right > 1)
		*slot -= 1u << 24;
	else
		*slot = v | 1u << 24;
}

/* Where the model has the surroundings of a pixel. */
INLINE void find_slots(const uint32_t *cur, const uint32_t *up, const uint32_t *up2, uint32_t *ret_wide, uint32_t *ret_near)
{
	uint32_t near = cur[-1] * 0x9e3779b1u + up[0] * 0x85ebca6bu + up[1] * 0xc2b2ae35u;
	uint32_t wide = near + up[-1] * 0x27d4eb2fu + cur[-2] * 0x165667b1u + up2[0] * 0xd3a2646cu;

	*ret_near = (near ^ near >> 15) * 0x2c1b3c6du >> (32 - SEK_DRAWN_NEAR_BITS);
	*ret_wide = (wide ^ wide >> 15) * 0x2c1b3c6du >> (32 - SEK_DRAWN_WIDE_BITS);
}

/* Pixel x of a row. `not`: a colour that it is known not to be; above 24 bits if there is none. */
INLINE uint32_t code_pixel(struct coder *c, struct sek_drawn_model *m, unsigned x, const uint32_t *cur, const uint32_t *up,
	const uint32_t *up2, uint32_t not, uint32_t want)
{
	uint32_t w = cur[-1], n = up[0], nw = up[-1], ne = up[1], side[3], first, second, v, *wide, *near;
	unsigned sides = (unsigned)(w == n) | (unsigned)(n == ne) << 1 | (unsigned)(w == nw) << 2;

	slots(c, m, x, cur, up, up2, &wide, &near);
	first = *wide ? *wide & 0xffffff : UINT32_MAX;
	second = *near ? *near & 0xffffff : UINT32_MAX;
	if (first != UINT32_MAX && first != not) {
		v = first;
		if (bit(c, &m->guess_wide[*wide >> 24][first == second ? 1 + (*near >> 24) : 0], want != v) == 0)
			goto found;
	}
	if (second != UINT32_MAX && second != not && second != first) {
		v = second;
		if (bit(c, &m->guess_near[*near >> 24][*wide >> 24 > 1], want != v) == 0)
			goto found;
	}
	side[0] = w;
	side[1] = n;
	side[2] = ne;
	for (unsigned i = 0; i < 3; i++) {
		v = side[i];
		if (v == not || v == first || v == second || (i > 0 && v == w) || (i > 1 && v == n))
			continue;
		if (bit(c, &m->guess_side[i][sides], want != v) == 0)
			goto found;
	}
	v = code_new(c, m, cur, up, want);
found:
	saw(wide, v);
	saw(near, v);
	return v;
}

/* How many of n pixels equal their neighbours. */
INLINE unsigned code_run(struct coder *c, struct sek_drawn_model *m, unsigned n, unsigned want, bool first)
{
	unsigned wide = width_of(n), k;

	if (bit(c, &m->run_whole[first][wide], want < n) == 0)
		return n;
	k = tree(c, m->run_bits[wide], 4, width_of(want)) & 15;
	if (k > 1)
		want = 1u << (k - 1) | bits(c, k - 1, want & ((1u << (k - 1)) - 1));
	else
		want = k;
	if (want >= n) {
		broken(c);
		return n;
	}
	return want;
}

/* One row; to be written, it stands in cur already. cur[-1] and cur[-2] are set. */
INLINE void code_drawn_row(struct coder *c, struct sek_drawn_model *m, uint32_t *cur, const uint32_t *up,
	const uint32_t *up2, unsigned w)
{
	unsigned x = 0;

	while (x < w) {
		uint32_t flat = up[x], not = UINT32_MAX;

		if (cur[(int)x - 1] == flat && up[(int)x - 1] == flat && up[x + 1] == flat) {
			unsigned n = 1, run = 0;

			while (x + n < w && up[x + n] == flat)
				n++;
			if (ENCODING) {
				while (run < n && cur[x + run] == flat)
					run++;
			}
			run = code_run(c, m, n, run, x == 0);
			if (!ENCODING) {
				for (unsigned i = 0; i < run; i++)
					cur[x + i] = flat;
			}
			x += run;
			if (run == n)
				continue;
			not = flat;
		}
		cur[x] = code_pixel(c, m, x, cur + x, up + x, up2 + x, not, cur[x]);
		x++;
	}
}

INLINE void code_smooth_row(struct coder *c, struct sek_drawn_model *m, uint32_t *cur, const uint32_t *up, unsigned w)
{
	foresee_row(c, cur, up, w);
	for (unsigned x = 0; x < w; x++) {
		unsigned unlike;
		uint32_t v = foreseen(c, x, cur, up, &unlike);

		cur[x] = code_residuals(c, m, v, unlike, cur[x]);
	}
}

/* A rectangle whose rows come from (or go to) px. */
INLINE void code_rows(struct coder *c, struct sek_drawn_model *m, unsigned w, unsigned h, uint32_t *px, size_t stride,
	unsigned smooth)
{
	uint32_t *cur = m->rows[0] + 2, *up = m->rows[1] + 2, *up2 = m->rows[2] + 2, *spare;
	unsigned same = 0;

	/* above and left of it: more of what was coded last */
	for (int x = -2; x <= (int)w; x++)
		up[x] = up2[x] = m->last;
	smooth = bit(c, &m->smooth, smooth);
	for (unsigned y = 0; y < h; y++, px += stride) {
		if (ENCODING)
			__builtin_memcpy(cur, px, w * sizeof *cur);
		cur[-1] = cur[-2] = up[0];
		make_room(c, w);
		same = bit(c, &m->same_row[same], ENCODING && __builtin_memcmp(cur, up, w * sizeof *cur) == 0);
		if (same) {
			if (!ENCODING)
				__builtin_memcpy(cur, up, w * sizeof *cur);
		} else if (smooth) {
			code_smooth_row(c, m, cur, up, w);
		} else {
			code_drawn_row(c, m, cur, up, up2, w);
		}
		cur[w] = cur[w - 1];
		if (!ENCODING)
			__builtin_memcpy(px, cur, w * sizeof *cur);
		spare = up2;
		up2 = up;
		up = cur;
		cur = spare;
	}
	m->last = up[w - 1];
}

INLINE unsigned two_bytes(struct coder *c, unsigned v)
{
	unsigned high = bits(c, 8, v >> 8 & 255);

	return high << 8 | bits(c, 8, v & 255);
}

/* Its place: often right of the one before. */
INLINE void code_place(struct coder *c, struct sek_drawn_model *m, struct sek_drawn_rect *before,
	struct sek_drawn_rect *r)
{
	bool next = r->x == before->x + before->w && r->y == before->y && r->h == before->h;
	unsigned x = r->x, y = r->y;

	if (bit(c, &m->next, !next)) {
		x = two_bytes(c, x);
		y = two_bytes(c, y);
		r->h = (uint16_t)bits(c, 7, r->h);
	} else {
		x = (unsigned)before->x + before->w;
		y = before->y;
		r->h = before->h;
	}
	r->x = (uint16_t)x;
	r->y = (uint16_t)y;
	r->w = (uint16_t)bits(c, 10, r->w);
	*before = *r;
}
