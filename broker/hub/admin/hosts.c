/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Render hosts: which there are, how they are, and adding, draining and removing them while everything runs. What is said here
 * outlives restarts (store/hosts.h); what the configuration says holds for the rest.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/store/hosts.h"

struct load {
	const char *host;
	json_int_t attached, bytes_down;
};

static void count(void *ctx, const struct sek_session_info *info)
{
	struct load *l = ctx;

	if (strcmp(info->host, l->host) != 0)
		return;
	l->attached += info->attached;
	l->bytes_down += (json_int_t)info->bytes_down;
}

static json_t *host_json(struct sek_admin *a, const struct sek_host_info *i)
{
	struct load l = { .host = i->host->name };
	json_t *row, *health;

	sek_sessions_each(a->config.sessions, count, &l);
	row = json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I}", "name", i->host->name, "address", i->host->address, "port",
		(int)i->host->port, "pool", i->host->pool, "kind", sek_host_kind_name(i->host->kind), "state", i->state, "drain", (int)i->drain,
		"force_in_s", (json_int_t)i->force_in_s, "sessions", (json_int_t)i->here, "attached", l.attached, "bytes_down", l.bytes_down);
	if (row)
		json_object_set_new(row, "alarm", json_boolean(i->alarm));
	if (row && i->host->kind != SEK_KIND_SEKISHO) {
		json_object_set_new(row, "insecure", json_boolean(i->host->insecure));
		json_object_set_new(row, "own_trust", json_boolean(i->host->trust[0] != '\0'));
		json_object_set_new(row, "max_sessions", json_integer(i->host->places));
		json_object_set_new(row, "test", json_string(i->test));
	}
	if (!row || !i->heard)
		return row;
	health = json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:I,s:I,s:s,s:I,s:I}", "all_sessions", (int)i->sessions, "max_sessions",
		(int)i->sessions_max, "cpu_permille", (int)i->cpu_permille, "stall_permille", (int)i->stall_permille, "cores",
		(int)i->cores, "warm_ja", (int)i->warm_ja, "warm_en", (int)i->warm_en, "memory_mib", (json_int_t)i->memory_mib,
		"available_mib", (json_int_t)i->available_mib, "limits", i->limits, "egress_refused", (json_int_t)i->refused, "faults",
		(json_int_t)i->faults);
	(void)json_object_update(row, health);
	json_decref(health);
	sek_admin_put_ages(row, i);
	return row;
}

struct listing {
	struct sek_admin_request *r;
	struct sek_admin_page page;
	size_t offset, total;
};

static void list_one(void *ctx, const struct sek_host_info *i)
{
	struct listing *l = ctx;
	const char *search = sek_admin_text(l->r, "search");

	if (!sek_admin_contains(i->host->name, search) && !sek_admin_contains(i->host->address, search) &&
			!sek_admin_contains(i->host->pool, search))
		return;
	if (l->total >= l->offset && l->total - l->offset < l->page.limit)
		json_array_append_new(l->page.rows, host_json(l->r->admin, i));
	l->total++;
}

static void list_after(struct sek_admin_request *r)
{
	struct listing l = { .r = r };

	if (!sek_admin_offset(r, &l.offset))
		return;
	sek_admin_page_begin(r, &l.page);
	sek_hosts_each(r->admin->config.sessions, list_one, &l);
	snprintf(l.page.next, sizeof l.page.next, "%zu", l.offset + l.page.limit);
	sek_admin_page_end(r, &l.page, l.total);
}

/* --- checks --- */

struct search {
	const char *name;
	bool found, busy;
};

static void match(void *ctx, const struct sek_host_info *i)
{
	struct search *s = ctx;

	if (strcmp(i->host->name, s->name) != 0)
		return;
	s->found = true;
	s->busy = i->here > 0;
}

static bool only(const char *text, const char *characters, size_t most)
{
	size_t n = strspn(text, characters);

	return n >= 1 && n <= most && text[n] == '\0' && text[0] != '-' && text[0] != '.';
}

static bool is_address(const char *text)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return v4.s_addr != htonl(INADDR_ANY);
	return inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&v6);
}

static void check_new(struct sek_admin_request *r)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789-.", pool[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (!only(sek_admin_text(r, "host"), name, 63))
		sek_admin_bad(r, "host", "characters");
	else if (!is_address(sek_admin_text(r, "address")))
		sek_admin_bad(r, "address", "characters");
	else if (sek_admin_has(r, "pool") && !only(sek_admin_text(r, "pool"), pool, 32))
		sek_admin_bad(r, "pool", "characters");
	else
		sek_admin_check_foreign(r);
}

void sek_admin_check_host(struct sek_admin_request *r)
{
	struct search s = { .name = sek_admin_text(r, "host") };
	bool adds = strcmp(r->op->name, "hosts/add") == 0;

	if (strncmp(r->op->name, "hosts/", 6) != 0 || strcmp(r->op->name, "hosts/list") == 0)
		return;
	if (adds)
		check_new(r);
	sek_hosts_each(r->admin->config.sessions, match, &s);
	if (adds && s.found)
		sek_admin_bad(r, "host", "exists");
	else if (!adds && !s.found)
		sek_admin_bad(r, "host", "unknown");
	else if (s.busy && strcmp(r->op->name, "hosts/remove") == 0)
		sek_admin_bad(r, "host", "sessions");
	else if (strcmp(r->op->name, "hosts/secret") == 0 || strcmp(r->op->name, "hosts/test") == 0)
		sek_admin_check_foreign_op(r);
}

