/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copied text: ClientCutText and ServerCutText, in Latin-1 as RFC 6143 has it (7.5.6, 7.6.4) and, where the server offers it, in UTF-8 by the
 * extended clipboard (pseudo-encoding 0xC0A1E5CE). The library's own reading of these is never reached.
 */
#ifndef SEK_BROKER_DECODER_VNC_CUT_H
#define SEK_BROKER_DECODER_VNC_CUT_H

#include <rfb/rfbclient.h>

#include "broker/decoder/foreign/clipboard.h"
#include "protocol/limits.h"

#define SEK_VNC_CUT_MAX_BYTES 4194304 /* of one message; what is longer than a clipboard text may be is read and forgotten */

struct sek_vnc_cut {
	struct sek_foreign_clipboard *out; /* to the broker */
	bool extended, asks;               /* the server has said that it can UTF-8; and that it asks for what it is told of, when somebody pastes */
	uint8_t *paste;                    /* the text for the host, with its zero; SEK_CLIPBOARD_MAX_BYTES + 1 */
	size_t paste_n;
	uint8_t typed[SEK_TEXT_MAX_BYTES]; /* a text that an input method composed, while it is offered in the place of `paste` */
	size_t typed_n;                    /* 0: it is not */
	bool given;                        /* the host has asked for what was typed, and got it */
	uint8_t *in;                       /* SEK_VNC_CUT_ROOM_BYTES: a message, or what it unpacks to */
	uint8_t *unpacked;
};
#define SEK_VNC_CUT_ROOM_BYTES (2 * 400000 + 64)

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_vnc_cut_init(struct sek_vnc_cut *c, struct sek_foreign_clipboard *out);
/* A ServerCutText whose type byte has been read. False: the line is lost, or what came breaks the grammar (*ret_malformed). */
bool sek_vnc_cut_read(struct sek_vnc_cut *c, rfbClient *client, bool *ret_malformed);
/* A text for the host. False: the line is lost. */
/* Offers a typed text as if it had been copied here (RFB has keys, and Xvnc has few to spare for characters that its layout lacks): the caller then
 * presses the keys that paste. Only where `asks` is set. False: the line is lost. */
bool sek_vnc_cut_type(struct sek_vnc_cut *c, rfbClient *client, const uint8_t *utf8, size_t n);
/* What was typed is offered no longer; what was copied before is, again. */
bool sek_vnc_cut_typed(struct sek_vnc_cut *c, rfbClient *client);
bool sek_vnc_cut_paste(struct sek_vnc_cut *c, rfbClient *client, const uint8_t *utf8, size_t n);

#endif
