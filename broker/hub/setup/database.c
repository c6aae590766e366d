/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store in a PostgreSQL: questions, a look at it at once, what the broker needs for it. Must never write into it, nor leave the password anywhere but
 * in the broker's file.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "broker/hub/setup/words.h"
#include "broker/hub/store/store.h"

#define SMALL "abcdefghijklmnopqrstuvwxyz0123456789_"
enum { ADDRESSES_MAX = 4, WORD_MAX = 63 };

bool setup_has_database(const struct setup *s)
{
	return s->database[0] && strcmp(s->database, "none") != 0;
}

static bool on_network(const struct setup *s)
{
	return s->database[0] != '/';
}

/* Numeric addresses with commas between, the folder of a socket, or 'none'. */
static bool check_database(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char copy[SEK_ANSWER_BYTES], one[SEK_ANSWER_BYTES], *at = copy, *word;
	size_t n = 0, count = 0;
	struct stat st;

	if (strcmp(answer, "none") == 0)
		return true;
	if (answer[0] == '/')
		return (setup_path_ok(answer) && !strchr(answer, ',') && stat(answer, &st) == 0 && S_ISDIR(st.st_mode)) ||
			WRONG(s, err, err_size, w_not_folder, answer);
	snprintf(copy, sizeof copy, "%s", answer);
	answer[0] = '\0';
	while ((word = strsep(&at, ", \t"))) {
		if (!*word)
			continue;
		snprintf(one, sizeof one, "%s", word);
		if (++count > ADDRESSES_MAX || !sek_address_normalize(one))
			return WRONG(s, err, err_size, w_bad_database, word);
		n += (size_t)snprintf(answer + n, SEK_ANSWER_BYTES - n, "%s%s", n ? "," : "", one);
	}
	return count > 0 || WRONG(s, err, err_size, w_bad_database, "");
}

static bool check_port(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	unsigned long port = strtoul(answer, NULL, 10);

	return (answer[0] && !answer[strspn(answer, "0123456789")] && port > 0 && port < 65536) || WRONG(s, err, err_size, w_bad_port, answer);
}

