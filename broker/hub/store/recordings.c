/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue of recordings. Must never lose the row of a recording that was purged, nor purge one that is on hold.
 */
#include "broker/hub/store/recordings.h"

#include <string.h>

#include "broker/hub/store/write.h"

#define COLUMNS \
	"SELECT r.id, r.session, r.user, r.host, r.groups, r.began_us, r.length_us, r.bytes, r.blocks, r.marks, r.ended, r.required," \
	" r.days, r.hold, r.hold_why, r.purged_s, r.purged_by, r.hash," \
	" (SELECT count(*) FROM notes n WHERE n.recording = r.id), r.broker FROM recordings r "

/* In the store each group has a newline before and behind it, so that one is found by its whole name. */
static void read_groups(struct sek_db_query *q, char *ret, size_t size)
{
	size_t n;

	sek_db_copy(q, 4, ret, size);
	n = strlen(ret);
	if (n > 0 && ret[0] == '\n')
		memmove(ret, ret + 1, n--);
	if (n > 0 && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
}

static void read_row(struct sek_db_query *q, struct sek_store_recording *r)
{
	const void *hash;

	memset(r, 0, sizeof *r);
	sek_db_copy(q, 0, r->id, sizeof r->id);
	sek_db_copy(q, 1, r->session, sizeof r->session);
	sek_db_copy(q, 2, r->user, sizeof r->user);
	sek_db_copy(q, 3, r->host, sizeof r->host);
	read_groups(q, r->groups, sizeof r->groups);
	r->began_us = sek_db_int(q, 5);
	r->length_us = sek_db_int(q, 6);
	r->bytes = sek_db_int(q, 7);
	r->blocks = sek_db_int(q, 8);
	r->marks = (uint32_t)sek_db_int(q, 9);
	sek_db_copy(q, 10, r->ended, sizeof r->ended);
	r->required = sek_db_int(q, 11) != 0;
	r->days = sek_db_int(q, 12);
	r->hold = sek_db_int(q, 13) != 0;
	sek_db_copy(q, 14, r->hold_why, sizeof r->hold_why);
	r->purged_s = sek_db_int(q, 15);
	sek_db_copy(q, 16, r->purged_by, sizeof r->purged_by);
	hash = sek_db_blob(q, 17);
	if (hash && sek_db_bytes(q, 17) == sizeof r->hash)
		memcpy(r->hash, hash, sizeof r->hash);
	r->notes = sek_db_int(q, 18);
	sek_db_copy(q, 19, r->broker, sizeof r->broker);
}

static sek_status each(struct sek_db *db, struct sek_db_query *q, void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx)
{
	struct sek_store_recording r;
	int rc;

	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_row(q, &r);
		fn(ctx, &r);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

static sek_status find(struct sek_db *db, const char *id, struct sek_store_recording *ret)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, COLUMNS "WHERE r.id = ?1", "t", id));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_row(q, ret);
	else
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	sek_db_finish(q);
	return status;
}

sek_status sek_store_recording_find(struct sek_store *s, const char *id, struct sek_store_recording *ret)
{
	SEK_STORE_READ(s, find(s->db, id, ret));
}

/* --- beginning and end --- */

static sek_status begin(struct sek_db *db, const struct sek_store_recording *r)
{
	static const uint8_t nothing[32];

	return sek_db_run(db, "INSERT INTO recordings (id, session, \"user\", host, groups, began_us, marks, required, days, hash, broker)"
		" VALUES (?1, ?2, ?3, ?4, coalesce((SELECT '\n' || group_concat(x.name, '\n') || '\n' FROM (SELECT g.name"
		" FROM groups g JOIN members m ON m.group_id = g.id JOIN users u ON u.id = m.user_id WHERE u.name = ?3"
		" ORDER BY g.name) x), ''), ?5, ?6, ?7, ?8, ?9, ?10)", "ttttiiiibt", r->id, r->session, r->user, r->host,
		r->began_us, (int64_t)r->marks, (int64_t)r->required, r->days, (const void *)nothing, sizeof nothing, r->broker);
}

