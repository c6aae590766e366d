/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What belongs to the picture but for its pixels: ACK, CURSOR, CARET, SIZE. Reader and writer of each side by side,
 * sharing one check. Freestanding.
 */
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"

/* --- ACK --- */

sek_status sek_ack_read(const void *payload, size_t n, struct sek_ack *ret)
{
	struct sek_reader r;
	struct sek_ack m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u32(&r, &m.frame));
	SEK_TRY(sek_read_done(&r));
	*ret = m;
	return sek_ok();
}

void sek_ack_write(struct sek_writer *w, const struct sek_ack *m)
{
	size_t at = sek_frame_begin(w, SEK_MSG_ACK, 0);

	sek_write_u32(w, m->frame);
	sek_frame_end(w, at);
}

/* --- CURSOR --- */

/* "Either 0 by 0 with hotspot 0,0 or sides of 1..SEK_CURSOR_MAX_PX with the hotspot inside." */
static bool cursor_allowed(const struct sek_cursor *m)
{
	if (m->width_px == 0 && m->height_px == 0)
		return m->hot_x_px == 0 && m->hot_y_px == 0;
	return m->width_px >= 1 && m->width_px <= SEK_CURSOR_MAX_PX && m->height_px >= 1 &&
	       m->height_px <= SEK_CURSOR_MAX_PX && m->hot_x_px < m->width_px && m->hot_y_px < m->height_px;
}

static size_t cursor_bytes(const struct sek_cursor *m)
{
	return (size_t)m->width_px * m->height_px * 4;
}

sek_status sek_cursor_read(const void *payload, size_t n, struct sek_cursor *ret)
{
	struct sek_reader r;
	struct sek_cursor m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.width_px));
	SEK_TRY(sek_read_u16(&r, &m.height_px));
	SEK_TRY(sek_read_u16(&r, &m.hot_x_px));
	SEK_TRY(sek_read_u16(&r, &m.hot_y_px));
	if (!cursor_allowed(&m))
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_read_bytes(&r, cursor_bytes(&m), &m.bgra));
	SEK_TRY(sek_read_done(&r));
	*ret = m;
	return sek_ok();
}

void sek_cursor_write(struct sek_writer *w, const struct sek_cursor *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_CURSOR, cursor_allowed(m), &at))
		return;
	sek_write_u16(w, m->width_px);
	sek_write_u16(w, m->height_px);
	sek_write_u16(w, m->hot_x_px);
	sek_write_u16(w, m->hot_y_px);
	sek_write_bytes(w, m->bgra, cursor_bytes(m));
	sek_frame_end(w, at);
}

/* --- CARET: any rectangle; whoever uses it clips it to the picture --- */

sek_status sek_caret_read(const void *payload, size_t n, struct sek_caret *ret)
{
	struct sek_reader r;
	struct sek_caret m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.x_px));
	SEK_TRY(sek_read_u16(&r, &m.y_px));
	SEK_TRY(sek_read_u16(&r, &m.width_px));
	SEK_TRY(sek_read_u16(&r, &m.height_px));
	SEK_TRY(sek_read_done(&r));
	*ret = m;
	return sek_ok();
}

void sek_caret_write(struct sek_writer *w, const struct sek_caret *m)
{
	size_t at = sek_frame_begin(w, SEK_MSG_CARET, 0);

	sek_write_u16(w, m->x_px);
	sek_write_u16(w, m->y_px);
	sek_write_u16(w, m->width_px);
	sek_write_u16(w, m->height_px);
	sek_frame_end(w, at);
}

/* --- SIZE --- */

static bool size_allowed(const struct sek_size *m)
{
	return m->width_px >= 1 && m->width_px <= SEK_WIDTH_MAX_PX && m->height_px >= 1 &&
	       m->height_px <= SEK_HEIGHT_MAX_PX;
}

sek_status sek_size_read(const void *payload, size_t n, struct sek_size *ret)
{
	struct sek_reader r;
	struct sek_size m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.width_px));
	SEK_TRY(sek_read_u16(&r, &m.height_px));
	SEK_TRY(sek_read_end(&r, size_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_size_write(struct sek_writer *w, const struct sek_size *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_SIZE, size_allowed(m), &at))
		return;
	sek_write_u16(w, m->width_px);
	sek_write_u16(w, m->height_px);
	sek_frame_end(w, at);
}
