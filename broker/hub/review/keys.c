/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Unlocking the secret half of the recording key, and forgetting it. It lies in memory that is not swapped and not in
 * core files, and never in an answer or a log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/review/internal.h"

struct sek_review_key *sek_review_key_of(struct sek_review *v, uint64_t login)
{
	struct sek_review_key *key;

	for (key = v->keys; key; key = key->next)
		if (key->login == login)
			return key;
	return NULL;
}

void sek_review_key_drop(struct sek_review *v, uint64_t login)
{
	struct sek_review_key **at, *key;

	sek_review_reading_key_gone(v, login);
	for (at = &v->keys; (key = *at) != NULL; at = &key->next) {
		if (key->login != login)
			continue;
		*at = key->next;
		sodium_free(key->secret); /* wipes */
		free(key);
		return;
	}
}

/* --- state --- */

/* The bytes of the locked key: brought by the reviewer (base64), or the site's file. 0: there is none. */
static size_t locked_key(const struct sek_review_request *q, uint8_t ret[SEK_REVIEW_KEY_FILE_MAX])
{
	const json_t *key = json_object_get(q->in, "key");
	size_t n = 0;
	FILE *f;

	if (key)
		return sodium_base642bin(ret, SEK_REVIEW_KEY_FILE_MAX, json_string_value(key), json_string_length(key), NULL, &n, NULL,
			sodium_base64_VARIANT_ORIGINAL) == 0 ? n : 0;
	f = fopen(q->review->config.secret_key_path, "rbe");
	if (!f)
		return 0;
	n = fread(ret, 1, SEK_REVIEW_KEY_FILE_MAX, f);
	fclose(f);
	return n;
}

static bool check_nothing(struct sek_review_request *q)
{
	(void)q;
	return true;
}

static void work_state(struct sek_review_request *q)
{
	uint8_t file[SEK_REVIEW_KEY_FILE_MAX];
	size_t n = q->review->config.secret_key_path ? locked_key(q, file) : 0;

	q->out = json_pack("{s:b}", "two", n > 0 && sek_recording_is_for_two(file, n));
}

static void after_state(struct sek_review_request *q)
{
	struct sek_review *v = q->review;
	json_t *more;

	if (q->error)
		return;
	more = json_pack("{s:b,s:b,s:I,s:b}", "unlocked", sek_review_key_of(v, q->caller.login) != NULL, "key",
		v->config.secret_key_path == NULL, "idle_s", (json_int_t)(SEK_REVIEW_IDLE_MS / 1000), "words", v->reading != NULL);
	json_object_update(q->out, more);
	json_decref(more);
}

/* --- unlock --- */

/* A line: two of them are told apart by the newline between them. */
static bool is_passphrase(const json_t *text)
{
	return json_is_string(text) && json_string_length(text) <= SEK_REVIEW_PASSPHRASE_MAX && !strchr(json_string_value(text), '\n');
}

static bool check_unlock(struct sek_review_request *q)
{
	const json_t *second = json_object_get(q->in, "second"), *key = json_object_get(q->in, "key");

	if (!is_passphrase(json_object_get(q->in, "passphrase")) || (second && !is_passphrase(second)) ||
	    (key && (!json_is_string(key) || json_string_length(key) > SEK_REVIEW_KEY_FILE_MAX * 4 / 3 + 4)) ||
	    (!key && !q->review->config.secret_key_path)) {
		sek_review_fail(q, "bad-request");
		return false;
	}
	return true;
}

static void work_unlock(struct sek_review_request *q)
{
	const char *second = json_string_value(json_object_get(q->in, "second"));
	char passphrase[2 * SEK_REVIEW_PASSPHRASE_MAX + 2];
	uint8_t file[SEK_REVIEW_KEY_FILE_MAX];
	size_t n = locked_key(q, file);
	sek_status s;

	q->secret = sodium_malloc(SEK_REVIEW_SECRET_BYTES);
	if (!q->secret) {
		sek_review_fail(q, "internal");
		return;
	}
	if (n == 0 && !json_object_get(q->in, "key")) {
		sek_review_fail(q, "no-key");
		return;
	}
	if (!second && sek_recording_is_for_two(file, n)) {
		sek_review_fail(q, "second-passphrase");
		return;
	}
	snprintf(passphrase, sizeof passphrase, "%s%s%s", json_string_value(json_object_get(q->in, "passphrase")), second ? "\n" : "",
		second ? second : "");
	s = sek_recording_unlock(file, n, passphrase, q->secret);
	sodium_memzero(passphrase, sizeof passphrase);
	if (sek_is(s, SEK_E_DENIED))
		sek_review_fail(q, "passphrase");
	else if (sek_is(s, SEK_E_MALFORMED) || sek_is(s, SEK_E_VERSION))
		sek_review_fail(q, "key-file");
	else if (!sek_is_ok(s))
		sek_review_fail(q, "internal");
	sodium_memzero(file, sizeof file);
}

void sek_review_wipe(const json_t *in)
{
	static const char *const secrets[] = { "passphrase", "second" };

	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		const json_t *text = json_object_get(in, secrets[i]);

		/* jansson's copy can be wiped in place only by its owner: the request's own object, of which nobody else has a reference */
		if (json_is_string(text))
			sodium_memzero((char *)(uintptr_t)json_string_value(text), json_string_length(text));
	}
}

static void after_unlock(struct sek_review_request *q)
{
	struct sek_review *v = q->review;
	struct sek_review_key *key;

	if (q->error)
		return;
	sek_review_key_drop(v, q->caller.login);
	key = calloc(1, sizeof *key);
	if (!key) {
		sek_review_fail(q, "internal");
		return;
	}
	*key = (struct sek_review_key){ .next = v->keys, .login = q->caller.login, .used_ms = uv_now(v->loop), .secret = q->secret };
	sodium_mprotect_readonly(key->secret);
	q->secret = NULL;
	v->keys = key;
	sek_review_reading_key_came(v);
}

/* --- lock --- */

static void after_lock(struct sek_review_request *q)
{
	if (q->error)
		return;
	sek_review_views_drop(q->review, q->caller.login);
	sek_review_films_drop(q->review, q->caller.login);
	sek_review_key_drop(q->review, q->caller.login);
}

const struct sek_review_op sek_review_key_ops[] = {
	{ .name = "state", .check = check_nothing, .work = work_state, .after = after_state },
	{ .name = "unlock", .record = "review.unlock", .check = check_unlock, .work = work_unlock, .after = after_unlock },
	{ .name = "lock", .check = check_nothing, .after = after_lock },
	{ .name = NULL },
};
