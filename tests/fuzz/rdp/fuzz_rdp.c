/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an RDP host says to the code that is ours, after the library has taken it apart: bitmaps and pointers (first byte even), and the clipboard's
 * channel (odd). The library's own reading is attacked from outside (rdp_fuzz).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/decoder/rdp/clip.h"
#include "broker/decoder/rdp/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sek_foreign foreign;
static struct sek_rdp_screen screen;
static rdpPointerUpdate pointers;
static rdpUpdate update = { .pointer = &pointers };
static rdpContext context;

/* In the place of session.c's. */
struct sek_rdp_screen *sek_rdp_screen_of(rdpContext *c)
{
	(void)c;
	return &screen;
}

struct input {
	const uint8_t *p;
	size_t left;
};

static uint32_t number(struct input *in, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes && in->left > 0; i++, in->p++, in->left--)
		v |= (uint32_t)*in->p << (8 * i);
	return v;
}

/* A copy of its own, so that a byte too far is seen. */
static uint8_t *copy(struct input *in, size_t n, uint32_t *ret_n)
{
	uint8_t *bytes;

	n = n < in->left ? n : in->left;
	bytes = malloc(n);
	if (!bytes)
		abort();
	memcpy(bytes, in->p, n);
	in->p += n;
	in->left -= n;
	*ret_n = (uint32_t)n;
	return bytes;
}

static void prepare(void)
{
	int rw, ro, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, SEK_DECODER_WAKE_FD) < 0 || !sek_is_ok(sek_gap_layout_init(&foreign.layout, 1280, 800)) ||
	    !sek_is_ok(sek_gap_create(&foreign.layout, &rw, &ro)) || !sek_is_ok(sek_gap_writer_open(rw, &foreign.layout, &foreign.gap)) ||
	    !sek_is_ok(sek_rdp_screen_init(&screen, &foreign)))
		abort();
	sek_rdp_screen_attach(&update);
	sek_rdp_screen_size(&screen, 640, 480);
}

static bool bitmap(struct input *in)
{
	BITMAP_DATA b = { .destLeft = number(in, 2), .destTop = number(in, 2), .destRight = number(in, 2), .destBottom = number(in, 2),
		.width = number(in, 2), .height = number(in, 2), .bitsPerPixel = number(in, 1) };
	BITMAP_UPDATE u = { .number = 1, .rectangles = &b };
	bool well;

	b.compressed = number(in, 1) & 1;
	b.bitmapDataStream = copy(in, number(in, 2), &b.bitmapLength);
	well = update.BitmapUpdate(&context, &u);
	free(b.bitmapDataStream);
	return well;
}

static bool pointer(struct input *in, unsigned kind)
{
	POINTER_NEW_UPDATE n = { .xorBpp = number(in, 1) };
	POINTER_COLOR_UPDATE *c = &n.colorPtrAttr;
	POINTER_LARGE_UPDATE l;
	bool well;

	c->cacheIndex = number(in, 2);
	c->xPos = (UINT16)number(in, 2);
	c->yPos = (UINT16)number(in, 2);
	c->width = number(in, 2);
	c->height = number(in, 2);
	c->andMaskData = copy(in, number(in, 2), &c->lengthAndMask);
	c->xorMaskData = copy(in, number(in, 2), &c->lengthXorMask);
	l = (POINTER_LARGE_UPDATE){ .xorBpp = (UINT16)n.xorBpp, .cacheIndex = (UINT16)c->cacheIndex, .hotSpotX = (UINT16)c->xPos,
		.hotSpotY = (UINT16)c->yPos, .width = (UINT16)c->width, .height = (UINT16)c->height, .lengthAndMask = c->lengthAndMask,
		.lengthXorMask = c->lengthXorMask, .xorMaskData = c->xorMaskData, .andMaskData = c->andMaskData };
	well = kind == 0 ? pointers.PointerNew(&context, &n) : kind == 1 ? pointers.PointerColor(&context, c) : pointers.PointerLarge(&context, &l);
	free(c->andMaskData);
	free(c->xorMaskData);
	for (int i = 0; i < SEK_RDP_POINTERS; i++) {
		const struct sek_rdp_pointer *p = &screen.pointers[i];

		if (p->width_px > SEK_CURSOR_MAX_PX || p->height_px > SEK_CURSOR_MAX_PX || (p->width_px && p->hot_x_px >= p->width_px))
			abort();
	}
	return well;
}

static void draw(struct input *in)
{
	bool well = true;

	while (well && in->left > 0) {
		uint32_t kind = number(in, 1) % 8;

		if (kind < 4)
			well = bitmap(in);
		else if (kind < 7)
			well = pointer(in, kind - 4);
		else
			well = pointers.PointerCached(&context, &(POINTER_CACHED_UPDATE){ .cacheIndex = number(in, 2) });
	}
	sek_rdp_screen_flush(&screen);
}

static void forget(void *user, const uint8_t *message, size_t n)
{
	volatile uint8_t last = n > 0 ? message[n - 1] : 0;

	(void)user;
	(void)last;
}

static void copied(struct input *in)
{
	static struct sek_foreign_clipboard clipboard;
	static struct sek_rdp_clip clip;
	int pipes[2];

	if (!clip.in && (!sek_is_ok(sek_foreign_clipboard_init(&clipboard, -1)) || !sek_is_ok(sek_rdp_clip_init(&clip, &clipboard, forget, NULL))))
		abort();
	if (pipe2(pipes, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	clipboard.pipe_fd = pipes[1];
	clipboard.n = clipboard.sent = 0;
	clip.ready = clip.long_names = clip.asked = clip.told = false;
	clip.in_total = clip.in_n = clip.paste_n = 0;
	sek_rdp_clip_outwards(&clip, true);
	while (in->left > 0) {
		uint32_t flags = number(in, 1), total = flags & 0x80 ? number(in, 4) : 0, n;
		uint8_t *bytes = copy(in, number(in, 2), &n);

		if (flags & 4)
			sek_rdp_clip_paste(&clip, bytes, n);
		if (flags & 8)
			clip.asked = true;
		if (!sek_rdp_clip_take(&clip, bytes, n, flags & 3, flags & 0x80 ? total : n))
			in->left = 0;
		free(bytes);
	}
	close(pipes[0]);
	if (clipboard.pipe_fd >= 0)
		close(clipboard.pipe_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data + 1, size - 1 };

	if (size < 1)
		return 0;
	if (!foreign.gap)
		prepare();
	if (data[0] & 1)
		copied(&in);
	else
		draw(&in);
	return 0;
}
