/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user commands. Must never take a password from the command line, where every process can read it, nor show one
 * that it has not made itself.
 */
#include "broker/hub/users.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/ask.h"
#include "base/error.h"
#include "broker/hub/audited.h"
#include "base/file.h"
#include "broker/hub/auth/certificate.h"
#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/store/factors.h"
#include "broker/hub/store/people.h"
#include "broker/hub/store/store.h"

const char sek_users_usage[] =
	"  user add NAME [--password-stdin | --generate]\n"
	"  user password NAME [--password-stdin | --generate]\n"
	"  user disable NAME\n"
	"  user enable NAME\n"
	"  user list\n"
	"  user first-admin NAME [--password-stdin | --generate]   once: only while nobody is administrator\n"
	"  user bind-certificate NAME FILE.pem [--subject]         log-in by this certificate, or by any with its subject\n";

enum source { FROM_TERMINAL, FROM_STDIN, GENERATED };

struct command {
	struct sek_store *store;
	const struct sek_audit_config *audit;
	const char *what;        /* for the record */
	char name[SEK_NAME_BYTES];
	enum source source;
};

static int fail(const char *what)
{
	fprintf(stderr, "sekisho-broker: %s\n", what);
	return 1;
}

static int fail_status(const struct command *c, sek_status status)
{
	char text[120];

	if (sek_is(status, SEK_E_NOT_FOUND))
		fprintf(stderr, "sekisho-broker: there is no user '%s'\n", c->name);
	else if (sek_is(status, SEK_E_EXISTS))
		fprintf(stderr, "sekisho-broker: there is a user '%s' already\n", c->name);
	else
		fprintf(stderr, "sekisho-broker: the store failed: %s\n", sek_status_text(status, text, sizeof text));
	return 1;
}

/* On the record before it is done: nothing is changed that could not be recorded. 0, or an exit code after a message. */
static int record(const struct command *c)
{
	char err[512] = "";

	return sek_is_ok(sek_audited_command(c->audit, c->what, c->name, SEK_AUDIT_DONE, err, sizeof err)) ? 0 : fail(err);
}

/* And once more if it then did not work. */
static int record_failure(const struct command *c, sek_status status)
{
	char err[512] = "";

	if (!sek_is_ok(sek_audited_command(c->audit, c->what, c->name, SEK_AUDIT_FAILED, err, sizeof err)))
		(void)fail(err);
	return fail_status(c, status);
}

/* The password as typed, into `typed`. 0, or an exit code after a message. */
static int get_password(enum source source, char *typed, size_t size)
{
	char again[SEK_PASSWORD_MAX_BYTES + 2] = "";
	bool ok;

	if (source == GENERATED) {
		sek_password_generate(typed);
		return 0;
	}
	if (source == FROM_STDIN)
		return sek_ask_line(stdin, typed, size) ? 0 : fail("no password on standard input, or it is too long");
	if (!isatty(STDIN_FILENO))
		return fail("standard input is not a terminal: use --password-stdin or --generate");
	ok = sek_ask_hidden(stdin, "Password: ", typed, size) && sek_ask_hidden(stdin, "Again: ", again, sizeof again);
	if (ok)
		ok = strcmp(typed, again) == 0;
	sodium_memzero(again, sizeof again);
	return ok ? 0 : fail("the two passwords differ");
}

static int hash_password(const char *typed, char hash[SEK_PASSWORD_HASH_BYTES])
{
	char normal[SEK_PASSWORD_MAX_BYTES];
	size_t n = 0, chars = 0;
	sek_status status = sek_password_normalize(typed, strlen(typed), normal, &n, &chars);

	if (!sek_is_ok(status))
		return fail("the password is empty, too long, not UTF-8 or holds control characters");
	if (chars < SEK_PASSWORD_MIN_CHARS) {
		sodium_memzero(normal, sizeof normal);
		fprintf(stderr, "sekisho-broker: the password has %zu characters: at least %d are needed\n", chars,
			SEK_PASSWORD_MIN_CHARS);
		return 1;
	}
	status = sek_password_hash(normal, n, hash);
	sodium_memzero(normal, sizeof normal);
	return sek_is_ok(status) ? 0 : fail("the password cannot be hashed: not enough memory");
}

