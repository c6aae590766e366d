/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Live sessions: list, end, speak to. This broker's own need no store, so that the emergency switch works whatever the database does;
 * for those of other brokers see others.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/admin/internal.h"

struct row {
	struct sek_session_info info;
	char *user;
};

struct rows {
	const struct sek_admin_request *request;
	const char *search;
	struct row *list;
	size_t n, room;
	size_t attached, vnc_viewers; /* of all, also of those that were not searched for */
	bool failed;
};

static void collect(void *ctx, const struct sek_session_info *info)
{
	struct rows *rows = ctx;
	struct row *r;

	rows->attached += info->attached;
	rows->vnc_viewers += info->attached && info->client[0];
	if (!sek_admin_contains(info->user, rows->search) && !sek_admin_contains(info->host, rows->search) &&
	    !sek_admin_contains(info->id, rows->search))
		return;
	if (rows->n == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 64;
		struct row *list = realloc(rows->list, room * sizeof *list);

		if (!list) {
			rows->failed = true;
			return;
		}
		rows->list = list;
		rows->room = room;
	}
	r = &rows->list[rows->n];
	r->info = *info;
	r->user = strdup(info->user);
	if (r->user)
		rows->n++;
	else
		rows->failed = true;
}

static int by_user(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->user, y->user);

	return r ? r : strcmp(x->info.id, y->info.id);
}

/* What a glance should show of the policy in force; sessions/explain has all of it. */
static json_t *policy_json(const struct sek_policy *p)
{
	static const enum sek_policy_attribute shown[] = { SEK_POLICY_CLIPBOARD, SEK_POLICY_DOWNLOAD, SEK_POLICY_WATERMARK };
	json_t *all = json_object();
	size_t i;

	for (i = 0; p && i < sizeof shown / sizeof shown[0]; i++) {
		char *text = NULL;

		if (!sek_is_ok(sek_policy_value_json(p, shown[i], &text)))
			continue;
		json_object_set_new(all, sek_policy_info(shown[i])->name, json_loads(text, JSON_DECODE_ANY, NULL));
		free(text);
	}
	return all;
}

static json_t *row_json(const struct row *r, const char *broker)
{
	const struct sek_session_info *i = &r->info;

	return json_pack("{s:s*,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:o,s:s,s:b,s:s}", "broker", broker, "session", i->id, "user", r->user, "host", i->host,
		"state", sek_state_name(i->state), "attached", (int)i->attached, "age_s", (json_int_t)(i->age_ms / 1000),
		"idle_s", (json_int_t)(i->idle_ms / 1000), "bytes_down", (json_int_t)i->bytes_down, "updates",
		(json_int_t)i->updates, "policy", policy_json(i->policy), "recording", i->recording, "recorded",
		(int)i->recorded, "client", i->client);
}

/* Rows of sessions on a host that nobody protects say so. */
static void mark_insecure(void *ctx, const struct sek_host_info *info)
{
	json_t *rows = ctx, *row;
	size_t i;

	if (!info->host->insecure)
		return;
	json_array_foreach(rows, i, row)
		if (strcmp(json_string_value(json_object_get(row, "host")), info->host->name) == 0)
			json_object_set_new(row, "insecure", json_true());
}

static void list_after(struct sek_admin_request *r)
{
	struct rows rows = { .request = r, .search = sek_admin_text(r, "search") };
	struct sek_admin_page p;
	size_t offset, i, n_others = json_array_size(r->others);

	if (!sek_admin_offset(r, &offset))
		return;
	sek_admin_page_begin(r, &p);
	sek_sessions_each(r->admin->config.sessions, collect, &rows);
	if (rows.n > 0)
		qsort(rows.list, rows.n, sizeof *rows.list, by_user);
	for (i = offset; i < rows.n && i - offset < p.limit; i++)
		json_array_append_new(p.rows, row_json(&rows.list[i], r->admin->config.broker));
	for (i = offset < rows.n ? 0 : offset - rows.n; i < n_others && json_array_size(p.rows) < p.limit; i++)
		json_array_append(p.rows, json_array_get(r->others, i)); /* behind this broker's own */
	sek_hosts_each(r->admin->config.sessions, mark_insecure, p.rows);
	if (rows.failed)
		sek_admin_fail(r, "internal");
	snprintf(p.next, sizeof p.next, "%zu", offset + p.limit);
	sek_admin_page_end(r, &p, rows.n + n_others);
	if (!r->error) {
		json_object_set_new(r->out, "brokers", sek_admin_brokers(r->admin));
		json_object_set_new(r->out, "attached", json_integer((json_int_t)rows.attached));
		json_object_set_new(r->out, "vnc_viewers", json_integer((json_int_t)rows.vnc_viewers));
	}
	for (i = 0; i < rows.n; i++)
		free(rows.list[i].user);
	free(rows.list);
}

