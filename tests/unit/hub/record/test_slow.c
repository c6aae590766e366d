/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A disk that is slow, never answers or fails: pwrite, fdatasync and sync_file_range of this program stand behind a gate (-Wl,--wrap).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

ssize_t __real_pwrite(int fd, const void *bytes, size_t n, off_t offset);
int __real_fdatasync(int fd);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset);
int __wrap_fdatasync(int fd);
int __real_sync_file_range(int fd, off_t offset, off_t n, unsigned flags);
int __wrap_sync_file_range(int fd, off_t offset, off_t n, unsigned flags);

static struct rig r;

static uv_mutex_t mutex;
static uv_cond_t cond;
static bool write_shut, sync_shut, push_shut;
static unsigned slow_sync_ms, syncs, pushes;
static int push_errno;

static void pass(const bool *shut)
{
	uv_mutex_lock(&mutex);
	while (*shut)
		uv_cond_wait(&cond, &mutex);
	uv_mutex_unlock(&mutex);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	pass(&write_shut);
	return __real_pwrite(fd, bytes, n, offset);
}

int __wrap_fdatasync(int fd)
{
	pass(&sync_shut);
	uv_mutex_lock(&mutex);
	syncs++;
	uv_mutex_unlock(&mutex);
	if (slow_sync_ms)
		usleep(slow_sync_ms * 1000);
	return __real_fdatasync(fd);
}

int __wrap_sync_file_range(int fd, off_t offset, off_t n, unsigned flags)
{
	pass(&push_shut);
	uv_mutex_lock(&mutex);
	pushes++;
	errno = push_errno;
	uv_mutex_unlock(&mutex);
	return errno ? -1 : __real_sync_file_range(fd, offset, n, flags);
}

static unsigned count(const unsigned *what)
{
	unsigned n;

	uv_mutex_lock(&mutex);
	n = *what;
	uv_mutex_unlock(&mutex);
	return n;
}

static void set(bool *shut, bool value)
{
	uv_mutex_lock(&mutex);
	*shut = value;
	uv_cond_broadcast(&cond);
	uv_mutex_unlock(&mutex);
}

static void prepare(unsigned sync_seconds)
{
	ck_assert_int_eq(uv_mutex_init(&mutex), 0);
	ck_assert_int_eq(uv_cond_init(&cond), 0);
	write_shut = sync_shut = push_shut = false;
	slow_sync_ms = syncs = pushes = 0;
	push_errno = 0;
	rig_init(&r);
	r.config.sync_seconds = sync_seconds;
	rig_open(&r);
}

static void setup(void)
{
	prepare(0);
}

static void setup_rarely(void)
{
	prepare(3);
}

static void teardown(void)
{
	rig_stop(&r);
	rig_finish(&r);
	uv_cond_destroy(&cond);
	uv_mutex_destroy(&mutex);
}

/* The gate is shut: the recording fails while the write still hangs; once it has returned everything is ended in good order. */
static void fail_at(bool *gate)
{
	struct sek_recording *rec = rig_begin(&r), *other;
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;
	char id[33];

	memcpy(id, sek_recording_id(rec), sizeof id);
	set(gate, true);
	rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, RIG_LARGE_BYTES, 1);
	rig_frame(rec, SEK_ENTRY_DOWN, 0, RIG_LARGE_BYTES, 2);
	rig_until(&r, &r.failed, 1);
	ck_assert_ptr_nonnull(strstr(r.why, "too slow"));
	ck_assert(!sek_recording_ok(rec));
	sek_recording_close(rec, 0);
	rig_run(&r, 50);
	ck_assert_uint_eq(r.closed, 0);
	set(gate, false);
	rig_until(&r, &r.closed, 1);
	ck_assert(!r.sound);
	ck_assert(sek_is_ok(sek_recording_verify(rig_path(&r, id), r.signer, NULL, NULL, NULL, &verdict)));
	ck_assert_int_eq(verdict, SEK_RECORDING_SOUND);
	other = rig_begin(&r); /* only that one had failed */
	sek_recording_close(other, 0);
	rig_until(&r, &r.closed, 2);
	ck_assert(r.sound);
}

START_TEST(a_write_that_hangs)
{
	fail_at(&write_shut);
}
END_TEST

START_TEST(a_sync_that_hangs)
{
	fail_at(&sync_shut);
}
END_TEST

