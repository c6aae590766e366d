/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_track: a size of pieces, then frames as capture writes them.
 */
#include "protocol/wire/messages.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	struct sek_size size = { 1280, 720 };
	struct sek_state_msg state = { .state = SEK_STATE_RUNNING };
	struct sek_pages_msg pages = { .version = SEK_VERSION_MAX, .state = SEK_DOCUMENT_NONE, .pages = 0 };
	uint8_t memory[512];
	struct sek_writer w;
	size_t at, i;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u8(&w, 6);
	sek_size_write(&w, &size);
	sek_state_write(&w, &state);
	seed_write(dir, "start", memory, w.len);
	at = sek_frame_begin(&w, SEK_MSG_UPDATE, SEK_UPDATE_END);
	for (i = 0; i < 40; i++)
		sek_write_u8(&w, (uint8_t)i);
	if (!sek_is_ok(sek_frame_end(&w, at)))
		return 1;
	state.state = SEK_STATE_BROWSER_CLOSED;
	sek_state_write(&w, &state);
	seed_write(dir, "end", memory, w.len);
	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u8(&w, 3);
	sek_pages_msg_write(&w, &pages);
	seed_write(dir, "pages", memory, w.len);
	return w.failed;
}
