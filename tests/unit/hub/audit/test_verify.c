/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The verifier: says yes to a whole log, and finds an edit, a deletion, a reordering and a truncation wherever it was made; also
 * by somebody who knows the format and computes the hashes anew, but has not the key.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "broker/hub/audit/search.h"
#include "broker/hub/audit/verify.h"
#include "rig.h"

#define FIRST "audit-00000001.log"
#define SECOND "audit-00000002.log"

enum { LINES_MAX = 200 };

static struct rig r;
static uint64_t kinds[SEK_FINDINGS];

/* The first segment in pieces. */
static char *text, *lines[LINES_MAX];
static size_t text_n, n_lines;

static void split(void)
{
	char *p;

	text = rig_read(&r, FIRST, &text_n);
	for (n_lines = 0, p = text; p < text + text_n; p = strchr(p, '\n') + 1)
		lines[n_lines++] = p;
}

static size_t line_n(size_t i)
{
	return (size_t)(strchr(lines[i], '\n') + 1 - lines[i]);
}

static void setup(void)
{
	struct sek_audit_files *f;
	unsigned i;

	rig_init(&r);
	r.config.checkpoint_records = 7;
	f = rig_open(&r);
	for (i = 0; i < 30; i++)
		ck_assert(sek_is_ok(rig_add(f, "test.event")));
	sek_audit_files_close(f);
	split();
}

static void teardown(void)
{
	free(text);
	rig_finish(&r);
}

static void on_found(void *user, const struct sek_finding *f)
{
	(void)user;
	kinds[f->kind]++;
	ck_assert_ptr_nonnull(sek_finding_text(f->kind, true));
	ck_assert_ptr_nonnull(sek_finding_text(f->kind, false));
}

static struct sek_audit_verify verify_with(struct sek_audit_verify v)
{
	char path[128];

	memset(kinds, 0, sizeof kinds);
	v.folder = r.log;
	v.found = on_found;
	snprintf(path, sizeof path, "%s.pub", r.key);
	ck_assert(sek_is_ok(sek_public_key_load(path, v.key)));
	ck_assert(sek_is_ok(sek_audit_verify(&v)));
	return v;
}

static uint64_t verify(void)
{
	return verify_with((struct sek_audit_verify){ 0 }).findings;
}

START_TEST(whole)
{
	struct sek_audit_verify v = verify_with((struct sek_audit_verify){ 0 });

	ck_assert_uint_eq(v.findings, 0);
	ck_assert_uint_eq(v.notes, 0);
	ck_assert_uint_eq(v.records, n_lines);
	ck_assert_uint_eq(v.first.seq, 1);
	ck_assert_uint_eq(v.last.seq, n_lines);
	ck_assert_uint_ge(v.checkpoints, 5);
	ck_assert_uint_eq(v.signed_seq, n_lines);
	ck_assert_uint_eq(strlen(v.from), 27);
}
END_TEST

/* One byte of each line, at many places, to something that is still JSON. */
START_TEST(edited_anywhere)
{
	size_t i, k;

	for (i = 0; i < n_lines; i++) {
		for (k = 3; k + 1 < line_n(i); k += 11) {
			char old = lines[i][k];

			lines[i][k] = old == '7' ? '8' : '7';
			rig_write(&r, FIRST, text, text_n);
			ck_assert_msg(verify() > 0, "line %zu byte %zu", i, k);
			lines[i][k] = old;
		}
	}
}
END_TEST

/* Any one line is gone. */
START_TEST(deleted_anywhere)
{
	char *copy = malloc(text_n);
	size_t i, before;

	for (i = 0; i < n_lines; i++) {
		before = (size_t)(lines[i] - text);
		memcpy(copy, text, before);
		memcpy(copy + before, lines[i] + line_n(i), text_n - before - line_n(i));
		rig_write(&r, FIRST, copy, text_n - line_n(i));
		ck_assert_msg(verify() > 0, "line %zu", i);
	}
	free(copy);
}
END_TEST

