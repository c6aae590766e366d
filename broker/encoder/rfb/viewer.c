/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages of viewers. A message that is too short is waited for; one that says what it must not is refused; nothing that a viewer says
 * is used as a length before it was compared with a bound.
 */
#include "broker/encoder/rfb/viewer.h"

#include "protocol/wire/wire.h"

enum {
	SET_PIXEL_FORMAT = 0, SET_ENCODINGS = 2, UPDATE_REQUEST = 3, KEY_EVENT = 4, POINTER_EVENT = 5, CUT_TEXT = 6,
	CONTINUOUS = 150, FENCE = 248, SET_DESKTOP_SIZE = 251, QEMU = 255,
	QEMU_KEY = 0,
};

/* --- each is given its message without the type, and knows that the fixed part is there --- */

static bool is_shade(uint16_t most, uint8_t shift, uint8_t bits)
{
	unsigned used = 0;

	for (; most & 1; most >>= 1)
		used++;
	return most == 0 && used > 0 && used <= 8 && shift + used <= bits; /* 2^n - 1, n at most 8: as fine as the picture is */
}

static sek_status pixel_format(struct sek_reader *r, struct sek_rfb_event *e)
{
	struct sek_rfb_format *f = &e->format;
	const uint8_t *padding;
	uint8_t big, colour;

	SEK_TRY(sek_read_bytes(r, 3, &padding));
	SEK_TRY(sek_read_u8(r, &f->bits));
	SEK_TRY(sek_read_u8(r, &f->depth));
	SEK_TRY(sek_read_u8(r, &big));
	SEK_TRY(sek_read_u8(r, &colour));
	SEK_TRY(sek_read_u16(r, &f->red_max));
	SEK_TRY(sek_read_u16(r, &f->green_max));
	SEK_TRY(sek_read_u16(r, &f->blue_max));
	SEK_TRY(sek_read_u8(r, &f->red_shift));
	SEK_TRY(sek_read_u8(r, &f->green_shift));
	SEK_TRY(sek_read_u8(r, &f->blue_shift));
	SEK_TRY(sek_read_bytes(r, 3, &padding));
	f->big_endian = big != 0;
	e->what = SEK_RFB_PIXEL_FORMAT;
	if (!colour || (f->bits != 8 && f->bits != 16 && f->bits != 32) || f->depth == 0 || f->depth > f->bits ||
	    !is_shade(f->red_max, f->red_shift, f->bits) || !is_shade(f->green_max, f->green_shift, f->bits) ||
	    !is_shade(f->blue_max, f->blue_shift, f->bits))
		return sek_fail(SEK_E_MALFORMED);
	return sek_ok();
}

static void wants(struct sek_rfb_wants *w, int32_t encoding, bool *chosen)
{
	static const struct { int32_t number; enum sek_rfb_coding coding; } codings[] = { { 0, SEK_RFB_RAW }, { 7, SEK_RFB_TIGHT },
		{ 16, SEK_RFB_ZRLE } };

	for (size_t i = 0; i < sizeof codings / sizeof codings[0] && !*chosen; i++) {
		if (codings[i].number == encoding) {
			w->coding = codings[i].coding;
			*chosen = true;
		}
	}
	if (encoding >= -32 && encoding <= -23)
		w->quality = (int8_t)(encoding + 32);
	if (encoding >= -256 && encoding <= -247)
		w->compression = (int8_t)(encoding + 256);
	switch (encoding) {
	case 1: w->copy = true; break;
	case -223: w->size = true; break;
	case -224: w->last_rect = true; break;
	case -239: w->cursor = true; break;
	case -258: w->keys = true; break;
	case -307: w->name = true; break;
	case -308: w->extended_size = true; break;
	case -312: w->fence = true; break;
	case -313: w->continuous = true; break;
	case -314: w->alpha_cursor = true; break;
	case (int32_t)0xc0a1e5ceu: w->clipboard = true; break;
	default: break;
	}
}

