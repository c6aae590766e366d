/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sealing anew. Must never leave a store of which one part is sealed with one key and another with the next.
 */
#include "broker/hub/store/reseal.h"

#include <stdlib.h>
#include <string.h>

#include "broker/hub/store/write.h"

/* A row that is to be changed, once the query that found it has ended. */
struct row {
	struct row *next;
	struct sek_store_sealed what;
	char *id, *user;
	uint8_t *old, *new;
};

static const struct {
	enum sek_sealed_kind kind;
	const char *select, *update;
} tables[] = {
	{ SEK_SEALED_TOTP, "SELECT user_id, '', '', sealed FROM totp", "UPDATE totp SET sealed = ?1 WHERE user_id = ?2" },
	{ SEK_SEALED_HOST, "SELECT 0, host, \"user\", sealed FROM host_secrets", "UPDATE host_secrets SET sealed = ?1 WHERE host = ?2 AND \"user\" = ?3" },
	{ SEK_SEALED_DOCUMENT, "SELECT 0, id, '', key FROM documents", "UPDATE documents SET key = ?1 WHERE id = ?2" },
	{ SEK_SEALED_APPROVAL, "SELECT 0, id, '', sealed FROM approvals WHERE sealed IS NOT NULL", "UPDATE approvals SET sealed = ?1 WHERE id = ?2" },
};

static void forget(struct row *rows)
{
	while (rows) {
		struct row *r = rows;

		rows = r->next;
		free(r->id);
		free(r->user);
		free(r->old);
		free(r->new);
		free(r);
	}
}

static sek_status take_row(struct sek_db_query *q, enum sek_sealed_kind kind, struct row **rows)
{
	size_t n = sek_db_bytes(q, 3);
	const void *sealed = sek_db_blob(q, 3);
	struct row *r;

	if (n == 0 || !sealed)
		return sek_ok();
	if (n > SEK_STORE_RESEAL_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	r = calloc(1, sizeof *r);
	if (!r)
		return sek_fail(SEK_E_NOMEM);
	r->next = *rows;
	*rows = r;
	r->id = strdup(sek_db_text(q, 1) ? sek_db_text(q, 1) : "");
	r->user = strdup(sek_db_text(q, 2) ? sek_db_text(q, 2) : "");
	r->old = malloc(n);
	r->new = malloc(n);
	if (!r->id || !r->user || !r->old || !r->new)
		return sek_fail(SEK_E_NOMEM);
	memcpy(r->old, sealed, n);
	r->what = (struct sek_store_sealed){ kind, sek_db_int(q, 0), r->id, r->user, r->old, n };
	return sek_ok();
}

static sek_status find(struct sek_db *db, size_t table, struct row **rows)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc = SEK_DB_ROW;

	SEK_TRY(sek_db_prepare(db, &q, tables[table].select, ""));
	while (sek_is_ok(status) && (rc = sek_db_step(q)) == SEK_DB_ROW)
		status = take_row(q, tables[table].kind, rows);
	if (rc == SEK_DB_FAILED)
		status = sek_db_status(db);
	sek_db_finish(q);
	return status;
}

static sek_status put(struct sek_db *db, const char *update, const struct row *r)
{
	switch (r->what.kind) {
	case SEK_SEALED_TOTP:
		return sek_db_run(db, update, "bi", (const void *)r->new, r->what.n, r->what.user_id);
	case SEK_SEALED_HOST:
		return sek_db_run(db, update, "btt", (const void *)r->new, r->what.n, r->id, r->user);
	default:
		return sek_db_run(db, update, "bt", (const void *)r->new, r->what.n, r->id);
	}
}

struct reseal {
	sek_store_reseal_fn *fn;
	void *ctx;
	const char *key_name, *fingerprint;
	uint64_t n;
};

static sek_status reseal_all(struct sek_db *db, struct reseal *a)
{
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
		struct row *rows = NULL;
		sek_status status = find(db, t, &rows);

		for (struct row *r = rows; sek_is_ok(status) && r; r = r->next) {
			status = a->fn(a->ctx, &r->what, r->new);
			if (sek_is(status, SEK_E_CRYPTO)) {
				status = sek_ok();
				continue;
			}
			if (sek_is_ok(status))
				status = put(db, tables[t].update, r);
			a->n++;
		}
		forget(rows);
		SEK_TRY(status);
	}
	SEK_TRY(sek_db_run(db, "DELETE FROM recovery", ""));
	return sek_db_run(db, "INSERT INTO keys (name, fingerprint) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET fingerprint = ?2", "tt",
		a->key_name, a->fingerprint);
}

static sek_status write_all(struct sek_store *s, struct reseal *a)
{
	SEK_STORE_WRITE(s, reseal_all(s->db, a));
}

sek_status sek_store_reseal(struct sek_store *s, sek_store_reseal_fn *fn, void *ctx, const char *key_name, const char *fingerprint,
	uint64_t *ret_n)
{
	struct reseal a = { fn, ctx, key_name, fingerprint, 0 };

	SEK_TRY(write_all(s, &a));
	*ret_n = a.n;
	return sek_ok();
}
