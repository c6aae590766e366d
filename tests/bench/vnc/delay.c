/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vnc_delay: how long it takes from drawing on an Xvnc desktop to the pixels at the end of sekisho-decoder-vnc (the gap) and of TigerVNC's
 * vncviewer (its window under Xvfb; Tight without JPEG, so that both are exact), how many bytes came for it, and what memory each of the two takes. Both without TLS, one after the other,
 * through a relay that counts. Both ends are looked at without pause, the viewer's by a request to its X server each time.
 */
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include "tests/unit/decoder/outside.h"

enum { WIDTH = 1280, HEIGHT = 800, ROUNDS = 120 };

static volatile uint64_t *down; /* bytes from the server, in memory that the relay shares */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int listen_on(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void pass(int from, int to, volatile uint64_t *count)
{
	static char bytes[65536];
	ssize_t n = read(from, bytes, sizeof bytes);

	for (ssize_t at = 0, k; n > 0 && at < n; at += k) {
		k = write(to, bytes + at, (size_t)(n - at));
		if (k <= 0)
			_exit(0);
	}
	if (n <= 0)
		_exit(0);
	if (count)
		*count += (uint64_t)n;
}

static pid_t relay(uint16_t to, uint16_t *ret_port)
{
	int listener = listen_on(ret_port);
	pid_t pid = fork();

	if (pid == 0) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(to) };

		int on = 1, client = accept(listener, NULL, NULL), server = socket(AF_INET, SOCK_STREAM, 0);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (connect(server, (struct sockaddr *)&a, sizeof a) != 0)
			_exit(1);
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		for (;;) {
			struct pollfd p[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };

			poll(p, 2, -1);
			if (p[0].revents)
				pass(client, server, NULL);
			if (p[1].revents)
				pass(server, client, down);
		}
	}
	close(listener);
	return pid;
}

static pid_t run(const char *const *argv, const char *display, int keep)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL); /* also if a check fails here */
		for (int i = 0; i < 3; i++)
			dup2(null, i);
		if (display)
			setenv("DISPLAY", display, 1);
		if (keep >= 0)
			fcntl(keep, F_SETFD, 0);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

struct screen {
	pid_t pid;
	char display[16];
	xcb_connection_t *x;
	xcb_screen_t *screen;
	xcb_window_t window;
	xcb_gcontext_t gc;
};