static sek_status encodings(struct sek_reader *r, struct sek_rfb_event *e)
{
	uint8_t padding;
	uint16_t n;
	bool chosen = false;

	SEK_TRY(sek_read_u8(r, &padding));
	SEK_TRY(sek_read_u16(r, &n));
	if (n > SEK_RFB_ENCODINGS_MAX)
		return sek_fail(SEK_E_MALFORMED);
	if (r->left < (size_t)n * 4)
		return sek_fail(SEK_E_AGAIN);
	e->what = SEK_RFB_ENCODINGS;
	e->wants = (struct sek_rfb_wants){ .coding = SEK_RFB_RAW, .quality = -1, .compression = -1 };
	for (unsigned i = 0; i < n; i++) {
		uint32_t number;

		SEK_TRY(sek_read_u32(r, &number));
		wants(&e->wants, (int32_t)number, &chosen);
	}
	return sek_ok();
}

static sek_status area(struct sek_reader *r, struct sek_rfb_event *e, enum sek_rfb_said what)
{
	uint8_t flag;

	SEK_TRY(sek_read_u8(r, &flag));
	SEK_TRY(sek_read_u16(r, &e->area.x));
	SEK_TRY(sek_read_u16(r, &e->area.y));
	SEK_TRY(sek_read_u16(r, &e->area.w));
	SEK_TRY(sek_read_u16(r, &e->area.h));
	e->what = what;
	e->area.incremental = e->area.on = flag != 0;
	return sek_ok();
}

static sek_status key(struct sek_reader *r, struct sek_rfb_event *e)
{
	uint16_t padding;
	uint8_t down;

	SEK_TRY(sek_read_u8(r, &down));
	SEK_TRY(sek_read_u16(r, &padding));
	SEK_TRY(sek_read_u32(r, &e->key.symbol));
	e->what = SEK_RFB_KEY;
	e->key.down = down != 0;
	e->key.code = 0;
	return sek_ok();
}

static sek_status qemu_key(struct sek_reader *r, struct sek_rfb_event *e)
{
	uint16_t down;
	uint8_t kind;

	SEK_TRY(sek_read_u8(r, &kind));
	if (kind != QEMU_KEY)
		return sek_fail(SEK_E_MALFORMED); /* sound is not offered */
	SEK_TRY(sek_read_u16(r, &down));
	SEK_TRY(sek_read_u32(r, &e->key.symbol));
	SEK_TRY(sek_read_u32(r, &e->key.code));
	e->what = SEK_RFB_KEY;
	e->key.down = down != 0;
	return sek_ok();
}

static sek_status pointer(struct sek_reader *r, struct sek_rfb_event *e)
{
	e->what = SEK_RFB_POINTER;
	SEK_TRY(sek_read_u8(r, &e->pointer.buttons));
	SEK_TRY(sek_read_u16(r, &e->pointer.x));
	return sek_read_u16(r, &e->pointer.y);
}

static sek_status cut(struct sek_rfb_viewer *v, struct sek_reader *r, struct sek_rfb_event *e)
{
	const uint8_t *padding;
	uint32_t n;
	bool extended;

	SEK_TRY(sek_read_bytes(r, 3, &padding));
	SEK_TRY(sek_read_u32(r, &n));
	extended = v->extended && n > INT32_MAX;
	if (extended)
		n = 0 - n;
	if (n > SEK_RFB_CUT_SKIP_MAX_BYTES || (extended && n < 4))
		return sek_fail(SEK_E_MALFORMED);
	if (n > SEK_RFB_CUT_MAX_BYTES) {
		v->skip = n;
		e->what = SEK_RFB_NOTHING;
		return sek_ok();
	}
	if (r->left < n)
		return sek_fail(SEK_E_AGAIN);
	e->what = extended ? SEK_RFB_CUT_EXTENDED : SEK_RFB_CUT;
	e->cut.n = n;
	return sek_read_bytes(r, n, &e->cut.bytes);
}

