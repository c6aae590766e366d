/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Things of one use, and buckets of tries. Must never let two users of one thing both have it.
 */
#include "broker/hub/store/once.h"

#include <string.h>

#include "broker/hub/store/write.h"

#define KEY(key) (key), (size_t)SEK_STORE_ONCE_KEY_BYTES

static const char *word(enum sek_once_kind kind)
{
	return kind == SEK_ONCE_STREAM ? "stream" : "ticket";
}

static sek_status put(struct sek_db *db, const struct sek_store_once *o, unsigned most)
{
	if (o->what_n > sizeof o->what)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_db_run(db, "DELETE FROM once WHERE until_ms <= ?1", "i", o->made_ms));
	SEK_TRY(sek_db_run(db, "INSERT INTO once (key, kind, owner, address, what, tries, made_ms, until_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", "btttbiii", KEY(o->key), word(o->kind), o->owner, o->address, o->what, o->what_n,
		o->tries, o->made_ms, o->until_ms));
	return sek_db_run(db, "DELETE FROM once WHERE kind = ?1 AND owner = ?2 AND key NOT IN (SELECT key FROM once WHERE kind = ?1"
		" AND owner = ?2 ORDER BY made_ms DESC, key LIMIT ?3) AND key <> ?4", "ttib", word(o->kind), o->owner, (int64_t)most, KEY(o->key));
}

sek_status sek_store_once_put(struct sek_store *s, const struct sek_store_once *o, unsigned most)
{
	SEK_STORE_WRITE(s, put(s->db, o, most));
}

static sek_status get(struct sek_db *db, enum sek_once_kind kind, const uint8_t *key, struct sek_store_once *ret)
{
	struct sek_store_once o = { .kind = kind };
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT owner, address, what, tries, made_ms, until_ms FROM once WHERE kind = ?1 AND key = ?2", "tb",
		word(kind), KEY(key)));
	rc = sek_db_step(q);
	if (rc != SEK_DB_ROW) {
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	} else if (sek_db_bytes(q, 2) > sizeof o.what) {
		status = sek_fail(SEK_E_STORE);
	} else {
		memcpy(o.key, key, sizeof o.key);
		sek_db_copy(q, 0, o.owner, sizeof o.owner);
		sek_db_copy(q, 1, o.address, sizeof o.address);
		o.what_n = sek_db_bytes(q, 2);
		if (o.what_n > 0)
			memcpy(o.what, sek_db_blob(q, 2), o.what_n);
		o.tries = sek_db_int(q, 3);
		o.made_ms = sek_db_int(q, 4);
		o.until_ms = sek_db_int(q, 5);
		*ret = o;
	}
	sek_db_finish(q);
	return status;
}

static sek_status drop(struct sek_db *db, enum sek_once_kind kind, const uint8_t *key)
{
	return sek_db_run(db, "DELETE FROM once WHERE kind = ?1 AND key = ?2", "tb", word(kind), KEY(key));
}

static sek_status claim(struct sek_db *db, enum sek_once_kind kind, const uint8_t *key, struct sek_store_once *ret)
{
	SEK_TRY(get(db, kind, key, ret));
	SEK_TRY(drop(db, kind, key));
	return sek_db_changes(db) == 1 ? sek_ok() : sek_fail(SEK_E_NOT_FOUND);
}

sek_status sek_store_once_claim(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES],
	struct sek_store_once *ret)
{
	SEK_STORE_WRITE(s, claim(s->db, kind, key, ret));
}

static sek_status try(struct sek_db *db, enum sek_once_kind kind, const uint8_t *key, const char *address, int64_t now_ms,
	struct sek_store_once *ret)
{
	SEK_TRY(sek_db_run(db, "UPDATE once SET tries = tries - 1 WHERE kind = ?1 AND key = ?2 AND address = ?3 AND tries > 0 AND until_ms > ?4",
		"tbti", word(kind), KEY(key), address, now_ms));
	return sek_db_changes(db) == 1 ? get(db, kind, key, ret) : sek_fail(SEK_E_NOT_FOUND);
}

sek_status sek_store_once_try(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES], const char *address,
	int64_t now_ms, struct sek_store_once *ret)
{
	SEK_STORE_WRITE(s, try(s->db, kind, key, address, now_ms, ret));
}

sek_status sek_store_once_untry(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES])
{
	SEK_STORE_WRITE(s, sek_db_run(s->db, "UPDATE once SET tries = tries + 1 WHERE kind = ?1 AND key = ?2", "tb", word(kind), KEY(key)));
}

sek_status sek_store_once_drop(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES])
{
	SEK_STORE_WRITE(s, drop(s->db, kind, key));
}

/* --- buckets --- */

static sek_status buckets(struct sek_db *db, const uint8_t (*keys)[SEK_STORE_ONCE_KEY_BYTES], size_t n, int64_t now_ms,
	void (*fn)(void *ctx, int64_t *full_ms), void *ctx)
{
	int64_t before[SEK_STORE_BUCKETS_MAX] = { 0 }, after[SEK_STORE_BUCKETS_MAX];
	sek_status status;
	size_t i;

	if (n > SEK_STORE_BUCKETS_MAX)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_db_run(db, "DELETE FROM buckets WHERE full_ms <= ?1", "i", now_ms));
	for (i = 0; i < n; i++) {
		status = sek_db_number(db, &before[i], "SELECT full_ms FROM buckets WHERE key = ?1", "b", KEY(keys[i]));
		if (!sek_is_ok(status) && !sek_is(status, SEK_E_NOT_FOUND))
			return status;
	}
	memcpy(after, before, sizeof after);
	fn(ctx, after);
	for (i = 0; i < n; i++)
		if (after[i] != before[i])
			SEK_TRY(sek_db_run(db, "INSERT INTO buckets (key, full_ms) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET full_ms = ?2", "bi",
				KEY(keys[i]), after[i]));
	return sek_ok();
}

sek_status sek_store_buckets(struct sek_store *s, const uint8_t (*keys)[SEK_STORE_ONCE_KEY_BYTES], size_t n, int64_t now_ms,
	void (*fn)(void *ctx, int64_t *full_ms), void *ctx)
{
	SEK_STORE_WRITE(s, buckets(s->db, keys, n, now_ms, fn, ctx));
}

static sek_status known_of(struct sek_db *db, const char *user, int64_t since_s, void (*fn)(void *ctx, const char *address), void *ctx)
{
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT address FROM known WHERE user_id = (SELECT id FROM users WHERE name = ?1) AND seen_s >= ?2", "ti",
		user, since_s));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW)
		fn(ctx, sek_db_text(q, 0) ? sek_db_text(q, 0) : "");
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_known_of(struct sek_store *s, const char *user, int64_t since_s, void (*fn)(void *ctx, const char *address), void *ctx)
{
	SEK_STORE_READ(s, known_of(s->db, user, since_s, fn, ctx));
}
