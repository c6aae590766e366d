/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Render hosts: those of the configuration, and how much of the broker's work each carries.
 */
#include <stdio.h>
#include <string.h>

#include "broker/hub/admin/internal.h"

struct load {
	const char *host;
	json_int_t sessions, attached, bytes_down;
};

static void count(void *ctx, const struct sek_session_info *info)
{
	struct load *l = ctx;

	if (strcmp(info->host, l->host) != 0)
		return;
	l->sessions++;
	l->attached += info->attached;
	l->bytes_down += (json_int_t)info->bytes_down;
}

static json_t *host_json(struct sek_admin *a, const struct sek_render_host *h)
{
	struct load l = { .host = h->name };

	sek_sessions_each(a->config.sessions, count, &l);
	return json_pack("{s:s,s:s,s:i,s:I,s:I,s:I}", "name", h->name, "address", h->address, "port", (int)h->port,
		"sessions", l.sessions, "attached", l.attached, "bytes_down", l.bytes_down);
}

static void list_after(struct sek_admin_request *r)
{
	const struct sek_admin_config *c = &r->admin->config;
	const char *search = sek_admin_text(r, "search");
	size_t i, offset, total = 0;
	struct sek_admin_page p;

	if (!sek_admin_offset(r, &offset))
		return;
	sek_admin_page_begin(r, &p);
	for (i = 0; i < c->n_hosts; i++) {
		const struct sek_render_host *h = &c->hosts[i];

		if (!sek_admin_contains(h->name, search) && !sek_admin_contains(h->address, search))
			continue;
		if (total >= offset && total - offset < p.limit)
			json_array_append_new(p.rows, host_json(r->admin, h));
		total++;
	}
	snprintf(p.next, sizeof p.next, "%zu", offset + p.limit);
	sek_admin_page_end(r, &p, total);
}

static const struct sek_admin_field list_fields[] = { SEK_ADMIN_PAGING, { 0 } };

const struct sek_admin_op sek_admin_host_ops[] = {
	{ "hosts/list", list_fields, NULL, NULL, list_after },
	{ 0 },
};
