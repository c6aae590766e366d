/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store on a real database file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <pthread.h>

#include "broker/hub/store/store.h"
#include "broker/hub/store/sqlite.h"
#include "tests/unit/hub/store/where.h"

static char folder[64], path[96], err[512];
static struct sek_store *store;

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];
	size_t i;

	sek_store_close(store);
	store = NULL;
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

/* The PRAGMAs of a file that no store will open. */
static void run_sql(const char *sql)
{
	struct sek_db *db = NULL;

	ck_assert(sek_is_ok(sek_sqlite_connect(path, &db)));
	ck_assert_msg(sek_is_ok(sek_db_exec(db, sql)), "%s", sek_db_error(db));
	sek_db_close(db);
}

static void reopen_fails(enum sek_code code, const char *says)
{
	struct sek_store *other = NULL;

	ck_assert_int_eq(sek_store_open(where_of(path), &other, err, sizeof err).code, code);
	ck_assert_ptr_null(other);
	ck_assert_msg(strstr(err, says) != NULL, "%s", err);
}

static struct sek_store_user find(const char *name)
{
	struct sek_store_user u = { .id = 0 };

	ck_assert(sek_is_ok(sek_store_user_find(store, name, &u)));
	return u;
}

static struct sek_store_login a_login(const char *user, uint8_t mark, const char *address, int64_t now_s)
{
	struct sek_store_login l = { .user_id = find(user).id, .created_s = now_s, .seen_s = now_s };

	memset(l.key, mark, sizeof l.key);
	snprintf(l.address, sizeof l.address, "%s", address);
	return l;
}

struct seen {
	size_t n;
	struct sek_store_login last;
};

static void count_login(void *ctx, const struct sek_store_login *l)
{
	struct seen *s = ctx;

	s->n++;
	s->last = *l;
}

static size_t logins(struct sek_store_login *ret)
{
	struct seen s = { .n = 0 };

	ck_assert(sek_is_ok(sek_store_logins_each(store, NULL, count_login, &s)));
	if (ret)
		*ret = s.last;
	return s.n;
}

START_TEST(file_is_private)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	sek_store_close(store);
	store = NULL;
	chmod(path, 0640);
	reopen_fails(SEK_E_CONFIG, "chmod 600");
	chmod(path, 0600);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
}
END_TEST

START_TEST(users_round_trip)
{
	struct sek_store_user u;
	uint64_t n = 9;

	ck_assert(sek_is_ok(sek_store_users_count(store, &n)));
	ck_assert_uint_eq(n, 0);
	ck_assert(sek_is_ok(sek_store_user_add(store, "山田", "hash-1", 1000)));
	ck_assert(sek_is(sek_store_user_add(store, "山田", "hash-2", 1001), SEK_E_EXISTS));
	ck_assert(sek_is(sek_store_user_find(store, "山", &u), SEK_E_NOT_FOUND));
	ck_assert(sek_is(sek_store_user_find(store, "山田' OR '1'='1", &u), SEK_E_NOT_FOUND));
	u = find("山田");
	ck_assert_str_eq(u.name, "山田");
	ck_assert_str_eq(u.hash, "hash-1");
	ck_assert_str_eq(u.roles, "staff");
	ck_assert(!u.disabled);
	ck_assert_int_eq(u.created_s, 1000);
	ck_assert(sek_is_ok(sek_store_user_set_hash(store, "山田", "hash-3", 2000)));
	u = find("山田");
	ck_assert_str_eq(u.hash, "hash-3");
	ck_assert_int_eq(u.password_s, 2000);
	ck_assert(sek_is(sek_store_user_set_hash(store, "x", "h", 1), SEK_E_NOT_FOUND));
	ck_assert(sek_is(sek_store_user_set_disabled(store, "x", true), SEK_E_NOT_FOUND));
	ck_assert(sek_is_ok(sek_store_users_count(store, &n)));
	ck_assert_uint_eq(n, 1);
}
END_TEST

static void collect_name(void *ctx, const struct sek_store_user *u)
{
	strcat(ctx, u->name);
	strcat(ctx, u->disabled ? "- " : " ");
}

START_TEST(users_are_listed_in_order)
{
	char names[64] = "";

	ck_assert(sek_is_ok(sek_store_user_add(store, "b", "h", 1)));
	ck_assert(sek_is_ok(sek_store_user_add(store, "a", "h", 1)));
	ck_assert(sek_is_ok(sek_store_user_set_disabled(store, "b", true)));
	ck_assert(sek_is_ok(sek_store_users_each(store, collect_name, names)));
	ck_assert_str_eq(names, "a b- ");
}
END_TEST

