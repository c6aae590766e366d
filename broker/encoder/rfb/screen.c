/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between two updates of the viewer the session may have made several frames: copies are kept in their order for as long as they are few,
 * everything else as a region that is read from the newest picture. The viewer's picture after the copies, with the region painted
 * over, is the session's: that holds after every step here.
 */
#include "broker/encoder/rfb/screen.h"

#include <stdlib.h>
#include <string.h>

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>

#include "base/error.h"

enum {
	COPIES_MAX = 64,    /* more of them between two updates are sent as pixels */
	RECTS_MAX = 400,    /* of one update; if the region has more, its bounds are sent */
	BAND_PX = 128,      /* rows of one rectangle: bounds what an encoder allocates */
	PIECE_PX = 128,     /* side of one that Tight never cuts further */
	QUALITY_NONE = -1,
};

struct copy {
	uint16_t sx, sy;
	struct sek_rect to;
};

struct sek_rfb_screen {
	struct sek_painter *painter;
	struct sek_picture picture;
	rfbScreenInfoPtr info; /* the library's own idea of the same memory */
	rfbClientPtr client;
	struct sek_rfb_wants wants;
	uint16_t viewer_width, viewer_height;
	sraRegionPtr changed;
	struct copy copies[COPIES_MAX];
	size_t n_copies;
};

sek_status sek_rfb_screen_create(int out_fd, struct sek_rfb_screen **ret)
{
	struct sek_rfb_screen *s = calloc(1, sizeof *s);
	rfbClientPtr client = calloc(1, sizeof *client);

	rfbLogEnable(FALSE);
	if (!s || !client)
		return sek_fail(SEK_E_NOMEM);
	s->painter = sek_painter_create();
	s->changed = sraRgnCreate();
	s->info = rfbGetScreen(NULL, NULL, 64, 64, 8, 3, 4);
	if (!s->painter || !s->changed || !s->info)
		return sek_fail(SEK_E_NOMEM);
	/* Pixels are B, G, R, X in memory: 24 of 32 bits, as ServerInit says. */
	s->info->serverFormat.depth = 24;
	s->info->serverFormat.redShift = 16;
	s->info->serverFormat.greenShift = 8;
	s->info->serverFormat.blueShift = 0;
	s->client = client;
	client->screen = client->scaledScreen = s->info;
	client->sock = out_fd;
	client->format = s->info->serverFormat;
	client->translateFn = rfbTranslateNone;
	client->tightQualityLevel = client->turboQualityLevel = QUALITY_NONE;
	client->tightCompressLevel = 1; /* of the line's bytes the most are saved by the coding itself; higher costs time */
	client->zlibCompressLevel = 1;
	client->tightEncoding = rfbEncodingTight;
	INIT_MUTEX(client->outputMutex);
	INIT_MUTEX(client->updateMutex);
	INIT_MUTEX(client->sendMutex);
	INIT_MUTEX(client->refCountMutex);
	s->wants = (struct sek_rfb_wants){ .quality = -1, .compression = -1 };
	*ret = s;
	return sek_ok();
}

/* --- what changes --- */

static sraRegionPtr region_of(struct sek_rect r)
{
	sraRegionPtr region = sraRgnCreateRect(r.x, r.y, r.x + r.w, r.y + r.h);

	SEK_ASSERT(region); /* a few dozen bytes */
	return region;
}

void sek_rfb_screen_touched(struct sek_rfb_screen *s, struct sek_rect r)
{
	sraRegionPtr region = region_of(r);

	sraRgnOr(s->changed, region);
	sraRgnDestroy(region);
}

static void forget_copies(struct sek_rfb_screen *s)
{
	for (size_t i = 0; i < s->n_copies; i++)
		sek_rfb_screen_touched(s, s->copies[i].to);
	s->n_copies = 0;
}

static void painted(void *user, struct sek_rect r)
{
	sek_rfb_screen_touched(user, r);
}

static bool in_viewer(const struct sek_rfb_screen *s, unsigned x, unsigned y, unsigned w, unsigned h)
{
	return x + w <= s->viewer_width && y + h <= s->viewer_height;
}

/* What was copied is, in the viewer, as changed as what it was copied from. */
static void copied(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	struct sek_rfb_screen *s = user;
	sraRegionPtr from, into;

	if (!s->wants.copy || s->n_copies == COPIES_MAX || !in_viewer(s, sx, sy, to.w, to.h) || !in_viewer(s, to.x, to.y, to.w, to.h)) {
		sek_rfb_screen_touched(s, to);
		return;
	}
	s->copies[s->n_copies++] = (struct copy){ sx, sy, to };
	from = region_of((struct sek_rect){ sx, sy, to.w, to.h });
	into = region_of(to);
	sraRgnAnd(from, s->changed);
	sraRgnOffset(from, to.x - sx, to.y - sy);
	sraRgnSubtract(s->changed, into);
	sraRgnOr(s->changed, from);
	sraRgnDestroy(from);
	sraRgnDestroy(into);
}

