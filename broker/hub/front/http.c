/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a request's header to its answer: what is served as a file, what goes to the API, what is refused before a byte of
 * its body is kept.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/front/private.h"

static const char *method_name(enum sek_method m)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "other" };

	return names[m];
}

static void drop_body(struct conn *c)
{
	if (c->body)
		sodium_memzero(c->body, SEK_FRONT_BODY_MAX); /* it may hold a password */
	free(c->body);
	c->body = NULL;
	c->body_n = 0;
}

static int serve_file(struct conn *c)
{
	const struct sek_request *r = &c->request;
	const struct sek_file *file = sek_files_find(c->front->files, r->path, strlen(r->path));

	if (!file)
		return sek_respond_error(c, 404, "not-found", 0);
	/* a list of tags or * is allowed too, but no browser sends one: then the file is simply sent */
	return sek_respond_file(c, file, r->method == SEK_METHOD_HEAD, strcmp(r->if_none_match, file->etag) == 0);
}

/* A request is another site's doing if its Origin is not ours, or if the browser says so itself (Fetch Metadata). */
static bool is_foreign(const struct conn *c)
{
	const struct sek_request *r = &c->request;

	if (!sek_origin_allowed(r->origin, c->front->config.origins, c->front->config.n_origins))
		return true;
	return r->fetch_site[0] && strcmp(r->fetch_site, "same-origin") != 0;
}

static int begin_post(struct conn *c)
{
	const struct sek_request *r = &c->request;

	if (!sek_api_knows(r->path))
		return sek_respond_refuse(c, 404, "not-found");
	if (is_foreign(c)) {
		sek_log(SEK_LOG_WARN, "request.refused", "why", "origin", "address", c->address, "path", r->path, "origin",
			r->origin, "site", r->fetch_site, NULL);
		return sek_respond_refuse(c, 403, "origin");
	}
	if (!sek_is_json_type(r->content_type))
		return sek_respond_refuse(c, 415, "content-type");
	c->body = malloc(SEK_FRONT_BODY_MAX);
	return c->body ? 0 : sek_respond_refuse(c, 500, "internal");
}

/* Called by auth/ from the loop, not from lws. */
static void fetched(void *user)
{
	struct conn *c = user;

	c->fetch = NULL;
	if (sek_api_handle(c, c->body, c->body_n))
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
	drop_body(c);
}

/* A whole request for the API. A cookie that is not known here may be another broker's. */
static int handle(struct conn *c)
{
	const struct sek_request *r = &c->request;
	int over;

	if (!c->fetched && !r->bad_cookie && r->cookie[0] && sek_auth_wants_fetch(c->front->auth, r->cookie, strlen(r->cookie))) {
		c->fetched = true;
		c->fetch = sek_auth_fetch(c->front->auth, r->cookie, strlen(r->cookie), fetched, c);
		if (c->fetch)
			return 0;
	}
	over = sek_api_handle(c, c->body, c->body_n);
	drop_body(c);
	return over;
}

int sek_http_begin(struct conn *c, const char *path, size_t n)
{
	struct sek_request *r = &c->request;

	sek_auth_fetch_forget(c->fetch);
	c->fetch = NULL;
	c->fetched = false;
	drop_body(c);
	sek_respond_drop(c);
	sek_conn_watch(c, false);
	memset(&c->answer, 0, sizeof c->answer);
	sek_request_read(c->wsi, path, n, r);
	c->front->counts.requests++;
	sek_log(SEK_LOG_DEBUG, "request", "method", method_name(r->method), "path", r->path, "address", c->address, NULL);
	c->kept = false;
	sek_conn_deadline(c, SEK_FRONT_FIRST_REQUEST_MS);
	if (c->front->refusing)
		return sek_respond_refuse(c, 503, "stopping");
	if (r->oversize || r->bad_length || r->has_encoding)
		return sek_respond_refuse(c, 400, "bad-request");
	if (r->length > SEK_FRONT_BODY_MAX) {
		sek_log(SEK_LOG_WARN, "request.refused", "why", "too-large", "address", c->address, "path", r->path, "bytes",
			sek_logf("%llu", (unsigned long long)r->length), NULL);
		return sek_respond_refuse(c, 413, "too-large");
	}
	switch (r->method) {
	case SEK_METHOD_POST:
		/* without a length lws would read on and on */
		return r->has_length ? begin_post(c) : sek_respond_refuse(c, 400, "bad-request");
	case SEK_METHOD_GET:
	case SEK_METHOD_HEAD:
		if (r->length > 0)
			return sek_respond_refuse(c, 400, "bad-request");
		if (strncmp(r->path, "/api/", 5) == 0)
			return handle(c);
		return serve_file(c);
	default:
		return sek_respond_refuse(c, 405, "method");
	}
}

int sek_http_body(struct conn *c, const void *bytes, size_t n)
{
	if (c->answer.given || !c->body || n == 0)
		return 0; /* refused already, what still comes is thrown away */
	if (n > SEK_FRONT_BODY_MAX - c->body_n) /* more than its Content-Length said: lws counts, so this is our bug */
		return -1;
	memcpy(c->body + c->body_n, bytes, n);
	c->body_n += n;
	return 0;
}

/* lws calls this again, and again, while it holds bytes that came after the body; and if the answer is finished in here,
 * it goes on calling for ever. So: the answer is given when lws next asks for something to write, and a client that
 * sends more before it has its answer (no browser does) is cut off. */
int sek_http_body_done(struct conn *c)
{
	if (c->answer.given || c->answer.due || !c->body)
		return -1;
	c->answer.due = true;
	sek_conn_deadline(c, SEK_FRONT_ANSWER_MS);
	lws_callback_on_writable(c->wsi);
	return 0;
}

int sek_http_writeable(struct conn *c)
{
	if (c->answer.rest)
		return sek_respond_more(c);
	return c->answer.due && c->body && !c->fetch ? handle(c) : 0;
}

void sek_http_drop(struct conn *c)
{
	sek_auth_fetch_forget(c->fetch);
	c->fetch = NULL;
	sek_auth_forget(c->login);
	c->login = NULL;
	sek_auth_consent_forget(c->consent);
	c->consent = NULL;
	sek_audit_forget(c->opening.ticket);
	c->opening.ticket = NULL;
	sek_auth_token_forget(c->opening.token);
	c->opening.token = NULL;
	sek_session_ask_forget(c->opening.ask);
	c->opening.ask = NULL;
	sek_admin_forget(c->admin);
	c->admin = NULL;
	sek_review_forget(c->review);
	c->review = NULL;
	sek_documents_forget(c->document);
	c->document = NULL;
	sek_approvals_forget(c->approval);
	c->approval = NULL;
	sek_respond_drop(c);
	sek_conn_watch(c, false);
	drop_body(c);
}
