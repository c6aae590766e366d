/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The window manager on a real X server, with windows of this test: places, focus, full screen, size changes, closing.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xcb/randr.h>
#include <xcb/xcb.h>

enum { WIDTH = 1600, HEIGHT = 900 };

static pid_t server, wm;
static int wm_status;
static char display[16];
static xcb_connection_t *c;
static xcb_window_t root;

static pid_t run(char *const *argv, int status_to, int *ret_status)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fds[1] == status_to)
			fcntl(fds[1], F_SETFD, 0);
		else
			dup2(fds[1], status_to);
		execvp(argv[0], argv);
		_exit(97);
	}
	close(fds[1]);
	*ret_status = fds[0];
	return pid;
}

static char next_status(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte = 0;

	if (poll(&p, 1, wait_ms) == 1 && read(fd, &byte, 1) != 1)
		byte = 0;
	return byte;
}

static void set_up(void)
{
	static char *const x[] = { "Xvfb", "-displayfd", "3", "-screen", "0", "1600x900x24", "-nolisten", "tcp", NULL };
	static char *const manager[] = { SEK_TEST_WM, NULL };
	int status, n = 0;
	char byte;

	server = run(x, 3, &status);
	display[n++] = ':';
	while ((byte = next_status(status, 10000)) >= '0' && byte <= '9' && n < 14)
		display[n++] = byte;
	display[n] = 0;
	close(status);
	ck_assert_int_gt(n, 1);
	setenv("DISPLAY", display, 1);
	wm = run(manager, 3, &wm_status);
	ck_assert_int_eq(next_status(wm_status, 10000), 'm');
	c = xcb_connect(NULL, NULL);
	ck_assert_int_eq(xcb_connection_has_error(c), 0);
	root = xcb_setup_roots_iterator(xcb_get_setup(c)).data->root;
}

static void tear_down(void)
{
	int status;

	xcb_disconnect(c);
	kill(server, SIGTERM);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	/* the display's end is the manager's end, in good order */
	ck_assert_int_eq(waitpid(wm, &status, 0), wm);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(wm_status);
}

static xcb_atom_t atom(const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(c, xcb_intern_atom(c, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t a = r->atom;

	free(r);
	return a;
}

static xcb_window_t make(int width, int height, int override)
{
	uint32_t v[2] = { (uint32_t)override, XCB_EVENT_MASK_STRUCTURE_NOTIFY };
	xcb_window_t w = xcb_generate_id(c);

	xcb_create_window(c, XCB_COPY_FROM_PARENT, w, root, 7, 9, (uint16_t)width, (uint16_t)height, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, v);
	return w;
}

/* Waits up to 5 s until the window stands there. */
static bool stands_at(xcb_window_t w, int x, int y, int width, int height)
{
	for (int i = 0; i < 250; i++) {
		xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(c, xcb_get_geometry(c, w), NULL);
		bool ok = g && g->x == x && g->y == y && g->width == width && g->height == height;

		free(g);
		if (ok)
			return true;
		usleep(20000);
	}
	return false;
}

static uint32_t property(xcb_window_t w, const char *name, unsigned at)
{
	xcb_get_property_reply_t *r = xcb_get_property_reply(c, xcb_get_property(c, 0, w, atom(name), XCB_ATOM_ANY, 0, 64), NULL);
	uint32_t v = 0;

	if (r && r->format == 32 && at < r->value_len)
		v = ((const uint32_t *)xcb_get_property_value(r))[at];
	free(r);
	return v;
}

static bool has_focus(xcb_window_t w)
{
	for (int i = 0; i < 250; i++) {
		xcb_get_input_focus_reply_t *r = xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL);
		bool ok = r && r->focus == w;

		free(r);
		if (ok && property(root, "_NET_ACTIVE_WINDOW", 0) == w)
			return true;
		usleep(20000);
	}
	return false;
}

static void ask(xcb_window_t w, const char *type, uint32_t a, uint32_t b)
{
	xcb_client_message_event_t e = { .response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = w, .type = atom(type),
					 .data.data32 = { a, b } };

	xcb_send_event(c, 0, root, XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY, (const char *)&e);
	xcb_flush(c);
}

static void map(xcb_window_t w)
{
	xcb_map_window(c, w);
	xcb_flush(c);
}

START_TEST(places_and_focus)
{
	xcb_window_t first = make(300, 200, 0), dialog = make(400, 100, 0), big = make(3000, 3000, 0), menu = make(50, 60, 1);
	uint32_t v[2] = { 10, 10 };

	map(menu); /* a menu is not a window: neither moved nor announced */
	ck_assert(stands_at(menu, 7, 9, 50, 60));
	ck_assert_int_eq(next_status(wm_status, 200), 0);
	map(first);
	ck_assert(stands_at(first, 0, 0, WIDTH, HEIGHT));
	ck_assert_int_eq(next_status(wm_status, 5000), 'b');
	ck_assert(has_focus(first));
	ck_assert_uint_eq(property(root, "_NET_CLIENT_LIST", 0), first);
	ck_assert_uint_eq(property(first, "WM_STATE", 0), 1);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, dialog, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &first);
	map(dialog);
	ck_assert(stands_at(dialog, (WIDTH - 400) / 2, (HEIGHT - 100) / 2, 400, 100));
	ck_assert(has_focus(dialog));
	/* a window cannot leave its place, a dialog may grow but stays in the middle and inside */
	xcb_configure_window(c, first, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_WIDTH, v);
	xcb_flush(c);
	ck_assert(stands_at(first, 0, 0, WIDTH, HEIGHT));
	v[0] = 600;
	v[1] = 300;
	xcb_configure_window(c, dialog, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, v);
	xcb_flush(c);
	ck_assert(stands_at(dialog, (WIDTH - 600) / 2, (HEIGHT - 300) / 2, 600, 300));
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, big, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &first);
	map(big);
	ck_assert(stands_at(big, 0, 0, WIDTH, HEIGHT));
	xcb_destroy_window(c, big);
	xcb_flush(c);
	ck_assert(has_focus(dialog));
	/* raising a window takes its dialogs along */
	ask(first, "_NET_ACTIVE_WINDOW", 1, 0);
	usleep(100000);
	ck_assert(has_focus(dialog));
	xcb_unmap_window(c, dialog);
	xcb_flush(c);
	ck_assert(has_focus(first));
	xcb_destroy_window(c, first);
	xcb_flush(c);
	for (int i = 0; i < 250 && property(root, "_NET_ACTIVE_WINDOW", 0) != 0; i++)
		usleep(20000);
	ck_assert_uint_eq(property(root, "_NET_ACTIVE_WINDOW", 0), 0);
}
END_TEST

