/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capacity_client ADDRESS PORT CA-FILE USER-PREFIX PASSWORD-FILE KEYS: many users of a broker in one process, for
 * tests/bench/capacity/run. Each update is checked and acknowledged; no picture is made of it. Obeys lines on its input and answers
 * each with one line of JSON:
 *   open FIRST LAST   opens the sessions of the users PREFIX+FIRST .. PREFIX+LAST, a few at a time; answers when each has had a frame
 *   stat              what all of them have received, and how long keys took since the last stat
 * The first KEYS users press a key now and then, and wait for the marker of client/load/marker.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "client/load/marker.h"
#include "client/stream/stream.h"

enum { USERS_MAX = 1024, LOGINS_AT_ONCE = 4, KEY_EVERY_MS = 400, KEYS_KEPT = 4096, WIDTH = 1920, HEIGHT = 1080 };

struct user {
	struct sek_stream *stream;
	char name[64];
	bool opening, closed, marked;
	uint64_t begun_us, pressed_us, due_us;
};

static struct {
	uv_loop_t loop;
	uv_pipe_t input;
	uv_timer_t keys;
	struct sek_stream_context *context;
	struct sek_stream_config config;
	const char *prefix;
	struct user users[USERS_MAX];
	unsigned n, key_users, opening, next, last;
	unsigned lost, failed; /* closed streams; users who never got a frame */
	uint64_t first_ms_sum, first_ms_max;
	double key_ms[KEYS_KEPT];
	unsigned n_keys;
	char line[256];
	size_t line_n;
} c;

static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

static void open_more(void);

static void answer_opened(void)
{
	printf("{\"users\":%u,\"failed\":%u,\"first_ms_mean\":%.0f,\"first_ms_max\":%llu}\n", c.n, c.failed,
		c.n ? (double)c.first_ms_sum / c.n : 0, (unsigned long long)c.first_ms_max);
}

static void opened(struct user *u)
{
	uint64_t ms = (now_us() - u->begun_us) / 1000;

	u->opening = false;
	c.opening--;
	c.first_ms_sum += ms;
	c.first_ms_max = ms > c.first_ms_max ? ms : c.first_ms_max;
	if (c.opening == 0 && c.next > c.last)
		answer_opened();
	else
		open_more();
}

static void on_painted(void *user, struct sek_rect r)
{
	struct user *u = user;
	const unsigned x = sek_marker_x_px(WIDTH), y = sek_marker_y_px(HEIGHT);

	u->marked = u->marked || (x >= r.x && x < (unsigned)r.x + r.w && y >= r.y && y < (unsigned)r.y + r.h);
}

static void on_frame(void *user, uint32_t frame)
{
	struct user *u = user;

	(void)frame;
	if (u->opening)
		opened(u);
	if (u->marked && u->pressed_us) {
		if (c.n_keys < KEYS_KEPT)
			c.key_ms[c.n_keys++] = (double)(now_us() - u->pressed_us) / 1e3;
		u->pressed_us = 0;
		u->due_us = now_us() + KEY_EVERY_MS * 1000 + (uint64_t)(c.n_keys * 7919 % 200) * 1000;
	}
	u->marked = false;
}

static void on_closed(void *user, enum sek_stream_failure why, int http_status)
{
	struct user *u = user;

	fprintf(stderr, "capacity_client: %s: %s (HTTP %d)\n", u->name, sek_stream_failure_name(why), http_status);
	u->closed = true;
	if (!u->opening) {
		c.lost++;
		return;
	}
	c.failed++;
	opened(u);
}

static void open_one(unsigned number)
{
	static const struct sek_stream_ops ops = { .frame = on_frame, .painted = on_painted, .closed = on_closed };
	struct sek_stream_config config = c.config;
	struct user *u = &c.users[c.n++];

	snprintf(u->name, sizeof u->name, "%s%u", c.prefix, number);
	config.user = u->name;
	u->opening = true;
	u->begun_us = now_us();
	c.opening++;
	u->stream = sek_stream_open(c.context, &config, &ops, u);
	if (!u->stream) {
		fputs("capacity_client: a stream cannot be opened\n", stderr);
		exit(1);
	}
}

