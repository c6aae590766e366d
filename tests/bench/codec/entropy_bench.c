/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * entropy_bench [--frames PREFIX] FILE.rseq...: what each way of packing exact tiles costs: bytes, CPU of packing, and CPU from
 * packed bytes to pixels. All get the same rectangles of the same pictures, as the encoder finds them (losslessly, tiles that
 * are one update's packed together); what differs is only how they are coded. LZ4 and zstd get tile records (palettes and
 * packed indices); the time to make those is not in their figures. "with history": one stream over the whole sequence.
 *
 * --frames keeps each kind's messages as PREFIX.KIND for wasm_bench.mjs: stored, lz4, drawn as UPDATE frames; zstd1, zstd3 as
 * packed records after their lengths (packed, unpacked; 4 bytes each).
 */
#include <lz4.h>
#include <lz4hc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "pictures.h"
#include "protocol/codec/encoder.h"
#include "protocol/codec/lz4.h"
#include "protocol/wire/wire.h"
#include "client/load/synthetic/rseq.h"

#define RAW_BYTES SEK_TILES_RAW_MAX_BYTES
#define ROOM (8 * 1024 * 1024)

enum kind { STORED, LZ4, LZ4_HISTORY, LZ4HC, ZSTD1, ZSTD3, ZSTD1_HISTORY, ZSTD3_HISTORY, DRAWN, KINDS };
static const char *const names[KINDS] = { "stored", "LZ4", "LZ4, with history", "LZ4HC -9", "zstd -1", "zstd -3",
	"zstd -1, with history", "zstd -3, with history", "our own (DRAWN)" };
static const char *const suffixes[KINDS] = { "stored", "lz4", NULL, NULL, "zstd1", "zstd3", NULL, NULL, "drawn" };

static struct {
	uint64_t bytes;
	double pack_s, unpack_s;
	FILE *frames;
} tally[KINDS];
static double records_s; /* from records to pixels, which all but DRAWN need besides */
static uint64_t pixels, rectangles;

static ZSTD_CCtx *zstd[KINDS];
static ZSTD_DCtx *unzstd[KINDS];
static LZ4_stream_t *lz4_history;
static LZ4_streamDecode_t *lz4_unpack;
static struct sek_drawn_model model;
static struct sek_update_scratch scratch;
static uint16_t width, height;

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "entropy_bench: %s\n", what);
	exit(1);
}

/* --- the sinks: one that gathers rectangles, one that only takes time --- */

struct gathered {
	struct sek_drawn_rect r;
	uint32_t *px;
	bool smooth;
};
static struct gathered *list;
static size_t list_n, list_size;

static sek_status gather(void *user, struct sek_rect r, const uint32_t *px)
{
	static struct sek_class look;
	size_t n = (size_t)r.w * r.h * 4;
	struct gathered *g;

	(void)user;
	if (list_n == list_size) {
		list_size = list_size ? list_size * 2 : 256;
		list = realloc(list, list_size * sizeof *list);
		require(list, "memory");
	}
	g = &list[list_n++];
	g->r = (struct sek_drawn_rect){ r.x, r.y, r.w, r.h };
	g->px = malloc(n);
	require(g->px, "memory");
	memcpy(g->px, px, n);
	sek_classify(sek_simd_best(), px, r.w, r.w, r.h, true, &look);
	g->smooth = look.look == SEK_LOOK_PHOTO;
	pixels += n / 4;
	rectangles++;
	return sek_ok();
}

static sek_status gather_fill(void *user, struct sek_rect r, uint32_t colour)
{
	static uint32_t px[SEK_TILE_PX * SEK_TILE_PX];

	for (size_t i = 0; i < (size_t)r.w * r.h; i++)
		px[i] = colour;
	return gather(user, r, px);
}

static sek_status no_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	(void)user, (void)sx, (void)sy, (void)to;
	return sek_ok();
}

static sek_status no_fill(void *user, struct sek_rect r, uint32_t colour)
{
	(void)user, (void)r, (void)colour;
	return sek_ok();
}

static sek_status no_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	(void)user, (void)r, (void)px;
	return sek_ok();
}

static sek_status no_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t n)
{
	(void)user, (void)r, (void)jpeg, (void)n;
	return sek_fail(SEK_E_INTERNAL);
}

