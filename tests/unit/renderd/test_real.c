/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * renderd with the real sandbox (X server, Chromium and all) and the real capture: pixels come, sessions are apart, every
 * death is told, and nothing stays.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/renderd/rig.h"

static struct rig rig;
static const uint8_t first[16] = { 1 }, second[16] = { 2 };
static const struct rig_wishes real = { .max = 2, .linger_s = 30, .memory_mib = 2048, .processes = 512,
	.sandbox = REAL_SANDBOX, .capture = REAL_CAPTURE, .policy_file = REAL_POLICY };

/* The next first part of a keyframe. */
static void expect_keyframe(struct client *c)
{
	const uint8_t *payload;
	struct sek_frame f;

	while (client_next(c, &f, &payload))
		if (f.type == SEK_MSG_UPDATE && (f.flags & SEK_UPDATE_KEYFRAME))
			return;
	ck_abort_msg("no keyframe comes: %s", rig.log);
}

/* A process of this uid whose command line begins with a path that ends in `name` and does not hold `without`, or 0. */
static pid_t find_process(unsigned uid, const char *name, const char *without)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;

	while (d && !found && (e = readdir(d)) != NULL) {
		char path[300], *line = NULL;
		struct stat st;
		size_t n = 0, k;

		snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
		if (e->d_name[0] < '1' || e->d_name[0] > '9' || stat(path, &st) != 0 || !sek_is_ok(sek_file_read(path, &line, &n)))
			continue;
		snprintf(path, sizeof path, "/proc/%s/status", e->d_name);
		for (k = 0; k < n; k++) /* Chromium joins its arguments with blanks */
			if (line[k] == '\0')
				line[k] = ' ';
		k = strcspn(line, " ");
		if (k >= strlen(name) && strncmp(line + k - strlen(name), name, strlen(name)) == 0 &&
				(!without || !strstr(line, without))) {
			char *status = NULL, *at;

			if (sek_is_ok(sek_file_read(path, &status, NULL)) && (at = strstr(status, "\nUid:")) != NULL &&
					strtoul(at + 5, NULL, 10) == uid)
				found = (pid_t)atoi(e->d_name);
			free(status);
		}
		free(line);
	}
	if (d)
		closedir(d);
	return found;
}

START_TEST(pixels)
{
	struct client a, b;
	char command[300];

	rig_start(&rig, &real);
	client_attach(&a, &rig, first, SEK_HELLO_CREATE);
	expect_keyframe(&a);
	client_attach(&b, &rig, second, SEK_HELLO_CREATE);
	expect_keyframe(&b);
	/* one session's uid sees nothing of the other's directory */
	snprintf(command, sizeof command, "setpriv --reuid %u --regid %u --clear-groups ls %s/s1 >/dev/null 2>&1", rig.uid_base,
		rig.uid_base, rig.sessions);
	ck_assert_int_ne(system(command), 0);
	snprintf(command, sizeof command, "setpriv --reuid %u --regid %u --clear-groups ls %s/s0 >/dev/null 2>&1", rig.uid_base,
		rig.uid_base, rig.sessions);
	ck_assert_int_eq(system(command), 0);
	client_close(&a);
	client_attach(&a, &rig, first, 0);
	expect_keyframe(&a);
	client_empty(&a, SEK_MSG_END);
	client_expect_end(&a);
	client_close(&a);
	client_ping(&b, 1);
	rig_signal(&rig, SIGTERM);
	ck_assert_int_eq(client_state(&b), SEK_STATE_HOST_STOPPING);
	client_close(&b);
	ck_assert_int_eq(rig_wait(&rig), 0);
	rig_expect_empty(&rig);
	rig_run(&rig);
	rig_finish(&rig);
}
END_TEST

static const struct {
	const char *victim, *without; /* an argument that the right process does not have */
	enum sek_state wanted;
} victims[] = {
	{ "/Xvfb", NULL, SEK_STATE_DISPLAY_DIED },
	{ "/chromium", "--type=", SEK_STATE_BROWSER_CRASHED },
	{ "/sekisho-capture", NULL, SEK_STATE_HOST_FAULT },
};

START_TEST(killed)
{
	enum sek_state state;
	struct client a, b;
	pid_t pid;

	rig_start(&rig, &real);
	client_attach(&b, &rig, second, SEK_HELLO_CREATE); /* slot 0 */
	client_attach(&a, &rig, first, SEK_HELLO_CREATE);
	expect_keyframe(&a);
	pid = find_process(rig.uid_base + 1, victims[_i].victim, victims[_i].without);
	ck_assert_msg(pid > 1, "no %s", victims[_i].victim);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	do
		state = client_state(&a);
	while (state == SEK_STATE_STARTING || state == SEK_STATE_RUNNING);
	ck_assert_msg(state == victims[_i].wanted, "%s: %s", victims[_i].victim, sek_state_name(state));
	client_close(&a);
	rig_expect_log(&rig, "session.removed");
	client_empty(&b, SEK_MSG_REFRESH); /* the other one lives */
	expect_keyframe(&b);
	client_close(&b);
	rig_finish(&rig);
}
END_TEST

START_TEST(renderd_killed)
{
	struct client a;

	rig_start(&rig, &real);
	client_attach(&a, &rig, first, SEK_HELLO_CREATE);
	rig_signal(&rig, SIGKILL);
	ck_assert(WIFSIGNALED(rig_wait(&rig)));
	client_close(&a);
	rig_run(&rig);
	rig_expect_empty(&rig);
	rig_signal(&rig, SIGTERM);
	ck_assert_int_eq(rig_wait(&rig), 0);
	ck_assert_int_eq(rmdir(rig.sessions), 0);
	rig_run(&rig);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renderd.real");
	TCase *c = tcase_create("real");
	SRunner *r;
	int failed;

	if (geteuid() != 0) {
		fputs("renderd needs root: skipped\n", stderr);
		return 77;
	}
	tcase_set_timeout(c, 90);
	tcase_add_test(c, pixels);
	tcase_add_loop_test(c, killed, 0, (int)(sizeof victims / sizeof victims[0]));
	tcase_add_test(c, renderd_killed);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
