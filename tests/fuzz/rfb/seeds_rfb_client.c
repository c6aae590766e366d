/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_rfb_client: a greeting, and a viewer that says everything once.
 */
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "tests/fuzz/seeds.h"

#define SEED(dir, name, bytes) seed_write(dir, name, bytes, sizeof bytes - 1)
#define ENCODINGS "\2\0\0\x0a\0\0\0\7\0\0\0\1\xff\xff\xff\x20\xff\xff\xfe\xcc\xff\xff\xfe\xc8\xff\xff\xfe\xc7\xff\xff\xfe\xc6\xff\xff\xfe\xfe" \
	"\xff\xff\xfe\xcd\xc0\xa1\xe5\xce"
#define FORMAT16 "\0\0\0\0\x10\x10\0\1\0\x1f\0\x3f\0\x1f\x0b\x05\0\0\0\0"
#define REQUEST "\3\0\0\0\0\0\1\x40\0\xf0"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	static const uint8_t text[] = "\0\0\0\x07\xe6\x97\xa5\r\nx";
	uint8_t provide[256] = { 0, 1, 6, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0x10, 0, 0, 1 };
	uLongf n = sizeof provide - 14;

	SEED(dir, "greeting", "\1RFB 003.008\n\x13\0\2\0\0\1\6\0\0\0\6\0\0\0\x0dtanakasecret+123456");
	SEED(dir, "tight", "\0\1" ENCODINGS REQUEST "\x96\1\0\0\0\0\1\x40\0\xf0" REQUEST);
	SEED(dir, "zrle16", "\0\1" FORMAT16 "\2\0\0\2\0\0\0\x10\xff\xff\xff\x11" REQUEST);
	SEED(dir, "raw8", "\0\1\0\0\0\0\x08\x08\0\1\0\7\0\7\0\3\0\3\6\0\0\0" REQUEST);
	SEED(dir, "input", "\0\1\4\1\0\0\0\0\xff\xe3\4\1\0\0\0\0\0v\5\x09\0\x10\0\x20\5\0\0\x10\0\x20\xff\0\0\1\1\0\x65\xe5\0\0\0\x1e");
	SEED(dir, "text", "\0\1\6\0\0\0\0\0\0\5hello\4\1\0\0\0\0\xff\xe3\4\1\0\0\0\0\0v");
	SEED(dir, "size", "\0\1" ENCODINGS "\xfb\0\2\x80\1\xe0\1\0\0\0\0\0\0\0\0\0\2\x80\1\xe0\0\0\0\0" REQUEST);
	SEED(dir, "fences", "\0\1" ENCODINGS "\xf8\0\0\0\x80\0\0\4\2hi" REQUEST "\xf8\0\0\0\0\0\0\1\4\0\0\0\1");
	SEED(dir, "caps", "\0\1" ENCODINGS "\6\0\0\0\xff\xff\xff\xf8\x1f\0\0\1\0\0\0\0\6\0\0\0\xff\xff\xff\xfc\x08\0\0\1");
	if (compress(provide + 14, &n, text, sizeof text) != Z_OK)
		return 1;
	provide[9] = (uint8_t)(256 - (n + 4));
	seed_write(dir, "provide", provide, 14 + (size_t)n);
	return 0;
}
