/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session that spins, forks without end or eats memory, and the one beside it: which goes on, and how long its answers take is
 * printed (not judged: that depends on the machine). In whatever limits this machine offers; the log says which.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/renderd/rig.h"

enum { PINGS = 200, PAUSE_US = 2000, BEFORE_MS = 300 };

static struct rig rig;
static const char *const deeds[] = { "spin", "fork", "hog" };

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Every PING is answered, through renderd and the session's capture. */
static void measure(struct client *c, const char *when)
{
	uint64_t took_us[PINGS];

	for (uint32_t i = 0; i < PINGS; i++) {
		uint64_t at = now_us();
		const uint8_t *payload;
		struct sek_frame f;

		client_ping(c, i);
		do
			ck_assert(client_next(c, &f, &payload));
		while (f.type != SEK_MSG_PONG);
		took_us[i] = now_us() - at;
		usleep(PAUSE_US);
	}
	qsort(took_us, PINGS, sizeof *took_us, by_size);
	printf("%-24s p50 %5.2f ms  p95 %5.2f ms  worst %6.2f ms\n", when, (double)took_us[PINGS / 2] / 1000,
		(double)took_us[PINGS * 95 / 100] / 1000, (double)took_us[PINGS - 1] / 1000);
}

START_TEST(beside_a_session_that)
{
	struct client wild, calm;
	char order[32];

	rig_start(&rig, &(struct rig_wishes){ .max = 3, .memory_mib = 256, .processes = 64 });
	client_attach(&calm, &rig, (const uint8_t[16]){ 1 }, SEK_HELLO_CREATE);
	client_attach(&wild, &rig, (const uint8_t[16]){ 2 }, SEK_HELLO_CREATE);
	measure(&calm, "alone");
	snprintf(order, sizeof order, "sandbox %s", deeds[_i]);
	client_text(&wild, order);
	usleep(BEFORE_MS * 1000); /* until it is in full swing, or was ended already: both are fine */
	snprintf(order, sizeof order, "beside \"%s\"", deeds[_i]);
	measure(&calm, order);
	client_close(&wild);
	client_ping(&calm, 1);
	client_close(&calm);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renderd.neighbours");
	TCase *tests = tcase_create("neighbours");
	SRunner *runner;
	int failed;

	if (geteuid() != 0) {
		puts("skipped: needs root");
		return 77;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, beside_a_session_that, 0, sizeof deeds / sizeof deeds[0]);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
