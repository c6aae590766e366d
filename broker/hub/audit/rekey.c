/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changing the log's signing key. Must never leave a log behind that no key continues: whatever step was the last one before a power cut, the
 * next writer finishes the change.
 *
 *   KEY.next and KEY.next.pub are made; the record "audit.key" is written by the old key; KEY.next becomes KEY; a new segment begins, the
 *   head is the new key's; KEY.pub becomes KEY.pub.N, KEY.next.pub becomes KEY.pub.
 */
#include "broker/hub/audit/rekey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/error.h"
#include "broker/hub/audit/files_private.h"
#include "broker/hub/audit/record.h"
#include "broker/hub/audit/scan.h"
#include "broker/hub/keys/replace.h"

enum { LAST_LINE_BYTES = 4096 };

static const char what[] = "audit.key";

static void beside(const struct sek_audit_files *f, const char *end, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%.4000s%s", f->config.key_path, end);
}

/* The key that the last record names, if that is what it speaks of. */
static bool named_last(const struct sek_audit_files *f, uint8_t ret[SEK_AUDIT_KEY_BYTES])
{
	size_t n = f->size < LAST_LINE_BYTES ? (size_t)f->size : LAST_LINE_BYTES, at;
	char *bytes = NULL;
	const char *key;
	json_t *json;
	bool ok;

	if (n < 2 || !sek_is_ok(sek_audit_read_at(f->fd, f->size - n, n, &bytes)))
		return false;
	for (at = n - 1; at > 0 && bytes[at - 1] != '\n'; at--)
		;
	json = json_loadb(bytes + at, n - at, JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	key = json_string_value(json_object_get(json_object_get(json, "details"), "key"));
	ok = key && strcmp(json_string_value(json_object_get(json, "what")) ? json_string_value(json_object_get(json, "what")) : "", what) == 0 &&
		sek_unhex(key, strlen(key), ret, SEK_AUDIT_KEY_BYTES);
	json_decref(json);
	return ok;
}

/* The key's file is the new one already, or becomes it; then the log goes on with it. */
static sek_status switch_over(struct sek_audit_files *f, const uint8_t named[SEK_AUDIT_KEY_BYTES], const char *next)
{
	struct sek_sign_key key;

	if (!sek_is_ok(sek_sign_key_load(f->config.key_path, &key)) || memcmp(key.public_key, named, sizeof key.public_key) != 0) {
		SEK_TRY(sek_sign_key_load(next, &key));
		if (memcmp(key.public_key, named, sizeof key.public_key) != 0)
			return sek_fail(SEK_E_CRYPTO);
		if (rename(next, f->config.key_path) != 0)
			return sek_from_errno();
	}
	f->key = key;
	sodium_memzero(&key, sizeof key);
	SEK_TRY(sek_audit_segment_make(f, f->segment + 1));
	return sek_audit_write(f, NULL, 0, true, NULL, NULL);
}

sek_status sek_audit_rekey_finish(struct sek_audit_files *f)
{
	uint8_t named[SEK_AUDIT_KEY_BYTES];
	char next[PATH_MAX];

	beside(f, ".next", next);
	if (named_last(f, named))
		SEK_TRY(switch_over(f, named, next));
	if (access(next, F_OK) != 0) /* there is none, or it has become the key */
		sek_sign_public_halves_move(f->config.key_path);
	return sek_ok();
}

sek_status sek_audit_take_key(struct sek_audit_files *f)
{
	struct sek_sign_key key;

	SEK_TRY(sek_audit_rekey_finish(f));
	SEK_TRY(sek_sign_key_load(f->config.key_path, &key));
	f->key = key;
	sodium_memzero(&key, sizeof key);
	return sek_ok();
}

static sek_status announce(struct sek_audit_files *f, const char *who, const struct sek_sign_key *next)
{
	char key[SEK_AUDIT_HEX_BYTES], signature[2 * SEK_AUDIT_SIGNATURE_BYTES + 1];
	uint8_t raw[SEK_AUDIT_SIGNATURE_BYTES];
	struct sek_audit_event e = { .who = who, .what = what, .details = (const char *const[]){ "key", key, "signature", signature, NULL } };
	const struct sek_audit_config config = f->config;
	struct sek_audit_body body;
	char *text;
	sek_status status;

	/* the record stands right behind f->point: nothing may come between, no checkpoint either */
	sek_audit_sign_key(&f->key, &f->point, next->public_key, raw);
	sek_hex(next->public_key, sizeof next->public_key, key);
	sek_hex(raw, sizeof raw, signature);
	text = sek_audit_body(&e, f->config.where, &body.n);
	if (!text)
		return sek_fail(SEK_E_NOMEM);
	body.text = text;
	f->config.checkpoint_records = UINT32_MAX; /* so that no checkpoint follows it */
	f->config.segment_bytes = UINT64_MAX;
	status = sek_audit_write(f, &body, 1, false, NULL, NULL);
	f->config.checkpoint_records = config.checkpoint_records;
	f->config.segment_bytes = config.segment_bytes;
	free(text);
	return status;
}

static sek_status change(struct sek_audit_files *f, const char *who, char ret_new[SEK_AUDIT_HEX_BYTES])
{
	char next[PATH_MAX], next_public[PATH_MAX];
	struct sek_sign_key key;
	sek_status status;

	SEK_TRY(sek_audit_catch_up(f));
	SEK_TRY(sek_audit_write(f, NULL, 0, true, NULL, NULL)); /* the old key's last checkpoint */
	beside(f, ".next", next);
	beside(f, ".next.pub", next_public);
	(void)unlink(next);
	(void)unlink(next_public);
	SEK_TRY(sek_sign_key_make(next, &key));
	sek_hex(key.public_key, sizeof key.public_key, ret_new);
	status = announce(f, who, &key);
	sodium_memzero(&key, sizeof key);
	if (sek_is_ok(status))
		return sek_audit_rekey_finish(f);
	(void)unlink(next);
	(void)unlink(next_public);
	return status;
}

sek_status sek_audit_rekey(const struct sek_audit_config *config, const char *who, char ret_old[SEK_AUDIT_HEX_BYTES],
	char ret_new[SEK_AUDIT_HEX_BYTES], char *err, size_t err_size)
{
	struct sek_audit_files *f = NULL;
	char text[120];
	sek_status status = sek_audit_files_open(config, &f, err, err_size);

	if (!sek_is_ok(status))
		return status;
	sek_hex(f->key.public_key, sizeof f->key.public_key, ret_old);
	status = sek_audit_lock(f);
	if (sek_is_ok(status)) {
		status = change(f, who, ret_new);
		sek_audit_unlock(f);
	}
	if (!sek_is_ok(status))
		snprintf(err, err_size, "audit log '%.200s': the key cannot be changed (%s)", config->path, sek_status_text(status, text, sizeof text));
	sek_audit_files_close(f);
	return status;
}