sek_status sek_rfb_screen_resize(struct sek_rfb_screen *s, uint16_t width_px, uint16_t height_px)
{
	uint32_t *px = calloc((size_t)width_px * height_px, sizeof *px);

	if (!px)
		return sek_fail(SEK_E_NOMEM);
	free(s->picture.px);
	s->picture = (struct sek_picture){ px, width_px, width_px, height_px };
	s->info->width = width_px;
	s->info->height = height_px;
	s->info->paddedWidthInBytes = width_px * (int)sizeof *px;
	s->info->frameBuffer = (char *)px;
	s->n_copies = 0;
	sek_rfb_screen_forget(s, 0, 0, UINT16_MAX, UINT16_MAX);
	return sek_ok();
}

sek_status sek_rfb_screen_paint(struct sek_rfb_screen *s, uint8_t flags, const void *payload, size_t n, uint32_t *ret_frame)
{
	if (s->picture.width_px == 0)
		return sek_fail(SEK_E_MALFORMED); /* SIZE comes before the first UPDATE */
	sek_painter_tell_copies(s->painter, copied);
	return sek_paint_update(s->painter, &s->picture, flags, payload, n, painted, s, ret_frame);
}

const struct sek_picture *sek_rfb_screen_picture(const struct sek_rfb_screen *s)
{
	return &s->picture;
}

/* --- what the viewer is --- */

sek_status sek_rfb_screen_format(struct sek_rfb_screen *s, const struct sek_rfb_format *f)
{
	s->client->format = (rfbPixelFormat){ .bitsPerPixel = f->bits, .depth = f->depth, .bigEndian = f->big_endian, .trueColour = 1,
		.redMax = f->red_max, .greenMax = f->green_max, .blueMax = f->blue_max, .redShift = f->red_shift,
		.greenShift = f->green_shift, .blueShift = f->blue_shift };
	/* the old table is freed by it; what was sent before may have been rounded */
	if (!rfbSetTranslateFunction(s->client))
		return sek_fail(SEK_E_NOMEM);
	sek_rfb_screen_forget(s, 0, 0, UINT16_MAX, UINT16_MAX);
	return sek_ok();
}

/* The library's own translation of TightVNC's ten levels into libjpeg's hundred. */
static const int jpeg_quality[10] = { 15, 29, 41, 42, 62, 77, 79, 86, 92, 100 };
static const int jpeg_subsampling[10] = { 1, 1, 1, 2, 2, 2, 0, 0, 0, 0 };

void sek_rfb_screen_wants(struct sek_rfb_screen *s, const struct sek_rfb_wants *w)
{
	rfbClientPtr c = s->client;

	s->wants = *w;
	if (!w->copy)
		forget_copies(s);
	c->enableLastRectEncoding = w->last_rect; /* then Tight cuts out what is of one colour */
	c->tightQualityLevel = w->quality;
	c->turboQualityLevel = w->quality < 0 ? QUALITY_NONE : jpeg_quality[w->quality];
	c->turboSubsampLevel = w->quality < 0 ? 0 : jpeg_subsampling[w->quality];
	c->tightCompressLevel = w->compression < 0 || w->compression > 2 ? 2 : w->compression;
	c->zlibCompressLevel = (uint32_t)c->tightCompressLevel;
	c->preferredEncoding = w->coding == SEK_RFB_TIGHT ? rfbEncodingTight : w->coding == SEK_RFB_ZRLE ? rfbEncodingZRLE : rfbEncodingRaw;
}

