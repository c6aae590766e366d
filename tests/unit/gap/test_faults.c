/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pixel gap where the system says no: each refusal of the kernel is brought about for real (resource limits, a
 * seccomp filter that answers with an error) and must come back as a status, with nothing left open.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "broker/gap/layout.h"

static struct sek_gap_layout layout;

static int open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* No ck_assert in here: Check allocates, and sometimes there is no memory when this is called. */
static void set_soft(__rlimit_resource_t what, rlim_t value)
{
	struct rlimit l;

	if (getrlimit(what, &l) < 0)
		abort();
	l.rlim_cur = value == RLIM_INFINITY ? l.rlim_max : value;
	if (setrlimit(what, &l) < 0)
		abort();
}

START_TEST(no_descriptor_left)
{
	int rw = -1, ro = -1, next = dup(0), before;

	close(next);
	before = open_descriptors();
	/* Not even one. */
	set_soft(RLIMIT_NOFILE, (rlim_t)next);
	ck_assert(sek_is(sek_gap_create(&layout, &rw, &ro), SEK_E_IO));
	/* One, but not the second: the first is closed again. */
	set_soft(RLIMIT_NOFILE, (rlim_t)next + 1);
	ck_assert(sek_is(sek_gap_create(&layout, &rw, &ro), SEK_E_IO));
	set_soft(RLIMIT_NOFILE, RLIM_INFINITY);
	ck_assert_int_eq(open_descriptors(), before);
	ck_assert_int_eq(rw, -1);
	ck_assert_int_eq(ro, -1);
}
END_TEST

START_TEST(no_room_in_the_file)
{
	int rw = -1, ro = -1;

	signal(SIGXFSZ, SIG_IGN);
	set_soft(RLIMIT_FSIZE, 4096);
	ck_assert(sek_is(sek_gap_create(&layout, &rw, &ro), SEK_E_IO));
	ck_assert_int_eq(rw, -1);
}
END_TEST

/* Lets one system call fail with `err` if its argument `arg` has all bits of `value`. */
static void kernel_refuses(int nr, int err, unsigned int arg, scmp_datum_t value)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	struct scmp_arg_cmp cmp = { .arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = value, .datum_b = value };

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((uint32_t)err), nr, 1, &cmp), 0);
	ck_assert_int_eq(seccomp_load(ctx), 0);
	seccomp_release(ctx);
}

START_TEST(kernel_without_noexec_seal)
{
	int rw = -1, ro = -1;

	kernel_refuses(SCMP_SYS(memfd_create), EINVAL, 1, 8);
	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	ck_assert(sek_is_ok(sek_gap_check(rw, &layout)));
	close(rw);
	close(ro);
}
END_TEST

START_TEST(kernel_without_seals)
{
	int rw = -1, ro = -1;

	kernel_refuses(SCMP_SYS(fcntl), EPERM, 1, F_ADD_SEALS);
	ck_assert(sek_is(sek_gap_create(&layout, &rw, &ro), SEK_E_IO));
}
END_TEST

START_TEST(no_fstat)
{
	int rw = -1, ro = -1;

	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	/* glibc asks with newfstatat and AT_EMPTY_PATH */
	kernel_refuses(SCMP_SYS(newfstatat), EACCES, 3, 0x1000);
	ck_assert(sek_is(sek_gap_check(rw, &layout), SEK_E_IO));
}
END_TEST

#ifndef SEK_SANITIZE /* a sanitizer's heap ignores and breaks under RLIMIT_AS */
START_TEST(no_mapping)
{
	struct sek_gap_writer *w = NULL;
	struct sek_gap_reader *r = NULL;
	int rw, ro;

	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	kernel_refuses(SCMP_SYS(mmap), ENOMEM, 3, MAP_SHARED);
	ck_assert(sek_is(sek_gap_writer_open(rw, &layout, &w), SEK_E_NOMEM));
	ck_assert(sek_is(sek_gap_reader_open(ro, &layout, &r), SEK_E_NOMEM));
	ck_assert_ptr_null(w);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(no_heap)
{
	struct sek_gap_writer *w = NULL;
	struct sek_gap_reader *r = NULL;
	sek_status sw, sr;
	void *kept = NULL;
	int rw, ro;

	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	set_soft(RLIMIT_AS, 1 << 20);
	for (size_t n = 1 << 20; n >= 16; n /= 2)
		for (void *p; (p = malloc(n)) != NULL; kept = p)
			*(void **)p = kept;
	sw = sek_gap_writer_open(rw, &layout, &w);
	sr = sek_gap_reader_open(ro, &layout, &r);
	set_soft(RLIMIT_AS, RLIM_INFINITY);
	while (kept) {
		void *next = *(void **)kept;

		free(kept);
		kept = next;
	}
	ck_assert(sek_is(sw, SEK_E_NOMEM));
	ck_assert(sek_is(sr, SEK_E_NOMEM));
}
END_TEST
#endif

static void setup(void)
{
	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, 640, 480)));
}

int main(void)
{
	Suite *s = suite_create("gap: faults");
	TCase *tc = tcase_create("faults");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, no_descriptor_left);
	tcase_add_test(tc, no_room_in_the_file);
	tcase_add_test(tc, kernel_without_noexec_seal);
	tcase_add_test(tc, kernel_without_seals);
	tcase_add_test(tc, no_fstat);
#ifndef SEK_SANITIZE
	tcase_add_test(tc, no_mapping);
	tcase_add_test(tc, no_heap);
#endif
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
