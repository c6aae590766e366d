/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the broker says on the input pipe, read into structs and handed on one by one: for decoders that have no wire of ours behind them.
 * The broker is trusted, yet a frame that is not whole and allowed is an error: our own bug.
 */
#ifndef SEK_BROKER_DECODER_FOREIGN_INPUT_H
#define SEK_BROKER_DECODER_FOREIGN_INPUT_H

#include "protocol/wire/messages.h"

#define SEK_FOREIGN_PIPE_BYTES 16384

/* Each is called once for each message; all but `mode` must be there. false: no room to send it on now; nothing more is read from the pipe until
 * sek_foreign_input_read is called again, which begins with the same message. */
struct sek_foreign_input_ops {
	bool (*hello)(void *user, const struct sek_hello *m);
	bool (*resize)(void *user, const struct sek_resize *m);
	bool (*key)(void *user, const struct sek_key *m);
	bool (*pointer)(void *user, const struct sek_pointer *m);
	bool (*wheel)(void *user, const struct sek_wheel *m);
	bool (*text)(void *user, const struct sek_text *m);
	bool (*release)(void *user);
	/* A whole copied text for the host: strict UTF-8 that the broker has cleaned, not terminated, good during the call. */
	bool (*paste)(void *user, const uint8_t *utf8, size_t n);
	/* Which ways copied text may cross (SEK_CROSS_*). NULL: nothing to do. */
	void (*mode)(void *user, uint8_t directions);
};

struct sek_foreign_input {
	const struct sek_foreign_input_ops *ops;
	void *user;
	bool ended;    /* the broker has closed the pipe, or said END: leave */
	size_t n;
	uint8_t pipe[SEK_FOREIGN_PIPE_BYTES];
	uint8_t *text; /* of a clipboard text that is coming in pieces; SEK_CLIPBOARD_MAX_BYTES, from the start */
	size_t text_n;
};

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_foreign_input_init(struct sek_foreign_input *in, const struct sek_foreign_input_ops *ops, void *user);
/* Reads what is there and hands it on. SEK_E_INTERNAL: a frame that the broker must not send. */
sek_status sek_foreign_input_read(struct sek_foreign_input *in, int fd);

#endif
