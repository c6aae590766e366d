/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Users: list, add, disable, enable, roles, a new password. Must never show a hash, nor a password
 * that it has not made itself, nor let administrators lock themselves out.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"

static json_t *roles_json(uint32_t roles)
{
	char text[SEK_STORE_ROLES_BYTES], *p, *rest = NULL;
	json_t *list = json_array();

	sek_roles_text(roles, text);
	for (p = strtok_r(text, " ", &rest); p; p = strtok_r(NULL, " ", &rest))
		json_array_append_new(list, json_string(p));
	return list;
}

static json_t *person_json(const struct sek_store_person *p)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:b,s:b,s:i,s:i,s:I,s:I,s:I}", "name", p->name, "display", p->display, "source",
		p->source == SEK_USER_DIRECTORY ? "directory" : "local", "roles", roles_json(p->roles), "disabled",
		(int)p->disabled, "totp", (int)p->has_totp, "certificates", (int)p->certificates, "groups", (int)p->groups,
		"created_s", (json_int_t)p->created_s, "login_s", (json_int_t)p->login_s, "version", (json_int_t)p->version);
}

void sek_admin_person_row(void *ctx, const struct sek_store_person *person)
{
	struct sek_admin_page *p = ctx;

	json_array_append_new(p->rows, person_json(person));
	snprintf(p->next, sizeof p->next, "%s", person->name);
}

/* Reads "roles" as a set. False, with the error set, if there is an unknown word or a pair that one person may not have. */
static bool read_roles(struct sek_admin_request *r, uint32_t *ret)
{
	const json_t *list = json_object_get(r->in, "roles");
	uint32_t set = 0, one;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));

		if (strchr(word, ' ') || !sek_roles_parse(word, &one) || !one) {
			sek_admin_bad(r, "roles", "unknown");
			return false;
		}
		set |= one;
	}
	if ((set & SEK_ROLE_ADMINISTRATOR) && (set & SEK_ROLE_REVIEWER) && !r->admin->config.combine_roles) {
		sek_admin_bad(r, "roles", "separation");
		return false;
	}
	*ret = set;
	return true;
}

static void list_work(struct sek_admin_request *r)
{
	struct sek_store_people_query q = { .search = sek_admin_text(r, "search"), .after = sek_admin_text(r, "after") };
	struct sek_admin_page p;
	uint64_t total = 0;

	if (!read_roles(r, &q.roles))
		return;
	sek_admin_page_begin(r, &p);
	q.limit = p.limit;
	(void)sek_admin_stored(r, sek_store_people_page(r->admin->store, &q, sek_admin_person_row, &p, &total));
	sek_admin_page_end(r, &p, total);
}

static void add_group(void *ctx, const struct sek_store_group *g, enum sek_user_source source)
{
	json_array_append_new(ctx, json_pack("{s:s,s:s}", "name", g->name, "source",
		source == SEK_USER_DIRECTORY ? "directory" : "local"));
}

static void show_work(struct sek_admin_request *r)
{
	const char *name = sek_admin_text(r, "name");
	json_t *groups = json_array(), *certificates = json_array();
	struct sek_store_person p;

	if (sek_admin_stored(r, sek_store_person_find(r->admin->store, name, &p)) &&
	    sek_admin_stored(r, sek_store_groups_of(r->admin->store, name, add_group, groups)) &&
	    sek_admin_certificates(r, name, certificates))
		r->out = json_pack("{s:o,s:O,s:O}", "user", person_json(&p), "groups", groups, "certificates", certificates);
	json_decref(groups);
	json_decref(certificates);
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

/* The user is made first, without any right: whatever fails after that ends in less access. */
static bool add_user(struct sek_admin_request *r, const char *hash, uint32_t roles)
{
	const char *name = sek_admin_text(r, "name"), *display = sek_admin_text(r, "display");
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store *s = r->admin->store;

	return sek_admin_stored(r, sek_store_user_add(s, name, hash, by.now_s)) &&
		sek_admin_stored(r, sek_store_change_add(s, "user", name, "created", NULL, "true", &by)) &&
		(!roles || sek_admin_stored(r, sek_store_person_set_roles(s, name, roles, 0, &by))) &&
		(!*display || sek_admin_stored(r, sek_store_person_set_display(s, name, display, 0, &by)));
}

static void add_work(struct sek_admin_request *r)
{
	char typed[SEK_PASSWORD_GENERATED_BYTES] = "", hash[SEK_PASSWORD_HASH_BYTES] = "";
	uint32_t roles = SEK_ROLE_STAFF;

	if ((!sek_admin_has(r, "roles") || read_roles(r, &roles)) && make_password(r, typed, hash) &&
	    add_user(r, hash, roles))
		r->out = json_pack("{s:s,s:s}", "name", sek_admin_text(r, "name"), "password", typed);
	sodium_memzero(typed, sizeof typed);
}

bool sek_admin_is_self(struct sek_admin_request *r)
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
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store_person p;

	if (sek_admin_is_self(r) || !sek_admin_stored(r, sek_store_person_find(r->admin->store, name, &p)))
		return;
	if (p.source != SEK_USER_LOCAL) {
		sek_admin_fail(r, "directory");
		return;
	}
	if (make_password(r, typed, hash) &&
	    sek_admin_stored(r, sek_store_user_set_hash(r->admin->store, name, hash, by.now_s)) &&
	    sek_admin_stored(r, sek_store_change_add(r->admin->store, "user", name, "password", NULL, "true", &by)))
		r->out = json_pack("{s:s,s:s}", "name", name, "password", typed);
	sodium_memzero(typed, sizeof typed);
}

