/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Replacing signing keys. Must never leave a place without a key.
 */
#include "broker/hub/keys/replace.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"

enum { NUMBERS_MAX = 10000 };

void sek_sign_public_halves_move(const char *path)
{
	char now[PATH_MAX], next[PATH_MAX], old[PATH_MAX];

	snprintf(next, sizeof next, "%.4000s.next.pub", path);
	snprintf(now, sizeof now, "%.4000s.pub", path);
	if (access(next, F_OK) != 0)
		return;
	for (unsigned n = 1; n < NUMBERS_MAX; n++) {
		snprintf(old, sizeof old, "%.4000s.pub.%u", path, n);
		if (access(old, F_OK) != 0)
			break;
	}
	if (access(now, F_OK) == 0)
		(void)rename(now, old);
	(void)rename(next, now);
}

sek_status sek_sign_key_replace(const char *path, struct sek_sign_key *ret)
{
	char next[PATH_MAX], next_public[PATH_MAX];
	sek_status status;

	if (access(path, F_OK) != 0)
		return sek_fail(SEK_E_NOT_FOUND);
	snprintf(next, sizeof next, "%.4000s.next", path);
	snprintf(next_public, sizeof next_public, "%.4000s.next.pub", path);
	(void)unlink(next);
	(void)unlink(next_public);
	status = sek_sign_key_make(next, ret);
	if (sek_is_ok(status) && rename(next, path) != 0)
		status = sek_from_errno();
	if (sek_is_ok(status)) {
		sek_sign_public_halves_move(path);
		return status;
	}
	(void)unlink(next);
	(void)unlink(next_public);
	return status;
}

sek_status sek_public_keys_load(const char *path, uint8_t ret[SEK_SIGN_KEYS_MAX][SEK_SIGN_KEY_BYTES], size_t *ret_n)
{
	char name[PATH_MAX];
	size_t n = 1;

	snprintf(name, sizeof name, "%.4000s.pub", path);
	SEK_TRY(sek_public_key_load(name, ret[0]));
	for (; n < SEK_SIGN_KEYS_MAX; n++) {
		snprintf(name, sizeof name, "%.4000s.pub.%zu", path, n);
		if (!sek_is_ok(sek_public_key_load(name, ret[n])))
			break;
	}
	*ret_n = n;
	return sek_ok();
}
