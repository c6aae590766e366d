/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Header of the framebuffer file, and its mapping. Must never trust a number of the header before it was compared with
 * the size of the file: the mapping is as long as the file was, and every pixel that is read later lies inside it.
 */
#include "render-host/capture/xwd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "protocol/wire/wire.h"

enum {
	XWD_VERSION = 7,
	XWD_ZPIXMAP = 2,
	XWD_DEPTH = 24,
	XWD_LSB_FIRST = 0,
	XWD_COLOUR_BYTES = 12,
	XWD_COLOURS_MAX = 4096,
	XWD_NAME_MAX_BYTES = 4096, /* the window's name after the header */
};

/* The header's words in their order (X11/XWDFile.h). */
enum {
	HEADER_SIZE, FILE_VERSION, PIXMAP_FORMAT, PIXMAP_DEPTH, PIXMAP_WIDTH, PIXMAP_HEIGHT, X_OFFSET, BYTE_ORDER,
	BITMAP_UNIT, BITMAP_BIT_ORDER, BITMAP_PAD, BITS_PER_PIXEL, BYTES_PER_LINE, VISUAL_CLASS, RED_MASK, GREEN_MASK,
	BLUE_MASK, BITS_PER_RGB, COLOURMAP_ENTRIES, NCOLORS, WINDOW_WIDTH, WINDOW_HEIGHT, WINDOW_X, WINDOW_Y,
	WINDOW_BORDER, WORDS
};

_Static_assert(WORDS * 4 == SEK_XWD_HEADER_BYTES, "XWD header");

static bool form_is_ours(const uint32_t h[WORDS])
{
	return h[FILE_VERSION] == XWD_VERSION && h[PIXMAP_FORMAT] == XWD_ZPIXMAP && h[PIXMAP_DEPTH] == XWD_DEPTH &&
		h[BITS_PER_PIXEL] == 32 && h[BYTE_ORDER] == XWD_LSB_FIRST && h[X_OFFSET] == 0 &&
		h[RED_MASK] == 0xff0000 && h[GREEN_MASK] == 0xff00 && h[BLUE_MASK] == 0xff;
}

sek_status sek_xwd_parse(const void *bytes, size_t n, uint64_t file_bytes, struct sek_xwd *ret)
{
	uint32_t h[WORDS];
	struct sek_reader r;
	uint64_t offset;

	sek_reader_init(&r, bytes, n);
	for (int i = 0; i < WORDS; i++)
		SEK_TRY(sek_read_u32(&r, &h[i]));
	if (!form_is_ours(h))
		return sek_fail(SEK_E_MALFORMED);
	if (h[HEADER_SIZE] < SEK_XWD_HEADER_BYTES || h[HEADER_SIZE] > SEK_XWD_HEADER_BYTES + XWD_NAME_MAX_BYTES ||
	    h[NCOLORS] > XWD_COLOURS_MAX)
		return sek_fail(SEK_E_MALFORMED);
	if (h[PIXMAP_WIDTH] < 1 || h[PIXMAP_WIDTH] > SEK_WIDTH_MAX_PX || h[PIXMAP_HEIGHT] < 1 ||
	    h[PIXMAP_HEIGHT] > SEK_HEIGHT_MAX_PX)
		return sek_fail(SEK_E_MALFORMED);
	/* a row of padding beyond twice the widest picture is no X server's */
	if (h[BYTES_PER_LINE] % 4 || h[BYTES_PER_LINE] / 4 < h[PIXMAP_WIDTH] ||
	    h[BYTES_PER_LINE] / 4 > 2 * SEK_WIDTH_MAX_PX)
		return sek_fail(SEK_E_MALFORMED);
	offset = (uint64_t)h[HEADER_SIZE] + (uint64_t)h[NCOLORS] * XWD_COLOUR_BYTES;
	if (offset % 4 || offset + (uint64_t)h[BYTES_PER_LINE] * h[PIXMAP_HEIGHT] > file_bytes)
		return sek_fail(SEK_E_MALFORMED);

	ret->width_px = (uint16_t)h[PIXMAP_WIDTH];
	ret->height_px = (uint16_t)h[PIXMAP_HEIGHT];
	ret->stride_px = h[BYTES_PER_LINE] / 4;
	ret->pixels_offset = (size_t)offset;
	return sek_ok();
}

static sek_status map_file(int fd, struct sek_framebuffer *ret)
{
	struct sek_xwd xwd;
	struct stat st;
	sek_status s;
	void *map;

	if (fstat(fd, &st) < 0)
		return sek_from_errno();
	if (!S_ISREG(st.st_mode) || st.st_size < SEK_XWD_HEADER_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return sek_from_errno();
	s = sek_xwd_parse(map, (size_t)st.st_size, (uint64_t)st.st_size, &xwd);
	if (!sek_is_ok(s)) {
		munmap(map, (size_t)st.st_size);
		return s;
	}
	ret->map = map;
	ret->map_bytes = (size_t)st.st_size;
	ret->px = (const uint32_t *)(const void *)((const char *)map + xwd.pixels_offset);
	ret->xwd = xwd;
	return sek_ok();
}

sek_status sek_framebuffer_open(const char *path, struct sek_framebuffer *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	sek_status s;

	if (fd < 0)
		return sek_from_errno();
	s = map_file(fd, ret);
	close(fd);
	return s;
}

void sek_framebuffer_finish(struct sek_framebuffer *fb)
{
	if (!fb || !fb->map)
		return;
	munmap(fb->map, fb->map_bytes);
	*fb = (struct sek_framebuffer){ .map = NULL };
}
