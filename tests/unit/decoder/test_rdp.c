/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-rdp against a real RDP server, FreeRDP's shadow of an X screen: its picture is compared pixel by pixel, what is typed and
 * clicked is looked at by an X client of that screen, and each way of failing has its code.
 */
#include <check.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/decoder/desk.h"

#define NAME "desk9.example"

static char trust[8192], crl[8192], other[8192];

static void set_up(void)
{
	char path[256];

	desk_make_folder(NAME);
	desk_slurp("ca/ca.crt", trust, sizeof trust);
	desk_slurp("ca/ca.crl", crl, sizeof crl);
	desk_slurp("other/" NAME ".crt", other, sizeof other);
	/* who may log in: the NT hash of "s3cret" */
	snprintf(path, sizeof path, "printf 'staff:::%%s:::\\n' $(printf s3cret | iconv -t UTF-16LE | openssl dgst -provider legacy -provider default -md4 -r | cut -c1-32) > %s/sam",
		desk_folder);
	ck_assert_int_eq(system(path), 0);
	/* where the server looks for its certificate */
	snprintf(path, sizeof path, "mkdir -p %s/.config/freerdp/shadow", desk_folder);
	ck_assert_int_eq(system(path), 0);
	for (int i = 0; i < 2; i++) {
		char command[512];

		snprintf(command, sizeof command, i ? "openssl ec -in %s/ca/" NAME ".key -out %s/.config/freerdp/shadow/shadow.key 2>/dev/null" :
			"cp %s/ca/" NAME ".crt %s/.config/freerdp/shadow/shadow.crt", desk_folder, desk_folder);
		ck_assert_int_eq(system(command), 0);
	}
}

/* --- the server --- */

struct server {
	struct desk desk;
	pid_t xvfb, shadow;
	uint16_t port;
};

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
	char fd[8], size[24];
	int p[2];

	memset(s, 0, sizeof *s);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	snprintf(fd, sizeof fd, "%d", p[1]);
	snprintf(size, sizeof size, "%dx%dx24", DESK_WIDTH, DESK_HEIGHT);
	const char *const argv[] = { "Xvfb", "-displayfd", fd, "-screen", "0", size, "-nolisten", "tcp", NULL };

	s->xvfb = desk_run(argv, p[1], NULL);
	close(p[1]);
	if (desk_read_display(p[0], s->desk.display))
		return true;
	kill(s->xvfb, SIGKILL);
	waitpid(s->xvfb, NULL, 0);
	return false;
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

	s->port = desk_free_port();
	snprintf(port, sizeof port, "/port:%u", s->port);
	snprintf(sam, sizeof sam, "/sam-file:%s/sam", desk_folder);
	const char *const argv[] = { "freerdp-shadow-cli", port, "/bind-address:127.0.0.1", security, strcmp(security, "/sec:nla") == 0 ? sam : "-auth",
		NULL };

	s->shadow = desk_run(argv, -1, s->desk.display);
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

static void end(struct server *s)
{
	desk_close(&s->desk);
	if (s->shadow > 0) {
		kill(s->shadow, SIGKILL);
		waitpid(s->shadow, NULL, 0);
	}
	kill(s->xvfb, SIGTERM);
	waitpid(s->xvfb, NULL, 0);
}

static struct outside_options options(const struct server *s)
{
	return (struct outside_options){ .program = SEK_DECODER_RDP, .port = s->port, .name = NAME, .trust = trust, .crl = crl };
}

/* --- tests --- */

START_TEST(the_picture_is_the_hosts)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	screen(&s);
	desk_open(&s.desk);
	shadow(&s, "/sec:tls");
	wish = options(&s);
	desk_look(&o, &wish);
	ck_assert_uint_eq(outside_header(&o).width_px, DESK_WIDTH);
	ck_assert_uint_eq(outside_header(&o).height_px, DESK_HEIGHT);
	OUTSIDE_UNTIL(desk_wrong_pixels(&o) == 0);
	/* one thread: no codec that would begin others was made */
	test_assert_jailed(o.decoder, 48);
	ck_assert_int_eq(outside_stop(&o).code, SEK_EXIT_OK);
	end(&s);
}
END_TEST

/* The next key but Shift, of which a character may need more. */
static uint32_t next_key(struct server *s)
{
	uint32_t keysym;

	do
		keysym = desk_key(&s->desk);
	while (keysym == 0xffe1 || keysym == 0xffe2);
	return keysym;
}

START_TEST(what_is_typed_and_clicked_arrives)
{
	struct outside_options wish;
	struct server s;
	struct outside o;

	screen(&s);
	desk_open(&s.desk);
	shadow(&s, "/sec:tls");
	wish = options(&s);
	desk_look(&o, &wish);
	desk_type(&o, KEY_A, 'a');
	ck_assert_uint_eq(next_key(&s), 'a');
	desk_type(&o, KEY_LEFTBRACE, '@'); /* where a JIS keyboard has it */
	ck_assert_uint_eq(next_key(&s), '@');
	outside_key(&o, KEY_LEFTSHIFT, true, 0);
	desk_type(&o, KEY_SEMICOLON, '+');
	desk_type(&o, KEY_MINUS, '='); /* with Shift on a JIS keyboard, without on theirs */
	outside_key(&o, KEY_LEFTSHIFT, false, 0);
	ck_assert_uint_eq(next_key(&s), '+');
	ck_assert_uint_eq(next_key(&s), '=');
	outside_text(&o, "Ab 1\n");
	for (const char *p = "Ab 1\r"; *p; p++)
		ck_assert_uint_eq(next_key(&s), *p == '\r' ? 0xff0du : (uint32_t)(unsigned char)*p);
	desk_type(&o, KEY_DOWN, 0);
	ck_assert_uint_eq(next_key(&s), 0xff54);
	desk_type(&o, KEY_KPENTER, 0);
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
	tcase_add_unchecked_fixture(c, set_up, desk_remove_folder);
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
