/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What administration keeps in the store: people, groups, factors, policies, history. Two editors at once, texts that try
 * to be SQL or HTML or endless, and a database of the schema before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/keys/seal.h"
#include "broker/hub/store/factors.h"
#include "broker/hub/store/groups.h"
#include "broker/hub/store/hosts.h"
#include "broker/hub/store/policies.h"
#include "broker/hub/store/sqlite.h"
#include "tests/unit/hub/store/where.h"

static char folder[64], path[96], err[512];
static struct sek_store *store;
static const struct sek_store_actor hanako = { "hanako", "because", 1000 }, jiro = { "jiro", "seen", 2000 };

#define OK(call) ck_assert(sek_is_ok(call))
#define IS(call, code) ck_assert(sek_is(call, code))

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	OK(sek_store_open(where_of(path), &store, err, sizeof err));
	OK(sek_store_user_add(store, "taro", "h", 1));
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	sek_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

static struct sek_store_person person(const char *name)
{
	struct sek_store_person p = { .id = 0 };

	OK(sek_store_person_find(store, name, &p));
	return p;
}

struct seen {
	unsigned n;
	char text[4096];
	int64_t id, version;
};

static void see_change(void *ctx, const struct sek_store_change *c)
{
	struct seen *s = ctx;

	s->n++;
	s->id = c->id;
	snprintf(s->text, sizeof s->text, "%s|%s|%s|%s|%s|%s|%s|%d|%s", c->scope, c->name, c->attribute,
		c->before ? c->before : "-", c->after ? c->after : "-", c->who, c->why, (int)c->status, c->second);
}

static struct seen newest(void)
{
	const struct sek_store_changes_query q = { .search = "", .limit = 1 };
	struct seen s = { .n = 0 };

	OK(sek_store_changes_page(store, &q, see_change, &s, NULL));
	return s;
}

static void see_policy(void *ctx, const struct sek_store_policy *p)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);

	s->n++;
	s->version = p->version;
	snprintf(s->text + at, sizeof s->text - at, "%s/%s/%s=%s ", p->scope, p->name, p->attribute, p->value);
}

static struct seen policies(const char *user)
{
	struct seen s = { .n = 0 };

	OK(sek_store_policies_of(store, user, see_policy, &s));
	return s;
}

START_TEST(roles_are_words)
{
	char text[SEK_STORE_ROLES_BYTES];
	uint32_t set = 99;

	ck_assert(sek_roles_parse("", &set));
	ck_assert_uint_eq(set, 0);
	ck_assert(sek_roles_parse("approver staff", &set));
	ck_assert_uint_eq(set, SEK_ROLE_STAFF | SEK_ROLE_APPROVER);
	sek_roles_text(set, text);
	ck_assert_str_eq(text, "staff approver");
	ck_assert(!sek_roles_parse("root", &set));
	ck_assert(!sek_roles_parse("staffs", &set));
	ck_assert(!sek_roles_parse("Staff", &set));
	sek_roles_text(SEK_ROLES_ALL, text);
	ck_assert(sek_roles_parse(text, &set));
	ck_assert_uint_eq(set, SEK_ROLES_ALL);
}
END_TEST

