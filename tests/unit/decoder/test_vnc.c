/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-vnc against real VNC servers: Xvnc with every kind of security that we take and those that we do not, x11vnc. Its picture
 * is compared pixel by pixel, what is typed is looked at by an X client of the server, sizes follow, copied text crosses.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/input-event-codes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include "certs/pki.h"
#include "tests/unit/decoder/outside.h"

#define NAME "desk7.example"
enum { WIDTH = 640, HEIGHT = 480 };

static char folder[64], trust[8192], crl[8192], revoked[8192], stale[8192], pinned[8192], other[8192];

static void slurp(const char *name, char *ret, size_t size)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "r");
	ck_assert_msg(f, "%s", path);
	ret[fread(ret, 1, size - 1, f)] = '\0';
	fclose(f);
}

static void set_up(void)
{
	struct sek_pki_wish wish = { 0 };
	struct sek_pki *pki;
	char path[128], err[256] = "";
	size_t n = 0;

	snprintf(folder, sizeof folder, "/tmp/sek-vnc-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, i ? "other" : "ca");
		ck_assert_msg(sek_is_ok(sek_pki_init(path, "ca", &wish, err, sizeof err)), "%s", err);
		ck_assert_msg(sek_is_ok(sek_pki_open(path, &pki, err, sizeof err)), "%s", err);
		ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_HOST, NAME, &wish, err, sizeof err)), "%s", err);
		sek_pki_close(pki);
	}
	slurp("ca/ca.crt", trust, sizeof trust);
	slurp("ca/ca.crl", crl, sizeof crl);
	slurp("ca/" NAME ".crt", pinned, sizeof pinned);
	snprintf(path, sizeof path, "%s/ca", folder);
	ck_assert_msg(sek_is_ok(sek_pki_open(path, &pki, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_sign_crl(pki, &(struct sek_pki_wish){ .now = time(NULL) - 30 * 86400 }, err, sizeof err)), "%s", err);
	slurp("ca/ca.crl", stale, sizeof stale);
	ck_assert_msg(sek_is_ok(sek_pki_revoke(pki, NAME, &wish, &n, err, sizeof err)), "%s", err);
	slurp("ca/ca.crl", revoked, sizeof revoked);
	sek_pki_close(pki);
	slurp("other/" NAME ".crt", other, sizeof other);
	snprintf(path, sizeof path, "x11vnc -storepasswd s3cret %s/passwd > /dev/null 2>&1", folder);
	ck_assert_int_eq(system(path), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void tear_down(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- the server --- */

struct server {
	pid_t pid;
	uint16_t port;
	char display[16];
	xcb_connection_t *x;
	xcb_screen_t *screen;
	xcb_window_t window;
};

static uint16_t free_port(void)
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

static pid_t run(const char *const *argv, int keep)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		if (keep >= 0)
			fcntl(keep, F_SETFD, 0);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void read_display(int fd, struct server *s)
{
	char number[8] = "";
	size_t n = 0;

	while (!memchr(number, '\n', n)) {
		ssize_t k = read(fd, number + n, sizeof number - 1 - n);

		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	number[n - 1] = '\0';
	snprintf(s->display, sizeof s->display, ":%s", number);
	close(fd);
}

static void xvnc(struct server *s, const char *security)
{
	char port[8], cert[128], key[128], password[128], fd[8], size[16];
	int p[2];

	memset(s, 0, sizeof *s);
	s->port = free_port();
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	snprintf(port, sizeof port, "%u", s->port);
	snprintf(fd, sizeof fd, "%d", p[1]);
	snprintf(cert, sizeof cert, "%s/ca/" NAME ".crt", folder);
	snprintf(key, sizeof key, "%s/ca/" NAME ".key", folder);
	snprintf(password, sizeof password, "%s/passwd", folder);
	snprintf(size, sizeof size, "%dx%d", WIDTH, HEIGHT);
	const char *const argv[] = { "Xvnc", "-displayfd", fd, "-rfbport", port, "-interface", "127.0.0.1", "-SecurityTypes", security,
		"-X509Cert", cert, "-X509Key", key, "-PasswordFile", password, "-geometry", size, "-depth", "24", "-nolisten", "tcp", NULL };

	s->pid = run(argv, p[1]);
	close(p[1]);
	read_display(p[0], s);
}

static uint32_t colour(int x, int y)
{
	uint32_t v = (uint32_t)(x * 7919 + y * 104729);

	return y < 64 ? (v ^ v >> 7) & 0xffffff : (uint32_t)(x / 40 * 6 + y / 40) * 0x0a1b2c & 0xffffff;
}

static void paint(struct server *s)
{
	static uint32_t pixels[WIDTH * 32];
	xcb_gcontext_t gc = xcb_generate_id(s->x);

	xcb_create_gc(s->x, gc, s->window, 0, NULL);
	for (int y = 0; y < HEIGHT; y += 32) {
		for (int i = 0; i < WIDTH * 32; i++)
			pixels[i] = colour(i % WIDTH, y + i / WIDTH);
		xcb_put_image(s->x, XCB_IMAGE_FORMAT_Z_PIXMAP, s->window, gc, WIDTH, 32, 0, (int16_t)y, 0, 24, sizeof pixels,
			(uint8_t *)pixels);
	}
	free(xcb_get_input_focus_reply(s->x, xcb_get_input_focus(s->x), NULL)); /* it is drawn */
}

/* A window over everything, of which each pixel is known. */
static void draw(struct server *s)
{
	uint32_t values[] = { 1, XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_PROPERTY_CHANGE };

	s->x = xcb_connect(s->display, NULL);
	ck_assert_int_eq(xcb_connection_has_error(s->x), 0);
	s->screen = xcb_setup_roots_iterator(xcb_get_setup(s->x)).data;
	s->window = xcb_generate_id(s->x);
	xcb_create_window(s->x, XCB_COPY_FROM_PARENT, s->window, s->screen->root, 0, 0, WIDTH, HEIGHT, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		s->screen->root_visual, XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	xcb_map_window(s->x, s->window);
	xcb_set_input_focus(s->x, XCB_INPUT_FOCUS_POINTER_ROOT, s->window, XCB_CURRENT_TIME);
	paint(s);
}

static void end(struct server *s)
{
	if (s->x)
		xcb_disconnect(s->x);
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static size_t wrong_pixels(const struct outside *o)
{
	size_t n = 0;

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			n += outside_pixel(o, (uint16_t)x, (uint16_t)y) != colour(x, y);
	return n;
}

static struct outside_options options(const struct server *s)
{
	return (struct outside_options){ .program = SEK_DECODER_VNC, .port = s->port, .name = NAME, .trust = trust, .crl = crl,
		.password = "s3cret" };
}

static void up(struct outside *o, const struct outside_options *options)
{
	outside_start(o, options);
	outside_hello(o, WIDTH, HEIGHT);
	OUTSIDE_UNTIL(outside_header(o).state == SEK_STATE_RUNNING || !test_alive(o->decoder));
	if (outside_header(o).state != SEK_STATE_RUNNING) {
		struct test_end e = test_wait(o->decoder, 0);

		ck_abort_msg("it left with %d, signal %d", e.code, e.signal);
	}
}

/* --- tests --- */

static const struct {
	const char *security, *trust;
	bool insecure;
	uint16_t max_width; /* that of the picture: the library draws into the gap; 0: beside it */
} good[] = {
	{ "X509Vnc", trust, false, 0 }, { "X509None", pinned, false, 0 }, { "VncAuth", "", true, 0 }, { "None", "", true, WIDTH },
};

START_TEST(the_picture_is_the_servers)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	xvnc(&s, good[_i].security);
	draw(&s);
	wish = options(&s);
	wish.trust = good[_i].trust;
	wish.crl = good[_i].trust == trust ? crl : "";
	wish.insecure = good[_i].insecure;
	wish.max_width = good[_i].max_width;
	up(&o, &wish);
	ck_assert_uint_eq(outside_header(&o).width_px, WIDTH);
	ck_assert_uint_eq(outside_header(&o).height_px, HEIGHT);
	OUTSIDE_UNTIL(wrong_pixels(&o) == 0);
	test_assert_jailed(o.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
	end(&s);
}
END_TEST

static const struct {
	const char *security, *trust, *password, *name;
	bool insecure;
	uint16_t max_width;
	int code;
	const char *crl; /* NULL: the present one */
} steps[] = {
	{ "X509Vnc", trust, "s3cret", NAME, false, 0, SEK_EXIT_OK, NULL },
	{ "X509Vnc", trust, "wrong", NAME, false, 0, SEK_EXIT_LOGIN, NULL },
	{ "X509Vnc", trust, "", NAME, false, 0, SEK_EXIT_LOGIN, NULL },
	{ "X509Vnc", trust, "s3cret", "desk8.example", false, 0, SEK_EXIT_CERTIFICATE, NULL },
	{ "X509Vnc", other, "s3cret", NAME, false, 0, SEK_EXIT_CERTIFICATE, NULL },
	{ "VncAuth", trust, "s3cret", NAME, false, 0, SEK_EXIT_TLS, NULL },     /* nothing is encrypted: never unless that was said */
	{ "TLSVnc,TLSNone", trust, "s3cret", NAME, false, 0, SEK_EXIT_TLS, NULL }, /* encrypted for whomever: neither */
	{ "VncAuth", "", "wrong", NAME, true, 0, SEK_EXIT_LOGIN, NULL },
	{ "VncAuth", "", "", NAME, true, 0, SEK_EXIT_LOGIN, NULL },
	{ "X509Vnc", trust, "s3cret", NAME, false, 320, SEK_EXIT_SIZE, NULL },
	{ "X509Vnc", trust, "s3cret", NAME, false, 0, SEK_EXIT_CERTIFICATE, revoked },
	{ "X509Vnc", trust, "s3cret", NAME, false, 0, SEK_EXIT_CERTIFICATE, stale },
	{ "X509None", pinned, "", "any.name", false, 0, SEK_EXIT_OK, NULL },
};

START_TEST(a_test_names_the_step)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	xvnc(&s, steps[_i].security);
	wish = options(&s);
	wish.trust = steps[_i].trust;
	wish.crl = steps[_i].crl ? steps[_i].crl : steps[_i].trust == trust ? crl : "";
	wish.password = steps[_i].password;
	wish.name = steps[_i].name;
	wish.insecure = steps[_i].insecure;
	wish.max_width = steps[_i].max_width;
	wish.test = true;
	outside_start(&o, &wish);
	ck_assert_int_eq(outside_end(&o).code, steps[_i].code);
	end(&s);
}
END_TEST

/* The keysym of the next key press. */
static uint32_t next_key(struct server *s)
{
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	for (;;) {
		xcb_generic_event_t *e = xcb_poll_for_event(s->x);

		ck_assert_msg(test_now_ms() < until, "no key");
		if (e && (e->response_type & 0x7f) == XCB_KEY_PRESS) {
			xcb_key_press_event_t k = *(xcb_key_press_event_t *)(void *)e;
			xcb_get_keyboard_mapping_reply_t *m = xcb_get_keyboard_mapping_reply(s->x, xcb_get_keyboard_mapping(s->x, k.detail, 1), NULL);
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

static xcb_atom_t atom(struct server *s, const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(s->x, xcb_intern_atom(s->x, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t a = r->atom;

	free(r);
	return a;
}

/* What a program of the desktop would paste. */
static const char *selection(struct server *s, const char *name)
{
	static char text[256];
	uint64_t until = test_now_ms() + TEST_WAIT_MS;
	xcb_atom_t where = atom(s, "SEK_TEST");
	xcb_get_property_reply_t *r = NULL;

	xcb_delete_property(s->x, s->window, where);
	xcb_convert_selection(s->x, s->window, atom(s, name), atom(s, "UTF8_STRING"), where, XCB_CURRENT_TIME);
	do {
		ck_assert_msg(test_now_ms() < until, "nothing is pasted");
		free(r);
		usleep(1000);
		r = xcb_get_property_reply(s->x, xcb_get_property(s->x, 0, s->window, where, XCB_ATOM_ANY, 0, 60), NULL);
	} while (r->type == XCB_ATOM_NONE);
	snprintf(text, sizeof text, "%.*s", xcb_get_property_value_length(r), (const char *)xcb_get_property_value(r));
	free(r);
	return text;
}

/* Copies in a program of the desktop: answers whoever asks, until done(user). */
static void copy(struct server *s, const char *text, bool (*done)(void *user), void *user)
{
	xcb_atom_t clipboard = atom(s, "CLIPBOARD"), utf8 = atom(s, "UTF8_STRING"), targets = atom(s, "TARGETS");
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	xcb_set_selection_owner(s->x, s->window, clipboard, XCB_CURRENT_TIME);
	while (!done(user)) {
		xcb_generic_event_t *e = xcb_poll_for_event(s->x);
		xcb_selection_request_event_t *r = (xcb_selection_request_event_t *)(void *)e;

		ck_assert_msg(test_now_ms() < until, "nobody takes what was copied");
		if (e && (e->response_type & 0x7f) == XCB_SELECTION_REQUEST) {
			xcb_selection_notify_event_t n = { .response_type = XCB_SELECTION_NOTIFY, .requestor = r->requestor, .selection = r->selection,
				.target = r->target, .property = r->property };

			if (r->target == targets)
				xcb_change_property(s->x, XCB_PROP_MODE_REPLACE, r->requestor, r->property, XCB_ATOM_ATOM, 32, 1, &utf8);
			else
				xcb_change_property(s->x, XCB_PROP_MODE_REPLACE, r->requestor, r->property, utf8, 8, (uint32_t)strlen(text), text);
			xcb_send_event(s->x, 0, r->requestor, 0, (const char *)&n);
			xcb_flush(s->x);
		}
		free(e);
		xcb_flush(s->x);
		usleep(1000);
	}
}

static void type(struct outside *o, uint16_t code, uint32_t codepoint)
{
	outside_key(o, code, true, codepoint);
	outside_key(o, code, false, codepoint);
}

START_TEST(what_is_typed_arrives)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	xvnc(&s, "X509Vnc");
	draw(&s);
	wish = options(&s);
	up(&o, &wish);
	type(&o, KEY_A, 'a');
	ck_assert_uint_eq(next_key(&s), 'a');
	outside_key(&o, KEY_LEFTSHIFT, true, 0);
	ck_assert_uint_eq(next_key(&s), 0xffe1);
	type(&o, KEY_2, '"'); /* of a Japanese keyboard */
	ck_assert_uint_eq(next_key(&s), '"');
	outside_key(&o, KEY_LEFTSHIFT, false, 0);
	type(&o, KEY_ENTER, 0);
	ck_assert_uint_eq(next_key(&s), 0xff0d);
	type(&o, KEY_HENKAN, 0);
	ck_assert_uint_eq(next_key(&s), 0xff23);
	outside_text(&o, "日本語です"); /* pasted: the keys that do it, and what they paste */
	type(&o, KEY_B, 'b');
	ck_assert_uint_eq(next_key(&s), 0xffe1);
	ck_assert_uint_eq(next_key(&s), 0xff63);
	ck_assert_str_eq(selection(&s, "CLIPBOARD"), "日本語です");
	ck_assert_uint_eq(next_key(&s), 'b'); /* only then */
	outside_text(&o, "二つめ");
	ck_assert_uint_eq(next_key(&s), 0xffe1);
	ck_assert_uint_eq(next_key(&s), 0xff63);
	ck_assert_str_eq(selection(&s, "PRIMARY"), "二つめ");
	outside_paste(&o, "写した文"); /* copied by the user, until the next is typed and again after it */
	OUTSIDE_UNTIL(strcmp(selection(&s, "CLIPBOARD"), "写した文") == 0);
	outside_text(&o, "三");
	OUTSIDE_UNTIL(strcmp(selection(&s, "CLIPBOARD"), "写した文") == 0);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
	end(&s);
}
END_TEST

struct copied {
	struct outside *o;
	uint8_t text[256];
	size_t n;
};

static bool has_come(void *user)
{
	struct copied *c = user;

	return outside_copied(c->o, c->text, sizeof c->text, &c->n, 0);
}

static bool is_owner_asked(void *user)
{
	return test_now_ms() > *(uint64_t *)user;
}

START_TEST(copied_text_comes_in_only_by_its_pipe)
{
	struct outside_options wish;
	struct copied c = { .n = 0 };
	uint64_t soon = test_now_ms() + 300;
	struct server s;
	struct outside o;

	xvnc(&s, "X509Vnc");
	draw(&s);
	wish = options(&s);
	up(&o, &wish);
	copy(&s, "秘密", is_owner_asked, &soon); /* nothing may come in: nothing is asked for, nothing happens */
	outside_open_clipboard(&o);
	c.o = &o;
	copy(&s, "写し\u202eして\r\nください", has_come, &c);
	ck_assert_uint_eq(c.n, strlen("写しして\nください")); /* cleaned, as every copied text */
	ck_assert_mem_eq(c.text, "写しして\nください", c.n);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
	end(&s);
}
END_TEST

START_TEST(the_size_follows_the_window)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	xvnc(&s, "X509Vnc");
	draw(&s);
	wish = options(&s);
	outside_start(&o, &wish);
	outside_hello(&o, 800, 600);
	OUTSIDE_UNTIL(outside_header(&o).width_px == 800 && outside_header(&o).height_px == 600);
	OUTSIDE_UNTIL(outside_header(&o).state == SEK_STATE_RUNNING && outside_header(&o).painting == SEK_GAP_PAINTED);
	paint(&s); /* the X server forgets what was drawn when its screen gets another size */
	OUTSIDE_UNTIL(wrong_pixels(&o) == 0);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
	end(&s);
}
END_TEST

/* x11vnc shows an X server's screen, and has never heard of sizes that follow. */
START_TEST(another_server_is_seen_too)
{
	char port[8], display[16];
	struct outside_options wish;
	struct server s, shown;
	uint32_t key;
	struct outside o;

	xvnc(&s, "None");
	draw(&s);
	shown = (struct server){ .port = free_port() };
	snprintf(port, sizeof port, "%u", shown.port);
	snprintf(display, sizeof display, "%s", s.display);
	const char *const argv[] = { "x11vnc", "-display", display, "-rfbport", port, "-localhost", "-noxdamage", "-nopw", "-no6", "-quiet", "-shared",
		"-forever", NULL };

	shown.pid = run(argv, -1);
	wish = options(&shown);
	wish.insecure = true;
	wish.trust = wish.crl = wish.password = "";
	outside_start(&o, &wish);
	outside_hello(&o, 800, 600);
	OUTSIDE_UNTIL(outside_header(&o).state == SEK_STATE_RUNNING);
	OUTSIDE_UNTIL(wrong_pixels(&o) == 0);
	ck_assert_uint_eq(outside_header(&o).width_px, WIDTH);
	outside_text(&o, "é日"); /* it has no clipboard in UTF-8: by keys */
	while ((key = next_key(&s)) >= 0xffe1 && key <= 0xffee) /* Shift, as it sees fit */
		;
	ck_assert_uint_eq(key, 0xe9);
	while ((key = next_key(&s)) >= 0xffe1 && key <= 0xffee)
		;
	ck_assert_uint_eq(key, 0x010065e5);
	kill(shown.pid, SIGKILL); /* and when it dies, that is said */
	ck_assert_int_eq(outside_end(&o).code, SEK_EXIT_LOST);
	waitpid(shown.pid, NULL, 0);
	end(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decoder.vnc");
	TCase *t = tcase_create("vnc");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 90);
	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, the_picture_is_the_servers, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(t, a_test_names_the_step, 0, sizeof steps / sizeof steps[0]);
	tcase_add_test(t, what_is_typed_arrives);
	tcase_add_test(t, copied_text_comes_in_only_by_its_pipe);
	tcase_add_test(t, the_size_follows_the_window);
	tcase_add_test(t, another_server_is_seen_too);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
