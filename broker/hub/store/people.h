/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Users in the store beyond what a log-in needs (store.h): where they come from, their roles, and pages of them that stay
 * fast at 10,000. Rules of store.h hold: calls block, callbacks are good during the call and must not call the store.
 */
#ifndef SEK_BROKER_HUB_STORE_PEOPLE_H
#define SEK_BROKER_HUB_STORE_PEOPLE_H

#include "broker/hub/store/store.h"

#define SEK_STORE_DISPLAY_BYTES 256 /* a person's name as people write it, with its end */
#define SEK_STORE_PAGE_MAX 500      /* rows of one page */

/* Roles are a set of bits; in the store they are words divided by spaces. */
enum sek_role {
	SEK_ROLE_STAFF = 1,         /* may have sessions */
	SEK_ROLE_ADMINISTRATOR = 2, /* users, groups, policies, sessions */
	SEK_ROLE_REVIEWER = 4,      /* audit log and recordings */
	SEK_ROLE_OPERATOR = 8,      /* state of the system, render hosts */
	SEK_ROLE_APPROVER = 16,     /* approves what others ask for */
};
#define SEK_ROLES_ALL 31u

/* The bits of words divided by spaces; unknown words give false. Empty text gives 0. */
bool sek_roles_parse(const char *text, uint32_t *ret);
void sek_roles_text(uint32_t roles, char ret[SEK_STORE_ROLES_BYTES]);

enum sek_user_source { SEK_USER_LOCAL, SEK_USER_DIRECTORY };

struct sek_store_person {
	int64_t id;
	char name[SEK_STORE_NAME_BYTES];
	char display[SEK_STORE_DISPLAY_BYTES];
	enum sek_user_source source;
	uint32_t roles;              /* enum sek_role; a damaged entry gives none */
	bool disabled, has_totp;     /* has_totp: confirmed */
	unsigned certificates, groups; /* how many */
	int64_t created_s, login_s;  /* login_s: last log-in, 0 = never */
	int64_t version;
};

/* SEK_E_NOT_FOUND. */
sek_status sek_store_person_find(struct sek_store *s, const char *name, struct sek_store_person *ret);

/* What a page of users shows. `search` (may be "") must stand somewhere in name or display. */
struct sek_store_people_query {
	const char *search;
	const char *after;   /* name after which the page begins, "" = the first page */
	int64_t group_id;    /* 0 = everybody */
	uint32_t roles;      /* 0, or: has at least one of these */
	unsigned limit;      /* 1 to SEK_STORE_PAGE_MAX */
};
/* In the order of names. *ret_total (may be NULL): how many there are without `after` and `limit`. */
sek_status sek_store_people_page(struct sek_store *s, const struct sek_store_people_query *q,
	void (*fn)(void *ctx, const struct sek_store_person *p), void *ctx, uint64_t *ret_total);

/* A user that comes from the directory: made with the roles given if unknown, else its display name brought up to date.
 * No password. SEK_E_EXISTS: there is a local user of that name. */
sek_status sek_store_person_from_directory(struct sek_store *s, const char *name, const char *display, uint32_t roles,
	int64_t now_s, int64_t *ret_id);

/* Who did what and why: goes into the history with each change, in the same transaction. */
struct sek_store_actor {
	const char *who;  /* user name, or "@local" for the command line of the broker's machine */
	const char *why;  /* not empty */
	int64_t now_s;
};
/* Each sets one thing if the user still has `version` (0 = whatever it has), writes the history, and ends the user's
 * log-ins where it takes something away. SEK_E_NOT_FOUND, SEK_E_CONFLICT (changed by somebody else since). */
sek_status sek_store_person_set_roles(struct sek_store *s, const char *name, uint32_t roles, int64_t version,
	const struct sek_store_actor *by);
sek_status sek_store_person_set_display(struct sek_store *s, const char *name, const char *display, int64_t version,
	const struct sek_store_actor *by);
sek_status sek_store_person_set_disabled(struct sek_store *s, const char *name, bool disabled, int64_t version,
	const struct sek_store_actor *by);
/* Deletes the user with all that belongs to it, policy too; the history stays. */
sek_status sek_store_person_delete(struct sek_store *s, const char *name, int64_t version, const struct sek_store_actor *by);
/* How many enabled users have this role: nobody takes the last administrator's away by mistake. */
sek_status sek_store_people_with_role(struct sek_store *s, enum sek_role role, uint64_t *ret);

#endif