static void open_more(void)
{
	while (c.opening < LOGINS_AT_ONCE && c.next <= c.last && c.n < USERS_MAX)
		open_one(c.next++);
}

/* --- keys --- */

static void press(struct user *u)
{
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ 30, true, 'a' });
	sek_key_write(&w, &(struct sek_key){ 30, false, 'a' });
	u->pressed_us = now_us();
	u->marked = false;
	(void)sek_stream_send(u->stream, memory, w.len);
}

static void on_keys(uv_timer_t *timer)
{
	(void)timer;
	for (unsigned i = 0; i < c.n && i < c.key_users; i++) {
		struct user *u = &c.users[i];

		if (!u->opening && !u->closed && !u->pressed_us && now_us() >= u->due_us)
			press(u);
	}
}

/* --- the dialogue --- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void answer_stat(void)
{
	struct sek_stream_figures sum = { 0 };

	for (unsigned i = 0; i < c.n; i++) {
		struct sek_stream_figures f = sek_stream_figures_now(c.users[i].stream);

		sum.frames += f.frames;
		sum.bytes += f.bytes;
		sum.keyframes += f.keyframes;
	}
	qsort(c.key_ms, c.n_keys, sizeof *c.key_ms, by_value);
	printf("{\"users\":%u,\"lost\":%u,\"failed\":%u,\"frames\":%llu,\"keyframes\":%llu,\"bytes\":%llu,\"keys\":%u,\"key_ms_p50\":%.1f,"
	       "\"key_ms_p95\":%.1f,\"key_ms_max\":%.1f}\n", c.n, c.lost, c.failed, (unsigned long long)sum.frames,
		(unsigned long long)sum.keyframes, (unsigned long long)sum.bytes, c.n_keys, c.n_keys ? c.key_ms[c.n_keys / 2] : 0,
		c.n_keys ? c.key_ms[c.n_keys * 95 / 100] : 0, c.n_keys ? c.key_ms[c.n_keys - 1] : 0);
	c.n_keys = 0;
}

static void obey(const char *line)
{
	if (sscanf(line, "open %u %u", &c.next, &c.last) == 2)
		open_more();
	else if (strcmp(line, "stat") == 0)
		answer_stat();
}

static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)stream;
	if (n < 0)
		exit(0);
	for (ssize_t i = 0; i < n; i++) {
		if (buf->base[i] == '\n') {
			c.line[c.line_n] = 0;
			c.line_n = 0;
			obey(c.line);
		} else if (c.line_n < sizeof c.line - 1) {
			c.line[c.line_n++] = buf->base[i];
		}
	}
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	static char memory[256];

	(void)handle;
	(void)suggested;
	*ret = uv_buf_init(memory, sizeof memory);
}

int main(int argc, char **argv)
{
	static char origin[96];
	char *password;

	if (argc != 7) {
		fputs("usage: capacity_client ADDRESS PORT CA-FILE USER-PREFIX PASSWORD-FILE KEYS\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!sek_is_ok(sek_file_read(argv[5], &password, NULL)))
		return 2;
	password[strcspn(password, "\r\n")] = 0;
	snprintf(origin, sizeof origin, "https://%s:%s", argv[1], argv[2]);
	c.prefix = argv[4];
	c.key_users = (unsigned)strtoul(argv[6], NULL, 10);
	c.config = (struct sek_stream_config){ .address = argv[1], .port = (uint16_t)strtoul(argv[2], NULL, 10), .origin = origin,
		.password = password, .check_only = true, .hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX,
		.width_px = WIDTH, .height_px = HEIGHT, .scale_percent = 100, .lang = SEK_LANG_JA } };
	uv_loop_init(&c.loop);
	c.context = sek_stream_context_create(&c.loop, argv[3]);
	if (!c.context || uv_pipe_init(&c.loop, &c.input, 0) != 0 || uv_pipe_open(&c.input, 0) != 0 ||
			uv_read_start((uv_stream_t *)&c.input, on_room, on_input) != 0)
		return 1;
	uv_timer_init(&c.loop, &c.keys);
	if (c.key_users)
		uv_timer_start(&c.keys, on_keys, 50, 50);
	printf("{\"ready\":true}\n");
	return uv_run(&c.loop, UV_RUN_DEFAULT);
}
