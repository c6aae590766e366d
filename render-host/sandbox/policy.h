/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The managed policies of one session's browser: a file of the site, and on top what no file may change.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_POLICY_H
#define SEK_RENDER_HOST_SANDBOX_POLICY_H

#include <stddef.h>

#include "base/status.h"
#include "protocol/wire/messages.h"
#include "render-host/sandbox/options.h"

enum { SEK_POLICY_MAX_BYTES = 1048576 };

/* Reads base (n bytes of JSON, one object: SEK_E_CONFIG if it is not) and returns the session's policies as a
 * terminated JSON text on the heap. Overwritten whatever the file says: the proxy (this session's own, for every
 * address), the addresses and downloads of the broker's rules (NULL: none came), the developer tools (off, unless options ask for the tests' socket), the languages and the start page. */
sek_status sek_policy_make(const char *base, size_t n, const struct sek_sandbox_options *o, const struct sek_rules *rules,
	char **ret);

#endif
