/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The language of an administrator's tool, Japanese or English, and words in both.
 */
#ifndef SEK_BASE_LANGUAGE_H
#define SEK_BASE_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

struct sek_phrase {
	const char *en, *ja;
};

/* Whether it is Japanese: by LC_ALL, LC_MESSAGES or LANG, the first that is set. */
bool sek_language_of_environment(void);
/* By --lang ja or --lang en among these words, the last one; else by the environment. */
bool sek_language_of(int argc, char *const *argv);
const char *sek_phrase_of(bool ja, const struct sek_phrase *p);
/* An error of a library, which is in English for the log, for a person: what is in the list is put into Japanese, where it begins the text or comes
 * after a blank, the longest first; the rest stays. Cut at size. */
void sek_phrases_translate(const struct sek_phrase *list, size_t n, const char *text, char *ret, size_t size);

#endif
