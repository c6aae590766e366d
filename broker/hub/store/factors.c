/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Second factors, certificates, consent. Must never let one code or one time step be used twice.
 */
#include "broker/hub/store/factors.h"

#include <stdio.h>
#include <string.h>

#include "broker/hub/store/write.h"

static sek_status user_by_id(struct sek_db *db, int64_t id)
{
	int64_t there = 0;

	return sek_db_number(db, &there, "SELECT 1 FROM users WHERE id = ?1", "i", id);
}

static sek_status totp_get(struct sek_db *db, int64_t id, struct sek_store_totp *ret)
{
	struct sek_store_totp t = { .sealed_n = 0 };
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	size_t n;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT sealed, step, created_s, (SELECT count(*) FROM recovery r"
		" WHERE r.user_id = totp.user_id) FROM totp WHERE user_id = ?1 AND confirmed = 1", "i", id));
	rc = sek_db_step(q);
	n = rc == SEK_DB_ROW ? sek_db_bytes(q, 0) : 0;
	if (rc != SEK_DB_ROW) {
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	} else if (n < 1 || n > SEK_STORE_SEALED_BYTES) {
		status = sek_fail(SEK_E_STORE);
	} else {
		memcpy(t.sealed, sek_db_blob(q, 0), n);
		t.sealed_n = n;
		t.step = sek_db_int(q, 1);
		t.created_s = sek_db_int(q, 2);
		t.recovery = (unsigned)sek_db_int(q, 3);
		*ret = t;
	}
	sek_db_finish(q);
	return status;
}

sek_status sek_store_totp_get(struct sek_store *s, int64_t user_id, struct sek_store_totp *ret)
{
	SEK_STORE_READ(s, totp_get(s->db, user_id, ret));
}

static sek_status totp_enrol(struct sek_db *db, int64_t id, const uint8_t *sealed, size_t sealed_n, int64_t step,
	const char *const *hashes, size_t n, int64_t now_s)
{
	size_t i;

	if (n > SEK_STORE_RECOVERY_MAX || sealed_n == 0 || sealed_n > SEK_STORE_SEALED_BYTES)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(user_by_id(db, id));
	/* what an older version began and nobody finished */
	SEK_TRY(sek_db_run(db, "DELETE FROM totp WHERE user_id = ?1 AND confirmed = 0", "i", id));
	SEK_TRY(sek_db_run(db, "INSERT INTO totp (user_id, sealed, step, confirmed, created_s) VALUES (?1, ?2, ?3, 1, ?4)", "ibii",
		id, sealed, sealed_n, step, now_s));
	SEK_TRY(sek_db_run(db, "DELETE FROM recovery WHERE user_id = ?1", "i", id));
	for (i = 0; i < n; i++) {
		SEK_TRY(sek_store_fits(hashes[i], SEK_STORE_RECOVERY_BYTES));
		SEK_TRY(sek_db_run(db, "INSERT INTO recovery (user_id, hash) VALUES (?1, ?2)", "it", id, hashes[i]));
	}
	return sek_db_run(db, "UPDATE users SET version = version + 1, enrol_s = 0 WHERE id = ?1", "i", id);
}

static sek_status totp_allow(struct sek_db *db, const char *user, int64_t until_s, const struct sek_store_actor *by)
{
	int64_t id, has = 0;
	char until[24];

	SEK_TRY(sek_store_user_at(db, user, 0, &id));
	SEK_TRY(sek_db_number(db, &has, "SELECT count(*) FROM totp WHERE user_id = ?1 AND confirmed = 1", "i", id));
	if (has)
		return sek_fail(SEK_E_EXISTS);
	SEK_TRY(sek_db_run(db, "UPDATE users SET enrol_s = ?2 WHERE id = ?1", "ii", id, until_s));
	snprintf(until, sizeof until, "%lld", (long long)until_s);
	return sek_store_record(db, "user", id, user, "enrolment", NULL, until, by, NULL);
}

