/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One look at the directory (LDAP, Active Directory) for one log-in: find the user, bind as the user, read the groups.
 * Always over TLS with a verified certificate. Blocks up to a few timeouts, so in the broker it runs in the thread pool;
 * thread safe.
 */
#ifndef SEK_BROKER_HUB_AUTH_LDAP_H
#define SEK_BROKER_HUB_AUTH_LDAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_LDAP_GROUPS_MAX 500       /* of one user; more are not looked at */
#define SEK_LDAP_DISPLAY_BYTES 256
#define SEK_LDAP_REREAD_S 300         /* unless the site says otherwise */
#define SEK_LDAP_TEXT_MAX_BYTES 2048  /* of a filter or DN with the name filled in */

/* Texts are the site's own; %s stands for the user's name, escaped. */
struct sek_ldap_config {
	const char *url;           /* ldaps://HOST[:PORT], or ldap://HOST[:PORT]: then StartTLS before anything else */
	const char *ca;            /* PEM file: the CAs that may have signed the server's certificate */
	const char *user_dn;       /* "uid=%s,ou=people,dc=example": the user's DN; or NULL: */
	const char *bind_dn, *bind_password; /* of a service account that may search; NULL: anonymous */
	const char *base, *filter; /* where, and "(&(objectClass=person)(uid=%s))": must give exactly one entry */
	const char *display;       /* attribute with the person's name: "cn", "displayName" */
	const char *groups;        /* attribute of the user's entry that names groups ("memberOf"); or NULL: */
	const char *group_base, *group_filter; /* "(member=%s)", here with the user's DN; NULL: no groups */
	uint32_t timeout_ms;       /* of each step */
	uint32_t reread_ms;        /* users with a live log-in are looked up again so often; 0 = never */
};

struct sek_ldap_person {
	char display[SEK_LDAP_DISPLAY_BYTES]; /* "" = none */
	char **groups;                        /* DNs */
	size_t n_groups;
};

/* Makes libldap ignore the machine's ldap.conf and everybody's .ldaprc: only our own configuration counts. Before any thread. */
void sek_ldap_init(void);

/* Looks a user up and tries the password of n bytes. SEK_OK: right; *ret filled, to be ended by sek_ldap_person_finish.
 * SEK_E_DENIED: no such user, several, or a wrong or empty password. SEK_E_IO (detail: libldap's number): the directory
 * cannot be reached, is not trusted or does not answer; err says why. */
sek_status sek_ldap_look(const struct sek_ldap_config *c, const char *name, const char *password, size_t n,
	struct sek_ldap_person *ret, char *err, size_t err_size);
/* Looks a user up without a password, as the service account: only with base and filter, never with user_dn (SEK_E_CONFIG). SEK_OK as
 * above. SEK_E_DENIED: where there are entries, there is not exactly one of this user. SEK_E_IO also if the base is not there: more
 * likely the service account may not see it than that everybody has left. */
sek_status sek_ldap_find(const struct sek_ldap_config *c, const char *name, struct sek_ldap_person *ret, char *err, size_t err_size);
void sek_ldap_person_finish(struct sek_ldap_person *p);

/* Puts a name into a template, every byte that is not a letter, digit, dot, hyphen or underscore as \XX: right in a filter
 * (RFC 4515) and in a DN (RFC 4514) alike. SEK_E_LIMIT. */
sek_status sek_ldap_fill(const char *template, const char *name, char *ret, size_t size);

#endif
