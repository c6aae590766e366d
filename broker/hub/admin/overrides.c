/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The policy of one live session: "explain", and an override that holds until the session ends. Must never set a value over
 * one that the caller has not seen.
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

static void explain_after(struct sek_admin_request *r)
{
	uint8_t id[SEK_SESSION_ID_BYTES];

	if (!r->admin->config.book)
		sek_admin_fail(r, "unavailable");
	else if (session_id(r, id))
		(void)sek_admin_stored(r, sek_session_policy_rows(r->admin->config.sessions, id, explain, r));
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

static void set_override(struct sek_admin_request *r, const uint8_t id[SEK_SESSION_ID_BYTES], struct before *b)
{
	json_t *value = json_object_get(r->in, "value");
	char err[SEK_POLICY_ERROR_BYTES] = "", *text = NULL;
	sek_status s;

	if (!json_is_null(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (!text) {
			sek_admin_fail(r, "internal");
			return;
		}
	}
	s = sek_session_set_override(r->admin->config.sessions, id, b->attribute, text, text ? strlen(text) : 0, err, sizeof err);
	free(text);
	if (sek_is(s, SEK_E_MALFORMED) || sek_is(s, SEK_E_LIMIT) || sek_is(s, SEK_E_DENIED)) {
		sek_admin_bad(r, "value", sek_is(s, SEK_E_MALFORMED) ? "type" : sek_is(s, SEK_E_LIMIT) ? "range" : "unavailable");
		json_object_set_new(r->out, "detail", json_string(err));
	} else if (sek_admin_stored(r, s)) {
		r->out = json_pack("{s:s,s:O,s:O,s:b}", "user", b->user, "before", json_object_get(r->in, "before"), "after", value,
			"pending", 0);
	}
}

static void override_after(struct sek_admin_request *r)
{
	const char *attribute = sek_admin_text(r, "attribute");
	const json_t *seen = json_object_get(r->in, "before");
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct before b = { 0 };

	if (!session_id(r, id))
		return;
	if (!sek_policy_find(attribute, strlen(attribute), &b.attribute)) {
		sek_admin_bad(r, "attribute", "unknown");
		return;
	}
	if (sek_admin_stored(r, sek_session_policy_rows(r->admin->config.sessions, id, find_before, &b))) {
		if (b.value ? json_equal(b.value, seen) : json_is_null(seen))
			set_override(r, id, &b);
		else
			sek_admin_fail(r, "conflict");
	}
	json_decref(b.value);
}

#define SESSION { "session", SEK_ADMIN_TEXT, true, 32, 32 }

static const struct sek_admin_field explain_fields[] = { SESSION, { 0 } };
static const struct sek_admin_field override_fields[] = {
	SESSION, { "attribute", SEK_ADMIN_TEXT, true, 1, 39 }, { "value", SEK_ADMIN_ANY, true, 0, 0 },
	{ "before", SEK_ADMIN_ANY, true, 0, 0 }, SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_override_ops[] = {
	{ "sessions/explain", explain_fields, NULL, NULL, explain_after },
	{ "sessions/override", override_fields, "session.override", NULL, override_after },
	{ 0 },
};
