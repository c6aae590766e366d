/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our IBus engine: lets every key pass, commits text that capture sends, and learns where the caret is. What comes over
 * the bus was chosen by the browser: numbers are clamped, texts are never read.
 */
#ifndef SEK_RENDER_HOST_IME_ENGINE_H
#define SEK_RENDER_HOST_IME_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include <ibus.h>

#include "protocol/wire/messages.h"

struct sek_ime_engine_events {
	void (*ready)(void);                           /* the engine is the global one */
	void (*caret)(const struct sek_caret *caret);  /* a new caret rectangle */
	void (*focus)(void);                           /* a field has got the focus */
	void (*fence)(gboolean down);                  /* the fence key (render-host/session.h), swallowed here */
};

/* Registers the engine on the bus and asks the bus to make it the global one. False if the bus refuses. Call once per
 * process; events (copied) come from the main loop. */
gboolean sek_ime_engine_register(IBusBus *bus, const struct sek_ime_engine_events *events);

/* True while a field that takes text has the focus. Password fields do not count: the browser gives them no input method. */
gboolean sek_ime_engine_focused(void);

/* Commits n bytes of strict UTF-8, as they are, to the focused field (there must be one). Line feeds and tabs are part of
 * the text then: capture types those as the keys that they are. */
void sek_ime_engine_type(const uint8_t *utf8, size_t n);

#endif
