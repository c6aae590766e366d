/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording of a real session through the whole chain, read back and painted: from its beginning, and from a snapshot in its midst,
 * it ends with the very picture that the client has.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/keys/sign.h"
#include "broker/hub/record/reader.h"
#include "tests/integration/world.h"

static struct world w;
static struct stream c;
static struct sek_recorder *recorder;
static char folder[128], public_path[160], secret_path[160], signing_path[160], id[40];
static uint8_t secret[32];
static unsigned began, closed;
static bool stopped;

static void on_news(void *user, const struct sek_recording_news *n)
{
	(void)user;
	ck_assert(n->what == SEK_RECORDING_BEGAN || n->what == SEK_RECORDING_CLOSED);
	began += n->what == SEK_RECORDING_BEGAN;
	closed += n->what == SEK_RECORDING_CLOSED;
	if (n->what == SEK_RECORDING_BEGAN)
		snprintf(id, sizeof id, "%s", n->id);
}

static sek_status policy(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	struct sek_policy_row all[SEK_POLICY_ATTRIBUTES + 1] = { { SEK_SCOPE_SITE, "", SEK_POLICY_RECORDING, "\"required\"" } };

	(void)user;
	(void)name;
	memcpy(all + 1, rows, n * sizeof *rows);
	return sek_policy_resolve(all, n + 1, ret, NULL);
}

static void make_recorder(void)
{
	struct sek_recorder_config config = { .path = folder, .public_key_path = public_path, .signing_key_path = signing_path,
		.where = "test" };
	struct sek_recording_log log = { on_news, NULL };
	uint8_t file[4096];
	char err[400];
	size_t n;
	FILE *f;

	ck_assert_int_ge(sodium_init(), 0);
	snprintf(folder, sizeof folder, "%s/recordings", w.farm.dir);
	snprintf(public_path, sizeof public_path, "%s/r.pub", w.farm.dir);
	snprintf(secret_path, sizeof secret_path, "%s/r.secret", w.farm.dir);
	snprintf(signing_path, sizeof signing_path, "%s/r.key", w.farm.dir);
	ck_assert(sek_is_ok(sek_recording_keygen(public_path, secret_path, "a passphrase of the test")));
	f = fopen(secret_path, "rb");
	ck_assert_ptr_nonnull(f);
	n = fread(file, 1, sizeof file, f);
	fclose(f);
	ck_assert(sek_is_ok(sek_recording_unlock(file, n, "a passphrase of the test", secret)));
	ck_assert_msg(sek_is_ok(sek_recorder_create(&w.loop, &config, NULL, NULL, &recorder, err, sizeof err)), "%s", err);
	sek_sessions_record(w.all, recorder, &log);
	sek_sessions_policy_from(w.all, policy, NULL);
}

static void on_stopped(void *user)
{
	*(bool *)user = true;
}

/* --- reading back --- */

struct film {
	struct sek_painter *painter;
	struct sek_picture picture;
	bool from_snapshot, painting;
	unsigned updates, asides;
};

static void on_frame(struct film *f, const struct sek_entry *e)
{
	const uint8_t *payload = e->payload + SEK_FRAME_HEADER_BYTES;
	size_t n = e->n - SEK_FRAME_HEADER_BYTES;
	uint8_t type, flags;
	uint32_t number;

	ck_assert(sek_is_ok(sek_entry_frame_read(e->payload, e->n, &type, &flags)));
	if (type == SEK_MSG_SIZE) {
		struct sek_size m;

		ck_assert(sek_is_ok(sek_size_read(payload, n, &m)));
		if (m.width_px != f->picture.width_px || m.height_px != f->picture.height_px) {
			free(f->picture.px);
			f->picture = (struct sek_picture){ calloc((size_t)m.width_px * m.height_px, 4), m.width_px, m.width_px, m.height_px };
		}
	}
	if (type != SEK_MSG_UPDATE)
		return;
	f->asides += e->kind == SEK_ENTRY_ASIDE;
	if (e->kind == SEK_ENTRY_ASIDE ? f->from_snapshot && (flags & SEK_UPDATE_KEYFRAME) : !f->from_snapshot)
		f->painting = true;
	if (!f->painting || (e->kind == SEK_ENTRY_ASIDE && !f->from_snapshot))
		return;
	f->updates++;
	ck_assert(sek_is_ok(sek_paint_update(f->painter, &f->picture, flags, payload, n, NULL, NULL, &number)));
}

