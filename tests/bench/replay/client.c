/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bench's client: logs in at a broker as sekisho-load does, decodes every update, acknowledges at once. Speaks the
 * bench's protocol on its standard streams: prints one line when the first frame is there, then answers
 *   dump PATH   writes the picture (width x height x 4 bytes BGRX), answers {"dump":MICROSECONDS}
 *   stat        {"updates":N,"bytes":N,"messages":N,"last":MICROSECONDS}: frames drawn, bytes and UPDATE messages of the
 *               stream, when the last frame was drawn
 *   quit
 * and appends `see ID MICROSECONDS` to its log whenever the player's marker shows another number. Times are those of
 * CLOCK_MONOTONIC.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "client/stream/stream.h"
#include "tests/bench/replay/marker.h"

enum { COMMAND_BYTES = 512 };

struct bench_client {
	uv_loop_t loop;
	uv_pipe_t commands;
	struct sek_stream *stream;
	FILE *log;
	bool ready;
	int seen;            /* the marker's last number, -1: none yet */
	uint64_t last_us;    /* when the last frame was drawn */
	uint64_t messages;   /* UPDATEs up to the end of the last whole frame */
	char *wanted;        /* path of a dump that waits for the end of a frame */
	size_t n;
	char line[COMMAND_BYTES];
	char chunk[COMMAND_BYTES];
};

static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

static void dump(const struct bench_client *b, const char *path)
{
	const struct sek_picture *pic = sek_stream_picture(b->stream);
	uint64_t at = now_us();
	FILE *f = fopen(path, "we");

	if (!f) {
		printf("{\"error\":\"cannot write\"}\n");
		return;
	}
	for (unsigned y = 0; y < pic->height_px; y++)
		fwrite(pic->px + (size_t)y * pic->stride_px, sizeof *pic->px, pic->width_px, f);
	fclose(f);
	printf("{\"dump\":%llu}\n", (unsigned long long)at);
}

static void on_frame(void *user, uint32_t frame)
{
	struct bench_client *b = user;
	const struct sek_picture *pic = sek_stream_picture(b->stream);
	int id = bench_marker(pic->px, pic->stride_px, pic->width_px, pic->height_px);

	(void)frame;
	b->messages = sek_stream_figures_now(b->stream).updates;
	b->last_us = now_us();
	if (id >= 0 && id != b->seen) {
		fprintf(b->log, "see %d %llu\n", id, (unsigned long long)now_us());
		b->seen = id;
	}
	if (!b->ready)
		printf("{\"ready\":[%u,%u]}\n", pic->width_px, pic->height_px);
	b->ready = true;
	if (b->wanted)
		dump(b, b->wanted);
	free(b->wanted);
	b->wanted = NULL;
}

static void on_closed(void *user, enum sek_stream_failure why, int http_status)
{
	(void)user;
	fprintf(stderr, "pixels_client: %s (HTTP %d)\n", sek_stream_failure_name(why), http_status);
	exit(1);
}

static void obey(struct bench_client *b, const char *command)
{
	struct sek_stream_figures f = sek_stream_figures_now(b->stream);

	if (strncmp(command, "dump ", 5) == 0 && f.updates == b->messages)
		dump(b, command + 5);
	else if (strncmp(command, "dump ", 5) == 0)
		b->wanted = strdup(command + 5); /* half a frame is never shown to anybody */
	else if (strcmp(command, "stat") == 0)
		printf("{\"updates\":%llu,\"bytes\":%llu,\"messages\":%llu,\"last\":%llu}\n", (unsigned long long)f.frames,
			(unsigned long long)f.bytes, (unsigned long long)f.updates, (unsigned long long)b->last_us);
	else if (strcmp(command, "quit") == 0)
		exit(0);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	struct bench_client *b = handle->data;

	(void)wanted;
	*buf = uv_buf_init(b->chunk, sizeof b->chunk);
}

static void on_command(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bench_client *b = stream->data;

	if (n < 0)
		exit(0);
	for (ssize_t i = 0; i < n; i++) {
		char c = buf->base[i];

		if (c == '\n') {
			b->line[b->n] = 0;
			b->n = 0;
			obey(b, b->line);
		} else if (b->n < sizeof b->line - 1) {
			b->line[b->n++] = c;
		}
	}
}

static char *read_password(const char *path)
{
	char *password;

	if (!sek_is_ok(sek_file_read(path, &password, NULL))) {
		fprintf(stderr, "pixels_client: cannot read %s\n", path);
		exit(2);
	}
	password[strcspn(password, "\r\n")] = 0;
	return password;
}

int main(int argc, char **argv)
{
	static struct bench_client b = { .seen = -1 };
	static const struct sek_stream_ops ops = { .frame = on_frame, .closed = on_closed };
	struct sek_stream_config config = {
		.hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX, .width_px = 1920, .height_px = 1080,
			.scale_percent = 100, .lang = SEK_LANG_EN },
	};
	struct sek_stream_context *context;
	char origin[96];

	if (argc != 7) {
		fputs("usage: pixels_client ADDRESS PORT CA-FILE USER PASSWORD-FILE LOG\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	b.log = fopen(argv[6], "we");
	if (!b.log)
		return 2;
	setvbuf(b.log, NULL, _IOLBF, 0);
	snprintf(origin, sizeof origin, "https://%s:%s", argv[1], argv[2]);
	config.address = argv[1];
	config.port = (uint16_t)strtoul(argv[2], NULL, 10);
	config.origin = origin;
	config.user = argv[4];
	config.password = read_password(argv[5]);
	uv_loop_init(&b.loop);
	context = sek_stream_context_create(&b.loop, argv[3]);
	b.stream = context ? sek_stream_open(context, &config, &ops, &b) : NULL;
	if (!b.stream)
		return 1;
	uv_pipe_init(&b.loop, &b.commands, 0);
	b.commands.data = &b;
	if (uv_pipe_open(&b.commands, 0) != 0 || uv_read_start((uv_stream_t *)&b.commands, on_room, on_command) != 0)
		return 2;
	uv_run(&b.loop, UV_RUN_DEFAULT);
	return 0;
}
