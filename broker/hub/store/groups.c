/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Groups and memberships. Must never let anybody but the directory change a membership that comes from it.
 */
#include "broker/hub/store/groups.h"

#include <stdlib.h>
#include <string.h>

#include "broker/hub/store/write.h"

#define GROUP \
	"SELECT g.id, g.name, g.text, g.directory, g.needs, g.created_s, g.version," \
	" (SELECT count(*) FROM members m WHERE m.group_id = g.id)"

static void read_group(struct sek_db_query *q, struct sek_store_group *g)
{
	memset(g, 0, sizeof *g);
	g->id = sek_db_int(q, 0);
	sek_db_copy(q, 1, g->name, sizeof g->name);
	sek_db_copy(q, 2, g->text, sizeof g->text);
	sek_db_copy(q, 3, g->directory, sizeof g->directory);
	sek_db_copy(q, 4, g->needs, sizeof g->needs);
	g->created_s = sek_db_int(q, 5);
	g->version = sek_db_int(q, 6);
	g->members = (unsigned)sek_db_int(q, 7);
}

static sek_status check(const struct sek_store_group *g)
{
	/* the caller's arrays end, or they would not be texts */
	return g->name[0] && memchr(g->name, 0, sizeof g->name) && memchr(g->text, 0, sizeof g->text) &&
		memchr(g->directory, 0, sizeof g->directory) && memchr(g->needs, 0, sizeof g->needs) ? sek_ok() :
		sek_fail(SEK_E_MALFORMED);
}

static sek_status find(struct sek_db *db, const char *name, struct sek_store_group *ret)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, GROUP " FROM groups g WHERE g.name = ?1", "t", name));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_group(q, ret);
	else
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	sek_db_finish(q);
	return status;
}

static sek_status add(struct sek_db *db, const struct sek_store_group *g, const struct sek_store_actor *by)
{
	int64_t id = 0;

	SEK_TRY(check(g));
	SEK_TRY(sek_db_number(db, &id, "INSERT INTO groups (name, text, directory, needs, created_s) VALUES (?1, ?2, ?3, ?4, ?5)"
		" RETURNING id", "tttti", g->name, g->text, g->directory, g->needs, by->now_s));
	return sek_store_record(db, "group", id, g->name, "exists", "false", "true", by, NULL);
}

sek_status sek_store_group_add(struct sek_store *s, const struct sek_store_group *g, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, add(s->db, g, by));
}

sek_status sek_store_group_find(struct sek_store *s, const char *name, struct sek_store_group *ret)
{
	SEK_STORE_READ(s, find(s->db, name, ret));
}

static sek_status record_if(struct sek_db *db, const struct sek_store_group *g, const char *attribute, const char *before,
	const char *after, const struct sek_store_actor *by)
{
	if (strcmp(before, after) == 0)
		return sek_ok();
	return sek_store_record(db, "group", g->id, g->name, attribute, before, after, by, NULL);
}

static sek_status edit(struct sek_db *db, const struct sek_store_group *g, const struct sek_store_actor *by)
{
	struct sek_store_group old;
	int64_t id;

	SEK_TRY(check(g));
	SEK_TRY(sek_store_check_actor(by));
	SEK_TRY(sek_store_group_at(db, g->name, g->version, &id));
	SEK_TRY(find(db, g->name, &old));
	SEK_TRY(sek_db_run(db, "UPDATE groups SET text = ?2, directory = ?3, needs = ?4, version = version + 1"
		" WHERE id = ?1", "ittt", id, g->text, g->directory, g->needs));
	SEK_TRY(record_if(db, &old, "text", old.text, g->text, by));
	SEK_TRY(record_if(db, &old, "directory", old.directory, g->directory, by));
	return record_if(db, &old, "needs", old.needs, g->needs, by);
}

sek_status sek_store_group_edit(struct sek_store *s, const struct sek_store_group *g, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, edit(s->db, g, by));
}