void sek_rfb_screen_viewer_size(struct sek_rfb_screen *s, uint16_t width_px, uint16_t height_px)
{
	s->viewer_width = width_px;
	s->viewer_height = height_px;
	s->n_copies = 0;
	sek_rfb_screen_forget(s, 0, 0, UINT16_MAX, UINT16_MAX);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* What both have; the picture may be smaller than the viewer's framebuffer for a moment, or larger for a viewer that cannot change. */
static struct sek_rect common(const struct sek_rfb_screen *s)
{
	return (struct sek_rect){ 0, 0, (uint16_t)least(s->viewer_width, s->picture.width_px),
		(uint16_t)least(s->viewer_height, s->picture.height_px) };
}

void sek_rfb_screen_forget(struct sek_rfb_screen *s, uint16_t x, uint16_t y, uint16_t w, uint16_t h)
{
	struct sek_rect all = common(s);

	forget_copies(s);
	if (x >= all.w || y >= all.h || w == 0 || h == 0)
		return;
	sek_rfb_screen_touched(s, (struct sek_rect){ x, y, (uint16_t)least(w, all.w - x), (uint16_t)least(h, all.h - y) });
}

/* --- to the viewer --- */

bool sek_rfb_screen_changed(const struct sek_rfb_screen *s)
{
	return s->n_copies > 0 || !sraRgnEmpty(s->changed);
}

/* Tight cuts rectangles by rules of its own; only a viewer that knows LastRect need not be told before how many there are. */
static bool is_uncounted(const struct sek_rfb_screen *s)
{
	return s->wants.coding == SEK_RFB_TIGHT && s->wants.last_rect && !sraRgnEmpty(s->changed);
}

/* Calls fn for each piece of each rectangle of the region; stops when it fails. */
static sek_status each(struct sek_rfb_screen *s, sek_status (*fn)(struct sek_rfb_screen *s, const sraRect *r, void *arg), void *arg)
{
	int most_w = s->wants.coding == SEK_RFB_TIGHT && !s->wants.last_rect ? PIECE_PX : UINT16_MAX;
	sraRectangleIterator *i = sraRgnGetIterator(s->changed);
	sek_status status = sek_ok();
	sraRect r;

	if (!i)
		return sek_fail(SEK_E_NOMEM);
	while (sek_is_ok(status) && sraRgnIteratorNext(i, &r)) {
		for (int y = r.y1; y < r.y2; y += BAND_PX) {
			for (int x = r.x1; x < r.x2 && sek_is_ok(status); x += most_w) {
				sraRect piece = { x, y, r.x2 - x < most_w ? r.x2 : x + most_w, r.y2 - y < BAND_PX ? r.y2 : y + BAND_PX };

				status = fn(s, &piece, arg);
			}
		}
	}
	sraRgnReleaseIterator(i);
	return status;
}

static sek_status add(struct sek_rfb_screen *s, const sraRect *r, void *arg)
{
	(void)s;
	(void)r;
	++*(unsigned *)arg;
	return sek_ok();
}

static sek_status send_rect(struct sek_rfb_screen *s, const sraRect *r, void *arg)
{
	int w = r->x2 - r->x1, h = r->y2 - r->y1;
	rfbClientPtr c = s->client;
	rfbBool ok;

	(void)arg;
	if (s->wants.coding == SEK_RFB_TIGHT)
		ok = rfbSendRectEncodingTight(c, r->x1, r->y1, w, h);
	else if (s->wants.coding == SEK_RFB_ZRLE)
		ok = rfbSendRectEncodingZRLE(c, r->x1, r->y1, w, h);
	else
		ok = rfbSendRectEncodingRaw(c, r->x1, r->y1, w, h);
	return ok ? sek_ok() : sek_fail(SEK_E_IO);
}

unsigned sek_rfb_screen_count(struct sek_rfb_screen *s)
{
	struct sek_rect all = common(s);
	sraRegionPtr in;
	unsigned n = 0;

	if (all.w == 0 || all.h == 0) {
		sraRgnMakeEmpty(s->changed);
		return 0;
	}
	in = region_of(all);
	sraRgnAnd(s->changed, in);
	sraRgnDestroy(in);
	if (sraRgnCountRects(s->changed) > RECTS_MAX) {
		in = sraRgnBBox(s->changed);
		sraRgnOr(s->changed, in);
		sraRgnDestroy(in);
	}
	if (is_uncounted(s))
		return SEK_RFB_UNCOUNTED;
	if (!sek_is_ok(each(s, add, &n)))
		return 0;
	return n + (unsigned)s->n_copies;
}

static sek_status send_copies(struct sek_rfb_screen *s)
{
	uint8_t bytes[16];
	struct sek_writer w;

	for (size_t i = 0; i < s->n_copies; i++) {
		const struct copy *c = &s->copies[i];

		sek_writer_init(&w, bytes, sizeof bytes);
		sek_write_u16(&w, c->to.x);
		sek_write_u16(&w, c->to.y);
		sek_write_u16(&w, c->to.w);
		sek_write_u16(&w, c->to.h);
		sek_write_u32(&w, rfbEncodingCopyRect);
		sek_write_u16(&w, c->sx);
		sek_write_u16(&w, c->sy);
		if (rfbWriteExact(s->client, (const char *)bytes, (int)w.len) < 0)
			return sek_fail(SEK_E_IO);
	}
	s->n_copies = 0;
	return sek_ok();
}

sek_status sek_rfb_screen_send(struct sek_rfb_screen *s)
{
	bool uncounted = is_uncounted(s);

	SEK_TRY(send_copies(s));
	SEK_TRY(each(s, send_rect, NULL));
	sraRgnMakeEmpty(s->changed);
	if (uncounted && !rfbSendLastRectMarker(s->client))
		return sek_fail(SEK_E_IO);
	return rfbSendUpdateBuf(s->client) ? sek_ok() : sek_fail(SEK_E_IO);
}

size_t sek_rfb_screen_pixel(const struct sek_rfb_screen *s, uint32_t bgrx, uint8_t to[4])
{
	rfbClientPtr c = s->client;

	c->translateFn(c->translateLookupTable, &s->info->serverFormat, &c->format, (char *)&bgrx, (char *)to, sizeof bgrx, 1, 1);
	return c->format.bitsPerPixel / 8u;
}
