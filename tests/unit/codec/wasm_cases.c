/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes cases for wasm.test.mjs, one a line: what the C side sends and what must come of it.
 *   frame HEX                a frame of the client link, downwards
 *   picture W H HEX          what the picture is after the frames so far, as R, G, B, 255
 *   sum W H N                the same, but only a number made of all its pixels
 *   fields TYPE A B C ...    the type and the first fields of the frame before
 *   bytes INDEX HEX          the bytes that field INDEX points at
 *   jpegs HEX...             the JPEGs that the receiver put together for the frame before
 *   mode N                   a call of sek_mode
 *   up NAME ARGS : HEX       a call of sek_write_NAME and what it must write
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/encode.h"
#include "protocol/wire/messages.h"
#include "receiver.h"

static void put_hex(const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		putchar(digits[p[i] >> 4]);
		putchar(digits[p[i] & 15]);
	}
	putchar('\n');
}

static void put_picture(const struct sek_picture *p)
{
	printf("picture %u %u ", p->width_px, p->height_px);
	for (unsigned y = 0; y < p->height_px; y++) {
		for (unsigned x = 0; x < p->width_px; x++) {
			uint32_t v = p->px[y * p->stride_px + x];

			printf("%06xff", v & 0xffffff);
		}
	}
	putchar('\n');
}

/* What the C parser hands on as JPEG, gathered as hexadecimal digits. */
static struct sek_update_scratch scratch;
static char jpegs[1 << 22];
static size_t jpegs_n;

static sek_status on_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	(void)user, (void)sx, (void)sy, (void)to;
	return sek_ok();
}

static sek_status on_fill(void *user, struct sek_rect r, uint32_t bgrx)
{
	(void)user, (void)r, (void)bgrx;
	return sek_ok();
}

static sek_status on_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	(void)user, (void)r, (void)px;
	return sek_ok();
}

static sek_status on_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t n)
{
	(void)user, (void)r;
	if (n * 2 + 2 > sizeof jpegs - jpegs_n)
		abort();
	jpegs[jpegs_n++] = ' ';
	for (size_t i = 0; i < n; i++, jpegs_n += 2)
		snprintf(jpegs + jpegs_n, 3, "%02x", jpeg[i]);
	return sek_ok();
}

static void put_jpegs(void)
{
	printf("jpegs%.*s\n", (int)jpegs_n, jpegs);
}

static void put_sum(const struct sek_picture *p)
{
	uint32_t sum = 0x811c9dc5;

	for (unsigned y = 0; y < p->height_px; y++) {
		for (unsigned x = 0; x < p->width_px; x++)
			sum = (sum ^ (p->px[y * p->stride_px + x] & 0xffffff)) * 0x01000193u;
	}
	printf("sum %u %u %u\n", p->width_px, p->height_px, sum);
}

static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	static const struct sek_update_sink sink = { NULL, on_copy, on_fill, on_pixels, on_jpeg };
	const struct test_receiver *to = user;
	uint32_t frame;

	printf("frame ");
	put_hex(bytes, n);
	if (!sek_is_ok(sek_update_parse(bytes[1], bytes + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES,
		    to->pic.width_px, to->pic.height_px, &scratch, &sink, &frame)))
		abort();
	return test_receiver_emit(user, bytes, n);
}

static uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CURSOR_MAX_BYTES];
static struct sek_writer w;

static struct sek_writer *fresh(void)
{
	sek_writer_init(&w, memory, sizeof memory);
	return &w;
}

static void put_frame(void)
{
	if (!sek_is_ok(sek_writer_status(&w)))
		abort();
	printf("frame ");
	put_hex(memory, w.len);
}

static void set_size(uint16_t width, uint16_t height)
{
	const struct sek_size m = { width, height };

	sek_size_write(fresh(), &m);
	put_frame();
	printf("fields %u %u %u\n", SEK_MSG_SIZE, width, height);
}

static void encode(struct sek_update_encoder *e, const struct sek_picture *src, struct test_receiver *to,
	uint32_t frame, bool lossless)
{
	const struct sek_encode_options o = { .lossless = lossless, .jpeg_quality = 75, .refine_ms = 10000 };
	bool sent = false;

	test_receiver_forget(to);
	jpegs_n = 0;
	if (!sek_is_ok(sek_update_encoder_encode(e, src, frame, frame, &o, emit, to, &sent)))
		abort();
	if (lossless)
		put_picture(&to->pic);
	else
		put_jpegs();
}

