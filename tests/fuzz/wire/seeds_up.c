/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_frames_up: a session's input on each link.
 */
#include "protocol/wire/messages.h"
#include "tests/fuzz/seeds.h"

static void write_all(struct sek_writer *w, bool hub)
{
	static const char text[] = "\xe6\xb8\x8b\xe8\xb0\xb7\xf0\x9f\x91\x8d\n";
	const struct sek_hello hello = { 1, 1, 1920, 1080, 100, SEK_LANG_JA, SEK_HELLO_CREATE, 3840, 2160 };
	const struct sek_key key = { 30, true, 'a' };
	const struct sek_pointer pointer = { 100, 200, SEK_BUTTON_LEFT };
	const struct sek_wheel wheel = { 100, 200, 0, -SEK_WHEEL_NOTCH };
	const struct sek_text words = { (const uint8_t *)text, sizeof text - 1 };
	const struct sek_resize resize = { 1366, 768, 125 };
	const struct sek_visibility visible = { true };
	const struct sek_ack ack = { 7 };
	const struct sek_ping ping = { 9 };
	const struct sek_view view = { 60, SEK_VIEW_RECORD, "taro 2026-11-23 10:30", 21 };
	const struct sek_rules rules = { true, true, true, "*\n", "example.jp\n", 2, 11 };

	sek_ack_write(w, &ack);
	sek_visibility_write(w, &visible);
	sek_empty_write(w, SEK_MSG_REFRESH);
	if (hub) {
		sek_view_write(w, &view);
		return;
	}
	sek_hello_write(w, &hello);
	sek_rules_write(w, &rules);
	sek_key_write(w, &key);
	sek_pointer_write(w, &pointer);
	sek_wheel_write(w, &wheel);
	sek_text_write(w, &words);
	sek_resize_write(w, &resize);
	sek_ping_write(w, &ping);
	sek_pong_write(w, &ping);
	sek_clipboard_piece_write(w, &(struct sek_clipboard_piece){ SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST,
		(const uint8_t *)"\xe9\x96\xa2", 3 });
	sek_empty_write(w, SEK_MSG_RELEASE);
	sek_empty_write(w, SEK_MSG_END);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "host", "client", "hub" };
	const char *dir = seed_dir(argc, argv);

	for (uint8_t link = 0; link < 3; link++) {
		uint8_t memory[512];
		struct sek_writer w;

		sek_writer_init(&w, memory, sizeof memory);
		sek_write_u8(&w, link);
		write_all(&w, link == 2);
		if (link == 0)
			sek_clipboard_mode_write(&w, &(struct sek_clipboard_mode){ SEK_CROSS_BOTH });
		if (link == 0) {
			sek_document_msg_write(&w, &(struct sek_document_msg){ 1, 1, SEK_DOCUMENT_PRINTED, 200, 300, 3000, 4000 });
			sek_take_page_write(&w, &(struct sek_page_msg){ 17 });
		}
		if (link == 1)
			sek_clipboard_answer_write(&w, &(struct sek_clipboard_answer){ 1, true });
		if (w.failed)
			return 1;
		seed_write(dir, names[link], memory, w.len);
	}
	return 0;
}
