/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting and stopping the session, and the X client.
 */
#include "tests/unit/capture/rig.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon-x11.h>

#include "render-host/session.h"

uint64_t rig_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void in_child(void)
{
	/* nothing outlives the test, whatever happens to it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

enum { XVFB_PATIENCE_MS = 8000 };

/* Starts Xvfb on a free display number; returns it, or -1: two that start at once may want the same number. */
static int try_xvfb(struct rig *r, uint16_t w, uint16_t h)
{
	char screen[32], fb[96], number[16] = "";
	int p[2];
	ssize_t n;

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	snprintf(screen, sizeof screen, "%ux%ux24", w, h);
	snprintf(fb, sizeof fb, "%s/fb", r->dir);
	ck_assert(mkdir(fb, 0700) == 0 || errno == EEXIST);
	r->xvfb = fork();
	ck_assert_int_ge(r->xvfb, 0);
	if (r->xvfb == 0) {
		int null = open("/dev/null", O_WRONLY);

		in_child();
		dup2(p[1], 3);
		dup2(null, 2);
		execlp("Xvfb", "Xvfb", "-displayfd", "3", "-screen", "0", screen, "-fbdir", fb, "-nolisten", "tcp", "-noreset",
			"-nocursor", "-extension", "GLX", (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	/* one that was seen to say nothing at all, ever, is killed */
	n = poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, XVFB_PATIENCE_MS) > 0 ? read(p[0], number, sizeof number - 1) : -1;
	close(p[0]);
	if (n <= 1)
		kill(r->xvfb, SIGKILL);
	return n > 1 ? atoi(number) : -1;
}

static int start_xvfb(struct rig *r, uint16_t w, uint16_t h)
{
	for (int i = 0; i < 5; i++) {
		int display = try_xvfb(r, w, h);

		if (display >= 0)
			return display;
		waitpid(r->xvfb, NULL, 0);
		r->xvfb = 0;
	}
	ck_abort_msg("Xvfb did not start");
}

static int listen_at(const struct rig *r, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_lt(snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", r->dir, name),
		(int)sizeof a.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)(void *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static void start_capture(struct rig *r, uint16_t w, uint16_t h)
{
	char max[32];
	int s[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
	snprintf(max, sizeof max, "%ux%u", w, h);
	r->control = s[0];
	r->capture = fork();
	ck_assert_int_ge(r->capture, 0);
	if (r->capture == 0) {
		in_child();
		ck_assert_int_ge(dup2(s[1], SEK_CAPTURE_CONTROL_FD), 0);
		ck_assert_int_ge(dup2(2, 9), 0); /* a careless parent */
		execl(SEK_TEST_CAPTURE, "sekisho-capture", "--dir", r->dir, "--max", max, (char *)NULL);
		_exit(127);
	}
	close(s[1]);
	r->ime = accept4(r->ime_listen, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(r->ime, 0);
	r->clip = accept4(r->clip_listen, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(r->clip, 0);
}

static void set_layout(int display, const char *layout)
{
	char command[96];

	snprintf(command, sizeof command, "setxkbmap -display :%d %s", display, layout);
	ck_assert_int_eq(system(command), 0);
}

static void start_client(struct rig *r, int display, uint16_t w, uint16_t h)
{
	uint32_t mask = XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE | XCB_EVENT_MASK_BUTTON_PRESS |
		XCB_EVENT_MASK_BUTTON_RELEASE | XCB_EVENT_MASK_POINTER_MOTION | XCB_EVENT_MASK_EXPOSURE;
	uint32_t values[] = { 0x204060, 1, mask };
	xcb_generic_event_t *e = NULL;
	char name[16];

	snprintf(name, sizeof name, ":%d", display);
	r->x = xcb_connect(name, NULL);
	ck_assert_int_eq(xcb_connection_has_error(r->x), 0);
	r->root = xcb_setup_roots_iterator(xcb_get_setup(r->x)).data->root;
	r->window = xcb_generate_id(r->x);
	xcb_create_window(r->x, XCB_COPY_FROM_PARENT, r->window, r->root, 0, 0, w, h, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		XCB_COPY_FROM_PARENT, XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	r->gc = xcb_generate_id(r->x);
	xcb_create_gc(r->x, r->gc, r->window, 0, NULL);
	xcb_map_window(r->x, r->window);
	xcb_flush(r->x);
	/* mapped and painted before the focus can be set */
	while ((e = xcb_wait_for_event(r->x)) && (e->response_type & 0x7f) != XCB_EXPOSE)
		free(e);
	ck_assert_ptr_nonnull(e);
	free(e);
	xcb_set_input_focus(r->x, XCB_INPUT_FOCUS_POINTER_ROOT, r->window, XCB_CURRENT_TIME);
	free(xcb_get_input_focus_reply(r->x, xcb_get_input_focus(r->x), NULL));
	ck_assert(xkb_x11_setup_xkb_extension(r->x, 1, 0, XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL, NULL, NULL, NULL));
}

void rig_start(struct rig *r, uint16_t max_width, uint16_t max_height, const char *layout)
{
	char path[96], target[64];
	int display;

	memset(r, 0, sizeof *r);
	r->host = r->ime = r->ime_listen = r->clip = r->clip_listen = r->control = -1;
	signal(SIGPIPE, SIG_IGN);
	strcpy(r->dir, "/tmp/sekisho-capture-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	display = start_xvfb(r, max_width, max_height);
	snprintf(path, sizeof path, "%s/x11", r->dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/%s", r->dir, SEK_SESSION_DISPLAY);
	snprintf(target, sizeof target, "/tmp/.X11-unix/X%d", display);
	ck_assert_int_eq(symlink(target, path), 0);
	if (layout)
		set_layout(display, layout);
	start_client(r, display, max_width, max_height);
	r->ime_listen = listen_at(r, SEK_SESSION_IME);
	r->clip_listen = listen_at(r, SEK_SESSION_CLIPBOARD);
	r->painter = sek_painter_create();
	r->px = calloc((size_t)max_width * max_height, sizeof *r->px);
	r->in = malloc(SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES);
	ck_assert(r->painter && r->px && r->in);
	start_capture(r, max_width, max_height);
}

static void end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

static void remove_dir(const char *dir)
{
	static const char *const names[] = { "ime.sock", "clip.sock", "x11/X0", "x11", "fb/Xvfb_screen0", "fb", "" };
	char path[96];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if (remove(path) < 0 && errno != ENOENT)
			fprintf(stderr, "%s: %s\n", path, strerror(errno));
	}
}

void rig_stop(struct rig *r)
{
	end(&r->capture);
	if (r->x)
		xcb_disconnect(r->x);
	r->x = NULL;
	if (r->xvfb > 0) { /* by SIGTERM, so that it removes its socket and lock */
		kill(r->xvfb, SIGTERM);
		waitpid(r->xvfb, NULL, 0);
		r->xvfb = 0;
	}
	for (int *const *fd = (int *const[]){ &r->control, &r->host, &r->ime, &r->ime_listen, &r->clip,
		     &r->clip_listen, NULL }; *fd; fd++) {
		if (**fd >= 0)
			close(**fd);
		**fd = -1;
	}
	sek_painter_destroy(r->painter);
	free(r->px);
	free(r->in);
	if (r->dir[0])
		remove_dir(r->dir);
	memset(r, 0, sizeof *r);
}

int rig_wait_exit(struct rig *r)
{
	uint64_t until = rig_now_us() + 10000000;
	int status = 0;

	while (waitpid(r->capture, &status, WNOHANG) == 0) {
		ck_assert_msg(rig_now_us() < until, "capture did not end");
		rig_for(r, 5);
	}
	r->capture = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void rig_fill(struct rig *r, uint32_t colour, int16_t x, int16_t y, uint16_t w, uint16_t h)
{
	xcb_rectangle_t rect = { x, y, w, h };

	xcb_change_gc(r->x, r->gc, XCB_GC_FOREGROUND, &colour);
	xcb_poly_fill_rectangle(r->x, r->window, r->gc, 1, &rect);
	xcb_flush(r->x);
}

void rig_noise(struct rig *r, int16_t x, int16_t y, uint16_t w, uint16_t h, uint32_t seed)
{
	uint32_t row[2048];

	ck_assert_uint_le(w, 2048);
	for (uint16_t i = 0; i < h; i++) {
		for (uint16_t j = 0; j < w; j++) {
			seed = seed * 1664525u + 1013904223u;
			row[j] = seed >> 8;
		}
		xcb_put_image(r->x, XCB_IMAGE_FORMAT_Z_PIXMAP, r->window, r->gc, w, 1, x, (int16_t)(y + i), 0, 24, w * 4u,
			(const uint8_t *)row);
	}
	xcb_flush(r->x);
}

static size_t put_utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3f));
	out[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

void rig_typed(const struct rig *r, char *text, size_t size)
{
	size_t n = 0, text_at = 0;

	ck_assert_uint_lt(r->text_n + 4 * r->logged + 1, size);
	for (size_t i = 0; i < r->logged; i++) {
		const struct rig_event *e = &r->log[i];

		memcpy(text + n, r->text + text_at, e->text_before - text_at);
		n += e->text_before - text_at;
		text_at = e->text_before;
		if (e->type == XCB_KEY_PRESS && e->codepoint)
			n += put_utf8(e->codepoint, text + n);
	}
	memcpy(text + n, r->text + text_at, r->text_n - text_at);
	text[n + r->text_n - text_at] = 0;
}

void rig_assert_nothing_held(const struct rig *r)
{
	bool down[256] = { false };
	unsigned held = 0;

	for (size_t i = 0; i < r->logged; i++) {
		const struct rig_event *e = &r->log[i];

		if (e->type == XCB_KEY_PRESS || e->type == XCB_BUTTON_PRESS) {
			ck_assert_msg(!down[e->detail], "%u pressed twice", e->detail);
			down[e->detail] = true;
			held++;
		} else if (e->type == XCB_KEY_RELEASE || e->type == XCB_BUTTON_RELEASE) {
			ck_assert_msg(down[e->detail], "%u released twice", e->detail);
			down[e->detail] = false;
			held--;
		}
	}
	ck_assert_uint_eq(held, 0);
}

uint64_t rig_capture_cpu_us(const struct rig *r)
{
	char path[64], line[512];
	unsigned long user, sys;
	FILE *f;
	char *p;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)r->capture);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
	fclose(f);
	p = strrchr(line, ')');
	ck_assert_int_eq(sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys), 2);
	return (user + sys) * 1000000u / (unsigned long)sysconf(_SC_CLK_TCK);
}

unsigned rig_capture_pss_kib(const struct rig *r)
{
	char path[64], line[256];
	unsigned kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)r->capture);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Pss: %u", &kib) == 1)
			break;
	fclose(f);
	return kib;
}
