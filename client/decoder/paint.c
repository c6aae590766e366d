/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames of the broker into pixels. Runs jailed; has no way to anything but the pane.
 */
#include "client/decoder/paint.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/codec/picture.h"
#include "protocol/wire/messages.h"

struct sek_paint {
	struct sek_pane pane;
	struct sek_painter *painter;
	struct sek_picture picture;
	struct sek_rect changed; /* since the last whole frame */
};

struct sek_paint *sek_paint_create(const struct sek_pane *pane)
{
	struct sek_paint *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->pane = *pane;
	p->painter = sek_painter_create();
	if (!p->painter) {
		free(p);
		return NULL;
	}
	return p;
}

void sek_paint_destroy(struct sek_paint *p)
{
	if (!p)
		return;
	sek_painter_destroy(p->painter);
	free(p);
}

static void on_painted(void *user, struct sek_rect r)
{
	struct sek_paint *p = user;

	p->changed = sek_pane_join(p->changed, r);
}

/* The picture is as large as the pane at most: the grammar's bounds are those of the pane. */
static sek_status take_size(struct sek_paint *p, const uint8_t *payload, size_t n)
{
	struct sek_size size;

	SEK_TRY(sek_size_read(payload, n, &size));
	memset(p->pane.px, 0, (size_t)size.width_px * size.height_px * sizeof *p->pane.px);
	p->picture = (struct sek_picture){ p->pane.px, size.width_px, size.width_px, size.height_px };
	p->changed = (struct sek_rect){ 0, 0, size.width_px, size.height_px };
	return sek_ok();
}

static sek_status take_update(struct sek_paint *p, uint8_t flags, const uint8_t *payload, size_t n, bool *ret_whole)
{
	uint32_t frame;

	if (!p->picture.px)
		return sek_fail(SEK_E_MALFORMED); /* SIZE comes before the first UPDATE */
	SEK_TRY(sek_paint_update(p->painter, &p->picture, flags, payload, n, on_painted, p, &frame));
	*ret_whole = flags & SEK_UPDATE_END;
	if (*ret_whole) {
		sek_pane_tell(&p->pane, p->changed);
		p->changed = (struct sek_rect){ 0 };
	}
	return sek_ok();
}

sek_status sek_paint_take(struct sek_paint *p, const uint8_t *bytes, size_t n, size_t *ret_used, bool *ret_whole)
{
	struct sek_frame frame;
	size_t total;

	SEK_TRY(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &frame, &total));
	*ret_used = total;
	*ret_whole = false;
	bytes += SEK_FRAME_HEADER_BYTES;
	if (frame.type == SEK_MSG_SIZE)
		return take_size(p, bytes, frame.payload_bytes);
	if (frame.type == SEK_MSG_UPDATE)
		return take_update(p, frame.flags, bytes, frame.payload_bytes, ret_whole);
	return sek_fail(SEK_E_MALFORMED);
}
