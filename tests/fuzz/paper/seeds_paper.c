/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_paper: whole documents of one form each, with words and without.
 */
#include <string.h>

#include "broker/gap/paper.h"
#include "tests/fuzz/seeds.h"

static uint8_t bytes[8192];
static size_t n;

static void put(const void *from, size_t k)
{
	memcpy(bytes + n, from, k);
	n += k;
}

static void head(const struct sek_paper_head *h)
{
	sek_paper_head_write(h, bytes + n);
	n += SEK_PAPER_HEAD_BYTES;
}

static void word(const char *text, uint16_t x, uint16_t y)
{
	const struct sek_paper_word w = { x, y, 40, 12, (uint16_t)strlen(text), text };

	sek_paper_word_write(&w, bytes + n);
	n += SEK_PAPER_WORD_HEAD_BYTES;
	put(text, w.n);
}

static void page(uint16_t number, enum sek_paper_form form, uint8_t bits, uint16_t colours, bool words)
{
	static const uint8_t image[300] = { 0x78, 0x01 };
	struct sek_paper_head h = { .kind = SEK_PAPER_PAGE, .page = number, .form = form, .bits = bits, .width_px = 620, .height_px = 877,
		.colours = colours, .image_bytes = sizeof image };
	size_t at = n, text;

	n += SEK_PAPER_HEAD_BYTES;
	for (unsigned i = 0; i < 3u * colours; i++)
		bytes[n++] = (uint8_t)(i * 7);
	put(image, sizeof image);
	text = n;
	if (words) {
		word("通行手形", 10, 20);
		word("(pass) \\ %", 100, 20);
		word("\xf0\xa0\xae\xb7", 300, 860);
	}
	h.text_bytes = (uint32_t)(n - text);
	sek_paper_head_write(&h, bytes + at);
}

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	static const struct {
		enum sek_paper_form form;
		uint8_t bits;
		uint16_t colours;
	} forms[] = { { SEK_PAPER_GREY, 1, 0 }, { SEK_PAPER_GREY, 8, 0 }, { SEK_PAPER_PALETTE, 2, 4 }, { SEK_PAPER_PALETTE, 8, 200 },
		{ SEK_PAPER_RGB, 8, 0 }, { SEK_PAPER_JPEG_GREY, 8, 0 }, { SEK_PAPER_JPEG_RGB, 8, 0 } };

	for (unsigned i = 0; i < 2 * sizeof forms / sizeof forms[0]; i++) {
		char name[16];

		n = 0;
		bytes[n++] = (uint8_t)(i & 1);
		head(&(struct sek_paper_head){ .kind = SEK_PAPER_STATE, .state = 1, .pages = 2 });
		page(1, forms[i / 2].form, forms[i / 2].bits, forms[i / 2].colours, i & 1);
		page(2, forms[i / 2].form, forms[i / 2].bits, forms[i / 2].colours, i & 1);
		head(&(struct sek_paper_head){ .kind = SEK_PAPER_STATE, .state = 2, .pages = 2 });
		snprintf(name, sizeof name, "%u", i);
		seed_write(dir, name, bytes, n);
	}
	return 0;
}
