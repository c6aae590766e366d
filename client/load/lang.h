/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In which language the tool speaks to a person.
 */
#ifndef SEK_CLIENT_LOAD_LANG_H
#define SEK_CLIENT_LOAD_LANG_H

#include <stdbool.h>

/* Japanese if the first of LC_ALL, LC_MESSAGES and LANG that is set says so, else English. */
bool load_lang_default(void);
/* "ja" or "en"; false after a message on standard error. */
bool load_lang_of(const char *text, bool *ret_ja);

#endif
