/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's command line.
 */
#include "broker/hub/options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "broker/hub/users.h"

static int usage(FILE *to)
{
	fprintf(to,
		"sekisho-broker %s\n"
		"usage: sekisho-broker --config FILE [--check-config | --status-fd N | COMMAND]\n"
		"  --check-config   say OK or what is wrong, and end\n"
		"  --status-fd N    write one line of JSON a second to descriptor N\n"
		"commands:\n%s"
		"  keys accept      the keys of this broker are from now on those that every broker of its store must have\n"
		"  store migrate [--lang ja|en]\n"
		"                   moves everything from the file of store.path to the database of store.postgresql; the broker is stopped\n", SEK_VERSION,
		sek_users_usage);
	return to == stdout ? 0 : 2;
}

static bool is_migrate(int n, char **words)
{
	return (n == 2 || (n == 4 && strcmp(words[2], "--lang") == 0 && (strcmp(words[3], "ja") == 0 || strcmp(words[3], "en") == 0))) &&
		strcmp(words[0], "store") == 0 && strcmp(words[1], "migrate") == 0;
}

int sek_options_parse(int argc, char **argv, struct sek_options *o)
{
	char *end;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		if (strcmp(argv[i], "--version") == 0) {
			printf("sekisho-broker %s\n", SEK_VERSION);
			return 0;
		}
		if (strcmp(argv[i], "--check-config") == 0) {
			o->check = true;
		} else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			o->config = argv[++i];
		} else if (strcmp(argv[i], "--status-fd") == 0 && i + 1 < argc) {
			long n = strtol(argv[++i], &end, 10);

			if (*end || n < 1 || n > INT_MAX)
				return usage(stderr);
			o->status_fd = (int)n;
		} else if (strcmp(argv[i], "user") == 0) {
			o->user_argc = argc - i - 1;
			o->user_argv = argv + i + 1;
			break;
		} else if (strcmp(argv[i], "keys") == 0 && i + 2 == argc && strcmp(argv[i + 1], "accept") == 0) {
			o->accept_keys = true;
			break;
		} else if (is_migrate(argc - i, argv + i)) {
			o->migrate = true;
			o->ja = sek_language_of(argc - i, argv + i);
			break;
		} else {
			return usage(stderr);
		}
	}
	return o->config && ((!o->user_argv && !o->accept_keys && !o->migrate) || (!o->check && o->status_fd < 0)) ? -1 : usage(stderr);
}
