/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chain_bench FILE.rseq...: the codec's three stages in one process, on the recording's own clock: capture's encoder, the
 * decoder's painter, the encoder's encoder, with the refinement that falls due in between. Tells the CPU time and the bytes
 * of each stage without lines, processes or pacing, so that two builds can be compared within seconds; how near the client's
 * picture is while it is not exact; and after the last change, how long until it is.
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

/* As in capture (screen.c) and encoder (loop.h, pace.h). */
#define CAPTURE_REFINE_MS 200
#define ENCODER_REFINE_MS 450
#define AFTER_MS 3000 /* refinement is watched for so long after the last record */
#define STEP_MS 8

/* What the client shows while it is not exact. */
struct fidelity {
	double db, least_db; /* summed up; least */
	unsigned n;
};

struct stage {
	struct sek_update_encoder *e;
	struct sek_encode_options o;
	struct test_receiver to;
	double encode_s, paint_s;
	size_t bytes;
	uint32_t frame;
	struct stage *next; /* what is painted is damage there */
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* PSNR of R, G and B over the whole picture. */
static void look(struct fidelity *f, const struct sek_picture *src, const struct sek_picture *client)
{
	uint64_t sum = 0;
	double db;

	for (size_t y = 0; y < src->height_px; y++) {
		const uint8_t *a = (const uint8_t *)(src->px + y * src->stride_px);
		const uint8_t *b = (const uint8_t *)(client->px + y * client->stride_px);
		uint32_t row = 0;

		for (size_t i = 0; i < src->width_px * 4u; i++) {
			int d = i % 4 == 3 ? 0 : a[i] - b[i];

			row += (uint32_t)(d * d);
		}
		sum += row;
	}
	if (sum == 0)
		return;
	db = 10 * log10(255.0 * 255.0 * 3 * src->width_px * src->height_px / (double)sum);
	f->db += db;
	f->least_db = f->n++ == 0 || db < f->least_db ? db : f->least_db;
}

static void on_painted(void *user, struct sek_rect r)
{
	struct stage *s = user;

	if (!s->next)
		return;
	for (unsigned y = r.y / SEK_TILE_PX; y * SEK_TILE_PX < (unsigned)r.y + r.h; y++)
		for (unsigned x = r.x / SEK_TILE_PX; x * SEK_TILE_PX < (unsigned)r.x + r.w; x++)
			sek_update_encoder_damage_tile(s->next->e, (uint16_t)x, (uint16_t)y);
}

static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	struct stage *s = user;
	double start = cpu_s(), took;
	uint32_t frame;
	sek_status st = sek_paint_update(s->to.painter, &s->to.pic, bytes[1], bytes + SEK_FRAME_HEADER_BYTES,
		n - SEK_FRAME_HEADER_BYTES, on_painted, s, &frame);

	took = cpu_s() - start;
	s->paint_s += took;
	s->encode_s -= took;
	s->bytes += n;
	return st;
}

static bool encode(struct stage *s, const struct sek_picture *src, uint64_t now_ms)
{
	uint64_t at = sek_update_encoder_refine_at_ms(s->e, &s->o);
	double start = cpu_s();
	bool sent = false;

	if (!sek_update_encoder_dirty(s->e) && (at == 0 || at > now_ms))
		return false;
	if (!sek_is_ok(sek_update_encoder_encode(s->e, src, s->frame, now_ms, &s->o, emit, s, &sent)))
		abort();
	s->encode_s += cpu_s() - start;
	s->frame += sent;
	return sent;
}

static void stage_start(struct stage *s, uint16_t width, uint16_t height)
{
	s->e = sek_update_encoder_create(width, height);
	test_receiver_init(&s->to, width, height);
	if (!s->e || !sek_is_ok(sek_update_encoder_resize(s->e, width, height)))
		abort();
}

static void stage_finish(struct stage *s)
{
	sek_update_encoder_destroy(s->e);
	test_receiver_finish(&s->to);
}

static void run(const char *path)
{
	struct stage capture = { .o = { .fast = true, .jpeg_quality = SEK_JPEG_QUALITY, .refine_ms = CAPTURE_REFINE_MS } };
	struct stage encoder = { .o = { .jpeg_quality = SEK_JPEG_QUALITY, .refine_ms = ENCODER_REFINE_MS } };
	const char *name = strrchr(path, '/');
	uint64_t us = 0, now_ms = 1, until_ms, ended_ms = 0, exact_ms = 0;
	uint16_t width, height;
	struct rseq *r = rseq_open(path, &width, &height);
	struct sek_picture src;
	struct fidelity moving = { 0 };
	struct sek_rect d;
	unsigned x, y;
	bool more;

	if (!r)
		exit(1);
	src = test_picture_create(width, height);
	stage_start(&capture, width, height);
	stage_start(&encoder, width, height);
	capture.next = &encoder;
	sek_painter_relays(capture.to.painter);
	do {
		more = rseq_next(r, &src, &d, &us);
		ended_ms = more ? 0 : now_ms;
		until_ms = more ? 1 + us / 1000 : now_ms + AFTER_MS;
		for (; now_ms + STEP_MS < until_ms; now_ms += STEP_MS) { /* nothing but refinement is due */
			encode(&capture, &src, now_ms);
			if (encode(&encoder, &capture.to.pic, now_ms) && !more)
				exact_ms = now_ms - ended_ms;
		}
		if (!more)
			break;
		now_ms = until_ms;
		sek_update_encoder_damage(capture.e, d);
		encode(&capture, &src, now_ms);
		encode(&encoder, &capture.to.pic, now_ms);
		look(&moving, &src, &encoder.to.pic);
	} while (more);
	printf("%-12s capture %5u frames %6.3f s %6.2f MB  decoder %6.3f s  encoder %5u frames %6.3f s %6.3f MB  sum %6.3f s"
	       "  client %6.3f s  lossy %.2f dB, least %.2f  %s after %llu ms\n", name ? name + 1 : path, capture.frame, capture.encode_s,
		(double)capture.bytes / 1e6, capture.paint_s, encoder.frame, encoder.encode_s, (double)encoder.bytes / 1e6,
		capture.encode_s + capture.paint_s + encoder.encode_s, encoder.paint_s, moving.n ? moving.db / moving.n : 0, moving.least_db,
		test_picture_equal(&src, &encoder.to.pic, &x, &y) ? "exact" : "NOT EXACT", (unsigned long long)exact_ms);
	rseq_close(r);
	stage_finish(&capture);
	stage_finish(&encoder);
	test_picture_destroy(&src);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: chain_bench FILE.rseq...\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	return 0;
}