START_TEST(people_change_on_the_record)
{
	struct sek_store_person p = person("taro");
	uint64_t n = 0;

	ck_assert_uint_eq(p.roles, SEK_ROLE_STAFF);
	OK(sek_store_person_set_roles(store, "taro", SEK_ROLE_STAFF | SEK_ROLE_ADMINISTRATOR, p.version, &hanako));
	ck_assert_str_eq(newest().text, "user|taro|roles|staff|staff administrator|hanako|because|1|");
	/* somebody else still has the old version before the eyes */
	IS(sek_store_person_set_roles(store, "taro", 0, p.version, &jiro), SEK_E_CONFLICT);
	IS(sek_store_person_set_disabled(store, "taro", true, p.version, &jiro), SEK_E_CONFLICT);
	IS(sek_store_person_delete(store, "taro", p.version, &jiro), SEK_E_CONFLICT);
	ck_assert_uint_eq(person("taro").roles, SEK_ROLE_STAFF | SEK_ROLE_ADMINISTRATOR);
	OK(sek_store_people_with_role(store, SEK_ROLE_ADMINISTRATOR, &n));
	ck_assert_uint_eq(n, 1);
	OK(sek_store_person_set_disabled(store, "taro", true, 0, &jiro));
	OK(sek_store_people_with_role(store, SEK_ROLE_ADMINISTRATOR, &n));
	ck_assert_uint_eq(n, 0);
	IS(sek_store_person_set_roles(store, "nobody", 0, 0, &jiro), SEK_E_NOT_FOUND);
	/* nothing without a reason */
	IS(sek_store_person_set_roles(store, "taro", 0, 0, &(struct sek_store_actor){ "jiro", " \t", 1 }), SEK_E_MALFORMED);
	ck_assert_uint_ne(person("taro").roles, 0);
	OK(sek_store_person_delete(store, "taro", 0, &jiro));
	IS(sek_store_person_find(store, "taro", &p), SEK_E_NOT_FOUND);
	ck_assert_str_eq(newest().text, "user|taro|exists|true|false|jiro|seen|1|");
}
END_TEST

START_TEST(directory_users_are_not_local_ones)
{
	struct sek_store_user u;
	int64_t id = 0, again = 0;

	OK(sek_store_person_from_directory(store, "jiro", "二郎", SEK_ROLE_STAFF, 5, &id));
	OK(sek_store_person_from_directory(store, "jiro", "関所 二郎", SEK_ROLES_ALL, 6, &again));
	ck_assert_int_eq(id, again);
	ck_assert_str_eq(person("jiro").display, "関所 二郎");
	ck_assert_uint_eq(person("jiro").roles, SEK_ROLE_STAFF);
	ck_assert_int_eq(person("jiro").source, SEK_USER_DIRECTORY);
	OK(sek_store_user_find(store, "jiro", &u));
	ck_assert_str_eq(u.hash, "*");
	IS(sek_store_person_from_directory(store, "taro", "x", SEK_ROLE_STAFF, 5, &id), SEK_E_EXISTS);
}
END_TEST

static void count_person(void *ctx, const struct sek_store_person *p)
{
	struct seen *s = ctx;

	s->n++;
	snprintf(s->text, sizeof s->text, "%s", p->name);
}

START_TEST(pages_of_many)
{
	struct sek_store_people_query q = { .search = "", .after = "", .limit = 100 };
	struct seen s = { .n = 0 };
	uint64_t total = 0;
	char name[sizeof s.text];

	/* made in one go: a thousand transactions would only try the disk */
	ck_assert(run_sql_at(path, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9998)"
		" INSERT INTO users (name, hash, roles, created_s, password_s) SELECT 'user' || substr(CAST(100000 + i AS TEXT), 2),"
		" 'h', 'staff', 1, 1 FROM n"));
	for (unsigned pages = 0; pages < 101; pages++) {
		s.n = 0;
		OK(sek_store_people_page(store, &q, count_person, &s, &total));
		ck_assert_uint_eq(total, 10000);
		ck_assert_uint_eq(s.n, pages < 100 ? 100 : 0);
		snprintf(name, sizeof name, "%.31s", s.text);
		q.after = name;
	}
	q = (struct sek_store_people_query){ .search = "R0999", .after = "", .limit = 500 };
	s.n = 0;
	OK(sek_store_people_page(store, &q, count_person, &s, &total));
	ck_assert_uint_eq(total, 9);
	ck_assert_uint_eq(s.n, 9);
	q.search = "%";
	OK(sek_store_people_page(store, &q, count_person, &s, &total));
	ck_assert_uint_eq(total, 0);
	q.search = "' OR 1=1 --";
	OK(sek_store_people_page(store, &q, count_person, &s, &total));
	ck_assert_uint_eq(total, 0);
	q.limit = SEK_STORE_PAGE_MAX + 1;
	IS(sek_store_people_page(store, &q, count_person, &s, &total), SEK_E_LIMIT);
	q.limit = 0;
	IS(sek_store_people_page(store, &q, count_person, &s, &total), SEK_E_LIMIT);
}
END_TEST

