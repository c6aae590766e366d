/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is kept of a session, and taking sessions of a killed broker back: joined and not made, with the policy of now, or
 * ended as soon as the host has answered.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/hub/session/harness.h"

#define ID "00112233445566778899aabbccddeeff"

struct notes {
	unsigned puts, gones;
	char id[33], user[64], host[64], recording[33], own[256];
	uint16_t width_px, height_px, scale_percent;
	uint8_t lang;
	int64_t started_s, generation;
	unsigned claims, stills;
	char claimed[64], have[33], fresh[33];
};

static void on_put(void *user, const struct sek_session_kept *k)
{
	struct notes *n = user;

	n->puts++;
	snprintf(n->id, sizeof n->id, "%s", k->id);
	snprintf(n->user, sizeof n->user, "%s", k->user);
	snprintf(n->host, sizeof n->host, "%s", k->host);
	n->width_px = k->width_px;
	n->height_px = k->height_px;
	n->scale_percent = k->scale_percent;
	n->lang = k->lang;
	n->started_s = k->started_s;
	n->generation = k->generation;
	n->own[0] = '\0';
	for (size_t i = 0; i < k->n_rows; i++)
		snprintf(n->own + strlen(n->own), sizeof n->own - strlen(n->own), "%s=%s ", sek_policy_info(k->rows[i].attribute)->name,
			k->rows[i].value);
}

static void on_gone(void *user, const char *id, int64_t generation)
{
	struct notes *n = user;

	ck_assert_int_eq(generation, n->generation);
	ck_assert_str_eq(n->id, id);
	n->gones++;
}

static void begin(struct bench *b, struct notes *n)
{
	memset(n, 0, sizeof *n);
	bench_init(b, "decoder", "encoder");
	bench_start(b);
	sek_sessions_keep(b->all, &(struct sek_session_keeper){ .put = on_put, .gone = on_gone, .user = n });
}

static struct sek_session_kept row(void)
{
	int64_t now = (int64_t)time(NULL);

	return (struct sek_session_kept){ .id = ID, .user = "taro", .host = "render1.sekisho.internal", .lang = SEK_LANG_EN,
		.width_px = 900, .height_px = 700, .scale_percent = 125, .opened_s = now - 61, .started_s = now - 60, .recording = "",
		.from = "", .generation = 3 };
}

START_TEST(what_is_kept_follows_the_session)
{
	struct bench b;
	struct stream c;
	struct notes n;
	char err[400];
	int64_t now = (int64_t)time(NULL);

	begin(&b, &n);
	stream_attach(b.all, "taro", &c);
	ck_assert_uint_eq(n.puts, 0); /* nothing runs yet that could be found again */
	stream_hello(&c);
	ck_assert_uint_ge(n.puts, 1);
	ck_assert_str_eq(n.user, "taro");
	ck_assert_str_eq(n.host, "render1.sekisho.internal");
	ck_assert_uint_eq(n.width_px, 1024);
	ck_assert_int_ge(n.started_s, now);
	BENCH_UNTIL(&b, 5000, stream_state(&c) == SEK_STATE_RUNNING);
	STREAM_WRITE(&c, sek_resize_write, &(struct sek_resize){ 800, 600, 150 });
	ck_assert(n.width_px == 800 && n.height_px == 600 && n.scale_percent == 150);
	ck_assert(sek_is_ok(sek_session_set_override(b.all, ((struct sek_session *)c.session)->id, SEK_POLICY_MAX_FPS, "7", 1, err,
		sizeof err)));
	ck_assert_str_eq(n.own, "max_fps=7 ");
	ck_assert_uint_eq(n.gones, 0);
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert_uint_eq(n.gones, 1);
	bench_finish(&b);
	ck_assert_uint_eq(n.gones, 1);
}
END_TEST

START_TEST(one_that_never_ran_is_not_kept)
{
	struct bench b;
	struct notes n;
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;

	begin(&b, &n);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "taro", id, &resumed)));
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert(n.puts == 0 && n.gones == 0);
	bench_finish(&b);
}
END_TEST

