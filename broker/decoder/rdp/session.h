/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One connection to an RDP host: FreeRDP with everything shut but its core; no virtual channel exists, so drives, printers, sound, smart cards
 * and add-ins have nothing to speak to. (MS-RDPBCGR)
 */
#ifndef SEK_BROKER_DECODER_RDP_SESSION_H
#define SEK_BROKER_DECODER_RDP_SESSION_H

#include "broker/decoder/foreign/foreign.h"
#include "broker/decoder/foreign/input.h"
#include "broker/decoder/rdp/keys.h"
#include "broker/decoder/rdp/screen.h"

struct sek_rdp {
	struct sek_foreign foreign;
	struct sek_foreign_input input;
	struct sek_rdp_screen screen;
	struct sek_rdp_keys keys;
	freerdp *library;
	uint16_t wish_width_px, wish_height_px; /* of HELLO; 0: it has not come yet */
	uint16_t x_px, y_px;                    /* where the host knows the pointer to be */
	uint8_t buttons;                        /* SEK_BUTTON_*, that it knows to be down */
	bool distrusted;                        /* the host's certificate is not the right one */
};

/* Before the jail: everything that reads a file or makes a descriptor. SEK_E_NOMEM, SEK_E_CRYPTO. */
sek_status sek_rdp_prepare(struct sek_rdp *r);
/* In the jail: waits for HELLO (not for a test), connects, and goes on until it is over. */
enum sek_child_exit sek_rdp_run(struct sek_rdp *r);

#endif