/* argv[2] takes the number of the descriptor on which the X server tells its display. */
static void start_screen(struct screen *s, const char **argv)
{
	char number[8] = "", fd[8];
	size_t n = 0;
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	snprintf(fd, sizeof fd, "%d", p[1]);
	argv[2] = fd;
	s->pid = run(argv, NULL, p[1]);
	close(p[1]);
	while (!memchr(number, '\n', n)) {
		ssize_t k = read(p[0], number + n, sizeof number - 1 - n);

		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	close(p[0]);
	snprintf(s->display, sizeof s->display, ":%.*s", (int)n - 1, number);
	s->x = xcb_connect(s->display, NULL);
	ck_assert_int_eq(xcb_connection_has_error(s->x), 0);
	s->screen = xcb_setup_roots_iterator(xcb_get_setup(s->x)).data;
}

static void open_window(struct screen *s)
{
	uint32_t values[] = { 1 };

	s->window = xcb_generate_id(s->x);
	xcb_create_window(s->x, XCB_COPY_FROM_PARENT, s->window, s->screen->root, 0, 0, WIDTH, HEIGHT, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		s->screen->root_visual, XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_map_window(s->x, s->window);
	s->gc = xcb_generate_id(s->x);
	xcb_create_gc(s->x, s->gc, s->window, 0, NULL);
	xcb_flush(s->x);
}

/* A picture of lines and noise, w by h, whose last pixel is `mark`. */
static void draw(struct screen *s, int w, int h, uint32_t mark)
{
	static uint32_t px[WIDTH * 16];
	uint32_t seed = mark;

	for (int y = 0; y < h; y += 16) {
		for (int i = 0; i < w * 16; i++) {
			seed = seed * 1664525 + 1013904223;
			px[i] = y / 16 % 2 ? (i % 7 < 3 ? 0xffffff : mark) : seed >> 8;
		}
		px[w * 16 - 1] = mark;
		xcb_put_image(s->x, XCB_IMAGE_FORMAT_Z_PIXMAP, s->window, s->gc, (uint16_t)w, 16, 0, (int16_t)y, 0, 24, (uint32_t)w * 64,
			(uint8_t *)px);
	}
	xcb_flush(s->x);
}

struct eye {
	struct outside *o;    /* the gap, or */
	struct screen *shown; /* an X server's screen */
};

static uint32_t see(const struct eye *e, int x, int y)
{
	xcb_get_image_reply_t *r;
	uint32_t v;

	if (e->o)
		return outside_pixel(e->o, (uint16_t)x, (uint16_t)y);
	r = xcb_get_image_reply(e->shown->x, xcb_get_image(e->shown->x, XCB_IMAGE_FORMAT_Z_PIXMAP, e->shown->screen->root, (int16_t)x,
		(int16_t)y, 1, 1, ~0u), NULL);
	ck_assert_ptr_nonnull(r);
	memcpy(&v, xcb_get_image_data(r), 4);
	free(r);
	return v & 0xffffff;
}

static int by_size(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

static void measure(const char *who, const char *what, struct screen *desktop, const struct eye *e, int w, int h)
{
	double ms[ROUNDS], t;
	uint64_t before = *down;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t mark = 0x102030 + (uint32_t)i * 0x010101 % 0xefcfdf;

		usleep(20000 + (useconds_t)(i * 7919 % 13000));
		t = now_ms();
		draw(desktop, w, h, mark);
		while (see(e, w - 1, h - 1) != mark)
			ck_assert_msg(now_ms() - t < 10000, "%s does not see it", who);
		ms[i] = now_ms() - t;
	}
	qsort(ms, ROUNDS, sizeof ms[0], by_size);
	printf("%-20s %-18s p50 %6.1f ms  p95 %6.1f ms  %7.1f KiB each\n", who, what, ms[ROUNDS / 2], ms[ROUNDS * 95 / 100],
		(double)(*down - before) / 1024 / ROUNDS);
}

static void measure_all(const char *who, struct screen *desktop, const struct eye *e)
{
	measure(who, "160x16", desktop, e, 160, 16);
	measure(who, "640x480", desktop, e, 640, 480);
	measure(who, "1280x800", desktop, e, WIDTH, HEIGHT);
}

static void with_decoder(uint16_t server, struct screen *desktop)
{
	uint16_t port;
	pid_t r = relay(server, &port);
	struct outside o;
	struct outside_options options = { .program = getenv("SEK_DECODER_VNC"), .port = port, .insecure = true };
	struct eye e = { .o = &o };

	outside_start(&o, &options);
	outside_hello(&o, WIDTH, HEIGHT);
	OUTSIDE_UNTIL(outside_header(&o).state == SEK_STATE_RUNNING);
	measure_all("sekisho-decoder-vnc", desktop, &e);
	printf("%-20s Pss %ld KiB\n", "sekisho-decoder-vnc", test_memory_kib(o.decoder, "Pss"));
	outside_stop(&o);
	kill(r, SIGKILL);
	waitpid(r, NULL, 0);
}

static void with_viewer(uint16_t server, struct screen *desktop)
{
	const char *xvfb[] = { "Xvfb", "-displayfd", "", "-screen", "0", "1280x800x24", "-nolisten", "tcp", NULL };
	struct screen shown;
	struct eye e = { .shown = &shown };
	char address[32];
	uint16_t port;
	pid_t viewer, r = relay(server, &port);

	start_screen(&shown, xvfb);
	snprintf(address, sizeof address, "127.0.0.1::%u", port);
	const char *const argv[] = { "vncviewer", "-SecurityTypes", "None", "-RemoteResize=0", "-FullScreen=1", "-MenuKey=", "-AutoSelect=0",
		"-PreferredEncoding=Tight", "-NoJPEG=1", address, NULL };

	viewer = run(argv, shown.display, -1);
	draw(desktop, WIDTH, HEIGHT, 0x123456);
	OUTSIDE_UNTIL(see(&e, WIDTH - 1, HEIGHT - 1) == 0x123456);
	measure_all("vncviewer", desktop, &e);
	printf("%-20s Pss %ld KiB\n", "vncviewer", test_memory_kib(viewer, "Pss"));
	kill(viewer, SIGKILL);
	kill(shown.pid, SIGTERM);
	kill(r, SIGKILL);
	waitpid(viewer, NULL, 0);
	waitpid(shown.pid, NULL, 0);
	waitpid(r, NULL, 0);
}

START_TEST(delay)
{
	char port[8];
	const char *xvnc[] = { "Xvnc", "-displayfd", "", "-rfbport", port, "-interface", "127.0.0.1", "-SecurityTypes", "None", "-geometry", "1280x800",
		"-depth", "24", "-nolisten", "tcp", "-AlwaysShared", NULL };
	struct screen desktop;
	uint16_t server;

	down = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	close(listen_on(&server));
	snprintf(port, sizeof port, "%u", server);
	start_screen(&desktop, xvnc);
	open_window(&desktop);
	with_decoder(server, &desktop);
	with_viewer(server, &desktop);
	kill(desktop.pid, SIGTERM);
	waitpid(desktop.pid, NULL, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vnc_delay");
	TCase *t = tcase_create("delay");
	SRunner *runner;
	int failed;

	if (!getenv("SEK_DECODER_VNC")) {
		fprintf(stderr, "usage: SEK_DECODER_VNC=PROGRAM vnc_delay\n");
		return 2;
	}
	tcase_add_test(t, delay);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
