/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What member.c (states) and hand.c (eyes and hands) share.
 */
#ifndef SEK_CLIENT_LOAD_MEMBER_PRIVATE_H
#define SEK_CLIENT_LOAD_MEMBER_PRIVATE_H

#include "client/load/member.h"

enum { LOAD_KEY_LIMIT_MS = 5000, LOAD_PAUSE_MS = 900 };

/* hand.c */
void load_hand_key(struct load_member *m, uint16_t code, uint32_t codepoint, bool down);
void load_hand_press(struct load_member *m, uint16_t code, uint32_t codepoint);
void load_hand_ascii(struct load_member *m, const char *text);
void load_hand_text(struct load_member *m, const char *text);
void load_hand_wheel(struct load_member *m, int notches);
void load_hand_click(struct load_member *m, uint16_t x_px, uint16_t y_px);
void load_hand_end(struct load_member *m);
/* A letter whose way to the pixels is timed, unless one is under way already: then it is only typed. */
void load_hand_timed(struct load_member *m, uint32_t codepoint);
/* True while a timed key has not been seen; one that takes longer than the limit is counted as lost, once. */
bool load_hand_waits(struct load_member *m);
/* A frame is complete: perhaps it is the one that shows the key. */
void load_hand_frame(struct load_member *m);
void load_hand_painted(struct load_member *m, struct sek_rect r);

#endif
