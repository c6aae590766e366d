/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where each page's picture lies in a stored PDF: behind it, in the same encrypted file, so that a page can be shown without reading the rest.
 */
#include "broker/hub/documents/internal.h"

enum { ENTRY_BYTES = 32 };

static void put(uint8_t *at, uint64_t v, unsigned n)
{
	while (n-- > 0) {
		at[n] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t get(const uint8_t *at, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *at++;
	return v;
}

sek_status sek_document_index_write(struct sek_vault_writer *w, const struct sek_pdf_page *pages, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t e[ENTRY_BYTES] = { 0 };

		put(e, pages[i].offset, 8);
		put(e + 8, pages[i].palette, 8);
		put(e + 16, pages[i].bytes, 4);
		put(e + 20, pages[i].width_px, 2);
		put(e + 22, pages[i].height_px, 2);
		put(e + 24, pages[i].colours, 2);
		e[26] = pages[i].form;
		e[27] = pages[i].bits;
		SEK_TRY(sek_vault_write(w, e, sizeof e));
	}
	return sek_ok();
}

sek_status sek_document_index_read(struct sek_vault *v, const struct sek_store_document *r, unsigned page, struct sek_pdf_page *ret)
{
	uint8_t e[ENTRY_BYTES];

	if (page == 0 || page > r->pages || sek_vault_bytes(v) != (uint64_t)r->bytes + (uint64_t)r->pages * ENTRY_BYTES)
		return sek_fail(SEK_E_NOT_FOUND);
	SEK_TRY(sek_vault_read(v, (uint64_t)r->bytes + (page - 1) * (uint64_t)ENTRY_BYTES, e, sizeof e));
	*ret = (struct sek_pdf_page){ .offset = get(e, 8), .palette = get(e + 8, 8), .bytes = (uint32_t)get(e + 16, 4),
		.width_px = (uint16_t)get(e + 20, 2), .height_px = (uint16_t)get(e + 22, 2), .colours = (uint16_t)get(e + 24, 2), .form = e[26],
		.bits = e[27] };
	if (ret->bytes == 0 || ret->bytes > SEK_PAPER_IMAGE_MAX_BYTES || ret->colours > SEK_PAPER_COLOURS_MAX)
		return sek_fail(SEK_E_CRYPTO);
	return sek_ok();
}