START_TEST(logins_round_trip)
{
	struct sek_store_login l, got;

	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 1)));
	l = a_login("taro", 7, "192.0.2.1", 500);
	l.factors = 5;
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	ck_assert(sek_is(sek_store_login_add(store, &l), SEK_E_EXISTS));
	ck_assert_uint_eq(logins(&got), 1);
	ck_assert_mem_eq(got.key, l.key, sizeof l.key);
	ck_assert_str_eq(got.user, "taro");
	ck_assert_str_eq(got.address, "192.0.2.1");
	ck_assert_uint_eq(got.factors, 5);
	ck_assert(!got.directory);
	ck_assert_int_eq(got.created_s, 500);
	l.seen_s = 900;
	ck_assert(sek_is_ok(sek_store_logins_seen(store, &l, 1)));
	ck_assert_uint_eq(logins(&got), 1);
	ck_assert_int_eq(got.seen_s, 900);
	ck_assert_int_eq(got.created_s, 500);
	ck_assert(sek_is_ok(sek_store_login_delete(store, l.key)));
	ck_assert(sek_is_ok(sek_store_login_delete(store, l.key)));
	ck_assert_uint_eq(logins(NULL), 0);
}
END_TEST

START_TEST(old_logins_are_purged)
{
	struct sek_store_login l;

	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 1)));
	l = a_login("taro", 1, "a", 100); /* too old */
	l.seen_s = 400;
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	l = a_login("taro", 2, "a", 200); /* idle */
	l.seen_s = 299;
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	l = a_login("taro", 3, "a", 200); /* just young enough for both */
	l.seen_s = 300;
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	ck_assert(sek_is_ok(sek_store_logins_purge(store, 200, 300)));
	ck_assert_uint_eq(logins(&l), 1);
	ck_assert_uint_eq(l.key[0], 3);
}
END_TEST

START_TEST(disabling_and_new_passwords_void_logins)
{
	struct sek_store_login l;

	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 1)));
	ck_assert(sek_is_ok(sek_store_user_add(store, "hanako", "h", 1)));
	l = a_login("taro", 1, "a", 100);
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	l = a_login("hanako", 2, "a", 100);
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	ck_assert(sek_is_ok(sek_store_user_set_disabled(store, "taro", true)));
	ck_assert_uint_eq(logins(&l), 1);
	ck_assert_str_eq(l.user, "hanako");
	/* a disabled user gets no log-in, whoever asks */
	l = a_login("taro", 3, "a", 100);
	ck_assert(sek_is(sek_store_login_add(store, &l), SEK_E_DENIED));
	ck_assert(sek_is_ok(sek_store_user_set_disabled(store, "taro", false)));
	ck_assert_uint_eq(logins(NULL), 1); /* enabling brings nothing back */
	ck_assert(sek_is_ok(sek_store_user_set_hash(store, "hanako", "h2", 2)));
	ck_assert_uint_eq(logins(NULL), 0);
	l.user_id = 424242;
	ck_assert(sek_is(sek_store_login_add(store, &l), SEK_E_DENIED));
}
END_TEST

static void count_known(void *ctx, const char *user, const char *address, int64_t seen_s)
{
	char *text = ctx;

	snprintf(text + strlen(text), 2048 - strlen(text), "%s@%s:%d ", user, address, (int)seen_s);
}

START_TEST(addresses_are_remembered_within_a_bound)
{
	char text[2048] = "", address[16];
	struct sek_store_login l;
	int i;

	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 1)));
	for (i = 0; i < SEK_STORE_KNOWN_PER_USER + 3; i++) {
		snprintf(address, sizeof address, "10.0.0.%d", i);
		l = a_login("taro", (uint8_t)(i + 1), address, 1000 + i);
		ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
		ck_assert(sek_is_ok(sek_store_login_delete(store, l.key)));
	}
	ck_assert(sek_is_ok(sek_store_known_each(store, 0, count_known, text)));
	ck_assert_ptr_null(strstr(text, "10.0.0.2:"));
	ck_assert_ptr_nonnull(strstr(text, "taro@10.0.0.3:1003"));
	text[0] = '\0';
	ck_assert(sek_is_ok(sek_store_known_each(store, 1000 + SEK_STORE_KNOWN_PER_USER + 2, count_known, text)));
	ck_assert_str_eq(text, "taro@10.0.0.18:1018 ");
}
END_TEST

