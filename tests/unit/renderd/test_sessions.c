/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * renderd's sessions from outside: a real daemon, real TLS and cgroups, stand-ins for sandbox and capture.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/renderd/rig.h"

static struct rig rig;
static const uint8_t first[16] = { 1, 2, 3 }, second[16] = { 2 }, third[16] = { 3 }, fourth[16] = { 4 };

START_TEST(whole_life)
{
	const uint8_t *payload;
	enum sek_state state;
	struct client c;
	struct sek_frame f;
	struct stat st;
	char path[100];

	rig_start(&rig, &(struct rig_wishes){ .max = 0 });
	client_open(&c, &rig, first);
	client_hello(&c, SEK_HELLO_CREATE);
	client_expect_welcome(&c, first);
	ck_assert_int_eq(client_state(&c), SEK_STATE_STARTING);
	ck_assert(client_next(&c, &f, &payload));
	ck_assert_int_eq(f.type, SEK_MSG_SIZE);
	do
		state = client_state(&c); /* STARTING until the browser has a window */
	while (state == SEK_STATE_STARTING);
	ck_assert_int_eq(state, SEK_STATE_RUNNING);
	snprintf(path, sizeof path, "%s/s0", rig.sessions);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(st.st_uid, rig.uid_base);
	ck_assert_uint_ge(rig_processes(&rig), 2); /* capture and what the sandbox started */
	client_ping(&c, 77);
	ck_assert(client_next(&c, &f, &payload));
	ck_assert_int_eq(f.type, SEK_MSG_PONG);
	client_empty(&c, SEK_MSG_END);
	client_expect_end(&c);
	client_close(&c);
	rig_expect_empty(&rig);
	rig_expect_log(&rig, "why=\"ended by the user\"");
	rig_finish(&rig);
}
END_TEST

