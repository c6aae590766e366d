/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who approves what the members of a group ask for: approvers, and deputies between two times. Must never let a deputy act without an
 * end.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/store/approvers.h"

static void approver_row(void *ctx, const struct sek_store_approver *a)
{
	int64_t now = (int64_t)time(NULL);
	bool acts = !a->disabled && (!a->from_s || a->from_s <= now) && (!a->until_s || a->until_s > now);

	json_array_append_new(ctx, json_pack("{s:s,s:s,s:b,s:I,s:I,s:b,s:b}", "user", a->user, "display", a->display, "deputy", (int)a->deputy,
		"from_s", (json_int_t)a->from_s, "until_s", (json_int_t)a->until_s, "disabled", (int)a->disabled, "acts", (int)acts));
}

static void list_work(struct sek_admin_request *r)
{
	json_t *rows = json_array();

	if (sek_admin_stored(r, sek_store_approvers(r->admin->store, sek_admin_text(r, "name"), approver_row, rows)))
		r->out = json_pack("{s:O,s:I,s:n}", "rows", rows, "total", (json_int_t)json_array_size(rows), "next");
	json_decref(rows);
}

static void set_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store_approver a = { .deputy = sek_admin_bool(r, "deputy"), .from_s = sek_admin_number(r, "from_s", 0),
		.until_s = sek_admin_number(r, "until_s", 0) };

	snprintf(a.user, sizeof a.user, "%s", sek_admin_text(r, "user"));
	if (a.deputy && (a.until_s <= a.from_s || a.until_s <= (int64_t)time(NULL)))
		sek_admin_bad(r, "until_s", a.until_s ? "range" : "missing");
	else if (!a.deputy && (a.from_s || a.until_s))
		sek_admin_bad(r, a.from_s ? "from_s" : "until_s", "unknown");
	else
		(void)sek_admin_stored(r, sek_store_approver_set(r->admin->store, sek_admin_text(r, "name"), &a, &by));
}

static void remove_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	(void)sek_admin_stored(r, sek_store_approver_remove(r->admin->store, sek_admin_text(r, "name"), sek_admin_text(r, "user"), &by));
}

static void add_name(void *ctx, const char *group)
{
	json_array_append_new(ctx, json_string(group));
}

static void unapproved_work(struct sek_admin_request *r)
{
	json_t *rows = json_array();

	if (sek_admin_stored(r, sek_store_groups_unapproved(r->admin->store, (int64_t)time(NULL), add_name, rows)))
		r->out = json_pack("{s:O}", "groups", rows);
	json_decref(rows);
}

#define NAME { "name", SEK_ADMIN_NAME, true, 1, 64 }
#define USER { "user", SEK_ADMIN_NAME, true, 1, 64 }
#define MOMENT(name) { name, SEK_ADMIN_NUMBER, false, 0, SEK_ADMIN_VERSION_MOST }

static const struct sek_admin_field list_fields[] = { NAME, SEK_ADMIN_PAGING, { 0 } };
static const struct sek_admin_field set_fields[] = {
	NAME, USER, { "deputy", SEK_ADMIN_BOOL, false, 0, 0 }, MOMENT("from_s"), MOMENT("until_s"), SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field remove_fields[] = { NAME, USER, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field no_fields[] = { { 0 } };

const struct sek_admin_op sek_admin_approver_ops[] = {
	{ "groups/approvers", list_fields, NULL, list_work, NULL },
	{ "groups/set-approver", set_fields, "group.approver-set", set_work, NULL },
	{ "groups/remove-approver", remove_fields, "group.approver-remove", remove_work, NULL },
	{ "groups/unapproved", no_fields, NULL, unapproved_work, NULL },
	{ 0 },
};
