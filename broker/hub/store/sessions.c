/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of sessions: rows, and how they change hands. Must never write a row that another broker holds.
 */
#include "broker/hub/store/sessions.h"

#include <string.h>

#include "broker/hub/store/write.h"

enum { OWN_MAX_BYTES = 1048576 };

#define COLUMNS "id, \"user\", host, lang, width, height, scale, opened_s, started_s, recording, own, broker, generation"

static sek_status put(struct sek_db *db, const struct sek_store_session *r)
{
	int64_t written;
	sek_status status;

	SEK_TRY(sek_store_fits(r->id, sizeof r->id));
	SEK_TRY(sek_store_fits(r->user, sizeof r->user));
	SEK_TRY(sek_store_fits(r->host, sizeof r->host));
	SEK_TRY(sek_store_fits(r->broker, sizeof r->broker));
	SEK_TRY(sek_store_fits(r->recording, sizeof r->recording));
	SEK_TRY(sek_store_fits(r->own, OWN_MAX_BYTES));
	status = sek_db_number(db, &written, "INSERT INTO sessions (" COLUMNS ")"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (id) DO UPDATE SET \"user\" = ?2, host = ?3, lang = ?4,"
		" width = ?5, height = ?6, scale = ?7, opened_s = ?8, started_s = ?9, recording = ?10, own = ?11"
		" WHERE sessions.broker = ?12 AND sessions.generation = ?13 RETURNING generation",
		"tttiiiiiittti", r->id, r->user, r->host, (int64_t)r->lang, (int64_t)r->width_px, (int64_t)r->height_px,
		(int64_t)r->scale_percent, r->opened_s, r->started_s, r->recording, r->own, r->broker, r->generation);
	return sek_is(status, SEK_E_NOT_FOUND) || sek_is(status, SEK_E_EXISTS) ? sek_fail(SEK_E_CONFLICT) : status;
}

sek_status sek_store_session_put(struct sek_store *s, const struct sek_store_session *row)
{
	SEK_STORE_WRITE(s, put(s->db, row));
}

/* Of two transactions that write one waits for the other: both cannot count the same last place as free. */
static sek_status place(struct sek_db *db, const struct sek_store_session *r, uint32_t room)
{
	int64_t n = 0;

	if (room > 0)
		SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM sessions WHERE host = ?1 AND id <> ?2", "tt", r->host, r->id));
	return room > 0 && n >= (int64_t)room ? sek_fail(SEK_E_LIMIT) : put(db, r);
}

sek_status sek_store_session_place(struct sek_store *s, const struct sek_store_session *row, uint32_t room)
{
	SEK_STORE_WRITE(s, place(s->db, row, room));
}

sek_status sek_store_session_delete(struct sek_store *s, const char *id, const char *broker, int64_t generation)
{
	SEK_STORE_WRITE(s, sek_db_run(s->db, "DELETE FROM sessions WHERE id = ?1 AND broker = ?2 AND generation = ?3", "tti", id,
		broker, generation));
}

static void read_row(struct sek_db_query *q, struct sek_store_session *r)
{
	const char *own = sek_db_text(q, 10);

	memset(r, 0, sizeof *r);
	sek_db_copy(q, 0, r->id, sizeof r->id);
	sek_db_copy(q, 1, r->user, sizeof r->user);
	sek_db_copy(q, 2, r->host, sizeof r->host);
	r->lang = (uint8_t)sek_db_int(q, 3);
	r->width_px = (uint16_t)sek_db_int(q, 4);
	r->height_px = (uint16_t)sek_db_int(q, 5);
	r->scale_percent = (uint16_t)sek_db_int(q, 6);
	r->opened_s = sek_db_int(q, 7);
	r->started_s = sek_db_int(q, 8);
	sek_db_copy(q, 9, r->recording, sizeof r->recording);
	sek_db_copy(q, 11, r->broker, sizeof r->broker);
	r->generation = sek_db_int(q, 12);
	r->own = own ? own : "";
}

static sek_status each(struct sek_db *db, const char *broker, void (*fn)(void *ctx, const struct sek_store_session *row), void *ctx)
{
	struct sek_store_session r;
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM sessions WHERE ?1 = 0 OR broker = ?2 ORDER BY opened_s, id", "it",
		(int64_t)(broker != NULL), broker ? broker : ""));
	while ((step = sek_db_step(q)) == SEK_DB_ROW) {
		read_row(q, &r);
		fn(ctx, &r);
	}
	sek_db_finish(q);
	return step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_sessions(struct sek_store *s, const char *broker, void (*fn)(void *ctx, const struct sek_store_session *row),
	void *ctx)
{
	SEK_STORE_READ(s, each(s->db, broker, fn, ctx));
}

/* --- changing hands --- */

/* What stands there for a user or with an id; own is not read. */
static sek_status find(struct sek_db *db, const char *user, struct sek_store_session *ret, bool *ret_found)
{
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM sessions WHERE \"user\" = ?1", "t", user));
	step = sek_db_step(q);
	*ret_found = step == SEK_DB_ROW;
	if (*ret_found)
		read_row(q, ret);
	ret->own = "";
	sek_db_finish(q);
	return step == SEK_DB_ROW || step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

