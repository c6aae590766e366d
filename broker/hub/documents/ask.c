/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A user asks for a document: what the policy says, what is free, the record, the row, the job. Must never begin what is not on the record.
 */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include <sodium.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/utf8.h"
#include "broker/hub/documents/internal.h"

enum { DAY_S = 86400, MEGA = 1000000 };

/* --- members --- */

/* The name is the user's own; it must be good as a file's name everywhere, and nothing in it may deceive. */
static bool is_name(const char *text, size_t n)
{
	size_t at, k, chars = 0;
	uint32_t c;

	if (n == 0 || n >= SEK_STORE_DOCUMENT_NAME_BYTES || text[0] == '.' || text[0] == ' ' || text[n - 1] == ' ')
		return false;
	for (at = 0; at < n; at += k, chars++) {
		k = sek_utf8_next((const uint8_t *)text + at, n - at, &c);
		if (k == 0 || sek_utf8_is_unsafe(c) || (c < 128 && strchr("\"*/:<>?\\|", (int)c)))
			return false;
	}
	return chars <= SEK_STORE_DOCUMENT_NAME_CHARS;
}

static bool read_members(struct sek_documents_request *q)
{
	struct sek_store_document *r = &q->row;
	const char *from = NULL, *purpose = NULL, *name = NULL;
	size_t name_n = 0;
	int text = 0;

	if (json_unpack_ex(q->call.in, NULL, JSON_STRICT, "{s:s,s:s,s:s%,s?b}", "from", &from, "for", &purpose, "name", &name, &name_n, "text",
			&text) != 0 || (strcmp(from, "download") != 0 && strcmp(from, "page") != 0) || (strcmp(purpose, "file") != 0 &&
			strcmp(purpose, "print") != 0) || !is_name(name, name_n)) {
		sek_documents_fail(q, "bad-request");
		return false;
	}
	snprintf(r->user, sizeof r->user, "%s", q->call.user);
	snprintf(r->broker, sizeof r->broker, "%s", q->documents->config.broker ? q->documents->config.broker : "");
	snprintf(r->name, sizeof r->name, "%s", name);
	snprintf(r->source, sizeof r->source, "%s", from);
	snprintf(r->purpose, sizeof r->purpose, "%s", purpose);
	r->text = text != 0;
	return true;
}

/* --- the policy --- */

/* download: a file that was caught, kept as a file. print: whatever goes to a printer, and the page shown, which exists as a document only
 * by printing it. So the page kept as a file needs both. */
static bool allowed(struct sek_documents_request *q, const struct sek_policy *p)
{
	const struct sek_store_document *r = &q->row;
	bool file = strcmp(r->purpose, "file") == 0, page = strcmp(r->source, "page") == 0;
	bool needs_download = file || !page, needs_print = !file || page;
	bool download = (p->download & SEK_DOWNLOAD_PIXELS_APPROVED) == SEK_DOWNLOAD_PIXELS_APPROVED;
	bool print = (p->print & SEK_PRINT_PIXELS_APPROVED) == SEK_PRINT_PIXELS_APPROVED;

	q->approved = (needs_download && p->download != SEK_DOWNLOAD_PIXELS) || (needs_print && p->print != SEK_PRINT_PIXELS);
	return (!needs_download || download) && (!needs_print || print) && (!r->text || p->document_text);
}

static void record_refused(struct sek_documents_request *q, const char *why)
{
	(void)sek_documents_record(q->documents, q->call.user, "document.asked", &q->row, SEK_AUDIT_REFUSED, "why", why, NULL, NULL);
	sek_documents_fail(q, why);
}

