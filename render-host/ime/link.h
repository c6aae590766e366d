/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The socket to capture (render-host/session.h): TEXT, PING and fences in, CARET and PONG out. One peer at a time; a new
 * one replaces the one before.
 */
#ifndef SEK_RENDER_HOST_IME_LINK_H
#define SEK_RENDER_HOST_IME_LINK_H

#include "protocol/wire/messages.h"

/* How long a text waits for a field to get the focus before it is dropped: longer, and it could end up in another one. */
enum { SEK_IME_FOCUS_MS = 300 };

/* Starts to accept on the listening descriptor. Call once. */
void sek_ime_link_listen(int fd);

/* Sends the caret to the peer, if there is one. While the peer does not read, only the newest is kept. */
void sek_ime_link_caret(const struct sek_caret *caret);

/* The fence key went down in the engine. */
void sek_ime_link_fence(void);

/* What the oldest message waits for may have come true: look again. */
void sek_ime_link_resume(void);

#endif
