/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys as VNC viewers name them (X keysyms, or a PC keyboard's codes beside them) into KEY and TEXT. What went down goes up as what it went
 * down as. Pure: no descriptor, no clock, no heap.
 */
#ifndef SEK_BROKER_ENCODER_RFB_KEYS_H
#define SEK_BROKER_ENCODER_RFB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/messages.h"

#define SEK_RFB_DOWN_MAX 32 /* keys that are down at a time; one more is sent as if it came up at once */

struct sek_rfb_keys {
	struct {
		uint32_t symbol, code; /* as the viewer said */
		struct sek_key key;    /* as it was sent */
	} down[SEK_RFB_DOWN_MAX];
	size_t n;
};

/* What one key of a viewer becomes: at most two messages. */
struct sek_rfb_strokes {
	bool has_key, release_too; /* release_too: nobody will remember to let it go */
	struct sek_key key;
	uint8_t text[4];           /* UTF-8, text_n bytes; 0 = none */
	size_t text_n;
};
void sek_rfb_keys_take(struct sek_rfb_keys *k, uint32_t symbol, uint32_t code, bool down, struct sek_rfb_strokes *ret);

#endif
