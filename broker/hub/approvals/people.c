/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What approvers and requesters do: the queue, a view, a verdict, one's own texts. Must never show or decide anything for somebody who
 * is not, at this moment, an approver of a group of the requester, nor say that it is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "broker/hub/approvals/internal.h"

bool sek_approval_take_reason(struct sek_approval_request *r, const char *reason)
{
	size_t n = reason ? strlen(reason) : 0, i, step, chars = 0;
	uint32_t c;

	for (i = 0; i < n; i += step, chars++) {
		step = sek_utf8_next((const uint8_t *)reason + i, n - i, &c);
		if (step == 0 || sek_utf8_is_unsafe(c))
			return false;
	}
	/* the requester is told why not; why yes needs no words */
	if (chars > SEK_APPROVAL_REASON_CHARS || n >= sizeof r->reason || (chars == 0 && !r->approve))
		return false;
	snprintf(r->reason, sizeof r->reason, "%s", reason ? reason : "");
	return true;
}

/* --- views --- */

bool sek_approvals_has_seen(const struct sek_approvals *a, const struct sek_approvals_caller *who, const char *id)
{
	unsigned i;

	for (i = 0; i < SEK_APPROVALS_VIEWS; i++)
		if (a->views[i].login == who->login && strcmp(a->views[i].id, id) == 0 && *id)
			return true;
	return false;
}

/* The oldest one is forgotten, and would go on the record once more. */
void sek_approvals_seen(struct sek_approvals *a, const struct sek_approvals_caller *who, const char *id)
{
	struct sek_approval_view *v = &a->views[a->n_views++ % SEK_APPROVALS_VIEWS];

	v->login = who->login;
	snprintf(v->id, sizeof v->id, "%s", id);
}

/* --- the queue --- */

static json_t *row_json(const struct sek_store_approval *a)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:I,s:s,s:I,s:I,s:i,s:i,s:b}", "id", a->id, "kind", sek_approval_kind_word(a->kind),
		"user", a->user, "display", a->display, "group", a->group, "name", a->name, "pages", (int)a->pages, "chars", (int)a->chars,
		"bytes", (json_int_t)a->bytes, "sha256", a->sha256, "created", (json_int_t)a->asked_s, "expires", (json_int_t)a->expires_s,
		"needed", (int)a->needed, "given", (int)a->given, "mine", (int)a->mine);
}

static void add_row(void *ctx, const struct sek_store_approval *a)
{
	json_array_append_new(ctx, row_json(a));
}

static void no_row(void *ctx, const struct sek_store_approval *a)
{
	unsigned *own = ctx;

	*own += a->mine;
}

static void count_work(struct sek_approval_request *r)
{
	uint64_t total = 0;
	unsigned groups = 0, given = 0;

	if (!sek_approval_stored(r, sek_store_approver_of(r->all->store, r->caller.user, r->now_s, &groups)))
		return;
	if (groups && !sek_approval_stored(r, sek_store_approvals_for(r->all->store, r->caller.user, r->now_s, SEK_STORE_PAGE_MAX, no_row,
			&given, &total)))
		return;
	/* what this approver has said yes to waits for somebody else */
	r->out = json_pack("{s:b,s:I}", "approver", groups > 0, "waiting", (json_int_t)(total - given));
}

static void list_work(struct sek_approval_request *r)
{
	json_t *rows = json_array();
	uint64_t total = 0;
	unsigned groups = 0;

	if (sek_approval_stored(r, sek_store_approver_of(r->all->store, r->caller.user, r->now_s, &groups)) &&
	    sek_approval_stored(r, sek_store_approvals_for(r->all->store, r->caller.user, r->now_s, SEK_STORE_PAGE_MAX, add_row, rows, &total)))
		r->out = json_pack("{s:O,s:I,s:b}", "approvals", rows, "total", (json_int_t)total, "approver", groups > 0);
	json_decref(rows);
}

/* --- one of them --- */

static bool find_for(struct sek_approval_request *r)
{
	char id[SEK_STORE_APPROVAL_BYTES];

	memcpy(id, r->row.id, sizeof id);
	return sek_approval_stored(r, sek_store_approval_for(r->all->store, id, r->caller.user, r->now_s, &r->row));
}

static void view_look(struct sek_approval_request *r)
{
	if (find_for(r) && !r->seen)
		r->record = "approval.viewed";
}

static void show_work(struct sek_approval_request *r)
{
	json_t *row;

	if (r->row.kind == SEK_APPROVAL_TEXT && !sek_approval_open_text(r))
		return;
	row = row_json(&r->row);
	if (r->row.kind == SEK_APPROVAL_TEXT)
		json_object_set_new(row, "text", json_stringn((const char *)r->bytes, r->n));
	r->out = row;
}

static void show_after(struct sek_approval_request *r)
{
	if (!r->seen)
		sek_approvals_seen(r->all, &r->caller, r->row.id);
}

static void on_page(void *arg, const char *error, uint8_t *bytes, size_t n, bool jpeg)
{
	struct sek_approval_request *r = arg;

	r->fetching = false;
	if (error) {
		free(bytes);
		sek_approval_fail(r, error);
	} else {
		r->bytes = bytes;
		r->n = n;
		r->is_bytes = true;
		r->is_jpeg = jpeg;
	}
	sek_approval_finish(r);
}

