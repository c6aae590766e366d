/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a viewer sees is what the session's client sees: libvncclient, as the viewer, decodes what libvncserver's encoders have made of real
 * frames, in every coding and form of pixels, pixel by pixel.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rfb/rfbclient.h>

#include "broker/encoder/rfb/screen.h"
#include "tests/unit/codec/pair.h"

enum { WIDTH = 640, HEIGHT = 400, FRAMES = 24 };

struct look {
	struct sek_rfb_screen *screen;
	int out_fd;
	rfbClient *viewer;
	struct pair pair;
	uint64_t copies;
};

static rfbBool keep_buffer(rfbClient *client)
{
	free(client->frameBuffer);
	client->frameBuffer = calloc((size_t)client->width * (size_t)client->height, 4);
	return client->frameBuffer != NULL;
}

static struct look *copied_to;

static void count_copy(rfbClient *client, int sx, int sy, int w, int h, int dx, int dy)
{
	uint32_t *px = (uint32_t *)client->frameBuffer, *copy = malloc((size_t)w * (size_t)h * 4);

	for (int y = 0; y < h; y++)
		memcpy(copy + (size_t)y * (size_t)w, px + (size_t)(sy + y) * WIDTH + sx, (size_t)w * 4);
	for (int y = 0; y < h; y++)
		memcpy(px + (size_t)(dy + y) * WIDTH + dx, copy + (size_t)y * (size_t)w, (size_t)w * 4);
	free(copy);
	copied_to->copies++;
}

static void begin(struct look *l, const struct sek_rfb_wants *wants)
{
	char path[40];

	memset(l, 0, sizeof *l);
	copied_to = l;
	rfbEnableClientLogging = FALSE;
	l->out_fd = memfd_create("out", 0);
	ck_assert(sek_is_ok(sek_rfb_screen_create(l->out_fd, &l->screen)));
	sek_rfb_screen_wants(l->screen, wants);
	ck_assert(sek_is_ok(sek_rfb_screen_resize(l->screen, WIDTH, HEIGHT)));
	sek_rfb_screen_viewer_size(l->screen, WIDTH, HEIGHT);
	l->viewer = rfbGetClient(8, 3, 4);
	l->viewer->format.redShift = 16;
	l->viewer->format.greenShift = 8;
	l->viewer->format.blueShift = 0;
	l->viewer->width = WIDTH;
	l->viewer->height = HEIGHT;
	l->viewer->MallocFrameBuffer = keep_buffer;
	l->viewer->GotCopyRect = count_copy;
	ck_assert(keep_buffer(l->viewer));
	snprintf(path, sizeof path, "/proc/self/fd/%d", l->out_fd);
	l->viewer->sock = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(l->viewer->sock, 0);
	pair_init(&l->pair, WIDTH, HEIGHT);
}

static void finish(struct look *l)
{
	pair_finish(&l->pair);
	close(l->out_fd);
}

static sek_status paint(void *user, const uint8_t *frame, size_t n)
{
	struct look *l = user;
	uint32_t number;

	return sek_rfb_screen_paint(l->screen, frame[1], frame + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES, &number);
}

static void step_session(struct look *l)
{
	bool sent;

	sek_update_encoder_damage(l->pair.e, whole(&l->pair));
	l->pair.now_ms += 40;
	ck_assert(sek_is_ok(sek_update_encoder_encode(l->pair.e, &l->pair.src, l->pair.frame++, l->pair.now_ms, &exact, paint, l, &sent)));
}

/* One update, read by the viewer. */
static void show(struct look *l)
{
	unsigned n = sek_rfb_screen_count(l->screen);
	const uint8_t head[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };

	if (n == 0)
		return;
	ck_assert_int_eq(write(l->out_fd, head, sizeof head), sizeof head);
	ck_assert(sek_is_ok(sek_rfb_screen_send(l->screen)));
	ck_assert(!sek_rfb_screen_changed(l->screen));
	ck_assert(HandleRFBServerMessage(l->viewer));
	ck_assert_int_eq(l->viewer->buffered, 0);
	ck_assert_int_eq(lseek(l->viewer->sock, 0, SEEK_CUR), lseek(l->out_fd, 0, SEEK_CUR)); /* and not a byte more */
}

static void same_as_session(const struct look *l, uint32_t mask)
{
	const uint32_t *px = (const uint32_t *)l->viewer->frameBuffer;

	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			if ((px[y * WIDTH + x] ^ l->pair.src.px[y * l->pair.src.stride_px + x]) & mask)
				ck_abort_msg("differs at %u,%u: %06x, not %06x", x, y, px[y * WIDTH + x],
					l->pair.src.px[y * l->pair.src.stride_px + x]);
}

