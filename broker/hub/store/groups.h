/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Groups in the store and who is in them. A membership is local (an administrator made it) or from the directory (each
 * log-in of a directory user brings it up to date, and nobody else touches it). Rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_GROUPS_H
#define SEK_BROKER_HUB_STORE_GROUPS_H

#include "broker/hub/store/people.h"

#define SEK_STORE_TEXT_BYTES 512  /* a group's description, with its end */
#define SEK_STORE_DN_BYTES 512    /* the directory's name for a group, with its end */
#define SEK_STORE_NEEDS_BYTES 128 /* which factors a log-in needs, words of auth/, with its end; "" = the site's */

struct sek_store_group {
	int64_t id;
	char name[SEK_STORE_NAME_BYTES]; /* in the one form of auth/name.h */
	char text[SEK_STORE_TEXT_BYTES];
	char directory[SEK_STORE_DN_BYTES]; /* "" = not mapped */
	char needs[SEK_STORE_NEEDS_BYTES];
	unsigned members;
	int64_t created_s, version;
};

/* SEK_E_EXISTS. id, members, created_s and version of `g` are not looked at. */
sek_status sek_store_group_add(struct sek_store *s, const struct sek_store_group *g, const struct sek_store_actor *by);
/* SEK_E_NOT_FOUND. */
sek_status sek_store_group_find(struct sek_store *s, const char *name, struct sek_store_group *ret);
/* Sets text, directory and needs of the group of that name if it still has g->version. SEK_E_NOT_FOUND, SEK_E_CONFLICT. */
sek_status sek_store_group_edit(struct sek_store *s, const struct sek_store_group *g, const struct sek_store_actor *by);
/* With its memberships and policy. SEK_E_NOT_FOUND, SEK_E_CONFLICT. */
sek_status sek_store_group_delete(struct sek_store *s, const char *name, int64_t version, const struct sek_store_actor *by);
/* In the order of names; search as in sek_store_people_query. */
sek_status sek_store_groups_page(struct sek_store *s, const char *search, const char *after, unsigned limit,
	void (*fn)(void *ctx, const struct sek_store_group *g), void *ctx, uint64_t *ret_total);
/* The groups of one user, in the order of names. */
sek_status sek_store_groups_of(struct sek_store *s, const char *user,
	void (*fn)(void *ctx, const struct sek_store_group *g, enum sek_user_source source), void *ctx);

/* Local memberships. add: SEK_E_NOT_FOUND (user or group), SEK_E_EXISTS. remove: SEK_E_NOT_FOUND, SEK_E_DENIED (it comes
 * from the directory). */
sek_status sek_store_member_add(struct sek_store *s, const char *group, const char *user, const struct sek_store_actor *by);
sek_status sek_store_member_remove(struct sek_store *s, const char *group, const char *user,
	const struct sek_store_actor *by);
/* Makes the directory memberships of a user exactly those groups whose `directory` is one of the n names (compared without
 * case). Writes nothing if nothing has changed. SEK_E_NOT_FOUND. */
sek_status sek_store_members_from_directory(struct sek_store *s, const char *user, const char *const *names, size_t n,
	const struct sek_store_actor *by);

#endif
