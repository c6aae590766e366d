/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An event as the text of a record. Private to audit/.
 */
#ifndef SEK_BROKER_HUB_AUDIT_RECORD_H
#define SEK_BROKER_HUB_AUDIT_RECORD_H

#include "broker/hub/audit/audit.h"

/* The record's text between its number and its hash, on the heap (the caller frees), stamped with the present time. NULL when
 * out of memory. */
char *sek_audit_body(const struct sek_audit_event *e, const char *where, size_t *ret_n);

#endif
