/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_rdp: a bitmap of each coding, a pointer of each kind, the clipboard's messages.
 */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/seeds.h"

#define SEED(dir, name, bytes) seed_write(dir, name, bytes, sizeof bytes - 1)
#define AT "\0\0\0\0\3\0\1\0\4\0\2\0"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);

	SEED(dir, "plain", "\0\0" AT "\x20\0\x20\0" "0123456789abcdef0123456789abcdef");
	SEED(dir, "planar", "\0\0" AT "\x20\1\x19\0" "\x20" "012345670123456701234567");
	SEED(dir, "planar-rle", "\0\0" AT "\x20\1\x0a\0" "\x30\x13\x1f\x2f\x13\x1f\x2f\x13\x1f\x2f");
	SEED(dir, "rle-16", "\0\0" AT "\x10\1\4\0" "\x68\x12\x34\0");
	SEED(dir, "rle-24", "\0\0" AT "\x18\1\4\0" "\x68\x12\x34\x56");
	SEED(dir, "pointer", "\0\4\x20\1\0\0\0\0\0\2\0\2\0\4\0\x10\0" "\0\0\0\0" "0123456789abcdef" "\7\1\0");
	SEED(dir, "pointer-mono", "\0\4\1\1\0\0\0\0\0\2\0\2\0\4\0\4\0" "\0\0\0\0" "\x80\0\x40\0");
	SEED(dir, "pointer-colour", "\0\5\x18\1\0\0\0\0\0\2\0\2\0\4\0\x0c\0" "\0\0\0\0" "0123456789ab");
	SEED(dir, "clip-begin", "\1\3\x18\0\7\0\0\0\x10\0\0\0\1\0\0\0\1\0\x0c\0\2\0\0\0\2\0\0\0\3\x08\0\1\0\0\0\0\0\0\0");
	SEED(dir, "clip-list", "\1\3\x0e\0\2\0\0\0\6\0\0\0\x0d\0\0\0\0\0\3\x2c\0\2\0\0\0\x24\0\0\0\x0d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	SEED(dir, "clip-data", "\1\x0b\x10\0\5\0\1\0\x08\0\0\0\x67\xd8\x3d\xde" "a\0\0\0");
	SEED(dir, "clip-paste", "\1\7\5\0" "abc\n\n\3\x0c\0\4\0\0\0\4\0\0\0\x0d\0\0\0");
	return 0;
}
