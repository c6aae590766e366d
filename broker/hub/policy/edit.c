/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One change of one policy value. Must never apply a loosening that the site wants to be seen by two.
 */
#include "broker/hub/policy/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands at a place and above it. */
struct standing {
	const char *attribute;
	char *here, *site;
	bool failed;
};

static void keep(char **at, const char *value, bool *failed)
{
	free(*at);
	*at = strdup(value);
	*failed = *failed || !*at;
}

static void on_here(void *ctx, const struct sek_store_policy *p)
{
	struct standing *t = ctx;

	if (strcmp(p->attribute, t->attribute) == 0)
		keep(&t->here, p->value, &t->failed);
}

static void on_site(void *ctx, const struct sek_store_policy *p)
{
	struct standing *t = ctx;

	if (strcmp(p->attribute, t->attribute) == 0)
		keep(&t->site, p->value, &t->failed);
}

struct rows {
	struct sek_policy_row *rows;
	size_t n;
	enum sek_policy_attribute attribute;
	bool failed;
};

static void on_row(void *ctx, const struct sek_store_policy *p)
{
	struct rows *r = ctx;
	enum sek_policy_attribute a;
	struct sek_policy_row *more;
	char *value;

	if (strcmp(p->scope, "user") == 0 || !sek_policy_find(p->attribute, strlen(p->attribute), &a) || a != r->attribute)
		return;
	value = strdup(p->value);
	more = realloc(r->rows, (r->n + 1) * sizeof *more);
	if (more)
		r->rows = more;
	if (!more || !value) {
		free(value);
		r->failed = true;
		return;
	}
	r->rows[r->n++] = (struct sek_policy_row){
		.scope = strcmp(p->scope, "group") == 0 ? SEK_SCOPE_GROUP : SEK_SCOPE_SITE, .name = "", .attribute = a,
		.value = value,
	};
}

static sek_status above_user(struct sek_store *s, const char *user, enum sek_policy_attribute a, char **ret)
{
	struct rows r = { .attribute = a };
	struct sek_policy p = { .clipboard = 0 };
	sek_status status = sek_store_policies_of(s, user, on_row, &r);

	if (sek_is_ok(status) && r.failed)
		status = sek_fail(SEK_E_NOMEM);
	if (sek_is_ok(status))
		status = sek_policy_resolve(r.rows, r.n, &p, NULL);
	if (sek_is_ok(status))
		status = sek_policy_value_json(&p, a, ret);
	sek_policy_finish(&p);
	while (r.n)
		free((char *)(uintptr_t)r.rows[--r.n].value);
	free(r.rows);
	return status;
}

/* What taking the value away leaves: for a group the site's, for a user what the user's groups and the site say. */
static sek_status value_above(struct sek_store *s, const struct sek_policy_edit *e, enum sek_policy_attribute a,
	struct standing *t, char **ret)
{
	const char *value = strcmp(e->scope, "group") == 0 && t->site ? t->site : sek_policy_info(a)->built_in;

	if (strcmp(e->scope, "user") == 0)
		return above_user(s, e->name, a, ret);
	*ret = strdup(value);
	return *ret ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

static void explain(sek_status status, const struct sek_policy_edit *e, char *err, size_t err_size)
{
	if (sek_is(status, SEK_E_CONFLICT))
		snprintf(err, err_size, "somebody else has changed this value: look at it again before you change it");
	else if (sek_is(status, SEK_E_EXISTS))
		snprintf(err, err_size, "the same change waits for a second administrator already");
	else if (sek_is(status, SEK_E_NOT_FOUND))
		snprintf(err, err_size, "there is no such %s", strcmp(e->scope, "user") == 0 ? "user" : "group");
	else if (sek_is(status, SEK_E_MALFORMED))
		snprintf(err, err_size, "a reason is needed: write why");
	else if (sek_is(status, SEK_E_LIMIT))
		snprintf(err, err_size, "the reason is too long: write at most %d bytes", SEK_STORE_WHY_BYTES - 1);
	else
		snprintf(err, err_size, "the store could not be written");
}

static sek_status set(struct sek_store *s, const struct sek_policy_edit *e, enum sek_policy_attribute a, const char *value,
	const struct sek_store_actor *by, struct sek_policy_edited *ret)
{
	struct standing t = { .attribute = sek_policy_info(a)->name };
	struct sek_policy_edited d = { .pending = false };
	char *above = NULL;
	sek_status status = sek_store_policies_at(s, e->scope, e->name, on_here, &t);

	if (sek_is_ok(status))
		status = sek_store_policies_at(s, "site", "", on_site, &t);
	if (sek_is_ok(status) && t.failed)
		status = sek_fail(SEK_E_NOMEM);
	if (sek_is_ok(status))
		status = value_above(s, e, a, &t, &above);
	if (sek_is_ok(status)) {
		d.effect = sek_policy_compare(a, t.here ? t.here : above, value ? value : above);
		d.pending = e->second && strcmp(e->scope, "user") != 0 && (d.effect & SEK_POLICY_LOOSENS);
		status = sek_store_policy_set(s, e->scope, e->name, t.attribute, value, e->expected, d.effect, d.pending, by,
			&d.id);
	}
	if (sek_is_ok(status))
		*ret = d;
	free(above);
	free(t.here);
	free(t.site);
	return status;
}

sek_status sek_policy_edit(struct sek_store *s, const struct sek_policy_edit *e, const struct sek_store_actor *by,
	struct sek_policy_edited *ret, char *err, size_t err_size)
{
	enum sek_policy_attribute a;
	char *value = NULL;
	sek_status status;

	if (!sek_policy_find(e->attribute, e->attribute_n, &a)) {
		snprintf(err, err_size, "there is no such attribute: see docs/policy.md for their names");
		return sek_fail(SEK_E_NOT_FOUND);
	}
	if (e->value)
		SEK_TRY(sek_policy_check(a, e->value, e->value_n, &value, err, err_size));
	status = set(s, e, a, value, by, ret);
	if (!sek_is_ok(status))
		explain(status, e, err, err_size);
	free(value);
	return status;
}
