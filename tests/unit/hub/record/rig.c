/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker/hub/record/record_private.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/hub/keys/sign.h"

void rig_init(struct rig *r)
{
	uint8_t public_key[32];
	struct sek_sign_key k;

	memset(r, 0, sizeof *r);
	ck_assert_int_ge(sodium_init(), 0);
	snprintf(r->dir, sizeof r->dir, "/tmp/sek-record-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	snprintf(r->folder, sizeof r->folder, "%s/recordings", r->dir);
	snprintf(r->public_key, sizeof r->public_key, "%s/recording.pub", r->dir);
	snprintf(r->signing_key, sizeof r->signing_key, "%s/sign.key", r->dir);
	snprintf(r->signing_pub, sizeof r->signing_pub, "%s.pub", r->signing_key);
	crypto_box_keypair(public_key, r->secret);
	ck_assert(sek_is_ok(sek_public_key_save(r->public_key, public_key)));
	ck_assert(sek_is_ok(sek_sign_key_make(r->signing_key, &k)));
	memcpy(r->signer, k.public_key, sizeof r->signer);
	r->config = (struct sek_recorder_config){ .path = r->folder, .public_key_path = r->public_key,
		.signing_key_path = r->signing_key, .where = "broker1" };
	ck_assert_int_eq(uv_loop_init(&r->loop), 0);
}

void rig_finish(struct rig *r)
{
	char command[256];

	ck_assert_int_eq(uv_loop_close(&r->loop), 0);
	snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", r->dir, r->dir);
	ck_assert_int_eq(system(command), 0);
}

static void on_finished(void *user, const struct sek_recording_facts *facts)
{
	struct rig *r = user;

	r->finished++;
	r->late = *facts;
}

static void on_change(void *user, const struct sek_recorder_state *state)
{
	struct rig *r = user;

	(void)state;
	r->changes++;
}

void rig_open(struct rig *r)
{
	ck_assert_msg(sek_is_ok(sek_recorder_create(&r->loop, &r->config, on_finished, r, &r->recorder, r->err, sizeof r->err)), "%s",
		r->err);
	sek_recorder_on_change(r->recorder, on_change, r);
}

static void on_stopped(void *user)
{
	unsigned *n = user;

	++*n;
}

void rig_stop(struct rig *r)
{
	unsigned stopped = 0;

	sek_recorder_stop(r->recorder, on_stopped, &stopped);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(stopped, 1);
	sek_recorder_destroy(r->recorder);
	r->recorder = NULL;
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

void rig_until(struct rig *r, const unsigned *what, unsigned n)
{
	uint64_t until = uv_hrtime() + 30000000000u;
	uv_timer_t tick;

	uv_timer_init(&r->loop, &tick);
	uv_timer_start(&tick, on_tick, 20, 20);
	while (*what < n) {
		ck_assert_msg(uv_hrtime() < until, "waited half a minute; last failure: %s", r->why);
		uv_run(&r->loop, UV_RUN_ONCE);
	}
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&r->loop, UV_RUN_NOWAIT);
}

void rig_run(struct rig *r, unsigned ms)
{
	uint64_t until = uv_hrtime() + (uint64_t)ms * 1000000;
	uv_timer_t tick;

	uv_timer_init(&r->loop, &tick);
	uv_timer_start(&tick, on_tick, 5, 5);
	while (uv_hrtime() < until)
		uv_run(&r->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&r->loop, UV_RUN_NOWAIT);
}

static void on_ready(void *user, sek_status status)
{
	struct rig *r = user;

	r->ready++;
	r->status = status;
}

static void on_failed(void *user, const char *why)
{
	struct rig *r = user;

	r->failed++;
	snprintf(r->why, sizeof r->why, "%s", why);
}

static void on_closed(void *user, const struct sek_recording_facts *facts)
{
	struct rig *r = user;

	r->closed++;
	r->sound = facts != NULL;
	if (facts)
		r->facts = *facts;
}

struct sek_recording *rig_begin(struct rig *r)
{
	static const uint8_t session[16] = "0123456789abcde";
	struct sek_recording_about about = { .session = session, .user = "taro", .host = "render1", .language = "ja",
		.required = true, .policy = "{\"clipboard\":\"none\"}" };
	struct sek_recording_ops ops = { on_ready, on_failed, on_closed, r };
	struct sek_recording *rec = NULL;
	unsigned before = r->ready;

	ck_assert(sek_is_ok(sek_recording_begin(r->recorder, &about, &ops, &rec)));
	rig_until(r, &r->ready, before + 1);
	ck_assert(sek_is_ok(r->status));
	ck_assert(sek_recording_ok(rec));
	return rec;
}

void rig_frame(struct sek_recording *rec, enum sek_entry_kind kind, uint8_t flags, size_t n, uint8_t fill)
{
	uint8_t *bytes = malloc(n);
	struct sek_writer w;

	memset(bytes, fill, n);
	sek_writer_init(&w, bytes, SEK_FRAME_HEADER_BYTES);
	sek_write_u8(&w, SEK_MSG_UPDATE);
	sek_write_u8(&w, flags);
	sek_write_u16(&w, 0);
	sek_write_u32(&w, (uint32_t)(n - SEK_FRAME_HEADER_BYTES));
	sek_recording_add(rec, kind, bytes, n);
	free(bytes);
}

void rig_make(struct rig *r, unsigned blocks)
{
	struct sek_recording *rec;
	unsigned i, before = r->closed;

	rig_open(r);
	rec = rig_begin(r);
	for (i = 0; i < 3 * blocks; i++) {
		rig_frame(rec, i % 9 ? SEK_ENTRY_DOWN : SEK_ENTRY_ASIDE, i % 9 ? SEK_UPDATE_END : SEK_UPDATE_KEYFRAME, 80000, (uint8_t)i);
		if (i % 3 == 2 && i + 1 < 3 * blocks)
			sek_recording_tick(rec, true); /* as each second does */
	}
	sek_recording_close(rec, SEK_STATE_RUNNING);
	rig_until(r, &r->closed, before + 1);
	ck_assert(r->sound);
	rig_stop(r);
}

const char *rig_path(const struct rig *r, const char *id)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s" SEK_RECORDING_SUFFIX, r->folder, id);
	return path;
}

uint8_t *rig_read(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long n;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	rewind(f);
	bytes = malloc((size_t)n + 1);
	ck_assert_uint_eq(fread(bytes, 1, (size_t)n, f), (size_t)n);
	fclose(f);
	*ret_n = (size_t)n;
	return bytes;
}

void rig_write(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

struct sek_recording_reader *rig_reader(struct rig *r, const char *id)
{
	struct sek_recording_reader *reader = NULL;
	uint8_t key[SEK_RECORDING_KEY_BYTES];

	ck_assert_msg(sek_is_ok(sek_recording_open(rig_path(r, id), &reader, r->err, sizeof r->err)), "%s", r->err);
	ck_assert(sek_is_ok(sek_recording_unseal(sek_recording_head(reader), r->secret, key)));
	ck_assert(sek_is_ok(sek_recording_use(reader, key)));
	return reader;
}

int rig_suite(Suite *s)
{
	SRunner *runner = srunner_create(s);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