/* A page that scrolls, a photograph, noise, flat areas, now one frame for each update, now several. */
static void play(struct look *l)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		const struct sek_picture *p = &l->pair.src;

		test_draw_text(p, (struct sek_rect){ 16, 40, 500, 340 }, i / 2 * 24, 3);
		if (i % 5 == 1)
			test_draw_photo(p, (struct sek_rect){ 300, 100, 200, 150 }, i);
		if (i % 7 == 2)
			test_draw_noise(p, (struct sek_rect){ (uint16_t)(10 * i), 300, 64, 64 }, i);
		if (i % 3 == 0)
			test_draw_flat(p, (struct sek_rect){ 520, 0, 120, 400 }, 0x102030 * i);
		step_session(l);
		if (i % 4 != 1) {
			show(l);
			same_as_session(l, 0xffffff);
		}
	}
	ck_assert(l->copies > 0);
}

START_TEST(every_coding_is_exact)
{
	static const enum sek_rfb_coding codings[] = { SEK_RFB_RAW, SEK_RFB_TIGHT, SEK_RFB_TIGHT, SEK_RFB_ZRLE };
	static struct look l; /* the screen lives as long as its process: it is never given back */

	begin(&l, &(struct sek_rfb_wants){ .coding = codings[_i], .copy = true, .last_rect = _i == 2, .quality = -1, .compression = -1 });
	play(&l);
	finish(&l);
}
END_TEST

START_TEST(a_viewer_without_copies_gets_pixels)
{
	static struct look l; /* the screen lives as long as its process: it is never given back */

	begin(&l, &(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .quality = -1, .compression = -1 });
	test_draw_text(&l.pair.src, (struct sek_rect){ 0, 0, 600, 400 }, 0, 3);
	step_session(&l);
	show(&l);
	test_draw_text(&l.pair.src, (struct sek_rect){ 0, 0, 600, 400 }, 48, 3);
	step_session(&l);
	show(&l);
	same_as_session(&l, 0xffffff);
	ck_assert_uint_eq(l.copies, 0);
	finish(&l);
}
END_TEST

/* 16 bits, as an old viewer asks for: what it gets are the upper bits. */
START_TEST(other_forms_of_pixels)
{
	static const struct sek_rfb_format f = { .bits = 16, .depth = 16, .red_max = 31, .green_max = 63, .blue_max = 31, .red_shift = 11,
		.green_shift = 5, .blue_shift = 0 };
	uint8_t px[4] = { 0 };
	static struct look l; /* the screen lives as long as its process: it is never given back */

	begin(&l, &(struct sek_rfb_wants){ .coding = SEK_RFB_RAW, .quality = -1, .compression = -1 });
	ck_assert(sek_is_ok(sek_rfb_screen_format(l.screen, &f)));
	ck_assert_uint_eq(sek_rfb_screen_pixel(l.screen, 0xff0000, px), 2);
	ck_assert_uint_eq(px[0] | px[1] << 8, 31 << 11);
	ck_assert_uint_eq(sek_rfb_screen_pixel(l.screen, 0x0000ff, px), 2);
	ck_assert_uint_eq(px[0] | px[1] << 8, 31);
	finish(&l);
}
END_TEST

/* Its framebuffer stays as it was until it was told; nothing is sent that lies outside. */
START_TEST(a_smaller_framebuffer_gets_what_fits)
{
	static struct look l; /* the screen lives as long as its process: it is never given back */

	begin(&l, &(struct sek_rfb_wants){ .coding = SEK_RFB_RAW, .copy = true, .quality = -1, .compression = -1 });
	sek_rfb_screen_viewer_size(l.screen, 300, 200);
	l.viewer->width = 300;
	l.viewer->height = 200;
	ck_assert(keep_buffer(l.viewer));
	test_draw_text(&l.pair.src, (struct sek_rect){ 0, 0, 600, 400 }, 0, 3);
	step_session(&l);
	show(&l); /* libvncclient refuses rectangles that are outside */
	for (unsigned y = 0; y < 200; y++)
		for (unsigned x = 0; x < 300; x++)
			if ((((uint32_t *)l.viewer->frameBuffer)[y * 300 + x] ^ l.pair.src.px[y * l.pair.src.stride_px + x]) & 0xffffff)
				ck_abort_msg("differs at %u,%u", x, y);
	finish(&l);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rfb.screen");
	TCase *t = tcase_create("screen");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_coding_is_exact, 0, 4);
	tcase_add_test(t, a_viewer_without_copies_gets_pixels);
	tcase_add_test(t, other_forms_of_pixels);
	tcase_add_test(t, a_smaller_framebuffer_gets_what_fits);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
