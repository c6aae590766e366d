/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two real render hosts under watch: what the watching decoders may, where sessions go, and what happens when a host is
 * drained, removed, or dies.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "broker/gap/children.h"
#include "tests/integration/world.h"

struct seen {
	const char *name;
	struct sek_host_info info;
	char state[16];
};

static void look(void *user, const struct sek_host_info *info)
{
	struct seen *s = user;

	if (strcmp(info->host->name, s->name) != 0)
		return;
	s->info = *info;
	snprintf(s->state, sizeof s->state, "%s", info->state);
}

static struct seen host(struct world *w, int i)
{
	struct seen s = { .name = w->farm.hosts[i].name };

	sek_hosts_each(w->all, look, &s);
	return s;
}

static bool is(struct world *w, int i, const char *state)
{
	return strcmp(host(w, i).state, state) == 0;
}

static void begin(struct world *w)
{
	world_init(w);
	w->config.watch = true;
	world_start(w);
	WORLD_UNTIL(w, 15000, is(w, 0, "up") && is(w, 1, "up"));
}

/* Number of sessions on each host as the broker counts them. */
static bool counts(struct world *w, uint32_t first, uint32_t second)
{
	return host(w, 0).info.here == first && host(w, 1).info.here == second;
}

static int host_of(struct world *w)
{
	return host(w, 0).info.here > 0 ? 0 : 1;
}

static void leave(struct world *w, const char *user, struct stream *c)
{
	sek_sessions_end_user(w->all, user, SEK_STATE_ENDED_USER);
	stream_finish(c);
}

START_TEST(the_watchers_border)
{
	static const struct {
		int fd;
		const char *kind;
		int mode;
	} list[] = {
		{ 0, "null", -1 }, { 1, "null", -1 }, { 2, "null", -1 },
		{ SEK_DECODER_HOST_FD, "socket", O_RDWR },
		{ SEK_DECODER_GAP_FD, "memfd", O_RDWR },
		{ SEK_DECODER_WAKE_FD, "eventfd", O_RDWR },
		{ SEK_DECODER_INPUT_FD, "pipe", O_RDONLY },
		{ SEK_DECODER_CONTROL_FD, "null", -1 },
	};
	struct world w;
	pid_t pid;

	begin(&w);
	ck_assert_uint_eq(host(&w, 0).info.sessions_max, 4);
	ck_assert_uint_eq(host(&w, 0).info.sessions, 0);
	ck_assert_uint_gt(host(&w, 1).info.memory_mib, 0);
	pid = procs_find(getpid(), "sekisho-watch", NULL, NULL);
	ck_assert_int_gt(pid, 0);
	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		char found[256];
		int mode;

		ck_assert_msg(procs_descriptor(pid, list[i].fd, found, sizeof found, &mode), "descriptor %d is not open", list[i].fd);
		ck_assert_str_eq(found, list[i].kind);
		if (list[i].mode >= 0)
			ck_assert_int_eq(mode, list[i].mode);
	}
	ck_assert_uint_eq(procs_descriptors(pid), sizeof list / sizeof list[0]);
	ck_assert_str_eq(procs_status(pid, "Seccomp"), "2");
	ck_assert_str_eq(procs_status(pid, "NoNewPrivs"), "1");
	ck_assert_uint_ne(procs_namespace(pid, "net"), procs_namespace(getpid(), "net"));
	/* the page of integers, and nothing else, is what the broker sees of it */
	ck_assert(procs_maps(pid, "memfd:sekisho-health", 'w'));
	ck_assert(procs_maps(getpid(), "memfd:sekisho-health", 'r'));
	ck_assert(!procs_maps(getpid(), "memfd:sekisho-health", 'w'));
	ck_assert(!procs_maps(getpid(), "memfd:sekisho-gap", 'r'));
	/* one that dies is replaced */
	kill(pid, SIGKILL);
	WORLD_UNTIL(&w, 5000, !procs_alive(pid));
	WORLD_UNTIL(&w, 15000, procs_find(getpid(), "sekisho-watch", NULL, NULL) != pid && is(&w, 0, "up") && is(&w, 1, "up"));
	world_finish(&w);
}
END_TEST

