/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds where the body of a request ends, so that nothing behind it is ever sent on as part of it.
 */
#ifndef SEK_RENDER_HOST_EGRESS_BODY_H
#define SEK_RENDER_HOST_EGRESS_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum sek_body_state {
	SEK_BODY_DONE = 0,
	SEK_BODY_LENGTH,      /* `left` bytes are still to come */
	SEK_BODY_CHUNK_SIZE,  /* in the hexadecimal digits of a chunk's size */
	SEK_BODY_CHUNK_EXT,   /* behind them, up to the line's end */
	SEK_BODY_CHUNK_DATA,
	SEK_BODY_CHUNK_CR,    /* the line end behind a chunk's data */
	SEK_BODY_CHUNK_LF,
	SEK_BODY_TRAILER,     /* trailer lines, up to an empty one */
};

struct sek_body {
	enum sek_body_state state;
	uint64_t left;
	unsigned line; /* bytes of the line that is being read; bounded */
	bool digits;   /* the chunk size has at least one digit */
	bool was_cr;
};

void sek_body_init_length(struct sek_body *b, uint64_t bytes);
void sek_body_init_chunked(struct sek_body *b);

/* Takes up to n hostile bytes: *ret_used of them belong to the body (all of them unless it ends among them).
 * SEK_E_MALFORMED: the chunk framing is broken. */
sek_status sek_body_feed(struct sek_body *b, const char *bytes, size_t n, size_t *ret_used);

#endif
