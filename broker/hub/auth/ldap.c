/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directory by libldap. Must never send a password before the server's certificate was verified, never follow a
 * referral (the password would go to whoever it names), and never bind with an empty password, which every server takes
 * for an anonymous bind and answers with success (RFC 4513, 5.1.2).
 */
#include "broker/hub/auth/ldap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "base/error.h"

/* One look. */
struct look {
	const struct sek_ldap_config *c;
	LDAP *ld;
	char dn[SEK_LDAP_TEXT_MAX_BYTES];
	struct sek_ldap_person *person;
	bool no_base;
	char *err;
	size_t err_size;
};

void sek_ldap_init(void)
{
	setenv("LDAPNOINIT", "1", 1);
}

sek_status sek_ldap_fill(const char *template, const char *name, char *ret, size_t size)
{
	size_t at = 0;

	for (; *template; template++) {
		if (template[0] != '%' || template[1] != 's') {
			if (at + 2 > size)
				return sek_fail(SEK_E_LIMIT);
			ret[at++] = *template;
			continue;
		}
		template++;
		for (const char *p = name; *p; p++) {
			unsigned char b = (unsigned char)*p;

			if (at + 4 > size)
				return sek_fail(SEK_E_LIMIT);
			if ((b < 0x80 && isalnum(b)) || b == '.' || b == '-' || b == '_')
				ret[at++] = (char)b;
			else
				at += (size_t)snprintf(ret + at, size - at, "\\%02x", b);
		}
	}
	ret[at] = '\0';
	return sek_ok();
}

static sek_status down(const struct look *k, const char *doing, int rc)
{
	char *diagnostic = NULL;

	if (k->ld)
		ldap_get_option(k->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
	snprintf(k->err, k->err_size, "%s: %s%s%.200s", doing, ldap_err2string(rc), diagnostic ? ": " : "",
		diagnostic ? diagnostic : "");
	ldap_memfree(diagnostic);
	return (sek_status){ SEK_E_IO, SEK_FROM_SEKISHO, rc };
}

static int set_tls(LDAP *ld, const struct sek_ldap_config *c)
{
	int demand = LDAP_OPT_X_TLS_DEMAND, least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, ours = 0, rc;

	rc = ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, c->ca);
	if (rc == LDAP_OPT_SUCCESS)
		rc = ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	if (rc == LDAP_OPT_SUCCESS)
		rc = ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_SAN, &demand);
	if (rc == LDAP_OPT_SUCCESS)
		rc = ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least);
	if (rc == LDAP_OPT_SUCCESS) /* last: makes the options above count for this handle */
		rc = ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &ours);
	return rc;
}

