/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents over HTTP (docs/api.md): paths become operations of broker/hub/documents on behalf of the cookie's log-in. Must never say on
 * whose behalf but by the cookie.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/front/private.h"
#include "broker/hub/store/people.h"

static const char inbox[] = "/api/documents";
static const char printers[] = "/api/printers";

struct wanted {
	enum sek_documents_op op;
	enum sek_method method;
	char id[SEK_STORE_DOCUMENT_ID_BYTES];
	unsigned page;
};

static bool take_page(const char *text, unsigned *ret)
{
	if (text[0] < '1' || text[0] > '9' || strlen(text) > 4 || strspn(text, "0123456789") != strlen(text))
		return false;
	*ret = (unsigned)atoi(text);
	return true;
}

/* What stands behind the id. */
static bool read_rest(const char *rest, struct wanted *ret)
{
	static const struct {
		const char *rest;
		enum sek_documents_op op;
		enum sek_method method;
	} list[] = {
		{ "", SEK_DOCUMENTS_SHOW, SEK_METHOD_GET }, { "/file", SEK_DOCUMENTS_FILE, SEK_METHOD_GET },
		{ "/cancel", SEK_DOCUMENTS_CANCEL, SEK_METHOD_POST }, { "/delete", SEK_DOCUMENTS_DELETE, SEK_METHOD_POST },
		{ "/print", SEK_DOCUMENTS_PRINT, SEK_METHOD_POST },
	};
	static const char pages[] = "/pages/";

	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		if (strcmp(rest, list[i].rest) != 0)
			continue;
		ret->op = list[i].op;
		ret->method = list[i].method;
		return true;
	}
	ret->op = SEK_DOCUMENTS_PAGE;
	ret->method = SEK_METHOD_GET;
	return strncmp(rest, pages, sizeof pages - 1) == 0 && take_page(rest + sizeof pages - 1, &ret->page);
}

/* method: of the two that /api/documents itself has. */
static bool read_path(const char *path, enum sek_method method, struct wanted *ret)
{
	const size_t digits = sizeof ret->id - 1;

	memset(ret, 0, sizeof *ret);
	if (strcmp(path, printers) == 0) {
		*ret = (struct wanted){ .op = SEK_DOCUMENTS_PRINTERS_OF, .method = SEK_METHOD_GET };
		return true;
	}
	path += sizeof inbox - 1;
	if (*path == '\0') {
		*ret = (struct wanted){ .op = method == SEK_METHOD_POST ? SEK_DOCUMENTS_ASK : SEK_DOCUMENTS_LIST,
			.method = method == SEK_METHOD_POST ? SEK_METHOD_POST : SEK_METHOD_GET };
		return true;
	}
	if (*path != '/' || strspn(path + 1, "0123456789abcdef") != digits)
		return false;
	memcpy(ret->id, path + 1, digits);
	return read_rest(path + 1 + digits, ret);
}

bool sek_api_documents_is(const char *path)
{
	return strcmp(path, printers) == 0 || (strncmp(path, inbox, sizeof inbox - 1) == 0 &&
		(path[sizeof inbox - 1] == '\0' || path[sizeof inbox - 1] == '/'));
}

bool sek_api_documents_knows(const char *path)
{
	struct wanted w;

	return read_path(path, SEK_METHOD_POST, &w);
}

/* Called by documents/ from the loop, not from lws. */
static void answered(void *user, const struct sek_documents_answer *a)
{
	struct conn *c = user;
	int over;

	c->document = NULL;
	if (a->error)
		over = sek_respond_error(c, sek_respond_status(a->error), a->error, 0);
	else if (a->reading)
		over = sek_respond_document(c, a->reading, a->length);
	else if (a->bytes)
		over = sek_respond_typed(c, a->bytes, a->n, a->jpeg ? "image/jpeg" : "image/png");
	else
		over = sek_respond_json(c, a->created ? 201 : 200, a->json, NULL);
	if (over)
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE); /* only a callback of lws could tell it to close at once */
}

/* What POST brings: an object; empty where nothing is to be said. */
static bool read_body(const struct wanted *w, const char *body, size_t n, json_t **ret)
{
	*ret = NULL;
	if (w->method != SEK_METHOD_POST)
		return true;
	*ret = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(*ret) && (w->op == SEK_DOCUMENTS_ASK || w->op == SEK_DOCUMENTS_PRINT || json_object_size(*ret) == 0);
}

int sek_api_documents_handle(struct conn *c, const char *body, size_t n)
{
	const struct sek_login *l = sek_api_who(c);
	struct sek_documents_call call;
	struct wanted w;
	json_t *json;

	if (!l)
		return sek_respond_error(c, 401, "login-required", 0);
	if (!read_path(c->request.path, c->request.method, &w))
		return sek_respond_error(c, 404, "not-found", 0);
	if (c->request.method != w.method)
		return sek_respond_error(c, 405, "method", 0);
	if (!(l->roles & SEK_ROLE_STAFF))
		return sek_respond_error(c, 403, "forbidden", 0);
	if (!l->consented)
		return sek_respond_error(c, 403, "notice", 0);
	if (!c->front->config.documents && w.op == SEK_DOCUMENTS_LIST) /* nothing is there: every page asks */
		return sek_respond_json(c, 200, json_pack("{s:[]}", "documents"), NULL);
	if (!c->front->config.documents)
		return sek_respond_error(c, 503, "unavailable", 0);
	if (!read_body(&w, body, n, &json)) {
		json_decref(json);
		return sek_respond_error(c, 400, "bad-request", 0);
	}
	call = (struct sek_documents_call){ .op = w.op, .page = w.page, .in = json };
	memcpy(call.id, w.id, sizeof call.id);
	snprintf(call.user, sizeof call.user, "%s", l->user);
	snprintf(call.address, sizeof call.address, "%s", c->address);
	c->document = sek_documents_run(c->front->config.documents, &call, answered, c);
	return c->document ? 0 : sek_respond_error(c, 500, "internal", 0);
}
