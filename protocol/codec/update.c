/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The grammar of UPDATE (update.h, docs/protocol.md "Updates"). Freestanding: the same code runs in the decoder's jail
 * and in the web client. Must never hand a sink a rectangle that leaves the picture.
 */
#include "protocol/codec/update.h"
#include "protocol/codec/jpeg.h"
#include "protocol/codec/lz4.h"
#include "protocol/wire/messages.h"

/* "Every rectangle has w, h > 0 and lies inside the picture", in 32 bits so that no sum wraps. */
static bool inside(const struct sek_update_parser *p, struct sek_rect r)
{
	return r.w > 0 && r.h > 0 && (uint32_t)r.x + r.w <= p->width && (uint32_t)r.y + r.h <= p->height;
}

/* "The rectangles of one UPDATE add up to at most SEK_UPDATE_MAX_COVER pictures": 32768 fills of a whole picture would
 * fit into one message and keep the receiver busy for minutes. */
static sek_status cover(struct sek_update_parser *p, struct sek_rect r)
{
	uint32_t area = (uint32_t)r.w * r.h;

	if (!inside(p, r) || area > p->area_left)
		return sek_fail(SEK_E_MALFORMED);
	p->area_left -= area;
	return sek_ok();
}

static sek_status read_rect(struct sek_reader *in, struct sek_rect *ret)
{
	SEK_TRY(sek_read_u16(in, &ret->x));
	SEK_TRY(sek_read_u16(in, &ret->y));
	SEK_TRY(sek_read_u16(in, &ret->w));
	return sek_read_u16(in, &ret->h);
}

static sek_status parse_copy(struct sek_update_parser *p, const struct sek_update_sink *sink)
{
	struct sek_rect from, to;

	SEK_TRY(sek_read_u16(&p->in, &from.x));
	SEK_TRY(sek_read_u16(&p->in, &from.y));
	SEK_TRY(read_rect(&p->in, &to));
	from.w = to.w;
	from.h = to.h;
	if (!inside(p, from))
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(cover(p, to));
	return sink->copy(sink->user, from.x, from.y, to);
}

