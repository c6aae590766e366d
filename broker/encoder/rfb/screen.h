/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The session's picture as one viewer has it: what it was sent, what has changed since, and RFB's codings of that. The coding is done by
 * libvncserver's encoders, which write into a file in memory; nothing of the viewer's is read here.
 */
#ifndef SEK_BROKER_ENCODER_RFB_SCREEN_H
#define SEK_BROKER_ENCODER_RFB_SCREEN_H

#include "broker/encoder/rfb/viewer.h"
#include "protocol/codec/picture.h"

struct sek_rfb_screen;

/* out_fd: a file in memory, open for reading and writing, to whose end everything for the viewer is written. SEK_E_NOMEM. */
sek_status sek_rfb_screen_create(int out_fd, struct sek_rfb_screen **ret);

/* The session's picture has this size now, and is black. SEK_E_NOMEM. */
sek_status sek_rfb_screen_resize(struct sek_rfb_screen *s, uint16_t width_px, uint16_t height_px);
/* One UPDATE of the broker. SEK_E_MALFORMED. */
sek_status sek_rfb_screen_paint(struct sek_rfb_screen *s, uint8_t flags, const void *payload, size_t n, uint32_t *ret_frame);
/* To be drawn into by whoever says sek_rfb_screen_touched. */
const struct sek_picture *sek_rfb_screen_picture(const struct sek_rfb_screen *s);
void sek_rfb_screen_touched(struct sek_rfb_screen *s, struct sek_rect r);

/* What the viewer can read, and how large its own framebuffer is: what is outside of that is not sent. */
sek_status sek_rfb_screen_format(struct sek_rfb_screen *s, const struct sek_rfb_format *f);
void sek_rfb_screen_wants(struct sek_rfb_screen *s, const struct sek_rfb_wants *w);
void sek_rfb_screen_viewer_size(struct sek_rfb_screen *s, uint16_t width_px, uint16_t height_px);
/* The viewer asks for that part whatever it has. */
void sek_rfb_screen_forget(struct sek_rfb_screen *s, uint16_t x, uint16_t y, uint16_t w, uint16_t h);

/* Whether the viewer's picture is not the session's. */
bool sek_rfb_screen_changed(const struct sek_rfb_screen *s);
/* How many rectangles sek_rfb_screen_send will write, SEK_RFB_UNCOUNTED: some, and then LastRect. */
#define SEK_RFB_UNCOUNTED 0xffffu
unsigned sek_rfb_screen_count(struct sek_rfb_screen *s);
/* Writes that many rectangles: the viewer has everything then. SEK_E_IO: the file is full. */
sek_status sek_rfb_screen_send(struct sek_rfb_screen *s);
/* One pixel in the viewer's form into to (at most 4 bytes); returns how many. */
size_t sek_rfb_screen_pixel(const struct sek_rfb_screen *s, uint32_t bgrx, uint8_t to[4]);

#endif
