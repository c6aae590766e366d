/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a viewer said becomes messages of a client. Each is made by protocol/wire; a viewer that breaks RFB is left.
 */
#include <string.h>

#include <linux/input-event-codes.h>

#include "broker/encoder/rfb/rfb.h"

enum { FENCE_BEFORE = 1, FENCE_AFTER = 2, FENCE_SYNC = 4, WHEEL_UP = 8, WHEEL_DOWN = 16, WHEEL_LEFT = 32, WHEEL_RIGHT = 64, BACK = 128 };
#define FENCE_REQUEST 0x80000000u

/* --- input --- */

static void send_pointer(struct sek_rfb *r, const struct sek_pointer *m)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_POINTER_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_pointer_write(&w, m);
	sek_rfb_up_input(r, &w);
	r->pointer = *m;
}

void sek_rfb_settle(struct sek_rfb *r)
{
	if (!r->moved)
		return;
	r->moved = false;
	send_pointer(r, &r->move);
}

static void send_wheel(struct sek_rfb *r, uint16_t x, uint16_t y, int16_t dx, int16_t dy)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_WHEEL_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_wheel_write(&w, &(struct sek_wheel){ x, y, dx, dy });
	sek_rfb_up_input(r, &w);
}

static void pointer(struct sek_rfb *r, uint8_t buttons, uint16_t x, uint16_t y)
{
	uint8_t pressed;
	struct sek_pointer m = { .x_px = x, .y_px = y };

	if (r->ask.shown) /* behind a question nothing is clicked */
		buttons &= r->buttons;
	pressed = buttons & (uint8_t)~r->buttons;
	m.buttons = buttons & 7;
	m.buttons |= buttons & BACK ? SEK_BUTTON_BACK : 0;
	r->buttons = buttons;
	if (m.buttons != r->pointer.buttons) {
		sek_rfb_settle(r);
		send_pointer(r, &m);
	} else if (m.x_px != r->pointer.x_px || m.y_px != r->pointer.y_px) {
		r->move = m;
		r->moved = true;
	}
	if (!(pressed & (WHEEL_UP | WHEEL_DOWN | WHEEL_LEFT | WHEEL_RIGHT)))
		return;
	sek_rfb_settle(r);
	send_wheel(r, x, y, (int16_t)(SEK_WHEEL_NOTCH * (!!(pressed & WHEEL_RIGHT) - !!(pressed & WHEEL_LEFT))),
		(int16_t)(SEK_WHEEL_NOTCH * (!!(pressed & WHEEL_DOWN) - !!(pressed & WHEEL_UP))));
}

static bool holds(const struct sek_rfb *r, uint16_t one, uint16_t other)
{
	for (size_t i = 0; i < r->keys.n; i++)
		if (r->keys.down[i].key.code == one || r->keys.down[i].key.code == other)
			return true;
	return false;
}

static bool is_paste(const struct sek_rfb *r, const struct sek_key *key)
{
	return key->down && ((key->code == KEY_V && holds(r, KEY_LEFTCTRL, KEY_RIGHTCTRL)) ||
		(key->code == KEY_INSERT && holds(r, KEY_LEFTSHIFT, KEY_RIGHTSHIFT)));
}

static void send_key(struct sek_rfb *r, const struct sek_key *key)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, key);
	sek_rfb_up_input(r, &w);
}

static void key(struct sek_rfb *r, uint32_t symbol, uint32_t code, bool down)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + 4];
	struct sek_rfb_strokes s;
	struct sek_writer w;

	sek_rfb_settle(r);
	if (sek_rfb_ask_key(r, symbol, down))
		return;
	sek_rfb_keys_take(&r->keys, symbol, code, down, &s);
	if (s.has_key) {
		if (is_paste(r, &s.key))
			sek_rfb_clip_paste(r);
		send_key(r, &s.key);
		if (s.release_too) {
			s.key.down = false;
			send_key(r, &s.key);
		}
	}
	if (s.text_n > 0) {
		sek_writer_init(&w, memory, sizeof memory);
		sek_text_write(&w, &(struct sek_text){ s.text, s.text_n });
		sek_rfb_up_input(r, &w);
	}
	explicit_bzero(&s, sizeof s);
}

/* --- the picture --- */

static uint16_t within(uint16_t v, uint16_t least, uint16_t most)
{
	return v < least ? least : v > most ? most : v;
}

static void resize(struct sek_rfb *r, uint16_t width, uint16_t height)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_RESIZE_MAX_BYTES];
	struct sek_writer w;

	if (!r->wants.extended_size || r->most_width_px == 0)
		return;
	width = within(width, SEK_WIDTH_MIN_PX, r->most_width_px);
	height = within(height, SEK_HEIGHT_MIN_PX, r->most_height_px);
	if (width == r->viewer_width && height == r->viewer_height) {
		r->owes_size = true;
		r->size_reason = 1;
		r->size_status = 0;
		return;
	}
	r->resizing = true;
	r->resize_ms = sek_rfb_now_ms() + SEK_RFB_RESIZE_MS;
	sek_writer_init(&w, memory, sizeof memory);
	sek_resize_write(&w, &(struct sek_resize){ width, height, 100 });
	sek_rfb_up(r, memory, w.len);
}