START_TEST(changes_of_others_are_seen)
{
	struct sek_store *other = NULL;
	bool changed = true;

	ck_assert(sek_is_ok(sek_store_changed(store, &changed)));
	ck_assert(!changed);
	ck_assert(sek_is_ok(sek_store_user_add(store, "own", "h", 1)));
	ck_assert(sek_is_ok(sek_store_changed(store, &changed)));
	ck_assert_msg(!changed, "own writes are not news");
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &other, err, sizeof err)));
	ck_assert(sek_is_ok(sek_store_user_add(other, "foreign", "h", 1)));
	sek_store_close(other);
	ck_assert(sek_is_ok(sek_store_changed(store, &changed)));
	ck_assert(changed);
	ck_assert(sek_is_ok(sek_store_changed(store, &changed)));
	ck_assert(!changed);
}
END_TEST

START_TEST(newer_and_foreign_databases_are_left_alone)
{
	char ours[80];

	snprintf(ours, sizeof ours, "PRAGMA user_version = %d; PRAGMA application_id = 77", sek_store_schema());
	sek_store_close(store);
	store = NULL;
	run_sql("PRAGMA user_version = 99");
	reopen_fails(SEK_E_VERSION, "schema 99");
	run_sql("PRAGMA user_version = -1");
	reopen_fails(SEK_E_VERSION, "schema -1");
	run_sql(ours);
	reopen_fails(SEK_E_STORE, "is it the broker's database");
	run_sql("PRAGMA application_id = 0");
	reopen_fails(SEK_E_STORE, "is it the broker's database");
	run_sql("PRAGMA application_id = 1397050161");
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
}
END_TEST

START_TEST(rubbish_is_refused)
{
	int fd;

	sek_store_close(store);
	store = NULL;
	fd = open(path, O_WRONLY | O_TRUNC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "this is not a database, but long enough to be looked at as one by SQLite", 72), 72);
	close(fd);
	reopen_fails(SEK_E_STORE, "cannot be used");
	unlink(path);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	reopen_fails(SEK_E_IO, "cannot be opened");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	reopen_fails(SEK_E_IO, "cannot be opened");
	rmdir(path);
}
END_TEST

/* What another process sees of the locks on the database's file. */
static bool is_locked(void)
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		int fd = open(path, O_RDWR);

		_exit(fd >= 0 && fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status != 0;
}

/* Closing any descriptor of the file drops the process's POSIX locks on it; then whoever closes the database next takes
 * its log away from under us. */
START_TEST(second_handle_keeps_the_locks_of_the_first)
{
	struct sek_store *second = NULL;
	uint64_t n;

	ck_assert(sek_is_ok(sek_store_users_count(store, &n)));
	ck_assert(is_locked());
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &second, err, sizeof err)));
	ck_assert(is_locked());
	sek_store_close(second);
	ck_assert(is_locked());
}
END_TEST

static void *add_many(void *from)
{
	char name[32];
	int i;

	for (i = 0; i < 25; i++) {
		snprintf(name, sizeof name, "u%d-%d", *(int *)from, i);
		ck_assert(sek_is_ok(sek_store_user_add(store, name, "h", 1)));
		ck_assert(sek_is_ok(sek_store_user_set_disabled(store, name, true)));
	}
	return NULL;
}

START_TEST(threads_take_turns)
{
	int ids[3] = { 1, 2, 3 }, i;
	pthread_t threads[3];
	uint64_t n = 0;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, &ids[i]), 0);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert(sek_is_ok(sek_store_users_count(store, &n)));
	ck_assert_uint_eq(n, 75);
}
END_TEST

START_TEST(data_outlives_the_handle)
{
	sek_store_close(store);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 5)));
	sek_store_close(store);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
	ck_assert_int_eq(find("taro").created_s, 5);
}
END_TEST