static int set_password(struct command *c, bool new_user)
{
	char typed[SEK_PASSWORD_MAX_BYTES + 2] = "", hash[SEK_PASSWORD_HASH_BYTES];
	struct sek_store_user u;
	sek_status status = sek_store_user_find(c->store, c->name, &u);
	int r;

	/* said before anybody types a password for nothing */
	if (new_user && sek_is_ok(status))
		return fail_status(c, sek_fail(SEK_E_EXISTS));
	if (!new_user && !sek_is_ok(status))
		return fail_status(c, status);
	r = get_password(c->source, typed, sizeof typed);
	if (r == 0)
		r = hash_password(typed, hash);
	if (r == 0)
		r = record(c);
	if (r == 0) {
		status = new_user ? sek_store_user_add(c->store, c->name, hash, (int64_t)time(NULL)) :
			sek_store_user_set_hash(c->store, c->name, hash, (int64_t)time(NULL));
		if (!sek_is_ok(status))
			r = record_failure(c, status);
	}
	if (r == 0) {
		printf("%s %s\n", c->name, new_user ? "added" : "has a new password");
		if (c->source == GENERATED)
			printf("password: %s\n", typed);
	}
	sodium_memzero(typed, sizeof typed);
	return r;
}

static int set_disabled(struct command *c, bool disabled)
{
	struct sek_store_user u;
	sek_status status = sek_store_user_find(c->store, c->name, &u);
	int r;

	if (!sek_is_ok(status))
		return fail_status(c, status);
	r = record(c);
	if (r != 0)
		return r;
	status = sek_store_user_set_disabled(c->store, c->name, disabled);
	if (!sek_is_ok(status))
		return record_failure(c, status);
	printf("%s %s\n", c->name, disabled ? "disabled" : "enabled");
	return 0;
}

/* The one way in that needs nobody else: only while there is no administrator, and on the broker's machine. */
static int first_admin(struct command *c)
{
	struct sek_store_actor by = { .who = "@local", .why = "first administrator", .now_s = (int64_t)time(NULL) };
	uint64_t n = 0;
	sek_status status = sek_store_people_with_role(c->store, SEK_ROLE_ADMINISTRATOR, &n);
	int r;

	if (!sek_is_ok(status))
		return fail_status(c, status);
	if (n > 0)
		return fail("there is an administrator already: he or she makes others in the administration page");
	r = set_password(c, true);
	if (r != 0)
		return r;
	status = sek_store_person_set_roles(c->store, c->name, SEK_ROLE_ADMINISTRATOR, 0, &by);
	if (!sek_is_ok(status))
		return record_failure(c, status);
	printf("%s is administrator\n", c->name);
	return 0;
}

static int bind_certificate(struct command *c, const char *path, bool subject)
{
	struct sek_store_actor by = { .who = "@local", .why = "bind-certificate", .now_s = (int64_t)time(NULL) };
	struct sek_certificate cert;
	sek_status status;
	char *pem = NULL;
	int r;

	status = sek_file_read(path, &pem, NULL);
	if (sek_is_ok(status))
		status = sek_certificate_read(pem, &cert);
	free(pem);
	if (!sek_is_ok(status))
		return fail("that file is not a certificate in PEM");
	if (subject && !cert.subject[0])
		return fail("the certificate's subject is empty or too long: bind it without --subject");
	r = record(c);
	if (r != 0)
		return r;
	status = sek_store_certificate_add(c->store, c->name, &(struct sek_store_certificate){
		.kind = subject ? SEK_CERTIFICATE_SUBJECT : SEK_CERTIFICATE_FINGERPRINT,
		.value = subject ? cert.subject : cert.fingerprint, .subject = subject ? "" : cert.subject,
		.ends_s = subject ? 0 : cert.ends_s }, &by);
	if (sek_is(status, SEK_E_EXISTS)) {
		char err[512] = "";

		(void)sek_audited_command(c->audit, c->what, c->name, SEK_AUDIT_FAILED, err, sizeof err);
		return fail("it is bound already");
	}
	if (!sek_is_ok(status))
		return record_failure(c, status);
	printf("%s: %s\n", c->name, subject ? cert.subject : cert.fingerprint);
	return 0;
}

