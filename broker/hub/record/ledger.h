/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an audit log knows of recordings, to hold their files against. Reads the log's files only; whether the log itself is whole,
 * sekisho-audit-verify tells. Private to sekisho-recording-verify and its tests.
 */
#ifndef SEK_BROKER_HUB_RECORD_LEDGER_H
#define SEK_BROKER_HUB_RECORD_LEDGER_H

#include <stdbool.h>

#include "base/status.h"

struct sek_ledger_recording {
	char id[33], session[33];
	char hash[65];           /* of recording.closed; "" before */
	bool required, failed;
	bool purged;             /* deleted as the policy says, on the record */
	bool seen;               /* the caller's */
};

struct sek_record_ledger;

/* Reads all segments in the folder. SEK_E_NOT_FOUND: it holds none; SEK_E_IO, SEK_E_NOMEM. Lines that are none are passed over. */
sek_status sek_record_ledger_read(const char *folder, struct sek_record_ledger **ret);
void sek_record_ledger_destroy(struct sek_record_ledger *l); /* NULL is fine */
/* NULL: the log does not know it. */
struct sek_ledger_recording *sek_record_ledger_find(struct sek_record_ledger *l, const char *id);
/* Each recording that was begun; then each session that had to be recorded, was not refused, and has none. */
void sek_record_ledger_each(struct sek_record_ledger *l, void (*recording)(void *user, const struct sek_ledger_recording *r),
	void (*unrecorded)(void *user, const char *session), void *user);

#endif
