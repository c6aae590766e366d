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

static void same(void *user, const char *table, int64_t rows, const char *hash)
{
	int64_t *all = user;

	*all += rows;
	printf("%s%-16s %10lld rows, the same on both sides (%.16s)\n", isatty(STDOUT_FILENO) ? "\r\033[K" : "", table, (long long)rows, hash);
}

static int refuse(const char *why)
{
	fprintf(stderr, "sekisho-broker: %s\n", why);
	return 1;
}

int sek_moved_main(const struct sek_broker_config *c)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";
	int64_t rows = 0;
	struct sek_store_migrate_calls calls = { isatty(STDOUT_FILENO) ? progress : NULL, same, &rows };

	if (!sek_store_where_is_postgresql(c->store_where))
		return refuse("store.postgresql is not in the configuration: write where the store is to go, and leave store.path as it is");
	if (access(c->store_path, F_OK) != 0)
		return refuse("there is no file at store.path: nothing is to be moved");
	if (broker_runs(c->control_path))
		return refuse("the broker runs: stop it first, and every other broker of this store");
	if (sek_users_check_owner(c->store_path) != 0 || sodium_init() < 0)
		return 1;
	if (!sek_is_ok(sek_store_migrate(c->store_path, c->store_where, &calls, err, sizeof err)))
		return refuse(err);
	printf("%sdone: %lld rows. The file '%s' stays as it is: keep it until the site has worked for a while, then destroy it.\n",
		calls.progress ? "\r\033[K" : "", (long long)rows, c->store_path);
	if (!sek_is_ok(sek_audited_command(&c->audit, "store.migrated", "postgresql", SEK_AUDIT_DONE, err, sizeof err)))
		return refuse(err);
	return 0;
}
