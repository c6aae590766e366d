/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents that crossed as pixels: whose they are, how far they came, until when their files are kept. The files are documents/vault.h;
 * a row outlives its file, for the count of a day and as the proof of what was released. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_DOCUMENTS_H
#define SEK_BROKER_HUB_STORE_DOCUMENTS_H

#include "broker/hub/store/store.h"

#define SEK_STORE_DOCUMENT_ID_BYTES 33
#define SEK_STORE_DOCUMENT_NAME_CHARS 100
#define SEK_STORE_DOCUMENT_NAME_BYTES (SEK_STORE_DOCUMENT_NAME_CHARS * 4 + 1)
#define SEK_STORE_DOCUMENT_REASON_BYTES 2048
#define SEK_STORE_DOCUMENT_KEY_BYTES 72   /* sealed */

struct sek_store_document {
	char id[SEK_STORE_DOCUMENT_ID_BYTES];
	char user[SEK_STORE_NAME_BYTES];
	char name[SEK_STORE_DOCUMENT_NAME_BYTES]; /* chosen by the user on the inner side */
	char purpose[8];                          /* "file", "print" */
	char source[12];                          /* "download", "page" */
	char session[33];
	char state[12];                           /* working, waiting, released, refused, cancelled, failed, expired, deleted */
	char reason[SEK_STORE_DOCUMENT_REASON_BYTES];       /* why it failed (a word), or what an approver said */
	int64_t dpi, pages, bytes;                /* bytes: of the PDF */
	bool text;
	int64_t days;                             /* how long it is kept after its release */
	int64_t created_s, finished_s, expires_s; /* 0 = not yet; expires_s 0: there is no file */
	uint8_t hash[32];                         /* SHA-256 of the PDF */
	uint8_t key[SEK_STORE_DOCUMENT_KEY_BYTES];/* sealed; zeros once the file is gone */
	char broker[64];                          /* who made it and has the file; "" = a program that knew of one broker only */
};

typedef void sek_store_document_fn(void *ctx, const struct sek_store_document *d);

/* SEK_E_EXISTS; SEK_E_LIMIT. */
sek_status sek_store_document_add(struct sek_store *s, const struct sek_store_document *d);
/* Puts state, reason, pages, bytes, hash, key, finished_s and expires_s there, if the row's state is still `from`: else SEK_E_CONFLICT.
 * SEK_E_NOT_FOUND. */
sek_status sek_store_document_set(struct sek_store *s, const struct sek_store_document *d, const char *from);
sek_status sek_store_document_find(struct sek_store *s, const char *id, struct sek_store_document *ret);
/* A user's that were made after since_s and were not deleted, newest first. */
sek_status sek_store_documents_of(struct sek_store *s, const char *user, int64_t since_s, unsigned limit, sek_store_document_fn *fn, void *ctx);
/* Everybody's, newest first, those that were made before before_s (0: all). */
sek_status sek_store_documents_page(struct sek_store *s, int64_t before_s, unsigned limit, sek_store_document_fn *fn, void *ctx);
/* How many of a user's since then came or may still come through: those that failed, were cancelled or refused are not counted. */
sek_status sek_store_documents_count(struct sek_store *s, const char *user, int64_t since_s, int64_t *ret);
/* Those whose time is over and that are that broker's, or nobody's ("": everybody's), oldest first. */
sek_status sek_store_documents_due(struct sek_store *s, const char *broker, int64_t now_s, unsigned limit, sek_store_document_fn *fn, void *ctx);
/* Those of one state. */
sek_status sek_store_documents_in(struct sek_store *s, const char *state, sek_store_document_fn *fn, void *ctx);

struct sek_store_document_sums {
	int64_t files, bytes, waiting;
};
sek_status sek_store_documents_sum(struct sek_store *s, struct sek_store_document_sums *ret);

#endif