/* What was sent as JPEG, which only browsers show, has become exact. */
static void until_exact(struct sek_update_encoder *e, const struct sek_picture *src, struct test_receiver *to, uint32_t frame)
{
	const struct sek_encode_options o = { .jpeg_quality = 75, .refine_ms = 10000 };
	bool sent;

	for (uint64_t at; (at = sek_update_encoder_refine_at_ms(e, &o)) != 0; frame += sent) {
		sent = false;
		if (!sek_is_ok(sek_update_encoder_encode(e, src, frame, at, &o, emit, to, &sent)))
			abort();
	}
	put_sum(&to->pic);
}

/* A page that scrolls, with a photograph in it, on a large screen. */
static void screen(uint16_t width, uint16_t height)
{
	const struct sek_encode_options o = { .jpeg_quality = 75, .refine_ms = 10000 };
	struct sek_update_encoder *e = sek_update_encoder_create(width, height);
	struct sek_picture src = test_picture_create(width, height);
	const struct sek_rect all = { 0, 0, width, height };
	struct test_receiver to;

	test_receiver_init(&to, width, height);
	if (!e || !sek_is_ok(sek_update_encoder_resize(e, width, height)))
		abort();
	set_size(width, height);
	for (uint32_t i = 0; i < 3; i++) {
		bool sent = false;

		test_draw_text(&src, all, 60 * i, 1);
		test_draw_photo(&src, (struct sek_rect){ 300, (uint16_t)(400 - 60 * i), 200, 150 }, 1);
		sek_update_encoder_damage(e, all);
		if (!sek_is_ok(sek_update_encoder_encode(e, &src, i, i * 17, &o, emit, &to, &sent)))
			abort();
	}
	until_exact(e, &src, &to, 3);
	sek_update_encoder_destroy(e);
	test_picture_destroy(&src);
	test_receiver_finish(&to);
}

static void pictures(uint16_t width, uint16_t height, uint32_t seed)
{
	struct sek_update_encoder *e = sek_update_encoder_create(width, height);
	struct sek_picture src = test_picture_create(width, height);
	const struct sek_rect all = { 0, 0, width, height };
	struct test_random r = { seed };
	struct test_receiver to;

	test_receiver_init(&to, width, height);
	if (!e || !sek_is_ok(sek_update_encoder_resize(e, width, height)))
		abort();
	set_size(width, height);
	test_draw_text(&src, all, 100, seed);
	encode(e, &src, &to, 0, true);
	for (uint32_t i = 1; i < 6; i++) {
		struct sek_rect d = { (uint16_t)test_random_below(&r, width), (uint16_t)test_random_below(&r, height), 1, 1 };

		d.w = (uint16_t)(1 + test_random_below(&r, (uint32_t)width - d.x));
		d.h = (uint16_t)(1 + test_random_below(&r, (uint32_t)height - d.y));
		test_draw_text(&src, all, 100 + 13 * i, seed); /* a scroll, and something else on top */
		if (i % 2)
			test_draw_noise(&src, d, i);
		else
			test_draw_colours(&src, d, 3 * i * i, i);
		sek_update_encoder_damage(e, all);
		encode(e, &src, &to, i, true);
	}
	test_draw_photo(&src, all, seed);
	sek_update_encoder_damage(e, all);
	encode(e, &src, &to, 6, false);
	until_exact(e, &src, &to, 7);
	sek_update_encoder_destroy(e);
	test_picture_destroy(&src);
	test_receiver_finish(&to);
}

static sek_status put_aside(void *user, const uint8_t *bytes, size_t n)
{
	(void)user;
	printf("frame ");
	put_hex(bytes, n);
	return sek_ok();
}

/* A recording that is read from a snapshot on, in whose middle the page goes on scrolling and a photograph comes. */
static void recording(uint16_t width, uint16_t height)
{
	const struct sek_encode_options o = { .jpeg_quality = 75, .refine_ms = 10000 };
	struct sek_update_encoder *e = sek_update_encoder_create(width, height);
	struct sek_picture src = test_picture_create(width, height);
	const struct sek_rect all = { 0, 0, width, height };
	struct test_receiver to;
	uint32_t i;

	test_receiver_init(&to, width, height);
	if (!e || !sek_is_ok(sek_update_encoder_resize(e, width, height)))
		abort();
	printf("mode 1\n");
	for (i = 0; i < 4 || sek_update_encoder_snapshotting(e); i++) {
		bool sent = false;

		test_draw_text(&src, all, 60 * i, 1);
		if (i > 1)
			test_draw_photo(&src, (struct sek_rect){ 30, (uint16_t)(100 + 5 * i), 200, 150 }, i);
		sek_update_encoder_damage(e, all);
		/* the first frames are seen by the client only */
		if (!sek_is_ok(sek_update_encoder_encode(e, &src, i, i * 17, &o, i < 3 ? test_receiver_emit : emit, &to, &sent)))
			abort();
		if (i == 2) {
			set_size(width, height);
			sek_update_encoder_snapshot(e);
		}
		if (i >= 2 && sek_update_encoder_snapshotting(e) &&
		    !sek_is_ok(sek_update_encoder_slice(e, i, 12, false, put_aside, NULL)))
			abort();
	}
	until_exact(e, &src, &to, i);
	printf("mode 0\n");
	sek_update_encoder_destroy(e);
	test_picture_destroy(&src);
	test_receiver_finish(&to);
}

