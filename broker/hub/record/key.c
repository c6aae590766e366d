/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a recording's key needs of the recording key pair (keys/lock.h). Recording needs the public half only.
 */
#include <string.h>

#include <sodium.h>

#include "broker/hub/keys/lock.h"
#include "broker/hub/record/reader.h"

sek_status sek_recording_keygen(const char *public_path, const char *secret_path, const char *passphrase)
{
	return sek_lock_pair_make(SEK_LOCK_RECORDING, public_path, secret_path, passphrase);
}

sek_status sek_recording_unlock(const uint8_t *file, size_t n, const char *passphrase, uint8_t ret_secret[32])
{
	return sek_lock_open(SEK_LOCK_RECORDING, file, n, passphrase, ret_secret);
}

bool sek_recording_is_for_two(const uint8_t *file, size_t n)
{
	return sek_lock_is_for_two(SEK_LOCK_RECORDING, file, n);
}

sek_status sek_recording_unseal(const struct sek_recording_head *head, const uint8_t secret[32],
	uint8_t ret[SEK_RECORDING_KEY_BYTES])
{
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];

	if (crypto_scalarmult_base(public_key, secret) != 0 || memcmp(public_key, head->recipient, sizeof public_key) != 0)
		return sek_fail(SEK_E_DENIED);
	return crypto_box_seal_open(ret, head->sealed, sizeof head->sealed, public_key, secret) == 0 ? sek_ok() : sek_fail(SEK_E_DENIED);
}
