/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Users: list, add, disable, enable, a new password. Must never show a hash, nor a password that it has not made itself,
 * nor let administrators lock themselves out.
 */
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"

static json_t *roles_json(const char *roles)
{
	json_t *list = json_array();
	const char *p = roles + strspn(roles, " ");

	while (*p) {
		size_t n = strcspn(p, " ");

		json_array_append_new(list, json_stringn(p, n));
		p += n + strspn(p + n, " ");
	}
	return list;
}

static json_t *user_json(const struct sek_store_user *u)
{
	return json_pack("{s:s,s:b,s:o,s:I,s:I}", "name", u->name, "disabled", (int)u->disabled, "roles",
		roles_json(u->roles), "created_s", (json_int_t)u->created_s, "password_s", (json_int_t)u->password_s);
}

struct page {
	const char *search;
	int64_t offset, limit, total;
	json_t *rows;
};

static void add_row(void *ctx, const struct sek_store_user *u)
{
	struct page *p = ctx;

	if (!sek_admin_contains(u->name, p->search))
		return;
	if (p->total >= p->offset && p->total - p->offset < p->limit)
		json_array_append_new(p->rows, user_json(u));
	p->total++;
}

static void list_work(struct sek_admin_request *r)
{
	struct page p = { .search = sek_admin_text(r, "search"), .offset = sek_admin_number(r, "offset", 0),
		.limit = sek_admin_number(r, "limit", 50), .rows = json_array() };

	if (sek_admin_stored(r, sek_store_users_each(r->admin->store, add_row, &p)))
		r->out = json_pack("{s:I,s:o}", "total", (json_int_t)p.total, "rows", p.rows);
	else
		json_decref(p.rows);
}

static void show_work(struct sek_admin_request *r)
{
	struct sek_store_user u;

	if (sek_admin_stored(r, sek_store_user_find(r->admin->store, sek_admin_text(r, "name"), &u)))
		r->out = json_pack("{s:o}", "user", user_json(&u));
}

/* A password that was made here and is shown once. False, with the error set, if it cannot be hashed. */
static bool make_password(struct sek_admin_request *r, char typed[SEK_PASSWORD_GENERATED_BYTES],
	char hash[SEK_PASSWORD_HASH_BYTES])
{
	char normal[SEK_PASSWORD_MAX_BYTES];
	size_t n = 0;
	bool ok;

	sek_password_generate(typed);
	ok = sek_is_ok(sek_password_normalize(typed, strlen(typed), normal, &n, NULL)) &&
		sek_is_ok(sek_password_hash(normal, n, hash));
	sodium_memzero(normal, sizeof normal);
	if (!ok)
		sek_admin_fail(r, "internal");
	return ok;
}

static void add_work(struct sek_admin_request *r)
{
	char typed[SEK_PASSWORD_GENERATED_BYTES] = "", hash[SEK_PASSWORD_HASH_BYTES] = "";
	const char *name = sek_admin_text(r, "name");

	if (make_password(r, typed, hash) &&
	    sek_admin_stored(r, sek_store_user_add(r->admin->store, name, hash, (int64_t)time(NULL))))
		r->out = json_pack("{s:s,s:s}", "name", name, "password", typed);
	sodium_memzero(typed, sizeof typed);
}

static bool is_self(struct sek_admin_request *r)
{
	if (r->caller.way != SEK_ADMIN_WEB || strcmp(sek_admin_text(r, "name"), r->caller.user) != 0)
		return false;
	sek_admin_fail(r, "self");
	return true;
}

static void password_work(struct sek_admin_request *r)
{
	char typed[SEK_PASSWORD_GENERATED_BYTES] = "", hash[SEK_PASSWORD_HASH_BYTES] = "";
	const char *name = sek_admin_text(r, "name");

	if (!is_self(r) && make_password(r, typed, hash) &&
	    sek_admin_stored(r, sek_store_user_set_hash(r->admin->store, name, hash, (int64_t)time(NULL))))
		r->out = json_pack("{s:s,s:s}", "name", name, "password", typed);
	sodium_memzero(typed, sizeof typed);
}

static void disable_work(struct sek_admin_request *r)
{
	if (!is_self(r))
		(void)sek_admin_stored(r, sek_store_user_set_disabled(r->admin->store, sek_admin_text(r, "name"), true));
}

/* The log-ins are gone from the store and follow in memory within a second; the session need not wait for that. */
static void disable_after(struct sek_admin_request *r)
{
	sek_sessions_end_user(r->admin->config.sessions, sek_admin_text(r, "name"), SEK_STATE_ENDED_LOGIN);
}

static void enable_work(struct sek_admin_request *r)
{
	(void)sek_admin_stored(r, sek_store_user_set_disabled(r->admin->store, sek_admin_text(r, "name"), false));
}

#define NAME { "name", SEK_ADMIN_NAME, true, 0, 0 }

static const struct sek_admin_field list_fields[] = { SEK_ADMIN_PAGING, { 0 } };
static const struct sek_admin_field show_fields[] = { NAME, { 0 } };
static const struct sek_admin_field change_fields[] = { NAME, SEK_ADMIN_REASON, { 0 } };

const struct sek_admin_op sek_admin_user_ops[] = {
	{ "users/list", list_fields, false, list_work, NULL },
	{ "users/show", show_fields, false, show_work, NULL },
	{ "users/add", change_fields, true, add_work, NULL },
	{ "users/disable", change_fields, true, disable_work, disable_after },
	{ "users/enable", change_fields, true, enable_work, NULL },
	{ "users/new-password", change_fields, true, password_work, disable_after },
	{ 0 },
};