static void see_group(void *ctx, const struct sek_store_group *g, enum sek_user_source source)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);

	s->n++;
	snprintf(s->text + at, sizeof s->text - at, "%s%s ", g->name, source == SEK_USER_LOCAL ? "" : "*");
}

static const char *groups_of(const char *user)
{
	static struct seen s;

	memset(&s, 0, sizeof s);
	OK(sek_store_groups_of(store, user, see_group, &s));
	return s.text;
}

START_TEST(groups_and_their_members)
{
	const char *const names[] = { "CN=Sales,DC=example", "cn=unknown" };
	struct sek_store_group g = { .name = "sales", .directory = "cn=sales,dc=example" }, found;
	unsigned before;

	OK(sek_store_group_add(store, &g, &hanako));
	IS(sek_store_group_add(store, &g, &hanako), SEK_E_EXISTS);
	OK(sek_store_group_add(store, &(struct sek_store_group){ .name = "local" }, &hanako));
	OK(sek_store_member_add(store, "local", "taro", &hanako));
	IS(sek_store_member_add(store, "local", "taro", &hanako), SEK_E_EXISTS);
	IS(sek_store_member_add(store, "none", "taro", &hanako), SEK_E_NOT_FOUND);
	OK(sek_store_members_from_directory(store, "taro", names, 2, &jiro));
	ck_assert_str_eq(groups_of("taro"), "local sales* ");
	before = (unsigned)newest().id;
	OK(sek_store_members_from_directory(store, "taro", names, 2, &jiro));
	ck_assert_uint_eq((unsigned)newest().id, before); /* nothing changed: nothing is written */
	IS(sek_store_member_remove(store, "sales", "taro", &hanako), SEK_E_DENIED);
	OK(sek_store_members_from_directory(store, "taro", names, 0, &jiro));
	ck_assert_str_eq(groups_of("taro"), "local ");
	OK(sek_store_member_remove(store, "local", "taro", &hanako));
	ck_assert_str_eq(groups_of("taro"), "");
	/* two editors */
	OK(sek_store_group_find(store, "sales", &found));
	snprintf(found.text, sizeof found.text, "<script>alert(1)</script>'); DROP TABLE groups; --");
	OK(sek_store_group_edit(store, &found, &hanako));
	IS(sek_store_group_edit(store, &found, &jiro), SEK_E_CONFLICT);
	OK(sek_store_group_find(store, "sales", &g));
	ck_assert_str_eq(g.text, found.text);
	memset(g.text, 'x', sizeof g.text); /* no end */
	IS(sek_store_group_edit(store, &g, &jiro), SEK_E_MALFORMED);
}
END_TEST