START_TEST(it_comes_back_as_it_was)
{
	const struct sek_policy_row own[] = { { SEK_SCOPE_SESSION, "", SEK_POLICY_MAX_FPS, "7" } };
	struct sek_session_kept k = row();
	struct sek_session *s;
	struct sek_hello hello;
	struct bench b;
	struct stream c;
	struct notes n;
	uint8_t last[64];
	size_t size;

	begin(&b, &n);
	k.rows = own;
	k.n_rows = 1;
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE)));
	ck_assert(sek_is(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE), SEK_E_EXISTS));
	ck_assert_str_eq(b.events, "session.restored ");
	ck_assert_str_eq(n.id, ID);
	ck_assert_str_eq(n.own, "max_fps=7 ");
	/* by itself, whether or not somebody comes */
	BENCH_UNTIL(&b, 5000, bench_saw(&b, "session.reconnected "));
	ck_assert_uint_eq(journal_count(bench_decoder_pid(&b), SEK_MSG_HELLO, last, &size), 1);
	ck_assert(sek_is_ok(sek_hello_read(last, size, &hello)));
	ck_assert_uint_eq(hello.flags, SEK_HELLO_RULES); /* join, do not make */
	ck_assert(hello.width_px == 900 && hello.height_px == 700 && hello.scale_percent == 125 && hello.lang == SEK_LANG_EN);
	/* and its user finds it */
	stream_attach(b.all, "taro", &c);
	s = (struct sek_session *)c.session;
	ck_assert_str_eq(s->id_hex, ID);
	stream_hello(&c);
	BENCH_UNTIL(&b, 5000, c.keyframes > 0);
	ck_assert(stream_saw(&c, SEK_STATE_RUNNING));
	ck_assert_uint_eq(s->policy.max_fps, 7);
	ck_assert_uint_ge(uv_now(&b.loop) - s->started_ms, 60000); /* the maximum time goes on, it does not begin anew */
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	bench_finish(&b);
	ck_assert_uint_eq(n.gones, 1);
}
END_TEST

START_TEST(one_that_may_not_go_on_is_ended_at_the_host)
{
	struct sek_session_kept k = row();
	const struct child_journal *j;
	struct bench b;
	struct notes n;

	begin(&b, &n);
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_ENDED_LOGIN)));
	BENCH_UNTIL(&b, 5000, bench_decoder_pid(&b) > 0);
	j = journal_open(bench_decoder_pid(&b));
	BENCH_UNTIL(&b, 5000, sek_sessions_count(b.all) == 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_ENDED_LOGIN);
	ck_assert(!bench_saw(&b, "session.reconnected"));
	BENCH_UNTIL(&b, 2000, journal_find(j, SEK_MSG_END, NULL, NULL) == 1);
	journal_close(j);
	ck_assert_uint_eq(n.gones, 1);
	bench_finish(&b);
}
END_TEST

/* --- several brokers: whose session a user's is --- */

static void on_claim(void *user, const char *name, const char *have, const char *fresh)
{
	struct notes *n = user;

	n->claims++;
	snprintf(n->claimed, sizeof n->claimed, "%s", name);
	snprintf(n->have, sizeof n->have, "%s", have);
	snprintf(n->fresh, sizeof n->fresh, "%s", fresh);
}

static void on_still(void *user, const char *id, int64_t generation)
{
	struct notes *n = user;

	ck_assert_str_eq(id, n->id);
	ck_assert_int_eq(generation, n->generation);
	n->stills++;
}

static void begin_several(struct bench *b, struct notes *n)
{
	memset(n, 0, sizeof *n);
	bench_init(b, "decoder", "encoder");
	bench_start(b);
	sek_sessions_keep(b->all, &(struct sek_session_keeper){ .put = on_put, .gone = on_gone, .user = n, .claim = on_claim, .still = on_still });
}

struct asked {
	unsigned n;
	struct sek_session_answer a;
};

static void on_answer(void *user, const struct sek_session_answer *a)
{
	struct asked *k = user;

	k->n++;
	k->a = *a;
}

static struct sek_session_ask *ask_for(struct bench *b, bool existing, struct asked *k)
{
	struct sek_session_answer now;

	memset(k, 0, sizeof *k);
	return sek_sessions_ask(b->all, "taro", existing, on_answer, k, &now);
}

static struct sek_session_ask *ask(struct bench *b, struct asked *k)
{
	return ask_for(b, false, k);
}

static struct sek_session_kept fresh_row(const struct notes *n)
{
	struct sek_session_kept k = row();
	static char id[33];

	memcpy(id, n->fresh, sizeof id);
	k.id = id;
	k.host = "";
	k.generation = 1;
	return k;
}

