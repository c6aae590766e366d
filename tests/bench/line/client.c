/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The line bench's client: logs in at a broker through a slow line of its own (tests/support/shaper.h), decodes every
 * update, acknowledges as the web client does, and presses a key each 300 ms. The line changes its rate from one phase to
 * the next. Prints one line of JSON a phase.
 *   line_client ADDRESS PORT CA-FILE USER PASSWORD-FILE DELAY-MS SECONDS BITS-PER-S[:SECONDS]...
 * Prints "ready" when the first picture is there, waits for a line on its input, runs the phases, ends.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "client/stream/stream.h"
#include "tests/bench/line/marker.h"
#include "tests/support/shaper.h"

enum { KEY_EVERY_US = 300000, KEYS_MAX = 1000, DEPTHS_MAX = 20000, TICK_MS = 5, SPOTS = 64, KEYS_MODULO = 1 << MARKER_BITS,
	CODE_A = 30, LATE_US = 4000000 };

struct key {
	uint64_t pressed_us, seen_us; /* seen_us 0: not yet */
};

struct client {
	uv_loop_t loop;
	uv_timer_t tick;
	struct sek_stream *stream;
	struct shaper *shaper;
	bool ready;
	struct key keys[KEYS_MAX];
	unsigned pressed, seen;      /* since the start; the marker counts the same */
	int base;                    /* what the marker showed before the first key */
	uint64_t depths[DEPTHS_MAX]; /* bytes in front of the line, each tick of a phase */
	unsigned n_depths;
	uint32_t spots[SPOTS];       /* pixels here and there */
	unsigned spot_changes[SPOTS];
};

static struct client c = { .base = -1 };

static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

/* --- what the picture says --- */

static int read_marker(const struct sek_picture *p)
{
	unsigned n = 0;

	if (p->width_px < MARKER_X + MARKER_CELLS * MARKER_CELL_PX || p->height_px < MARKER_Y + MARKER_CELL_PX)
		return -1;
	for (unsigned i = 0; i < MARKER_CELLS; i++) {
		uint32_t px = p->px[(size_t)(MARKER_Y + MARKER_CELL_PX / 2) * p->stride_px + MARKER_X + i * MARKER_CELL_PX +
			MARKER_CELL_PX / 2];
		bool white = (px >> 8 & 255) > 127;

		if ((i == 0 && !white) || (i == MARKER_CELLS - 1 && white))
			return -1;
		if (i > 0 && i < MARKER_CELLS - 1 && white)
			n |= 1u << (i - 1);
	}
	return (int)n;
}

static void on_frame(void *user, uint32_t frame)
{
	const struct sek_picture *p = sek_stream_picture(c.stream);
	int n = read_marker(p);
	uint64_t now = now_us();

	(void)user;
	(void)frame;
	for (unsigned i = 0; i < SPOTS; i++) {
		uint32_t px = p->px[(size_t)(p->height_px * (2 * (i / 8) + 1) / 16) * p->stride_px + p->width_px * (2 * (i % 8) + 1) / 16];

		c.spot_changes[i] += px != c.spots[i];
		c.spots[i] = px;
	}
	if (n < 0)
		return;
	if (c.base < 0)
		c.base = n;
	while ((n - c.base - (int)c.seen + KEYS_MODULO) % KEYS_MODULO > 0 &&
		(n - c.base - (int)c.seen + KEYS_MODULO) % KEYS_MODULO < KEYS_MODULO / 2 && c.seen < c.pressed)
		c.keys[c.seen++].seen_us = now;
	c.ready = true;
}

static void on_closed(void *user, enum sek_stream_failure why, int http_status)
{
	(void)user;
	fprintf(stderr, "line_client: %s (HTTP %d)\n", sek_stream_failure_name(why), http_status);
	exit(1);
}

/* --- the line, on a thread of its own so that decoding does not delay it --- */

static uv_loop_t line_loop;

static void run_line(void *user)
{
	(void)user;
	uv_run(&line_loop, UV_RUN_DEFAULT);
}

static uint16_t open_line(const char *address, uint16_t port, uint64_t delay_us, uint64_t bytes_per_s)
{
	static uv_thread_t thread;
	uint16_t here;

	uv_loop_init(&line_loop);
	c.shaper = shaper_open(&line_loop, address, address, port, bytes_per_s, &here);
	if (!c.shaper)
		exit(1);
	for (int i = 0; i < SHAPER_WAYS; i++)
		shaper_line(c.shaper, (enum shaper_way)i)->delay_us = delay_us;
	if (uv_thread_create(&thread, run_line, NULL) != 0)
		exit(1);
	return here;
}

/* --- a phase --- */

static void press(void)
{
	uint8_t memory[2 * (SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES)];
	struct sek_writer w;

	if (c.pressed == KEYS_MAX)
		return;
	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ CODE_A, true, 'a' });
	if (!sek_is_ok(sek_stream_send(c.stream, memory, w.len)))
		exit(1);
	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ CODE_A, false, 'a' });
	if (!sek_is_ok(sek_stream_send(c.stream, memory, w.len)))
		exit(1);
	c.keys[c.pressed++].pressed_us = now_us();
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
	if (c.n_depths < DEPTHS_MAX)
		c.depths[c.n_depths++] = shaper_line(c.shaper, SHAPER_DOWN)->waiting;
}

