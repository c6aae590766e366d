/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part of broker.yaml that says how people log in. Must never let a directory be asked without TLS, nor a password be
 * sent to one whose certificate nothing could verify.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/config.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

static sek_status check_file(const struct sek_config_place *k, const char *key, const char *path, int secret)
{
	return sek_config_at(k, key, sek_config_check_file(key, path, secret, k->err, k->err_size));
}

/* One %s and no other percent sign. */
static sek_status check_template(const struct sek_config_place *k, const char *key, const char *text)
{
	const char *percent = strchr(text, '%');

	if (!percent || percent[1] != 's' || strchr(percent + 1, '%'))
		return sek_config_refuse(k, key, "must hold %s exactly once, where the name belongs, and no other percent sign");
	if (strlen(text) > 500)
		return sek_config_refuse(k, key, "is too long: at most 500 characters");
	return sek_ok();
}

static sek_status check_ldap_words(const struct sek_config_place *k, const struct file_ldap *f)
{
	bool ldaps = strncmp(f->url, "ldaps://", 8) == 0;
	const char *host = f->url + (ldaps ? 8 : 7);

	if ((!ldaps && strncmp(f->url, "ldap://", 7) != 0) || !*host || strpbrk(host, "/?#@ ,"))
		return sek_config_refuse(k, "login.ldap.url", "is not a directory's address: write ldaps://HOST, ldaps://HOST:PORT, or "
			"ldap://HOST for StartTLS");
	if (f->user_dn && (f->filter || f->bind_dn))
		return sek_config_refuse(k, "login.ldap.user_dn", "excludes filter and bind_dn: a user is found either by DN or by a search");
	if (!f->user_dn && (!f->base || !f->filter))
		return sek_config_refuse(k, "login.ldap", "needs either user_dn, or base and filter");
	if (!f->bind_dn != !f->bind_password_file)
		return sek_config_refuse(k, "login.ldap.bind_dn", "and bind_password_file belong together: write both or neither");
	if (!f->group_base != !f->group_filter)
		return sek_config_refuse(k, "login.ldap.group_base", "and group_filter belong together: write both or neither");
	if (f->user_dn)
		SEK_TRY(check_template(k, "login.ldap.user_dn", f->user_dn));
	if (f->filter)
		SEK_TRY(check_template(k, "login.ldap.filter", f->filter));
	if (f->group_filter)
		SEK_TRY(check_template(k, "login.ldap.group_filter", f->group_filter));
	return sek_ok();
}

static sek_status read_secret(const struct sek_config_place *k, const char *path, char **ret)
{
	size_t n = 0;

	SEK_TRY(check_file(k, "login.ldap.bind_password_file", path, 1));
	if (!sek_is_ok(sek_file_read(path, ret, &n)))
		return sek_config_refuse(k, "login.ldap.bind_password_file", "cannot be read");
	(*ret)[strcspn(*ret, "\r\n")] = '\0';
	if ((*ret)[0] == '\0')
		return sek_config_refuse(k, "login.ldap.bind_password_file", "is empty: a directory takes an empty password for nobody's");
	return sek_ok();
}

static sek_status fill_ldap(const struct sek_config_place *k, struct sek_broker_config *c, const struct file_ldap *f)
{
	uint32_t seconds = f->timeout_seconds ? *f->timeout_seconds : 3;
	uint32_t reread_s = f->reread_seconds ? *f->reread_seconds : f->user_dn ? 0 : SEK_LDAP_REREAD_S;

	SEK_TRY(check_ldap_words(k, f));
	SEK_TRY(check_file(k, "login.ldap.ca", f->ca, 0));
	SEK_TRY(sek_config_at(k, "login.ldap.timeout_seconds", sek_config_check_range("login.ldap.timeout_seconds", seconds, 1, 30, k->err,
		k->err_size)));
	SEK_TRY(sek_config_at(k, "login.ldap.reread_seconds", sek_config_check_range("login.ldap.reread_seconds", reread_s, 0, 86400, k->err,
		k->err_size)));
	if (reread_s && f->user_dn)
		return sek_config_refuse(k, "login.ldap.reread_seconds", "needs base and filter: by user_dn nobody can be looked up without his or her "
			"password");
	if (f->bind_password_file)
		SEK_TRY(read_secret(k, f->bind_password_file, &c->made_bind_password));
	c->ldap = (struct sek_ldap_config){
		.url = f->url, .ca = f->ca, .user_dn = f->user_dn, .bind_dn = f->bind_dn, .bind_password = c->made_bind_password,
		.base = f->base, .filter = f->filter, .display = f->display ? f->display : "cn", .groups = f->groups,
		.group_base = f->group_base, .group_filter = f->group_filter, .timeout_ms = seconds * 1000,
		.reread_ms = reread_s * 1000,
	};
	c->has_ldap = true;
	return sek_ok();
}

/* Whoever changes a word of the notice asks everybody again. */
static void fill_notice(struct sek_broker_config *c, const struct file_notice *f)
{
	crypto_generichash_state state;
	uint8_t hash[32];

	(void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
	(void)crypto_generichash_update(&state, (const uint8_t *)f->ja, strlen(f->ja) + 1);
	(void)crypto_generichash_update(&state, (const uint8_t *)f->en, strlen(f->en) + 1);
	(void)crypto_generichash_final(&state, hash, sizeof hash);
	sodium_bin2hex(c->notice, sizeof c->notice, hash, sizeof hash);
	c->notice_ja = f->ja;
	c->notice_en = f->en;
}

sek_status sek_config_fill_login(const char *path, struct sek_broker_config *c, char *err, size_t err_size)
{
	const struct sek_config_place k = { path, err, err_size };
	const struct file_login *f = c->file->login;

	c->login_needs = SEK_FACTOR_PASSWORD;
	SEK_TRY(sek_config_beside_store(c, f ? f->key : NULL, "login.key", &c->made_login_key, &c->login_key_path));
	if (!f)
		return sek_ok();
	if (f->needs && !sek_needs_parse(f->needs, &c->login_needs))
		return sek_config_refuse(&k, "login.needs", "is not a set of factors: write password, password+totp, certificate or "
			"certificate+password");
	if (f->enrolment && strcmp(f->enrolment, "self") != 0 && strcmp(f->enrolment, "allowed") != 0)
		return sek_config_refuse(&k, "login.enrolment", "is neither self (at the next log-in) nor allowed (once an administrator has allowed it)");
	c->enrol_allowed = f->enrolment && strcmp(f->enrolment, "allowed") == 0;
	if (f->notice)
		fill_notice(c, f->notice);
	if (f->certificates) {
		SEK_TRY(check_file(&k, "login.certificates.ca", f->certificates->ca, 0));
		SEK_TRY(check_file(&k, "login.certificates.crl", f->certificates->crl, 0));
		c->login_certificates = (struct sek_certificate_config){ f->certificates->ca, f->certificates->crl };
		c->has_certificates = true;
	}
	return f->ldap ? fill_ldap(&k, c, f->ldap) : sek_ok();
}
