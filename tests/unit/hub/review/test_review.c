/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reviewing as front/ sees it: who gets something, what the key and the file decide, what hostile files do.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "broker/hub/record/reader.h"
#include "broker/hub/review/review.h"
#include "tests/support/film.h"
#include "tests/unit/hub/session/harness.h"

#define ID "00112233445566778899aabbccddeeff"
#define SECONDS 30

static uv_loop_t loop;
static struct sek_review *review;
static struct sek_review_config config;
static char dir[] = "/tmp/sekisho-review.XXXXXX", path[256], err[512];
static struct sek_review_caller saburo = { .login = 7, .user = "saburo", .address = "127.0.0.1", .reviewer = true };
static const struct sek_review_caller shiro = { .login = 8, .user = "shiro", .address = "127.0.0.1", .reviewer = true };

struct answer {
	bool given;
	char error[32];
	json_t *json;
	uint8_t *bytes;
	size_t n;
};

static const char *in_dir(const char *name)
{
	static char text[4][512];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(text[i], sizeof text[i], "%s/%s", dir, name);
	return text[i];
}

static void on_answer(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n)
{
	struct answer *a = user;

	ck_assert(!a->given);
	a->given = true;
	snprintf(a->error, sizeof a->error, "%s", error ? error : "");
	a->json = answer;
	a->bytes = bytes;
	a->n = n;
}

static struct answer last;

static void drop(void)
{
	json_decref(last.json);
	free(last.bytes);
	memset(&last, 0, sizeof last);
}

/* Runs an operation to its end; the error, "" if there was none. */
static const char *run(const struct sek_review_caller *who, const char *op, json_t *in)
{
	drop();
	ck_assert_ptr_nonnull(sek_review_run(review, who, op, in, on_answer, &last));
	ck_assert(!last.given);
	while (!last.given)
		uv_run(&loop, UV_RUN_ONCE);
	return last.error;
}

static void make_film(const char *id, const char *public_path)
{
	struct film *f = film_create(dir, public_path, id, "tanaka", 1700000000000000u);
	const uint8_t pointer[8] = { 0, 10, 0, 20, 0, 0, 0, 0 };

	film_event(f, 1000, SEK_RECORD_EVENT_ATTACHED, 0, "");
	for (uint64_t s = 1; s < SECONDS; s++) {
		film_add(f, SEK_ENTRY_KEY, s * 1000000, NULL, 0);
		film_add(f, SEK_ENTRY_POINTER, s * 1000000 + 500, pointer, sizeof pointer);
		if (s == 9)
			film_event(f, s * 1000000 + 600, SEK_RECORD_EVENT_POLICY, 0, "clipboard=both");
	}
	film_close(f);
}

static void setup(void)
{
	uv_loop_init(&loop);
	config = (struct sek_review_config){ .folder = dir };
	ck_assert(sek_is_ok(sek_review_create(&loop, &config, &review, err, sizeof err)));
	snprintf(path, sizeof path, "%s/" ID SEK_RECORDING_SUFFIX, dir);
	unlink(path);
	make_film(ID, in_dir("r.pub"));
}