START_TEST(policies_with_versions)
{
	struct sek_store_group g = { .name = "sales" };
	int64_t id = 0, second = 0, stamp = 0, later = 0;

	OK(sek_store_group_add(store, &g, &hanako));
	OK(sek_store_member_add(store, "sales", "taro", &hanako));
	OK(sek_store_policies_stamp(store, &stamp));
	OK(sek_store_policy_set(store, "site", "", "clipboard", "\"both\"", 0, 1, false, &hanako, &id));
	OK(sek_store_policies_stamp(store, &later));
	ck_assert_int_gt(later, stamp);
	ck_assert_str_eq(policies("taro").text, "site//clipboard=\"both\" ");
	ck_assert_int_eq(policies("taro").version, id);
	ck_assert_str_eq(newest().text, "site||clipboard|-|\"both\"|hanako|because|1|");
	/* whoever saw "nothing stands here" is told, and nothing is overwritten */
	IS(sek_store_policy_set(store, "site", "", "clipboard", "\"none\"", 0, 2, false, &jiro, NULL), SEK_E_CONFLICT);
	OK(sek_store_policy_set(store, "site", "", "clipboard", "\"none\"", id, 2, false, &jiro, &second));
	IS(sek_store_policy_set(store, "site", "", "clipboard", "\"both\"", id, 1, false, &hanako, NULL), SEK_E_CONFLICT);
	OK(sek_store_policy_set(store, "group", "sales", "print", "\"none\"", 0, 0, false, &jiro, NULL));
	OK(sek_store_policy_set(store, "user", "taro", "hours", "\"never\"", 0, 2, false, &jiro, NULL));
	ck_assert_uint_eq(policies("taro").n, 3);
	ck_assert_uint_eq(policies("nobody").n, 1);
	OK(sek_store_policy_set(store, "site", "", "clipboard", NULL, second, 0, false, &jiro, NULL));
	ck_assert_str_eq(newest().text, "site||clipboard|\"none\"|-|jiro|seen|1|");
	IS(sek_store_policy_set(store, "group", "none", "print", "1", 0, 0, false, &jiro, NULL), SEK_E_NOT_FOUND);
	IS(sek_store_policy_set(store, "planet", "", "print", "1", 0, 0, false, &jiro, NULL), SEK_E_NOT_FOUND);
	IS(sek_store_policy_set(store, "site", "taro", "print", "1", 0, 0, false, &jiro, NULL), SEK_E_NOT_FOUND);
	OK(sek_store_group_delete(store, "sales", 0, &jiro));
	OK(sek_store_person_delete(store, "taro", 0, &jiro));
	ck_assert_uint_eq(policies("taro").n, 0);
}
END_TEST

START_TEST(a_second_administrator_decides)
{
	int64_t id = 0, other = 0;

	OK(sek_store_policy_set(store, "site", "", "clipboard", "\"both\"", 0, 1, true, &hanako, &id));
	ck_assert_uint_eq(policies("taro").n, 0);
	IS(sek_store_policy_set(store, "site", "", "clipboard", "\"both\"", 0, 1, true, &hanako, NULL), SEK_E_EXISTS);
	IS(sek_store_change_decide(store, id, true, &hanako), SEK_E_DENIED); /* not the one who asked */
	IS(sek_store_change_decide(store, id + 99, true, &jiro), SEK_E_NOT_FOUND);
	OK(sek_store_change_decide(store, id, true, &jiro));
	ck_assert_str_eq(policies("taro").text, "site//clipboard=\"both\" ");
	ck_assert_str_eq(newest().text, "site||clipboard|-|\"both\"|hanako|because|1|jiro");
	IS(sek_store_change_decide(store, id, false, &jiro), SEK_E_NOT_FOUND); /* decided is decided */
	/* overtaken by another change: it can only be refused */
	OK(sek_store_policy_set(store, "site", "", "clipboard", "\"to-outer\"", id, 1, true, &hanako, &other));
	OK(sek_store_policy_set(store, "site", "", "clipboard", "\"none\"", id, 2, false, &hanako, NULL));
	IS(sek_store_change_decide(store, other, true, &jiro), SEK_E_CONFLICT);
	OK(sek_store_change_decide(store, other, false, &hanako)); /* one's own may be taken back */
	ck_assert_str_eq(policies("taro").text, "site//clipboard=\"none\" ");
}
END_TEST

