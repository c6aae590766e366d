/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the broker tells the encoder: acknowledgements, refreshes, whether anyone looks.
 */
#include <string.h>

#include "broker/encoder/loop.h"
#include "protocol/wire/messages.h"

/* The client acknowledges what it has drawn, so every frame up to that one is done with. An old number is late (a
 * REFRESH has overtaken it, or the client repeats itself); one that was never sent is a broken or lying client, which the
 * broker has let through: our own bug, and this encoder's end. */
static sek_status on_ack(struct sek_encoder *e, const uint8_t *payload, size_t n)
{
	struct sek_ack m;

	SEK_TRY(sek_ack_read(payload, n, &m));
	if (m.frame - e->sent - 1 < UINT32_MAX / 2)
		return sek_fail(SEK_E_MALFORMED);
	if (m.frame - e->acked - 1 < SEK_FRAMES_IN_FLIGHT_MAX)
		e->acked = m.frame;
	sek_pace_acked(&e->pace, m.frame, e->now_us);
	return sek_ok();
}

/* Somebody new looks, or somebody lost the picture. Whoever is asked for acknowledgements from now on has never heard of
 * the frames before. */
static void on_refresh(struct sek_encoder *e)
{
	e->acked = e->sent;
	sek_pace_restart(&e->pace);
	e->state_due = e->now.state != SEK_STATE_NONE;
	e->size_due = e->cursor_due = e->caret_due = e->picture;
	e->documents_due = e->now.documents > 0;
	e->cursor_at_us = 0;
	sek_update_encoder_refresh(e->codec);
	e->look = true;
}

static sek_status on_visibility(struct sek_encoder *e, const uint8_t *payload, size_t n)
{
	struct sek_visibility m;

	SEK_TRY(sek_visibility_read(payload, n, &m));
	e->visible = m.visible;
	return sek_ok();
}

/* What the policy says of the picture. */
static sek_status on_view(struct sek_encoder *e, const uint8_t *payload, size_t n)
{
	struct sek_view m;

	SEK_TRY(sek_view_read(payload, n, &m));
	e->frame_us = 1000000 / m.max_fps;
	sek_encoder_record(e, m.flags & SEK_VIEW_RECORD, m.flags & SEK_VIEW_SNAPSHOT);
	if (sek_watermark_set(&e->watermark, m.text, m.bytes))
		e->remark = e->look = true;
	return sek_ok();
}

static sek_status take(struct sek_encoder *e, const struct sek_frame *f, const uint8_t *payload)
{
	switch (f->type) {
	case SEK_MSG_ACK:
		return on_ack(e, payload, f->payload_bytes);
	case SEK_MSG_REFRESH:
		on_refresh(e);
		return sek_ok();
	case SEK_MSG_VISIBILITY:
		return on_visibility(e, payload, f->payload_bytes);
	case SEK_MSG_VIEW:
		return on_view(e, payload, f->payload_bytes);
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

sek_status sek_encoder_take(struct sek_encoder *e)
{
	size_t at = 0, total;
	struct sek_frame f;
	sek_status s;

	for (;;) {
		s = sek_frame_whole(e->in + at, e->in_n - at, SEK_LINK_HUB, SEK_DIR_UP, &f, &total);
		if (sek_is(s, SEK_E_AGAIN))
			break;
		SEK_TRY(s);
		SEK_TRY(take(e, &f, e->in + at + SEK_FRAME_HEADER_BYTES));
		at += total;
	}
	memmove(e->in, e->in + at, e->in_n - at);
	e->in_n -= at;
	return sek_ok();
}
