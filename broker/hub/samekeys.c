/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparing keys by fingerprint. Must never write a key, or enough of one to know it, anywhere.
 */
#include "broker/hub/samekeys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/audited.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/auth/totp.h"
#include "broker/hub/keys/sign.h"
#include "broker/hub/newlogin.h"
#include "broker/hub/store/keys.h"
#include "broker/hub/users.h"

#define LOGIN_KEY "login.key"
#define RECORDING_KEY "recording.public_key"

/* 256 bits of a random key, hashed: nothing can be found from it. The name keeps fingerprints of different uses apart. */
static void fingerprint(const char *name, const uint8_t key[32], char ret[SEK_STORE_FINGERPRINT_BYTES])
{
	uint8_t hash[32];

	(void)crypto_generichash(hash, sizeof hash, (const uint8_t *)name, strlen(name), key, 32);
	sodium_bin2hex(ret, SEK_STORE_FINGERPRINT_BYTES, hash, sizeof hash);
}

static sek_status not_ours(const struct sek_broker_config *c, const char *there, const char *here, char *err, size_t err_size)
{
	snprintf(err, err_size, "login.key: '%s' is not the key that this store's brokers use (fingerprint %.16s, theirs %.16s): copy the file from "
		"a broker that runs, for the broker's user only (mode 0600). If the key was replaced on purpose, at every broker: "
		"sekisho-broker --config FILE keys accept", c->login_key_path, here, there);
	return sek_fail(SEK_E_CONFIG);
}

static void compare_recording(struct sek_store *store, const struct sek_broker_config *c)
{
	char print[SEK_STORE_FINGERPRINT_BYTES];
	uint8_t key[SEK_SIGN_KEY_BYTES];

	if (!c->has_recording || !sek_is_ok(sek_public_key_load(c->recording.public_key_path, key)))
		return;
	fingerprint(RECORDING_KEY, key, print);
	if (sek_is(sek_store_key_agree(store, RECORDING_KEY, print), SEK_E_CONFLICT))
		sek_log(SEK_LOG_WARN, "recording.other-key", "why", "recordings made here are sealed to another key than those of the store's other "
			"brokers", "do", "use one recording.public_key at all brokers; after a change on purpose: sekisho-broker --config FILE keys accept",
			NULL);
}

sek_status sek_samekeys_load(struct sek_store *store, const struct sek_broker_config *c, uint8_t ret_login_key[32], char *err, size_t err_size)
{
	char there[SEK_STORE_FINGERPRINT_BYTES], here[SEK_STORE_FINGERPRINT_BYTES];
	sek_status status;

	SEK_TRY(sek_newlogin_take(store, c, LOGIN_KEY, fingerprint, err, err_size));
	status = sek_store_key_get(store, LOGIN_KEY, there);
	if (sek_is_ok(status) && there[0] && access(c->login_key_path, F_OK) != 0) {
		snprintf(err, err_size, "login.key: '%s' is not there, and this store's brokers use one (fingerprint %.16s): copy the file from a "
			"broker that runs, or from its backup, for the broker's user only (mode 0600)", c->login_key_path, there);
		return sek_fail(SEK_E_CONFIG);
	}
	if (sek_is_ok(status)) {
		SEK_TRY(sek_totp_key_load(c->login_key_path, ret_login_key, err, err_size));
		fingerprint(LOGIN_KEY, ret_login_key, here);
		status = sek_store_key_agree(store, LOGIN_KEY, here);
	}
	if (sek_is(status, SEK_E_CONFLICT)) {
		(void)sek_store_key_get(store, LOGIN_KEY, there);
		return not_ours(c, there, here, err, err_size);
	}
	if (!sek_is_ok(status)) {
		snprintf(err, err_size, "keys cannot be compared with those in the store");
		return status;
	}
	compare_recording(store, c);
	return sek_ok();
}

static sek_status accept_all(struct sek_store *store, const struct sek_broker_config *c, char *err, size_t err_size)
{
	char print[SEK_STORE_FINGERPRINT_BYTES];
	uint8_t key[32];

	SEK_TRY(sek_totp_key_load(c->login_key_path, key, err, err_size));
	fingerprint(LOGIN_KEY, key, print);
	explicit_bzero(key, sizeof key);
	printf("login.key: %.16s\n", print);
	SEK_TRY(sek_store_key_replace(store, LOGIN_KEY, print));
	if (!c->has_recording || !sek_is_ok(sek_public_key_load(c->recording.public_key_path, key)))
		return sek_ok();
	fingerprint(RECORDING_KEY, key, print);
	printf("recording.public_key: %.16s\n", print);
	return sek_store_key_replace(store, RECORDING_KEY, print);
}

int sek_samekeys_accept(const struct sek_broker_config *c)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "the store failed";
	struct sek_store *store = NULL;
	sek_status status;

	if (!sek_is_ok(sek_auth_init()) || sek_users_check_owner(c->store_path) != 0)
		return 1;
	status = sek_store_open(c->store_where, &store, err, sizeof err);

	if (sek_is_ok(status))
		status = sek_audited_command(&c->audit, "keys.accepted", LOGIN_KEY, SEK_AUDIT_DONE, err, sizeof err);
	if (sek_is_ok(status))
		status = accept_all(store, c, err, sizeof err);
	sek_store_close(store);
	if (!sek_is_ok(status))
		fprintf(stderr, "sekisho-broker: %s\n", err);
	return sek_is_ok(status) ? 0 : 1;
}
