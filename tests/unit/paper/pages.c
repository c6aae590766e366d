/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See pages.h.
 */
#include "tests/unit/paper/pages.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <leptonica/allheaders.h>

#include "broker/gap/children.h"
#include "broker/hub/documents/png.h"
#include "tests/unit/gap/spawn.h"

void test_paper_start(struct test_paper *p, const char *program, int max_px, int dpi, const char *languages)
{
	char side[16], resolution[16];
	const char *const argv[] = { program, side, side, resolution, languages, NULL };
	int commands[2], pages[2], rw, ro;

	snprintf(side, sizeof side, "%d", max_px);
	snprintf(resolution, sizeof resolution, "%d", dpi);
	ck_assert(sek_is_ok(sek_gap_layout_init(&p->layout, (uint16_t)max_px, (uint16_t)max_px)));
	ck_assert(sek_is_ok(sek_gap_create(&p->layout, &rw, &ro)));
	ck_assert(sek_is_ok(sek_gap_writer_open(rw, &p->layout, &p->gap)));
	ck_assert(pipe2(commands, O_CLOEXEC) == 0 && pipe2(pages, O_CLOEXEC) == 0);
	p->wake = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(p->wake, 0);
	int fds[SEK_PAPER_FDS_END] = { [SEK_PAPER_COMMANDS_FD] = commands[0], [SEK_PAPER_PAGES_FD] = pages[1], [2] = STDERR_FILENO,
		[SEK_PAPER_GAP_FD] = ro, [SEK_PAPER_WAKE_FD] = p->wake };

	p->pid = test_spawn(program, argv, fds, SEK_PAPER_FDS_END);
	p->commands = commands[1];
	p->pages = pages[0];
	p->max_px = max_px;
	close(commands[0]);
	close(pages[1]);
	close(rw);
	close(ro);
}

static void wake(struct test_paper *p)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(p->wake, &one, sizeof one), sizeof one);
}

void test_paper_say(struct test_paper *p, unsigned state, unsigned pages, unsigned page)
{
	sek_gap_writer_document(p->gap, (uint16_t)state, (uint16_t)pages, (uint16_t)page);
	wake(p);
}

void test_paper_paint(struct test_paper *p, unsigned page, unsigned pages, const uint32_t *px, uint16_t width, uint16_t height)
{
	uint32_t *to = sek_gap_writer_pixels(p->gap);

	sek_gap_writer_document(p->gap, 0, (uint16_t)pages, 0);
	sek_gap_writer_size(p->gap, width, height);
	for (unsigned y = 0; y < height; y++)
		memcpy(to + (size_t)y * p->layout.stride_px, px + (size_t)y * width, (size_t)width * 4);
	test_paper_say(p, 0, pages, page);
}

void test_paper_ask(struct test_paper *p, unsigned page)
{
	const uint8_t number[2] = { (uint8_t)(page >> 8), (uint8_t)page };

	ck_assert_int_eq(write(p->commands, number, 2), 2);
}

