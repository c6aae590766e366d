/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The JSON API (docs/api.md). A handler sees only requests whose header was sound: right origin, type and size. Must
 * never answer a request that needs a log-in without one.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/front/private.h"
#include "broker/hub/store/people.h"

/* l is NULL only where the route needs no log-in; json is NULL for a GET. */
typedef int handler(struct conn *c, const struct sek_login *l, const json_t *json);

struct route {
	const char *path;
	enum sek_method method;
	bool needs_login;
	handler *handle;
};

static int post_logout(struct conn *c, const struct sek_login *l, const json_t *json)
{
	char cookie[SEK_SET_COOKIE_BYTES];

	if (json_object_size(json) != 0)
		return sek_respond_error(c, 400, "bad-request", 0);
	sek_auth_logout(c->front->auth, l->id);
	snprintf(cookie, sizeof cookie, SEK_SET_COOKIE "; Max-Age=0", "");
	return sek_respond_json(c, 200, json_object(), cookie);
}

struct mine {
	const char *user;
	json_t *session;
};

static void find_mine(void *user, const struct sek_session_info *info)
{
	struct mine *m = user;

	if (strcmp(info->user, m->user) != 0 || sek_state_ended(info->state))
		return;
	json_decref(m->session);
	m->session = json_pack("{s:s,s:b}", "state", sek_state_name(info->state), "resumable", 1);
}

static int get_me(struct conn *c, const struct sek_login *l, const json_t *json)
{
	struct mine m = { .user = l->user, .session = json_null() };

	(void)json;
	sek_sessions_each(c->front->sessions, find_mine, &m);
	return sek_respond_json(c, 200, json_pack("{s:s,s:o,s:o,s:b}", "user", l->user, "session", m.session, "roles",
		sek_api_roles(l->roles), "notice", (int)!l->consented), NULL);
}

