/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The proxy's judgement by any lists that RULES can carry: it always comes, and fits together.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "render-host/egress/url_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First a host's length, host, then a RULES payload. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sek_url_verdict plain, tunnel;
	struct sek_url_rules *r;
	struct sek_rules m;
	char host[64];
	size_t n;

	if (size < 1)
		return 0;
	n = data[0] % sizeof host;
	if (size < 1 + n)
		return 0;
	memcpy(host, data + 1, n);
	host[n] = '\0';
	if (!sek_is_ok(sek_rules_read(data + 1 + n, size - 1 - n, &m)))
		return 0;
	r = sek_url_rules_make(&m);
	SEK_ASSERT(r && !sek_url_rules_tighter(r, r));
	plain = sek_url_rules_plain(r, host, 80, "/", 1);
	tunnel = sek_url_rules_tunnel(r, host, 80);
	/* a tunnel on port 80 is judged as plain http, but for its path, which nobody sees */
	SEK_ASSERT(tunnel == SEK_URL_UNSURE || plain == tunnel || plain == SEK_URL_UNSURE);
	sek_url_rules_destroy(r);
	return 0;
}
