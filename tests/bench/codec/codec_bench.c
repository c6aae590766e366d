/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * codec_bench [--lossless] [--fast] [--quality N] [--frames FILE] [FILE.rseq]...: speed and size of the codec alone, without processes or lines.
 * --frames keeps the messages, each after its length in 4 bytes, for wasm_bench.mjs.
 * Without a file: a made-up page of text, read and scrolled. Every frame is decoded, and at the end compared.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pictures.h"
#include "protocol/codec/encode.h"
#include "receiver.h"
#include "client/load/synthetic/rseq.h"

struct bench {
	struct sek_update_encoder *e;
	struct sek_picture src;
	struct test_receiver to; /* counts and paints */
	struct sek_encode_options o;
	double encode_s, decode_s;
	uint64_t damaged_px, first_bytes, refine_bytes;
	uint32_t frame;
	uint64_t now_ms;
	FILE *frames; /* or NULL */
	double noise; /* mean square errors of the pictures after each frame, added up */
	uint32_t pictures;
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	struct bench *b = user;
	double start = cpu_s();
	uint32_t frame;
	sek_status s = sek_paint_update(b->to.painter, &b->to.pic, bytes[1], bytes + SEK_FRAME_HEADER_BYTES,
		n - SEK_FRAME_HEADER_BYTES, NULL, NULL, &frame);

	b->decode_s += cpu_s() - start;
	b->encode_s -= cpu_s() - start; /* the caller measures around us */
	b->to.bytes += n;
	if (b->frames) {
		const uint8_t head[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

		if (fwrite(head, 1, 4, b->frames) != 4 || fwrite(bytes, 1, n, b->frames) != n)
			return sek_fail(SEK_E_IO);
	}
	return s;
}

static void encode(struct bench *b)
{
	double start = cpu_s();
	bool sent = false;

	if (!sek_is_ok(sek_update_encoder_encode(b->e, &b->src, b->frame, b->now_ms, &b->o, emit, b, &sent)))
		abort();
	b->encode_s += cpu_s() - start;
	b->frame += sent;
}

/* What the receiver shows while things move, against the source. */
static void judge(struct bench *b)
{
	uint64_t sum = 0;

	for (unsigned y = 0; y < b->src.height_px; y++) {
		const uint32_t *p = b->src.px + (size_t)y * b->src.stride_px, *q = b->to.pic.px + (size_t)y * b->to.pic.stride_px;

		for (unsigned x = 0; x < b->src.width_px; x++) {
			for (unsigned shift = 0; p[x] != q[x] && shift < 24; shift += 8) {
				int d = (int)(p[x] >> shift & 255) - (int)(q[x] >> shift & 255);

				sum += (uint64_t)(d * d);
			}
		}
	}
	b->noise += (double)sum / 3 / b->src.width_px / b->src.height_px;
	b->pictures++;
}

static void start(struct bench *b, uint16_t width, uint16_t height)
{
	b->e = sek_update_encoder_create(width, height);
	b->src = test_picture_create(width, height);
	test_receiver_init(&b->to, width, height);
	b->encode_s = b->decode_s = 0;
	b->damaged_px = b->frame = 0;
	b->now_ms = 1;
	b->noise = 0;
	b->pictures = 0;
	if (!b->e || !sek_is_ok(sek_update_encoder_resize(b->e, width, height)))
		abort();
}

static void finish(struct bench *b, const char *name)
{
	size_t moving = b->to.bytes;
	double encode_s = b->encode_s, decode_s = b->decode_s;
	unsigned frames = b->frame, x, y;
	uint64_t at;

	while ((at = sek_update_encoder_refine_at_ms(b->e, &b->o)) != 0) {
		b->now_ms = at > b->now_ms ? at : b->now_ms + 1;
		encode(b);
	}
	printf("%-14s %6u frames %8.2f MB (first %.2f, refined at the end %.2f)  encode %6.3f s %6.0f Mpx/s  decode %6.3f s"
	       " %6.0f Mpx/s  %.1f dB, then %s\n", name, frames, (double)moving / 1e6, (double)b->first_bytes / 1e6,
		(double)(b->to.bytes - moving) / 1e6, encode_s, (double)b->damaged_px / 1e6 / encode_s, decode_s,
		(double)b->damaged_px / 1e6 / decode_s,
		10 * log10(255 * 255 / (b->noise / (b->pictures ? b->pictures : 1) + 1e-5)), test_picture_equal(&b->src, &b->to.pic, &x, &y) ? "exact" : "NOT EXACT");
	sek_update_encoder_destroy(b->e);
	test_picture_destroy(&b->src);
	test_receiver_finish(&b->to);
}

static void run_file(struct bench *b, const char *path)
{
	const char *name = strrchr(path, '/');
	uint16_t width, height;
	struct rseq *r = rseq_open(path, &width, &height);
	struct sek_rect d;
	uint64_t us;

	if (!r)
		exit(1);
	start(b, width, height);
	while (rseq_next(r, &b->src, &d, &us)) {
		b->now_ms = 1 + us / 1000;
		b->damaged_px += (uint64_t)d.w * d.h;
		sek_update_encoder_damage(b->e, d);
		encode(b);
		judge(b);
		if (b->frame == 1)
			b->first_bytes = b->to.bytes;
	}
	rseq_close(r);
	finish(b, name ? name + 1 : path);
}

static void run_text(struct bench *b, bool scroll)
{
	const struct sek_rect all = { 0, 0, 1920, 1080 };

	start(b, 1920, 1080);
	for (uint32_t i = 0; i < 60; i++) {
		/* reading: another page each time; scrolling: 40 rows further, as a keyframe would not be */
		test_draw_text(&b->src, all, scroll ? i * 40 : i * 2200, 1);
		b->now_ms += 16;
		b->damaged_px += 1920 * 1080;
		sek_update_encoder_damage(b->e, all);
		encode(b);
		if (i == 0)
			b->first_bytes = b->to.bytes;
	}
	finish(b, scroll ? "text, scrolled" : "text, pages");
}

int main(int argc, char **argv)
{
	static struct bench b;
	bool any = false;

	b.o = (struct sek_encode_options){ .lossless = false, .jpeg_quality = 80, .refine_ms = 500 };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--lossless") == 0) {
			b.o.lossless = true;
		} else if (strcmp(argv[i], "--fast") == 0) {
			b.o.fast = true;
		} else if (strcmp(argv[i], "--quality") == 0 && i + 1 < argc) {
			b.o.jpeg_quality = (uint8_t)atoi(argv[++i]);
		} else if (strcmp(argv[i], "--frames") == 0 && i + 1 < argc) {
			b.frames = fopen(argv[++i], "wb");
		} else {
			run_file(&b, argv[i]);
			any = true;
		}
	}
	if (b.frames && any)
		fclose(b.frames);
	if (!any) {
		run_text(&b, false);
		run_text(&b, true);
	}
	return 0;
}
