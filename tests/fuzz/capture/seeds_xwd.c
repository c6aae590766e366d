/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_xwd: headers as Xvfb writes them, cursors of usual sizes.
 */
#include <string.h>

#include "tests/fuzz/seeds.h"
#include "tests/unit/capture/xwd_sample.h"

static void header(const char *dir, const char *name, uint32_t width, uint32_t height)
{
	static uint8_t bytes[1 + 16384];
	uint32_t h[25];

	memset(bytes, 0, sizeof bytes);
	xwd_sample(h, width, height);
	xwd_sample_bytes(h, bytes + 1);
	/* fuzz_xwd takes the file for 4096 times as long */
	seed_write(dir, name, bytes, 1 + 100 + (size_t)width * height / 1024);
}

static void cursor(const char *dir, const char *name, uint16_t side, uint16_t hot)
{
	static uint8_t bytes[1 + 8 + 4 * 130 * 130];
	uint16_t v[4] = { side, side, hot, hot };

	memset(bytes, 0, sizeof bytes);
	bytes[0] = 1;
	memcpy(bytes + 1, v, sizeof v);
	for (size_t i = 0; i < (size_t)side * side; i += 3)
		memset(bytes + 9 + 4 * i, 0xc0, 4);
	seed_write(dir, name, bytes, 9 + 4u * side * side);
}

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);

	header(dir, "small", 640, 480);
	header(dir, "full-hd", 1920, 1080);
	cursor(dir, "arrow", 24, 3);
	cursor(dir, "largest", 64, 32);
	cursor(dir, "page", 128, 64);
	return 0;
}
