/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lays operations into UPDATE frames and splits them at the limits. A message is held back until it is known whether it
 * is the last of its frame, because only that one says SEK_UPDATE_END.
 */
#include "protocol/codec/encoder.h"

#define OPS_OFFSET (SEK_FRAME_HEADER_BYTES + 4)
#define OP_COPY_BYTES 13
#define OP_FILL_BYTES 12
#define OP_TILES_BYTES 10
#define OP_JPEG_BYTES 15
#define OP_DRAWN_BYTES 7
#define UPDATE_HEAD_BYTES 8

_Static_assert(SEK_DRAWN_SOFT_BYTES + 8 * SEK_DRAWN_MAX_PX < SEK_DRAWN_BYTES &&
	SEK_DRAWN_BYTES + OP_DRAWN_BYTES + UPDATE_HEAD_BYTES <= SEK_UPDATE_MAX_BYTES, "DRAWN fits a message");

_Static_assert(SEK_BATCH_BYTES >= SEK_RECORD_MAX_BYTES && SEK_BATCH_BYTES <= SEK_TILES_RAW_MAX_BYTES,
	"a batch holds a tile and is a batch that receivers take");

void sek_message_start(struct sek_message *m, uint32_t frame, unsigned flags, sek_emit_fn *emit, void *user)
{
	m->emit = emit;
	m->user = user;
	m->frame = frame;
	m->first = (uint8_t)(flags & (SEK_UPDATE_KEYFRAME | SEK_UPDATE_FRESH));
	m->all = (uint8_t)(flags & SEK_UPDATE_ASIDE);
	m->model = m->models[m->all ? 1 : 0];
	m->batch_bytes = m->batch_photo_bytes = 0;
	m->emitted = 0;
	m->drawn_count = 0;
	m->open = false;
	if (m->first)
		sek_drawn_reset(m->model);
	m->sent = false;
}

static void open_message(struct sek_message *m)
{
	sek_writer_init(&m->w, m->bytes, sizeof m->bytes);
	sek_frame_begin(&m->w, SEK_MSG_UPDATE, (uint8_t)(m->first | m->all));
	sek_write_u32(&m->w, m->frame);
	sek_write_u16(&m->w, 0);
	sek_write_u16(&m->w, 0);
	m->ops = 0;
	m->first = 0;
	m->open = true;
	m->sent = true;
}

static sek_status close_message(struct sek_message *m, bool last)
{
	m->bytes[OPS_OFFSET] = (uint8_t)(m->ops >> 8);
	m->bytes[OPS_OFFSET + 1] = (uint8_t)m->ops;
	if (last)
		m->bytes[1] |= SEK_UPDATE_END;
	SEK_TRY(sek_frame_end(&m->w, 0));
	m->open = false;
	m->emitted += m->w.len;
	return m->emit(m->user, m->bytes, m->w.len);
}

/* Makes sure that a message is open with room for one operation of n bytes. */
static sek_status need(struct sek_message *m, size_t n)
{
	if (m->open && m->ops > 0 && (m->ops == SEK_UPDATE_MAX_OPS || m->w.len + n > SEK_MESSAGE_SOFT_BYTES))
		SEK_TRY(close_message(m, false));
	if (!m->open)
		open_message(m);
	m->ops++;
	return sek_ok();
}

static void write_rect(struct sek_writer *w, struct sek_rect r)
{
	sek_write_u16(w, r.x);
	sek_write_u16(w, r.y);
	sek_write_u16(w, r.w);
	sek_write_u16(w, r.h);
}

sek_status sek_message_copy(struct sek_message *m, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	SEK_TRY(need(m, OP_COPY_BYTES));
	sek_write_u8(&m->w, SEK_OP_COPY);
	sek_write_u16(&m->w, sx);
	sek_write_u16(&m->w, sy);
	write_rect(&m->w, to);
	return sek_writer_status(&m->w);
}

sek_status sek_message_fill(struct sek_message *m, struct sek_rect r, uint32_t bgrx)
{
	SEK_TRY(need(m, OP_FILL_BYTES));
	sek_write_u8(&m->w, SEK_OP_FILL);
	write_rect(&m->w, r);
	sek_write_u8(&m->w, (uint8_t)(bgrx >> 16));
	sek_write_u8(&m->w, (uint8_t)(bgrx >> 8));
	sek_write_u8(&m->w, (uint8_t)bgrx);
	return sek_writer_status(&m->w);
}

