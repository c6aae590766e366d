/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Users as administrators see and change them. Must never write a change without its line in the history.
 */
#include "broker/hub/store/people.h"

#include <stdio.h>
#include <string.h>

#include "broker/hub/store/write.h"

static const struct {
	const char *word;
	uint32_t bit;
} roles[] = {
	{ "staff", SEK_ROLE_STAFF }, { "administrator", SEK_ROLE_ADMINISTRATOR }, { "reviewer", SEK_ROLE_REVIEWER },
	{ "operator", SEK_ROLE_OPERATOR }, { "approver", SEK_ROLE_APPROVER },
};
enum { ROLES = sizeof roles / sizeof roles[0] };

bool sek_roles_parse(const char *text, uint32_t *ret)
{
	uint32_t set = 0;
	size_t n, i;

	for (; *text; text += n) {
		n = strcspn(text, " ");
		for (i = 0; i < ROLES && (strlen(roles[i].word) != n || memcmp(text, roles[i].word, n) != 0); i++)
			;
		if (n > 0 && i == ROLES)
			return false;
		if (n > 0)
			set |= roles[i].bit;
		n += text[n] == ' ';
	}
	*ret = set;
	return true;
}

void sek_roles_text(uint32_t set, char ret[SEK_STORE_ROLES_BYTES])
{
	size_t i, at = 0;

	ret[0] = '\0';
	for (i = 0; i < ROLES; i++)
		if (set & roles[i].bit)
			at += (size_t)snprintf(ret + at, SEK_STORE_ROLES_BYTES - at, "%s%s", at ? " " : "", roles[i].word);
}

/* --- shared with the other writing parts --- */

sek_status sek_store_fits(const char *text, size_t size)
{
	return strlen(text) < size ? sek_ok() : sek_fail(SEK_E_LIMIT);
}

sek_status sek_store_check_actor(const struct sek_store_actor *by)
{
	if (!by->who[0] || !by->why[strspn(by->why, " \t\r\n")])
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_store_fits(by->who, SEK_STORE_NAME_BYTES));
	return sek_store_fits(by->why, SEK_STORE_WHY_BYTES);
}

sek_status sek_store_record(struct sek_db *db, const char *scope, int64_t target, const char *name, const char *attribute,
	const char *before, const char *after, const struct sek_store_actor *by, int64_t *ret_id)
{
	int64_t id = 0;

	SEK_TRY(sek_store_check_actor(by));
	SEK_TRY(sek_db_number(db, &id, "INSERT INTO changes (scope, target, name, attribute, before, after, effect, expected, who,"
		" why, at_s, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7, ?8, ?9, 'applied') RETURNING id", "titttttti",
		scope, target, name, attribute, before, after, by->who, by->why, by->now_s));
	if (ret_id)
		*ret_id = id;
	return sek_ok();
}

static sek_status at(struct sek_db *db, const char *sql, const char *name, int64_t version, int64_t *ret_id)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, sql, "t", name));
	rc = sek_db_step(q);
	if (rc != SEK_DB_ROW)
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	else if (version != 0 && sek_db_int(q, 1) != version)
		status = sek_fail(SEK_E_CONFLICT);
	else
		*ret_id = sek_db_int(q, 0);
	sek_db_finish(q);
	return status;
}

sek_status sek_store_user_at(struct sek_db *db, const char *name, int64_t version, int64_t *ret_id)
{
	return at(db, "SELECT id, version FROM users WHERE name = ?1", name, version, ret_id);
}

sek_status sek_store_group_at(struct sek_db *db, const char *name, int64_t version, int64_t *ret_id)
{
	return at(db, "SELECT id, version FROM groups WHERE name = ?1", name, version, ret_id);
}

sek_status sek_store_void_logins(struct sek_db *db, int64_t user_id)
{
	return sek_db_run(db, "DELETE FROM logins WHERE user_id = ?1", "i", user_id);
}

/* --- reading --- */

#define PERSON \
	"SELECT u.id, u.name, u.display, u.source, u.roles, u.disabled, u.created_s, u.login_s, u.version," \
	" EXISTS (SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed = 1)," \
	" (SELECT count(*) FROM certificates c WHERE c.user_id = u.id)," \
	" (SELECT count(*) FROM members m WHERE m.user_id = u.id) FROM users u "

