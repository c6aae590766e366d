/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_frames_down: a session's output on each link.
 */
#include "protocol/codec/update.h"
#include "protocol/wire/messages.h"
#include "tests/fuzz/seeds.h"

static void write_update(struct sek_writer *w)
{
	static const uint8_t tile[] = { 0, 1, 0, 2, 3, 2, 2, 10, 20, 30, 40, 50, 60, 0xa0, 0x40 };
	static const uint16_t copy[] = { 0, 0, 10, 10, 20, 20 }, fill[] = { 5, 5, 6, 6 };
	size_t at = sek_frame_begin(w, SEK_MSG_UPDATE, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END);

	sek_write_u32(w, 1);
	sek_write_u16(w, 3);
	sek_write_u16(w, 0);
	sek_write_u8(w, SEK_OP_COPY);
	for (size_t i = 0; i < 6; i++)
		sek_write_u16(w, copy[i]);
	sek_write_u8(w, SEK_OP_FILL);
	for (size_t i = 0; i < 4; i++)
		sek_write_u16(w, fill[i]);
	sek_write_bytes(w, "rgb", 3);
	sek_write_u8(w, SEK_OP_TILES);
	sek_write_u8(w, SEK_TILES_STORED);
	sek_write_u32(w, sizeof tile);
	sek_write_u32(w, sizeof tile);
	sek_write_bytes(w, tile, sizeof tile);
	sek_frame_end(w, at);
}

static void write_all(struct sek_writer *w, bool hub)
{
	static const uint8_t pixels[16] = { 1, 2, 3, 255 };
	const struct sek_welcome welcome = { 1, 1920, 1080, "session-session" };
	const struct sek_size size = { 1366, 768 };
	const struct sek_cursor cursor = { 2, 2, 1, 1, pixels };
	const struct sek_caret caret = { 158, 53, 1, 20 };
	const struct sek_state_msg state = { SEK_STATE_RUNNING, 0 };
	const struct sek_ping ping = { 9 };

	sek_size_write(w, &size);
	write_update(w);
	sek_cursor_write(w, &cursor);
	sek_caret_write(w, &caret);
	sek_state_write(w, &state);
	sek_documents_msg_write(w, &(struct sek_documents_msg){ 3 });
	if (hub)
		return;
	sek_welcome_write(w, &welcome);
	sek_clipboard_piece_write(w, &(struct sek_clipboard_piece){ SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST,
		(const uint8_t *)"\xe9\x96\xa2", 3 });
	sek_ping_write(w, &ping);
	sek_pong_write(w, &ping);
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
		if (link == 0) {
			sek_pages_msg_write(&w, &(struct sek_pages_msg){ 1, SEK_DOCUMENT_WORKING, 300 });
			sek_page_msg_write(&w, &(struct sek_page_msg){ 17 });
		}
		if (link == 1) {
			sek_clipboard_result_write(&w, &(struct sek_clipboard_result){ SEK_CROSS_TO_INNER,
				SEK_CLIPBOARD_ASK, 1 });
		}
		if (w.failed)
			return 1;
		seed_write(dir, names[link], memory, w.len);
	}
	return 0;
}
