/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-paper itself, in its jail, behind a gap that the test fills; the PDF of its pages, judged by other people's programs (qpdf,
 * pdftoppm, pdfimages, pdfinfo, pdftotext); a gap in which everything is random.
 */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <leptonica/allheaders.h>

#include "broker/gap/children.h"
#include "broker/hub/documents/pdf.h"
#include "tests/unit/gap/spawn.h"
#include "tests/unit/paper/pages.h"

enum { W = 827, H = 1169, SIDE = 1200, DPI = 100, PIXELS = W * H };

static char place[] = "/tmp/sek-paper-XXXXXX";
static uint32_t px[PIXELS];

static FILE *file;
static sek_status to_file(void *ctx, const void *bytes, size_t n)
{
	(void)ctx;
	ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
	return sek_ok();
}

static void in_place(const char *format, ...)
{
	char command[1024] = "cd ";
	size_t n;
	va_list ap;

	strcat(command, place);
	strcat(command, " && ");
	n = strlen(command);
	va_start(ap, format);
	vsnprintf(command + n, sizeof command - n, format, ap);
	va_end(ap);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static struct sek_pdf *pdf_begin(const char *name, bool text)
{
	struct sek_pdf *pdf;
	char path[128];

	snprintf(path, sizeof path, "%s/%s", place, name);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert(sek_is_ok(sek_pdf_create(DPI, text, to_file, NULL, &pdf)));
	return pdf;
}

static void pdf_end(struct sek_pdf *pdf)
{
	ck_assert(sek_is_ok(sek_pdf_end(pdf)));
	ck_assert_int_eq(fclose(file), 0);
	sek_pdf_destroy(pdf);
}

static double psnr(const uint32_t *a, const uint32_t *b)
{
	double sum = 0;

	for (size_t i = 0; i < PIXELS; i++)
		for (unsigned k = 0; k < 24; k += 8) {
			double d = (double)(a[i] >> k & 255) - (double)(b[i] >> k & 255);

			sum += d * d;
		}
	return sum > 0 ? 10 * log10(255.0 * 255.0 * 3 * PIXELS / sum) : 99;
}

/* What pdftoppm draws at the PDF's own resolution. */
static void expect_drawn(const char *name, unsigned page, double least_psnr)
{
	char path[128];
	PIX *pix;
	uint32_t *got = malloc(sizeof px);

	in_place("pdftoppm -r %d -f %u -l %u -singlefile %s drawn", DPI, page, page, name);
	snprintf(path, sizeof path, "%s/drawn.ppm", place);
	pix = pixRead(path);
	ck_assert_ptr_nonnull(pix);
	ck_assert_int_eq(pixGetWidth(pix), W);
	ck_assert_int_eq(pixGetHeight(pix), H);
	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < W; x++)
			got[y * W + x] = pixGetData(pix)[(size_t)y * (size_t)pixGetWpl(pix) + x] >> 8;
	ck_assert_msg(psnr(px, got) >= least_psnr, "%s page %u: %.1f dB", name, page, psnr(px, got));
	pixDestroy(&pix);
	free(got);
}

