/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * To the broker, as any client: what it refuses ends the session, so nothing is written here that was not made by protocol/wire.
 */
#include <string.h>

#include "broker/encoder/rfb/rfb.h"

void sek_rfb_up(struct sek_rfb *r, const uint8_t *frames, size_t n)
{
	if (r->hub_over || r->card)
		return;
	if (n > SEK_RFB_UP_BYTES - r->up_n) { /* the broker reads at once, unless it is about to end us */
		r->done = true;
		r->code = SEK_EXIT_LOST;
		return;
	}
	memcpy(r->up + r->up_n, frames, n);
	r->up_n += n;
}

void sek_rfb_up_input(struct sek_rfb *r, const struct sek_writer *w)
{
	if (!sek_is_ok(sek_writer_status(w)))
		return;
	if (!r->holding) {
		sek_rfb_up(r, w->start, w->len);
		return;
	}
	if (w->len > sizeof r->held - r->held_n)
		return; /* somebody types on while the broker does not answer */
	memcpy(r->held + r->held_n, w->start, w->len);
	r->held_n += w->len;
}

void sek_rfb_let_go(struct sek_rfb *r)
{
	if (!r->holding)
		return;
	r->holding = false;
	sek_rfb_up(r, r->held, r->held_n);
	explicit_bzero(r->held, r->held_n);
	r->held_n = 0;
}

void sek_rfb_ack(struct sek_rfb *r, size_t n)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_ACK_MAX_BYTES];
	struct sek_writer w;

	for (size_t i = 0; i < n; i++) {
		sek_writer_init(&w, memory, sizeof memory);
		sek_ack_write(&w, &(struct sek_ack){ r->frames[i].frame });
		sek_rfb_up(r, memory, w.len);
	}
	memmove(r->frames, r->frames + n, (r->n_frames - n) * sizeof r->frames[0]);
	r->n_frames -= n;
	r->n_sent = r->n_sent > n ? r->n_sent - n : 0;
}
