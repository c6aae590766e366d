/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A slow line: listens on a numeric address, calls another, and lets bytes pass at a rate, after a bounded queue, delayed.
 * All of it can be changed while bytes are under way. On the caller's loop, which may be one of its own thread: settings and
 * figures are atomic. As on a real line, delay comes after the queue, and what has left the queue arrives whatever happens.
 * Unlike a real one it loses nothing: a full queue stops reading, and the sender's own socket fills (that is counted too).
 */
#ifndef SEK_TESTS_SUPPORT_SHAPER_H
#define SEK_TESTS_SUPPORT_SHAPER_H

#include <stdatomic.h>
#include <stdint.h>

#include <uv.h>

enum shaper_way { SHAPER_UP, SHAPER_DOWN, SHAPER_WAYS }; /* from the caller; to the caller */

/* One direction of all connections together. */
struct shaper_line {
	_Atomic uint64_t bytes_per_s;   /* 0: nothing passes */
	_Atomic uint64_t delay_us;
	_Atomic uint64_t queue_bytes;   /* at most so many wait for their turn */
	/* Figures: bytes that passed; that wait now, in the queue and unread in its socket; the most that ever did. */
	_Atomic uint64_t passed, waiting, most;
};

struct shaper;

/* *ret_port: where it listens; lines start with both rates as given, no delay, 256 KiB of queue. NULL if it cannot. */
struct shaper *shaper_open(uv_loop_t *loop, const char *listen, const char *address, uint16_t port, uint64_t bytes_per_s,
	uint16_t *ret_port);
struct shaper_line *shaper_line(struct shaper *s, enum shaper_way way);
/* Breaks all connections. The loop must run until it has nothing more to do. */
void shaper_close(struct shaper *s);

#endif