sek_status sek_store_totp_allow(struct sek_store *s, const char *user, int64_t until_s, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, totp_allow(s->db, user, until_s, by));
}

sek_status sek_store_totp_enrol(struct sek_store *s, int64_t user_id, const uint8_t *sealed, size_t sealed_n, int64_t step,
	const char *const *hashes, size_t n, int64_t now_s)
{
	SEK_STORE_WRITE(s, totp_enrol(s->db, user_id, sealed, sealed_n, step, hashes, n, now_s));
}

static sek_status changed_one(struct sek_db *db, enum sek_code otherwise)
{
	return sek_db_changes(db) > 0 ? sek_ok() : sek_fail(otherwise);
}

static sek_status totp_use(struct sek_db *db, int64_t id, int64_t step)
{
	SEK_TRY(sek_db_run(db, "UPDATE totp SET step = ?2 WHERE user_id = ?1 AND confirmed = 1 AND step < ?2", "ii", id,
		step));
	return changed_one(db, SEK_E_DENIED);
}

sek_status sek_store_totp_use(struct sek_store *s, int64_t user_id, int64_t step)
{
	SEK_STORE_WRITE(s, totp_use(s->db, user_id, step));
}

static sek_status totp_delete(struct sek_db *db, const char *user, const struct sek_store_actor *by)
{
	int64_t id;

	SEK_TRY(sek_store_user_at(db, user, 0, &id));
	SEK_TRY(sek_db_run(db, "DELETE FROM totp WHERE user_id = ?1", "i", id));
	SEK_TRY(changed_one(db, SEK_E_NOT_FOUND));
	SEK_TRY(sek_db_run(db, "DELETE FROM recovery WHERE user_id = ?1", "i", id));
	SEK_TRY(sek_db_run(db, "UPDATE users SET version = version + 1 WHERE id = ?1", "i", id));
	SEK_TRY(sek_store_void_logins(db, id));
	return sek_store_record(db, "user", id, user, "totp", "true", "false", by, NULL);
}

sek_status sek_store_totp_delete(struct sek_store *s, const char *user, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, totp_delete(s->db, user, by));
}

static sek_status recovery_use(struct sek_db *db, int64_t id, const char *hash)
{
	SEK_TRY(sek_db_run(db, "DELETE FROM recovery WHERE user_id = ?1 AND hash = ?2", "it", id, hash));
	return changed_one(db, SEK_E_NOT_FOUND);
}

sek_status sek_store_recovery_use(struct sek_store *s, int64_t user_id, const char *hash)
{
	SEK_STORE_WRITE(s, recovery_use(s->db, user_id, hash));
}

/* --- certificates --- */

static const char *kind_word(enum sek_certificate_kind kind)
{
	return kind == SEK_CERTIFICATE_FINGERPRINT ? "fingerprint" : "subject";
}

static sek_status certificate_add(struct sek_db *db, const char *user, const struct sek_store_certificate *c,
	const struct sek_store_actor *by)
{
	int64_t id;

	if (!c->value[0])
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_store_fits(c->value, SEK_STORE_CERTIFICATE_BYTES));
	SEK_TRY(sek_store_fits(c->subject, SEK_STORE_CERTIFICATE_BYTES));
	SEK_TRY(sek_store_user_at(db, user, 0, &id));
	SEK_TRY(sek_db_run(db, "INSERT INTO certificates (kind, value, user_id, created_s, subject, ends_s)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "ttiiti", kind_word(c->kind), c->value, id, by->now_s, c->subject, c->ends_s));
	SEK_TRY(sek_db_run(db, "UPDATE users SET version = version + 1 WHERE id = ?1", "i", id));
	return sek_store_record(db, "user", id, user, "certificate", NULL, c->value, by, NULL);
}

sek_status sek_store_certificate_add(struct sek_store *s, const char *user, const struct sek_store_certificate *c,
	const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, certificate_add(s->db, user, c, by));
}

