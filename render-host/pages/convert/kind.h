/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a file is, by its content; its name is never asked. Runs inside the jail.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_KIND_H
#define SEK_RENDER_HOST_PAGES_CONVERT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of the Office kinds are part of the worker's exit code. */
enum sek_kind {
	SEK_KIND_UNKNOWN,
	SEK_KIND_DOCX, SEK_KIND_XLSX, SEK_KIND_PPTX, SEK_KIND_ODT, SEK_KIND_ODS, SEK_KIND_ODP,
	SEK_KIND_DOC, SEK_KIND_XLS, SEK_KIND_PPT, SEK_KIND_RTF,
	SEK_KIND_OFFICE_END, /* those before it (but UNKNOWN) are LibreOffice's */
	SEK_KIND_PDF,
	SEK_KIND_PNG, SEK_KIND_JPEG, SEK_KIND_GIF, SEK_KIND_WEBP, SEK_KIND_BMP, SEK_KIND_TIFF,
	SEK_KIND_TEXT, SEK_KIND_HTML, SEK_KIND_MAIL,
	SEK_KIND_ZIP,     /* an archive, or a document in one: see sek_archive_kind */
	SEK_KIND_ARCHIVE,
	SEK_KIND_ENCRYPTED, /* an Office document that needs a password */
};

/* The kind of the n bytes s (hostile). */
enum sek_kind sek_kind_of(const uint8_t *s, size_t n);

/* The kind of an OLE2 compound file ([MS-CFB]): DOC, XLS, PPT, ENCRYPTED or UNKNOWN. */
enum sek_kind sek_kind_of_compound(const uint8_t *s, size_t n);

#endif