/* --- messages, for WebAssembly --- */

static uint8_t message[SEK_FRAME_HEADER_BYTES + ROOM];

/* An UPDATE of one operation. */
static size_t put_message(const uint8_t *head, size_t head_n, const uint8_t *body, size_t n, bool keyframe)
{
	struct sek_writer w;

	sek_writer_init(&w, message, sizeof message);
	sek_frame_begin(&w, SEK_MSG_UPDATE, SEK_UPDATE_END | (keyframe ? SEK_UPDATE_KEYFRAME : 0));
	sek_write_u32(&w, 0);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_bytes(&w, head, head_n);
	sek_write_bytes(&w, body, n);
	require(sek_is_ok(sek_frame_end(&w, 0)), "message");
	return w.len;
}

static void u32_at(uint8_t *to, size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void keep(enum kind k, const uint8_t *body, size_t n, size_t raw_n, bool first)
{
	uint8_t head[10] = { SEK_OP_TILES, k == LZ4 ? SEK_TILES_LZ4 : SEK_TILES_STORED }, lengths[8];

	if (!tally[k].frames)
		return;
	if (k == ZSTD1 || k == ZSTD3) {
		u32_at(lengths, n);
		u32_at(lengths + 4, raw_n);
		fwrite(lengths, 1, 8, tally[k].frames);
		fwrite(body, 1, n, tally[k].frames);
		return;
	}
	if (k == DRAWN) {
		head[0] = SEK_OP_DRAWN;
		head[1] = (uint8_t)(list_n >> 8);
		head[2] = (uint8_t)list_n;
		u32_at(head + 3, n);
		n = put_message(head, 7, body, n, first);
	} else {
		u32_at(head + 2, raw_n);
		u32_at(head + 6, n);
		n = put_message(head, 10, body, n, first);
	}
	u32_at(lengths, n);
	fwrite(lengths, 1, 4, tally[k].frames);
	fwrite(message, 1, n, tally[k].frames);
}

/* --- the ways of packing --- */

static uint8_t packed[ROOM], unpacked[RAW_BYTES], drawn[ROOM];

static size_t pack(enum kind k, const uint8_t *raw, size_t n)
{
	ZSTD_inBuffer in = { raw, n, 0 };
	ZSTD_outBuffer out = { packed, sizeof packed, 0 };

	switch (k) {
	case LZ4: return (size_t)LZ4_compress_default((const char *)raw, (char *)packed, (int)n, ROOM);
	case LZ4_HISTORY:
		return (size_t)LZ4_compress_fast_continue(lz4_history, (const char *)raw, (char *)packed, (int)n, ROOM, 1);
	case LZ4HC: return (size_t)LZ4_compress_HC((const char *)raw, (char *)packed, (int)n, ROOM, 9);
	case ZSTD1: return ZSTD_compressCCtx(zstd[k], packed, sizeof packed, raw, n, 1);
	case ZSTD3: return ZSTD_compressCCtx(zstd[k], packed, sizeof packed, raw, n, 3);
	case ZSTD1_HISTORY:
	case ZSTD3_HISTORY:
		require(ZSTD_compressStream2(zstd[k], &out, &in, ZSTD_e_flush) == 0, "zstd");
		return out.pos;
	default:
		memcpy(packed, raw, n);
		return n;
	}
}

/* Returns what stands in `unpacked`. */
static size_t unpack(enum kind k, size_t n, size_t raw_n, uint8_t *history)
{
	ZSTD_inBuffer in = { packed, n, 0 };
	ZSTD_outBuffer out = { unpacked, sizeof unpacked, 0 };

	switch (k) {
	case LZ4:
	case LZ4HC: return sek_is_ok(sek_lz4_decode(packed, n, unpacked, raw_n)) ? raw_n : 0;
	case LZ4_HISTORY:
		return (size_t)LZ4_decompress_safe_continue(lz4_unpack, (const char *)packed, (char *)history, (int)n,
			(int)raw_n);
	case ZSTD1:
	case ZSTD3: return ZSTD_decompressDCtx(unzstd[k], unpacked, sizeof unpacked, packed, n);
	case ZSTD1_HISTORY:
	case ZSTD3_HISTORY:
		ZSTD_decompressStream(unzstd[k], &out, &in);
		return out.pos;
	default:
		memcpy(unpacked, packed, n);
		return n;
	}
}

/* LZ4's history is the 64 KB that stand in front of what is coded: batches are laid one after the other. */
static uint8_t *ring(uint8_t *area, size_t *used, size_t n)
{
	if (*used + n > ROOM)
		*used = 0;
	*used += n;
	return area + *used - n;
}

static void try_records(enum kind k, const uint8_t *raw, size_t n, bool first)
{
	static uint8_t there[ROOM], back[ROOM];
	static size_t there_used, back_used;
	uint8_t *history = back, *result = unpacked;
	double start;
	size_t packed_n;

	if (k == LZ4_HISTORY) {
		uint8_t *copy = ring(there, &there_used, n);

		memcpy(copy, raw, n);
		raw = copy;
		history = result = ring(back, &back_used, n);
	}
	start = cpu_s();
	packed_n = pack(k, raw, n);
	tally[k].pack_s += cpu_s() - start;
	require(packed_n > 0, names[k]);
	tally[k].bytes += packed_n;
	start = cpu_s();
	require(unpack(k, packed_n, n, history) == n, names[k]);
	tally[k].unpack_s += cpu_s() - start;
	require(memcmp(result, raw, n) == 0, names[k]);
	if (suffixes[k])
		keep(k, packed, packed_n, n, first);
}

static void try_drawn(bool first)
{
	static uint32_t px[SEK_DRAWN_MAX_PX];
	struct sek_drawn_out out;
	struct sek_drawn_in in;
	double start = cpu_s();
	size_t n;

	sek_drawn_start(&out, drawn, sizeof drawn);
	for (size_t i = 0; i < list_n; i++)
		sek_drawn_put(&out, &model, list[i].r, list[i].px, list[i].r.w, list[i].smooth);
	n = sek_drawn_finish(&out);
	tally[DRAWN].pack_s += cpu_s() - start;
	require(n > 0, "DRAWN");
	tally[DRAWN].bytes += n;
	keep(DRAWN, drawn, n, 0, first);
	start = cpu_s();
	sek_drawn_open(&in, drawn, n);
	for (size_t i = 0; i < list_n; i++) {
		struct sek_drawn_rect r;

		require(sek_is_ok(sek_drawn_next(&in, &scratch.model, &r)) &&
			sek_is_ok(sek_drawn_pixels(&in, &scratch.model, px)), "DRAWN");
		if (memcmp(px, list[i].px, (size_t)r.w * r.h * 4) != 0)
			require(false, "DRAWN: other pixels");
	}
	tally[DRAWN].unpack_s += cpu_s() - start;
}

/* One batch of records, as the encoder makes it. */
static void batch(const uint8_t *raw, size_t n)
{
	static const struct sek_update_sink nowhere = { NULL, no_copy, no_fill, no_pixels, no_jpeg };
	static const struct sek_update_sink gatherer = { NULL, no_copy, gather_fill, gather, no_jpeg };
	const bool first = rectangles == 0;
	uint8_t head[10] = { SEK_OP_TILES, SEK_TILES_STORED };
	size_t message_n;
	double start;
	uint32_t frame;

	for (int k = STORED; k < DRAWN; k++)
		try_records((enum kind)k, raw, n, first);
	u32_at(head + 2, n);
	u32_at(head + 6, n);
	message_n = put_message(head, 10, raw, n, false) - SEK_FRAME_HEADER_BYTES;
	start = cpu_s();
	require(sek_is_ok(sek_update_parse(0, message + SEK_FRAME_HEADER_BYTES, message_n, width, height, &scratch, &nowhere,
		&frame)), "records");
	records_s += cpu_s() - start;
	require(sek_is_ok(sek_update_parse(0, message + SEK_FRAME_HEADER_BYTES, message_n, width, height, &scratch, &gatherer,
		&frame)), "records");
	try_drawn(first);
	for (size_t i = 0; i < list_n; i++)
		free(list[i].px);
	list_n = 0;
}

/* Finds the TILES operations of what the encoder emits: with `fast` and `lossless` there are COPY and FILL besides. */
static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	static uint8_t raw[RAW_BYTES];
	size_t at = SEK_FRAME_HEADER_BYTES + 8;

	(void)user;
	while (at < n) {
		if (bytes[at] == SEK_OP_COPY) {
			at += 13;
		} else if (bytes[at] == SEK_OP_FILL) {
			at += 12;
		} else {
			uint32_t raw_n = (uint32_t)bytes[at + 2] << 24 | (uint32_t)bytes[at + 3] << 16 |
				(uint32_t)bytes[at + 4] << 8 | bytes[at + 5];
			uint32_t packed_n = (uint32_t)bytes[at + 6] << 24 | (uint32_t)bytes[at + 7] << 16 |
				(uint32_t)bytes[at + 8] << 8 | bytes[at + 9];
			bool stored = bytes[at + 1] == SEK_TILES_STORED;

			require(bytes[at] == SEK_OP_TILES, "an operation of another kind");
			if (!stored)
				require(sek_is_ok(sek_lz4_decode(bytes + at + 10, packed_n, raw, raw_n)), "LZ4");
			batch(stored ? bytes + at + 10 : raw, raw_n);
			at += 10 + packed_n;
		}
	}
	return sek_ok();
}