sek_status sek_store_recording_begin(struct sek_store *s, const struct sek_store_recording *r)
{
	SEK_STORE_WRITE(s, begin(s->db, r));
}

static sek_status end(struct sek_db *db, const struct sek_store_recording *r)
{
	int64_t n = 0;

	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM recordings WHERE id = ?1", "t", r->id));
	if (n == 0)
		SEK_TRY(begin(db, r));
	return sek_db_run(db, "UPDATE recordings SET length_us = ?2, bytes = ?3, blocks = ?4, marks = marks | ?5,"
		" ended = CASE ended WHEN '' THEN ?6 ELSE ended END, hash = ?7, host = CASE host WHEN '' THEN ?8 ELSE host END"
		" WHERE id = ?1", "tiiiitbt", r->id, r->length_us, r->bytes, r->blocks, (int64_t)r->marks,
		r->ended[0] ? r->ended : "unfinished", (const void *)r->hash, sizeof r->hash, r->host);
}

sek_status sek_store_recording_end(struct sek_store *s, const struct sek_store_recording *r)
{
	SEK_STORE_WRITE(s, end(s->db, r));
}

/* --- lists --- */

/* Each condition that is not asked for folds away before the table is read. */
#define MATCHES \
	"(?1 = '' OR instr(r.user, lower(?1)) > 0 OR instr(r.groups, lower(?1)) > 0 OR instr(r.host, lower(?1)) > 0" \
	" OR substr(r.id, 1, length(?1)) = lower(?1) OR substr(r.session, 1, length(?1)) = lower(?1)" \
	" OR EXISTS (SELECT 1 FROM notes n WHERE n.recording = r.id AND instr(lower(n.text), lower(?1)) > 0))" \
	" AND (?2 = '' OR r.user = ?2) AND (?3 = '' OR instr(r.groups, '\n' || ?3 || '\n') > 0)" \
	" AND (?4 = '' OR r.host = ?4)" \
	" AND (?5 = 0 OR r.began_us + r.length_us >= ?5 OR r.ended = '') AND (?6 = 0 OR r.began_us <= ?6)" \
	" AND (?7 = 0 OR r.length_us >= ?7) AND (?8 = 0 OR r.length_us <= ?8)" \
	" AND r.marks & ?9 = ?9 AND (?10 = '' OR r.ended = CASE ?10 WHEN 'running' THEN '' ELSE ?10 END)" \
	" AND (?11 = 0 OR r.hold = 1) AND (?12 = 0 OR EXISTS (SELECT 1 FROM notes n WHERE n.recording = r.id))" \
	" AND (?13 = 1 OR r.purged_s = 0)"
#define MATCH_TYPES "ttttiiiiitiii"
#define OR_EMPTY(text) ((text) ? (text) : "")
#define MATCH_VALUES(q) \
	OR_EMPTY((q)->search), OR_EMPTY((q)->user), OR_EMPTY((q)->group), OR_EMPTY((q)->host), (q)->from_us, (q)->to_us, \
	(q)->least_us, (q)->most_us, (int64_t)(q)->marks, OR_EMPTY((q)->ended), (int64_t)(q)->hold_only, (int64_t)(q)->noted_only, \
	(int64_t)(q)->purged

static sek_status page(struct sek_db *db, const struct sek_store_recordings_query *p,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx, uint64_t *ret_total)
{
	struct sek_db_query *q = NULL;
	int64_t total = 0;

	if (p->limit < 1 || p->limit > SEK_STORE_PAGE_MAX)
		return sek_fail(SEK_E_LIMIT);
	if (ret_total)
		SEK_TRY(sek_db_number(db, &total, "SELECT count(*) FROM recordings r WHERE " MATCHES, MATCH_TYPES,
			MATCH_VALUES(p)));
	SEK_TRY(sek_db_prepare(db, &q, COLUMNS "WHERE (?14 = 0 OR (r.began_us, r.id) < (?14, ?15)) AND " MATCHES
		" ORDER BY r.began_us DESC, r.id DESC LIMIT ?16", MATCH_TYPES "iti", MATCH_VALUES(p), p->before_us,
		OR_EMPTY(p->before_id), (int64_t)p->limit));
	SEK_TRY(each(db, q, fn, ctx));
	if (ret_total)
		*ret_total = (uint64_t)total;
	return sek_ok();
}