/* Any two lines have changed places; any line stands there twice. */
START_TEST(reordered_anywhere)
{
	char *copy = malloc(text_n * 2);
	size_t i, at, n;

	for (i = 0; i + 1 < n_lines; i++) {
		at = (size_t)(lines[i] - text);
		memcpy(copy, text, text_n);
		memcpy(copy + at, lines[i + 1], line_n(i + 1));
		memcpy(copy + at + line_n(i + 1), lines[i], line_n(i));
		rig_write(&r, FIRST, copy, text_n);
		ck_assert_msg(verify() > 0, "lines %zu and the next", i);
		ck_assert_uint_gt(kinds[SEK_FINDING_ORDER] + kinds[SEK_FINDING_GAP], 0);
		n = line_n(i);
		memcpy(copy, text, at + n);
		memcpy(copy + at + n, lines[i], n);
		memcpy(copy + at + 2 * n, lines[i] + n, text_n - at - n);
		rig_write(&r, FIRST, copy, text_n + n);
		ck_assert_msg(verify() > 0, "line %zu twice", i);
	}
	free(copy);
}
END_TEST

/* Cut after any line, and within any. */
START_TEST(truncated_anywhere)
{
	size_t i;

	for (i = 0; i < n_lines; i++) {
		rig_write(&r, FIRST, text, (size_t)(lines[i] - text));
		ck_assert_msg(verify() > 0, "before line %zu", i);
		ck_assert_uint_gt(kinds[SEK_FINDING_SHORT], 0);
		rig_write(&r, FIRST, text, (size_t)(lines[i] - text) + line_n(i) / 2);
		ck_assert_msg(verify() > 0, "within line %zu", i);
		ck_assert_uint_gt(kinds[SEK_FINDING_SHORT], 0);
	}
}
END_TEST

/* Whoever cuts the log and brings an old head back is found by a checkpoint that is known from elsewhere, and only by that. */
START_TEST(rolled_back)
{
	struct sek_audit_point known = { 0 };
	struct sek_audit_files *f;
	size_t head_n, text2_n, unused;
	char *head = rig_read(&r, "head", &head_n), *text2;

	f = rig_open(&r);
	ck_assert(sek_is_ok(rig_add(f, "test.embarrassing")));
	sek_audit_files_close(f);
	text2 = rig_read(&r, FIRST, &text2_n);
	ck_assert(sek_is_ok(sek_audit_line_read(text2 + text_n, (size_t)(strchr(text2 + text_n, '\n') - (text2 + text_n)), &known,
		&unused)));
	rig_write(&r, FIRST, text, text_n);
	rig_write(&r, "head", head, head_n);
	ck_assert_uint_eq(verify(), 0); /* what docs/audit.md says cannot be seen from the folder alone */
	ck_assert_uint_eq(verify_with((struct sek_audit_verify){ .known = &known, .n_known = 1 }).findings, 1);
	ck_assert_uint_eq(kinds[SEK_FINDING_SHORT], 1);
	/* ... and that very record replaced by another */
	f = rig_open(&r);
	ck_assert(sek_is_ok(rig_add(f, "test.harmless")));
	sek_audit_files_close(f);
	ck_assert_uint_eq(verify(), 0);
	ck_assert_uint_eq(verify_with((struct sek_audit_verify){ .known = &known, .n_known = 1 }).findings, 1);
	ck_assert_uint_eq(kinds[SEK_FINDING_OTHER], 1);
	free(head);
	free(text2);
}
END_TEST

/* Somebody edits a record and computes every later hash anew, checkpoints' "head" members included; only signing is beyond them. */
START_TEST(rewritten_with_fresh_hashes)
{
	size_t victim;

	for (victim = 1; victim < n_lines; victim++) {
		char *copy = malloc(text_n + 4096);
		struct sek_audit_point p = { 0 }, stated;
		size_t i, n = 0;

		for (i = 0; i < n_lines; i++) {
			char body[4096], *at;
			size_t body_n, covered, begin;

			ck_assert(sek_is_ok(sek_audit_line_read(lines[i], line_n(i) - 1, &stated, &covered)));
			begin = (size_t)(strchr(lines[i], ',') + 1 - lines[i]);
			body_n = covered - begin;
			memcpy(body, lines[i] + begin, body_n);
			body[body_n] = '\0';
			at = strstr(body, "taro");
			if (i == victim && at)
				memcpy(at, "jiro", 4);
			else if (i == victim)
				memcpy(strstr(body, "broker1"), "broker9", 7); /* a checkpoint itself */
			n += sek_audit_line_write(&p, body, body_n, copy + n);
		}
		rig_write(&r, FIRST, copy, n);
		ck_assert_msg(verify() > 0, "record %zu", victim + 1);
		ck_assert_uint_gt(kinds[SEK_FINDING_SIGNATURE] + kinds[SEK_FINDING_OTHER], 0);
		free(copy);
	}
}
END_TEST

