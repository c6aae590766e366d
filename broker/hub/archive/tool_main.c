/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording: makes the recording key pair of a site, and verifies files of recordings with nothing but the broker's public
 * key. Trusts nothing else; for any machine to which the files were copied.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/keys/sign.h"
#include "broker/hub/record/reader.h"

enum { PASSPHRASE_MIN_BYTES = 12, PASSPHRASE_MAX_BYTES = 1024, FOUND = 4 };

static const char usage_text[] =
	"usage: sekisho-recording keygen PUBLIC SECRET\n"
	"         makes the key pair to which recordings are sealed: PUBLIC goes to the broker, SECRET (locked by a passphrase,\n"
	"         which is asked for, or read from standard input) to the reviewers\n"
	"       sekisho-recording verify --key BROKER.key.pub FILE...\n"
	"exit codes: 0 fine, 1 it did not work, 2 wrong usage, 4 something was found\n";

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

/* --- keygen --- */

static bool read_line(char *ret, size_t size)
{
	size_t n;

	if (!fgets(ret, (int)size, stdin))
		return false;
	n = strcspn(ret, "\r\n");
	if (ret[n] == '\0' && n == size - 1)
		return false;
	ret[n] = '\0';
	return true;
}

static bool ask(const char *prompt, char *ret, size_t size)
{
	struct termios old, quiet;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &old) != 0)
		return read_line(ret, size);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
		return false;
	ok = read_line(ret, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputs("\n", stderr);
	return ok;
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

/* --- verify --- */

static void on_finding(void *user, const char *word, uint32_t block)
{
	printf("%s: block %u: %s\n", (const char *)user, block, word);
}

static int verify_one(char *path, const uint8_t key[SEK_SIGN_KEY_BYTES])
{
	static const char *const words[] = { "sound", "unfinished", "damaged" };
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;
	sek_status s = sek_recording_verify(path, key, NULL, on_finding, path, &verdict);
	char text[120];

	if (!sek_is_ok(s))
		printf("%s: %s\n", path, sek_status_text(s, text, sizeof text));
	else
		printf("%s: %s\n", path, words[verdict]);
	return sek_is_ok(s) && verdict == SEK_RECORDING_SOUND ? 0 : FOUND;
}

static int verify(int argc, char **argv)
{
	uint8_t key[SEK_SIGN_KEY_BYTES];
	int i, r = 0;

	if (argc < 3 || strcmp(argv[0], "--key") != 0)
		return usage();
	if (!sek_is_ok(sek_public_key_load(argv[1], key)))
		return fail("--key: that is no public key");
	for (i = 2; i < argc; i++)
		if (verify_one(argv[i], key) != 0)
			r = FOUND;
	return r;
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
	if (argc > 2 && strcmp(argv[1], "verify") == 0)
		return verify(argc - 2, argv + 2);
	return usage();
}
