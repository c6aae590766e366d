/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-words itself, in its jail: pages that a real Chromium painted go in as a recording, and what was to be read on
 * them comes out.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <leptonica/allheaders.h>

#include "broker/gap/children.h"
#include "protocol/recording/words.h"
#include "tests/support/take.h"
#include "tests/unit/gap/spawn.h"

enum { SECOND = 1000000, PAGE_W = 1000, PAGE_H = 500, FOUND_MAX = 64 };

static char place[] = "/tmp/sek-words-XXXXXX";
static uint32_t page[PAGE_W * PAGE_H];

/* Paints a page with Chromium, into page[]. */
static struct sek_picture paint(const char *html)
{
	char path[64], command[512];
	FILE *f;
	PIX *pix, *deep;

	snprintf(path, sizeof path, "%s/page.html", place);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "<!doctype html><meta charset=utf-8><body style='margin:24px;font:16px/1.6 sans-serif'>%s", html);
	fclose(f);
	snprintf(command, sizeof command, "cd %s && HOME=%s chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=%d,%d "
		"--screenshot=page.png page.html > chromium.log 2>&1", place, place, PAGE_W, PAGE_H);
	ck_assert_int_eq(system(command), 0);
	snprintf(path, sizeof path, "%s/page.png", place);
	pix = pixRead(path);
	ck_assert_ptr_nonnull(pix);
	deep = pixConvertTo32(pix);
	for (l_uint32 y = 0; y < PAGE_H; y++)
		for (l_uint32 x = 0; x < PAGE_W; x++) {
			l_int32 r, g, b;

			pixGetRGBPixel(deep, (l_int32)x, (l_int32)y, &r, &g, &b);
			page[y * PAGE_W + x] = (uint32_t)r << 16 | (uint32_t)g << 8 | (uint32_t)b;
		}
	pixDestroy(&deep);
	pixDestroy(&pix);
	return (struct sek_picture){ page, PAGE_W, PAGE_W, PAGE_H };
}

struct reading {
	pid_t pid;
	int entries;
	FILE *found;
};

static struct reading reading_start(const char *from)
{
	const char *const argv[] = { SEK_WORDS, "jpn+eng", from, NULL };
	struct reading r;
	int in[2], out[2];

	ck_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	fcntl(out[1], F_SETPIPE_SZ, 1 << 20); /* nobody reads while the test writes */
	int fds[SEK_WORDS_FDS_END] = { [SEK_WORDS_ENTRIES_FD] = in[0], [SEK_WORDS_FOUND_FD] = out[1], [2] = STDERR_FILENO };

	r.pid = test_spawn(SEK_WORDS, argv, fds, SEK_WORDS_FDS_END);
	close(in[0]);
	close(out[1]);
	r.found = fdopen(out[0], "r");
	r.entries = in[1];
	return r;
}

/* It gives way to everybody, and where others keep all cores busy it would hardly come up within any time: from now on it is one of them. */
static void hurry(pid_t pid)
{
	(void)setpriority(PRIO_PROCESS, (id_t)pid, 0);
}

static bool becomes_jailed(pid_t pid)
{
	for (int i = 0; i < 5; i++) {
		hurry(pid);
		if (test_is_jailed(pid))
			return true;
	}
	return false;
}

struct found {
	struct sek_words words[FOUND_MAX];
	size_t n, bytes;
	uint8_t text[1 << 20];
};
static struct found found;

static int reading_end(struct reading *r)
{
	struct test_end end;
	size_t at = 0, total;

	close(r->entries);
	hurry(r->pid);
	found.bytes = fread(found.text, 1, sizeof found.text, r->found);
	fclose(r->found);
	end = test_wait(r->pid, TEST_WAIT_MS);
	found.n = 0;
	while (at < found.bytes && found.n < FOUND_MAX) {
		ck_assert(sek_is_ok(sek_words_read(found.text + at, found.bytes - at, &found.words[found.n], &total)));
		at += total;
		if (found.words[found.n].bytes > 0)
			found.n++;
	}
	return end.signal ? -end.signal : end.code;
}

/* When a phrase was found; 0: never. */
static uint64_t found_at(const char *phrase)
{
	for (size_t i = 0; i < found.n; i++)
		if (memmem(found.words[i].text, found.words[i].bytes, phrase, strlen(phrase)))
			return found.words[i].at_us;
	return 0;
}