START_TEST(signed_by_another_key)
{
	struct sek_audit_verify v = { .folder = r.log, .found = on_found };
	struct sek_sign_key k;

	memset(kinds, 0, sizeof kinds);
	crypto_sign_keypair(k.public_key, k.secret);
	memcpy(v.key, k.public_key, sizeof v.key);
	ck_assert(sek_is_ok(sek_audit_verify(&v)));
	ck_assert_uint_gt(kinds[SEK_FINDING_SIGNATURE], 4);
	ck_assert_uint_eq(kinds[SEK_FINDING_KEY], 1);
	ck_assert_uint_eq(kinds[SEK_FINDING_NO_HEAD], 1);
}
END_TEST

START_TEST(no_head)
{
	ck_assert_int_eq(unlink(rig_path(&r, "head")), 0);
	ck_assert_uint_eq(verify(), 1);
	ck_assert_uint_eq(kinds[SEK_FINDING_NO_HEAD], 1);
	ck_assert_uint_eq(verify_with((struct sek_audit_verify){ .no_head = true }).findings, 0);
}
END_TEST

START_TEST(unfinished_last_line)
{
	char *copy = malloc(text_n + 20);
	struct sek_audit_verify v;

	memcpy(copy, text, text_n);
	memcpy(copy + text_n, "{\"seq\":99,\"time\":\"20", 20);
	rig_write(&r, FIRST, copy, text_n + 20);
	v = verify_with((struct sek_audit_verify){ 0 });
	ck_assert_uint_eq(v.findings, 0);
	ck_assert_uint_eq(kinds[SEK_FINDING_TAIL], 1);
	free(copy);
}
END_TEST

static void many_segments(void)
{
	struct sek_audit_files *f;
	unsigned i;

	r.config.segment_bytes = 3000;
	f = rig_open(&r);
	for (i = 0; i < 60; i++)
		ck_assert(sek_is_ok(rig_add(f, i % 10 ? "test.event" : "test.tenth")));
	sek_audit_files_close(f);
	ck_assert_int_eq(access(rig_path(&r, "audit-00000004.log"), F_OK), 0);
}

START_TEST(segments)
{
	struct sek_audit_verify v;
	char saved[256];

	many_segments();
	ck_assert_uint_eq(verify(), 0);
	/* one in the middle is gone */
	snprintf(saved, sizeof saved, "%s/saved", r.dir);
	ck_assert_int_eq(rename(rig_path(&r, "audit-00000003.log"), saved), 0);
	ck_assert_uint_gt(verify(), 0);
	ck_assert_uint_eq(kinds[SEK_FINDING_SEGMENT], 1);
	ck_assert_int_eq(rename(saved, rig_path(&r, "audit-00000003.log")), 0);
	ck_assert_uint_eq(verify(), 0);
	/* the first ones were moved to the archive */
	ck_assert_int_eq(unlink(rig_path(&r, FIRST)), 0);
	ck_assert_int_eq(unlink(rig_path(&r, SECOND)), 0);
	ck_assert_uint_gt(verify(), 0);
	v = verify_with((struct sek_audit_verify){ .archived = true });
	ck_assert_uint_eq(v.findings, 0);
	ck_assert_uint_eq(kinds[SEK_FINDING_ARCHIVED], 1);
}
END_TEST

START_TEST(last_segment_removed)
{
	char name[40];
	unsigned n = 0;

	many_segments();
	do
		snprintf(name, sizeof name, SEK_AUDIT_SEGMENT_NAME, ++n);
	while (access(rig_path(&r, name), F_OK) == 0);
	snprintf(name, sizeof name, SEK_AUDIT_SEGMENT_NAME, n - 1);
	ck_assert_int_eq(unlink(rig_path(&r, name)), 0);
	ck_assert_uint_eq(verify(), 1);
	ck_assert_uint_eq(kinds[SEK_FINDING_SHORT], 1);
}
END_TEST

START_TEST(what_the_broker_found_stays_found)
{
	rig_write(&r, FIRST, text, (size_t)(lines[20] - text));
	sek_audit_files_close(rig_open(&r));
	ck_assert_uint_gt(verify(), 0);
	ck_assert_uint_eq(kinds[SEK_FINDING_REPORTED], 1);
	ck_assert_uint_ge(kinds[SEK_FINDING_GAP], 1);
}
END_TEST

