/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-certs: the CA on the command line. Arguments in, sentences out; everything else is in pki.h.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/pki.h"

enum { EXIT_USAGE = 2, WITHIN_DAYS = 30, ERR_BYTES = 1024, DAY_S = 86400 };

static const char help[] =
	"sekisho-certs: the certificate authority of a Sekisho installation, in one directory\n"
	"\n"
	"  sekisho-certs init DIR [--name CN]              make the CA: ca.crt, ca.key and the first ca.crl\n"
	"  sekisho-certs broker DIR NAME                   a broker's intermediate CA, for sessions' certificates\n"
	"  sekisho-certs https DIR NAME --address IP...    the certificate of a broker's log-in page\n"
	"                          [--dns NAME...]         further names that browsers use for it\n"
	"  sekisho-certs host DIR NAME                     a render host; NAME as in the broker's configuration\n"
	"  sekisho-certs renew DIR [NAME...]               new certificates for the same keys; without names: everything\n"
	"                          [--within DAYS]         that expires within 30 days\n"
	"  sekisho-certs revoke DIR NAME|SERIAL            never trust it again; signs a new ca.crl\n"
	"  sekisho-certs crl DIR                           sign ca.crl again before it runs out\n"
	"  sekisho-certs list DIR                          everything that was ever issued\n"
	"  sekisho-certs check DIR [--within DAYS]         what expires when; exit code 1 if something has expired or soon will\n"
	"\n"
	"  --days DAYS   how long what is signed is good: 3650 for the CA, 397 for certificates, 7 for the CRL\n"
	"  --force       replace a key that is there already\n"
	"  --help        this text\n"
	"\n"
	"Results are NAME.crt and NAME.key (mode 0600) in DIR. A new ca.crl must be copied to every broker and render host:\n"
	"both refuse all sessions when theirs has run out. Keep DIR/ca.key off line. All times are UTC.\n";

struct arguments {
	const char *command, *directory, *cn;
	const char *positional[64];
	size_t n_positional;
	const char *addresses[SEK_PKI_ADDRESSES_MAX], *names[SEK_PKI_ADDRESSES_MAX];
	int within;
	struct sek_pki_wish wish;
	char err[ERR_BYTES];
};

static int complain(const char *text)
{
	fprintf(stderr, "sekisho-certs: %s\n", text);
	return EXIT_FAILURE;
}

static int usage(const char *text)
{
	fprintf(stderr, "sekisho-certs: %s; see sekisho-certs --help\n", text);
	return EXIT_USAGE;
}

static int read_days(const char *text, int *ret)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!*text || *end || n < 1 || n > 36500)
		return -1;
	*ret = (int)n;
	return 0;
}

/* --address IP IP: the words after the option up to the next option belong to it. */
static int take_list(int argc, char **argv, const char **list, size_t *n)
{
	if (*n == SEK_PKI_ADDRESSES_MAX)
		return -1;
	list[(*n)++] = optarg;
	while (optind < argc && argv[optind][0] != '-') {
		if (*n == SEK_PKI_ADDRESSES_MAX)
			return -1;
		list[(*n)++] = argv[optind++];
	}
	return 0;
}

static int read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' }, { "address", required_argument, NULL, 'a' },
		{ "dns", required_argument, NULL, 'd' }, { "days", required_argument, NULL, 'y' },
		{ "within", required_argument, NULL, 'w' }, { "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	a->within = WITHIN_DAYS;
	a->cn = "Sekisho CA";
	/* '-': ordinary words are given in order, so that a list can follow its option */
	while ((c = getopt_long(argc, argv, "-h", options, NULL)) != -1) {
		switch (c) {
		case 1:
			if (a->n_positional == sizeof a->positional / sizeof a->positional[0])
				return usage("too many names");
			a->positional[a->n_positional++] = optarg;
			break;
		case 'n':
			if (!optarg[0] || strlen(optarg) > 63)
				return usage("--name: give 1 to 63 characters");
			a->cn = optarg;
			break;
		case 'a':
			if (take_list(argc, argv, a->addresses, &a->wish.n_addresses) != 0)
				return usage("too many addresses");
			break;
		case 'd':
			if (take_list(argc, argv, a->names, &a->wish.n_names) != 0)
				return usage("too many names after --dns");
			break;
		case 'y':
			if (read_days(optarg, &a->wish.days) != 0)
				return usage("--days: give a number from 1 to 36500");
			break;
		case 'w':
			if (read_days(optarg, &a->within) != 0)
				return usage("--within: give a number of days from 1 to 36500");
			break;
		case 'f':
			a->wish.force = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		default:
			return EXIT_USAGE; /* getopt has said why */
		}
	}
	a->wish.addresses = a->addresses;
	a->wish.names = a->names;
	if (a->n_positional < 2)
		return usage(a->n_positional ? "which directory?" : "what is to be done?");
	a->command = a->positional[0];
	a->directory = a->positional[1];
	return 0;
}

