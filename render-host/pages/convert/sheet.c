/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The layout of texts and pictures with cairo. The only font is opened before the jail is entered, and no library is asked to
 * find another.
 */
#include "render-host/pages/convert/sheet.h"

#include <cairo-ft.h>
#include <cairo-pdf.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_ADVANCES_H
#include FT_FREETYPE_H
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"

#define FONT_FAMILY "Noto Sans Mono CJK JP"
#define PAGE_WIDTH_PT 595.0 /* A4 */
#define PAGE_HEIGHT_PT 842.0
#define MARGIN_PT 42.0
#define FONT_PT 10.0
#define LINE_PT 13.0
#define PICTURE_MARGIN_PT 14.0
#define PT_OF_PX 0.75 /* a small picture is shown at 96 dots an inch */

enum { GETA = 0x3013, TAB_COLUMNS = 8, RUN_GLYPHS = 256, LINES_MAX_A_PAGE = 58 };

struct sek_sheet {
	cairo_surface_t *surface;
	cairo_t *c;
	cairo_font_face_t *face;
	int fd;
	unsigned pages, most;
	unsigned line;   /* on this page */
	bool open;       /* a page is begun */
	double x;
	bool write_failed, too_many;
	size_t run;
	cairo_glyph_t glyphs[RUN_GLYPHS];
	/* what the glyphs mean, for who searches or copies in the PDF */
	cairo_text_cluster_t clusters[RUN_GLYPHS];
	char text[4 * RUN_GLYPHS];
	size_t text_n;
};

static FT_Library library;
static FT_Face font;

bool sek_sheet_init(void)
{
	FcPattern *wanted = FcPatternCreate(), *found = NULL;
	FcResult result;
	FcChar8 *path = NULL;
	int index = 0;
	bool ok = false;

	if (font)
		return true;
	if (!wanted)
		return false;
	FcPatternAddString(wanted, FC_FAMILY, (const FcChar8 *)FONT_FAMILY);
	FcPatternAddString(wanted, FC_LANG, (const FcChar8 *)"ja");
	FcPatternAddInteger(wanted, FC_SPACING, FC_DUAL);
	FcPatternAddBool(wanted, FC_SCALABLE, FcTrue);
	FcConfigSubstitute(NULL, wanted, FcMatchPattern);
	FcDefaultSubstitute(wanted);
	found = FcFontMatch(NULL, wanted, &result);
	if (found && FcPatternGetString(found, FC_FILE, 0, &path) == FcResultMatch) {
		(void)FcPatternGetInteger(found, FC_INDEX, 0, &index);
		ok = FT_Init_FreeType(&library) == 0 && FT_New_Face(library, (const char *)path, index & 0xffff, &font) == 0 &&
			FT_Select_Charmap(font, FT_ENCODING_UNICODE) == 0;
	}
	if (found)
		FcPatternDestroy(found);
	FcPatternDestroy(wanted);
	return ok;
}

