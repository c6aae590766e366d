/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Films and words for reviewers, made by the real programs of recordings with real pictures: who gets them, when they go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "broker/hub/record/reader.h"
#include "broker/hub/record/record_private.h"
#include "broker/hub/review/internal.h"
#include "broker/hub/store/words.h"
#include "protocol/recording/stream.h"
#include "tests/support/film.h"
#include "tests/support/take.h"

#define ID "00112233445566778899aabbccddeeff"
enum { W = 640, H = 240, SECOND = 1000000 };

static uv_loop_t loop;
static struct sek_review *review;
static struct sek_audit *recorded_by; /* NULL: nothing is */
static const struct sek_work_programs programs = { SEK_BIN "/sekisho-recording-feed", SEK_BIN "/sekisho-film", SEK_BIN "/sekisho-words" };
static char dir[] = "/tmp/sekisho-make.XXXXXX", words_path[128], secret_path[128], script[128], err[512];
static struct sek_review_caller saburo = { .login = 7, .user = "saburo", .address = "127.0.0.1", .reviewer = true };
static struct sek_review_caller shiro = { .login = 8, .user = "shiro", .address = "127.0.0.1", .reviewer = true };

struct answer {
	bool given;
	char error[32];
	json_t *json;
	uint8_t *bytes;
	size_t n;
};
static struct answer last;

static void on_answer(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n)
{
	struct answer *a = user;

	a->given = true;
	snprintf(a->error, sizeof a->error, "%s", error ? error : "");
	a->json = answer;
	a->bytes = bytes;
	a->n = n;
}

static const char *run(const struct sek_review_caller *who, const char *op, json_t *in)
{
	json_decref(last.json);
	free(last.bytes);
	memset(&last, 0, sizeof last);
	ck_assert_ptr_nonnull(sek_review_run(review, who, op, in, on_answer, &last));
	while (!last.given)
		uv_run(&loop, UV_RUN_ONCE);
	return last.error;
}

static const char *in_dir(const char *name)
{
	static char text[4][256];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(text[i], sizeof text[i], "%s/%s", dir, name);
	return text[i];
}

/* A recording on which a line of text stood from the first second on. */
static void make_recording(const char *id, const char *text)
{
	static uint32_t px[W * H];
	char path[] = "/tmp/sekisho-take.XXXXXX";
	struct film *f = film_create(dir, in_dir("r.pub"), id, "tanaka", 1700000000000000u);
	struct sek_entry_stream *entries;
	int fd = mkstemp(path);
	struct take *t = take_begin(fd, W, H);
	struct sek_entry e;

	unlink(path);
	take_size(t, 1 * SECOND, W, H);
	take_draw(px, W, H, text);
	take_picture(t, 1 * SECOND, &(struct sek_picture){ px, W, W, H });
	take_entry(t, SEK_ENTRY_KEY, 9 * SECOND, NULL, 0);
	take_end(t);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert(sek_is_ok(sek_entry_stream_create(fd, &entries)));
	while (sek_is_ok(sek_entry_stream_next(entries, &e)))
		film_add(f, e.kind, e.at_us, e.payload, e.n);
	sek_entry_stream_destroy(entries);
	close(fd);
	film_close(f);
}

static void begin(bool with_words)
{
	const struct sek_review_config config = { .folder = dir, .secret_key_path = secret_path, .programs = &programs,
		.words_path = with_words ? words_path : NULL, .languages = "eng", .audit = recorded_by };

	ck_assert_msg(sek_is_ok(sek_review_create(&loop, &config, &review, err, sizeof err)), "%s", err);
}

