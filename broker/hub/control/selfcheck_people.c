/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Accounts and policies, as the store has them.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/hub/control/selfcheck_lines.h"
#include "broker/hub/policy/policy.h"
#include "broker/hub/store/people.h"
#include "broker/hub/store/policies.h"

struct people {
	struct sek_check_names without, dormant, administrators;
	unsigned enabled, seen;
	int64_t now_s;
	char last[SEK_STORE_NAME_BYTES];
};

static void on_person(void *ctx, const struct sek_store_person *p)
{
	struct people *all = ctx;
	int64_t used_s = p->login_s ? p->login_s : p->created_s;

	all->seen++;
	snprintf(all->last, sizeof all->last, "%s", p->name);
	if (p->disabled)
		return;
	all->enabled++;
	if (!p->has_totp && p->certificates == 0)
		sek_check_name(&all->without, p->name, NULL);
	if (all->now_s - used_s > (int64_t)SEK_SELFCHECK_DORMANT_DAYS * 24 * 3600)
		sek_check_name(&all->dormant, p->name, NULL);
	if (p->roles & SEK_ROLE_ADMINISTRATOR)
		sek_check_name(&all->administrators, p->name, NULL);
}

static bool read_people(struct sek_store *store, struct people *all)
{
	unsigned before;

	do {
		char after[SEK_STORE_NAME_BYTES];
		struct sek_store_people_query q = { .search = "", .after = after, .limit = SEK_STORE_PAGE_MAX };

		memcpy(after, all->last, sizeof after);
		before = all->seen;
		if (!sek_is_ok(sek_store_people_page(store, &q, on_person, all, NULL)))
			return false;
	} while (all->seen - before == SEK_STORE_PAGE_MAX);
	return true;
}

static void names_line(struct sek_selfcheck *s, const char *id, struct sek_check_names *l, unsigned of)
{
	sek_check_line(s, id, l->n ? SEK_CHECK_ATTENTION : SEK_CHECK_OK, "of-accounts", l, "%u" SEK_CHECK_NEXT "%u", l->n, of);
}

struct policies {
	struct sek_check_names looser;
	unsigned seen, damaged;
};

static void on_policy(void *ctx, const struct sek_store_policy *p)
{
	struct policies *all = ctx;
	enum sek_policy_attribute a;
	char text[300];

	all->seen++;
	if (!sek_policy_find(p->attribute, strlen(p->attribute), &a)) {
		all->damaged++;
		return;
	}
	if (!(sek_policy_compare(a, sek_policy_info(a)->built_in, p->value) & SEK_POLICY_LOOSENS))
		return;
	snprintf(text, sizeof text, "%s%s%.60s %s=%.60s", p->scope, *p->name ? ":" : "", p->name, p->attribute, p->value);
	sek_check_name(&all->looser, text, NULL);
}

static void on_member(void *ctx, const char *user, const char *group)
{
	(void)ctx;
	(void)user;
	(void)group;
}

/* What no line has taken. */
static void drop(struct sek_check_names *l)
{
	json_decref(l->list);
	l->list = NULL;
}

void sek_check_people(struct sek_selfcheck *s, struct sek_store *store)
{
	struct people people = { .now_s = (int64_t)time(NULL) };
	struct policies policies = { .seen = 0 };

	if (read_people(store, &people)) {
		names_line(s, "second-factor", &people.without, people.enabled);
		names_line(s, "dormant", &people.dormant, people.enabled);
		sek_check_line(s, "administrators", people.administrators.n >= 2 ? SEK_CHECK_OK : SEK_CHECK_ATTENTION, "of-accounts",
			&people.administrators, "%u" SEK_CHECK_NEXT "%u", people.administrators.n, people.enabled);
	} else {
		sek_check_line(s, "second-factor", SEK_CHECK_FAILED, "store", NULL, "%s", "");
	}
	if (!sek_is_ok(sek_store_policies_all(store, on_policy, on_member, &policies)))
		sek_check_line(s, "policy", SEK_CHECK_FAILED, "store", NULL, "%s", "");
	else
		sek_check_line(s, "policy", policies.damaged ? SEK_CHECK_FAILED : policies.looser.n ? SEK_CHECK_ATTENTION : SEK_CHECK_OK,
			policies.damaged ? "policies-damaged" : "of-values", &policies.looser, "%u" SEK_CHECK_NEXT "%u" SEK_CHECK_NEXT "%u",
			policies.looser.n, policies.seen, policies.damaged);
	drop(&people.without);
	drop(&people.dormant);
	drop(&people.administrators);
	drop(&policies.looser);
}
