/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A disk that says no: no room, no rights, a folder or a file that is gone. Each ends a recording soon, with a sentence, and what
 * had been written stays readable.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"

static struct rig r;

static void setup(void)
{
	rig_init(&r);
}

static void teardown(void)
{
	rig_finish(&r);
}

static struct sek_recorder_state state(void)
{
	struct sek_recorder_state s;

	sek_recorder_state(r.recorder, &s);
	return s;
}

static void until_writable(bool writable)
{
	int i;

	for (i = 0; i < 1500 && state().writable != writable; i++)
		rig_run(&r, 20);
	ck_assert_int_eq(state().writable, writable);
}

/* Nothing new begins, and the failed one is over. */
static void expect_over(struct sek_recording *rec, const char *word)
{
	static const uint8_t session[16];
	struct sek_recording_about about = { .session = session };
	struct sek_recording_ops ops = { .user = NULL };
	struct sek_recording *other;

	rig_until(&r, &r.failed, 1);
	ck_assert_msg(strstr(r.why, word) != NULL, "'%s' without '%s'", r.why, word);
	ck_assert(!sek_recording_ok(rec));
	ck_assert(sek_is(sek_recording_begin(r.recorder, &about, &ops, &other), SEK_E_STORE));
	sek_recording_add(rec, SEK_ENTRY_KEY, NULL, 0);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(!r.sound);
	ck_assert_uint_ge(state().failed, 1);
	ck_assert_uint_eq(state().open, 0);
	ck_assert_uint_eq(state().waiting_bytes, 0);
}

static void record_some(struct sek_recording *rec, int times)
{
	int i;

	for (i = 0; i < times && sek_recording_ok(rec); i++) {
		rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, 200000, (uint8_t)i);
		rig_run(&r, 10);
	}
}

/* Everything that is whole is there, and the chain holds; started again, the recording gets its end. */
static void expect_readable(const char *id)
{
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;
	struct sek_recording_reader *reader;
	const uint8_t *bytes;
	size_t n, i, got;

	rig_open(&r);
	rig_stop(&r);
	ck_assert(sek_is_ok(sek_recording_verify(rig_path(&r, id), r.signer, NULL, NULL, NULL, &verdict)));
	ck_assert_int_eq(verdict, SEK_RECORDING_SOUND);
	reader = rig_reader(&r, id);
	ck_assert(sek_recording_head(reader)->late);
	(void)sek_recording_blocks(reader, &n);
	ck_assert_uint_ge(n, 3);
	for (i = 0; i < n; i++)
		ck_assert(sek_is_ok(sek_recording_read(reader, (uint32_t)i, &bytes, &got)));
	sek_recording_reader_close(reader);
}

START_TEST(a_disk_that_takes_no_more)
{
	struct rlimit old, limit;
	struct sek_recording *rec;
	char id[33];

	/* stands in for a full disk; Check's own file stays below it */
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	rig_open(&r);
	rec = rig_begin(&r);
	memcpy(id, sek_recording_id(rec), sizeof id);
	limit = old;
	limit.rlim_cur = 2000000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	record_some(rec, 200);
	expect_over(rec, "too large");
	until_writable(true); /* a small file can be written: others may begin */
	ck_assert_uint_ge(r.changes, 2);
	rig_stop(&r);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	expect_readable(id);
}
END_TEST

START_TEST(a_full_disk)
{
	struct sek_recording *rec;
	char id[33], filler[160];
	int fd;

	if (mkdir(r.folder, 0700) != 0 || mount("none", r.folder, "tmpfs", 0, "size=4m,mode=0700") != 0) {
		printf("a_full_disk: not root, no tmpfs of its own: not run\n");
		return;
	}
	rig_open(&r);
	rec = rig_begin(&r);
	memcpy(id, sek_recording_id(rec), sizeof id);
	record_some(rec, 200);
	expect_over(rec, "No space");
	ck_assert(!state().writable);
	rig_stop(&r);
	expect_readable(id); /* its end fits: the torn block made room */
	/* full to the last byte: the end does not fit, the broker starts all the same and says so */
	snprintf(filler, sizeof filler, "%s/filler", r.folder);
	fd = open(filler, O_WRONLY | O_CREAT, 0600);
	while (write(fd, r.folder, 1) == 1)
		;
	close(fd);
	rig_open(&r);
	ck_assert(!state().writable);
	ck_assert_ptr_nonnull(strstr(state().why, "No space"));
	unlink(filler);
	until_writable(true);
	rig_stop(&r);
	ck_assert_int_eq(umount(r.folder), 0);
}
END_TEST

