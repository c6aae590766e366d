/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings of sessions, with a real recorder and read back with the key: exactly what the client got, what the user did without
 * what was typed, and nothing to the client while a required recording is not on the disk.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "broker/hub/record/reader.h"
#include "broker/hub/record/record_private.h"
#include "tests/unit/hub/session/harness.h"

enum { FRAMES_MAX = 4096 };

static struct bench b;
static struct stream c;
static struct sek_recorder *recorder;
static char folder[96], public_path[128], secret_path[128], signing_path[128], recording_id[40];
static uint8_t secret[32];
static bool stopped;
static unsigned began, failed, refused, closed;
static uint32_t marks;
static char ended[40];
static const char *wanted = "\"required\"", *text_policy = "\"none\"";

/* What went to the client, hashed one by one. */
static uint8_t sent[FRAMES_MAX][32];
static unsigned n_sent;

static void on_news(void *user, const struct sek_recording_news *n)
{
	(void)user;
	began += n->what == SEK_RECORDING_BEGAN;
	failed += n->what == SEK_RECORDING_FAILED;
	refused += n->what == SEK_RECORDING_REFUSED;
	if (n->what == SEK_RECORDING_BEGAN)
		snprintf(recording_id, sizeof recording_id, "%s", n->id);
	if (n->what != SEK_RECORDING_CLOSED)
		return;
	closed++;
	marks = n->marks;
	snprintf(ended, sizeof ended, "%s", n->ended);
}

static sek_status policy(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	struct sek_policy_row all[SEK_POLICY_ATTRIBUTES + 2] = {
		{ SEK_SCOPE_SITE, "", SEK_POLICY_RECORDING, wanted }, { SEK_SCOPE_SITE, "", SEK_POLICY_RECORDING_TEXT, text_policy },
	};

	(void)user;
	(void)name;
	memcpy(all + 2, rows, n * sizeof *rows);
	return sek_policy_resolve(all, n + 2, ret, NULL);
}

static void keep_frame(const uint8_t *frame, size_t n)
{
	switch (frame[0]) {
	case SEK_MSG_WELCOME:
	case SEK_MSG_PING:
	case SEK_MSG_PONG:
	case SEK_MSG_CLIPBOARD:
		return;
	default:
		ck_assert_uint_lt(n_sent, FRAMES_MAX);
		crypto_hash_sha256(sent[n_sent++], frame, n);
	}
}

static size_t no_queue(void *client)
{
	return stream_ops.queued(client);
}

static void send_and_keep(void *client, const uint8_t *frame, size_t n)
{
	bool shows = frame[0] == SEK_MSG_UPDATE || frame[0] == SEK_MSG_SIZE || frame[0] == SEK_MSG_CURSOR || frame[0] == SEK_MSG_CARET;

	/* nothing that the session shows before the recording is on the disk */
	ck_assert(!shows || strcmp(wanted, "\"required\"") != 0 || began > 0);
	keep_frame(frame, n);
	stream_ops.send(client, frame, n);
}

static void close_it(void *client)
{
	stream_ops.close(client);
}

static const struct sek_client_ops keeping = { .queued = no_queue, .send = send_and_keep, .close = close_it };

static void read_file(const char *path, uint8_t *ret, size_t size, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");

	ck_assert_ptr_nonnull(f);
	*ret_n = fread(ret, 1, size, f);
	fclose(f);
}

static void make_recorder(uint64_t least_free)
{
	struct sek_recorder_config config = { .path = folder, .public_key_path = public_path, .signing_key_path = signing_path,
		.where = "test", .least_free_bytes = least_free, .warn_free_bytes = least_free };
	struct sek_recording_log log = { on_news, NULL };
	uint8_t file[4096];
	char err[400];
	size_t n;

	ck_assert_int_ge(sodium_init(), 0);
	snprintf(folder, sizeof folder, "%s/recordings", b.dir);
	snprintf(public_path, sizeof public_path, "%s/r.pub", b.dir);
	snprintf(secret_path, sizeof secret_path, "%s/r.secret", b.dir);
	snprintf(signing_path, sizeof signing_path, "%s/r.key", b.dir);
	ck_assert(sek_is_ok(sek_recording_keygen(public_path, secret_path, "a passphrase of the test")));
	read_file(secret_path, file, sizeof file, &n);
	ck_assert(sek_is_ok(sek_recording_unlock(file, n, "a passphrase of the test", secret)));
	ck_assert_msg(sek_is_ok(sek_recorder_create(&b.loop, &config, NULL, NULL, &recorder, err, sizeof err)), "%s", err);
	sek_sessions_record(b.all, recorder, &log);
	sek_sessions_policy_from(b.all, policy, NULL);
}

