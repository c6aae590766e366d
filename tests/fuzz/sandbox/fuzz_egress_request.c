/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A browser's request to the egress proxy: head, what is rebuilt of it, the end of its body. What was rebuilt must be
 * understood again as the same request, or two programs in the chain would disagree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "render-host/egress/address.h"
#include "render-host/egress/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rebuild(const struct sek_request *r, bool absolute, size_t head)
{
	static struct sek_request again;
	size_t room = head + SEK_HEAD_ADDED_MAX_BYTES + 2 * SEK_HEADERS_MAX, n;
	char *out = malloc(room);

	if (!out)
		return;
	SEK_ASSERT(sek_is_ok(sek_request_write(r, absolute, out, room, &n)));
	SEK_ASSERT(sek_head_length(out, n) == n);
	/* a head that was full gets two headers more than may be read again */
	if ((absolute || r->connect) && r->headers.n + 2 <= SEK_HEADERS_MAX) {
		SEK_ASSERT(sek_is_ok(sek_request_parse(out, n, &again)));
		SEK_ASSERT(strcmp(again.host, r->host) == 0 && again.port == r->port && again.connect == r->connect);
		SEK_ASSERT(r->connect || (again.body.state == r->body.state && again.body.left == r->body.left));
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sek_request r;
	static const struct sek_egress_rules none;
	struct sek_egress_rules rules = { .rules = 0 };
	const char *text = (const char *)data;
	size_t head = sek_head_length(text, size), used = 0;
	struct sockaddr_storage a;
	char rule[64];

	memcpy(rule, text, size < sizeof rule ? size : sizeof rule - 1);
	rule[size < sizeof rule ? size : sizeof rule - 1] = 0;
	(void)sek_egress_rule_add(&rules, rule);
	if (!head || head > SEK_REQUEST_HEAD_MAX_BYTES || !sek_is_ok(sek_request_parse(text, head, &r)))
		return 0;
	rebuild(&r, true, head);
	rebuild(&r, false, head);
	if (sek_egress_literal(r.host, &a))
		(void)sek_egress_check(&none, (const struct sockaddr *)&a, r.port);
	if (sek_is_ok(sek_body_feed(&r.body, text + head, size - head, &used)))
		SEK_ASSERT(used <= size - head && (used == size - head || r.body.state == SEK_BODY_DONE));
	return 0;
}
