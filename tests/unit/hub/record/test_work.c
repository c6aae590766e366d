/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Films and words of a recording that the real recorder wrote, by the real programs.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#include "broker/hub/record/extent.h"
#include "broker/hub/record/work.h"
#include "protocol/codec/encode.h"
#include "tests/support/take.h"
#include "tests/unit/hub/record/rig.h"

enum { W = 640, H = 240 };

static struct rig rig;
static struct sek_children children;
static const struct sek_work_programs programs = { SEK_BIN "/sekisho-recording-feed", SEK_BIN "/sekisho-film", SEK_BIN "/sekisho-words" };
static uint32_t px[W * H];
static char id[33];

static sek_status on_update(void *user, const uint8_t *frame, size_t n)
{
	sek_recording_add(user, SEK_ENTRY_DOWN, frame, n);
	return sek_ok();
}

static void frame_size(struct sek_recording *rec)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ W, H });
	sek_recording_add(rec, SEK_ENTRY_DOWN, bytes, w.len);
}

static void record(const char *text)
{
	static const struct sek_encode_options exact = { .lossless = true, .jpeg_quality = 80, .refine_ms = 300 };
	struct sek_update_encoder *e = sek_update_encoder_create(W, H);
	struct sek_recording *rec;
	bool sent;

	rig_open(&rig);
	rec = rig_begin(&rig);
	frame_size(rec);
	ck_assert(sek_is_ok(sek_update_encoder_resize(e, W, H)));
	take_draw(px, W, H, text);
	ck_assert(sek_is_ok(sek_update_encoder_encode(e, &(struct sek_picture){ px, W, W, H }, 1, 1, &exact, on_update, rec, &sent)));
	sek_update_encoder_destroy(e);
	rig_run(&rig, 1500);
	sek_recording_event(rec, SEK_RECORD_EVENT_WARNED, 0, "");
	strcpy(id, sek_recording_id(rec));
	sek_recording_close(rec, 0);
	rig_until(&rig, &rig.closed, 1);
}

/* --- what is told --- */

static struct {
	unsigned done, progress, found;
	sek_status status;
	char why[SEK_WORK_WHY_BYTES], text[4096];
	uint64_t at_us;
} told;

static void on_progress(void *user, uint64_t at_us)
{
	(void)user;
	told.progress++;
	told.at_us = at_us;
}

static void on_found(void *user, const struct sek_words *w)
{
	(void)user;
	told.found++;
	strncat(told.text, w->text, w->bytes < 1000 ? w->bytes : 1000);
}

static void on_done(void *user, sek_status status, const char *why)
{
	(void)user;
	told.done++;
	told.status = status;
	strcpy(told.why, why);
}

static const struct sek_work_ops ops = { on_progress, on_found, on_done, NULL };

static struct sek_work_job job(uint8_t key[SEK_RECORDING_KEY_BYTES])
{
	struct sek_recording_reader *reader = rig_reader(&rig, id);

	ck_assert(sek_is_ok(sek_recording_unseal(sek_recording_head(reader), rig.secret, key)));
	sek_recording_reader_close(reader);
	return (struct sek_work_job){ rig_path(&rig, id), key, 0, 3600000000u };
}

static int children_left(void)
{
	rig_run(&rig, 50);
	return (int)children.n;
}

START_TEST(words_of_it)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	struct sek_work_job j;
	struct sek_work *w;

	record("Budget report");
	j = job(key);
	ck_assert(sek_is_ok(sek_work_words(&children, &programs, &j, "eng", &ops, &w)));
	rig_until(&rig, &told.done, 1);
	ck_assert_msg(sek_is_ok(told.status), "%s", told.why);
	ck_assert_msg(strstr(told.text, "Budget report"), "%s", told.text);
	ck_assert_uint_gt(told.progress, 0);
	ck_assert_int_eq(children_left(), 0);
}
END_TEST

START_TEST(a_film_of_it)
{
	char path[] = "/tmp/sek-film-XXXXXX", magic[4];
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	struct sek_film_job j;
	struct sek_work *w;
	uint16_t width, height;

	record("Budget report");
	j = (struct sek_film_job){ job(key), mkstemp(path), 10, 1767323045000000, 540, "taro", "hash" };
	ck_assert(sek_is_ok(sek_work_film(&children, &programs, &j, &ops, &w)));
	rig_until(&rig, &told.done, 1);
	ck_assert_msg(sek_is_ok(told.status), "%s", told.why);
	ck_assert_int_eq(pread(j.fd, magic, 4, 0), 4);
	ck_assert_int_eq(memcmp(magic, "\x1a\x45\xdf\xa3", 4), 0); /* EBML */
	ck_assert_int_gt(lseek(j.fd, 0, SEEK_END), 2000);
	close(j.fd);
	unlink(path);
	ck_assert_int_eq(children_left(), 0);
	struct sek_recording_reader *reader = rig_reader(&rig, id);

	ck_assert(sek_is_ok(sek_recording_extent(reader, &width, &height)));
	ck_assert(width == W && height == H);
	sek_recording_reader_close(reader);
}
END_TEST