START_TEST(a_slow_disk_is_no_failure)
{
	struct sek_recording *rec = rig_begin(&r);
	unsigned i;

	slow_sync_ms = 200;
	for (i = 0; i < 12; i++)
		rig_frame(rec, SEK_ENTRY_DOWN, 0, RIG_LARGE_BYTES, (uint8_t)i);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound);
	ck_assert_uint_ge(r.facts.blocks, 12);
	/* what came in while the first was synced was written together, with one sync; then the end */
	ck_assert_uint_le(syncs, 6);
}
END_TEST

START_TEST(a_push_that_hangs)
{
	fail_at(&push_shut);
}
END_TEST

/* Each second is written at once and the disk begins with it; it is synced every few seconds, the last of it too when nothing more comes. */
START_TEST(synced_every_few_seconds)
{
	struct sek_recording *rec = rig_begin(&r);
	unsigned i, pushed, synced;

	i = 0;
	do { /* until one of these seconds was not synced: two of three */
		uint64_t size = sek_recording_bytes(rec);

		pushed = count(&pushes);
		synced = count(&syncs); /* before: on a busy machine its sync can be over as soon as it is written */
		ck_assert_uint_lt(i, 20);
		rig_frame(rec, SEK_ENTRY_DOWN, i == 0 ? SEK_UPDATE_KEYFRAME : 0, 1000, (uint8_t)i);
		for (unsigned k = 0; k < 300 && sek_recording_bytes(rec) == size; k++)
			rig_run(&r, 50); /* written, within a second */
		ck_assert_uint_gt(sek_recording_bytes(rec), size);
	} while (i++ < 2 || count(&pushes) == pushed);
	for (unsigned k = 0; k < 300 && count(&syncs) == synced; k++)
		rig_run(&r, 50);
	ck_assert_uint_gt(count(&syncs), synced);
	i = count(&syncs);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound);
	ck_assert_uint_gt(count(&syncs), i);
}
END_TEST

/* So much is never without a sync that the next start would not dare to cut it off. */
START_TEST(synced_when_much_waits)
{
	struct sek_recording *rec = rig_begin(&r);
	unsigned i;

	for (i = 0; i < 9; i++)
		rig_frame(rec, SEK_ENTRY_DOWN, i == 0 ? SEK_UPDATE_KEYFRAME : 0, RIG_LARGE_BYTES, (uint8_t)i);
	ck_assert_uint_gt(9 * RIG_LARGE_BYTES, SEK_RECORD_UNSYNCED_BYTES);
	for (i = 0; i < 300 && count(&syncs) == 0; i++)
		rig_run(&r, 10);
	ck_assert_uint_ge(count(&syncs), 1);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound);
}
END_TEST

static void push_fails_with(int error)
{
	uv_mutex_lock(&mutex);
	push_errno = error;
	uv_mutex_unlock(&mutex);
}

/* What the disk could not write is heard by the next block, not by the next sync. */
START_TEST(an_error_of_the_disk)
{
	struct sek_recording *rec = rig_begin(&r);

	push_fails_with(EIO);
	rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, RIG_LARGE_BYTES, 1);
	rig_frame(rec, SEK_ENTRY_DOWN, 0, RIG_LARGE_BYTES, 2); /* full: the first block goes to the disk now */
	rig_until(&r, &r.failed, 1);
	ck_assert(!sek_recording_ok(rec));
	push_fails_with(0);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(!r.sound);
}
END_TEST

START_TEST(a_file_system_that_cannot_push)
{
	struct sek_recording *rec = rig_begin(&r);

	push_fails_with(EINVAL);
	rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, RIG_LARGE_BYTES, 1);
	rig_frame(rec, SEK_ENTRY_DOWN, 0, RIG_LARGE_BYTES, 2);
	for (unsigned k = 0; k < 300 && count(&pushes) == 0; k++)
		rig_run(&r, 10);
	ck_assert_uint_ge(count(&pushes), 1);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound);
	ck_assert_uint_eq(r.failed, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings on a slow disk");
	TCase *t = tcase_create("all"), *rarely = tcase_create("synced every three seconds");

	tcase_set_timeout(rarely, 120);
	tcase_add_checked_fixture(rarely, setup_rarely, teardown);
	tcase_add_test(rarely, a_push_that_hangs);
	tcase_add_test(rarely, synced_every_few_seconds);
	tcase_add_test(rarely, synced_when_much_waits);
	tcase_add_test(rarely, an_error_of_the_disk);
	tcase_add_test(rarely, a_file_system_that_cannot_push);
	suite_add_tcase(s, rarely);

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_write_that_hangs);
	tcase_add_test(t, a_sync_that_hangs);
	tcase_add_test(t, a_slow_disk_is_no_failure);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
