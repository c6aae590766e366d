/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See pdf.h. Numbers of sections are ISO 32000-1's.
 */
#include "broker/hub/documents/pdf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

/* Objects that every file has, then three of each page: picture, content, page. */
enum { CATALOGUE = 1, TREE, INFO, FONT, CID_FONT, DESCRIPTOR, TO_UNICODE, FIRST_OF_PAGES, OF_A_PAGE = 3 };
enum { LINE_BYTES = 1024, CONTENT_MAX = 2 * 1024 * 1024 };

struct sek_pdf {
	unsigned dpi;
	bool text;
	sek_pdf_sink *sink;
	void *ctx;
	uint64_t at;
	uint64_t *objects;      /* where each begins; by number */
	struct sek_pdf_page *pages;
	unsigned n;
	char *content;          /* of the page that is being written */
	size_t content_n, content_size;
};

static sek_status put(struct sek_pdf *p, const void *bytes, size_t n)
{
	SEK_TRY(p->sink(p->ctx, bytes, n));
	p->at += n;
	return sek_ok();
}

__attribute__((format(printf, 2, 3))) static sek_status say(struct sek_pdf *p, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	SEK_ASSERT(n >= 0 && (size_t)n < sizeof line); /* all of our own making */
	return put(p, line, (size_t)n);
}

static sek_status begin_object(struct sek_pdf *p, unsigned number)
{
	p->objects[number] = p->at;
	return say(p, "%u 0 obj\n", number);
}

sek_status sek_pdf_create(unsigned dpi, bool text, sek_pdf_sink *sink, void *ctx, struct sek_pdf **ret)
{
	struct sek_pdf *p = calloc(1, sizeof *p);

	if (!p)
		return sek_fail(SEK_E_NOMEM);
	*p = (struct sek_pdf){ .dpi = dpi, .text = text, .sink = sink, .ctx = ctx };
	p->objects = calloc(FIRST_OF_PAGES + SEK_PDF_PAGES_MAX * OF_A_PAGE, sizeof *p->objects);
	p->pages = calloc(SEK_PDF_PAGES_MAX, sizeof *p->pages);
	if (!p->objects || !p->pages) {
		sek_pdf_destroy(p);
		return sek_fail(SEK_E_NOMEM);
	}
	*ret = p;
	return sek_ok();
}

void sek_pdf_destroy(struct sek_pdf *p)
{
	if (!p)
		return;
	free(p->objects);
	free(p->pages);
	free(p->content);
	free(p);
}

uint64_t sek_pdf_bytes(const struct sek_pdf *p)
{
	return p->at;
}

const struct sek_pdf_page *sek_pdf_pages(const struct sek_pdf *p, unsigned *ret_n)
{
	*ret_n = p->n;
	return p->pages;
}

/* --- the words: 9.4, in mode 3 (9.3.6), neither filled nor stroked --- */

__attribute__((format(printf, 2, 3))) static sek_status add(struct sek_pdf *p, const char *format, ...)
{
	va_list ap;
	int n;

	if (p->content_size - p->content_n < LINE_BYTES) {
		size_t size = p->content_size ? p->content_size * 2 : 16384;
		char *more = size <= CONTENT_MAX ? realloc(p->content, size) : NULL;

		if (!more)
			return sek_fail(size <= CONTENT_MAX ? SEK_E_NOMEM : SEK_E_LIMIT);
		p->content = more;
		p->content_size = size;
	}
	va_start(ap, format);
	n = vsnprintf(p->content + p->content_n, LINE_BYTES, format, ap);
	va_end(ap);
	SEK_ASSERT(n >= 0 && n < LINE_BYTES);
	p->content_n += (size_t)n;
	return sek_ok();
}

/* In 72ths of an inch, with thousandths: without the locale's comma and without rounding that differs between machines. */
static uint64_t milli_points(const struct sek_pdf *p, uint32_t px)
{
	return ((uint64_t)px * 72000 + p->dpi / 2) / p->dpi;
}

#define POINTS "%" PRIu64 ".%03u"
#define POINTS_OF(milli) (milli) / 1000, (unsigned)((milli) % 1000)

/* What is not in the first plane (rare characters, symbols) becomes one mark: codes are two bytes. */
static sek_status add_letters(struct sek_pdf *p, const struct sek_paper_word *w, unsigned *ret_n)
{
	size_t at, k;
	uint32_t c;
	unsigned n = 0;

	for (at = 0; at < w->n; at += k, n++) {
		k = sek_utf8_next((const uint8_t *)w->text + at, w->n - at, &c);
		SEK_TRY(add(p, "%04X", c > 0xffff ? 0x3013u : (unsigned)c));
	}
	*ret_n = n;
	return sek_ok();
}

static unsigned letters_of(const struct sek_paper_word *w)
{
	unsigned n = 0;
	size_t at;

	for (at = 0; at < w->n; at++)
		n += (w->text[at] & 0xc0) != 0x80;
	return n;
}

