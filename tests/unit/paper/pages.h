/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A page gap that a test fills, the real sekisho-paper behind it, and its records read. Fails the running Check test.
 */
#ifndef SEK_TESTS_PAPER_PAGES_H
#define SEK_TESTS_PAPER_PAGES_H

#include <sys/types.h>

#include "broker/gap/gap.h"
#include "broker/gap/paper.h"

struct test_paper {
	pid_t pid;
	int commands, pages, wake, max_px;
	struct sek_gap_layout layout;
	struct sek_gap_writer *gap;
};

struct test_record {
	struct sek_paper_head head;
	uint8_t *palette, *image, *text; /* of body, heap */
	uint8_t *body;
};

/* languages: "" = no words. */
void test_paper_start(struct test_paper *p, const char *program, int max_px, int dpi, const char *languages);
/* Paints a page (rows packed, BGRX) as a decoder does, and says that it is whole. */
void test_paper_paint(struct test_paper *p, unsigned page, unsigned pages, const uint32_t *px, uint16_t width, uint16_t height);
void test_paper_say(struct test_paper *p, unsigned state, unsigned pages, unsigned page);
void test_paper_ask(struct test_paper *p, unsigned page);
/* The next record. False: sekisho-paper has ended. */
bool test_paper_hear(struct test_paper *p, struct test_record *ret);
/* Until a page comes. */
void test_paper_hear_page(struct test_paper *p, struct test_record *ret);
void test_record_free(struct test_record *r);
/* Closes the commands and waits: exit code, or minus the signal. */
int test_paper_end(struct test_paper *p);

/* The record's picture decoded by somebody else's library: heap, rows packed, BGRX without alpha. */
uint32_t *test_record_pixels(const struct test_record *r);

/* Pages: a form (black, white and one colour), text with grey edges, a coloured diagram, a photograph. seed: which. */
enum test_page_kind { TEST_PAGE_FORM, TEST_PAGE_GREYS, TEST_PAGE_COLOURS, TEST_PAGE_PHOTO, TEST_PAGE_NOISE };
void test_page_make(enum test_page_kind kind, unsigned seed, uint32_t *px, unsigned width, unsigned height);

#endif