START_TEST(states)
{
	xcb_window_t a = make(300, 200, 0), b = make(300, 200, 0), dialog = make(300, 200, 0);
	xcb_atom_t full = atom("_NET_WM_STATE_FULLSCREEN"), dialog_type = atom("_NET_WM_WINDOW_TYPE_DIALOG");

	map(a);
	ck_assert(has_focus(a));
	map(b);
	ck_assert(has_focus(b));
	ask(b, "WM_CHANGE_STATE", 3, 0); /* "minimise": the other one comes up */
	ck_assert(has_focus(a));
	ask(a, "WM_CHANGE_STATE", 3, 0);
	ck_assert(has_focus(b));
	ck_assert_uint_eq(property(b, "_NET_WM_STATE", 0), atom("_NET_WM_STATE_MAXIMIZED_VERT"));
	ask(b, "_NET_WM_STATE", 0, atom("_NET_WM_STATE_MAXIMIZED_VERT")); /* un-maximise: not here */
	usleep(100000);
	ck_assert_uint_eq(property(b, "_NET_WM_STATE", 0), atom("_NET_WM_STATE_MAXIMIZED_VERT"));
	ck_assert(stands_at(b, 0, 0, WIDTH, HEIGHT));
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, dialog, atom("_NET_WM_WINDOW_TYPE"), XCB_ATOM_ATOM, 32, 1, &dialog_type);
	map(dialog);
	ck_assert(stands_at(dialog, (WIDTH - 300) / 2, (HEIGHT - 200) / 2, 300, 200));
	ask(dialog, "_NET_WM_STATE", 1, full);
	ck_assert(stands_at(dialog, 0, 0, WIDTH, HEIGHT));
	ck_assert_uint_eq(property(dialog, "_NET_WM_STATE", 0), full);
	ask(b, "_NET_WM_STATE", 2, full);
	for (int i = 0; i < 100 && property(b, "_NET_WM_STATE", 2) != full; i++)
		usleep(20000);
	ck_assert_uint_eq(property(b, "_NET_WM_STATE", 2), full);
	ask(b, "_NET_WM_STATE", 2, full);
	for (int i = 0; i < 100 && property(b, "_NET_WM_STATE", 2) == full; i++)
		usleep(20000);
	ck_assert_uint_eq(property(b, "_NET_WM_STATE", 2), 0);
}
END_TEST

