/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of pages that sekisho-convert writes itself, in Japanese and English: the only place where they stand.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_WORDS_H
#define SEK_RENDER_HOST_PAGES_CONVERT_WORDS_H

#include "render-host/pages/convert.h"

enum sek_lang { SEK_LANG_JA, SEK_LANG_EN };

enum sek_word {
	SEK_WORD_FROM, SEK_WORD_TO, SEK_WORD_CC, SEK_WORD_DATE, SEK_WORD_SUBJECT,
	SEK_WORD_ATTACHED, SEK_WORD_NO_TEXT, SEK_WORD_PARTS_CUT,
	SEK_WORD_ARCHIVE, SEK_WORD_SIZE, SEK_WORD_NAME, SEK_WORD_ENCRYPTED_ENTRY, SEK_WORD_LIST_CUT, SEK_WORD_LIST_BROKEN,
	SEK_WORD_COUNT_ENTRIES, SEK_WORD_CANNOT_SHOW, SEK_WORD_UNNAMED,
	SEK_WORD_COUNT
};

const char *sek_word(enum sek_lang lang, enum sek_word w);

/* A sentence for staff that says why a file cannot be shown. */
const char *sek_word_reason(enum sek_lang lang, enum sek_convert_reason r);

#endif
