/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an archive holds: names, sizes, whether an entry is encrypted. Contents are passed over. Also what a zip file that is an
 * Office document is.
 */
#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render-host/pages/convert/charset.h"
#include "render-host/pages/convert/show.h"

enum {
	ENTRIES_MAX = 5000,       /* that are listed */
	PARTS_MAX = 20000,        /* of an Office document that are looked at */
	NAME_MAX_BYTES = 1024,    /* of a name that is shown */
	MANIFEST_BYTES = 65536,
	MIMETYPE_BYTES = 80,
};
/* What a packed tar may unpack to while it is listed. */
#define PASSED_MAX_BYTES (UINT64_C(2) << 30)

static struct archive *open_zip(const uint8_t *s, size_t n)
{
	struct archive *a = archive_read_new();

	if (a && archive_read_support_format_zip_seekable(a) == ARCHIVE_OK && archive_read_open_memory(a, s, n) == ARCHIVE_OK)
		return a;
	if (a)
		archive_read_free(a);
	return NULL;
}

/* --- Office documents --- */

struct office {
	bool content_types, encrypted;
	enum sek_kind kind;
};

static enum sek_kind kind_of_mimetype(const char *text)
{
	static const struct { const char *end; enum sek_kind is; } kinds[] = {
		{ "text", SEK_KIND_ODT }, { "spreadsheet", SEK_KIND_ODS }, { "presentation", SEK_KIND_ODP },
	};
	static const char start[] = "application/vnd.oasis.opendocument.";

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strncmp(text, start, sizeof start - 1) == 0 &&
				strncmp(text + sizeof start - 1, kinds[i].end, strlen(kinds[i].end)) == 0)
			return kinds[i].is;
	return SEK_KIND_UNKNOWN;
}

static void look_at_part(struct archive *a, const char *name, struct office *o)
{
	static char manifest[MANIFEST_BYTES];
	char mime[MIMETYPE_BYTES + 1] = { 0 };
	la_ssize_t n;

	if (strcmp(name, "[Content_Types].xml") == 0)
		o->content_types = true;
	else if (strcmp(name, "word/document.xml") == 0)
		o->kind = SEK_KIND_DOCX;
	else if (strcmp(name, "xl/workbook.xml") == 0 || strcmp(name, "xl/workbook.bin") == 0)
		o->kind = SEK_KIND_XLSX;
	else if (strcmp(name, "ppt/presentation.xml") == 0)
		o->kind = SEK_KIND_PPTX;
	else if (strcmp(name, "mimetype") == 0 && archive_read_data(a, mime, MIMETYPE_BYTES) > 0)
		o->kind = kind_of_mimetype(mime);
	else if (strcmp(name, "META-INF/manifest.xml") == 0) {
		n = archive_read_data(a, manifest, sizeof manifest);
		o->encrypted = n > 0 && memmem(manifest, (size_t)n, "encryption-data", 15) != NULL;
	}
}

enum sek_kind sek_archive_kind(const uint8_t *s, size_t n, uint64_t *ret_unpacked)
{
	struct archive *a = open_zip(s, n);
	struct office o = { .kind = SEK_KIND_UNKNOWN };
	struct archive_entry *e;

	*ret_unpacked = 0;
	for (unsigned i = 0; a && i < PARTS_MAX; i++) {
		int r = archive_read_next_header(a, &e);
		const char *name;
		int64_t size;

		if (r != ARCHIVE_OK && r != ARCHIVE_WARN) /* a warning: the two headers of a part contradict each other */
			break;
		name = archive_entry_pathname(e);
		size = archive_entry_size(e);
		if (size > 0 && (uint64_t)size < UINT64_MAX / 2 - *ret_unpacked)
			*ret_unpacked += (uint64_t)size;
		if (name)
			look_at_part(a, name, &o);
	}
	if (a)
		archive_read_free(a);
	if (o.encrypted && o.kind >= SEK_KIND_ODT && o.kind <= SEK_KIND_ODP)
		return SEK_KIND_ENCRYPTED;
	if (o.kind == SEK_KIND_UNKNOWN || (o.kind <= SEK_KIND_PPTX && !o.content_types))
		return SEK_KIND_ARCHIVE;
	return o.kind;
}

