/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an RDP host draws, on its way into the gap. Bitmaps (uncompressed, interleaved RLE, planar) and pointers; no drawing order and no other
 * codec is offered to the host, and none is understood. Everything that it says of places and sizes is checked here.
 */
#ifndef SEK_BROKER_DECODER_RDP_SCREEN_H
#define SEK_BROKER_DECODER_RDP_SCREEN_H

#include <freerdp/freerdp.h>
#include <freerdp/codec/interleaved.h>
#include <freerdp/codec/planar.h>

#include "broker/decoder/foreign/foreign.h"

#define SEK_RDP_POINTERS 32        /* that the host may keep with us */
#define SEK_RDP_SIDE_MAX_PX 2048   /* of a bitmap; Windows sends 64x64, xrdp bands as wide as a window */
#define SEK_RDP_TILE_MAX_PX (512 * 512) /* pixels of one */

struct sek_rdp_pointer {
	uint16_t width_px, height_px, hot_x_px, hot_y_px;
	uint8_t bgra[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX * 4];
};

struct sek_rdp_screen {
	const struct sek_foreign *f;
	uint16_t width_px, height_px;
	bool painting, shown, changed; /* changed: not only the pixels: tell the reader */
	BITMAP_PLANAR_CONTEXT *planar;
	BITMAP_INTERLEAVED_CONTEXT *interleaved;
	uint32_t tile[SEK_RDP_TILE_MAX_PX];
	struct sek_rdp_pointer pointers[SEK_RDP_POINTERS];
};

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_rdp_screen_init(struct sek_rdp_screen *s, const struct sek_foreign *f);
/* Has the library call us, in PostConnect. of: tells the screen of a context. */
void sek_rdp_screen_attach(rdpUpdate *update);
/* The host's picture has this size now; leaves with SEK_EXIT_SIZE if that cannot be shown. */
void sek_rdp_screen_size(struct sek_rdp_screen *s, uint32_t width, uint32_t height);
/* What was drawn since the last call is a frame. */
void sek_rdp_screen_flush(struct sek_rdp_screen *s);
/* session.c: whose screen it is. */
struct sek_rdp_screen *sek_rdp_screen_of(rdpContext *context);

#endif
