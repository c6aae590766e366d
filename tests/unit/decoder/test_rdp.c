/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-rdp against a real RDP server, FreeRDP's shadow of an X screen: its picture is compared pixel by pixel, what is typed and
 * clicked is looked at by an X client of that screen, and each way of failing has its code.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/input-event-codes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include "certs/pki.h"
#include "tests/unit/decoder/outside.h"

#define NAME "desk9.example"
enum { WIDTH = 640, HEIGHT = 480 };

static char folder[64], trust[8192], crl[8192], other[8192];

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
	char path[256], err[256] = "";

	snprintf(folder, sizeof folder, "/tmp/sek-rdp-XXXXXX");
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
	slurp("other/" NAME ".crt", other, sizeof other);
	/* who may log in: the NT hash of "s3cret" */
	snprintf(path, sizeof path, "printf 'staff:::%%s:::\\n' $(printf s3cret | iconv -t UTF-16LE | openssl dgst -provider legacy -provider default -md4 -r | cut -c1-32) > %s/sam",
		folder);
	ck_assert_int_eq(system(path), 0);
	/* where the server looks for its certificate */
	snprintf(path, sizeof path, "mkdir -p %s/.config/freerdp/shadow", folder);
	ck_assert_int_eq(system(path), 0);
	for (int i = 0; i < 2; i++) {
		char command[512];

		snprintf(command, sizeof command, i ? "openssl ec -in %s/ca/" NAME ".key -out %s/.config/freerdp/shadow/shadow.key 2>/dev/null" :
			"cp %s/ca/" NAME ".crt %s/.config/freerdp/shadow/shadow.crt", folder, folder);
		ck_assert_int_eq(system(command), 0);
	}
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
	pid_t xvfb, shadow;
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

