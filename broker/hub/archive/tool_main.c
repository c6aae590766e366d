/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording: makes the recording key pair of a site. For any machine, best one that never runs the broker. (Files are verified by
 * sekisho-recording-verify.)
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/keys/lock.h"

static const char usage_text[] =
	"usage: sekisho-recording keygen [--two] PUBLIC SECRET\n"
	"         makes the key pair to which recordings are sealed: PUBLIC goes to the broker, SECRET (locked by a passphrase,\n"
	"         which is asked for, or read from standard input) to the reviewers; --two: it takes two persons to open it, each\n"
	"         with a passphrase of his or her own\n"
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

static int keygen(const char *public_path, const char *secret_path, bool for_two)
{
	const char *why = sek_lock_keygen(SEK_LOCK_RECORDING, public_path, secret_path, for_two);

	if (why)
		return fail(why);
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
		return keygen(argv[2], argv[3], false);
	if (argc == 5 && strcmp(argv[1], "keygen") == 0 && strcmp(argv[2], "--two") == 0)
		return keygen(argv[3], argv[4], true);
	return usage();
}
