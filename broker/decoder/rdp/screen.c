/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs in the jail. A bitmap that breaks a rule ends the session: the host is ours to leave.
 */
#include "broker/decoder/rdp/screen.h"

#include <string.h>

#include <freerdp/codec/color.h>
#include <freerdp/primitives.h>

#include "base/error.h"
#include "protocol/wire/wire.h"

enum { POINTER_SIDE_MAX_PX = 384 };

sek_status sek_rdp_screen_init(struct sek_rdp_screen *s, const struct sek_foreign *f)
{
	memset(s, 0, sizeof *s);
	s->f = f;
	primitives_set_hints(PRIMITIVES_ONLY_CPU); /* else it measures for a third of a second which of its ways are faster */
	s->planar = freerdp_bitmap_planar_context_new(0, SEK_RDP_SIDE_MAX_PX, SEK_RDP_SIDE_MAX_PX);
	s->interleaved = bitmap_interleaved_context_new(FALSE);
	return s->planar && s->interleaved ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

/* --- the picture --- */

/* [MS-RDPBCGR] 2.2.9.1.1.3.1.2.2: rows from the bottom up, each a multiple of four bytes. */
static bool unpack_plain(struct sek_rdp_screen *s, const BITMAP_DATA *b)
{
	uint32_t format = b->bitsPerPixel == 32 ? PIXEL_FORMAT_BGRX32 : b->bitsPerPixel == 24 ? PIXEL_FORMAT_BGR24 :
		b->bitsPerPixel == 16 ? PIXEL_FORMAT_RGB16 : b->bitsPerPixel == 15 ? PIXEL_FORMAT_RGB15 : 0;
	uint32_t row = (b->width * ((b->bitsPerPixel + 7) / 8) + 3) & ~3u;

	if (format == 0 || b->bitmapLength < (uint64_t)row * b->height)
		return false;
	return freerdp_image_copy((BYTE *)s->tile, PIXEL_FORMAT_BGRX32, b->width * 4, 0, 0, b->width, b->height, b->bitmapDataStream, format, row,
		0, 0, NULL, FREERDP_FLIP_VERTICAL);
}

static bool unpack(struct sek_rdp_screen *s, const BITMAP_DATA *b)
{
	if (b->width == 0 || b->height == 0 || b->width > SEK_RDP_SIDE_MAX_PX || b->height > SEK_RDP_SIDE_MAX_PX ||
	    b->width * b->height > SEK_RDP_TILE_MAX_PX || !b->bitmapDataStream)
		return false;
	if (!b->compressed)
		return unpack_plain(s, b);
	if (b->bitsPerPixel == 32)
		return planar_decompress(s->planar, b->bitmapDataStream, b->bitmapLength, b->width, b->height, (BYTE *)s->tile, PIXEL_FORMAT_BGRX32,
			b->width * 4, 0, 0, b->width, b->height, TRUE);
	if (b->bitsPerPixel != 24 && b->bitsPerPixel != 16 && b->bitsPerPixel != 15)
		return false;
	return interleaved_decompress(s->interleaved, b->bitmapDataStream, b->bitmapLength, b->width, b->height, b->bitsPerPixel, (BYTE *)s->tile,
		PIXEL_FORMAT_BGRX32, b->width * 4, 0, 0, b->width, b->height, NULL);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static BOOL on_bitmap(rdpContext *context, const BITMAP_UPDATE *u)
{
	struct sek_rdp_screen *s = sek_rdp_screen_of(context);
	uint32_t *to = sek_gap_writer_pixels(s->f->gap), stride = s->f->layout.stride_px;

	for (UINT32 i = 0; i < u->number; i++) {
		const BITMAP_DATA *b = &u->rectangles[i];
		uint32_t w, h;

		if (!unpack(s, b) || b->destLeft > b->destRight || b->destTop > b->destBottom)
			return FALSE;
		if (b->destLeft >= s->width_px || b->destTop >= s->height_px)
			continue;
		w = least(least(b->width, b->destRight - b->destLeft + 1), s->width_px - b->destLeft);
		h = least(least(b->height, b->destBottom - b->destTop + 1), s->height_px - b->destTop);
		if (!s->painting)
			sek_gap_writer_begin(s->f->gap, false);
		s->painting = true;
		for (uint32_t y = 0; y < h; y++)
			memcpy(to + (size_t)(b->destTop + y) * stride + b->destLeft, s->tile + (size_t)y * b->width, (size_t)w * 4);
		sek_gap_writer_damage(s->f->gap, (uint16_t)b->destLeft, (uint16_t)b->destTop, (uint16_t)w, (uint16_t)h);
	}
	return TRUE;
}

void sek_rdp_screen_size(struct sek_rdp_screen *s, uint32_t width, uint32_t height)
{
	const struct sek_gap_layout *g = &s->f->layout;

	if (width < SEK_WIDTH_MIN_PX || height < SEK_HEIGHT_MIN_PX || width > g->max_width_px || height > g->max_height_px)
		sek_foreign_leave(s->f, SEK_EXIT_SIZE);
	s->width_px = (uint16_t)width;
	s->height_px = (uint16_t)height;
	/* The reader is kept away until some of it has been painted: old pixels in a new size are no picture. */
	sek_gap_writer_begin(s->f->gap, true);
	sek_gap_writer_size(s->f->gap, s->width_px, s->height_px);
}

static BOOL on_resize(rdpContext *context)
{
	sek_rdp_screen_size(sek_rdp_screen_of(context), context->settings->DesktopWidth, context->settings->DesktopHeight);
	return TRUE;
}

void sek_rdp_screen_flush(struct sek_rdp_screen *s)
{
	if (s->painting) {
		sek_gap_writer_frame(s->f->gap);
		if (!s->shown)
			sek_gap_writer_state(s->f->gap, SEK_STATE_RUNNING, 0);
		s->shown = true;
	}
	if (s->painting || s->changed)
		sek_foreign_wake();
	s->painting = s->changed = false;
}

/* --- the pointer --- */

static void show(struct sek_rdp_screen *s, const struct sek_rdp_pointer *p)
{
	sek_gap_writer_cursor(s->f->gap, p->width_px, p->height_px, p->hot_x_px, p->hot_y_px, p->bgra);
	s->changed = true;
}

/* Where a window of at most SEK_CURSOR_MAX_PX begins that has the hot spot in it. */
static uint32_t first(uint32_t hot, uint32_t size)
{
	uint32_t from = hot > SEK_CURSOR_MAX_PX / 2 ? hot - SEK_CURSOR_MAX_PX / 2 : 0;

	return size <= SEK_CURSOR_MAX_PX ? 0 : least(from, size - SEK_CURSOR_MAX_PX);
}

static bool keep(struct sek_rdp_screen *s, uint32_t index, uint32_t width, uint32_t height, uint32_t hot_x, uint32_t hot_y,
	const uint8_t *xor_mask, uint32_t xor_bytes, const uint8_t *and_mask, uint32_t and_bytes, uint32_t bpp)
{
	static uint8_t image[POINTER_SIDE_MAX_PX * POINTER_SIDE_MAX_PX * 4];
	struct sek_rdp_pointer *p = &s->pointers[index % SEK_RDP_POINTERS];
	uint32_t x0, y0;

	if (index >= SEK_RDP_POINTERS || width > POINTER_SIDE_MAX_PX || height > POINTER_SIDE_MAX_PX)
		return false;
	memset(p, 0, sizeof *p);
	if (width == 0 || height == 0)
		return true;
	if (!freerdp_image_copy_from_pointer_data(image, PIXEL_FORMAT_BGRA32, width * 4, 0, 0, width, height, xor_mask, xor_bytes, and_mask,
			and_bytes, bpp, NULL))
		return false;
	hot_x = least(hot_x, width - 1);
	hot_y = least(hot_y, height - 1);
	x0 = first(hot_x, width);
	y0 = first(hot_y, height);
	p->width_px = (uint16_t)least(width, SEK_CURSOR_MAX_PX);
	p->height_px = (uint16_t)least(height, SEK_CURSOR_MAX_PX);
	p->hot_x_px = (uint16_t)least(hot_x - x0, p->width_px - 1u);
	p->hot_y_px = (uint16_t)least(hot_y - y0, p->height_px - 1u);
	for (uint32_t y = 0; y < p->height_px; y++)
		for (uint32_t x = 0; x < p->width_px; x++) {
			const uint8_t *from = image + ((size_t)(y0 + y) * width + x0 + x) * 4;
			uint8_t *to = p->bgra + ((size_t)y * p->width_px + x) * 4;

			for (int k = 0; k < 3; k++) /* premultiplied, as the gap wants it */
				to[k] = (uint8_t)(from[k] * from[3] / 255);
			to[3] = from[3];
		}
	return true;
}

static BOOL on_pointer_new(rdpContext *context, const POINTER_NEW_UPDATE *n)
{
	struct sek_rdp_screen *s = sek_rdp_screen_of(context);
	const POINTER_COLOR_UPDATE *c = &n->colorPtrAttr;

	if (!keep(s, c->cacheIndex, c->width, c->height, c->xPos, c->yPos, c->xorMaskData, c->lengthXorMask, c->andMaskData, c->lengthAndMask,
			n->xorBpp))
		return FALSE;
	show(s, &s->pointers[c->cacheIndex]);
	return TRUE;
}

static BOOL on_pointer_color(rdpContext *context, const POINTER_COLOR_UPDATE *c)
{
	const POINTER_NEW_UPDATE n = { .xorBpp = 24, .colorPtrAttr = *c };

	return on_pointer_new(context, &n);
}

static BOOL on_pointer_large(rdpContext *context, const POINTER_LARGE_UPDATE *l)
{
	struct sek_rdp_screen *s = sek_rdp_screen_of(context);

	if (!keep(s, l->cacheIndex, l->width, l->height, l->hotSpotX, l->hotSpotY, l->xorMaskData, l->lengthXorMask, l->andMaskData,
			l->lengthAndMask, l->xorBpp))
		return FALSE;
	show(s, &s->pointers[l->cacheIndex]);
	return TRUE;
}

static BOOL on_pointer_cached(rdpContext *context, const POINTER_CACHED_UPDATE *c)
{
	struct sek_rdp_screen *s = sek_rdp_screen_of(context);

	if (c->cacheIndex >= SEK_RDP_POINTERS)
		return FALSE;
	show(s, &s->pointers[c->cacheIndex]);
	return TRUE;
}

/* The host's own arrow: white with a black edge, a column of which begins at the hot spot. */
static BOOL on_pointer_system(rdpContext *context, const POINTER_SYSTEM_UPDATE *y)
{
	enum { ARROW_H = 17, ARROW_W = 12 };
	struct sek_rdp_screen *s = sek_rdp_screen_of(context);
	static struct sek_rdp_pointer arrow;

	memset(&arrow, 0, sizeof arrow);
	if (y->type != SYSPTR_NULL) {
		arrow.width_px = ARROW_W;
		arrow.height_px = ARROW_H;
		for (int row = 0; row < ARROW_H; row++)
			for (int x = 0; x <= row && x < ARROW_W && (row < ARROW_W || x < ARROW_H - row); x++) {
				bool edge = x == 0 || x == row || x == ARROW_W - 1 || (row >= ARROW_W && x == ARROW_H - row - 1);
				uint8_t *p = arrow.bgra + ((size_t)row * ARROW_W + (size_t)x) * 4;

				memset(p, edge ? 0 : 255, 3);
				p[3] = 255;
			}
	}
	show(s, &arrow);
	return TRUE;
}

static BOOL on_pointer_position(rdpContext *context, const POINTER_POSITION_UPDATE *p)
{
	(void)context;
	(void)p;
	return TRUE; /* the pointer is where its user has it */
}

/* What hosts say to any client, and to no effect here. The library takes a missing one for a refusal. */
static BOOL nothing_to_do(rdpContext *context)
{
	(void)context;
	return TRUE;
}

static BOOL no_sound(rdpContext *context, const PLAY_SOUND_UPDATE *u)
{
	(void)context;
	(void)u;
	return TRUE;
}

static BOOL no_lamps(rdpContext *context, UINT16 flags)
{
	(void)context;
	(void)flags;
	return TRUE;
}

static BOOL no_input_method(rdpContext *context, UINT16 unit, UINT32 state, UINT32 mode)
{
	(void)context;
	(void)unit;
	(void)state;
	(void)mode;
	return TRUE;
}

void sek_rdp_screen_attach(rdpUpdate *update)
{
	update->BeginPaint = update->EndPaint = update->Synchronize = nothing_to_do;
	update->PlaySound = no_sound;
	update->SetKeyboardIndicators = no_lamps;
	update->SetKeyboardImeStatus = no_input_method;
	update->BitmapUpdate = on_bitmap;
	update->DesktopResize = on_resize;
	update->pointer->PointerNew = on_pointer_new;
	update->pointer->PointerColor = on_pointer_color;
	update->pointer->PointerLarge = on_pointer_large;
	update->pointer->PointerCached = on_pointer_cached;
	update->pointer->PointerSystem = on_pointer_system;
	update->pointer->PointerPosition = on_pointer_position;
}
