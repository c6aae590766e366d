/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The whole sandbox with a real browser: it starts, shows a page, takes text, keeps its walls, and leaves nothing behind.
 * Needs root (it makes users' processes and namespaces); skipped with a message otherwise.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/sandbox/session_rig.h"

/* Where things are on the screen: the browser's own bars are 88 px high at scale 100. */
enum { TOP = 88, AREA_X = 100, AREA_Y = TOP + 100 };

static const char html[] = "<!doctype html><meta charset=utf-8><title>t</title><body style='margin:0'>"
	"<textarea id=t style='position:absolute;left:100px;top:100px;width:700px;height:300px;font:20px monospace'></textarea>"
	"<input id=p type=password style='position:absolute;left:100px;top:450px'>"
	"<script>window.seen = []; for (const n of ['keydown', 'keyup']) addEventListener(n, e => seen.push(n + ':' + e.code));"
	"</script>";
static const char *const allow[] = { "--allow", "127.0.0.0/8", NULL };
static char url[64];
static pid_t site;

/* Clicks until the click has found the field: the page may have loaded and not been painted yet. */
static void focus_area(struct session *s)
{
	for (int i = 0; i < 50 && strcmp(page_eval(s, "document.activeElement.id"), "t") != 0; i++) {
		click(s, AREA_X + 200, AREA_Y + 100);
		usleep(100000);
	}
	ck_assert_str_eq(page_eval(s, "document.activeElement.id"), "t");
}

static void open_site(struct session *s, const struct session_options *o)
{
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", site_start(html, &site));
	session_start(s, o);
	session_open(s);
	page_open(s, url);
	focus_area(s);
}

static void close_site(struct session *s)
{
	session_stop(s);
	kill(site, SIGKILL);
	waitpid(site, NULL, 0);
}

START_TEST(starts_and_shows)
{
	static const struct session_options o = { .args = allow };
	struct session s;
	unsigned colours;

	open_site(&s, &o);
	printf("sandbox: ready after %.0f ms, first window after %.0f ms\n", s.ready_ms, s.window_ms);
	ime_text(&s, "こんにちは世界、渋谷区👍", false);
	ck_assert(page_until(&s, "t.value", "こんにちは世界、渋谷区👍"));
	usleep(200000); /* for the picture only */
	colours = picture_save(&s, "sandbox-session.png");
	ck_assert_uint_gt(colours, 4);
	close_site(&s);
}
END_TEST

START_TEST(start_page)
{
	static const struct session_options o = { .lang = "en", .scale = "150" };
	struct session s;

	session_start(&s, &o);
	session_open(&s);
	ck_assert(page_until(&s, "location.href + document.readyState", "http://start.sekisho.internal/complete"));
	ck_assert_str_eq(page_eval(&s, "navigator.languages[0]"), "en-US");
	ck_assert_str_eq(page_eval(&s, "String(devicePixelRatio)"), "1.5");
	for (int i = 0; i < 100 && picture_save(&s, "sandbox-start.png") <= 4; i++)
		usleep(50000);
	ck_assert_uint_gt(picture_save(&s, "sandbox-start.png"), 4);
	session_stop(&s);
}
END_TEST

static char kanji[300 * 3 + 1];

/* 300 different characters from U+4E00 on. */
static void fill_kanji(void)
{
	char *p = kanji;

	for (unsigned c = 0x4e00; c < 0x4e00 + 300 * 61; c += 61) {
		*p++ = (char)(0xe0 | c >> 12);
		*p++ = (char)(0x80 | (c >> 6 & 63));
		*p++ = (char)(0x80 | (c & 63));
	}
}

START_TEST(text)
{
	static const struct session_options o = { .args = allow };
	static char pair[200 * 2 + 1];
	struct session s;

	fill_kanji();
	open_site(&s, &o);
	for (int i = 0; i < 300; i++) {
		char one[4] = { kanji[3 * i], kanji[3 * i + 1], kanji[3 * i + 2], 0 };

		ime_text(&s, one, false);
	}
	for (int i = 0; i < 300; i++)
		ime_wait_pong(&s);
	ck_assert(page_until(&s, "t.value", kanji));
	/* keys and texts in turn, as fast as they go: none overtakes another */
	page_eval(&s, "t.value = ''");
	pair[0] = 0;
	for (int i = 0; i < 50; i++) {
		type_key(&s, 38);
		ime_text(&s, "あ", true);
		ime_wait_pong(&s);
		strcat(pair, "aあ");
	}
	ck_assert_msg(page_until(&s, "t.value", pair), "%s", page_eval(&s, "t.value"));
	/* a line feed in a text is a line feed */
	page_eval(&s, "t.value = ''; seen = []");
	ime_text(&s, "一\n二", false);
	ck_assert(page_until(&s, "t.value", "一\n二"));
	/* nothing that we do behind the curtain is seen by the page */
	usleep(400000);
	ck_assert_str_eq(page_eval(&s, "seen.filter(x => !/:(Enter|)$/.test(x) || x == 'keyup:').join()"), "");
	close_site(&s);
}
END_TEST

START_TEST(address_bar)
{
	static const struct session_options o = { .args = allow };
	struct session s;
	char wanted[1200], decoded[1200];

	fill_kanji();
	open_site(&s, &o);
	hold_key(&s, 37, true);
	type_key(&s, 46);
	hold_key(&s, 37, false);
	display_sync(&s);
	ck_assert(ime_wait_caret(&s, 158, 51));
	snprintf(wanted, sizeof wanted, "%s?q=渋谷区👍", url);
	ime_text(&s, wanted, false);
	ime_wait_pong(&s);
	ime_text(&s, kanji, false);
	ime_wait_pong(&s);
	usleep(300000); /* for the picture only */
	picture_save(&s, "sandbox-address.png");
	type_key(&s, 36); /* Return */
	snprintf(decoded, sizeof decoded, "?q=渋谷区👍%s", kanji);
	ck_assert(page_until(&s, "decodeURIComponent(location.search)", decoded));
	close_site(&s);
}
END_TEST

START_TEST(caret)
{
	static const struct session_options o = { .args = allow };
	struct session s;

	open_site(&s, &o);
	/* after a click, with no key pressed */
	ck_assert(ime_wait_caret(&s, AREA_X + 4, AREA_Y + 4));
	ime_text(&s, "日本語", false);
	ime_wait_pong(&s);
	ck_assert(ime_wait_caret(&s, AREA_X + 4 + 60, AREA_Y + 4));
	type_key(&s, 36);
	ck_assert(ime_wait_caret(&s, AREA_X + 4, AREA_Y + 4 + 24));
	/* a password field takes no input method: the text is dropped, and the link lives on */
	click(&s, 150, TOP + 460);
	ck_assert(page_until(&s, "document.activeElement.id", "p"));
	ime_text(&s, "ひみつ", false);
	ime_wait_pong(&s);
	ck_assert_str_eq(page_eval(&s, "p.value"), "");
	focus_area(&s);
	ime_text(&s, "x", false);
	ck_assert(page_until(&s, "t.value", "日本語\nx"));
	close_site(&s);
}
END_TEST

/* Whoever speaks nonsense on the IME socket is sent away, and the next one is served. */
START_TEST(hostile_ime_peer)
{
	static const struct {
		unsigned char bytes[40];
		size_t n;
	} rows[] = {
		{ { 0xff }, 8 },                                     /* no such type */
		{ { 0x08, 0, 0, 0, 0, 0, 0, 0 }, 8 },                /* TEXT without a text */
		{ { 0x08, 0, 0, 0, 0, 0, 0x10, 1 }, 8 },             /* one byte too long */
		{ { 0x08, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, 8 },
		{ { 0x08, 1, 0, 0, 0, 0, 0, 1, 'a' }, 9 },           /* a flag that does not exist */
		{ { 0x08, 0, 1, 0, 0, 0, 0, 1, 'a' }, 9 },           /* reserved */
		{ { 0x08, 0, 0, 0, 0, 0, 0, 2, 0xc0, 0x80 }, 10 },   /* overlong UTF-8 */
		{ { 0x08, 0, 0, 0, 0, 0, 0, 1, 0x1b }, 9 },          /* a control character */
		{ { 0x05, 0, 0, 0, 0, 0, 0, 8, 0, 30, 1, 0, 0, 0, 0, 0 }, 16 }, /* a key that is no fence */
		{ { 0x05, 0, 0, 0, 0, 0, 0, 8, 0, 240, 0, 0, 0, 0, 0, 0 }, 16 }, /* the fence's release */
		{ { 0x06, 0, 0, 0, 0, 0, 0, 8 }, 8 },                /* POINTER has no business here */
		{ { 0x84, 0, 0, 0, 0, 0, 0, 8 }, 8 },                /* nor has what only goes down */
	};
	static const struct session_options o = { .args = allow };
	struct session s;

	open_site(&s, &o);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		session_reopen_ime(&s);
		ck_assert_msg(ime_refuses(&s, rows[i].bytes, rows[i].n), "%zu", i);
	}
	session_reopen_ime(&s);
	ime_text(&s, "なお", false);
	ime_wait_pong(&s);
	ck_assert(page_until(&s, "t.value", "なお"));
	close_site(&s);
}
END_TEST

static void read_proc(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(ret, 1, size - 1, f);
	fclose(f);
	for (size_t i = 0; i < n; i++)
		if (ret[i] == 0)
			ret[i] = ' ';
	ret[n] = 0;
}

static void namespace_of(pid_t pid, const char *kind, char *ret, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
	n = readlink(path, ret, size - 1);
	ck_assert_int_gt(n, 0);
	ret[n] = 0;
}

/* A renderer that has just been started locks itself up before it is given anything to render. */
static bool locks_up(pid_t pid)
{
	char status[8192];

	for (int i = 0; i < 1000; i++) {
		read_proc(pid, "status", status, sizeof status);
		if (strstr(status, "Seccomp:\t2"))
			return true;
		usleep(20000);
	}
	return false;
}

/* Every process of the browser: no --no-sandbox, no new privileges, and renderers inside seccomp. */
START_TEST(walls)
{
	static const struct session_options o = { .args = allow };
	static const char *const kinds[] = { "user", "pid", "net", "ipc", "mnt", "uts" };
	struct session s[2];
	pid_t pids[SESSION_PIDS_MAX], browser[2];
	char a[8192], b[8192], path[160];
	unsigned renderers = 0, n;

	session_start(&s[0], &o);
	session_start(&s[1], &o);
	for (int i = 0; i < 2; i++) {
		session_open(&s[i]);
		ck_assert_uint_gt(session_processes(s[i].uid, "chromium", pids), 3);
		browser[i] = pids[0];
	}
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		namespace_of(browser[0], kinds[k], a, sizeof a);
		namespace_of(browser[1], kinds[k], b, sizeof b);
		ck_assert_msg(strcmp(a, b) != 0, "%s is shared between sessions", kinds[k]);
		namespace_of(getpid(), kinds[k], b, sizeof b);
		ck_assert_msg(strcmp(a, b) != 0, "%s is shared with the host", kinds[k]);
	}
	n = session_processes(s[0].uid, "chromium", pids);
	for (unsigned i = 0; i < n; i++) {
		read_proc(pids[i], "cmdline", a, sizeof a);
		ck_assert_ptr_null(strstr(a, "--no-sandbox"));
		read_proc(pids[i], "status", b, sizeof b);
		ck_assert_ptr_nonnull(strstr(b, "NoNewPrivs:\t1"));
		if (strstr(a, "--type=renderer")) {
			ck_assert(locks_up(pids[i]));
			renderers++;
		}
	}
	ck_assert_uint_gt(renderers, 0);
	/* one session's directory is closed to the other's uid */
	snprintf(path, sizeof path, "%s/%s", s[0].dir, SEK_SESSION_DISPLAY);
	if (fork() == 0) {
		ck_assert_int_eq(setgid(s[1].uid), 0);
		ck_assert_int_eq(setuid(s[1].uid), 0);
		_exit(access(path, F_OK) == 0);
	} else {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	session_stop(&s[0]);
	/* and the end of one is nothing to the other */
	ck_assert_str_eq(page_eval(&s[1], "1 + 1"), "2");
	session_stop(&s[1]);
}
END_TEST

START_TEST(what_policies_forbid)
{
	static const struct session_options o = { .args = allow };
	struct session s;

	open_site(&s, &o);
	for (size_t i = 0; i < 4; i++) {
		static const char *const urls[] = { "file:///etc/passwd", "chrome://version", "view-source:http://127.0.0.1/",
						    "devtools://devtools/bundled/inspector.html" };
		json_t *r = page_call(&s, "Page.navigate", json_pack("{s:s}", "url", urls[i]));

		if (r)
			ck_assert_msg(json_object_get(r, "errorText") != NULL, "%s opens", urls[i]);
		json_decref(r);
		session_reopen_page(&s);
		ck_assert_msg(page_until(&s, "location.protocol", "chrome-error:"), "%s", urls[i]);
	}
	page_open(&s, url);
	/* a download ends nowhere: neither a file nor a dialog, and the page stays */
	page_eval(&s, "location.href = '/file'");
	usleep(500000);
	ck_assert(page_until(&s, "location.pathname", "/"));
	/* nothing but the proxy can be reached, and it refuses what is not listed */
	ck_assert(page_until(&s, "window.asked ? window.got : (window.asked = 1, fetch('http://10.0.0.1/', {mode: 'no-cors'})"
		".then(r => window.got = 'answer', () => window.got = 'refused'), '')", "answer"));
	close_site(&s);
}
END_TEST

/* What dies, what is told, and that nothing is left. */
START_TEST(ends)
{
	static const struct {
		const char *process; /* of the session that is killed; NULL: the program itself */
		int code;
	} rows[] = {
		{ "Xvfb", SEK_SANDBOX_DISPLAY_DIED },
		{ "ibus-daemon", SEK_SANDBOX_FAULT },
		{ "dbus-daemon", SEK_SANDBOX_FAULT },
		{ "sekisho-sandbox", SEK_SANDBOX_FAULT },
		{ NULL, -SIGKILL },
	};
	static const struct session_options o = { .no_devtools = true };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct session s;
		pid_t pids[SESSION_PIDS_MAX];

		session_start(&s, &o);
		session_open(&s);
		pids[0] = s.pid;
		if (rows[i].process)
			ck_assert_msg(session_processes(s.uid, rows[i].process, pids) == 1, "%s", rows[i].process);
		kill(pids[0], SIGKILL);
		ck_assert_int_eq(session_wait(&s), rows[i].code);
		ck_assert_msg(rows[i].process ? session_processes(s.uid, NULL, NULL) == 0 : session_is_gone(s.uid), "%zu", i);
		session_forget(&s);
	}
}
END_TEST