/* Called by auth/ from the loop, not from lws. */
static void token_made(void *user, const char *token)
{
	struct conn *c = user;
	char hex[SEK_SESSION_ID_BYTES * 2 + 1];
	int over;

	c->opening.token = NULL;
	sodium_bin2hex(hex, sizeof hex, c->opening.id, SEK_SESSION_ID_BYTES);
	if (token)
		over = sek_respond_json(c, 200, json_pack("{s:s,s:s,s:b}", "session", hex, "token", token, "resumed", (int)c->opening.resumed), NULL);
	else
		over = sek_respond_error(c, 503, "store", SEK_FRONT_STORE_RETRY_S);
	if (over)
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

static int answer_session(struct conn *c, uint64_t login, const uint8_t id[SEK_SESSION_ID_BYTES], bool resumed)
{
	memmove(c->opening.id, id, SEK_SESSION_ID_BYTES);
	c->opening.resumed = resumed;
	c->opening.token = sek_auth_token_issue(c->front->auth, login, c->address, id, token_made, c);
	return c->opening.token ? 0 : sek_respond_error(c, 500, "internal", 0);
}

/* Called by audit/ from the loop, not from lws. No record, no session. */
static void session_recorded(void *user, sek_status status)
{
	struct conn *c = user;
	int over;

	c->opening.ticket = NULL;
	if (sek_is_ok(status)) {
		over = answer_session(c, c->opening.login, c->opening.id, false);
	} else {
		(void)sek_sessions_end_one(c->front->sessions, c->opening.id, SEK_STATE_INTERNAL);
		over = sek_respond_error(c, 503, "audit", 0);
	}
	if (over)
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

static int respond_session(struct conn *c, const struct sek_session_answer *a)
{
	struct sek_audit *audit = c->front->config.audit;

	if (sek_is(a->status, SEK_E_LIMIT))
		return sek_respond_error(c, 503, "full", 0);
	if (sek_is(a->status, SEK_E_DENIED))
		return sek_respond_error(c, 403, "hours", 0);
	if (sek_is(a->status, SEK_E_STORE))
		return sek_respond_error(c, 503, "recording", 0);
	if (sek_is(a->status, SEK_E_NOT_FOUND))
		return sek_respond_error(c, 404, "no-session", 0);
	if (sek_is(a->status, SEK_E_IO)) /* the store cannot say whose session it is */
		return sek_respond_error(c, 503, "store", SEK_FRONT_STORE_RETRY_S);
	if (!sek_is_ok(a->status))
		return sek_respond_error(c, 500, "internal", 0);
	if (a->resumed || !audit) /* a live session goes on whatever the log does */
		return answer_session(c, c->opening.login, a->id, a->resumed);
	memcpy(c->opening.id, a->id, sizeof a->id);
	c->opening.ticket = sek_audit_sync(audit, session_recorded, c); /* its own record was handed over by the sessions' event */
	if (c->opening.ticket)
		return 0;
	(void)sek_sessions_end_one(c->front->sessions, a->id, SEK_STATE_INTERNAL);
	return sek_respond_error(c, 503, "audit", 0);
}

/* Called by session/ from the loop, not from lws. */
static void session_known(void *user, const struct sek_session_answer *a)
{
	struct conn *c = user;

	c->opening.ask = NULL;
	if (respond_session(c, a))
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

static int post_session(struct conn *c, const struct sek_login *l, const json_t *json)
{
	bool existing = json_is_true(json_object_get(json, "existing"));
	struct sek_session_answer answer;

	if (json_object_size(json) != (existing ? 1 : 0))
		return sek_respond_error(c, 400, "bad-request", 0);
	if (!(l->roles & SEK_ROLE_STAFF))
		return sek_respond_error(c, 403, "forbidden", 0);
	if (!l->consented)
		return sek_respond_error(c, 403, "notice", 0);
	c->opening.login = l->id;
	c->opening.ask = sek_sessions_ask(c->front->sessions, l->user, existing, session_known, c, &answer);
	return c->opening.ask ? 0 : respond_session(c, &answer);
}

static void told(struct sek_front *f, const char *balancer)
{
	for (size_t i = 0; i < f->n_told; i++)
		if (strcmp(f->told[i], balancer) == 0)
			return;
	if (f->n_told < SEK_DOOR_PROXIES_MAX)
		strcpy(f->told[f->n_told++], balancer);
}

/* 404 is what HAProxy takes for "nobody new, but leave those who are there" (http-check disable-on-404). */
static int get_health(struct conn *c, const struct sek_login *l, const json_t *json)
{
	(void)l;
	(void)json;
	if (c->front->leaving || c->front->away) {
		if (c->check)
			told(c->front, c->address);
		return sek_respond_json(c, 404, json_pack("{s:s}", "status", c->front->leaving ? "leaving" : "no-host"), NULL);
	}
	return sek_respond_json(c, 200, json_pack("{s:s}", "status", "ok"), NULL);
}

static int get_message(struct conn *c, const struct sek_login *l, const json_t *json)
{
	(void)json;
	return sek_respond_json(c, 200, json_pack("{s:o}", "message", sek_admin_message(c->front->admin, l->user)), NULL);
}

static const struct route routes[] = {
	{ "/api/login", SEK_METHOD_POST, false, sek_api_post_login },
	{ "/api/login/options", SEK_METHOD_GET, false, sek_api_get_login },
	{ "/api/login/certificate", SEK_METHOD_POST, false, sek_api_post_certificate },
	{ "/api/login/code", SEK_METHOD_POST, false, sek_api_post_code },
	{ "/api/login/cancel", SEK_METHOD_POST, false, sek_api_post_cancel },
	{ "/api/notice", SEK_METHOD_GET, true, sek_api_get_notice },
	{ "/api/notice/acknowledge", SEK_METHOD_POST, true, sek_api_post_notice },
	{ "/api/logout", SEK_METHOD_POST, true, post_logout },
	{ "/api/message", SEK_METHOD_GET, true, get_message },
	{ "/api/me", SEK_METHOD_GET, true, get_me },
	{ "/api/session", SEK_METHOD_POST, true, post_session },
	{ "/api/health", SEK_METHOD_GET, false, get_health },
};

static const struct route *find_route(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof routes / sizeof routes[0]; i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

bool sek_api_knows(const char *path)
{
	if (sek_api_review_is(path))
		return sek_api_review_knows(path);
	if (sek_api_approvals_is(path))
		return sek_api_approvals_knows(path);
	if (sek_api_documents_is(path))
		return sek_api_documents_knows(path);
	return sek_api_admin_is(path) ? sek_api_admin_knows(path) : find_route(path) != NULL;
}

const struct sek_login *sek_api_who(struct conn *c)
{
	const struct sek_request *r = &c->request;

	if (r->bad_cookie || !r->cookie[0])
		return NULL;
	return sek_auth_check(c->front->auth, r->cookie, strlen(r->cookie));
}

int sek_api_handle(struct conn *c, const char *body, size_t n)
{
	const struct route *route = find_route(c->request.path);
	const struct sek_login *l = NULL;
	json_t *json = NULL;
	int r;

	if (sek_api_admin_is(c->request.path))
		return sek_api_admin_handle(c, body, n);
	if (sek_api_review_is(c->request.path))
		return sek_api_review_handle(c, body, n);
	if (sek_api_approvals_is(c->request.path))
		return sek_api_approvals_handle(c, body, n);
	if (sek_api_documents_is(c->request.path))
		return sek_api_documents_handle(c, body, n);
	if (!route)
		return sek_respond_error(c, 404, "not-found", 0);
	if (route->method != c->request.method)
		return sek_respond_error(c, 405, "method", 0);
	if (route->needs_login) {
		l = sek_api_who(c);
		if (!l)
			return sek_respond_error(c, 401, "login-required", 0);
	}
	if (route->method == SEK_METHOD_POST) {
		json = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(json)) {
			json_decref(json);
			return sek_respond_error(c, 400, "bad-request", 0);
		}
	}
	r = route->handle(c, l, json);
	json_decref(json);
	return r;
}
