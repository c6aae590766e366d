/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_drawn: text, photographs, few colours and noise, as one rectangle and as several.
 */
#include "pictures.h"
#include "protocol/codec/drawn.h"
#include "tests/fuzz/seeds.h"

static void draw(const struct sek_picture *p, unsigned kind)
{
	const struct sek_rect all = { 0, 0, p->width_px, p->height_px };

	switch (kind) {
	case 0: test_draw_text(p, all, 30, 1); break;
	case 1: test_draw_photo(p, all, 2); break;
	case 2: test_draw_colours(p, all, 7, 3); break;
	case 3: test_draw_noise(p, all, 4); break;
	default: test_draw_flat(p, all, 0x336699); break;
	}
	for (size_t i = 0; i < (size_t)p->stride_px * p->height_px; i++)
		p->px[i] &= 0xffffff;
}

int main(int argc, char **argv)
{
	static const uint16_t widths[] = { 1, 9, 64, SEK_DRAWN_MAX_WIDTH_PX };
	static uint8_t seed[1 + 8 * SEK_DRAWN_MAX_PX + 64];
	static struct sek_drawn_model model;
	const char *dir = seed_dir(argc, argv);

	for (unsigned i = 0; i < 5 * 4 * 2; i++) {
		const uint16_t w = widths[i / 2 % 4], h = i % 2 ? SEK_TILE_PX / 2 : 3;
		struct sek_picture p = test_picture_create(w, h);
		struct sek_drawn_out out;
		char name[32];
		size_t n;

		draw(&p, i / 8);
		sek_drawn_reset(&model);
		sek_drawn_start(&out, seed + 1, sizeof seed - 1);
		for (uint16_t k = 0; k <= i % 2; k++) /* the second one right of the first */
			sek_drawn_put(&out, &model, (struct sek_drawn_rect){ (uint16_t)(5 + k * w), 7, w, h }, p.px, p.stride_px,
				i / 8 == 1);
		n = sek_drawn_finish(&out);
		if (n == 0)
			return 1;
		seed[0] = (uint8_t)(1 + i % 2);
		snprintf(name, sizeof name, "%u-%u-%u", i / 8, w, h);
		seed_write(dir, name, seed, n + 1);
		test_picture_destroy(&p);
	}
	return 0;
}
