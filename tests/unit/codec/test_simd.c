/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every kind of the loops over pixels that this processor has gives what plain C gives.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/simd.h"

#define ROW 200

/* Two rows that are equal but for a few pixels, which may differ in the unused byte only, on the heap with nothing after
 * them, so that ASan sees one pixel too many. */
struct rows {
	uint32_t *a, *b, *acc;
	size_t n;
};

static struct rows make(struct test_random *r, size_t n)
{
	struct rows s = { malloc(n * 4 + 4), malloc(n * 4 + 4), calloc(n + 1, 4), n };

	/* malloc's blocks are aligned: start one pixel later */
	s.a++;
	s.b++;
	for (size_t i = 0; i < n; i++)
		s.a[i] = s.b[i] = test_random(r);
	for (uint32_t k = test_random_below(r, 3); k > 0 && n > 0; k--)
		s.b[test_random_below(r, (uint32_t)n)] ^= 1u << test_random_below(r, 32);
	return s;
}

static void drop(struct rows *s)
{
	free(s->a - 1);
	free(s->b - 1);
	free(s->acc);
}

/* Makes many pixels equal to their left neighbour but for the unused byte. */
static void test_repeat(struct test_random *r, uint32_t *px, size_t n)
{
	for (size_t x = 1; x < n; x++) {
		if (test_random_below(r, 3))
			px[x] = px[x - 1] ^ test_random_below(r, 256) << 24;
	}
}

/* What was compared is copied, with X cleared; where nothing differs only X may have changed. */
static void check_take(const struct sek_simd *kind, const struct rows *s, bool differs)
{
	struct rows t = { malloc(s->n * 4 + 4), malloc(s->n * 4 + 4), calloc(s->n + 1, 4), s->n };

	t.a++;
	t.b++;
	memcpy(t.a, s->a, s->n * 4);
	memcpy(t.b, s->b, s->n * 4);
	if (kind->take(t.a, t.b, t.n, t.acc) != differs)
		ck_abort_msg("%s takes %zu pixels", kind->name, t.n);
	for (size_t x = 0; x < t.n; x++) {
		if (t.acc[x] != s->acc[x] || t.a[x] != s->a[x] || ((t.b[x] ^ t.a[x]) & 0xffffff) != 0 ||
		    (t.b[x] != s->b[x] && t.b[x] >> 24 != 0))
			ck_abort_msg("%s takes pixel %zu of %zu", kind->name, x, t.n);
	}
	drop(&t);
}

START_TEST(kinds_agree)
{
	const struct sek_simd *plain = sek_simd_kind(0), *kind;
	struct test_random r = { 3 };
	unsigned differ = 0, equal = 0;

	for (unsigned i = 0; (kind = sek_simd_kind(i)) != NULL; i++) {
		for (unsigned k = 0; k < 3000; k++) {
			struct rows s = make(&r, test_random_below(&r, ROW));
			size_t hashed = s.n < SEK_HASH_MAX_PX ? s.n : SEK_HASH_MAX_PX;
			size_t runs = 0;
			bool same = true, said;

			for (size_t x = 0; x < s.n; x++)
				same = same && ((s.a[x] ^ s.b[x]) & 0xffffff) == 0;
			said = kind->differ(s.a, s.b, s.n, s.acc);
			if (said == same || kind->equal(s.a, s.b, s.n) != same)
				ck_abort_msg("%s compares %zu pixels", kind->name, s.n);
			for (size_t x = 0; x < s.n; x++) {
				if (s.acc[x] != ((s.a[x] ^ s.b[x]) & 0xffffff))
					ck_abort_msg("%s gathers at %zu of %zu", kind->name, x, s.n);
			}
			check_take(kind, &s, said);
			if (k % 2) /* runs, too */
				test_repeat(&r, s.a, s.n);
			for (size_t x = 1; x < s.n; x++)
				runs += ((s.a[x] ^ s.a[x - 1]) & 0xffffff) == 0;
			if (kind->runs(s.a, s.n) != runs)
				ck_abort_msg("%s counts runs in %zu pixels", kind->name, s.n);
			same = same && k % 2 == 0;
			if (kind->hash(s.a, hashed) != plain->hash(s.a, hashed) || kind->hash(s.a, hashed) == 0)
				ck_abort_msg("%s hashes %zu pixels", kind->name, hashed);
			if (same && kind->hash(s.b, hashed) != plain->hash(s.a, hashed))
				ck_abort_msg("%s: the unused byte counts", kind->name);
			differ += !same && k % 2 == 0;
			equal += same;
			drop(&s);
		}
	}
	ck_assert_uint_gt(differ, 100);
	ck_assert_uint_gt(equal, 100);
	ck_assert_ptr_nonnull(sek_simd_best());
}
END_TEST