START_TEST(newer_and_foreign_schemas_are_left_alone)
{
	struct sek_store *other = NULL;
	uint64_t users = 99;

	ck_assert(sek_is_ok(sek_store_try_postgresql(where_of("nowhere"), &users, err, sizeof err)));
	ck_assert_uint_eq(users, 0);
	ck_assert(sek_is_ok(sek_store_user_add(store, "a", "h", 1)));
	ck_assert(sek_is_ok(sek_store_try_postgresql(where_of(path), &users, err, sizeof err)));
	ck_assert_uint_eq(users, 1);
	ck_assert(run_sql_at(path, "UPDATE schema_version SET n = 99"));
	ck_assert(sek_is(sek_store_try_postgresql(where_of(path), &users, err, sizeof err), SEK_E_VERSION));
	ck_assert_msg(strstr(err, "schema 99") != NULL, "%s", err);
	ck_assert(sek_is(sek_store_open(where_of(path), &other, err, sizeof err), SEK_E_VERSION));
	ck_assert_msg(strstr(err, "schema 99") != NULL, "%s", err);
	sek_store_close(store);
	store = NULL;
	snprintf(path, sizeof path, "%s/other.db", folder);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
	ck_assert(run_sql_at(path, "DROP TABLE schema_version")); /* tables that are not known to be ours */
	ck_assert(sek_is(sek_store_open(where_of(path), &other, err, sizeof err), SEK_E_STORE));
	ck_assert_ptr_null(other);
	ck_assert(sek_is(sek_store_try_postgresql(where_of(path), &users, err, sizeof err), SEK_E_STORE));
	ck_assert_msg(strstr(err, "somebody else") != NULL, "%s", err);
}
END_TEST

/* Another order of letters; a role that may make nothing. */
START_TEST(databases_that_will_not_do_are_told)
{
	struct sek_store_postgresql p = { .database = "other" };
	char folder_of[1024], *made;
	uint64_t users = 99;

	snprintf(folder_of, sizeof folder_of, "%s", strstr(where_of(path), "address=") + 8);
	folder_of[strcspn(folder_of, "\n")] = '\0';
	p.address = folder_of;
	made = sek_store_where_postgresql(&p);
	ck_assert(sek_is(sek_store_try_postgresql(made, &users, err, sizeof err), SEK_E_CONFIG));
	ck_assert_msg(strstr(err, "LOCALE 'C'") != NULL, "%s", err);
	free(made);
	p.database = "postgres"; /* not the role's */
	made = sek_store_where_postgresql(&p);
	ck_assert(sek_is(sek_store_try_postgresql(made, &users, err, sizeof err), SEK_E_STORE));
	ck_assert_msg(strstr(err, "may make nothing") != NULL, "%s", err);
	free(made);
	ck_assert_uint_eq(users, 99);
}
END_TEST

static void *open_and_add(void *from)
{
	struct sek_store *s = NULL;
	char why[512], name[32];

	ck_assert_msg(sek_is_ok(sek_store_open(from, &s, why, sizeof why)), "%s", why);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "u%p-%d", (void *)&s, i);
		ck_assert(sek_is_ok(sek_store_user_add(s, name, "h", 1)));
	}
	sek_store_close(s);
	return NULL;
}

/* Four brokers whose first start is the same moment. */
START_TEST(several_make_it_at_once)
{
	pthread_t threads[4];
	char where[1024], other[128];
	uint64_t n = 0;

	snprintf(other, sizeof other, "%s/at-once.db", folder);
	snprintf(where, sizeof where, "%s", where_of(other));
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_add, where), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	sek_store_close(store);
	ck_assert(sek_is_ok(sek_store_open(where, &store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_store_users_count(store, &n)));
	ck_assert_uint_eq(n, 80);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.store");
	TCase *t = tcase_create("store");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, users_round_trip);
	tcase_add_test(t, users_are_listed_in_order);
	tcase_add_test(t, logins_round_trip);
	tcase_add_test(t, old_logins_are_purged);
	tcase_add_test(t, disabling_and_new_passwords_void_logins);
	tcase_add_test(t, addresses_are_remembered_within_a_bound);
	tcase_add_test(t, changes_of_others_are_seen);
	tcase_add_test(t, threads_take_turns);
	tcase_add_test(t, data_outlives_the_handle);
	if (!on_postgresql()) { /* of a file */
		tcase_add_test(t, file_is_private);
		tcase_add_test(t, newer_and_foreign_databases_are_left_alone);
		tcase_add_test(t, rubbish_is_refused);
		tcase_add_test(t, second_handle_keeps_the_locks_of_the_first);
	}
	if (on_postgresql()) {
		tcase_add_test(t, newer_and_foreign_schemas_are_left_alone);
		tcase_add_test(t, databases_that_will_not_do_are_told);
		tcase_add_test(t, several_make_it_at_once);
	}
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