START_TEST(finds_what_was_to_be_read_and_when)
{
	struct reading r = reading_start("0");
	struct take *t = take_begin(r.entries, PAGE_W, PAGE_H);
	struct sek_picture pic = paint("<h1>情報セキュリティ基本方針</h1><p>この文書は職員が守るべき規則を定める。</p>");

	take_size(t, 0, PAGE_W, PAGE_H);
	take_picture(t, 1 * SECOND, &pic);
	pic = paint("<h1>情報セキュリティ基本方針</h1><p>この文書は職員が守るべき規則を定める。</p>"
		"<p style='margin-top:80px'>The quarterly budget report was published on Friday.</p>");
	take_picture(t, 20 * SECOND, &pic);
	take_entry(t, SEK_ENTRY_KEY, 30 * SECOND, NULL, 0);
	take_end(t);
	ck_assert(becomes_jailed(r.pid));
	test_assert_jailed(r.pid, 0);
	ck_assert_int_eq(reading_end(&r), SEK_EXIT_OK);
	for (size_t i = 0; i < found.n; i++)
		printf("%llu: %.*s\n", (unsigned long long)found.words[i].at_us, (int)found.words[i].bytes, found.words[i].text);
	ck_assert_uint_eq(found_at("情報セキュリティ"), 1 * SECOND);
	ck_assert_uint_eq(found_at("職員"), 1 * SECOND);
	ck_assert_uint_eq(found_at("budget report"), 20 * SECOND);
	/* what stood there already is not read again */
	ck_assert_uint_eq(found.n, 2);
}
END_TEST

/* Tesseract says how many small marks it saw (readings above kanji, accents), when it can open nothing any more. */
START_TEST(what_tesseract_says_of_a_picture_ends_nothing)
{
	static const char line[] = "<p><ruby>情報<rt>じょうほう</rt></ruby>の<ruby>保護<rt>ほご</rt></ruby>に"
		"<ruby>関<rt>かん</rt></ruby>する<ruby>規則<rt>きそく</rt></ruby>。</p>";
	struct reading r = reading_start("0");
	struct take *t = take_begin(r.entries, PAGE_W, PAGE_H);
	char html[4096] = "<p>Readings are written above.</p>";
	struct sek_picture pic;

	for (unsigned i = 0; i < 8; i++)
		strcat(html, line);
	pic = paint(html);
	take_size(t, 0, PAGE_W, PAGE_H);
	take_picture(t, 1 * SECOND, &pic);
	take_end(t);
	ck_assert_int_eq(reading_end(&r), SEK_EXIT_OK);
	ck_assert_uint_eq(found_at("Readings are written"), 1 * SECOND);
}
END_TEST

START_TEST(hostile_entries_end_it)
{
	static const uint8_t nonsense[64] = { SEK_ENTRY_DOWN, 0, 0, 0, 0, 0, 0, 48, 1 };
	struct reading r = reading_start("0");

	ck_assert_int_eq(write(r.entries, nonsense, sizeof nonsense), sizeof nonsense);
	ck_assert_int_eq(reading_end(&r), SEK_EXIT_PROTOCOL);
	ck_assert_uint_eq(found.n, 0);
}
END_TEST

START_TEST(the_form_of_words)
{
	struct sek_words w = { 123456789012, 1, 2, 3, 4, 6, "\xe6\x97\xa5\xe6\x9c\xac" }, back;
	uint8_t bytes[SEK_WORDS_HEAD_BYTES + 6];
	size_t total;

	sek_words_head_write(&w, bytes);
	memcpy(bytes + SEK_WORDS_HEAD_BYTES, w.text, 6);
	for (size_t n = 0; n < sizeof bytes; n++)
		ck_assert(sek_is(sek_words_read(bytes, n, &back, &total), SEK_E_AGAIN));
	ck_assert(sek_is_ok(sek_words_read(bytes, sizeof bytes, &back, &total)));
	ck_assert(total == sizeof bytes && back.at_us == w.at_us && back.x_px == 1 && back.height_px == 4 && back.bytes == 6);
	bytes[SEK_WORDS_HEAD_BYTES] = 0x1b; /* an escape, and broken UTF-8 */
	ck_assert(sek_is(sek_words_read(bytes, sizeof bytes, &back, &total), SEK_E_MALFORMED));
	bytes[16] = 1; /* 16 MiB of text */
	ck_assert(sek_is(sek_words_read(bytes, sizeof bytes, &back, &total), SEK_E_MALFORMED));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("words");
	TCase *c = tcase_create("all");
	SRunner *r;
	char command[64];
	int failed;

	if (!mkdtemp(place))
		return 1;
	tcase_set_timeout(c, 240);
	tcase_add_test(c, finds_what_was_to_be_read_and_when);
	tcase_add_test(c, what_tesseract_says_of_a_picture_ends_nothing);
	tcase_add_test(c, hostile_entries_end_it);
	tcase_add_test(c, the_form_of_words);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	snprintf(command, sizeof command, "rm -rf %s", place);
	return system(command) == 0 && failed == 0 ? 0 : 1;
}
