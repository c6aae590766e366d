/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of hosts.
 */
#include "broker/hub/store/hosts.h"

#include <string.h>

#include "broker/hub/store/write.h"

static const char *const states[] = { "use", "drain", "gone" };

static sek_status put(sqlite3 *db, const struct sek_store_host *h)
{
	SEK_TRY(sek_store_fits(h->name, sizeof h->name));
	return sek_sqlite_run(db, "INSERT INTO hosts (name, address, port, pool, state) VALUES (?1, ?2, ?3, ?4, ?5)"
		" ON CONFLICT (name) DO UPDATE SET address = ?2, port = ?3, pool = ?4, state = ?5",
		"ttitt", h->name, h->address, (int64_t)h->port, h->pool, states[h->state]);
}

sek_status sek_store_host_put(struct sek_store *s, const struct sek_store_host *h)
{
	SEK_STORE_WRITE(s, put(s->db, h));
}

static sek_status set(sqlite3 *db, const char *name, enum sek_store_host_state state)
{
	SEK_TRY(sek_store_fits(name, sizeof ((struct sek_store_host *)0)->name));
	SEK_TRY(sek_sqlite_run(db, "INSERT INTO hosts (name, state) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET state = ?2",
		"tt", name, states[state]));
	if (state != SEK_HOST_GONE)
		return sek_ok();
	return sek_sqlite_run(db, "UPDATE hosts SET address = '', port = 0, pool = '' WHERE name = ?1", "t", name);
}

sek_status sek_store_host_set(struct sek_store *s, const char *name, enum sek_store_host_state state)
{
	SEK_STORE_WRITE(s, set(s->db, name, state));
}

static void read_row(sqlite3_stmt *q, struct sek_store_host *h)
{
	char state[8];
	size_t i;

	memset(h, 0, sizeof *h);
	sek_sqlite_text(q, 0, h->name, sizeof h->name);
	sek_sqlite_text(q, 1, h->address, sizeof h->address);
	h->port = (uint16_t)sqlite3_column_int64(q, 2);
	sek_sqlite_text(q, 3, h->pool, sizeof h->pool);
	sek_sqlite_text(q, 4, state, sizeof state);
	for (i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(state, states[i]) == 0)
			h->state = (enum sek_store_host_state)i;
}

static sek_status each(sqlite3 *db, void (*fn)(void *ctx, const struct sek_store_host *h), void *ctx)
{
	struct sek_store_host h;
	sqlite3_stmt *q = NULL;
	int step;

	SEK_TRY(sek_sqlite_prepare(db, &q, "SELECT name, address, port, pool, state FROM hosts ORDER BY name", ""));
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		read_row(q, &h);
		fn(ctx, &h);
	}
	sqlite3_finalize(q);
	return step == SQLITE_DONE ? sek_ok() : sek_sqlite_status(db);
}

sek_status sek_store_hosts(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_host *h), void *ctx)
{
	SEK_STORE_READ(s, each(s->db, fn, ctx));
}