/* A letter is one em wide (/DW 1000); all of them together are as wide as what was read. */
static sek_status add_word(struct sek_pdf *p, const struct sek_paper_head *head, const struct sek_paper_word *w)
{
	uint64_t size = milli_points(p, w->height_px), x = milli_points(p, w->x_px);
	uint64_t y = milli_points(p, (uint32_t)(head->height_px - w->y_px - w->height_px)), width = milli_points(p, w->width_px);
	unsigned n = letters_of(w), again;
	uint64_t scale = size > 0 ? width * 100000 / (n * size) : 0; /* percent, in thousandths */

	if (size == 0 || scale == 0)
		return sek_ok();
	y += size / 5; /* letters hang below their line by about so much */
	SEK_TRY(add(p, "/T " POINTS " Tf " POINTS " Tz 1 0 0 1 " POINTS " " POINTS " Tm <", POINTS_OF(size), POINTS_OF(scale), POINTS_OF(x),
		POINTS_OF(y)));
	SEK_TRY(add_letters(p, w, &again));
	return add(p, "> Tj\n");
}

static sek_status add_words(struct sek_pdf *p, const struct sek_paper_head *head, const uint8_t *text)
{
	struct sek_paper_word w;
	size_t at = 0, total;
	sek_status s;

	if (head->text_bytes == 0)
		return sek_ok();
	SEK_TRY(add(p, "BT 3 Tr\n"));
	while (sek_is_ok(s = sek_paper_word_read(head, text + at, head->text_bytes - at, &w, &total))) {
		SEK_TRY(add_word(p, head, &w));
		at += total;
	}
	return sek_is(s, SEK_E_CLOSED) ? add(p, "ET\n") : s;
}

/* --- pages --- */

static bool is_jpeg(const struct sek_paper_head *h)
{
	return h->form == SEK_PAPER_JPEG_GREY || h->form == SEK_PAPER_JPEG_RGB;
}

static sek_status say_palette(struct sek_pdf *p, const struct sek_paper_head *h, const uint8_t *palette)
{
	SEK_TRY(say(p, "/ColorSpace [/Indexed /DeviceRGB %u <", h->colours - 1u));
	p->pages[p->n].palette = p->at;
	for (unsigned i = 0; i < 3u * h->colours; i++)
		SEK_TRY(say(p, "%02X", palette[i]));
	return say(p, ">]");
}

/* 8.9.5; the same bytes as in a PNG: 7.4.4.4, predictor 15 is PNG's filter of each row. */
static sek_status say_picture(struct sek_pdf *p, const struct sek_paper_head *h, const uint8_t *palette, const uint8_t *image)
{
	bool grey = h->form == SEK_PAPER_GREY || h->form == SEK_PAPER_JPEG_GREY;

	SEK_TRY(say(p, "<< /Type /XObject /Subtype /Image /Width %u /Height %u /BitsPerComponent %u ", h->width_px, h->height_px, h->bits));
	SEK_TRY(h->form == SEK_PAPER_PALETTE ? say_palette(p, h, palette) : say(p, "/ColorSpace /Device%s", grey ? "Gray" : "RGB"));
	SEK_TRY(is_jpeg(h) ? say(p, " /Filter /DCTDecode") : say(p, " /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors %d "
		"/BitsPerComponent %u /Columns %u >>", h->form == SEK_PAPER_RGB ? 3 : 1, h->bits, h->width_px));
	SEK_TRY(say(p, " /Length %u >>\nstream\n", h->image_bytes));
	p->pages[p->n].offset = p->at;
	SEK_TRY(put(p, image, h->image_bytes));
	return say(p, "\nendstream\nendobj\n");
}

sek_status sek_pdf_page_add(struct sek_pdf *p, const struct sek_paper_head *head, const uint8_t *palette, const uint8_t *image,
	const uint8_t *text)
{
	unsigned number = FIRST_OF_PAGES + p->n * OF_A_PAGE;
	uint64_t width = milli_points(p, head->width_px), height = milli_points(p, head->height_px);

	if (p->n == SEK_PDF_PAGES_MAX)
		return sek_fail(SEK_E_LIMIT);
	p->content_n = 0;
	/* a thousandth of a point inside the page: renderers that round outwards (poppler) then draw pixel on pixel at the page's own resolution */
	SEK_TRY(add(p, "q " POINTS " 0 0 " POINTS " 0.001 0.001 cm /P Do Q\n", POINTS_OF(width - 2), POINTS_OF(height - 2)));
	if (p->text)
		SEK_TRY(add_words(p, head, text));
	/* the four bytes say that the file is not text (7.5.2) */
	if (p->n == 0)
		SEK_TRY(say(p, "%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n"));
	p->pages[p->n] = (struct sek_pdf_page){ .bytes = head->image_bytes, .width_px = head->width_px, .height_px = head->height_px,
		.colours = head->colours, .form = (uint8_t)head->form, .bits = head->bits };
	SEK_TRY(begin_object(p, number));
	SEK_TRY(say_picture(p, head, palette, image));
	SEK_TRY(begin_object(p, number + 1));
	SEK_TRY(say(p, "<< /Length %zu >>\nstream\n", p->content_n));
	SEK_TRY(put(p, p->content, p->content_n));
	SEK_TRY(say(p, "endstream\nendobj\n"));
	SEK_TRY(begin_object(p, number + 2));
	SEK_TRY(say(p, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 " POINTS " " POINTS "] /Contents %u 0 R /Resources << /XObject << /P %u 0 R >>",
		TREE, POINTS_OF(width), POINTS_OF(height), number + 1, number));
	if (p->text)
		SEK_TRY(say(p, " /Font << /T %d 0 R >>", FONT));
	SEK_TRY(say(p, " >> >>\nendobj\n"));
	p->n++;
	return sek_ok();
}