static bool take(int fd, void *to, size_t n)
{
	uint8_t *at = to;

	while (n > 0) {
		ssize_t k = read(fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

bool test_paper_hear(struct test_paper *p, struct test_record *ret)
{
	uint8_t head[SEK_PAPER_HEAD_BYTES];
	size_t n;

	memset(ret, 0, sizeof *ret);
	if (!take(p->pages, head, sizeof head))
		return false;
	ck_assert(sek_is_ok(sek_paper_head_read(head, &ret->head)));
	n = 3 * (size_t)ret->head.colours + ret->head.image_bytes + ret->head.text_bytes;
	if (n == 0)
		return true;
	ret->body = malloc(n);
	ck_assert(take(p->pages, ret->body, n));
	ret->palette = ret->body;
	ret->image = ret->palette + 3 * ret->head.colours;
	ret->text = ret->image + ret->head.image_bytes;
	return true;
}

void test_paper_hear_page(struct test_paper *p, struct test_record *ret)
{
	do
		ck_assert(test_paper_hear(p, ret));
	while (ret->head.kind != SEK_PAPER_PAGE && (test_record_free(ret), true));
}

void test_record_free(struct test_record *r)
{
	free(r->body);
	r->body = NULL;
}

int test_paper_end(struct test_paper *p)
{
	struct test_end end;

	close(p->commands);
	end = test_wait(p->pid, TEST_WAIT_MS);
	close(p->pages);
	close(p->wake);
	sek_gap_writer_close(p->gap);
	return end.signal ? -end.signal : end.code;
}

static PIX *decode(const struct test_record *r)
{
	const struct sek_paper_head *h = &r->head;
	struct sek_pdf_page page = { .bytes = h->image_bytes, .width_px = h->width_px, .height_px = h->height_px, .colours = h->colours,
		.form = (uint8_t)h->form, .bits = h->bits };
	char palette[6 * SEK_PAPER_COLOURS_MAX + 1];
	uint8_t *file;
	PIX *pix;

	if (h->form == SEK_PAPER_JPEG_GREY || h->form == SEK_PAPER_JPEG_RGB)
		return pixReadMem(r->image, h->image_bytes);
	for (unsigned i = 0; i < 3u * h->colours; i++)
		snprintf(palette + 2 * i, 3, "%02X", r->palette[i]);
	file = malloc(sek_png_bytes(&page));
	sek_png_make(&page, palette, r->image, file);
	pix = pixReadMem(file, sek_png_bytes(&page));
	free(file);
	return pix;
}

uint32_t *test_record_pixels(const struct test_record *r)
{
	PIX *pix = decode(r), *deep = pix ? pixConvertTo32(pix) : NULL;
	uint32_t *px = malloc((size_t)r->head.width_px * r->head.height_px * 4);

	ck_assert_ptr_nonnull(deep);
	ck_assert_int_eq(pixGetWidth(deep), r->head.width_px);
	ck_assert_int_eq(pixGetHeight(deep), r->head.height_px);
	for (unsigned y = 0; y < r->head.height_px; y++) {
		const l_uint32 *line = pixGetData(deep) + (size_t)y * (size_t)pixGetWpl(deep);

		for (unsigned x = 0; x < r->head.width_px; x++)
			px[(size_t)y * r->head.width_px + x] = line[x] >> 8;
	}
	pixDestroy(&deep);
	pixDestroy(&pix);
	return px;
}

/* --- pages --- */

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint32_t rgb(unsigned r, unsigned g, unsigned b)
{
	return r << 16 | g << 8 | b;
}

/* Words of small strokes with grey edges, in lines. */
static void write_text(uint32_t *px, unsigned width, unsigned height, uint32_t *seed)
{
	for (unsigned y = 60; y + 40 < height; y += 34)
		for (unsigned x = 60; x + 80 < width; x += 24) {
			uint32_t r = next(seed);

			if (r % 7 == 0)
				continue; /* a blank */
			for (unsigned j = 0; j < 22; j++)
				for (unsigned i = 0; i < 18; i++) {
					uint32_t on = (r >> (i / 5 + 4 * (j / 8))) & 1, edge = i % 5 == 0 || j % 8 == 0;

					if (on)
						px[(size_t)(y + j) * width + x + i] = edge ? rgb(1, 1, 1) * (64 + r % 12 * 8) : 0;
				}
		}
}

static void paint_photo(uint32_t *px, unsigned width, unsigned height, unsigned seed)
{
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++) {
			double a = sin((x + seed) / 37.0) + sin(y / 23.0) + sin((x + y) / 91.0), n = next(&seed) % 7;

			px[(size_t)y * width + x] = rgb((unsigned)(120 + 30 * a + n), (unsigned)(110 + 25 * a + next(&seed) % 7), (unsigned)(90 + 20 * a + next(&seed) % 7));
		}
}

void test_page_make(enum test_page_kind kind, unsigned seed, uint32_t *px, unsigned width, unsigned height)
{
	uint32_t s = seed + 1;
	size_t n = (size_t)width * height;

	for (size_t i = 0; i < n; i++)
		px[i] = 0xffffff;
	if (kind == TEST_PAGE_PHOTO) {
		paint_photo(px, width, height, seed);
		return;
	}
	if (kind == TEST_PAGE_NOISE) {
		for (size_t i = 0; i < n; i++)
			px[i] = next(&s) ^ next(&s) << 12;
		return;
	}
	write_text(px, width, height, &s);
	if (kind == TEST_PAGE_FORM)
		for (size_t i = 0; i < n; i++)
			px[i] = px[i] == 0xffffff ? 0xffffff : i % width < width / 3 ? 0x1040a0 : 0;
	if (kind == TEST_PAGE_COLOURS)
		for (unsigned y = 0; y < height / 4; y++)
			for (unsigned x = 0; x < width / 2; x++)
				px[(size_t)y * width + x] = rgb(x & 255, y & 255, 128);
}