static cairo_status_t write_out(void *data, const unsigned char *bytes, unsigned n)
{
	struct sek_sheet *s = data;

	s->write_failed = s->write_failed || !sek_is_ok(sek_file_put(s->fd, bytes, n));
	return s->write_failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

struct sek_sheet *sek_sheet_create(int fd, unsigned pages)
{
	struct sek_sheet *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->fd = fd;
	s->most = pages;
	s->surface = cairo_pdf_surface_create_for_stream(write_out, s, PAGE_WIDTH_PT, PAGE_HEIGHT_PT);
	s->c = cairo_create(s->surface);
	s->face = font ? cairo_ft_font_face_create_for_ft_face(font, 0) : NULL;
	if (s->face)
		cairo_set_font_face(s->c, s->face);
	cairo_set_font_size(s->c, FONT_PT);
	return s;
}

bool sek_sheet_wants_more(const struct sek_sheet *s)
{
	return !s->too_many && !s->write_failed;
}

static void flush_run(struct sek_sheet *s)
{
	if (s->run > 0)
		cairo_show_text_glyphs(s->c, s->text, (int)s->text_n, s->glyphs, (int)s->run, s->clusters, (int)s->run, 0);
	s->run = 0;
	s->text_n = 0;
}

static void end_page(struct sek_sheet *s)
{
	flush_run(s);
	if (s->open)
		cairo_show_page(s->c);
	s->open = false;
	s->line = 0;
	s->x = 0;
}

static bool begin_page(struct sek_sheet *s, double width, double height)
{
	if (s->open)
		return true;
	if (s->pages == s->most)
		s->too_many = true;
	if (!sek_sheet_wants_more(s))
		return false;
	s->pages++;
	s->open = true;
	cairo_pdf_surface_set_size(s->surface, width, height);
	return true;
}

static void end_line(struct sek_sheet *s)
{
	/* an empty line also takes room, but begins no page that nothing else stands on */
	s->x = 0;
	if (++s->line >= LINES_MAX_A_PAGE)
		end_page(s);
}

/* A character of n bytes. */
static void put(struct sek_sheet *s, uint32_t code, const uint8_t *bytes, size_t n)
{
	FT_UInt glyph = FT_Get_Char_Index(font, code);
	FT_Fixed units = 0;
	double advance;

	if (!glyph)
		glyph = FT_Get_Char_Index(font, GETA);
	if (FT_Get_Advance(font, glyph, FT_LOAD_NO_SCALE, &units) != 0)
		units = font->units_per_EM;
	advance = (double)units * FONT_PT / font->units_per_EM;
	if (s->x > 0 && s->x + advance > PAGE_WIDTH_PT - 2 * MARGIN_PT + 0.01)
		end_line(s);
	if (!begin_page(s, PAGE_WIDTH_PT, PAGE_HEIGHT_PT))
		return;
	if (s->run == RUN_GLYPHS)
		flush_run(s);
	s->clusters[s->run] = (cairo_text_cluster_t){ (int)n, 1 };
	memcpy(s->text + s->text_n, bytes, n);
	s->text_n += n;
	s->glyphs[s->run++] = (cairo_glyph_t){ glyph, MARGIN_PT + s->x, MARGIN_PT + LINE_PT * (s->line + 1) };
	s->x += advance;
}

void sek_sheet_text(struct sek_sheet *s, const char *text, size_t n)
{
	const uint8_t *u = (const uint8_t *)text;
	double tab = TAB_COLUMNS * FONT_PT / 2;

	if (!font)
		return;
	for (size_t i = 0, k; i < n && sek_sheet_wants_more(s); i += k) {
		uint32_t c;

		k = sek_utf8_next(u + i, n - i, &c);
		if (k == 0) {
			k = 1;
			c = 0xfffd;
		}
		if (c == '\n')
			end_line(s);
		else if (c == '\f')
			end_page(s);
		else if (c == '\t')
			s->x = ((double)(int)(s->x / tab + 0.001) + 1) * tab;
		else if (!sek_utf8_is_unsafe(c))
			put(s, c, c == 0xfffd ? (const uint8_t *)"\xef\xbf\xbd" : u + i, c == 0xfffd ? 3 : k);
	}
}

void sek_sheet_rule(struct sek_sheet *s)
{
	double y = MARGIN_PT + LINE_PT * (s->line + 0.6);

	if (!begin_page(s, PAGE_WIDTH_PT, PAGE_HEIGHT_PT))
		return;
	cairo_set_line_width(s->c, 0.5);
	cairo_move_to(s->c, MARGIN_PT, y);
	cairo_line_to(s->c, PAGE_WIDTH_PT - MARGIN_PT, y);
	cairo_stroke(s->c);
	end_line(s);
}

/* Exif's eight ways to hold a camera, as a matrix on a picture of w * h (before it is turned). */
static void turn_matrix(cairo_matrix_t *m, unsigned turn, double w, double h)
{
	static const double ways[9][6] = {
		{ 1, 0, 0, 1, 0, 0 },  { 1, 0, 0, 1, 0, 0 },  { -1, 0, 0, 1, 1, 0 }, { -1, 0, 0, -1, 1, 1 }, { 1, 0, 0, -1, 0, 1 },
		{ 0, 1, 1, 0, 0, 0 }, { 0, 1, -1, 0, 1, 0 }, { 0, -1, -1, 0, 1, 1 }, { 0, -1, 1, 0, 0, 1 },
	};
	const double *t = ways[turn <= 8 ? turn : 1];
	bool sideways = turn >= 5 && turn <= 8;

	cairo_matrix_init(m, t[0], t[1], t[2], t[3], t[4] * (sideways ? h : w), t[5] * (sideways ? w : h));
}

bool sek_sheet_picture(struct sek_sheet *s, const uint32_t *pixels, unsigned width, unsigned height, unsigned turn)
{
	bool sideways = turn >= 5 && turn <= 8;
	double w = sideways ? height : width, h = sideways ? width : height, scale;
	double page_w = w > h ? PAGE_HEIGHT_PT : PAGE_WIDTH_PT, page_h = w > h ? PAGE_WIDTH_PT : PAGE_HEIGHT_PT;
	cairo_surface_t *image;
	cairo_matrix_t m;

	end_page(s);
	if (!begin_page(s, page_w, page_h))
		return true;
	image = cairo_image_surface_create_for_data((unsigned char *)(uintptr_t)pixels, CAIRO_FORMAT_RGB24, (int)width,
		(int)height, (int)width * 4);
	if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(image);
		return false;
	}
	scale = (page_w - 2 * PICTURE_MARGIN_PT) / w;
	if (scale > (page_h - 2 * PICTURE_MARGIN_PT) / h)
		scale = (page_h - 2 * PICTURE_MARGIN_PT) / h;
	if (scale > PT_OF_PX)
		scale = PT_OF_PX;
	cairo_save(s->c);
	cairo_translate(s->c, (page_w - w * scale) / 2, (page_h - h * scale) / 2);
	cairo_scale(s->c, scale, scale);
	turn_matrix(&m, turn, width, height);
	cairo_transform(s->c, &m);
	cairo_set_source_surface(s->c, image, 0, 0);
	cairo_paint(s->c);
	cairo_restore(s->c);
	cairo_set_source_rgb(s->c, 0, 0, 0);
	end_page(s); /* the pixels are read here, at the latest */
	cairo_surface_finish(image);
	cairo_surface_destroy(image);
	return true;
}

enum sek_convert_reason sek_sheet_finish(struct sek_sheet *s)
{
	enum sek_convert_reason r = SEK_CONVERT_DONE;
	cairo_status_t status;

	end_page(s);
	/* a text of nothing but blank lines is an empty page */
	if (s->pages == 0 && begin_page(s, PAGE_WIDTH_PT, PAGE_HEIGHT_PT))
		end_page(s);
	cairo_destroy(s->c);
	cairo_surface_finish(s->surface);
	status = cairo_surface_status(s->surface);
	if (s->too_many)
		r = SEK_CONVERT_PAGES;
	else if (s->write_failed || status == CAIRO_STATUS_NO_MEMORY)
		r = SEK_CONVERT_LARGE;
	else if (status != CAIRO_STATUS_SUCCESS)
		r = SEK_CONVERT_DIED;
	cairo_surface_destroy(s->surface);
	if (s->face)
		cairo_font_face_destroy(s->face);
	free(s);
	return r;
}
