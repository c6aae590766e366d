/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * broker.yaml: what it holds, and the checks that a schema cannot express. broker.example.yaml explains every key.
 */
#ifndef SEK_BROKER_HUB_CONFIG_H
#define SEK_BROKER_HUB_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/status.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/syslog.h"
#include "broker/hub/auth/certificate.h"
#include "broker/hub/auth/ldap.h"
#include "broker/hub/auth/needs.h"
#include "broker/hub/door/door.h"
#include "broker/hub/record/record.h"
#include "broker/hub/session/session.h"

#define SEK_CONFIG_ERROR_BYTES 1024
#define SEK_ORIGINS_MAX 16
#define SEK_RENDER_HOSTS_MAX 256
#define SEK_DOCUMENTS_PRINTERS 32 /* queues that may be used */

struct sek_config_file;

/* The configuration with every default filled in. Everything in it is owned by it. Paths in the file count from the
 * file's own folder; here they are absolute or relative to the process's working directory. */
struct sek_broker_config {
	const char *inner_address;             /* numeric */
	uint16_t inner_port;
	const char *certificate, *key;         /* PEM files of the inner face */
	const char *origins[SEK_ORIGINS_MAX];  /* "https://host" or "https://host:port" */
	size_t n_origins;                      /* at least one */
	struct sek_door_proxies proxies;       /* load balancers in front of this broker; none = it is reached directly */
	const char *store_path, *web_root;     /* store_path: the SQLite file, beside which other things lie */
	const char *store_where;               /* what sek_store_open is given: store_path, or where the PostgreSQL is */
	struct sek_sessions_config sessions;
	uint32_t login_idle_s, login_maximum_s;
	bool enrol_allowed;                    /* a second factor is set up only while an administrator allows it */
	uint32_t login_needs;                  /* enum sek_factor: of users whose groups say nothing */
	const char *login_key_path;            /* seals second factors; made at the first start */
	const char *notice_ja, *notice_en;     /* what users must acknowledge; NULL = nothing */
	char notice[65];                       /* its hash in hex, "" = none */
	bool has_ldap, has_certificates;
	struct sek_ldap_config ldap;
	struct sek_certificate_config login_certificates;
	const char *broker_name;               /* among the brokers on one store */
	const char *time_zone;                 /* of the site, as in "Asia/Tokyo"; NULL = the machine's */
	enum sek_log_level log_level;
	bool second_administrator, combine_roles; /* administration.* */
	struct sek_audit_config audit;
	struct sek_syslog_config syslog;
	const char *control_path;              /* socket of sekishoctl */
	bool has_recording;                    /* the file says where recordings go */
	struct sek_recorder_config recording;
	const char *words_path;                /* index of words that were read on recordings, NULL = none are read */
	const char *words_languages;           /* "jpn+eng" */
	const char *recording_secret_path;     /* the locked secret half of the recording key, NULL = reviewers bring it */
	bool has_documents;                    /* the file says that documents may cross, and where they lie */
	const char *documents_path, *documents_languages, *print_server, *paper_path; /* print_server: NULL = libcups' own default */
	const char *const *printers;
	size_t n_printers;
	uint64_t documents_least_free_bytes;
	const char *backup_folder;             /* where `sekishoctl backup` puts its files; NULL: this site says nothing of backups */
	const char *backup_public_key_path, *backup_signing_key_path, *backup_held_path;
	bool backup_recordings, backup_documents; /* their files too */
	uint32_t backup_whole_days, backup_keep_days; /* a whole one at least so often; older ones are removed, 0 = never */
	const char *metrics_address;           /* numeric; NULL: nothing listens there */
	uint16_t metrics_port;
	const char *viewers_address;           /* numeric: the port for VNC viewers; NULL: there is none */
	uint16_t viewers_port, viewers_width_px, viewers_height_px;
	enum sek_lang viewers_lang;
	const char *encoder_rfb_path;          /* executable; NULL: there is no such port */
	gid_t control_gid;                     /* who may use it besides root and the broker's user; (gid_t)-1 = nobody */

	struct sek_config_file *file;          /* owns the texts */
	struct sek_render_host *hosts;
	char *made_origin, *made_decoder, *made_decoder_vnc, *made_decoder_rdp, *made_encoder, *made_encoder_rfb, *made_audit_path, *made_audit_key, *made_control_path, *made_login_key, *made_bind_password, *made_recordings,
		*made_recording_key, *made_words, *made_documents, *made_paper, *made_store, *made_backup_key, *made_backup_held;
	char host_name[256];
};

/* Loads and checks a configuration file. On failure writes "file:line: what is wrong: what to do" into err and returns
 * SEK_E_CONFIG. Decoder and encoder stand in program_folder unless the file says otherwise. */
sek_status sek_broker_config_load(const char *path, const char *program_folder, struct sek_broker_config **ret,
	char *err, size_t err_size);
void sek_broker_config_free(struct sek_broker_config *c);

#endif
