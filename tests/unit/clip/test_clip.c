/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-clip on a real X server: text in both directions, short and in increments, only in the directions that were named,
 * and only as text; what it asks of an owner, and owners that do not behave.
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
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xcb/xcb.h>

#include "protocol/wire/messages.h"
#include "render-host/helpers.h"

enum { WAIT_MS = 15000, STEP_MS = 20, TEXT_MAX = 2 * SEK_CLIPBOARD_MAX_BYTES };

static pid_t server, clip;
static char dir[64], display[16];
static int listener, peer;
static xcb_connection_t *c;
static xcb_window_t window;
static uint8_t in[65536];
static size_t in_n;

/* what came from sekisho-clip */
static char *copied;
static size_t copied_n;
static unsigned copies, pongs;

/* what this test owns, and what it was asked for */
static const char *owned;
static size_t owned_n, owned_done;
static bool silent, offers_text;
static unsigned asked_targets, asked_text, asked_other;
static xcb_window_t asker;
static xcb_atom_t asker_property;

static xcb_atom_t atom(const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(c, xcb_intern_atom(c, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t a = r->atom;

	free(r);
	return a;
}

static void start_server(void)
{
	char digits[8];
	ssize_t n = 0;
	int p[2];

	ck_assert_int_eq(pipe2(p, 0), 0);
	snprintf(digits, sizeof digits, "%d", p[1]);
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p[0]);
		execlp("Xvfb", "Xvfb", "-displayfd", digits, "-screen", "0", "640x480x24", "-nolisten", "tcp", (char *)NULL);
		_exit(97);
	}
	close(p[1]);
	display[0] = ':';
	for (char byte; n < 12 && read(p[0], &byte, 1) == 1 && byte != '\n';)
		display[++n] = byte;
	close(p[0]);
	ck_assert_int_gt(n, 0);
	setenv("DISPLAY", display, 1);
}

static void start_clip(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(dir, sizeof dir, "/tmp/sek-clip.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(a.sun_path, sizeof a.sun_path, "%s/s", dir);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	clip = fork();
	if (clip == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(listener, SEK_CLIP_LISTEN_FD);
		if (listener == SEK_CLIP_LISTEN_FD)
			fcntl(listener, F_SETFD, 0);
		execl(SEK_TEST_CLIP, "sekisho-clip", (char *)NULL);
		_exit(97);
	}
	peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(peer, (struct sockaddr *)&a, sizeof a), 0);
}

static void set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	copied = malloc(TEXT_MAX);
	start_server();
	start_clip();
	c = xcb_connect(NULL, NULL);
	ck_assert_int_eq(xcb_connection_has_error(c), 0);
	window = xcb_generate_id(c);
	xcb_create_window(c, 0, window, xcb_setup_roots_iterator(xcb_get_setup(c)).data->root, 0, 0, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, 0, XCB_CW_EVENT_MASK, &(uint32_t){ XCB_EVENT_MASK_PROPERTY_CHANGE });
	xcb_flush(c);
}

static void tear_down(void)
{
	char path[80];
	int status;

	xcb_disconnect(c);
	kill(server, SIGTERM);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	/* the display's end is its end, in good order */
	ck_assert_int_eq(waitpid(clip, &status, 0), clip);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	close(peer);
	close(listener);
	snprintf(path, sizeof path, "%s/s", dir);
	unlink(path);
	rmdir(dir);
	free(copied);
}

/* --- as capture --- */

static void send_all(const void *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t k = send(peer, (const uint8_t *)bytes + at, n - at, 0);

		ck_assert_int_gt(k, 0);
		at += (size_t)k;
	}
}

static void mode(uint8_t directions)
{
	uint8_t m[64];
	struct sek_writer w;

	sek_writer_init(&w, m, sizeof m);
	sek_clipboard_mode_write(&w, &(struct sek_clipboard_mode){ directions });
	sek_ping_write(&w, &(struct sek_ping){ 1 });
	send_all(m, w.len);
}

static void paste(const char *text, size_t n)
{
	static uint8_t m[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES + 64];
	struct sek_writer w;

	for (size_t at = 0, k; at < n; at += k) {
		const uint8_t *p = (const uint8_t *)text + at;

		k = sek_clipboard_piece_bytes(p, n - at);
		sek_writer_init(&w, m, sizeof m);
		sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ (uint8_t)((at == 0 ? SEK_CLIPBOARD_FIRST : 0) |
			(at + k == n ? SEK_CLIPBOARD_LAST : 0)), p, k });
		if (at + k == n)
			sek_ping_write(&w, &(struct sek_ping){ 2 });
		ck_assert(!w.failed);
		send_all(m, w.len);
	}
}

