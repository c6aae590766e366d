/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Records of sekisho-paper, written and read strictly. See paper.h.
 */
#include "broker/gap/paper.h"

#include <string.h>

#include "base/utf8.h"

enum { MAGIC = 0x534b5047 };

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, (uint16_t)(v >> 16));
	put16(at + 2, (uint16_t)v);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

void sek_paper_head_write(const struct sek_paper_head *h, uint8_t ret[SEK_PAPER_HEAD_BYTES])
{
	memset(ret, 0, SEK_PAPER_HEAD_BYTES);
	put32(ret, MAGIC);
	ret[4] = (uint8_t)h->kind;
	ret[5] = (uint8_t)h->form;
	ret[6] = h->bits;
	put16(ret + 8, h->page);
	put16(ret + 10, h->state);
	put16(ret + 12, h->pages);
	put16(ret + 16, h->width_px);
	put16(ret + 18, h->height_px);
	put16(ret + 20, h->colours);
	put32(ret + 24, h->image_bytes);
	put32(ret + 28, h->text_bytes);
}

static bool bits_fit(const struct sek_paper_head *h)
{
	if (h->form != SEK_PAPER_GREY && h->form != SEK_PAPER_PALETTE)
		return h->bits == 8;
	return h->bits == 1 || h->bits == 2 || h->bits == 4 || h->bits == 8;
}

static bool page_is_sound(const struct sek_paper_head *h)
{
	if (h->state != 0 || h->pages != 0 || h->page == 0)
		return false;
	if (h->form < SEK_PAPER_GREY || h->form > SEK_PAPER_JPEG_RGB || !bits_fit(h))
		return false;
	if (h->form == SEK_PAPER_PALETTE ? h->colours == 0 || h->colours > 1 << h->bits : h->colours != 0)
		return false;
	if (h->width_px == 0 || h->width_px > SEK_DOCUMENT_MAX_PX || h->height_px == 0 || h->height_px > SEK_DOCUMENT_MAX_PX)
		return false;
	return h->image_bytes > 0 && h->image_bytes <= SEK_PAPER_IMAGE_MAX_BYTES && h->text_bytes <= SEK_PAPER_TEXT_MAX_BYTES;
}

sek_status sek_paper_head_read(const uint8_t bytes[SEK_PAPER_HEAD_BYTES], struct sek_paper_head *ret)
{
	struct sek_paper_head h = {
		.kind = bytes[4], .form = bytes[5], .bits = bytes[6], .page = get16(bytes + 8), .state = get16(bytes + 10), .pages = get16(bytes + 12),
		.width_px = get16(bytes + 16), .height_px = get16(bytes + 18), .colours = get16(bytes + 20), .image_bytes = get32(bytes + 24),
		.text_bytes = get32(bytes + 28),
	};
	uint8_t again[SEK_PAPER_HEAD_BYTES];

	if (get32(bytes) != MAGIC)
		return sek_fail(SEK_E_MALFORMED);
	if (h.kind == SEK_PAPER_PAGE ? !page_is_sound(&h) : h.kind != SEK_PAPER_STATE || h.page || h.form || h.bits || h.width_px ||
			h.height_px || h.colours || h.image_bytes || h.text_bytes)
		return sek_fail(SEK_E_MALFORMED);
	sek_paper_head_write(&h, again); /* what has no meaning is zero */
	if (memcmp(bytes, again, sizeof again) != 0)
		return sek_fail(SEK_E_MALFORMED);
	*ret = h;
	return sek_ok();
}

void sek_paper_word_write(const struct sek_paper_word *w, uint8_t ret[SEK_PAPER_WORD_HEAD_BYTES])
{
	put16(ret, w->x_px);
	put16(ret + 2, w->y_px);
	put16(ret + 4, w->width_px);
	put16(ret + 6, w->height_px);
	put16(ret + 8, w->n);
}

static bool is_text(const char *text, size_t n)
{
	size_t at, k;
	uint32_t c;

	for (at = 0; at < n; at += k) {
		k = sek_utf8_next((const uint8_t *)text + at, n - at, &c);
		if (k == 0 || sek_utf8_is_unsafe(c))
			return false;
	}
	return n > 0;
}

sek_status sek_paper_word_read(const struct sek_paper_head *page, const uint8_t *bytes, size_t n, struct sek_paper_word *ret, size_t *ret_total)
{
	struct sek_paper_word w;

	if (n == 0)
		return sek_fail(SEK_E_CLOSED);
	if (n < SEK_PAPER_WORD_HEAD_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	w = (struct sek_paper_word){ get16(bytes), get16(bytes + 2), get16(bytes + 4), get16(bytes + 6), get16(bytes + 8),
		(const char *)bytes + SEK_PAPER_WORD_HEAD_BYTES };
	if (w.width_px == 0 || w.height_px == 0 || (uint32_t)w.x_px + w.width_px > page->width_px ||
	    (uint32_t)w.y_px + w.height_px > page->height_px)
		return sek_fail(SEK_E_MALFORMED);
	if (w.n > n - SEK_PAPER_WORD_HEAD_BYTES || !is_text(w.text, w.n))
		return sek_fail(SEK_E_MALFORMED);
	*ret = w;
	*ret_total = SEK_PAPER_WORD_HEAD_BYTES + (size_t)w.n;
	return sek_ok();
}
