/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which words stood on the pictures of which recording, and when: what sekisho-words found, to be searched. A database of its own,
 * because it holds in the clear what the recordings hold sealed: a site that wants no such thing has no such file, and one that
 * changes its mind deletes it. Rules of store.h hold: calls block; callbacks must not call the store.
 */
#ifndef SEK_BROKER_HUB_STORE_WORDS_H
#define SEK_BROKER_HUB_STORE_WORDS_H

#include "broker/hub/store/store.h"

#define SEK_WORDS_SNIPPET_BYTES 512
#define SEK_WORDS_QUERY_CHARS 100    /* the longest phrase that is looked for */

struct sek_word_store;

/* Opens the file, makes it (0600) if it is not there. As sek_store_open. */
sek_status sek_word_store_open(const char *path, struct sek_word_store **ret, char *err, size_t err_size);
void sek_word_store_close(struct sek_word_store *s); /* NULL is fine */

/* One text (n bytes of UTF-8) that was to be read from at_us on. Ends of lines inside it do not part words. */
sek_status sek_words_add(struct sek_word_store *s, const char *recording, int64_t at_us, const char *text, size_t n);
/* Everything up to upto_us has been read; done: there is no more. One transaction with all that was added since the last call. */
sek_status sek_words_commit(struct sek_word_store *s, const char *recording, int64_t upto_us, bool done);
/* How far: 0 = not begun. *ret_done. */
sek_status sek_words_state(struct sek_word_store *s, const char *recording, int64_t *ret_upto_us, bool *ret_done);
/* Its recording is gone. */
sek_status sek_words_forget(struct sek_word_store *s, const char *recording);
/* Forgets every recording of which `there` says no. */
sek_status sek_words_forget_gone(struct sek_word_store *s, bool (*there)(void *ctx, const char *recording), void *ctx);

struct sek_words_hit {
	char recording[33];
	int64_t at_us;
	char snippet[SEK_WORDS_SNIPPET_BYTES]; /* the words around it, cut between characters */
};
/* Where phrase (1 to SEK_WORDS_QUERY_CHARS characters; case does not matter) was to be read: newest found first, at most limit; recording: in this
 * one only, in the order of time; "" = in all. SEK_E_LIMIT: empty or too long. */
sek_status sek_words_search(struct sek_word_store *s, const char *phrase, const char *recording, unsigned limit,
	void (*fn)(void *ctx, const struct sek_words_hit *h), void *ctx);

#endif
