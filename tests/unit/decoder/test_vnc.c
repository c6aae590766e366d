/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-vnc against real VNC servers: Xvnc with every kind of security that we take and those that we do not, x11vnc. Its picture
 * is compared pixel by pixel, what is typed is looked at by an X client of the server, sizes follow, copied text crosses.
 */
#include <check.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "certs/pki.h"
#include "tests/unit/decoder/desk.h"

#define NAME "desk7.example"

static char trust[8192], crl[8192], revoked[8192], stale[8192], pinned[8192], other[8192];

static void set_up(void)
{
	struct sek_pki_wish wish = { 0 };
	struct sek_pki *pki;
	char path[128], err[256] = "";
	size_t n = 0;

	desk_make_folder(NAME);
	desk_slurp("ca/ca.crt", trust, sizeof trust);
	desk_slurp("ca/ca.crl", crl, sizeof crl);
	desk_slurp("ca/" NAME ".crt", pinned, sizeof pinned);
	snprintf(path, sizeof path, "%s/ca", desk_folder);
	ck_assert_msg(sek_is_ok(sek_pki_open(path, &pki, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_sign_crl(pki, &(struct sek_pki_wish){ .now = time(NULL) - 30 * 86400 }, err, sizeof err)), "%s", err);
	desk_slurp("ca/ca.crl", stale, sizeof stale);
	ck_assert_msg(sek_is_ok(sek_pki_revoke(pki, NAME, &wish, &n, err, sizeof err)), "%s", err);
	desk_slurp("ca/ca.crl", revoked, sizeof revoked);
	sek_pki_close(pki);
	desk_slurp("other/" NAME ".crt", other, sizeof other);
	snprintf(path, sizeof path, "x11vnc -storepasswd s3cret %s/passwd > /dev/null 2>&1", desk_folder);
	ck_assert_int_eq(system(path), 0);
}

/* --- the server --- */

struct server {
	struct desk desk;
	pid_t pid;
	uint16_t port;
};

static void xvnc(struct server *s, const char *security)
{
	char port[8], cert[128], key[128], password[128], fd[8], size[16];
	int p[2];

	memset(s, 0, sizeof *s);
	s->port = desk_free_port();
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	snprintf(port, sizeof port, "%u", s->port);
	snprintf(fd, sizeof fd, "%d", p[1]);
	snprintf(cert, sizeof cert, "%s/ca/" NAME ".crt", desk_folder);
	snprintf(key, sizeof key, "%s/ca/" NAME ".key", desk_folder);
	snprintf(password, sizeof password, "%s/passwd", desk_folder);
	snprintf(size, sizeof size, "%dx%d", DESK_WIDTH, DESK_HEIGHT);
	const char *const argv[] = { "Xvnc", "-displayfd", fd, "-rfbport", port, "-interface", "127.0.0.1", "-SecurityTypes", security,
		"-X509Cert", cert, "-X509Key", key, "-PasswordFile", password, "-geometry", size, "-depth", "24", "-nolisten", "tcp", NULL };

	s->pid = desk_run(argv, p[1], NULL);
	close(p[1]);
	ck_assert(desk_read_display(p[0], s->desk.display));
}

static void end(struct server *s)
{
	desk_close(&s->desk);
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static struct outside_options options(const struct server *s)
{
	return (struct outside_options){ .program = SEK_DECODER_VNC, .port = s->port, .name = NAME, .trust = trust, .crl = crl,
		.password = "s3cret" };
}

/* --- tests --- */

static const struct {
	const char *security, *trust;
	bool insecure;
	uint16_t max_width; /* that of the picture: the library draws into the gap; 0: beside it */
} good[] = {
	{ "X509Vnc", trust, false, 0 }, { "X509None", pinned, false, 0 }, { "VncAuth", "", true, 0 }, { "None", "", true, DESK_WIDTH },
};

START_TEST(the_picture_is_the_servers)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	xvnc(&s, good[_i].security);
	desk_open(&s.desk);
	wish = options(&s);
	wish.trust = good[_i].trust;
	wish.crl = good[_i].trust == trust ? crl : "";
	wish.insecure = good[_i].insecure;
	wish.max_width = good[_i].max_width;
	desk_look(&o, &wish);
	ck_assert_uint_eq(outside_header(&o).width_px, DESK_WIDTH);
	ck_assert_uint_eq(outside_header(&o).height_px, DESK_HEIGHT);
	OUTSIDE_UNTIL(desk_wrong_pixels(&o) == 0);
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

static xcb_atom_t atom(struct server *s, const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(s->desk.x, xcb_intern_atom(s->desk.x, 0, (uint16_t)strlen(name), name), NULL);
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

	xcb_delete_property(s->desk.x, s->desk.window, where);
	xcb_convert_selection(s->desk.x, s->desk.window, atom(s, name), atom(s, "UTF8_STRING"), where, XCB_CURRENT_TIME);
	do {
		ck_assert_msg(test_now_ms() < until, "nothing is pasted");
		free(r);
		usleep(1000);
		r = xcb_get_property_reply(s->desk.x, xcb_get_property(s->desk.x, 0, s->desk.window, where, XCB_ATOM_ANY, 0, 60), NULL);
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

	xcb_set_selection_owner(s->desk.x, s->desk.window, clipboard, XCB_CURRENT_TIME);
	while (!done(user)) {
		xcb_generic_event_t *e = xcb_poll_for_event(s->desk.x);
		xcb_selection_request_event_t *r = (xcb_selection_request_event_t *)(void *)e;

		ck_assert_msg(test_now_ms() < until, "nobody takes what was copied");
		if (e && (e->response_type & 0x7f) == XCB_SELECTION_REQUEST) {
			xcb_selection_notify_event_t n = { .response_type = XCB_SELECTION_NOTIFY, .requestor = r->requestor, .selection = r->selection,
				.target = r->target, .property = r->property };

			if (r->target == targets)
				xcb_change_property(s->desk.x, XCB_PROP_MODE_REPLACE, r->requestor, r->property, XCB_ATOM_ATOM, 32, 1, &utf8);
			else
				xcb_change_property(s->desk.x, XCB_PROP_MODE_REPLACE, r->requestor, r->property, utf8, 8, (uint32_t)strlen(text), text);
			xcb_send_event(s->desk.x, 0, r->requestor, 0, (const char *)&n);
			xcb_flush(s->desk.x);
		}
		free(e);
		xcb_flush(s->desk.x);
		usleep(1000);
	}
}

START_TEST(what_is_typed_arrives)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	xvnc(&s, "X509Vnc");
	desk_open(&s.desk);
	wish = options(&s);
	desk_look(&o, &wish);
	desk_type(&o, KEY_A, 'a');
	ck_assert_uint_eq(desk_key(&s.desk), 'a');
	outside_key(&o, KEY_LEFTSHIFT, true, 0);
	ck_assert_uint_eq(desk_key(&s.desk), 0xffe1);
	desk_type(&o, KEY_2, '"'); /* of a Japanese keyboard */
	ck_assert_uint_eq(desk_key(&s.desk), '"');
	outside_key(&o, KEY_LEFTSHIFT, false, 0);
	desk_type(&o, KEY_ENTER, 0);
	ck_assert_uint_eq(desk_key(&s.desk), 0xff0d);
	desk_type(&o, KEY_HENKAN, 0);
	ck_assert_uint_eq(desk_key(&s.desk), 0xff23);
	outside_text(&o, "日本語です"); /* pasted: the keys that do it, and what they paste */
	desk_type(&o, KEY_B, 'b');
	ck_assert_uint_eq(desk_key(&s.desk), 0xffe1);
	ck_assert_uint_eq(desk_key(&s.desk), 0xff63);
	ck_assert_str_eq(selection(&s, "CLIPBOARD"), "日本語です");
	ck_assert_uint_eq(desk_key(&s.desk), 'b'); /* only then */
	outside_text(&o, "二つめ");
	ck_assert_uint_eq(desk_key(&s.desk), 0xffe1);
	ck_assert_uint_eq(desk_key(&s.desk), 0xff63);
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
	desk_open(&s.desk);
	wish = options(&s);
	desk_look(&o, &wish);
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
	desk_open(&s.desk);
	wish = options(&s);
	outside_start(&o, &wish);
	outside_hello(&o, 800, 600);
	OUTSIDE_UNTIL(outside_header(&o).width_px == 800 && outside_header(&o).height_px == 600);
	OUTSIDE_UNTIL(outside_header(&o).state == SEK_STATE_RUNNING && outside_header(&o).painting == SEK_GAP_PAINTED);
	desk_paint(&s.desk); /* the X server forgets what was drawn when its screen gets another size */
	OUTSIDE_UNTIL(desk_wrong_pixels(&o) == 0);
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
	desk_open(&s.desk);
	shown = (struct server){ .port = desk_free_port() };
	snprintf(port, sizeof port, "%u", shown.port);
	snprintf(display, sizeof display, "%s", s.desk.display);
	const char *const argv[] = { "x11vnc", "-display", display, "-rfbport", port, "-localhost", "-noxdamage", "-nopw", "-no6", "-quiet", "-shared",
		"-forever", NULL };

	shown.pid = desk_run(argv, -1, NULL);
	wish = options(&shown);
	wish.insecure = true;
	wish.trust = wish.crl = wish.password = "";
	outside_start(&o, &wish);
	outside_hello(&o, 800, 600);
	OUTSIDE_UNTIL(outside_header(&o).state == SEK_STATE_RUNNING);
	OUTSIDE_UNTIL(desk_wrong_pixels(&o) == 0);
	ck_assert_uint_eq(outside_header(&o).width_px, DESK_WIDTH);
	outside_text(&o, "é日"); /* it has no clipboard in UTF-8: by keys */
	while ((key = desk_key(&s.desk)) >= 0xffe1 && key <= 0xffee) /* Shift, as it sees fit */
		;
	ck_assert_uint_eq(key, 0xe9);
	while ((key = desk_key(&s.desk)) >= 0xffe1 && key <= 0xffee)
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
	tcase_add_unchecked_fixture(t, set_up, desk_remove_folder);
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
