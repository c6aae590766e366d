/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The roles of sekisho-convert, which are the same program (and two more of view.h):
 *   (none)     starts the other two, waits, kills; parses nothing
 *   --worker   jailed by base/jail.h: judges the type, converts everything but Office documents
 *   --office   the first process of a bubblewrap jail: runs LibreOffice there and hands its PDF out
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_INTERNAL_H
#define SEK_RENDER_HOST_PAGES_CONVERT_INTERNAL_H

#include "render-host/pages/convert.h"
#include "render-host/pages/convert/kind.h"
#include "render-host/pages/convert/words.h"

/* The worker's exit code for a document that is LibreOffice's: this + enum sek_kind. */
enum { SEK_CONVERT_OFFICE_BASE = 64 };

struct sek_convert_job {
	enum sek_lang lang;
	unsigned pages, seconds;
	enum sek_convert_reason say; /* not DONE: no file is read, the PDF says this to the user */
};

/* Each returns the process's exit code. */
int sek_convert_supervise(const struct sek_convert_job *job);
int sek_convert_worker(const struct sek_convert_job *job);
int sek_convert_office(const struct sek_convert_job *job, enum sek_kind kind);

/* The exit code for a reason. */
int sek_convert_exit(enum sek_convert_reason r);

/* The file name extension that LibreOffice knows a kind by, NULL for what is not LibreOffice's. */
const char *sek_office_extension(enum sek_kind kind);

/* Whether LibreOffice is installed on this host. */
bool sek_office_is_here(void);

/* Fills argv (room entries, ended by NULL) with the command line of the jail in which --office runs. text: memory for the numbers in it. */
enum { SEK_OFFICE_ARGV_MAX = 112, SEK_OFFICE_TEXT_BYTES = 256, SEK_OFFICE_PROGRAM_FD = 5 };
void sek_office_argv(const struct sek_convert_job *job, enum sek_kind kind, const char *argv[SEK_OFFICE_ARGV_MAX],
	char text[SEK_OFFICE_TEXT_BYTES]);

#endif