static void teardown(void)
{
	drop();
	sek_review_stop(review, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_review_destroy(review);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static json_t *key_and(const char *file, const char *passphrase)
{
	char text[8192];
	uint8_t bytes[4096];
	FILE *f = fopen(in_dir(file), "rb");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	sodium_bin2base64(text, sizeof text, bytes, n, sodium_base64_VARIANT_ORIGINAL);
	return json_pack("{s:s,s:s}", "key", text, "passphrase", passphrase);
}

static json_t *why(const char *id)
{
	return json_pack("{s:s,s:s}", "recording", id, "reason", "request 12");
}

static json_t *key_for_two(const char *passphrase, const char *second)
{
	json_t *in = key_and("two.secret", passphrase);

	json_object_set_new(in, "second", json_string(second));
	return in;
}

static void unlock(const struct sek_review_caller *who)
{
	ck_assert_str_eq(run(who, "unlock", key_and("r.secret", "correct horse")), "");
}

static char view_id[40];

static json_t *view(int from, int count)
{
	return json_pack("{s:s,s:i,s:i}", "view", view_id, "from", from, "count", count);
}

static void open_it(const struct sek_review_caller *who)
{
	unlock(who);
	ck_assert_str_eq(run(who, "open", why(ID)), "");
	snprintf(view_id, sizeof view_id, "%s", json_string_value(json_object_get(last.json, "view")));
}

/* --- */

START_TEST(nobody_without_the_role_gets_anything)
{
	static const char *const ops[] = { "state", "unlock", "lock", "open", "watch", "timeline", "events", "blocks", "again", "close" };
	struct sek_review_caller other = saburo;

	open_it(&saburo);
	other.reviewer = false; /* the same log-in, whose role was taken away */
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		ck_assert(sek_review_knows(ops[i]));
		ck_assert_str_eq(run(&other, ops[i], view(0, 1)), "forbidden");
		ck_assert_uint_eq(json_object_size(last.json), 1);
	}
	ck_assert(!sek_review_knows("export"));
}
END_TEST

START_TEST(without_the_key_nothing_opens)
{
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "locked");
	ck_assert_str_eq(run(&saburo, "unlock", key_and("r.secret", "wrong")), "passphrase");
	ck_assert_str_eq(run(&saburo, "unlock", key_and("r.pub", "correct horse")), "key-file");
	ck_assert_str_eq(run(&saburo, "unlock", key_and("r.secret", "correct\nhorse")), "bad-request");
	ck_assert_str_eq(run(&saburo, "unlock", key_and("two.secret", "correct horse")), "second-passphrase");
	ck_assert_str_eq(run(&saburo, "unlock", key_for_two("correct horse", "wrong")), "passphrase");
	ck_assert_str_eq(run(&saburo, "unlock", key_for_two("correct horse", "correct horse")), "passphrase");
	ck_assert_str_eq(run(&saburo, "state", json_object()), "");
	ck_assert(!json_is_true(json_object_get(last.json, "unlocked")));
	ck_assert(json_is_false(json_object_get(last.json, "two"))); /* the site has no file */
	ck_assert_str_eq(run(&saburo, "unlock", key_for_two("correct horse", "battery staple")), "");
	ck_assert_str_eq(run(&saburo, "lock", json_object()), "");
	ck_assert_str_eq(run(&saburo, "unlock", json_pack("{s:s}", "passphrase", "x")), "bad-request");
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "locked");
	unlock(&saburo);
	ck_assert_str_eq(run(&shiro, "open", why(ID)), "locked");
	ck_assert_str_eq(run(&saburo, "state", json_object()), "");
	ck_assert(json_is_true(json_object_get(last.json, "unlocked")));
	ck_assert_str_eq(run(&saburo, "open", json_pack("{s:s}", "recording", ID)), "bad-request");
	ck_assert_str_eq(run(&saburo, "open", json_pack("{s:s,s:s}", "recording", ID, "reason", "")), "bad-request");
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "");
	ck_assert_str_eq(run(&saburo, "lock", json_object()), "");
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "locked");
}
END_TEST

START_TEST(what_is_shown_is_what_was_recorded)
{
	size_t keys = 0, blocks = 0;

	open_it(&saburo);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(last.json, "meta"), "user")), "tanaka");
	ck_assert(json_is_true(json_object_get(json_object_get(last.json, "head"), "closed")));
	ck_assert_str_eq(run(&saburo, "timeline", view(0, 0)), "");
	ck_assert_uint_eq(last.n % SEK_REVIEW_TIMELINE_BYTES, 0);
	blocks = last.n / SEK_REVIEW_TIMELINE_BYTES;
	ck_assert_uint_ge(blocks, SECONDS - 1);
	ck_assert_str_eq(run(&saburo, "events", view(0, 0)), "");
	ck_assert_uint_eq(json_array_size(json_object_get(last.json, "events")), 2);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(last.json, "events"), 1), "words")), "clipboard=both");
	ck_assert_str_eq(run(&saburo, "blocks", view(0, 1000)), "");
	for (size_t at = 0; at < last.n;) {
		uint32_t n = last.bytes[at + 4] | (uint32_t)last.bytes[at + 5] << 8 | (uint32_t)last.bytes[at + 6] << 16;
		struct sek_reader r;
		struct sek_entry e;

		sek_reader_init(&r, last.bytes + at + 8, n);
		while (sek_is_ok(sek_entry_read(&r, &e)))
			keys += e.kind == SEK_ENTRY_KEY;
		at += 8 + n;
		blocks--;
	}
	ck_assert_uint_eq(blocks, 0);
	ck_assert_uint_eq(keys, SECONDS - 1);
	ck_assert_str_eq(run(&saburo, "blocks", view(4000, 1)), "not-found");
	ck_assert_str_eq(run(&saburo, "blocks", json_pack("{s:s,s:i}", "view", view_id, "from", -1)), "bad-request");
}
END_TEST

