/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hostile frames into the gap. Everything that is refused here ends the session; nothing is repaired or skipped.
 */
#include "broker/decoder/link/incoming.h"

#include "protocol/wire/messages.h"

void sek_incoming_init(struct sek_incoming *in, const struct sek_gap_layout *layout, struct sek_gap_writer *gap,
	struct sek_painter *painter)
{
	*in = (struct sek_incoming){
		.layout = layout,
		.gap = gap,
		.painter = painter,
		.picture = { .px = sek_gap_writer_pixels(gap), .stride_px = layout->stride_px },
		.wants_keyframe = true,
	};
}

static sek_status on_welcome(struct sek_incoming *in, const uint8_t *payload, size_t n)
{
	struct sek_welcome m;

	SEK_TRY(sek_welcome_read(payload, n, &m));
	if (in->welcomed)
		return sek_fail(SEK_E_MALFORMED);
	if (m.version < SEK_VERSION_MIN || m.version > SEK_VERSION_MAX)
		return sek_fail(SEK_E_VERSION);
	in->welcomed = true;
	return sek_ok();
}

static sek_status on_size(struct sek_incoming *in, const uint8_t *payload, size_t n)
{
	struct sek_size m;

	SEK_TRY(sek_size_read(payload, n, &m));
	if (in->in_frame)
		return sek_fail(SEK_E_MALFORMED);
	if (m.width_px > in->layout->max_width_px || m.height_px > in->layout->max_height_px)
		return sek_fail(SEK_E_LIMIT);
	if (in->document) /* first of all: what stands there is no page any more */
		sek_gap_writer_document(in->gap, SEK_DOCUMENT_WORKING, in->pages, 0);
	/* The reader is kept away until the keyframe has been painted: old pixels in a new size are no picture. */
	sek_gap_writer_begin(in->gap, true);
	sek_gap_writer_size(in->gap, m.width_px, m.height_px);
	in->picture.width_px = m.width_px;
	in->picture.height_px = m.height_px;
	in->wants_keyframe = true;
	in->starting = false;
	return sek_ok();
}

static void painted(void *user, struct sek_rect r)
{
	struct sek_incoming *in = user;

	sek_gap_writer_damage(in->gap, r.x, r.y, r.w, r.h);
}

/* "One UPDATE or several with the same frame number"; "the next frame has the next number, modulo 2^32"; KEYFRAME is the
 * "first part of a keyframe"; "the first UPDATE after [SIZE] starts a keyframe". */
static sek_status check_order(const struct sek_incoming *in, uint8_t flags, uint32_t frame)
{
	if (in->picture.width_px == 0)
		return sek_fail(SEK_E_MALFORMED);
	if (in->in_frame)
		return frame == in->frame && !(flags & SEK_UPDATE_KEYFRAME) ? sek_ok() : sek_fail(SEK_E_MALFORMED);
	if (in->any_frame && frame != in->frame + 1)
		return sek_fail(SEK_E_MALFORMED);
	if (in->wants_keyframe && !(flags & SEK_UPDATE_KEYFRAME))
		return sek_fail(SEK_E_MALFORMED);
	return sek_ok();
}

static sek_status on_update(struct sek_incoming *in, uint8_t flags, const uint8_t *payload, size_t n,
	struct sek_incoming_result *ret)
{
	struct sek_reader r;
	uint32_t frame, painted_frame;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u32(&r, &frame));
	SEK_TRY(check_order(in, flags, frame));
	sek_gap_writer_begin(in->gap, (flags & SEK_UPDATE_KEYFRAME) != 0);
	SEK_TRY(sek_paint_update(in->painter, &in->picture, flags, payload, n, painted, in, &painted_frame));
	in->frame = frame;
	in->any_frame = true;
	in->wants_keyframe = false;
	in->in_frame = !(flags & SEK_UPDATE_END);
	if (in->in_frame)
		return sek_ok();
	sek_gap_writer_frame(in->gap);
	ret->wake = ret->ack = true;
	ret->number = frame;
	return sek_ok();
}

static sek_status on_cursor(struct sek_incoming *in, const uint8_t *payload, size_t n)
{
	struct sek_cursor m;

	SEK_TRY(sek_cursor_read(payload, n, &m));
	sek_gap_writer_cursor(in->gap, m.width_px, m.height_px, m.hot_x_px, m.hot_y_px, m.bgra);
	return sek_ok();
}

static sek_status on_caret(struct sek_incoming *in, const uint8_t *payload, size_t n)
{
	struct sek_caret m;

	SEK_TRY(sek_caret_read(payload, n, &m));
	sek_gap_writer_caret(in->gap, m.x_px, m.y_px, m.width_px, m.height_px);
	return sek_ok();
}

static sek_status on_documents(struct sek_incoming *in, const uint8_t *payload, size_t n)
{
	struct sek_documents_msg m;

	SEK_TRY(sek_documents_msg_read(payload, n, &m));
	sek_gap_writer_documents(in->gap, m.count);
	return sek_ok();
}

