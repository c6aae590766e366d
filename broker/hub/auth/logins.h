/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The log-ins that live now, in memory: found by the hash of a cookie, ended by two limits. Pure: no loop, no store; the
 * caller says what time it is (milliseconds of a clock that only goes forward).
 */
#ifndef SEK_BROKER_HUB_AUTH_LOGINS_H
#define SEK_BROKER_HUB_AUTH_LOGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "broker/hub/store/store.h"

#define SEK_COOKIE_BYTES 44      /* 256 random bits in base64url, with its end */
#define SEK_LOGINS_MAX 4096      /* at a time; more are refused */
#define SEK_LOGINS_PER_USER 8    /* at a time; one more ends the one that was used longest ago */

struct sek_login {
	uint64_t id;                 /* never used twice while the broker runs */
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	char user[SEK_STORE_NAME_BYTES];
	char address[SEK_STORE_ADDRESS_BYTES];
	uint64_t age_ms;             /* at base_ms: survives a restart of the broker */
	uint64_t base_ms, seen_ms;
	bool unsaved;                /* seen_ms is newer than what the store has */
	int64_t stored_s;            /* what this broker knows of that, in whole seconds: what is later there comes from another */
	int64_t user_id;             /* of the store; the caller of sek_logins_add sets it and what follows */
	uint32_t roles;              /* enum sek_role; follows the store within a second */
	uint32_t factors;            /* enum sek_factor: what it has shown */
	bool directory;              /* the user comes from the directory, and is looked up there again: */
	uint64_t reread_ms;          /* when next */
	bool consented;              /* has acknowledged the present notice, or there is none */
};

enum sek_login_end {
	SEK_LOGIN_LIVES, SEK_LOGIN_IDLE, SEK_LOGIN_MAXIMUM,
	SEK_LOGIN_LOGOUT,   /* the user asked */
	SEK_LOGIN_REPLACED, /* the user logged in on more than SEK_LOGINS_PER_USER clients */
	SEK_LOGIN_REVOKED,  /* user disabled or password changed */
	SEK_LOGIN_NEEDS,    /* the user's groups (or the site) need more now than it has shown */
	SEK_LOGIN_DIRECTORY, /* the directory does not know the user any more */
};
const char *sek_login_end_name(enum sek_login_end e);
/* Back from the name; SEK_LOGIN_REVOKED for a word that nobody here knows. */
enum sek_login_end sek_login_end_of(const char *name);

struct sek_logins;
sek_status sek_logins_create(uint64_t idle_ms, uint64_t maximum_ms, struct sek_logins **ret);
void sek_logins_destroy(struct sek_logins *t);

/* A fresh random cookie (text, terminated; the caller wipes it) and its hash. */
void sek_cookie_make(char ret[SEK_COOKIE_BYTES], uint8_t ret_key[SEK_STORE_LOGIN_KEY_BYTES]);
/* The hash of a cookie of n bytes (hostile). SEK_E_MALFORMED if it cannot be one of ours. */
sek_status sek_cookie_key(const char *cookie, size_t n, uint8_t ret_key[SEK_STORE_LOGIN_KEY_BYTES]);

/* Adds a log-in that is age_ms old and was last seen idle_ms ago. *ret is owned by the table. SEK_E_LIMIT. */
sek_status sek_logins_add(struct sek_logins *t, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *user,
	const char *address, uint64_t age_ms, uint64_t idle_ms, uint64_t now_ms, struct sek_login **ret);
/* The log-in of that cookie if it lives, else NULL. Every log-in is compared in constant time. */
struct sek_login *sek_logins_find(struct sek_logins *t, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], uint64_t now_ms);
/* Whether there is one with that key, or was one among the last SEK_LOGINS_MAX that were removed. */
bool sek_logins_has(const struct sek_logins *t, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES]);
struct sek_login *sek_logins_find_id(struct sek_logins *t, uint64_t id);
/* The user's log-in that was used longest ago, if there are more than SEK_LOGINS_PER_USER; else NULL. */
struct sek_login *sek_logins_surplus(struct sek_logins *t, const char *user);
/* Activity at seen_ms. */
void sek_login_touch(struct sek_login *l, uint64_t seen_ms);
/* Whether and why it is over at now_ms. */
enum sek_login_end sek_logins_check(const struct sek_logins *t, const struct sek_login *l, uint64_t now_ms);
void sek_logins_remove(struct sek_logins *t, struct sek_login *l);

/* The keys of those that were removed, by number. */
size_t sek_logins_dead(const struct sek_logins *t);
const uint8_t *sek_logins_dead_at(const struct sek_logins *t, size_t i);

/* The log-ins by number, 0..count-1; removing one puts the last in its place. */
size_t sek_logins_count(const struct sek_logins *t);
struct sek_login *sek_logins_at(struct sek_logins *t, size_t i);

#endif
