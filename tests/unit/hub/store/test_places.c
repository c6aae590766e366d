/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Several processes place sessions on render hosts through one store at once, give them back and take others; another one looks all the time:
 * no host ever has more than its room, and in the end each has as much as was wanted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/sessions.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))

enum { BROKERS = 3, HOSTS = 2, USERS = 12, ROUNDS = 150 };

static const uint32_t room[HOSTS] = { 3, 5 };
static char folder[64], path[96];

static struct sek_store *open_store(void)
{
	struct sek_store *s = NULL;
	char err[512];

	return sek_is_ok(sek_store_open(where_of(path), &s, err, sizeof err)) ? s : NULL;
}

static struct sek_store_session session(int broker, int user, int host)
{
	struct sek_store_session r = { .generation = 1, .width_px = 800, .height_px = 600, .scale_percent = 100, .opened_s = 1, .started_s = 1,
		.own = "" };

	snprintf(r.broker, sizeof r.broker, "b%d", broker);
	snprintf(r.user, sizeof r.user, "u%d-%d", broker, user);
	snprintf(r.id, sizeof r.id, "%032x", broker * 1000 + user + 1);
	snprintf(r.host, sizeof r.host, "h%d", host);
	return r;
}

/* Exit code: 0, or 1 if the store said anything but yes or full. */
static int place_and_give_back(int broker)
{
	struct sek_store *s = open_store();
	bool has[USERS] = { false };
	unsigned seed = (unsigned)broker;

	if (!s)
		return 1;
	for (int i = 0; i < ROUNDS * USERS; i++) {
		int user = rand_r(&seed) % USERS;
		struct sek_store_session r = session(broker, user, rand_r(&seed) % HOSTS);
		sek_status status;

		if (has[user]) {
			status = sek_store_session_delete(s, r.id, r.broker, 1);
			has[user] = false;
		} else {
			status = sek_store_session_place(s, &r, room[r.host[1] - '0']);
			has[user] = sek_is_ok(status);
		}
		if (!sek_is_ok(status) && !sek_is(status, SEK_E_LIMIT))
			return 1;
	}
	/* at last as many as there is room for: what is left at the end is full */
	for (int user = 0; user < USERS; user++)
		for (int host = 0; host < HOSTS && !has[user]; host++) {
			struct sek_store_session r = session(broker, user, host);

			has[user] = sek_is_ok(sek_store_session_place(s, &r, room[host]));
		}
	sek_store_close(s);
	return 0;
}

static void count(void *ctx, const struct sek_store_session *row)
{
	((uint32_t *)ctx)[row->host[1] - '0']++;
}

START_TEST(no_host_is_ever_over_its_room)
{
	struct sek_store *s;
	uint32_t there[HOSTS];
	pid_t pids[BROKERS];
	int running = BROKERS, status, looks = 0;

	snprintf(folder, sizeof folder, "/tmp/sek-places-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	s = open_store();
	ck_assert_ptr_nonnull(s);
	sek_store_close(s); /* a handle is not for two processes */
	for (int i = 0; i < BROKERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(place_and_give_back(i));
		ck_assert_int_gt(pids[i], 0);
	}
	s = open_store();
	ck_assert_ptr_nonnull(s);
	while (running > 0) {
		memset(there, 0, sizeof there);
		OK(sek_store_sessions(s, NULL, count, there));
		for (int h = 0; h < HOSTS; h++)
			ck_assert_uint_le(there[h], room[h]);
		looks++;
		while (running > 0 && waitpid(-1, &status, WNOHANG) > 0) {
			ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			running--;
		}
	}
	ck_assert_int_gt(looks, 0);
	memset(there, 0, sizeof there);
	OK(sek_store_sessions(s, NULL, count, there));
	for (int h = 0; h < HOSTS; h++)
		ck_assert_uint_eq(there[h], room[h]);
	sek_store_close(s);
	for (size_t i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };
		char name[128];

		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.store.places");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(all, 100);
	tcase_add_test(all, no_host_is_ever_over_its_room);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
