/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures that are as hard to code as photographs: soft light, some edges, grain. In a film all of it moves, and comes back to where it
 * began. Made once, in integers, so that the same seed makes the same picture.
 */
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "client/load/random.h"
#include "client/load/site_made.h"

enum { W = LOAD_PICTURE_WIDTH_PX, H = LOAD_PICTURE_HEIGHT_PX, CELLS = 16, QUALITY = 85, HILLS = 5 };

struct scene {
	uint8_t light[CELLS][CELLS][3]; /* colours that run into each other */
	struct {
		int x, y, r, dx;
		uint8_t colour[3];
	} hills[HILLS];
};

static void draw_scene(struct load_random *r, struct scene *s)
{
	for (unsigned i = 0; i < CELLS * CELLS * 3; i++)
		s->light[i / 3 / CELLS][i / 3 % CELLS][i % 3] = (uint8_t)load_random_between(r, 40, 230);
	for (unsigned i = 0; i < HILLS; i++) {
		s->hills[i].x = (int)load_random_between(r, 0, W);
		s->hills[i].y = (int)load_random_between(r, 60, H);
		s->hills[i].r = (int)load_random_between(r, 30, 110);
		s->hills[i].dx = (int)load_random_between(r, 1, 2);
		for (unsigned c = 0; c < 3; c++)
			s->hills[i].colour[c] = (uint8_t)load_random_between(r, 0, 255);
	}
}

static int mix(int a, int b, int at, int of)
{
	return a + (b - a) * at / of;
}

/* shift: pixels by which the light has moved. */
static int light_at(const struct scene *s, int x, int y, int c, int shift)
{
	const int step_x = W / CELLS, step_y = H / CELLS + 1;
	int u = (x + shift) % W, i = u / step_x % CELLS, j = y / step_y % CELLS, i2 = (i + 1) % CELLS, j2 = (j + 1) % CELLS;

	return mix(mix(s->light[j][i][c], s->light[j][i2][c], u % step_x, step_x), mix(s->light[j2][i][c], s->light[j2][i2][c], u % step_x, step_x),
		y % step_y, step_y);
}

static void paint(const struct scene *s, struct load_random *grain, int frame, uint8_t *rgb)
{
	int shift = frame * W / LOAD_FILM_FRAMES;

	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++, rgb += 3) {
			const uint8_t *over = NULL;
			int noise = (int)load_random_between(grain, 0, 12) - 6;

			for (unsigned i = 0; i < HILLS; i++) {
				int cx = (s->hills[i].x + shift * s->hills[i].dx) % W, d = (x - cx) * (x - cx) + (y - s->hills[i].y) * (y - s->hills[i].y);

				if (d < s->hills[i].r * s->hills[i].r)
					over = s->hills[i].colour;
			}
			for (int c = 0; c < 3; c++) {
				int v = light_at(s, x, y, c, shift) + noise;

				if (over)
					v = (v + over[c]) / 2;
				rgb[c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
			}
		}
}

static struct load_made compress(const uint8_t *rgb)
{
	struct load_made made = { NULL, 0 };
	tjhandle tj = tjInitCompress();
	unsigned char *jpeg = NULL;
	unsigned long n = 0;

	if (tj && tjCompress2(tj, rgb, W, 0, H, TJPF_RGB, &jpeg, &n, TJSAMP_420, QUALITY, TJFLAG_ACCURATEDCT) == 0 && (made.bytes = malloc(n))) {
		memcpy(made.bytes, jpeg, n);
		made.n = n;
	}
	tjFree(jpeg);
	if (tj)
		tjDestroy(tj);
	return made;
}

static struct load_made make(uint64_t seed, unsigned scene, int frame)
{
	struct load_random r = load_random_of(seed, 2000 + scene), grain = load_random_of(seed, 5000 + scene * 100 + (unsigned)frame);
	uint8_t *rgb = malloc((size_t)W * H * 3);
	struct load_made made = { NULL, 0 };
	struct scene s;

	if (!rgb)
		return made;
	draw_scene(&r, &s);
	paint(&s, &grain, frame, rgb);
	made = compress(rgb);
	free(rgb);
	return made;
}

struct load_made load_make_picture(uint64_t seed, unsigned picture)
{
	return make(seed, picture, 0);
}

struct load_made load_make_film(uint64_t seed, unsigned frame)
{
	return make(seed, LOAD_PICTURES, (int)frame);
}
