/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reviewing over HTTP: /api/review/OPERATION becomes an operation of broker/hub/review on behalf of the cookie's log-in.
 * Must never say on whose behalf, or with which roles, but by the cookie.
 */
#include <stdio.h>
#include <string.h>

#include "broker/hub/front/private.h"
#include "broker/hub/store/people.h"

static const char prefix[] = "/api/review/";

bool sek_api_review_is(const char *path)
{
	return strncmp(path, prefix, sizeof prefix - 1) == 0;
}

bool sek_api_review_knows(const char *path)
{
	return sek_review_knows(path + sizeof prefix - 1);
}

/* Called by review/ from the loop, not from lws. */
static void answered(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n)
{
	struct conn *c = user;
	int over;

	c->review = NULL;
	over = bytes ? sek_respond_bytes(c, bytes, n) : sek_respond_json(c, error ? sek_respond_status(error) : 200, answer, NULL);
	if (over)
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE); /* only a callback of lws could tell it to close at once */
}

int sek_api_review_handle(struct conn *c, const char *body, size_t n)
{
	const char *op = c->request.path + sizeof prefix - 1;
	const struct sek_login *l = sek_api_who(c);
	struct sek_review_caller who;
	json_t *json;

	if (!l)
		return sek_respond_error(c, 401, "login-required", 0);
	if (!sek_review_knows(op))
		return sek_respond_error(c, 404, "not-found", 0);
	if (c->request.method != SEK_METHOD_POST)
		return sek_respond_error(c, 405, "method", 0);
	if (!c->front->review)
		return sek_respond_error(c, 503, "unavailable", 0);
	json = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return sek_respond_error(c, 400, "bad-request", 0);
	}
	who = (struct sek_review_caller){ .login = l->id, .reviewer = (l->roles & SEK_ROLE_REVIEWER) != 0 };
	snprintf(who.user, sizeof who.user, "%s", l->user);
	snprintf(who.address, sizeof who.address, "%s", c->address);
	c->review = sek_review_run(c->front->review, &who, op, json, answered, c);
	return c->review ? 0 : sek_respond_error(c, 500, "internal", 0);
}