START_TEST(a_view_belongs_to_one_log_in_and_ends_with_it)
{
	open_it(&saburo);
	unlock(&shiro);
	ck_assert_str_eq(run(&shiro, "blocks", view(0, 1)), "not-found");
	ck_assert_str_eq(run(&saburo, "blocks", view(0, 1)), "");
	sek_review_login_ended(review, saburo.login);
	ck_assert_str_eq(run(&saburo, "blocks", view(0, 1)), "locked");
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "locked");
	ck_assert_str_eq(run(&shiro, "open", why(ID)), "");
}
END_TEST

START_TEST(who_logs_out_while_it_unlocks_leaves_no_key)
{
	drop();
	ck_assert_ptr_nonnull(sek_review_run(review, &saburo, "unlock", key_and("r.secret", "correct horse"), on_answer, &last));
	sek_review_login_ended(review, saburo.login);
	while (!last.given)
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_str_eq(last.error, "login-required");
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "locked");
}
END_TEST

START_TEST(old_views_make_room)
{
	char first[40];

	open_it(&saburo);
	snprintf(first, sizeof first, "%s", view_id);
	for (int i = 0; i < SEK_REVIEW_VIEWS_EACH; i++) {
		uv_update_time(&loop);
		ck_assert_str_eq(run(&saburo, "open", why(ID)), "");
	}
	ck_assert_str_eq(run(&saburo, "timeline", json_pack("{s:s}", "view", first)), "not-found");
}
END_TEST

START_TEST(a_recording_that_is_deleted_meanwhile_is_gone)
{
	char other[40];

	open_it(&saburo);
	snprintf(other, sizeof other, "%s", view_id);
	open_it(&shiro);
	unlink(path);
	ck_assert_str_eq(run(&shiro, "again", view(0, 0)), "gone");
	ck_assert_str_eq(run(&shiro, "blocks", view(0, 1)), "not-found");
	ck_assert_str_eq(run(&saburo, "blocks", json_pack("{s:s}", "view", other)), "not-found");
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "not-found");
}
END_TEST

static unsigned watchers(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES])
{
	unsigned n = 0;

	while (sek_is_ok(sek_sessions_watch(all, id, "nobody", false)))
		n++;
	for (unsigned i = 0; i < n; i++)
		ck_assert(sek_is_ok(sek_sessions_watch(all, id, "nobody", true)));
	return n;
}

static void nothing(void *user)
{
	(void)user;
}

/* A page that says `open` in place of `watch` must not see a session that runs without its user's knowledge. */
START_TEST(who_opens_what_is_still_recorded_watches)
{
	static struct bench b;
	uint8_t id[SEK_SESSION_ID_BYTES];
	char hex[2 * sizeof id + 1], file[sizeof hex + sizeof SEK_RECORDING_SUFFIX];
	struct film *f;
	uint64_t bytes;
	bool resumed;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "tanaka", id, &resumed)));
	sodium_bin2hex(hex, sizeof hex, id, sizeof id);
	snprintf(file, sizeof file, "%s" SEK_RECORDING_SUFFIX, hex);
	f = film_create(dir, in_dir("r.pub"), hex, "tanaka", 1700000000000000u); /* its session has the same id */
	for (uint64_t s = 1; s < 5; s++)
		film_add(f, SEK_ENTRY_KEY, s * 1000000, NULL, 0);
	bytes = film_bytes(f);
	film_close(f);
	ck_assert_int_eq(truncate(in_dir(file), (off_t)bytes), 0); /* no end yet */

	sek_review_stop(review, nothing, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	sek_review_destroy(review);
	config.sessions = b.all;
	ck_assert(sek_is_ok(sek_review_create(&loop, &config, &review, err, sizeof err)));
	unlock(&saburo);
	ck_assert_str_eq(run(&saburo, "open", why(hex)), "");
	ck_assert(json_is_false(json_object_get(json_object_get(last.json, "head"), "closed")));
	ck_assert_uint_eq(watchers(b.all, id), 1);
	sek_review_login_ended(review, saburo.login);
	ck_assert_uint_eq(watchers(b.all, id), 0);
	unlock(&saburo);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), ""); /* one that is closed */
	ck_assert_uint_eq(watchers(b.all, id), 0);
	sek_review_login_ended(review, saburo.login);

	drop();
	sek_review_stop(review, nothing, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_review_destroy(review);
	bench_finish(&b);
	unlink(in_dir(file));
	config.sessions = NULL;
	ck_assert(sek_is_ok(sek_review_create(&loop, &config, &review, err, sizeof err)));
}
END_TEST

