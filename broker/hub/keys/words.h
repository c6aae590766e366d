/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-backup, sekisho-key, sekisho-recording and `store migrate` say, in Japanese and English.
 */
#ifndef SEK_BROKER_HUB_KEYS_WORDS_H
#define SEK_BROKER_HUB_KEYS_WORDS_H

#include "base/language.h"

extern const struct sek_phrase tool_backup_usage, tool_made, tool_whole, tool_new, tool_from_postgresql, tool_removed, tool_signature_ok, tool_whole_made,
	tool_new_made, tool_passphrase, tool_first, tool_second, tool_again, tool_backup_passphrase, tool_all_ok, tool_class, tool_class_names[], tool_log_not_told, tool_dry, tool_restored,
	tool_restored_below, tool_backup_keys, tool_key_usage, tool_restart_takes, tool_in_place, tool_not_running, tool_changed, tool_copy, tool_recording_usage, tool_login_sure, tool_login_yes,
	tool_recording_keys, tool_moved_same, tool_moved_done;

/* Prints one of the above that take arguments, without a newline of its own. */
void sek_tool_say(bool ja, const struct sek_phrase *p, ...);
/* "PROGRAM: TEXT" to standard error: an error of a library (in English, as the log has it) in the user's language as far as its words are known.
 * Gives 1, the exit code. */
int sek_tool_fail(bool ja, const char *program, const char *text);

#endif
