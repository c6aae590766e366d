/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_update: what the encoder sends for pictures of each kind, and for a scroll.
 */
#include <string.h>

#include "pictures.h"
#include "protocol/codec/encode.h"
#include "tests/fuzz/seeds.h"

#define W 201
#define H 151

static const char *dir;
static unsigned count;

static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	static uint8_t seed[3 + SEK_UPDATE_MAX_BYTES];
	char name[32];

	(void)user;
	seed[0] = W / 2;
	seed[1] = H / 2;
	seed[2] = bytes[1];
	n -= SEK_FRAME_HEADER_BYTES;
	memcpy(seed + 3, bytes + SEK_FRAME_HEADER_BYTES, n);
	snprintf(name, sizeof name, "%u", count++);
	seed_write(dir, name, seed, n + 3);
	return sek_ok();
}

int main(int argc, char **argv)
{
	struct sek_encode_options o = { .lossless = false, .jpeg_quality = 40, .refine_ms = 500 };
	const struct sek_rect all = { 0, 0, W, H };
	struct sek_picture src = test_picture_create(W, H);
	struct sek_update_encoder *e = sek_update_encoder_create(W, H);
	bool sent;

	dir = seed_dir(argc, argv);
	if (!e || !sek_is_ok(sek_update_encoder_resize(e, W, H)))
		return 1;
	for (uint32_t i = 0; i < 12; i++) {
		switch (i) {
		case 0: break; /* black */
		case 1: test_draw_text(&src, all, 0, 1); break;
		case 2: test_draw_text(&src, all, 20, 1); break;
		case 3: test_draw_photo(&src, (struct sek_rect){ 10, 20, 100, 90 }, 1); break;
		case 4: test_draw_noise(&src, (struct sek_rect){ 100, 100, 20, 9 }, 1); break;
		default: test_draw_colours(&src, (struct sek_rect){ 30, 30, 40, 31 }, 1u << (i - 5), i); break;
		}
		sek_update_encoder_damage(e, all);
		o.fast = i % 2;
		if (!sek_is_ok(sek_update_encoder_encode(e, &src, i, i, &o, emit, NULL, &sent)))
			return 1;
	}
	sek_update_encoder_destroy(e);
	test_picture_destroy(&src);
	return 0;
}
