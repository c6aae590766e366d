/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snapshot_bench [--small|--fast] [--effort N] [--every SECONDS] [--turns N] FILE.rseq...: what the snapshots of a recording cost (docs/decisions/0013):
 * processor time and bytes of each, of its longest slice, and what the client's stream pays for beginning to learn anew. They
 * come in the encoder's own rhythm, or every so many seconds whatever happens. The recorded pages are encoded twice, with and without; with
 * them, somebody begins to read at each and is compared at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/encoder/snapshots.h"
#include "pictures.h"
#include "protocol/codec/encode.h"
#include "client/load/synthetic/rseq.h"

/* Damage of so many milliseconds is one frame; as on a fast line. */
#define FRAME_MS 16
#define SNAPSHOTS_MOST 4096
#define RHYTHM UINT64_MAX /* instead of a time between two */

static const struct sek_encode_options how = { .jpeg_quality = 80, .refine_ms = 300 };

struct made {
	double ms, slice_ms, read_ms; /* of processor time: in all, the longest slice; to paint it */
	size_t bytes, slices;
};

struct run {
	struct sek_update_encoder *e;
	struct sek_picture src, client, reader;
	struct sek_painter *to_client, *to_reader;
	struct made made[SNAPSHOTS_MOST];
	size_t snapshots, client_bytes;
	double client_s, painted_s, seconds; /* of processor time: to encode, to paint; of the recorded time */
	bool reads, right;
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void take(struct sek_painter *p, const struct sek_picture *pic, const uint8_t *bytes, size_t n)
{
	uint32_t frame;

	if (!sek_is_ok(sek_paint_update(p, pic, bytes[1], bytes + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES, NULL, NULL,
		&frame)))
		abort();
}

static sek_status to_client(void *user, const uint8_t *bytes, size_t n)
{
	struct run *r = user;
	double start = cpu_s();

	r->client_bytes += n;
	take(r->to_client, &r->client, bytes, n);
	r->painted_s += cpu_s() - start;
	if (r->reads)
		take(r->to_reader, &r->reader, bytes, n);
	r->client_s -= cpu_s() - start;
	return sek_ok();
}

static double painting;

static sek_status to_recording(void *user, const uint8_t *bytes, size_t n)
{
	struct run *r = user;
	double start = cpu_s();

	r->made[r->snapshots].bytes += n;
	r->reads = true;
	take(r->to_reader, &r->reader, bytes, n);
	painting += cpu_s() - start;
	return sek_ok();
}

static bool equal(const struct sek_picture *a, const struct sek_picture *b)
{
	unsigned x, y;

	return test_picture_equal(a, b, &x, &y);
}

/* How: small (DRAWN), fast (palette and LZ4), or as the encoder does: small as long as that is cheap. */
enum way { MIXED, SMALL, FAST };

static bool is_fast(const struct run *r, enum way way)
{
	return way == FAST || (way == MIXED && r->made[r->snapshots].ms * 1000 >= SEK_SNAPSHOTS_SMALL_US);
}

/* Returns milliseconds of processor time. */
static double slice(struct run *r, size_t effort, enum way way)
{
	struct made *m = &r->made[r->snapshots];
	double start = cpu_s(), ms;

	painting = 0;
	if (!sek_is_ok(sek_update_encoder_slice(r->e, 0, effort, is_fast(r, way), to_recording, r)))
		abort();
	ms = (cpu_s() - start - painting) * 1000;
	m->ms += ms;
	m->read_ms += painting * 1000;
	m->slice_ms = ms > m->slice_ms ? ms : m->slice_ms;
	m->slices++;
	r->snapshots += !sek_update_encoder_snapshotting(r->e);
	return ms;
}

/* The recorded pages, over and over, with a pause of a second between. */
struct tape {
	const char *path;
	struct rseq *in;
	unsigned turns;
	uint64_t from_us, us; /* of this turn; of the next record */
	struct sek_rect r;
	bool more;
};

static bool wind(struct tape *t, const struct sek_picture *src)
{
	uint64_t us = 0;

	t->more = rseq_next(t->in, src, &t->r, &us);
	if (!t->more && --t->turns > 0) {
		uint16_t w, h;

		rseq_close(t->in);
		t->in = rseq_open(t->path, &w, &h);
		t->from_us = t->us + 1000000;
		t->more = t->in && rseq_next(t->in, src, &t->r, &us);
	}
	if (t->more)
		t->us = t->from_us + us;
	return t->more;
}

static void begin(struct run *r, struct tape *t)
{
	uint16_t w, h;

	memset(r, 0, sizeof *r);
	t->in = rseq_open(t->path, &w, &h);
	if (!t->in)
		exit(1);
	r->e = sek_update_encoder_create(w, h);
	r->src = test_picture_create(w, h);
	r->client = test_picture_create(w, h);
	r->reader = test_picture_create(w, h);
	r->to_client = sek_painter_create();
	r->to_reader = sek_painter_create();
	if (!r->e || !r->to_client || !r->to_reader || !sek_is_ok(sek_update_encoder_resize(r->e, w, h)))
		abort();
	wind(t, &r->src);
}

static void finish(struct run *r, struct tape *t)
{
	if (t->in)
		rseq_close(t->in);
	sek_update_encoder_destroy(r->e);
	sek_painter_destroy(r->to_client);
	sek_painter_destroy(r->to_reader);
	test_picture_destroy(&r->src);
	test_picture_destroy(&r->client);
	test_picture_destroy(&r->reader);
}

static bool encode(struct run *r, uint32_t frame, uint64_t now_ms)
{
	double start = cpu_s();
	bool sent = false;

	if (!sek_is_ok(sek_update_encoder_encode(r->e, &r->src, frame, now_ms, &how, to_client, r, &sent)))
		abort();
	r->client_s += cpu_s() - start;
	return sent;
}

static bool is_still(const struct run *r)
{
	return !sek_update_encoder_dirty(r->e) && sek_update_encoder_exact(r->e);
}

/* Whether a snapshot begins now: by the encoder's own rhythm, or every so many milliseconds. */
static bool is_due(struct run *r, struct sek_snapshots *s, uint64_t every_ms, uint64_t now_ms, uint64_t *due_ms, uint32_t frame)
{
	if (sek_update_encoder_snapshotting(r->e) || r->snapshots == SNAPSHOTS_MOST)
		return false;
	if (every_ms == RHYTHM)
		return sek_snapshots_look(s, now_ms * 1000) && sek_snapshots_due(s, frame, is_still(r), now_ms * 1000,
			(uint64_t)(r->client_s * 1e6));
	if (every_ms == 0 || now_ms < *due_ms)
		return false;
	*due_ms = now_ms + every_ms;
	return true;
}

static void run(struct run *r, const char *path, unsigned turns, uint64_t every_ms, size_t effort, enum way way)
{
	struct tape t = { .path = path, .turns = turns };
	struct sek_snapshots s;
	uint64_t now_ms = 0, due_ms = every_ms, still = 0;
	uint32_t frame = 1;

	begin(r, &t);
	sek_snapshots_init(&s);
	sek_snapshots_view(&s, every_ms == RHYTHM, false);
	for (; t.more || still < 20 || sek_update_encoder_snapshotting(r->e) || !is_still(r); now_ms += FRAME_MS) {
		const bool keyframe = sek_update_encoder_wants_keyframe(r->e);
		uint64_t refine_ms;
		bool sent = false;

		while (t.more && t.us / 1000 < now_ms) {
			sek_update_encoder_damage(r->e, t.r);
			wind(&t, &r->src);
		}
		still = t.more ? 0 : still + 1;
		refine_ms = sek_update_encoder_refine_at_ms(r->e, &how);
		if (sek_update_encoder_dirty(r->e) || (refine_ms > 0 && refine_ms <= now_ms))
			sent = encode(r, frame, now_ms);
		frame += sent;
		if (sent)
			sek_snapshots_sent(&s, frame, keyframe, now_ms * 1000, (uint64_t)(r->client_s * 1e6));
		if (is_due(r, &s, every_ms, now_ms, &due_ms, frame)) {
			sek_update_encoder_snapshot(r->e);
			sek_snapshots_begun(&s, now_ms * 1000);
		}
		/* there is time for two, if nothing else is to be done */
		for (unsigned i = 0; i < (sent ? 1u : 2u) && sek_update_encoder_snapshotting(r->e); i++) {
			uint64_t cost_us = (uint64_t)(slice(r, effort, way) * 1000);

			sek_snapshots_sliced(&s, frame, !sek_update_encoder_snapshotting(r->e), cost_us, now_ms * 1000,
				(uint64_t)(r->client_s * 1e6));
		}
	}
	r->seconds = (double)now_ms / 1000;
	r->right = equal(&r->src, &r->client) && (r->snapshots == 0 || equal(&r->client, &r->reader));
	finish(r, &t);
}

static int by_ms(const void *a, const void *b)
{
	const struct made *p = a, *q = b;

	return p->ms < q->ms ? -1 : p->ms > q->ms;
}

static void report(const char *name, struct run *with, const struct run *without)
{
	double ms = 0, slice_ms = 0, read_ms = 0, n = with->snapshots > 0 ? (double)with->snapshots : 1;
	size_t bytes = 0, slices = 0;

	for (size_t k = 0; k < with->snapshots; k++) {
		ms += with->made[k].ms;
		read_ms += with->made[k].read_ms;
		bytes += with->made[k].bytes;
		slices += with->made[k].slices;
		slice_ms = with->made[k].slice_ms > slice_ms ? with->made[k].slice_ms : slice_ms;
	}
	qsort(with->made, with->snapshots, sizeof *with->made, by_ms);
	printf("%-12s %4.0f s, %3zu snapshots: %5.1f ms, %4.0f KB each (median %.1f ms, most %.1f ms; %.1f slices, the longest %.1f ms), painted in %.1f ms, %.1f MB an hour, "
	       "%.2f %% of the encoding; client %.2f MB, %.2f s, without %.2f MB, %.2f s, painted in %.2f s%s\n",
		name, with->seconds, with->snapshots, ms / n, (double)bytes / 1000 / n, with->made[with->snapshots / 2].ms,
		with->snapshots ? with->made[with->snapshots - 1].ms : 0, (double)slices / n, slice_ms, read_ms / n,
		(double)bytes / 1e6 * 3600 / with->seconds, ms / 10 / without->client_s, (double)with->client_bytes / 1e6,
		with->client_s, (double)without->client_bytes / 1e6, without->client_s,
		without->painted_s, with->right && without->right ? "" : "  NOT EXACT");
}

int main(int argc, char **argv)
{
	static struct run with, without;
	uint64_t every_ms = RHYTHM;
	size_t effort = SEK_SNAPSHOTS_EFFORT;
	unsigned turns = 1;
	enum way way = MIXED;

	for (int i = 1; i < argc; i++) {
		const char *name = strrchr(argv[i], '/');

		if (strcmp(argv[i], "--fast") == 0) {
			way = FAST;
		} else if (strcmp(argv[i], "--small") == 0) {
			way = SMALL;
		} else if (strcmp(argv[i], "--effort") == 0 && i + 1 < argc) {
			effort = (size_t)atol(argv[++i]);
		} else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
			every_ms = (uint64_t)atol(argv[++i]) * 1000;
		} else if (strcmp(argv[i], "--turns") == 0 && i + 1 < argc) {
			turns = (unsigned)atoi(argv[++i]);
		} else {
			run(&without, argv[i], turns, 0, effort, way);
			run(&with, argv[i], turns, every_ms, effort, way);
			report(name ? name + 1 : argv[i], &with, &without);
		}
	}
	return 0;
}
