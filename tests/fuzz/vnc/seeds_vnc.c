/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_vnc: a greeting of each kind, copied text of each kind.
 */
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "tests/fuzz/seeds.h"

#define SEED(dir, name, bytes) seed_write(dir, name, bytes, sizeof bytes - 1)
#define INIT "\2\x80\1\xe0\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0\0\0\0\4desk"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	static const uint8_t text[] = "\0\0\0\x0d\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\0\0\0";
	uint8_t provide[13 + 128] = { 1, 3, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0x10, 0, 0, 1 };
	uLongf n = 128;

	SEED(dir, "none", "\2RFB 003.008\n\1\1\0\0\0\0" INIT);
	SEED(dir, "vnc-auth", "\2RFB 003.008\n\1\2abcdefghijklmnop\0\0\0\0" INIT);
	SEED(dir, "refused", "\2RFB 003.008\n\0\0\0\0\2no");
	SEED(dir, "vencrypt", "\0RFB 003.008\n\2\x13\1\0\2\0\3\0\0\1\4\0\0\1\5\0\0\1\6\1\x16\3\3\0\2\0\0");
	SEED(dir, "latin1", "\1\3\0\0\0\0\0\0\5caf\xe9.");
	SEED(dir, "caps", "\1\3\0\0\0\xff\xff\xff\xf8\x1f\0\0\1\0\x10\0\0\3\0\0\0\xff\xff\xff\xfc\x08\0\0\1\3\0\0\0\xff\xff\xff\xfc\2\0\0\1");
	if (compress2(provide + 13, &n, text, 4 + 13, 1) != Z_OK)
		return 1;
	provide[8] = (uint8_t)-(int)(4 + n);
	seed_write(dir, "provide", provide, 13 + n);
	return 0;
}
