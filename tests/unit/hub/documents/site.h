/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * documents/ on a loop of its own, with a store, a folder, the real sekisho-paper and, in the decoder's place, the test itself, which
 * paints the pages into the gap that the broker's code handed out. Fails the running Check test.
 */
#ifndef SEK_TESTS_DOCUMENTS_SITE_H
#define SEK_TESTS_DOCUMENTS_SITE_H

#include "broker/hub/documents/documents.h"

#define SITE_FOLDER_BYTES 64

/* What the test's decoder does. */
struct site_script {
	unsigned pages;
	unsigned die_at[8]; /* of the nth link: instead of this page it goes, with .code; 0: it does not */
	enum sek_document_end why;
	unsigned state;     /* instead of pages */
	bool silent;        /* it never answers */
};

struct site {
	uv_loop_t loop;
	struct sek_documents *documents;
	struct sek_documents_config config;
	struct sek_policy policy;
	bool no_session;
	char folder[SITE_FOLDER_BYTES], store[96], files[96];
	struct site_script script;
	unsigned links, asked, withdrawn, taken;
	const char *ask_error;
	sek_document_asked_fn *asked_fn; /* who waits for an answer, if ask_later */
	void *asked_arg;
	bool ask_later;
};

/* Download and print may cross. printers: of the print server; NULL: none. */
void site_open(struct site *s);
void site_start(struct site *s);
void site_stop(struct site *s);  /* in good order; site_start may follow */
void site_close(struct site *s);

/* One request, answered: what there was of it is in *ret, texts good for ever. Runs the loop. */
struct site_answer {
	const char *error;
	json_t *json;
	uint8_t *bytes;
	size_t n;
	bool jpeg, created;
};
struct site_answer site_ask(struct site *s, enum sek_documents_op op, const char *user, const char *id, unsigned page, const char *in);
void site_answer_free(struct site_answer *a);
/* Asks for a document: its id in ret; the error word, or NULL. */
const char *site_new(struct site *s, const char *user, const char *in, char ret[33]);
/* Runs the loop until the document's state is not "working"; a member of GET, good for ever: state or reason. */
const char *site_wait(struct site *s, const char *user, const char *id, char ret_reason[64]);
void site_run(struct site *s, unsigned ms);
unsigned site_files(const struct site *s); /* in the folder of documents */

#define SITE_FILE "{\"from\":\"download\",\"for\":\"file\",\"name\":\"kawase\"}"
#define SITE_PRINT "{\"from\":\"download\",\"for\":\"print\",\"name\":\"kawase\"}"

#endif
