/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_admin_seeds DIR: objects as the administration page sends them.
 */
#include <string.h>

#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const char *const seeds[] = {
		"{\"reason\":\"r\"}",
		"{\"name\":\"taro\",\"place\":\"\",\"reason\":\"\xe7\x95\xb0\xe5\x8b\x95\",\"version\":3}",
		"{\"value\":{\"a\":[1,null]},\"reason\":\"x\",\"words\":[\"staff\",\"reviewer\"],\"approve\":true}",
		"{\"search\":\"a\",\"after\":\"taro\",\"limit\":50,\"reason\":\"r\"}",
	};
	const char *dir = seed_dir(argc, argv);
	char name[8];
	size_t i;

	for (i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
		snprintf(name, sizeof name, "%zu", i);
		seed_write(dir, name, seeds[i], strlen(seeds[i]));
	}
	return 0;
}