static void page_after(struct sek_approval_request *r)
{
	const struct sek_approvals_documents *d = &r->all->documents;

	show_after(r);
	if (r->row.kind == SEK_APPROVAL_TEXT || r->page < 1 || r->page > r->row.pages || !d->page) {
		sek_approval_fail(r, "not-found");
		return;
	}
	r->fetching = true;
	d->page(d->user, r->row.id, r->page, on_page, r);
}

/* --- the verdict --- */

static void decide_look(struct sek_approval_request *r)
{
	struct sek_store_approval own;

	r->record = r->approve ? "approval.approved" : "approval.refused";
	if (find_for(r)) {
		if (r->approve && r->row.mine)
			sek_approval_fail(r, "conflict");
		return;
	}
	/* whoever asked knows that it is there, and is told why it cannot be */
	if (sek_is_ok(sek_store_approval_find(r->all->store, r->row.id, &own)) && strcmp(own.user, r->caller.user) == 0) {
		r->row = own;
		r->error = "self";
	}
	sek_log(SEK_LOG_WARN, "approval.denied", "user", r->caller.user, "address", r->caller.address, "why", r->error, NULL);
}

static void decide_work(struct sek_approval_request *r)
{
	struct sek_store_approval now;

	if (!sek_approval_stored(r, sek_store_approval_decide(r->all->store, r->row.id, r->caller.user, r->approve, r->reason, r->now_s, &now)))
		return;
	r->row = now;
	r->out = json_pack("{s:s,s:i,s:i}", "state", sek_approval_state_word(now.state), "given", (int)now.given, "needed", (int)now.needed);
}

static void decide_after(struct sek_approval_request *r)
{
	const struct sek_approvals_documents *d = &r->all->documents;
	const struct sek_store_approval *row = &r->row;

	sek_log(SEK_LOG_INFO, r->record, "id", row->id, "by", r->caller.user, "requester", row->user, "state",
		sek_approval_state_word(row->state), "sha256", row->sha256, NULL);
	if (row->state == SEK_APPROVAL_WAITING || row->kind == SEK_APPROVAL_TEXT || !d->decide)
		return;
	d->decide(d->user, row->id, row->state, row->who, row->why);
	sek_approvals_begin(r->all, &sek_approval_told_step, row->id);
}

/* --- the requester's texts --- */

static void add_text(void *ctx, const struct sek_store_approval *a)
{
	json_array_append_new(ctx, json_pack("{s:s,s:s,s:i,s:I,s:I,s:I,s:s,s:s}", "id", a->id, "state", sek_approval_state_word(a->state),
		"chars", (int)a->chars, "created", (json_int_t)a->asked_s, "expires", (json_int_t)a->expires_s, "decided",
		(json_int_t)a->decided_s, "by", a->who, "reason", a->why));
}

static void texts_work(struct sek_approval_request *r)
{
	json_t *rows = json_array();

	if (sek_approval_stored(r, sek_store_texts_of(r->all->store, r->caller.user, add_text, rows)))
		r->out = json_pack("{s:O}", "texts", rows);
	json_decref(rows);
}

static bool find_own(struct sek_approval_request *r)
{
	char id[SEK_STORE_APPROVAL_BYTES];

	memcpy(id, r->row.id, sizeof id);
	if (!sek_approval_stored(r, sek_store_approval_find(r->all->store, id, &r->row)))
		return false;
	if (strcmp(r->row.user, r->caller.user) != 0 || r->row.kind != SEK_APPROVAL_TEXT)
		sek_approval_fail(r, "not-found");
	return !r->error;
}

static void take_look(struct sek_approval_request *r)
{
	if (!find_own(r))
		return;
	if (r->row.state != SEK_APPROVAL_APPROVED || r->row.expires_s <= r->now_s)
		sek_approval_fail(r, "not-found");
	else if (sek_approval_open_text(r))
		r->record = "clipboard.to-inner";
}

static void take_after(struct sek_approval_request *r)
{
	r->out = json_pack("{s:o}", "text", json_stringn((const char *)r->bytes, r->n));
}

static void drop_look(struct sek_approval_request *r)
{
	if (find_own(r) && r->row.state == SEK_APPROVAL_WAITING)
		r->record = "approval.withdrawn";
}

static void drop_work(struct sek_approval_request *r)
{
	(void)sek_approval_stored(r, sek_store_approval_delete(r->all->store, r->row.id, r->caller.user));
}

const struct sek_approval_step sek_approval_steps[] = {
	[SEK_APPROVALS_COUNT] = { NULL, count_work, NULL, NULL },
	[SEK_APPROVALS_LIST] = { NULL, list_work, NULL, NULL },
	[SEK_APPROVALS_SHOW] = { view_look, show_work, show_after, NULL },
	[SEK_APPROVALS_PAGE] = { view_look, NULL, page_after, NULL },
	[SEK_APPROVALS_DECIDE] = { decide_look, decide_work, decide_after, NULL },
	[SEK_APPROVALS_TEXTS] = { NULL, texts_work, NULL, NULL },
	[SEK_APPROVALS_TAKE] = { take_look, NULL, take_after, NULL },
	[SEK_APPROVALS_DROP] = { drop_look, drop_work, NULL, NULL },
};
