/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Policies: what stands where, setting one value, "explain", the history, a second administrator's word. Must never
 * overwrite a value that the caller has not seen, nor set one that policy/ has not checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/policy/book.h"

static json_t *value_json(const char *text)
{
	json_t *v = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	return v ? v : json_null();
}

/* Of the history: policies are JSON, everything else (a role, a member, a name) is text. */
static json_t *change_value(const struct sek_store_change *c, const char *text)
{
	enum sek_policy_attribute a;
	json_t *v = NULL;

	if (!text)
		return json_null();
	if (sek_policy_find(c->attribute, strlen(c->attribute), &a) || strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		v = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!v)
		v = json_string(text);
	return v ? v : json_null();
}

/* Gives JSON text of policy/ (heap, freed here) a name in the answer. */
static void answer_text(struct sek_admin_request *r, const char *name, sek_status s, char *text)
{
	if (sek_admin_stored(r, s))
		r->out = json_pack("{s:o}", name, value_json(text));
	free(text);
}

static void attributes_work(struct sek_admin_request *r)
{
	char *text = NULL;
	sek_status s = sek_policy_definition_json(&text);

	answer_text(r, "attributes", s, text);
	if (r->out)
		json_object_set_new(r->out, "second_administrator", json_boolean(r->admin->config.second_administrator));
}

/* --- what stands at one place --- */

/* The scope, and a name exactly where there must be one. */
static bool read_place(struct sek_admin_request *r)
{
	const char *scope = sek_admin_text(r, "scope");
	bool site = strcmp(scope, "site") == 0;

	if (!site && strcmp(scope, "group") != 0 && strcmp(scope, "user") != 0)
		sek_admin_bad(r, "scope", "unknown");
	else if (site != (*sek_admin_text(r, "name") == '\0'))
		sek_admin_bad(r, "name", site ? "unknown" : "missing");
	return !r->error;
}

static bool place_exists(struct sek_admin_request *r)
{
	const char *scope = sek_admin_text(r, "scope"), *name = sek_admin_text(r, "name");
	struct sek_store_person p;
	struct sek_store_group g;

	if (strcmp(scope, "group") == 0)
		return sek_admin_stored(r, sek_store_group_find(r->admin->store, name, &g));
	return strcmp(scope, "user") != 0 || sek_admin_stored(r, sek_store_person_find(r->admin->store, name, &p));
}

static void add_value(void *ctx, const struct sek_store_policy *p)
{
	json_object_set_new(ctx, p->attribute, json_pack("{s:o,s:I}", "value", value_json(p->value), "version",
		(json_int_t)p->version));
}

static void show_work(struct sek_admin_request *r)
{
	json_t *values;

	if (!read_place(r) || !place_exists(r))
		return;
	values = json_object();
	if (sek_admin_stored(r, sek_store_policies_at(r->admin->store, sek_admin_text(r, "scope"), sek_admin_text(r, "name"),
			add_value, values)))
		r->out = json_pack("{s:O}", "values", values);
	json_decref(values);
}

/* --- setting --- */

struct place {
	const char *attribute;
	char *value;     /* heap; NULL: nothing stands there */
	int64_t version;
	bool failed;
};

static void find_value(void *ctx, const struct sek_store_policy *p)
{
	struct place *at = ctx;

	if (strcmp(p->attribute, at->attribute) != 0)
		return;
	at->value = strdup(p->value);
	at->failed = !at->value;
	at->version = p->version;
}

static bool look(struct sek_admin_request *r, const char *scope, const char *name, const char *attribute, struct place *ret)
{
	*ret = (struct place){ .attribute = attribute };
	if (!sek_admin_stored(r, sek_store_policies_at(r->admin->store, scope, name, find_value, ret)))
		return false;
	if (ret->failed)
		sek_admin_fail(r, "internal");
	return !ret->failed;
}

/* What the change does, compared with what holds where nothing stands: the site's value, else the built-in one. */
static bool effect_of(struct sek_admin_request *r, enum sek_policy_attribute a, const char *before, const char *after,
	unsigned *ret)
{
	const char *scope = sek_admin_text(r, "scope"), *below = sek_policy_info(a)->built_in;
	struct place site = { 0 };

	if (strcmp(scope, "site") != 0 && !look(r, "site", "", sek_policy_info(a)->name, &site))
		return false;
	if (site.value)
		below = site.value;
	*ret = (unsigned)sek_policy_compare(a, before ? before : below, after ? after : below);
	/* of several groups the strictest counts: without this one's word another's may be looser than the site's */
	if (!after && strcmp(scope, "group") == 0)
		*ret |= (unsigned)SEK_POLICY_LOOSENS;
	free(site.value);
	return true;
}

