/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A document of a live session that crosses as pixels: a second decoder for the same session on the same render host, with a gap and a
 * wake-up of its own (broker/gap/children.h, SEK_DECODER_PAGES). The broker makes the gap and maps nothing of it; who reads it gets the
 * descriptors. Only while the session's policy allows it; one at a time for each session.
 */
#ifndef SEK_BROKER_HUB_SESSION_DOCUMENT_H
#define SEK_BROKER_HUB_SESSION_DOCUMENT_H

#include "broker/hub/session/session.h"
#include "protocol/wire/messages.h"

struct sek_session_document;

struct sek_document_ask {
	enum sek_document_source source;
	uint16_t dpi;                         /* SEK_DOCUMENT_DPI_MIN to SEK_DOCUMENT_DPI_MAX */
	uint16_t most_pages;                  /* 1 to SEK_DOCUMENT_PAGES_MAX */
	uint16_t max_width_px, max_height_px; /* of a page, and the geometry of the gap: SEK_DOCUMENT_MIN_PX to SEK_DOCUMENT_MAX_PX */
};

/* Why there is no decoder any more. */
enum sek_document_end {
	SEK_DOCUMENT_END_REASON, /* the host said why there are no more pages: `reason` */
	SEK_DOCUMENT_END_LINE,   /* the connection could not be made, or broke: a new one may go on with the missing pages */
	SEK_DOCUMENT_END_CLOSED, /* the session has ended, or its policy does not allow it any more: the decoder is dead */
	SEK_DOCUMENT_END_FAULT,  /* anything else: the other side broke a rule, or we did */
};

/* reason: not SEK_DOCUMENT_WORKING if end is REASON; else to be ignored. Called once, from the loop, never from inside a call; ret of the
 * start is gone then. */
typedef void sek_document_end_fn(void *user, enum sek_document_end end, enum sek_document_state reason);

/* Begins. *ret_gap_ro and *ret_wake (an eventfd) are the caller's to close: they are open at once, and stay good after the end; *ret is
 * good until fn was called or the document was stopped.
 *   SEK_E_NOT_FOUND  the user has no session that runs, or its host is not of the kind that has documents
 *   SEK_E_DENIED     the session's policy does not allow this source
 *   SEK_E_CONFLICT   one is under way
 *   SEK_E_LIMIT      the ask is out of bounds; anything else: it cannot be made here */
sek_status sek_session_document_start(struct sek_sessions *all, const char *user, const struct sek_document_ask *ask,
	sek_document_end_fn *fn, void *arg, struct sek_session_document **ret, int *ret_gap_ro, int *ret_wake);
/* Asks for a page, 1 to SEK_DOCUMENT_PAGES_MAX; it comes when the gap says so. Not before the one asked for last has come. */
void sek_session_document_take(struct sek_session_document *d, uint16_t page);
/* Lets go of it; fn is not called any more. NULL is fine. */
void sek_session_document_stop(struct sek_session_document *d);

/* An event of the user's session for its recording, if it has one: words of the broker (page count, SHA-256), never of the outer side. */
void sek_session_document_note(struct sek_sessions *all, const char *user, uint32_t pages, const char *words);

#endif
