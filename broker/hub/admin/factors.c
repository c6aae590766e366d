/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a user shows beside the password: a lost second factor is taken away, client certificates are bound and unbound. Must
 * never bind what is not exactly a fingerprint or a subject.
 */
#include <string.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/auth/certificate.h"
#include "broker/hub/store/factors.h"

enum { PEM_MAX_BYTES = 8192 };

static void add_certificate(void *ctx, const struct sek_store_certificate *c)
{
	bool by_subject = c->kind == SEK_CERTIFICATE_SUBJECT;

	json_array_append_new(ctx, json_pack("{s:s,s:s,s:s,s:I,s:I}", "kind", by_subject ? "subject" : "fingerprint", "value",
		c->value, "subject", by_subject ? c->value : c->subject, "ends_s", (json_int_t)c->ends_s, "created_s",
		(json_int_t)c->created_s));
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

static void allow_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	int64_t until_s = by.now_s + sek_admin_number(r, "hours", 24) * 3600;

	if (!sek_admin_is_self(r) && sek_admin_stored(r, sek_store_totp_allow(r->admin->store, sek_admin_text(r, "name"), until_s, &by)))
		r->out = json_pack("{s:I}", "until_s", (json_int_t)until_s);
}

static void reset_after(struct sek_admin_request *r)
{
	sek_sessions_end_user(r->admin->config.sessions, sek_admin_text(r, "name"), SEK_STATE_ENDED_LOGIN);
}

void sek_admin_name_certificate(struct sek_admin_request *r)
{
	json_t *given = json_object_get(r->in, "certificate");
	bool by_subject = strcmp(sek_admin_text(r, "kind"), "subject") == 0;
	struct sek_certificate c;

	if (!given)
		return;
	if (sek_admin_has(r, "value") || !json_is_string(given)) {
		sek_admin_bad(r, "certificate", sek_admin_has(r, "value") ? "unknown" : "type");
	} else if (json_string_length(given) > PEM_MAX_BYTES) {
		sek_admin_bad(r, "certificate", "too-long");
	} else if (!sek_is_ok(sek_certificate_read(json_string_value(given), &c))) {
		sek_admin_bad(r, "certificate", "type");
	} else if (by_subject && !c.subject[0]) {
		sek_admin_bad(r, "certificate", "range");
	} else {
		json_object_set_new(r->in, "value", json_string(by_subject ? c.subject : c.fingerprint));
		if (!by_subject) {
			json_object_set_new(r->in, "kind", json_string("fingerprint"));
			json_object_set_new(r->in, "subject", json_string(c.subject));
			json_object_set_new(r->in, "ends_s", json_integer(c.ends_s));
		}
		json_object_del(r->in, "certificate");
	}
}

/* Both members, or false with the error set. */
static bool read_certificate(struct sek_admin_request *r, struct sek_store_certificate *ret)
{
	const char *kind = sek_admin_text(r, "kind"), *value = sek_admin_text(r, "value");

	*ret = (struct sek_store_certificate){ .kind = SEK_CERTIFICATE_FINGERPRINT, .value = value,
		.subject = sek_admin_text(r, "subject"), .ends_s = sek_admin_number(r, "ends_s", 0) };
	if (!sek_admin_has(r, "kind") || !sek_admin_has(r, "value"))
		sek_admin_bad(r, sek_admin_has(r, "kind") ? "value" : "kind", "missing");
	else if (strcmp(kind, "subject") == 0)
		ret->kind = SEK_CERTIFICATE_SUBJECT;
	else if (strcmp(kind, "fingerprint") != 0)
		sek_admin_bad(r, "kind", "unknown");
	else if (strlen(value) != 64 || strspn(value, "0123456789abcdef") != 64)
		sek_admin_bad(r, "value", "characters");
	return !r->error;
}

static void bind_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store_certificate c;

	if (!sek_admin_is_self(r) && read_certificate(r, &c) &&
	    sek_admin_stored(r, sek_store_certificate_add(r->admin->store, sek_admin_text(r, "name"), &c, &by)))
		r->out = json_pack("{s:s,s:s,s:s,s:I}", "kind", sek_admin_text(r, "kind"), "value", c.value, "subject",
			c.kind == SEK_CERTIFICATE_SUBJECT ? c.value : c.subject, "ends_s", (json_int_t)c.ends_s);
}

static void unbind_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	struct sek_store_certificate c;

	if (!sek_admin_is_self(r) && read_certificate(r, &c))
		(void)sek_admin_stored(r, sek_store_certificate_remove(r->admin->store, sek_admin_text(r, "name"), c.kind, c.value, &by));
}

#define NAME { "name", SEK_ADMIN_NAME, true, 1, 64 }

static const struct sek_admin_field reset_fields[] = { NAME, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field allow_fields[] = { NAME, { "hours", SEK_ADMIN_NUMBER, false, 1, 168 }, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field bind_fields[] = {
	NAME, { "kind", SEK_ADMIN_TEXT, false, 1, 12 }, { "value", SEK_ADMIN_TEXT, false, 1, 250 },
	{ "certificate", SEK_ADMIN_ANY, false, 0, 0 }, SEK_ADMIN_REASON, { 0 },
};
static const struct sek_admin_field certificate_fields[] = {
	NAME, { "kind", SEK_ADMIN_TEXT, true, 1, 12 }, { "value", SEK_ADMIN_TEXT, true, 1, 250 }, SEK_ADMIN_REASON, { 0 },
};

const struct sek_admin_op sek_admin_factor_ops[] = {
	{ "users/reset-second-factor", reset_fields, "user.second-factor", reset_work, reset_after },
	{ "users/allow-enrolment", allow_fields, "user.enrolment", allow_work, NULL },
	{ "users/add-certificate", bind_fields, "user.certificate-add", bind_work, NULL },
	{ "users/remove-certificate", certificate_fields, "user.certificate-remove", unbind_work, reset_after },
	{ 0 },
};