static void start(uint64_t least_free)
{
	bench_init(&b, "decoder", "encoder");
	/* what the bench counts as leaked must not hold the folder's descriptors */
	bench_start(&b);
	make_recorder(least_free);
	began = failed = refused = closed = n_sent = 0;
	stopped = false;
}

static void up(void)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;

	c = (struct stream){ .acknowledges = true, .pongs = true, .attached = true };
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "taro", id, &resumed)));
	ck_assert(sek_is_ok(sek_session_attach(b.all, id, "taro", &keeping, &c, &c.session)));
	stream_hello(&c);
	BENCH_UNTIL(&b, 10000, stream_saw(&c, SEK_STATE_RUNNING) && c.frames > 0);
}

static void on_stopped(void *user)
{
	*(bool *)user = true;
}

/* The whole recording, entry after entry, given to fn. */
static void read_back(void (*fn)(const struct sek_entry *e))
{
	struct sek_recording_reader *reader = NULL;
	const struct sek_block *blocks;
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	char path[256], err[400];
	size_t n, bytes_n;

	snprintf(path, sizeof path, "%s/%s" SEK_RECORDING_SUFFIX, folder, recording_id);
	ck_assert_msg(sek_is_ok(sek_recording_open(path, &reader, err, sizeof err)), "%s", err);
	ck_assert(sek_is_ok(sek_recording_unseal(sek_recording_head(reader), secret, key)));
	ck_assert(sek_is_ok(sek_recording_use(reader, key)));
	blocks = sek_recording_blocks(reader, &n);
	ck_assert_ptr_nonnull(blocks);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *bytes;
		struct sek_reader r;
		struct sek_entry e;

		ck_assert(sek_is_ok(sek_recording_read(reader, i, &bytes, &bytes_n)));
		sek_reader_init(&r, bytes, bytes_n);
		for (unsigned k = 0; k < blocks[i].entries; k++) {
			ck_assert(sek_is_ok(sek_entry_read(&r, &e)));
			fn(&e);
		}
	}
	sek_recording_reader_close(reader);
}

static void finish(void)
{
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	BENCH_UNTIL(&b, 5000, closed == began);
	sek_recorder_stop(recorder, on_stopped, &stopped);
	BENCH_UNTIL(&b, 5000, stopped);
	sek_recorder_destroy(recorder);
	recorder = NULL;
}

static unsigned downs, keys, texts, events[16], pointers;
static char typed[200], seam[40]; /* seam: the recording that STARTED names as the one before */

static void look(const struct sek_entry *e)
{
	uint8_t hash[32];
	struct sek_entry_event event;

	switch (e->kind) {
	case SEK_ENTRY_DOWN:
		ck_assert_uint_lt(downs, n_sent);
		crypto_hash_sha256(hash, e->payload, e->n);
		ck_assert_msg(memcmp(hash, sent[downs], sizeof hash) == 0, "frame %u (type %u) is another one", downs, e->payload[0]);
		downs++;
		break;
	case SEK_ENTRY_KEY:
		keys++;
		break;
	case SEK_ENTRY_TEXT:
		texts++;
		snprintf(typed, sizeof typed, "%.*s", (int)e->n, (const char *)e->payload);
		break;
	case SEK_ENTRY_POINTER:
		pointers++;
		break;
	case SEK_ENTRY_EVENT:
		ck_assert(sek_is_ok(sek_entry_event_read(e->payload, e->n, &event)));
		events[event.event]++;
		if (event.event == SEK_RECORD_EVENT_STARTED && event.arg == SEK_TAPE_RESTORED)
			snprintf(seam, sizeof seam, "%.*s", (int)event.words_n, (const char *)event.words);
		break;
	default:
		break;
	}
}

