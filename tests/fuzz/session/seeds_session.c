/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_session: HELLO, then each message of the client, and each of the encoder.
 */
#include "protocol/wire/messages.h"
#include "tests/fuzz/seeds.h"

static uint8_t out[65536];
static size_t out_n;

static void say(uint8_t who, const struct sek_writer *w)
{
	struct sek_writer o;

	sek_writer_init(&o, out + out_n, sizeof out - out_n);
	sek_write_u8(&o, who);
	sek_write_u16(&o, (uint16_t)w->len);
	sek_write_bytes(&o, w->start, w->len);
	out_n += o.len;
}

#define SAY(who, writer, ...)                                  \
	do {                                                   \
		uint8_t m_[32768];                             \
		struct sek_writer w_;                          \
		sek_writer_init(&w_, m_, sizeof m_);           \
		writer(&w_, __VA_ARGS__);                      \
		say(who, &w_);                                 \
	} while (0)

static void update(struct sek_writer *w, uint32_t frame, uint8_t flags)
{
	size_t at = sek_frame_begin(w, SEK_MSG_UPDATE, flags);

	sek_write_u32(w, frame);
	sek_write_u16(w, 0);
	sek_write_u16(w, 0);
	(void)sek_frame_end(w, at);
}

static void hello(void)
{
	SAY(0, sek_hello_write, &(struct sek_hello){ .version_min = 1, .version_max = 1, .width_px = 1024, .height_px = 768,
		.scale_percent = 100 });
}

static void picture(void)
{
	static const uint8_t bgra[64];

	SAY(1, sek_state_write, &(struct sek_state_msg){ SEK_STATE_RUNNING, 0 });
	SAY(1, sek_size_write, &(struct sek_size){ 1024, 768 });
	SAY(1, update, 7, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END);
	SAY(0, sek_ack_write, &(struct sek_ack){ 7 });
	SAY(1, sek_caret_write, &(struct sek_caret){ 1, 2, 3, 4 });
	SAY(1, sek_cursor_write, &(struct sek_cursor){ 4, 4, 0, 0, bgra });
	SAY(1, update, 7, SEK_UPDATE_ASIDE | SEK_UPDATE_KEYFRAME);
	SAY(1, update, 8, SEK_UPDATE_FRESH | SEK_UPDATE_END);
	SAY(1, update, 8, SEK_UPDATE_ASIDE | SEK_UPDATE_END);
	SAY(1, update, 9, SEK_UPDATE_END);
}

static void input(void)
{
	SAY(0, sek_key_write, &(struct sek_key){ 30, true, 'a' });
	SAY(0, sek_pointer_write, &(struct sek_pointer){ 3, 4, 1 });
	SAY(0, sek_pointer_write, &(struct sek_pointer){ 5, 6, 1 });
	SAY(0, sek_wheel_write, &(struct sek_wheel){ 3, 4, 0, 120 });
	SAY(0, sek_text_write, &(struct sek_text){ (const uint8_t *)"\xe3\x81\x82", 3 });
	SAY(0, sek_resize_write, &(struct sek_resize){ 800, 600, 100 });
	SAY(0, sek_visibility_write, &(struct sek_visibility){ false });
	SAY(0, sek_empty_write, SEK_MSG_REFRESH);
	SAY(0, sek_empty_write, SEK_MSG_RELEASE);
	SAY(0, sek_ping_write, &(struct sek_ping){ 5 });
}

static void again(void)
{
	struct sek_writer none = { out, 0, 0, false };

	say(2, &none);
	hello();
}

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);

	hello();
	seed_write(dir, "hello", out, out_n);
	picture();
	seed_write(dir, "picture", out, out_n);
	input();
	seed_write(dir, "input", out, out_n);
	again();
	picture();
	seed_write(dir, "again", out, out_n);
	SAY(0, sek_empty_write, SEK_MSG_END);
	seed_write(dir, "end", out, out_n);
	out_n = 0;
	hello();
	SAY(1, sek_state_write, &(struct sek_state_msg){ SEK_STATE_BROWSER_CLOSED, 0 });
	seed_write(dir, "closed", out, out_n);
	out_n = 0;
	hello();
	SAY(1, sek_state_write, &(struct sek_state_msg){ SEK_STATE_RUNNING, 0 });
	SAY(1, sek_state_write, &(struct sek_state_msg){ SEK_STATE_HOST_LOST, 0 });
	again();
	seed_write(dir, "lost", out, out_n);
	return 0;
}
