/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How each kind becomes pages. All of it runs in the worker's jail on the bytes of a file, which are hostile.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_SHOW_H
#define SEK_RENDER_HOST_PAGES_CONVERT_SHOW_H

#include "render-host/pages/convert/kind.h"
#include "render-host/pages/convert/sheet.h"
#include "render-host/pages/convert/words.h"

struct sek_show {
	const uint8_t *s; /* the file */
	size_t n;
	enum sek_lang lang;
	struct sek_sheet *sheet;
};

/* Each returns a reason, or SEK_CONVERT_DONE when everything is on the sheet (whose own end may still say otherwise). */
enum sek_convert_reason sek_show_text(const struct sek_show *show);
enum sek_convert_reason sek_show_html(const struct sek_show *show);
enum sek_convert_reason sek_show_mail(const struct sek_show *show);
enum sek_convert_reason sek_show_archive(const struct sek_show *show);
enum sek_convert_reason sek_show_picture(const struct sek_show *show, enum sek_kind kind);
void sek_show_reason(const struct sek_show *show, enum sek_convert_reason why);

/* What a zip file is: DOCX, XLSX, PPTX, ODT, ODS, ODP, ENCRYPTED or ARCHIVE. *ret_unpacked: the sum of the sizes that it names. */
enum sek_kind sek_archive_kind(const uint8_t *s, size_t n, uint64_t *ret_unpacked);

#endif