/* renderd dies: so does everything that it started. */
START_TEST(parent_dies)
{
	static const struct session_options o = { .no_devtools = true };
	struct session s;
	int told[2];
	pid_t parent;

	ck_assert_int_eq(pipe(told), 0);
	parent = fork();
	if (parent == 0) {
		session_start(&s, &o);
		session_open(&s);
		if (write(told[1], &s, sizeof s) == (ssize_t)sizeof s)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(told[0], &s, sizeof s), (ssize_t)sizeof s);
	ck_assert_uint_gt(session_processes(s.uid, NULL, NULL), 5);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	ck_assert(session_is_gone(s.uid));
	close(told[0]);
	close(told[1]);
}
END_TEST

/* A session that is stopped while it starts leaves as little behind. */
START_TEST(stopped_early)
{
	static const struct session_options o = { .no_devtools = true };

	for (int i = 0; i < 12; i++) {
		struct session s;
		int end;

		session_start(&s, &o);
		usleep(10000 + (useconds_t)i * 15000);
		kill(s.pid, SIGTERM);
		/* before it takes signals, the signal itself ends it */
		end = session_wait(&s);
		ck_assert_msg(end == SEK_SANDBOX_OK || end == -SIGTERM, "%d", end);
		ck_assert(session_is_gone(s.uid));
		session_forget(&s);
	}
}
END_TEST

