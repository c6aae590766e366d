/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's command line.
 */
#ifndef SEK_BROKER_HUB_OPTIONS_H
#define SEK_BROKER_HUB_OPTIONS_H

#include <stdbool.h>

struct sek_options {
	const char *config;
	bool check;
	int status_fd;
	int user_argc; /* the words after `user`; 0 = not asked for */
	char **user_argv;
	bool accept_keys; /* `keys accept` */
	bool migrate;     /* `store migrate` */
	bool ja;          /* what it says: by --lang after it, or by the environment */
};

/* Returns -1 to go on, else an exit code. o->status_fd is -1 before. */
int sek_options_parse(int argc, char **argv, struct sek_options *o);

#endif
