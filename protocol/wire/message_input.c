/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person does: RESIZE, KEY, POINTER, WHEEL, TEXT, VISIBILITY. Reader and writer of each side by side, sharing
 * one check. Freestanding.
 */
#include "base/utf8.h"
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"

/* --- RESIZE --- */

static bool resize_allowed(const struct sek_resize *m)
{
	return sek_size_allowed(m->width_px, m->height_px) && sek_scale_allowed(m->scale_percent);
}

sek_status sek_resize_read(const void *payload, size_t n, struct sek_resize *ret)
{
	struct sek_reader r;
	struct sek_resize m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.width_px));
	SEK_TRY(sek_read_u16(&r, &m.height_px));
	SEK_TRY(sek_read_u16(&r, &m.scale_percent));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_end(&r, resize_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_resize_write(struct sek_writer *w, const struct sek_resize *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_RESIZE, resize_allowed(m), &at))
		return;
	sek_write_u16(w, m->width_px);
	sek_write_u16(w, m->height_px);
	sek_write_u16(w, m->scale_percent);
	sek_write_u16(w, 0);
	sek_frame_end(w, at);
}

/* --- KEY --- */

static bool key_allowed(uint32_t code, uint32_t down, uint32_t codepoint)
{
	return code <= SEK_KEY_CODE_MAX && down <= 1 && codepoint <= 0x10ffff &&
	       !(codepoint >= 0xd800 && codepoint <= 0xdfff);
}

sek_status sek_key_read(const void *payload, size_t n, struct sek_key *ret)
{
	struct sek_reader r;
	struct sek_key m;
	uint8_t down;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.code));
	SEK_TRY(sek_read_u8(&r, &down));
	SEK_TRY(sek_read_reserved(&r, 1));
	SEK_TRY(sek_read_u32(&r, &m.codepoint));
	SEK_TRY(sek_read_end(&r, key_allowed(m.code, down, m.codepoint)));
	m.down = down == 1;
	*ret = m;
	return sek_ok();
}

void sek_key_write(struct sek_writer *w, const struct sek_key *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_KEY, key_allowed(m->code, m->down, m->codepoint), &at))
		return;
	sek_write_u16(w, m->code);
	sek_write_u8(w, m->down);
	sek_write_u8(w, 0);
	sek_write_u32(w, m->codepoint);
	sek_frame_end(w, at);
}

/* --- POINTER --- */

sek_status sek_pointer_read(const void *payload, size_t n, struct sek_pointer *ret)
{
	struct sek_reader r;
	struct sek_pointer m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.x_px));
	SEK_TRY(sek_read_u16(&r, &m.y_px));
	SEK_TRY(sek_read_u8(&r, &m.buttons));
	SEK_TRY(sek_read_reserved(&r, 3));
	SEK_TRY(sek_read_end(&r, m.buttons <= SEK_BUTTON_ALL));
	*ret = m;
	return sek_ok();
}

void sek_pointer_write(struct sek_writer *w, const struct sek_pointer *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_POINTER, m->buttons <= SEK_BUTTON_ALL, &at))
		return;
	sek_write_u16(w, m->x_px);
	sek_write_u16(w, m->y_px);
	sek_write_u8(w, m->buttons);
	for (int i = 0; i < 3; i++)
		sek_write_u8(w, 0);
	sek_frame_end(w, at);
}

/* --- WHEEL --- */

static bool wheel_allowed(const struct sek_wheel *m)
{
	return m->dx >= -SEK_WHEEL_MAX && m->dx <= SEK_WHEEL_MAX && m->dy >= -SEK_WHEEL_MAX && m->dy <= SEK_WHEEL_MAX;
}

sek_status sek_wheel_read(const void *payload, size_t n, struct sek_wheel *ret)
{
	struct sek_reader r;
	struct sek_wheel m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.x_px));
	SEK_TRY(sek_read_u16(&r, &m.y_px));
	SEK_TRY(sek_read_i16(&r, &m.dx));
	SEK_TRY(sek_read_i16(&r, &m.dy));
	SEK_TRY(sek_read_end(&r, wheel_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_wheel_write(struct sek_writer *w, const struct sek_wheel *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_WHEEL, wheel_allowed(m), &at))
		return;
	sek_write_u16(w, m->x_px);
	sek_write_u16(w, m->y_px);
	sek_write_i16(w, m->dx);
	sek_write_i16(w, m->dy);
	sek_frame_end(w, at);
}

/* --- TEXT --- */

/* "Strict UTF-8 (RFC 3629). Of the control characters only U+0009 and U+000A may occur." */
static bool text_allowed(const uint8_t *s, size_t n)
{
	if (n < 1 || n > SEK_TEXT_MAX_BYTES)
		return false;
	while (n > 0) {
		uint32_t c = 0;
		size_t took = sek_utf8_next(s, n, &c);

		if (took == 0 || (c < 0x20 && c != 0x09 && c != 0x0a) || (c >= 0x7f && c <= 0x9f))
			return false;
		s += took;
		n -= took;
	}
	return true;
}

sek_status sek_text_read(const void *payload, size_t n, struct sek_text *ret)
{
	if (!text_allowed(payload, n))
		return sek_fail(SEK_E_MALFORMED);
	*ret = (struct sek_text){ payload, n };
	return sek_ok();
}

void sek_text_write(struct sek_writer *w, const struct sek_text *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_TEXT, text_allowed(m->utf8, m->bytes), &at))
		return;
	sek_write_bytes(w, m->utf8, m->bytes);
	sek_frame_end(w, at);
}

/* --- VISIBILITY --- */

sek_status sek_visibility_read(const void *payload, size_t n, struct sek_visibility *ret)
{
	struct sek_reader r;
	uint8_t visible;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &visible));
	SEK_TRY(sek_read_reserved(&r, 3));
	SEK_TRY(sek_read_end(&r, visible <= 1));
	ret->visible = visible == 1;
	return sek_ok();
}

void sek_visibility_write(struct sek_writer *w, const struct sek_visibility *m)
{
	size_t at = sek_frame_begin(w, SEK_MSG_VISIBILITY, 0);

	sek_write_u8(w, m->visible);
	for (int i = 0; i < 3; i++)
		sek_write_u8(w, 0);
	sek_frame_end(w, at);
}
