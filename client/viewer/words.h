/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words that a person sees, in Japanese and English: those of client/web/words, made a table by sekisho-words-gen.
 */
#ifndef SEK_CLIENT_VIEWER_WORDS_H
#define SEK_CLIENT_VIEWER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/wire/messages.h"

struct viewer_word {
	const char *key, *text[2]; /* by enum sek_lang */
};
extern const struct viewer_word viewer_word_list[];
extern const unsigned viewer_word_count;

enum sek_lang viewer_language(void);
void viewer_set_language(enum sek_lang lang);
bool viewer_has_words(const char *key);
/* The words of a key in the language in use; the key itself if there are none. */
const char *viewer_words(const char *key);
/* The same into ret, {name} replaced by value (NULL: nothing is). */
void viewer_fill(char *ret, size_t size, const char *key, const char *name, const char *value);
/* The same with a text that is there already. */
void viewer_fill_in(char *ret, size_t size, const char *text, const char *name, const char *value);
void viewer_fill_number(char *ret, size_t size, const char *key, const char *name, unsigned long value);

#endif
