/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Somebody sets the clock in mid-session: CLOCK_REALTIME of this program stands behind a shift (-Wl,--wrap). The recording's own time goes
 * on as if nothing had been, and what was the time of day is known of each moment.
 */
#include <string.h>
#include <time.h>

#include "rig.h"

int __real_clock_gettime(clockid_t id, struct timespec *ret);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret);

static struct rig r;
static _Atomic int shift_s;

int __wrap_clock_gettime(clockid_t id, struct timespec *ret)
{
	int result = __real_clock_gettime(id, ret);

	if (id == CLOCK_REALTIME)
		ret->tv_sec += shift_s;
	return result;
}

static void setup(void)
{
	shift_s = 0;
	rig_init(&r);
	rig_open(&r);
}

static void teardown(void)
{
	rig_finish(&r);
}

struct read {
	uint64_t last_us, utc_us[8]; /* of each CLOCK */
	unsigned clocks, entries;
};

static void read_block(struct sek_recording_reader *reader, uint32_t i, const struct sek_block *b, struct read *ret)
{
	struct sek_reader in;
	struct sek_entry e;
	const uint8_t *bytes;
	size_t n;

	ck_assert(sek_is_ok(sek_recording_read(reader, i, &bytes, &n)));
	sek_reader_init(&in, bytes, n);
	while (sek_is_ok(sek_entry_read(&in, &e))) {
		ck_assert_uint_ge(e.at_us, ret->last_us);
		ck_assert_uint_ge(e.at_us, b->first_us);
		ret->last_us = e.at_us;
		ret->entries++;
		if (e.kind == SEK_ENTRY_CLOCK && ret->clocks < 8)
			ck_assert(sek_is_ok(sek_entry_clock_read(e.payload, e.n, &ret->utc_us[ret->clocks++])));
	}
}

static void expect_near(uint64_t a, uint64_t b, int64_t apart_s)
{
	int64_t difference = (int64_t)(a - b) / 1000000 - apart_s;

	ck_assert_msg(difference > -60 && difference < 60, "%lld s", (long long)difference);
}

START_TEST(a_clock_that_is_set_back_and_forward)
{
	struct sek_recording *rec = rig_begin(&r);
	struct sek_recording_reader *reader;
	const struct sek_block *b;
	struct read all = { 0 };
	size_t n, i;

	rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, 1000, 1);
	rig_run(&r, 1200);
	shift_s = -3600;
	rig_run(&r, 1200); /* it is seen within a second */
	rig_frame(rec, SEK_ENTRY_ASIDE, SEK_UPDATE_KEYFRAME, 1000, 2);
	rig_run(&r, 1200);
	shift_s = 7200;
	rig_run(&r, 1200);
	rig_frame(rec, SEK_ENTRY_ASIDE, SEK_UPDATE_KEYFRAME, 1000, 3);
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound);
	rig_stop(&r);
	reader = rig_reader(&r, r.facts.id);
	b = sek_recording_blocks(reader, &n);
	for (i = 0; i < n; i++) {
		read_block(reader, (uint32_t)i, &b[i], &all);
		if (b[i].flags & SEK_BLOCK_SNAPSHOT)
			ck_assert_uint_eq(sek_recording_start_block(reader, b[i].start_us), i);
	}
	ck_assert_uint_eq(all.last_us, sek_recording_head(reader)->length_us);
	ck_assert_uint_gt(all.last_us, 4000000);
	ck_assert_uint_lt(all.last_us, 600000000); /* not hours */
	ck_assert_uint_eq(all.clocks, 3);
	expect_near(all.utc_us[1], all.utc_us[0], -3600);
	expect_near(all.utc_us[2], all.utc_us[0], 7200);
	expect_near(b[n - 1].utc_us, b[0].utc_us, 7200);
	sek_recording_reader_close(reader);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings and a clock that is set");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_clock_that_is_set_back_and_forward);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
