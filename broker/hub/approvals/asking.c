/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for an approval, taking that back, and what time does: what waits for too long is refused, and whoever asked is told what was
 * decided, again after a restart. Must never keep a text but sealed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/approvals/internal.h"
#include "broker/hub/keys/seal.h"

void sek_approval_take_ask(struct sek_approval_request *r, const struct sek_approval_ask *ask)
{
	struct sek_store_approval *row = &r->row;
	uint8_t random[16];

	if (ask->id) {
		snprintf(row->id, sizeof row->id, "%s", ask->id);
	} else {
		randombytes_buf(random, sizeof random);
		sodium_bin2hex(row->id, sizeof row->id, random, sizeof random);
	}
	row->kind = ask->kind;
	snprintf(row->user, sizeof row->user, "%s", ask->user);
	snprintf(row->name, sizeof row->name, "%s", ask->name ? ask->name : "");
	snprintf(row->session, sizeof row->session, "%s", ask->session ? ask->session : "");
	snprintf(row->sha256, sizeof row->sha256, "%s", ask->sha256);
	row->pages = ask->pages;
	row->chars = ask->chars;
	row->bytes = ask->bytes;
	row->log_text = ask->log_text;
	row->needed = ask->bulk_pages && ask->pages >= ask->bulk_pages ? 2 : 1;
	row->expires_s = (int64_t)(ask->hours ? ask->hours : 1) * 3600; /* from the time at which it is on the record */
	if (!ask->text)
		return;
	if (!r->all->config.key || ask->bytes > SEK_STORE_APPROVAL_SEALED_MAX - SEK_SEAL_MORE_BYTES) {
		sek_approval_fail(r, "internal");
		return;
	}
	r->bytes = malloc(ask->bytes + 1);
	if (!r->bytes) {
		sek_approval_fail(r, "internal");
		return;
	}
	memcpy(r->bytes, ask->text, ask->bytes);
	r->bytes[ask->bytes] = '\0';
	r->n = ask->bytes;
}

static void ask_look(struct sek_approval_request *r)
{
	unsigned approvers = 0;

	if (!sek_approval_stored(r, sek_store_approvers_for(r->all->store, r->row.user, r->now_s, &approvers)))
		return;
	if (approvers == 0)
		sek_approval_fail(r, "no-approver");
	else if (approvers < r->row.needed)
		sek_approval_fail(r, "few-approvers");
	r->record = "approval.asked";
}

static void ask_work(struct sek_approval_request *r)
{
	size_t n = r->bytes ? r->n + SEK_SEAL_MORE_BYTES : 0;
	uint8_t *sealed = n ? malloc(n) : NULL;
	char purpose[64];

	if (n && !sealed) {
		sek_approval_fail(r, "internal");
		return;
	}
	sek_seal_for_approval(r->row.id, purpose, sizeof purpose);
	if (sealed)
		sek_seal(r->all->config.key, purpose, r->bytes, r->n, sealed);
	r->row.asked_s = r->now_s;
	r->row.expires_s += r->now_s;
	(void)sek_approval_stored(r, sek_store_approval_add(r->all->store, &r->row, sealed, n));
	free(sealed);
}

bool sek_approval_open_text(struct sek_approval_request *r)
{
	uint8_t *sealed = NULL;
	char purpose[64];
	size_t n = 0;

	if (!sek_approval_stored(r, sek_store_approval_sealed(r->all->store, r->row.id, &sealed, &n)))
		return false;
	sek_seal_for_approval(r->row.id, purpose, sizeof purpose);
	r->bytes = n >= SEK_SEAL_MORE_BYTES ? malloc(n - SEK_SEAL_MORE_BYTES + 1) : NULL;
	if (!r->bytes || !r->all->config.key || !sek_is_ok(sek_seal_open(r->all->config.key, purpose, sealed, n, r->bytes))) {
		sek_log(SEK_LOG_ERROR, "approval.damaged", "id", r->row.id, NULL);
		sek_approval_fail(r, "damaged");
	} else {
		r->n = n - SEK_SEAL_MORE_BYTES;
		r->bytes[r->n] = '\0';
	}
	free(sealed);
	return !r->error;
}

/* --- taken back --- */

static void withdraw_look(struct sek_approval_request *r)
{
	char id[SEK_STORE_APPROVAL_BYTES];

	memcpy(id, r->row.id, sizeof id);
	if (!sek_is_ok(sek_store_approval_find(r->all->store, id, &r->row))) {
		sek_approval_fail(r, "not-found");
		return;
	}
	snprintf(r->caller.user, sizeof r->caller.user, "%s", r->row.user);
	r->record = r->row.state == SEK_APPROVAL_WAITING ? "approval.withdrawn" : NULL;
}

static void withdraw_work(struct sek_approval_request *r)
{
	(void)sek_approval_stored(r, sek_store_approval_delete(r->all->store, r->row.id, NULL));
}

/* --- time --- */

static void collect(void *ctx, const struct sek_store_approval *a)
{
	struct sek_approval_request *r = ctx;
	struct sek_store_approval *rows = realloc(r->rows, (r->n_rows + 1) * sizeof *rows);

	if (!rows)
		return; /* the next sweep finds what is untold */
	r->rows = rows;
	rows[r->n_rows++] = *a;
}

static void sweep_work(struct sek_approval_request *r)
{
	if (!sek_approval_stored(r, sek_store_approvals_expire(r->all->store, r->now_s, r->now_s - SEK_APPROVALS_KEPT_S, collect, r)))
		return;
	r->n_expired = r->n_rows;
	if (r->all->documents.decide)
		(void)sek_approval_stored(r, sek_store_approvals_untold(r->all->store, collect, r));
}

static void record_expired(struct sek_approvals *a, const struct sek_store_approval *row)
{
	const char *const details[] = { "requester", row->user, "kind", sek_approval_kind_word(row->kind), "name", *row->name ? row->name : NULL,
		"pages", row->pages ? sek_logf("%u", row->pages) : NULL, "chars", row->chars ? sek_logf("%u", row->chars) : NULL,
		"sha256", row->sha256, NULL };

	sek_log(SEK_LOG_INFO, "approval.expired", "id", row->id, "user", row->user, NULL);
	if (a->config.audit)
		(void)sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = "#broker", .what = "approval.expired", .object = row->id,
			.outcome = SEK_AUDIT_REFUSED, .details = details }, NULL, NULL);
}

/* Also when the sweep has failed half way: what was marked as expired must be on the record. */
static void sweep_over(struct sek_approval_request *r)
{
	struct sek_approvals *a = r->all;
	size_t i;

	a->sweeping = false;
	for (i = 0; i < r->n_expired; i++)
		record_expired(a, &r->rows[i]);
	for (; i < r->n_rows; i++) {
		const struct sek_store_approval *row = &r->rows[i];

		a->documents.decide(a->documents.user, row->id, row->state, row->who, row->why);
		sek_approvals_begin(a, &sek_approval_told_step, row->id);
	}
}

static void told_work(struct sek_approval_request *r)
{
	(void)sek_approval_stored(r, sek_store_approval_told(r->all->store, r->row.id));
}

const struct sek_approval_step sek_approval_ask_step = { ask_look, ask_work, NULL, NULL },
	sek_approval_withdraw_step = { withdraw_look, withdraw_work, NULL, NULL },
	sek_approval_sweep_step = { NULL, sweep_work, NULL, sweep_over }, sek_approval_told_step = { NULL, told_work, NULL, NULL };