/* A disk that was promised more room than there is: a file system in a sparse file on a full one. It takes what is written, and says so only when
 * its own cache goes to the disk. False: this machine has no such thing for us. */
static bool thin_disk(const char *backing, const char *folder)
{
	char command[1400];

	snprintf(command, sizeof command,
		"PATH=$PATH:/usr/sbin:/sbin; mkdir -m 700 '%s' '%s' && mount -t tmpfs -o size=12m,mode=0700 none '%s' && truncate -s 64m '%s/disk' &&"
		" mkfs.ext4 -q -F -m 0 -O ^has_journal '%s/disk' && mount -o loop '%s/disk' '%s' && sync -f '%s' &&"
		" { dd if=/dev/zero of='%s/filler' bs=64k status=none 2>/dev/null; truncate -s -1m '%s/filler'; }",
		backing, folder, backing, backing, backing, backing, folder, folder, backing, backing);
	return system(command) == 0;
}

START_TEST(a_disk_that_says_so_later)
{
	struct sek_recording *rec;
	char backing[100];

	snprintf(backing, sizeof backing, "%s/backing", r.dir);
	if (!thin_disk(backing, r.folder)) {
		printf("a_disk_that_says_so_later: not root, or no loop device: not run\n");
		(void)umount(backing);
		(void)rmdir(backing);
		return;
	}
	r.config.sync_seconds = 600; /* long after the test: no sync hears of it */
	rig_open(&r);
	rec = rig_begin(&r);
	for (int i = 0; i < 1500 && r.failed == 0; i++) {
		/* after the first second, which is synced: less than is synced before its time, more than there is room for */
		if (sek_recording_ok(rec))
			rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, i >= 75 && i < 90 ? 200000 : 200, (uint8_t)i);
		rig_run(&r, 20);
	}
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	rig_stop(&r);
	ck_assert_int_eq(umount(r.folder), 0);
	ck_assert_int_eq(umount(backing), 0);
	ck_assert_int_eq(rmdir(backing), 0);
	ck_assert_uint_eq(r.failed, 1);
	ck_assert(!r.sound);
	ck_assert_msg(strstr(r.why, "No space") || strstr(r.why, "Input/output"), "'%s'", r.why);
}
END_TEST

START_TEST(thresholds_tell_before)
{
	struct sek_recorder_state s;
	struct sek_recording *rec;

	r.config.warn_free_bytes = UINT64_MAX;
	rig_open(&r);
	s = state();
	ck_assert(s.writable && s.warning && s.why[0] && s.free_bytes > 0);
	rec = rig_begin(&r);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	rig_stop(&r);
	r.config.least_free_bytes = UINT64_MAX;
	rig_open(&r);
	s = state();
	ck_assert(!s.writable && strstr(s.why, "no room"));
	rig_stop(&r);
}
END_TEST

START_TEST(a_folder_that_is_gone)
{
	struct sek_recording *rec;
	char away[160];

	rig_open(&r);
	rec = rig_begin(&r);
	snprintf(away, sizeof away, "%s-away", r.folder);
	ck_assert_int_eq(rename(r.folder, away), 0);
	/* an idle session: nobody adds anything */
	expect_over(rec, "No such file");
	ck_assert_int_eq(rename(away, r.folder), 0);
	until_writable(true);
	rig_stop(&r);
}
END_TEST

START_TEST(a_file_that_is_gone)
{
	struct sek_recording *rec;

	rig_open(&r);
	rec = rig_begin(&r);
	ck_assert_int_eq(unlink(rig_path(&r, sek_recording_id(rec))), 0);
	sek_recording_add(rec, SEK_ENTRY_KEY, NULL, 0);
	expect_over(rec, "No such file");
	rig_stop(&r);
}
END_TEST

