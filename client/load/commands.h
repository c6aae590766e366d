/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The commands of sekisho-load. Each gets its own words (argv[0] is the command's name) and returns the process's exit code:
 * 0 = done and everything held, 1 = it did not, 2 = wrong usage (said on standard error).
 */
#ifndef SEK_CLIENT_LOAD_COMMANDS_H
#define SEK_CLIENT_LOAD_COMMANDS_H

int load_probe(int argc, char **argv);  /* one member of staff, once */
int load_run(int argc, char **argv);    /* the load test */
int load_users(int argc, char **argv);  /* makes its users, removes them */
int load_plan(int argc, char **argv);   /* what a site needs */
int load_report(int argc, char **argv); /* the report of a run's result */

#endif
