/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's lasting data behind one narrow interface: who may log in, which log-ins live, from where each user has
 * logged in before. Nothing above this folder knows which database keeps it.
 *
 * Every call may block on the disk, so the event loop makes none after start: they run in libuv's pool. A handle may be
 * used by several threads at once (the calls take turns). Times are seconds since 1970, UTC. Strings given to callbacks
 * are good during the call. Text is passed to the database only as bound values.
 *
 * Errors of every call: SEK_E_STORE (detail: the database's number), SEK_E_NOMEM.
 */
#ifndef SEK_BROKER_HUB_STORE_STORE_H
#define SEK_BROKER_HUB_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_STORE_NAME_BYTES 256      /* of a user's name with its end */
#define SEK_STORE_HASH_BYTES 160      /* of a password's hash text with its end */
#define SEK_STORE_ROLES_BYTES 256     /* words divided by spaces, with its end */
#define SEK_STORE_ADDRESS_BYTES 64    /* of a client's numeric address with its end */
#define SEK_STORE_LOGIN_KEY_BYTES 32  /* hash of a log-in's cookie */
#define SEK_STORE_KNOWN_PER_USER 16   /* addresses remembered for each user */
#define SEK_STORE_LOGIN_ENDED_BYTES 16      /* word for why a log-in has ended, with its end */
#define SEK_STORE_LOGIN_ENDED_S 60          /* for so long the row of a log-in that has ended stays, for other brokers to see why */

struct sek_store;

/* Opens the database at `where`, a path (SQLite; made with mode 0600 if it is not there) or a text of
 * sek_store_where_postgresql, and brings its schema up to this program's. On failure writes what is wrong and what to do
 * into err. SEK_E_VERSION: made by a newer program; nothing was touched. */
sek_status sek_store_open(const char *where, struct sek_store **ret, char *err, size_t err_size);
void sek_store_close(struct sek_store *s);
/* Connects to the PostgreSQL of `where` and looks whether sek_store_open would do, writing nothing. *ret_users: how many users are in the store
 * that stands there, 0 if there is none yet. On failure err says what is wrong. SEK_E_VERSION as above; SEK_E_CONFIG: not UTF8 in the
 * locale C. */
sek_status sek_store_try_postgresql(const char *where, uint64_t *ret_users, char *err, size_t err_size);
/* A PostgreSQL of the inner zone. NULL: nothing is said of it. No text holds a newline. */
struct sek_store_postgresql {
	const char *address;             /* numeric, several with commas between; or the folder of a socket, from "/" on */
	uint16_t port;                   /* 0: 5432 */
	const char *name;                /* in the server's certificate; NULL: its address */
	const char *database, *user, *schema; /* NULL: sekisho; schema: small letters, digits and _ */
	const char *ca;                  /* PEM: what the server's certificate must come from; needed with an address */
	const char *password_file, *certificate, *key; /* how the broker shows who it is */
};
/* To be freed; NULL when out of memory. */
char *sek_store_where_postgresql(const struct sek_store_postgresql *p);
bool sek_store_where_is_postgresql(const char *where);

/* Number of the schema that this program writes. */
int sek_store_schema(void);

struct sek_store_user {
	int64_t id;
	char name[SEK_STORE_NAME_BYTES];  /* in the one form that auth/name.h makes */
	char hash[SEK_STORE_HASH_BYTES];  /* argon2id, in the textual form of libsodium */
	char roles[SEK_STORE_ROLES_BYTES];
	bool disabled;
	int64_t created_s, password_s;    /* when the user was made; when the password was set */
	int64_t enrol_s;                  /* until then an administrator lets the user set a code generator up; 0 = not */
};

/* SEK_E_EXISTS: there is a user of that name. */
sek_status sek_store_user_add(struct sek_store *s, const char *name, const char *hash, int64_t now_s);
/* SEK_E_NOT_FOUND */
sek_status sek_store_user_find(struct sek_store *s, const char *name, struct sek_store_user *ret);
/* In the order of names. */
sek_status sek_store_users_each(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_user *u), void *ctx);
sek_status sek_store_users_count(struct sek_store *s, uint64_t *ret);
/* Both void the user's log-ins in the same transaction, so a live broker ends them. SEK_E_NOT_FOUND. */
sek_status sek_store_user_set_disabled(struct sek_store *s, const char *name, bool disabled);
sek_status sek_store_user_set_hash(struct sek_store *s, const char *name, const char *hash, int64_t now_s);

struct sek_store_login {
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES]; /* hash of the cookie; the cookie itself is kept nowhere */
	int64_t user_id;
	char user[SEK_STORE_NAME_BYTES];        /* filled in by sek_store_logins_each */
	char address[SEK_STORE_ADDRESS_BYTES];  /* of the client that logged in */
	int64_t created_s, seen_s;
	uint32_t factors;                       /* what it has shown: enum sek_factor of auth/needs.h */
	uint32_t roles;                         /* enum sek_role (people.h); filled in by sek_store_logins_each */
	bool directory;                         /* the user comes from the directory; likewise */
	bool consented;                         /* has acknowledged the notice that was asked for, or none was; likewise */
	char ended[SEK_STORE_LOGIN_ENDED_BYTES];      /* why it is over, "" = it lives; likewise */
};

/* SEK_E_DENIED: the user is gone or disabled (asked in the same transaction). Also remembers the address. */
sek_status sek_store_login_add(struct sek_store *s, const struct sek_store_login *login);
/* SEK_OK also if it was gone already. */
sek_status sek_store_login_delete(struct sek_store *s, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES]);
/* It is over, and why (a word): nobody finds it any more, the row stays SEK_STORE_LOGIN_ENDED_S for other brokers to learn it from. SEK_OK also if
 * it was gone already. SEK_E_LIMIT: a word too long, or none. */
sek_status sek_store_login_end(struct sek_store *s, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *why, int64_t now_s);
/* The living log-in with that key; notice as in sek_store_logins_each. SEK_E_NOT_FOUND. */
sek_status sek_store_login_find(struct sek_store *s, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *notice,
	struct sek_store_login *ret);
/* Sets seen_s of each of n log-ins, in one transaction; never back. */
sek_status sek_store_logins_seen(struct sek_store *s, const struct sek_store_login *logins, size_t n);
/* Deletes log-ins made before created_s or last seen before seen_s. */
sek_status sek_store_logins_purge(struct sek_store *s, int64_t created_s, int64_t seen_s);
/* Those too that have just ended. notice: hash of the one that users must have acknowledged, NULL = none. */
sek_status sek_store_logins_each(struct sek_store *s, const char *notice, void (*fn)(void *ctx, const struct sek_store_login *l), void *ctx);

/* For each log-in, each need (words of auth/needs.h) of a group that its user is in; log-ins without any are left out. */
sek_status sek_store_logins_needs(struct sek_store *s,
	void (*fn)(void *ctx, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *needs), void *ctx);
/* Voids every log-in of a user. SEK_OK also if there was none. */
sek_status sek_store_logins_void(struct sek_store *s, const char *user);

/* The (user, address) pairs of successful log-ins since since_s. */
sek_status sek_store_known_each(struct sek_store *s, int64_t since_s,
	void (*fn)(void *ctx, const char *user, const char *address, int64_t seen_s), void *ctx);

/* *ret: whether anybody else (another program or handle) has written since the last call on this handle. */
sek_status sek_store_changed(struct sek_store *s, bool *ret);

#endif
