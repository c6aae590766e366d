/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The commands of sekishoctl, the one list of them: main.c runs them, `sekishoctl --commands` prints them for the completion of shells.
 */
#ifndef SEK_CLIENT_CTL_COMMANDS_H
#define SEK_CLIENT_CTL_COMMANDS_H

#include "client/ctl/ctl.h"

enum ctl_how { PLAIN, ROWS, ENDED, PASSWORD, CHANGE, OBJECT };
enum ctl_flags { VERSION_USER = 1, VERSION_GROUP = 2, DEFAULT_REASON = 4, SCOPE = 8, ALL_PAGES = 16, EXPECTED = 32, APPROVE = 64,
	REFUSE = 128, UNSET = 256, BEFORE = 512, CERTIFICATES = 1024, HOLD = 2048, RELEASE = 4096 };

struct ctl_command {
	const char *group, *verb, *op; /* verb NULL: the group alone is the command. op NULL: it is more than one operation */
	const char *words;   /* members that words after the command become; ? = may be absent */
	enum ctl_how how;
	const char *columns; /* of rows; of OBJECT: the member to show */
	unsigned flags;
};

extern const struct ctl_command ctl_commands[]; /* ended by one without a group */

#define CTL_OWN_COMMANDS 11
extern const struct ctl_command ctl_own_commands[CTL_OWN_COMMANDS];

/* How many of the words name that command: 0 if they name another one. */
int ctl_command_words(const struct ctl_command *k, int argc, char **argv);
/* One line for each: its words, then what it takes. False if it could not be written. */
bool ctl_commands_print(FILE *to);

#endif
