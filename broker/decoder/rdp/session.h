/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One connection to an RDP host: FreeRDP with everything shut but its core; no virtual channel exists but that of copied text while the policy
 * opens it (clip.h), so drives, printers, sound, smart cards and add-ins have nothing to speak to. (MS-RDPBCGR)
 */
#ifndef SEK_BROKER_DECODER_RDP_SESSION_H
#define SEK_BROKER_DECODER_RDP_SESSION_H

#include "broker/decoder/foreign/foreign.h"
#include "broker/decoder/foreign/clipboard.h"
#include "broker/decoder/foreign/input.h"
#include "broker/decoder/rdp/clip.h"
#include "broker/decoder/rdp/keys.h"
#include "broker/decoder/rdp/screen.h"

struct sek_rdp {
	struct sek_foreign foreign;
	struct sek_foreign_input input;
	struct sek_rdp_screen screen;
	struct sek_rdp_keys keys;
	freerdp *library;
	struct sek_foreign_clipboard clipboard;
	struct sek_rdp_clip clip;
	uint16_t wish_width_px, wish_height_px; /* of HELLO or RESIZE; 0: it has not come yet */
	uint8_t directions;                     /* of CLIPBOARD_MODE */
	bool joined;                            /* the clipboard's channel was asked for when the connection was made */
	bool follows;                           /* the host took the size that was asked for when the connection was made */
	uint64_t again_ms;                      /* when to leave for a new connection, 0: no need of one */
	uint64_t hold_ms;                       /* what the broker says waits until then for the host to have seen a copied text; 0: nothing waits */
	uint16_t x_px, y_px;                    /* where the host knows the pointer to be */
	uint8_t buttons;                        /* SEK_BUTTON_*, that it knows to be down */
	bool distrusted;                        /* the host's certificate is not the right one */
};

/* Before the jail: everything that reads a file or makes a descriptor. SEK_E_NOMEM, SEK_E_CRYPTO. */
sek_status sek_rdp_prepare(struct sek_rdp *r);
/* In the jail: waits for HELLO (not for a test), connects, and goes on until it is over. */
enum sek_child_exit sek_rdp_run(struct sek_rdp *r);

/* Monotonic. */
uint64_t sek_rdp_now_ms(void);
/* Looks whether what the broker wants needs a new connection, and begins to count from now. */
void sek_rdp_want(struct sek_rdp *r);
/* The first bytes of the host, before anything is encrypted (instead.c hands them in). */
void sek_rdp_saw(const uint8_t *bytes, size_t n);

#endif
