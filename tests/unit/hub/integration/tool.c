/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests need and Node cannot do:
 *   hub-tool age STORE USER SECONDS     makes a user's log-ins older, as if the time had passed
 *   hub-tool roles STORE USER ROLES     gives a user these roles and no other
 *   hub-tool schema STORE [NUMBER]      says that another schema made the store; without a number: which did
 *   hub-tool sql STORE TEXT             runs it
 *   hub-tool notify PROGRAM ARGS...     runs it under a service manager's socket, ends it when it is ready, and prints
 *                                       what it said there
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/unit/hub/store/where.h"

static int run_sql_there(const char *path, const char *sql)
{
	char full[512], folder[256];

	snprintf(full, sizeof full, "%s%s%s", path[0] == '/' ? "" : getcwd(folder, sizeof folder), path[0] == '/' ? "" : "/", path);
	return run_sql_at(full, sql) ? 0 : 1;
}

static int run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int ok;

	if (on_postgresql())
		return run_sql_there(path, sql);
	ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

	if (!ok)
		fprintf(stderr, "hub-tool: %s\n", sqlite3_errmsg(db));
	sqlite3_close(db);
	return ok ? 0 : 1;
}

static int age(const char *path, const char *user, long long seconds)
{
	char *sql = sqlite3_mprintf("UPDATE logins SET created_s = created_s - %lld, seen_s = seen_s - %lld"
		" WHERE user_id = (SELECT id FROM users WHERE name = %Q)", seconds, seconds, user);
	int r = run_sql(path, sql);

	sqlite3_free(sql);
	return r;
}

static int roles(const char *path, const char *user, const char *words)
{
	char *sql = sqlite3_mprintf("UPDATE users SET roles = %Q WHERE name = %Q", words, user);
	int r = run_sql(path, sql);

	sqlite3_free(sql);
	return r;
}

static int print_schema(const char *path)
{
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	int r = 1;

	if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
			sqlite3_step(q) == SQLITE_ROW) {
		printf("%d\n", sqlite3_column_int(q, 0));
		r = 0;
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
	return r;
}

static int schema(const char *path, int number)
{
	char *sql = sqlite3_mprintf("PRAGMA user_version = %d", number);
	int r = run_sql(path, sql);

	sqlite3_free(sql);
	return r;
}

static int notify(char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char name[64], text[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), status = 0, i;
	pid_t pid;
	size_t n = (size_t)snprintf(name, sizeof name, "@sek-notify-%d", (int)getpid());

	memcpy(a.sun_path + 1, name + 1, n - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0)
		return 1;
	setenv("NOTIFY_SOCKET", name, 1);
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	alarm(20);
	for (i = 0; i < 2; i++) {
		ssize_t r = recv(fd, text, sizeof text - 1, 0);

		if (r < 0)
			return 1;
		text[r] = '\0';
		printf("%s\n", text);
		kill(pid, SIGTERM);
	}
	waitpid(pid, &status, 0);
	return status == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "age") == 0)
		return age(argv[2], argv[3], atoll(argv[4]));
	if (argc == 5 && strcmp(argv[1], "roles") == 0)
		return roles(argv[2], argv[3], argv[4]);
	if (argc == 3 && strcmp(argv[1], "schema") == 0)
		return print_schema(argv[2]);
	if (argc == 4 && strcmp(argv[1], "schema") == 0)
		return schema(argv[2], atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "sql") == 0)
		return run_sql(argv[2], argv[3]);
	if (argc >= 3 && strcmp(argv[1], "notify") == 0)
		return notify(argv + 2);
	return 2;
}
