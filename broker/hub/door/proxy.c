/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The header in two parts: sixteen bytes that say how long the rest is, and the rest.
 */
#include "broker/hub/door/proxy.h"

#include <arpa/inet.h>
#include <string.h>

#include "protocol/wire/wire.h"

enum { VERSION = 2, LOCAL = 0, PROXY = 1, TCP4 = 0x11, TCP6 = 0x21, TCP4_BYTES = 12, TCP6_BYTES = 36 };

/* Section 2.2: a sequence that no other protocol begins with. */
static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

bool sek_proxy_may_begin(const uint8_t *bytes, size_t n)
{
	if (n > sizeof signature && bytes[sizeof signature] >> 4 != VERSION)
		return false;
	return memcmp(bytes, signature, n < sizeof signature ? n : sizeof signature) == 0;
}

sek_status sek_proxy_read_fixed(const uint8_t *bytes, struct sek_proxy *ret)
{
	struct sek_proxy p = { .local = false };
	uint8_t command = 0, family = 0;
	const uint8_t *begin = NULL;
	struct sek_reader r;

	sek_reader_init(&r, bytes, SEK_PROXY_FIXED_BYTES);
	SEK_TRY(sek_read_bytes(&r, sizeof signature, &begin));
	SEK_TRY(sek_read_u8(&r, &command));
	SEK_TRY(sek_read_u8(&r, &family));
	SEK_TRY(sek_read_u16(&r, &p.rest));
	if (memcmp(begin, signature, sizeof signature) != 0 || command >> 4 != VERSION)
		return sek_fail(SEK_E_MALFORMED);
	/* "Receivers must drop connections presenting unexpected values here." */
	if ((command & 0x0f) != LOCAL && (command & 0x0f) != PROXY)
		return sek_fail(SEK_E_MALFORMED);
	if (p.rest > SEK_PROXY_REST_MAX)
		return sek_fail(SEK_E_LIMIT);
	p.local = (command & 0x0f) == LOCAL;
	/* "must discard the protocol block including the family": of LOCAL any family is good */
	if (!p.local && !(family == TCP4 && p.rest >= TCP4_BYTES) && !(family == TCP6 && p.rest >= TCP6_BYTES))
		return sek_fail(SEK_E_MALFORMED);
	p.v6 = !p.local && family == TCP6;
	*ret = p;
	return sek_ok();
}

static bool read_v4(const uint8_t *four, char *ret)
{
	/* 0.0.0.0/8 and 224.0.0.0/3 are nobody's */
	return four[0] != 0 && four[0] < 224 && inet_ntop(AF_INET, four, ret, SEK_PROXY_ADDRESS_BYTES);
}

static bool read_v6(const uint8_t *sixteen, char *ret)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	static const uint8_t nobody[16] = { 0 };

	if (memcmp(sixteen, mapped, sizeof mapped) == 0)
		return read_v4(sixteen + sizeof mapped, ret);
	return sixteen[0] != 0xff && memcmp(sixteen, nobody, sizeof nobody) != 0 && inet_ntop(AF_INET6, sixteen, ret, SEK_PROXY_ADDRESS_BYTES);
}

/* Section 2.2.7: type, length, value, one behind the other up to the end of the header. What they say is nothing to us. */
static sek_status step_over_tlvs(struct sek_reader *r)
{
	const uint8_t *value = NULL;
	uint16_t length = 0;
	uint8_t type = 0;

	while (r->left > 0) {
		SEK_TRY(sek_read_u8(r, &type));
		SEK_TRY(sek_read_u16(r, &length));
		SEK_TRY(sek_read_bytes(r, length, &value));
	}
	return sek_read_done(r);
}

sek_status sek_proxy_read_rest(const uint8_t *bytes, struct sek_proxy *p)
{
	const uint8_t *client = NULL, *server = NULL;
	size_t n = p->v6 ? 16 : 4;
	char address[SEK_PROXY_ADDRESS_BYTES] = "";
	uint16_t from = 0, to = 0;
	struct sek_reader r;

	if (p->local)
		return sek_ok();
	sek_reader_init(&r, bytes, p->rest);
	SEK_TRY(sek_read_bytes(&r, n, &client));
	SEK_TRY(sek_read_bytes(&r, n, &server));
	SEK_TRY(sek_read_u16(&r, &from));
	SEK_TRY(sek_read_u16(&r, &to));
	SEK_TRY(step_over_tlvs(&r));
	if (!(p->v6 ? read_v6(client, address) : read_v4(client, address)))
		return sek_fail(SEK_E_MALFORMED);
	memcpy(p->address, address, sizeof address);
	p->port = from;
	return sek_ok();
}