/* --- lists --- */

/* Everything that this host's libarchive reads without a helper program. */
static struct archive *open_any(const uint8_t *s, size_t n)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	archive_read_support_format_zip(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_gnutar(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_lha(a);
	archive_read_support_format_cab(a);
	archive_read_support_format_rar(a);
	archive_read_support_format_rar5(a);
	archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_memory(a, s, n) == ARCHIVE_OK)
		return a;
	archive_read_free(a);
	return NULL;
}

static void put_entry(const struct sek_show *show, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	size_t n = name ? strlen(name) : 0;
	struct sek_buffer b = { .most = 8 * NAME_MAX_BYTES };
	char size[64];

	n = n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES;
	if (archive_entry_size_is_set(e))
		snprintf(size, sizeof size, "%14" PRId64 "  ", archive_entry_size(e));
	else
		snprintf(size, sizeof size, "%14s  ", "-");
	sek_buffer_text(&b, size);
	if (archive_entry_is_encrypted(e)) {
		sek_buffer_text(&b, "[");
		sek_buffer_text(&b, sek_word(show->lang, SEK_WORD_ENCRYPTED_ENTRY));
		sek_buffer_text(&b, "] ");
	}
	if (n == 0)
		sek_buffer_text(&b, sek_word(show->lang, SEK_WORD_UNNAMED));
	else
		sek_charset_read(sek_charset_of((const uint8_t *)name, n, true), (const uint8_t *)name, n, &b);
	/* a name cannot make a line of its own */
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n' || b.p[i] == '\r' || b.p[i] == '\f')
			b.p[i] = ' ';
	sek_buffer_add(&b, "\n", 1);
	if (b.p)
		sek_sheet_text(show->sheet, b.p, b.n);
	sek_buffer_finish(&b);
}

enum sek_convert_reason sek_show_archive(const struct sek_show *show)
{
	struct archive *a = open_any(show->s, show->n);
	struct archive_entry *e;
	unsigned entries = 0;
	int r = ARCHIVE_OK;
	bool locked;
	char text[256];

	if (!a)
		return SEK_CONVERT_BROKEN;
	snprintf(text, sizeof text, "%s\n", sek_word(show->lang, SEK_WORD_ARCHIVE));
	sek_sheet_text(show->sheet, text, strlen(text));
	sek_sheet_rule(show->sheet);
	while (entries < ENTRIES_MAX && sek_sheet_wants_more(show->sheet)) {
		r = archive_read_next_header(a, &e);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		put_entry(show, e);
		entries++;
		/* a single packed file has no list that could go on */
		if (archive_format(a) == ARCHIVE_FORMAT_RAW) {
			r = ARCHIVE_EOF;
			break;
		}
		/* what is between two headers of a packed tar is unpacked to be passed over */
		if ((uint64_t)archive_filter_bytes(a, 0) > PASSED_MAX_BYTES)
			break;
	}
	locked = archive_read_has_encrypted_entries(a) == 1;
	archive_read_free(a);
	if (entries == 0)
		return locked ? SEK_CONVERT_ENCRYPTED : SEK_CONVERT_BROKEN;
	sek_sheet_rule(show->sheet);
	snprintf(text, sizeof text, "%s: %u\n%s\n", sek_word(show->lang, SEK_WORD_COUNT_ENTRIES), entries,
		r == ARCHIVE_EOF ? "" : r == ARCHIVE_OK || r == ARCHIVE_WARN ? sek_word(show->lang, SEK_WORD_LIST_CUT) :
		sek_word(show->lang, SEK_WORD_LIST_BROKEN));
	sek_sheet_text(show->sheet, text, strlen(text));
	return SEK_CONVERT_DONE;
}
