/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sending half of sekisho.wasm; what each function does stands in exports.c.
 */
#include "protocol/wasm/export.h"
#include "protocol/wire/messages.h"

static uint8_t out[SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES];
static uint8_t text[SEK_TEXT_MAX_BYTES];
_Static_assert(SEK_TEXT_MAX_BYTES >= 4 + SEK_CLIPBOARD_PIECE_MAX_BYTES, "a piece fits");

static struct sek_writer writer(void)
{
	struct sek_writer w;

	sek_writer_init(&w, out, sizeof out);
	return w;
}

static uint32_t written(const struct sek_writer *w)
{
	return sek_is_ok(sek_writer_status(w)) ? (uint32_t)w->len : 0;
}

/* JavaScript's numbers arrive with 32 bits: what does not fit a field must not be cut down to something that does. */
static bool fits(uint32_t a, uint32_t b, uint32_t c)
{
	return a <= 0xffff && b <= 0xffff && c <= 0xffff;
}

uint32_t EXPORT(sek_out)(void)
{
	return address(out);
}

uint32_t EXPORT(sek_text_buf)(void)
{
	return address(text);
}

uint32_t EXPORT(sek_write_hello)(uint32_t w_px, uint32_t h_px, uint32_t scale_percent, uint32_t lang)
{
	struct sek_writer w = writer();
	const struct sek_hello m = { SEK_VERSION_MIN, SEK_VERSION_MAX, (uint16_t)w_px, (uint16_t)h_px,
		(uint16_t)scale_percent, (uint8_t)lang, 0, 0, 0 };

	if (!fits(w_px, h_px, scale_percent) || lang > 255)
		return 0;
	sek_hello_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_ack)(uint32_t frame)
{
	struct sek_writer w = writer();
	const struct sek_ack m = { frame };

	sek_ack_write(&w, &m);
	return written(&w);
}

static uint32_t write_empty(enum sek_msg_type type)
{
	struct sek_writer w = writer();

	sek_empty_write(&w, type);
	return written(&w);
}

uint32_t EXPORT(sek_write_refresh)(void)
{
	return write_empty(SEK_MSG_REFRESH);
}

uint32_t EXPORT(sek_write_release)(void)
{
	return write_empty(SEK_MSG_RELEASE);
}

uint32_t EXPORT(sek_write_end)(void)
{
	return write_empty(SEK_MSG_END);
}

uint32_t EXPORT(sek_write_resize)(uint32_t w_px, uint32_t h_px, uint32_t scale_percent)
{
	struct sek_writer w = writer();
	const struct sek_resize m = { (uint16_t)w_px, (uint16_t)h_px, (uint16_t)scale_percent };

	if (!fits(w_px, h_px, scale_percent))
		return 0;
	sek_resize_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_key)(uint32_t code, uint32_t down, uint32_t codepoint)
{
	struct sek_writer w = writer();
	const struct sek_key m = { (uint16_t)code, down == 1, codepoint };

	if (!fits(code, 0, 0) || down > 1)
		return 0;
	sek_key_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_pointer)(uint32_t x, uint32_t y, uint32_t buttons)
{
	struct sek_writer w = writer();
	const struct sek_pointer m = { (uint16_t)x, (uint16_t)y, (uint8_t)buttons };

	if (!fits(x, y, 0) || buttons > 255)
		return 0;
	sek_pointer_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_wheel)(uint32_t x, uint32_t y, int32_t dx, int32_t dy)
{
	struct sek_writer w = writer();
	const struct sek_wheel m = { (uint16_t)x, (uint16_t)y, (int16_t)dx, (int16_t)dy };

	if (!fits(x, y, 0) || dx < -SEK_WHEEL_MAX || dx > SEK_WHEEL_MAX || dy < -SEK_WHEEL_MAX || dy > SEK_WHEEL_MAX)
		return 0;
	sek_wheel_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_text)(uint32_t n)
{
	struct sek_writer w = writer();
	const struct sek_text m = { text, n };

	if (n > sizeof text)
		return 0;
	sek_text_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_clipboard)(uint32_t n, uint32_t flags)
{
	struct sek_writer w = writer();
	const struct sek_clipboard_piece m = { (uint8_t)flags, text, n };

	if (n > sizeof text || flags > 255)
		return 0;
	sek_clipboard_piece_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_clipboard_answer)(uint32_t id, uint32_t yes)
{
	struct sek_writer w = writer();
	const struct sek_clipboard_answer m = { id, yes == 1 };

	if (yes > 1)
		return 0;
	sek_clipboard_answer_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_visibility)(uint32_t visible)
{
	struct sek_writer w = writer();
	const struct sek_visibility m = { visible == 1 };

	if (visible > 1)
		return 0;
	sek_visibility_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_ping)(uint32_t id)
{
	struct sek_writer w = writer();
	const struct sek_ping m = { id };

	sek_ping_write(&w, &m);
	return written(&w);
}

uint32_t EXPORT(sek_write_pong)(uint32_t id)
{
	struct sek_writer w = writer();
	const struct sek_ping m = { id };

	sek_pong_write(&w, &m);
	return written(&w);
}