START_TEST(garbage)
{
	char junk[5000];
	unsigned i;

	for (i = 0; i < 20; i++) {
		randombytes_buf(junk, sizeof junk);
		rig_write(&r, FIRST, junk, sizeof junk);
		ck_assert_uint_gt(verify(), 0);
	}
	rig_write(&r, FIRST, "", 0);
	ck_assert_uint_gt(verify(), 0);
	/* nothing at all is no whole log, whatever is not asked for */
	ck_assert_int_eq(unlink(rig_path(&r, FIRST)), 0);
	ck_assert_uint_gt(verify_with((struct sek_audit_verify){ .no_head = true, .archived = true }).findings, 0);
	ck_assert_uint_eq(kinds[SEK_FINDING_BEGINNING], 1);
}
END_TEST

/* --- search: the same files, backwards --- */

static size_t search_all(struct sek_audit_query q, size_t *ret_pages)
{
	char next[SEK_AUDIT_CURSOR_BYTES] = "", after[SEK_AUDIT_CURSOR_BYTES] = "";
	json_int_t last = INT64_MAX;
	size_t n = 0, i;

	for (*ret_pages = 0;; (*ret_pages)++) {
		json_t *rows = json_array();

		q.after = after;
		ck_assert(sek_is_ok(sek_audit_search(r.log, &q, rows, next)));
		ck_assert_uint_le(json_array_size(rows), q.limit);
		for (i = 0; i < json_array_size(rows); i++) {
			json_int_t seq = json_integer_value(json_object_get(json_array_get(rows, i), "seq"));

			ck_assert_int_lt(seq, last); /* newest first, none twice */
			last = seq;
			n++;
		}
		json_decref(rows);
		if (!*next)
			return n;
		memcpy(after, next, sizeof after);
	}
}

#define QUERY .who = "", .what = "", .object = "", .outcome = "", .text = "", .from = "", .to = ""

START_TEST(search)
{
	struct sek_audit_verify v;
	size_t pages, all;
	json_t *rows = json_array();
	char next[SEK_AUDIT_CURSOR_BYTES];
	struct sek_audit_query q = { QUERY, .after = "", .limit = 7 };

	many_segments();
	v = verify_with((struct sek_audit_verify){ 0 });
	all = search_all(q, &pages);
	ck_assert_uint_eq(all, v.records);
	ck_assert_uint_ge(pages, all / 7);
	q.what = "test.tenth";
	ck_assert_uint_eq(search_all(q, &pages), 6);
	q.text = "TENTH";
	ck_assert_uint_eq(search_all(q, &pages), 6);
	q.who = "jiro";
	ck_assert_uint_eq(search_all(q, &pages), 0);
	q = (struct sek_audit_query){ QUERY, .after = "", .limit = 50 };
	q.from = "2100";
	ck_assert_uint_eq(search_all(q, &pages), 0);
	q.from = "2000";
	q.to = "2000-01";
	ck_assert_uint_eq(search_all(q, &pages), 0);
	q.to = "2100";
	ck_assert_uint_eq(search_all(q, &pages), all);
	q.after = "../../etc/passwd";
	ck_assert(!sek_is_ok(sek_audit_search(r.log, &q, rows, next)));
	q.after = "1.5x";
	ck_assert(!sek_is_ok(sek_audit_search(r.log, &q, rows, next)));
	q.after = "99999.12";
	ck_assert(sek_is_ok(sek_audit_search(r.log, &q, rows, next)));
	json_decref(rows);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit verify");
	TCase *t = tcase_create("verify");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, whole);
	tcase_add_test(t, edited_anywhere);
	tcase_add_test(t, deleted_anywhere);
	tcase_add_test(t, reordered_anywhere);
	tcase_add_test(t, truncated_anywhere);
	tcase_add_test(t, rolled_back);
	tcase_add_test(t, rewritten_with_fresh_hashes);
	tcase_add_test(t, signed_by_another_key);
	tcase_add_test(t, no_head);
	tcase_add_test(t, unfinished_last_line);
	tcase_add_test(t, segments);
	tcase_add_test(t, last_segment_removed);
	tcase_add_test(t, what_the_broker_found_stays_found);
	tcase_add_test(t, garbage);
	tcase_add_test(t, search);
	suite_add_tcase(s, t);
	return rig_run(s);
}
