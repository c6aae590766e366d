/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the gap says against what the client has been told, and when the difference is sent. Values of the gap come from
 * sek_gap_reader_* only, clamped; pixels are touched by the codec only.
 */
#include "broker/encoder/loop.h"
#include "protocol/wire/messages.h"

#define SMALL_BYTES 32
#define CURSOR_BYTES (SEK_FRAME_HEADER_BYTES + (size_t)SEK_MSG_CURSOR_MAX_BYTES)

bool sek_encoder_has_room(const struct sek_encoder *e)
{
	return e->visible && e->picture && sek_outbox_empty(&e->outbox) && (sek_pace_room(&e->pace, false, e->now_us) > 0 ||
		(sek_pace_slow(&e->pace) && sek_pace_room(&e->pace, true, e->now_us) > 0));
}

/* A half-painted picture is worth a short wait for its end. The hint may be a lie, so the wait is bounded, and once it
 * was in vain the hint counts for nothing until a frame has been finished. */
static void hold(struct sek_encoder *e, uint64_t now_us)
{
	bool whole = e->now.painting == SEK_GAP_PAINTING_WHOLE;

	if (e->given_up && e->now.frame != e->given_up_frame)
		e->given_up = false;
	if (e->now.painting == SEK_GAP_PAINTED || e->given_up) {
		e->holding = false;
	} else if (!e->holding) {
		e->holding = true;
		e->hold_frame = e->now.frame;
		e->hold_until_us = now_us + (whole ? SEK_ENCODER_HOLD_WHOLE_US : SEK_ENCODER_HOLD_PART_US);
	} else if (!whole && e->now.frame != e->hold_frame) {
		/* The frame that was waited for is there, another has begun: no more waiting, or it would never end. */
		e->holding = false;
	}
}

static bool wants_look(const struct sek_encoder *e)
{
	return e->look || (e->tiles && !e->holding && sek_encoder_has_room(e));
}

/* In the past after quiet: then the first change is seen at once. */
static uint64_t look_at_us(const struct sek_encoder *e)
{
	if (e->holding)
		return e->looked_us + SEK_ENCODER_LOOK_HELD_US;
	if (!sek_encoder_has_room(e) && e->picture)
		return e->looked_us + SEK_ENCODER_LOOK_SLOW_US;
	if (e->frame_us > SEK_ENCODER_LOOK_US)
		return e->looked_us + e->frame_us;
	/* what was painted just after something else leaves as soon as that: two looks at once, if there was none before */
	return e->look_due_us > SEK_ENCODER_LOOK_US ? e->look_due_us - SEK_ENCODER_LOOK_US : 0;
}

void sek_encoder_look(struct sek_encoder *e, uint64_t now_us)
{
	struct sek_gap_header h;

	if (!wants_look(e) || now_us < look_at_us(e))
		return;
	sek_gap_reader_header(e->gap, &h);
	if (sek_state_ended(e->now.state)) /* nothing comes after the end, whatever the memory says by now */
		h.state = e->now.state;
	e->state_due = e->state_due || (h.state != e->now.state && h.state != SEK_STATE_NONE);
	e->cursor_due = e->cursor_due || h.cursor_generation != e->now.cursor_generation;
	e->caret_due = e->caret_due || h.caret_x_px != e->now.caret_x_px || h.caret_y_px != e->now.caret_y_px ||
		h.caret_width_px != e->now.caret_width_px || h.caret_height_px != e->now.caret_height_px;
	e->documents_due = e->documents_due || h.documents != e->now.documents;
	e->picture = e->picture || h.frame != 0;
	e->now = h;
	e->tiles = true;
	e->look = false;
	e->fresh = true;
	e->looked_us = now_us;
	e->look_due_us = (now_us > e->look_due_us ? now_us : e->look_due_us) + SEK_ENCODER_LOOK_US;
	if (e->look_due_us > now_us + 2 * SEK_ENCODER_LOOK_US) /* looks while a frame is held come faster, and owe nothing */
		e->look_due_us = now_us + 2 * SEK_ENCODER_LOOK_US;
	hold(e, now_us);
}

static sek_status put(struct sek_encoder *e, const struct sek_writer *w)
{
	SEK_TRY(sek_writer_status(w));
	e->unframed += w->len;
	return sek_outbox_put(&e->outbox, w->start, w->len);
}

static sek_status send_state(struct sek_encoder *e)
{
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;

	e->state_due = false;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_state_write(&w, &(struct sek_state_msg){ .state = e->now.state, .arg = e->now.arg });
	return put(e, &w);
}

