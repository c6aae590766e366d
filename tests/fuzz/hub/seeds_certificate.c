/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_certificate_seeds DIR: client certificates of the CA that the fuzz target trusts.
 */
#include <string.h>

#include "tests/fuzz/hub/authority.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	uint8_t der[2 * AUTHORITY_CERTIFICATE_BYTES];
	size_t n = authority_issue("taro", der), m;

	seed_write(dir, "latin", der, n);
	m = authority_issue("\xe5\xb1\xb1\xe7\x94\xb0, \xe5\xa4\xaa\xe9\x83\x8e", der + n);
	seed_write(dir, "japanese", der + n, m);
	seed_write(dir, "two", der, n + m);
	seed_write(dir, "cut", der, n - 1);
	return 0;
}
