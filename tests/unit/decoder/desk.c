/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See desk.h.
 */
#include "tests/unit/decoder/desk.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs/pki.h"

enum { BAND = 32, DISPLAY_WAIT_MS = 8000 };

char desk_folder[64];

void desk_make_folder(const char *host)
{
	struct sek_pki_wish wish = { 0 };
	struct sek_pki *pki;
	char path[128], err[256] = "";

	snprintf(desk_folder, sizeof desk_folder, "/tmp/sek-desk-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(desk_folder));
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", desk_folder, i ? "other" : "ca");
		ck_assert_msg(sek_is_ok(sek_pki_init(path, "ca", &wish, err, sizeof err)), "%s", err);
		ck_assert_msg(sek_is_ok(sek_pki_open(path, &pki, err, sizeof err)), "%s", err);
		ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_HOST, host, &wish, err, sizeof err)), "%s", err);
		sek_pki_close(pki);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void desk_remove_folder(void)
{
	nftw(desk_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void desk_slurp(const char *name, char *ret, size_t size)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", desk_folder, name);
	f = fopen(path, "r");
	ck_assert_msg(f, "%s", path);
	ret[fread(ret, 1, size - 1, f)] = '\0';
	fclose(f);
}

uint16_t desk_free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

pid_t desk_run(const char *const *argv, int keep, const char *display)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		if (keep >= 0)
			fcntl(keep, F_SETFD, 0);
		setenv("HOME", desk_folder, 1);
		if (display)
			setenv("DISPLAY", display, 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

bool desk_read_display(int fd, char ret[16])
{
	char number[8] = "";
	size_t n = 0;

	while (!memchr(number, '\n', n)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t k = poll(&p, 1, DISPLAY_WAIT_MS) > 0 ? read(fd, number + n, sizeof number - 1 - n) : -1;

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	close(fd);
	snprintf(ret, 16, ":%.*s", n > 0 ? (int)n - 1 : 0, number);
	return n > 0 && number[n - 1] == '\n';
}

static uint32_t colour(int x, int y)
{
	uint32_t v = (uint32_t)(x * 7919 + y * 104729);

	return y < 64 ? (v ^ v >> 7) & 0xffffff : (uint32_t)(x / 40 * 6 + y / 40) * 0x0a1b2c & 0xffffff;
}

void desk_paint(struct desk *d)
{
	static uint32_t pixels[DESK_WIDTH * BAND];
	xcb_gcontext_t gc = xcb_generate_id(d->x);

	xcb_create_gc(d->x, gc, d->window, 0, NULL);
	for (int y = 0; y < DESK_HEIGHT; y += BAND) {
		for (int i = 0; i < DESK_WIDTH * BAND; i++)
			pixels[i] = colour(i % DESK_WIDTH, y + i / DESK_WIDTH);
		xcb_put_image(d->x, XCB_IMAGE_FORMAT_Z_PIXMAP, d->window, gc, DESK_WIDTH, BAND, 0, (int16_t)y, 0, 24, sizeof pixels, (uint8_t *)pixels);
	}
	free(xcb_get_input_focus_reply(d->x, xcb_get_input_focus(d->x), NULL)); /* it is drawn */
}

void desk_open(struct desk *d)
{
	uint32_t values[] = { 1, XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_PROPERTY_CHANGE };

	d->x = xcb_connect(d->display, NULL);
	ck_assert_int_eq(xcb_connection_has_error(d->x), 0);
	d->screen = xcb_setup_roots_iterator(xcb_get_setup(d->x)).data;
	d->window = xcb_generate_id(d->x);
	xcb_create_window(d->x, XCB_COPY_FROM_PARENT, d->window, d->screen->root, 0, 0, DESK_WIDTH, DESK_HEIGHT, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		d->screen->root_visual, XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	xcb_map_window(d->x, d->window);
	xcb_set_input_focus(d->x, XCB_INPUT_FOCUS_POINTER_ROOT, d->window, XCB_CURRENT_TIME);
	desk_paint(d);
}

void desk_close(struct desk *d)
{
	if (d->x)
		xcb_disconnect(d->x);
	d->x = NULL;
}

uint32_t desk_key(struct desk *d)
{
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	for (;;) {
		xcb_generic_event_t *e = xcb_poll_for_event(d->x);

		ck_assert_msg(test_now_ms() < until, "no key");
		if (e && (e->response_type & 0x7f) == XCB_KEY_PRESS) {
			xcb_key_press_event_t k = *(xcb_key_press_event_t *)(void *)e;
			xcb_get_keyboard_mapping_reply_t *m = xcb_get_keyboard_mapping_reply(d->x, xcb_get_keyboard_mapping(d->x, k.detail, 1), NULL);
			const uint32_t *level = xcb_get_keyboard_mapping_keysyms(m);
			uint32_t keysym = level[k.state & XCB_MOD_MASK_SHIFT && level[1] ? 1 : 0];

			free(m);
			free(e);
			return keysym;
		}
		free(e);
		usleep(1000);
	}
}

size_t desk_wrong_pixels(const struct outside *o)
{
	size_t n = 0;

	for (int y = 0; y < DESK_HEIGHT; y++)
		for (int x = 0; x < DESK_WIDTH; x++)
			n += outside_pixel(o, (uint16_t)x, (uint16_t)y) != colour(x, y);
	return n;
}

void desk_look(struct outside *o, const struct outside_options *options)
{
	outside_start(o, options);
	outside_hello(o, DESK_WIDTH, DESK_HEIGHT);
	OUTSIDE_UNTIL(outside_header(o).state == SEK_STATE_RUNNING || !test_alive(o->decoder));
	ck_assert_msg(outside_header(o).state == SEK_STATE_RUNNING, "it left with %d, signal %d", test_wait(o->decoder, 0).code,
		test_wait(o->decoder, 0).signal);
}

void desk_type(struct outside *o, uint16_t code, uint32_t codepoint)
{
	outside_key(o, code, true, codepoint);
	outside_key(o, code, false, codepoint);
}
