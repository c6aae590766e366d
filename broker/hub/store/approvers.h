/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who approves what the members of a group ask for: its approvers, and deputies who act between two times. This is a property of the
 * group; it gives no role and shows nothing but what waits. Rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_APPROVERS_H
#define SEK_BROKER_HUB_STORE_APPROVERS_H

#include "broker/hub/store/policies.h"

#define SEK_STORE_APPROVERS_MAX 100 /* of one group */

struct sek_store_approver {
	char user[SEK_STORE_NAME_BYTES], display[SEK_STORE_DISPLAY_BYTES];
	bool deputy, disabled; /* disabled: the user is, and so decides nothing; not written */
	int64_t from_s, until_s; /* 0 = no such limit */
};

/* Makes or changes one. display and disabled are not looked at. SEK_E_NOT_FOUND (group or user), SEK_E_LIMIT (too many). */
sek_status sek_store_approver_set(struct sek_store *s, const char *group, const struct sek_store_approver *a,
	const struct sek_store_actor *by);
/* SEK_E_NOT_FOUND. */
sek_status sek_store_approver_remove(struct sek_store *s, const char *group, const char *user, const struct sek_store_actor *by);
/* In the order of names, approvers before deputies. */
sek_status sek_store_approvers(struct sek_store *s, const char *group,
	void (*fn)(void *ctx, const struct sek_store_approver *a), void *ctx);
/* How many could decide now what somebody of this group asks for (beside that person). SEK_E_NOT_FOUND. */
sek_status sek_store_approvers_now(struct sek_store *s, const char *group, int64_t now_s, unsigned *ret);
/* How many could decide now what this user asks for: of all groups, never the user. */
sek_status sek_store_approvers_for(struct sek_store *s, const char *user, int64_t now_s, unsigned *ret);
/* Of how many groups this user is an approver, or a deputy who acts now. */
sek_status sek_store_approver_of(struct sek_store *s, const char *user, int64_t now_s, unsigned *ret);
/* The groups that have members and nobody who could decide now, in the order of names. */
sek_status sek_store_groups_unapproved(struct sek_store *s, int64_t now_s, void (*fn)(void *ctx, const char *group), void *ctx);

#endif
