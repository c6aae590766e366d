/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server of views, spoken to as a browser that was taken over might: nothing, no descriptor, a directory, a pipe, a socket that is closed
 * at once; honest files before, between and after. And what it keeps is bounded.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rig.h"
#include "render-host/helpers.h"

enum { KEPT = 8, REPLY_MS = 60000 };

static char into[] = "/tmp/sek-view-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static pid_t server;

static void start(void)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	rig_begin();
	ck_assert_ptr_nonnull(mkdtemp(into));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", into);
	ck_assert(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
	server = fork();
	if (server == 0) {
		int parked = fcntl(listener, F_DUPFD, 50);

		if (dup2(parked, SEK_VIEW_LISTEN_FD) == SEK_VIEW_LISTEN_FD && close(parked) == 0)
			execl(SEK_TEST_CONVERT, "sekisho-convert", "--lang", "en", "--pages", "500", "--seconds", "60", "--serve", into, (char *)NULL);
		_exit(127);
	}
	close(listener);
}

static void stop(void)
{
	char command[64];

	kill(server, SIGKILL);
	rig_wait(server);
	rig_nobody_left();
	snprintf(command, sizeof command, "rm -rf %s", into);
	ck_assert_int_eq(system(command), 0);
	rig_end();
}

static int connected(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(s, (const struct sockaddr *)&address, sizeof address), 0);
	return s;
}

/* Sends a byte with that descriptor, -1: without one. */
static void hand_over(int s, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = "v", .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *h;

	if (fd >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(h), &fd, sizeof fd);
	}
	ck_assert_int_eq(sendmsg(s, &m, MSG_NOSIGNAL), 1);
}

/* The number that it answers, 0: it hung up. */
static unsigned reply(int s)
{
	struct pollfd p = { .fd = s, .events = POLLIN };
	char text[16] = { 0 };
	ssize_t n;

	ck_assert_int_eq(poll(&p, 1, REPLY_MS), 1);
	n = read(s, text, sizeof text - 1);
	close(s);
	ck_assert(n <= 0 || text[n - 1] == '\n');
	return n > 0 ? (unsigned)atoi(text) : 0;
}

static unsigned show(int fd)
{
	int s = connected();

	hand_over(s, fd);
	if (fd >= 0)
		close(fd);
	return reply(s);
}

/* The page's text. */
static char *text_of(unsigned number)
{
	char path[64], *pdf = malloc(1 << 22), *text;
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/%u.pdf", into, number);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(pdf, 1, 1 << 22, f);
	fclose(f);
	text = rig_text(pdf, n);
	free(pdf);
	return text;
}

static void expect(unsigned number, const char *wanted)
{
	char *text = text_of(number);

	ck_assert_msg(strstr(text, wanted), "%u: %s", number, text);
	free(text);
}

START_TEST(hostile_and_honest)
{
	int ends[2], s;

	expect(show(rig_open("sjis.txt")), "見える文章 Visible 7431");
	expect(show(rig_open("program.exe")), "Files of this type are not supported");
	expect(show(rig_open("locked.docx")), "It is protected by a password.");
	ck_assert_uint_eq(show(-1), 0);
	expect(show(open("/tmp", O_RDONLY | O_CLOEXEC)), "Files of this type are not supported");
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	expect(show(ends[0]), "Files of this type are not supported");
	close(ends[1]);
	/* one that sends nothing and goes, one that does not wait for its answer */
	close(connected());
	s = connected();
	hand_over(s, -1);
	close(s);
	expect(show(rig_open("mail.eml")), "Visible 7431");
	ck_assert_int_eq(kill(server, 0), 0);
}
END_TEST

START_TEST(few_are_kept)
{
	unsigned last = 0;
	struct stat st;
	char path[64];

	for (int i = 0; i < KEPT + 3; i++) {
		unsigned n = show(rig_open("utf8.txt"));

		ck_assert_uint_gt(n, last);
		last = n;
	}
	snprintf(path, sizeof path, "%s/%u.pdf", into, last - KEPT);
	ck_assert(stat(path, &st) < 0 && errno == ENOENT);
	snprintf(path, sizeof path, "%s/%u.pdf", into, last - KEPT + 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view");
	TCase *c = tcase_create("server");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(c, start, stop);
	tcase_set_timeout(c, 200);
	tcase_add_test(c, hostile_and_honest);
	tcase_add_test(c, few_are_kept);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