START_TEST(resumed)
{
	struct client c, again;

	rig_start(&rig, &(struct rig_wishes){ .linger_s = 2 });
	ck_assert_uint_eq(client_attach(&c, &rig, first, SEK_HELLO_CREATE), 1);
	client_close(&c);
	rig_expect_log(&rig, "session.detached");
	/* the same capture: it counts */
	ck_assert_uint_eq(client_attach(&c, &rig, first, 0), 2);
	/* a second attach takes the place of the first */
	ck_assert_uint_eq(client_attach(&again, &rig, first, 0), 3);
	client_expect_end(&c);
	client_close(&c);
	client_ping(&again, 1);
	/* CREATE for a living session joins it too: the broker may not know */
	ck_assert_uint_eq(client_attach(&c, &rig, first, SEK_HELLO_CREATE), 4);
	client_close(&again);
	client_close(&c);
	/* nobody comes back */
	rig_expect_log(&rig, "why=\"nobody came back\"");
	rig_expect_empty(&rig);
	client_open(&c, &rig, first);
	client_hello(&c, 0);
	client_expect_welcome(&c, first);
	ck_assert_int_eq(client_state(&c), SEK_STATE_SESSION_GONE);
	client_expect_end(&c);
	ck_assert(sek_is(c.status, SEK_E_CLOSED));
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

START_TEST(full)
{
	struct client c[4];

	rig_start(&rig, &(struct rig_wishes){ .max = 3 });
	client_attach(&c[0], &rig, first, SEK_HELLO_CREATE);
	client_attach(&c[1], &rig, second, SEK_HELLO_CREATE);
	client_attach(&c[2], &rig, third, SEK_HELLO_CREATE);
	client_open(&c[3], &rig, fourth);
	client_hello(&c[3], SEK_HELLO_CREATE);
	client_expect_welcome(&c[3], fourth);
	ck_assert_int_eq(client_state(&c[3]), SEK_STATE_HOST_FULL);
	client_close(&c[3]);
	/* one goes: there is room for one, in the same slot, and the others have noticed nothing */
	client_empty(&c[1], SEK_MSG_END);
	client_expect_end(&c[1]);
	client_close(&c[1]);
	rig_expect_log(&rig, "session.removed");
	client_attach(&c[1], &rig, fourth, SEK_HELLO_CREATE);
	client_ping(&c[0], 1);
	client_ping(&c[2], 1);
	client_close(&c[0]);
	client_close(&c[1]);
	client_close(&c[2]);
	rig_finish(&rig);
}
END_TEST

/* A session that ends while another one begins: descriptors change hands at once, and the new one must not lose its own. */
START_TEST(end_beside_begin)
{
	const uint8_t *payload;
	struct client a, b;
	struct sek_frame f;
	uint8_t id[16];
	int i;

	rig_start(&rig, &(struct rig_wishes){ .max = 3 });
	client_attach(&a, &rig, first, SEK_HELLO_CREATE);
	for (i = 0; i < 12; i++) {
		memset(id, 100 + i, sizeof id);
		client_text(&a, i % 3 == 0 ? "die 1" : i % 3 == 1 ? "sandbox exit 20" : "die 18");
		while (rig_count_log(&rig, "session.ended") == (size_t)i) /* the test's time is limited */
			usleep(1000);
		client_attach(&b, &rig, id, SEK_HELLO_CREATE);
		usleep(150000); /* the other one is being unmade */
		client_ping(&b, 7);
		ck_assert(client_next(&b, &f, &payload));
		ck_assert_int_eq(f.type, SEK_MSG_PONG);
		client_close(&a);
		a = b;
	}
	client_close(&a);
	rig_finish(&rig);
}
END_TEST

/* What the user is told when something of the session dies. */
static const struct {
	const char *order;
	enum sek_state wanted;
} deaths[] = {
	{ "sandbox exit 20", SEK_STATE_BROWSER_CLOSED },
	{ "sandbox exit 21", SEK_STATE_BROWSER_CRASHED },
	{ "sandbox exit 22", SEK_STATE_DISPLAY_DIED },
	{ "sandbox exit 23", SEK_STATE_HOST_FAULT },
	{ "sandbox exit 11", SEK_STATE_HOST_JAIL },
	{ "sandbox exit 0", SEK_STATE_HOST_FAULT },
	{ "sandbox crash", SEK_STATE_HOST_FAULT },
	{ "sandbox hog", SEK_STATE_BROWSER_MEMORY },
	{ "die 22", SEK_STATE_DISPLAY_DIED },
	{ "die 11", SEK_STATE_HOST_JAIL },
	{ "die 1", SEK_STATE_HOST_FAULT },
	{ "half", SEK_STATE_NONE }, /* half a frame is out: nothing more can be said, so the connection ends */
	{ "die 18", SEK_STATE_NONE },
};

START_TEST(death)
{
	struct client c, other;
	enum sek_state state;

	rig_start(&rig, &(struct rig_wishes){ .memory_mib = 256 });
	client_attach(&other, &rig, second, SEK_HELLO_CREATE);
	client_attach(&c, &rig, first, SEK_HELLO_CREATE);
	client_text(&c, deaths[_i].order);
	state = client_state(&c);
	/* of "half", what TLS has not sent yet can still be taken back: then the state is told after all */
	if (strcmp(deaths[_i].order, "half") == 0 && state != SEK_STATE_NONE)
		ck_assert_int_eq(state, SEK_STATE_HOST_FAULT);
	else
		ck_assert_msg(state == deaths[_i].wanted, "%s: %s", deaths[_i].order, sek_state_name(state));
	client_expect_end(&c);
	client_close(&c);
	rig_expect_log(&rig, "session.removed");
	client_ping(&other, 5); /* the other session lives */
	client_text(&other, "die 18");
	client_expect_end(&other);
	client_close(&other);
	rig_expect_empty(&rig);
	rig_finish(&rig);
}
END_TEST

/* Deaths before the display is there. */
static const struct {
	const char *policy;
	enum sek_state wanted;
} builds[] = {
	{ "exit 11", SEK_STATE_HOST_JAIL },
	{ "exit 10", SEK_STATE_HOST_FAULT },
	{ "exit 22", SEK_STATE_DISPLAY_DIED },
	{ "crash", SEK_STATE_HOST_FAULT },
};

START_TEST(cannot_be_built)
{
	struct client c;

	rig_start(&rig, &(struct rig_wishes){ .policy = builds[_i].policy });
	client_open(&c, &rig, first);
	client_hello(&c, SEK_HELLO_CREATE);
	client_expect_welcome(&c, first);
	ck_assert_int_eq(client_state(&c), SEK_STATE_STARTING);
	ck_assert_int_eq(client_state(&c), builds[_i].wanted);
	client_expect_end(&c);
	client_close(&c);
	rig_expect_empty(&rig);
	rig_finish(&rig);
}
END_TEST

/* The user changes his mind while the session is being built. */
START_TEST(ended_while_building)
{
	struct client c;

	rig_start(&rig, &(struct rig_wishes){ .policy = "sleep" });
	client_open(&c, &rig, first);
	client_hello(&c, SEK_HELLO_CREATE);
	client_expect_welcome(&c, first);
	ck_assert_int_eq(client_state(&c), SEK_STATE_STARTING);
	client_empty(&c, SEK_MSG_END);
	client_close(&c);
	rig_expect_log(&rig, "why=\"ended by the user\"");
	rig_expect_empty(&rig);
	rig_finish(&rig);
}
END_TEST

START_TEST(flood)
{
	const uint8_t *payload;
	struct client c, other;
	struct sek_frame f;
	size_t got = 0, i;

	rig_start(&rig, &(struct rig_wishes){ .max = 0 });
	client_attach(&c, &rig, first, SEK_HELLO_CREATE);
	client_attach(&other, &rig, second, SEK_HELLO_CREATE);
	/* 32 MiB towards somebody who does not read: capture has to wait, the other session does not */
	client_text(&c, "flood 512");
	for (i = 0; i < 20; i++) {
		client_ping(&other, (uint32_t)i);
		ck_assert(client_next(&other, &f, &payload));
		ck_assert_int_eq(f.type, SEK_MSG_PONG);
	}
	while (got < 512 && client_next(&c, &f, &payload)) {
		ck_assert_int_eq(f.type, SEK_MSG_UPDATE);
		for (i = 0; i < f.payload_bytes; i += 997)
			ck_assert_uint_eq(payload[i], (uint8_t)(i * 13));
		got++;
	}
	ck_assert_uint_eq(got, 512);
	client_ping(&c, 9);
	ck_assert(client_next(&c, &f, &payload));
	ck_assert_int_eq(f.type, SEK_MSG_PONG);
	client_close(&c);
	client_close(&other);
	rig_finish(&rig);
}
END_TEST

START_TEST(fork_bomb)
{
	struct client c;
	size_t most = 0, i, n;

	rig_start(&rig, &(struct rig_wishes){ .processes = 64 });
	client_attach(&c, &rig, first, SEK_HELLO_CREATE);
	client_text(&c, "sandbox fork");
	for (i = 0; i < 300 && most < 60; i++) {
		n = rig_processes(&rig);
		most = n > most ? n : most;
		usleep(10000);
	}
	ck_assert_uint_ge(most, 30);
	ck_assert_uint_le(rig_processes(&rig), 64);
	client_empty(&c, SEK_MSG_END);
	client_expect_end(&c);
	client_close(&c);
	rig_expect_empty(&rig);
	rig_finish(&rig);
}
END_TEST

START_TEST(capture_misbehaves)
{
	struct client c;

	rig_start(&rig, &(struct rig_wishes){ .max = 0 });
	client_attach(&c, &rig, first, SEK_HELLO_CREATE);
	client_text(&c, "garbage");
	client_expect_end(&c);
	client_close(&c);
	rig_expect_log(&rig, "capture broke the grammar");
	/* the session is still there */
	ck_assert_uint_eq(client_attach(&c, &rig, first, 0), 2);
	client_text(&c, "close");
	client_expect_end(&c);
	client_close(&c);
	rig_expect_log(&rig, "capture has closed the stream");
	ck_assert_uint_eq(client_attach(&c, &rig, first, 0), 3);
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

START_TEST(stopped)
{
	struct client running, building;
	int status;

	rig_start(&rig, &(struct rig_wishes){ .max = 0 });
	client_attach(&running, &rig, first, SEK_HELLO_CREATE);
	client_open(&building, &rig, second); /* no HELLO yet */
	rig_signal(&rig, SIGTERM);
	ck_assert_int_eq(client_state(&running), SEK_STATE_HOST_STOPPING);
	client_expect_end(&running);
	client_expect_end(&building);
	client_close(&running);
	client_close(&building);
	status = rig_wait(&rig);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	rig_expect_empty(&rig);
	rig_run(&rig);
	rig_finish(&rig);
}
END_TEST

/* Killed without a chance to tidy up: the next start does it. */
START_TEST(killed_and_started_again)
{
	struct client c;
	char path[120];
	int status;

	rig_start(&rig, &(struct rig_wishes){ .max = 0 });
	client_attach(&c, &rig, first, SEK_HELLO_CREATE);
	rig_signal(&rig, SIGKILL);
	status = rig_wait(&rig);
	ck_assert(WIFSIGNALED(status));
	client_expect_end(&c);
	client_close(&c);
	ck_assert_uint_ge(rig_processes(&rig), 1); /* what ignores its parent's end */
	snprintf(path, sizeof path, "%s/s0", rig.sessions);
	ck_assert_int_eq(access(path, F_OK), 0);
	rig_run(&rig);
	rig_expect_empty(&rig);
	rig_expect_log(&rig, "host.leftover");
	client_open(&c, &rig, first);
	client_hello(&c, 0);
	client_expect_welcome(&c, first);
	ck_assert_int_eq(client_state(&c), SEK_STATE_SESSION_GONE);
	client_close(&c);
	/* it did not make the directory this time, so it does not remove it */
	rig_signal(&rig, SIGTERM);
	rig_wait(&rig);
	ck_assert_int_eq(rmdir(rig.sessions), 0);
	rig_run(&rig);
	rig_finish(&rig);
}
END_TEST

START_TEST(alone_with_its_uids)
{
	char command[300];

	rig_start(&rig, &(struct rig_wishes){ .max = 0 });
	snprintf(command, sizeof command, "%s --config %s/renderd.yaml 2>/dev/null", RENDERD, rig.directory);
	ck_assert_int_ne(system(command), 0); /* a second one may not touch the first one's sessions */
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renderd.sessions");
	TCase *c = tcase_create("sessions");
	SRunner *r;
	int failed;

	if (geteuid() != 0) {
		fputs("renderd needs root: skipped\n", stderr);
		return 77;
	}
	tcase_set_timeout(c, 60);
	tcase_add_test(c, whole_life);
	tcase_add_test(c, resumed);
	tcase_add_test(c, full);
	tcase_add_test(c, end_beside_begin);
	tcase_add_loop_test(c, death, 0, (int)(sizeof deaths / sizeof deaths[0]));
	tcase_add_loop_test(c, cannot_be_built, 0, (int)(sizeof builds / sizeof builds[0]));
	tcase_add_test(c, ended_while_building);
	tcase_add_test(c, flood);
	tcase_add_test(c, fork_bomb);
	tcase_add_test(c, capture_misbehaves);
	tcase_add_test(c, stopped);
	tcase_add_test(c, killed_and_started_again);
	tcase_add_test(c, alone_with_its_uids);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
