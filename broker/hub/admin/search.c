/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking through the audit log: by pages, newest first. Reads only.
 */
#include <string.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/audit/search.h"

static void search_work(struct sek_admin_request *r)
{
	const struct sek_audit_query q = {
		.who = sek_admin_text(r, "who"), .what = sek_admin_text(r, "what"), .object = sek_admin_text(r, "object"),
		.outcome = sek_admin_text(r, "outcome"), .text = sek_admin_text(r, "search"), .from = sek_admin_text(r, "from"),
		.to = sek_admin_text(r, "to"), .after = sek_admin_text(r, "after"),
		.limit = (unsigned)sek_admin_number(r, "limit", 50),
	};
	char next[SEK_AUDIT_CURSOR_BYTES] = "";
	json_t *rows;
	sek_status s;

	if (!r->admin->config.audit_path) {
		sek_admin_fail(r, "unavailable");
		return;
	}
	rows = json_array();
	s = sek_audit_search(r->admin->config.audit_path, &q, rows, next);
	if (sek_is(s, SEK_E_MALFORMED))
		sek_admin_bad(r, "after", "characters");
	else if (sek_admin_stored(r, s))
		r->out = json_pack("{s:O,s:o}", "rows", rows, "next", next[0] ? json_string(next) : json_null());
	json_decref(rows);
}

/* Whether the log can be written and how far it goes: on the loop, without reading it. */
static void state_after(struct sek_admin_request *r)
{
	struct sek_audit_state s;

	if (!r->admin->config.audit) {
		sek_admin_fail(r, "unavailable");
		return;
	}
	sek_audit_state(r->admin->config.audit, &s);
	r->out = json_pack("{s:b,s:s,s:I,s:s,s:I,s:I,s:I,s:b}", "writable", (int)s.writable, "why", s.why, "seq",
		(json_int_t)s.seq, "hash", s.hash, "signed_seq", (json_int_t)s.signed_seq, "waiting", (json_int_t)s.waiting,
		"lost", (json_int_t)s.lost, "damaged", (int)s.damaged);
}

#define EXACT(name) { name, SEK_ADMIN_TEXT, false, 0, 100 }

static const struct sek_admin_field search_fields[] = {
	SEK_ADMIN_PAGING, EXACT("who"), EXACT("what"), EXACT("object"), EXACT("outcome"), EXACT("from"), EXACT("to"), { 0 },
};
static const struct sek_admin_field no_fields[] = { { 0 } };

const struct sek_admin_op sek_admin_audit_ops[] = {
	{ "audit/search", search_fields, NULL, search_work, NULL },
	{ "audit/state", no_fields, NULL, NULL, state_after },
	{ 0 },
};
