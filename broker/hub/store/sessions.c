/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of running sessions.
 */
#include "broker/hub/store/sessions.h"

#include <string.h>

#include "broker/hub/store/write.h"

enum { OWN_MAX_BYTES = 1048576 };

static sek_status put(struct sek_db *db, const struct sek_store_session *r)
{
	SEK_TRY(sek_store_fits(r->id, sizeof r->id));
	SEK_TRY(sek_store_fits(r->user, sizeof r->user));
	SEK_TRY(sek_store_fits(r->host, sizeof r->host));
	SEK_TRY(sek_store_fits(r->recording, sizeof r->recording));
	SEK_TRY(sek_store_fits(r->own, OWN_MAX_BYTES));
	return sek_db_run(db, "INSERT INTO sessions (id, \"user\", host, lang, width, height, scale, opened_s, started_s, recording, own)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO UPDATE SET \"user\" = ?2, host = ?3, lang = ?4,"
		" width = ?5, height = ?6, scale = ?7, opened_s = ?8, started_s = ?9, recording = ?10, own = ?11",
		"tttiiiiiitt", r->id, r->user, r->host, (int64_t)r->lang, (int64_t)r->width_px, (int64_t)r->height_px,
		(int64_t)r->scale_percent, r->opened_s, r->started_s, r->recording, r->own);
}

sek_status sek_store_session_put(struct sek_store *s, const struct sek_store_session *row)
{
	SEK_STORE_WRITE(s, put(s->db, row));
}

sek_status sek_store_session_delete(struct sek_store *s, const char *id)
{
	SEK_STORE_WRITE(s, sek_db_run(s->db, "DELETE FROM sessions WHERE id = ?1", "t", id));
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
	r->own = own ? own : "";
}

static sek_status each(struct sek_db *db, void (*fn)(void *ctx, const struct sek_store_session *row), void *ctx)
{
	struct sek_store_session r;
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT id, \"user\", host, lang, width, height, scale, opened_s, started_s, recording, own"
		" FROM sessions ORDER BY opened_s, id", ""));
	while ((step = sek_db_step(q)) == SEK_DB_ROW) {
		read_row(q, &r);
		fn(ctx, &r);
	}
	sek_db_finish(q);
	return step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_sessions(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_session *row), void *ctx)
{
	SEK_STORE_READ(s, each(s->db, fn, ctx));
}