static bool session_id(struct sek_admin_request *r, uint8_t ret[SEK_SESSION_ID_BYTES])
{
	const char *hex = sek_admin_text(r, "session");
	size_t n = 0;

	if (sodium_hex2bin(ret, SEK_SESSION_ID_BYTES, hex, strlen(hex), NULL, &n, NULL) == 0 && n == SEK_SESSION_ID_BYTES)
		return true;
	sek_admin_bad(r, "session", "characters");
	return false;
}

struct owner {
	const char *id;
	char user[SEK_STORE_NAME_BYTES];
};

static void find_owner(void *ctx, const struct sek_session_info *info)
{
	struct owner *o = ctx;

	if (strcmp(info->id, o->id) == 0)
		memcpy(o->user, info->user, strlen(info->user) + 1);
}

/* The user whose live session it is; false if there is none here, with the error set where there is no other broker to ask. */
static bool owner_of(struct sek_admin_request *r, struct owner *o)
{
	*o = (struct owner){ .id = sek_admin_text(r, "session") };
	sek_sessions_each(r->admin->config.sessions, find_owner, o);
	r->here = o->user[0] != '\0';
	if (!r->here && !r->admin->config.broker)
		sek_admin_fail(r, "not-found");
	return r->here;
}

/* The emergency switch does not wait for the store: others are asked behind it. */
static void ended(struct sek_admin_request *r, size_t n)
{
	r->last = sek_admin_others_end;
	r->out = json_pack("{s:I}", "ended", (json_int_t)n);
}

static void end_after(struct sek_admin_request *r)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct owner o;

	r->last = sek_admin_others_end;
	if (!session_id(r, id) || !owner_of(r, &o))
		return;
	if (*sek_admin_text(r, "message"))
		sek_admin_say(r->admin, o.user, sek_admin_text(r, "message"));
	if (!sek_is_ok(sek_sessions_end_one(r->admin->config.sessions, id, SEK_STATE_ENDED_ADMIN)))
		sek_admin_fail(r, "not-found");
	ended(r, 1);
}

static void end_user_after(struct sek_admin_request *r)
{
	if (*sek_admin_text(r, "message"))
		sek_admin_say(r->admin, sek_admin_text(r, "name"), sek_admin_text(r, "message"));
	ended(r, sek_sessions_end_user(r->admin->config.sessions, sek_admin_text(r, "name"), SEK_STATE_ENDED_ADMIN));
}

static void end_host_after(struct sek_admin_request *r)
{
	ended(r, sek_sessions_end_host(r->admin->config.sessions, sek_admin_text(r, "host"), SEK_STATE_ENDED_ADMIN));
}

static void end_all_after(struct sek_admin_request *r)
{
	ended(r, sek_sessions_end_host(r->admin->config.sessions, NULL, SEK_STATE_ENDED_ADMIN));
}

static void message_after(struct sek_admin_request *r)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct owner o;

	r->last = sek_admin_others_message;
	if (!session_id(r, id) || !owner_of(r, &o))
		return;
	sek_admin_say(r->admin, o.user, sek_admin_text(r, "text"));
	if (!sek_is_ok(sek_sessions_say(r->admin->config.sessions, id, SEK_STATE_MESSAGE)))
		sek_admin_fail(r, "not-found");
}

#define SESSION { "session", SEK_ADMIN_TEXT, true, 32, 32 }
#define MESSAGE { "message", SEK_ADMIN_TEXT, false, 0, SEK_ADMIN_MESSAGE_CHARS }

static const struct sek_admin_field list_fields[] = { SEK_ADMIN_PAGING, { 0 } };
static const struct sek_admin_field end_fields[] = { SESSION, SEK_ADMIN_REASON, MESSAGE, { 0 } };
static const struct sek_admin_field end_user_fields[] = {
	{ "name", SEK_ADMIN_NAME, true, 0, 0 }, SEK_ADMIN_REASON, MESSAGE, { 0 },
};
static const struct sek_admin_field end_host_fields[] = {
	{ "host", SEK_ADMIN_TEXT, true, 1, 255 }, SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field end_all_fields[] = { SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field message_fields[] = {
	SESSION, { "text", SEK_ADMIN_TEXT, true, 1, SEK_ADMIN_MESSAGE_CHARS }, { 0 },
};

const struct sek_admin_op sek_admin_session_ops[] = {
	{ "sessions/list", list_fields, NULL, sek_admin_others_list, list_after },
	{ "sessions/end", end_fields, "session.end", NULL, end_after },
	{ "sessions/end-user", end_user_fields, "session.end-user", NULL, end_user_after },
	{ "sessions/end-host", end_host_fields, "session.end-host", NULL, end_host_after },
	{ "sessions/end-all", end_all_fields, "session.end-all", NULL, end_all_after },
	{ "sessions/message", message_fields, "session.message", NULL, message_after },
	{ 0 },
};
