/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stream of frames from the broker's side to capture's input: keys, pointer, wheel, texts, with an input method that
 * answers, is silent or is gone. The first byte chooses; PING stands for its answer, ACK for time that passes. Whatever
 * comes: no key is pressed twice, everything that went down comes up, and the queue takes what it promised to take.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "render-host/capture/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)            \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static bool down[256];
static uint8_t locked;
static unsigned buttons, clicks;
static struct xkb_keymap *maps[2];

static void on_key(void *user, uint8_t keycode, bool pressed)
{
	(void)user;
	REQUIRE(keycode >= 8);
	REQUIRE(!pressed || !down[keycode]);
	down[keycode] = pressed;
}

static void on_lock(void *user, uint8_t affect, uint8_t on)
{
	(void)user;
	locked = (uint8_t)((locked & ~affect) | on);
}

static void on_motion(void *user, uint16_t x, uint16_t y)
{
	(void)user;
	REQUIRE(x < 800 && y < 600);
}

static void on_button(void *user, uint8_t number, bool pressed)
{
	(void)user;
	REQUIRE(number >= 1 && number <= 9);
	REQUIRE(pressed == !(buttons & 1u << number));
	buttons ^= 1u << number;
	REQUIRE(clicks++ < 1000);
}

static void on_caret(void *user, const struct sek_caret *caret)
{
	(void)user, (void)caret;
}

static void on_pong(void *user, uint32_t id)
{
	(void)user, (void)id;
}

static void load_maps(void)
{
	static const char *const layouts[2] = { "us", "jp" };
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);

	for (int i = 0; i < 2; i++) {
		struct xkb_rule_names names = { .rules = "evdev", .model = "pc105", .layout = layouts[i] };

		maps[i] = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
		REQUIRE(maps[i]);
	}
	xkb_context_unref(context);
}

static bool is_input(uint8_t type)
{
	return type == SEK_MSG_KEY || type == SEK_MSG_POINTER || type == SEK_MSG_WHEEL || type == SEK_MSG_TEXT ||
		type == SEK_MSG_RELEASE;
}

/* Feeds the frames; `peer` is the input method's end, -1 for none. */
static void feed(struct sek_input *in, int peer, const uint8_t *data, size_t size)
{
	uint64_t now_ms = 1000;

	while (size > 0) {
		struct sek_frame f;
		size_t total;
		char drain[8192];

		if (!sek_is_ok(sek_frame_whole(data, size, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)))
			return;
		clicks = 0;
		if (f.type == SEK_MSG_ACK)
			now_ms += data[SEK_FRAME_HEADER_BYTES + 3];
		else if (f.type == SEK_MSG_PING)
			sek_input_pong(in, in->wait_ping);
		else if (is_input(f.type) && sek_input_room(in) &&
			!sek_is_ok(sek_input_push(in, f.type, data + SEK_FRAME_HEADER_BYTES, f.payload_bytes)))
			return;
		if (!in->waiting && !in->full)
			REQUIRE(sek_input_room(in));
		sek_input_run(in, now_ms);
		REQUIRE(!locked);
		REQUIRE(sek_input_wake_ms(in) == 0 || sek_input_wake_ms(in) > now_ms);
		sek_ime_flush(in->ime);
		while (peer >= 0 && recv(peer, drain, sizeof drain, MSG_DONTWAIT) > 0)
			;
		data += total;
		size -= total;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sek_keyboard_ops keys = { .key = on_key, .lock = on_lock };
	static const struct sek_pointer_ops pointer = { NULL, on_motion, on_button };
	static const struct sek_ime_events events = { NULL, on_caret, on_pong };
	static struct sek_input in;
	static struct sek_ime ime;
	int p[2] = { -1, -1 };

	if (size == 0)
		return 0;
	if (!maps[0])
		load_maps();
	memset(&ime, 0, sizeof ime);
	ime.events = events;
	sek_stream_none(&ime.stream);
	if (data[0] & 1) {
		REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
		REQUIRE(sek_is_ok(sek_stream_init(&ime.stream, p[0], SEK_LINK_HOST, SEK_DIR_DOWN, 65536)));
	}
	sek_input_init(&in, &keys, &pointer, &ime);
	sek_pointer_bounds(&in.pointer, 800, 600);
	sek_keyboard_keymap(&in.keyboard, xkb_keymap_ref(maps[data[0] >> 1 & 1]));
	feed(&in, p[1], data + 1, size - 1);

	sek_input_reset(&in, true);
	for (int i = 0; i < 256; i++)
		REQUIRE(!down[i]);
	REQUIRE(!buttons && !locked);
	sek_input_finish(&in);
	sek_ime_finish(&ime);
	if (p[1] >= 0)
		close(p[1]);
	return 0;
}