static void change(off_t at, uint8_t xor)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte ^= xor;
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

START_TEST(bad_files_are_told_apart)
{
	static const char *const names[] = { "../../etc/passwd", "00112233445566778899AABBCCDDEEFF", "", "0011" };
	struct stat st;
	FILE *f;

	unlock(&saburo);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_str_eq(run(&saburo, "open", why(names[i])), "bad-request");
	ck_assert_str_eq(run(&saburo, "open", why("ffffffffffffffffffffffffffffffff")), "not-found");
	ck_assert_int_eq(stat(path, &st), 0);
	/* one block: the others can be seen; it says so itself */
	change(st.st_size / 2, 4);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "");
	change(st.st_size / 2, 4);
	/* the index of all blocks, which stands before the end */
	change(st.st_size - 300, 4);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "damaged");
	change(st.st_size - 300, 4);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "");
	ck_assert_str_eq(run(&saburo, "watch", why(ID)), "ended");
	/* the header */
	change(30, 1);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "damaged");
	ck_assert_int_eq(truncate(path, 100), 0);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "damaged");
	/* another program's */
	f = fopen(path, "w");
	fputs("RIFF....AVI LIST, which is longer than any header of ours could ever hope to be", f);
	fclose(f);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "damaged");
}
END_TEST

START_TEST(another_sites_recording_says_so)
{
	unlink(path);
	make_film(ID, in_dir("other.pub"));
	unlock(&saburo);
	ck_assert_str_eq(run(&saburo, "open", why(ID)), "other-key");
}
END_TEST

START_TEST(a_site_without_recordings_has_nothing_to_review)
{
	struct sek_review *mine = review;
	struct sek_review_config none = { .folder = NULL };

	ck_assert(sek_is_ok(sek_review_create(&loop, &none, &review, err, sizeof err)));
	ck_assert_str_eq(run(&saburo, "state", json_object()), "unavailable");
	sek_review_stop(review, NULL, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_run(&loop, UV_RUN_NOWAIT);
	sek_review_destroy(review);
	review = mine;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.review");
	TCase *c = tcase_create("review");
	SRunner *r;
	int failed;

	if (sodium_init() < 0 || !mkdtemp(dir) ||
	    !sek_is_ok(sek_recording_keygen(in_dir("r.pub"), in_dir("r.secret"), "correct horse")) ||
	    !sek_is_ok(sek_recording_keygen(in_dir("two.pub"), in_dir("two.secret"), "correct horse\nbattery staple")) ||
	    !sek_is_ok(sek_recording_keygen(in_dir("other.pub"), in_dir("other.secret"), "correct horse")))
		return 1;
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, nobody_without_the_role_gets_anything);
	tcase_add_test(c, without_the_key_nothing_opens);
	tcase_add_test(c, what_is_shown_is_what_was_recorded);
	tcase_add_test(c, a_view_belongs_to_one_log_in_and_ends_with_it);
	tcase_add_test(c, who_logs_out_while_it_unlocks_leaves_no_key);
	tcase_add_test(c, old_views_make_room);
	tcase_add_test(c, a_recording_that_is_deleted_meanwhile_is_gone);
	tcase_add_test(c, who_opens_what_is_still_recorded_watches);
	tcase_add_test(c, bad_files_are_told_apart);
	tcase_add_test(c, another_sites_recording_says_so);
	tcase_add_test(c, a_site_without_recordings_has_nothing_to_review);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	{
		static const char *const files[] = { "r.pub", "r.secret", "other.pub", "other.secret", "two.pub", "two.secret", "film.key", "film.key.pub", ID SEK_RECORDING_SUFFIX };

		for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
			unlink(in_dir(files[i]));
		rmdir(dir);
	}
	return failed == 0 ? 0 : 1;
}