START_TEST(asked_for_the_session_that_is_there)
{
	struct sek_session_kept k;
	struct bench b;
	struct notes n;
	struct asked first, second;

	begin_several(&b, &n);
	ck_assert_ptr_nonnull(ask_for(&b, true, &first));
	ck_assert(n.claims == 1 && !n.fresh[0]); /* none is to be made */
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_NONE, NULL);
	ck_assert(first.n == 1 && sek_is(first.a.status, SEK_E_NOT_FOUND));

	ck_assert_ptr_nonnull(ask_for(&b, true, &first));
	ck_assert_ptr_nonnull(ask(&b, &second)); /* the user wants a new one meanwhile */
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_NONE, NULL);
	ck_assert(n.claims == 3 && strlen(n.fresh) == 32 && first.n == 0);
	k = fresh_row(&n);
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_NEW, &k);
	ck_assert(first.n == 1 && second.n == 1 && sek_is_ok(first.a.status) && sek_is_ok(second.a.status));
	snprintf(n.id, sizeof n.id, "%s", k.id);
	n.generation = 1;
	bench_finish(&b);
}
END_TEST

START_TEST(asked_for_a_session)
{
	struct sek_session_kept k;
	struct bench b;
	struct notes n;
	struct asked first, second, forgotten;

	begin_several(&b, &n);
	ck_assert_ptr_nonnull(ask(&b, &first));
	ck_assert_ptr_nonnull(ask(&b, &second));
	sek_session_ask_forget(ask(&b, &forgotten));
	ck_assert(n.claims == 1 && first.n == 0); /* one question for all of them */
	ck_assert(strcmp(n.claimed, "taro") == 0 && !n.have[0] && strlen(n.fresh) == 32);
	k = fresh_row(&n);
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_NEW, &k);
	ck_assert(first.n == 1 && second.n == 1 && forgotten.n == 0);
	ck_assert(sek_is_ok(first.a.status) && !first.a.resumed && second.a.resumed);
	ck_assert_mem_eq(first.a.id, second.a.id, sizeof first.a.id);
	/* it is there; also while the store is away */
	ck_assert_ptr_nonnull(ask(&b, &first));
	ck_assert_str_eq(n.have, k.id);
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_FAULT, &k);
	ck_assert(first.n == 1 && sek_is_ok(first.a.status) && first.a.resumed);
	/* its row goes with it, though nothing ever ran */
	snprintf(n.id, sizeof n.id, "%s", n.have);
	n.generation = 1;
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert_uint_eq(n.gones, 1);
	ck_assert_ptr_nonnull(ask(&b, &first));
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_FAULT, &k);
	ck_assert(first.n == 1 && sek_is(first.a.status, SEK_E_IO));
	/* who waits when it stops is told */
	ck_assert_ptr_nonnull(ask(&b, &first));
	bench_finish(&b);
	ck_assert(first.n == 1 && sek_is(first.a.status, SEK_E_LIMIT));
}
END_TEST

START_TEST(taken_over_from_another_broker)
{
	struct sek_session_kept k = row();
	struct bench b;
	struct stream c;
	struct notes n;
	struct asked asked;

	begin_several(&b, &n);
	k.from = "broker1";
	ck_assert_ptr_nonnull(ask(&b, &asked));
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_TAKEN, &k);
	ck_assert(asked.n == 1 && sek_is_ok(asked.a.status) && asked.a.resumed);
	ck_assert_str_eq(b.events, "session.moved-here ");
	ck_assert(strcmp(n.id, ID) == 0 && n.generation == 3);
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 5000, c.keyframes > 0);
	/* and taken by another one in turn: its client is told, its render host is not */
	sek_sessions_let_go(b.all, ID, 2);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1); /* an old order */
	sek_sessions_let_go(b.all, ID, 3);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	ck_assert(c.closed && stream_state(&c) == SEK_STATE_TAKEN_OVER);
	ck_assert(bench_saw(&b, "session.moved-away "));
	ck_assert(!bench_saw(&b, "session.ended"));
	ck_assert_uint_eq(n.gones, 0);
	bench_finish(&b);
}
END_TEST

START_TEST(a_host_that_is_not_known_here)
{
	struct sek_session_kept k = row();
	struct bench b;
	struct notes n;
	struct asked asked;

	begin_several(&b, &n);
	k.from = "broker1";
	k.host = "elsewhere.sekisho.internal";
	snprintf(n.id, sizeof n.id, "%s", ID);
	n.generation = 3;
	ck_assert_ptr_nonnull(ask(&b, &asked));
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_TAKEN, &k);
	ck_assert(n.gones == 1 && n.claims == 2 && asked.n == 0); /* it cannot be had; a new one is asked for */
	k = fresh_row(&n);
	sek_sessions_claimed(b.all, "taro", SEK_CLAIMED_NEW, &k);
	ck_assert(asked.n == 1 && sek_is_ok(asked.a.status) && !asked.a.resumed);
	snprintf(n.id, sizeof n.id, "%s", k.id);
	n.generation = 1;
	bench_finish(&b);
	ck_assert_uint_eq(n.gones, 2);
}
END_TEST

