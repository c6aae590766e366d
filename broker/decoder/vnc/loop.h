/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's loop once the picture's size is known: the server's messages into the library, the broker's to the server.
 */
#ifndef SEK_BROKER_DECODER_VNC_LOOP_H
#define SEK_BROKER_DECODER_VNC_LOOP_H

#include "broker/decoder/foreign/foreign.h"
#include "broker/decoder/foreign/input.h"
#include "broker/decoder/vnc/cut.h"
#include "broker/decoder/vnc/flow.h"
#include "broker/decoder/vnc/keys.h"
#include "broker/decoder/vnc/line.h"
#include "broker/decoder/vnc/screen.h"

struct sek_vnc {
	struct sek_foreign foreign;
	struct sek_vnc_line line;
	struct sek_foreign_input input;
	struct sek_foreign_clipboard clipboard;
	struct sek_vnc_cut cut;
	struct sek_vnc_keys keys;
	struct sek_vnc_flow flow;
	struct sek_vnc_screen *screen;
	rfbClient *client;            /* the screen's */
	uint8_t buttons;              /* that the server knows to be down */
	uint16_t x_px, y_px;          /* where it knows the pointer to be */
	int wheel_x, wheel_y;         /* less than a notch */
	uint16_t wish_width_px, wish_height_px; /* 0: none, or it was told to the server */
	bool lost;                    /* something could not be sent */
	uint64_t hold_ms;             /* until then nothing more of the broker's is sent: a typed text is being pasted. 0: no */
};

/* Before the jail: everything that the loop needs. SEK_E_NOMEM, SEK_E_CRYPTO. */
sek_status sek_vnc_prepare(struct sek_vnc *v);
/* In the jail. */
enum sek_child_exit sek_vnc_run(struct sek_vnc *v, uint16_t width, uint16_t height);

#endif
