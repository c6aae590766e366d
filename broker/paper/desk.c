/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See desk.h.
 */
#include "broker/paper/desk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/gap/paper.h"
#include "broker/paper/image.h"

struct text {
	uint8_t *bytes;
	size_t n;
};

static sek_status put(const void *bytes, size_t n)
{
	return sek_is_ok(sek_file_put(SEK_PAPER_PAGES_FD, bytes, n)) ? sek_ok() : sek_fail(SEK_E_CLOSED);
}

/* A line that does not fit any more is left out: a page of so many letters is no page. */
static void add_line(void *ctx, struct sek_rect r, const char *line, size_t n)
{
	struct text *t = ctx;
	struct sek_paper_word w = { r.x, r.y, r.w, r.h, (uint16_t)n, line };

	if (n > UINT16_MAX || n + SEK_PAPER_WORD_HEAD_BYTES > SEK_PAPER_TEXT_MAX_BYTES - t->n)
		return;
	sek_paper_word_write(&w, t->bytes + t->n);
	memcpy(t->bytes + t->n + SEK_PAPER_WORD_HEAD_BYTES, line, n);
	t->n += SEK_PAPER_WORD_HEAD_BYTES + n;
}

static sek_status read_words(struct sek_desk *d, uint32_t *px, uint16_t width, uint16_t height, struct text *ret)
{
	struct sek_picture pic = { px, width, width, height };

	if (!d->ocr)
		return sek_ok();
	ret->bytes = malloc(SEK_PAPER_TEXT_MAX_BYTES);
	if (!ret->bytes)
		return sek_fail(SEK_E_NOMEM);
	return sek_ocr_lines(d->ocr, &pic, d->dpi, add_line, ret);
}

/* The page's pixels, once: private memory from here on. */
static uint32_t *copy_page(const struct sek_desk *d, uint16_t width, uint16_t height)
{
	const uint32_t *from = sek_gap_reader_pixels(d->gap);
	uint32_t *px = malloc((size_t)width * height * sizeof *px);

	if (!px)
		return NULL;
	for (uint16_t y = 0; y < height; y++)
		memcpy(px + (size_t)y * width, from + (size_t)y * d->layout->stride_px, (size_t)width * sizeof *px);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return px;
}

static sek_status write_page(const struct sek_desk *d, const struct sek_paper_image *i, const struct text *t, uint16_t width, uint16_t height)
{
	struct sek_paper_head h = { .kind = SEK_PAPER_PAGE, .page = d->wanted, .form = i->form, .bits = i->bits, .width_px = width,
		.height_px = height, .colours = i->colours, .image_bytes = (uint32_t)i->n, .text_bytes = (uint32_t)t->n };
	uint8_t head[SEK_PAPER_HEAD_BYTES];

	sek_paper_head_write(&h, head);
	SEK_TRY(put(head, sizeof head));
	SEK_TRY(put(i->palette, 3 * (size_t)i->colours));
	SEK_TRY(put(i->bytes, i->n));
	return put(t->bytes, t->n);
}

/* A decoder that paints on while its page is being copied: then it was not the page, which will be told again. */
static bool is_still_there(const struct sek_desk *d)
{
	struct sek_gap_header h;

	sek_gap_reader_header(d->gap, &h);
	return h.document_page == d->wanted;
}

static sek_status make_page(struct sek_desk *d, uint16_t width, uint16_t height)
{
	struct sek_paper_image image = { .bytes = NULL };
	struct text text = { .bytes = NULL };
	uint32_t *px = copy_page(d, width, height);
	sek_status s = px ? sek_ok() : sek_fail(SEK_E_NOMEM);

	if (px && !is_still_there(d)) {
		free(px);
		return s;
	}
	if (sek_is_ok(s))
		s = sek_paper_image_make(px, width, height, &image);
	if (sek_is_ok(s))
		s = read_words(d, px, width, height, &text);
	free(px);
	if (sek_is_ok(s))
		s = write_page(d, &image, &text, width, height);
	sek_paper_image_free(&image);
	free(text.bytes);
	d->wanted = 0;
	return s;
}

static sek_status tell_state(struct sek_desk *d, uint16_t state, uint16_t pages)
{
	struct sek_paper_head h = { .kind = SEK_PAPER_STATE, .state = state, .pages = pages };
	uint8_t head[SEK_PAPER_HEAD_BYTES];

	if (d->told && state == d->state && pages == d->pages)
		return sek_ok();
	d->told = true;
	d->state = state;
	d->pages = pages;
	sek_paper_head_write(&h, head);
	return put(head, sizeof head);
}

static sek_status look_at_state(struct sek_desk *d)
{
	struct sek_gap_header h;

	sek_gap_reader_header(d->gap, &h);
	return tell_state(d, h.document_state, h.document_pages);
}

static uint16_t at_most(uint16_t v)
{
	return v > SEK_DOCUMENT_MAX_PX ? SEK_DOCUMENT_MAX_PX : v;
}

static sek_status look(struct sek_desk *d)
{
	struct sek_gap_header h;

	sek_gap_reader_header(d->gap, &h);
	SEK_TRY(tell_state(d, h.document_state, h.document_pages));
	if (d->wanted == 0 || h.document_page != d->wanted)
		return sek_ok();
	return make_page(d, at_most(h.width_px), at_most(h.height_px));
}

/* SEK_E_CLOSED: they have ended. One page is asked for at a time; another number in the place of the first is a mistake of ours. */
static sek_status take_command(struct sek_desk *d)
{
	ssize_t k = read(SEK_PAPER_COMMANDS_FD, d->command + d->command_n, sizeof d->command - d->command_n);

	if (k < 0)
		return errno == EINTR || errno == EAGAIN ? sek_ok() : sek_from_errno();
	if (k == 0)
		return sek_fail(SEK_E_CLOSED);
	d->command_n += (unsigned)k;
	if (d->command_n < sizeof d->command)
		return sek_ok();
	d->command_n = 0;
	d->wanted = (uint16_t)(d->command[0] << 8 | d->command[1]);
	return sek_ok();
}

static sek_status turn(struct sek_desk *d, short commands, short wake)
{
	uint64_t n;

	if (commands)
		SEK_TRY(take_command(d));
	if (wake && read(SEK_PAPER_WAKE_FD, &n, sizeof n) < 0 && errno != EAGAIN && errno != EINTR)
		return sek_from_errno();
	return look(d);
}

enum sek_child_exit sek_desk_run(struct sek_desk *d)
{
	struct pollfd p[2] = { { .fd = SEK_PAPER_COMMANDS_FD, .events = POLLIN }, { .fd = SEK_PAPER_WAKE_FD, .events = POLLIN } };
	sek_status s = sek_ok();

	while (sek_is_ok(s)) {
		if (poll(p, 2, -1) < 0) {
			if (errno != EINTR)
				return SEK_EXIT_INTERNAL;
			continue;
		}
		s = turn(d, p[0].revents, p[1].revents & POLLIN);
	}
	if (sek_is(s, SEK_E_CLOSED)) /* the decoder may have left its last word in the gap */
		(void)look_at_state(d);
	return sek_is(s, SEK_E_CLOSED) ? SEK_EXIT_OK : sek_is(s, SEK_E_LIMIT) ? SEK_EXIT_SIZE : SEK_EXIT_INTERNAL;
}
