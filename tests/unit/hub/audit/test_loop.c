/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop's half: answers come once and only when they are true, many records share one write, a disk that says no is told
 * and recovered from.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "rig.h"

#define FIRST "audit-00000001.log"

static struct rig r;
static uv_loop_t loop;
static struct sek_audit *a;
static unsigned answered, said_no, records, changes;
static bool writable, stopped;

static void setup(void)
{
	rig_init(&r);
	uv_loop_init(&loop);
	answered = said_no = records = changes = 0;
	stopped = false;
	writable = true;
}

static void on_record(void *user, const char *line, size_t n)
{
	(void)user;
	ck_assert_int_eq(line[n - 1], '\n');
	records++;
}

static void on_change(void *user, bool now, const char *why)
{
	(void)user;
	changes++;
	writable = now;
	ck_assert(now || *why);
}

static void start(void)
{
	struct sek_audit_files *f = rig_open(&r);

	rig_grow(f);
	sek_audit_files_close(f);
	ck_assert_msg(sek_is_ok(sek_audit_create(&loop, &r.config, &a, r.err, sizeof r.err)), "%s", r.err);
	sek_audit_on_record(a, on_record, NULL);
	sek_audit_on_change(a, on_change, NULL);
}

static void on_stopped(void *user)
{
	(void)user;
	stopped = true;
}

static void stop(void)
{
	sek_audit_stop(a, on_stopped, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(stopped);
	sek_audit_destroy(a);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	rig_finish(&r);
}

static void on_done(void *user, sek_status status)
{
	(void)user;
	answered++;
	said_no += !sek_is_ok(status);
}

static struct sek_audit_ticket *event(const char *what, bool wait)
{
	return sek_audit_event(a, &(struct sek_audit_event){ .who = "taro", .what = what }, wait ? on_done : NULL, NULL);
}

static void until(const unsigned *value, unsigned wanted)
{
	while (*value < wanted)
		uv_run(&loop, UV_RUN_ONCE);
}

START_TEST(answers_when_it_is_written)
{
	start();
	ck_assert_ptr_nonnull(event("test.waits", true));
	ck_assert_uint_eq(answered, 0); /* never from inside */
	until(&answered, 1);
	ck_assert_uint_eq(said_no, 0);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.waits"), 1);
	ck_assert_ptr_null(event("test.fact", false));
	until(&records, 2);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.fact"), 1);
	stop();
}
END_TEST

START_TEST(many_at_once)
{
	unsigned i;

	start();
	for (i = 0; i < 5000; i++)
		ck_assert_ptr_nonnull(event("test.many", true));
	until(&answered, 5000);
	ck_assert_uint_eq(said_no, 0);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.many"), 5000);
	stop();
}
END_TEST

START_TEST(stopping_writes_what_waits)
{
	unsigned i;

	start();
	for (i = 0; i < 3000; i++)
		event("test.last", false);
	sek_audit_stop(a, on_stopped, NULL);
	ck_assert_ptr_null(event("test.late", true));
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(stopped);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.last"), 3000);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.late"), 0);
	ck_assert_uint_eq(rig_count(&r, FIRST, "audit.checkpoint"), 2);
	sek_audit_destroy(a);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	rig_finish(&r);
}
END_TEST

START_TEST(forgotten_askers_are_not_called)
{
	start();
	sek_audit_forget(event("test.forgotten", true));
	event("test.waits", true);
	until(&answered, 1);
	ck_assert_uint_eq(answered, 1);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.forgotten"), 1);
	stop();
}
END_TEST

static void disk(bool full)
{
	static struct rlimit old;
	struct rlimit limit;
	struct stat st;

	signal(SIGXFSZ, SIG_IGN);
	if (!full) {
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
		return;
	}
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(stat(rig_path(&r, FIRST), &st), 0);
	limit = (struct rlimit){ (rlim_t)st.st_size + 30, old.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(full_disk)
{
	char why[SEK_AUDIT_WHY_BYTES];
	struct sek_audit_state s;

	start();
	event("test.before", true);
	until(&answered, 1);
	ck_assert(sek_audit_writable(a, why));
	disk(true);
	event("test.refused", true);
	event("test.fact", false);
	until(&answered, 2);
	ck_assert_uint_eq(said_no, 1);
	ck_assert(!writable);
	ck_assert(!sek_audit_writable(a, why));
	ck_assert_ptr_nonnull(strstr(why, "too large")); /* EFBIG: the limit that stands in for a full disk */
	sek_audit_state(a, &s);
	ck_assert_uint_gt(s.failed_since_s, 0);
	ck_assert_uint_eq(s.waiting, 1);
	event("test.refused", true); /* asked again at once, not when the timer comes */
	until(&answered, 3);
	ck_assert_uint_eq(said_no, 2);
	disk(false);
	until(&changes, 2);
	ck_assert(writable);
	event("test.after", true);
	until(&answered, 4);
	ck_assert_uint_eq(said_no, 2);
	/* what had happened in any case is there, what was refused is not, and never comes */
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.fact"), 1);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.after"), 1);
	ck_assert_uint_eq(rig_count(&r, FIRST, "test.refused"), 0);
	stop();
}
END_TEST

START_TEST(bounded_while_full)
{
	struct sek_audit_state s;
	unsigned i;

	start();
	event("test.before", true);
	until(&answered, 1);
	disk(true);
	for (i = 0; i < SEK_AUDIT_QUEUE_MAX_RECORDS + 2000; i++)
		event("test.flood", false);
	sek_audit_state(a, &s);
	ck_assert_uint_gt(s.lost, 0);
	ck_assert_uint_le(s.waiting, SEK_AUDIT_QUEUE_MAX_RECORDS);
	event("test.refused", true);
	until(&changes, 1);
	disk(false);
	until(&changes, 2);
	event("test.after", true);
	until(&answered, 2);
	stop();
}
END_TEST

START_TEST(signs_in_time)
{
	struct sek_audit_state s;

	r.config.checkpoint_s = 1;
	start();
	event("test.event", true);
	until(&answered, 1);
	do {
		uv_run(&loop, UV_RUN_ONCE);
		sek_audit_state(a, &s);
	} while (s.signed_seq < s.seq || s.signed_seq == 0);
	ck_assert_uint_eq(rig_count(&r, FIRST, "audit.checkpoint"), 2);
	stop();
}
END_TEST

START_TEST(once)
{
	struct sek_audit_event e = { .who = "root", .what = "test.once" };

	start();
	ck_assert(sek_is_ok(sek_audit_once(&r.config, &e, r.err, sizeof r.err))); /* while the broker runs */
	event("test.event", true);
	until(&answered, 1);
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit loop");
	TCase *t = tcase_create("loop");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, answers_when_it_is_written);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, stopping_writes_what_waits);
	tcase_add_test(t, forgotten_askers_are_not_called);
	tcase_add_test(t, full_disk);
	tcase_add_test(t, bounded_while_full);
	tcase_add_test(t, signs_in_time);
	tcase_add_test(t, once);
	suite_add_tcase(s, t);
	return rig_run(s);
}
