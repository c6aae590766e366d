/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting documents, sessions and approvals together: none of them knows the others.
 */
#include "broker/hub/documented.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "broker/hub/approved.h"
#include "broker/hub/session/document.h"

/* --- where pages come from --- */

struct mine {
	const char *user;
	char *id;
	const struct sek_policy *policy;
};

static void find_mine(void *user, const struct sek_session_info *i)
{
	struct mine *m = user;

	if (strcmp(i->user, m->user) != 0 || sek_state_ended(i->state))
		return;
	m->policy = i->policy;
	memcpy(m->id, i->id, sizeof i->id);
}

static const struct sek_policy *policy_of(void *ctx, const char *user, char ret_session[33])
{
	struct sek_documented *d = ctx;
	struct mine m = { user, ret_session, NULL };

	sek_sessions_each(d->sessions, find_mine, &m);
	return m.policy;
}

static sek_status start(void *ctx, const char *user, const struct sek_document_ask *ask, sek_document_end_fn *fn, void *arg, void **ret_link,
	int *ret_gap, int *ret_wake)
{
	struct sek_documented *d = ctx;
	struct sek_session_document *link;

	SEK_TRY(sek_session_document_start(d->sessions, user, ask, fn, arg, &link, ret_gap, ret_wake));
	*ret_link = link;
	return sek_ok();
}

static void take(void *link, uint16_t page)
{
	sek_session_document_take(link, page);
}

static void stop(void *link)
{
	sek_session_document_stop(link);
}

/* For the recording: that, how much and which; never what. */
static void taken(void *ctx, const char *session, const struct sek_store_document *r)
{
	struct sek_documented *d = ctx;
	char hash[65], words[160];

	(void)session;
	sek_hex(r->hash, sizeof r->hash, hash);
	snprintf(words, sizeof words, "%s from %s, sha256 %s", r->purpose, r->source, hash);
	sek_session_document_note(d->sessions, r->user, (uint32_t)r->pages, words);
}

/* --- who decides --- */

static bool ask(void *ctx, const struct sek_store_document *r, const struct sek_policy *p, sek_document_asked_fn *fn, void *arg)
{
	struct sek_documented *d = ctx;
	char hash[65];
	const struct sek_approval_ask a = {
		.id = r->id, .kind = strcmp(r->purpose, "print") == 0 ? SEK_APPROVAL_PRINT : SEK_APPROVAL_FILE, .user = r->user, .name = r->name,
		.session = r->session, .sha256 = hash, .pages = (uint32_t)r->pages, .bytes = (uint64_t)r->bytes, .hours = p->approval_hours,
		.bulk_pages = p->approval_bulk_pages,
	};

	sek_hex(r->hash, sizeof r->hash, hash);
	return sek_approvals_ask(d->approvals, &a, fn, arg) != NULL;
}

static void withdraw(void *ctx, const char *id)
{
	sek_approvals_withdraw(((struct sek_documented *)ctx)->approvals, id);
}

static void decide(void *user, const char *id, enum sek_approval_state state, const char *by, const char *reason)
{
	struct sek_documented *d = user;

	if (state == SEK_APPROVAL_WAITING)
		return;
	sek_documents_decide(d->documents, id, state == SEK_APPROVAL_APPROVED ? SEK_DOCUMENT_APPROVE : state == SEK_APPROVAL_REFUSED ?
		SEK_DOCUMENT_REFUSE : SEK_DOCUMENT_LAPSE, *by ? by : "#broker", reason);
}

static void page(void *user, const char *id, unsigned number, sek_approvals_page_fn *fn, void *arg)
{
	sek_documents_page_of(((struct sek_documented *)user)->documents, id, number, fn, arg);
}

/* --- life --- */

/* Documents whose policy says so wait there, and what is decided there becomes of them. */
static void join(struct sek_documented *d)
{
	const struct sek_document_approvals to = { d, ask, withdraw };
	const struct sek_approvals_documents from = { decide, page, d };

	sek_documents_approvals_by(d->documents, &to);
	sek_approvals_documents_from(d->approvals, &from);
}

sek_status sek_documented_start(struct sek_documented *d, uv_loop_t *loop, const struct sek_broker_config *config, const uint8_t *key,
	struct sek_audit *audit, struct sek_sessions *sessions, char *err, size_t err_size)
{
	const struct sek_approvals_config approvals = { .store_where = config->store_where, .audit = audit, .key = key };
	const struct sek_documents_config c = {
		.store_where = config->store_where, .folder = config->documents_path, .paper_path = config->paper_path,
		.languages = config->documents_languages, .least_free_bytes = config->documents_least_free_bytes, .key = key, .broker = config->broker_name,
		.print_server = config->print_server, .printers = config->printers, .n_printers = config->n_printers, .audit = audit,
		.source = { d, policy_of, start, take, stop, taken },
	};

	d->sessions = sessions;
	SEK_TRY(sek_approved_start(loop, &approvals, sessions, &d->approvals, err, err_size));
	if (!config->has_documents)
		return sek_ok();
	sek_policy_can_keep_documents();
	SEK_TRY(sek_documents_create(loop, &c, &d->documents, err, err_size));
	join(d);
	return sek_ok();
}

/* Approvals have ended first: no verdict is lost on documents that hear no more. */
static void approvals_stopped(void *user)
{
	struct sek_documented *d = user;

	if (d->documents)
		sek_documents_stop(d->documents, d->done, d->done_user);
	else
		d->done(d->done_user);
}

void sek_documented_stop(struct sek_documented *d, void (*done)(void *user), void *user)
{
	d->done = done;
	d->done_user = user;
	sek_approvals_stop(d->approvals, approvals_stopped, d);
}

void sek_documented_destroy(struct sek_documented *d)
{
	sek_documents_destroy(d->documents);
	sek_approvals_destroy(d->approvals);
}
