/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The protocol break, on the wire: a real decoder and a real encoder on one gap, a render host that chooses its bytes, and a client that
 * keeps every byte it gets. The pictures arrive; no WINDOW bytes in a row of what the host sent do.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/encode.h"
#include "tests/unit/decoder/host.h"
#include "tests/unit/encoder/viewer.h"

/* Both lines speak one grammar, so that a few bytes in a row are the same by themselves: the header of a frame (8), the head of an UPDATE
 * (8) and of its longest operation (JPEG, 15) are 31. From 32 on at least one byte would have to come from inside a coded picture. */
#define WINDOW 32
#define WIDTH 512
#define HEIGHT 256
#define TILE 64
#define QUALITY 85 /* more than the inner side ever takes */

static struct host h;
static struct viewer v;
static uint32_t source[WIDTH * HEIGHT];
static uint8_t *sent;
static size_t sent_n;
static uint32_t frame;

static void setup(void)
{
	host_start(&h, NULL);
	host_open(&h);
	host_send_size(&h, WIDTH, HEIGHT);
	viewer_start_on(&v, h.gap_ro, h.wake);
	v.keeps = true;
	sent = NULL;
	sent_n = frame = 0;
}

static void teardown(void)
{
	viewer_stop(&v);
	host_stop(&h);
	free(sent);
}

/* --- the host's line --- */

static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	(void)user;
	ck_assert(host_send(&h, bytes, n));
	sent = realloc(sent, sent_n + n);
	ck_assert_ptr_nonnull(sent);
	memcpy(sent + sent_n, bytes, n);
	sent_n += n;
	return sek_ok();
}

/* One tile, stored as it is: any bytes that a host likes. 16 colours from `palette`, or, with NULL, the source's pixels one by one. */
static void send_tile(unsigned x0, unsigned y0, const uint32_t *palette, uint8_t flags)
{
	static uint8_t bytes[64 + 3 * TILE * TILE];
	uint32_t raw = 7 + (palette ? 16 * 3 + TILE * TILE / 2 : 3 * TILE * TILE);
	struct sek_writer w;
	size_t at;

	sek_writer_init(&w, bytes, sizeof bytes);
	at = sek_frame_begin(&w, SEK_MSG_UPDATE, flags);
	sek_write_u32(&w, frame);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_TILES);
	sek_write_u8(&w, SEK_TILES_STORED);
	sek_write_u32(&w, raw);
	sek_write_u32(&w, raw);
	sek_write_u16(&w, (uint16_t)x0);
	sek_write_u16(&w, (uint16_t)y0);
	sek_write_u8(&w, TILE);
	sek_write_u8(&w, TILE);
	sek_write_u8(&w, palette ? 16 : 0);
	for (unsigned i = 0; palette && i < 16; i++)
		for (int k = 16; k >= 0; k -= 8)
			sek_write_u8(&w, (uint8_t)(palette[i] >> k));
	for (unsigned y = y0; y < y0 + TILE; y++)
		for (unsigned x = x0; x < x0 + TILE; x++) {
			uint32_t *px = &source[y * WIDTH + x];

			if (palette) { /* *px: which one of it */
				if (x % 2)
					sek_write_u8(&w, (uint8_t)(px[-1] >> 24 << 4 | *px));
				*px = palette[*px] | *px << 24; /* the neighbour wants its number yet */
			} else {
				for (int k = 16; k >= 0; k -= 8)
					sek_write_u8(&w, (uint8_t)(*px >> k));
			}
		}
	ck_assert(sek_is_ok(sek_frame_end(&w, at)));
	emit(NULL, bytes, w.len);
}

static void send_tiles(const uint32_t *palette)
{
	uint8_t key = frame == 0 ? SEK_UPDATE_KEYFRAME : 0;

	frame++;
	for (unsigned y = 0; y < HEIGHT; y += TILE)
		for (unsigned x = 0; x < WIDTH; x += TILE) {
			bool last = y + TILE == HEIGHT && x + TILE == WIDTH;

			send_tile(x, y, palette, (uint8_t)((x == 0 && y == 0 ? key : 0) | (last ? SEK_UPDATE_END : 0)));
		}
	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		source[i] &= 0xffffff;
	ck_assert_uint_eq(host_expect_ack(&h), frame);
}

/* --- the client's --- */

static bool has_all(const struct viewer *c)
{
	for (size_t y = 0; y < HEIGHT && c->picture.width_px == WIDTH && c->picture.height_px == HEIGHT; y++)
		if (memcmp(c->picture.px + y * c->picture.stride_px, source + y * WIDTH, WIDTH * 4) != 0)
			return false;
	return c->picture.width_px == WIDTH && c->picture.height_px == HEIGHT && c->frames > 0 && !c->in_frame;
}

#define TABLE (1u << 23) /* places for windows of the host's bytes */

