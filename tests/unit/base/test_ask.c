/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for passwords: lines of a pipe, and a real (pseudo) terminal that must not show what is typed.
 */
#include <check.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/ask.h"
#include "base/hex.h"

static FILE *pipe_with(const char *text)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	close(fds[1]);
	return fdopen(fds[0], "r");
}

START_TEST(lines)
{
	static const struct {
		const char *text, *line;
	} rows[] = {
		{ "secret\n", "secret" }, { "secret\r\nmore\n", "secret" }, { "secret", "secret" }, { "\n", "" }, { "1234567\n", "1234567" },
		{ "", NULL }, { "12345678\n", NULL }, { "a longer one\n", NULL },
	};
	char line[9];
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		FILE *f = pipe_with(rows[i].text);

		ck_assert_msg(sek_ask_line(f, line, sizeof line) == (rows[i].line != NULL), "%s", rows[i].text);
		if (rows[i].line)
			ck_assert_str_eq(line, rows[i].line);
		ck_assert(!sek_ask_hidden(f, "no terminal", line, sizeof line));
		fclose(f);
	}
}
END_TEST

START_TEST(a_terminal_shows_nothing)
{
	struct termios t;
	char line[64], seen[256];
	int master, slave, status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	pid = fork();
	if (pid == 0) {
		dup2(slave, STDERR_FILENO);
		_exit(sek_ask_hidden(fdopen(slave, "r+"), "Password: ", line, sizeof line) && strcmp(line, "hunter2") == 0 ? 0 : 1);
	}
	while (n < 10) {
		got = read(master, seen + n, sizeof seen - n - 1);
		ck_assert_int_gt(got, 0);
		n += (size_t)got;
	}
	do {
		ck_assert_int_eq(tcgetattr(slave, &t), 0);
	} while (t.c_lflag & ECHO && usleep(1000) == 0);
	/* what was typed before it became silent is thrown away */
	ck_assert_int_eq(write(master, "hunter2\n", 8), 8);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(tcgetattr(slave, &t), 0);
	ck_assert(t.c_lflag & ECHO);
	close(slave);
	while ((got = read(master, seen + n, sizeof seen - n - 1)) > 0)
		n += (size_t)got;
	seen[n] = '\0';
	ck_assert_ptr_nonnull(strstr(seen, "Password: "));
	ck_assert_ptr_null(strstr(seen, "hunter2"));
	close(master);
}
END_TEST

/* Ctrl-C ends the program, and the terminal shows again what is typed. */
START_TEST(a_terminal_is_never_left_silent)
{
	struct termios t;
	char line[64];
	int master, slave, status;
	pid_t pid;

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL); /* not Check's */
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, STDERR_FILENO);
		_exit(sek_ask_hidden(fdopen(slave, "r+"), "Password: ", line, sizeof line));
	}
	do {
		ck_assert_int_eq(tcgetattr(slave, &t), 0);
	} while (t.c_lflag & ECHO && usleep(1000) == 0);
	ck_assert_int_eq(write(master, "hun\3", 4), 4);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	ck_assert_int_eq(tcgetattr(slave, &t), 0);
	ck_assert(t.c_lflag & ECHO);
	close(slave);
	close(master);
}
END_TEST

START_TEST(hexadecimal)
{
	const uint8_t bytes[] = { 0x00, 0x0f, 0xa5, 0xff };
	uint8_t back[4];
	char text[9];

	sek_hex(bytes, sizeof bytes, text);
	ck_assert_str_eq(text, "000fa5ff");
	ck_assert(sek_unhex(text, 8, back, 4));
	ck_assert_mem_eq(back, bytes, 4);
	ck_assert(!sek_unhex(text, 7, back, 4));
	ck_assert(!sek_unhex(text, 8, back, 3));
	ck_assert(!sek_unhex("000FA5FF", 8, back, 4));
	ck_assert(!sek_unhex("000fa5fg", 8, back, 4));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("asking");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, lines);
	tcase_add_test(t, a_terminal_shows_nothing);
	tcase_add_test(t, a_terminal_is_never_left_silent);
	tcase_add_test(t, hexadecimal);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