static sek_status fence(struct sek_reader *r, struct sek_rfb_event *e)
{
	const uint8_t *padding;
	uint8_t n;

	SEK_TRY(sek_read_bytes(r, 3, &padding));
	SEK_TRY(sek_read_u32(r, &e->fence.flags));
	SEK_TRY(sek_read_u8(r, &n));
	if (n > SEK_RFB_FENCE_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	if (r->left < n)
		return sek_fail(SEK_E_AGAIN);
	e->what = SEK_RFB_FENCE;
	e->fence.n = n;
	return sek_read_bytes(r, n, &e->fence.bytes);
}

static sek_status resize(struct sek_reader *r, struct sek_rfb_event *e)
{
	const uint8_t *screens;
	uint8_t padding, n;

	SEK_TRY(sek_read_u8(r, &padding));
	SEK_TRY(sek_read_u16(r, &e->size.width_px));
	SEK_TRY(sek_read_u16(r, &e->size.height_px));
	SEK_TRY(sek_read_u8(r, &n));
	SEK_TRY(sek_read_u8(r, &padding));
	if (r->left < (size_t)n * 16)
		return sek_fail(SEK_E_AGAIN);
	e->what = SEK_RFB_RESIZE;
	return sek_read_bytes(r, (size_t)n * 16, &screens); /* one wide screen is what a session has */
}

/* Bytes of the fixed part behind the type; 0 if there is no such message. */
static size_t fixed(uint8_t type)
{
	switch (type) {
	case SET_PIXEL_FORMAT: return 19;
	case SET_ENCODINGS: return 3;
	case UPDATE_REQUEST: return 9;
	case KEY_EVENT: return 7;
	case POINTER_EVENT: return 5;
	case CUT_TEXT: return 7;
	case CONTINUOUS: return 9;
	case FENCE: return 8;
	case SET_DESKTOP_SIZE: return 7;
	case QEMU: return 11;
	default: return 0;
	}
}

static sek_status message(struct sek_rfb_viewer *v, uint8_t type, struct sek_reader *r, struct sek_rfb_event *e)
{
	switch (type) {
	case SET_PIXEL_FORMAT: return pixel_format(r, e);
	case SET_ENCODINGS: return encodings(r, e);
	case UPDATE_REQUEST: return area(r, e, SEK_RFB_REQUEST);
	case KEY_EVENT: return key(r, e);
	case POINTER_EVENT: return pointer(r, e);
	case CUT_TEXT: return cut(v, r, e);
	case CONTINUOUS: return area(r, e, SEK_RFB_CONTINUOUS);
	case FENCE: return fence(r, e);
	case SET_DESKTOP_SIZE: return resize(r, e);
	default: return qemu_key(r, e);
	}
}

sek_status sek_rfb_viewer_take(struct sek_rfb_viewer *v, const uint8_t *bytes, size_t n, struct sek_rfb_event *ret, size_t *ret_used)
{
	size_t skipped = n < v->skip ? n : v->skip;
	struct sek_reader r;
	uint8_t type = 0;

	*ret_used = skipped;
	v->skip -= skipped;
	sek_reader_init(&r, bytes + skipped, n - skipped);
	if (r.left == 0)
		return sek_fail(SEK_E_AGAIN);
	SEK_TRY(sek_read_u8(&r, &type));
	if (!v->greeted) { /* whether others may look on is not the viewer's to say: one client at a time */
		v->greeted = true;
		ret->what = SEK_RFB_INIT;
		*ret_used = skipped + 1;
		return sek_ok();
	}
	if (fixed(type) == 0)
		return sek_fail(SEK_E_MALFORMED);
	if (r.left < fixed(type))
		return sek_fail(SEK_E_AGAIN);
	SEK_TRY(message(v, type, &r, ret));
	*ret_used = n - r.left;
	return sek_ok();
}
