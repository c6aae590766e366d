/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A place on a render host is asked for before the host is called, and what was not granted is not used.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "tests/unit/hub/session/harness.h"

struct notes {
	unsigned claims, places, puts, gones;
	char fresh[33], id[33], host[64];
	uint32_t room;
};

static void on_put(void *user, const struct sek_session_kept *k)
{
	(void)k;
	((struct notes *)user)->puts++;
}

static void on_gone(void *user, const char *id, int64_t generation)
{
	(void)id;
	(void)generation;
	((struct notes *)user)->gones++;
}

static void on_claim(void *user, const char *name, const char *have, const char *fresh)
{
	struct notes *n = user;

	(void)name;
	(void)have;
	n->claims++;
	snprintf(n->fresh, sizeof n->fresh, "%s", fresh);
}

static void on_place(void *user, const struct sek_session_kept *k, uint32_t room)
{
	struct notes *n = user;

	n->places++;
	snprintf(n->id, sizeof n->id, "%s", k->id);
	snprintf(n->host, sizeof n->host, "%s", k->host);
	ck_assert(k->width_px == 1024 && k->height_px == 768 && k->generation == 1 && k->n_rows == 0);
	n->room = room;
}

static void on_answer(void *user, const struct sek_session_answer *a)
{
	*(bool *)user = sek_is_ok(a->status);
}

/* A user whose session is in the store, with a client that has said HELLO: the keeper is asked for a place. */
static void begin(struct bench *b, struct notes *n, struct stream *c)
{
	struct sek_session_kept k = { .user = "taro", .host = "", .generation = 1 };
	struct sek_session_answer now;
	bool opened = false;

	memset(n, 0, sizeof *n);
	bench_init(b, "decoder", "encoder");
	bench_start(b);
	sek_sessions_keep(b->all, &(struct sek_session_keeper){ .put = on_put, .gone = on_gone, .user = n, .claim = on_claim, .place = on_place });
	ck_assert_ptr_nonnull(sek_sessions_ask(b->all, "taro", false, on_answer, &opened, &now));
	k.id = n->fresh;
	sek_sessions_claimed(b->all, "taro", SEK_CLAIMED_NEW, &k);
	ck_assert(opened);
	stream_attach(b->all, "taro", c);
	stream_hello(c);
	ck_assert_uint_eq(n->places, 1);
	ck_assert_str_eq(n->id, n->fresh);
	ck_assert_str_eq(n->host, "render1.sekisho.internal");
	ck_assert(!bench_saw(b, "session.started"));
}

START_TEST(the_host_is_called_once_its_place_is_there)
{
	struct stream c, second;
	struct bench b;
	struct notes n;

	begin(&b, &n, &c);
	/* keys, another client, another HELLO: no second question, and nothing runs */
	stream_text(&c, "a");
	stream_attach(b.all, "taro", &second);
	stream_hello(&second);
	ck_assert_uint_eq(n.places, 1);
	sek_sessions_placed(b.all, n.id, SEK_PLACED);
	ck_assert(bench_saw(&b, "session.started"));
	ck_assert_uint_ge(n.puts, 1);
	BENCH_UNTIL(&b, 5000, stream_state(&second) == SEK_STATE_RUNNING);
	sek_sessions_placed(b.all, n.id, SEK_PLACED_FULL); /* an answer that nobody waits for */
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	bench_finish(&b);
	ck_assert_uint_eq(n.gones, 1);
}
END_TEST

START_TEST(no_room_is_no_session)
{
	struct stream c;
	struct bench b;
	struct notes n;

	begin(&b, &n, &c);
	sek_sessions_placed(b.all, n.id, SEK_PLACED_FULL); /* and there is no other host */
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_HOSTS_FULL);
	ck_assert(!bench_saw(&b, "session.started"));
	ck_assert_uint_eq(n.gones, 1);
	bench_finish(&b);
}
END_TEST

START_TEST(a_store_that_cannot_say_is_no_session)
{
	struct stream c;
	struct bench b;
	struct notes n;

	begin(&b, &n, &c);
	sek_sessions_placed(b.all, n.id, SEK_PLACED_FAULT);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_INTERNAL);
	bench_finish(&b);
}
END_TEST

START_TEST(one_that_ended_meanwhile_gives_its_place_back)
{
	struct stream c;
	struct bench b;
	struct notes n;

	begin(&b, &n, &c);
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert_uint_eq(n.gones, 1); /* behind the question */
	sek_sessions_placed(b.all, n.id, SEK_PLACED);
	ck_assert(!bench_saw(&b, "session.started"));
	bench_finish(&b);
}
END_TEST

START_TEST(a_host_that_is_drained_meanwhile_is_not_called)
{
	struct stream c;
	struct bench b;
	struct notes n;

	begin(&b, &n, &c);
	ck_assert(sek_is_ok(sek_hosts_drain(b.all, "render1.sekisho.internal", true, 0)));
	sek_sessions_placed(b.all, n.id, SEK_PLACED);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	ck_assert(!bench_saw(&b, "session.started"));
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.place");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(all, 60);
	tcase_add_test(all, the_host_is_called_once_its_place_is_there);
	tcase_add_test(all, no_room_is_no_session);
	tcase_add_test(all, a_store_that_cannot_say_is_no_session);
	tcase_add_test(all, one_that_ended_meanwhile_gives_its_place_back);
	tcase_add_test(all, a_host_that_is_drained_meanwhile_is_not_called);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
