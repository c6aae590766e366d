/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_text: plain, Japanese, line ends, and some of everything that is removed.
 */
#include "tests/fuzz/seeds.h"

#include <string.h>

int main(int argc, char **argv)
{
	static const char *const texts[] = {
		"plain", "関所\r\n無害化\r通信\n", "\x1b[31m\x07", "a\u202e\u2066c", "\ufeffbom",
		"葛\xf3\xa0\x84\x80 \xf3\xa0\x81\x81", "👨\xe2\x80\x8d👩", "\xe2\x80\xa8\xc2\x85", "\xef\xbf\xbf\xee\x80\x80",
	};
	const char *dir = seed_dir(argc, argv);
	char name[8];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(name, sizeof name, "%zu", i);
		seed_write(dir, name, texts[i], strlen(texts[i]));
	}
	return 0;
}