/* --- in the pool, then on the loop --- */

static const char *pool_of(const struct sek_admin_request *r)
{
	return sek_admin_has(r, "pool") ? sek_admin_text(r, "pool") : SEK_POOL_DEFAULT;
}

static enum sek_host_kind kind_of(const struct sek_admin_request *r)
{
	enum sek_host_kind kind = SEK_KIND_SEKISHO;

	(void)sek_host_kind_find(sek_admin_text(r, "kind"), &kind);
	return kind;
}

static void add_work(struct sek_admin_request *r)
{
	struct sek_store_host h = { .port = (uint16_t)sek_admin_number(r, "port", 0), .state = SEK_HOST_USE,
		.insecure = sek_admin_bool(r, "insecure"), .places = (uint16_t)sek_admin_number(r, "max_sessions", 0) };

	snprintf(h.name, sizeof h.name, "%s", sek_admin_text(r, "host"));
	snprintf(h.address, sizeof h.address, "%s", sek_admin_text(r, "address"));
	snprintf(h.pool, sizeof h.pool, "%s", pool_of(r));
	snprintf(h.kind, sizeof h.kind, "%s", sek_host_kind_name(kind_of(r)));
	snprintf(h.trust, sizeof h.trust, "%s", sek_admin_text(r, "trust"));
	(void)sek_admin_stored(r, sek_store_host_put(r->admin->store, &h));
}

static void add_after(struct sek_admin_request *r)
{
	const struct sek_render_host h = { .name = sek_admin_text(r, "host"), .address = sek_admin_text(r, "address"),
		.port = (uint16_t)sek_admin_number(r, "port", 0), .pool = pool_of(r), .kind = kind_of(r),
		.insecure = sek_admin_bool(r, "insecure"), .trust = sek_admin_text(r, "trust"),
		.places = (uint16_t)sek_admin_number(r, "max_sessions", 0) };

	(void)sek_admin_stored(r, sek_hosts_add(r->admin->config.sessions, &h));
}

static void drain_work(struct sek_admin_request *r)
{
	int64_t minutes = sek_admin_number(r, "force_minutes", 0);

	/* its end stands in the store: every broker sees to it for its own sessions, whichever was asked */
	(void)sek_admin_stored(r, sek_store_host_set(r->admin->store, sek_admin_text(r, "host"), SEK_HOST_DRAIN,
		minutes ? (int64_t)time(NULL) + minutes * 60 : 0));
}

static void drain_after(struct sek_admin_request *r)
{
	uint32_t minutes = (uint32_t)sek_admin_number(r, "force_minutes", 0);

	(void)sek_admin_stored(r, sek_hosts_drain(r->admin->config.sessions, sek_admin_text(r, "host"), true, minutes * 60));
}

static void undrain_work(struct sek_admin_request *r)
{
	(void)sek_admin_stored(r, sek_store_host_set(r->admin->store, sek_admin_text(r, "host"), SEK_HOST_USE, 0));
}

static void undrain_after(struct sek_admin_request *r)
{
	(void)sek_admin_stored(r, sek_hosts_drain(r->admin->config.sessions, sek_admin_text(r, "host"), false, 0));
}

static void remove_work(struct sek_admin_request *r)
{
	(void)sek_admin_stored(r, sek_store_host_set(r->admin->store, sek_admin_text(r, "host"), SEK_HOST_GONE, 0));
}

static void remove_after(struct sek_admin_request *r)
{
	(void)sek_admin_stored(r, sek_hosts_remove(r->admin->config.sessions, sek_admin_text(r, "host")));
}

#define HOST { "host", SEK_ADMIN_TEXT, true, 1, 63 }

static const struct sek_admin_field list_fields[] = { SEK_ADMIN_PAGING, { 0 } };
static const struct sek_admin_field add_fields[] = {
	HOST, { "address", SEK_ADMIN_TEXT, true, 1, 45 }, { "port", SEK_ADMIN_NUMBER, true, 1, 65535 },
	{ "pool", SEK_ADMIN_TEXT, false, 1, 32 }, { "kind", SEK_ADMIN_TEXT, false, 1, 8 }, { "insecure", SEK_ADMIN_BOOL, false, 0, 1 },
	{ "trust", SEK_ADMIN_ANY, false, 0, 0 }, { "max_sessions", SEK_ADMIN_NUMBER, false, 1, SEK_PLACES_MAX }, SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field drain_fields[] = {
	HOST, { "force_minutes", SEK_ADMIN_NUMBER, false, 0, 1440 }, SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field host_fields[] = { HOST, SEK_ADMIN_REASON, { 0 } };

const struct sek_admin_op sek_admin_host_ops[] = {
	{ "hosts/list", list_fields, NULL, NULL, list_after },
	{ "hosts/add", add_fields, "host.add", add_work, add_after },
	{ "hosts/drain", drain_fields, "host.drain", drain_work, drain_after },
	{ "hosts/undrain", host_fields, "host.undrain", undrain_work, undrain_after },
	{ "hosts/remove", host_fields, "host.remove", remove_work, remove_after },
	{ 0 },
};