static void take_peer(void)
{
	ssize_t k = recv(peer, in + in_n, sizeof in - in_n, MSG_DONTWAIT);
	struct sek_clipboard_piece m;
	struct sek_frame f;
	size_t at = 0, total;

	if (k > 0)
		in_n += (size_t)k;
	while (sek_is_ok(sek_frame_whole(in + at, in_n - at, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total))) {
		if (f.type == SEK_MSG_PONG) {
			pongs++;
		} else {
			ck_assert_uint_eq(f.type, SEK_MSG_CLIPBOARD);
			ck_assert(sek_is_ok(sek_clipboard_piece_read(in + at + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &m)));
			if (m.flags & SEK_CLIPBOARD_FIRST)
				copied_n = 0;
			memcpy(copied + copied_n, m.utf8, m.bytes);
			copied_n += m.bytes;
			copies += (m.flags & SEK_CLIPBOARD_LAST) != 0;
		}
		at += total;
	}
	memmove(in, in + at, in_n - at);
	in_n -= at;
}

/* --- as the browser that owns the selection --- */

static void serve(const xcb_selection_request_event_t *q)
{
	xcb_atom_t targets = atom("TARGETS"), utf8 = atom("UTF8_STRING"), html = atom("text/html");
	xcb_selection_notify_event_t a = { .response_type = XCB_SELECTION_NOTIFY, .requestor = q->requestor,
		.selection = q->selection, .target = q->target, .property = q->property };

	asked_targets += q->target == targets;
	asked_text += q->target == utf8;
	asked_other += q->target != targets && q->target != utf8;
	if (silent)
		return;
	if (q->target == targets) {
		const xcb_atom_t list[] = { html, atom("image/png"), offers_text ? utf8 : html };

		xcb_change_property(c, XCB_PROP_MODE_REPLACE, q->requestor, q->property, XCB_ATOM_ATOM, 32, 3, list);
	} else if (q->target == utf8 && owned_n <= 65536) {
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, q->requestor, q->property, utf8, 8, (uint32_t)owned_n, owned);
	} else if (q->target == utf8) {
		uint32_t n = (uint32_t)owned_n;

		asker = q->requestor;
		asker_property = q->property;
		owned_done = 0;
		xcb_change_window_attributes(c, asker, XCB_CW_EVENT_MASK, &(uint32_t){ XCB_EVENT_MASK_PROPERTY_CHANGE });
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, asker, asker_property, atom("INCR"), 32, 1, &n);
	} else {
		a.property = XCB_ATOM_NONE;
	}
	xcb_send_event(c, 0, q->requestor, 0, (const char *)&a);
}

static void serve_increment(const xcb_property_notify_event_t *e)
{
	size_t n = owned_n - owned_done;

	if (!asker || e->window != asker || e->atom != asker_property || e->state != XCB_PROPERTY_DELETE)
		return;
	if (n > 50000)
		n = 50000;
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, asker, asker_property, atom("UTF8_STRING"), 8, (uint32_t)n,
		owned + owned_done);
	owned_done += n;
	if (n == 0)
		asker = 0;
}

static void own(const char *selection, const char *text, size_t n)
{
	owned = text;
	owned_n = n;
	xcb_set_selection_owner(c, window, *selection ? atom(selection) : XCB_ATOM_PRIMARY, XCB_CURRENT_TIME);
	xcb_flush(c);
}

/* --- as the browser that pastes --- */

static char *pasted;
static size_t pasted_n;
static bool paste_done, paste_refused, increments;

static void take_pasted(void)
{
	xcb_get_property_reply_t *r = xcb_get_property_reply(c, xcb_get_property(c, 1, window, atom("P"), 0, 0, TEXT_MAX / 4), NULL);
	size_t n = (size_t)xcb_get_property_value_length(r);

	if (r->type == atom("INCR")) {
		increments = true;
	} else {
		memcpy(pasted + pasted_n, xcb_get_property_value(r), n);
		pasted_n += n;
		paste_done = !increments || n == 0;
	}
	free(r);
}

