/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hooks of the library. Runs in the jail; presumes that the library is no longer ours.
 */
#include "broker/decoder/vnc/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/wire/wire.h"

enum { GUARD_BYTES = 1 << 20, PAGE_BYTES = 4096 };
static int tag; /* its address names our data to the library */

static struct sek_vnc_screen *of(rfbClient *c)
{
	return rfbClientGetClientData(c, &tag);
}

/* New memory, its end right before a guard. */
static bool map(struct sek_vnc_screen *s, size_t bytes)
{
	size_t room = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES, total = room + 2 * (size_t)GUARD_BYTES;
	uint8_t *p = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	if (mprotect(p + GUARD_BYTES, room, PROT_READ | PROT_WRITE) < 0) {
		munmap(p, total);
		return false;
	}
	s->map = p;
	s->map_bytes = total;
	s->client->frameBuffer = p + GUARD_BYTES + room - bytes;
	return true;
}

static rfbBool on_size(rfbClient *c)
{
	struct sek_vnc_screen *s = of(c);
	const struct sek_gap_layout *g = &s->f->layout;
	int w = c->width, h = c->height;

	if (w < SEK_WIDTH_MIN_PX || h < SEK_HEIGHT_MIN_PX || w > g->max_width_px || h > g->max_height_px)
		sek_foreign_leave(s->f, SEK_EXIT_SIZE);
	if (s->map)
		munmap(s->map, s->map_bytes);
	s->map = NULL;
	if ((uint32_t)w == g->stride_px)
		c->frameBuffer = (uint8_t *)sek_gap_writer_pixels(s->f->gap);
	else if (!map(s, (size_t)w * (size_t)h * 4))
		sek_foreign_leave(s->f, SEK_EXIT_INTERNAL);
	s->fresh = true;
	s->width_px = (uint16_t)w;
	s->height_px = (uint16_t)h;
	c->updateRect.x = c->updateRect.y = 0;
	c->updateRect.w = w;
	c->updateRect.h = h;
	/* The reader is kept away until all of it has been painted: old pixels in a new size are no picture. */
	sek_gap_writer_begin(s->f->gap, true);
	sek_gap_writer_size(s->f->gap, s->width_px, s->height_px);
	return TRUE;
}

static int clamp(int v, int most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

static void on_rectangle(rfbClient *c, int x, int y, int w, int h)
{
	struct sek_vnc_screen *s = of(c);
	const struct sek_gap_layout *g = &s->f->layout;
	uint32_t *to = sek_gap_writer_pixels(s->f->gap);
	const uint8_t *from = s->map ? s->map + s->map_bytes - GUARD_BYTES - (size_t)s->width_px * s->height_px * 4 : NULL;

	x = clamp(x, s->width_px);
	y = clamp(y, s->height_px);
	w = clamp(w, s->width_px - x);
	h = clamp(h, s->height_px - y);
	if (w == 0 || h == 0)
		return;
	if (!s->painting)
		sek_gap_writer_begin(s->f->gap, false);
	s->painting = true;
	for (int row = y; from && row < y + h; row++)
		memcpy(to + (size_t)row * g->stride_px + (size_t)x, from + ((size_t)row * s->width_px + (size_t)x) * 4, (size_t)w * 4);
	sek_gap_writer_damage(s->f->gap, (uint16_t)x, (uint16_t)y, (uint16_t)w, (uint16_t)h);
}

static void on_finished(rfbClient *c)
{
	struct sek_vnc_screen *s = of(c);

	if (!s->painting)
		return;
	s->painting = false;
	sek_gap_writer_frame(s->f->gap);
	if (!s->shown)
		sek_gap_writer_state(s->f->gap, SEK_STATE_RUNNING, 0);
	s->shown = true;
	sek_foreign_wake();
}

/* Where a window of at most SEK_CURSOR_MAX_PX begins that has the hot spot in it. */
static int first(int hot, int size)
{
	int from = hot - SEK_CURSOR_MAX_PX / 2;

	return size <= SEK_CURSOR_MAX_PX ? 0 : clamp(from, size - SEK_CURSOR_MAX_PX);
}

static void on_cursor(rfbClient *c, int hot_x, int hot_y, int width, int height, int bytes)
{
	static uint8_t bgra[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX * 4];
	struct sek_vnc_screen *s = of(c);
	int x0 = first(hot_x, width), y0 = first(hot_y, height);
	int w = width < SEK_CURSOR_MAX_PX ? width : SEK_CURSOR_MAX_PX, h = height < SEK_CURSOR_MAX_PX ? height : SEK_CURSOR_MAX_PX;

	if (bytes != 4 || w <= 0 || h <= 0 || !c->rcSource || !c->rcMask)
		return;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			size_t at = (size_t)(y0 + y) * (size_t)width + (size_t)(x0 + x);
			uint8_t *p = bgra + ((size_t)y * (size_t)w + (size_t)x) * 4;

			memset(p, 0, 4);
			if (!c->rcMask[at])
				continue;
			memcpy(p, c->rcSource + at * 4, 3);
			p[3] = 255;
		}
	sek_gap_writer_cursor(s->f->gap, (uint16_t)w, (uint16_t)h, (uint16_t)clamp(hot_x - x0, w - 1), (uint16_t)clamp(hot_y - y0, h - 1), bgra);
	sek_foreign_wake();
}

static void say_nothing(const char *format, ...)
{
	(void)format;
}

struct sek_vnc_screen *sek_vnc_screen_create(const struct sek_foreign *f, uint16_t width, uint16_t height)
{
	struct sek_vnc_screen *s = calloc(1, sizeof *s);
	rfbClient *c = rfbGetClient(8, 3, 4);

	if (!s || !c)
		return NULL;
	rfbEnableClientLogging = FALSE; /* it would look for the time zone's file */
	rfbClientLog = rfbClientErr = say_nothing;
	s->f = f;
	s->client = c;
	rfbClientSetClientData(c, &tag, s);
	c->format.redShift = 16; /* BGRX, as in the gap */
	c->format.greenShift = 8;
	c->format.blueShift = 0;
	c->canHandleNewFBSize = TRUE;
	c->appData.useRemoteCursor = TRUE;
	c->MallocFrameBuffer = on_size;
	c->GotFrameBufferUpdate = on_rectangle;
	c->FinishedFrameBufferUpdate = on_finished;
	c->GotCursorShape = on_cursor;
	c->supportedMessages.client2server[rfbFramebufferUpdateRequest / 8] |= 1 << rfbFramebufferUpdateRequest % 8; /* all that it sends by itself */
	c->GetPassword = NULL; /* it would ask the terminal */
	c->major = 3;
	c->minor = 8;
	c->width = c->si.framebufferWidth = width;
	c->height = c->si.framebufferHeight = height;
	(void)on_size(c);
	return s;
}
