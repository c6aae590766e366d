/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents that crossed, for administrators: which there are, and letting one go before its time. What stands in them is its user's and
 * the approvers'. Must never delete anything before the audit log says so.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/documents/vault.h"
#include "broker/hub/store/documents.h"

static json_t *document_json(const struct sek_store_document *d)
{
	char hash[65];

	sek_hex(d->hash, sizeof d->hash, hash);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s}", "document", d->id, "user", d->user, "name", d->name, "for", d->purpose,
		"from", d->source, "state", d->state, "why", d->reason, "pages", (json_int_t)d->pages, "bytes", (json_int_t)d->bytes, "created_s",
		(json_int_t)d->created_s, "expires_s", (json_int_t)d->expires_s, "hash", d->bytes > 0 ? hash : "");
}

static void add_row(void *ctx, const struct sek_store_document *d)
{
	struct sek_admin_page *p = ctx;

	json_array_append_new(p->rows, document_json(d));
	snprintf(p->next, sizeof p->next, "%lld", (long long)d->created_s);
}

static void list_work(struct sek_admin_request *r)
{
	struct sek_admin_page p;
	size_t before = 0;

	if (!sek_admin_offset(r, &before))
		return;
	sek_admin_page_begin(r, &p);
	(void)sek_admin_stored(r, sek_store_documents_page(r->admin->store, (int64_t)before, p.limit, add_row, &p));
	sek_admin_page_end(r, &p, json_array_size(p.rows));
}

static void purge_work(struct sek_admin_request *r)
{
	const char *id = sek_admin_text(r, "document");
	struct sek_store_document d;
	char from[sizeof d.state];

	if (!sek_admin_stored(r, sek_store_document_find(r->admin->store, id, &d)))
		return;
	if (d.expires_s == 0 || strcmp(d.state, "working") == 0) { /* there is no file, or not yet */
		sek_admin_fail(r, "conflict");
		return;
	}
	memcpy(from, d.state, sizeof from);
	snprintf(d.state, sizeof d.state, "deleted");
	memset(d.key, 0, sizeof d.key);
	d.expires_s = 0;
	if (sek_admin_stored(r, sek_store_document_set(r->admin->store, &d, from)) && r->admin->config.documents_path)
		(void)sek_vault_unlink(r->admin->config.documents_path, id);
}

static const struct sek_admin_field list_fields[] = {
	{ "after", SEK_ADMIN_TEXT, false, 0, 100 }, { "limit", SEK_ADMIN_NUMBER, false, 1, SEK_ADMIN_PAGE_MAX }, { 0 },
};
static const struct sek_admin_field purge_fields[] = {
	{ "document", SEK_ADMIN_TEXT, true, 32, 32 }, SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_document_ops[] = {
	{ "documents/list", list_fields, NULL, list_work, NULL },
	{ "documents/purge", purge_fields, "document.deleted", purge_work, NULL },
	{ 0 },
};
