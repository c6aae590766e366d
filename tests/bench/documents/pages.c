/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench-document-pages SEKISHO-PAPER DPI PDF IMAGE...: gives pages (pictures that leptonica reads) to the real sekisho-paper as a decoder would, writes
 * the PDF, and a line for each: file, form, bits, bytes, milliseconds from the wake-up to the record; on stderr the most memory that sekisho-paper had. For
 * tests/bench/documents/run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <leptonica/allheaders.h>

#include "broker/hub/documents/pdf.h"
#include "tests/unit/paper/pages.h"

static FILE *file;
static int argc;
static char **argv;

static sek_status to_file(void *ctx, const void *bytes, size_t n)
{
	(void)ctx;
	return fwrite(bytes, 1, n, file) == n ? sek_ok() : sek_fail(SEK_E_IO);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t *load(const char *path, uint16_t *ret_w, uint16_t *ret_h)
{
	PIX *pix = pixRead(path), *deep = pix ? pixConvertTo32(pix) : NULL;
	uint32_t *px;

	if (!deep)
		return NULL;
	*ret_w = (uint16_t)pixGetWidth(deep);
	*ret_h = (uint16_t)pixGetHeight(deep);
	px = malloc((size_t)*ret_w * *ret_h * 4);
	for (unsigned y = 0; y < *ret_h; y++)
		for (unsigned x = 0; x < *ret_w; x++)
			px[(size_t)y * *ret_w + x] = pixGetData(deep)[(size_t)y * (size_t)pixGetWpl(deep) + x] >> 8;
	pixDestroy(&deep);
	pixDestroy(&pix);
	return px;
}

/* A run of Check, since what the tests share speaks to it. */
START_TEST(pages)
{
	static const char *const forms[] = { "", "grey", "palette", "rgb", "jpeg-grey", "jpeg" };
	struct test_paper p;
	struct sek_pdf *pdf;
	struct rusage used;

	ck_assert_ptr_nonnull(file = fopen(argv[3], "we"));
	test_paper_start(&p, argv[1], SEK_DOCUMENT_MAX_PX, atoi(argv[2]), "");
	ck_assert(sek_is_ok(sek_pdf_create((unsigned)atoi(argv[2]), false, to_file, NULL, &pdf)));
	for (int i = 4; i < argc; i++) {
		struct test_record r;
		uint16_t w, h;
		uint32_t *px = load(argv[i], &w, &h);
		double t;

		ck_assert_ptr_nonnull(px);
		test_paper_ask(&p, (unsigned)(i - 3));
		t = now_ms();
		test_paper_paint(&p, (unsigned)(i - 3), (unsigned)(argc - 4), px, w, h);
		test_paper_hear_page(&p, &r);
		printf("%s %s %u %u %.0f\n", argv[i], forms[r.head.form], r.head.bits, r.head.image_bytes, now_ms() - t);
		ck_assert(sek_is_ok(sek_pdf_page_add(pdf, &r.head, r.palette, r.image, r.text)));
		test_record_free(&r);
		free(px);
	}
	ck_assert(sek_is_ok(sek_pdf_end(pdf)) && fclose(file) == 0);
	sek_pdf_destroy(pdf);
	ck_assert_int_eq(test_paper_end(&p), 0);
	getrusage(RUSAGE_CHILDREN, &used);
	fprintf(stderr, "sekisho-paper: %ld MiB at most\n", used.ru_maxrss / 1024);
}
END_TEST

int main(int n, char **words)
{
	Suite *suite = suite_create("pages");
	TCase *tc = tcase_create("pages");
	SRunner *runner;
	int failed;

	if (n < 5)
		return 2;
	argc = n;
	argv = words;
	tcase_add_test(tc, pages);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
