/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Foreign hosts: what is said of them when they are added, with what they are logged in to, and the test of a connection. Must never give a
 * password back, nor let one come into the record.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/auth/certificate.h"
#include "broker/hub/keys/seal.h"
#include "broker/hub/store/hosts.h"

_Static_assert(SEK_HOST_TRUST_MAX_BYTES < SEK_STORE_TRUST_BYTES, "what is taken fits into the store");
_Static_assert(sizeof(struct sek_host_secret) + SEK_SEAL_MORE_BYTES <= SEK_STORE_SECRET_BYTES, "likewise");

void sek_admin_check_foreign(struct sek_admin_request *r)
{
	const json_t *trust = json_object_get(r->in, "trust");
	bool insecure = sek_admin_bool(r, "insecure");
	enum sek_host_kind kind = SEK_KIND_SEKISHO;
	struct sek_certificate c;

	if (sek_admin_has(r, "kind") && !sek_host_kind_find(sek_admin_text(r, "kind"), &kind))
		sek_admin_bad(r, "kind", "unknown");
	else if (!sek_sessions_decoder(r->admin->config.sessions, kind))
		sek_admin_bad(r, "kind", "not-installed");
	else if (kind == SEK_KIND_SEKISHO && (trust || insecure || sek_admin_has(r, "max_sessions")))
		sek_admin_bad(r, trust ? "trust" : insecure ? "insecure" : "max_sessions", "kind");
	else if (trust && !json_is_string(trust))
		sek_admin_bad(r, "trust", "type");
	else if (trust && json_string_length(trust) > SEK_HOST_TRUST_MAX_BYTES)
		sek_admin_bad(r, "trust", "too-long");
	else if (json_string_length(trust) > 0 && insecure)
		sek_admin_bad(r, "trust", "insecure");
	else if (json_string_length(trust) > 0 && !sek_is_ok(sek_certificate_read(json_string_value(trust), &c)))
		sek_admin_bad(r, "trust", "type");
}

/* --- with what they are logged in to --- */

struct kind_search {
	const char *name;
	bool foreign;
};

static void match(void *ctx, const struct sek_host_info *i)
{
	struct kind_search *s = ctx;

	if (strcmp(i->host->name, s->name) == 0)
		s->foreign = i->host->kind != SEK_KIND_SEKISHO;
}

static void secret_work(struct sek_admin_request *r)
{
	const char *host = sek_admin_text(r, "host"), *user = sek_admin_text(r, "user"), *password = sek_admin_text(r, "password");
	uint8_t sealed[sizeof(struct sek_host_secret) + SEK_SEAL_MORE_BYTES];
	struct sek_host_secret secret = { "", "" };
	char purpose[SEK_STORE_NAME_BYTES + 128];
	bool none = !*password && !*sek_admin_text(r, "login");

	snprintf(secret.login, sizeof secret.login, "%s", sek_admin_text(r, "login"));
	snprintf(secret.password, sizeof secret.password, "%s", password);
	sek_seal_for_host(host, user, purpose, sizeof purpose);
	sek_seal(r->admin->config.login_key, purpose, &secret, sizeof secret, sealed);
	explicit_bzero(&secret, sizeof secret);
	explicit_bzero((void *)(uintptr_t)password, strlen(password)); /* the member's own text */
	(void)sek_admin_stored(r, sek_store_host_secret_put(r->admin->store, host, user, sealed, none ? 0 : sizeof sealed));
}

void sek_admin_check_foreign_op(struct sek_admin_request *r)
{
	struct kind_search s = { .name = sek_admin_text(r, "host") };
	const json_t *password = json_object_get(r->in, "password");

	sek_hosts_each(r->admin->config.sessions, match, &s);
	if (!s.foreign)
		sek_admin_bad(r, "host", "kind");
	else if (!r->admin->config.login_key)
		sek_admin_fail(r, "internal");
	else if (strcmp(r->op->name, "hosts/secret") == 0 && password && !json_is_string(password))
		sek_admin_bad(r, "password", "type");
	else if (json_string_length(password) >= sizeof ((struct sek_host_secret *)0)->password)
		sek_admin_bad(r, "password", "too-long");
	else if (strlen(sek_admin_text(r, "login")) >= sizeof ((struct sek_host_secret *)0)->login)
		sek_admin_bad(r, "login", "too-long");
}

static sek_status secret_of(void *ctx, const char *host, const char *who, struct sek_host_secret *ret)
{
	const struct sek_admin *a = ctx;
	uint8_t sealed[SEK_STORE_SECRET_BYTES];
	char purpose[SEK_STORE_NAME_BYTES + 128];
	struct sek_host_secret secret;
	bool own = false;
	size_t n = 0;
	sek_status s = sek_store_host_secret_get(a->store, host, who, sealed, &n, &own);

	memset(ret, 0, sizeof *ret);
	if (sek_is(s, SEK_E_NOT_FOUND))
		return sek_ok();
	if (sek_is_ok(s) && n != sizeof secret + SEK_SEAL_MORE_BYTES)
		s = sek_fail(SEK_E_STORE);
	if (sek_is_ok(s)) {
		sek_seal_for_host(host, own ? who : "", purpose, sizeof purpose);
		s = sek_seal_open(a->config.login_key, purpose, sealed, n, &secret);
	}
	if (sek_is_ok(s)) {
		secret.login[sizeof secret.login - 1] = secret.password[sizeof secret.password - 1] = '\0';
		*ret = secret;
		explicit_bzero(&secret, sizeof secret);
	}
	return s;
}

void sek_admin_give_secrets(struct sek_admin *a)
{
	if (a->config.sessions && a->config.login_key)
		sek_sessions_secrets_from(a->config.sessions, secret_of, a);
}

/* --- the test --- */

static void test_after(struct sek_admin_request *r)
{
	sek_status s = sek_hosts_test(r->admin->config.sessions, sek_admin_text(r, "host"));

	if (sek_is(s, SEK_E_DENIED))
		sek_admin_bad(r, "host", "kind");
	else if (sek_is(s, SEK_E_CONFLICT))
		sek_admin_fail(r, "busy");
	else
		(void)sek_admin_stored(r, s);
}

#define HOST { "host", SEK_ADMIN_TEXT, true, 1, 63 }

static const struct sek_admin_field secret_fields[] = {
	HOST, { "user", SEK_ADMIN_NAME, false, 0, 1 }, { "login", SEK_ADMIN_TEXT, false, 0, 128 }, { "password", SEK_ADMIN_ANY, false, 0, 0 },
	SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field test_fields[] = { HOST, SEK_ADMIN_REASON, { 0 } };

const struct sek_admin_op sek_admin_foreign_ops[] = {
	{ "hosts/secret", secret_fields, "host.secret", secret_work, NULL },
	{ "hosts/test", test_fields, "host.test", NULL, test_after },
	{ 0 },
};
