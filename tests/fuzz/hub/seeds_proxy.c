/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Headers as load balancers send them.
 */
#include "tests/fuzz/seeds.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

int main(int argc, char **argv)
{
	static const char local[] = SIGNATURE "\x20\0\0\0";
	static const char v4[] = SIGNATURE "\x21\x11\0\x0c\x0a\x01\x00\x64\x0a\x01\x00\x0a\xc3\x50\x01\xbb";
	static const char tlvs[] = SIGNATURE "\x21\x11\0\x19\x0a\x01\x00\x64\x0a\x01\x00\x0a\xc3\x50\x01\xbb\x04\0\x01\0\x02\0\x06" "broker";
	static const char v6[] = SIGNATURE "\x21\x21\0\x24\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xc3\x50\x01\xbb";
	static const char mapped[] = SIGNATURE "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\0\x64\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xc3\x50\x01\xbb";
	const char *dir = seed_dir(argc, argv);

	seed_write(dir, "local", local, sizeof local - 1);
	seed_write(dir, "v4", v4, sizeof v4 - 1);
	seed_write(dir, "tlvs", tlvs, sizeof tlvs - 1);
	seed_write(dir, "v6", v6, sizeof v6 - 1);
	seed_write(dir, "mapped", mapped, sizeof mapped - 1);
	return 0;
}