static sek_status send_size(struct sek_encoder *e)
{
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;

	if (e->now.width_px != e->width_px || e->now.height_px != e->height_px) {
		SEK_TRY(sek_update_encoder_resize(e->codec, e->now.width_px, e->now.height_px));
		e->width_px = e->now.width_px;
		e->height_px = e->now.height_px;
		e->remark = true;
		e->size_due = true;
	}
	if (!e->size_due)
		return sek_ok();
	e->size_due = false;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ .width_px = e->width_px, .height_px = e->height_px });
	return put(e, &w);
}

static sek_status send_cursor(struct sek_encoder *e, uint64_t now_us)
{
	uint8_t bytes[CURSOR_BYTES];
	struct sek_writer w;

	sek_gap_reader_cursor(e->gap, &e->cursor);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_cursor_write(&w, &(struct sek_cursor){ e->cursor.width_px, e->cursor.height_px, e->cursor.hot_x_px,
		e->cursor.hot_y_px, e->cursor.bgra });
	e->cursor_due = false;
	e->cursor_at_us = now_us + SEK_ENCODER_CURSOR_US + 4 * sek_pace_line_us(&e->pace, w.len);
	return put(e, &w);
}

static sek_status send_caret(struct sek_encoder *e)
{
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;

	e->caret_due = false;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_caret_write(&w, &(struct sek_caret){ e->now.caret_x_px, e->now.caret_y_px, e->now.caret_width_px,
		e->now.caret_height_px });
	return put(e, &w);
}

static sek_status send_documents(struct sek_encoder *e)
{
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;

	e->documents_due = false;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_documents_msg_write(&w, &(struct sek_documents_msg){ e->now.documents });
	return put(e, &w);
}

static sek_status emit(void *user, const uint8_t *frame_bytes, size_t n)
{
	struct sek_encoder *e = user;

	e->unframed += n;
	return sek_outbox_put(&e->outbox, frame_bytes, n);
}

static struct sek_encode_options options_now(const struct sek_encoder *e, bool hurry)
{
	uint64_t gap_ms = SEK_ENCODER_FILM_GAP_MS + e->pace.pass_us / 500;
	struct sek_encode_options o = {
		.jpeg_quality = (uint8_t)e->pace.quality,
		.refine_ms = SEK_ENCODER_REFINE_MS,
		.film_gap_ms = (uint32_t)(gap_ms < SEK_ENCODER_FILM_GAP_MAX_MS ? gap_ms : SEK_ENCODER_FILM_GAP_MAX_MS),
	};

	if (!sek_pace_slow(&e->pace))
		return o;
	o.hurry = hurry;
	o.press = e->pace.quality < SEK_PACE_QUALITY_PRESS;
	o.budget_bytes = sek_pace_room(&e->pace, hurry, e->now_us);
	o.first = (struct sek_rect){ e->now.caret_x_px, e->now.caret_y_px, e->now.caret_width_px, e->now.caret_height_px };
	return o;
}

/* Refinement waits for a quiet line. Never before refine_not_before_us, so that one that finds nothing to send cannot turn
 * the loop into a spin. */
