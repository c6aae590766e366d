/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * broker.yaml as libcyaml reads it: the structure and its schema. Private to the configuration, and to the backup, which
 * takes every file that it names.
 */
#ifndef SEK_BROKER_HUB_CONFIG_FILE_H
#define SEK_BROKER_HUB_CONFIG_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

struct sek_broker_config;

struct file_host {
	char *name, *address;
	uint16_t port;
	char *pool, *kind, *trust;
	bool *insecure;
	uint16_t *max_sessions;
};

/* The file as libcyaml reads it. A member of an optional key that is not there is NULL. */
struct sek_config_file {
	struct file_inner {
		char *address, *certificate, *key;
		uint16_t port;
		char **origins;
		unsigned origins_count;
		char **proxy_from;
		unsigned proxy_from_count;
	} inner;
	struct file_outer {
		char *address;
	} outer;
	struct file_pki {
		char *ca, *crl, *intermediate_certificate, *intermediate_key;
	} pki;
	struct file_host *render_hosts;
	unsigned render_hosts_count;
	struct file_store {
		char *path;
		struct file_postgresql {
			char *address, *name, *database, *user, *schema, *ca, *password_file, *certificate, *key;
			uint16_t *port;
		} *postgresql;
	} store;
	char *web_root;
	struct file_sessions {
		uint32_t *max, *linger_seconds, *idle_minutes, *maximum_minutes;
		uint16_t *max_width, *max_height;
	} *sessions;
	struct file_login {
		uint32_t *idle_minutes, *maximum_hours;
		char *needs, *key, *enrolment;
		struct file_notice {
			char *ja, *en;
		} *notice;
		struct file_certificates {
			char *ca, *crl;
		} *certificates;
		struct file_ldap {
			char *url, *ca, *user_dn, *bind_dn, *bind_password_file, *base, *filter, *display, *groups, *group_base,
				*group_filter;
			uint32_t *timeout_seconds, *reread_seconds;
		} *ldap;
	} *login;
	struct file_administration {
		bool second_administrator, combine_roles;
	} *administration;
	struct file_site {
		char *time_zone, *broker;
	} *site;
	struct file_programs {
		char *decoder, *encoder, *decoder_vnc, *decoder_rdp, *paper, *encoder_rfb;
	} *programs;
	uint32_t *log_level;
	struct file_audit {
		char *path, *key, *name;
		uint32_t *checkpoint_seconds, *checkpoint_records, *segment_mib;
		struct file_syslog {
			uint32_t how; /* enum sek_syslog_how */
			char *socket, *address, *ca, *name, *certificate, *key;
			uint16_t *port;
		} *syslog;
	} *audit;
	struct file_recording {
		char *path, *public_key, *signing_key, *secret_key, *words, *words_path;
		uint32_t *warn_free_mib, *least_free_mib, *sync_seconds;
	} *recording;
	struct file_documents {
		char *path, *words, *print_server;
		char **printers;
		unsigned printers_count;
		uint32_t *least_free_mib;
	} *documents;
	struct file_backup {
		char *folder, *public_key, *signing_key;
		bool recordings, documents;
		uint32_t *whole_days, *keep_days;
	} *backup;
	struct file_control {
		char *path, *group;
	} *control;
	struct file_metrics {
		char *address;
		uint16_t port;
	} *metrics;
	struct file_vnc_viewers {
		uint16_t port;
		char *address;
		uint32_t *language; /* enum sek_lang */
		uint16_t *width, *height;
	} *vnc_viewers;
	struct file_alarms {
		uint32_t *host_faults, *minutes;
	} *alarms;
	struct file_ages {
		uint32_t *certificate_warn_days, *certificate_max_days, *crl_warn_hours, *crl_max_hours, *image_warn_days, *image_max_days,
			*browser_warn_days, *browser_max_days, *browser_least;
	} *ages;
};

/* config_place.c: where the checks of a file stand, and what they have to say. */
struct sek_config_place {
	const char *path;
	char *err;
	size_t err_size;
};
/* Puts file and line before the message of a check of base/ that failed. */
sek_status sek_config_at(const struct sek_config_place *k, const char *key, sek_status status);
/* SEK_E_CONFIG, with "KEY: WHAT". */
sek_status sek_config_refuse(const struct sek_config_place *k, const char *key, const char *what);
/* *ret: the given path, or `name` beside the database (heap, also in *made). SEK_E_NOMEM. */
sek_status sek_config_beside_store(const struct sek_broker_config *c, const char *given, const char *name, char **made,
	const char **ret);

/* config_proxies.c: load balancers in front of this broker. */
sek_status sek_config_fill_proxies(const struct sek_config_place *k, struct sek_broker_config *c);
/* config_store.c: where the store is. */
sek_status sek_config_fill_store(const struct sek_config_place *k, struct sek_broker_config *c);

/* config_login.c: how people log in, once the store's path is known. */
sek_status sek_config_fill_login(const char *path, struct sek_broker_config *c, char *err, size_t err_size);

/* config_recording.c: once the audit log is known. */
sek_status sek_config_fill_recording(const char *path, struct sek_broker_config *c, char *err, size_t err_size);

/* config_recording.c: where documents lie that cross as pixels. */
sek_status sek_config_fill_documents(const char *path, const char *program_folder, struct sek_broker_config *c, char *err, size_t err_size);

/* config_backup.c: where backups go, once the store's path is known. */
sek_status sek_config_fill_backup(const char *path, struct sek_broker_config *c, char *err, size_t err_size);

/* config_hosts.c: what is said of foreign hosts, once c->hosts is filled, and the programs for them. */
sek_status sek_config_fill_foreign(const struct sek_config_place *k, const char *program_folder, struct sek_broker_config *c);

/* config_ages.c: how old things may be. */
sek_status sek_config_fill_ages(const struct sek_config_place *k, struct sek_broker_config *c);

extern const cyaml_schema_value_t sek_config_file_schema;

/* config_audit.c: the audit log and the control socket, once the store's path is known. */
sek_status sek_config_fill_audit(const char *path, struct sek_broker_config *c, char *err, size_t err_size);

#endif