static uint64_t mixed(const uint8_t *p)
{
	uint64_t x = 0, part;

	for (int i = 0; i < WINDOW; i += 8) {
		memcpy(&part, p + i, 8);
		x = (x ^ part) * 0x9e3779b97f4a7c15u;
		x ^= x >> 29;
	}
	return x;
}

/* How many windows of `in` stand in `of`, at whatever place. */
static size_t windows(const uint8_t *of, size_t of_n, const uint8_t *in, size_t in_n)
{
	uint32_t *place = calloc(TABLE, sizeof *place); /* of a window in `of`, and one more */
	size_t found = 0;

	ck_assert(place && of_n < TABLE / 2);
	for (size_t i = 0; i + WINDOW <= of_n; i++) {
		uint64_t at = mixed(of + i) % TABLE;

		while (place[at] && memcmp(of + place[at] - 1, of + i, WINDOW) != 0)
			at = (at + 1) % TABLE;
		place[at] = (uint32_t)i + 1;
	}
	for (size_t i = 0; i + WINDOW <= in_n; i++) {
		uint64_t at = mixed(in + i) % TABLE;

		while (place[at] && memcmp(of + place[at] - 1, in + i, WINDOW) != 0)
			at = (at + 1) % TABLE;
		found += place[at] != 0;
	}
	free(place);
	return found;
}

static void assert_broken(size_t least_sent)
{
	size_t n = v.kept_n;

	ck_assert_uint_ge(sent_n, least_sent);
	ck_assert_uint_gt(n, 1000);
	ck_assert_uint_eq(windows(sent, sent_n, v.kept, n), 0);
	/* The search sees what it looks for. */
	memcpy(v.kept + n / 2, sent + sent_n / 2, WINDOW);
	ck_assert_uint_ge(windows(sent, sent_n, v.kept, n), 1);
}

static void noise(uint32_t mask)
{
	unsigned seed = 11;

	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		source[i] = ((uint32_t)rand_r(&seed) << 12 ^ (uint32_t)rand_r(&seed)) & mask;
}

/* Text and the like: what the host chose as bytes are indices and colours. */
START_TEST(palettes)
{
	uint32_t palette[16];

	for (unsigned i = 0; i < 16; i++)
		palette[i] = (0xf0f0f0 - i * 0x0b0d07) & 0xffffff;
	noise(15);
	send_tiles(palette);
	viewer_until(&v, has_all, "exactly what the host painted, in few colours");
	assert_broken(WIDTH * HEIGHT / 2);
}
END_TEST

/* The worst case: every byte of the host's line is a colour. */
START_TEST(pixels)
{
	noise(0xffffff);
	send_tiles(NULL);
	viewer_until(&v, has_all, "exactly what the host painted");
	assert_broken(3 * WIDTH * HEIGHT);
}
END_TEST

/* Films: JPEGs, of another quality than the inner side's. (Bytes of the very quality, or coded exactly by our own encoder, come out the same
 * where the same pixels are coded the same way anew: what the client gets depends on the pixels alone.) */
START_TEST(photographs)
{
	struct sek_update_encoder *e = sek_update_encoder_create(WIDTH, HEIGHT);
	struct sek_picture src = { source, WIDTH, WIDTH, HEIGHT };
	const struct sek_encode_options o = { .jpeg_quality = QUALITY, .refine_ms = 1000000 };
	unsigned seed = 5;

	ck_assert(e && sek_is_ok(sek_update_encoder_resize(e, WIDTH, HEIGHT)));
	while (frame < 8) {
		bool whole = false;

		for (uint32_t y = 0; y < HEIGHT; y++)
			for (uint32_t x = 0; x < WIDTH; x++)
				source[y * WIDTH + x] = (((x + frame * 40) & 0xff) << 16 | (y & 0xff) << 8 | ((x ^ y) & 0xff)) ^
					((uint32_t)rand_r(&seed) & 0x0f0f0f);
		sek_update_encoder_damage(e, (struct sek_rect){ 0, 0, WIDTH, HEIGHT });
		frame++;
		ck_assert(sek_is_ok(sek_update_encoder_encode(e, &src, frame, frame * 40, &o, emit, NULL, &whole)) && whole);
		ck_assert_uint_eq(host_expect_ack(&h), frame);
		ck_assert(viewer_take(&v));
	}
	ck_assert_uint_gt(sek_update_encoder_figures(e).photo_bytes, 4000);
	sek_update_encoder_destroy(e);
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t x = 0; x < WIDTH; x++) /* the fourth byte means nothing */
			source[y * WIDTH + x] = sek_gap_reader_pixels(h.gap)[y * h.layout.stride_px + x] & 0xffffff;
	viewer_until(&v, has_all, "exactly what the decoder painted, in the end");
	assert_broken(40000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encoder: break");
	TCase *t = tcase_create("break");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(t, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, palettes);
	tcase_add_test(t, pixels);
	tcase_add_test(t, photographs);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