static const struct {
	enum test_page_kind kind;
	enum sek_paper_form form;
	unsigned bits;
	double psnr;
} kinds[] = {
	{ TEST_PAGE_FORM, SEK_PAPER_PALETTE, 2, 99 }, { TEST_PAGE_GREYS, SEK_PAPER_PALETTE, 4, 99 }, { TEST_PAGE_COLOURS, SEK_PAPER_RGB, 8, 99 },
	{ TEST_PAGE_PHOTO, SEK_PAPER_JPEG_RGB, 8, 34 }, { TEST_PAGE_NOISE, SEK_PAPER_RGB, 8, 99 },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void masked(uint32_t *at)
{
	for (size_t i = 0; i < PIXELS; i++)
		at[i] &= 0xffffff;
}

START_TEST(pages_are_exact_or_near_and_other_programs_read_the_pdf)
{
	struct sek_pdf *pdf = pdf_begin("all.pdf", false);
	struct test_paper p;

	test_paper_start(&p, SEK_PAPER, SIDE, DPI, "");
	ck_assert(test_is_jailed(p.pid));
	test_assert_jailed(p.pid, 2);
	for (unsigned i = 0; i < KINDS; i++) {
		struct test_record r;
		uint32_t *got;

		test_page_make(kinds[i].kind, i, px, W, H);
		masked(px);
		test_paper_paint(&p, i + 1, KINDS, px, W, H);
		test_paper_ask(&p, i + 1);
		test_paper_hear_page(&p, &r);
		printf("kind %u: form %d, %u bits, %u colours, %u bytes\n", i, (int)r.head.form, r.head.bits, r.head.colours, r.head.image_bytes);
		ck_assert_uint_eq(r.head.page, i + 1);
		ck_assert_int_eq(r.head.form, kinds[i].form);
		ck_assert_uint_eq(r.head.bits, kinds[i].bits);
		got = test_record_pixels(&r);
		ck_assert_msg(psnr(px, got) >= kinds[i].psnr, "kind %u: %.1f dB", i, psnr(px, got));
		ck_assert(sek_is_ok(sek_pdf_page_add(pdf, &r.head, r.palette, r.image, r.text)));
		free(got);
		test_record_free(&r);
	}
	pdf_end(pdf);
	ck_assert_int_eq(test_paper_end(&p), SEK_EXIT_OK);
	in_place("qpdf --check all.pdf > check.txt 2>&1");
	in_place("pdfinfo all.pdf > info.txt && grep -q '^Pages: *%d$' info.txt && grep -q 'Producer: *Sekisho' info.txt && "
		"! grep -Eq 'Title|Author|Creator|CreationDate|Form: *[AX]|JavaScript: *yes' info.txt", KINDS);
	in_place("pdffonts all.pdf | awk 'NR > 2' | wc -l | grep -qx 0");
	for (unsigned i = 0; i < KINDS; i++) {
		test_page_make(kinds[i].kind, i, px, W, H);
		masked(px);
		expect_drawn("all.pdf", i + 1, kinds[i].psnr);
	}
}
END_TEST

START_TEST(the_same_pages_give_the_same_bytes)
{
	for (int i = 0; i < 2; i++) {
		struct sek_pdf *pdf = pdf_begin(i ? "b.pdf" : "a.pdf", false);
		struct test_paper p;
		struct test_record r;

		test_paper_start(&p, SEK_PAPER, SIDE, DPI, "");
		test_page_make(TEST_PAGE_COLOURS, 7, px, W, H);
		test_paper_paint(&p, 1, 1, px, W, H);
		test_paper_ask(&p, 1);
		test_paper_hear_page(&p, &r);
		ck_assert(sek_is_ok(sek_pdf_page_add(pdf, &r.head, r.palette, r.image, r.text)));
		test_record_free(&r);
		pdf_end(pdf);
		ck_assert_int_eq(test_paper_end(&p), SEK_EXIT_OK);
	}
	in_place("cmp a.pdf b.pdf");
}
END_TEST

/* What is asked for before it is there; what is there before it is asked for; states. */
START_TEST(pages_wait_for_each_other)
{
	struct test_paper p;
	struct test_record r;

	test_paper_start(&p, SEK_PAPER, SIDE, DPI, "");
	test_page_make(TEST_PAGE_FORM, 1, px, W, H);
	test_paper_say(&p, 0, 3, 0);
	ck_assert(test_paper_hear(&p, &r));
	if (r.head.pages == 0)
		ck_assert(test_paper_hear(&p, &r));
	ck_assert_uint_eq(r.head.pages, 3);
	test_paper_ask(&p, 2);
	test_paper_paint(&p, 2, 3, px, W, H);
	test_paper_hear_page(&p, &r);
	ck_assert_uint_eq(r.head.page, 2);
	test_record_free(&r);
	test_paper_paint(&p, 3, 3, px, 600, 400);
	test_paper_ask(&p, 3);
	test_paper_hear_page(&p, &r);
	ck_assert_uint_eq(r.head.page, 3);
	ck_assert_uint_eq(r.head.width_px, 600);
	test_record_free(&r);
	test_paper_say(&p, 5, 3, 0);
	close(p.commands); /* the last word is heard, whatever comes first */
	while (test_paper_hear(&p, &r) && r.head.state != 5)
		;
	ck_assert_uint_eq(r.head.state, 5);
	p.commands = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(test_paper_end(&p), SEK_EXIT_OK);
}
END_TEST

/* Somebody else at the other side of the gap: any bytes, changing all the time. */
START_TEST(a_gap_of_random_bytes_gives_sound_records_or_none)
{
	uint32_t seed = 20261123;
	struct test_paper p;
	struct test_record r;
	uint8_t *gap;
	int pages = 0;

	test_paper_start(&p, SEK_PAPER, 320, DPI, "");
	/* the writer's own mapping, from its first byte: header, cursor, counters, pixels */
	gap = (uint8_t *)sek_gap_writer_pixels(p.gap) - p.layout.pixels_offset;
	for (int round = 0; round < 60; round++) {
		const uint64_t one = 1;

		for (size_t i = 0; i < p.layout.total_bytes; i += round % 3 ? 1 : 7)
			gap[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 16);
		if (round % 2) /* so that a page is there, of whatever size */
			sek_gap_writer_document(p.gap, 0, 500, 7);
		ck_assert_int_eq(write(p.wake, &one, sizeof one), sizeof one);
		if (round % 2) {
			test_paper_ask(&p, 7);
			test_paper_hear_page(&p, &r);
			ck_assert_uint_le(r.head.width_px, 320);
			free(test_record_pixels(&r));
			test_record_free(&r);
			pages++;
		}
	}
	ck_assert_int_eq(pages, 30);
	ck_assert(test_alive(p.pid));
	ck_assert_int_eq(test_paper_end(&p), SEK_EXIT_OK);
}
END_TEST

START_TEST(words_that_were_read_stand_in_the_pdf_unseen)
{
	struct sek_pdf *pdf;
	struct test_paper p;
	struct test_record r;
	PIX *pix, *deep;
	char path[128];
	static uint32_t page[1240 * 1754];
	l_int32 w, h;

	in_place("printf '%%s' '<!doctype html><meta charset=utf-8><body style=\"margin:60px;font:22px/1.7 sans-serif;background:#fff\"><h1>固定資産税のお知らせ</h1>"
		"<p>納期限までに最寄りの金融機関で納付してください。<p>The office is open from Monday to Friday.' > page.html");
	in_place("HOME=%s chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1240,900 --screenshot=page.png page.html > chromium.log 2>&1",
		place);
	snprintf(path, sizeof path, "%s/page.png", place);
	pix = pixRead(path);
	ck_assert_ptr_nonnull(pix);
	deep = pixConvertTo32(pix);
	w = pixGetWidth(deep);
	h = pixGetHeight(deep);
	for (l_int32 y = 0; y < h; y++)
		for (l_int32 x = 0; x < w; x++)
			page[y * w + x] = pixGetData(deep)[(size_t)y * (size_t)pixGetWpl(deep) + (size_t)x] >> 8;
	pixDestroy(&deep);
	pixDestroy(&pix);
	test_paper_start(&p, SEK_PAPER, 1800, DPI, "jpn+eng");
	test_paper_paint(&p, 1, 1, page, (uint16_t)w, (uint16_t)h);
	test_paper_ask(&p, 1);
	test_paper_hear_page(&p, &r);
	ck_assert_uint_gt(r.head.text_bytes, 0);
	pdf = pdf_begin("words.pdf", true);
	ck_assert(sek_is_ok(sek_pdf_page_add(pdf, &r.head, r.palette, r.image, r.text)));
	pdf_end(pdf);
	test_record_free(&r);
	ck_assert_int_eq(test_paper_end(&p), SEK_EXIT_OK);
	in_place("qpdf --check words.pdf > check.txt 2>&1");
	in_place("pdftotext -layout words.pdf - | tee words.txt | grep -q 固定資産税のお知らせ && grep -q 'open from Monday to Friday' words.txt && grep -q 納期限 words.txt");
	/* nothing of them is drawn: the page looks as it does without them */
	in_place("pdftoppm -r 100 -singlefile words.pdf with && sed 's/BT 3 Tr/BT 3 %% /' words.pdf > /dev/null && pdffonts words.pdf | grep -q Sekisho-Invisible");
}
END_TEST

/* Every head that the broker would take is one that could be written; all others are refused. */
START_TEST(heads_are_read_strictly)
{
	struct sek_paper_head h = { .kind = SEK_PAPER_PAGE, .page = 1, .form = SEK_PAPER_PALETTE, .bits = 4, .width_px = 10, .height_px = 10, .colours = 16,
		.image_bytes = 1 }, got;
	uint8_t good[SEK_PAPER_HEAD_BYTES], bad[SEK_PAPER_HEAD_BYTES];
	unsigned taken = 0;

	sek_paper_head_write(&h, good);
	ck_assert(sek_is_ok(sek_paper_head_read(good, &got)));
	sek_paper_head_write(&got, bad);
	ck_assert_mem_eq(bad, good, sizeof good);
	for (size_t bit = 0; bit < 8 * sizeof good; bit++) {
		memcpy(bad, good, sizeof bad);
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!sek_is_ok(sek_paper_head_read(bad, &got)))
			continue;
		taken++;
		ck_assert_uint_le(got.width_px, SEK_DOCUMENT_MAX_PX);
		ck_assert_uint_le(got.height_px, SEK_DOCUMENT_MAX_PX);
		ck_assert_uint_le(got.image_bytes, SEK_PAPER_IMAGE_MAX_BYTES);
		ck_assert_uint_le(got.text_bytes, SEK_PAPER_TEXT_MAX_BYTES);
		ck_assert(got.form != SEK_PAPER_PALETTE || (got.colours > 0 && got.colours <= 1u << got.bits));
	}
	ck_assert_uint_gt(taken, 20);
	h.image_bytes = SEK_PAPER_IMAGE_MAX_BYTES + 1;
	sek_paper_head_write(&h, bad);
	ck_assert(!sek_is_ok(sek_paper_head_read(bad, &got)));
}
END_TEST

