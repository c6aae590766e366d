/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of auth/ share. Everything but the store is touched on the loop's thread only.
 */
#ifndef SEK_BROKER_HUB_AUTH_AUTH_PRIVATE_H
#define SEK_BROKER_HUB_AUTH_AUTH_PRIVATE_H

#include <stdatomic.h>

#include "broker/hub/auth/auth.h"
#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/auth/ration.h"
#include "broker/hub/auth/throttle.h"
#include "broker/hub/auth/tickets.h"
#include "broker/hub/store/people.h"

/* A try's way: new -> (delayed) -> waiting -> hashing -> told. */
struct sek_auth_try {
	struct sek_auth *auth;
	struct sek_auth_try *next;      /* in the queue */
	uv_timer_t delay;               /* in use if throttle.delayed, or to answer later */
	uv_work_t work;
	void (*fn)(void *user, const struct sek_auth_result *r); /* NULL: forgotten */
	void *user;
	struct sek_throttle_try throttle;
	bool sound;                     /* name and password could be right: both have their one form */
	char name[SEK_NAME_BYTES], address[SEK_STORE_ADDRESS_BYTES];
	char password[SEK_PASSWORD_MAX_BYTES];
	size_t password_n;
	int kind;                       /* of the proof */
	bool throttled;                 /* the throttle was asked, and is told how it ended */
	struct sek_ration ration;       /* the same across brokers; touched in the pool */
	bool admitted, held;            /* it was asked; it wants the try to wait */
	char ticket[SEK_TOKEN_BYTES], code[32];
	struct sek_ticket half;         /* what the ticket stands for, or what the next one will */
	uint8_t *certificate;           /* heap */
	size_t certificate_n;
	char why[160];                  /* for the log: what was wrong with certificate or directory */
	int64_t user_id;
	bool directory;                 /* the user comes from there */
	bool enrolled, recovered;       /* a generator was confirmed; a recovery code was used up */
	sek_status status;              /* of the store, set in the pool */
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	struct sek_auth_result result;
	struct sek_audit_ticket *record; /* waits for this log-in's record */
};

/* Put before a user's name for the throttle of codes; no name begins so. */
#define SEK_AUTH_CODE_ACCOUNT "code:"

/* A row as the store had it at a sync. */
struct sek_auth_row {
	struct sek_store_login login;
	uint32_t needs; /* of the user's groups together; 0 = they say nothing */
	bool known;     /* here, living or dead */
};

/* What is needed by somebody whose groups' needs cannot be read: more than anybody can show. */
#define SEK_AUTH_NEEDS_ALL UINT32_MAX

struct sek_auth {
	uv_loop_t *loop;
	struct sek_store *store;
	struct sek_auth_config config;
	struct sek_logins *logins;
	struct sek_tokens *tokens;
	struct sek_throttle *throttle;
	_Atomic uint64_t directory_ms;       /* until then the directory is taken for down; touched in the pool */
	char dummy[SEK_PASSWORD_HASH_BYTES]; /* hash of a random password: looked at when there is no such user */

	struct sek_auth_try *first, *last;   /* waiting for a place in the pool */
	struct sek_auth_try *delayed[SEK_AUTH_QUEUE]; /* waiting for their delay to pass; NULL = free */
	unsigned waiting;                    /* in the queue or delayed */
	unsigned hashing;
	uint64_t answers[SEK_AUTH_ANSWERS];  /* given, by kind */
	unsigned most_waiting;               /* ever */
	unsigned jobs;                       /* store jobs in the pool */
	unsigned handles;                    /* timers not closed yet */
	bool complained;                     /* that the store cannot be read was said */
	struct sek_auth_job *undone;         /* ends of log-ins that the store has not taken yet */
	bool polling;
	bool look;                           /* the next poll looks even if nobody else has written */
	bool rereading;                      /* a user is being looked up in the directory */
	unsigned fetching;                   /* cookies that are looked for in the store */

	uv_timer_t tick;                     /* each second while there are log-ins */
	uint64_t sweep_ms, save_ms;          /* when next */
	struct {
		sek_auth_end_fn *fn;
		void *user;
	} ends[SEK_AUTH_LISTENERS];
	struct {
		void (*fn)(void *user);
		void *user;
	} sweeps[SEK_AUTH_LISTENERS];

	bool stopping;
	void (*done)(void *user);
	void *done_user;
};

/* auth.c */
void sek_auth_end_login(struct sek_auth *a, struct sek_login *l, enum sek_login_end why);
/* The same for one that ended elsewhere: nothing is written, there or on the record. */
void sek_auth_end_follows(struct sek_auth *a, struct sek_login *l, enum sek_login_end why);
/* A living log-in as the store has it, made at another broker or before the start: known from now on. */
void sek_auth_admit(struct sek_auth *a, const struct sek_store_login *row, uint64_t now_ms, int64_t now_s);
void sek_auth_start_tick(struct sek_auth *a);
/* Calls done once nothing is left to wait for. */
void sek_auth_maybe_done(struct sek_auth *a);

int64_t sek_auth_wall_ms(void);

/* look.c, in the pool: looks at a try's proof; sets answer, status and what goes with them; or `held`: it is to come again after a delay. */
void sek_auth_look(uv_work_t *work);

/* directory.c */
/* Pool: a user of the directory becomes one of ours, with the groups that the site has mapped. SEK_E_EXISTS: a local user has that name. */
sek_status sek_auth_take_over(struct sek_auth *a, const char *name, const struct sek_ldap_person *p, const char *why);
/* Pool: the directory could not be asked; it is left alone for a while. */
void sek_auth_directory_failed(struct sek_auth *a);
/* Looks the users of the directory who are logged in up again, each when it is due, one at a time. */
void sek_auth_reread(struct sek_auth *a);

/* login.c */
void sek_auth_drop_queue(struct sek_auth *a);

/* sync.c: each starts a job in the pool. */
void sek_auth_delete_row(struct sek_auth *a, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], enum sek_login_end why);
void sek_auth_save_seen(struct sek_auth *a);
void sek_auth_poll_store(struct sek_auth *a);
/* What the store did not take when it was away. */
void sek_auth_do_again(struct sek_auth *a);

#endif
