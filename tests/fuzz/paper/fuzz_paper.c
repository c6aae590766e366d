/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sekisho-paper that was taken over: what it writes into its pipe, through what the broker does with it: records are read, pages put
 * into a PDF, and each page is taken out again as a PNG. The first byte says whether the user asked for words. What the broker keeps must
 * hold the record's own picture at the place that it notes, and a second reading of what was read must say the same.
 */
#include <stdlib.h>
#include <string.h>

#include "broker/hub/documents/pdf.h"
#include "broker/hub/documents/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) do { if (!(x)) abort(); } while (0)

struct file {
	uint8_t *bytes;
	size_t n, room;
};

static sek_status keep(void *ctx, const void *bytes, size_t n)
{
	struct file *f = ctx;

	while (f->n + n > f->room) {
		f->room = f->room ? 2 * f->room : 65536;
		f->bytes = realloc(f->bytes, f->room);
		REQUIRE(f->bytes);
	}
	memcpy(f->bytes + f->n, bytes, n);
	f->n += n;
	return sek_ok();
}

/* The words of a page: they end where its text ends, or are refused. */
static bool words_are_sound(const struct sek_paper_head *h, const uint8_t *text)
{
	size_t at = 0, total;
	struct sek_paper_word w;
	sek_status s;

	for (;;) {
		s = sek_paper_word_read(h, text + at, h->text_bytes - at, &w, &total);
		if (!sek_is_ok(s))
			return sek_is(s, SEK_E_CLOSED);
		REQUIRE(w.n > 0 && w.x_px + w.width_px <= h->width_px && w.y_px + w.height_px <= h->height_px);
		REQUIRE(total <= h->text_bytes - at && w.text + w.n == (const char *)text + at + total);
		at += total;
	}
}

static void take_out(const struct file *f, const struct sek_pdf_page *p, const uint8_t *image)
{
	uint8_t *png;
	size_t n;

	REQUIRE(p->offset + p->bytes <= f->n && memcmp(f->bytes + p->offset, image, p->bytes) == 0);
	REQUIRE((p->palette != 0) == (p->colours != 0) && p->palette + 6 * (uint64_t)p->colours <= f->n);
	if (p->form >= SEK_PAPER_JPEG_GREY)
		return;
	n = sek_png_bytes(p);
	png = malloc(n);
	REQUIRE(png);
	sek_png_make(p, p->palette ? (const char *)f->bytes + p->palette : NULL, image, png);
	REQUIRE(memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0 && memcmp(png + n - 8, "IEND", 4) == 0);
	free(png);
}

/* One record; false: nothing of this process is listened to any more. */
static bool record(struct sek_pdf *pdf, struct file *f, const uint8_t **at, size_t *left, bool with_words)
{
	struct sek_paper_head h, again;
	uint8_t bytes[SEK_PAPER_HEAD_BYTES];
	const struct sek_pdf_page *pages;
	const uint8_t *palette, *image, *text;
	size_t body;
	unsigned n;
	sek_status s;

	if (*left < SEK_PAPER_HEAD_BYTES || !sek_is_ok(sek_paper_head_read(*at, &h)))
		return false;
	sek_paper_head_write(&h, bytes);
	REQUIRE(sek_is_ok(sek_paper_head_read(bytes, &again)) && memcmp(bytes, *at, sizeof bytes) == 0);
	*at += SEK_PAPER_HEAD_BYTES;
	*left -= SEK_PAPER_HEAD_BYTES;
	if (h.kind != SEK_PAPER_PAGE)
		return true;
	body = 3 * (size_t)h.colours + h.image_bytes + h.text_bytes;
	REQUIRE(body <= 3 * SEK_PAPER_COLOURS_MAX + SEK_PAPER_IMAGE_MAX_BYTES + SEK_PAPER_TEXT_MAX_BYTES);
	if (body > *left)
		return false;
	palette = *at;
	image = palette + 3 * (size_t)h.colours;
	text = image + h.image_bytes;
	*at += body;
	*left -= body;
	s = sek_pdf_page_add(pdf, &h, palette, image, text);
	if (!sek_is_ok(s)) {
		REQUIRE(sek_is(s, SEK_E_MALFORMED) || sek_is(s, SEK_E_LIMIT));
		return false;
	}
	REQUIRE(!with_words || words_are_sound(&h, text));
	pages = sek_pdf_pages(pdf, &n);
	REQUIRE(n > 0 && sek_pdf_bytes(pdf) == f->n);
	take_out(f, &pages[n - 1], image);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file f = { NULL, 0, 0 };
	struct sek_pdf *pdf;
	unsigned n;
	bool words;

	if (size == 0)
		return 0;
	words = data[0] & 1;
	data++;
	size--;
	REQUIRE(sek_is_ok(sek_pdf_create(data[-1] & 2 ? 200 : 150, words, keep, &f, &pdf)));
	while (record(pdf, &f, &data, &size, words))
		;
	(void)sek_pdf_pages(pdf, &n);
	REQUIRE(sek_is_ok(sek_pdf_end(pdf)) == (n > 0));
	REQUIRE(n == 0 || (f.n > 6 && memcmp(f.bytes + f.n - 6, "%%EOF\n", 6) == 0));
	sek_pdf_destroy(pdf);
	free(f.bytes);
	return 0;
}