static sek_status delete(struct sek_db *db, const char *name, int64_t version, const struct sek_store_actor *by)
{
	int64_t id;

	SEK_TRY(sek_store_group_at(db, name, version, &id));
	SEK_TRY(sek_db_run(db, "DELETE FROM policies WHERE scope = 'group' AND target = ?1", "i", id));
	SEK_TRY(sek_db_run(db, "UPDATE changes SET status = 'refused', second = ?2, second_why = ?3, second_s = ?4"
		" WHERE status = 'pending' AND scope = 'group' AND target = ?1", "itti", id, by->who, by->why, by->now_s));
	SEK_TRY(sek_db_run(db, "DELETE FROM groups WHERE id = ?1", "i", id));
	return sek_store_record(db, "group", id, name, "exists", "true", "false", by, NULL);
}

sek_status sek_store_group_delete(struct sek_store *s, const char *name, int64_t version, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, delete(s->db, name, version, by));
}

#define MATCHES "(?1 = '' OR instr(g.name, lower(?1)) > 0 OR instr(lower(g.text), lower(?1)) > 0)"

static sek_status page(struct sek_db *db, const char *search, const char *after, unsigned limit,
	void (*fn)(void *ctx, const struct sek_store_group *g), void *ctx, uint64_t *ret_total)
{
	struct sek_store_group g;
	struct sek_db_query *q = NULL;
	int64_t total = 0;
	int rc;

	if (limit < 1 || limit > SEK_STORE_PAGE_MAX)
		return sek_fail(SEK_E_LIMIT);
	if (ret_total)
		SEK_TRY(sek_db_number(db, &total, "SELECT count(*) FROM groups g WHERE " MATCHES, "t", search));
	SEK_TRY(sek_db_prepare(db, &q, GROUP " FROM groups g WHERE g.name > ?2 AND " MATCHES " ORDER BY g.name LIMIT ?3",
		"tti", search, after, (int64_t)limit));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_group(q, &g);
		fn(ctx, &g);
	}
	sek_db_finish(q);
	if (rc != SEK_DB_DONE)
		return sek_db_status(db);
	if (ret_total)
		*ret_total = (uint64_t)total;
	return sek_ok();
}

sek_status sek_store_groups_page(struct sek_store *s, const char *search, const char *after, unsigned limit,
	void (*fn)(void *ctx, const struct sek_store_group *g), void *ctx, uint64_t *ret_total)
{
	SEK_STORE_READ(s, page(s->db, search, after, limit, fn, ctx, ret_total));
}

static sek_status of(struct sek_db *db, const char *user,
	void (*fn)(void *ctx, const struct sek_store_group *g, enum sek_user_source source), void *ctx)
{
	struct sek_store_group g;
	struct sek_db_query *q = NULL;
	char source[16];
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, GROUP ", mine.source FROM members mine JOIN groups g ON g.id = mine.group_id"
		" WHERE mine.user_id = (SELECT id FROM users WHERE name = ?1) ORDER BY g.name", "t", user));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_group(q, &g);
		sek_db_copy(q, 8, source, sizeof source);
		fn(ctx, &g, strcmp(source, "local") == 0 ? SEK_USER_LOCAL : SEK_USER_DIRECTORY);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_groups_of(struct sek_store *s, const char *user,
	void (*fn)(void *ctx, const struct sek_store_group *g, enum sek_user_source source), void *ctx)
{
	SEK_STORE_READ(s, of(s->db, user, fn, ctx));
}

/* --- memberships --- */

static sek_status member_add(struct sek_db *db, const char *group, const char *user, const struct sek_store_actor *by)
{
	int64_t group_id, user_id;

	SEK_TRY(sek_store_group_at(db, group, 0, &group_id));
	SEK_TRY(sek_store_user_at(db, user, 0, &user_id));
	SEK_TRY(sek_db_run(db, "INSERT INTO members (user_id, group_id, source) VALUES (?1, ?2, 'local')", "ii", user_id,
		group_id));
	return sek_store_record(db, "group", group_id, group, "member", NULL, user, by, NULL);
}

sek_status sek_store_member_add(struct sek_store *s, const char *group, const char *user, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, member_add(s->db, group, user, by));
}

