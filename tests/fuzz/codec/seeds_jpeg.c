/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_jpeg: photographs as the encoder sends them, of several sizes and qualities.
 */
#include <string.h>

#include "pictures.h"
#include "protocol/codec/encoder.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const uint16_t sizes[] = { 1, 7, 16, 33, 100 };
	static const uint8_t qualities[] = { 1, 50, 80, 100 };
	const char *dir = seed_dir(argc, argv);
	struct sek_picture src = test_picture_create(100, 100);
	struct sek_photo *photo = sek_photo_create();

	test_draw_photo(&src, (struct sek_rect){ 0, 0, 100, 100 }, 1);
	for (unsigned i = 0; photo && i < 5 * 4 * 2; i++) {
		static uint8_t seed[4 + 65536];
		const uint16_t side = sizes[i / 8];
		const uint8_t *data;
		char name[32];
		size_t n;

		seed[0] = seed[1] = (uint8_t)(side - 1);
		seed[2] = qualities[i / 2 % 4];
		seed[3] = i % 2;
		if (!sek_is_ok(sek_photo_encode(photo, src.px, src.stride_px, (struct sek_rect){ 0, 0, side, side }, seed[2],
			    (enum sek_jpeg_colours)seed[3], &data, &n)) || n > sizeof seed - 4)
			return 1;
		memcpy(seed + 4, data, n);
		snprintf(name, sizeof name, "%u-%u-%u", side, seed[2], seed[3]);
		seed_write(dir, name, seed, n + 4);
	}
	sek_photo_destroy(photo);
	test_picture_destroy(&src);
	return photo ? 0 : 1;
}
