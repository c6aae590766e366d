/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tickets in the store. Must never find one for another address, after its time or after its tries.
 */
#include "broker/hub/auth/tickets.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/keys/seal.h"
#include "broker/hub/store/once.h"

enum { RANDOM_BYTES = 32, PLAIN_BYTES = 4 + 1 + SEK_TOTP_SECRET_BYTES };
_Static_assert(PLAIN_BYTES + SEK_SEAL_MORE_BYTES <= SEK_STORE_ONCE_WHAT_BYTES, "room for what a ticket stands for");
_Static_assert(SEK_SEAL_KEY_BYTES == SEK_TOTP_KEY_BYTES, "one key");

/* What is sealed for one user does not open as another's. */
static void purpose(const char *user, char ret[SEK_STORE_NAME_BYTES + 8])
{
	snprintf(ret, SEK_STORE_NAME_BYTES + 8, "ticket:%s", user);
}

static bool hash(const char *ticket, size_t n, uint8_t ret[SEK_STORE_ONCE_KEY_BYTES])
{
	uint8_t random[RANDOM_BYTES];
	size_t len = 0;

	if (sodium_base642bin(random, sizeof random, ticket, n, NULL, &len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
			len != sizeof random)
		return false;
	(void)crypto_generichash(ret, SEK_STORE_ONCE_KEY_BYTES, random, sizeof random, NULL, 0);
	sodium_memzero(random, sizeof random);
	return true;
}

sek_status sek_tickets_issue(struct sek_store *s, const uint8_t key[SEK_TOTP_KEY_BYTES], const struct sek_ticket *what, const char *address,
	int64_t now_ms, char ret[SEK_TOKEN_BYTES])
{
	struct sek_store_once o = { .kind = SEK_ONCE_TICKET, .tries = SEK_TICKET_TRIES, .made_ms = now_ms, .until_ms = now_ms + SEK_TICKET_LIFE_MS };
	uint8_t random[RANDOM_BYTES], plain[PLAIN_BYTES];
	char use[SEK_STORE_NAME_BYTES + 8];
	sek_status status;

	randombytes_buf(random, sizeof random);
	(void)crypto_generichash(o.key, sizeof o.key, random, sizeof random, NULL, 0);
	sodium_bin2base64(ret, SEK_TOKEN_BYTES, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(random, sizeof random);
	snprintf(o.owner, sizeof o.owner, "%s", what->user);
	snprintf(o.address, sizeof o.address, "%s", address);
	for (size_t i = 0; i < 4; i++)
		plain[i] = (uint8_t)(what->have >> (8 * i));
	plain[4] = what->enrolling;
	memcpy(plain + 5, what->secret, sizeof what->secret);
	purpose(what->user, use);
	sek_seal(key, use, plain, sizeof plain, o.what);
	o.what_n = sizeof plain + SEK_SEAL_MORE_BYTES;
	sodium_memzero(plain, sizeof plain);
	status = sek_store_once_put(s, &o, SEK_TICKETS_PER_USER);
	if (!sek_is_ok(status))
		sodium_memzero(ret, SEK_TOKEN_BYTES);
	return status;
}

sek_status sek_tickets_try(struct sek_store *s, const uint8_t key[SEK_TOTP_KEY_BYTES], const char *ticket, size_t n, const char *address,
	int64_t now_ms, struct sek_ticket *ret)
{
	uint8_t id[SEK_STORE_ONCE_KEY_BYTES], plain[PLAIN_BYTES];
	char use[SEK_STORE_NAME_BYTES + 8];
	struct sek_store_once o;

	if (!hash(ticket, n, id))
		return sek_fail(SEK_E_NOT_FOUND);
	SEK_TRY(sek_store_once_try(s, SEK_ONCE_TICKET, id, address, now_ms, &o));
	purpose(o.owner, use);
	if (o.what_n != sizeof plain + SEK_SEAL_MORE_BYTES)
		return sek_fail(SEK_E_NOT_FOUND);
	SEK_TRY(sek_seal_open(key, use, o.what, o.what_n, plain));
	memset(ret, 0, sizeof *ret);
	snprintf(ret->user, sizeof ret->user, "%s", o.owner);
	for (size_t i = 0; i < 4; i++)
		ret->have |= (uint32_t)plain[i] << (8 * i);
	ret->enrolling = plain[4] != 0;
	memcpy(ret->secret, plain + 5, sizeof ret->secret);
	sodium_memzero(plain, sizeof plain);
	return sek_ok();
}

sek_status sek_tickets_untry(struct sek_store *s, const char *ticket, size_t n)
{
	uint8_t id[SEK_STORE_ONCE_KEY_BYTES];

	return hash(ticket, n, id) ? sek_store_once_untry(s, SEK_ONCE_TICKET, id) : sek_ok();
}

sek_status sek_tickets_drop(struct sek_store *s, const char *ticket, size_t n)
{
	uint8_t id[SEK_STORE_ONCE_KEY_BYTES];

	return hash(ticket, n, id) ? sek_store_once_drop(s, SEK_ONCE_TICKET, id) : sek_ok();
}