/* The value in its one form (heap), NULL for "nothing stands here". */
static bool read_value(struct sek_admin_request *r, enum sek_policy_attribute a, char **ret)
{
	const json_t *value = json_object_get(r->in, "value");
	char *text, err[SEK_POLICY_ERROR_BYTES] = "";
	sek_status s;

	*ret = NULL;
	if (json_is_null(value))
		return true;
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (!text) {
		sek_admin_fail(r, "internal");
		return false;
	}
	s = sek_policy_check(a, text, strlen(text), ret, err, sizeof err);
	free(text);
	if (sek_is_ok(s))
		return true;
	if (!sek_is(s, SEK_E_MALFORMED) && !sek_is(s, SEK_E_LIMIT) && !sek_is(s, SEK_E_DENIED)) {
		(void)sek_admin_stored(r, s);
		return false;
	}
	sek_admin_bad(r, "value", sek_is(s, SEK_E_MALFORMED) ? "type" : sek_is(s, SEK_E_LIMIT) ? "range" : "unavailable");
	json_object_set_new(r->out, "detail", json_string(err));
	return false;
}

static void set_value(struct sek_admin_request *r, enum sek_policy_attribute a, const char *after)
{
	const char *scope = sek_admin_text(r, "scope"), *name = sek_admin_text(r, "name"), *attribute = sek_policy_info(a)->name;
	const struct sek_store_actor by = sek_admin_actor(r);
	struct place at = { 0 };
	unsigned effect = 0;
	int64_t id = 0;
	bool pending;

	if (!look(r, scope, name, attribute, &at) || !effect_of(r, a, at.value, after, &effect)) {
		free(at.value);
		return;
	}
	pending = r->admin->config.second_administrator && (effect & (unsigned)SEK_POLICY_LOOSENS) &&
		strcmp(scope, "user") != 0;
	if (sek_admin_stored(r, sek_store_policy_set(r->admin->store, scope, name, attribute, after,
			sek_admin_number(r, "expected", 0), effect, pending, &by, &id)))
		r->out = json_pack("{s:I,s:b,s:o,s:o}", "change", (json_int_t)id, "pending", (int)pending, "before",
			value_json(at.value), "after", value_json(after));
	free(at.value);
}

static void set_work(struct sek_admin_request *r)
{
	const char *attribute = sek_admin_text(r, "attribute");
	enum sek_policy_attribute a;
	char *after;

	if (!read_place(r) || !place_exists(r))
		return;
	if (!sek_policy_find(attribute, strlen(attribute), &a)) {
		sek_admin_bad(r, "attribute", "unknown");
		return;
	}
	if (read_value(r, a, &after))
		set_value(r, a, after);
	free(after);
}

/* --- explain --- */

struct rows {
	struct sek_policy_row *list;
	size_t n, room;
	bool failed;
};

static bool scope_of(const char *word, enum sek_policy_scope *ret)
{
	enum sek_policy_scope s;

	for (s = SEK_SCOPE_SITE; s <= SEK_SCOPE_USER; s++) {
		if (strcmp(sek_policy_scope_name(s), word) == 0) {
			*ret = s;
			return true;
		}
	}
	return false;
}

static void add_row(void *ctx, const struct sek_store_policy *p)
{
	struct rows *rows = ctx;
	struct sek_policy_row row = { 0 };

	if (!scope_of(p->scope, &row.scope) || !sek_policy_find(p->attribute, strlen(p->attribute), &row.attribute))
		return;
	if (rows->n == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 64;
		struct sek_policy_row *list = realloc(rows->list, room * sizeof *list);

		if (!list) {
			rows->failed = true;
			return;
		}
		rows->list = list;
		rows->room = room;
	}
	row.name = strdup(p->name);
	row.value = strdup(p->value);
	rows->failed = rows->failed || !row.name || !row.value;
	rows->list[rows->n++] = row;
}

static void explain_work(struct sek_admin_request *r)
{
	const char *name = sek_admin_text(r, "name");
	struct sek_store_person p;
	struct rows rows = { 0 };
	char *text = NULL;
	size_t i;

	if (!sek_admin_stored(r, sek_store_person_find(r->admin->store, name, &p)))
		return;
	if (sek_admin_stored(r, sek_store_policies_of(r->admin->store, name, add_row, &rows))) {
		sek_status s = rows.failed ? sek_fail(SEK_E_NOMEM) : sek_policy_explain_json(rows.list, rows.n, &text);

		answer_text(r, "explain", s, text);
	}
	for (i = 0; i < rows.n; i++) {
		free((char *)rows.list[i].name);
		free((char *)rows.list[i].value);
	}
	free(rows.list);
}

