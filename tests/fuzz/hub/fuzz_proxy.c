/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PROXY header of a load balancer. What is taken has a client's address of a form that can be written, or is the balancer's own.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "broker/hub/door/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sek_proxy p = { .local = false };
	unsigned char any[16];
	uint8_t *rest;

	if (size < SEK_PROXY_FIXED_BYTES)
		return size == 0 || sek_proxy_may_begin(data, size) ? 0 : -1;
	if (!sek_is_ok(sek_proxy_read_fixed(data, &p)))
		return 0;
	for (size_t n = 1; n <= SEK_PROXY_FIXED_BYTES; n++)
		SEK_ASSERT(sek_proxy_may_begin(data, n));
	SEK_ASSERT(p.rest <= SEK_PROXY_REST_MAX);
	if (size - SEK_PROXY_FIXED_BYTES < p.rest)
		return 0;
	rest = malloc(p.rest); /* of its own, so that a byte too many is seen */
	SEK_ASSERT(rest);
	memcpy(rest, data + SEK_PROXY_FIXED_BYTES, p.rest);
	if (sek_is_ok(sek_proxy_read_rest(rest, &p)) && !p.local)
		SEK_ASSERT(inet_pton(strchr(p.address, ':') ? AF_INET6 : AF_INET, p.address, any) == 1);
	else
		SEK_ASSERT(!p.address[0]);
	free(rest);
	return 0;
}
