/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every process of the chain is killed in turn. Its own session ends with an enumerated reason or recovers; the other
 * session goes on.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/world.h"

static struct world w;
static struct stream a, b; /* taro on host 0, hanako on host 1 */

static void both_up(void)
{
	world_init(&w);
	world_start(&w);
	world_up(&w, "taro", &a);
	world_up(&w, "hanako", &b);
}

static void down(void)
{
	world_goes_on(&w, &b);
	stream_finish(&a);
	stream_finish(&b);
	world_finish(&w);
}

static const struct {
	const char *process;
	int signal_number;
	enum sek_state state;
} victims[] = {
	{ "decoder", SIGKILL, SEK_STATE_DECODER_DIED },
	{ "decoder", SIGSEGV, SEK_STATE_DECODER_DIED },
	{ "decoder", SIGSYS, SEK_STATE_JAIL_VIOLATION },
	{ "sekisho-capture", SIGKILL, SEK_STATE_HOST_FAULT },
	{ "Xvfb", SIGKILL, SEK_STATE_DISPLAY_DIED },
	{ "chromium", SIGKILL, SEK_STATE_BROWSER_CRASHED },
	{ "sekisho-sandbox", SIGKILL, SEK_STATE_HOST_FAULT },
};

START_TEST(a_killed_process_ends_its_session_only)
{
	pid_t victim;

	both_up();
	victim = strcmp(victims[_i].process, "decoder") == 0 ? world_decoder(&w, "taro") : world_find(&w, 0, victims[_i].process);
	ck_assert_msg(victim > 0, "no %s", victims[_i].process);
	ck_assert_int_eq(kill(victim, victims[_i].signal_number), 0);
	WORLD_UNTIL(&w, WORLD_END_MS, a.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&a)), sek_state_name(victims[_i].state));
	ck_assert_uint_eq(sek_sessions_count(w.all), 1);
	/* and the user can start anew at once, on the same host */
	stream_finish(&a);
	world_up(&w, "taro", &a);
	down();
}
END_TEST

START_TEST(a_killed_encoder_is_replaced)
{
	both_up();
	for (int i = 0; i < 2; i++) {
		pid_t encoder = world_encoder(&w, "taro"), decoder = world_decoder(&w, "taro");

		kill(encoder, SIGKILL);
		WORLD_UNTIL(&w, 5000, world_encoder(&w, "taro") != encoder);
		unsigned keyframes = a.keyframes;

		WORLD_UNTIL(&w, 5000, a.keyframes > keyframes && stream_colours(&a) > 3);
		ck_assert_int_eq(world_decoder(&w, "taro"), decoder);
		world_goes_on(&w, &a);
	}
	kill(world_encoder(&w, "taro"), SIGKILL);
	WORLD_UNTIL(&w, 5000, a.closed);
	ck_assert_uint_eq(stream_state(&a), SEK_STATE_ENCODER_DIED);
	down();
}
END_TEST

START_TEST(a_killed_renderer_is_the_browsers_own_business)
{
	pid_t renderer;

	both_up();
	renderer = procs_find(w.farm.hosts[0].pid, "chromium", "--type=renderer", "--top-chrome-webui");
	ck_assert_int_gt(renderer, 0);
	kill(renderer, SIGKILL);
	world_run_ms(&w, 500);
	world_goes_on(&w, &a);
	down();
}
END_TEST

/* All sessions of that host are lost; those of the other are not. */
START_TEST(a_killed_renderd_loses_its_sessions)
{
	both_up();
	farm_kill(&w.farm, 0);
	WORLD_UNTIL(&w, 5000, stream_state(&a) == SEK_STATE_RECONNECTING);
	WORLD_UNTIL(&w, WORLD_END_MS, a.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&a)), "host-lost");
	down();
}
END_TEST

START_TEST(a_renderd_that_comes_back_does_not_know_the_session)
{
	both_up();
	farm_kill(&w.farm, 0);
	WORLD_UNTIL(&w, 5000, stream_state(&a) == SEK_STATE_RECONNECTING);
	farm_start(&w.farm, 0);
	WORLD_UNTIL(&w, WORLD_END_MS, a.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&a)), "session-gone");
	stream_finish(&a);
	world_up(&w, "taro", &a); /* on the render host that came back: it is the emptier one */
	down();
}
END_TEST

START_TEST(a_stopped_renderd_says_so)
{
	both_up();
	kill(w.farm.hosts[0].pid, SIGTERM);
	WORLD_UNTIL(&w, WORLD_END_MS, a.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&a)), "host-stopping");
	down();
}
END_TEST

/* A broker that dies takes decoder and encoder with it, whatever they were doing. */
START_TEST(children_do_not_outlive_their_broker)
{
	pid_t decoder, encoder, broker;
	int pids[2], p[2];

	world_init(&w); /* the farm is ours, and outlives the broker */
	ck_assert_int_eq(pipe(p), 0);
	broker = fork();
	ck_assert_int_ge(broker, 0);
	if (broker == 0) {
		world_start(&w);
		world_up(&w, "taro", &a);
		pids[0] = world_decoder(&w, "taro");
		pids[1] = world_encoder(&w, "taro");
		if (write(p[1], pids, sizeof pids) != sizeof pids)
			_exit(1);
		for (;;)
			uv_run(&w.loop, UV_RUN_ONCE);
	}
	ck_assert_int_eq(read(p[0], pids, sizeof pids), sizeof pids);
	decoder = pids[0];
	encoder = pids[1];
	ck_assert(procs_alive(decoder) && procs_alive(encoder));
	kill(broker, SIGKILL);
	for (int i = 0; i < 200 && (procs_alive(decoder) || procs_alive(encoder)); i++)
		usleep(20000);
	ck_assert(!procs_alive(decoder));
	ck_assert(!procs_alive(encoder));
	waitpid(broker, NULL, 0);
	close(p[0]);
	close(p[1]);
	/* the render host sees the line end; nobody comes back, and it cleans up by itself */
	for (int i = 0; i < 600 && procs_of_uid(w.farm.hosts[0].uid_base) > 0; i++)
		usleep(20000);
	ck_assert_uint_eq(procs_of_uid(w.farm.hosts[0].uid_base), 0);
	farm_finish(&w.farm);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("integration.session.kill");
	TCase *tcase = tcase_create("kill");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, a_killed_process_ends_its_session_only, 0, sizeof victims / sizeof victims[0]);
	tcase_add_test(tcase, a_killed_encoder_is_replaced);
	tcase_add_test(tcase, a_killed_renderer_is_the_browsers_own_business);
	tcase_add_test(tcase, a_killed_renderd_loses_its_sessions);
	tcase_add_test(tcase, a_renderd_that_comes_back_does_not_know_the_session);
	tcase_add_test(tcase, a_stopped_renderd_says_so);
	tcase_add_test(tcase, children_do_not_outlive_their_broker);
	tcase_set_timeout(tcase, 180);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
