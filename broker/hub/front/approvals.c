/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Approvals over HTTP: what waits for the cookie's user under /api/approvals, and the texts that he or she has asked for under
 * /api/texts (docs/api.md). Must never say on whose behalf but by the cookie.
 */
#include <stdio.h>
#include <string.h>

#include "broker/hub/front/private.h"

static const char queue[] = "/api/approvals", texts[] = "/api/texts";

enum { ID_CHARS = SEK_STORE_APPROVAL_BYTES - 1 };

/* What a path asks for; id has room for SEK_STORE_APPROVAL_BYTES. */
struct wanted {
	bool has_id, drop;
	enum sek_approvals_op op; /* of a GET */
	bool takes_post;
	char id[SEK_STORE_APPROVAL_BYTES];
	unsigned page;
};

/* "/ID" and what is behind it. NULL: there is no id. */
static const char *take_id(const char *rest, char *ret)
{
	if (*rest != '/' || strspn(rest + 1, "0123456789abcdef") != ID_CHARS)
		return NULL;
	memcpy(ret, rest + 1, ID_CHARS);
	ret[ID_CHARS] = '\0';
	return rest + 1 + ID_CHARS;
}

static bool take_page(const char *rest, unsigned *ret)
{
	size_t n = strlen(rest);

	*ret = 0;
	if (n < 1 || n > 4 || strspn(rest, "0123456789") != n || *rest == '0')
		return false;
	for (; *rest; rest++)
		*ret = *ret * 10 + (unsigned)(*rest - '0');
	return true;
}

static bool read_queue(const char *rest, struct wanted *ret)
{
	static const char pages[] = "/pages/";

	if (*rest == '\0') {
		ret->op = SEK_APPROVALS_LIST;
		return true;
	}
	if (strcmp(rest, "/count") == 0) {
		ret->op = SEK_APPROVALS_COUNT;
		return true;
	}
	rest = take_id(rest, ret->id);
	ret->has_id = true;
	ret->op = SEK_APPROVALS_SHOW;
	ret->takes_post = true;
	if (rest && *rest == '\0')
		return true;
	ret->op = SEK_APPROVALS_PAGE;
	ret->takes_post = false;
	return rest && strncmp(rest, pages, sizeof pages - 1) == 0 && take_page(rest + sizeof pages - 1, &ret->page);
}

static bool read_texts(const char *rest, struct wanted *ret)
{
	ret->op = SEK_APPROVALS_TEXTS;
	if (*rest == '\0')
		return true;
	rest = take_id(rest, ret->id);
	ret->has_id = true;
	ret->op = SEK_APPROVALS_TAKE;
	ret->drop = ret->takes_post = rest && strcmp(rest, "/delete") == 0;
	return rest && (*rest == '\0' || ret->drop);
}

static bool read_path(const char *path, struct wanted *ret)
{
	*ret = (struct wanted){ .has_id = false };
	if (strncmp(path, queue, sizeof queue - 1) == 0)
		return read_queue(path + sizeof queue - 1, ret);
	return read_texts(path + sizeof texts - 1, ret);
}

bool sek_api_approvals_is(const char *path)
{
	return strncmp(path, queue, sizeof queue - 1) == 0 || strncmp(path, texts, sizeof texts - 1) == 0;
}

bool sek_api_approvals_knows(const char *path)
{
	struct wanted w;

	return read_path(path, &w);
}

/* Called by approvals/ from the loop, not from lws. */
static void answered(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n, bool jpeg)
{
	struct conn *c = user;
	int over;

	c->approval = NULL;
	over = bytes ? sek_respond_typed(c, bytes, n, jpeg ? "image/jpeg" : "image/png") :
		sek_respond_json(c, error ? sek_respond_status(error) : 200, answer, NULL);
	if (over)
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE); /* only a callback of lws could tell it to close at once */
}

/* {"verdict":"approve"|"refuse","reason":"..."}; reason may be missing or empty with approve. */
static bool read_verdict(const json_t *json, struct sek_approvals_what *what)
{
	const char *verdict = json_string_value(json_object_get(json, "verdict"));
	const json_t *reason = json_object_get(json, "reason");

	what->approve = verdict && strcmp(verdict, "approve") == 0;
	what->reason = json_string_value(reason);
	return verdict && (what->approve || strcmp(verdict, "refuse") == 0) && (!reason || what->reason) &&
		json_object_size(json) == (reason ? 2 : 1);
}

int sek_api_approvals_handle(struct conn *c, const char *body, size_t n)
{
	const struct sek_login *l = sek_api_who(c);
	struct sek_approvals_what what = { .op = SEK_APPROVALS_LIST };
	struct sek_approvals_caller who;
	json_t *json = NULL;
	struct wanted w;
	bool good;

	if (!l)
		return sek_respond_error(c, 401, "login-required", 0);
	if (!read_path(c->request.path, &w))
		return sek_respond_error(c, 404, "not-found", 0);
	if (c->request.method == SEK_METHOD_HEAD || (c->request.method == SEK_METHOD_POST ? !w.takes_post : w.drop))
		return sek_respond_error(c, 405, "method", 0);
	if (!l->consented)
		return sek_respond_error(c, 403, "notice", 0);
	if (!c->front->config.approvals)
		return sek_respond_error(c, 503, "unavailable", 0);
	what = (struct sek_approvals_what){ .op = w.op, .id = w.has_id ? w.id : NULL, .page = w.page };
	if (c->request.method == SEK_METHOD_POST) {
		json = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);
		what.op = w.drop ? SEK_APPROVALS_DROP : SEK_APPROVALS_DECIDE;
		good = json_is_object(json) && (w.drop ? json_object_size(json) == 0 : read_verdict(json, &what));
		if (!good) {
			json_decref(json);
			return sek_respond_error(c, 400, "bad-request", 0);
		}
	}
	who = (struct sek_approvals_caller){ .login = l->id };
	snprintf(who.user, sizeof who.user, "%s", l->user);
	snprintf(who.address, sizeof who.address, "%s", c->address);
	c->approval = sek_approvals_run(c->front->config.approvals, &who, &what, answered, c);
	json_decref(json);
	return c->approval ? 0 : sek_respond_error(c, 500, "internal", 0);
}
