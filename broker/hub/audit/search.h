/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking through the log, newest first, by pages. Blocking: in the pool. Each call reads at most SEK_AUDIT_SEARCH_BYTES, so it
 * answers soon however long the log is, and says where to go on.
 */
#ifndef SEK_BROKER_HUB_AUDIT_SEARCH_H
#define SEK_BROKER_HUB_AUDIT_SEARCH_H

#include <jansson.h>

#include "base/status.h"

#define SEK_AUDIT_SEARCH_BYTES ((uint64_t)128 * 1024 * 1024)
#define SEK_AUDIT_CURSOR_BYTES 40

/* Empty texts match everything. Exact but for text, which is found anywhere in the record (ASCII letters in any case). */
struct sek_audit_query {
	const char *who, *what, *object, *outcome, *text;
	const char *from, *to;      /* UTC, in the record's form or a beginning of it: "2026-01-02T03" */
	const char *after;          /* where the page before ended; "" = at the newest */
	unsigned limit;             /* rows */
};

/* Appends the rows (objects as they stand in the log) to `rows`. ret_next: where to go on; "" = there is no more.
 * SEK_E_MALFORMED: `after` is not one of ours. SEK_E_IO. */
sek_status sek_audit_search(const char *folder, const struct sek_audit_query *q, json_t *rows,
	char ret_next[SEK_AUDIT_CURSOR_BYTES]);

#endif
