/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the file of users. Must never print a password, not even a wrong one.
 */
#include "client/load/users.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/config.h"

#define LINE_FORM "a line is: NAME PASSWORD SECRET-OR-DASH"

enum { SECRET_MIN_CHARS = 16 };

static bool fail(char *err, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool fail(char *err, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, size, format, args);
	va_end(args);
	return false;
}

static bool is_secret(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567");

	return n >= SECRET_MIN_CHARS && strspn(s + n, "=") == strlen(s + n);
}

/* The next word of the line, ended; NULL if there is none. */
static char *word(char **at)
{
	char *w;

	*at += strspn(*at, " \t\r");
	if (!**at)
		return NULL;
	w = *at;
	*at += strcspn(*at, " \t\r");
	if (**at)
		*(*at)++ = 0;
	return w;
}

static bool read_line(char *line, struct load_user *ret, const char *path, unsigned number, char *err, size_t size)
{
	char *at = line;
	const char *secret;

	ret->name = word(&at);
	ret->password = word(&at);
	secret = word(&at);
	if (!ret->password)
		return fail(err, size, "%s:%u: user '%s' has no password; " LINE_FORM, path, number, ret->name);
	if (!secret)
		return fail(err, size, "%s:%u: user '%s' has no third word (- if there is no secret of one-time codes); " LINE_FORM, path,
			number, ret->name);
	if (word(&at))
		return fail(err, size, "%s:%u: more than three words; " LINE_FORM ", and passwords cannot hold spaces here", path, number);
	if (strcmp(secret, "-") != 0 && !is_secret(secret))
		return fail(err, size, "%s:%u: the secret of user '%s' is not base32 (letters and 2 to 7, at least %d)", path, number,
			ret->name, SECRET_MIN_CHARS);
	ret->secret = strcmp(secret, "-") == 0 ? NULL : secret;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct load_user *)a)->name, ((const struct load_user *)b)->name);
}

/* A user twice would take the session over from itself. */
static bool are_different(const struct load_users *u, const char *path, char *err, size_t size)
{
	struct load_user *sorted = malloc(u->n * sizeof *sorted);
	bool ok = true;

	if (!sorted)
		return fail(err, size, "no memory");
	memcpy(sorted, u->each, u->n * sizeof *sorted);
	qsort(sorted, u->n, sizeof *sorted, by_name);
	for (size_t i = 1; i < u->n && ok; i++)
		if (strcmp(sorted[i - 1].name, sorted[i].name) == 0)
			ok = fail(err, size, "%s: user '%s' stands there twice: a user has one session", path, sorted[i].name);
	free(sorted);
	return ok;
}

static bool read_lines(const char *path, struct load_users *u, char *err, size_t size)
{
	unsigned number = 0;
	char *next = u->text;

	while (next && *next) {
		char *line = next, *end = strchr(line, '\n');
		struct load_user *more;

		number++;
		next = end ? end + 1 : NULL;
		if (end)
			*end = 0;
		line += strspn(line, " \t\r");
		if (!*line || *line == '#')
			continue;
		if (u->n == LOAD_USERS_MAX)
			return fail(err, size, "%s: more than %d users", path, LOAD_USERS_MAX);
		more = realloc(u->each, (u->n + 1) * sizeof *u->each);
		if (!more)
			return fail(err, size, "no memory");
		u->each = more;
		if (!read_line(line, &u->each[u->n], path, number, err, size))
			return false;
		u->n++;
	}
	if (u->n == 0)
		return fail(err, size, "%s: no users; " LINE_FORM " (`sekisho-load users` makes such a file)", path);
	return are_different(u, path, err, size);
}

bool load_users_read(const char *path, struct load_users *ret, char *err, size_t err_size)
{
	struct load_users u = { 0 };

	if (!sek_is_ok(sek_file_read(path, &u.text, NULL)))
		return fail(err, err_size, "%s cannot be read", path);
	if (!read_lines(path, &u, err, err_size)) {
		load_users_free(&u);
		return false;
	}
	*ret = u;
	return true;
}

void load_users_free(struct load_users *u)
{
	/* ended by zero bytes in many places: each of its words is wiped */
	for (size_t i = 0; i < u->n; i++) {
		explicit_bzero((char *)(uintptr_t)u->each[i].password, strlen(u->each[i].password));
		if (u->each[i].secret)
			explicit_bzero((char *)(uintptr_t)u->each[i].secret, strlen(u->each[i].secret));
	}
	free(u->each);
	free(u->text);
	*u = (struct load_users){ 0 };
}
