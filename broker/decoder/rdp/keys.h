/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the wire's keys to RDP's: scancodes of a US keyboard, which is what we say that we have, and Unicode for every other character. So a
 * character arrives as what the client's keyboard says that it is, whatever keyboard that is. (MS-RDPBCGR 2.2.8.1.1.3.1.1)
 */
#ifndef SEK_BROKER_DECODER_RDP_KEYS_H
#define SEK_BROKER_DECODER_RDP_KEYS_H

#include "protocol/wire/messages.h"

/* One event to send. unicode: code is a UTF-16 unit; else a scancode, with SEK_RDP_EXTENDED. */
struct sek_rdp_stroke {
	bool unicode, down;
	uint16_t code;
};
#define SEK_RDP_EXTENDED 0x100

typedef void sek_rdp_stroke_fn(void *user, const struct sek_rdp_stroke *stroke);

struct sek_rdp_keys {
	struct sek_rdp_stroke down[SEK_KEY_CODE_MAX + 1]; /* what a key went down as; code 0: it is up */
	sek_rdp_stroke_fn *send;
	void *user;
};

void sek_rdp_key(struct sek_rdp_keys *k, const struct sek_key *m);
void sek_rdp_text(struct sek_rdp_keys *k, const struct sek_text *m);
/* Everything that is down goes up. */
void sek_rdp_release(struct sek_rdp_keys *k);

#endif
