/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds for fuzz_convert: one of each that it reads.
 */
#include <string.h>

#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	static const char mail[] =
		"From: =?ISO-2022-JP?B?GyRCMnE1RBsoQg==?= <a@example.jp>\r\nSubject: =?utf-8?q?a_=E4=BC=9A?=\r\nDate: x\r\n"
		"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=Shift_JIS\r\n\r\nx\r\n"
		"--b\r\nContent-Disposition: attachment; filename*0*=UTF-8''%E4%BC; filename*1*=%9A\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--b--\r\n";
	static const char html[] = "<!DOCTYPE html><meta charset=utf-8><script>x</script><p title='a>b'>t &amp; &#x3042;<li><pre>\n</pre><!-- -->";
	static const unsigned char jpeg[] = { 0xff, 0xd8, 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1,
					      1, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0xff, 0xc2, 0, 4, 0, 0, 0xff, 0xda, 0, 2 };
	static unsigned char bmp[54 + 16] = { 'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24 };
	static unsigned char compound[2048] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };

	compound[30] = 9;
	compound[48] = 1;
	memcpy(compound + 1024, "B\0o\0o\0k\0", 8);
	compound[1024 + 64] = 10;
	seed_write(dir, "mail", mail, sizeof mail - 1);
	seed_write(dir, "html", html, sizeof html - 1);
	seed_write(dir, "jpeg", jpeg, sizeof jpeg);
	seed_write(dir, "bmp", bmp, sizeof bmp);
	seed_write(dir, "compound", compound, sizeof compound);
	seed_write(dir, "sjis", "\x93\xfa\x96\x7b\x8c\xea\x82\xcc", 8);
	seed_write(dir, "jis", "\x1b$B%+%J\x1b(Ia\x1b(B", 14);
	return 0;
}
