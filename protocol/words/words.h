/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words that a person at a VNC viewer sees, in Japanese and English: those of client/web/words, made a table by sekisho-words-gen.
 */
#ifndef SEK_PROTOCOL_WORDS_WORDS_H
#define SEK_PROTOCOL_WORDS_WORDS_H

#include "protocol/wire/messages.h"

struct sek_wording_entry {
	const char *key, *text[2]; /* by enum sek_lang */
};
extern const struct sek_wording_entry sek_wording_list[];
extern const unsigned sek_wording_count;

/* The words of a key; the key itself if there are none. */
const char *sek_wording(enum sek_lang lang, const char *key);

#endif
