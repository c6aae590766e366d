/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one-way pipe to a decoder: a bounded queue of whole frames that were all made here by the writers of protocol/wire.
 * Positions and sizes that nobody has read yet are replaced by newer ones; keys and text never are. Never reads.
 */
#ifndef SEK_BROKER_HUB_SESSION_INPUT_H
#define SEK_BROKER_HUB_SESSION_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"

#define SEK_INPUT_QUEUE_MAX_BYTES 1048576 /* more than the rates let a client fill while a pipe may be stuck */
#define SEK_INPUT_STALL_MS 10000         /* a pipe that took nothing for so long ends the session */
#define SEK_INPUT_PIPE_BYTES 16384       /* kept small: what is in the pipe cannot be coalesced any more */

struct sek_input;

/* What may be replaced while it is the last in the queue. */
enum sek_input_kind { SEK_INPUT_KEEP, SEK_INPUT_MOVE, SEK_INPUT_RESIZE };

/* A queue without a pipe yet. `closed` is called once when the object is gone. NULL when out of memory. */
struct sek_input *sek_input_create(uv_loop_t *loop, void (*closed)(void *user), void *user);
/* The pipe is there: takes write_fd over (non-blocking, close-on-exec) and writes what waits. */
sek_status sek_input_open(struct sek_input *in, int write_fd);
/* Queues one frame and writes what the pipe takes. A MOVE or RESIZE replaces the frame before it if that was of the same
 * kind and no byte of it was written. SEK_E_LIMIT: the queue is full, nothing was queued. SEK_E_CLOSED: the reader is
 * gone (its exit is told elsewhere). */
sek_status sek_input_put(struct sek_input *in, enum sek_input_kind kind, const uint8_t *frame, size_t n);
size_t sek_input_queued(const struct sek_input *in);
/* For how long the pipe has taken nothing although something waits; 0 if nothing waits. */
uint64_t sek_input_stalled_ms(const struct sek_input *in);
/* Writes what waits, then closes the pipe (the reader sees its end) and frees the object. With `hold` the pipe stays open
 * until the reader has gone: for last words that the reader must first pass on. NULL is fine. */
void sek_input_finish(struct sek_input *in, bool hold);

#endif