START_TEST(it_can_be_cancelled)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	struct sek_work_job j;
	struct sek_work *w;

	record("Budget report");
	j = job(key);
	ck_assert(sek_is_ok(sek_work_words(&children, &programs, &j, "jpn+eng", &ops, &w)));
	sek_work_cancel(w);
	rig_until(&rig, &told.done, 1);
	ck_assert(sek_is(told.status, SEK_E_CLOSED));
	ck_assert_int_eq(children_left(), 0);
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES], other[SEK_RECORDING_KEY_BYTES] = { 1 };
	struct sek_work_programs none = programs;
	struct sek_work_job j, bad;
	struct sek_work *w = NULL;

	record("Budget report");
	j = job(key);
	bad = j;
	bad.key = other;
	ck_assert(sek_is_ok(sek_work_words(&children, &programs, &bad, "eng", &ops, &w)));
	rig_until(&rig, &told.done, 1);
	ck_assert(sek_is(told.status, SEK_E_DENIED));
	bad = j;
	bad.path = "/nowhere/at/all";
	ck_assert(sek_is_ok(sek_work_words(&children, &programs, &bad, "eng", &ops, &w)));
	rig_until(&rig, &told.done, 2);
	ck_assert(!sek_is_ok(told.status) && told.why[0]);
	ck_assert(sek_is_ok(sek_work_words(&children, &programs, &j, "klingon", &ops, &w)));
	rig_until(&rig, &told.done, 3);
	ck_assert(!sek_is_ok(told.status) && strstr(told.why, "sekisho-words"));
	none.words = "/nowhere/sekisho-words";
	ck_assert(!sek_is_ok(sek_work_words(&children, &none, &j, "eng", &ops, &w)));
	ck_assert_int_eq(children_left(), 0);
	ck_assert_uint_eq(told.done, 3);
}
END_TEST

static int export(const char *secret, const char *passphrase, const char *more)
{
	char command[1024];

	snprintf(command, sizeof command, "cd %s && rm -f pass && echo '%s' > pass && " SEK_BIN "/sekisho-recording-export --quiet --passphrase-file pass "
		"--secret %s --name taro %s %s 2> said", rig.dir, passphrase, secret, more, rig_path(&rig, id));
	return system(command);
}

static bool said(const char *text)
{
	char path[128], all[1024] = "";
	FILE *f;

	snprintf(path, sizeof path, "%s/said", rig.dir);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	all[fread(all, 1, sizeof all - 1, f)] = '\0';
	fclose(f);
	return strstr(all, text) != NULL;
}

/* sekisho-recording-export, as an administrator would call it. */
START_TEST(on_the_command_line)
{
	char public_key[128], secret[128], other_public[128], other[128], film[128];

	snprintf(public_key, sizeof public_key, "%s/site.pub", rig.dir);
	snprintf(secret, sizeof secret, "%s/site.secret", rig.dir);
	snprintf(other_public, sizeof other_public, "%s/other.pub", rig.dir);
	snprintf(other, sizeof other, "%s/other.secret", rig.dir);
	snprintf(film, sizeof film, "%s/film.webm", rig.dir);
	ck_assert(sek_is_ok(sek_recording_keygen(public_key, secret, "correct horse")));
	ck_assert(sek_is_ok(sek_recording_keygen(other_public, other, "correct horse")));
	rig.config.public_key_path = public_key;
	record("Budget report");
	ck_assert_int_ne(export(secret, "wrong horse", "--out film.webm"), 0);
	ck_assert(said("wrong passphrase"));
	ck_assert_int_ne(export(other, "correct horse", "--out film.webm"), 0);
	ck_assert(said("sealed to another key"));
	ck_assert_int_ne(export(public_key, "correct horse", "--out film.webm"), 0);
	ck_assert(said("not a secret recording key"));
	ck_assert_int_ne(export(secret, "correct horse", "--out film.webm --from 5 --to 3"), 0);
	ck_assert(said("usage"));
	ck_assert_int_ne(access(film, F_OK), 0);
	ck_assert_int_eq(export(secret, "correct horse", "--out film.webm"), 0);
	ck_assert_int_eq(access(film, F_OK), 0);
	ck_assert_int_ne(export(secret, "correct horse", "--out film.webm"), 0); /* nothing is overwritten */
	ck_assert(said("exists"));
	unlink(film);
}
END_TEST

static void set_up(void)
{
	memset(&told, 0, sizeof told);
	rig_init(&rig);
	children = (struct sek_children){ .loop = &rig.loop };
}

static void tear_down(void)
{
	rig_stop(&rig);
	rig_finish(&rig);
}

int main(void)
{
	Suite *suite = suite_create("work");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, words_of_it);
	tcase_add_test(c, a_film_of_it);
	tcase_add_test(c, it_can_be_cancelled);
	tcase_add_test(c, what_is_wrong_is_told);
	tcase_add_test(c, on_the_command_line);
	suite_add_tcase(suite, c);
	return rig_suite(suite);
}
