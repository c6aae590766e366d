/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kept.c is to write about sessions: rows in a list. Private to kept*.c.
 */
#ifndef SEK_BROKER_HUB_KEPT_ROWS_H
#define SEK_BROKER_HUB_KEPT_ROWS_H

#include "broker/hub/store/sessions.h"

enum task { TASK_PUT, TASK_GONE, TASK_DRAIN /* no session: session.host, out of service */, TASK_CLAIM, TASK_PLACE };

struct row {
	struct row *next;
	struct sek_store_session session;
	enum task task;
	char *own;           /* heap: what session.own points to */
	/* CLAIM: of session.user */
	char have[33], fresh[33], from[SEK_STORE_BROKER_BYTES];
	enum sek_store_claim claim;
	uint32_t room;       /* PLACE */
	bool given;          /* the store has said; session is what stands there */
};

void sek_kept_row_free(struct row *r); /* NULL is fine */
/* Whether one takes the place of the other: both say what stands there for the same session. */
bool sek_kept_row_same(const struct row *a, const struct row *b);
bool sek_kept_row_in(const struct row *list, const struct row *r);
/* Frees those of the list whose place `fresh` takes. */
void sek_kept_rows_forget(struct row **list, const struct row *fresh);

#endif
