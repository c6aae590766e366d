/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_request: a good text for each reader.
 */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/seeds.h"

#define T43 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-_01234"

int main(int argc, char **argv)
{
	static const char *const texts[] = {
		("a=b; __Host-sekisho=" T43 "; c=d"), ("sekisho.1, token." T43), "application/json; charset=utf-8", "16384",
		"https://sekisho.city.example", "keep-alive, Upgrade", "\xe5\xb1\xb1\xe7\x94\xb0.Taro-1@city",
		"correct horse \xef\xbe\x83\xef\xbe\x9e\xef\xbe\x9d battery", T43,
	};
	const char *dir = seed_dir(argc, argv);
	uint8_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char bytes[256], name[8];
		size_t n = strlen(texts[i]);

		bytes[0] = (char)i;
		memcpy(bytes + 1, texts[i], n);
		snprintf(name, sizeof name, "%u", (unsigned)i);
		seed_write(dir, name, bytes, n + 1);
	}
	return 0;
}
