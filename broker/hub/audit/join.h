/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Several brokers' logs read as one: each keeps a chain of its own, here their records come in the order of their times, and the names of
 * brokers that they speak of. Nothing is checked (verify.h does that). Private to sekisho-audit-verify and its tests.
 */
#ifndef SEK_BROKER_HUB_AUDIT_JOIN_H
#define SEK_BROKER_HUB_AUDIT_JOIN_H

#include "broker/hub/audit/chain.h"

#define SEK_AUDIT_JOIN_MAX 16       /* logs */
#define SEK_AUDIT_JOIN_NAME_BYTES 65

struct sek_audit_join {
	const char *const *folders;
	size_t n;
	/* Each record's line of n bytes (hostile), without its end; of records with the same time the one of the first folder first. One whose
	 * time cannot be read comes with the one before it. NULL: not wanted. */
	void (*record)(void *user, size_t folder, const char *line, size_t n);
	/* The name that a broker gives itself in a log (its machine's and its name among the brokers; hostile text, of at most
	 * SEK_AUDIT_JOIN_NAME_BYTES), for each record that says one. */
	void (*own)(void *user, size_t folder, const char *name);
	/* The name of another broker that a record speaks of: a session came from there. */
	void (*other)(void *user, size_t folder, const char *name);
	void *user;
};

/* SEK_E_IO: a folder or file cannot be read; SEK_E_LIMIT; SEK_E_NOMEM. */
sek_status sek_audit_join(const struct sek_audit_join *j);

#endif
