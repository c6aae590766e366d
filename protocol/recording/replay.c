/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See replay.h. Paints with the codec's own painter, as any client does.
 */
#include "protocol/recording/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct sek_replay {
	struct sek_painter *painter;
	struct sek_picture picture;
	size_t room_px;      /* of picture.px */
	bool synced;         /* has seen a keyframe or a snapshot: what comes can be followed */
	bool in_snapshot;    /* follows one that is not at its end */
	bool whole;          /* nothing of the picture is still to be painted by a snapshot */
	struct sek_replay_pointer pointer;
	uint8_t shape[4 * SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX];
};

struct sek_replay *sek_replay_create(void)
{
	struct sek_replay *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->painter = sek_painter_create();
	if (!r->painter) {
		free(r);
		return NULL;
	}
	return r;
}

void sek_replay_destroy(struct sek_replay *r)
{
	if (!r)
		return;
	sek_painter_destroy(r->painter);
	free(r->picture.px);
	free(r);
}

static sek_status resize(struct sek_replay *r, const struct sek_frame *f, const uint8_t *payload, bool *ret_changed)
{
	struct sek_size m;
	size_t px;

	SEK_TRY(sek_size_read(payload, f->payload_bytes, &m));
	if (m.width_px == r->picture.width_px && m.height_px == r->picture.height_px)
		return sek_ok();
	px = (size_t)m.width_px * m.height_px;
	if (px > r->room_px) {
		uint32_t *more = realloc(r->picture.px, px * sizeof *more);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		r->picture.px = more;
		r->room_px = px;
	}
	r->picture.width_px = m.width_px;
	r->picture.height_px = m.height_px;
	r->picture.stride_px = m.width_px;
	memset(r->picture.px, 0, px * sizeof *r->picture.px);
	*ret_changed = true;
	return sek_ok();
}

static sek_status cursor(struct sek_replay *r, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_replay_pointer *p = &r->pointer;
	struct sek_cursor m;

	SEK_TRY(sek_cursor_read(payload, f->payload_bytes, &m));
	p->width_px = m.width_px;
	p->height_px = m.height_px;
	p->hot_x_px = m.hot_x_px;
	p->hot_y_px = m.hot_y_px;
	memcpy(r->shape, m.bgra, (size_t)4 * m.width_px * m.height_px);
	p->bgra = r->shape;
	return sek_ok();
}

/* Whoever follows already knows what a snapshot shows. */
static bool is_for_us(struct sek_replay *r, const struct sek_frame *f, bool aside)
{
	bool begins = (f->flags & SEK_UPDATE_KEYFRAME) != 0, wanted;

	if (!aside && begins) { /* breaks off any snapshot */
		r->whole = true;
		r->in_snapshot = false;
	}
	if (!aside)
		return r->synced || begins;
	if (begins)
		r->in_snapshot = !r->synced;
	wanted = r->in_snapshot;
	if (f->flags & SEK_UPDATE_END) {
		r->whole = r->whole || r->in_snapshot;
		r->in_snapshot = false;
	}
	return wanted;
}

static sek_status update(struct sek_replay *r, const struct sek_frame *f, const uint8_t *payload, bool aside,
	bool *ret_changed)
{
	uint32_t number;

	if (r->picture.width_px == 0 || !is_for_us(r, f, aside))
		return sek_ok();
	SEK_TRY(sek_paint_update(r->painter, &r->picture, f->flags, payload, f->payload_bytes, NULL, NULL, &number));
	r->synced = true;
	*ret_changed = r->whole;
	return sek_ok();
}

static sek_status frame(struct sek_replay *r, const struct sek_entry *e, bool *ret_changed)
{
	bool aside = e->kind == SEK_ENTRY_ASIDE;
	const uint8_t *payload = e->payload + SEK_FRAME_HEADER_BYTES;
	struct sek_frame f;
	size_t total;

	SEK_TRY(sek_frame_whole(e->payload, e->n, aside ? SEK_LINK_HUB : SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total));
	switch (f.type) {
	case SEK_MSG_SIZE:
		return resize(r, &f, payload, ret_changed);
	case SEK_MSG_UPDATE:
		return update(r, &f, payload, aside, ret_changed);
	case SEK_MSG_CURSOR:
		return cursor(r, &f, payload);
	default:
		return sek_ok();
	}
}

static sek_status pointer(struct sek_replay *r, const struct sek_entry *e)
{
	struct sek_pointer m;

	SEK_TRY(sek_pointer_read(e->payload, e->n, &m));
	r->pointer.known = true;
	r->pointer.x_px = m.x_px;
	r->pointer.y_px = m.y_px;
	r->pointer.buttons = m.buttons;
	return sek_ok();
}

sek_status sek_replay_take(struct sek_replay *r, const struct sek_entry *e, bool *ret_changed)
{
	*ret_changed = false;
	switch (e->kind) {
	case SEK_ENTRY_DOWN:
	case SEK_ENTRY_ASIDE:
		return frame(r, e, ret_changed);
	case SEK_ENTRY_POINTER:
		return pointer(r, e);
	default:
		return sek_ok();
	}
}

struct sek_picture sek_replay_picture(const struct sek_replay *r)
{
	return r->synced && r->whole ? r->picture : (struct sek_picture){ NULL, 0, 0, 0 };
}

struct sek_replay_pointer sek_replay_pointer(const struct sek_replay *r)
{
	return r->pointer;
}
