/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The library's framebuffer, and its way into the gap. Whatever the library says of rectangles is clamped here to what we know ourselves.
 */
#ifndef SEK_BROKER_DECODER_VNC_SCREEN_H
#define SEK_BROKER_DECODER_VNC_SCREEN_H

#include "broker/decoder/foreign/foreign.h"

#include <rfb/rfbclient.h>

struct sek_vnc_screen {
	const struct sek_foreign *f;
	rfbClient *client;
	uint8_t *map;        /* our own memory between two guards; NULL: the library draws into the gap */
	size_t map_bytes;
	uint16_t width_px, height_px;
	bool fresh;          /* the memory is new: nothing of the picture is in it */
	bool painting;       /* a rectangle of this update has been drawn */
	bool shown;          /* an update was whole: the session runs */
};

/* Makes the library's client for a picture of that size; its socket is the caller's to set. NULL: out of memory. Once only. */
struct sek_vnc_screen *sek_vnc_screen_create(const struct sek_foreign *f, uint16_t width, uint16_t height);

#endif
