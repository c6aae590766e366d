/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The socket to capture (SEK_SESSION_IME in render-host/session.h): TEXT, PING and fences in, CARET and PONG out. One
 * peer at a time; a new one replaces the one before.
 */
#ifndef SEK_RENDER_HOST_IME_LINK_H
#define SEK_RENDER_HOST_IME_LINK_H

#include "protocol/wire/messages.h"

/* Starts to accept on the listening descriptor. Call once. */
void sek_ime_link_listen(int fd);

/* Sends the caret to the peer, if there is one. While the peer does not read, only the newest is kept. */
void sek_ime_link_caret(const struct sek_caret *caret);

/* The fence's key has come through the browser: what waited for it goes on. */
void sek_ime_link_fence_key(void);

#endif