static sek_status connect_to(struct look *k)
{
	const struct timeval limit = { .tv_sec = (time_t)(k->c->timeout_ms / 1000),
		.tv_usec = (suseconds_t)(k->c->timeout_ms % 1000) * 1000 };
	int version = LDAP_VERSION3, rc = ldap_initialize(&k->ld, k->c->url);

	if (rc != LDAP_SUCCESS)
		return down(k, "address", rc);
	if (ldap_set_option(k->ld, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_OPT_SUCCESS ||
			ldap_set_option(k->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != LDAP_OPT_SUCCESS ||
			ldap_set_option(k->ld, LDAP_OPT_NETWORK_TIMEOUT, &limit) != LDAP_OPT_SUCCESS ||
			ldap_set_option(k->ld, LDAP_OPT_TIMEOUT, &limit) != LDAP_OPT_SUCCESS)
		return down(k, "options", LDAP_LOCAL_ERROR);
	rc = set_tls(k->ld, k->c);
	if (rc != LDAP_OPT_SUCCESS)
		return down(k, "CA certificates", rc);
	if (strncmp(k->c->url, "ldaps://", 8) == 0)
		return sek_ok(); /* TLS begins with the connection */
	rc = ldap_start_tls_s(k->ld, NULL, NULL);
	return rc == LDAP_SUCCESS ? sek_ok() : down(k, "StartTLS", rc);
}

static int bind_as(LDAP *ld, const char *dn, const char *password, size_t n)
{
	struct berval cred = { .bv_len = n, .bv_val = (char *)(uintptr_t)password };

	return ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

static int search(struct look *k, const char *base, int scope, const char *filter, const char *const *attributes, int most,
	LDAPMessage **ret)
{
	struct timeval limit = { .tv_sec = (time_t)(k->c->timeout_ms / 1000 + 1) };

	return ldap_search_ext_s(k->ld, base, scope, filter, (char **)(uintptr_t)attributes, 0, NULL, NULL, &limit, most, ret);
}

static void add_group(struct sek_ldap_person *p, const char *dn, size_t n)
{
	if (p->n_groups == SEK_LDAP_GROUPS_MAX || n == 0)
		return;
	if (!p->groups)
		p->groups = calloc(SEK_LDAP_GROUPS_MAX, sizeof *p->groups);
	if (p->groups && (p->groups[p->n_groups] = strndup(dn, n)))
		p->n_groups++;
}

/* Display name and, if they stand there, groups of the user's entry. */
static void read_entry(struct look *k, LDAPMessage *entry)
{
	struct berval **v = k->c->display ? ldap_get_values_len(k->ld, entry, k->c->display) : NULL;
	size_t i;

	if (v && v[0])
		snprintf(k->person->display, sizeof k->person->display, "%.*s", (int)(v[0]->bv_len < 255 ? v[0]->bv_len : 255),
			v[0]->bv_val);
	ldap_value_free_len(v);
	v = k->c->groups ? ldap_get_values_len(k->ld, entry, k->c->groups) : NULL;
	for (i = 0; v && v[i]; i++)
		add_group(k->person, v[i]->bv_val, v[i]->bv_len);
	ldap_value_free_len(v);
}

/* Finds exactly one entry; references to other servers do not count. */
static sek_status find_entry(struct look *k, const char *base, int scope, const char *filter)
{
	const char *const attributes[] = { k->c->display ? k->c->display : LDAP_NO_ATTRS, k->c->groups, NULL };
	LDAPMessage *found = NULL, *entry;
	int rc = search(k, base, scope, filter, attributes, 2, &found);
	sek_status status = sek_fail(SEK_E_DENIED);
	char *dn = NULL;

	k->no_base = rc == LDAP_NO_SUCH_OBJECT;
	if (rc != LDAP_SUCCESS && rc != LDAP_SIZELIMIT_EXCEEDED && rc != LDAP_NO_SUCH_OBJECT) {
		status = down(k, "search", rc);
	} else if (rc == LDAP_SUCCESS && ldap_count_entries(k->ld, found) == 1) {
		entry = ldap_first_entry(k->ld, found);
		dn = ldap_get_dn(k->ld, entry);
		if (dn && *dn && strlen(dn) < sizeof k->dn) {
			snprintf(k->dn, sizeof k->dn, "%s", dn);
			read_entry(k, entry);
			status = sek_ok();
		}
	}
	ldap_memfree(dn);
	ldap_msgfree(found);
	return status;
}

static sek_status find_groups(struct look *k)
{
	const char *const attributes[] = { LDAP_NO_ATTRS, NULL };
	char filter[SEK_LDAP_TEXT_MAX_BYTES * 2];
	LDAPMessage *found = NULL, *e;
	int rc;

	if (!k->c->group_base || !k->c->group_filter)
		return sek_ok();
	SEK_TRY(sek_ldap_fill(k->c->group_filter, k->dn, filter, sizeof filter));
	rc = search(k, k->c->group_base, LDAP_SCOPE_SUBTREE, filter, attributes, SEK_LDAP_GROUPS_MAX, &found);
	for (e = rc == LDAP_SUCCESS ? ldap_first_entry(k->ld, found) : NULL; e; e = ldap_next_entry(k->ld, e)) {
		char *dn = ldap_get_dn(k->ld, e);

		if (dn)
			add_group(k->person, dn, strlen(dn));
		ldap_memfree(dn);
	}
	ldap_msgfree(found);
	return rc == LDAP_SUCCESS ? sek_ok() : down(k, "search for groups", rc);
}

/* What the server says to a user's password: no, or something that is not about the user at all. */
static sek_status bind_user(struct look *k, const char *password, size_t n)
{
	int rc;

	if (n == 0 || k->dn[0] == '\0')
		return sek_fail(SEK_E_DENIED);
	rc = bind_as(k->ld, k->dn, password, n);
	switch (rc) {
	case LDAP_SUCCESS:
		return sek_ok();
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_CONSTRAINT_VIOLATION:
	case LDAP_UNWILLING_TO_PERFORM:
		return sek_fail(SEK_E_DENIED);
	default:
		return down(k, "bind", rc);
	}
}

/* As the service account: finds the entry and its groups. */
static sek_status search_user(struct look *k, const char *name)
{
	const struct sek_ldap_config *c = k->c;
	char filter[SEK_LDAP_TEXT_MAX_BYTES];
	int rc;

	SEK_TRY(sek_ldap_fill(c->filter, name, filter, sizeof filter));
	if (c->bind_dn) {
		rc = bind_as(k->ld, c->bind_dn, c->bind_password, strlen(c->bind_password));
		if (rc != LDAP_SUCCESS)
			return down(k, "log-in of the service account", rc);
	}
	SEK_TRY(find_entry(k, c->base, LDAP_SCOPE_SUBTREE, filter));
	return find_groups(k);
}

static sek_status by_search(struct look *k, const char *name, const char *password, size_t n)
{
	SEK_TRY(search_user(k, name));
	return bind_user(k, password, n);
}

static sek_status by_template(struct look *k, const char *name, const char *password, size_t n)
{
	SEK_TRY(sek_ldap_fill(k->c->user_dn, name, k->dn, sizeof k->dn));
	SEK_TRY(bind_user(k, password, n));
	SEK_TRY(find_entry(k, k->dn, LDAP_SCOPE_BASE, "(objectClass=*)"));
	return find_groups(k);
}

static sek_status finish(struct look *k, sek_status status, struct sek_ldap_person *ret)
{
	if (k->ld)
		ldap_unbind_ext_s(k->ld, NULL, NULL);
	if (sek_is_ok(status))
		*ret = *k->person;
	else
		sek_ldap_person_finish(k->person);
	return status;
}

sek_status sek_ldap_look(const struct sek_ldap_config *c, const char *name, const char *password, size_t n,
	struct sek_ldap_person *ret, char *err, size_t err_size)
{
	struct sek_ldap_person person = { .n_groups = 0 };
	struct look k = { .c = c, .person = &person, .err = err, .err_size = err_size };
	sek_status status;

	err[0] = '\0';
	if (n == 0 || !*name)
		return sek_fail(SEK_E_DENIED);
	status = connect_to(&k);
	if (sek_is_ok(status))
		status = c->user_dn ? by_template(&k, name, password, n) : by_search(&k, name, password, n);
	return finish(&k, status, ret);
}

sek_status sek_ldap_find(const struct sek_ldap_config *c, const char *name, struct sek_ldap_person *ret, char *err, size_t err_size)
{
	struct sek_ldap_person person = { .n_groups = 0 };
	struct look k = { .c = c, .person = &person, .err = err, .err_size = err_size };
	sek_status status;

	err[0] = '\0';
	if (c->user_dn)
		return sek_fail(SEK_E_CONFIG);
	status = connect_to(&k);
	if (sek_is_ok(status))
		status = search_user(&k, name);
	if (sek_is(status, SEK_E_DENIED) && k.no_base) {
		snprintf(err, err_size, "search: the base is not there, or the service account may not see it");
		status = sek_fail(SEK_E_IO);
	}
	return finish(&k, status, ret);
}

void sek_ldap_person_finish(struct sek_ldap_person *p)
{
	size_t i;

	for (i = 0; i < p->n_groups; i++)
		free(p->groups[i]);
	free(p->groups);
	memset(p, 0, sizeof *p);
}