static void print_user(void *ctx, const struct sek_store_user *u)
{
	char created[24] = "";
	time_t t = (time_t)u->created_s;
	struct tm tm;

	(void)ctx;
	if (gmtime_r(&t, &tm))
		strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("%s\t%s\t%s\n", u->name, u->disabled ? "disabled" : "enabled", created);
}

/* SQLite's side files belong to whoever writes first: made by root they would lock the broker out. */
int sek_users_check_owner(const char *store_path)
{
	const struct passwd *p;
	struct stat st;

	if (stat(store_path, &st) != 0 || st.st_uid == geteuid())
		return 0;
	p = getpwuid(st.st_uid);
	fprintf(stderr, "sekisho-broker: '%s' belongs to user %s: run this command as that user\n", store_path,
		p ? p->pw_name : "with another number");
	return 1;
}

static bool parse_source(int argc, char **argv, enum source *ret)
{
	*ret = FROM_TERMINAL;
	if (argc == 0)
		return true;
	if (argc != 1)
		return false;
	if (strcmp(argv[0], "--password-stdin") == 0)
		*ret = FROM_STDIN;
	else if (strcmp(argv[0], "--generate") == 0)
		*ret = GENERATED;
	else
		return false;
	return true;
}

static int usage(void)
{
	fprintf(stderr, "usage: sekisho-broker --config FILE COMMAND\n%s", sek_users_usage);
	return 2;
}

static int run(struct command *c, int argc, char **argv)
{
	const char *verb = argv[0];
	char what[32];

	if (strcmp(verb, "list") == 0)
		return argc != 1 ? usage() : sek_is_ok(sek_store_users_each(c->store, print_user, NULL)) ? 0 :
			fail("the store failed");
	if (argc < 2)
		return usage();
	if (!sek_is_ok(sek_name_normalize(argv[1], strlen(argv[1]), c->name)))
		return fail("that cannot be a user's name: 1 to 64 letters, digits and . _ - @, beginning with a letter or "
			"digit");
	snprintf(what, sizeof what, "user.%.20s", verb);
	c->what = what;
	if (strcmp(verb, "disable") == 0)
		return argc == 2 ? set_disabled(c, true) : usage();
	if (strcmp(verb, "enable") == 0)
		return argc == 2 ? set_disabled(c, false) : usage();
	if (strcmp(verb, "bind-certificate") == 0) {
		bool subject = argc == 4 && strcmp(argv[3], "--subject") == 0;

		return argc == 3 || subject ? bind_certificate(c, argv[2], subject) : usage();
	}
	if (!parse_source(argc - 2, argv + 2, &c->source))
		return usage();
	if (strcmp(verb, "add") == 0)
		return set_password(c, true);
	if (strcmp(verb, "first-admin") == 0)
		return first_admin(c);
	if (strcmp(verb, "password") == 0)
		return set_password(c, false);
	return usage();
}

int sek_users_main(const struct sek_broker_config *config, int argc, char **argv)
{
	struct command c = { .source = FROM_TERMINAL, .audit = &config->audit };
	char err[512] = "";
	int r;

	if (argc < 1)
		return usage();
	if (!sek_is_ok(sek_auth_init()))
		return fail("libsodium cannot start");
	r = sek_users_check_owner(config->store_path);
	if (r != 0)
		return r;
	if (!sek_is_ok(sek_store_open(config->store_where, &c.store, err, sizeof err)))
		return fail(err);
	r = run(&c, argc, argv);
	sek_store_close(c.store);
	return r;
}
