/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Valid requests of every form.
 */
#include <string.h>

#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const char *const texts[] = {
		"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: keep-alive, X-A\r\nX-A: b\r\n\r\n",
		"CONNECT [2400:cb00::1]:443 HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01",
		"POST http://127.1:8080/a?b HTTP/1.0\r\nContent-Length: 5\r\n\r\nhelloGET",
		"PUT http://0x7f.1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTE: x\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: v\r\n\r\n",
		"10.0.0.0/8:443",
		"[fd00::/8]:80",
	};
	char name[16];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(name, sizeof name, "%zu", i);
		seed_write(seed_dir(argc, argv), name, texts[i], strlen(texts[i]));
	}
	return 0;
}