size_t sek_message_bytes(const struct sek_message *m)
{
	return m->emitted + (m->open ? m->w.len : 0) + m->batch_bytes + (m->drawn_count > 0 ? sek_drawn_bytes(&m->drawn) : 0);
}

size_t sek_message_jpeg_max(void)
{
	return SEK_UPDATE_MAX_BYTES - UPDATE_HEAD_BYTES - OP_JPEG_BYTES;
}

sek_status sek_message_jpeg(struct sek_message *m, struct sek_rect r, uint8_t quality, enum sek_jpeg_colours colours,
	const uint8_t *data, size_t n)
{
	SEK_TRY(need(m, OP_JPEG_BYTES + n));
	sek_write_u8(&m->w, SEK_OP_JPEG);
	write_rect(&m->w, r);
	sek_write_u8(&m->w, quality);
	sek_write_u8(&m->w, (uint8_t)colours);
	sek_write_u32(&m->w, (uint32_t)n);
	sek_write_bytes(&m->w, data, n);
	return sek_writer_status(&m->w);
}

/* Packs the batch straight into the message. */
static sek_status flush_batch(struct sek_message *m)
{
	enum sek_tiles_method method;
	size_t n = m->batch_bytes, head, packed;

	if (n == 0)
		return sek_ok();
	m->batch_bytes = 0;
	SEK_TRY(need(m, OP_TILES_BYTES + sek_pack_bound(n)));
	head = m->w.len;
	if (m->w.size - head < OP_TILES_BYTES + sek_pack_bound(n))
		return sek_fail(SEK_E_INTERNAL);
	packed = sek_pack(m->packer, m->batch, n, m->w.start + head + OP_TILES_BYTES, m->batch_photo_bytes > n / 2, &method);
	m->batch_photo_bytes = 0;
	sek_write_u8(&m->w, SEK_OP_TILES);
	sek_write_u8(&m->w, (uint8_t)method);
	sek_write_u32(&m->w, (uint32_t)n);
	sek_write_u32(&m->w, (uint32_t)packed);
	m->w.len += packed;
	return sek_writer_status(&m->w);
}

static sek_status flush_drawn(struct sek_message *m)
{
	size_t n;

	if (m->drawn_count == 0)
		return sek_ok();
	n = sek_drawn_finish(&m->drawn);
	if (n == 0)
		return sek_fail(SEK_E_INTERNAL);
	SEK_TRY(need(m, OP_DRAWN_BYTES + n));
	sek_write_u8(&m->w, SEK_OP_DRAWN);
	sek_write_u16(&m->w, (uint16_t)m->drawn_count);
	sek_write_u32(&m->w, (uint32_t)n);
	sek_write_bytes(&m->w, m->drawn_bytes, n);
	m->drawn_count = 0;
	return sek_writer_status(&m->w);
}

sek_status sek_message_drawn(struct sek_message *m, struct sek_rect r, const uint32_t *px, size_t stride, bool smooth)
{
	if (m->drawn_count == UINT16_MAX || sek_drawn_bytes(&m->drawn) > SEK_DRAWN_SOFT_BYTES)
		SEK_TRY(flush_drawn(m));
	if (m->drawn_count++ == 0)
		sek_drawn_start(&m->drawn, m->drawn_bytes, sizeof m->drawn_bytes);
	sek_drawn_put(&m->drawn, m->model, (struct sek_drawn_rect){ r.x, r.y, r.w, r.h }, px, stride, smooth);
	return sek_ok();
}

sek_status sek_message_tile(struct sek_message *m, struct sek_rect r, const uint32_t *px, size_t stride,
	const struct sek_class *c)
{
	size_t n;

	if (sizeof m->batch - m->batch_bytes < SEK_RECORD_MAX_BYTES)
		SEK_TRY(flush_batch(m));
	n = sek_record_write(m->batch + m->batch_bytes, r, px, stride, c);
	m->batch_bytes += n;
	m->batch_photo_bytes += c->look == SEK_LOOK_PHOTO ? n : 0;
	return sek_ok();
}

sek_status sek_message_finish(struct sek_message *m, bool end)
{
	SEK_TRY(flush_drawn(m));
	SEK_TRY(flush_batch(m));
	if (!m->open && ((m->first & SEK_UPDATE_KEYFRAME) || (m->all && end)))
		open_message(m); /* a keyframe of nothing but black; a snapshot of which nothing was left to paint */
	return m->open ? close_message(m, end) : sek_ok();
}