START_TEST(endless_texts_are_refused_whole)
{
	size_t n = 1024 * 1024;
	char *big = malloc(n + 1);
	const struct sek_store_actor long_why = { "hanako", big, 1 }, long_who = { big, "x", 1 };
	int64_t id;

	memset(big, 'a', n);
	big[n] = '\0';
	IS(sek_store_person_set_display(store, "taro", big, 0, &hanako), SEK_E_LIMIT);
	IS(sek_store_person_set_roles(store, "taro", 0, 0, &long_why), SEK_E_LIMIT);
	IS(sek_store_person_set_roles(store, "taro", 0, 0, &long_who), SEK_E_LIMIT);
	IS(sek_store_person_from_directory(store, big, "x", 1, 1, &id), SEK_E_LIMIT);
	IS(sek_store_policy_set(store, "site", "", big, "1", 0, 0, false, &hanako, NULL), SEK_E_LIMIT);
	IS(sek_store_policy_set(store, "group", big, "print", "1", 0, 0, false, &hanako, NULL), SEK_E_NOT_FOUND);
	IS(sek_store_certificate_add(store, "taro", &(struct sek_store_certificate){ .kind = SEK_CERTIFICATE_SUBJECT, .value = big,
		.subject = "" }, &hanako), SEK_E_LIMIT);
	IS(sek_store_certificate_add(store, "taro", &(struct sek_store_certificate){ .value = "ab", .subject = big }, &hanako), SEK_E_LIMIT);
	IS(sek_store_consent_add(store, person("taro").id, big, "ja", 1), SEK_E_LIMIT);
	ck_assert_uint_eq(newest().n, 0);
	free(big);
}
END_TEST

static void is_the_card(void *ctx, const struct sek_store_certificate *c)
{
	ck_assert_int_eq(c->kind, SEK_CERTIFICATE_FINGERPRINT);
	ck_assert_str_eq(c->value, "ab12");
	ck_assert_str_eq(c->subject, "CN=太郎");
	ck_assert_int_eq(c->ends_s, 1234);
	++*(unsigned *)ctx;
}

START_TEST(factors_are_used_once)
{
	const char *const hashes[] = { "code1", "code2" };
	int64_t id = person("taro").id, at_s = 7;
	const struct sek_store_certificate card = { .kind = SEK_CERTIFICATE_FINGERPRINT, .value = "ab12", .subject = "CN=太郎",
		.ends_s = 1234 };
	struct sek_store_totp t;
	struct sek_store_user u;
	unsigned cards = 0;

	IS(sek_store_totp_get(store, id, &t), SEK_E_NOT_FOUND);
	IS(sek_store_totp_use(store, id, 100), SEK_E_DENIED); /* there is none */
	IS(sek_store_totp_enrol(store, id, (const uint8_t *)"sealed", 6, 100, hashes, SEK_STORE_RECOVERY_MAX + 1, 10), SEK_E_LIMIT);
	IS(sek_store_totp_get(store, id, &t), SEK_E_NOT_FOUND);
	IS(sek_store_totp_allow(store, "nobody", 500, &hanako), SEK_E_NOT_FOUND);
	OK(sek_store_totp_allow(store, "taro", 500, &hanako));
	OK(sek_store_user_find(store, "taro", &u));
	ck_assert_int_eq(u.enrol_s, 500);
	OK(sek_store_totp_enrol(store, id, (const uint8_t *)"sealed", 6, 100, hashes, 2, 10));
	OK(sek_store_user_find(store, "taro", &u));
	ck_assert_int_eq(u.enrol_s, 0);
	IS(sek_store_totp_allow(store, "taro", 500, &hanako), SEK_E_EXISTS);
	IS(sek_store_totp_enrol(store, id, (const uint8_t *)"other", 5, 300, hashes, 2, 10), SEK_E_EXISTS);
	IS(sek_store_totp_use(store, id, 100), SEK_E_DENIED);
	OK(sek_store_totp_use(store, id, 101));
	IS(sek_store_totp_use(store, id, 101), SEK_E_DENIED);
	IS(sek_store_totp_use(store, id, 99), SEK_E_DENIED);
	OK(sek_store_totp_get(store, id, &t));
	ck_assert(t.recovery == 2 && t.sealed_n == 6 && memcmp(t.sealed, "sealed", 6) == 0);
	ck_assert(person("taro").has_totp);
	OK(sek_store_recovery_use(store, id, "code1"));
	IS(sek_store_recovery_use(store, id, "code1"), SEK_E_NOT_FOUND);
	OK(sek_store_totp_delete(store, "taro", &hanako));
	IS(sek_store_recovery_use(store, id, "code2"), SEK_E_NOT_FOUND);
	IS(sek_store_totp_enrol(store, 999, (const uint8_t *)"x", 1, 1, hashes, 2, 1), SEK_E_NOT_FOUND);
	OK(sek_store_certificate_add(store, "taro", &card, &hanako));
	IS(sek_store_certificate_add(store, "taro", &card, &hanako), SEK_E_EXISTS);
	OK(sek_store_certificates_each(store, "taro", is_the_card, &cards));
	ck_assert_uint_eq(cards, 1);
	OK(sek_store_certificate_find(store, SEK_CERTIFICATE_FINGERPRINT, "ab12", &u));
	ck_assert_str_eq(u.name, "taro");
	IS(sek_store_certificate_find(store, SEK_CERTIFICATE_SUBJECT, "ab12", &u), SEK_E_NOT_FOUND);
	OK(sek_store_certificate_remove(store, "taro", SEK_CERTIFICATE_FINGERPRINT, "ab12", &hanako));
	IS(sek_store_certificate_remove(store, "taro", SEK_CERTIFICATE_FINGERPRINT, "ab12", &hanako), SEK_E_NOT_FOUND);
	OK(sek_store_consent_get(store, id, "n1", &at_s));
	ck_assert_int_eq(at_s, 0);
	OK(sek_store_consent_add(store, id, "n1", "ja", 50));
	OK(sek_store_consent_add(store, id, "n1", "ja", 60));
	OK(sek_store_consent_get(store, id, "n1", &at_s));
	ck_assert_int_eq(at_s, 50);
}
END_TEST