START_TEST(browser_ends)
{
	static const struct session_options o = { .no_devtools = true };
	struct session s;
	pid_t pids[SESSION_PIDS_MAX];

	/* the last window is closed: Ctrl+Shift+W */
	session_start(&s, &o);
	session_open(&s);
	for (int i = 0; i < 100 && session_processes(s.uid, "chromium", NULL) > 0; i++) {
		hold_key(&s, 37, true);
		hold_key(&s, 50, true);
		type_key(&s, 25);
		hold_key(&s, 50, false);
		hold_key(&s, 37, false);
		xcb_flush(s.x);
		usleep(100000);
	}
	ck_assert_int_eq(session_wait(&s), SEK_SANDBOX_BROWSER_CLOSED);
	ck_assert_uint_eq(session_processes(s.uid, NULL, NULL), 0);
	session_forget(&s);
	/* the oldest of its processes is killed */
	session_start(&s, &o);
	session_open(&s);
	ck_assert_uint_gt(session_processes(s.uid, "chromium", pids), 0);
	kill(pids[0], SIGKILL);
	ck_assert_int_eq(session_wait(&s), SEK_SANDBOX_BROWSER_CRASHED);
	ck_assert_uint_eq(session_processes(s.uid, NULL, NULL), 0);
	session_forget(&s);
}
END_TEST