static bool look_at_policy(struct sek_documents_request *q)
{
	const struct sek_documents_from *from = &q->documents->config.source;
	const struct sek_policy *p = from->policy(from->ctx, q->call.user, q->row.session);
	struct sek_documents_state state;

	sek_documents_state(q->documents, &state);
	if (!p) {
		sek_documents_fail(q, "no-session");
	} else if (!allowed(q, p)) {
		record_refused(q, "policy");
	} else if (sek_document_job_find(q->documents, NULL, q->call.user)) {
		sek_documents_fail(q, "document-busy");
	} else if (state.working >= SEK_DOCUMENTS_AT_ONCE) {
		sek_documents_fail(q, "busy");
	} else {
		q->row.dpi = p->document_dpi == SEK_DOCUMENT_DPI_200 ? 200 : 150;
		q->row.days = p->document_days;
		q->per_day = p->documents_per_day;
		q->most_pixels = (uint64_t)p->document_megapixels * MEGA;
		q->wish = (struct sek_document_ask){ .source = strcmp(q->row.source, "page") == 0 ? SEK_DOCUMENT_PRINTED : SEK_DOCUMENT_CAUGHT,
			.dpi = (uint16_t)q->row.dpi, .most_pages = (uint16_t)p->document_max_pages, .max_width_px = SEK_DOCUMENT_MAX_PX,
			.max_height_px = SEK_DOCUMENT_MAX_PX };
	}
	return !q->answer.error;
}

/* --- room, the day's count --- */

static void work_room(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;
	struct statvfs fs;
	int64_t n = 0;

	if (statvfs(d->config.folder, &fs) != 0 || (uint64_t)fs.f_bavail * fs.f_frsize < d->config.least_free_bytes)
		sek_documents_fail(q, "no-space");
	else if (!sek_is_ok(sek_store_documents_count(d->store, q->call.user, (int64_t)time(NULL) - DAY_S, &n)))
		sek_documents_fail(q, "internal");
	else if (n >= q->per_day)
		sek_documents_fail(q, "documents-day");
}

static void work_add(struct sek_documents_request *q)
{
	if (!sek_is_ok(sek_store_document_add(q->documents->store, &q->row)))
		sek_documents_fail(q, "internal");
}

static void after_add(struct sek_documents_request *q)
{
	if (!q->answer.error && !sek_document_job_begin(q))
		sek_documents_fail(q, "internal"); /* the row says "working" until the next start */
	if (!q->answer.error) {
		q->answer.created = true;
		q->answer.json = json_pack("{s:s}", "id", q->row.id);
	}
	sek_documents_reply(q);
}

static void add(struct sek_documents_request *q)
{
	struct sek_documents_state state;

	/* others may have begun theirs while this one waited */
	sek_documents_state(q->documents, &state);
	if (q->documents->stopping)
		sek_documents_fail(q, "stopping");
	else if (sek_document_job_find(q->documents, NULL, q->call.user))
		sek_documents_fail(q, "document-busy");
	else if (state.working >= SEK_DOCUMENTS_AT_ONCE)
		sek_documents_fail(q, "busy");
	if (q->answer.error)
		sek_documents_reply(q);
	else
		sek_documents_do(q, work_add, after_add);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_documents_request *q = user;

	q->ticket = NULL;
	if (!sek_is_ok(status)) {
		sek_documents_fail(q, "audit");
		sek_documents_reply(q);
		return;
	}
	add(q);
}

static void after_room(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;

	if (q->answer.error) {
		(void)sek_documents_record(d, q->call.user, "document.asked", &q->row, SEK_AUDIT_REFUSED, "why", q->answer.error, NULL, NULL);
		sek_documents_reply(q);
		return;
	}
	if (!d->config.audit) {
		add(q);
		return;
	}
	q->ticket = sek_documents_record(d, q->call.user, "document.asked", &q->row, SEK_AUDIT_DONE, "address", q->call.address, on_recorded, q);
	if (!q->ticket) {
		sek_documents_fail(q, "audit");
		sek_documents_reply(q);
	}
}

void sek_documents_ask(struct sek_documents_request *q)
{
	uint8_t id[16];

	if (!read_members(q) || !look_at_policy(q))
		return;
	randombytes_buf(id, sizeof id);
	sek_hex(id, sizeof id, q->row.id);
	snprintf(q->row.state, sizeof q->row.state, "working");
	q->row.created_s = (int64_t)time(NULL);
	sek_documents_do(q, work_room, after_room);
}