static uint64_t refine_at_us(const struct sek_encoder *e)
{
	const struct sek_encode_options o = { .refine_ms = SEK_ENCODER_REFINE_MS };
	bool quiet = e->sent == e->acked || (sek_pace_slow(&e->pace) && e->pace.in_flight <= sek_pace_window(&e->pace) / 2);
	uint64_t at_ms = quiet && sek_pace_room(&e->pace, false, e->now_us) > 0 ?
		sek_update_encoder_refine_at_ms(e->codec, &o) : 0;

	if (at_ms == 0)
		return UINT64_MAX;
	return at_ms * 1000 > e->refine_not_before_us ? at_ms * 1000 : e->refine_not_before_us;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Tiles that changed in the gap, or all of them, are damage; with a watermark they are first copied and marked. */
static void take_tiles(struct sek_encoder *e)
{
	const struct sek_gap_layout *l = e->layout;

	for (uint16_t row = 0; row < l->rows; row++) {
		for (uint16_t column = 0; column < l->columns; column++) {
			uint32_t x = (uint32_t)column * SEK_TILE_PX, y = (uint32_t)row * SEK_TILE_PX;

			if (!sek_gap_reader_tile_changed(e->gap, column, row) && !e->remark)
				continue;
			if (e->watermark.bytes && x < e->width_px && y < e->height_px)
				sek_watermark_copy(&e->watermark, sek_gap_reader_pixels(e->gap), x, y,
					lesser(SEK_TILE_PX, e->width_px - x), lesser(SEK_TILE_PX, e->height_px - y));
			sek_update_encoder_damage_tile(e->codec, column, row);
		}
	}
	e->tiles = e->remark = false;
}

static sek_status encode(struct sek_encoder *e, bool hurry)
{
	const struct sek_encode_options o = options_now(e, hurry);
	struct sek_picture src = { .stride_px = e->layout->stride_px };
	const bool keyframe = sek_update_encoder_wants_keyframe(e->codec);
	struct sek_encode_figures made;
	bool sent = false;

	/* read only: the mapping sees to that */
	src.px = e->watermark.bytes ? e->watermark.px : (uint32_t *)(uintptr_t)sek_gap_reader_pixels(e->gap);
	src.width_px = e->width_px;
	src.height_px = e->height_px;
	SEK_TRY(sek_update_encoder_encode(e->codec, &src, e->sent + 1, e->now_us / 1000, &o, emit, e, &sent));
	made = sek_update_encoder_figures(e->codec);
	e->tiles = made.left;
	if (!sent)
		return sek_ok();
	sek_pace_sent(&e->pace, ++e->sent, e->unframed, e->now_us);
	e->unframed = 0;
	sek_encoder_sent(e, keyframe);
	sek_pace_photos(&e->pace, made.photo_px, made.photo_bytes, made.left_px);
	return sek_ok();
}

static sek_status send_frame(struct sek_encoder *e, uint64_t now_us)
{
	SEK_TRY(send_size(e));
	if (e->tiles || e->remark)
		take_tiles(e);
	if (!sek_update_encoder_dirty(e->codec) && refine_at_us(e) > now_us)
		return sek_ok();
	e->refine_not_before_us = now_us + SEK_ENCODER_LOOK_US;
	/* On a slow line what is small has a frame of its own: it is drawn while the rest is still under way. */
	if (sek_pace_slow(&e->pace) && sek_update_encoder_dirty(e->codec) && sek_pace_room(&e->pace, true, now_us) > 0)
		SEK_TRY(encode(e, true));
	if (sek_outbox_empty(&e->outbox) && sek_pace_room(&e->pace, false, now_us) > 0)
		SEK_TRY(encode(e, false));
	return sek_ok();
}

sek_status sek_encoder_send(struct sek_encoder *e, uint64_t now_us)
{
	if (e->holding && now_us >= e->hold_until_us) {
		e->holding = false;
		e->given_up = true;
		e->given_up_frame = e->now.frame;
		e->fresh = true;
	}
	/* What waits behind a full queue would arrive no sooner by being in it, but older. */
	if (e->state_due && sek_outbox_empty(&e->outbox))
		SEK_TRY(send_state(e));
	if (e->documents_due && sek_outbox_empty(&e->outbox))
		SEK_TRY(send_documents(e));
	if (!e->holding && sek_encoder_has_room(e) && (e->fresh || refine_at_us(e) <= now_us))
		SEK_TRY(send_frame(e, now_us));
	if (e->picture && !e->tiles && !sek_update_encoder_dirty(e->codec) && sek_pace_room(&e->pace, false, now_us) > 0)
		sek_pace_idle(&e->pace);
	e->fresh = false;
	if (!e->visible || !e->picture || e->size_due || !sek_outbox_empty(&e->outbox))
		return sek_ok();
	if (e->caret_due)
		SEK_TRY(send_caret(e));
	if (e->cursor_due && now_us >= e->cursor_at_us)
		SEK_TRY(send_cursor(e, now_us));
	return sek_ok();
}

uint64_t sek_encoder_due_us(const struct sek_encoder *e)
{
	uint64_t at = wants_look(e) ? look_at_us(e) : UINT64_MAX;

	if (e->holding && e->hold_until_us < at)
		at = e->hold_until_us;
	if ((e->look || e->tiles) && e->visible && e->picture && sek_pace_due_us(&e->pace, e->now_us) < at)
		at = sek_pace_due_us(&e->pace, e->now_us);
	if (!e->holding && sek_encoder_has_room(e) && refine_at_us(e) < at)
		at = refine_at_us(e);
	if (e->cursor_due && e->visible && e->picture && sek_outbox_empty(&e->outbox) && e->cursor_at_us < at)
		at = e->cursor_at_us;
	return at;
}