/* Sets the root's size as capture does: a mode that the output does not have yet. */
static void resize(uint16_t width, uint16_t height)
{
	static int modes; /* each needs a name of its own */
	xcb_randr_get_screen_resources_current_reply_t *res = xcb_randr_get_screen_resources_current_reply(c,
		xcb_randr_get_screen_resources_current(c, root), NULL);
	xcb_randr_output_t output = xcb_randr_get_screen_resources_current_outputs(res)[0];
	xcb_randr_crtc_t crtc = xcb_randr_get_screen_resources_current_crtcs(res)[0];
	xcb_randr_mode_info_t info = { .width = width, .height = height, .dot_clock = 100000000, .htotal = width,
				       .vtotal = height, .name_len = 2 };
	const char name[3] = { 'm', (char)('a' + modes++), 0 };
	xcb_randr_create_mode_reply_t *mode = xcb_randr_create_mode_reply(c, xcb_randr_create_mode(c, root, info, 2, name), NULL);

	ck_assert_ptr_nonnull(mode);
	xcb_randr_add_output_mode(c, output, mode->mode);
	free(xcb_randr_set_crtc_config_reply(c, xcb_randr_set_crtc_config(c, crtc, 0, 0, 0, 0, XCB_NONE, 1, 0, NULL), NULL));
	xcb_randr_set_screen_size(c, root, width, height, 300, 200);
	free(xcb_randr_set_crtc_config_reply(c, xcb_randr_set_crtc_config(c, crtc, 0, 0, 0, 0, mode->mode, 1, 1, &output), NULL));
	free(mode);
	free(res);
}

START_TEST(follows_the_screen)
{
	xcb_window_t a = make(300, 200, 0), dialog = make(1200, 200, 0);

	map(a);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, dialog, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &a);
	map(dialog);
	ck_assert(stands_at(dialog, 200, 350, 1200, 200));
	resize(1000, 700);
	ck_assert(stands_at(a, 0, 0, 1000, 700));
	ck_assert(stands_at(dialog, 0, 250, 1000, 200));
	ck_assert_uint_eq(property(root, "_NET_WORKAREA", 2), 1000);
	resize(1600, 900);
	ck_assert(stands_at(a, 0, 0, 1600, 900));
}
END_TEST

START_TEST(closing)
{
	xcb_window_t polite = make(300, 200, 0);
	xcb_atom_t deletes = atom("WM_DELETE_WINDOW");
	xcb_generic_event_t *e;
	bool asked = false;

	xcb_change_property(c, XCB_PROP_MODE_REPLACE, polite, atom("WM_PROTOCOLS"), XCB_ATOM_ATOM, 32, 1, &deletes);
	map(polite);
	ck_assert(has_focus(polite));
	ask(polite, "_NET_CLOSE_WINDOW", 0, 0);
	for (int i = 0; i < 250 && !asked; i++, usleep(20000)) {
		while ((e = xcb_poll_for_event(c)) != NULL) {
			const xcb_client_message_event_t *m = (const xcb_client_message_event_t *)e;

			asked |= (e->response_type & 0x7f) == XCB_CLIENT_MESSAGE && m->data.data32[0] == deletes;
			free(e);
		}
	}
	ck_assert(asked);
}
END_TEST

/* A flood of windows, and nonsense about windows that never were: the manager stands. */
START_TEST(hostile_client)
{
	xcb_window_t last = 0;

	for (int i = 0; i < 400; i++) {
		last = make(10 + i, 10, 0);
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, last, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &last);
		map(last);
		if (i % 3 == 0)
			xcb_destroy_window(c, last);
	}
	for (uint32_t i = 0; i < 2000; i++) {
		ask(rand() % 2 ? (xcb_window_t)rand() : last, rand() % 2 ? "_NET_WM_STATE" : "_NET_ACTIVE_WINDOW", (uint32_t)rand(),
			(uint32_t)rand());
		if (i % 50 == 0)
			free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
	}
	xcb_disconnect(c); /* all of the client's windows go at once */
	c = xcb_connect(NULL, NULL);
	last = make(300, 200, 0);
	map(last);
	ck_assert(stands_at(last, 0, 0, WIDTH, HEIGHT));
	ck_assert(has_focus(last));
}
END_TEST

START_TEST(only_one_manager)
{
	static char *const manager[] = { SEK_TEST_WM, NULL };
	int fd, status;
	pid_t second = run(manager, 3, &fd);

	ck_assert_int_eq(waitpid(second, &status, 0), second);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	ck_assert_int_eq(next_status(fd, 0), 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wm");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, places_and_focus);
	tcase_add_test(t, states);
	tcase_add_test(t, follows_the_screen);
	tcase_add_test(t, closing);
	tcase_add_test(t, hostile_client);
	tcase_add_test(t, only_one_manager);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
