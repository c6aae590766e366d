/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_lz4: blocks of liblz4.
 */
#include <lz4.h>
#include <string.h>

#include "pictures.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const int sizes[] = { 1, 12, 13, 64, 300, 5000 };
	const char *dir = seed_dir(argc, argv);
	struct test_random r = { 5 };

	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			static uint8_t raw[5000], packed[4 + LZ4_COMPRESSBOUND(5000)];
			char name[32];
			int n;

			for (int k = 0; k < sizes[i]; k++)
				raw[k] = kind == 0 ? 7 : (uint8_t)(kind == 1 ? (unsigned)(k * k) / 50 % 9 : test_random_below(&r, 256));
			packed[0] = packed[1] = 0;
			packed[2] = (uint8_t)(sizes[i] >> 8);
			packed[3] = (uint8_t)sizes[i];
			n = LZ4_compress_default((const char *)raw, (char *)packed + 4, sizes[i], sizeof packed - 4);
			snprintf(name, sizeof name, "%d-%u", sizes[i], kind);
			seed_write(dir, name, packed, (size_t)n + 4);
		}
	}
	return 0;
}
