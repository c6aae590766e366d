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

enum {
	SEK_IME_QUEUE_MAX_BYTES = 65536, /* text that waits for a focused field */
	SEK_IME_QUEUE_MAX_MS = 1500,     /* how long it waits before it is thrown away */
};

/* Called for each new caret rectangle. */
typedef void sek_ime_caret_cb(const struct sek_caret *caret);
/* Called when the key of SEK_IME_FENCE_CODE is pressed; it is swallowed. */
typedef void sek_ime_fence_cb(void);

/* Registers the engine on the bus and asks the bus to make it the global one; `ready` runs once it is. False if the bus
 * refuses. Call once per process. */
gboolean sek_ime_engine_register(IBusBus *bus, sek_ime_caret_cb *caret, sek_ime_fence_cb *fence, void (*ready)(void));

/* Types n bytes of strict UTF-8 into the focused field. U+000A and U+0009 go as Return and Tab keys, since a field
 * decides itself what those mean (a line, the next field, "send"); everything between them is committed as one text.
 * Without a focused field the text waits; if the queue is full or the wait too long it is dropped. */
void sek_ime_engine_type(const uint8_t *utf8, size_t n);

#endif
