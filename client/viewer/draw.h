/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Drawing what the viewer itself has to say: rectangles and text into a picture with alpha, in device pixels. The letters are those
 * of protocol/font, smoothed to any size.
 */
#ifndef SEK_CLIENT_VIEWER_DRAW_H
#define SEK_CLIENT_VIEWER_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pixels: 0xAARRGGBB, not premultiplied. Not owned. */
struct draw {
	uint32_t *px;
	int w, h;
};

struct draw_box {
	int x, y, w, h;
};

void draw_clear(const struct draw *d, uint32_t argb);
/* Rounded by radius; what lies outside the picture is cut off. Opaque colours replace, others are blended. */
void draw_box(const struct draw *d, struct draw_box b, int radius, uint32_t argb);
/* Text of n bytes of UTF-8 (anything else is shown as U+FFFD) with its upper left corner at x, y; size: height in pixels. Returns its width. */
int draw_text(const struct draw *d, int x, int y, int size, uint32_t argb, const char *text, size_t n);
int draw_width(int size, const char *text, size_t n);
/* How many bytes of the text make one line that is at most width pixels wide (at least one character; the break itself, a space
 * or line feed, is counted too); *ret_shown: without the break. 0 at the end of the text. */
size_t draw_line(int size, int width, const char *text, size_t n, size_t *ret_shown);
/* Text in lines; returns the height that it takes, also with d NULL. */
int draw_lines(const struct draw *d, int x, int y, int width, int size, uint32_t argb, const char *text);
/* Height of a line. */
int draw_leading(int size);

#endif
