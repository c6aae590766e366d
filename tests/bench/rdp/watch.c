/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rdp_watch PORT LOG LOGIN PASSWORD: sekisho-decoder-rdp (SEK_DECODER_RDP) on an RDP server of this machine, and an eye on the gap: writes down when
 * the player's marker can be read there ("see ID MICROSECONDS"), and answers as every client of tests/bench/replay does ("stat", "dump PATH", "quit").
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

enum { WIDTH = 1920, HEIGHT = 1080 };

static char **arguments;
static struct outside o;
static unsigned long pictures;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void look(FILE *log)
{
	static int last = -1;
	static uint32_t frame;
	struct sek_gap_header h = outside_header(&o);
	int id = bench_marker(sek_gap_reader_pixels(o.gap), o.layout.stride_px, h.width_px, h.height_px);

	if (id >= 0 && id != last)
		fprintf(log, "see %d %" PRIu64 "\n", id, now_us());
	if (id >= 0)
		last = id;
	pictures += h.frame != frame;
	frame = h.frame;
}

static void dump(const char *path)
{
	FILE *f = fopen(path, "wb");
	uint64_t at = now_us();

	ck_assert_ptr_nonnull(f);
	for (int y = 0; y < HEIGHT; y++)
		ck_assert_uint_eq(fwrite(sek_gap_reader_pixels(o.gap) + (size_t)y * o.layout.stride_px, 4, WIDTH, f), WIDTH);
	fclose(f);
	printf("{\"dump\":%" PRIu64 "}\n", at);
}

/* False: it is over. */
static bool obey(void)
{
	char line[512];

	if (!fgets(line, sizeof line, stdin))
		return false;
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "dump ", 5) == 0)
		dump(line + 5);
	else if (strcmp(line, "stat") == 0)
		printf("{\"updates\":%lu,\"pid\":%d}\n", pictures, (int)o.decoder);
	else
		return false;
	return true;
}

START_TEST(watch)
{
	struct outside_options options = { .program = getenv("SEK_DECODER_RDP"), .port = (uint16_t)atoi(arguments[1]), .insecure = true,
		.login = arguments[3], .password = arguments[4], .max_width = WIDTH, .max_height = HEIGHT };
	FILE *log = fopen(arguments[2], "w");
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };
	uint64_t wakes;

	ck_assert_ptr_nonnull(log);
	setvbuf(log, NULL, _IOLBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	outside_start(&o, &options);
	outside_hello(&o, WIDTH, HEIGHT);
	OUTSIDE_UNTIL(outside_header(&o).state == SEK_STATE_RUNNING || !test_alive(o.decoder));
	ck_assert_int_eq(outside_header(&o).state, SEK_STATE_RUNNING);
	printf("{\"pid\":%d}\n", (int)o.decoder);
	p[1].fd = o.wake;
	do {
		poll(p, 2, -1);
		if (p[1].revents && read(o.wake, &wakes, sizeof wakes) == sizeof wakes)
			look(log);
	} while (test_alive(o.decoder) && (!p[0].revents || obey()));
	outside_stop(&o);
	fclose(log);
}
END_TEST

/* A Check test only so that what it shares with the tests can say what failed. */
int main(int argc, char **argv)
{
	Suite *suite = suite_create("rdp_watch");
	TCase *t = tcase_create("watch");
	SRunner *runner;
	int failed;

	if (argc != 5 || !getenv("SEK_DECODER_RDP")) {
		fprintf(stderr, "usage: SEK_DECODER_RDP=PROGRAM rdp_watch PORT LOG LOGIN PASSWORD\n");
		return 2;
	}
	arguments = argv;
	tcase_add_test(t, watch);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