sek_status sek_store_recordings_page(struct sek_store *s, const struct sek_store_recordings_query *q,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx, uint64_t *ret_total)
{
	SEK_STORE_READ(s, page(s->db, q, fn, ctx, ret_total));
}

#define OF_BROKER "(r.broker = '' OR r.broker = ?1 OR ?1 = '')"

static sek_status due(struct sek_db *db, const char *broker, int64_t now_s, unsigned limit, void (*fn)(void *ctx, const struct sek_store_recording *r),
	void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, COLUMNS "WHERE r.purged_s = 0 AND r.hold = 0 AND r.ended <> '' AND r.days > 0"
		" AND (r.began_us + r.length_us) / 1000000 + r.days * 86400 <= ?2 AND " OF_BROKER " ORDER BY r.began_us LIMIT ?3", "tii",
		broker ? broker : "", now_s, (int64_t)limit));
	return each(db, q, fn, ctx);
}

sek_status sek_store_recordings_due(struct sek_store *s, const char *broker, int64_t now_s, unsigned limit,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx)
{
	SEK_STORE_READ(s, due(s->db, broker, now_s, limit, fn, ctx));
}

static sek_status running(struct sek_db *db, const char *broker, void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, COLUMNS "WHERE r.ended = '' AND r.purged_s = 0 AND " OF_BROKER " ORDER BY r.began_us", "t",
		broker ? broker : ""));
	return each(db, q, fn, ctx);
}

static sek_status parts(struct sek_db *db, const char *session, void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, COLUMNS "WHERE r.session = ?1 ORDER BY r.began_us, r.id", "t", session));
	return each(db, q, fn, ctx);
}

sek_status sek_store_recordings_parts(struct sek_store *s, const char *session,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx)
{
	SEK_STORE_READ(s, parts(s->db, session, fn, ctx));
}

sek_status sek_store_recordings_running(struct sek_store *s, const char *broker, void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx)
{
	SEK_STORE_READ(s, running(s->db, broker, fn, ctx));
}

/* --- what people decide --- */

static sek_status hold(struct sek_db *db, const char *id, bool on, const struct sek_store_actor *by)
{
	struct sek_store_recording r;

	SEK_TRY(sek_store_check_actor(by));
	SEK_TRY(find(db, id, &r));
	if (r.purged_s || r.hold == on)
		return sek_fail(SEK_E_CONFLICT);
	SEK_TRY(sek_db_run(db, "UPDATE recordings SET hold = ?2, hold_why = ?3 WHERE id = ?1", "tit", id, (int64_t)on,
		on ? by->why : ""));
	return sek_store_record(db, "recording", 0, id, "hold", on ? "false" : "true", on ? "true" : "false", by, NULL);
}

sek_status sek_store_recording_hold(struct sek_store *s, const char *id, bool on, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, hold(s->db, id, on, by));
}

static sek_status purge(struct sek_db *db, const char *id, const struct sek_store_actor *by)
{
	struct sek_store_recording r;

	SEK_TRY(sek_store_check_actor(by));
	SEK_TRY(find(db, id, &r));
	if (r.hold)
		return sek_fail(SEK_E_DENIED);
	if (r.purged_s || !r.ended[0])
		return sek_fail(SEK_E_CONFLICT);
	SEK_TRY(sek_db_run(db, "UPDATE recordings SET purged_s = ?2, purged_by = ?3 WHERE id = ?1", "tit", id, by->now_s,
		by->who));
	return sek_store_record(db, "recording", 0, id, "exists", "true", "false", by, NULL);
}

sek_status sek_store_recording_purge(struct sek_store *s, const char *id, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, purge(s->db, id, by));
}

