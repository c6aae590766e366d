/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between the two halves of the rig.
 */
#ifndef SEK_TESTS_SANDBOX_SESSION_RIG_INTERNAL_H
#define SEK_TESTS_SANDBOX_SESSION_RIG_INTERNAL_H

#include "tests/unit/sandbox/session_rig.h"

/* Connects to a unix socket; reading gives up after 10 s. */
int rig_connect(const char *path);

#endif
