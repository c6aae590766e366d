/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Order of input. A text after keys is preceded by a fence (render-host/session.h), keys after a text wait for the
 * IME's PONG; both only if there is something to overtake, both bounded in time. Keys after keys and texts after texts go
 * at once: typing costs no delay.
 */
#include "render-host/capture/input.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "render-host/session.h"

enum {
	ENTRY_HEADER_BYTES = 3,
	ENTRY_MAX_BYTES = ENTRY_HEADER_BYTES + SEK_TEXT_MAX_BYTES, /* a piece of the clipboard is shorter */
	/* a key older than this has long been through the browser's input method */
	FENCE_AFTER_KEY_MS = 300,
	/* how long a text may wait for room on the way to the IME */
	FULL_MS = 1000,
};

static size_t encode_utf8(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static void on_key(void *user, uint8_t keycode, bool down)
{
	struct sek_input *in = user;

	in->keys.key(in->keys.user, keycode, down);
}

static void on_lock(void *user, uint8_t affect, uint8_t on)
{
	struct sek_input *in = user;

	in->keys.lock(in->keys.user, affect, on);
}

/* A character that no key gives becomes a text of its own. */
static void on_text(void *user, uint32_t codepoint)
{
	struct sek_input *in = user;

	in->text_bytes = encode_utf8(codepoint, in->text);
	in->text_done = 0;
}

void sek_input_init(struct sek_input *in, const struct sek_keyboard_ops *keys, const struct sek_pointer_ops *pointer,
	struct sek_ime *ime)
{
	const struct sek_keyboard_ops ops = { .user = in, .key = on_key, .lock = on_lock, .text = on_text };

	memset(in, 0, sizeof *in);
	in->ime = ime;
	in->keys = *keys;
	sek_keyboard_init(&in->keyboard, &ops);
	sek_pointer_init(&in->pointer, pointer);
}

void sek_input_finish(struct sek_input *in)
{
	if (in)
		sek_keyboard_finish(&in->keyboard);
}

bool sek_input_room(const struct sek_input *in)
{
	return sizeof in->queue - (in->queue_end - in->queue_start) >= ENTRY_MAX_BYTES;
}

/* Refuses what the message's own reader refuses. */
static sek_status check(uint8_t type, const uint8_t *payload, size_t n)
{
	union {
		struct sek_key key;
		struct sek_pointer pointer;
		struct sek_wheel wheel;
		struct sek_text text;
		struct sek_clipboard_piece piece;
	} m;

	switch (type) {
	case SEK_MSG_KEY:
		return sek_key_read(payload, n, &m.key);
	case SEK_MSG_POINTER:
		return sek_pointer_read(payload, n, &m.pointer);
	case SEK_MSG_WHEEL:
		return sek_wheel_read(payload, n, &m.wheel);
	case SEK_MSG_TEXT:
		return sek_text_read(payload, n, &m.text);
	case SEK_MSG_CLIPBOARD:
		SEK_TRY(sek_clipboard_piece_read(payload, n, &m.piece));
		return m.piece.flags & SEK_CLIPBOARD_PREVIEW ? sek_fail(SEK_E_MALFORMED) : sek_ok();
	default:
		SEK_ASSERT(type == SEK_MSG_RELEASE);
		return n == 0 ? sek_ok() : sek_fail(SEK_E_MALFORMED);
	}
}

sek_status sek_input_push(struct sek_input *in, uint8_t type, const uint8_t *payload, size_t n)
{
	SEK_TRY(check(type, payload, n));
	SEK_ASSERT(sek_input_room(in) && n <= SEK_TEXT_MAX_BYTES);
	if (sizeof in->queue - in->queue_end < ENTRY_HEADER_BYTES + n) {
		memmove(in->queue, in->queue + in->queue_start, in->queue_end - in->queue_start);
		in->queue_end -= in->queue_start;
		in->queue_start = 0;
	}
	in->queue[in->queue_end++] = type;
	in->queue[in->queue_end++] = (uint8_t)(n >> 8);
	in->queue[in->queue_end++] = (uint8_t)n;
	if (n)
		memcpy(in->queue + in->queue_end, payload, n);
	in->queue_end += n;
	return sek_ok();
}

/* Types the part of the text from text_done to `end` with keys, as far as the layout goes. */
static void type_with_keys(struct sek_input *in, size_t end)
{
	while (in->text_done < end) {
		uint32_t c = 0;
		size_t n = sek_utf8_next(in->text + in->text_done, end - in->text_done, &c);

		SEK_ASSERT(n > 0); /* checked when it came in */
		if (!sek_keyboard_type(&in->keyboard, c))
			in->characters_lost++;
		in->text_done += n;
	}
	in->last_key_ms = in->now_ms;
}

static void commit(struct sek_input *in, size_t end)
{
	bool fence = in->last_key_ms && in->now_ms - in->last_key_ms < FENCE_AFTER_KEY_MS;

	if (!sek_is_ok(sek_ime_text(in->ime, in->text + in->text_done, end - in->text_done, fence))) {
		type_with_keys(in, end);
		return;
	}
	sek_keyboard_suspend(&in->keyboard);
	if (fence) {
		in->keys.key(in->keys.user, SEK_IME_FENCE_CODE + SEK_EVDEV_TO_X, true);
		in->keys.key(in->keys.user, SEK_IME_FENCE_CODE + SEK_EVDEV_TO_X, false);
	}
	in->text_done = end;
	in->last_key_ms = 0;
	in->last_text_ms = in->now_ms;
}

/* True if a key or button may go: no text before it can be overtaken any more. Asks the IME if need be. */
static bool texts_have_arrived(struct sek_input *in)
{
	if (in->waiting)
		return false;
	if (in->last_text_ms && in->now_ms - in->last_text_ms < SEK_IME_WAIT_MS &&
	    sek_is_ok(sek_ime_ping(in->ime, &in->wait_ping))) {
		in->waiting = true;
		in->wait_until_ms = in->now_ms + SEK_IME_WAIT_MS;
		return false;
	}
	in->last_text_ms = 0;
	return true;
}

/* False if the text must wait for room on the way to the IME. An IME that does not read loses it in the end, or the user's
 * input would stand still for good. */
static bool ime_takes(struct sek_input *in, size_t end)
{
	size_t chars = 0;

	if (sek_ime_room(in->ime)) {
		in->full = false;
		return true;
	}
	if (!in->full) {
		in->full = true;
		in->wait_until_ms = in->now_ms + FULL_MS;
	}
	if (in->now_ms < in->wait_until_ms)
		return false;
	sek_utf8_valid(in->text + in->text_done, end - in->text_done, &chars);
	in->characters_lost += chars;
	in->text_done = end;
	return true;
}

/* Does the next step of the text that is being typed; false if it must wait. */
static bool step_text(struct sek_input *in)
{
	uint8_t c = in->text[in->text_done];
	size_t end = in->text_done;

	if (c == '\n' || c == '\t') {
		if (!texts_have_arrived(in))
			return false;
		sek_keyboard_tap(&in->keyboard, c == '\n' ? KEY_ENTER : KEY_TAB);
		in->text_done++;
		in->last_key_ms = in->now_ms;
		return true;
	}
	while (end < in->text_bytes && in->text[end] != '\n' && in->text[end] != '\t')
		end++;
	if (!ime_takes(in, end))
		return false;
	if (in->text_done < end)
		commit(in, end);
	return true;
}

/* Input behind a whole text waits until the browser can paste it. */
static void put_piece(struct sek_input *in, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_piece piece;

	SEK_ASSERT(sek_is_ok(sek_clipboard_piece_read(payload, n, &piece)));
	if (!in->clip)
		return;
	sek_clip_put(in->clip, &piece);
	if ((piece.flags & SEK_CLIPBOARD_LAST) && sek_is_ok(sek_clip_ping(in->clip, &in->paste_ping))) {
		in->pasting = true;
		in->paste_until_ms = in->now_ms + SEK_CLIPBOARD_WAIT_MS;
	}
}

static void dispatch(struct sek_input *in, uint8_t type, const uint8_t *payload, size_t n)
{
	struct sek_key key;
	struct sek_pointer pointer;
	struct sek_wheel wheel;

	switch (type) {
	case SEK_MSG_KEY:
		SEK_ASSERT(sek_is_ok(sek_key_read(payload, n, &key)));
		if (key.down) /* a modifier that is let go now need not come down once more */
			sek_keyboard_resume(&in->keyboard);
		sek_keyboard_event(&in->keyboard, &key);
		if (!in->text_bytes)
			in->last_key_ms = in->now_ms;
		break;
	case SEK_MSG_POINTER:
		SEK_ASSERT(sek_is_ok(sek_pointer_read(payload, n, &pointer)));
		sek_keyboard_resume(&in->keyboard);
		sek_pointer_event(&in->pointer, &pointer);
		break;
	case SEK_MSG_WHEEL:
		SEK_ASSERT(sek_is_ok(sek_wheel_read(payload, n, &wheel)));
		sek_keyboard_resume(&in->keyboard);
		sek_pointer_wheel(&in->pointer, &wheel);
		break;
	case SEK_MSG_TEXT:
		memcpy(in->text, payload, n);
		in->text_bytes = n;
		in->text_done = 0;
		break;
	case SEK_MSG_CLIPBOARD:
		put_piece(in, payload, n);
		break;
	default:
		SEK_ASSERT(type == SEK_MSG_RELEASE); /* push takes nothing else */
		sek_keyboard_release(&in->keyboard);
		sek_pointer_release(&in->pointer);
		break;
	}
}

void sek_input_run(struct sek_input *in, uint64_t now_ms)
{
	in->now_ms = now_ms;
	if (in->waiting && now_ms >= in->wait_until_ms) {
		in->waiting = false;
		in->last_text_ms = 0;
	}
	if (in->pasting && now_ms >= in->paste_until_ms)
		in->pasting = false;
	while (!in->pasting) {
		uint8_t *p = in->queue + in->queue_start;
		size_t n;

		if (in->text_done < in->text_bytes) {
			if (!step_text(in))
				break;
			continue;
		}
		in->text_bytes = in->text_done = 0;
		if (in->queue_start == in->queue_end || (p[0] != SEK_MSG_TEXT && !texts_have_arrived(in)))
			break;
		n = (size_t)p[1] << 8 | p[2];
		in->queue_start += ENTRY_HEADER_BYTES + n;
		dispatch(in, p[0], p + ENTRY_HEADER_BYTES, n);
	}
	if (in->queue_start == in->queue_end)
		in->queue_start = in->queue_end = 0;
}

uint64_t sek_input_wake_ms(const struct sek_input *in)
{
	if (in->pasting)
		return in->paste_until_ms;
	return in->waiting || in->full ? in->wait_until_ms : 0;
}

void sek_input_pasted(struct sek_input *in, uint32_t id, bool gone)
{
	if (gone || id == in->paste_ping)
		in->pasting = false;
}

void sek_input_pong(struct sek_input *in, uint32_t id)
{
	if (!in->waiting || id != in->wait_ping)
		return;
	in->waiting = false;
	in->last_text_ms = 0;
}

void sek_input_reset(struct sek_input *in, bool all)
{
	in->waiting = in->full = false;
	in->last_text_ms = 0;
	if (!all)
		return;
	in->pasting = false;
	in->queue_start = in->queue_end = 0;
	in->text_bytes = in->text_done = 0;
	sek_keyboard_release(&in->keyboard);
	sek_pointer_release(&in->pointer);
}