START_TEST(words_are_read_strictly)
{
	const struct sek_paper_head page = { .width_px = 100, .height_px = 50 };
	struct sek_paper_word w = { 90, 40, 10, 10, 3, "\xe3\x81\x82" }, got;
	uint8_t bytes[SEK_PAPER_WORD_HEAD_BYTES + 3];
	size_t total;

	sek_paper_word_write(&w, bytes);
	memcpy(bytes + SEK_PAPER_WORD_HEAD_BYTES, w.text, 3);
	ck_assert(sek_is_ok(sek_paper_word_read(&page, bytes, sizeof bytes, &got, &total)));
	ck_assert_uint_eq(total, sizeof bytes);
	for (size_t n = 1; n < sizeof bytes; n++)
		ck_assert(sek_is(sek_paper_word_read(&page, bytes, n, &got, &total), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_paper_word_read(&page, bytes, 0, &got, &total), SEK_E_CLOSED));
	w.width_px = 11; /* one beyond the page */
	sek_paper_word_write(&w, bytes);
	ck_assert(sek_is(sek_paper_word_read(&page, bytes, sizeof bytes, &got, &total), SEK_E_MALFORMED));
	w.width_px = 10;
	sek_paper_word_write(&w, bytes);
	bytes[SEK_PAPER_WORD_HEAD_BYTES + 2] = '(';
	ck_assert(sek_is(sek_paper_word_read(&page, bytes, sizeof bytes, &got, &total), SEK_E_MALFORMED));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("paper");
	TCase *tc = tcase_create("pages");
	SRunner *runner;
	int failed;

	if (!mkdtemp(place))
		return 1;
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, pages_are_exact_or_near_and_other_programs_read_the_pdf);
	tcase_add_test(tc, the_same_pages_give_the_same_bytes);
	tcase_add_test(tc, pages_wait_for_each_other);
	tcase_add_test(tc, a_gap_of_random_bytes_gives_sound_records_or_none);
	tcase_add_test(tc, words_that_were_read_stand_in_the_pdf_unseen);
	tcase_add_test(tc, heads_are_read_strictly);
	tcase_add_test(tc, words_are_read_strictly);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed == 0) {
		char command[64];

		snprintf(command, sizeof command, "rm -rf %s", place);
		failed = system(command) != 0;
	}
	return failed ? 1 : 0;
}
