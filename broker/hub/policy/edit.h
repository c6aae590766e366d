/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changing a policy value in the store: checked, compared, put on the record, and held back for a second administrator where
 * the site wants that. For the administration's operations; blocks like the store.
 */
#ifndef SEK_BROKER_HUB_POLICY_EDIT_H
#define SEK_BROKER_HUB_POLICY_EDIT_H

#include "broker/hub/policy/policy.h"
#include "broker/hub/store/policies.h"

struct sek_policy_edit {
	const char *scope;      /* "site", "group", "user" */
	const char *name;       /* of the group or user, "" for the site */
	const char *attribute;  /* hostile */
	size_t attribute_n;
	const char *value;      /* JSON text, hostile; NULL: takes the value away */
	size_t value_n;
	int64_t expected;       /* version that the administrator saw, 0 = no value stood there */
	bool second;            /* the site's second_administrator: loosening site or group waits for another one */
};

struct sek_policy_edited {
	int64_t id;             /* the change; the value's new version once applied */
	bool pending;
	enum sek_policy_change effect; /* against what held at that place before (an unset group or user: what is above it) */
};

/* SEK_E_NOT_FOUND: unknown attribute, group or user; SEK_E_MALFORMED, SEK_E_LIMIT, SEK_E_DENIED: the value (as
 * sek_policy_check); SEK_E_CONFLICT: changed by somebody else since; SEK_E_EXISTS: the same waits already. err says what to
 * do for each. */
sek_status sek_policy_edit(struct sek_store *s, const struct sek_policy_edit *e, const struct sek_store_actor *by,
	struct sek_policy_edited *ret, char *err, size_t err_size);

#endif
