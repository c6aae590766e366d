/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-setup-host says, in two languages.
 */
#ifndef SEK_RENDER_HOST_SETUP_WORDS_H
#define SEK_RENDER_HOST_SETUP_WORDS_H

#include "base/setup/setup.h"

enum { HOST_QUESTIONS = 4 };
extern const struct sek_question host_ask_listen, host_ask_upstream, host_ask_sessions, host_ask_management, host_ask_never;
extern const struct sek_phrase host_usage, host_again, host_faces, host_code, host_stranger, host_not_own, host_not_address, host_bad_upstream,
	host_bad_sessions, host_busy, host_listen_failed, host_late, host_tries, host_not_stored, host_internal, host_enrolled, host_started,
	host_not_started, host_start_by_hand, host_not_root, host_check_failed, host_next, host_wrong, host_dry, host_stopped,
	host_bad_network, host_locks_out, host_no_nft, host_rules_wrong, host_rules_by_hand, host_rules_loaded, host_upstream_unknown;

#endif
