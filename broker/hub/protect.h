/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first thing that the broker does.
 */
#ifndef SEK_BROKER_HUB_PROTECT_H
#define SEK_BROKER_HUB_PROTECT_H

#include <stdbool.h>
#include <stddef.h>

/* No core files, no debugger of others, no file that others may read, no SIGPIPE, enough descriptors. False (errno): one of these but the
 * last could not be had, and the caller ends. */
bool sek_protect_process(void);
/* The folder of this program: others of ours lie beside it. */
void sek_program_folder(char *ret, size_t size);

#endif
