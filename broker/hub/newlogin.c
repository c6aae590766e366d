/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sealing with another login.key. Must never put a key into its place with which the store does not open.
 */
#include "broker/hub/newlogin.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/hub/auth/totp.h"
#include "broker/hub/keys/seal.h"
#include "broker/hub/store/brokers.h"
#include "broker/hub/store/reseal.h"

struct keys {
	uint8_t old[SEK_SEAL_KEY_BYTES], new[SEK_SEAL_KEY_BYTES];
};

static sek_status one_totp(const struct keys *k, const struct sek_store_sealed *w, uint8_t *ret)
{
	uint8_t secret[SEK_TOTP_SECRET_BYTES];

	if (w->n != SEK_TOTP_SEALED_BYTES || !sek_is_ok(sek_totp_open(k->old, w->user_id, w->sealed, w->n, secret)))
		return sek_fail(SEK_E_CRYPTO);
	sek_totp_seal(k->new, w->user_id, secret, ret);
	explicit_bzero(secret, sizeof secret);
	return sek_ok();
}

static sek_status one(void *ctx, const struct sek_store_sealed *w, uint8_t *ret)
{
	const struct keys *k = ctx;
	char purpose[SEK_STORE_NAME_BYTES + 128];
	uint8_t *plain;
	sek_status s;

	if (w->kind == SEK_SEALED_TOTP)
		return one_totp(k, w, ret);
	if (w->kind == SEK_SEALED_HOST)
		sek_seal_for_host(w->id, w->user, purpose, sizeof purpose);
	else if (w->kind == SEK_SEALED_DOCUMENT)
		sek_seal_for_document(w->id, purpose, sizeof purpose);
	else
		sek_seal_for_approval(w->id, purpose, sizeof purpose);
	if (w->n <= SEK_SEAL_MORE_BYTES)
		return sek_fail(SEK_E_CRYPTO);
	plain = malloc(w->n);
	if (!plain)
		return sek_fail(SEK_E_NOMEM);
	s = sek_seal_open(k->old, purpose, w->sealed, w->n, plain);
	if (sek_is_ok(s))
		sek_seal(k->new, purpose, plain, w->n - SEK_SEAL_MORE_BYTES, ret);
	explicit_bzero(plain, w->n);
	free(plain);
	return s;
}

static sek_status reseal(struct sek_store *store, const struct sek_broker_config *c, struct keys *k, const char *name, const char *print,
	char *err, size_t err_size)
{
	uint64_t n = 0;

	SEK_TRY(sek_totp_key_load(c->login_key_path, k->old, err, err_size));
	if (!sek_is_ok(sek_store_reseal(store, one, k, name, print, &n))) {
		snprintf(err, err_size, "login.key.next: the store could not be sealed with it, and was left as it was: start again, or remove that file");
		return sek_fail(SEK_E_STORE);
	}
	sek_log(SEK_LOG_INFO, "login.key-taken", "sealed", sek_logf("%" PRIu64, n), NULL);
	return sek_ok();
}

sek_status sek_newlogin_take(struct sek_store *store, const struct sek_broker_config *c, const char *name,
	void (*print)(const char *name, const uint8_t key[32], char *ret), char *err, size_t err_size)
{
	char next[PATH_MAX], there[SEK_STORE_FINGERPRINT_BYTES], fresh[SEK_STORE_FINGERPRINT_BYTES];
	struct keys k;
	sek_status s = sek_ok();

	snprintf(next, sizeof next, "%.4000s.next", c->login_key_path);
	if (access(next, F_OK) != 0)
		return sek_ok();
	SEK_TRY(sek_totp_key_load(next, k.new, err, err_size));
	print(name, k.new, fresh);
	if (!sek_is_ok(sek_store_key_get(store, name, there)) || strcmp(there, fresh) != 0) /* else it was interrupted behind that */
		s = reseal(store, c, &k, name, fresh, err, err_size);
	explicit_bzero(&k, sizeof k);
	if (sek_is_ok(s) && rename(next, c->login_key_path) != 0) {
		snprintf(err, err_size, "login.key: cannot be replaced by login.key.next: make its folder writable for the broker's user");
		s = sek_fail(SEK_E_IO);
	}
	return s;
}
