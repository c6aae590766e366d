/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A non-blocking stream socket that carries frames: bytes in are cut into frames, bytes out wait in a bounded queue.
 */
#ifndef SEK_CAPTURE_STREAM_H
#define SEK_CAPTURE_STREAM_H

#include "protocol/wire/wire.h"

enum {
	SEK_STREAM_IN_BYTES = 16384, /* at least the largest frame that may come */
	SEK_STREAM_OUT_KEEP_BYTES = 262144, /* an empty queue larger than this is given back */
};

struct sek_stream {
	int fd;                 /* owned; -1: not connected, every call is then harmless */
	enum sek_link link;     /* whose frames are accepted */
	enum sek_direction dir; /* of what comes in */
	uint8_t in[SEK_STREAM_IN_BYTES];
	size_t in_start, in_end; /* bytes not taken yet */
	uint8_t *out;            /* owned */
	size_t out_start, out_end, out_size;
	size_t out_max; /* most bytes that may wait */
};

/* Takes fd over and makes it non-blocking. out_max bounds the queue. */
sek_status sek_stream_init(struct sek_stream *s, int fd, enum sek_link link, enum sek_direction dir, size_t out_max);
/* A stream that is not connected. */
void sek_stream_none(struct sek_stream *s);
/* Closes and frees; then it is not connected. */
void sek_stream_finish(struct sek_stream *s);
bool sek_stream_open(const struct sek_stream *s);

/* Reads what is there, once. SEK_OK: something may have come. SEK_E_AGAIN: nothing, or no room until frames are taken.
 * SEK_E_CLOSED: the peer closed. */
sek_status sek_stream_fill(struct sek_stream *s);
/* The next whole frame. SEK_OK: *ret_payload points into the stream, good until the next fill. SEK_E_AGAIN: not whole
 * yet. SEK_E_MALFORMED: hostile bytes; the stream must be closed. */
sek_status sek_stream_next(struct sek_stream *s, struct sek_frame *ret, const uint8_t **ret_payload);
/* Looks at the next frame without taking it. */
sek_status sek_stream_peek(const struct sek_stream *s, struct sek_frame *ret);

/* Queues n bytes. SEK_E_LIMIT if more than out_max would wait; nothing is queued then. */
sek_status sek_stream_put(struct sek_stream *s, const void *bytes, size_t n);
/* Bytes that wait. */
size_t sek_stream_waiting(const struct sek_stream *s);
/* Writes what the socket takes. SEK_OK also when some is left. SEK_E_CLOSED or SEK_E_IO: the stream is dead. */
sek_status sek_stream_flush(struct sek_stream *s);

#endif