static sek_status certificate_remove(struct sek_db *db, const char *user, enum sek_certificate_kind kind, const char *value,
	const struct sek_store_actor *by)
{
	int64_t id;

	SEK_TRY(sek_store_user_at(db, user, 0, &id));
	SEK_TRY(sek_db_run(db, "DELETE FROM certificates WHERE kind = ?1 AND value = ?2 AND user_id = ?3", "tti",
		kind_word(kind), value, id));
	SEK_TRY(changed_one(db, SEK_E_NOT_FOUND));
	SEK_TRY(sek_db_run(db, "UPDATE users SET version = version + 1 WHERE id = ?1", "i", id));
	SEK_TRY(sek_store_void_logins(db, id));
	return sek_store_record(db, "user", id, user, "certificate", value, NULL, by, NULL);
}

sek_status sek_store_certificate_remove(struct sek_store *s, const char *user, enum sek_certificate_kind kind,
	const char *value, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, certificate_remove(s->db, user, kind, value, by));
}

sek_status sek_store_certificate_find(struct sek_store *s, enum sek_certificate_kind kind, const char *value,
	struct sek_store_user *ret)
{
	SEK_STORE_READ(s, sek_store_user_where(s->db, ret, "id = (SELECT user_id FROM certificates WHERE kind = ?1 AND value = ?2)",
		"tt", kind_word(kind), value));
}

static sek_status certificates_each(struct sek_db *db, const char *user,
	void (*fn)(void *ctx, const struct sek_store_certificate *c), void *ctx)
{
	char kind[16], value[SEK_STORE_CERTIFICATE_BYTES], subject[SEK_STORE_CERTIFICATE_BYTES];
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT kind, value, subject, ends_s, created_s FROM certificates WHERE user_id ="
		" (SELECT id FROM users WHERE name = ?1) ORDER BY kind, value", "t", user));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		sek_db_copy(q, 0, kind, sizeof kind);
		sek_db_copy(q, 1, value, sizeof value);
		sek_db_copy(q, 2, subject, sizeof subject);
		fn(ctx, &(struct sek_store_certificate){ .value = value, .subject = subject, .ends_s = sek_db_int(q, 3),
			.kind = strcmp(kind, "subject") == 0 ? SEK_CERTIFICATE_SUBJECT : SEK_CERTIFICATE_FINGERPRINT,
			.created_s = sek_db_int(q, 4) });
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_certificates_each(struct sek_store *s, const char *user,
	void (*fn)(void *ctx, const struct sek_store_certificate *c), void *ctx)
{
	SEK_STORE_READ(s, certificates_each(s->db, user, fn, ctx));
}

/* --- consent --- */

static sek_status consent_add(struct sek_db *db, int64_t id, const char *notice, const char *lang, int64_t now_s)
{
	SEK_TRY(sek_store_fits(notice, SEK_STORE_NOTICE_BYTES));
	SEK_TRY(sek_store_fits(lang, 16));
	SEK_TRY(user_by_id(db, id));
	return sek_db_run(db, "INSERT INTO consents (user_id, notice, lang, at_s) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT DO NOTHING",
		"itti", id, notice, lang, now_s);
}

sek_status sek_store_consent_add(struct sek_store *s, int64_t user_id, const char *notice, const char *lang, int64_t now_s)
{
	SEK_STORE_WRITE(s, consent_add(s->db, user_id, notice, lang, now_s));
}

static sek_status consent_get(struct sek_db *db, int64_t id, const char *notice, int64_t *ret_s)
{
	int64_t at_s = 0;
	sek_status status = sek_db_number(db, &at_s, "SELECT at_s FROM consents WHERE user_id = ?1 AND notice = ?2", "it",
		id, notice);

	if (!sek_is_ok(status) && !sek_is(status, SEK_E_NOT_FOUND))
		return status;
	*ret_s = at_s;
	return sek_ok();
}

sek_status sek_store_consent_get(struct sek_store *s, int64_t user_id, const char *notice, int64_t *ret_s)
{
	SEK_STORE_READ(s, consent_get(s->db, user_id, notice, ret_s));
}
