/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vnc_fuzz SECONDS [FIRST-SEED]: a hostile VNC server against sekisho-decoder-vnc in its jail, one decoder for each seed, for as long as it is
 * told. Says how the decoders ended; exit code 1 if one ended in a way for which the broker has no state, with the seed.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/decoder/rfb_server.h"

static uint64_t seconds, seed = 1;

START_TEST(fuzz)
{
	static uint8_t bytes[65536];
	unsigned long codes[64] = { 0 }, signals[64] = { 0 }, n = 0;
	uint64_t until = test_now_ms() + seconds * 1000;

	for (; test_now_ms() < until; seed++, n++) {
		struct rfb_server s;
		struct test_end e;

		rfb_start(&s, getenv("SEK_DECODER_VNC"), true, NULL);
		if (rfb_greet(&s, RFB_WIDTH, RFB_HEIGHT, 0))
			(void)rfb_write(&s, bytes, rfb_nonsense(seed, bytes));
		e = rfb_end(&s);
		ck_assert_msg(rfb_is_an_end(e), "seed %llu: exit %d, signal %d", (unsigned long long)seed, e.code, e.signal);
		codes[e.code & 63] += e.signal == 0;
		signals[e.signal & 63] += e.signal != 0;
	}
	printf("%lu decoders, seeds up to %llu\n", n, (unsigned long long)seed - 1);
	for (int i = 0; i < 64; i++) {
		if (codes[i])
			printf("exit %d: %lu\n", i, codes[i]);
		if (signals[i])
			printf("signal %d: %lu\n", i, signals[i]);
	}
}
END_TEST

/* A Check test only so that what it shares with the tests can say what failed. */
int main(int argc, char **argv)
{
	Suite *suite = suite_create("vnc_fuzz");
	TCase *t = tcase_create("fuzz");
	SRunner *runner;
	int failed;

	if (argc < 2 || !getenv("SEK_DECODER_VNC")) {
		fprintf(stderr, "usage: SEK_DECODER_VNC=PROGRAM vnc_fuzz SECONDS [FIRST-SEED]\n");
		return 2;
	}
	seconds = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	tcase_add_test(t, fuzz);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
