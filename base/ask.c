/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking on a terminal. Must never leave it silent.
 */
#include "base/ask.h"

#include <string.h>
#include <termios.h>

bool sek_ask_line(FILE *from, char *ret, size_t size)
{
	size_t n;

	if (!fgets(ret, (int)size, from))
		return false;
	n = strcspn(ret, "\n");
	if (ret[n] == '\0' && n == size - 1)
		return false;
	ret[n] = '\0';
	if (n > 0 && ret[n - 1] == '\r')
		ret[n - 1] = '\0';
	return true;
}

bool sek_ask_hidden(FILE *from, const char *prompt, char *ret, size_t size)
{
	struct termios old, quiet;
	bool ok;

	if (tcgetattr(fileno(from), &old) != 0)
		return false;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	if (tcsetattr(fileno(from), TCSAFLUSH, &quiet) != 0)
		return false;
	ok = sek_ask_line(from, ret, size);
	tcsetattr(fileno(from), TCSAFLUSH, &old);
	fputs("\n", stderr);
	return ok;
}
