/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See words.h. FTS5 with trigrams: Japanese has no blanks between words, and a phrase of three letters or more is found by its
 * trigrams wherever it stands. Shorter ones are looked for row by row.
 */
#include "broker/hub/store/words.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/utf8.h"
#include "broker/hub/store/sqlite.h"

enum { AROUND = 40 /* characters of a snippet on each side */ };

struct sek_word_store {
	struct sek_db *db;
	pthread_mutex_t lock;
	bool open; /* a transaction */
};

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, recording UNINDEXED, at_us UNINDEXED, tokenize = 'trigram');"
	"CREATE TABLE IF NOT EXISTS progress (recording TEXT NOT NULL PRIMARY KEY, upto_us INTEGER NOT NULL, done INTEGER NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	/* the rows of one recording, to be forgotten or searched without reading all */
	"CREATE TABLE IF NOT EXISTS places (recording TEXT NOT NULL, at_us INTEGER NOT NULL, row INTEGER NOT NULL, "
	"PRIMARY KEY (recording, at_us, row)) STRICT, WITHOUT ROWID;";

/* --- opening --- */

sek_status sek_word_store_open(const char *path, struct sek_word_store **ret, char *err, size_t err_size)
{
	struct sek_word_store *s = calloc(1, sizeof *s);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	sek_status status = fd < 0 ? sek_from_errno() : sek_ok();

	if (fd >= 0)
		close(fd);
	if (!s)
		return sek_fail(SEK_E_NOMEM);
	SEK_ASSERT(pthread_mutex_init(&s->lock, NULL) == 0);
	if (sek_is_ok(status))
		status = sek_sqlite_connect(path, &s->db);
	if (sek_is_ok(status))
		status = sek_db_exec(s->db, schema);
	if (sek_is_ok(status)) {
		*ret = s;
		return status;
	}
	snprintf(err, err_size, "%s cannot be opened as the index of words: %s. Check its rights, or move it away: it can be made again from the recordings.",
		path, s->db ? sek_db_error(s->db) : "no such file, or no right");
	sek_word_store_close(s);
	return status;
}

