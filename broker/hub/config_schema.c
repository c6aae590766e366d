/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The schema of broker.yaml. What it does not name is refused.
 */
#include "base/log.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

#define TEXT(key, flags, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type, member, 1, 4096)
#define NUMBER(key, type, member) \
	CYAML_FIELD_UINT_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member)

static const cyaml_schema_value_t origin_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 300),
};
static const cyaml_schema_field_t inner_fields[] = {
	TEXT("address", 0, struct file_inner, address),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct file_inner, port),
	TEXT("certificate", 0, struct file_inner, certificate),
	TEXT("key", 0, struct file_inner, key),
	CYAML_FIELD_SEQUENCE("origins", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_inner, origins,
		&origin_schema, 1, SEK_ORIGINS_MAX),
	CYAML_FIELD_SEQUENCE("proxy_from", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_inner, proxy_from,
		&origin_schema, 1, SEK_DOOR_PROXIES_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t outer_fields[] = {
	TEXT("address", 0, struct file_outer, address),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t pki_fields[] = {
	TEXT("ca", 0, struct file_pki, ca),
	TEXT("crl", 0, struct file_pki, crl),
	TEXT("intermediate_certificate", 0, struct file_pki, intermediate_certificate),
	TEXT("intermediate_key", 0, struct file_pki, intermediate_key),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t host_fields[] = {
	TEXT("name", 0, struct file_host, name),
	TEXT("address", 0, struct file_host, address),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct file_host, port),
	TEXT("pool", CYAML_FLAG_OPTIONAL, struct file_host, pool),
	TEXT("kind", CYAML_FLAG_OPTIONAL, struct file_host, kind),
	TEXT("trust", CYAML_FLAG_OPTIONAL, struct file_host, trust),
	CYAML_FIELD_BOOL_PTR("insecure", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_host, insecure),
	CYAML_FIELD_UINT_PTR("max_sessions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_host, max_sessions),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t host_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_host, host_fields),
};
static const cyaml_schema_field_t postgresql_fields[] = {
	TEXT("address", 0, struct file_postgresql, address),
	CYAML_FIELD_UINT_PTR("port", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_postgresql, port),
	TEXT("name", CYAML_FLAG_OPTIONAL, struct file_postgresql, name),
	TEXT("database", CYAML_FLAG_OPTIONAL, struct file_postgresql, database),
	TEXT("user", CYAML_FLAG_OPTIONAL, struct file_postgresql, user),
	TEXT("schema", CYAML_FLAG_OPTIONAL, struct file_postgresql, schema),
	TEXT("ca", CYAML_FLAG_OPTIONAL, struct file_postgresql, ca),
	TEXT("password_file", CYAML_FLAG_OPTIONAL, struct file_postgresql, password_file),
	TEXT("certificate", CYAML_FLAG_OPTIONAL, struct file_postgresql, certificate),
	TEXT("key", CYAML_FLAG_OPTIONAL, struct file_postgresql, key),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t store_fields[] = {
	TEXT("path", 0, struct file_store, path),
	CYAML_FIELD_MAPPING_PTR("postgresql", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_store, postgresql, postgresql_fields),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t sessions_fields[] = {
	NUMBER("max", struct file_sessions, max),
	NUMBER("linger_seconds", struct file_sessions, linger_seconds),
	NUMBER("idle_minutes", struct file_sessions, idle_minutes),
	NUMBER("maximum_minutes", struct file_sessions, maximum_minutes),
	NUMBER("max_width", struct file_sessions, max_width),
	NUMBER("max_height", struct file_sessions, max_height),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t notice_fields[] = {
	TEXT("ja", 0, struct file_notice, ja),
	TEXT("en", 0, struct file_notice, en),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t certificates_fields[] = {
	TEXT("ca", 0, struct file_certificates, ca),
	TEXT("crl", 0, struct file_certificates, crl),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t ldap_fields[] = {
	TEXT("url", 0, struct file_ldap, url),
	TEXT("ca", 0, struct file_ldap, ca),
	TEXT("user_dn", CYAML_FLAG_OPTIONAL, struct file_ldap, user_dn),
	TEXT("bind_dn", CYAML_FLAG_OPTIONAL, struct file_ldap, bind_dn),
	TEXT("bind_password_file", CYAML_FLAG_OPTIONAL, struct file_ldap, bind_password_file),
	TEXT("base", CYAML_FLAG_OPTIONAL, struct file_ldap, base),
	TEXT("filter", CYAML_FLAG_OPTIONAL, struct file_ldap, filter),
	TEXT("display", CYAML_FLAG_OPTIONAL, struct file_ldap, display),
	TEXT("groups", CYAML_FLAG_OPTIONAL, struct file_ldap, groups),
	TEXT("group_base", CYAML_FLAG_OPTIONAL, struct file_ldap, group_base),
	TEXT("group_filter", CYAML_FLAG_OPTIONAL, struct file_ldap, group_filter),
	NUMBER("timeout_seconds", struct file_ldap, timeout_seconds),
	NUMBER("reread_seconds", struct file_ldap, reread_seconds),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t login_fields[] = {
	TEXT("needs", CYAML_FLAG_OPTIONAL, struct file_login, needs),
	TEXT("key", CYAML_FLAG_OPTIONAL, struct file_login, key),
	TEXT("enrolment", CYAML_FLAG_OPTIONAL, struct file_login, enrolment),
	CYAML_FIELD_MAPPING_PTR("notice", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_login, notice, notice_fields),
	CYAML_FIELD_MAPPING_PTR("certificates", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_login, certificates,
		certificates_fields),
	CYAML_FIELD_MAPPING_PTR("ldap", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_login, ldap, ldap_fields),
	NUMBER("idle_minutes", struct file_login, idle_minutes),
	NUMBER("maximum_hours", struct file_login, maximum_hours),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t administration_fields[] = {
	SEK_CONFIG_FIELD_BOOL("second_administrator", CYAML_FLAG_OPTIONAL, struct file_administration, second_administrator),
	SEK_CONFIG_FIELD_BOOL("combine_roles", CYAML_FLAG_OPTIONAL, struct file_administration, combine_roles),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t site_fields[] = {
	TEXT("time_zone", CYAML_FLAG_OPTIONAL, struct file_site, time_zone),
	TEXT("broker", CYAML_FLAG_OPTIONAL, struct file_site, broker),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t programs_fields[] = {
	TEXT("decoder", CYAML_FLAG_OPTIONAL, struct file_programs, decoder),
	TEXT("encoder", CYAML_FLAG_OPTIONAL, struct file_programs, encoder),
	TEXT("decoder_vnc", CYAML_FLAG_OPTIONAL, struct file_programs, decoder_vnc),
	TEXT("decoder_rdp", CYAML_FLAG_OPTIONAL, struct file_programs, decoder_rdp),
	TEXT("paper", CYAML_FLAG_OPTIONAL, struct file_programs, paper),
	TEXT("encoder_rfb", CYAML_FLAG_OPTIONAL, struct file_programs, encoder_rfb),
	CYAML_FIELD_END,
};
static const cyaml_strval_t syslog_hows[] = { { "local", SEK_SYSLOG_LOCAL }, { "tls", SEK_SYSLOG_TLS } };
static const cyaml_schema_field_t syslog_fields[] = {
	CYAML_FIELD_ENUM("to", CYAML_FLAG_STRICT, struct file_syslog, how, syslog_hows, 2),
	TEXT("socket", CYAML_FLAG_OPTIONAL, struct file_syslog, socket),
	TEXT("address", CYAML_FLAG_OPTIONAL, struct file_syslog, address),
	CYAML_FIELD_UINT_PTR("port", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_syslog, port),
	TEXT("ca", CYAML_FLAG_OPTIONAL, struct file_syslog, ca),
	TEXT("name", CYAML_FLAG_OPTIONAL, struct file_syslog, name),
	TEXT("certificate", CYAML_FLAG_OPTIONAL, struct file_syslog, certificate),
	TEXT("key", CYAML_FLAG_OPTIONAL, struct file_syslog, key),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t audit_fields[] = {
	CYAML_FIELD_MAPPING_PTR("syslog", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_audit, syslog, syslog_fields),
	TEXT("path", CYAML_FLAG_OPTIONAL, struct file_audit, path),
	TEXT("key", CYAML_FLAG_OPTIONAL, struct file_audit, key),
	TEXT("name", CYAML_FLAG_OPTIONAL, struct file_audit, name),
	NUMBER("checkpoint_seconds", struct file_audit, checkpoint_seconds),
	NUMBER("checkpoint_records", struct file_audit, checkpoint_records),
	NUMBER("segment_mib", struct file_audit, segment_mib),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t recording_fields[] = {
	TEXT("path", CYAML_FLAG_OPTIONAL, struct file_recording, path),
	TEXT("public_key", 0, struct file_recording, public_key),
	TEXT("signing_key", CYAML_FLAG_OPTIONAL, struct file_recording, signing_key),
	TEXT("secret_key", CYAML_FLAG_OPTIONAL, struct file_recording, secret_key),
	TEXT("words", CYAML_FLAG_OPTIONAL, struct file_recording, words),
	TEXT("words_path", CYAML_FLAG_OPTIONAL, struct file_recording, words_path),
	NUMBER("warn_free_mib", struct file_recording, warn_free_mib),
	NUMBER("least_free_mib", struct file_recording, least_free_mib),
	NUMBER("sync_seconds", struct file_recording, sync_seconds),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t printer_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 127),
};
static const cyaml_schema_field_t documents_fields[] = {
	TEXT("path", CYAML_FLAG_OPTIONAL, struct file_documents, path),
	TEXT("words", CYAML_FLAG_OPTIONAL, struct file_documents, words),
	TEXT("print_server", CYAML_FLAG_OPTIONAL, struct file_documents, print_server),
	CYAML_FIELD_SEQUENCE("printers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_documents, printers, &printer_schema, 1,
		SEK_DOCUMENTS_PRINTERS),
	NUMBER("least_free_mib", struct file_documents, least_free_mib),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t backup_fields[] = {
	TEXT("folder", 0, struct file_backup, folder),
	TEXT("public_key", 0, struct file_backup, public_key),
	TEXT("signing_key", CYAML_FLAG_OPTIONAL, struct file_backup, signing_key),
	SEK_CONFIG_FIELD_BOOL("recordings", CYAML_FLAG_OPTIONAL, struct file_backup, recordings),
	SEK_CONFIG_FIELD_BOOL("documents", CYAML_FLAG_OPTIONAL, struct file_backup, documents),
	NUMBER("whole_days", struct file_backup, whole_days),
	NUMBER("keep_days", struct file_backup, keep_days),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t control_fields[] = {
	TEXT("path", CYAML_FLAG_OPTIONAL, struct file_control, path),
	TEXT("group", CYAML_FLAG_OPTIONAL, struct file_control, group),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t metrics_fields[] = {
	TEXT("address", 0, struct file_metrics, address),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct file_metrics, port),
	CYAML_FIELD_END,
};
static const cyaml_strval_t languages[] = { { "ja", SEK_LANG_JA }, { "en", SEK_LANG_EN } };
static const cyaml_schema_field_t vnc_viewers_fields[] = {
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct file_vnc_viewers, port),
	TEXT("address", CYAML_FLAG_OPTIONAL, struct file_vnc_viewers, address),
	CYAML_FIELD_ENUM_PTR("language", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct file_vnc_viewers, language,
		languages, 2),
	CYAML_FIELD_UINT_PTR("width", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_vnc_viewers, width),
	CYAML_FIELD_UINT_PTR("height", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_vnc_viewers, height),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t alarms_fields[] = {
	CYAML_FIELD_UINT_PTR("host_faults", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_alarms, host_faults),
	CYAML_FIELD_UINT_PTR("minutes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_alarms, minutes),
	CYAML_FIELD_END,
};
#define AGE(name) CYAML_FIELD_UINT_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_ages, name)
static const cyaml_schema_field_t ages_fields[] = {
	AGE(certificate_warn_days),
	AGE(certificate_max_days),
	AGE(crl_warn_hours),
	AGE(crl_max_hours),
	AGE(image_warn_days),
	AGE(image_max_days),
	AGE(browser_warn_days),
	AGE(browser_max_days),
	AGE(browser_least),
	CYAML_FIELD_END,
};
static const cyaml_strval_t log_levels[] = {
	{ "debug", SEK_LOG_DEBUG }, { "info", SEK_LOG_INFO }, { "warn", SEK_LOG_WARN }, { "error", SEK_LOG_ERROR },
};
static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_MAPPING("inner", CYAML_FLAG_DEFAULT, struct sek_config_file, inner, inner_fields),
	CYAML_FIELD_MAPPING("outer", CYAML_FLAG_DEFAULT, struct sek_config_file, outer, outer_fields),
	CYAML_FIELD_MAPPING("pki", CYAML_FLAG_DEFAULT, struct sek_config_file, pki, pki_fields),
	CYAML_FIELD_SEQUENCE("render_hosts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, render_hosts, &host_schema, 0,
		SEK_RENDER_HOSTS_MAX),
	CYAML_FIELD_MAPPING("store", CYAML_FLAG_DEFAULT, struct sek_config_file, store, store_fields),
	TEXT("web_root", 0, struct sek_config_file, web_root),
	CYAML_FIELD_MAPPING_PTR("sessions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, sessions,
		sessions_fields),
	CYAML_FIELD_MAPPING_PTR("login", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, login,
		login_fields),
	CYAML_FIELD_MAPPING_PTR("administration", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file,
		administration, administration_fields),
	CYAML_FIELD_MAPPING_PTR("site", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, site,
		site_fields),
	CYAML_FIELD_MAPPING_PTR("programs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, programs,
		programs_fields),
	CYAML_FIELD_MAPPING_PTR("audit", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, audit,
		audit_fields),
	CYAML_FIELD_MAPPING_PTR("recording", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, recording,
		recording_fields),
	CYAML_FIELD_MAPPING_PTR("documents", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, documents,
		documents_fields),
	CYAML_FIELD_MAPPING_PTR("backup", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, backup,
		backup_fields),
	CYAML_FIELD_MAPPING_PTR("control", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, control,
		control_fields),
	CYAML_FIELD_MAPPING_PTR("metrics", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, metrics,
		metrics_fields),
	CYAML_FIELD_MAPPING_PTR("vnc_viewers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, vnc_viewers,
		vnc_viewers_fields),
	CYAML_FIELD_MAPPING_PTR("alarms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, alarms,
		alarms_fields),
	CYAML_FIELD_MAPPING_PTR("ages", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sek_config_file, ages,
		ages_fields),
	CYAML_FIELD_ENUM_PTR("log_level", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
		struct sek_config_file, log_level, log_levels, 4),
	CYAML_FIELD_END,
};
const cyaml_schema_value_t sek_config_file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sek_config_file, file_fields),
};
