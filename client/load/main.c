/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load: finds the command and hands on.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/load/commands.h"

static const struct command {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "probe", "one member of staff logs in, types, looks at the pixels, leaves", load_probe },
	{ "run", "a load test: staff that browse, more and more, as long as the service level holds", load_run },
	{ "users", "makes the users of a load test, or deletes them", load_users },
	{ "report", "the report of a run as one HTML file", load_report },
	{ "plan", "cores, memory, disk and lines of a site, and a simulated day of it", load_plan },
};

static void usage(FILE *to)
{
	fputs("usage: sekisho-load COMMAND [OPTION]...\n", to);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("`sekisho-load COMMAND --help` says more.\n", to);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return 0;
	}
	if (argc > 1)
		fprintf(stderr, "sekisho-load: there is no command '%s'\n", argv[1]);
	usage(stderr);
	return 2;
}
