/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One policy out of many rows, attribute by attribute, with where each value comes from. Must never give a user more than
 * the strictest of the user's groups says when the user's groups decide.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "broker/hub/policy/value.h"

const char *sek_policy_scope_name(enum sek_policy_scope scope)
{
	static const char *const names[] = { "built-in", "site", "group", "user", "session" };

	return (unsigned)scope < sizeof names / sizeof names[0] ? names[scope] : "unknown";
}

/* A row's value; one that cannot be read counts as the strictest. */
static sek_status row_value(const struct sek_policy_row *r, struct sek_policy_value *ret, bool *damaged)
{
	char err[SEK_POLICY_ERROR_BYTES];
	sek_status status = sek_policy_value_parse(r->attribute, r->value, strlen(r->value), ret, err, sizeof err);

	if (sek_is_ok(status) || sek_is(status, SEK_E_NOMEM))
		return status;
	*damaged = true;
	return sek_policy_value_strictest(r->attribute, ret);
}

/* Takes one more row of the scope that decides. */
static sek_status take_row(const struct sek_policy_row *rows, size_t i, struct sek_policy_value *v,
	struct sek_policy_origin *o)
{
	struct sek_policy_value w = { .number = 0 };
	enum sek_policy_change change;
	sek_status status;

	SEK_TRY(row_value(&rows[i], &w, &o->damaged));
	if (rows[i].scope != o->scope) {
		sek_policy_value_finish(v);
		*v = w;
		o->scope = rows[i].scope;
		o->row = (int)i;
		o->groups = 1;
		return sek_ok();
	}
	/* several groups (or, after damage, several rows of one scope): the strictest */
	change = sek_policy_value_compare(rows[i].attribute, v, &w);
	status = sek_policy_value_meet(rows[i].attribute, v, &w);
	sek_policy_value_finish(&w);
	o->groups++;
	if (change == SEK_POLICY_TIGHTENS)
		o->row = (int)i;
	else if (change == SEK_POLICY_LOOSENS_AND_TIGHTENS)
		o->row = -1;
	return status;
}

static sek_status resolve_one(enum sek_policy_attribute a, const struct sek_policy_row *rows, size_t n,
	struct sek_policy_value *v, struct sek_policy_origin *o)
{
	char err[SEK_POLICY_ERROR_BYTES];
	enum sek_policy_scope best = SEK_SCOPE_BUILT_IN;
	sek_status status;
	size_t i;

	*o = (struct sek_policy_origin){ .scope = SEK_SCOPE_BUILT_IN, .row = -1 };
	for (i = 0; i < n; i++)
		if (rows[i].attribute == a && rows[i].scope > best)
			best = rows[i].scope;
	status = sek_policy_value_parse(a, sek_policy_info(a)->built_in, strlen(sek_policy_info(a)->built_in), v, err,
		sizeof err);
	for (i = 0; i < n && sek_is_ok(status); i++)
		if (rows[i].attribute == a && rows[i].scope == best)
			status = take_row(rows, i, v, o);
	return status;
}

/* --- between a policy's members and values --- */

#define PUT_CHOICE(p, member, v) (p)->member = (v)->number
#define PUT_FLAG(p, member, v) (p)->member = (v)->number != 0
#define PUT_NUMBER(p, member, v) (p)->member = (v)->number
#define PUT_LIST(p, member, v) (free((p)->member), (p)->member = (v)->list, (v)->list = NULL)
#define PUT_HOURS(p, member, v) (p)->member = (v)->hours

/* Moves the value in. */
static void put(struct sek_policy *p, enum sek_policy_attribute a, struct sek_policy_value *v)
{
	switch (a) {
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) \
	case SEK_POLICY_##NAME: \
		PUT_##TYPE(p, member, v); \
		break;
#include "protocol/policy.def"
	case SEK_POLICY_ATTRIBUTES:
		break;
	}
	sek_policy_value_finish(v);
}

#define GET_CHOICE(p, member, v) (v)->number = (p)->member
#define GET_FLAG(p, member, v) (v)->number = (p)->member
#define GET_NUMBER(p, member, v) (v)->number = (p)->member
#define GET_LIST(p, member, v) (v)->list = (p)->member
#define GET_HOURS(p, member, v) (v)->hours = (p)->member

/* The list is only lent. */
static void get(const struct sek_policy *p, enum sek_policy_attribute a, struct sek_policy_value *v)
{
	memset(v, 0, sizeof *v);
	switch (a) {
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) \
	case SEK_POLICY_##NAME: \
		GET_##TYPE(p, member, v); \
		break;
#include "protocol/policy.def"
	case SEK_POLICY_ATTRIBUTES:
		break;
	}
}

