/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See moved.h. Must never run beside a broker, which would write to what has been read already.
 */
#include "broker/hub/moved.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/hub/audited.h"
#include "broker/hub/keys/words.h"
#include "broker/hub/store/migrate.h"
#include "broker/hub/users.h"

enum { BAR = 30 };

static bool broker_runs(const char *control_path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;
	bool runs;

	if (strlen(control_path) >= sizeof a.sun_path)
		return false;
	memcpy(a.sun_path, control_path, strlen(control_path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	runs = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return runs;
}

static void progress(void *user, const char *table, int64_t done, int64_t all)
{
	int64_t part = all > 0 ? done * BAR / all : BAR;
	char bar[BAR + 1];

	(void)user;
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)(part > BAR ? BAR : part));
	bar[BAR] = '\0';
	printf("\r[%s] %3d %% %-16.16s", bar, all > 0 ? (int)(done * 100 / all) : 100, table);
	fflush(stdout);
}

struct told {
	int64_t rows;
	bool ja;
};

static void same(void *user, const char *table, int64_t rows, const char *hash)
{
	struct told *t = user;

	t->rows += rows;
	printf("%s%-16s %10lld ", isatty(STDOUT_FILENO) ? "\r\033[K" : "", table, (long long)rows);
	sek_tool_say(t->ja, &tool_moved_same, hash);
}

static int refuse(bool ja, const char *why)
{
	return sek_tool_fail(ja, "sekisho-broker", why);
}

int sek_moved_main(const struct sek_broker_config *c, bool ja)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";
	struct told told = { .ja = ja };
	struct sek_store_migrate_calls calls = { isatty(STDOUT_FILENO) ? progress : NULL, same, &told };

	if (!sek_store_where_is_postgresql(c->store_where))
		return refuse(ja, "store.postgresql is not in the configuration: write where the store is to go, and leave store.path as it is");
	if (access(c->store_path, F_OK) != 0)
		return refuse(ja, "there is no file at store.path: nothing is to be moved");
	if (broker_runs(c->control_path))
		return refuse(ja, "the broker runs: stop it first, and every other broker of this store");
	if (sek_users_check_owner(c->store_path) != 0 || sodium_init() < 0)
		return 1;
	if (!sek_is_ok(sek_store_migrate(c->store_path, c->store_where, &calls, err, sizeof err)))
		return refuse(ja, err);
	fputs(calls.progress ? "\r\033[K" : "", stdout);
	sek_tool_say(ja, &tool_moved_done, (long long)told.rows, c->store_path);
	if (!sek_is_ok(sek_audited_command(&c->audit, "store.migrated", "postgresql", SEK_AUDIT_DONE, err, sizeof err)))
		return refuse(ja, err);
	return 0;
}
