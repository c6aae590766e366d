/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way to sekisho-clip (render-host/session.h): text for the browser's clipboard goes there, copied text comes from there.
 */
#ifndef SEK_CAPTURE_CLIP_H
#define SEK_CAPTURE_CLIP_H

#include "protocol/wire/messages.h"
#include "render-host/capture/stream.h"

struct sek_clip_events {
	void *user;
	/* A whole CLIPBOARD frame, checked. False: it must wait; nothing is read until it is taken. */
	bool (*piece)(void *user, const struct sek_clipboard_piece *piece);
	void (*pong)(void *user, uint32_t id);
};

struct sek_clip {
	struct sek_stream stream;
	struct sek_clip_events events;
	uint8_t directions; /* enum sek_cross: what the broker says now */
	uint32_t last_ping;
	bool blocked; /* a piece waits to be taken */
};

/* Connects to the socket at path. On failure the struct is a dead one, which is safe to use. */
sek_status sek_clip_open(struct sek_clip *clip, const char *path, const struct sek_clip_events *events);
void sek_clip_finish(struct sek_clip *clip);
bool sek_clip_alive(const struct sek_clip *clip);

/* Reads and tells what came. A failure closes the connection for good and is returned once. */
sek_status sek_clip_read(struct sek_clip *clip);
/* Tells what was read and could not be taken before. As above. */
sek_status sek_clip_resume(struct sek_clip *clip);
/* Writes what waits. As above. */
sek_status sek_clip_flush(struct sek_clip *clip);

/* Which directions there are from now on; harmless if nobody is there. */
void sek_clip_mode(struct sek_clip *clip, uint8_t directions);
/* Sends a piece. Dropped if it may not go there, if nobody is there, or if too much waits. */
void sek_clip_put(struct sek_clip *clip, const struct sek_clipboard_piece *piece);
/* Asks for the answer that every piece before has taken effect; its id is set. SEK_E_CLOSED or SEK_E_LIMIT: nobody will
 * answer. */
sek_status sek_clip_ping(struct sek_clip *clip, uint32_t *ret_id);

#endif
