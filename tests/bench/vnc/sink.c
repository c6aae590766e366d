/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vnc_sink: sekisho-decoder-vnc on a VNC server, and somebody who looks into the gap whenever the decoder says that a frame is whole, as the
 * encoder does. Speaks the bench's protocol on its standard streams (tests/bench/replay/client.c): one line when the first frame is there, then
 * `dump PATH`, `stat`, `quit`; appends `see ID MICROSECONDS` to its log when the player's marker shows another number.
 */
#include <check.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/replay/marker.h"
#include "tests/unit/decoder/outside.h"

enum { WIDTH = 1920, HEIGHT = 1080, LINE_BYTES = 512 };

struct sink {
	struct outside o;
	FILE *log;
	uint32_t frame;
	unsigned long updates;
	uint64_t last_us;
	int seen;
	bool done;
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void look(struct sink *s)
{
	struct sek_gap_header h = outside_header(&s->o);
	int id;

	if (h.frame == s->frame)
		return;
	if (s->updates++ == 0)
		printf("{\"ready\":[%u,%u],\"decoder\":%d}\n", h.width_px, h.height_px, s->o.decoder);
	s->frame = h.frame;
	s->last_us = now_us();
	id = bench_marker(sek_gap_reader_pixels(s->o.gap), s->o.layout.stride_px, h.width_px, h.height_px);
	if (id >= 0 && id != s->seen) {
		fprintf(s->log, "see %d %" PRIu64 "\n", id, s->last_us);
		s->seen = id;
	}
}

static void dump(struct sink *s, const char *path)
{
	struct sek_gap_header h = outside_header(&s->o);
	uint64_t at = now_us();
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	for (unsigned y = 0; y < h.height_px; y++)
		fwrite(sek_gap_reader_pixels(s->o.gap) + (size_t)y * s->o.layout.stride_px, 4, h.width_px, f);
	fclose(f);
	printf("{\"dump\":%" PRIu64 "}\n", at);
}

static void obey(struct sink *s)
{
	char line[LINE_BYTES];

	if (!fgets(line, sizeof line, stdin)) {
		s->done = true;
		return;
	}
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "dump ", 5) == 0)
		dump(s, line + 5);
	else if (strcmp(line, "stat") == 0)
		printf("{\"updates\":%lu,\"last\":%" PRIu64 "}\n", s->updates, s->last_us);
	else
		s->done = true;
}

static uint16_t port;
static const char *log_path;

START_TEST(sink)
{
	struct sink s = { .seen = -1 };
	struct outside_options options = { .program = getenv("SEK_DECODER_VNC"), .port = port, .insecure = true, .max_width = WIDTH, .max_height = HEIGHT };
	uint64_t count;

	s.log = fopen(log_path, "we");
	ck_assert_ptr_nonnull(s.log);
	setvbuf(s.log, NULL, _IOLBF, 0);
	outside_start(&s.o, &options);
	outside_hello(&s.o, WIDTH, HEIGHT);
	while (!s.done) {
		struct pollfd p[2] = { { s.o.wake, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };

		ck_assert_int_gt(poll(p, 2, -1), 0);
		if (p[0].revents && read(s.o.wake, &count, sizeof count) > 0)
			look(&s);
		if (p[1].revents)
			obey(&s);
	}
	ck_assert_int_eq(outside_stop(&s.o).code, SEK_EXIT_OK);
	fclose(s.log);
}
END_TEST

/* A Check test only so that what it shares with the tests can say what failed. */
int main(int argc, char **argv)
{
	Suite *suite = suite_create("vnc_sink");
	TCase *t = tcase_create("sink");
	SRunner *runner;
	int failed;

	if (argc != 3 || !getenv("SEK_DECODER_VNC")) {
		fprintf(stderr, "usage: SEK_DECODER_VNC=PROGRAM vnc_sink PORT LOG\n");
		return 2;
	}
	port = (uint16_t)strtoul(argv[1], NULL, 10);
	log_path = argv[2];
	setvbuf(stdin, NULL, _IONBF, 0); /* each line is waited for by poll */
	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_add_test(t, sink);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