static int init(struct arguments *a)
{
	if (!sek_is_ok(sek_pki_init(a->directory, a->cn, &a->wish, a->err, sizeof a->err)))
		return complain(a->err);
	printf("%s: ca.crt and ca.crl are for every broker and render host; keep ca.key off line\n", a->directory);
	return EXIT_SUCCESS;
}

static int issue(struct arguments *a, struct sek_pki *p, enum sek_pki_kind kind)
{
	const char *name = a->positional[2];

	if (!sek_is_ok(sek_pki_issue(p, kind, name, &a->wish, a->err, sizeof a->err)))
		return complain(a->err);
	printf("%s/%s.crt and %s.key: for the one machine that needs them; delete the key here once it is there\n",
		a->directory, name, name);
	return EXIT_SUCCESS;
}

static int renew_one(struct arguments *a, struct sek_pki *p, const char *name)
{
	if (!sek_is_ok(sek_pki_renew(p, name, &a->wish, a->err, sizeof a->err)))
		return complain(a->err);
	printf("renewed %s/%s.crt\n", a->directory, name);
	return EXIT_SUCCESS;
}

static bool is_current(const struct sek_pki *p, const struct sek_pki_entry *e)
{
	return !e->revoked && !sek_pki_is_superseded(p, e);
}

static int renew(struct arguments *a, struct sek_pki *p)
{
	const struct sek_pki_entry *entries;
	time_t limit = time(NULL) + (time_t)a->within * DAY_S;
	int result = EXIT_SUCCESS;
	size_t n, i, done = 0;

	for (i = 2; i < a->n_positional; i++)
		if (renew_one(a, p, a->positional[i]) != EXIT_SUCCESS)
			result = EXIT_FAILURE;
	if (a->n_positional > 2)
		return result;
	sek_pki_entries(p, &n);
	for (i = 0; i < n; i++) {
		struct sek_pki_entry e;
		size_t ignored;

		entries = sek_pki_entries(p, &ignored);
		e = entries[i]; /* the index moves when it grows */
		if (e.kind == SEK_PKI_CA || !is_current(p, &entries[i]) || e.until > limit)
			continue;
		done++;
		if (renew_one(a, p, e.name) != EXIT_SUCCESS)
			result = EXIT_FAILURE;
	}
	if (done == 0)
		printf("nothing expires within %d days\n", a->within);
	return result;
}

static int sign_crl(struct arguments *a, struct sek_pki *p)
{
	uint64_t number;
	time_t until;
	char date[24];

	if (!sek_is_ok(sek_pki_sign_crl(p, &a->wish, a->err, sizeof a->err)))
		return complain(a->err);
	if (sek_is_ok(sek_pki_crl_info(p, &until, &number)))
		printf("%s/ca.crl number %llu, good until %s: copy it to every broker and render host\n", a->directory,
			(unsigned long long)number, sek_pki_date(until, date));
	return EXIT_SUCCESS;
}

static int revoke(struct arguments *a, struct sek_pki *p)
{
	size_t n = 0;

	if (!sek_is_ok(sek_pki_revoke(p, a->positional[2], &a->wish, &n, a->err, sizeof a->err)))
		return complain(a->err);
	if (n == 0)
		printf("%s was revoked already\n", a->positional[2]);
	printf("%zu revoked; copy %s/ca.crl to every broker and render host now\n", n, a->directory);
	return EXIT_SUCCESS;
}

static const char *standing(const struct sek_pki *p, const struct sek_pki_entry *e, time_t now)
{
	if (e->revoked)
		return "revoked";
	if (e->until <= now)
		return "expired";
	return sek_pki_is_superseded(p, e) ? "replaced" : "good";
}