static void end(void)
{
	sek_review_stop(review, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_review_destroy(review);
}

static void setup(void)
{
	uv_loop_init(&loop);
	unlink(in_dir(ID SEK_RECORDING_SUFFIX)); /* of a test that failed */
	make_recording(ID, "Budget report");
	begin(false);
}

static void teardown(void)
{
	json_decref(last.json);
	free(last.bytes);
	memset(&last, 0, sizeof last);
	end();
	unlink(in_dir(ID SEK_RECORDING_SUFFIX));
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void unlock(const struct sek_review_caller *who)
{
	ck_assert_str_eq(run(who, "unlock", json_pack("{s:s}", "passphrase", "correct horse")), "");
}

static char view_id[40], film_id[40];

static void open_it(void)
{
	unlock(&saburo);
	ck_assert_str_eq(run(&saburo, "open", json_pack("{s:s,s:s}", "recording", ID, "reason", "request 12")), "");
	snprintf(view_id, sizeof view_id, "%s", json_string_value(json_object_get(last.json, "view")));
}

static json_t *film_of(int from_s, int to_s)
{
	return json_pack("{s:s,s:i,s:i,s:s}", "view", view_id, "from_s", from_s, "to_s", to_s, "reason", "request 12");
}

static json_t *film(void)
{
	return json_pack("{s:s}", "film", film_id);
}

static void on_recorder_stopped(void *user)
{
	*(bool *)user = true;
}

static void begin_film(void)
{
	ck_assert_str_eq(run(&saburo, "film", film_of(0, 10)), "");
	snprintf(film_id, sizeof film_id, "%s", json_string_value(json_object_get(last.json, "film")));
}

START_TEST(a_film_is_made_and_fetched)
{
	json_int_t bytes;

	open_it();
	begin_film();
	do
		ck_assert_str_eq(run(&saburo, "film-state", film()), "");
	while (!json_is_true(json_object_get(last.json, "done")));
	bytes = json_integer_value(json_object_get(last.json, "bytes"));
	ck_assert_int_gt(bytes, 1000);
	ck_assert_str_eq(run(&shiro, "film-read", film()), "not-found"); /* another log-in's */
	ck_assert_str_eq(run(&saburo, "film-read", json_pack("{s:s,s:i}", "film", film_id, "part", 0)), "");
	ck_assert_int_eq((json_int_t)last.n, bytes);
	ck_assert_int_eq(memcmp(last.bytes, "\x1a\x45\xdf\xa3", 4), 0);
	ck_assert_str_eq(run(&saburo, "film-read", json_pack("{s:s,s:i}", "film", film_id, "part", 1)), "");
	ck_assert_uint_eq(last.n, 0);
	ck_assert_str_eq(run(&saburo, "film-drop", film()), "");
	ck_assert_str_eq(run(&saburo, "film-state", film()), "not-found");
}
END_TEST

START_TEST(there_is_no_film_of_what_was_deleted)
{
	open_it();
	begin_film();
	unlink(in_dir(ID SEK_RECORDING_SUFFIX));
	ck_assert_str_eq(run(&saburo, "film-state", film()), "gone");
	ck_assert_str_eq(run(&saburo, "film-read", json_pack("{s:s,s:i}", "film", film_id, "part", 0)), "gone");
}
END_TEST

/* Films take nothing of the room of which the administrator is warned: what must be recorded needs it. */
START_TEST(recordings_come_before_films)
{
	static char folder[256], pub[256], key[256]; /* outlive the recorder */
	struct sek_recorder_config disk = { .path = folder, .public_key_path = pub, .signing_key_path = key, .where = "test" };
	struct sek_recorder *recorder;
	bool stopped = false;

	snprintf(folder, sizeof folder, "%s/kept", dir);
	snprintf(pub, sizeof pub, "%s/r.pub", dir);
	snprintf(key, sizeof key, "%s/film-sign.key", dir);
	ck_assert_msg(sek_is_ok(sek_recorder_create(&loop, &disk, NULL, NULL, &recorder, err, sizeof err)), "%s", err);
	review->config.recorder = recorder;
	open_it();
	begin_film();
	recorder->state.warning = true; /* as when the disk gets full meanwhile */
	sek_review_films_look(review);
	ck_assert_str_eq(run(&saburo, "film-state", film()), "no-space");
	ck_assert_str_eq(run(&saburo, "film", film_of(0, 10)), "no-space");
	review->config.recorder = NULL;
	sek_recorder_stop(recorder, on_recorder_stopped, &stopped);
	while (!stopped)
		uv_run(&loop, UV_RUN_ONCE);
	sek_recorder_destroy(recorder);
}
END_TEST

START_TEST(films_need_a_view_a_key_and_a_reason)
{
	struct sek_review_caller other = saburo;

	open_it();
	ck_assert_str_eq(run(&saburo, "film", film_of(5, 5)), "bad-request");
	ck_assert_str_eq(run(&saburo, "film", json_pack("{s:s,s:i,s:i}", "view", view_id, "from_s", 0, "to_s", 5)), "bad-request");
	ck_assert_str_eq(run(&shiro, "film", film_of(0, 5)), "locked");
	other.reviewer = false;
	ck_assert_str_eq(run(&other, "film", film_of(0, 5)), "forbidden");
	ck_assert_str_eq(run(&other, "film-read", film()), "forbidden");
	ck_assert_str_eq(run(&saburo, "film-read", json_pack("{s:s,s:i}", "film", "nonsense", "part", -1)), "not-found");
	begin_film();
	ck_assert_str_eq(run(&saburo, "film", film_of(0, 5)), "film-busy"); /* one at a time */
	sek_review_login_ended(review, saburo.login);
	unlock(&saburo);
	ck_assert_str_eq(run(&saburo, "film-state", film()), "not-found"); /* it went with the log-in */
}
END_TEST

START_TEST(words_are_found_where_the_site_wants_that)
{
	uint64_t until;

	ck_assert_str_eq(run(&saburo, "words-state", json_object()), "");
	ck_assert(json_is_false(json_object_get(last.json, "on")));
	unlock(&saburo);
	ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s}", "phrase", "Budget")), "unavailable");
	end();
	begin(true);
	ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s}", "phrase", "Budget")), "locked");
	unlock(&saburo);
	for (until = uv_hrtime() + 60000000000u; uv_hrtime() < until;) {
		uv_run(&loop, UV_RUN_NOWAIT);
		ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s}", "phrase", "budget rep")), "");
		if (json_array_size(json_object_get(last.json, "hits")) > 0)
			break;
		usleep(10000);
	}
	json_t *hit = json_array_get(json_object_get(last.json, "hits"), 0);

	ck_assert_str_eq(json_string_value(json_object_get(hit, "recording")), ID);
	ck_assert_int_eq(json_integer_value(json_object_get(hit, "at_us")), 1 * SECOND);
	ck_assert_str_eq(json_string_value(json_object_get(hit, "text")), "Budget report");
	ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s}", "phrase", "")), "bad-request");
	ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s,s:s}", "phrase", "Budget", "recording", ID)), "");
	ck_assert_uint_eq(json_array_size(json_object_get(last.json, "hits")), 1);
	/* it is not read twice */
	end();
	begin(true);
	unlock(&saburo);
	for (int i = 0; i < 20; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s}", "phrase", "Budget")), "");
	ck_assert_uint_eq(json_array_size(json_object_get(last.json, "hits")), 1);
}
END_TEST

