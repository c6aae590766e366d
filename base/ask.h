/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Passwords and passphrases that a program asks for.
 */
#ifndef SEK_BASE_ASK_H
#define SEK_BASE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Reads one line without its end. False at the end of the input, or if it does not fit. */
bool sek_ask_line(FILE *from, char *ret, size_t size);
/* Says the prompt on standard error and reads a line that is not shown. False also if `from` is no terminal. The caller wipes ret. */
bool sek_ask_hidden(FILE *from, const char *prompt, char *ret, size_t size);

#endif