static void look_back(void)
{
	downs = keys = texts = pointers = 0;
	typed[0] = seam[0] = '\0';
	memset(events, 0, sizeof events);
	read_back(look);
}

START_TEST(exactly_what_the_client_got)
{
	wanted = "\"required\"";
	text_policy = "\"none\"";
	start(0);
	up();
	ck_assert(c.policy.recorded && !c.policy.watched);
	stream_text(&c, "himitsu no kotoba");
	stream_key(&c, 30, true);
	stream_key(&c, 30, false);
	for (uint16_t x = 1; x <= 200; x++) /* faster than it is kept: coalesced */
		STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ .x_px = x, .y_px = 1 });
	STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ .x_px = 200, .y_px = 1, .buttons = SEK_BUTTON_LEFT });
	stream_text(&c, "!encoder caret 71");
	BENCH_UNTIL(&b, 3000, c.caret.x_px == 71);
	finish();
	ck_assert_uint_eq(began, 1);
	ck_assert_str_eq(ended, "ended-admin");
	look_back();
	ck_assert_uint_eq(downs, n_sent);
	ck_assert_uint_gt(downs, 4);
	ck_assert_uint_eq(texts, 0);
	ck_assert_uint_eq(keys, 3); /* one press, and two texts of which nothing is kept */
	ck_assert_uint_ge(pointers, 2);
	ck_assert_uint_lt(pointers, 100);
	ck_assert(events[SEK_RECORD_EVENT_STARTED] == 1 && events[SEK_RECORD_EVENT_STOPPED] == 1 && events[SEK_RECORD_EVENT_ATTACHED] == 1 &&
		events[SEK_RECORD_EVENT_DETACHED] == 1);
	bench_finish(&b);
}
END_TEST

START_TEST(texts_are_kept_where_the_policy_says_so)
{
	wanted = "\"required\"";
	text_policy = "\"text\"";
	start(0);
	up();
	stream_text(&c, "kotoba");
	finish();
	look_back();
	ck_assert_uint_eq(texts, 1);
	ck_assert_str_eq(typed, "kotoba");
	bench_finish(&b);
}
END_TEST

START_TEST(one_recording_for_a_session_that_comes_back)
{
	wanted = "\"required\"";
	text_policy = "\"none\"";
	start(0);
	up();
	sek_session_detach(c.session, &c);
	up();
	finish();
	ck_assert_uint_eq(began, 1);
	look_back();
	ck_assert_uint_eq(downs, n_sent);
	ck_assert_uint_eq(events[SEK_RECORD_EVENT_ATTACHED], 2);
	bench_finish(&b);
}
END_TEST

/* After a kill of the broker: a recording of its own from before the first pixel, which names the one that the kill cut off. */
START_TEST(a_session_that_is_taken_back_is_recorded_anew)
{
	static const char before[] = "0123456789abcdef0123456789abcdef";
	const struct sek_session_kept k = { .id = before, .user = "taro", .host = "render1.sekisho.internal", .width_px = 800,
		.height_px = 600, .scale_percent = 100, .opened_s = time(NULL), .started_s = time(NULL), .recording = before };

	wanted = "\"required\"";
	text_policy = "\"none\"";
	start(0);
	ck_assert(sek_is_ok(sek_sessions_take_back(b.all, &k, SEK_STATE_NONE)));
	up();
	ck_assert_str_eq(((struct sek_session *)c.session)->id_hex, before);
	finish();
	ck_assert_uint_eq(began, 1);
	look_back();
	ck_assert_uint_eq(downs, n_sent);
	ck_assert_uint_eq(events[SEK_RECORD_EVENT_STARTED], 1);
	ck_assert_str_eq(seam, before);
	bench_finish(&b);
}
END_TEST