static void set_disabled(struct sek_admin_request *r, bool disabled)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	if (!sek_admin_is_self(r))
		(void)sek_admin_stored(r, sek_store_person_set_disabled(r->admin->store, sek_admin_text(r, "name"), disabled,
			sek_admin_number(r, "version", 0), &by));
}

static void disable_work(struct sek_admin_request *r)
{
	set_disabled(r, true);
}

static void enable_work(struct sek_admin_request *r)
{
	set_disabled(r, false);
}

/* The log-ins are gone from the store and follow in memory within a second; the session need not wait for that. */
static void end_after(struct sek_admin_request *r)
{
	sek_sessions_end_user(r->admin->config.sessions, sek_admin_text(r, "name"), SEK_STATE_ENDED_LOGIN);
}

static void roles_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	uint32_t roles;

	if (!sek_admin_is_self(r) && read_roles(r, &roles))
		(void)sek_admin_stored(r, sek_store_person_set_roles(r->admin->store, sek_admin_text(r, "name"), roles,
			sek_admin_number(r, "version", 0), &by));
}

/* A session is for staff only. */
static void roles_after(struct sek_admin_request *r)
{
	const json_t *list = json_object_get(r->in, "roles");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), "staff") == 0)
			return;
	end_after(r);
}

static void display_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	(void)sek_admin_stored(r, sek_store_person_set_display(r->admin->store, sek_admin_text(r, "name"),
		sek_admin_text(r, "display"), sek_admin_number(r, "version", 0), &by));
}

static void delete_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	if (!sek_admin_is_self(r))
		(void)sek_admin_stored(r, sek_store_person_delete(r->admin->store, sek_admin_text(r, "name"),
			sek_admin_number(r, "version", 0), &by));
}

#define NAME { "name", SEK_ADMIN_NAME, true, 1, 64 }
#define ROLES(needed) { "roles", SEK_ADMIN_WORDS, needed, 0, 8 }
#define DISPLAY(needed) { "display", SEK_ADMIN_TEXT, needed, 0, 60 }

static const struct sek_admin_field list_fields[] = { SEK_ADMIN_PAGING, ROLES(false), { 0 } };
static const struct sek_admin_field show_fields[] = { NAME, { 0 } };
static const struct sek_admin_field add_fields[] = { NAME, SEK_ADMIN_REASON, ROLES(false), DISPLAY(false), { 0 } };
static const struct sek_admin_field change_fields[] = { NAME, SEK_ADMIN_REASON, SEK_ADMIN_VERSION, { 0 } };
static const struct sek_admin_field plain_fields[] = { NAME, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field roles_fields[] = { NAME, SEK_ADMIN_REASON, SEK_ADMIN_VERSION, ROLES(true), { 0 } };
static const struct sek_admin_field display_fields[] = { NAME, SEK_ADMIN_REASON, SEK_ADMIN_VERSION, DISPLAY(true), { 0 } };

const struct sek_admin_op sek_admin_user_ops[] = {
	{ "users/list", list_fields, NULL, list_work, NULL },
	{ "users/show", show_fields, NULL, show_work, NULL },
	{ "users/add", add_fields, "user.add", add_work, NULL },
	{ "users/disable", change_fields, "user.disable", disable_work, end_after },
	{ "users/enable", change_fields, "user.enable", enable_work, NULL },
	{ "users/new-password", plain_fields, "user.password", password_work, end_after },
	{ "users/set-roles", roles_fields, "user.roles", roles_work, roles_after },
	{ "users/set-display", display_fields, "user.display", display_work, NULL },
	{ "users/delete", change_fields, "user.delete", delete_work, end_after },
	{ 0 },
};