static pid_t run(const char *const *argv, int keep, const char *display)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		if (keep >= 0)
			fcntl(keep, F_SETFD, 0);
		setenv("HOME", folder, 1);
		if (display)
			setenv("DISPLAY", display, 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static bool answers(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool well;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	well = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return well;
}

/* Two servers that start at once may want the same number: then one says none. */
static bool try_screen(struct server *s)
{
	char fd[8], size[24], number[8] = "";
	size_t n = 0;
	int p[2];

	memset(s, 0, sizeof *s);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	snprintf(fd, sizeof fd, "%d", p[1]);
	snprintf(size, sizeof size, "%dx%dx24", WIDTH, HEIGHT);
	const char *const argv[] = { "Xvfb", "-displayfd", fd, "-screen", "0", size, "-nolisten", "tcp", NULL };

	s->xvfb = run(argv, p[1], NULL);
	close(p[1]);
	while (!memchr(number, '\n', n)) {
		ssize_t k = poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, 8000) > 0 ? read(p[0], number + n, sizeof number - 1 - n) : -1;

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	close(p[0]);
	if (n == 0 || number[n - 1] != '\n') {
		kill(s->xvfb, SIGKILL);
		waitpid(s->xvfb, NULL, 0);
		return false;
	}
	number[n - 1] = '\0';
	snprintf(s->display, sizeof s->display, ":%s", number);
	return true;
}

static void screen(struct server *s)
{
	for (int i = 0; i < 5; i++)
		if (try_screen(s))
			return;
	ck_abort_msg("Xvfb did not start");
}

/* It does not always come up, and then says nothing. */
static bool try_shadow(struct server *s, const char *security, int wait_ms)
{
	char port[24], sam[128];

	s->port = free_port();
	snprintf(port, sizeof port, "/port:%u", s->port);
	snprintf(sam, sizeof sam, "/sam-file:%s/sam", folder);
	const char *const argv[] = { "freerdp-shadow-cli", port, "/bind-address:127.0.0.1", security, strcmp(security, "/sec:nla") == 0 ? sam : "-auth",
		NULL };

	s->shadow = run(argv, -1, s->display);
	for (int i = 0; i < wait_ms / 10; i++) {
		if (answers(s->port))
			return true;
		usleep(10000);
	}
	kill(s->shadow, SIGKILL);
	waitpid(s->shadow, NULL, 0);
	return false;
}

static void shadow(struct server *s, const char *security)
{
	for (int wait_ms = 8000; wait_ms <= 64000; wait_ms *= 2) /* or it is only slow, on a machine that is full */
		if (try_shadow(s, security, wait_ms))
			return;
	ck_abort_msg("freerdp-shadow-cli did not start");
}

static uint32_t colour(int x, int y)
{
	uint32_t v = (uint32_t)(x * 7919 + y * 104729);

	return y < 64 ? (v ^ v >> 7) & 0xffffff : (uint32_t)(x / 40 * 6 + y / 40) * 0x0a1b2c & 0xffffff;
}

static void draw(struct server *s)
{
	static uint32_t pixels[WIDTH * 32];
	uint32_t values[] = { 1, XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_BUTTON_PRESS };
	xcb_gcontext_t gc;

	s->x = xcb_connect(s->display, NULL);
	ck_assert_int_eq(xcb_connection_has_error(s->x), 0);
	s->screen = xcb_setup_roots_iterator(xcb_get_setup(s->x)).data;
	s->window = xcb_generate_id(s->x);
	xcb_create_window(s->x, XCB_COPY_FROM_PARENT, s->window, s->screen->root, 0, 0, WIDTH, HEIGHT, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		s->screen->root_visual, XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	xcb_map_window(s->x, s->window);
	xcb_set_input_focus(s->x, XCB_INPUT_FOCUS_POINTER_ROOT, s->window, XCB_CURRENT_TIME);
	gc = xcb_generate_id(s->x);
	xcb_create_gc(s->x, gc, s->window, 0, NULL);
	for (int y = 0; y < HEIGHT; y += 32) {
		for (int i = 0; i < WIDTH * 32; i++)
			pixels[i] = colour(i % WIDTH, y + i / WIDTH);
		xcb_put_image(s->x, XCB_IMAGE_FORMAT_Z_PIXMAP, s->window, gc, WIDTH, 32, 0, (int16_t)y, 0, 24, sizeof pixels, (uint8_t *)pixels);
	}
	free(xcb_get_input_focus_reply(s->x, xcb_get_input_focus(s->x), NULL)); /* it is drawn */
}

static void end(struct server *s)
{
	if (s->x)
		xcb_disconnect(s->x);
	if (s->shadow > 0) {
		kill(s->shadow, SIGKILL);
		waitpid(s->shadow, NULL, 0);
	}
	kill(s->xvfb, SIGTERM);
	waitpid(s->xvfb, NULL, 0);
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
	return (struct outside_options){ .program = SEK_DECODER_RDP, .port = s->port, .name = NAME, .trust = trust, .crl = crl };
}

static void up(struct outside *o, const struct outside_options *options)
{
	outside_start(o, options);
	outside_hello(o, WIDTH, HEIGHT);
	OUTSIDE_UNTIL(outside_header(o).state == SEK_STATE_RUNNING || !test_alive(o->decoder));
	ck_assert_msg(outside_header(o).state == SEK_STATE_RUNNING, "it left with %d, signal %d", test_wait(o->decoder, 0).code, test_wait(o->decoder, 0).signal);
}

/* --- tests --- */

START_TEST(the_picture_is_the_hosts)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	screen(&s);
	draw(&s);
	shadow(&s, "/sec:tls");
	wish = options(&s);
	up(&o, &wish);
	ck_assert_uint_eq(outside_header(&o).width_px, WIDTH);
	ck_assert_uint_eq(outside_header(&o).height_px, HEIGHT);
	OUTSIDE_UNTIL(wrong_pixels(&o) == 0);
	/* one thread: no codec that would begin others was made */
	test_assert_jailed(o.decoder, 48);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
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
			if (keysym == 0xffe1 || keysym == 0xffe2) /* Shift, of which a character may need more */
				continue;
			return keysym;
		}
		free(e);
		usleep(1000);
	}
}

static void type(struct outside *o, uint16_t code, uint32_t codepoint)
{
	outside_key(o, code, true, codepoint);
	outside_key(o, code, false, codepoint);
}

START_TEST(what_is_typed_and_clicked_arrives)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	screen(&s);
	draw(&s);
	shadow(&s, "/sec:tls");
	wish = options(&s);
	up(&o, &wish);
	type(&o, KEY_A, 'a');
	ck_assert_uint_eq(next_key(&s), 'a');
	type(&o, KEY_LEFTBRACE, '@'); /* where a JIS keyboard has it */
	ck_assert_uint_eq(next_key(&s), '@');
	outside_key(&o, KEY_LEFTSHIFT, true, 0);
	type(&o, KEY_SEMICOLON, '+');
	type(&o, KEY_MINUS, '='); /* with Shift on a JIS keyboard, without on theirs */
	outside_key(&o, KEY_LEFTSHIFT, false, 0);
	ck_assert_uint_eq(next_key(&s), '+');
	ck_assert_uint_eq(next_key(&s), '=');
	outside_text(&o, "Ab 1\n");
	for (const char *p = "Ab 1\r"; *p; p++)
		ck_assert_uint_eq(next_key(&s), *p == '\r' ? 0xff0du : (uint32_t)(unsigned char)*p);
	type(&o, KEY_DOWN, 0);
	ck_assert_uint_eq(next_key(&s), 0xff54);
	type(&o, KEY_KPENTER, 0);
	ck_assert_uint_eq(next_key(&s), 0xff8d);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
	end(&s);
}
END_TEST