/* What is owned: the lists. One line for each type, so that a new list is not forgotten. */
#define FREE_CHOICE(p, member) (void)(p)
#define FREE_FLAG(p, member) (void)(p)
#define FREE_NUMBER(p, member) (void)(p)
#define FREE_LIST(p, member) free((p)->member)
#define FREE_HOURS(p, member) (void)(p)

void sek_policy_finish(struct sek_policy *p)
{
	if (!p)
		return;
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) FREE_##TYPE(p, member);
#include "protocol/policy.def"
	memset(p, 0, sizeof *p);
}

sek_status sek_policy_resolve(const struct sek_policy_row *rows, size_t n, struct sek_policy *ret,
	struct sek_policy_origin *ret_origins)
{
	struct sek_policy p = { .clipboard = 0 };
	struct sek_policy_value v = { .number = 0 };
	struct sek_policy_origin o;
	sek_status status = sek_ok();
	unsigned a;

	for (a = 0; a < SEK_POLICY_ATTRIBUTES && sek_is_ok(status); a++) {
		status = resolve_one((enum sek_policy_attribute)a, rows, n, &v, &o);
		if (sek_is_ok(status)) {
			put(&p, (enum sek_policy_attribute)a, &v);
			if (ret_origins)
				ret_origins[a] = o;
		}
	}
	if (sek_is_ok(status)) {
		*ret = p;
	} else {
		sek_policy_value_finish(&v);
		sek_policy_finish(&p);
	}
	return status;
}

bool sek_policy_same(const struct sek_policy *p, const struct sek_policy *q, enum sek_policy_attribute a)
{
	struct sek_policy_value v, w;

	get(p, a, &v);
	get(q, a, &w);
	return v.number == w.number && memcmp(&v.hours, &w.hours, sizeof v.hours) == 0 &&
		strcmp(v.list ? v.list : "", w.list ? w.list : "") == 0;
}

static json_t *member_json(const struct sek_policy *p, enum sek_policy_attribute a)
{
	struct sek_policy_value v;

	get(p, a, &v);
	return sek_policy_value_to_json(a, &v);
}

sek_status sek_policy_value_json(const struct sek_policy *p, enum sek_policy_attribute a, char **ret)
{
	json_t *j = member_json(p, a);
	char *text = j ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	json_decref(j);
	if (!text)
		return sek_fail(SEK_E_NOMEM);
	*ret = text;
	return sek_ok();
}

/* --- explain --- */

static json_t *rows_json(const struct sek_policy_row *rows, size_t n, enum sek_policy_attribute a)
{
	json_t *list = json_array(), *row;
	unsigned scope;
	size_t i;

	for (scope = SEK_SCOPE_SITE; scope <= SEK_SCOPE_SESSION; scope++) {
		for (i = 0; i < n; i++) {
			if (rows[i].attribute != a || rows[i].scope != scope)
				continue;
			/* a damaged value is shown as the text that stands there */
			row = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
			if (!row)
				row = json_string(rows[i].value);
			row = json_pack("{s:s, s:o}", "scope", sek_policy_scope_name(rows[i].scope), "value",
				row ? row : json_null());
			if (rows[i].scope == SEK_SCOPE_GROUP)
				json_object_set_new(row, "name", json_string(rows[i].name));
			json_array_append_new(list, row);
		}
	}
	return list;
}

static json_t *explain_one(const struct sek_policy *p, const struct sek_policy_origin *o, const struct sek_policy_row *rows,
	size_t n, enum sek_policy_attribute a)
{
	json_t *j = json_pack("{s:s, s:o, s:s, s:o}", "attribute", sek_policy_info(a)->name, "value", member_json(p, a),
		"from", sek_policy_scope_name(o->scope), "rows", rows_json(rows, n, a));

	if (o->scope == SEK_SCOPE_GROUP) {
		json_object_set_new(j, "groups", json_integer(o->groups));
		if (o->row >= 0)
			json_object_set_new(j, "name", json_string(rows[o->row].name));
		if (o->groups > 1)
			json_object_set_new(j, "strictest", json_true());
	}
	if (o->damaged)
		json_object_set_new(j, "damaged", json_true());
	return j;
}

sek_status sek_policy_explain_json(const struct sek_policy_row *rows, size_t n, char **ret)
{
	struct sek_policy_origin origins[SEK_POLICY_ATTRIBUTES];
	struct sek_policy p;
	json_t *all;
	char *text;
	unsigned a;

	SEK_TRY(sek_policy_resolve(rows, n, &p, origins));
	all = json_array();
	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++)
		json_array_append_new(all, explain_one(&p, &origins[a], rows, n, (enum sek_policy_attribute)a));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	sek_policy_finish(&p);
	if (!text)
		return sek_fail(SEK_E_NOMEM);
	*ret = text;
	return sek_ok();
}