static void others(void)
{
	/* B, G, R, A premultiplied: half red, opaque white, nothing, an impossible colour */
	static const uint8_t bgra[16] = { 0, 0, 128, 128, 255, 255, 255, 255, 0, 0, 0, 0, 200, 0, 0, 100 };
	static const uint8_t rgba[16] = { 255, 0, 0, 128, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 255, 100 };
	const struct sek_welcome welcome = { 1, 2560, 1440, "0123456789abcde" };
	const struct sek_cursor cursor = { 4, 1, 3, 0, bgra }, none = { 0, 0, 0, 0, bgra };
	const struct sek_caret caret = { 1, 2, 3, 65535 };
	const struct sek_state_msg state = { SEK_STATE_WARN_IDLE, 4294967295u };
	const struct sek_ping ping = { 3000000000u };

	sek_welcome_write(fresh(), &welcome);
	put_frame();
	printf("fields %u 1 2560 1440\nbytes 3 ", SEK_MSG_WELCOME);
	put_hex(welcome.session, sizeof welcome.session);
	sek_cursor_write(fresh(), &cursor);
	put_frame();
	printf("fields %u 4 1 3 0\nbytes 4 ", SEK_MSG_CURSOR);
	put_hex(rgba, sizeof rgba);
	sek_cursor_write(fresh(), &none);
	put_frame();
	printf("fields %u 0 0 0 0\n", SEK_MSG_CURSOR);
	sek_documents_msg_write(fresh(), &(struct sek_documents_msg){ 16 });
	put_frame();
	printf("fields %u 16\n", SEK_MSG_DOCUMENTS);
	sek_caret_write(fresh(), &caret);
	put_frame();
	printf("fields %u 1 2 3 65535\n", SEK_MSG_CARET);
	sek_state_write(fresh(), &state);
	put_frame();
	printf("fields %u %u 4294967295\n", SEK_MSG_STATE, SEK_STATE_WARN_IDLE);
	sek_ping_write(fresh(), &ping);
	put_frame();
	printf("fields %u 3000000000\n", SEK_MSG_PING);
	sek_pong_write(fresh(), &ping);
	put_frame();
	printf("fields %u 3000000000\n", SEK_MSG_PONG);
}

static void put_up(const char *call)
{
	printf("up %s : ", call);
	put_hex(memory, w.len);
}

static void upward(void)
{
	const struct sek_hello hello = { SEK_VERSION_MIN, SEK_VERSION_MAX, 1920, 1080, 150, SEK_LANG_EN, 0, 0, 0 };
	const struct sek_ack ack = { 4000000000u };
	const struct sek_resize resize = { 160, 4320, 400 };
	const struct sek_key key = { 30, true, 0x1f44d };
	const struct sek_pointer pointer = { 65535, 7, SEK_BUTTON_ALL };
	const struct sek_wheel wheel = { 1, 2, -12000, 12000 };
	const struct sek_visibility visible = { true };
	const struct sek_ping ping = { 0xffffffff };

	sek_hello_write(fresh(), &hello);
	put_up("hello 1920 1080 150 1");
	sek_ack_write(fresh(), &ack);
	put_up("ack 4000000000");
	sek_empty_write(fresh(), SEK_MSG_REFRESH);
	put_up("refresh");
	sek_resize_write(fresh(), &resize);
	put_up("resize 160 4320 400");
	sek_key_write(fresh(), &key);
	put_up("key 30 1 128077");
	sek_pointer_write(fresh(), &pointer);
	put_up("pointer 65535 7 31");
	sek_wheel_write(fresh(), &wheel);
	put_up("wheel 1 2 -12000 12000");
	sek_empty_write(fresh(), SEK_MSG_RELEASE);
	put_up("release");
	sek_visibility_write(fresh(), &visible);
	put_up("visibility 1");
	sek_empty_write(fresh(), SEK_MSG_END);
	put_up("end");
	sek_ping_write(fresh(), &ping);
	put_up("ping 4294967295");
	sek_pong_write(fresh(), &ping);
	put_up("pong 4294967295");
}

int main(void)
{
	pictures(1, 1, 1);
	pictures(321, 199, 2);
	pictures(1280, 960, 3); /* more pixels than one portion of operations holds */
	screen(1366, 768);
	screen(3840, 2160);
	recording(800, 600);
	others();
	upward();
	return 0;
}