void sek_word_store_close(struct sek_word_store *s)
{
	if (!s)
		return;
	if (s->open)
		sek_db_end(s->db, sek_fail(SEK_E_CLOSED));
	sek_db_close(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void lock(struct sek_word_store *s)
{
	SEK_ASSERT(pthread_mutex_lock(&s->lock) == 0);
}

static sek_status unlock(struct sek_word_store *s, sek_status status)
{
	SEK_ASSERT(pthread_mutex_unlock(&s->lock) == 0);
	return status;
}

/* --- writing --- */

/* Letters between which a line may end without a blank. */
static bool is_dense(uint32_t c)
{
	return c >= 0x2e80 && c < 0xfff0;
}

/* A copy of text in one line. NULL when out of memory. */
static char *one_line(const char *text, size_t n)
{
	const uint8_t *p = (const uint8_t *)text;
	char *copy = malloc(n + 1);
	uint32_t before = ' ';
	size_t to = 0;

	for (size_t at = 0, k; copy && at < n; at += k) {
		uint32_t c, next = 0;

		k = sek_utf8_next(p + at, n - at, &c);
		if (k == 0) {
			k = 1;
			continue;
		}
		if (c == '\n' || c == ' ') {
			while (at + k < n && (p[at + k] == '\n' || p[at + k] == ' '))
				k++;
			if (at + k < n)
				sek_utf8_next(p + at + k, n - at - k, &next);
			if (before != ' ' && next && !(memchr(text + at, '\n', k) && is_dense(before) && is_dense(next)))
				copy[to++] = ' ';
			before = copy && to > 0 && copy[to - 1] == ' ' ? ' ' : before;
			continue;
		}
		memcpy(copy + to, text + at, k);
		to += k;
		before = c;
	}
	if (copy)
		copy[to] = '\0';
	return copy;
}

static sek_status begin(struct sek_word_store *s)
{
	if (s->open)
		return sek_ok();
	SEK_TRY(sek_db_begin(s->db));
	s->open = true;
	return sek_ok();
}

static sek_status add(struct sek_word_store *s, const char *recording, int64_t at_us, const char *text)
{
	SEK_TRY(begin(s));
	SEK_TRY(sek_db_run(s->db, "INSERT INTO words (text, recording, at_us) VALUES (?, ?, ?)", "tti", text, recording, at_us));
	return sek_db_run(s->db, "INSERT INTO places VALUES (?, ?, last_insert_rowid())", "ti", recording, at_us);
}

sek_status sek_words_add(struct sek_word_store *s, const char *recording, int64_t at_us, const char *text, size_t n)
{
	char *line = one_line(text, n);
	sek_status status = sek_ok();

	if (!line)
		return sek_fail(SEK_E_NOMEM);
	lock(s);
	if (line[0])
		status = add(s, recording, at_us, line);
	free(line);
	return unlock(s, status);
}

static sek_status commit(struct sek_word_store *s, const char *recording, int64_t upto_us, bool done)
{
	sek_status status;

	SEK_TRY(begin(s));
	status = sek_db_run(s->db, "INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", "tii", recording, upto_us, (int64_t)done);
	s->open = false;
	return sek_db_end(s->db, status);
}

sek_status sek_words_commit(struct sek_word_store *s, const char *recording, int64_t upto_us, bool done)
{
	lock(s);
	return unlock(s, commit(s, recording, upto_us, done));
}

static sek_status forget(struct sek_word_store *s, const char *recording)
{
	SEK_TRY(sek_db_run(s->db, "DELETE FROM words WHERE rowid IN (SELECT row FROM places WHERE recording = ?)", "t", recording));
	SEK_TRY(sek_db_run(s->db, "DELETE FROM places WHERE recording = ?", "t", recording));
	return sek_db_run(s->db, "DELETE FROM progress WHERE recording = ?", "t", recording);
}

sek_status sek_words_forget(struct sek_word_store *s, const char *recording)
{
	sek_status status;

	lock(s);
	status = begin(s);
	if (sek_is_ok(status)) {
		s->open = false;
		status = sek_db_end(s->db, forget(s, recording));
	}
	return unlock(s, status);
}

/* The first one that is gone. SEK_E_NOT_FOUND: none is. */
static sek_status find_gone(struct sek_word_store *s, bool (*there)(void *ctx, const char *recording), void *ctx, char ret[33])
{
	struct sek_db_query *q = NULL;
	bool found = false;
	int rc = SEK_DB_DONE;

	SEK_TRY(sek_db_prepare(s->db, &q, "SELECT recording FROM progress", ""));
	while (!found && (rc = sek_db_step(q)) == SEK_DB_ROW) {
		sek_db_copy(q, 0, ret, 33);
		found = !there(ctx, ret);
	}
	sek_db_finish(q);
	if (found)
		return sek_ok();
	return rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(s->db);
}

sek_status sek_words_forget_gone(struct sek_word_store *s, bool (*there)(void *ctx, const char *recording), void *ctx)
{
	char recording[33];
	sek_status status;

	for (;;) {
		lock(s);
		status = unlock(s, find_gone(s, there, ctx, recording));
		if (!sek_is_ok(status))
			return sek_is(status, SEK_E_NOT_FOUND) ? sek_ok() : status;
		SEK_TRY(sek_words_forget(s, recording));
	}
}

/* --- reading --- */

static sek_status state(struct sek_word_store *s, const char *recording, int64_t *ret_upto_us, bool *ret_done)
{
	struct sek_db_query *q = NULL;
	int rc;

	*ret_upto_us = 0;
	*ret_done = false;
	SEK_TRY(sek_db_prepare(s->db, &q, "SELECT upto_us, done FROM progress WHERE recording = ?", "t", recording));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW) {
		*ret_upto_us = sek_db_int(q, 0);
		*ret_done = sek_db_int(q, 1) != 0;
	}
	sek_db_finish(q);
	return rc == SEK_DB_ROW || rc == SEK_DB_DONE ? sek_ok() : sek_db_status(s->db);
}

sek_status sek_words_state(struct sek_word_store *s, const char *recording, int64_t *ret_upto_us, bool *ret_done)
{
	lock(s);
	return unlock(s, state(s, recording, ret_upto_us, ret_done));
}

static const char *step_back(const char *start, const char *p, unsigned characters)
{
	while (p > start && characters > 0)
		if (((uint8_t)*--p & 0xc0) != 0x80)
			characters--;
	return p;
}

static const char *step_on(const char *p, unsigned characters)
{
	while (*p && characters > 0) {
		p++;
		while (((uint8_t)*p & 0xc0) == 0x80)
			p++;
		characters--;
	}
	return p;
}

/* What stands around the phrase. */
static void cut(const char *text, const char *phrase, char *ret, size_t size)
{
	const char *at = strcasestr(text, phrase), *from, *to;
	size_t n;

	if (!at) /* other letters of another case: the beginning tells something, too */
		at = text;
	from = step_back(text, at, AROUND);
	to = step_on(at, (unsigned)strlen(phrase) + AROUND);
	n = (size_t)(to - from);
	while (n >= size)
		n = (size_t)(step_back(from, from + n, 1) - from);
	memcpy(ret, from, n);
	ret[n] = '\0';
}

/* FTS5: a phrase in quotation marks, those in it doubled. LIKE: wild cards escaped. */
static char *pattern(const char *phrase, bool trigrams)
{
	size_t n = strlen(phrase), to = 0;
	char *p = malloc(2 * n + 3);

	if (!p)
		return NULL;
	p[to++] = trigrams ? '"' : '%';
	for (size_t i = 0; i < n; i++) {
		if (trigrams && phrase[i] == '"')
			p[to++] = '"';
		if (!trigrams && strchr("%_\\", phrase[i]))
			p[to++] = '\\';
		p[to++] = phrase[i];
	}
	p[to++] = trigrams ? '"' : '%';
	p[to] = '\0';
	return p;
}

static sek_status search(struct sek_word_store *s, const char *phrase, const char *like, bool trigrams, const char *recording, unsigned limit,
	void (*fn)(void *ctx, const struct sek_words_hit *h), void *ctx)
{
	static const char *const sql[2][2] = {
		{ "SELECT text, recording, at_us FROM words WHERE text LIKE ?1 ESCAPE '\\' AND ?2 = '' ORDER BY rowid DESC LIMIT ?3",
		  "SELECT w.text, w.recording, w.at_us FROM places p JOIN words w ON w.rowid = p.row WHERE w.text LIKE ?1 ESCAPE '\\' "
		  "AND p.recording = ?2 ORDER BY p.at_us LIMIT ?3" },
		{ "SELECT text, recording, at_us FROM words WHERE words MATCH ?1 AND ?2 = '' ORDER BY rowid DESC LIMIT ?3",
		  "SELECT text, recording, at_us FROM words WHERE words MATCH ?1 AND recording = ?2 ORDER BY at_us LIMIT ?3" },
	};
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(s->db, &q, sql[trigrams][recording[0] != '\0'], "tti", like, recording, (int64_t)limit));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		const char *text = sek_db_text(q, 0);
		struct sek_words_hit h = { .at_us = sek_db_int(q, 2) };

		sek_db_copy(q, 1, h.recording, sizeof h.recording);
		cut(text ? text : "", phrase, h.snippet, sizeof h.snippet);
		fn(ctx, &h);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(s->db);
}

sek_status sek_words_search(struct sek_word_store *s, const char *phrase, const char *recording, unsigned limit,
	void (*fn)(void *ctx, const struct sek_words_hit *h), void *ctx)
{
	size_t chars;
	sek_status status;
	char *like;

	if (!sek_utf8_valid((const uint8_t *)phrase, strlen(phrase), &chars) || chars == 0 || chars > SEK_WORDS_QUERY_CHARS)
		return sek_fail(SEK_E_LIMIT);
	like = pattern(phrase, chars >= 3);
	if (!like)
		return sek_fail(SEK_E_NOMEM);
	lock(s);
	status = search(s, phrase, like, chars >= 3, recording, limit, fn, ctx);
	free(like);
	return unlock(s, status);
}
