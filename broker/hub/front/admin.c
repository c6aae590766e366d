/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The administration over HTTP: /api/admin/OPERATION becomes an operation of broker/hub/admin on behalf of the cookie's
 * user. Must never say on whose behalf but by the cookie.
 */
#include <stdio.h>
#include <string.h>

#include "broker/hub/front/private.h"

static const char prefix[] = "/api/admin/";

bool sek_api_admin_is(const char *path)
{
	return strncmp(path, prefix, sizeof prefix - 1) == 0;
}

bool sek_api_admin_knows(const char *path)
{
	return sek_admin_knows(path + sizeof prefix - 1);
}

/* Called by admin/ from the loop, not from lws. */
static void answered(void *user, const char *error, json_t *answer)
{
	struct conn *c = user;

	c->admin = NULL;
	if (sek_respond_json(c, error ? sek_respond_status(error) : 200, answer, NULL))
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE); /* only a callback of lws could tell it to close at once */
}

int sek_api_admin_handle(struct conn *c, const char *body, size_t n)
{
	const char *op = c->request.path + sizeof prefix - 1;
	struct sek_admin_caller who = { .way = SEK_ADMIN_WEB };
	const struct sek_login *l = sek_api_who(c);
	json_t *json;

	if (!l)
		return sek_respond_error(c, 401, "login-required", 0);
	if (!sek_admin_knows(op))
		return sek_respond_error(c, 404, "not-found", 0);
	if (c->request.method != SEK_METHOD_POST)
		return sek_respond_error(c, 405, "method", 0);
	json = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return sek_respond_error(c, 400, "bad-request", 0);
	}
	snprintf(who.user, sizeof who.user, "%s", l->user);
	snprintf(who.address, sizeof who.address, "%s", c->address);
	c->admin = sek_admin_run(c->front->admin, &who, op, json, answered, c);
	return c->admin ? 0 : sek_respond_error(c, 500, "internal", 0);
}
