/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directory of a compound file, as far as it tells what the document is. [MS-CFB] sections 2.2 to 2.6.
 */
#include <string.h>

#include "render-host/pages/convert/kind.h"

enum {
	HEADER_BYTES = 512,
	ENTRY_BYTES = 128,
	SECTORS_MAX = 256, /* of a directory that is looked through */
	DIFAT_IN_HEADER = 109,
};

struct file {
	const uint8_t *s;
	size_t n;
	unsigned shift; /* of a sector's size */
};

static uint32_t u16(const uint8_t *s)
{
	return (uint32_t)s[1] << 8 | s[0];
}

static uint32_t u32(const uint8_t *s)
{
	return u16(s + 2) << 16 | u16(s);
}

/* Where a sector lies, if all of it is in the file. */
static const uint8_t *sector(const struct file *f, uint32_t number)
{
	uint64_t at = ((uint64_t)number + 1) << f->shift;

	return at + (1u << f->shift) <= f->n ? f->s + at : NULL;
}

/* The sector behind `number` in its chain, by those sectors of the table that the header names. */
static uint32_t next(const struct file *f, uint32_t number)
{
	uint32_t entries = 1u << (f->shift - 2), table = number / entries;
	const uint8_t *t = table < DIFAT_IN_HEADER ? sector(f, u32(f->s + 76 + 4 * table)) : NULL;

	return t ? u32(t + 4 * (number % entries)) : UINT32_MAX;
}

static bool named(const uint8_t *entry, const char *name)
{
	size_t n = strlen(name);

	if (u16(entry + 64) != 2 * (n + 1))
		return false;
	for (size_t i = 0; i < n; i++)
		if (entry[2 * i] != (uint8_t)name[i] || entry[2 * i + 1] != 0)
			return false;
	return true;
}

/* [MS-DOC] 2.5.2: fEncrypted in FibBase. */
static bool doc_is_encrypted(const struct file *f, const uint8_t *entry)
{
	const uint8_t *s = sector(f, u32(entry + 116));

	return s && (u16(s + 10) & 0x0100);
}

/* [MS-XLS] 2.4.117: a FilePass record among the first ones. */
static bool xls_is_encrypted(const struct file *f, const uint8_t *entry)
{
	const uint8_t *s = sector(f, u32(entry + 116));
	size_t room = (size_t)1 << f->shift, at = 0;

	while (s && at + 4 <= room) {
		if (u16(s + at) == 0x2f)
			return true;
		at += 4 + u16(s + at + 2);
	}
	return false;
}

enum sek_kind sek_kind_of_compound(const uint8_t *s, size_t n)
{
	struct file f = { s, n, 0 };
	enum sek_kind found = SEK_KIND_UNKNOWN;
	uint32_t at;

	if (n < HEADER_BYTES)
		return SEK_KIND_UNKNOWN;
	f.shift = u16(s + 30);
	if (f.shift != 9 && f.shift != 12)
		return SEK_KIND_UNKNOWN;
	at = u32(s + 48);
	for (unsigned i = 0; i < SECTORS_MAX; i++, at = next(&f, at)) {
		const uint8_t *d = sector(&f, at);

		if (!d)
			break;
		for (const uint8_t *e = d; e < d + (1u << f.shift); e += ENTRY_BYTES) {
			if (named(e, "EncryptedPackage") || named(e, "EncryptedSummary"))
				return SEK_KIND_ENCRYPTED;
			if (named(e, "WordDocument"))
				found = doc_is_encrypted(&f, e) ? SEK_KIND_ENCRYPTED : SEK_KIND_DOC;
			else if (named(e, "Workbook") || named(e, "Book"))
				found = xls_is_encrypted(&f, e) ? SEK_KIND_ENCRYPTED : SEK_KIND_XLS;
			else if (named(e, "PowerPoint Document"))
				found = SEK_KIND_PPT;
		}
	}
	return found;
}
