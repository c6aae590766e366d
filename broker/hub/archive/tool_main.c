/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording: makes the recording key pair of a site. For any machine, best one that never runs the broker. (Files are verified by
 * sekisho-recording-verify.)
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/ask.h"
#include "base/error.h"
#include "broker/hub/record/reader.h"

enum { PASSPHRASE_MIN_BYTES = 12, PASSPHRASE_MAX_BYTES = 1024 };

static const char usage_text[] =
	"usage: sekisho-recording keygen PUBLIC SECRET\n"
	"         makes the key pair to which recordings are sealed: PUBLIC goes to the broker, SECRET (locked by a passphrase,\n"
	"         which is asked for, or read from standard input) to the reviewers\n"
	"exit codes: 0 fine, 1 it did not work, 2 wrong usage\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

static int fail(const char *what)
{
	fprintf(stderr, "sekisho-recording: %s\n", what);
	return 1;
}

/* On a terminal without showing it; else the first line of standard input. */
static bool ask(const char *prompt, char *ret, size_t size)
{
	return isatty(STDIN_FILENO) ? sek_ask_hidden(stdin, prompt, ret, size) : sek_ask_line(stdin, ret, size);
}

static int keygen(const char *public_path, const char *secret_path)
{
	char phrase[PASSPHRASE_MAX_BYTES], again[PASSPHRASE_MAX_BYTES];
	char text[120];
	sek_status s;

	if (!ask("Passphrase: ", phrase, sizeof phrase))
		return fail("no passphrase");
	if (strlen(phrase) < PASSPHRASE_MIN_BYTES)
		return fail("the passphrase is too short: whoever finds the file could guess it; at least 12 characters");
	if (isatty(STDIN_FILENO) && (!ask("Again: ", again, sizeof again) || strcmp(phrase, again) != 0))
		return fail("the two are not the same");
	s = sek_recording_keygen(public_path, secret_path, phrase);
	sodium_memzero(phrase, sizeof phrase);
	sodium_memzero(again, sizeof again);
	if (sek_is(s, SEK_E_EXISTS))
		return fail("one of the files is there already: a key is never overwritten, the recordings made for it would be lost");
	if (!sek_is_ok(s))
		return fail(sek_status_text(s, text, sizeof text));
	printf("%s: for recording.public_key in broker.yaml\n%s: for the reviewers; keep a copy and the passphrase in a safe: without them no"
		" recording can ever be seen\n", public_path, secret_path);
	return 0;
}

int main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return fail("libsodium cannot start");
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage_text, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("sekisho-recording %s\n", SEK_VERSION) < 0;
	if (argc == 4 && strcmp(argv[1], "keygen") == 0)
		return keygen(argv[2], argv[3]);
	return usage();
}
