/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs the real sekisho-convert on the documents of tests/support/documents, which are made anew, with a listener at the address that they
 * all name.
 */
#ifndef SEK_TESTS_UNIT_CONVERT_RIG_H
#define SEK_TESTS_UNIT_CONVERT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Makes the documents in a directory of their own, and the listener. This process adopts whatever its children leave behind. */
void rig_begin(void);
/* Removes everything. */
void rig_end(void);

/* True if something has connected to the listener since it was made. */
bool rig_was_called(void);

/* The descriptor of a document, for reading. */
int rig_open(const char *name);

/* Starts the program on a document; it gets pdf_fd (rig_pdf) as its PDF. say: extra argument of --say, NULL for none. */
int rig_pdf(void);
pid_t rig_start(int document, int pdf_fd, const char *lang, const char *pages, const char *seconds);

/* Waits for it. Its exit code; -1: a signal. */
int rig_wait(pid_t pid);

/* No process is left that came from here. Waits for those that are being ended. */
void rig_nobody_left(void);

/* Converts with generous limits. The exit code; the PDF (heap, *ret_n bytes) if there is one, else NULL. */
int rig_convert(const char *name, const char *lang, char **ret_pdf, size_t *ret_n);

/* The text of a PDF's first three pages, by pdftotext. Heap. */
char *rig_text(const char *pdf, size_t n);

#endif
