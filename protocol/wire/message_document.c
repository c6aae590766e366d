/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A document that crosses as pixels: DOCUMENTS in a session's own connection; DOCUMENT, TAKE_PAGE, PAGES and PAGE in the one that is
 * made for it. Freestanding. The pages themselves are SIZE and UPDATE, as for any picture. Nothing here can carry a byte of the file.
 */
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"
#include "protocol/wire/names.h"

bool sek_document_state_known(uint32_t state)
{
	switch (state) {
#define SEK_DOCUMENT_STATE(name, number, text) case number:
#include "protocol/wire/documents.def"
#undef SEK_DOCUMENT_STATE
		return true;
	default:
		return false;
	}
}

const char *sek_document_state_name(uint32_t state)
{
	static const struct {
		uint16_t number;
		char name[SEK_NAME_MAX];
	} rows[] = {
#define SEK_DOCUMENT_STATE(name, number, text) { number, SEK_LOWER(#name) },
#include "protocol/wire/documents.def"
#undef SEK_DOCUMENT_STATE
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].number == state)
			return rows[i].name;
	}
	return "unknown";
}

/* --- DOCUMENTS --- */

sek_status sek_documents_msg_read(const void *payload, size_t n, struct sek_documents_msg *ret)
{
	struct sek_reader r;
	struct sek_documents_msg m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.count));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_end(&r, m.count <= SEK_DOCUMENTS_MAX));
	*ret = m;
	return sek_ok();
}

void sek_documents_msg_write(struct sek_writer *w, const struct sek_documents_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_DOCUMENTS, m->count <= SEK_DOCUMENTS_MAX, &at))
		return;
	sek_write_u16(w, m->count);
	sek_write_u16(w, 0);
	sek_frame_end(w, at);
}

/* --- DOCUMENT --- */

static bool page_side_allowed(uint16_t px)
{
	return px >= SEK_DOCUMENT_MIN_PX && px <= SEK_DOCUMENT_MAX_PX;
}

static bool document_allowed(const struct sek_document_msg *m)
{
	return m->version_min >= 1 && m->version_min <= m->version_max &&
	       (m->source == SEK_DOCUMENT_CAUGHT || m->source == SEK_DOCUMENT_PRINTED) &&
	       m->dpi >= SEK_DOCUMENT_DPI_MIN && m->dpi <= SEK_DOCUMENT_DPI_MAX && m->pages_max >= 1 &&
	       m->pages_max <= SEK_DOCUMENT_PAGES_MAX && page_side_allowed(m->max_width_px) && page_side_allowed(m->max_height_px);
}

sek_status sek_document_msg_read(const void *payload, size_t n, struct sek_document_msg *ret)
{
	struct sek_reader r;
	struct sek_document_msg m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.version_min));
	SEK_TRY(sek_read_u16(&r, &m.version_max));
	SEK_TRY(sek_read_u8(&r, &m.source));
	SEK_TRY(sek_read_reserved(&r, 1));
	SEK_TRY(sek_read_u16(&r, &m.dpi));
	SEK_TRY(sek_read_u16(&r, &m.pages_max));
	SEK_TRY(sek_read_u16(&r, &m.max_width_px));
	SEK_TRY(sek_read_u16(&r, &m.max_height_px));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_end(&r, document_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_document_msg_write(struct sek_writer *w, const struct sek_document_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_DOCUMENT, document_allowed(m), &at))
		return;
	sek_write_u16(w, m->version_min);
	sek_write_u16(w, m->version_max);
	sek_write_u8(w, m->source);
	sek_write_u8(w, 0);
	sek_write_u16(w, m->dpi);
	sek_write_u16(w, m->pages_max);
	sek_write_u16(w, m->max_width_px);
	sek_write_u16(w, m->max_height_px);
	sek_write_u16(w, 0);
	sek_frame_end(w, at);
}

/* --- TAKE_PAGE and PAGE: one number --- */

static bool page_allowed(const struct sek_page_msg *m)
{
	return m->page >= 1 && m->page <= SEK_DOCUMENT_PAGES_MAX;
}

sek_status sek_page_msg_read(const void *payload, size_t n, struct sek_page_msg *ret)
{
	struct sek_reader r;
	struct sek_page_msg m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.page));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_end(&r, page_allowed(&m)));
	*ret = m;
	return sek_ok();
}

static void page_write(struct sek_writer *w, enum sek_msg_type type, const struct sek_page_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, type, page_allowed(m), &at))
		return;
	sek_write_u16(w, m->page);
	sek_write_u16(w, 0);
	sek_frame_end(w, at);
}

void sek_take_page_write(struct sek_writer *w, const struct sek_page_msg *m)
{
	page_write(w, SEK_MSG_TAKE_PAGE, m);
}

void sek_page_msg_write(struct sek_writer *w, const struct sek_page_msg *m)
{
	page_write(w, SEK_MSG_PAGE, m);
}

/* --- PAGES --- */

static bool pages_allowed(const struct sek_pages_msg *m)
{
	return m->version >= SEK_VERSION_MIN && m->version <= SEK_VERSION_MAX && sek_document_state_known(m->state) &&
	       m->pages <= SEK_DOCUMENT_PAGES_MAX;
}

sek_status sek_pages_msg_read(const void *payload, size_t n, struct sek_pages_msg *ret)
{
	struct sek_reader r;
	struct sek_pages_msg m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.version));
	SEK_TRY(sek_read_u16(&r, &m.state));
	SEK_TRY(sek_read_u16(&r, &m.pages));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_end(&r, pages_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_pages_msg_write(struct sek_writer *w, const struct sek_pages_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_PAGES, pages_allowed(m), &at))
		return;
	sek_write_u16(w, m->version);
	sek_write_u16(w, m->state);
	sek_write_u16(w, m->pages);
	sek_write_u16(w, 0);
	sek_frame_end(w, at);
}
