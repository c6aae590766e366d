/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words that were to be read on recordings, for sites that want that: while a reviewer has unlocked the key, closed recordings are read
 * one after another by programs of their own, at the lowest priority; what they find is searched. Must never begin without
 * the site's switch, nor go on without somebody's key.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/review/internal.h"
#include "broker/hub/store/words.h"

enum { SAVE_TEXTS = 50, HITS_MAX = 100, PHRASE_BYTES = SEK_WORDS_QUERY_CHARS * 4 };

struct text {
	struct text *next;
	uint64_t at_us;
	size_t n;
	char bytes[];
};

struct sek_review_reading {
	struct sek_review *review;
	struct sek_word_store *store;
	uint64_t login;            /* whose key it is */
	uint8_t *key;              /* sodium_malloc: the site's secret, in the pool the recording's key */
	uv_work_t look;
	bool looking;              /* a job of the pool is under way */
	struct sek_work *work;
	char recording[SEK_REVIEW_ID_BYTES], path[SEK_REVIEW_PATH_BYTES];
	uint64_t from_us, at_us, length_us;
	struct text *texts, **end; /* found and not saved yet */
	unsigned n_texts;
	size_t unsaved;            /* their bytes */
	uint64_t saved_ms;         /* when it was saved, or begun */
	bool complete;             /* all of it was read: the next save says so */
	/* what the pool saves now */
	uv_work_t save;
	bool saving, save_complete;
	struct text *saved;
	uint64_t save_us;
	bool broken;               /* the store did not take something: nothing more of this one */
	bool has_key;
	bool found;                /* by the look: there is one to read */
	uint64_t again_ms;         /* when the folder is looked through again */
	/* recordings that could not be read: not tried again while the broker runs */
	char (*bad)[SEK_REVIEW_ID_BYTES];
	unsigned n_bad;
};

#define AGAIN_MS 30000
#define UNSAVED_BYTES (8u << 20) /* found and not saved: pages of words. Who says more is no reader of pictures any more */
#define BAD_MAX 1000

sek_status sek_review_reading_create(struct sek_review *v, char *err, size_t err_size)
{
	struct sek_review_reading *r;
	sek_status s;

	if (!v->config.words_path || !v->config.programs)
		return sek_ok();
	r = calloc(1, sizeof *r);
	if (!r)
		return sek_fail(SEK_E_NOMEM);
	r->review = v;
	r->bad = calloc(BAD_MAX, sizeof *r->bad);
	r->key = sodium_malloc(SEK_REVIEW_SECRET_BYTES);
	s = r->bad && r->key ? sek_word_store_open(v->config.words_path, &r->store, err, err_size) : sek_fail(SEK_E_NOMEM);
	if (!sek_is_ok(s)) {
		sodium_free(r->key);
		free(r->bad);
		free(r);
		return s;
	}
	v->reading = r;
	return s;
}

void sek_review_reading_destroy(struct sek_review_reading *r)
{
	if (!r)
		return;
	sek_word_store_close(r->store);
	sodium_free(r->key);
	free(r->bad);
	free(r);
}

bool sek_review_reading_busy(const struct sek_review_reading *r)
{
	return r && (r->looking || r->saving || r->work);
}

/* --- one recording --- */

static void mark_bad(struct sek_review_reading *r)
{
	if (r->n_bad < BAD_MAX)
		memcpy(r->bad[r->n_bad++], r->recording, sizeof r->recording);
}

static bool is_there(void *ctx, const char *recording)
{
	const struct sek_review_reading *r = ctx;
	char path[SEK_REVIEW_PATH_BYTES];

	snprintf(path, sizeof path, "%s/%s" SEK_RECORDING_SUFFIX, r->review->config.folder, recording);
	return access(path, F_OK) == 0;
}

static void forget_texts(struct text *t)
{
	while (t) {
		struct text *next = t->next;

		free(t);
		t = next;
	}
}

/* The database is written in the pool, a batch at a time. */
static void on_save(uv_work_t *w)
{
	struct sek_review_reading *r = w->data;
	sek_status s = sek_ok();

	for (const struct text *t = r->saved; t && sek_is_ok(s); t = t->next)
		s = sek_words_add(r->store, r->recording, (int64_t)t->at_us, t->bytes, t->n);
	if (sek_is_ok(s))
		s = sek_words_commit(r->store, r->recording, (int64_t)r->save_us, r->save_complete);
	if (sek_is_ok(s)) /* a long recording is read for hours, in which nobody looks */
		s = sek_words_forget_gone(r->store, is_there, r);
	if (!sek_is_ok(s))
		r->broken = true;
}

static void ended(struct sek_review_reading *r);

static void after_save(uv_work_t *w, int status)
{
	struct sek_review_reading *r = w->data;

	(void)status;
	r->saving = false;
	forget_texts(r->saved);
	r->saved = NULL;
	if (r->broken)
		sek_work_cancel(r->work);
	if (!r->work)
		ended(r);
}