static sek_status member_remove(struct sek_db *db, const char *group, const char *user, const struct sek_store_actor *by)
{
	int64_t group_id, user_id, directory = 0;

	SEK_TRY(sek_store_group_at(db, group, 0, &group_id));
	SEK_TRY(sek_store_user_at(db, user, 0, &user_id));
	SEK_TRY(sek_db_number(db, &directory, "SELECT source = 'directory' FROM members WHERE user_id = ?1 AND"
		" group_id = ?2", "ii", user_id, group_id));
	if (directory)
		return sek_fail(SEK_E_DENIED);
	SEK_TRY(sek_db_run(db, "DELETE FROM members WHERE user_id = ?1 AND group_id = ?2", "ii", user_id, group_id));
	return sek_store_record(db, "group", group_id, group, "member", user, NULL, by, NULL);
}

sek_status sek_store_member_remove(struct sek_store *s, const char *group, const char *user,
	const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, member_remove(s->db, group, user, by));
}

/* The names as one text of small letters, with a newline before and behind each, so that one is found by its whole name.
 * NULL when out of memory. One with a newline in it is no name of a group. */
static char *join_names(const char *const *names, size_t n)
{
	size_t i, size = 2, at = 0, length;
	char *text;

	for (i = 0; i < n; i++)
		size += strlen(names[i]) + 1;
	text = malloc(size);
	if (!text)
		return NULL;
	text[at++] = '\n';
	for (i = 0; i < n; i++) {
		length = strlen(names[i]);
		if (strchr(names[i], '\n'))
			continue;
		for (size_t k = 0; k < length; k++)
			text[at++] = (char)(names[i][k] >= 'A' && names[i][k] <= 'Z' ? names[i][k] + ('a' - 'A') : names[i][k]);
		text[at++] = '\n';
	}
	text[at] = '\0';
	return text;
}

#define WANTED "instr(?2, '\n' || lower(g.directory) || '\n') > 0"

/* One row of the difference at a time, until there is none. */
static sek_status step(struct sek_db *db, int64_t user_id, const char *user, const char *wanted, bool in,
	const struct sek_store_actor *by, bool *ret)
{
	struct sek_store_group g = { .id = 0 };
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, in ?
		GROUP " FROM groups g WHERE g.directory <> '' AND " WANTED
		" AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = ?1 AND m.group_id = g.id) ORDER BY g.id LIMIT 1" :
		GROUP " FROM members mine JOIN groups g ON g.id = mine.group_id WHERE mine.user_id = ?1 AND"
		" mine.source = 'directory' AND NOT " WANTED " ORDER BY g.id LIMIT 1",
		"it", user_id, wanted));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_group(q, &g);
	sek_db_finish(q);
	*ret = rc == SEK_DB_ROW;
	if (rc == SEK_DB_DONE)
		return sek_ok();
	if (rc != SEK_DB_ROW)
		return sek_db_status(db);
	SEK_TRY(sek_db_run(db, in ? "INSERT INTO members (user_id, group_id, source) VALUES (?1, ?2, 'directory')" :
		"DELETE FROM members WHERE user_id = ?1 AND group_id = ?2", "ii", user_id, g.id));
	return sek_store_record(db, "group", g.id, g.name, "member", in ? NULL : user, in ? user : NULL, by, NULL);
}

static sek_status from_directory(struct sek_db *db, const char *user, const char *wanted, const struct sek_store_actor *by)
{
	bool more = true;
	int64_t id;

	SEK_TRY(sek_store_user_at(db, user, 0, &id));
	while (more)
		SEK_TRY(step(db, id, user, wanted, true, by, &more));
	for (more = true; more;)
		SEK_TRY(step(db, id, user, wanted, false, by, &more));
	return sek_ok();
}

static sek_status write_from_directory(struct sek_store *s, const char *user, const char *wanted, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, from_directory(s->db, user, wanted, by));
}

sek_status sek_store_members_from_directory(struct sek_store *s, const char *user, const char *const *names, size_t n,
	const struct sek_store_actor *by)
{
	char *wanted = join_names(names, n);
	sek_status status = wanted ? write_from_directory(s, user, wanted, by) : sek_fail(SEK_E_NOMEM);

	free(wanted);
	return status;
}
