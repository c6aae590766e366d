/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions about people: first administrator, directory (which is asked before it is believed), recording.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "broker/hub/auth/ldap.h"
#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/setup/words.h"

enum { PASSPHRASE_MIN = 12, LDAP_MS = 5000 };

static bool check_administrator(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char name[SEK_NAME_BYTES];

	if (strcmp(answer, "none") == 0)
		return true;
	if (!sek_is_ok(sek_name_normalize(answer, strlen(answer), name)))
		return WRONG(s, err, err_size, w_bad_user, answer);
	snprintf(answer, SEK_ANSWER_BYTES, "%s", name);
	return true;
}

/* What the broker would refuse, said here. */
static bool password_ok(struct setup *s)
{
	char normal[SEK_PASSWORD_MAX_BYTES];
	size_t n = 0, chars = 0;
	sek_status status = sek_password_normalize(s->password, strlen(s->password), normal, &n, &chars);

	sodium_memzero(normal, sizeof normal);
	if (sek_is_ok(status) && chars >= SEK_PASSWORD_MIN_CHARS)
		return true;
	SAY(s, w_bad_password, SEK_PASSWORD_MIN_CHARS);
	if (s->q.path)
		s->q.wrong++;
	return false;
}

static void ask_password(struct setup *s)
{
	struct sek_answer *a = sek_answers_find(&s->q.file, "administrator_password_file");

	if (s->q.path && !a)
		return; /* made */
	do {
		s->password[0] = '\0';
		if (!setup_secret(s, "administrator_password_file", &w_ask_password, true, s->password) || !s->password[0])
			return;
	} while (!password_ok(s) && !s->q.path);
}

static bool check_url(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	bool ldaps = strncmp(answer, "ldaps://", 8) == 0;
	const char *host = answer + (ldaps ? 8 : 7);

	if (strcmp(answer, "none") == 0)
		return true;
	if ((!ldaps && strncmp(answer, "ldap://", 7) != 0) || !*host || strpbrk(host, "/?#@ ,'\""))
		return WRONG(s, err, err_size, w_bad_url, answer);
	return true;
}

bool setup_check_pem(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char *text = NULL;
	bool ok = answer[0] == '/' && sek_is_ok(sek_file_read(answer, &text, NULL)) && strstr(text, "-----BEGIN CERTIFICATE-----");

	free(text);
	return ok || WRONG(s, err, err_size, w_no_certificate, answer);
}

/* What is written into YAML between single quotes. */
static bool check_text(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	return (answer[0] && !strchr(answer, '\'')) || WRONG(s, err, err_size, w_bad_text, answer);
}

static bool check_filter(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	const char *p = strchr(answer, '%');

	if (!p || p[1] != 's' || strchr(p + 1, '%') || answer[0] != '(')
		return WRONG(s, err, err_size, w_bad_filter, answer);
	return check_text(s, answer, err, err_size);
}

/* Looks the test user up as the broker will. */
static bool try_directory(struct setup *s)
{
	const struct sek_ldap_config c = { .url = s->directory, .ca = s->directory_ca, .bind_dn = s->bind_dn, .bind_password = s->bind_password,
		.base = s->base, .filter = s->filter, .display = "cn", .timeout_ms = LDAP_MS };
	struct sek_ldap_person person;
	char err[600] = "", name[SEK_NAME_BYTES];
	sek_status status;

	if (!sek_is_ok(sek_name_normalize(s->test_user, strlen(s->test_user), name)))
		status = sek_fail(SEK_E_DENIED);
	else
		status = sek_ldap_find(&c, name, &person, err, sizeof err);
	if (sek_is_ok(status)) {
		SAY(s, w_directory_ok, s->test_user, person.display[0] ? person.display : "-");
		sek_ldap_person_finish(&person);
		return true;
	}
	if (sek_is(status, SEK_E_DENIED))
		SAY(s, w_directory_user, s->test_user);
	else
		SAY(s, w_directory_failed, s->directory, err);
	return false;
}

static bool ask_directory_once(struct setup *s)
{
	/* all of them, so that all that is wrong in a file is said */
	bool ok = sek_question(&s->q, &ask_directory_ca, NULL, setup_check_pem, s, s->directory_ca);

	ok = sek_question(&s->q, &ask_bind_dn, NULL, check_text, s, s->bind_dn) && ok;
	ok = setup_secret(s, "directory_password_file", &w_ask_bind_password, false, s->bind_password) && ok;
	ok = sek_question(&s->q, &ask_base, NULL, check_text, s, s->base) && ok;
	ok = sek_question(&s->q, &ask_filter, "(&(objectClass=person)(sAMAccountName=%s))", check_filter, s, s->filter) && ok;
	return sek_question(&s->q, &ask_test_user, NULL, check_text, s, s->test_user) && ok;
}

/* Again from the beginning until it answers, or 'none'. */
static void ask_the_directory(struct setup *s)
{
	for (;;) {
		if (!sek_question(&s->q, &ask_directory, "none", check_url, s, s->directory) || strcmp(s->directory, "none") == 0)
			return;
		if (!ask_directory_once(s) || try_directory(s))
			return;
		if (s->q.path) {
			s->q.wrong++;
			return;
		}
	}
}

void setup_ask_people(struct setup *s)
{
	char store[PATH_MAX];
	bool people;

	snprintf(store, sizeof store, "%.3000s/broker.db", s->state);
	setup_ask_database(s);
	/* where there is a store there are people */
	people = s->database_users > 0 || access(store, F_OK) == 0;
	if (s->database_users == 0 && people)
		SAY(s, w_store_there, store);
	if (sek_question(&s->q, &ask_administrator, people ? "none" : NULL, check_administrator, s, s->administrator) &&
	    strcmp(s->administrator, "none") != 0)
		ask_password(s);
	if (setup_moves(s) && strcmp(s->administrator, "none") != 0 && s->administrator[0]) {
		SAY(s, w_move_is_whole, store);
		s->q.wrong++;
	}
	ask_the_directory(s);
}

bool setup_is_public_key(const char *path)
{
	char *text = NULL;
	size_t n = 0;
	bool ok = path[0] == '/' && sek_is_ok(sek_file_read(path, &text, &n)) && n == 65 && text[64] == '\n' && strspn(text, "0123456789abcdef") == 64;

	free(text);
	return ok;
}

static bool check_recording(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	if (strcmp(answer, "no") == 0 || strcmp(answer, "make") == 0)
		return true;
	return setup_is_public_key(answer) || WRONG(s, err, err_size, w_bad_recording, answer);
}

void setup_ask_recording(struct setup *s)
{
	char path[PATH_MAX];

	setup_path(s, "recording.pub", path);
	if (!sek_question(&s->q, &ask_recording, "no", check_recording, s, s->recording) || strcmp(s->recording, "make") != 0 || access(path, F_OK) == 0)
		return;
	while (setup_secret(s, "recording_passphrase_file", &w_ask_passphrase, true, s->passphrase) && strlen(s->passphrase) < PASSPHRASE_MIN) {
		SAY(s, w_bad_passphrase, PASSPHRASE_MIN);
		if (s->q.path) {
			s->q.wrong++;
			return;
		}
	}
}