/* --- history and approval --- */

static const char *const status_words[] = { "pending", "applied", "refused" };

static void change_row(void *ctx, const struct sek_store_change *c)
{
	struct sek_admin_page *p = ctx;
	json_t *row = json_pack("{s:I,s:s,s:s,s:s,s:o,s:o,s:b,s:b,s:s,s:s,s:I,s:s}", "change", (json_int_t)c->id, "scope",
		c->scope, "name", c->name, "attribute", c->attribute, "before", change_value(c, c->before), "after",
		change_value(c, c->after), "loosens", (int)(c->effect & 1), "tightens", (int)(c->effect >> 1 & 1), "who", c->who,
		"why", c->why, "at_s", (json_int_t)c->at_s, "status", status_words[c->status]);

	if (row && c->second && *c->second) {
		json_object_set_new(row, "second", json_string(c->second));
		json_object_set_new(row, "second_why", json_string(c->second_why ? c->second_why : ""));
		json_object_set_new(row, "second_s", json_integer((json_int_t)c->second_s));
	}
	json_array_append_new(p->rows, row ? row : json_null());
	snprintf(p->next, sizeof p->next, "%lld", (long long)c->id);
}

static void history_work(struct sek_admin_request *r)
{
	struct sek_store_changes_query q = { .search = sek_admin_text(r, "search"),
		.pending_only = sek_admin_bool(r, "pending") };
	struct sek_admin_page p;
	uint64_t total = 0;
	size_t before;

	if (!sek_admin_offset(r, &before))
		return;
	if (sek_admin_has(r, "scope"))
		q.scope = sek_admin_text(r, "scope");
	if (q.scope && sek_admin_has(r, "name"))
		q.name = sek_admin_text(r, "name");
	sek_admin_page_begin(r, &p);
	q.before_id = (int64_t)before;
	q.limit = p.limit;
	(void)sek_admin_stored(r, sek_store_changes_page(r->admin->store, &q, change_row, &p, &total));
	sek_admin_page_end(r, &p, total);
}

static void decide_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	sek_status s = sek_store_change_decide(r->admin->store, sek_admin_number(r, "change", 0), sek_admin_bool(r, "approve"),
		&by);

	if (sek_is(s, SEK_E_DENIED))
		sek_admin_fail(r, "second-person");
	else
		(void)sek_admin_stored(r, s);
}

/* In force at once, not at the book's next look. */
static void look_after(struct sek_admin_request *r)
{
	if (r->admin->config.book)
		sek_policy_book_look(r->admin->config.book);
}

#define SCOPE { "scope", SEK_ADMIN_TEXT, true, 1, 8 }
#define PLACE_NAME { "name", SEK_ADMIN_NAME, false, 0, 1 }

static const struct sek_admin_field no_fields[] = { { 0 } };
static const struct sek_admin_field show_fields[] = { SCOPE, PLACE_NAME, { 0 } };
static const struct sek_admin_field set_fields[] = {
	SCOPE, PLACE_NAME, { "attribute", SEK_ADMIN_TEXT, true, 1, 39 }, { "value", SEK_ADMIN_ANY, true, 0, 0 },
	{ "expected", SEK_ADMIN_NUMBER, true, 0, SEK_ADMIN_VERSION_MOST }, SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field explain_fields[] = { { "name", SEK_ADMIN_NAME, true, 1, 64 }, { 0 } };
static const struct sek_admin_field history_fields[] = {
	SEK_ADMIN_PAGING, { "scope", SEK_ADMIN_TEXT, false, 1, 15 }, { "name", SEK_ADMIN_NAME, false, 0, 1 },
	{ "pending", SEK_ADMIN_BOOL, false, 0, 0 }, { 0 },
};
static const struct sek_admin_field decide_fields[] = {
	{ "change", SEK_ADMIN_NUMBER, true, 1, SEK_ADMIN_VERSION_MOST }, { "approve", SEK_ADMIN_BOOL, true, 0, 0 },
	SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_policy_ops[] = {
	{ "policies/attributes", no_fields, NULL, attributes_work, NULL },
	{ "policies/show", show_fields, NULL, show_work, NULL },
	{ "policies/set", set_fields, "policy.set", set_work, look_after },
	{ "policies/explain", explain_fields, NULL, explain_work, NULL },
	{ "policies/history", history_fields, NULL, history_work, NULL },
	{ "policies/decide", decide_fields, "policy.decide", decide_work, look_after },
	{ 0 },
};
