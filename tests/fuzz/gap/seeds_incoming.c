/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_incoming: whole host-link conversations, each with every message and with pictures of one kind.
 */
#include <string.h>

#include "protocol/codec/encode.h"
#include "protocol/wire/messages.h"
#include "tests/fuzz/gap/script.h"
#include "tests/fuzz/seeds.h"

#define W 160
#define H 120

static uint8_t bytes[1 << 20];
static struct sek_writer w;
static uint32_t px[W * H];

static sek_status emit(void *user, const uint8_t *frame, size_t n)
{
	(void)user;
	sek_write_bytes(&w, frame, n);
	return sek_writer_status(&w);
}

/* kind 0: flat, 1: few colours, 2: noise, 3: gradient. */
static void draw(unsigned kind, unsigned turn)
{
	unsigned seed = kind * 100 + turn;

	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < W; x++) {
			uint32_t *p = &px[y * W + x];

			if (kind == 0)
				*p = turn * 0x102030 & 0xffffff;
			else if (kind == 1)
				*p = (x / 3 + y / 5 + turn) % 4 * 0x404040 & 0xffffff;
			else if (kind == 2)
				*p = (uint32_t)rand_r(&seed) & 0xffffff;
			else
				*p = (uint32_t)((x + turn) << 16 | y << 8) + ((uint32_t)rand_r(&seed) & 0x070707);
		}
}

static void conversation(const char *dir, unsigned kind)
{
	static const uint8_t image[8 * 8 * 4];
	const struct sek_encode_options o = { .lossless = false, .jpeg_quality = 50, .refine_ms = 100 };
	struct sek_update_encoder *e = sek_update_encoder_create(W, H);
	struct sek_picture src = { px, W, W, H };
	char name[16];
	bool sent;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_state_write(&w, &(struct sek_state_msg){ SEK_STATE_STARTING, 0 });
	sek_welcome_write(&w, &(struct sek_welcome){ .version = SEK_VERSION_MAX, .max_width_px = FUZZ_GAP_WIDTH,
		.max_height_px = FUZZ_GAP_HEIGHT });
	sek_size_write(&w, &(struct sek_size){ W, H });
	if (!e || !sek_is_ok(sek_update_encoder_resize(e, W, H)))
		exit(1);
	for (unsigned i = 1; i < 5; i++) {
		draw(kind, i);
		sek_update_encoder_damage(e, (struct sek_rect){ 0, 0, W, H });
		if (!sek_is_ok(sek_update_encoder_encode(e, &src, i, i * 60, &o, emit, NULL, &sent)))
			exit(1);
	}
	sek_cursor_write(&w, &(struct sek_cursor){ 8, 8, 1, 1, image });
	sek_caret_write(&w, &(struct sek_caret){ 5, 6, 1, 20 });
	sek_ping_write(&w, &(struct sek_ping){ 7 });
	sek_pong_write(&w, &(struct sek_ping){ 7 });
	sek_state_write(&w, &(struct sek_state_msg){ SEK_STATE_BROWSER_CLOSED, 0 });
	if (w.failed)
		exit(1);
	snprintf(name, sizeof name, "%u", kind);
	seed_write(dir, name, bytes, w.len);
	sek_update_encoder_destroy(e);
}

/* Two pages of a document. */
static void document(const char *dir)
{
	struct sek_update_encoder *e = sek_update_encoder_create(W, H);
	const struct sek_encode_options o = { .lossless = true, .fast = true };
	const struct sek_picture src = { px, W, W, H };
	bool sent;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pages_msg_write(&w, &(struct sek_pages_msg){ 1, SEK_DOCUMENT_WORKING, 2 });
	if (!e || !sek_is_ok(sek_update_encoder_resize(e, W, H)))
		exit(1);
	for (uint16_t i = 1; i < 3; i++) {
		draw(1, i);
		sek_size_write(&w, &(struct sek_size){ W, H });
		sek_update_encoder_refresh(e);
		if (!sek_is_ok(sek_update_encoder_encode(e, &src, i, 0, &o, emit, NULL, &sent)))
			exit(1);
		sek_page_msg_write(&w, &(struct sek_page_msg){ i });
	}
	sek_pages_msg_write(&w, &(struct sek_pages_msg){ 1, SEK_DOCUMENT_BROKEN, 2 });
	if (w.failed)
		exit(1);
	seed_write(dir, "document", bytes, w.len);
	sek_update_encoder_destroy(e);
}

int main(int argc, char **argv)
{
	document(seed_dir(argc, argv));
	for (unsigned kind = 0; kind < 4; kind++)
		conversation(seed_dir(argc, argv), kind);
	return 0;
}