/* Before a lost line is made again it is asked whether the session is still ours: what cut it may have been the other broker's call. */
static void lose(struct bench *b, struct notes *n, struct stream *c)
{
	struct sek_session_kept k;
	struct asked asked;

	begin_several(b, n);
	ck_assert_ptr_nonnull(ask(b, &asked));
	k = fresh_row(n);
	sek_sessions_claimed(b->all, "taro", SEK_CLAIMED_NEW, &k);
	stream_attach(b->all, "taro", c);
	stream_hello(c);
	BENCH_UNTIL(b, 5000, stream_state(c) == SEK_STATE_RUNNING);
	ck_assert_int_eq(n->generation, 1);
	stream_text(c, "!exit 16"); /* the line is cut */
	BENCH_UNTIL(b, 5000, n->stills == 1);
}

START_TEST(still_ours)
{
	struct bench b;
	struct stream c;
	struct notes n;

	lose(&b, &n, &c);
	sek_sessions_still(b.all, n.id, 1, SEK_STILL_MINE);
	BENCH_UNTIL(&b, 5000, bench_saw(&b, "session.reconnected "));
	bench_finish(&b);
	ck_assert_uint_eq(n.gones, 1);
}
END_TEST

/* The store is away: whose it is cannot be known, and nobody is called before it is. */
START_TEST(ours_or_not_is_not_known)
{
	struct bench b;
	struct stream c;
	struct notes n;

	lose(&b, &n, &c);
	sek_sessions_still(b.all, n.id, 1, SEK_STILL_UNKNOWN);
	BENCH_UNTIL(&b, 10000, n.stills == 2);
	ck_assert(!bench_saw(&b, "session.reconnected ") && sek_sessions_count(b.all) == 1 && !c.closed);
	sek_sessions_still(b.all, n.id, 1, SEK_STILL_UNKNOWN);
	BENCH_UNTIL(&b, 10000, n.stills == 3);
	sek_sessions_still(b.all, n.id, 1, SEK_STILL_MINE);
	BENCH_UNTIL(&b, 5000, bench_saw(&b, "session.reconnected "));
	bench_finish(&b);
}
END_TEST

START_TEST(not_ours_any_more)
{
	struct bench b;
	struct stream c;
	struct notes n;

	lose(&b, &n, &c);
	sek_sessions_still(b.all, n.id, 1, SEK_STILL_NOT);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	ck_assert(c.closed && stream_state(&c) == SEK_STATE_TAKEN_OVER);
	bench_finish(&b);
	ck_assert_uint_eq(n.gones, 0);
}
END_TEST

static void on_left(void *user)
{
	((struct bench *)user)->stopped = true;
}

/* A restart in good order: for host and user the line has dropped, nothing has ended. */
START_TEST(left_for_the_next_start)
{
	const struct child_journal *j;
	struct bench b;
	struct stream c, d;
	struct notes n;

	begin(&b, &n);
	stream_up(&b, "taro", &c);
	stream_attach(b.all, "jiro", &d); /* has not said HELLO: nothing is there that could be left */
	j = journal_open(bench_decoder_pid(&b));
	sek_sessions_leave(b.all, on_left, &b);
	BENCH_UNTIL(&b, 8000, b.stopped);
	ck_assert(c.closed && d.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_RUNNING);
	ck_assert_uint_eq(stream_state(&d), SEK_STATE_BROKER_STOPPING);
	ck_assert_uint_eq(journal_find(j, SEK_MSG_END, NULL, NULL), 0);
	ck_assert_uint_eq(n.gones, 0);
	ck_assert(bench_saw(&b, "session.left "));
	journal_close(j);
	sek_sessions_destroy(b.all);
	ck_assert(sek_is_ok(sek_sessions_create(&b.loop, &b.config, &b.all)));
	b.stopped = false;
	bench_finish(&b);
}
END_TEST

