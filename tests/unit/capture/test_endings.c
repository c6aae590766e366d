/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-capture in trouble: receivers that are replaced, break the grammar or do not read; displays that die; the jail;
 * the ways in which it ends.
 */
#include <check.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/capture/rig.h"

static struct rig rig;

static void setup(void)
{
	rig_start(&rig, 800, 600, NULL);
}

static void teardown(void)
{
	rig_stop(&rig);
}

static bool is_closed(struct rig *r, void *unused)
{
	(void)unused;
	return r->closed;
}

static bool has_size(struct rig *r, void *wh)
{
	const uint16_t *v = wh;

	return r->width_px == v[0] && r->height_px == v[1];
}

START_TEST(a_new_attach_replaces_the_old)
{
	int old;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	old = dup(rig.host);
	rig_attach(&rig, 400, 300);
	rig_until(&rig, has_size, (uint16_t[2]){ 400, 300 }, "the new size");
	rig_until_same_picture(&rig);
	ck_assert_uint_eq(rig.keyframes, 1);
	/* the old stream is at its end */
	for (char drain[65536];;) {
		ssize_t n = recv(old, drain, sizeof drain, 0);

		if (n <= 0)
			break;
	}
	close(old);
}
END_TEST

/* A receiver that breaks the grammar is let go; the session is there for the next one. */
START_TEST(malformed_frames_end_only_the_stream)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "\x7f\0\0\0\0\0\0\0", 8 },                           /* unknown type */
		{ "\x82\0\0\0\0\0\0\x08" "abcdefgh", 16 },             /* a type of the other direction */
		{ "\x05\0\0\0\0\0\0\x07" "abcdefg", 15 },              /* wrong length */
		{ "\x05\0\0\0\0\0\0\x08" "\0\x1e\x02\0\0\0\0\0", 16 }, /* a key that is neither up nor down */
		{ "\x08\0\0\0\0\0\0\x02" "\xc0\x80", 10 },             /* overlong UTF-8 */
		{ "\x02\0\0\0\0\0\0\x04" "\x7f\xff\xff\xff", 12 },     /* ACK of a frame that was never sent */
		{ "\x01\0\0\0\0\0\0\x14" "SEKI\0\1\0\1\x03\x20\x02\x58\0\x64\0\0\0\0\0\0", 28 }, /* a second HELLO */
		{ "\x03\x01\0\0\0\0\0\0", 8 },                         /* a flag that is not defined */
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		rig_attach(&rig, 800, 600);
		rig_until_same_picture(&rig);
		ck_assert_int_eq(send(rig.host, bad[i].bytes, bad[i].n, MSG_NOSIGNAL), (ssize_t)bad[i].n);
		rig_until(&rig, is_closed, NULL, "the stream's end");
	}
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
}
END_TEST

static void status_line(const char *name, char *value, size_t size)
{
	char path[64], line[256];
	size_t n = strlen(name);
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)rig.capture);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	*value = 0;
	while (fgets(line, sizeof line, f))
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			snprintf(value, size, "%s", line + n + 1 + strspn(line + n + 1, " \t"));
	fclose(f);
	value[strcspn(value, "\n")] = 0;
}

static bool same_namespace(const char *name)
{
	char path[64], own[64], theirs[64];
	ssize_t a, b;

	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)rig.capture, name);
	a = readlink(path, theirs, sizeof theirs);
	snprintf(path, sizeof path, "/proc/self/ns/%s", name);
	b = readlink(path, own, sizeof own);
	ck_assert(a > 0 && b > 0);
	return a == b && memcmp(own, theirs, (size_t)a) == 0;
}

static unsigned descriptors(void)
{
	char path[64];
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)rig.capture, fd);
		n += faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return n;
}

START_TEST(the_jail_is_shut)
{
	static const struct {
		const char *name, *value;
	} want[] = {
		{ "Seccomp", "2" }, { "NoNewPrivs", "1" }, { "CapEff", "0000000000000000" },
		{ "CapPrm", "0000000000000000" }, { "CapBnd", "0000000000000000" },
	};

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		char value[64];

		status_line(want[i].name, value, sizeof value);
		ck_assert_msg(strcmp(value, want[i].value) == 0, "%s: %s", want[i].name, value);
	}
	ck_assert(!same_namespace("net"));
	ck_assert(!same_namespace("mnt"));
	ck_assert(!same_namespace("user"));
	/* 0, 1, 2, control, X, IME, clipboard and the stream: nothing else */
	ck_assert_uint_eq(descriptors(), 8);
}
END_TEST

