/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plain list of log-ins. A few thousand comparisons of 32 bytes cost less than one TLS record, and a list without an
 * index has no timing that depends on how much of a guessed cookie is right.
 */
#include "broker/hub/auth/logins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { COOKIE_RANDOM_BYTES = 32 };

_Static_assert(SEK_COOKIE_BYTES == sodium_base64_ENCODED_LEN(COOKIE_RANDOM_BYTES,
	sodium_base64_VARIANT_URLSAFE_NO_PADDING), "the cookie's text");

struct sek_logins {
	struct sek_login *list[SEK_LOGINS_MAX];
	size_t n;
	uint64_t idle_ms, maximum_ms, last_id;
	uint8_t dead[SEK_LOGINS_MAX][SEK_STORE_LOGIN_KEY_BYTES]; /* a ring of the keys of those that have ended */
	size_t n_dead, next_dead;
};

static const char *const end_names[] = { "lives", "idle", "maximum", "logout", "replaced", "revoked", "needs", "directory" };

const char *sek_login_end_name(enum sek_login_end e)
{
	return end_names[e];
}

enum sek_login_end sek_login_end_of(const char *name)
{
	for (size_t i = SEK_LOGIN_IDLE; i < sizeof end_names / sizeof end_names[0]; i++)
		if (strcmp(end_names[i], name) == 0)
			return (enum sek_login_end)i;
	return SEK_LOGIN_REVOKED;
}

sek_status sek_logins_create(uint64_t idle_ms, uint64_t maximum_ms, struct sek_logins **ret)
{
	struct sek_logins *t = calloc(1, sizeof *t);

	if (!t)
		return sek_fail(SEK_E_NOMEM);
	t->idle_ms = idle_ms;
	t->maximum_ms = maximum_ms;
	*ret = t;
	return sek_ok();
}

static void destroy_login(struct sek_login *l)
{
	sodium_memzero(l->key, sizeof l->key);
	free(l);
}

void sek_logins_destroy(struct sek_logins *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->n; i++)
		destroy_login(t->list[i]);
	free(t);
}

void sek_cookie_make(char ret[SEK_COOKIE_BYTES], uint8_t ret_key[SEK_STORE_LOGIN_KEY_BYTES])
{
	uint8_t random[COOKIE_RANDOM_BYTES];

	randombytes_buf(random, sizeof random);
	sodium_bin2base64(ret, SEK_COOKIE_BYTES, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	crypto_generichash(ret_key, SEK_STORE_LOGIN_KEY_BYTES, random, sizeof random, NULL, 0);
	sodium_memzero(random, sizeof random);
}

sek_status sek_cookie_key(const char *cookie, size_t n, uint8_t ret_key[SEK_STORE_LOGIN_KEY_BYTES])
{
	uint8_t random[COOKIE_RANDOM_BYTES];
	size_t len = 0;

	if (n != SEK_COOKIE_BYTES - 1 || sodium_base642bin(random, sizeof random, cookie, n, NULL, &len, NULL,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 || len != sizeof random)
		return sek_fail(SEK_E_MALFORMED);
	crypto_generichash(ret_key, SEK_STORE_LOGIN_KEY_BYTES, random, sizeof random, NULL, 0);
	sodium_memzero(random, sizeof random);
	return sek_ok();
}

sek_status sek_logins_add(struct sek_logins *t, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *user,
	const char *address, uint64_t age_ms, uint64_t idle_ms, uint64_t now_ms, struct sek_login **ret)
{
	struct sek_login *l;

	if (t->n == SEK_LOGINS_MAX)
		return sek_fail(SEK_E_LIMIT);
	l = calloc(1, sizeof *l);
	if (!l)
		return sek_fail(SEK_E_NOMEM);
	l->id = ++t->last_id;
	memcpy(l->key, key, sizeof l->key);
	snprintf(l->user, sizeof l->user, "%s", user);
	snprintf(l->address, sizeof l->address, "%s", address);
	l->age_ms = age_ms;
	l->base_ms = now_ms;
	l->seen_ms = idle_ms < now_ms ? now_ms - idle_ms : 0;
	t->list[t->n++] = l;
	*ret = l;
	return sek_ok();
}

enum sek_login_end sek_logins_check(const struct sek_logins *t, const struct sek_login *l, uint64_t now_ms)
{
	uint64_t idle = now_ms > l->seen_ms ? now_ms - l->seen_ms : 0;

	if (l->age_ms + (now_ms - l->base_ms) >= t->maximum_ms)
		return SEK_LOGIN_MAXIMUM;
	return idle >= t->idle_ms ? SEK_LOGIN_IDLE : SEK_LOGIN_LIVES;
}

struct sek_login *sek_logins_find(struct sek_logins *t, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], uint64_t now_ms)
{
	struct sek_login *found = NULL;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (sodium_memcmp(t->list[i]->key, key, sizeof t->list[i]->key) == 0)
			found = t->list[i];
	return found && sek_logins_check(t, found, now_ms) == SEK_LOGIN_LIVES ? found : NULL;
}

bool sek_logins_has(const struct sek_logins *t, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES])
{
	bool found = false;
	size_t i;

	for (i = 0; i < t->n; i++)
		found |= sodium_memcmp(t->list[i]->key, key, sizeof t->list[i]->key) == 0;
	for (i = 0; i < t->n_dead; i++)
		found |= sodium_memcmp(t->dead[i], key, sizeof t->dead[i]) == 0;
	return found;
}

struct sek_login *sek_logins_find_id(struct sek_logins *t, uint64_t id)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->list[i]->id == id)
			return t->list[i];
	return NULL;
}

struct sek_login *sek_logins_surplus(struct sek_logins *t, const char *user)
{
	struct sek_login *oldest = NULL;
	size_t i, n = 0;

	for (i = 0; i < t->n; i++) {
		if (strcmp(t->list[i]->user, user) != 0)
			continue;
		n++;
		if (!oldest || t->list[i]->seen_ms < oldest->seen_ms)
			oldest = t->list[i];
	}
	return n > SEK_LOGINS_PER_USER ? oldest : NULL;
}

void sek_login_touch(struct sek_login *l, uint64_t seen_ms)
{
	if (seen_ms <= l->seen_ms)
		return;
	l->seen_ms = seen_ms;
	l->unsaved = true;
}

void sek_logins_remove(struct sek_logins *t, struct sek_login *l)
{
	size_t i;

	for (i = 0; i < t->n && t->list[i] != l; i++)
		;
	if (i == t->n)
		return;
	memcpy(t->dead[t->next_dead], l->key, sizeof t->dead[0]);
	t->next_dead = (t->next_dead + 1) % SEK_LOGINS_MAX;
	t->n_dead += t->n_dead < SEK_LOGINS_MAX;
	t->list[i] = t->list[--t->n];
	destroy_login(l);
}

size_t sek_logins_dead(const struct sek_logins *t)
{
	return t->n_dead;
}

const uint8_t *sek_logins_dead_at(const struct sek_logins *t, size_t i)
{
	return t->dead[i];
}

size_t sek_logins_count(const struct sek_logins *t)
{
	return t->n;
}

struct sek_login *sek_logins_at(struct sek_logins *t, size_t i)
{
	return t->list[i];
}
