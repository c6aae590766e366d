/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Valid answers, interim and final, tidy and as servers really write them.
 */
#include <string.h>

#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\nhello",
		"HTTP/1.0 302 Found\nLocation: /x\nSet-Cookie: a=b\n\n",
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 204\r\nno colon\r\n folded\r\n\r\n",
	};
	char name[16];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(name, sizeof name, "%zu", i);
		seed_write(seed_dir(argc, argv), name, texts[i], strlen(texts[i]));
	}
	return 0;
}