static void start(const char *prefix)
{
	memset(tally, 0, sizeof tally);
	records_s = 0;
	pixels = rectangles = 0;
	sek_drawn_reset(&model);
	sek_drawn_reset(&scratch.model);
	lz4_history = LZ4_createStream();
	lz4_unpack = LZ4_createStreamDecode();
	for (int k = 0; k < KINDS; k++) {
		char path[1024];

		zstd[k] = ZSTD_createCCtx();
		unzstd[k] = ZSTD_createDCtx();
		if (k == ZSTD1_HISTORY || k == ZSTD3_HISTORY) {
			ZSTD_CCtx_setParameter(zstd[k], ZSTD_c_compressionLevel, k == ZSTD1_HISTORY ? 1 : 3);
			ZSTD_CCtx_setParameter(zstd[k], ZSTD_c_windowLog, 23);
		}
		snprintf(path, sizeof path, "%s.%s", prefix ? prefix : "", suffixes[k] ? suffixes[k] : "");
		tally[k].frames = prefix && suffixes[k] ? fopen(path, "wb") : NULL;
	}
}

static void finish(const char *name)
{
	printf("%s: %.1f Mpx in %llu rectangles\n%-24s %9s %12s %18s\n", name, (double)pixels / 1e6,
		(unsigned long long)rectangles, "", "MB", "packing, ms", "to pixels, ms");
	for (int k = 0; k < KINDS; k++) {
		printf("%-24s %9.3f %12.1f %18.1f\n", names[k], (double)tally[k].bytes / 1e6, tally[k].pack_s * 1e3,
			(tally[k].unpack_s + (k == DRAWN ? 0 : records_s)) * 1e3);
		if (tally[k].frames)
			fclose(tally[k].frames);
		ZSTD_freeCCtx(zstd[k]);
		ZSTD_freeDCtx(unzstd[k]);
	}
	LZ4_freeStream(lz4_history);
	LZ4_freeStreamDecode(lz4_unpack);
}