static void play(struct film *f, bool from_snapshot)
{
	struct sek_recording_reader *reader = NULL;
	const struct sek_block *blocks;
	uint8_t key[SEK_RECORDING_KEY_BYTES], public_key[32];
	enum sek_recording_verdict verdict;
	char path[256], err[400];
	size_t n, bytes_n;

	*f = (struct film){ .painter = sek_painter_create(), .from_snapshot = from_snapshot };
	snprintf(path, sizeof path, "%s/%s" SEK_RECORDING_SUFFIX, folder, id);
	ck_assert_msg(sek_is_ok(sek_recording_open(path, &reader, err, sizeof err)), "%s", err);
	ck_assert(sek_is_ok(sek_recording_unseal(sek_recording_head(reader), secret, key)));
	ck_assert(sek_is_ok(sek_recording_use(reader, key)));
	blocks = sek_recording_blocks(reader, &n);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *bytes;
		struct sek_reader r;
		struct sek_entry e;

		ck_assert(sek_is_ok(sek_recording_read(reader, i, &bytes, &bytes_n)));
		sek_reader_init(&r, bytes, bytes_n);
		for (unsigned k = 0; k < blocks[i].entries; k++) {
			ck_assert(sek_is_ok(sek_entry_read(&r, &e)));
			if (e.kind == SEK_ENTRY_DOWN || e.kind == SEK_ENTRY_ASIDE)
				on_frame(f, &e);
		}
	}
	sek_recording_reader_close(reader);
	snprintf(err, sizeof err, "%s.pub", signing_path);
	ck_assert(sek_is_ok(sek_public_key_load(err, public_key)));
	ck_assert(sek_is_ok(sek_recording_verify(path, public_key, key, NULL, NULL, &verdict)));
	ck_assert_int_eq(verdict, SEK_RECORDING_SOUND);
}

static void same_picture(const struct film *f)
{
	ck_assert_uint_eq(f->picture.width_px, c.picture.width_px);
	ck_assert_uint_eq(f->picture.height_px, c.picture.height_px);
	ck_assert_mem_eq(f->picture.px, c.picture.px, (size_t)c.picture.width_px * c.picture.height_px * 4);
	ck_assert_uint_gt(stream_colours(&c), 3);
}

static void end_film(struct film *f)
{
	sek_painter_destroy(f->painter);
	free(f->picture.px);
}

static void record(const char *value)
{
	uint8_t session[SEK_SESSION_ID_BYTES];
	bool resumed;
	char err[200];

	ck_assert(sek_is_ok(sek_sessions_open(w.all, "taro", session, &resumed)));
	ck_assert(sek_is_ok(sek_session_set_override(w.all, session, SEK_POLICY_RECORDING, value, strlen(value), err, sizeof err)));
}

static void look(bool visible)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + 4];
	struct sek_writer out;

	sek_writer_init(&out, bytes, sizeof bytes);
	sek_visibility_write(&out, &(struct sek_visibility){ visible });
	stream_send(&c, bytes, out.len);
}

/* The client looks away, and the recording ends when nothing is under way any more: nothing is seen that is not recorded. */
static void end_recording(void)
{
	unsigned ends;

	look(false);
	do {
		ends = c.ends;
		world_run_ms(&w, 300);
	} while (c.ends != ends);
	record("\"off\"");
}

START_TEST(what_is_recorded_is_what_was_seen)
{
	struct film f;

	world_init(&w);
	w.config.n_hosts = 1;
	world_start(&w);
	make_recorder();
	world_up(&w, "taro", &c);
	world_goes_on(&w, &c);
	end_recording();
	WORLD_UNTIL(&w, 10000, closed == 1);
	play(&f, false);
	same_picture(&f);
	ck_assert_uint_gt(f.updates, 2);
	end_film(&f);

	/* in mid-session: the recording needs a picture to begin with, and the client pays nothing for it */
	unsigned keyframes = c.keyframes;

	look(true);
	record("\"required\"");
	WORLD_UNTIL(&w, 10000, began == 2);
	for (int i = 0; i < 3; i++) {
		world_goes_on(&w, &c);
		world_run_ms(&w, 500);
	}
	end_recording();
	WORLD_UNTIL(&w, 10000, closed == 2);
	ck_assert_uint_eq(c.keyframes, keyframes);
	play(&f, true);
	ck_assert_uint_gt(f.asides, 0);
	same_picture(&f);
	end_film(&f);

	world_stop(&w);
	sek_recorder_stop(recorder, on_stopped, &stopped);
	WORLD_UNTIL(&w, 5000, stopped);
	sek_recorder_destroy(recorder);
	stream_finish(&c);
	world_finish(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("integration.session.recording");
	TCase *t = tcase_create("recording");
	SRunner *r;
	int n;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, what_is_recorded_is_what_was_seen);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	n = srunner_ntests_failed(r);
	srunner_free(r);
	return n != 0;
}
