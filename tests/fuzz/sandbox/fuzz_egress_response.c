/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A server's answer to the egress proxy: whatever it says, what goes on to the browser is a well-formed head.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "render-host/egress/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sek_response r, again;
	const char *text = (const char *)data;
	size_t head = sek_head_length(text, size), room, n;
	char *out;

	if (!head || head > SEK_RESPONSE_HEAD_MAX_BYTES || !sek_is_ok(sek_response_parse(text, head, &r)))
		return 0;
	room = head + SEK_HEAD_ADDED_MAX_BYTES + 2 * SEK_HEADERS_MAX;
	out = malloc(room);
	if (!out)
		return 0;
	SEK_ASSERT(sek_is_ok(sek_response_write(&r, r.status >= 200, out, room, &n)));
	SEK_ASSERT(sek_head_length(out, n) == n);
	/* a head that was full gets one header more than may be read again */
	if (r.headers.n < SEK_HEADERS_MAX)
		SEK_ASSERT(sek_is_ok(sek_response_parse(out, n, &again)) && again.status == r.status);
	free(out);
	return 0;
}
