/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-setup says, in two languages.
 */
#ifndef SEK_BROKER_HUB_SETUP_WORDS_H
#define SEK_BROKER_HUB_SETUP_WORDS_H

#include "base/setup/setup.h"

extern const struct sek_question ask_ca, ask_inner, ask_outer, ask_name, ask_certificate, ask_certificate_key,
	ask_administrator, ask_database,
	ask_database_port, ask_database_server, ask_database_ca, ask_database_name, ask_database_user,
	ask_directory, ask_directory_ca, ask_bind_dn, ask_base, ask_filter, ask_test_user, ask_recording,
	ask_host, ask_host_name, ask_host_code, ask_staff, ask_management, ask_never, ask_backup, ask_backup_key;
extern const struct sek_phrase w_usage, w_welcome, w_faces, w_not_root, w_no_account, w_wrong, w_stopped, w_internal,
	w_not_path, w_not_folder, w_open_folder, w_no_ca_key, w_no_parent, w_not_address, w_not_own, w_same_face,
	w_bad_name, w_name_unknown, w_name_elsewhere, w_no_certificate, w_other_name, w_expires, w_bad_key, w_store_there,
	w_bad_user, w_bad_database, w_bad_port, w_bad_word,
	w_ask_database_password, w_ask_database_kept, w_database_failed, w_database_ok, w_move_is_whole, w_move_by_hand,
	w_ask_password, w_again, w_secrets_differ, w_bad_password, w_no_secret_file, w_bad_url, w_bad_text,
	w_bad_filter, w_ask_bind_password, w_directory_ok, w_directory_user, w_directory_failed, w_bad_recording,
	w_ask_passphrase, w_bad_passphrase, w_bad_backup_key, w_ask_backup_passphrase, w_backup_failed, w_backup_key_made,
	w_backup_made, w_host_is_inner, w_nobody_there, w_bad_code, w_type_code, w_bad_network, w_other_kind, w_no_nft,
	w_locks_out, w_doing, w_cannot_read, w_ca_there, w_ca_made, w_pki_failed, w_certificate_there, w_would_issue,
	w_recording_there, w_recording_made, w_recording_failed, w_enrolled, w_enrol_connect, w_enrol_silent, w_enrol_code,
	w_enrol_jail, w_enrol_sign, w_enrol_store, w_replace_host, w_would_enrol, w_host_later, w_host_again, w_not_set_up,
	w_added, w_add_by_hand, w_check_failed, w_administrator, w_administrator_made, w_administrator_failed, w_no_rules,
	w_rules_wrong, w_rules_by_hand, w_rules_loaded, w_start_by_hand, w_started, w_not_started, w_not_remembered, w_dry,
	w_finished;

#endif
