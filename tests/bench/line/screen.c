/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is on the screen of the line bench: a recorded sequence, played at its own pace again and again in a window as large
 * as the screen; in its corner a marker (marker.h) that counts the keys which the window was given.
 *   line_screen FILE.rseq      on $DISPLAY; prints "ready" once it plays and has the keys
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xcb/xcb.h>

#include "client/load/synthetic/rseq.h"
#include "tests/bench/line/marker.h"

static xcb_connection_t *x;
static xcb_window_t window;
static xcb_gcontext_t gc;
static struct sek_picture picture;
static uint32_t *packed; /* a rectangle of it, rows together */
static unsigned keys;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void put(struct sek_rect r)
{
	size_t rows = 4 * 65536 / r.w; /* well below the server's largest request */

	for (size_t y = 0; y < r.h; y += rows) {
		size_t n = y + rows < r.h ? rows : r.h - y;

		for (size_t k = 0; k < n; k++)
			memcpy(packed + k * r.w, picture.px + (r.y + y + k) * picture.stride_px + r.x, (size_t)r.w * 4);
		xcb_put_image(x, XCB_IMAGE_FORMAT_Z_PIXMAP, window, gc, r.w, (uint16_t)n, (int16_t)r.x, (int16_t)(r.y + y), 0, 24,
			(uint32_t)(n * r.w * 4), (const uint8_t *)packed);
	}
}

/* The marker is part of the picture, so a record that covers it does not remove it for long. */
static void mark(void)
{
	for (unsigned c = 0; c < MARKER_CELLS; c++) {
		bool white = c == 0 || (c < MARKER_CELLS - 1 && keys >> (c - 1) & 1);

		for (unsigned y = 0; y < MARKER_CELL_PX; y++)
			for (unsigned i = 0; i < MARKER_CELL_PX; i++)
				picture.px[(MARKER_Y + y) * picture.stride_px + MARKER_X + c * MARKER_CELL_PX + i] = white ? 0xffffff : 0;
	}
}

static void take_events(void)
{
	xcb_generic_event_t *e;

	while ((e = xcb_poll_for_event(x))) {
		if ((e->response_type & 0x7f) == XCB_KEY_PRESS) {
			keys++;
			mark();
			put((struct sek_rect){ MARKER_X, MARKER_Y, MARKER_CELLS * MARKER_CELL_PX, MARKER_CELL_PX });
		}
		free(e);
	}
	xcb_flush(x);
}

static bool wait_until(uint64_t due_us)
{
	for (;;) {
		struct pollfd p = { xcb_get_file_descriptor(x), POLLIN, 0 };
		uint64_t now = now_us();

		take_events();
		if (xcb_connection_has_error(x))
			return false;
		if (now >= due_us)
			return true;
		poll(&p, 1, (int)((due_us - now + 999) / 1000));
	}
}

static bool play(const char *path)
{
	uint64_t start = now_us(), us;
	struct sek_rect r;
	uint16_t w, h;
	struct rseq *seq = rseq_open(path, &w, &h);
	bool ok = seq != NULL;

	while (ok && rseq_next(seq, &picture, &r, &us)) {
		mark();
		ok = wait_until(start + us);
		put(r);
	}
	rseq_close(seq);
	return ok;
}

static bool open_window(uint16_t w, uint16_t h)
{
	const xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(x)).data;
	uint32_t values[] = { 1, XCB_EVENT_MASK_KEY_PRESS };

	if (screen->width_in_pixels < w || screen->height_in_pixels < h || MARKER_Y + MARKER_CELL_PX > h)
		return false;
	window = xcb_generate_id(x);
	gc = xcb_generate_id(x);
	xcb_create_window(x, XCB_COPY_FROM_PARENT, window, screen->root, 0, 0, w, h, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		screen->root_visual, XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	xcb_create_gc(x, gc, window, 0, NULL);
	xcb_map_window(x, window);
	free(xcb_get_input_focus_reply(x, xcb_get_input_focus(x), NULL)); /* mapped by now */
	xcb_set_input_focus(x, XCB_INPUT_FOCUS_NONE, window, XCB_CURRENT_TIME);
	return true;
}

int main(int argc, char **argv)
{
	uint16_t w, h;
	struct rseq *seq = argc == 2 ? rseq_open(argv[1], &w, &h) : NULL;

	if (!seq)
		return 2;
	rseq_close(seq);
	x = xcb_connect(NULL, NULL);
	picture = (struct sek_picture){ .px = calloc((size_t)w * h, 4), .width_px = w, .height_px = h, .stride_px = w };
	packed = calloc(4 * 65536 + w, 4);
	if (xcb_connection_has_error(x) || !picture.px || !packed || !open_window(w, h)) {
		fprintf(stderr, "line_screen: no display as large as the sequence\n");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (play(argv[1]))
		;
	return 0;
}
