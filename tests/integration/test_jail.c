/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The border as the kernel sees it, at a live session with a real browser: descriptors, jails, namespaces, mappings; and
 * that nothing of a session is left when it has ended.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/gap/children.h"
#include "tests/integration/world.h"

/* docs/ARCHITECTURE.md, section 3, and broker/gap/children.h. The credentials pipe was read to its end and closed. */
static const struct {
	int fd;
	const char *kind;
	int mode;
} decoder_list[] = {
	{ 0, "null", -1 },
	{ 1, "null", -1 },
	{ 2, "null", -1 },
	{ SEK_DECODER_HOST_FD, "socket", O_RDWR },
	{ SEK_DECODER_GAP_FD, "memfd", O_RDWR },
	{ SEK_DECODER_WAKE_FD, "eventfd", O_RDWR },
	{ SEK_DECODER_INPUT_FD, "pipe", O_RDONLY },
	{ SEK_DECODER_CONTROL_FD, "socket", O_RDWR }, /* the broker's end is shut for reading */
}, encoder_list[] = {
	{ 0, "null", -1 },
	{ 1, "null", -1 },
	{ 2, NULL, -1 }, /* the broker's log, whatever that is */
	{ SEK_ENCODER_HUB_FD, "socket", O_RDWR },
	{ SEK_ENCODER_GAP_FD, "memfd", O_RDONLY },
	{ SEK_ENCODER_WAKE_FD, "eventfd", O_RDWR },
};

static void check_descriptor(pid_t pid, int fd, const char *kind, int mode)
{
	char found[256];
	int found_mode;

	ck_assert_msg(procs_descriptor(pid, fd, found, sizeof found, &found_mode), "descriptor %d is not open", fd);
	if (kind)
		ck_assert_msg(strcmp(found, kind) == 0, "descriptor %d is a %s, not a %s", fd, found, kind);
	if (mode >= 0)
		ck_assert_msg(found_mode == mode, "descriptor %d: access mode %d", fd, found_mode);
}

static void check_jail(pid_t pid)
{
	static const char *const namespaces[] = { "user", "net", "mnt", "ipc", "uts", "cgroup" };
	static const char *const capabilities[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	struct dirent *entry;
	char path[64];
	DIR *root;

	ck_assert_str_eq(procs_status(pid, "Seccomp"), "2");
	ck_assert_str_eq(procs_status(pid, "NoNewPrivs"), "1");
	ck_assert_str_eq(procs_status(pid, "Threads"), "1");
	for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
		ck_assert_uint_eq(strtoull(procs_status(pid, capabilities[i]), NULL, 16), 0);
	for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
		unsigned long theirs = procs_namespace(pid, namespaces[i]);

		ck_assert_msg(theirs != 0 && theirs != procs_namespace(getpid(), namespaces[i]), "shares the %s namespace",
			namespaces[i]);
	}
	snprintf(path, sizeof path, "/proc/%d/root", pid);
	root = opendir(path);
	ck_assert_ptr_nonnull(root);
	while ((entry = readdir(root)) != NULL)
		ck_assert_msg(entry->d_name[0] == '.', "its root holds %s", entry->d_name);
	closedir(root);
}

START_TEST(the_border_is_as_documented)
{
	struct world w;
	struct stream a, b;
	pid_t decoder, encoder;

	world_init(&w);
	world_start(&w);
	world_up(&w, "taro", &a);
	world_up(&w, "hanako", &b);
	decoder = world_decoder(&w, "taro");
	encoder = world_encoder(&w, "taro");
	for (size_t i = 0; i < sizeof decoder_list / sizeof decoder_list[0]; i++)
		check_descriptor(decoder, decoder_list[i].fd, decoder_list[i].kind, decoder_list[i].mode);
	ck_assert_uint_eq(procs_descriptors(decoder), sizeof decoder_list / sizeof decoder_list[0]);
	for (size_t i = 0; i < sizeof encoder_list / sizeof encoder_list[0]; i++)
		check_descriptor(encoder, encoder_list[i].fd, encoder_list[i].kind, encoder_list[i].mode);
	ck_assert_uint_eq(procs_descriptors(encoder), sizeof encoder_list / sizeof encoder_list[0]);
	check_jail(decoder);
	check_jail(encoder);
	/* sessions do not share namespaces either, nor do the two ends of one gap */
	ck_assert_uint_ne(procs_namespace(decoder, "net"), procs_namespace(encoder, "net"));
	ck_assert_uint_ne(procs_namespace(decoder, "user"), procs_namespace(world_decoder(&w, "hanako"), "user"));
	ck_assert_uint_ne(procs_namespace(decoder, "net"), procs_namespace(world_decoder(&w, "hanako"), "net"));
	/* who may write the gap, and that nobody else has it */
	ck_assert(procs_maps(decoder, "memfd:", 'w'));
	ck_assert(!procs_maps(decoder, "memfd:", 'x'));
	ck_assert(procs_maps(encoder, "memfd:", 'r'));
	ck_assert(!procs_maps(encoder, "memfd:", 'w'));
	ck_assert(!procs_maps(getpid(), "memfd:", 'r'));
	stream_finish(&a);
	stream_finish(&b);
	world_finish(&w);
}
END_TEST

START_TEST(nothing_of_a_session_is_left)
{
	struct world w;
	struct stream a, b;
	pid_t decoder, encoder, capture;
	uid_t uid;

	world_init(&w);
	world_start(&w);
	world_up(&w, "taro", &a);
	world_up(&w, "hanako", &b);
	decoder = world_decoder(&w, "taro");
	encoder = world_encoder(&w, "taro");
	capture = world_find(&w, 0, "sekisho-capture");
	ck_assert_int_gt(capture, 0);
	uid = (uid_t)strtoul(procs_status(capture, "Uid"), NULL, 10);
	ck_assert_uint_ge(uid, w.farm.hosts[0].uid_base);
	ck_assert_uint_gt(procs_of_uid(uid), 8); /* Xvfb, wm, ime, ibus, Chromium's many */
	STREAM_WRITE(&a, sek_empty_write, SEK_MSG_END);
	ck_assert(a.closed);
	ck_assert_uint_eq(stream_state(&a), SEK_STATE_ENDED_USER);
	WORLD_UNTIL(&w, 5000, !procs_alive(decoder) && !procs_alive(encoder));
	WORLD_UNTIL(&w, 10000, procs_of_uid(uid) == 0);
	char path[128];

	snprintf(path, sizeof path, "%s/0/s0", w.farm.sessions);
	WORLD_UNTIL(&w, 5000, access(path, F_OK) != 0); /* profile and all */
	world_goes_on(&w, &b);
	/* the same user starts anew, in a new browser */
	stream_finish(&a);
	world_up(&w, "taro", &a);
	ck_assert_int_ne(world_decoder(&w, "taro"), decoder);
	stream_finish(&a);
	stream_finish(&b);
	world_finish(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("integration.session.jail");
	TCase *tcase = tcase_create("jail");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, the_border_is_as_documented);
	tcase_add_test(tcase, nothing_of_a_session_is_left);
	tcase_set_timeout(tcase, 180);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