/* --- the end --- */

/* 9.7: codes are UTF-16; the letters are never drawn, so no font program is there, and 9.10.3 says what each code means. */
static sek_status say_map(struct sek_pdf *p)
{
	static const char head[] = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) "
		"/Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n";
	static const char tail[] = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n";

	p->content_n = 0;
	SEK_TRY(add(p, "%s", head));
	for (unsigned i = 0; i < 256; i++) { /* a range may not cross a first byte, a block has at most 100 */
		if (i % 64 == 0)
			SEK_TRY(add(p, "64 beginbfrange\n"));
		SEK_TRY(add(p, "<%02X00> <%02XFF> <%02X00>\n", i, i, i));
		if (i % 64 == 63)
			SEK_TRY(add(p, "endbfrange\n"));
	}
	SEK_TRY(add(p, "%s", tail));
	SEK_TRY(say(p, "<< /Length %zu >>\nstream\n", p->content_n));
	SEK_TRY(put(p, p->content, p->content_n));
	return say(p, "endstream\nendobj\n");
}

static sek_status say_font(struct sek_pdf *p)
{
	static const char name[] = "Sekisho-Invisible";

	SEK_TRY(begin_object(p, FONT));
	SEK_TRY(say(p, "<< /Type /Font /Subtype /Type0 /BaseFont /%s-Identity-H /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>\n"
		"endobj\n", name, CID_FONT, TO_UNICODE));
	SEK_TRY(begin_object(p, CID_FONT));
	SEK_TRY(say(p, "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
		"/FontDescriptor %d 0 R /DW 1000 >>\nendobj\n", name, DESCRIPTOR));
	SEK_TRY(begin_object(p, DESCRIPTOR));
	SEK_TRY(say(p, "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [0 -200 1000 800] /ItalicAngle 0 /Ascent 800 /Descent -200 "
		"/CapHeight 700 /StemV 80 >>\nendobj\n", name));
	SEK_TRY(begin_object(p, TO_UNICODE));
	return say_map(p);
}

/* 7.5.4; what is not used stands there as free. */
static sek_status say_table(struct sek_pdf *p)
{
	unsigned size = FIRST_OF_PAGES + p->n * OF_A_PAGE;
	uint64_t at = p->at;

	SEK_TRY(say(p, "xref\n0 %u\n0000000000 65535 f \n", size));
	for (unsigned i = 1; i < size; i++)
		SEK_TRY(p->objects[i] ? say(p, "%010" PRIu64 " 00000 n \n", p->objects[i]) : say(p, "0000000000 65535 f \n"));
	return say(p, "trailer\n<< /Size %u /Root %d 0 R /Info %d 0 R >>\nstartxref\n%" PRIu64 "\n%%%%EOF\n", size, CATALOGUE, INFO, at);
}

sek_status sek_pdf_end(struct sek_pdf *p)
{
	if (p->n == 0)
		return sek_fail(SEK_E_LIMIT);
	if (p->text)
		SEK_TRY(say_font(p));
	SEK_TRY(begin_object(p, TREE));
	SEK_TRY(say(p, "<< /Type /Pages /Count %u /Kids [", p->n));
	for (unsigned i = 0; i < p->n; i++)
		SEK_TRY(say(p, "%s%u 0 R", i ? " " : "", FIRST_OF_PAGES + i * OF_A_PAGE + 2));
	SEK_TRY(say(p, "] >>\nendobj\n"));
	SEK_TRY(begin_object(p, CATALOGUE));
	SEK_TRY(say(p, "<< /Type /Catalog /Pages %d 0 R >>\nendobj\n", TREE));
	SEK_TRY(begin_object(p, INFO));
	SEK_TRY(say(p, "<< /Producer (Sekisho) >>\nendobj\n"));
	return say_table(p);
}
