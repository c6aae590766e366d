/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The operations of the administration, once for the web page (front/admin.c) and the control socket (control/): users,
 * groups, policies, sessions, render hosts, audit search. An operation takes a JSON object and gives one; its name, its
 * members and its answer stand in docs/api.md. Must never do anything for a caller whose right to it was not looked up
 * in the store for this very request.
 *
 * Called on the loop's thread only. What touches the store runs in libuv's pool, at most SEK_ADMIN_RUNNING at once, with
 * a handle of the store of its own, so that a slow search keeps no log-in waiting.
 */
#ifndef SEK_BROKER_HUB_ADMIN_ADMIN_H
#define SEK_BROKER_HUB_ADMIN_ADMIN_H

#include <jansson.h>
#include <uv.h>

#include "base/status.h"
#include "broker/hub/auth/auth.h"
#include "broker/hub/session/session.h"

#define SEK_ADMIN_RUNNING 2       /* operations in the pool at the same time */
#define SEK_ADMIN_WAITING 64      /* that wait for that; more are answered "busy" */
#define SEK_ADMIN_PAGE_MAX 200    /* rows of one answer */
#define SEK_ADMIN_REASON_CHARS 500
#define SEK_ADMIN_MESSAGE_CHARS 500
#define SEK_ADMIN_MESSAGE_BYTES (SEK_ADMIN_MESSAGE_CHARS * 4 + 1)

struct sek_admin;
struct sek_admin_request;
struct sek_audit;
struct sek_policy_book;
struct sek_archive;
struct sek_broker_config;

/* All pointers must outlive the administration. */
struct sek_admin_config {
	const char *store_where;
	struct sek_audit *audit;   /* what changes something happens only once it is on this record; NULL: no record */
	const char *audit_path;    /* folder of the same, to look through; NULL: none */
	struct sek_policy_book *book; /* explains live sessions, and is told of changes; NULL: none */
	bool second_administrator; /* what loosens the policy of the site or a group waits for another administrator */
	bool combine_roles;        /* one person may be administrator and reviewer */
	const uint8_t *login_key;  /* SEK_SEAL_KEY_BYTES, seals what foreign hosts are logged in to with; NULL: nothing can be kept for them */
	struct sek_sessions *sessions;
	const char *broker;        /* this broker's name among those on the store; NULL: it is the only one */
	struct sek_archive *archive;     /* NULL: this site records nothing, likewise the next two */
	const char *recordings_path;     /* folder */
	const char *signing_key_path;    /* of the broker, for recordings */
	const char *documents_path;      /* folder; NULL: this site has none */
	const struct sek_broker_config *site; /* whose certificates are looked at; NULL: nobody's */
};

/* Opens the store. On failure writes what is wrong and what to do into err. */
sek_status sek_admin_create(uv_loop_t *loop, const struct sek_admin_config *config, struct sek_admin **ret, char *err,
	size_t err_size);
/* Whom to ask for the list of brokers: an array of objects (docs/api.md), the caller's. Without a call: none are known. */
void sek_admin_brokers_from(struct sek_admin *a, json_t *(*fn)(void *user), void *user);
/* Keeps a text for that user, whose client asks for it. */
void sek_admin_say(struct sek_admin *a, const char *user, const char *text);

/* What another broker asks for, the text of SEK_ASK_OVERRIDE: {"attribute","value","before"} as sessions/override takes them, checked like those. Nothing happens to a
 * session whose value is another than before. */
void sek_admin_override_asked(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], const char *text);
/* Takes nothing new, waits for what runs, then calls done on the loop. */
void sek_admin_stop(struct sek_admin *a, void (*done)(void *user), void *user);
void sek_admin_destroy(struct sek_admin *a); /* after done; NULL is fine */

enum sek_admin_way {
	SEK_ADMIN_WEB,   /* a log-in: needs the operation's role ("administrator" as a rule), asked of the store each time */
	SEK_ADMIN_LOCAL, /* the control socket, whose peer the kernel named: whoever calls this has checked that */
};

/* On whose behalf. For the record, too: who and from where. */
struct sek_admin_caller {
	enum sek_admin_way way;
	char user[SEK_STORE_NAME_BYTES];       /* name in its one form; LOCAL: the local account's */
	char address[SEK_STORE_ADDRESS_BYTES]; /* numeric; LOCAL: "local" */
};

/* error: NULL if it was done, else a word of docs/api.md (good for ever). answer: an object, the callee's to give back
 * with json_decref; with an error it holds {"error": word} and perhaps "field" and "why". */
typedef void sek_admin_answer_fn(void *user, const char *error, json_t *answer);

/* True if there is an operation of that name, such as "users/list". */
bool sek_admin_knows(const char *op);
/* Runs one. in: hostile, stolen. fn is called exactly once, later, never from inside this call (unless it was forgotten
 * before). Operations that only end or list sessions need no store when LOCAL asks: they work while it is locked. NULL:
 * out of memory. */
struct sek_admin_request *sek_admin_run(struct sek_admin *a, const struct sek_admin_caller *who, const char *op,
	json_t *in, sek_admin_answer_fn *fn, void *user);
/* The asker is gone: fn will not be called; the operation goes on. NULL is fine. */
void sek_admin_forget(struct sek_admin_request *r);

/* Room, growth and state of recordings, from memory; null without an archive. A new reference. */
json_t *sek_admin_recording_state(const struct sek_archive *a);
/* What an administrator last said to this user, if it is not older than an hour: {"text", "at_s"}; else null. A new
 * reference. */
json_t *sek_admin_message(const struct sek_admin *a, const char *user);

#endif
