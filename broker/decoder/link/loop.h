/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's loop: TLS bytes of one render host into the gap, frames of the broker's input pipe to the render host.
 */
#ifndef SEK_BROKER_DECODER_LINK_LOOP_H
#define SEK_BROKER_DECODER_LINK_LOOP_H

#include "base/tls.h"
#include "broker/decoder/link/incoming.h"
#include "broker/gap/children.h"

#define SEK_DECODER_HANDSHAKE_MS 10000 /* for the TLS handshake */
#define SEK_DECODER_START_MS 60000     /* without a whole frame before WELCOME, or while a sandbox is built: nobody
                                          is there who could answer a PING */
#define SEK_DECODER_DOCUMENT_MS 150000 /* the same before the first PAGES: a file is converted, or a page printed */
#define SEK_DECODER_IDLE_MS 5000       /* without a whole frame: PING */
#define SEK_DECODER_ANSWER_MS 15000    /* then without a whole frame: silent */
#define SEK_DECODER_FLUSH_MS 1000      /* after the input pipe's end, to send what is queued */

#define SEK_DECODER_IN_BYTES (SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES) /* the largest frame: never more is held */
#define SEK_DECODER_OUT_BYTES 32768
#define SEK_DECODER_PIPE_BYTES 16384

struct sek_decoder {
	struct sek_incoming incoming;
	struct sek_tls *tls;
	int host_fd, wake_fd, input_fd;
	int control_fd;   /* -1 once the broker has closed it */
	int clipboard_fd; /* write end of a pipe, -1: the policy lets no copied text in */

	bool open;          /* the handshake is done */
	bool out_blocked;   /* the socket takes no more: wait for POLLOUT */
	bool more;          /* the budget of a turn ran out: do not sleep */
	bool clipboard_full; /* a piece waits for room in that pipe; nothing of the host is taken until then */
	bool hello;         /* the broker's HELLO, or DOCUMENT, has come */
	bool input_ended;
	uint32_t ping_id;

	/* Monotonic milliseconds; 0 = not set. */
	uint64_t since_ms;   /* start, then end of the handshake */
	uint64_t frame_ms;   /* the host's latest whole frame */
	uint64_t ping_ms;    /* a PING is out */
	uint64_t stop_ms;    /* when to stop waiting for the queue to drain */

	uint8_t *in;         /* SEK_DECODER_IN_BYTES, pages */
	size_t in_n, in_peak;
	size_t out_n, pipe_n;
	uint8_t out[SEK_DECODER_OUT_BYTES];   /* whole frames for the host */
	uint8_t pipe[SEK_DECODER_PIPE_BYTES]; /* what the broker wrote, up to a frame that does not fit into out yet */
};

/* Makes everything that the loop needs, so that nothing has to be made inside the jail. The descriptors and t, gap,
 * painter, layout stay the caller's; it lives as long as the process. NULL when out of memory. */
struct sek_decoder *sek_decoder_create(struct sek_tls *t, const struct sek_gap_layout *layout, struct sek_gap_writer *gap,
	struct sek_painter *painter, int host_fd, int wake_fd, int input_fd,
	int control_fd);

/* Before it runs: it takes one document's pages (children.h, SEK_DECODER_PAGES). */
void sek_decoder_for_document(struct sek_decoder *d);

/* Runs until the session of this decoder is over; the state that goes with the result stands in the gap then and the
 * encoder has been woken. */
enum sek_child_exit sek_decoder_run(struct sek_decoder *d);

#endif
