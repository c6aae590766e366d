/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The policy's lists of addresses as the proxy can enforce them: the names of sites always, whole addresses where the
 * request is plain. Chromium's own lists come first, know whole addresses and judge what people open; the proxy holds at
 * once, also for what a page loads by itself, and whatever the browser is busy with. No I/O.
 */
#ifndef SEK_RENDER_HOST_EGRESS_URL_RULES_H
#define SEK_RENDER_HOST_EGRESS_URL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/messages.h"

struct sek_url_rules; /* heap; the lists that came and what they mean */

enum sek_url_verdict {
	SEK_URL_OPEN,
	SEK_URL_UNSURE,  /* only the browser can tell: a path inside a tunnel counts, or the site stands in no list and may be
	                    a part of a page that is allowed */
	SEK_URL_BLOCKED,
};

/* NULL without memory. The message has been read by sek_rules_read. */
struct sek_url_rules *sek_url_rules_make(const struct sek_rules *m);
void sek_url_rules_destroy(struct sek_url_rules *r);

/* A plain request. host: lower case, as sek_request_parse gives it; path: with its query, may be empty. NULL rules: open. */
enum sek_url_verdict sek_url_rules_plain(const struct sek_url_rules *r, const char *host, uint16_t port, const char *path,
	size_t path_n);
/* A tunnel: taken for https, on port 80 for http. */
enum sek_url_verdict sek_url_rules_tunnel(const struct sek_url_rules *r, const char *host, uint16_t port);

/* True if something that the old rules (NULL: everything open) allow may be forbidden by the new ones. */
bool sek_url_rules_tighter(const struct sek_url_rules *old, const struct sek_url_rules *now);

#endif
