/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The viewer's end of its jailed decoder: starts it, hands it frames one picture at a time, tells when one is painted. A decoder
 * that ends, for whatever reason, ends its stream.
 */
#ifndef SEK_CLIENT_VIEWER_DECODER_H
#define SEK_CLIENT_VIEWER_DECODER_H

#include <uv.h>

#include "client/pane/pane.h"

struct viewer_decoder;

struct viewer_decoder_ops {
	/* The jail stands: from now on it may be fed. */
	void (*ready)(void *user);
	/* A whole frame stands in the pane; px: rows of width_px pixels. What is wanted of it must be taken before this returns.
	 * changed.w is 0 if the decoder says that nothing was changed. */
	void (*frame)(void *user, uint32_t frame, const uint32_t *px, uint16_t width_px, uint16_t height_px, struct sek_rect changed);
	/* The queue is long (true), or short again (false): the stream is to be paused, or to go on. */
	void (*crowded)(void *user, bool crowded);
	/* It ended. exit_code: enum sek_pane_exit, or -1: killed by a signal. Nothing is told afterwards. */
	void (*died)(void *user, int exit_code);
};

/* Starts the program. NULL if that is not possible. */
struct viewer_decoder *viewer_decoder_create(uv_loop_t *loop, const char *program, const struct viewer_decoder_ops *ops, void *user);
/* Ends it and forgets what waits; memory goes when the loop has run. NULL is fine. */
void viewer_decoder_destroy(struct viewer_decoder *d);
/* Takes a copy of a whole frame of the client link, SIZE or UPDATE (hostile; only its header and, of SIZE, its payload is read
 * here). SEK_E_MALFORMED, SEK_E_LIMIT (the stream was not paused), SEK_E_NOMEM. */
sek_status viewer_decoder_feed(struct viewer_decoder *d, const uint8_t *frame, size_t n);
int viewer_decoder_pid(const struct viewer_decoder *d);

#endif
