/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What audit logs know of recordings, to hold their files against: one log, or those of all brokers on a store. Reads their files only; whether a log itself is whole,
 * sekisho-audit-verify tells. Private to sekisho-recording-verify and its tests.
 */
#ifndef SEK_BROKER_HUB_RECORD_LEDGER_H
#define SEK_BROKER_HUB_RECORD_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct sek_ledger_recording {
	char id[33], session[33];
	char hash[65];           /* of recording.closed; "" before */
	bool required, failed;
	bool purged;             /* deleted as the policy says, on the record */
	bool seen;               /* the caller's */
};

struct sek_record_ledger;

#define SEK_LEDGER_LOGS_MAX 16
#define SEK_LEDGER_NAME_BYTES 65

/* Reads all segments in each of n folders, each one broker's. SEK_E_NOT_FOUND: one holds none, *ret_bad is its number; SEK_E_LIMIT; SEK_E_IO, SEK_E_NOMEM. Lines
 * that are none are passed over. */
sek_status sek_record_ledger_read(const char *const *folders, size_t n, struct sek_record_ledger **ret, size_t *ret_bad);
void sek_record_ledger_destroy(struct sek_record_ledger *l); /* NULL is fine */
/* NULL: no log knows it. */
struct sek_ledger_recording *sek_record_ledger_find(struct sek_record_ledger *l, const char *id);
/* Each recording that was begun; then, log by log, each session that had to be recorded there, was not refused, and has none there: every broker keeps recordings of
 * what it has shown itself. */
void sek_record_ledger_each(struct sek_record_ledger *l, void (*recording)(void *user, const struct sek_ledger_recording *r),
	void (*unrecorded)(void *user, const char *session), void *user);
/* The names of brokers from which sessions came, and whose logs are not among these; hostile text. */
void sek_record_ledger_missing(const struct sek_record_ledger *l, void (*fn)(void *user, const char *broker), void *user);

#endif
