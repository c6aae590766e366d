/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The wires between book and sessions.
 */
#include "broker/hub/ruled.h"

static sek_status policy_of(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	return sek_policy_book_resolve(user, name, rows, n, ret);
}

static void changed(void *user)
{
	sek_sessions_refresh_policy(user);
}

sek_status sek_ruled_start(uv_loop_t *loop, const char *store_path, struct sek_sessions *sessions, struct sek_policy_book **ret, char *err,
	size_t err_size)
{
	SEK_TRY(sek_policy_book_create(loop, store_path, changed, sessions, ret, err, err_size));
	sek_sessions_policy_from(sessions, policy_of, *ret);
	return sek_ok();
}
