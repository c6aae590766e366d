/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking on a terminal. Must never leave it silent.
 */
#include "base/ask.h"

#include <signal.h>
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

/* What ends or stops a program that waits at a terminal. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* Says the prompt and reads once while the terminal shows nothing: what was typed before the prompt is forgotten. A signal breaks the reading off; it takes effect once the terminal is as it was. */
static bool ask_once(FILE *from, const char *prompt, const struct termios *old, char *ret, size_t size)
{
	struct sigaction before[SIGNALS], catch = { .sa_handler = on_signal }; /* no SA_RESTART */
	struct termios quiet = *old;
	bool ok = false;
	int i;

	caught = 0;
	sigemptyset(&catch.sa_mask);
	for (i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &catch, NULL);
	}
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fileno(from), TCSAFLUSH, &quiet) == 0) {
		fputs(prompt, stderr);
		ok = sek_ask_line(from, ret, size);
		tcsetattr(fileno(from), TCSAFLUSH, old);
	}
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	return ok;
}

bool sek_ask_hidden(FILE *from, const char *prompt, char *ret, size_t size)
{
	struct termios old;
	bool ok;

	if (tcgetattr(fileno(from), &old) != 0)
		return false;
	do {
		ok = ask_once(from, prompt, &old, ret, size);
		fputs("\n", stderr);
		if (caught) {
			clearerr(from);
			raise(caught);
		}
	} while (!ok && caught == SIGTSTP); /* stopped and brought back: asked again */
	return ok;
}
