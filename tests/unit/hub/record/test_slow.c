/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A disk that is slow, or never answers: pwrite and fdatasync of this program stand behind a gate (-Wl,--wrap).
 */
#include <string.h>
#include <unistd.h>

#include "rig.h"

ssize_t __real_pwrite(int fd, const void *bytes, size_t n, off_t offset);
int __real_fdatasync(int fd);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset);
int __wrap_fdatasync(int fd);

static struct rig r;

static uv_mutex_t mutex;
static uv_cond_t cond;
static bool write_shut, sync_shut;
static unsigned slow_sync_ms, syncs;

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

static void set(bool *shut, bool value)
{
	uv_mutex_lock(&mutex);
	*shut = value;
	uv_cond_broadcast(&cond);
	uv_mutex_unlock(&mutex);
}

static void setup(void)
{
	ck_assert_int_eq(uv_mutex_init(&mutex), 0);
	ck_assert_int_eq(uv_cond_init(&cond), 0);
	write_shut = sync_shut = false;
	slow_sync_ms = syncs = 0;
	rig_init(&r);
	rig_open(&r);
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

int main(void)
{
	Suite *s = suite_create("recordings on a slow disk");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_write_that_hangs);
	tcase_add_test(t, a_sync_that_hangs);
	tcase_add_test(t, a_slow_disk_is_no_failure);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