START_TEST(sessions_go_where_room_is)
{
	struct stream a, b, c, d;
	struct world w;
	int first;

	begin(&w);
	world_up(&w, "taro", &a);
	first = host_of(&w);
	WORLD_UNTIL(&w, 10000, host(&w, first).info.sessions == 1); /* it says so itself */
	world_up(&w, "hanako", &b);
	ck_assert(counts(&w, 1, 1));
	/* drained: its session goes on, the next one goes elsewhere */
	ck_assert(sek_is_ok(sek_hosts_drain(w.all, w.farm.hosts[0].name, true, 0)));
	ck_assert_str_eq(host(&w, 0).state, "draining");
	world_up(&w, "jiro", &c);
	ck_assert(counts(&w, 1, 2));
	world_goes_on(&w, first == 0 ? &a : &b);
	/* nobody is left who could take one: said so */
	ck_assert(sek_is_ok(sek_hosts_drain(w.all, w.farm.hosts[1].name, true, 0)));
	stream_attach(w.all, "saburo", &d);
	stream_hello(&d);
	WORLD_UNTIL(&w, 5000, d.closed);
	ck_assert_uint_eq(stream_state(&d), SEK_STATE_HOSTS_FULL);
	stream_finish(&d);
	ck_assert(sek_is(sek_hosts_remove(w.all, w.farm.hosts[1].name), SEK_E_CONFLICT));
	/* an end to the drain: warned of, then told */
	ck_assert(sek_is_ok(sek_hosts_drain(w.all, w.farm.hosts[1].name, true, 2)));
	WORLD_UNTIL(&w, 15000, c.closed);
	ck_assert(stream_saw(&c, SEK_STATE_WARN_DRAIN));
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_ENDED_DRAIN);
	ck_assert(counts(&w, 1, 0));
	ck_assert(sek_is_ok(sek_hosts_remove(w.all, w.farm.hosts[1].name)));
	ck_assert(sek_is(sek_hosts_drain(w.all, w.farm.hosts[1].name, false, 0), SEK_E_NOT_FOUND));
	/* and there again, by hand */
	ck_assert(sek_is_ok(sek_hosts_add(w.all, &w.hosts[1])));
	ck_assert(sek_is(sek_hosts_add(w.all, &w.hosts[1]), SEK_E_EXISTS));
	WORLD_UNTIL(&w, 15000, is(&w, 1, "up"));
	stream_finish(&c);
	world_up(&w, "shiro", &c);
	ck_assert(counts(&w, 1, 1));
	leave(&w, "shiro", &c);
	stream_finish(&a);
	stream_finish(&b);
	world_finish(&w);
}
END_TEST

static void make_image(struct world *w, int i, int days)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - (time_t)days * 86400 - 60 }, { .tv_sec = time(NULL) - (time_t)days * 86400 - 60 } };
	char path[200];

	snprintf(path, sizeof path, "%s/built-%s", w->farm.dir, w->farm.hosts[i].name);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, t, 0), 0);
}

/* A host whose image is older than the site allows takes no new sessions, and those that it has go on. */
START_TEST(a_host_that_is_too_old)
{
	struct stream a, b, c;
	struct world w;

	world_init(&w);
	w.config.watch = true;
	w.config.ages = (struct sek_age_limits){ .image_warn_days = 45, .image_max_days = 90, .browser_warn_days = 36500 };
	world_start(&w);
	WORLD_UNTIL(&w, 60000, is(&w, 0, "up") && is(&w, 1, "up"));
	ck_assert_uint_eq(host(&w, 0).info.image_days, 0);
	ck_assert_uint_ne(host(&w, 0).info.browser_major, SEK_AGE_UNKNOWN); /* the real browser's */
	world_up(&w, "taro", &a);
	make_image(&w, 0, 91);
	make_image(&w, 1, 60);
	WORLD_UNTIL(&w, 60000, is(&w, 0, "old") && host(&w, 1).info.image_days == 60);
	ck_assert_uint_eq(host(&w, 0).info.age.old, 1u << SEK_AGE_IMAGE);
	ck_assert_uint_eq(host(&w, 1).info.age.old, 0);
	ck_assert_uint_eq(host(&w, 1).info.age.soon, 1u << SEK_AGE_IMAGE);
	world_goes_on(&w, &a);
	world_up(&w, "hanako", &b);
	ck_assert_uint_ge(host(&w, 1).info.here, 1);
	/* and where all are: said so */
	make_image(&w, 1, 300);
	WORLD_UNTIL(&w, 60000, is(&w, 1, "old"));
	stream_attach(w.all, "jiro", &c);
	stream_hello(&c);
	WORLD_UNTIL(&w, 60000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOSTS_OLD);
	stream_finish(&c);
	/* updated: at once again */
	make_image(&w, 0, 1);
	WORLD_UNTIL(&w, 60000, is(&w, 0, "up"));
	world_up(&w, "jiro", &c);
	leave(&w, "jiro", &c);
	stream_finish(&a);
	stream_finish(&b);
	world_finish(&w);
}
END_TEST