/* As certificates have it; or one of the addresses. */
static bool check_server(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	return (answer[0] && !answer[strspn(answer, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:")]) ||
		WRONG(s, err, err_size, w_bad_name, answer);
}

static bool check_word(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	return (answer[0] && strlen(answer) <= WORD_MAX && !answer[strspn(answer, SMALL)]) || WRONG(s, err, err_size, w_bad_word, answer);
}

/* The password of before, where there is one and no other was said. */
static bool ask_password(struct setup *s)
{
	char path[PATH_MAX], *text = NULL;
	bool there;

	setup_path(s, "database.password", path);
	there = sek_is_ok(sek_file_read(path, &text, NULL));
	if (s->q.path ? there && !sek_answers_find(&s->q.file, "database_password_file") :
	    setup_secret(s, "database_password_file", there ? &w_ask_database_kept : &w_ask_database_password, false, s->database_password) && there &&
	    !s->database_password[0])
		snprintf(s->database_password, sizeof s->database_password, "%.*s", (int)strcspn(text, "\r\n"), text);
	else if (s->q.path)
		(void)setup_secret(s, "database_password_file", &w_ask_database_password, false, s->database_password);
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
	return s->database_password[0] != '\0';
}

/* All of them, so that all that is wrong in a file is said. */
static bool ask_rest(struct setup *s)
{
	char first[SEK_ANSWER_BYTES];
	bool ok;

	ok = sek_question(&s->q, &ask_database_port, "5432", check_port, s, s->database_port);
	if (on_network(s)) {
		snprintf(first, sizeof first, "%.*s", (int)strcspn(s->database, ","), s->database);
		ok = sek_question(&s->q, &ask_database_server, first, check_server, s, s->database_server) && ok;
		ok = sek_question(&s->q, &ask_database_ca, NULL, setup_check_pem, s, s->database_ca) && ok;
	}
	ok = sek_question(&s->q, &ask_database_name, "sekisho", check_word, s, s->database_name) && ok;
	ok = sek_question(&s->q, &ask_database_user, "sekisho", check_word, s, s->database_user) && ok;
	return (!on_network(s) || ask_password(s)) && ok;
}

/* Said to the broker only if it is no address: those it knows. */
static bool has_name(const struct setup *s)
{
	char copy[SEK_ANSWER_BYTES], *at = copy, *one;

	snprintf(copy, sizeof copy, "%s", s->database);
	while ((one = strsep(&at, ",")))
		if (strcmp(one, s->database_server) == 0)
			return false;
	return true;
}

static char *where_of(const struct setup *s, const char *password_file)
{
	const struct sek_store_postgresql p = { .address = s->database, .port = (uint16_t)strtoul(s->database_port, NULL, 10),
		.name = on_network(s) && has_name(s) ? s->database_server : NULL, .database = s->database_name,
		.user = s->database_user, .ca = on_network(s) ? s->database_ca : NULL, .password_file = password_file };

	return sek_store_where_postgresql(&p);
}

/* A file of that password that stands in no folder. */
static int password_in_memory(const struct setup *s, char ret_path[64])
{
	int fd = memfd_create("password", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) != 0 || !sek_is_ok(sek_file_put(fd, s->database_password, strlen(s->database_password)))) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

/* As the broker will; through a socket with the broker's own name, by which the server may know it. */
static bool try_it(struct setup *s)
{
	const struct sek_owner *owner = on_network(s) ? NULL : setup_owner(s);
	char path[64] = "", err[1024] = "", *where;
	int fd = on_network(s) ? password_in_memory(s, path) : -1;
	sek_status status = sek_fail(SEK_E_NOMEM);

	where = on_network(s) && fd < 0 ? NULL : where_of(s, path[0] ? path : NULL);
	if (where && (!owner || (setegid(owner->gid) == 0 && seteuid(owner->uid) == 0)))
		status = sek_store_try_postgresql(where, &s->database_users, err, sizeof err);
	if (owner && (seteuid(0) != 0 || setegid(0) != 0))
		abort();
	free(where);
	if (fd >= 0)
		close(fd);
	if (!sek_is_ok(status))
		SAY(s, w_database_failed, err[0] ? err : "-");
	else
		SAY(s, w_database_ok, (unsigned long long)s->database_users);
	return sek_is_ok(status);
}

/* Asked where an answers file is, where it was asked for, or where it was answered before: most sites need none. */
void setup_ask_database(struct setup *s)
{
	const struct sek_answer *before = sek_answers_find(&s->q.remembered, "database");

	snprintf(s->database, sizeof s->database, "none");
	if (!s->q.path && !s->ask_database && (!before || strcmp(before->text, "none") == 0))
		return;
	for (;;) {
		if (!sek_question(&s->q, &ask_database, "none", check_database, s, s->database)) {
			snprintf(s->database, sizeof s->database, "none");
			return;
		}
		if (!setup_has_database(s) || !ask_rest(s) || try_it(s))
			return;
		if (s->q.path) {
			s->q.wrong++;
			return;
		}
	}
}

bool setup_moves(const struct setup *s)
{
	char store[PATH_MAX];

	snprintf(store, sizeof store, "%.3000s/broker.db", s->state);
	return setup_has_database(s) && s->database_users == 0 && access(store, F_OK) == 0;
}

bool setup_database_files(struct setup *s)
{
	char path[PATH_MAX], *text = NULL;
	bool ok;

	if (!setup_has_database(s) || !on_network(s))
		return true;
	if (!sek_is_ok(sek_file_read(s->database_ca, &text, NULL))) {
		SAY(s, w_cannot_read, s->database_ca);
		return false;
	}
	setup_path(s, "database-ca.crt", path);
	ok = sek_setup_write(&s->q, path, text, strlen(text), 0644, setup_owner(s)) != SEK_WROTE_FAILED;
	free(text);
	setup_path(s, "database.password", path);
	return ok && sek_setup_write(&s->q, path, s->database_password, strlen(s->database_password), 0600, setup_owner(s)) != SEK_WROTE_FAILED;
}

void setup_database_yaml(const struct setup *s, FILE *f)
{
	if (!setup_has_database(s))
		return;
	fprintf(f, "  postgresql:\n    address: '%s'\n    port: %s\n    database: %s\n    user: %s\n", s->database, s->database_port, s->database_name,
		s->database_user);
	if (!on_network(s))
		return;
	if (has_name(s))
		fprintf(f, "    name: '%s'\n", s->database_server);
	fputs("    ca: database-ca.crt\n    password_file: database.password\n", f);
}

void setup_database_services(const struct setup *s, bool six, char *list, size_t size)
{
	char copy[SEK_ANSWER_BYTES], suffix[16], *at = copy, *one;

	if (!setup_has_database(s) || !on_network(s))
		return;
	snprintf(copy, sizeof copy, "%s", s->database);
	snprintf(suffix, sizeof suffix, " . %.5s", s->database_port);
	while ((one = strsep(&at, ",")))
		(void)sek_addresses_of(one, six, suffix, list, size);
}
