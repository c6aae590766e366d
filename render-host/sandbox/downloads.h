/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folder in which the browser keeps what was downloaded. Names there are the outer side's: they are compared and thrown away.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_DOWNLOADS_H
#define SEK_RENDER_HOST_SANDBOX_DOWNLOADS_H

#include <stdint.h>

/* How many are finished, at most SEK_DOCUMENTS_MAX and about SEK_DOCUMENTS_KEPT_BYTES of them: the oldest beyond that are deleted. */
uint16_t sek_downloads_count(const char *folder);
/* Deletes all of them. */
void sek_downloads_clear(const char *folder);
/* The newest one, open for reading and close-on-exec, the caller's; -1: there is none. */
int sek_downloads_newest(const char *folder);

#endif