/* The window manager and the input method may die once each, and nobody notices. */
START_TEST(helpers_are_restarted_once)
{
	static const struct session_options o = { .args = allow };
	static const char *const names[] = { "sekisho-wm", "sekisho-ime" };

	for (size_t i = 0; i < 2; i++) {
		pid_t pids[SESSION_PIDS_MAX] = { 0 }, first;
		struct session s;

		open_site(&s, &o);
		ck_assert_uint_eq(session_processes(s.uid, names[i], pids), 1);
		first = pids[0];
		kill(first, SIGKILL);
		for (int k = 0; k < 300 && (session_processes(s.uid, names[i], pids) == 0 || pids[0] == first); k++)
			usleep(10000);
		ck_assert_int_ne(pids[0], first);
		/* the same socket, perhaps a new program behind it; the field still takes text */
		if (i == 1)
			session_reopen_ime(&s);
		click(&s, AREA_X + 200, AREA_Y + 300);
		for (int k = 0; k < 20 && strcmp(page_eval(&s, "t.value"), "") == 0; k++) {
			ime_text(&s, "再", false);
			ime_wait_pong(&s);
			usleep(50000);
		}
		ck_assert(page_until(&s, "t.value.includes('再')", "true"));
		ck_assert_uint_eq(session_processes(s.uid, names[i], pids), 1);
		kill(pids[0], SIGKILL);
		ck_assert_int_eq(session_wait(&s), SEK_SANDBOX_FAULT);
		ck_assert_uint_eq(session_processes(s.uid, NULL, NULL), 0);
		session_forget(&s);
		kill(site, SIGKILL);
		waitpid(site, NULL, 0);
	}
}
END_TEST