static void read_person(struct sek_db_query *q, struct sek_store_person *p)
{
	char text[SEK_STORE_ROLES_BYTES];

	memset(p, 0, sizeof *p);
	p->id = sek_db_int(q, 0);
	sek_db_copy(q, 1, p->name, sizeof p->name);
	sek_db_copy(q, 2, p->display, sizeof p->display);
	sek_db_copy(q, 3, text, sizeof text);
	p->source = strcmp(text, "local") == 0 ? SEK_USER_LOCAL : SEK_USER_DIRECTORY;
	sek_db_copy(q, 4, text, sizeof text);
	if (!sek_roles_parse(text, &p->roles))
		p->roles = 0;
	p->disabled = sek_db_int(q, 5) != 0;
	p->created_s = sek_db_int(q, 6);
	p->login_s = sek_db_int(q, 7);
	p->version = sek_db_int(q, 8);
	p->has_totp = sek_db_int(q, 9) != 0;
	p->certificates = (unsigned)sek_db_int(q, 10);
	p->groups = (unsigned)sek_db_int(q, 11);
}

static sek_status find(struct sek_db *db, const char *name, struct sek_store_person *ret)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, PERSON "WHERE u.name = ?1", "t", name));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_person(q, ret);
	else
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	sek_db_finish(q);
	return status;
}

sek_status sek_store_person_find(struct sek_store *s, const char *name, struct sek_store_person *ret)
{
	SEK_STORE_READ(s, find(s->db, name, ret));
}

/* Roles are few words in one column; a word is found by the spaces around it. */
#define MATCHES \
	"(?1 = '' OR instr(u.name, lower(?1)) > 0 OR instr(lower(u.display), lower(?1)) > 0)" \
	" AND (?2 = 0 OR u.id IN (SELECT user_id FROM members WHERE group_id = ?2))" \
	" AND (?3 = 0 OR ((?3 & 1) <> 0 AND ' ' || u.roles || ' ' LIKE '% staff %')" \
	" OR ((?3 & 2) <> 0 AND ' ' || u.roles || ' ' LIKE '% administrator %')" \
	" OR ((?3 & 4) <> 0 AND ' ' || u.roles || ' ' LIKE '% reviewer %')" \
	" OR ((?3 & 8) <> 0 AND ' ' || u.roles || ' ' LIKE '% operator %')" \
	" OR ((?3 & 16) <> 0 AND ' ' || u.roles || ' ' LIKE '% approver %'))"

static sek_status page(struct sek_db *db, const struct sek_store_people_query *p,
	void (*fn)(void *ctx, const struct sek_store_person *p), void *ctx, uint64_t *ret_total)
{
	struct sek_store_person person;
	struct sek_db_query *q = NULL;
	int64_t total = 0;
	int rc;

	if (p->limit < 1 || p->limit > SEK_STORE_PAGE_MAX)
		return sek_fail(SEK_E_LIMIT);
	if (ret_total)
		SEK_TRY(sek_db_number(db, &total, "SELECT count(*) FROM users u WHERE " MATCHES, "tii", p->search,
			p->group_id, (int64_t)p->roles));
	SEK_TRY(sek_db_prepare(db, &q, PERSON "WHERE u.name > ?4 AND " MATCHES " ORDER BY u.name LIMIT ?5", "tiiti",
		p->search, p->group_id, (int64_t)p->roles, p->after, (int64_t)p->limit));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_person(q, &person);
		fn(ctx, &person);
	}
	sek_db_finish(q);
	if (rc != SEK_DB_DONE)
		return sek_db_status(db);
	if (ret_total)
		*ret_total = (uint64_t)total;
	return sek_ok();
}

sek_status sek_store_people_page(struct sek_store *s, const struct sek_store_people_query *q,
	void (*fn)(void *ctx, const struct sek_store_person *p), void *ctx, uint64_t *ret_total)
{
	SEK_STORE_READ(s, page(s->db, q, fn, ctx, ret_total));
}

static sek_status with_role(struct sek_db *db, enum sek_role role, uint64_t *ret)
{
	int64_t n = 0;

	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM users u WHERE u.disabled = 0 AND " MATCHES, "tii", "",
		(int64_t)0, (int64_t)role));
	*ret = (uint64_t)n;
	return sek_ok();
}

sek_status sek_store_people_with_role(struct sek_store *s, enum sek_role role, uint64_t *ret)
{
	SEK_STORE_READ(s, with_role(s->db, role, ret));
}

/* --- writing --- */