static void save(struct sek_review_reading *r)
{
	if (r->saving)
		return; /* what is waiting goes with the next one */
	r->saved = r->texts;
	r->texts = NULL;
	r->end = &r->texts;
	r->n_texts = 0;
	r->unsaved = 0;
	r->save_us = r->at_us;
	r->save_complete = r->complete;
	r->save.data = r;
	r->saving = true;
	r->saved_ms = uv_now(r->review->loop);
	if (uv_queue_work(r->review->loop, &r->save, on_save, after_save) != 0) {
		r->saving = false;
		r->broken = true;
	}
}

/* Its programs have ended: saves what is left, then goes on with the next recording. */
static void ended(struct sek_review_reading *r)
{
	if (!r->broken && r->complete && !r->save_complete) {
		save(r);
		if (r->saving)
			return;
	}
	if (r->broken) {
		sek_log(SEK_LOG_ERROR, "review.words", "recording", r->recording, "why", "the index of words cannot be written", NULL);
		mark_bad(r);
	}
	forget_texts(r->texts);
	r->texts = NULL;
	r->end = &r->texts;
	r->n_texts = 0;
	r->unsaved = 0;
	r->again_ms = 0;
	sek_review_reading_step(r->review);
	sek_review_settle(r->review);
}

static void on_found(void *user, const struct sek_words *w)
{
	struct sek_review_reading *r = user;
	struct text *t = r->unsaved < UNSAVED_BYTES ? malloc(sizeof *t + w->bytes) : NULL;

	if (!t) {
		r->broken = true;
		sek_work_cancel(r->work);
		return;
	}
	*t = (struct text){ .at_us = w->at_us, .n = w->bytes };
	memcpy(t->bytes, w->text, w->bytes);
	*r->end = t;
	r->end = &t->next;
	r->n_texts++;
	r->unsaved += sizeof *t + w->bytes;
}

/* Everything before at_us has been found by now. */
static void on_progress(void *user, uint64_t at_us)
{
	struct sek_review_reading *r = user;

	r->at_us = at_us;
	if (r->n_texts >= SAVE_TEXTS || uv_now(r->review->loop) - r->saved_ms >= AGAIN_MS)
		save(r);
}

static void on_done(void *user, sek_status status, const char *why)
{
	struct sek_review_reading *r = user;

	r->work = NULL;
	r->complete = sek_is_ok(status) && !r->broken;
	if (r->complete) {
		r->at_us = r->length_us;
	} else if (!r->broken && !sek_is(status, SEK_E_CLOSED)) {
		sek_log(SEK_LOG_ERROR, "review.words", "recording", r->recording, "why", why, NULL);
		mark_bad(r);
	}
	if (!r->saving)
		ended(r);
}

/* --- which one is next: in the pool --- */

static bool is_bad(const struct sek_review_reading *r, const char *id)
{
	for (unsigned i = 0; i < r->n_bad; i++)
		if (strcmp(r->bad[i], id) == 0)
			return true;
	return false;
}

/* Whether this one is to be read: closed, and not read to its end. */
static bool wants(struct sek_review_reading *r, const char *id, struct sek_recording_reader **ret)
{
	char path[SEK_REVIEW_PATH_BYTES], err[SEK_WORK_WHY_BYTES];
	int64_t upto_us;
	bool done;

	if (is_bad(r, id) || !sek_is_ok(sek_words_state(r->store, id, &upto_us, &done)) || done)
		return false;
	snprintf(path, sizeof path, "%s/%s" SEK_RECORDING_SUFFIX, r->review->config.folder, id);
	if (!sek_is_ok(sek_recording_open(path, ret, err, sizeof err)))
		return false;
	if (!sek_recording_head(*ret)->closed) {
		sek_recording_reader_close(*ret);
		*ret = NULL;
		return false;
	}
	memcpy(r->recording, id, sizeof r->recording);
	memcpy(r->path, path, sizeof r->path);
	r->from_us = (uint64_t)upto_us;
	return true;
}

static void look_for_one(struct sek_review_reading *r, DIR *d)
{
	struct sek_recording_reader *reader = NULL;
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	struct dirent *e;

	while (!r->found && (e = readdir(d)) != NULL) {
		char id[SEK_REVIEW_ID_BYTES];
		size_t n = strlen(e->d_name);

		if (n != sizeof id - 1 + strlen(SEK_RECORDING_SUFFIX) || strcmp(e->d_name + sizeof id - 1, SEK_RECORDING_SUFFIX) != 0)
			continue;
		memcpy(id, e->d_name, sizeof id - 1);
		id[sizeof id - 1] = '\0';
		if (!wants(r, id, &reader))
			continue;
		r->found = sek_is_ok(sek_recording_unseal(sek_recording_head(reader), r->key, key));
		r->length_us = sek_recording_head(reader)->length_us;
		if (!r->found)
			mark_bad(r); /* sealed to another key */
		sek_recording_reader_close(reader);
		reader = NULL;
	}
	if (r->found) {
		memcpy(r->key, key, sizeof key);
		sodium_memzero(key, sizeof key);
	}
}