static sek_status take(struct sek_db *db, const char *id, const char *from, int64_t generation, const char *broker)
{
	int64_t now;
	sek_status status = sek_db_number(db, &now, "UPDATE sessions SET broker = ?4, generation = ?3 + 1 WHERE id = ?1 AND broker = ?2"
		" AND generation = ?3 RETURNING generation", "ttit", id, from, generation, broker);

	return sek_is(status, SEK_E_NOT_FOUND) ? sek_fail(SEK_E_CONFLICT) : status;
}

/* Whoever held it has something to let go of. */
static sek_status tell(struct sek_db *db, const struct sek_store_session *r)
{
	return sek_db_run(db, "INSERT INTO orders (broker, ask, session, generation, words) VALUES (?1, 0, ?2, ?3, '')", "tti", r->broker,
		r->id, r->generation);
}

static sek_status make_way(struct sek_db *db, const struct sek_store_session *r, const char *broker)
{
	int64_t gone;
	sek_status status = sek_db_number(db, &gone, "DELETE FROM sessions WHERE id = ?1 AND broker = ?2 AND generation = ?3"
		" RETURNING generation", "tti", r->id, r->broker, r->generation);

	if (sek_is(status, SEK_E_NOT_FOUND))
		return sek_fail(SEK_E_CONFLICT);
	SEK_TRY(status);
	return strcmp(r->broker, broker) == 0 ? sek_ok() : tell(db, r);
}

static sek_status fresh_row(struct sek_db *db, const char *broker, const char *user, const char *id, int64_t now_s)
{
	sek_status status = sek_db_run(db, "INSERT INTO sessions (" COLUMNS ")"
		" VALUES (?1, ?2, '', 0, 0, 0, 0, ?3, 0, '', '', ?4, 1)", "ttit", id, user, now_s, broker);

	return sek_is(status, SEK_E_EXISTS) ? sek_fail(SEK_E_CONFLICT) : status;
}

static sek_status give(struct sek_db *db, const char *user, const char *from,
	void (*fn)(void *ctx, const struct sek_store_session *row, const char *from), void *ctx)
{
	struct sek_store_session r;
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM sessions WHERE \"user\" = ?1", "t", user));
	step = sek_db_step(q);
	if (step == SEK_DB_ROW) {
		read_row(q, &r);
		fn(ctx, &r, from);
	}
	sek_db_finish(q);
	return step == SEK_DB_ROW ? sek_ok() : step == SEK_DB_DONE ? sek_fail(SEK_E_CONFLICT) : sek_db_status(db);
}

struct claim {
	const char *broker, *user, *have, *fresh;
	int64_t now_s;
};

static sek_status claim(struct sek_db *db, const struct claim *c, enum sek_store_claim *ret,
	void (*fn)(void *ctx, const struct sek_store_session *row, const char *from), void *ctx)
{
	struct sek_store_session r = { .generation = 0 };
	bool found, mine;

	SEK_TRY(sek_store_fits(c->user, sizeof r.user));
	SEK_TRY(sek_store_fits(c->broker, sizeof r.broker));
	SEK_TRY(find(db, c->user, &r, &found));
	mine = found && strcmp(r.broker, c->broker) == 0;
	if (mine && *c->have && strcmp(r.id, c->have) == 0) {
		*ret = SEK_CLAIM_MINE;
		return give(db, c->user, "", fn, ctx);
	}
	if (found && !mine && r.host[0]) {
		SEK_TRY(take(db, r.id, r.broker, r.generation, c->broker));
		SEK_TRY(tell(db, &r));
		*ret = SEK_CLAIM_TAKEN;
		return give(db, c->user, r.broker, fn, ctx);
	}
	if (!*c->fresh) {
		*ret = SEK_CLAIM_NONE;
		return sek_ok();
	}
	if (found)
		SEK_TRY(make_way(db, &r, c->broker));
	SEK_TRY(fresh_row(db, c->broker, c->user, c->fresh, c->now_s));
	*ret = SEK_CLAIM_NEW;
	return give(db, c->user, "", fn, ctx);
}

sek_status sek_store_session_claim(struct sek_store *s, const char *broker, const char *user, const char *have, const char *fresh,
	int64_t now_s, enum sek_store_claim *ret, void (*fn)(void *ctx, const struct sek_store_session *row, const char *from), void *ctx)
{
	const struct claim c = { broker, user, have, fresh, now_s };

	SEK_STORE_WRITE(s, claim(s->db, &c, ret, fn, ctx));
}

sek_status sek_store_session_take(struct sek_store *s, const char *id, const char *from, int64_t generation, const char *broker)
{
	SEK_STORE_WRITE(s, take(s->db, id, from, generation, broker));
}

static sek_status held(struct sek_db *db, const char *id, const char *broker, int64_t generation, bool *ret)
{
	int64_t n = 0;

	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM sessions WHERE id = ?1 AND broker = ?2 AND generation = ?3", "tti", id, broker,
		generation));
	*ret = n > 0;
	return sek_ok();
}

sek_status sek_store_session_held(struct sek_store *s, const char *id, const char *broker, int64_t generation, bool *ret)
{
	SEK_STORE_READ(s, held(s->db, id, broker, generation, ret));
}
