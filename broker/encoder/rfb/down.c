/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the broker tells its client. Frames are acknowledged once the viewer has what they changed (out.c), so that a slow viewer gets
 * fewer of them.
 */
#include <string.h>

#include "broker/encoder/rfb/rfb.h"

static sek_status update(struct sek_rfb *r, uint8_t flags, const uint8_t *payload, size_t n)
{
	uint32_t frame;

	sek_rfb_ask_lift(r);
	SEK_TRY(sek_rfb_screen_paint(r->screen, flags, payload, n, &frame));
	sek_rfb_ask_lay(r);
	r->in_frame = !(flags & SEK_UPDATE_END);
	if (r->in_frame)
		return sek_ok();
	if (r->n_frames == SEK_FRAMES_IN_FLIGHT_MAX)
		return sek_fail(SEK_E_MALFORMED);
	r->frames[r->n_frames++].frame = frame;
	return sek_ok();
}

static sek_status size(struct sek_rfb *r, const struct sek_size *m)
{
	sek_rfb_ask_end(r, true);
	SEK_TRY(sek_rfb_screen_resize(r->screen, m->width_px, m->height_px));
	r->has_size = true;
	if (r->init_sent && (m->width_px != r->viewer_width || m->height_px != r->viewer_height)) {
		r->owes_size = true;
		r->size_reason = r->resizing ? 1 : 0; /* of this viewer's own wish, or the server's */
		r->size_status = 0;
		r->resizing = false;
	}
	return sek_ok();
}

static sek_status cursor(struct sek_rfb *r, const uint8_t *payload, size_t n)
{
	struct sek_cursor m;

	SEK_TRY(sek_cursor_read(payload, n, &m));
	memcpy(r->cursor_bgra, m.bgra, (size_t)m.width_px * m.height_px * 4);
	r->cursor = m;
	r->cursor.bgra = r->cursor_bgra;
	r->owes_cursor = true;
	return sek_ok();
}

static void state(struct sek_rfb *r, const struct sek_state_msg *m)
{
	if (m->state == SEK_STATE_MESSAGE) /* its words are for the pages */
		return;
	r->state = m->state;
	r->owes_name = true;
	if (sek_state_ended(m->state))
		sek_rfb_card(r, m->state);
}

static sek_status ping(struct sek_rfb *r, const uint8_t *payload, size_t n)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_PONG_MAX_BYTES];
	struct sek_ping m;
	struct sek_writer w;

	SEK_TRY(sek_ping_read(payload, n, &m));
	sek_writer_init(&w, memory, sizeof memory);
	sek_pong_write(&w, &m);
	sek_rfb_up(r, memory, w.len);
	return sek_ok();
}

static sek_status clipboard_result(struct sek_rfb *r, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_result m;

	SEK_TRY(sek_clipboard_result_read(payload, n, &m));
	if (m.outcome == SEK_CLIPBOARD_ASK) {
		sek_rfb_ask_begin(r, m.arg, m.direction == SEK_CROSS_TO_OUTER);
		return sek_ok();
	}
	if (r->ask.open && r->ask.to_outer == (m.direction == SEK_CROSS_TO_OUTER))
		sek_rfb_ask_end(r, false); /* taken back */
	if (m.direction == SEK_CROSS_TO_OUTER)
		sek_rfb_let_go(r);
	return sek_ok();
}

sek_status sek_rfb_down(struct sek_rfb *r, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_clipboard_piece piece;
	struct sek_policy_msg policy;
	struct sek_state_msg said;
	struct sek_welcome welcome;
	struct sek_caret caret;
	struct sek_size m;
	size_t n = f->payload_bytes;

	if (r->card)
		return sek_ok();
	switch (f->type) {
	case SEK_MSG_WELCOME:
		SEK_TRY(sek_welcome_read(payload, n, &welcome));
		r->most_width_px = welcome.max_width_px;
		r->most_height_px = welcome.max_height_px;
		return sek_ok();
	case SEK_MSG_UPDATE:
		return update(r, f->flags, payload, n);
	case SEK_MSG_SIZE:
		SEK_TRY(sek_size_read(payload, n, &m));
		return size(r, &m);
	case SEK_MSG_CURSOR:
		return cursor(r, payload, n);
	case SEK_MSG_CARET: /* the viewer's input method stands where it likes */
		return sek_caret_read(payload, n, &caret);
	case SEK_MSG_STATE:
		SEK_TRY(sek_state_read(payload, n, &said));
		state(r, &said);
		return sek_ok();
	case SEK_MSG_POLICY:
		SEK_TRY(sek_policy_msg_read(payload, n, &policy));
		sek_rfb_clip_policy(r, policy.clipboard);
		r->owes_name = r->owes_name || r->watched != policy.watched || r->recorded != policy.recorded;
		r->watched = policy.watched;
		r->recorded = policy.recorded;
		return sek_ok();
	case SEK_MSG_CLIPBOARD:
		SEK_TRY(sek_clipboard_piece_read(payload, n, &piece));
		sek_rfb_clip_piece(r, &piece);
		return sek_ok();
	case SEK_MSG_CLIPBOARD_RESULT:
		return clipboard_result(r, payload, n);
	case SEK_MSG_PING:
		return ping(r, payload, n);
	case SEK_MSG_PONG:
		return sek_ok();
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}
