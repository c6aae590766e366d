/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The API's part that logs people in (docs/api.md): each request shows one proof, each answer says what is next. Must never
 * set a cookie for anything but SEK_AUTH_OK, nor keep what a client has shown.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/front/private.h"
#include "broker/hub/front/qr.h"
#include "broker/hub/store/people.h"

json_t *sek_api_roles(uint32_t roles)
{
	char text[SEK_STORE_ROLES_BYTES], *save = NULL, *word;
	json_t *list = json_array();

	sek_roles_text(roles, text);
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		json_array_append_new(list, json_string(word));
	return list;
}

static json_t *recovery_codes(const struct sek_auth_result *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < SEK_RECOVERY_CODES; i++)
		json_array_append_new(list, json_string(r->recovery[i]));
	return list;
}

static int answer_ok(struct conn *c, const struct sek_auth_result *r)
{
	json_t *json = json_pack("{s:s,s:o,s:b}", "user", r->user, "roles", sek_api_roles(r->roles), "notice",
		(int)!r->consented);
	char cookie[SEK_SET_COOKIE_BYTES];
	int over;

	if (r->recovery[0][0])
		json_object_set_new(json, "recovery", recovery_codes(r));
	snprintf(cookie, sizeof cookie, SEK_SET_COOKIE, r->cookie);
	over = sek_respond_json(c, 200, json, cookie);
	sodium_memzero(cookie, sizeof cookie);
	return over;
}

static int answer_enrol(struct conn *c, const struct sek_auth_result *r)
{
	json_t *qr = sek_qr_make(r->uri);

	if (!qr)
		return sek_respond_error(c, 500, "internal", 0);
	return sek_respond_json(c, 200, json_pack("{s:s,s:s,s:s,s:s,s:o}", "next", "enrol", "ticket", r->ticket, "secret",
		r->secret, "uri", r->uri, "qr", qr), NULL);
}

static int answer(struct conn *c, const struct sek_auth_result *r)
{
	switch (r->answer) {
	case SEK_AUTH_OK:
		return answer_ok(c, r);
	case SEK_AUTH_NEXT_ENROL:
		return answer_enrol(c, r);
	case SEK_AUTH_NEXT_CODE:
		return sek_respond_json(c, 200, json_pack("{s:s,s:s}", "next", "code", "ticket", r->ticket), NULL);
	case SEK_AUTH_NEXT_PASSWORD:
		return sek_respond_json(c, 200, json_pack("{s:s,s:s}", "next", "password", "user", r->user), NULL);
	case SEK_AUTH_WRONG:
		return sek_respond_error(c, 401, "login", 0);
	case SEK_AUTH_WRONG_CODE:
		return sek_respond_error(c, 401, "code", 0);
	case SEK_AUTH_WRONG_TICKET:
		return sek_respond_error(c, 401, "ticket", 0);
	case SEK_AUTH_WRONG_CERTIFICATE:
		return sek_respond_error(c, 401, "certificate", 0);
	case SEK_AUTH_ENROL_CLOSED:
		return sek_respond_error(c, 403, "enrolment-closed", 0);
	case SEK_AUTH_NEED_CERTIFICATE:
		return sek_respond_error(c, 403, "certificate-needed", 0);
	case SEK_AUTH_THROTTLED:
		return sek_respond_error(c, 429, "throttled", r->retry_s);
	case SEK_AUTH_UNRECORDED:
		return sek_respond_error(c, 503, "audit", 0);
	case SEK_AUTH_DIRECTORY:
		return sek_respond_error(c, 503, "directory-down", 0);
	case SEK_AUTH_BUSY:
		return sek_respond_error(c, 503, "busy", r->retry_s);
	case SEK_AUTH_FAULT: /* nearly always a database that is away: the page waits and tries again */
		return sek_respond_error(c, 503, "store", SEK_FRONT_STORE_RETRY_S);
	default:
		return sek_respond_error(c, 500, "internal", 0);
	}
}