static void run(const char *path, const char *prefix)
{
	const struct sek_encode_options o = { .lossless = true, .fast = true, .jpeg_quality = 80, .refine_ms = 500 };
	const char *name = strrchr(path, '/');
	struct rseq *r = rseq_open(path, &width, &height);
	struct sek_update_encoder *e;
	struct sek_picture src;
	struct sek_rect d;
	uint32_t frame = 0;
	uint64_t us;
	bool sent;

	require(r, path);
	e = sek_update_encoder_create(width, height);
	require(e && sek_is_ok(sek_update_encoder_resize(e, width, height)), "encoder");
	src = test_picture_create(width, height);
	start(prefix);
	while (rseq_next(r, &src, &d, &us)) {
		sent = false;
		sek_update_encoder_damage(e, d);
		require(sek_is_ok(sek_update_encoder_encode(e, &src, frame, 1 + us / 1000, &o, emit, NULL, &sent)), "encode");
		frame += sent;
	}
	rseq_close(r);
	finish(name ? name + 1 : path);
	sek_update_encoder_destroy(e);
	test_picture_destroy(&src);
}

int main(int argc, char **argv)
{
	const char *prefix = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--frames") == 0 && i + 1 < argc)
			prefix = argv[++i];
		else
			run(argv[i], prefix);
	}
	return 0;
}