static int by_value(const void *a, const void *b)
{
	uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

	return p < q ? -1 : p > q;
}

static uint64_t share(uint64_t *values, unsigned n, unsigned percent)
{
	qsort(values, n, sizeof *values, by_value);
	return n ? values[n * percent / 100] : 0;
}

static unsigned most_changes(void)
{
	unsigned most = 0;

	for (unsigned i = 0; i < SPOTS; i++)
		most = c.spot_changes[i] > most ? c.spot_changes[i] : most;
	return most;
}

static void phase(const char *word, uint64_t seconds)
{
	static uint64_t delays[KEYS_MAX];
	char *end;
	uint64_t bits = strtoull(word, &end, 10), start = now_us(), next = start, over;
	struct sek_stream_figures before = sek_stream_figures_now(c.stream), after;
	unsigned first = c.pressed, n = 0, lost = 0;

	if (*end == ':')
		seconds = strtoull(end + 1, NULL, 10);
	over = start + seconds * 1000000;
	for (int i = 0; i < SHAPER_WAYS; i++)
		shaper_line(c.shaper, (enum shaper_way)i)->bytes_per_s = bits / 8;
	c.n_depths = 0;
	memset(c.spot_changes, 0, sizeof c.spot_changes);
	while (now_us() < over) {
		if (now_us() >= next) {
			press();
			next += KEY_EVERY_US;
		}
		uv_run(&c.loop, UV_RUN_ONCE);
	}
	after = sek_stream_figures_now(c.stream);
	unsigned changes = most_changes(), depths = c.n_depths;
	/* the last ones are on their way, on this phase's line */
	while (c.seen < c.pressed && now_us() < over + LATE_US)
		uv_run(&c.loop, UV_RUN_ONCE);
	for (unsigned i = first; i < c.pressed; i++) {
		lost += c.keys[i].seen_us == 0;
		delays[n++] = (c.keys[i].seen_us ? c.keys[i].seen_us : now_us()) - c.keys[i].pressed_us;
	}
	printf("{\"keys_ms\":[");
	for (unsigned i = 0; i < n; i++)
		printf("%s%.0f", i ? "," : "", (double)delays[i] / 1e3);
	qsort(delays, n, sizeof *delays, by_value);
	printf("],\"bits_per_s\":%llu,\"seconds\":%llu,\"keys\":%u,\"unseen\":%u,\"key_ms\":{\"p50\":%.0f,\"p95\":%.0f,\"max\":%.0f},"
	       "\"queue_bytes\":{\"p50\":%llu,\"p95\":%llu,\"max\":%llu},\"bytes\":%llu,\"line_used\":%.2f,\"frames_per_s\":%.1f,"
	       "\"film_per_s\":%.1f}\n", (unsigned long long)bits, (unsigned long long)seconds, n, lost,
		(double)share(delays, n, 50) / 1e3, (double)share(delays, n, 95) / 1e3, (double)(n ? delays[n - 1] : 0) / 1e3,
		(unsigned long long)share(c.depths, depths, 50), (unsigned long long)share(c.depths, depths, 95),
		(unsigned long long)(depths ? c.depths[depths - 1] : 0), (unsigned long long)(after.bytes - before.bytes),
		(double)(after.bytes - before.bytes) * 8 / ((double)bits * (double)seconds),
		(double)(after.frames - before.frames) / (double)seconds, (double)changes / (double)seconds);
}

int main(int argc, char **argv)
{
	static const struct sek_stream_ops ops = { .frame = on_frame, .closed = on_closed };
	struct sek_stream_config config = {
		.hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX, .width_px = 1920, .height_px = 1080,
			.scale_percent = 100, .lang = SEK_LANG_EN },
	};
	struct sek_stream_context *context;
	char origin[96], *password, go[8];

	if (argc < 9) {
		fputs("usage: line_client ADDRESS PORT CA-FILE USER PASSWORD-FILE DELAY-MS SECONDS BITS-PER-S[:SECONDS]...\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!sek_is_ok(sek_file_read(argv[5], &password, NULL)))
		return 2;
	password[strcspn(password, "\r\n")] = 0;
	snprintf(origin, sizeof origin, "https://%s:%s", argv[1], argv[2]);
	config.address = argv[1];
	config.port = open_line(argv[1], (uint16_t)strtoul(argv[2], NULL, 10), strtoull(argv[6], NULL, 10) * 1000,
		strtoull(argv[8], NULL, 10) / 8);
	config.origin = origin;
	config.user = argv[4];
	config.password = password;
	uv_loop_init(&c.loop);
	uv_timer_init(&c.loop, &c.tick);
	uv_timer_start(&c.tick, on_tick, TICK_MS, TICK_MS);
	context = sek_stream_context_create(&c.loop, argv[3]);
	c.stream = context ? sek_stream_open(context, &config, &ops, &c) : NULL;
	if (!c.stream)
		return 1;
	while (sek_stream_figures_now(c.stream).frames == 0)
		uv_run(&c.loop, UV_RUN_ONCE);
	printf("{\"ready\":true}\n");
	if (!fgets(go, sizeof go, stdin))
		return 1;
	while (!c.ready)
		uv_run(&c.loop, UV_RUN_ONCE);
	for (int i = 8; i < argc; i++)
		phase(argv[i], strtoull(argv[7], NULL, 10));
	printf("{\"done\":true}\n");
	return 0;
}