static void on_look(uv_work_t *w)
{
	struct sek_review_reading *r = w->data;
	DIR *d;

	/* the words of a recording go with it, whether anybody has a key or not */
	if (!sek_is_ok(sek_words_forget_gone(r->store, is_there, r)))
		sek_log(SEK_LOG_ERROR, "review.words", "why", "the index of words cannot be written", NULL);
	d = r->has_key ? opendir(r->review->config.folder) : NULL;
	if (!d)
		return;
	look_for_one(r, d);
	closedir(d);
}

static void after_look(uv_work_t *w, int status)
{
	struct sek_review_reading *r = w->data;
	struct sek_review *v = r->review;
	const struct sek_work_ops ops = { on_progress, on_found, on_done, r };
	const struct sek_work_job job = { r->path, r->key, r->from_us, r->length_us + 1 };

	r->looking = false;
	if (status == 0 && r->found && !v->stopping && sek_review_key_of(v, r->login)) {
		r->at_us = r->from_us;
		r->saved_ms = uv_now(v->loop);
		r->end = &r->texts;
		r->complete = r->save_complete = r->broken = false;
		if (!sek_is_ok(sek_work_words(&v->children, v->config.programs, &job, v->config.languages, &ops, &r->work))) {
			sek_log(SEK_LOG_ERROR, "review.words", "recording", r->recording, "why", "its programs cannot be started", NULL);
			mark_bad(r);
		}
	}
	sodium_memzero(r->key, SEK_REVIEW_SECRET_BYTES);
	if (!r->work)
		r->again_ms = uv_now(v->loop) + AGAIN_MS;
	sek_review_settle(v);
}

/* There is a key now. */
void sek_review_reading_key_came(struct sek_review *v)
{
	if (v->reading)
		v->reading->again_ms = 0;
	sek_review_reading_step(v);
}

void sek_review_reading_step(struct sek_review *v)
{
	struct sek_review_reading *r = v->reading;

	if (!r || v->stopping || sek_review_reading_busy(r) || uv_now(v->loop) < r->again_ms)
		return;
	r->has_key = v->keys != NULL;
	if (r->has_key) {
		r->login = v->keys->login;
		memcpy(r->key, v->keys->secret, SEK_REVIEW_SECRET_BYTES);
	}
	r->found = false;
	r->look.data = r;
	if (uv_queue_work(v->loop, &r->look, on_look, after_look) == 0)
		r->looking = true;
}

/* That log-in's key is gone: what was begun with it ends, too. */
void sek_review_reading_key_gone(struct sek_review *v, uint64_t login)
{
	struct sek_review_reading *r = v->reading;

	if (r && (login == 0 || r->login == login))
		sek_work_cancel(r->work);
}

/* --- operations --- */

static bool check_find(struct sek_review_request *q)
{
	const char *phrase = sek_review_text(q, "phrase", 1, PHRASE_BYTES);

	if (!q->review->reading)
		sek_review_fail(q, "unavailable");
	if (phrase && json_object_get(q->in, "recording"))
		(void)sek_review_text(q, "recording", SEK_REVIEW_ID_BYTES - 1, SEK_REVIEW_ID_BYTES - 1);
	return !q->error;
}

struct hits {
	struct sek_review_reading *reading;
	json_t *list;
};

/* What was deleted is not found, whether its words are forgotten already or not. */
static void on_hit(void *ctx, const struct sek_words_hit *h)
{
	struct hits *hits = ctx;

	if (is_there(hits->reading, h->recording))
		json_array_append_new(hits->list, json_pack("{s:s,s:I,s:s}", "recording", h->recording, "at_us", (json_int_t)h->at_us, "text", h->snippet));
}

static void work_find(struct sek_review_request *q)
{
	const char *recording = json_string_value(json_object_get(q->in, "recording"));
	struct hits hits = { q->review->reading, json_array() };
	sek_status s = sek_words_search(hits.reading->store, json_string_value(json_object_get(q->in, "phrase")),
		recording ? recording : "", HITS_MAX, on_hit, &hits);

	if (sek_is_ok(s)) {
		q->out = json_pack("{s:o,s:b}", "hits", hits.list, "more", json_array_size(hits.list) == HITS_MAX);
		return;
	}
	json_decref(hits.list);
	sek_review_fail(q, sek_is(s, SEK_E_LIMIT) ? "bad-request" : "internal");
}

static bool check_words_state(struct sek_review_request *q)
{
	(void)q;
	return true;
}

static void after_words_state(struct sek_review_request *q)
{
	const struct sek_review_reading *r = q->review->reading;

	if (q->error)
		return;
	q->out = r && r->work ? json_pack("{s:b,s:s,s:I,s:I}", "on", true, "recording", r->recording, "at_us", (json_int_t)r->at_us, "length_us",
		(json_int_t)r->length_us) : json_pack("{s:b}", "on", r != NULL);
}

const struct sek_review_op sek_review_word_ops[] = {
	{ .name = "find", .needs_key = true, .counts = true, .record = "recording.searched", .check = check_find, .work = work_find },
	{ .name = "words-state", .check = check_words_state, .after = after_words_state },
	{ .name = NULL },
};