START_TEST(a_host_that_dies)
{
	struct stream a, b, calm;
	struct world w;
	int dead;

	begin(&w);
	world_up(&w, "taro", &a);
	dead = host_of(&w);
	WORLD_UNTIL(&w, 10000, host(&w, dead).info.sessions == 1);
	world_up(&w, "hanako", &calm);
	ck_assert_uint_eq(host(&w, 1 - dead).info.here, 1);
	farm_kill(&w.farm, dead);
	WORLD_UNTIL(&w, 30000, a.closed);
	ck_assert_uint_eq(stream_state(&a), SEK_STATE_HOST_LOST);
	/* on the other host nobody notices: no state was told, and what is typed is seen */
	ck_assert(!stream_saw(&calm, SEK_STATE_RECONNECTING) && !calm.closed);
	world_goes_on(&w, &calm);
	WORLD_UNTIL(&w, 15000, is(&w, dead, "lost"));
	/* one click later: another host */
	stream_finish(&a);
	world_up(&w, "taro", &b);
	ck_assert_uint_eq(host(&w, 1 - dead).info.here, 2);
	leave(&w, "taro", &b);
	leave(&w, "hanako", &calm);
	/* nobody is left */
	farm_kill(&w.farm, 1 - dead);
	WORLD_UNTIL(&w, 15000, is(&w, 1 - dead, "lost"));
	stream_attach(w.all, "taro", &b);
	stream_hello(&b);
	WORLD_UNTIL(&w, 5000, b.closed);
	ck_assert_uint_eq(stream_state(&b), SEK_STATE_NO_HOST);
	stream_finish(&b);
	/* it comes back by itself */
	farm_start(&w.farm, dead);
	WORLD_UNTIL(&w, 60000, is(&w, dead, "up"));
	farm_start(&w.farm, 1 - dead);
	world_finish(&w);
}
END_TEST

START_TEST(pools)
{
	struct stream a, b;
	char err[400] = "";
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct world w;
	bool resumed;

	world_init(&w);
	w.config.watch = true;
	w.hosts[1].pool = "lab";
	world_start(&w);
	WORLD_UNTIL(&w, 15000, is(&w, 0, "up") && is(&w, 1, "up"));
	for (int i = 0; i < 3; i++) { /* the default pool has one host, whatever its load */
		char user[16];

		snprintf(user, sizeof user, "user%d", i);
		ck_assert(sek_is_ok(sek_sessions_open(w.all, user, id, &resumed)));
	}
	world_up(&w, "user0", &a);
	ck_assert(counts(&w, 1, 0));
	ck_assert(sek_is_ok(sek_sessions_open(w.all, "user1", id, &resumed)));
	ck_assert(sek_is_ok(sek_session_set_override(w.all, id, SEK_POLICY_POOL, "[\"lab\"]", 7, err, sizeof err)));
	world_up(&w, "user1", &b);
	ck_assert(counts(&w, 1, 1));
	leave(&w, "user1", &b);
	ck_assert(sek_is_ok(sek_sessions_open(w.all, "user2", id, &resumed)));
	ck_assert(sek_is_ok(sek_session_set_override(w.all, id, SEK_POLICY_POOL, "[\"nowhere\"]", 11, err, sizeof err)));
	stream_attach(w.all, "user2", &b);
	stream_hello(&b);
	WORLD_UNTIL(&w, 5000, b.closed);
	ck_assert_uint_eq(stream_state(&b), SEK_STATE_NO_HOST);
	stream_finish(&b);
	stream_finish(&a);
	world_finish(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("integration.session.farm");
	TCase *tests = tcase_create("integration.session.farm");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 240);
	tcase_add_test(tests, the_watchers_border);
	tcase_add_test(tests, sessions_go_where_room_is);
	tcase_add_test(tests, a_host_that_is_too_old);
	tcase_add_test(tests, a_host_that_dies);
	tcase_add_test(tests, pools);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
