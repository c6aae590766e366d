/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a user shows beside the password: a lost second factor is taken away, client certificates are bound and unbound. Must
 * never bind what is not exactly a fingerprint or a subject.
 */
#include <string.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/store/factors.h"

static void add_certificate(void *ctx, enum sek_certificate_kind kind, const char *value, int64_t created_s)
{
	json_array_append_new(ctx, json_pack("{s:s,s:s,s:I}", "kind", kind == SEK_CERTIFICATE_SUBJECT ? "subject" :
		"fingerprint", "value", value, "created_s", (json_int_t)created_s));
}

bool sek_admin_certificates(struct sek_admin_request *r, const char *name, json_t *ret)
{
	return sek_admin_stored(r, sek_store_certificates_each(r->admin->store, name, add_certificate, ret));
}

static void reset_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	if (!sek_admin_is_self(r))
		(void)sek_admin_stored(r, sek_store_totp_delete(r->admin->store, sek_admin_text(r, "name"), &by));
}

static void reset_after(struct sek_admin_request *r)
{
	sek_sessions_end_user(r->admin->config.sessions, sek_admin_text(r, "name"), SEK_STATE_ENDED_LOGIN);
}

/* Both members, or false with the error set. */
static bool read_certificate(struct sek_admin_request *r, enum sek_certificate_kind *ret)
{
	const char *kind = sek_admin_text(r, "kind"), *value = sek_admin_text(r, "value");

	if (strcmp(kind, "subject") == 0) {
		*ret = SEK_CERTIFICATE_SUBJECT;
		return true;
	}
	*ret = SEK_CERTIFICATE_FINGERPRINT;
	if (strcmp(kind, "fingerprint") != 0)
		sek_admin_bad(r, "kind", "unknown");
	else if (strlen(value) != 64 || strspn(value, "0123456789abcdef") != 64)
		sek_admin_bad(r, "value", "characters");
	return !r->error;
}

static void bind_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	enum sek_certificate_kind kind;

	if (!sek_admin_is_self(r) && read_certificate(r, &kind))
		(void)sek_admin_stored(r, sek_store_certificate_add(r->admin->store, sek_admin_text(r, "name"), kind,
			sek_admin_text(r, "value"), &by));
}

static void unbind_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	enum sek_certificate_kind kind;

	if (!sek_admin_is_self(r) && read_certificate(r, &kind))
		(void)sek_admin_stored(r, sek_store_certificate_remove(r->admin->store, sek_admin_text(r, "name"), kind,
			sek_admin_text(r, "value"), &by));
}

#define NAME { "name", SEK_ADMIN_NAME, true, 1, 64 }

static const struct sek_admin_field reset_fields[] = { NAME, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field certificate_fields[] = {
	NAME, { "kind", SEK_ADMIN_TEXT, true, 1, 12 }, { "value", SEK_ADMIN_TEXT, true, 1, 250 }, SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_factor_ops[] = {
	{ "users/reset-second-factor", reset_fields, "user.second-factor", reset_work, reset_after },
	{ "users/add-certificate", certificate_fields, "user.certificate-add", bind_work, NULL },
	{ "users/remove-certificate", certificate_fields, "user.certificate-remove", unbind_work, reset_after },
	{ 0 },
};