static sek_status sum(struct sek_db *db, int64_t now_s, struct sek_store_recording_sums *ret)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT count(*) FILTER (WHERE purged_s = 0),"
		" coalesce(sum(bytes) FILTER (WHERE purged_s = 0), 0),"
		" coalesce(sum(bytes) FILTER (WHERE began_us > (?1 - 86400) * 1000000), 0),"
		" coalesce(sum(bytes) FILTER (WHERE began_us > (?1 - 604800) * 1000000), 0),"
		" coalesce(min(began_us) FILTER (WHERE purged_s = 0), 0), count(*) FILTER (WHERE hold = 1),"
		" count(*) FILTER (WHERE purged_s <> 0) FROM recordings", "i", now_s));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		*ret = (struct sek_store_recording_sums){ sek_db_int(q, 0), sek_db_int(q, 1),
			sek_db_int(q, 2), sek_db_int(q, 3), sek_db_int(q, 4), sek_db_int(q, 5),
			sek_db_int(q, 6) };
	else
		status = sek_db_status(db);
	sek_db_finish(q);
	return status;
}

sek_status sek_store_recordings_sum(struct sek_store *s, int64_t now_s, struct sek_store_recording_sums *ret)
{
	SEK_STORE_READ(s, sum(s->db, now_s, ret));
}

/* --- notes --- */

static sek_status note_add(struct sek_db *db, const char *recording, int64_t at_us, bool flag, const struct sek_store_actor *by,
	int64_t *ret_id)
{
	int64_t n = 0;

	if (!by->why[strspn(by->why, " \t\r\n")])
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_store_fits(by->why, SEK_STORE_NOTE_BYTES));
	SEK_TRY(sek_db_number(db, &n, "SELECT 1 FROM recordings WHERE id = ?1", "t", recording));
	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM notes WHERE recording = ?1", "t", recording));
	if (n >= SEK_STORE_NOTES_MAX)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_db_number(db, &n, "INSERT INTO notes (recording, at_us, flag, who, when_s, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" RETURNING id", "tiitit", recording, at_us, (int64_t)flag, by->who, by->now_s, by->why));
	if (ret_id)
		*ret_id = n;
	return sek_ok();
}

sek_status sek_store_note_add(struct sek_store *s, const char *recording, int64_t at_us, bool flag,
	const struct sek_store_actor *by, int64_t *ret_id)
{
	SEK_STORE_WRITE(s, note_add(s->db, recording, at_us, flag, by, ret_id));
}

static sek_status note_remove(struct sek_db *db, const char *recording, int64_t id, const char *who)
{
	int64_t own = 0;

	SEK_TRY(sek_db_number(db, &own, "SELECT who = ?3 FROM notes WHERE id = ?1 AND recording = ?2", "itt", id, recording, who));
	if (!own)
		return sek_fail(SEK_E_DENIED);
	return sek_db_run(db, "DELETE FROM notes WHERE id = ?1", "i", id);
}

sek_status sek_store_note_remove(struct sek_store *s, const char *recording, int64_t id, const char *who)
{
	SEK_STORE_WRITE(s, note_remove(s->db, recording, id, who));
}

static sek_status notes_each(struct sek_db *db, const char *recording, void (*fn)(void *ctx, const struct sek_store_note *n), void *ctx)
{
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT id, at_us, flag, who, text, when_s FROM notes WHERE recording = ?1"
		" ORDER BY at_us, id", "t", recording));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		struct sek_store_note n = {
			.id = sek_db_int(q, 0), .at_us = sek_db_int(q, 1), .flag = sek_db_int(q, 2) != 0,
			.who = sek_db_text(q, 3), .text = sek_db_text(q, 4),
			.when_s = sek_db_int(q, 5),
		};

		if (n.who && n.text)
			fn(ctx, &n);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_notes_each(struct sek_store *s, const char *recording,
	void (*fn)(void *ctx, const struct sek_store_note *n), void *ctx)
{
	SEK_STORE_READ(s, notes_each(s->db, recording, fn, ctx));
}
