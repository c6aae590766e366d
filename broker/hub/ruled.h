/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting policies and sessions together, which do not know each other.
 */
#ifndef SEK_BROKER_HUB_RULED_H
#define SEK_BROKER_HUB_RULED_H

#include "broker/hub/policy/book.h"
#include "broker/hub/session/session.h"

/* Sessions ask the book, which is the caller's, and are told when it has changed. Blocking. */
sek_status sek_ruled_start(uv_loop_t *loop, const char *store_path, struct sek_sessions *sessions, struct sek_policy_book **ret, char *err,
	size_t err_size);

#endif
