/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What real servers of foreign decoders' tests have in common: a folder with a CA and another's certificate, programs that are started and found by
 * their display, a picture of which each pixel is known.
 */
#ifndef SEK_TESTS_DECODER_DESK_H
#define SEK_TESTS_DECODER_DESK_H

#include <sys/types.h>
#include <xcb/xcb.h>

#include "tests/unit/decoder/outside.h"

enum { DESK_WIDTH = 640, DESK_HEIGHT = 480 };

/* The test's folder in /tmp, with "ca" and "other" (certs/pki.h), each of which has certified a host of that name. */
extern char desk_folder[64];
void desk_make_folder(const char *host);
void desk_remove_folder(void);
/* A file of it, as text. */
void desk_slurp(const char *name, char *ret, size_t size);

uint16_t desk_free_port(void);
/* Starts a program without output, its home the folder. keep: a descriptor that it inherits, or -1; display: NULL, or its DISPLAY. */
pid_t desk_run(const char *const *argv, int keep, const char *display);
/* What an X server with -displayfd says at the other end of fd, which is closed, as ":9"; false if it says nothing in time. */
bool desk_read_display(int fd, char ret[16]);

struct desk {
	char display[16];
	xcb_connection_t *x;
	xcb_screen_t *screen;
	xcb_window_t window;
};

/* A window over everything of that display, that takes the keys, and the picture in it. */
void desk_open(struct desk *d);
void desk_paint(struct desk *d);
void desk_close(struct desk *d);
/* The keysym of the next key that is pressed there. */
uint32_t desk_key(struct desk *d);

/* Pixels in the gap that are not those of the picture. */
size_t desk_wrong_pixels(const struct outside *o);
/* Starts a decoder that wants a picture of this size and waits until it runs. */
void desk_look(struct outside *o, const struct outside_options *options);
/* A key, down and up. */
void desk_type(struct outside *o, uint16_t code, uint32_t codepoint);

#endif
