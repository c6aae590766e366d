/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * record_bench FOLDER SESSIONS SECONDS BYTES_PER_SECOND UPDATES_PER_SECOND [SYNC_SECONDS]: what recording costs. That many recordings at that rate, in real
 * time, by the recorder that the broker has; then how long opening, and reading a block from anywhere, takes. FOLDER must not exist. What
 * the bench's own timers cost is measured first, for a quarter of the time and without a recorder, and taken off.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/keys/sign.h"
#include "broker/hub/record/reader.h"
#include "broker/hub/record/record.h"

enum { SESSIONS_MAX = 1000, SEEKS = 200 };

struct bench {
	uv_loop_t loop;
	struct sek_recorder *recorder;
	struct sek_recording *recordings[SESSIONS_MAX];
	char ids[SESSIONS_MAX][33], folder[512];
	unsigned sessions, seconds, ready, failed, sync_seconds;
	double updates, frame_bytes, cpu, loop_cpu; /* while frames come */
	uint8_t *frame;
	uint64_t frames, entries_bytes, began;
	uv_timer_t timer;
	uint8_t secret[32];
};

/* Of the whole process, or of the loop's thread; getrusage would be right to some milliseconds only. */
static double cpu(clockid_t whose)
{
	struct timespec t;

	clock_gettime(whose, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_ready(void *user, sek_status status)
{
	struct bench *b = user;

	b->ready += sek_is_ok(status);
}

static void on_failed(void *user, const char *why)
{
	struct bench *b = user;

	b->failed++;
	fprintf(stderr, "%s\n", why);
}

static void on_stopped(void *user)
{
	(void)user;
}

/* All frames that are due by now, the sessions in turn. */
static void on_timer(uv_timer_t *t)
{
	struct bench *b = t->data;
	double now = (double)(uv_hrtime() - b->began) * 1e-9;
	uint64_t due = (uint64_t)(now * b->updates * b->sessions);
	size_t n = (size_t)b->frame_bytes;

	if (now >= b->seconds) {
		uv_close((uv_handle_t *)t, NULL);
		b->cpu = cpu(CLOCK_PROCESS_CPUTIME_ID) - b->cpu;
		b->loop_cpu = cpu(CLOCK_THREAD_CPUTIME_ID) - b->loop_cpu;
		if (b->recorder)
			sek_recorder_stop(b->recorder, on_stopped, NULL);
		return;
	}
	for (; b->frames < due && b->recorder; b->frames++) {
		struct sek_recording *r = b->recordings[b->frames % b->sessions];

		/* the first of each is what reading starts from */
		b->frame[1] = b->frames < b->sessions ? SEK_UPDATE_KEYFRAME : SEK_UPDATE_END;
		sek_recording_add(r, SEK_ENTRY_DOWN, b->frame, n);
		b->entries_bytes += SEK_ENTRY_HEAD_BYTES + n;
	}
}

static void set_up(struct bench *b)
{
	static char pub[600], key[600], path[600];
	struct sek_recorder_config config = { .path = path, .public_key_path = pub, .signing_key_path = key, .where = "bench",
		.sync_seconds = b->sync_seconds };
	uint8_t public_key[32];
	struct sek_writer w;
	char err[512];

	snprintf(pub, sizeof pub, "%s/recording.pub", b->folder);
	snprintf(key, sizeof key, "%s/sign.key", b->folder);
	snprintf(path, sizeof path, "%s/recordings", b->folder);
	crypto_box_keypair(public_key, b->secret);
	SEK_ASSERT(mkdir(b->folder, 0700) == 0 && sek_is_ok(sek_public_key_save(pub, public_key)));
	if (!sek_is_ok(sek_recorder_create(&b->loop, &config, NULL, NULL, &b->recorder, err, sizeof err))) {
		fprintf(stderr, "%s\n", err);
		exit(1);
	}
	b->frame = malloc((size_t)b->frame_bytes);
	randombytes_buf(b->frame, (size_t)b->frame_bytes);
	sek_writer_init(&w, b->frame, SEK_FRAME_HEADER_BYTES);
	sek_write_u8(&w, SEK_MSG_UPDATE);
	sek_write_u8(&w, 0);
	sek_write_u16(&w, 0);
	sek_write_u32(&w, (uint32_t)b->frame_bytes - SEK_FRAME_HEADER_BYTES);
}

/* So many seconds of frames; without a recorder, of the timer alone. */
static void run(struct bench *b, unsigned seconds)
{
	uint64_t apart_ms = (uint64_t)(1000 / (b->updates * b->sessions)) + 1;

	if (apart_ms < 20)
		apart_ms = 20;
	b->seconds = seconds;
	b->cpu = cpu(CLOCK_PROCESS_CPUTIME_ID);
	b->loop_cpu = cpu(CLOCK_THREAD_CPUTIME_ID);
	b->began = uv_hrtime();
	b->timer.data = b;
	uv_timer_init(&b->loop, &b->timer);
	uv_timer_start(&b->timer, on_timer, apart_ms, apart_ms);
	uv_run(&b->loop, UV_RUN_DEFAULT);
}

static void begin_all(struct bench *b)
{
	static const uint8_t session[16];
	struct sek_recording_about about = { .session = session, .user = "taro", .host = "render1", .language = "ja" };
	struct sek_recording_ops ops = { on_ready, on_failed, NULL, b };
	unsigned i;

	for (i = 0; i < b->sessions; i++) {
		SEK_ASSERT(sek_is_ok(sek_recording_begin(b->recorder, &about, &ops, &b->recordings[i])));
		memcpy(b->ids[i], sek_recording_id(b->recordings[i]), 33);
	}
	while (b->ready < b->sessions)
		uv_run(&b->loop, UV_RUN_ONCE);
}

static uint64_t read_back(struct bench *b)
{
	struct sek_recording_reader *r = NULL;
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	uint64_t t0, t1, t2;
	const uint8_t *bytes;
	char path[700], err[256];
	size_t n, blocks, i;

	snprintf(path, sizeof path, "%s/recordings/%s" SEK_RECORDING_SUFFIX, b->folder, b->ids[0]);
	t0 = uv_hrtime();
	if (!sek_is_ok(sek_recording_open(path, &r, err, sizeof err))) {
		fprintf(stderr, "%s\n", err);
		exit(1);
	}
	t1 = uv_hrtime();
	SEK_ASSERT(sek_is_ok(sek_recording_unseal(sek_recording_head(r), b->secret, key)) && sek_is_ok(sek_recording_use(r, key)));
	(void)sek_recording_blocks(r, &blocks);
	t2 = uv_hrtime();
	for (i = 0; i < SEEKS; i++)
		SEK_ASSERT(sek_is_ok(sek_recording_read(r, (uint32_t)(i * 7919 % blocks), &bytes, &n)));
	printf("read: %zu blocks, %" PRIu64 " bytes; open %.2f ms, a block from anywhere %.3f ms\n", blocks, sek_recording_head(r)->bytes,
		(double)(t1 - t0) * 1e-6, (double)(uv_hrtime() - t2) * 1e-6 / SEEKS);
	n = (size_t)sek_recording_head(r)->bytes;
	sek_recording_reader_close(r);
	return n;
}

int main(int argc, char **argv)
{
	static struct bench b;
	unsigned i, seconds;
	double dry, used, loop;
	uint64_t file;

	if (argc < 6 || argc > 7 || sodium_init() < 0 || atoi(argv[2]) < 1 || atoi(argv[2]) > SESSIONS_MAX || atoi(argv[3]) < 4) {
		fprintf(stderr, "usage: record_bench FOLDER SESSIONS SECONDS BYTES_PER_SECOND UPDATES_PER_SECOND [SYNC_SECONDS]\n");
		return 2;
	}
	snprintf(b.folder, sizeof b.folder, "%.400s", argv[1]);
	b.sessions = (unsigned)atoi(argv[2]);
	seconds = (unsigned)atoi(argv[3]);
	b.updates = atof(argv[5]);
	b.sync_seconds = argc > 6 ? (unsigned)atoi(argv[6]) : 5;
	b.frame_bytes = atof(argv[4]) / b.updates + SEK_FRAME_HEADER_BYTES;
	uv_loop_init(&b.loop);
	run(&b, seconds / 4);
	dry = b.cpu / b.seconds;
	set_up(&b);
	begin_all(&b);
	run(&b, seconds);
	used = b.cpu - dry * seconds;
	loop = b.loop_cpu - dry * seconds;
	for (i = 0; i < b.sessions; i++)
		sek_recording_close(b.recordings[i], 0);
	sek_recorder_destroy(b.recorder);
	printf("%u sessions, %u s, %.0f bytes/s in %.1f updates/s each: %" PRIu64 " bytes of entries, %u failed\n", b.sessions, b.seconds,
		atof(argv[4]), b.updates, b.entries_bytes, b.failed);
	printf("CPU %.4f s (%.4f of it the loop's): %.2f ns a byte, %.3f ms a second and session, %.2f %% of a core for all\n", used, loop,
		used * 1e9 / (double)b.entries_bytes, used * 1e3 / b.seconds / b.sessions, used * 100 / b.seconds);
	file = read_back(&b);
	printf("file: %.2f %% more than its entries; %.1f MB an hour\n",
		(double)file * b.sessions * 100 / (double)b.entries_bytes - 100, (double)file / b.seconds * 3600e-6);
	return b.failed ? 1 : 0;
}
