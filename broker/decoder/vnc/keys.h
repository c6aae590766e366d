/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys and texts as X keysyms, which is what RFB's KeyEvent carries: a character is its own keysym, or 0x01000000 and its code point.
 */
#ifndef SEK_BROKER_DECODER_VNC_KEYS_H
#define SEK_BROKER_DECODER_VNC_KEYS_H

#include "protocol/wire/messages.h"

struct sek_vnc_keys {
	uint32_t down[SEK_KEY_CODE_MAX + 1]; /* the keysym that each key sent when it went down, 0: it is up */
};

typedef bool sek_vnc_key_fn(void *user, uint32_t keysym, bool down);

/* Sends what a message means by calls of fn; false as soon as one was. */
bool sek_vnc_key(struct sek_vnc_keys *k, const struct sek_key *m, sek_vnc_key_fn *fn, void *user);
bool sek_vnc_text(struct sek_vnc_keys *k, const struct sek_text *m, sek_vnc_key_fn *fn, void *user);
bool sek_vnc_release(struct sek_vnc_keys *k, sek_vnc_key_fn *fn, void *user);
/* True if each of its characters is in Latin-1, which every layout of keysyms has room for. */
bool sek_vnc_text_is_latin1(const struct sek_text *m);
/* The keysym of a character; 0 for a control that no key gives. */
uint32_t sek_vnc_keysym(uint32_t codepoint);

#endif