/* Called by auth/ from the loop, not from lws. */
static void answered(void *user, const struct sek_auth_result *r)
{
	struct conn *c = user;

	c->login = NULL;
	if (answer(c, r)) /* only a callback of lws could tell it to close at once */
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

static int prove(struct conn *c, struct sek_auth_proof *p)
{
	uint8_t certificate[SEK_CERTIFICATE_MAX_BYTES];

	p->address = c->address;
	if (c->front->config.client_ca)
		p->certificate_n = sek_front_client_certificate(c->wsi, certificate);
	if (p->certificate_n > 0)
		p->certificate = certificate;
	c->login = sek_auth_prove(c->front->auth, p, answered, c);
	return c->login ? 0 : sek_respond_error(c, 500, "internal", 0);
}

int sek_api_post_login(struct conn *c, const struct sek_login *l, const json_t *json)
{
	struct sek_auth_proof p = { .kind = SEK_PROOF_PASSWORD };

	(void)l; /* logging in again is allowed: it makes another log-in */
	if (json_unpack((json_t *)json, "{s:s%,s:s%!}", "user", &p.name, &p.name_n, "password", &p.password, &p.password_n) != 0)
		return sek_respond_error(c, 400, "bad-request", 0);
	return prove(c, &p);
}

int sek_api_post_certificate(struct conn *c, const struct sek_login *l, const json_t *json)
{
	struct sek_auth_proof p = { .kind = SEK_PROOF_CERTIFICATE };

	(void)l;
	if (json_object_size(json) != 0)
		return sek_respond_error(c, 400, "bad-request", 0);
	return prove(c, &p);
}

int sek_api_post_code(struct conn *c, const struct sek_login *l, const json_t *json)
{
	struct sek_auth_proof p = { .kind = SEK_PROOF_CODE };

	(void)l;
	if (json_unpack((json_t *)json, "{s:s%,s:s%!}", "ticket", &p.ticket, &p.ticket_n, "code", &p.code, &p.code_n) != 0)
		return sek_respond_error(c, 400, "bad-request", 0);
	return prove(c, &p);
}

/* Good for nothing is answered like good: whoever gives up has nothing more to do either way. */
int sek_api_post_cancel(struct conn *c, const struct sek_login *l, const json_t *json)
{
	const char *ticket;
	size_t n;

	(void)l;
	if (json_unpack((json_t *)json, "{s:s%!}", "ticket", &ticket, &n) != 0)
		return sek_respond_error(c, 400, "bad-request", 0);
	sek_auth_cancel(c->front->auth, ticket, n, c->address);
	return sek_respond_json(c, 200, json_object(), NULL);
}

/* Whether this browser has shown a certificate; whether it is good for anything is said at the log-in. */
int sek_api_get_login(struct conn *c, const struct sek_login *l, const json_t *json)
{
	uint8_t certificate[SEK_CERTIFICATE_MAX_BYTES];
	bool shown = c->front->config.client_ca && sek_front_client_certificate(c->wsi, certificate) > 0;

	(void)l;
	(void)json;
	return sek_respond_json(c, 200, json_pack("{s:b}", "certificate", (int)shown), NULL);
}

int sek_api_get_notice(struct conn *c, const struct sek_login *l, const json_t *json)
{
	const struct sek_front_config *f = &c->front->config;

	(void)json;
	if (!f->notice || !f->notice[0])
		return sek_respond_json(c, 200, json_pack("{s:n}", "notice"), NULL);
	return sek_respond_json(c, 200, json_pack("{s:s,s:s,s:s,s:b}", "notice", f->notice, "ja", f->notice_ja, "en",
		f->notice_en, "acknowledged", (int)l->consented), NULL);
}

static void acknowledged(void *user, sek_status status)
{
	struct conn *c = user;
	int over;

	c->consent = NULL;
	if (sek_is_ok(status))
		over = sek_respond_json(c, 200, json_object(), NULL);
	else if (sek_is(status, SEK_E_DENIED))
		over = sek_respond_error(c, 409, "conflict", 0);
	else if (sek_is(status, SEK_E_BUSY))
		over = sek_respond_error(c, 503, "audit", 0);
	else
		over = sek_respond_error(c, 500, "internal", 0);
	if (over)
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

int sek_api_post_notice(struct conn *c, const struct sek_login *l, const json_t *json)
{
	const char *notice, *lang;

	if (json_unpack((json_t *)json, "{s:s,s:s!}", "notice", &notice, "lang", &lang) != 0 ||
			(strcmp(lang, "ja") != 0 && strcmp(lang, "en") != 0))
		return sek_respond_error(c, 400, "bad-request", 0);
	c->consent = sek_auth_consent(c->front->auth, l->id, notice, lang, acknowledged, c);
	return c->consent ? 0 : sek_respond_error(c, 500, "internal", 0);
}