/* In a child: whoever is root may write everywhere. */
START_TEST(a_folder_without_rights)
{
	pid_t pid;
	int status;

	if (geteuid() == 0) {
		ck_assert_int_eq(chown(r.dir, 65534, 65534), 0);
		ck_assert_int_eq(chown(r.signing_key, 65534, 65534), 0);
		ck_assert_int_eq(chmod(r.dir, 0755), 0);
	}
	pid = fork();
	if (pid == 0) {
		struct sek_recording *rec;

		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(9);
		rig_open(&r);
		rec = rig_begin(&r);
		if (chmod(r.folder, 0500) != 0)
			_exit(8);
		expect_over(rec, "Permission denied");
		if (chmod(r.folder, 0700) != 0)
			_exit(7);
		until_writable(true);
		rig_stop(&r);
		if (chmod(r.folder, 0500) != 0)
			_exit(6);
		rig_open(&r); /* a broker starts, and says that nothing can be recorded */
		if (state().writable || !strstr(state().why, "Permission denied"))
			_exit(5);
		rig_stop(&r);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(too_much_that_waits)
{
	struct sek_recording *rec;
	int i;

	rig_open(&r);
	rec = rig_begin(&r);
	/* the loop never runs, so nothing is ever taken off */
	for (i = 0; i < 100; i++)
		rig_frame(rec, SEK_ENTRY_DOWN, 0, 200000, (uint8_t)i);
	ck_assert(!sek_recording_ok(rec));
	ck_assert_uint_eq(r.failed, 0); /* never from inside a call */
	rig_until(&r, &r.failed, 1);
	ck_assert_ptr_nonnull(strstr(r.why, "too slow"));
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(!r.sound);
	ck_assert(state().writable); /* of this one only */
	rig_stop(&r);
}
END_TEST

static uv_sem_t go;

static void wait_long(uv_work_t *w)
{
	(void)w;
	uv_sem_wait(&go);
}

static void after_long(uv_work_t *w, int cancelled)
{
	(void)w;
	(void)cancelled;
}

/* Whatever keeps libuv's pool busy keeps no recording waiting. */
START_TEST(a_busy_pool)
{
	uv_work_t busy[64];
	struct sek_recording *rec;
	int i;

	ck_assert_int_eq(uv_sem_init(&go, 0), 0);
	for (i = 0; i < 64; i++)
		ck_assert_int_eq(uv_queue_work(&r.loop, &busy[i], wait_long, after_long), 0);
	rig_open(&r);
	rec = rig_begin(&r);
	record_some(rec, 10);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound);
	ck_assert_uint_eq(r.failed, 0);
	for (i = 0; i < 64; i++)
		uv_sem_post(&go);
	rig_stop(&r);
	uv_sem_destroy(&go);
}
END_TEST

START_TEST(what_stands_in_the_way_of_a_start)
{
	struct sek_recorder *none = NULL;

	unlink(r.public_key);
	ck_assert(!sek_is_ok(sek_recorder_create(&r.loop, &r.config, NULL, NULL, &none, r.err, sizeof r.err)));
	ck_assert_ptr_nonnull(strstr(r.err, "keygen"));
	ck_assert_int_eq(chmod(r.folder, 0777), 0);
	ck_assert(!sek_is_ok(sek_recorder_create(&r.loop, &r.config, NULL, NULL, &none, r.err, sizeof r.err)));
	ck_assert_ptr_nonnull(strstr(r.err, "chmod"));
	ck_assert_int_eq(rmdir(r.folder), 0);
	rig_write(r.folder, (const uint8_t *)"x", 1);
	ck_assert(!sek_is_ok(sek_recorder_create(&r.loop, &r.config, NULL, NULL, &none, r.err, sizeof r.err)));
	ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings on a bad disk");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_disk_that_takes_no_more);
	tcase_add_test(t, a_full_disk);
	tcase_add_test(t, a_disk_that_says_so_later);
	tcase_add_test(t, thresholds_tell_before);
	tcase_add_test(t, a_folder_that_is_gone);
	tcase_add_test(t, a_file_that_is_gone);
	tcase_add_test(t, a_folder_without_rights);
	tcase_add_test(t, too_much_that_waits);
	tcase_add_test(t, a_busy_pool);
	tcase_add_test(t, what_stands_in_the_way_of_a_start);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
