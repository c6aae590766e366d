/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of hosts.
 */
#include "broker/hub/store/hosts.h"

#include <string.h>

#include "broker/hub/store/write.h"

static const char *const states[] = { "use", "drain", "gone" };

static sek_status put(struct sek_db *db, const struct sek_store_host *h)
{
	SEK_TRY(sek_store_fits(h->name, sizeof h->name));
	return sek_db_run(db, "INSERT INTO hosts (name, address, port, pool, state, kind, insecure, trust, places)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (name) DO UPDATE SET address = ?2, port = ?3, pool = ?4, state = ?5,"
		" kind = ?6, insecure = ?7, trust = ?8, places = ?9, force_s = 0",
		"ttitttiti", h->name, h->address, (int64_t)h->port, h->pool, states[h->state], h->kind, (int64_t)h->insecure, h->trust,
		(int64_t)h->places);
}

sek_status sek_store_host_put(struct sek_store *s, const struct sek_store_host *h)
{
	SEK_STORE_WRITE(s, put(s->db, h));
}

static sek_status set(struct sek_db *db, const char *name, enum sek_store_host_state state, int64_t force_s)
{
	SEK_TRY(sek_store_fits(name, sizeof ((struct sek_store_host *)0)->name));
	SEK_TRY(sek_db_run(db, "INSERT INTO hosts (name, state, force_s) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET state = ?2, force_s = ?3",
		"tti", name, states[state], force_s));
	if (state != SEK_HOST_GONE)
		return sek_ok();
	SEK_TRY(sek_db_run(db, "DELETE FROM host_secrets WHERE host = ?1", "t", name));
	return sek_db_run(db, "UPDATE hosts SET address = '', port = 0, pool = '', kind = 'sekisho', insecure = 0, trust = '',"
		" places = 0 WHERE name = ?1", "t", name);
}

sek_status sek_store_host_set(struct sek_store *s, const char *name, enum sek_store_host_state state, int64_t force_s)
{
	SEK_STORE_WRITE(s, set(s->db, name, state, force_s));
}

static void read_row(struct sek_db_query *q, struct sek_store_host *h)
{
	char state[8];
	size_t i;

	memset(h, 0, sizeof *h);
	sek_db_copy(q, 0, h->name, sizeof h->name);
	sek_db_copy(q, 1, h->address, sizeof h->address);
	h->port = (uint16_t)sek_db_int(q, 2);
	sek_db_copy(q, 3, h->pool, sizeof h->pool);
	sek_db_copy(q, 4, state, sizeof state);
	for (i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(state, states[i]) == 0)
			h->state = (enum sek_store_host_state)i;
	sek_db_copy(q, 5, h->kind, sizeof h->kind);
	h->insecure = sek_db_int(q, 6) != 0;
	sek_db_copy(q, 7, h->trust, sizeof h->trust);
	h->places = (uint16_t)sek_db_int(q, 8);
	h->force_s = sek_db_int(q, 9);
}

static sek_status each(struct sek_db *db, void (*fn)(void *ctx, const struct sek_store_host *h), void *ctx)
{
	struct sek_store_host h;
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT name, address, port, pool, state, kind, insecure, trust, places, force_s FROM hosts"
		" ORDER BY name", ""));
	while ((step = sek_db_step(q)) == SEK_DB_ROW) {
		read_row(q, &h);
		fn(ctx, &h);
	}
	sek_db_finish(q);
	return step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_hosts(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_host *h), void *ctx)
{
	SEK_STORE_READ(s, each(s->db, fn, ctx));
}

static sek_status secret_put(struct sek_db *db, const char *host, const char *user, const uint8_t *sealed, size_t n)
{
	if (n > SEK_STORE_SECRET_BYTES)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_store_fits(host, sizeof ((struct sek_store_host *)0)->name));
	SEK_TRY(sek_store_fits(user, SEK_STORE_NAME_BYTES));
	SEK_TRY(sek_db_run(db, "DELETE FROM host_secrets WHERE host = ?1 AND \"user\" = ?2", "tt", host, user));
	return n == 0 ? sek_ok() : sek_db_run(db, "INSERT INTO host_secrets (host, \"user\", sealed) VALUES (?1, ?2, ?3)", "ttb", host, user,
		sealed, n);
}

sek_status sek_store_host_secret_put(struct sek_store *s, const char *host, const char *user, const uint8_t *sealed, size_t n)
{
	SEK_STORE_WRITE(s, secret_put(s->db, host, user, sealed, n));
}

static sek_status secret_get(struct sek_db *db, const char *host, const char *user, uint8_t *ret, size_t *ret_n, bool *ret_own)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	size_t n;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT sealed, \"user\" <> '' FROM host_secrets WHERE host = ?1 AND \"user\" IN ('', ?2)"
		" ORDER BY \"user\" DESC LIMIT 1", "tt", host, user));
	rc = sek_db_step(q);
	n = rc == SEK_DB_ROW ? sek_db_bytes(q, 0) : 0;
	if (rc != SEK_DB_ROW) {
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	} else if (n < 1 || n > SEK_STORE_SECRET_BYTES) {
		status = sek_fail(SEK_E_STORE);
	} else {
		memcpy(ret, sek_db_blob(q, 0), n);
		*ret_n = n;
		*ret_own = sek_db_int(q, 1) != 0;
	}
	sek_db_finish(q);
	return status;
}

sek_status sek_store_host_secret_get(struct sek_store *s, const char *host, const char *user, uint8_t ret[SEK_STORE_SECRET_BYTES],
	size_t *ret_n, bool *ret_own)
{
	SEK_STORE_READ(s, secret_get(s->db, host, user, ret, ret_n, ret_own));
}