static uint32_t bgrx(const uint8_t *rgb)
{
	return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static sek_status parse_fill(struct sek_update_parser *p, const struct sek_update_sink *sink)
{
	const uint8_t *rgb;
	struct sek_rect r;

	SEK_TRY(read_rect(&p->in, &r));
	SEK_TRY(sek_read_bytes(&p->in, 3, &rgb));
	SEK_TRY(cover(p, r));
	return sink->fill(sink->user, r, bgrx(rgb));
}

static unsigned index_bits(unsigned colours)
{
	if (colours <= 2)
		return 1;
	if (colours <= 4)
		return 2;
	return colours <= 16 ? 4 : 8;
}

/* One row of packed indices into px. Returns false if one of them is not below `colours`, or a bit after the last pixel
 * is set. The palette has 256 entries, so that no index reads outside it before the check. */
static bool unpack_row(const uint8_t *in, unsigned w, unsigned bits, unsigned colours, const uint32_t *palette,
	uint32_t *px)
{
	unsigned high = 0, x = 0;

	if (bits == 8) {
		for (; x < w; x++) {
			high = in[x] > high ? in[x] : high;
			px[x] = palette[in[x]];
		}
		return high < colours;
	}
	while (x < w) {
		unsigned byte = *in++, mask = (1u << bits) - 1, i;

		for (i = 8; i > 0 && x < w; x++) {
			unsigned index;

			i -= bits;
			index = byte >> i & mask;
			high = index > high ? index : high;
			px[x] = palette[index];
		}
		if (byte & ((1u << i) - 1))
			return false;
	}
	return high < colours;
}

static sek_status tile_palette(struct sek_update_parser *p, const struct sek_update_sink *sink, struct sek_rect r,
	unsigned colours)
{
	const uint8_t *table, *rows;
	uint32_t palette[256];
	uint32_t *px = p->scratch->px;
	unsigned bits = index_bits(colours);
	size_t row_bytes = ((size_t)r.w * bits + 7) / 8;

	SEK_TRY(sek_read_bytes(&p->tiles, (size_t)colours * 3, &table));
	for (unsigned i = 0; i < colours; i++)
		palette[i] = bgrx(table + (size_t)i * 3);
	if (colours == 1)
		return sink->fill(sink->user, r, palette[0]);
	for (unsigned i = colours; i < 256; i++)
		palette[i] = 0;
	SEK_TRY(sek_read_bytes(&p->tiles, row_bytes * r.h, &rows));
	for (unsigned y = 0; y < r.h; y++) {
		if (!unpack_row(rows + y * row_bytes, r.w, bits, colours, palette, px + (size_t)y * r.w))
			return sek_fail(SEK_E_MALFORMED);
	}
	return sink->pixels(sink->user, r, px);
}

static sek_status tile_true_colour(struct sek_update_parser *p, const struct sek_update_sink *sink, struct sek_rect r)
{
	size_t n = (size_t)r.w * r.h;
	uint32_t *px = p->scratch->px;
	const uint8_t *rgb;

	SEK_TRY(sek_read_bytes(&p->tiles, n * 3, &rgb));
	for (size_t i = 0; i < n; i++, rgb += 3)
		px[i] = bgrx(rgb);
	return sink->pixels(sink->user, r, px);
}

static sek_status parse_tile(struct sek_update_parser *p, const struct sek_update_sink *sink)
{
	struct sek_reader *in = &p->tiles;
	struct sek_rect r;
	uint8_t w, h, colours;

	SEK_TRY(sek_read_u16(in, &r.x));
	SEK_TRY(sek_read_u16(in, &r.y));
	SEK_TRY(sek_read_u8(in, &w));
	SEK_TRY(sek_read_u8(in, &h));
	SEK_TRY(sek_read_u8(in, &colours));
	if (w > SEK_TILE_PX || h > SEK_TILE_PX)
		return sek_fail(SEK_E_MALFORMED);
	r.w = w;
	r.h = h;
	SEK_TRY(cover(p, r));
	return colours ? tile_palette(p, sink, r, colours) : tile_true_colour(p, sink, r);
}

/* Unpacks a batch; its records are then read one by one. */
static sek_status open_tiles(struct sek_update_parser *p)
{
	uint8_t method;
	uint32_t raw_bytes, packed_bytes;
	const uint8_t *packed;

	SEK_TRY(sek_read_u8(&p->in, &method));
	SEK_TRY(sek_read_u32(&p->in, &raw_bytes));
	SEK_TRY(sek_read_u32(&p->in, &packed_bytes));
	if (raw_bytes < 1 || raw_bytes > SEK_TILES_RAW_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_read_bytes(&p->in, packed_bytes, &packed));
	switch (method) {
	case SEK_TILES_STORED:
		if (packed_bytes != raw_bytes)
			return sek_fail(SEK_E_MALFORMED);
		sek_reader_init(&p->tiles, packed, raw_bytes);
		return sek_ok();
	case SEK_TILES_LZ4:
		SEK_TRY(sek_lz4_decode(packed, packed_bytes, p->scratch->raw, raw_bytes));
		sek_reader_init(&p->tiles, p->scratch->raw, raw_bytes);
		return sek_ok();
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

static sek_status parse_jpeg(struct sek_update_parser *p, const struct sek_update_sink *sink)
{
	struct sek_rect r;
	uint8_t quality, colours, *jpeg = p->scratch->raw;
	uint32_t bytes;
	const uint8_t *data;

	SEK_TRY(read_rect(&p->in, &r));
	SEK_TRY(sek_read_u8(&p->in, &quality));
	SEK_TRY(sek_read_u8(&p->in, &colours));
	SEK_TRY(sek_read_u32(&p->in, &bytes));
	SEK_TRY(sek_read_bytes(&p->in, bytes, &data));
	if (r.w > SEK_JPEG_MAX_WIDTH_PX || r.h > SEK_JPEG_MAX_HEIGHT_PX || quality < 1 || quality > SEK_JPEG_QUALITY_MAX ||
	    colours > SEK_JPEG_FULL)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_jpeg_check_data(data, bytes));
	SEK_TRY(cover(p, r));
	sek_jpeg_head(jpeg, r.w, r.h, quality, (enum sek_jpeg_colours)colours);
	__builtin_memcpy(jpeg + SEK_JPEG_HEAD_BYTES, data, bytes);
	jpeg[SEK_JPEG_HEAD_BYTES + bytes] = 0xff;
	jpeg[SEK_JPEG_HEAD_BYTES + bytes + 1] = 0xd9; /* EOI */
	return sink->jpeg(sink->user, r, jpeg, SEK_JPEG_HEAD_BYTES + bytes + SEK_JPEG_END_BYTES);
}

/* Opens a DRAWN operation; its rectangles are then read one by one. */
static sek_status open_drawn(struct sek_update_parser *p)
{
	const uint8_t *bytes;
	uint16_t count;
	uint32_t n;

	SEK_TRY(sek_read_u16(&p->in, &count));
	SEK_TRY(sek_read_u32(&p->in, &n));
	SEK_TRY(sek_read_bytes(&p->in, n, &bytes));
	if (count < 1)
		return sek_fail(SEK_E_MALFORMED);
	p->drawn_left = count;
	sek_drawn_open(&p->drawn, bytes, n);
	return sek_ok();
}

static sek_status parse_drawn(struct sek_update_parser *p, const struct sek_update_sink *sink)
{
	struct sek_drawn_rect d;
	struct sek_rect r;

	SEK_TRY(sek_drawn_next(&p->drawn, p->model, &d));
	r = (struct sek_rect){ d.x, d.y, d.w, d.h };
	SEK_TRY(cover(p, r));
	SEK_TRY(sek_drawn_pixels(&p->drawn, p->model, p->scratch->px));
	if (--p->drawn_left == 0)
		SEK_TRY(sek_drawn_done(&p->drawn)); /* "trailing bytes are refused" here, too */
	return sink->pixels(sink->user, r, p->scratch->px);
}

/* "A keyframe starts from nothing": one for the recording is where a reader may begin that has not seen what came before,
 * so it counts for both models. */
static sek_status start_model(struct sek_update_parser *p, uint8_t flags)
{
	struct sek_update_scratch *scratch = p->scratch;

	/* "FRESH goes with neither KEYFRAME nor ASIDE." */
	if ((flags & SEK_UPDATE_FRESH) && (flags & (SEK_UPDATE_KEYFRAME | SEK_UPDATE_ASIDE)))
		return sek_fail(SEK_E_MALFORMED);
	p->model = flags & SEK_UPDATE_ASIDE ? &scratch->aside : &scratch->model;
	if (flags & (SEK_UPDATE_KEYFRAME | SEK_UPDATE_FRESH))
		sek_drawn_reset(&scratch->model);
	if ((flags & SEK_UPDATE_KEYFRAME) && (flags & SEK_UPDATE_ASIDE))
		sek_drawn_reset(&scratch->aside);
	return sek_ok();
}

sek_status sek_update_begin(struct sek_update_parser *p, uint8_t flags, const void *payload, size_t n, uint16_t width,
	uint16_t height, struct sek_update_scratch *scratch, uint32_t *ret_frame)
{
	uint16_t ops, reserved;
	uint32_t frame;

	if (n > SEK_UPDATE_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	sek_reader_init(&p->in, payload, n);
	sek_reader_init(&p->tiles, payload, 0);
	SEK_TRY(sek_read_u32(&p->in, &frame));
	SEK_TRY(sek_read_u16(&p->in, &ops));
	SEK_TRY(sek_read_u16(&p->in, &reserved));
	if (ops > SEK_UPDATE_MAX_OPS || reserved != 0)
		return sek_fail(SEK_E_MALFORMED);
	p->scratch = scratch;
	p->drawn_left = 0;
	SEK_TRY(start_model(p, flags));
	p->width = width;
	p->height = height;
	p->area_left = (uint64_t)SEK_UPDATE_MAX_COVER * width * height;
	p->ops_left = ops;
	*ret_frame = frame;
	return sek_ok();
}

sek_status sek_update_next(struct sek_update_parser *p, const struct sek_update_sink *sink, bool *ret_done)
{
	uint8_t op;

	*ret_done = false;
	if (p->tiles.left > 0)
		return parse_tile(p, sink);
	if (p->drawn_left > 0)
		return parse_drawn(p, sink);
	if (p->ops_left == 0) {
		SEK_TRY(sek_read_done(&p->in)); /* "trailing bytes are refused" */
		*ret_done = true;
		return sek_ok();
	}
	p->ops_left--;
	SEK_TRY(sek_read_u8(&p->in, &op));
	switch (op) {
	case SEK_OP_COPY:
		return parse_copy(p, sink);
	case SEK_OP_FILL:
		return parse_fill(p, sink);
	case SEK_OP_TILES:
		SEK_TRY(open_tiles(p));
		return parse_tile(p, sink);
	case SEK_OP_JPEG:
		return parse_jpeg(p, sink);
	case SEK_OP_DRAWN:
		SEK_TRY(open_drawn(p));
		return parse_drawn(p, sink);
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

sek_status sek_update_parse(uint8_t flags, const void *payload, size_t n, uint16_t width, uint16_t height,
	struct sek_update_scratch *scratch, const struct sek_update_sink *sink, uint32_t *ret_frame)
{
	struct sek_update_parser p;
	uint32_t frame;
	bool done = false;

	SEK_TRY(sek_update_begin(&p, flags, payload, n, width, height, scratch, &frame));
	while (!done)
		SEK_TRY(sek_update_next(&p, sink, &done));
	*ret_frame = frame;
	return sek_ok();
}