START_TEST(a_policy_that_changes_begins_and_ends_it)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;
	char err[200];

	wanted = "\"off\"";
	text_policy = "\"none\"";
	start(0);
	up();
	ck_assert_uint_eq(began, 0);
	ck_assert(!c.policy.recorded);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "taro", id, &resumed)));
	ck_assert(sek_is_ok(sek_session_set_override(b.all, id, SEK_POLICY_RECORDING, "\"required\"", 10, err, sizeof err)));
	n_sent = 0;
	BENCH_UNTIL(&b, 5000, began == 1 && c.policy.recorded);
	ck_assert(sek_is_ok(sek_session_set_override(b.all, id, SEK_POLICY_RECORDING, "\"off\"", 5, err, sizeof err)));
	BENCH_UNTIL(&b, 5000, closed == 1 && !c.policy.recorded);
	ck_assert_str_eq(ended, "policy");
	ck_assert(!c.closed);
	finish();
	bench_finish(&b);
}
END_TEST

START_TEST(without_room_there_is_no_session)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;
	char err[200];

	wanted = "\"required\"";
	text_policy = "\"none\"";
	start(UINT64_MAX);
	ck_assert(sek_is(sek_sessions_open(b.all, "taro", id, &resumed), SEK_E_STORE));
	ck_assert_uint_eq(refused, 1);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	wanted = "\"optional\"";
	up();
	ck_assert_uint_eq(began, 0);
	ck_assert(!c.policy.recorded);
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "taro", id, &resumed)));
	(void)sek_session_set_override(b.all, id, SEK_POLICY_RECORDING, "\"required\"", 10, err, sizeof err);
	BENCH_UNTIL(&b, 3000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_NOT_RECORDED);
	finish();
	bench_finish(&b);
}
END_TEST

START_TEST(size_caret_and_cursor_wait_for_the_recording)
{
	struct sek_session *s;
	unsigned before, expected;

	wanted = "\"required\"";
	text_policy = "\"none\"";
	start(0);
	up();
	stream_text(&c, "!encoder caret 71");
	BENCH_UNTIL(&b, 3000, c.caret.x_px == 71);
	s = b.all->first;
	before = n_sent;
	expected = 1u + (s->shown.size_n > 0 ? 1 : 0) + (s->shown.cursor_n > 0 ? 1 : 0);
	recorder->first->begun = false; /* as while its file is being made */
	sek_client_send(s, s->shown.caret, s->shown.caret_n);
	sek_client_show(s);
	ck_assert_uint_eq(n_sent, before);
	recorder->first->begun = true;
	sek_client_show(s);
	ck_assert_uint_eq(n_sent, before + expected);
	sek_client_show(s); /* once */
	ck_assert_uint_eq(n_sent, before + expected);
	finish();
	look_back();
	ck_assert_uint_eq(downs, n_sent);
	bench_finish(&b);
}
END_TEST

START_TEST(the_frame_that_is_not_kept_is_not_shown)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + 16] = { SEK_MSG_UPDATE, 0, 0, 0, 0, 0, 0, 16 };
	unsigned before;

	wanted = "\"required\"";
	text_policy = "\"none\"";
	start(0);
	up();
	BENCH_UNTIL(&b, 10000, c.ends > 0); /* what is sent below refers to a picture */
	before = n_sent;
	sek_client_send(b.all->first, frame, sizeof frame);
	ck_assert_uint_eq(n_sent, before + 1);
	recorder->first->waiting = SEK_RECORD_BACKLOG_BYTES; /* a disk that has taken nothing for long */
	sek_client_send(b.all->first, frame, sizeof frame);
	ck_assert_uint_eq(n_sent, before + 1);
	BENCH_UNTIL(&b, 3000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_NOT_RECORDED);
	ck_assert_uint_eq(failed, 1);
	finish();
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session.recording");
	TCase *t = tcase_create("recording");
	SRunner *r;
	int n;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, exactly_what_the_client_got);
	tcase_add_test(t, texts_are_kept_where_the_policy_says_so);
	tcase_add_test(t, one_recording_for_a_session_that_comes_back);
	tcase_add_test(t, a_session_that_is_taken_back_is_recorded_anew);
	tcase_add_test(t, a_policy_that_changes_begins_and_ends_it);
	tcase_add_test(t, without_room_there_is_no_session);
	tcase_add_test(t, size_caret_and_cursor_wait_for_the_recording);
	tcase_add_test(t, the_frame_that_is_not_kept_is_not_shown);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	n = srunner_ntests_failed(r);
	srunner_free(r);
	return n != 0;
}