START_TEST(samples_agree)
{
	const struct sek_simd *plain = sek_simd_kind(0), *kind;
	struct test_random r = { 4 };

	for (unsigned i = 0; (kind = sek_simd_kind(i)) != NULL; i++) {
		for (unsigned k = 0; k < 1000; k++) {
			struct rows s = make(&r, SEK_SAMPLE_EACH_PX + test_random_below(&r, ROW));

			if (kind->sample(s.a, s.n) != plain->sample(s.a, s.n) || kind->sample(s.a, s.n) == 0)
				ck_abort_msg("%s samples %zu pixels", kind->name, s.n);
			for (size_t x = 0; x < s.n; x++)
				s.b[x] = s.a[x] ^ test_random_below(&r, 256) << 24;
			if (kind->sample(s.b, s.n) != plain->sample(s.a, s.n))
				ck_abort_msg("%s: the unused byte counts", kind->name);
			drop(&s);
		}
	}
}
END_TEST

/* What moved is copied from where it was, never from the source; what did not is left alone. */
START_TEST(moves_agree)
{
	const struct sek_simd *kind;
	struct test_random r = { 6 };
	unsigned told[3] = { 0 };

	for (unsigned i = 0; (kind = sek_simd_kind(i)) != NULL; i++) {
		for (unsigned k = 0; k < 3000; k++) {
			struct rows s = make(&r, test_random_below(&r, ROW)); /* a: where it was, b: the source, acc: where it goes */
			bool equal = true, stood = test_random_below(&r, 2);
			enum sek_moved want;

			for (size_t x = 0; x < s.n; x++) {
				s.a[x] &= 0xffffff;
				s.acc[x] = stood ? s.a[x] : 0;
				equal = equal && ((s.a[x] ^ s.b[x]) & 0xffffff) == 0;
			}
			stood = memcmp(s.acc, s.a, s.n * 4) == 0;
			want = !equal ? SEK_MOVED_NOT : stood ? SEK_MOVED_SAME : SEK_MOVED;
			if (kind->move(s.b, s.a, s.acc, s.n) != want)
				ck_abort_msg("%s moves %zu pixels", kind->name, s.n);
			if (equal != (memcmp(s.acc, s.a, s.n * 4) == 0) && !stood)
				ck_abort_msg("%s leaves something else at %zu pixels", kind->name, s.n);
			told[want]++;
			drop(&s);
		}
	}
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_gt(told[i], 100);
}
END_TEST

START_TEST(hashes_tell_rows_apart)
{
	struct test_random r = { 8 };
	uint32_t row[SEK_HASH_MAX_PX], before;

	for (size_t x = 0; x < SEK_HASH_MAX_PX; x++)
		row[x] = test_random(&r) & 0xffffff;
	for (unsigned k = 0; k < 20000; k++) {
		unsigned at = test_random_below(&r, SEK_HASH_MAX_PX);

		before = sek_simd_best()->hash(row, SEK_HASH_MAX_PX);
		row[at] ^= 1u << test_random_below(&r, 24);
		ck_assert_uint_ne(before, sek_simd_best()->hash(row, SEK_HASH_MAX_PX));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec simd");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, kinds_agree);
	tcase_add_test(t, samples_agree);
	tcase_add_test(t, moves_agree);
	tcase_add_test(t, hashes_tell_rows_apart);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
