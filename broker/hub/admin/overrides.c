/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The policy of one live session, at whichever broker it is: "explain", and an override that holds until the session ends. Must never set a value
 * over one that the caller has not seen.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/policy/book.h"

static bool session_id(struct sek_admin_request *r, uint8_t ret[SEK_SESSION_ID_BYTES])
{
	const char *hex = sek_admin_text(r, "session");
	size_t n = 0;

	if (sodium_hex2bin(ret, SEK_SESSION_ID_BYTES, hex, strlen(hex), NULL, &n, NULL) == 0 && n == SEK_SESSION_ID_BYTES)
		return true;
	sek_admin_bad(r, "session", "characters");
	return false;
}

static void explain(void *ctx, const char *name, const struct sek_policy_row *rows, size_t n)
{
	struct sek_admin_request *r = ctx;
	char *text = NULL;
	json_t *list;

	if (!sek_admin_stored(r, sek_policy_book_explain(r->admin->config.book, name, rows, n, &text)))
		return;
	list = json_loads(text, 0, NULL);
	free(text);
	r->out = json_pack("{s:s,s:o}", "user", name, "explain", list ? list : json_null());
}

/* Own values as they stand in the store: of another broker's session. */
static void explain_other(struct sek_admin_request *r)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	char *values[SEK_POLICY_ATTRIBUTES];
	json_t *own = json_object_get(r->others, "own"), *value;
	const char *name;
	size_t n = 0;

	json_object_foreach(own, name, value) {
		enum sek_policy_attribute a;

		if (n == SEK_POLICY_ATTRIBUTES || !sek_policy_find(name, strlen(name), &a))
			continue;
		values[n] = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (values[n]) {
			rows[n] = (struct sek_policy_row){ SEK_SCOPE_SESSION, "", a, values[n] };
			n++;
		}
	}
	explain(r, json_string_value(json_object_get(r->others, "user")), rows, n);
	while (n > 0)
		free(values[--n]);
}

static void explain_after(struct sek_admin_request *r)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	sek_status s;

	if (!r->admin->config.book) {
		sek_admin_fail(r, "unavailable");
	} else if (session_id(r, id)) {
		s = sek_session_policy_rows(r->admin->config.sessions, id, explain, r);
		if (sek_is(s, SEK_E_NOT_FOUND) && r->others)
			explain_other(r);
		else
			(void)sek_admin_stored(r, s);
	}
}

struct before {
	enum sek_policy_attribute attribute;
	char user[SEK_STORE_NAME_BYTES];
	json_t *value; /* NULL: nothing stands there */
};

static void find_before(void *ctx, const char *name, const struct sek_policy_row *rows, size_t n)
{
	struct before *b = ctx;
	size_t i;

	memcpy(b->user, name, strlen(name) + 1);
	for (i = 0; i < n; i++)
		if (rows[i].attribute == b->attribute)
			b->value = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
}

/* NULL: no value. *ret is heap. */
static bool text_of(const json_t *value, char **ret)
{
	*ret = json_is_null(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	return *ret || json_is_null(value);
}

static bool was_seen(const struct before *b, const json_t *seen)
{
	return b->value ? json_equal(b->value, seen) : json_is_null(seen);
}

/* The value is refused as it would be of a session that is here. */
static bool checked(struct sek_admin_request *r, sek_status s, const char *err)
{
	if (!sek_is(s, SEK_E_MALFORMED) && !sek_is(s, SEK_E_LIMIT) && !sek_is(s, SEK_E_DENIED))
		return sek_admin_stored(r, s);
	sek_admin_bad(r, "value", sek_is(s, SEK_E_MALFORMED) ? "type" : sek_is(s, SEK_E_LIMIT) ? "range" : "unavailable");
	json_object_set_new(r->out, "detail", json_string(err));
	return false;
}

static void answer(struct sek_admin_request *r, const char *user)
{
	r->out = json_pack("{s:s,s:O,s:O,s:b}", "user", user, "before", json_object_get(r->in, "before"), "after", json_object_get(r->in, "value"),
		"pending", 0);
}

static void set_override(struct sek_admin_request *r, const uint8_t id[SEK_SESSION_ID_BYTES], struct before *b)
{
	char err[SEK_POLICY_ERROR_BYTES] = "", *text;

	if (!text_of(json_object_get(r->in, "value"), &text))
		sek_admin_fail(r, "internal");
	else if (checked(r, sek_session_set_override(r->admin->config.sessions, id, b->attribute, text, text ? strlen(text) : 0, err, sizeof err), err))
		answer(r, b->user);
	free(text);
}

static void override_other(struct sek_admin_request *r, const struct before *b)
{
	char err[SEK_POLICY_ERROR_BYTES] = "", *text;

	if (!text_of(json_object_get(r->in, "value"), &text)) {
		sek_admin_fail(r, "internal");
	} else if (!text || checked(r, sek_policy_check(b->attribute, text, strlen(text), &r->value, err, sizeof err), err)) {
		answer(r, json_string_value(json_object_get(r->others, "user")));
		r->last = sek_admin_others_override;
	}
	free(text);
}

static void override_after(struct sek_admin_request *r)
{
	const char *attribute = sek_admin_text(r, "attribute");
	const json_t *seen = json_object_get(r->in, "before");
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct before b = { 0 };
	sek_status s;
	bool other;

	if (!session_id(r, id))
		return;
	if (!sek_policy_find(attribute, strlen(attribute), &b.attribute)) {
		sek_admin_bad(r, "attribute", "unknown");
		return;
	}
	s = sek_session_policy_rows(r->admin->config.sessions, id, find_before, &b);
	other = sek_is(s, SEK_E_NOT_FOUND) && r->others;
	if (other) {
		b.value = json_incref(json_object_get(json_object_get(r->others, "own"), attribute));
		s = sek_ok();
	}
	if (sek_admin_stored(r, s)) {
		if (!was_seen(&b, seen))
			sek_admin_fail(r, "conflict");
		else if (other)
			override_other(r, &b);
		else
			set_override(r, id, &b);
	}
	json_decref(b.value);
}

void sek_admin_override_asked(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], const char *text)
{
	json_t *asked = json_loads(text, 0, NULL), *value = json_object_get(asked, "value");
	const char *attribute = json_string_value(json_object_get(asked, "attribute"));
	char err[SEK_POLICY_ERROR_BYTES], *words = NULL;
	struct before b = { 0 };

	if (attribute && value && sek_policy_find(attribute, strlen(attribute), &b.attribute) &&
	    sek_is_ok(sek_session_policy_rows(all, id, find_before, &b)) && was_seen(&b, json_object_get(asked, "before")) &&
	    text_of(value, &words))
		(void)sek_session_set_override(all, id, b.attribute, words, words ? strlen(words) : 0, err, sizeof err);
	free(words);
	json_decref(b.value);
	json_decref(asked);
}

#define SESSION { "session", SEK_ADMIN_TEXT, true, 32, 32 }

static const struct sek_admin_field explain_fields[] = { SESSION, { 0 } };
static const struct sek_admin_field override_fields[] = {
	SESSION, { "attribute", SEK_ADMIN_TEXT, true, 1, 39 }, { "value", SEK_ADMIN_ANY, true, 0, 0 },
	{ "before", SEK_ADMIN_ANY, true, 0, 0 }, SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_override_ops[] = {
	{ "sessions/explain", explain_fields, NULL, sek_admin_others_find, explain_after },
	{ "sessions/override", override_fields, "session.override", sek_admin_others_find, override_after },
	{ 0 },
};