static sek_status on_state(struct sek_incoming *in, const uint8_t *payload, size_t n, struct sek_incoming_result *ret)
{
	struct sek_state_msg m;

	SEK_TRY(sek_state_read(payload, n, &m));
	if (!sek_state_from_host(m.state))
		return sek_fail(SEK_E_MALFORMED);
	sek_gap_writer_state(in->gap, m.state, m.arg);
	in->starting = m.state == SEK_STATE_STARTING && in->picture.width_px == 0;
	ret->ended = sek_state_ended(m.state);
	return sek_ok();
}

static sek_status on_clipboard(const uint8_t *payload, size_t n, struct sek_incoming_result *ret)
{
	struct sek_clipboard_piece m;

	SEK_TRY(sek_clipboard_piece_read(payload, n, &m));
	if (m.flags & SEK_CLIPBOARD_PREVIEW)
		return sek_fail(SEK_E_MALFORMED);
	ret->clipboard = true;
	return sek_ok();
}

static sek_status on_ping(const uint8_t *payload, size_t n, bool answer, struct sek_incoming_result *ret)
{
	struct sek_ping m;

	SEK_TRY(sek_ping_read(payload, n, &m));
	ret->pong = answer;
	ret->number = m.id;
	return sek_ok();
}

static sek_status on_pages(struct sek_incoming *in, const uint8_t *payload, size_t n, struct sek_incoming_result *ret)
{
	struct sek_pages_msg m;

	SEK_TRY(sek_pages_msg_read(payload, n, &m));
	if (in->in_frame)
		return sek_fail(SEK_E_MALFORMED);
	in->welcomed = true;
	in->pages = m.pages;
	in->wants_keyframe = true;
	sek_gap_writer_document(in->gap, m.state, m.pages, 0);
	ret->reason = m.state;
	return sek_ok();
}

/* "PAGE with the page's number" follows the one frame of its page, and no other page's. */
static sek_status on_page(struct sek_incoming *in, const uint8_t *payload, size_t n)
{
	struct sek_page_msg m;

	SEK_TRY(sek_page_msg_read(payload, n, &m));
	if (in->wants_keyframe || in->in_frame || m.page > in->pages)
		return sek_fail(SEK_E_MALFORMED);
	in->wants_keyframe = true;
	sek_gap_writer_document(in->gap, SEK_DOCUMENT_WORKING, in->pages, m.page);
	return sek_ok();
}

/* "There is no WELCOME, no STATE, no cursor and no caret on such a connection." */
static sek_status apply_document(struct sek_incoming *in, const struct sek_frame *f, const uint8_t *payload,
	struct sek_incoming_result *r)
{
	size_t n = f->payload_bytes;

	switch (f->type) {
	case SEK_MSG_PAGES:
		r->wake = true;
		return on_pages(in, payload, n, r);
	case SEK_MSG_SIZE:
		return in->welcomed ? on_size(in, payload, n) : sek_fail(SEK_E_MALFORMED);
	case SEK_MSG_UPDATE:
		return on_update(in, f->flags, payload, n, r);
	case SEK_MSG_PAGE:
		r->wake = true;
		return on_page(in, payload, n);
	case SEK_MSG_PING:
		return on_ping(payload, n, true, r);
	case SEK_MSG_PONG:
		return on_ping(payload, n, false, r);
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

static sek_status apply(struct sek_incoming *in, const struct sek_frame *f, const uint8_t *payload,
	struct sek_incoming_result *r)
{
	size_t n = f->payload_bytes;

	/* Before WELCOME the host may only say how far it is, or that it will not, and show that it lives. */
	if (!in->welcomed && f->type != SEK_MSG_WELCOME && f->type != SEK_MSG_STATE && f->type != SEK_MSG_PING &&
	    f->type != SEK_MSG_PONG)
		return sek_fail(SEK_E_MALFORMED);
	switch (f->type) {
	case SEK_MSG_WELCOME:
		return on_welcome(in, payload, n);
	case SEK_MSG_SIZE:
		return on_size(in, payload, n);
	case SEK_MSG_UPDATE:
		return on_update(in, f->flags, payload, n, r);
	case SEK_MSG_CURSOR:
		r->wake = true;
		return on_cursor(in, payload, n);
	case SEK_MSG_CARET:
		r->wake = true;
		return on_caret(in, payload, n);
	case SEK_MSG_DOCUMENTS:
		r->wake = true;
		return on_documents(in, payload, n);
	case SEK_MSG_STATE:
		r->wake = true;
		return on_state(in, payload, n, r);
	case SEK_MSG_CLIPBOARD:
		return on_clipboard(payload, n, r);
	case SEK_MSG_PING:
		return on_ping(payload, n, true, r);
	case SEK_MSG_PONG:
		return on_ping(payload, n, false, r);
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

sek_status sek_incoming_frame(struct sek_incoming *in, const struct sek_frame *f, const uint8_t *payload,
	struct sek_incoming_result *ret)
{
	struct sek_incoming_result r = { .number = 0 };

	SEK_TRY(in->document ? apply_document(in, f, payload, &r) : apply(in, f, payload, &r));
	*ret = r;
	return sek_ok();
}