START_TEST(the_schema_before_is_brought_up)
{
	static const char old[] = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL,"
		" roles TEXT NOT NULL DEFAULT '', disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),"
		" created_s INTEGER NOT NULL, password_s INTEGER NOT NULL) STRICT;"
		"CREATE TABLE logins (key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32), user_id INTEGER NOT NULL REFERENCES"
		" users (id) ON DELETE CASCADE, address TEXT NOT NULL, created_s INTEGER NOT NULL, seen_s INTEGER NOT NULL)"
		" STRICT, WITHOUT ROWID; CREATE INDEX logins_user ON logins (user_id);"
		"CREATE TABLE known (user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, address TEXT NOT NULL,"
		" seen_s INTEGER NOT NULL, PRIMARY KEY (user_id, address)) STRICT, WITHOUT ROWID;"
		"INSERT INTO users (name, hash, created_s, password_s) VALUES ('old', 'h', 1, 2);"
		"PRAGMA application_id = 1397050161; PRAGMA user_version = 1";
	struct sek_db *db = NULL;

	tear_down();
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	OK(sek_sqlite_connect(path, &db));
	OK(sek_db_exec(db, old));
	sek_db_close(db);
	OK(sek_store_open(where_of(path), &store, err, sizeof err));
	ck_assert_uint_eq(person("old").roles, SEK_ROLE_STAFF);
	ck_assert_int_eq(person("old").source, SEK_USER_LOCAL);
	OK(sek_store_policy_set(store, "user", "old", "print", "\"none\"", 0, 0, false, &hanako, NULL));
}
END_TEST

static void first_host(void *ctx, const struct sek_store_host *h)
{
	*(struct sek_store_host *)ctx = *h;
}

