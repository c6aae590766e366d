/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_input: typing, shortcuts, texts between keys, clicks and scrolling.
 */
#include <linux/input-event-codes.h>
#include <string.h>

#include "protocol/wire/messages.h"
#include "tests/fuzz/seeds.h"

static uint8_t bytes[16384];
static struct sek_writer w;

static void start(uint8_t mode)
{
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_write_u8(&w, mode);
}

static void key(uint16_t code, bool down, uint32_t codepoint)
{
	sek_key_write(&w, &(struct sek_key){ code, down, codepoint });
}

static void tap(uint16_t code, uint32_t codepoint)
{
	key(code, true, codepoint);
	key(code, false, codepoint);
}

static void text(const char *utf8)
{
	sek_text_write(&w, &(struct sek_text){ (const uint8_t *)utf8, strlen(utf8) });
}

static void pong(void)
{
	sek_ping_write(&w, &(struct sek_ping){ 1 });
}

static void wait_ms(uint8_t ms)
{
	sek_ack_write(&w, &(struct sek_ack){ ms });
}

static void typing(void)
{
	tap(KEY_A, 'a');
	key(KEY_LEFTSHIFT, true, 0);
	tap(KEY_2, '"');
	key(KEY_LEFTSHIFT, false, 0);
	tap(KEY_LEFTBRACE, '@');
	tap(KEY_CAPSLOCK, 0);
	tap(KEY_KP7, '7');
	tap(KEY_SEMICOLON, 0xe9);
	pong();
	tap(0, 0x3042);
	key(KEY_LEFTCTRL, true, 0);
	key(KEY_RIGHTALT, true, 0);
	key(KEY_L, true, 'l');
	key(KEY_L, true, 'l');
	tap(KEY_Q, '@');
	sek_empty_write(&w, SEK_MSG_RELEASE);
}

static void texts(void)
{
	tap(KEY_A, 'a');
	text("漢字\n\tかな");
	tap(KEY_B, 'b');
	pong();
	wait_ms(250);
	text("👍");
	wait_ms(250);
}

static void pointer(void)
{
	sek_pointer_write(&w, &(struct sek_pointer){ 10, 20, SEK_BUTTON_LEFT });
	sek_pointer_write(&w, &(struct sek_pointer){ 65535, 65535, SEK_BUTTON_ALL });
	sek_wheel_write(&w, &(struct sek_wheel){ 1, 2, -300, SEK_WHEEL_MAX });
	sek_empty_write(&w, SEK_MSG_RELEASE);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} seeds[] = { { "typing", typing }, { "texts", texts }, { "pointer", pointer } };
	const char *dir = seed_dir(argc, argv);

	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
		for (uint8_t mode = 0; mode < 4; mode++) {
			char name[32];

			start(mode);
			seeds[i].make();
			if (!sek_is_ok(sek_writer_status(&w)))
				return 1;
			snprintf(name, sizeof name, "%s-%u", seeds[i].name, mode);
			seed_write(dir, name, bytes, w.len);
		}
	}
	return 0;
}
