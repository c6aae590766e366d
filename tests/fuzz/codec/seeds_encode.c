/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_encode: short sessions.
 */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);

	for (unsigned i = 0; i < 8; i++) {
		uint8_t seed[3 + 12 * 8];
		char name[16];

		seed[0] = (uint8_t)(30 + i * 30);
		seed[1] = (uint8_t)(250 - i * 30);
		seed[2] = (uint8_t)(i * 11);
		for (unsigned k = 0; k < 12; k++) {
			const uint8_t first[8] = { 0, 0, 0, 255, 255, 10, 1, 10 }, then[8] = { (uint8_t)(k + i),
				(uint8_t)(k * 9), (uint8_t)(k * 5), (uint8_t)(200 - k), 100, (uint8_t)(k * 3 + 1), (uint8_t)k, 30 };

			memcpy(seed + 3 + (size_t)k * 8, k % 4 ? then : first, 8);
		}
		snprintf(name, sizeof name, "%u", i);
		seed_write(dir, name, seed, sizeof seed);
	}
	return 0;
}