static void take_x(void)
{
	xcb_generic_event_t *e;

	while ((e = xcb_poll_for_event(c)) != NULL) {
		uint8_t type = e->response_type & 0x7f;

		if (type == XCB_SELECTION_REQUEST) {
			serve((const void *)e);
		} else if (type == XCB_SELECTION_NOTIFY) {
			if (((const xcb_selection_notify_event_t *)e)->property)
				take_pasted();
			else
				paste_refused = true;
		} else if (type == XCB_PROPERTY_NOTIFY) {
			const xcb_property_notify_event_t *p = (const void *)e;

			if (p->window != window)
				serve_increment(p);
			else if (increments && p->state == XCB_PROPERTY_NEW_VALUE && p->atom == atom("P") && !paste_done)
				take_pasted();
		}
		free(e);
	}
	xcb_flush(c);
}

#define UNTIL(cond)                                                               \
	do {                                                                      \
		for (int i_ = 0; !(cond) && i_ < WAIT_MS / STEP_MS; i_++)         \
			turn();                                                   \
		ck_assert_msg(cond, "not in time: %s", #cond);                    \
	} while (0)

static void turn(void)
{
	struct pollfd p[] = { { .fd = peer, .events = POLLIN }, { .fd = xcb_get_file_descriptor(c), .events = POLLIN } };

	poll(p, 2, STEP_MS);
	take_peer();
	take_x();
}

static void ask(const char *target)
{
	pasted_n = 0;
	paste_done = paste_refused = increments = false;
	xcb_convert_selection(c, window, atom("CLIPBOARD"), atom(target), atom("P"), XCB_CURRENT_TIME);
	xcb_flush(c);
	UNTIL(paste_done || paste_refused);
}

static char *long_text(size_t n)
{
	char *t = malloc(n + 1);

	for (size_t i = 0; i + 3 <= n; i += 3)
		memcpy(t + i, (char[]){ (char)0xe6, (char)(0x80 | (i / 192 & 0x3f)), (char)(0x80 | (i / 3 & 0x3f)) }, 3);
	t[n] = '\0';
	return t;
}

/* --- tests --- */

START_TEST(pasted_text_is_offered_as_text_only)
{
	pasted = malloc(TEXT_MAX);
	mode(SEK_CROSS_TO_OUTER);
	paste("関所", 6);
	UNTIL(pongs == 2);
	ask("UTF8_STRING");
	ck_assert(paste_done && pasted_n == 6);
	ck_assert_mem_eq(pasted, "関所", 6);
	ask("text/plain;charset=utf-8");
	ck_assert(paste_done && pasted_n == 6);
	ask("text/html");
	ck_assert(paste_refused);
	ask("image/png");
	ck_assert(paste_refused);
	free(pasted);
}
END_TEST

START_TEST(long_text_is_served_in_increments)
{
	size_t n = 300000;
	char *text = long_text(n);

	pasted = malloc(TEXT_MAX);
	mode(SEK_CROSS_TO_OUTER);
	paste(text, n);
	UNTIL(pongs == 2);
	for (int twice = 0; twice < 2; twice++) {
		ask("UTF8_STRING");
		ck_assert(increments);
		ck_assert_uint_eq(pasted_n, n);
		ck_assert_mem_eq(pasted, text, n);
	}
	free(pasted);
	free(text);
}
END_TEST

START_TEST(nothing_is_offered_unless_it_may)
{
	pasted = malloc(TEXT_MAX);
	mode(SEK_CROSS_TO_INNER);
	paste("out", 3);
	UNTIL(pongs == 2);
	ask("UTF8_STRING");
	ck_assert(paste_refused);
	free(pasted);
}
END_TEST

START_TEST(copied_text_is_taken_as_text_only)
{
	offers_text = true;
	mode(SEK_CROSS_TO_INNER);
	UNTIL(pongs == 1);
	own("CLIPBOARD", "写した", 9);
	UNTIL(copies == 1);
	ck_assert_uint_eq(copied_n, 9);
	ck_assert_mem_eq(copied, "写した", 9);
	ck_assert_uint_eq(asked_other, 0);
}
END_TEST

START_TEST(long_text_comes_in_increments)
{
	size_t n = 300000;
	char *text = long_text(n);

	offers_text = true;
	mode(SEK_CROSS_BOTH);
	UNTIL(pongs == 1);
	own("CLIPBOARD", text, n);
	UNTIL(copies == 1);
	ck_assert_uint_eq(copied_n, n);
	ck_assert_mem_eq(copied, text, n);
	free(text);
}
END_TEST

START_TEST(a_text_beyond_the_limit_is_cut_so_that_the_broker_sees_it)
{
	size_t n = 600000;
	char *text = long_text(n);

	offers_text = true;
	mode(SEK_CROSS_TO_INNER);
	UNTIL(pongs == 1);
	own("CLIPBOARD", text, n);
	UNTIL(copies == 1);
	ck_assert_uint_gt(copied_n, SEK_CLIPBOARD_MAX_BYTES);
	ck_assert_uint_le(copied_n, SEK_CLIPBOARD_MAX_BYTES + SEK_CLIPBOARD_PIECE_MAX_BYTES);
	free(text);
}
END_TEST

START_TEST(a_picture_is_not_even_asked_for)
{
	mode(SEK_CROSS_TO_INNER);
	UNTIL(pongs == 1);
	own("CLIPBOARD", "x", 1);
	UNTIL(asked_targets == 1);
	for (int i = 0; i < 10; i++)
		turn();
	ck_assert_uint_eq(asked_text + asked_other, 0);
	ck_assert_uint_eq(copies, 0);
}
END_TEST

START_TEST(nothing_is_asked_for_unless_it_may)
{
	offers_text = true;
	mode(SEK_CROSS_TO_OUTER);
	UNTIL(pongs == 1);
	own("CLIPBOARD", "secret", 6);
	for (int i = 0; i < 10; i++)
		turn();
	mode(SEK_CROSS_BOTH); /* what was there before is not asked for either */
	UNTIL(pongs == 2);
	for (int i = 0; i < 10; i++)
		turn();
	ck_assert_uint_eq(asked_targets + asked_text + asked_other, 0);
	own("", "marked", 6); /* PRIMARY: marking is not copying */
	for (int i = 0; i < 10; i++)
		turn();
	ck_assert_uint_eq(asked_targets + asked_text + asked_other, 0);
}
END_TEST

START_TEST(a_silent_owner_stops_nothing)
{
	offers_text = silent = true;
	mode(SEK_CROSS_BOTH);
	UNTIL(pongs == 1);
	own("CLIPBOARD", "x", 1);
	UNTIL(asked_targets == 1);
	paste("y", 1); /* the other direction goes on */
	UNTIL(pongs == 2);
	silent = false;
	own("CLIPBOARD", "z", 1);
	UNTIL(copies == 1);
	ck_assert_mem_eq(copied, "z", 1);
}
END_TEST

START_TEST(bytes_that_are_no_text_do_not_pass)
{
	offers_text = true;
	mode(SEK_CROSS_TO_INNER);
	UNTIL(pongs == 1);
	own("CLIPBOARD", "\xff\xfe\x80", 3);
	UNTIL(asked_text == 1);
	own("CLIPBOARD", "after", 5);
	UNTIL(copies == 1);
	ck_assert_mem_eq(copied, "after", 5);
}
END_TEST

START_TEST(a_peer_that_breaks_the_grammar_is_let_go)
{
	char byte;

	send_all("\x0d\0\0\0\0\0\0\x04\x07\0\0\0", 12);
	for (int i = 0; i < WAIT_MS / STEP_MS; i++) {
		if (recv(peer, &byte, 1, MSG_DONTWAIT) == 0)
			return;
		poll(NULL, 0, STEP_MS);
	}
	ck_abort_msg("the connection is still open");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clip");
	TCase *t = tcase_create("selection");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, pasted_text_is_offered_as_text_only);
	tcase_add_test(t, long_text_is_served_in_increments);
	tcase_add_test(t, nothing_is_offered_unless_it_may);
	tcase_add_test(t, copied_text_is_taken_as_text_only);
	tcase_add_test(t, long_text_comes_in_increments);
	tcase_add_test(t, a_text_beyond_the_limit_is_cut_so_that_the_broker_sees_it);
	tcase_add_test(t, a_picture_is_not_even_asked_for);
	tcase_add_test(t, nothing_is_asked_for_unless_it_may);
	tcase_add_test(t, a_silent_owner_stops_nothing);
	tcase_add_test(t, bytes_that_are_no_text_do_not_pass);
	tcase_add_test(t, a_peer_that_breaks_the_grammar_is_let_go);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
