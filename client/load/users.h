/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The users of a load test: a file with one on each line, `NAME PASSWORD SECRET`, separated by white space; SECRET, base32, of the
 * generator of one-time codes, `-` if there is none. Empty lines and lines that begin with # do not count.
 */
#ifndef SEK_CLIENT_LOAD_USERS_H
#define SEK_CLIENT_LOAD_USERS_H

#include <stdbool.h>
#include <stddef.h>

enum { LOAD_USERS_MAX = 100000 };

struct load_user {
	const char *name, *password, *secret; /* secret: NULL = none */
};

struct load_users {
	struct load_user *each;
	size_t n;
	char *text; /* what the entries point into */
};

/* False: err says file, line and what to change. */
bool load_users_read(const char *path, struct load_users *ret, char *err, size_t err_size);
/* Wipes the passwords. */
void load_users_free(struct load_users *u);

#endif
