/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for a passphrase and opening the recording key's secret half.
 */
#include "broker/hub/record/secret.h"

#include "broker/hub/keys/lock.h"

const char *sek_recording_secret(const char *path, const char *passphrase_file, uint8_t ret[32])
{
	return sek_lock_ask(SEK_LOCK_RECORDING, path, passphrase_file, "passphrase of the recording key: ", ret);
}