START_TEST(end_ends)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_empty(&rig, SEK_MSG_END);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_ENDED);
}
END_TEST

START_TEST(ended_state_is_told)
{
	struct sek_state_msg state = { SEK_STATE_BROWSER_CRASHED, 0 };
	uint8_t bytes[32];
	struct sek_writer w;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_state_write(&w, &state);
	ck_assert_int_eq(send(rig.control, bytes, w.len, 0), (ssize_t)w.len);
	rig_until(&rig, is_closed, NULL, "the stream's end");
	ck_assert_uint_eq(rig.state, SEK_STATE_BROWSER_CRASHED);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_OK);
}
END_TEST

START_TEST(closing_control_ends)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	close(rig.control);
	rig.control = -1;
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_OK);
}
END_TEST

START_TEST(a_bad_control_packet_ends)
{
	ck_assert_int_eq(send(rig.control, "nonsense", 8, 0), 8);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_PROTOCOL);
}
END_TEST

START_TEST(display_death_ends)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	xcb_disconnect(rig.x);
	rig.x = xcb_connect("unix:/nonexistent", NULL); /* a connection in error, which the rig can go on asking */
	kill(rig.xvfb, SIGTERM);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_DISPLAY_LOST);
}
END_TEST

START_TEST(a_truncated_framebuffer_ends)
{
	char path[96];

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	snprintf(path, sizeof path, "%s/%s", rig.dir, SEK_SESSION_FRAMEBUFFER);
	ck_assert_int_eq(truncate(path, 4096), 0);
	rig_empty(&rig, SEK_MSG_REFRESH);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_DISPLAY_LOST);
}
END_TEST

/* Presses a key and waits until the X server has it: capture has run. */
static void tap_and_see(void)
{
	rig.logged = 0;
	rig_tap(&rig, KEY_A, 'a');
	while (rig.logged < 2) {
		struct rig_event *e = &rig.log[rig.logged];
		xcb_generic_event_t *x = xcb_wait_for_event(rig.x);

		e->type = x->response_type & 0x7f;
		if (e->type == XCB_KEY_PRESS || e->type == XCB_KEY_RELEASE)
			rig.logged++;
		free(x);
	}
}

/* A receiver that does not read: capture's memory stops growing, however much is painted, and input goes on. How many paints its
 * buffers need for their final size depends on how many it sees as one. */
START_TEST(stalled_receiver_costs_no_memory)
{
	unsigned before, after, first, quiet = 0;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_settle(&rig);
	first = before = rig_capture_pss_kib(&rig);
	for (unsigned round = 0; round < 20 && quiet < 2; round++) {
		for (unsigned i = 0; i < 40; i++) {
			rig_noise(&rig, 0, 0, 800, 600, 40 * round + i);
			free(xcb_get_input_focus_reply(rig.x, xcb_get_input_focus(rig.x), NULL));
		}
		tap_and_see();
		after = rig_capture_pss_kib(&rig);
		quiet = after < before + 1024 ? quiet + 1 : 0;
		before = after;
	}
	ck_assert_msg(quiet == 2, "PSS went on growing: from %u to %u KiB", first, before);
	ck_assert_msg(before < first + 48 * 1024, "PSS grew from %u to %u KiB", first, before);
	rig_until_same_picture(&rig);
}
END_TEST

START_TEST(idle_costs_nothing)
{
	uint64_t before;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_for(&rig, 700); /* refinement is over */
	before = rig_capture_cpu_us(&rig);
	rig_for(&rig, 1500);
	ck_assert_uint_eq(rig_capture_cpu_us(&rig), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("capture endings");
	TCase *t = tcase_create("endings");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_new_attach_replaces_the_old);
	tcase_add_test(t, malformed_frames_end_only_the_stream);
	tcase_add_test(t, the_jail_is_shut);
	tcase_add_test(t, end_ends);
	tcase_add_test(t, ended_state_is_told);
	tcase_add_test(t, closing_control_ends);
	tcase_add_test(t, a_bad_control_packet_ends);
	tcase_add_test(t, display_death_ends);
	tcase_add_test(t, a_truncated_framebuffer_ends);
	tcase_add_test(t, stalled_receiver_costs_no_memory);
	tcase_add_test(t, idle_costs_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