static int list(struct arguments *a, struct sek_pki *p)
{
	time_t now = time(NULL);
	size_t n, i;
	const struct sek_pki_entry *e = sek_pki_entries(p, &n);
	char from[24], until[24];

	(void)a;
	for (i = 0; i < n; i++)
		printf("%s %-6s %-8s %s to %s %s\n", e[i].serial, sek_pki_kind_name(e[i].kind), standing(p, &e[i], now),
			sek_pki_date(e[i].from, from), sek_pki_date(e[i].until, until), e[i].name);
	return EXIT_SUCCESS;
}

/* One line of the check; returns true if someone must act. */
static bool report(const char *what, const char *name, time_t until, time_t now, int within, const char *remedy)
{
	long long days = ((long long)until - (long long)now) / DAY_S;
	bool due = until <= now + (time_t)within * DAY_S;
	char date[24];

	printf("%-6s %-32s until %s", what, name, sek_pki_date(until, date));
	if (until <= now)
		printf("  EXPIRED: %s\n", remedy);
	else
		printf("  in %lld days%s%s\n", days, due ? ": " : "", due ? remedy : "");
	return due;
}

static int check(struct arguments *a, struct sek_pki *p)
{
	const struct sek_pki_entry *e;
	time_t now = time(NULL), until;
	bool due = false;
	uint64_t number;
	size_t n, i;

	e = sek_pki_entries(p, &n);
	for (i = 0; i < n; i++) {
		if (!is_current(p, &e[i]))
			continue;
		if (report(sek_pki_kind_name(e[i].kind), e[i].name, e[i].until, now, a->within,
				e[i].kind == SEK_PKI_CA ? "make a new CA" : "sekisho-certs renew"))
			due = true;
	}
	if (!sek_is_ok(sek_pki_crl_info(p, &until, &number))) {
		printf("crl    ca.crl is missing or damaged: sekisho-certs crl\n");
		return EXIT_FAILURE;
	}
	/* it is short-lived on purpose: a day before the end is soon */
	if (report("crl", "ca.crl", until, now, 1, "sekisho-certs crl"))
		due = true;
	return due ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int dispatch(struct arguments *a, struct sek_pki *p)
{
	static const char *const kinds[] = { "ca", "broker", "https", "host" };
	int k;

	for (k = SEK_PKI_BROKER; k <= SEK_PKI_HOST; k++)
		if (strcmp(a->command, kinds[k]) == 0)
			return issue(a, p, (enum sek_pki_kind)k);
	if (strcmp(a->command, "revoke") == 0)
		return revoke(a, p);
	if (strcmp(a->command, "renew") == 0)
		return renew(a, p);
	if (strcmp(a->command, "crl") == 0)
		return sign_crl(a, p);
	if (strcmp(a->command, "list") == 0)
		return list(a, p);
	return check(a, p);
}

static int check_form(const struct arguments *a)
{
	static const struct {
		const char *name;
		size_t least, most;
	} commands[] = { { "init", 2, 2 }, { "broker", 3, 3 }, { "https", 3, 3 }, { "host", 3, 3 }, { "renew", 2, 64 },
			 { "revoke", 3, 3 }, { "crl", 2, 2 }, { "list", 2, 2 }, { "check", 2, 2 } };
	size_t i;

	for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].name, a->command) != 0)
			continue;
		if (a->n_positional < commands[i].least)
			return usage("which name?");
		if (a->n_positional > commands[i].most)
			return usage("too many arguments");
		if (a->wish.n_addresses + a->wish.n_names > 0 && strcmp(a->command, "https") != 0)
			return usage("--address and --dns are for https");
		return 0;
	}
	return usage("unknown command");
}

int main(int argc, char **argv)
{
	struct arguments *a = calloc(1, sizeof *a);
	struct sek_pki *p = NULL;
	int result;

	if (!a)
		return complain("not enough memory");
	result = read_arguments(argc, argv, a);
	if (result == 0)
		result = check_form(a);
	if (result != 0)
		goto out;
	if (strcmp(a->command, "init") == 0) {
		result = init(a);
		goto out;
	}
	if (sek_is_ok(sek_pki_open(a->directory, &p, a->err, sizeof a->err)))
		result = dispatch(a, p);
	else
		result = complain(a->err);
out:
	sek_pki_close(p);
	free(a);
	return result;
}