static const struct {
	const char *security, *trust, *name, *login, *password;
	bool insecure;
	uint16_t max_width;
	int code;
} steps[] = {
	{ "/sec:tls", trust, NAME, "", "", false, 0, SEK_EXIT_OK },
	{ "/sec:tls", trust, "desk8.example", "", "", false, 0, SEK_EXIT_CERTIFICATE },
	{ "/sec:tls", other, NAME, "", "", false, 0, SEK_EXIT_CERTIFICATE },
	{ "/sec:tls", "", NAME, "", "", true, 0, SEK_EXIT_OK },
	{ "/sec:tls", trust, NAME, "", "", false, 320, SEK_EXIT_SIZE },
	{ "/sec:nla", trust, NAME, "staff", "s3cret", false, 0, SEK_EXIT_OK },
	{ "/sec:nla", trust, NAME, "staff", "wrong", false, 0, SEK_EXIT_LOGIN },
	{ "/sec:nla", other, NAME, "staff", "s3cret", false, 0, SEK_EXIT_CERTIFICATE },
	{ "/sec:nla", trust, NAME, "", "", false, 0, SEK_EXIT_LOGIN }, /* it wants to know who comes, and nobody is known */
};

START_TEST(a_test_names_the_step)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	screen(&s);
	shadow(&s, steps[_i].security);
	wish = options(&s);
	wish.trust = steps[_i].trust;
	wish.crl = steps[_i].trust == trust ? crl : "";
	wish.name = steps[_i].name;
	wish.login = steps[_i].login;
	wish.password = steps[_i].password;
	wish.insecure = steps[_i].insecure;
	wish.max_width = steps[_i].max_width;
	wish.test = true;
	outside_start(&o, &wish);
	ck_assert_int_eq(outside_end(&o).code, steps[_i].code);
	end(&s);
}
END_TEST

/* What a server may say before anything is encrypted: 2.2.1.2, and what is none of it. */
static const struct {
	const char *bytes;
	size_t n;
	int code;
} openings[] = {
	{ "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x02\x00\x00\x00", 19, SEK_EXIT_TLS }, /* "SSL not allowed" */
	{ "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x00\x00\x00\x00", 19, SEK_EXIT_TLS }, /* its own old encryption */
	{ "\x03\x00\xff\xff\x0e\xd0\x00\x00\x12\x34", 10, 0 },      /* more is announced than comes */
	{ "\x03\x00\x00\x02", 4, 0 },                            /* shorter than its own head */
	{ "\x03\x00\x00\x13\xff\xd0\x00\x00\x12\x34\x00\x02\x01\x08\x00\x01\x00\x00\x00", 19, 0 },
	{ "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x01\x08\x00\x01\x00\x00\x00\x16\x03\x03\xff\xff\xff\xff\xff", 27, 0 },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0 },
};

START_TEST(a_server_that_breaks_the_rules_is_left)
{
	struct outside o;
	struct test_end e;
	char request[256];
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	const struct outside_options wish = { .program = SEK_DECODER_RDP, .fd = fds[1], .name = NAME, .trust = trust, .crl = crl, .test = true };

	outside_start(&o, &wish);
	ck_assert_int_gt(read(fds[0], request, sizeof request), 0);
	ck_assert_int_eq(write(fds[0], openings[_i].bytes, openings[_i].n), (ssize_t)openings[_i].n);
	shutdown(fds[0], SHUT_WR);
	e = outside_end(&o);
	ck_assert_int_eq(e.signal, 0);
	ck_assert_msg(openings[_i].code ? e.code == openings[_i].code : e.code == SEK_EXIT_TLS || e.code == SEK_EXIT_LOST || e.code == SEK_EXIT_PROTOCOL,
		"%d", e.code);
	close(fds[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decoder rdp");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 240);
	tcase_add_unchecked_fixture(c, set_up, tear_down);
	tcase_add_test(c, the_picture_is_the_hosts);
	tcase_add_test(c, what_is_typed_and_clicked_arrives);
	tcase_add_loop_test(c, a_test_names_the_step, 0, sizeof steps / sizeof steps[0]);
	tcase_add_loop_test(c, a_server_that_breaks_the_rules_is_left, 0, sizeof openings / sizeof openings[0]);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
