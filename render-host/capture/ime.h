/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way to sekisho-ime (render-host/session.h): composed text goes there, the caret comes from there.
 */
#ifndef SEK_CAPTURE_IME_H
#define SEK_CAPTURE_IME_H

#include "protocol/wire/messages.h"
#include "render-host/capture/stream.h"

struct sek_ime_events {
	void *user;
	void (*caret)(void *user, const struct sek_caret *caret);
	void (*pong)(void *user, uint32_t id);
};

struct sek_ime {
	struct sek_stream stream;
	struct sek_ime_events events;
	uint32_t last_ping;
};

/* Connects to the socket at path (at most 107 bytes). On failure the struct is a dead one, which is safe to use. */
sek_status sek_ime_open(struct sek_ime *ime, const char *path, const struct sek_ime_events *events);
void sek_ime_finish(struct sek_ime *ime);
bool sek_ime_alive(const struct sek_ime *ime);

/* Reads and tells what came. A failure closes the connection for good and is returned once. */
sek_status sek_ime_read(struct sek_ime *ime);
/* Writes what waits. As above. */
sek_status sek_ime_flush(struct sek_ime *ime);

/* True if a text and what belongs to it can be queued, or the connection is dead: nothing is to be waited for. */
bool sek_ime_room(const struct sek_ime *ime);

/* Sends a piece of text (1..SEK_TEXT_MAX_BYTES). `fence`: it waits for the fence key. SEK_E_CLOSED when dead, SEK_E_LIMIT
 * when too much waits already; nothing is sent then. */
sek_status sek_ime_text(struct sek_ime *ime, const uint8_t *utf8, size_t bytes, bool fence);
/* Asks for the answer that everything before has been handed on; its id is set. Failures as above. */
sek_status sek_ime_ping(struct sek_ime *ime, uint32_t *ret_id);

#endif
