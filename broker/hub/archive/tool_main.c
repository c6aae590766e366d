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
#include "broker/hub/keys/words.h"

#define NAME "sekisho-recording"

static int keygen(bool ja, bool for_two, const char *public_path, const char *secret_path)
{
	const char *why = sek_lock_keygen(SEK_LOCK_RECORDING, public_path, secret_path, for_two, ja);

	if (why)
		return sek_tool_fail(ja, NAME, why);
	sek_tool_say(ja, &tool_recording_keys, public_path, secret_path);
	return 0;
}

int main(int argc, char **argv)
{
	const bool ja = sek_language_of(argc, argv);

	if (sodium_init() < 0)
		return sek_tool_fail(ja, NAME, "libsodium cannot start");
	if (argc > 3 && strcmp(argv[argc - 2], "--lang") == 0)
		argc -= 2;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(sek_phrase_of(ja, &tool_recording_usage), stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf(NAME " %s\n", SEK_VERSION) < 0;
	if (argc == 4 && strcmp(argv[1], "keygen") == 0)
		return keygen(ja, false, argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "keygen") == 0 && strcmp(argv[2], "--two") == 0)
		return keygen(ja, true, argv[3], argv[4]);
	fputs(sek_phrase_of(ja, &tool_recording_usage), stderr);
	return 2;
}