/* The time that a session may last at most is over: no longer by a restart. */
START_TEST(a_limit_that_has_passed_holds)
{
	struct sek_session_kept k = row();
	struct bench b;
	struct notes n;

	begin(&b, &n);
	b.all->config.maximum_s = 30;
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE)));
	BENCH_UNTIL(&b, 5000, sek_sessions_count(b.all) == 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_ENDED_MAXIMUM);
	bench_finish(&b);
}
END_TEST

/* Nobody can record here, and the policy of now asks for it: no pixel, and an end. */
static sek_status must_record(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	(void)user;
	(void)name;
	SEK_TRY(sek_policy_resolve(rows, n, ret, NULL));
	ret->recording = SEK_RECORDING_REQUIRED;
	return sek_ok();
}

START_TEST(without_its_recording_it_does_not_go_on)
{
	struct sek_session_kept k = row();
	struct bench b;
	struct notes n;

	begin(&b, &n);
	sek_sessions_policy_from(b.all, must_record, NULL);
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE)));
	BENCH_UNTIL(&b, 5000, sek_sessions_count(b.all) == 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_NOT_RECORDED);
	bench_finish(&b);
}
END_TEST

START_TEST(a_host_that_does_not_answer_ends_it)
{
	struct sek_session_kept k = row();
	struct bench b;
	struct notes n;

	begin(&b, &n);
	close(b.listener);
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE)));
	BENCH_UNTIL(&b, 12000, sek_sessions_count(b.all) == 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_HOST_LOST);
	ck_assert_uint_eq(n.gones, 1);
	bench_finish(&b);
}
END_TEST

START_TEST(behind_the_end_of_a_drain_nothing_goes_on)
{
	struct sek_session_kept k = row();
	struct bench b;
	struct stream c;
	struct notes n;

	begin(&b, &n);
	stream_up(&b, "hanako", &c);
	ck_assert(sek_is_ok(sek_hosts_drain(b.all, k.host, true, 1)));
	BENCH_UNTIL(&b, 10000, c.closed);
	ck_assert(stream_saw(&c, SEK_STATE_WARN_DRAIN) && stream_state(&c) == SEK_STATE_ENDED_DRAIN && n.gones == 1);
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE)));
	BENCH_UNTIL(&b, 10000, n.gones == 2);
	bench_finish(&b);
}
END_TEST

START_TEST(what_was_never_kept_is_not_taken_back)
{
	struct sek_session_kept good = row(), k;
	struct bench b;
	struct notes n;

	begin(&b, &n);
#define REFUSED(code, member, value)                                                     \
	do {                                                                             \
		k = good;                                                                \
		k.member = value;                                                        \
		ck_assert(sek_is(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE), code)); \
	} while (0)
	REFUSED(SEK_E_NOT_FOUND, host, "render9.sekisho.internal");
	REFUSED(SEK_E_MALFORMED, id, "");
	REFUSED(SEK_E_MALFORMED, id, "00112233445566778899aabbccddeefg");
	REFUSED(SEK_E_MALFORMED, id, ID "00");
	REFUSED(SEK_E_MALFORMED, user, "");
	REFUSED(SEK_E_MALFORMED, lang, 2);
	REFUSED(SEK_E_MALFORMED, width_px, 0);
	REFUSED(SEK_E_MALFORMED, height_px, SEK_HEIGHT_MAX_PX + 1);
	REFUSED(SEK_E_MALFORMED, scale_percent, 0);
	ck_assert(sek_sessions_count(b.all) == 0 && n.puts == 0 && n.gones == 0);
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.keep");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(all, 60);
	tcase_add_test(all, what_is_kept_follows_the_session);
	tcase_add_test(all, one_that_never_ran_is_not_kept);
	tcase_add_test(all, it_comes_back_as_it_was);
	tcase_add_test(all, one_that_may_not_go_on_is_ended_at_the_host);
	tcase_add_test(all, left_for_the_next_start);
	tcase_add_test(all, a_limit_that_has_passed_holds);
	tcase_add_test(all, without_its_recording_it_does_not_go_on);
	tcase_add_test(all, a_host_that_does_not_answer_ends_it);
	tcase_add_test(all, behind_the_end_of_a_drain_nothing_goes_on);
	tcase_add_test(all, what_was_never_kept_is_not_taken_back);
	tcase_add_test(all, asked_for_the_session_that_is_there);
	tcase_add_test(all, asked_for_a_session);
	tcase_add_test(all, taken_over_from_another_broker);
	tcase_add_test(all, a_host_that_is_not_known_here);
	tcase_add_test(all, still_ours);
	tcase_add_test(all, ours_or_not_is_not_known);
	tcase_add_test(all, not_ours_any_more);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
