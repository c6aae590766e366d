/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-setup: from a fresh package to a site that works. Options and order; what is asked and done stands beside.
 */
#include "broker/hub/setup/setup.h"

#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <sodium.h>

#include "base/ask.h"
#include "broker/hub/auth/ldap.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/setup/words.h"

enum { EXIT_USAGE = 2, QUESTIONS = 10 };
#define ETC "/etc/sekisho"

void setup_path(const struct setup *s, const char *name, char *ret)
{
	snprintf(ret, PATH_MAX, "%.3000s/%.500s", s->etc, name);
}

const struct sek_owner *setup_owner(const struct setup *s)
{
	return s->has_owner ? &s->owner : NULL;
}

bool setup_secret(struct setup *s, const char *key, const struct sek_phrase *prompt, bool again, char ret[SETUP_PASSWORD_BYTES])
{
	char twice[SETUP_PASSWORD_BYTES] = "";
	bool ok = true;

	if (s->q.path) {
		struct sek_answer *a = sek_answers_find(&s->q.file, key);
		FILE *f = a ? fopen(a->text, "re") : NULL;

		if (a)
			a->used = true;
		ok = f && sek_ask_line(f, ret, SETUP_PASSWORD_BYTES);
		if (f)
			fclose(f);
		if (!ok) {
			SAY(s, w_no_secret_file, s->q.path, key);
			s->q.wrong++;
		}
		return ok;
	}
	do {
		if (!ok)
			SAY(s, w_secrets_differ);
		ok = sek_ask_hidden(s->q.in, sek_say(&s->q, prompt), ret, SETUP_PASSWORD_BYTES);
		if (!ok) {
			s->q.ended = true;
			return false;
		}
		if (again && ret[0])
			ok = sek_ask_hidden(s->q.in, sek_say(&s->q, &w_again), twice, sizeof twice) && strcmp(ret, twice) == 0;
		sodium_memzero(twice, sizeof twice);
	} while (!ok);
	return true;
}

static int set_up(struct setup *s)
{
	char remembered[PATH_MAX];

	setup_path(s, "setup.answers", remembered);
	if (!sek_questions_start(&s->q, s->answers, remembered))
		return EXIT_FAILURE;
	SAY(s, w_welcome);
	if (!setup_ask(s))
		return EXIT_FAILURE;
	return setup_apply(s) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int options(struct setup *s, int argc, char **argv)
{
	static const struct option list[] = {
		{ "answers", required_argument, NULL, 'a' }, { "dry-run", no_argument, NULL, 'd' }, { "yes", no_argument, NULL, 'y' },
		{ "lang", required_argument, NULL, 'l' }, { "ca", required_argument, NULL, 'c' }, { "from", required_argument, NULL, 'f' },
		{ "port", required_argument, NULL, 'p' }, { "https-port", required_argument, NULL, 't' }, { "etc", required_argument, NULL, 'e' },
		{ "state", required_argument, NULL, 's' }, { "database", no_argument, NULL, 'b' }, { "no-start", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case 'a': s->answers = optarg; break;
		case 'd': s->q.dry_run = true; break;
		case 'y': s->q.yes = true; break;
		case 'l': s->q.ja = strcmp(optarg, "ja") == 0; break;
		case 'c': snprintf(s->ca, sizeof s->ca, "%s", optarg); break;
		case 'f': snprintf(s->outer, sizeof s->outer, "%s", optarg); break;
		case 'p': s->render_port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': s->https_port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'e': s->etc = optarg; break;
		case 's': s->state = optarg; break;
		case 'n': s->no_start = true; break;
		case 'b': s->ask_database = true; break;
		case 'h': fputs(sek_say(&s->q, &w_usage), stdout); exit(EXIT_SUCCESS);
		default: return EXIT_USAGE;
		}
	}
	if (s->render_port < 1 || s->render_port > 65535 || s->https_port < 1 || s->https_port > 65535)
		return EXIT_USAGE;
	return 0;
}

static bool find_owner(struct setup *s)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam("sekisho") : NULL;

	if (p) {
		s->owner = (struct sek_owner){ p->pw_uid, p->pw_gid };
		s->has_owner = true;
	}
	return p != NULL || strcmp(s->etc, ETC) != 0;
}

int main(int argc, char **argv)
{
	struct setup *s = calloc(1, sizeof *s);
	int r;

	if (!s)
		return EXIT_FAILURE;
	s->etc = ETC;
	s->state = "/var/lib/sekisho";
	s->https_port = 443;
	s->render_port = SETUP_RENDER_PORT;
	s->q = (struct sek_questions){ .ja = sek_language_of_environment(), .in = stdin, .out = stdout, .of = QUESTIONS, .terminal = true };
	r = options(s, argc, argv);
	if (r == 0 && optind < argc && strcmp(argv[optind], "enrol") != 0)
		r = EXIT_USAGE;
	if (r != 0) {
		fputs(sek_say(&s->q, &w_usage), stderr);
		goto out;
	}
	if (strcmp(s->etc, ETC) == 0 && geteuid() != 0) {
		SAY(s, w_not_root);
		r = EXIT_FAILURE;
		goto out;
	}
	if (!find_owner(s)) {
		SAY(s, w_no_account);
		r = EXIT_FAILURE;
		goto out;
	}
	if (strcmp(s->etc, ETC) == 0)
		snprintf(s->control, sizeof s->control, "/run/sekisho/control.sock");
	else
		snprintf(s->control, sizeof s->control, "%.3000s/control.sock", s->state);
	sek_ldap_init();
	if (sodium_init() < 0 || gnutls_global_init() < 0 || !sek_is_ok(sek_auth_init())) {
		r = EXIT_FAILURE;
		goto out;
	}
	umask(077);
	r = optind < argc ? setup_enrol_command(s, argc - optind - 1, argv + optind + 1) : set_up(s);
	sek_questions_finish(&s->q);
out:
	sodium_memzero(s, sizeof *s);
	free(s);
	return r;
}
