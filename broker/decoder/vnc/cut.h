/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copied text: ClientCutText and ServerCutText, in Latin-1 as RFC 6143 has it (7.5.6, 7.6.4) and, where the server offers it, in UTF-8 by the
 * extended clipboard (pseudo-encoding 0xC0A1E5CE). The library's own reading of these is never reached.
 */
#ifndef SEK_BROKER_DECODER_VNC_CUT_H
#define SEK_BROKER_DECODER_VNC_CUT_H

#include <rfb/rfbclient.h>

#include "broker/decoder/foreign/clipboard.h"

#define SEK_VNC_CUT_MAX_BYTES 4194304 /* of one message; what is longer than a clipboard text may be is read and forgotten */

struct sek_vnc_cut {
	struct sek_foreign_clipboard *out; /* to the broker */
	bool extended;                     /* the server has said what it can */
	uint8_t *paste;                    /* the text for the host, with its zero; SEK_CLIPBOARD_MAX_BYTES + 1 */
	size_t paste_n;
	uint8_t *in;                       /* SEK_VNC_CUT_ROOM_BYTES: a message, or what it unpacks to */
	uint8_t *unpacked;
};
#define SEK_VNC_CUT_ROOM_BYTES (2 * 400000 + 64)

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_vnc_cut_init(struct sek_vnc_cut *c, struct sek_foreign_clipboard *out);
/* A ServerCutText whose type byte has been read. False: the line is lost, or what came breaks the grammar (*ret_malformed). */
bool sek_vnc_cut_read(struct sek_vnc_cut *c, rfbClient *client, bool *ret_malformed);
/* A text for the host. False: the line is lost. */
bool sek_vnc_cut_paste(struct sek_vnc_cut *c, rfbClient *client, const uint8_t *utf8, size_t n);

#endif
