/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See ocr.h. Web text is about 16 pixels high and tesseract was taught with 30: pictures are read in grey and twice their size.
 * What tesseract has to say of a picture goes to stderr, which the caller shuts: a debug_file would be opened at the first word
 * only, long after files could be opened.
 */
#include "broker/ocr/ocr.h"

#include <stdlib.h>
#include <string.h>

#include <leptonica/allheaders.h>
#include <tesseract/capi.h>

#include "base/error.h"
#include "base/utf8.h"

enum { SCALE = 2, DPI = 192 };

struct sek_ocr {
	TessBaseAPI *api;
};

sek_status sek_ocr_create(const char *languages, struct sek_ocr **ret)
{
	struct sek_ocr *o = calloc(1, sizeof *o);

	if (!o)
		return sek_fail(SEK_E_NOMEM);
	setMsgSeverity(L_SEVERITY_NONE);
	o->api = TessBaseAPICreate();
	if (!o->api || TessBaseAPIInit2(o->api, NULL, languages, OEM_LSTM_ONLY) != 0) {
		sek_ocr_destroy(o);
		return sek_fail(SEK_E_NOT_FOUND);
	}
	/* Sauvola's: one threshold for the whole picture loses the text on coloured ground */
	TessBaseAPISetVariable(o->api, "thresholding_method", "2");
	TessBaseAPISetPageSegMode(o->api, PSM_AUTO);
	*ret = o;
	return sek_ok();
}

void sek_ocr_destroy(struct sek_ocr *o)
{
	if (!o)
		return;
	if (o->api)
		TessBaseAPIDelete(o->api);
	free(o);
}

/* Letters of scripts that put no blanks between words. */
static bool is_dense(uint32_t c)
{
	return (c >= 0x3000 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff00 && c <= 0xff9f);
}

static void close_up(char *text)
{
	const uint8_t *from = (const uint8_t *)text;
	size_t n = strlen(text), at = 0, to = 0;
	bool dense = false;

	while (at < n) {
		uint32_t c, next = 0;
		size_t k = sek_utf8_next(from + at, n - at, &c);

		if (k == 0) { /* not a letter at all */
			at++;
			continue;
		}
		if (c == ' ' && at + 1 < n)
			sek_utf8_next(from + at + 1, n - at - 1, &next);
		if (c != ' ' ? c >= 0x20 || c == '\n' : !dense || !is_dense(next)) {
			memmove(text + to, text + at, k);
			to += k;
		}
		if (c != ' ')
			dense = is_dense(c);
		at += k;
	}
	text[to] = '\0';
}

static PIX *grey(const struct sek_picture *pic, struct sek_rect r)
{
	PIX *small = pixCreate(r.w, r.h, 8);

	if (!small)
		return NULL;
	for (uint32_t y = 0; y < r.h; y++) {
		const uint32_t *from = pic->px + (size_t)(r.y + y) * pic->stride_px + r.x;
		uint32_t *line = pixGetData(small) + (size_t)y * (size_t)pixGetWpl(small);

		for (uint32_t x = 0; x < r.w; x++) {
			uint32_t p = from[x];

			SET_DATA_BYTE(line, x, (uint8_t)((77 * (p >> 16 & 255) + 150 * (p >> 8 & 255) + 29 * (p & 255)) >> 8));
		}
	}
	return small;
}

static PIX *grey_and_large(const struct sek_picture *pic, struct sek_rect r)
{
	PIX *small = grey(pic, r), *large = small ? pixScale(small, SCALE, SCALE) : NULL;

	pixDestroy(&small);
	return large;
}

sek_status sek_ocr_read(struct sek_ocr *o, const struct sek_picture *pic, struct sek_rect r, char **ret_text)
{
	PIX *pix = grey_and_large(pic, r);
	char *text;

	if (!pix)
		return sek_fail(SEK_E_NOMEM);
	TessBaseAPISetImage2(o->api, pix);
	TessBaseAPISetSourceResolution(o->api, DPI);
	text = TessBaseAPIGetUTF8Text(o->api);
	TessBaseAPIClear(o->api);
	pixDestroy(&pix);
	*ret_text = strdup(text ? text : "");
	TessDeleteText(text);
	if (!*ret_text)
		return sek_fail(SEK_E_NOMEM);
	close_up(*ret_text);
	return sek_ok();
}

/* One line without what ends it; its length. */
static size_t one_line(char *text)
{
	size_t n;

	close_up(text);
	for (n = 0; text[n] && text[n] != '\n'; n++)
		;
	while (n > 0 && text[n - 1] == ' ')
		n--;
	return n;
}

static void tell(const struct sek_picture *pic, TessResultIterator *at, sek_ocr_line_fn *fn, void *ctx)
{
	const TessPageIterator *where = TessResultIteratorGetPageIteratorConst(at);
	int x, y, right, bottom;
	char *text = TessResultIteratorGetUTF8Text(at, RIL_TEXTLINE);
	size_t n = text ? one_line(text) : 0;

	if (n > 0 && TessPageIteratorBoundingBox(where, RIL_TEXTLINE, &x, &y, &right, &bottom) && x >= 0 && y >= 0 && x < right && y < bottom &&
	    right <= pic->width_px && bottom <= pic->height_px)
		fn(ctx, (struct sek_rect){ (uint16_t)x, (uint16_t)y, (uint16_t)(right - x), (uint16_t)(bottom - y) }, text, n);
	TessDeleteText(text);
}

sek_status sek_ocr_lines(struct sek_ocr *o, const struct sek_picture *pic, int dpi, sek_ocr_line_fn *fn, void *ctx)
{
	PIX *pix = grey(pic, (struct sek_rect){ 0, 0, pic->width_px, pic->height_px });
	TessResultIterator *at;

	if (!pix)
		return sek_fail(SEK_E_NOMEM);
	TessBaseAPISetImage2(o->api, pix);
	TessBaseAPISetSourceResolution(o->api, dpi);
	at = TessBaseAPIRecognize(o->api, NULL) == 0 ? TessBaseAPIGetIterator(o->api) : NULL;
	if (at) {
		do
			tell(pic, at, fn, ctx);
		while (TessResultIteratorNext(at, RIL_TEXTLINE));
		TessResultIteratorDelete(at);
	}
	TessBaseAPIClear(o->api);
	pixDestroy(&pix);
	return sek_ok(); /* a page on which nothing was found is a page */
}