static void encodings(struct sek_rfb *r, const struct sek_rfb_wants *w)
{
	static const uint8_t end_of_updates[] = { 150 };

	/* what came with it before stays: viewers send these messages again when the user changes a setting */
	r->owes_size = r->owes_size || (w->extended_size && !r->wants.extended_size);
	r->owes_cursor = r->owes_cursor || ((w->cursor || w->alpha_cursor) && !r->wants.cursor && !r->wants.alpha_cursor);
	r->owes_keys = r->owes_keys || (w->keys && !r->wants.keys);
	r->owes_name = r->owes_name || (w->name && !r->wants.name);
	r->wants = *w;
	sek_rfb_screen_wants(r->screen, w);
	if (w->fence && !r->said_fence) {
		r->said_fence = true;
		sek_rfb_put_fence(r, FENCE_REQUEST | FENCE_BEFORE, NULL, 0);
	}
	if (w->continuous && !r->said_continuous) {
		r->said_continuous = true;
		sek_rfb_put(r, end_of_updates, sizeof end_of_updates);
	}
	if (w->clipboard && !r->said_clipboard) {
		r->said_clipboard = true;
		r->viewer.extended = true;
		sek_rfb_clip_offered(r);
	}
}

static void continuous(struct sek_rfb *r, bool on)
{
	static const uint8_t end_of_updates[] = { 150 };

	if (r->continuous && !on)
		sek_rfb_put(r, end_of_updates, sizeof end_of_updates);
	r->continuous = on;
}

/* The viewer has everything up to that update. */
static void fence_answered(struct sek_rfb *r, const uint8_t *bytes, size_t n)
{
	struct sek_reader in;
	uint32_t serial;
	size_t k = 0;

	sek_reader_init(&in, bytes, n);
	if (!sek_is_ok(sek_read_u32(&in, &serial)) || !sek_is_ok(sek_read_done(&in)) || r->fences == 0)
		return; /* the first one, which only says that we know fences */
	r->fences--;
	while (k < r->n_sent && (int32_t)(serial - r->frames[k].serial) >= 0)
		k++;
	sek_rfb_ack(r, k);
}

static void fence(struct sek_rfb *r, uint32_t flags, const uint8_t *bytes, size_t n)
{
	if (!(flags & FENCE_REQUEST)) {
		fence_answered(r, bytes, n);
		return;
	}
	flags &= FENCE_BEFORE | FENCE_AFTER | FENCE_SYNC;
	if (!(flags & FENCE_SYNC)) {
		sek_rfb_put_fence(r, flags, bytes, n);
		return;
	}
	r->sync_waits = true;
	r->sync_flags = flags;
	r->sync_n = n;
	memcpy(r->sync, bytes, n);
}

sek_status sek_rfb_said(struct sek_rfb *r, const struct sek_rfb_event *e)
{
	if (r->sync_waits) { /* nothing made after this message may be in front of the answer */
		r->sync_waits = false;
		sek_rfb_put_fence(r, r->sync_flags, r->sync, r->sync_n);
	}
	switch (e->what) {
	case SEK_RFB_INIT:
		r->init_came = true;
		break;
	case SEK_RFB_PIXEL_FORMAT:
		r->owes_cursor = true;
		return sek_rfb_screen_format(r->screen, &e->format);
	case SEK_RFB_ENCODINGS:
		encodings(r, &e->wants);
		break;
	case SEK_RFB_REQUEST:
		r->requested = true;
		if (!e->area.incremental)
			sek_rfb_screen_forget(r->screen, e->area.x, e->area.y, e->area.w, e->area.h);
		break;
	case SEK_RFB_KEY:
		key(r, e->key.symbol, e->key.code, e->key.down);
		break;
	case SEK_RFB_POINTER:
		pointer(r, e->pointer.buttons, e->pointer.x, e->pointer.y);
		break;
	case SEK_RFB_CUT:
	case SEK_RFB_CUT_EXTENDED:
		return sek_rfb_clip_cut(r, e->cut.bytes, e->cut.n, e->what == SEK_RFB_CUT_EXTENDED);
	case SEK_RFB_CONTINUOUS:
		continuous(r, e->area.on);
		break;
	case SEK_RFB_FENCE:
		fence(r, e->fence.flags, e->fence.bytes, e->fence.n);
		break;
	case SEK_RFB_RESIZE:
		resize(r, e->size.width_px, e->size.height_px);
		break;
	case SEK_RFB_NOTHING:
		break;
	}
	return sek_ok();
}