static sek_status from_directory(struct sek_db *db, const char *name, const char *display, uint32_t set, int64_t now_s,
	int64_t *ret_id)
{
	char text[SEK_STORE_ROLES_BYTES];
	int64_t id = 0;

	SEK_TRY(sek_store_fits(name, SEK_STORE_NAME_BYTES));
	SEK_TRY(sek_store_fits(display, SEK_STORE_DISPLAY_BYTES));
	sek_roles_text(set, text);
	/* the hash is no argon2id text, so no password ever fits it */
	SEK_TRY(sek_db_run(db, "INSERT INTO users (name, hash, roles, created_s, password_s, source, display)"
		" VALUES (?1, '*', ?2, ?3, 0, 'directory', ?4) ON CONFLICT (name) DO UPDATE SET display = excluded.display"
		" WHERE users.source = 'directory' AND users.display <> excluded.display", "ttit", name, text, now_s, display));
	SEK_TRY(sek_db_number(db, &id, "SELECT CASE source WHEN 'directory' THEN id ELSE 0 END FROM users"
		" WHERE name = ?1", "t", name));
	if (id == 0)
		return sek_fail(SEK_E_EXISTS);
	*ret_id = id;
	return sek_ok();
}

sek_status sek_store_person_from_directory(struct sek_store *s, const char *name, const char *display, uint32_t set,
	int64_t now_s, int64_t *ret_id)
{
	SEK_STORE_WRITE(s, from_directory(s->db, name, display, set, now_s, ret_id));
}

static sek_status set_roles(struct sek_db *db, const char *name, uint32_t set, int64_t version, const struct sek_store_actor *by)
{
	struct sek_store_person p;
	char before[SEK_STORE_ROLES_BYTES], after[SEK_STORE_ROLES_BYTES];
	int64_t id;

	SEK_TRY(sek_store_user_at(db, name, version, &id));
	SEK_TRY(find(db, name, &p));
	sek_roles_text(p.roles, before);
	sek_roles_text(set, after);
	SEK_TRY(sek_db_run(db, "UPDATE users SET roles = ?2, version = version + 1 WHERE id = ?1", "it", id, after));
	/* a role that was taken away must not live on in a log-in */
	if (p.roles & ~set)
		SEK_TRY(sek_store_void_logins(db, id));
	return sek_store_record(db, "user", id, name, "roles", before, after, by, NULL);
}

sek_status sek_store_person_set_roles(struct sek_store *s, const char *name, uint32_t set, int64_t version,
	const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, set_roles(s->db, name, set, version, by));
}

static sek_status set_display(struct sek_db *db, const char *name, const char *display, int64_t version,
	const struct sek_store_actor *by)
{
	struct sek_store_person p;
	int64_t id;

	SEK_TRY(sek_store_fits(display, SEK_STORE_DISPLAY_BYTES));
	SEK_TRY(sek_store_user_at(db, name, version, &id));
	SEK_TRY(find(db, name, &p));
	SEK_TRY(sek_db_run(db, "UPDATE users SET display = ?2, version = version + 1 WHERE id = ?1", "it", id, display));
	return sek_store_record(db, "user", id, name, "display", p.display, display, by, NULL);
}

sek_status sek_store_person_set_display(struct sek_store *s, const char *name, const char *display, int64_t version,
	const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, set_display(s->db, name, display, version, by));
}

static sek_status set_disabled(struct sek_db *db, const char *name, bool disabled, int64_t version,
	const struct sek_store_actor *by)
{
	struct sek_store_person p;
	int64_t id;

	SEK_TRY(sek_store_user_at(db, name, version, &id));
	SEK_TRY(find(db, name, &p));
	SEK_TRY(sek_db_run(db, "UPDATE users SET disabled = ?2, version = version + 1 WHERE id = ?1", "ii", id,
		(int64_t)disabled));
	SEK_TRY(sek_store_void_logins(db, id));
	return sek_store_record(db, "user", id, name, "disabled", p.disabled ? "true" : "false", disabled ? "true" : "false",
		by, NULL);
}

sek_status sek_store_person_set_disabled(struct sek_store *s, const char *name, bool disabled, int64_t version,
	const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, set_disabled(s->db, name, disabled, version, by));
}

static sek_status delete(struct sek_db *db, const char *name, int64_t version, const struct sek_store_actor *by)
{
	int64_t id;

	SEK_TRY(sek_store_user_at(db, name, version, &id));
	SEK_TRY(sek_db_run(db, "DELETE FROM policies WHERE scope = 'user' AND target = ?1", "i", id));
	SEK_TRY(sek_db_run(db, "UPDATE changes SET status = 'refused', second = ?2, second_why = ?3, second_s = ?4"
		" WHERE status = 'pending' AND scope = 'user' AND target = ?1", "itti", id, by->who, by->why, by->now_s));
	SEK_TRY(sek_db_run(db, "DELETE FROM users WHERE id = ?1", "i", id));
	return sek_store_record(db, "user", id, name, "exists", "true", "false", by, NULL);
}

sek_status sek_store_person_delete(struct sek_store *s, const char *name, int64_t version, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, delete(s->db, name, version, by));
}
