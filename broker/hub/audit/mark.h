/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far the log goes at this moment, for a copy of it: its files only grow, so what stands before the mark can be copied while others
 * write on, and is a whole log with the head that was taken with it.
 */
#ifndef SEK_BROKER_HUB_AUDIT_MARK_H
#define SEK_BROKER_HUB_AUDIT_MARK_H

#include "broker/hub/audit/chain.h"

struct sek_audit_mark {
	unsigned segment;                 /* the newest file's number; 0: there is no log */
	uint64_t size;                    /* and its length */
	char head[SEK_AUDIT_HEAD_BYTES];
};

/* Holds writers up for as long as two small reads take. SEK_E_NOT_FOUND: there is no log in that folder. SEK_E_IO. */
sek_status sek_audit_mark_take(const char *folder, struct sek_audit_mark *ret);

#endif
