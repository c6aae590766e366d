/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents that are taken over as pixels: counts the downloads that the browser's jail keeps, and, asked by renderd, has the newest one (or
 * the page that the browser shows, printed) made into a PDF and rendered by sekisho-pages. Reads of a document nothing: programs in jails
 * of their own do, and only their exit codes come back.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_DOCUMENTS_H
#define SEK_RENDER_HOST_SANDBOX_DOCUMENTS_H

#include "protocol/wire/messages.h"
#include "render-host/sandbox/keeper.h"

struct sek_documents_door {
	int control;     /* SOCK_SEQPACKET from renderd, -1: none */
	int watch;       /* inotify on the downloads */
	bool keep, print; /* what the rules allow now */
	uint16_t count;  /* of downloads */
	/* the document under way */
	struct sek_document_msg ask;
	int stream;      /* to the decoder, -1: none, or sekisho-pages has it */
	int pdf;         /* what the maker makes, -1 */
	pid_t maker, pages; /* 0: not running */
	int64_t due_ms;  /* monotonic: when the maker has taken too long, INT64_MAX: it does not run */
	int from_browser, to_browser; /* the browser's DevTools, -1: none */
	unsigned prints; /* so far: their messages have other numbers */
};

/* Begins to watch the downloads; the pipes of the browser's DevTools are made for sek_documents_browser_fds. */
sek_status sek_documents_open(struct sek_documents_door *d, const struct sek_keeper_start *start);
/* The browser's ends of those pipes, to be closed once it runs: what it reads, what it writes. */
sek_status sek_documents_browser_pipes(struct sek_documents_door *d, int *ret_reads, int *ret_writes);
/* d->control is readable. */
void sek_documents_take(struct sek_documents_door *d, const struct sek_keeper_start *start);
/* d->watch is readable: counts again, and lets the oldest go. */
void sek_documents_look(struct sek_documents_door *d, const struct sek_keeper_start *start);
/* The rules have changed: what they do not allow any more ends at once. */
void sek_documents_rules(struct sek_documents_door *d, const struct sek_keeper_start *start, bool keep, bool print);
/* A child has ended. False: it was none of these. */
bool sek_documents_exit(struct sek_documents_door *d, const struct sek_keeper_start *start, pid_t pid, int status);
/* When sek_documents_tick is to be called, monotonic ms; INT64_MAX: not at all. */
int64_t sek_documents_due(const struct sek_documents_door *d);
void sek_documents_tick(struct sek_documents_door *d);

#endif
