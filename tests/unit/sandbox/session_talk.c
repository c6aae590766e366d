/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Talking to a running sandbox: DevTools, X input, IME, and the page that it visits.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xcb/xtest.h>

#include "protocol/wire/messages.h"
#include "render-host/session.h"
#include "tests/unit/sandbox/session_rig_internal.h"

enum { BUFFER_BYTES = 1 << 20 };

static char buffer[BUFFER_BYTES];

static void read_exactly(int fd, void *to, size_t n)
{
	char *p = to;

	while (n) {
		ssize_t r = recv(fd, p, n, 0);

		ck_assert_msg(r > 0, "the connection ended or fell silent");
		p += r;
		n -= (size_t)r;
	}
}

static void write_all(int fd, const void *bytes, size_t n)
{
	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void read_head(int fd)
{
	size_t n = 0;

	do {
		ck_assert_uint_lt(n + 1, sizeof buffer);
		read_exactly(fd, buffer + n, 1);
		buffer[++n] = 0;
	} while (n < 4 || strcmp(buffer + n - 4, "\r\n\r\n") != 0);
}

/* The list of targets; the page's path for the WebSocket goes to path. False while there is none. */
static bool find_page(struct session *s, char *path, size_t size)
{
	static const char question[] = "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int fd = rig_connect(s->devtools);
	const char *length;
	json_t *list;
	bool found = false;
	size_t n;

	if (send(fd, question, sizeof question - 1, MSG_NOSIGNAL) < 0 || recv(fd, buffer, 1, MSG_PEEK) <= 0) {
		/* the browser does not listen yet */
		close(fd);
		return false;
	}
	read_head(fd);
	length = strcasestr(buffer, "content-length:");
	ck_assert_ptr_nonnull(length);
	n = strtoul(length + 15, NULL, 10);
	ck_assert_uint_lt(n, sizeof buffer);
	read_exactly(fd, buffer, n);
	close(fd);
	list = json_loadb(buffer, n, 0, NULL);
	for (size_t i = 0; i < json_array_size(list) && !found; i++) {
		const json_t *t = json_array_get(list, i);

		if (strcmp(json_string_value(json_object_get(t, "type")), "page") != 0)
			continue;
		snprintf(path, size, "/devtools/page/%s", json_string_value(json_object_get(t, "id")));
		found = true;
	}
	json_decref(list);
	return found;
}

void session_reopen_page(struct session *s)
{
	char path[160] = "";
	int n;

	if (s->ws >= 0)
		close(s->ws);
	for (int i = 0; i < 100 && !find_page(s, path, sizeof path); i++)
		usleep(50000);
	ck_assert_msg(path[0], "no page");
	s->ws = rig_connect(s->devtools);
	n = snprintf(buffer, sizeof buffer, "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n", path);
	write_all(s->ws, buffer, (size_t)n);
	read_head(s->ws);
	ck_assert(strncmp(buffer, "HTTP/1.1 101", 12) == 0);
}

static void ws_send(int fd, const char *text)
{
	size_t n = strlen(text), head = 4;
	unsigned char frame[14] = { 0x81, 0x80 | 126, (unsigned char)(n >> 8), (unsigned char)n };

	/* masked with zeros: the rule is kept and the bytes stay readable */
	ck_assert_uint_lt(n, 65536 - sizeof frame);
	if (n < 126) {
		frame[1] = (unsigned char)(0x80 | n);
		frame[3] = 0; /* where the length was, the mask is now */
		head = 2;
	}
	/* a page that is gone shows when its answer is missed */
	send(fd, frame, head + 4, MSG_NOSIGNAL);
	send(fd, text, n, MSG_NOSIGNAL);
}

static json_t *ws_receive(int fd)
{
	unsigned char head[2], more[8];
	uint64_t n;

	read_exactly(fd, head, 2);
	n = head[1] & 127;
	if (n >= 126) {
		int bytes = n == 126 ? 2 : 8;

		read_exactly(fd, more, (size_t)bytes);
		n = 0;
		for (int i = 0; i < bytes; i++)
			n = n << 8 | more[i];
	}
	ck_assert_uint_lt(n, sizeof buffer);
	read_exactly(fd, buffer, n);
	return json_loadb(buffer, n, 0, NULL);
}

json_t *page_call(struct session *s, const char *method, json_t *params)
{
	json_t *m = json_pack("{s:i, s:s, s:o}", "id", ++s->next_id, "method", method, "params",
		params ? params : json_object());
	char *text = json_dumps(m, 0);

	ck_assert_ptr_nonnull(text);
	ws_send(s->ws, text);
	free(text);
	json_decref(m);
	for (;;) {
		struct pollfd p = { .fd = s->ws, .events = POLLIN };
		json_t *r, *result;

		char byte;

		/* the answer is lost when the page changes its process at that moment, or is one that nobody may debug */
		if (poll(&p, 1, 3000) != 1 || recv(s->ws, &byte, 1, MSG_PEEK) != 1)
			return NULL;
		r = ws_receive(s->ws);

		if (json_integer_value(json_object_get(r, "id")) != s->next_id) {
			json_decref(r);
			continue;
		}
		result = json_incref(json_object_get(r, "result"));
		json_decref(r);
		return result;
	}
}

const char *page_eval(struct session *s, const char *expression)
{
	static char values[4][8192];
	static unsigned turn;
	char *value = values[turn++ % 4];
	json_t *r = page_call(s, "Runtime.evaluate", json_pack("{s:s, s:b}", "expression", expression, "returnByValue", 1));
	const json_t *v = json_object_get(json_object_get(r, "result"), "value");

	snprintf(value, sizeof values[0], "%s", json_is_string(v) ? json_string_value(v) : json_is_true(v) ? "true" : "false");
	if (json_is_integer(v))
		snprintf(value, sizeof values[0], "%lld", (long long)json_integer_value(v));
	json_decref(r);
	return value;
}

bool page_until(struct session *s, const char *expression, const char *value)
{
	for (int i = 0; i < 1500; i++) {
		if (strcmp(page_eval(s, expression), value) == 0)
			return true;
		usleep(20000);
	}
	return false;
}

void page_open(struct session *s, const char *url)
{
	char expression[512];

	json_decref(page_call(s, "Page.navigate", json_pack("{s:s}", "url", url)));
	snprintf(expression, sizeof expression, "location.href.startsWith('%s') && document.readyState == 'complete'", url);
	ck_assert_msg(page_until(s, expression, "true"), "%s does not load", url);
}

void hold_key(struct session *s, uint8_t keycode, bool down)
{
	xcb_test_fake_input(s->x, down ? XCB_KEY_PRESS : XCB_KEY_RELEASE, keycode, 0, XCB_NONE, 0, 0, 0);
}

void type_key(struct session *s, uint8_t keycode)
{
	hold_key(s, keycode, true);
	hold_key(s, keycode, false);
	xcb_flush(s->x);
}

void display_sync(struct session *s)
{
	free(xcb_get_input_focus_reply(s->x, xcb_get_input_focus(s->x), NULL));
}

void click(struct session *s, int x, int y)
{
	xcb_window_t root = xcb_setup_roots_iterator(xcb_get_setup(s->x)).data->root;

	xcb_test_fake_input(s->x, XCB_MOTION_NOTIFY, 0, 0, root, (int16_t)x, (int16_t)y, 0);
	xcb_test_fake_input(s->x, XCB_BUTTON_PRESS, 1, 0, root, 0, 0, 0);
	xcb_test_fake_input(s->x, XCB_BUTTON_RELEASE, 1, 0, root, 0, 0, 0);
	display_sync(s);
}

void ime_text(struct session *s, const char *text, bool fence)
{
	uint8_t memory[SEK_TEXT_MAX_BYTES + 64];
	struct sek_key key = { .code = SEK_IME_FENCE_CODE, .down = true };
	struct sek_text m = { (const uint8_t *)text, strlen(text) };
	struct sek_ping ping = { 1 };
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	if (fence) {
		sek_key_write(&w, &key);
		type_key(s, SEK_IME_FENCE_CODE + 8);
	}
	sek_text_write(&w, &m);
	sek_ping_write(&w, &ping);
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	write_all(s->ime, memory, w.len);
}

bool ime_refuses(struct session *s, const unsigned char *bytes, size_t n)
{
	char got[64];
	ssize_t r;

	write_all(s->ime, bytes, n);
	while ((r = recv(s->ime, got, sizeof got, 0)) > 0) { /* the caret, which each new peer is told */
	}
	return r == 0;
}

/* Takes one frame; true if it was PONG. */
static bool ime_take(struct session *s)
{
	uint8_t bytes[64];
	struct sek_frame f;
	struct sek_caret caret;

	read_exactly(s->ime, bytes, SEK_FRAME_HEADER_BYTES);
	ck_assert(sek_is_ok(sek_frame_parse(bytes, sizeof bytes, SEK_LINK_HOST, SEK_DIR_DOWN, &f)));
	ck_assert_uint_le(f.payload_bytes, sizeof bytes);
	read_exactly(s->ime, bytes, f.payload_bytes);
	if (f.type == SEK_MSG_PONG)
		return true;
	ck_assert_uint_eq(f.type, SEK_MSG_CARET);
	ck_assert(sek_is_ok(sek_caret_read(bytes, f.payload_bytes, &caret)));
	s->caret[0] = caret.x_px;
	s->caret[1] = caret.y_px;
	s->has_caret = true;
	return false;
}

void ime_wait_pong(struct session *s)
{
	while (!ime_take(s)) {
	}
}

bool ime_wait_caret(struct session *s, int x, int y)
{
	for (int i = 0; i < 60; i++) {
		struct pollfd p = { .fd = s->ime, .events = POLLIN };

		if (s->has_caret && abs(s->caret[0] - x) <= 12 && abs(s->caret[1] - y) <= 12)
			return true;
		if (poll(&p, 1, 50) == 1)
			ime_take(s);
	}
	return false;
}

static _Noreturn void serve(int listener, const char *html)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char request[4096];
		ssize_t n = fd < 0 ? -1 : recv(fd, request, sizeof request - 1, 0);

		if (n > 0) {
			request[n] = 0;
			dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
				strstr(request, "/file") ? "application/octet-stream" : "text/html; charset=utf-8",
				strstr(request, "/file") ? "Content-Disposition: attachment; filename=x.bin\r\n" : "", strlen(html), html);
		}
		if (fd >= 0)
			close(fd);
	}
}

uint16_t site_start(const char *html, pid_t *ret_pid)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 32), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	*ret_pid = fork();
	if (*ret_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		serve(listener, html);
	}
	close(listener);
	return ntohs(a.sin_port);
}
