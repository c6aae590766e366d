/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_url_rules_seeds DIR: a host and a RULES payload each.
 */
#include <string.h>

#include "protocol/wire/messages.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const char *const seeds[][3] = {
		{ "example.jp", "*\n", "" },
		{ "www.example.jp", "*\ngood.example.jp\n", "example.jp\n.example.jp/bad\n" },
		{ "10.0.0.1", "http://a.jp:8080/x?y=1\n", "*\n" },
		{ "xn--wgv71a119e.jp.", "https://xn--wgv71a119e.jp\n", "jp/\n" },
	};
	const char *dir = seed_dir(argc, argv);
	uint8_t bytes[512];
	char name[8];

	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
		size_t n = strlen(seeds[i][0]);
		struct sek_writer w;

		bytes[0] = (uint8_t)n;
		sek_writer_init(&w, bytes + 1 + n, sizeof bytes - 1 - n);
		sek_rules_write(&w, &(struct sek_rules){ false, false, false, seeds[i][1], seeds[i][2], strlen(seeds[i][1]),
			strlen(seeds[i][2]) });
		/* without the frame's header */
		memmove(bytes + 1 + n, bytes + 1 + n + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
		memcpy(bytes + 1, seeds[i][0], n);
		snprintf(name, sizeof name, "%zu", i);
		seed_write(dir, name, bytes, 1 + n + w.len - SEK_FRAME_HEADER_BYTES);
	}
	return 0;
}