START_TEST(refused_starts)
{
	static const char *const bad_allow[] = { "--allow", "nonsense", NULL };
	const struct session_options rows[] = { { .policy = "/does/not/exist" }, { .policy = "/etc/hostname" },
						{ .args = bad_allow }, { .lang = "de" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct session s;

		session_start(&s, &rows[i]);
		ck_assert_int_eq(session_wait(&s), SEK_SANDBOX_USAGE);
		ck_assert(session_is_gone(s.uid));
		session_forget(&s);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sandbox session");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	if (geteuid() != 0) {
		puts("sandbox session: skipped, must be root to start a sandbox");
		return 77;
	}
	signal(SIGPIPE, SIG_IGN);
	session_begin_all();
	tcase_set_timeout(t, 120);
	tcase_add_test(t, starts_and_shows);
	tcase_add_test(t, start_page);
	tcase_add_test(t, text);
	tcase_add_test(t, address_bar);
	tcase_add_test(t, caret);
	tcase_add_test(t, hostile_ime_peer);
	tcase_add_test(t, walls);
	tcase_add_test(t, what_policies_forbid);
	tcase_add_test(t, ends);
	tcase_add_test(t, parent_dies);
	tcase_add_test(t, stopped_early);
	tcase_add_test(t, browser_ends);
	tcase_add_test(t, helpers_are_restarted_once);
	tcase_add_test(t, refused_starts);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	session_end_all();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