START_TEST(words_go_with_their_recording)
{
	struct sek_word_store *store;

	ck_assert(sek_is_ok(sek_word_store_open(words_path, &store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_words_add(store, "ffffffffffffffffffffffffffffffff", 1, "purged words", 12)));
	ck_assert(sek_is_ok(sek_words_commit(store, "ffffffffffffffffffffffffffffffff", 1, true)));
	sek_word_store_close(store);
	end();
	begin(true); /* nobody has unlocked anything yet */
	for (uint64_t until = uv_hrtime() + 30000000000u; uv_hrtime() < until; usleep(10000)) {
		int64_t upto;
		bool done;

		uv_run(&loop, UV_RUN_NOWAIT);
		ck_assert(sek_is_ok(sek_word_store_open(words_path, &store, err, sizeof err)));
		ck_assert(sek_is_ok(sek_words_state(store, "ffffffffffffffffffffffffffffffff", &upto, &done)));
		sek_word_store_close(store);
		if (!done)
			return;
	}
	ck_abort_msg("they stay");
}
END_TEST

START_TEST(what_is_under_way_ends_with_the_broker)
{
	end();
	begin(true);
	open_it(); /* words are being read now */
	begin_film();
	end(); /* and nothing is left behind, says teardown's loop */
	begin(false);
}
END_TEST

/* Reviews with a program of this text in place of sekisho-words. */
static void begin_with(const char *program)
{
	static const struct sek_work_programs other = { SEK_BIN "/sekisho-recording-feed", SEK_BIN "/sekisho-film", script };
	const struct sek_review_config config = { .folder = dir, .secret_key_path = secret_path, .programs = &other,
		.words_path = words_path, .languages = "eng" };
	char command[512];
	FILE *f;

	snprintf(script, sizeof script, "%s/words", dir);
	f = fopen(script, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\n%s\n", program);
	fclose(f);
	snprintf(command, sizeof command, "chmod 700 %s && rm -f %s*", script, words_path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_msg(sek_is_ok(sek_review_create(&loop, &config, &review, err, sizeof err)), "%s", err);
}

START_TEST(what_is_deleted_while_another_is_read_is_not_found)
{
	struct sek_word_store *store;

	end();
	begin_with("exec sleep 100");
	unlock(&saburo);
	do
		ck_assert_str_eq(run(&saburo, "words-state", json_object()), "");
	while (!json_object_get(last.json, "recording"));
	ck_assert(sek_is_ok(sek_word_store_open(words_path, &store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_words_add(store, "ffffffffffffffffffffffffffffffff", 1, "purged words", 12)));
	ck_assert(sek_is_ok(sek_words_add(store, ID, 1, "words that stay", 15)));
	ck_assert(sek_is_ok(sek_words_commit(store, "ffffffffffffffffffffffffffffffff", 1, true)));
	sek_word_store_close(store);
	ck_assert_str_eq(run(&saburo, "find", json_pack("{s:s}", "phrase", "words")), "");
	ck_assert_uint_eq(json_array_size(json_object_get(last.json, "hits")), 1);
	end();
	unlink(script);
	begin(false);
}
END_TEST

/* What looks at hostile pictures may be lost: it can say as much as it likes, and gets nothing by it. */
START_TEST(a_reader_of_words_that_never_ends_is_ended)
{
	bool seen = false;

	end();
	begin_with("while :; do printf '\\0\\0\\0\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\020\\0%4096s' x; done");
	unlock(&saburo);
	for (;;) {
		ck_assert_str_eq(run(&saburo, "words-state", json_object()), "");
		if (json_object_get(last.json, "recording"))
			seen = true;
		else if (seen)
			break;
	}
	end();
	unlink(script);
	begin(false);
}
END_TEST

static void on_log_closed(void *user)
{
	(void)user;
}

/* Begins an operation that is not waited for; what it answered must stay in memory until it has. */
static void ask(const struct sek_review_caller *who, const char *op, json_t *in, struct answer *ret)
{
	memset(ret, 0, sizeof *ret);
	ck_assert_ptr_nonnull(sek_review_run(review, who, op, in, on_answer, ret));
}

static void wait_for(const struct answer *a)
{
	while (!a->given)
		uv_run(&loop, UV_RUN_ONCE);
}

START_TEST(films_that_are_asked_for_at_once_are_counted)
{
	struct answer one, two;

	open_it();
	ask(&saburo, "film", film_of(0, 10), &one);
	ask(&saburo, "film", film_of(0, 10), &two);
	wait_for(&one);
	wait_for(&two);
	ck_assert_str_eq(one.error, "");
	ck_assert_str_eq(two.error, "film-busy");
	json_decref(one.json);
	json_decref(two.json);
}
END_TEST

START_TEST(a_film_does_not_begin_when_the_broker_ends)
{
	struct answer one;

	open_it();
	ask(&saburo, "film", film_of(0, 10), &one);
	end(); /* would last as long as the film is kept */
	ck_assert(one.given);
	ck_assert_str_eq(one.error, "stopping");
	json_decref(one.json);
	begin(false);
}
END_TEST

START_TEST(an_export_names_its_recording_whatever_the_request_says)
{
	const struct sek_audit_config c = { .path = in_dir("audit"), .key_path = in_dir("audit.key"), .where = "test",
		.checkpoint_s = 1, .checkpoint_records = SEK_AUDIT_CHECKPOINT_RECORDS, .segment_bytes = SEK_AUDIT_SEGMENT_BYTES };
	struct answer one;
	json_t *in;
	char command[512];

	end();
	ck_assert_msg(sek_is_ok(sek_audit_create(&loop, &c, &recorded_by, err, sizeof err)), "%s", err);
	begin(false);
	open_it();
	in = film_of(0, 10);
	json_object_set_new(in, "recording", json_string("ffffffffffffffffffffffffffffffff"));
	json_object_set_new(in, "session", json_string("somebody's"));
	ask(&saburo, "film", in, &one);
	while (review->n_running == 0)
		uv_run(&loop, UV_RUN_ONCE);
	/* that it came to nothing is on the record, too: after its view is closed */
	sek_review_login_ended(review, saburo.login);
	wait_for(&one);
	ck_assert_str_eq(one.error, "login-required");
	json_decref(one.json);
	end();
	sek_audit_stop(recorded_by, on_log_closed, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_audit_destroy(recorded_by);
	recorded_by = NULL;
	begin(false);
	snprintf(command, sizeof command, "test $(cat %s/audit/* | grep recording.exported | grep -c " ID ") = 2", dir);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof command, "cat %s/audit/* | grep recording.exported | grep -e ffffffff -e somebody", dir);
	ck_assert_int_ne(system(command), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.review.make");
	TCase *c = tcase_create("make");
	char command[128];
	SRunner *r;
	int failed;

	if (sodium_init() < 0 || !mkdtemp(dir) ||
	    !sek_is_ok(sek_recording_keygen(in_dir("r.pub"), in_dir("r.secret"), "correct horse")))
		return 1;
	snprintf(secret_path, sizeof secret_path, "%s/r.secret", dir);
	snprintf(words_path, sizeof words_path, "%s/words.db", dir);
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_film_is_made_and_fetched);
	tcase_add_test(c, there_is_no_film_of_what_was_deleted);
	tcase_add_test(c, recordings_come_before_films);
	tcase_add_test(c, films_need_a_view_a_key_and_a_reason);
	tcase_add_test(c, words_are_found_where_the_site_wants_that);
	tcase_add_test(c, words_go_with_their_recording);
	tcase_add_test(c, what_is_under_way_ends_with_the_broker);
	tcase_add_test(c, a_reader_of_words_that_never_ends_is_ended);
	tcase_add_test(c, what_is_deleted_while_another_is_read_is_not_found);
	tcase_add_test(c, films_that_are_asked_for_at_once_are_counted);
	tcase_add_test(c, a_film_does_not_begin_when_the_broker_ends);
	tcase_add_test(c, an_export_names_its_recording_whatever_the_request_says);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) == 0 && failed == 0 ? 0 : 1;
}