START_TEST(foreign_hosts_and_their_secrets)
{
	struct sek_store_host h = { "desk7", "127.0.0.1", 5900, "default", SEK_HOST_USE, "vnc", true, "PEM", 3, 0 }, seen;
	uint8_t sealed[SEK_STORE_SECRET_BYTES + 1] = { 1, 2, 3 }, got[SEK_STORE_SECRET_BYTES];
	bool own = true;
	size_t n = 0;

	OK(sek_store_host_put(store, &h));
	OK(sek_store_hosts(store, first_host, &seen));
	ck_assert_str_eq(seen.kind, "vnc");
	ck_assert_str_eq(seen.trust, "PEM");
	ck_assert(seen.insecure && seen.places == 3);
	IS(sek_store_host_secret_get(store, "desk7", "taro", got, &n, &own), SEK_E_NOT_FOUND);
	IS(sek_store_host_secret_put(store, "desk7", "", sealed, sizeof sealed), SEK_E_LIMIT);
	OK(sek_store_host_secret_put(store, "desk7", "", sealed, 3));
	OK(sek_store_host_secret_get(store, "desk7", "taro", got, &n, &own)); /* for everybody */
	ck_assert(n == 3 && memcmp(got, sealed, 3) == 0 && !own);
	OK(sek_store_host_secret_put(store, "desk7", "taro", sealed + 1, 2));
	OK(sek_store_host_secret_get(store, "desk7", "taro", got, &n, &own));
	ck_assert(n == 2 && got[0] == 2 && own);
	OK(sek_store_host_secret_get(store, "desk7", "hana", got, &n, &own));
	ck_assert(n == 3 && !own);
	OK(sek_store_host_secret_put(store, "desk7", "taro", NULL, 0)); /* forgotten */
	OK(sek_store_host_secret_get(store, "desk7", "taro", got, &n, &own));
	ck_assert(n == 3 && !own);
	OK(sek_store_host_set(store, "desk7", SEK_HOST_DRAIN, 1800000000));
	OK(sek_store_hosts(store, first_host, &seen));
	ck_assert(seen.state == SEK_HOST_DRAIN && seen.force_s == 1800000000);
	OK(sek_store_host_set(store, "desk7", SEK_HOST_USE, 0));
	OK(sek_store_hosts(store, first_host, &seen));
	ck_assert(seen.state == SEK_HOST_USE && seen.force_s == 0);
	OK(sek_store_host_set(store, "desk7", SEK_HOST_GONE, 0)); /* and with the host, all of it */
	IS(sek_store_host_secret_get(store, "desk7", "taro", got, &n, &own), SEK_E_NOT_FOUND);
	OK(sek_store_hosts(store, first_host, &seen));
	ck_assert_str_eq(seen.kind, "sekisho");
	ck_assert(!seen.insecure && !*seen.trust);
}
END_TEST

START_TEST(a_seal_opens_for_its_purpose_only)
{
	uint8_t key[SEK_SEAL_KEY_BYTES] = { 7 }, other[SEK_SEAL_KEY_BYTES] = { 8 }, sealed[10 + SEK_SEAL_MORE_BYTES];
	char plain[10] = "password", got[10] = "";

	sek_seal(key, "host a", plain, sizeof plain, sealed);
	ck_assert_ptr_null(memmem(sealed, sizeof sealed, "password", 8));
	IS(sek_seal_open(other, "host a", sealed, sizeof sealed, got), SEK_E_CRYPTO);
	IS(sek_seal_open(key, "host b", sealed, sizeof sealed, got), SEK_E_CRYPTO);
	IS(sek_seal_open(key, "host a", sealed, SEK_SEAL_MORE_BYTES - 1, got), SEK_E_CRYPTO);
	ck_assert_str_eq(got, "");
	OK(sek_seal_open(key, "host a", sealed, sizeof sealed, got));
	ck_assert_str_eq(got, "password");
	sealed[3] ^= 1;
	IS(sek_seal_open(key, "host a", sealed, sizeof sealed, got), SEK_E_CRYPTO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.store.admin");
	TCase *t = tcase_create("admin");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, roles_are_words);
	tcase_add_test(t, people_change_on_the_record);
	tcase_add_test(t, directory_users_are_not_local_ones);
	tcase_add_test(t, pages_of_many);
	tcase_add_test(t, groups_and_their_members);
	tcase_add_test(t, policies_with_versions);
	tcase_add_test(t, a_second_administrator_decides);
	tcase_add_test(t, endless_texts_are_refused_whole);
	tcase_add_test(t, factors_are_used_once);
	if (!on_postgresql())
		tcase_add_test(t, the_schema_before_is_brought_up);
	tcase_add_test(t, foreign_hosts_and_their_secrets);
	tcase_add_test(t, a_seal_opens_for_its_purpose_only);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
