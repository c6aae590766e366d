/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A writer that an attacker owns: another process scribbles random bytes over the whole region, all the time, while the
 * reader and the real update encoder work. Run under ASan and UBSan: no crash, no stall, every value within its limits,
 * every message well-formed, memory bounded, and the right picture once the writer is still.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/gap/layout.h"
#include "tests/unit/gap/clean_side.h"
#include "tests/unit/gap/spawn.h"

#define WIDTH 900
#define HEIGHT 500

static struct clean_side c;

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Three habits in turn: words all over; the header, cursor and counters only; plausible values with one bit wrong. */
static _Noreturn void scribble(int habit)
{
	volatile uint64_t *words = (volatile uint64_t *)(void *)c.raw;
	struct sek_gap_head *head = (void *)c.raw;
	uint64_t seed = 88172645463325252ull + (unsigned)habit;
	size_t all = c.layout.total_bytes / 8, front = c.layout.pixels_offset / 8;

	for (;;) {
		for (int i = 0; i < 4096; i++)
			words[next_random(&seed) % (habit == 1 ? front : all)] = next_random(&seed);
		if (habit == 2) {
			head->size = (uint32_t)(900u << 16 | 500u) ^ (1u << next_random(&seed) % 32);
			head->state = (uint64_t)SEK_STATE_RUNNING << 32 ^ (uint64_t)1 << next_random(&seed) % 64;
			head->caret = next_random(&seed) & 0x01ff00ff01ff00ffull;
			memset(c.raw + c.layout.tiles_offset, (int)next_random(&seed),
				c.layout.pixels_offset - c.layout.tiles_offset);
		}
	}
}

static long resident_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

START_TEST(scribbled_over)
{
	uint64_t start, longest = 0;
	unsigned steps = 0, sent = 0;
	long warm = 0;
	pid_t pid;

	clean_side_init(&c, WIDTH, HEIGHT);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		scribble(_i);
	start = test_now_ms();
	while (test_now_ms() < start + 3000 || steps < 40) {
		uint64_t before = test_now_ms(), took;

		sent += clean_side_step(&c);
		took = test_now_ms() - before;
		longest = took > longest ? took : longest;
		if (++steps == 20)
			warm = resident_kib();
	}
	ck_assert(test_alive(pid));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* Counters alone change no pixel, so then only changes of size are worth a frame. */
	ck_assert_uint_ge(sent, _i == 1 ? 1 : 5);
	ck_assert_uint_lt(longest, 5000);
	ck_assert_int_lt(resident_kib() - warm, 32 * 1024);
	clean_side_settle(&c);
	clean_side_finish(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gap: hostile writer");
	TCase *tc = tcase_create("hostile");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, scribbled_over, 0, 3);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
