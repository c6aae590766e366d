/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Groups and who is in them. Must never overwrite a group that somebody else has changed since it was shown, nor touch a
 * membership that the directory rules.
 */
#include <stdio.h>
#include <string.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/auth/needs.h"

static json_t *group_json(const struct sek_store_group *g)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:I,s:I}", "name", g->name, "text", g->text, "directory", g->directory,
		"needs", g->needs, "members", (int)g->members, "created_s", (json_int_t)g->created_s, "version",
		(json_int_t)g->version);
}

static void group_row(void *ctx, const struct sek_store_group *g)
{
	struct sek_admin_page *p = ctx;

	json_array_append_new(p->rows, group_json(g));
	snprintf(p->next, sizeof p->next, "%s", g->name);
}

static void list_work(struct sek_admin_request *r)
{
	struct sek_admin_page p;
	uint64_t total = 0;

	sek_admin_page_begin(r, &p);
	(void)sek_admin_stored(r, sek_store_groups_page(r->admin->store, sek_admin_text(r, "search"),
		sek_admin_text(r, "after"), p.limit, group_row, &p, &total));
	sek_admin_page_end(r, &p, total);
}

static void show_work(struct sek_admin_request *r)
{
	struct sek_store_group g;

	if (sek_admin_stored(r, sek_store_group_find(r->admin->store, sek_admin_text(r, "name"), &g)))
		r->out = json_pack("{s:o}", "group", group_json(&g));
}

static void members_work(struct sek_admin_request *r)
{
	struct sek_store_people_query q = { .search = sek_admin_text(r, "search"), .after = sek_admin_text(r, "after") };
	struct sek_store_group g;
	struct sek_admin_page p;
	uint64_t total = 0;

	if (!sek_admin_stored(r, sek_store_group_find(r->admin->store, sek_admin_text(r, "name"), &g)))
		return;
	sek_admin_page_begin(r, &p);
	q.group_id = g.id;
	q.limit = p.limit;
	(void)sek_admin_stored(r, sek_store_people_page(r->admin->store, &q, sek_admin_person_row, &p, &total));
	sek_admin_page_end(r, &p, total);
}

/* Factors joined by plus signs, each once, and not a one-time code alone: who the user is must be shown first. */
static bool check_needs(struct sek_admin_request *r)
{
	const char *text = sek_admin_text(r, "needs");
	uint32_t needs;

	if (*text == '\0' || sek_needs_parse(text, &needs))
		return true;
	sek_admin_bad(r, "needs", "unknown");
	return false;
}

static void read_group(const struct sek_admin_request *r, struct sek_store_group *g)
{
	memset(g, 0, sizeof *g);
	snprintf(g->name, sizeof g->name, "%s", sek_admin_text(r, "name"));
	snprintf(g->text, sizeof g->text, "%s", sek_admin_text(r, "text"));
	snprintf(g->directory, sizeof g->directory, "%s", sek_admin_text(r, "directory"));
	snprintf(g->needs, sizeof g->needs, "%s", sek_admin_text(r, "needs"));
	g->version = sek_admin_number(r, "version", 0);
}

static void add_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store_group g;

	read_group(r, &g);
	if (check_needs(r))
		(void)sek_admin_stored(r, sek_store_group_add(r->admin->store, &g, &by));
}

static void edit_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store_group g;

	read_group(r, &g);
	if (check_needs(r))
		(void)sek_admin_stored(r, sek_store_group_edit(r->admin->store, &g, &by));
}

static void found_policy(void *ctx, const struct sek_store_policy *p)
{
	bool *found = ctx;

	(void)p;
	*found = true;
}

/* A group's values go with it, and that may loosen: where a second administrator must agree, they are taken away one by
 * one first. */
static bool may_go(struct sek_admin_request *r)
{
	bool found = false;

	if (!r->admin->config.second_administrator)
		return true;
	if (!sek_admin_stored(r, sek_store_policies_at(r->admin->store, "group", sek_admin_text(r, "name"), found_policy, &found)))
		return false;
	if (found)
		sek_admin_fail(r, "has-policy");
	return !found;
}

static void delete_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	if (!may_go(r))
		return;

	(void)sek_admin_stored(r, sek_store_group_delete(r->admin->store, sek_admin_text(r, "name"),
		sek_admin_number(r, "version", 0), &by));
}

static void member_add_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	(void)sek_admin_stored(r, sek_store_member_add(r->admin->store, sek_admin_text(r, "name"), sek_admin_text(r, "user"),
		&by));
}

static void member_remove_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	sek_status s = sek_store_member_remove(r->admin->store, sek_admin_text(r, "name"), sek_admin_text(r, "user"), &by);

	if (sek_is(s, SEK_E_DENIED))
		sek_admin_fail(r, "directory");
	else
		(void)sek_admin_stored(r, s);
}

/* Lengths are those of the store's columns, in characters of three bytes. */
#define NAME { "name", SEK_ADMIN_NAME, true, 1, 64 }
#define TEXTS \
	{ "text", SEK_ADMIN_TEXT, false, 0, 120 }, { "directory", SEK_ADMIN_TEXT, false, 0, 120 }, \
	{ "needs", SEK_ADMIN_TEXT, false, 0, 30 }

static const struct sek_admin_field list_fields[] = { SEK_ADMIN_PAGING, { 0 } };
static const struct sek_admin_field show_fields[] = { NAME, { 0 } };
static const struct sek_admin_field members_fields[] = { NAME, SEK_ADMIN_PAGING, { 0 } };
static const struct sek_admin_field add_fields[] = { NAME, TEXTS, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field edit_fields[] = { NAME, TEXTS, SEK_ADMIN_REASON, SEK_ADMIN_VERSION_NEEDED, { 0 } };
static const struct sek_admin_field delete_fields[] = { NAME, SEK_ADMIN_REASON, SEK_ADMIN_VERSION, { 0 } };
static const struct sek_admin_field member_fields[] = {
	NAME, { "user", SEK_ADMIN_NAME, true, 1, 64 }, SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_group_ops[] = {
	{ "groups/list", list_fields, NULL, list_work, NULL },
	{ "groups/show", show_fields, NULL, show_work, NULL },
	{ "groups/members", members_fields, NULL, members_work, NULL },
	{ "groups/add", add_fields, "group.add", add_work, NULL },
	{ "groups/edit", edit_fields, "group.edit", edit_work, NULL },
	{ "groups/delete", delete_fields, "group.delete", delete_work, NULL },
	{ "groups/add-member", member_fields, "group.member-add", member_add_work, NULL },
	{ "groups/remove-member", member_fields, "group.member-remove", member_remove_work, NULL },
	{ 0 },
};
