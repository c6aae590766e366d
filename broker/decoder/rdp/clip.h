/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copied text on the static channel "cliprdr", the only channel that is ever joined. Of its messages only those that carry text are spoken:
 * files, pictures and HTML are never offered, asked for or given. (MS-RDPECLIP)
 */
#ifndef SEK_BROKER_DECODER_RDP_CLIP_H
#define SEK_BROKER_DECODER_RDP_CLIP_H

#include "broker/decoder/foreign/clipboard.h"
#include "protocol/limits.h"

#define SEK_RDP_CLIP_NAME "cliprdr"
#define SEK_RDP_CLIP_TEXT_MAX_BYTES (4 * SEK_CLIPBOARD_MAX_CHARS + 2) /* a text in UTF-16 with line ends of two, and its zero */
#define SEK_RDP_CLIP_ROOM_BYTES (SEK_RDP_CLIP_TEXT_MAX_BYTES + 64)    /* a message; what is longer is read and forgotten */

struct sek_rdp_clip {
	struct sek_foreign_clipboard *to_broker;
	void (*send)(void *user, const uint8_t *message, size_t n); /* to the host; may be told nothing of a line that is lost */
	void *user;
	bool ready;      /* the host has said that it begins */
	bool long_names; /* agreed by both */
	bool asked;      /* for its text, and it has not answered */
	bool told;       /* that there is text, and it has not answered */
	bool outwards;   /* the policy lets text go to the host */
	uint8_t *in, *out;     /* a message coming, a message going */
	size_t in_n, in_total; /* total 0: none is coming */
	size_t paste_n;        /* bytes of text in `out`, its zero with it, behind the message's header; 0: none */
};

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_rdp_clip_init(struct sek_rdp_clip *c, struct sek_foreign_clipboard *to_broker,
	void (*send)(void *user, const uint8_t *message, size_t n), void *user);
/* A piece of the host's channel (hostile; 2.2.6.1 of MS-RDPBCGR: flags, length of the whole message). False: it breaks the grammar. */
bool sek_rdp_clip_take(struct sek_rdp_clip *c, const uint8_t *bytes, size_t n, uint32_t flags, size_t total);
/* A text for the host: strict UTF-8. Offered at once, or as soon as the host begins; given to whoever asks until the next. */
void sek_rdp_clip_paste(struct sek_rdp_clip *c, const uint8_t *utf8, size_t n);
/* Whether text may go to the host; if not, what was offered is taken back. */
void sek_rdp_clip_outwards(struct sek_rdp_clip *c, bool allowed);

#endif
