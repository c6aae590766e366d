/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing answers. Every one carries the security headers, ours and the few that lws makes by itself. Must never put a
 * client's text into a header.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/front/private.h"

enum { FILE_PART_BYTES = 16384, HEAD_BYTES = SEK_FRONT_HEADERS_BYTES + 1024 };

/* lws keeps the pointers, so names and values live as long as the front. The first value is the policy made for the
 * configured origins. */
static const struct {
	const char *name, *value;
} security[] = {
	{ "content-security-policy:", NULL },
	{ "strict-transport-security:", "max-age=31536000" },
	{ "x-content-type-options:", "nosniff" },
	{ "x-frame-options:", "DENY" },
	{ "referrer-policy:", "no-referrer" },
	{ "cross-origin-opener-policy:", "same-origin" },
	{ "cross-origin-embedder-policy:", "require-corp" },
	{ "cross-origin-resource-policy:", "same-origin" },
	{ "permissions-policy:", "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
		"magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), fullscreen=(self), "
		"clipboard-read=(self), clipboard-write=(self)" },
	{ "x-robots-tag:", "noindex" },
};

static const char *reason_phrase(int status)
{
	switch (status) {
	case 200: return "OK";
	case 201: return "Created";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 409: return "Conflict";
	case 410: return "Gone";
	case 413: return "Content Too Large";
	case 415: return "Unsupported Media Type";
	case 429: return "Too Many Requests";
	case 503: return "Service Unavailable";
	case 507: return "Insufficient Storage";
	default: return "Internal Server Error";
	}
}

int sek_respond_status(const char *word)
{
	static const struct {
		const char *word;
		int status;
	} list[] = {
		{ "bad-request", 400 }, { "login-required", 401 }, { "forbidden", 403 }, { "self", 403 }, { "second-person", 403 },
		{ "locked", 403 }, { "passphrase", 403 }, { "second-passphrase", 403 }, { "not-found", 404 }, { "exists", 409 }, { "conflict", 409 }, { "elsewhere", 409 },
		{ "directory", 409 }, { "has-policy", 409 }, { "held", 409 }, { "key-file", 409 }, { "no-key", 409 },
		{ "other-key", 409 }, { "damaged", 409 }, { "newer", 409 }, { "ended", 409 }, { "film-busy", 409 }, { "gone", 410 },
		{ "policy", 403 }, { "no-session", 409 }, { "document-busy", 409 }, { "not-released", 409 }, { "documents-day", 429 },
		{ "printer-down", 503 }, { "no-answer", 503 }, { "busy", 503 }, { "stopping", 503 }, { "unavailable", 503 }, { "audit", 503 }, { "no-space", 507 },
	};
	size_t i;

	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		if (strcmp(list[i].word, word) == 0)
			return list[i].status;
	return 500;
}

/* Appends to a text of `size` bytes that holds *n already. */
__attribute__((format(printf, 4, 5))) static bool append(char *text, size_t size, size_t *n, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = vsnprintf(text + *n, size - *n, format, ap);
	va_end(ap);
	if (r < 0 || (size_t)r >= size - *n)
		return false;
	*n += (size_t)r;
	return true;
}

/* connect-src names the WebSocket origins too: 'self' does not cover wss: in every browser. */
static bool make_csp(struct sek_front *f)
{
	size_t i, n = 0;
	bool ok = append(f->csp, sizeof f->csp, &n, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
		"style-src 'self'; img-src 'self' blob:; font-src 'self'; manifest-src 'self'; worker-src 'self'; "
		"frame-ancestors 'none'; base-uri 'none'; form-action 'self'; connect-src 'self'");

	for (i = 0; ok && i < f->config.n_origins; i++)
		ok = append(f->csp, sizeof f->csp, &n, " wss%s", f->config.origins[i] + strlen("https"));
	return ok;
}

sek_status sek_respond_init(struct sek_front *f)
{
	const size_t count = sizeof security / sizeof security[0];
	size_t i, n = 0;

	_Static_assert(sizeof security / sizeof security[0] <= sizeof f->headers / sizeof f->headers[0], "room for all");
	if (!make_csp(f))
		return sek_fail(SEK_E_LIMIT);
	for (i = 0; i < count; i++) {
		f->headers[i].name = security[i].name;
		f->headers[i].value = security[i].value ? security[i].value : f->csp;
		f->headers[i].next = i + 1 < count ? &f->headers[i + 1] : NULL;
		if (!append(f->fixed, sizeof f->fixed, &n, "%s %s\r\n", f->headers[i].name, f->headers[i].value))
			return sek_fail(SEK_E_LIMIT);
	}
	return sek_ok();
}

struct head {
	char text[HEAD_BYTES];
	size_t n;
	bool ok;
};

static void begin_head(const struct conn *c, struct head *h, int status)
{
	h->n = 0;
	h->ok = append(h->text, sizeof h->text, &h->n, "HTTP/1.1 %d %s\r\n%s", status, reason_phrase(status),
		c->front->fixed);
}

static void add_head(struct head *h, const char *name, const char *value)
{
	h->ok = h->ok && append(h->text, sizeof h->text, &h->n, "%s: %s\r\n", name, value);
}

static void end_head(struct head *h, size_t content_bytes)
{
	h->ok = h->ok && append(h->text, sizeof h->text, &h->n, "content-length: %zu\r\n\r\n", content_bytes);
}

/* Writes head and a small body as one piece: one TLS record, one packet. */
static bool write_whole(struct conn *c, const struct head *h, const char *body, size_t n)
{
	unsigned char *out;
	bool ok;

	if (!h->ok)
		return false;
	out = malloc(LWS_PRE + h->n + n);
	if (!out)
		return false;
	memcpy(out + LWS_PRE, h->text, h->n);
	if (n > 0)
		memcpy(out + LWS_PRE + h->n, body, n);
	ok = lws_write(c->wsi, out + LWS_PRE, h->n + n, LWS_WRITE_HTTP_HEADERS) >= 0;
	free(out);
	return ok;
}

void sek_respond_drop(struct conn *c)
{
	if (c->answer.owned)
		sodium_memzero(c->answer.owned, c->answer.n); /* what a user saw */
	free(c->answer.owned);
	c->answer.owned = NULL;
	c->answer.rest = NULL;
	sek_documents_reading_close(c->answer.reading);
	c->answer.reading = NULL;
}

static int complete(struct conn *c)
{
	sek_respond_drop(c);
	sek_conn_watch(c, false);
	sek_conn_deadline(c, c->front->leaving || c->front->away ? SEK_FRONT_REFUSE_MS : SEK_FRONT_NEXT_REQUEST_MS);
	c->kept = true;
	return lws_http_transaction_completed(c->wsi) ? -1 : 0;
}

static bool write_json(struct conn *c, int status, json_t *json, const char *cookie, bool last)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct head h;
	bool ok;

	json_decref(json);
	c->answer.given = true;
	if (!text)
		return false;
	begin_head(c, &h, status);
	add_head(&h, "content-type", "application/json");
	add_head(&h, "cache-control", "no-store");
	if (cookie)
		add_head(&h, "set-cookie", cookie);
	if (last || c->front->leaving || c->front->away) /* the next request is another broker's */
		add_head(&h, "connection", "close");
	end_head(&h, strlen(text));
	ok = write_whole(c, &h, text, strlen(text));
	free(text);
	return ok;
}

int sek_respond_json(struct conn *c, int status, json_t *json, const char *cookie)
{
	return write_json(c, status, json, cookie, false) ? complete(c) : -1;
}

int sek_respond_error(struct conn *c, int status, const char *word, uint32_t retry_s)
{
	json_t *json = retry_s ? json_pack("{s:s,s:I}", "error", word, "retry_s", (json_int_t)retry_s) :
		json_pack("{s:s}", "error", word);

	return sek_respond_json(c, status, json, NULL);
}

int sek_respond_refuse(struct conn *c, int status, const char *word)
{
	if (!write_json(c, status, json_pack("{s:s}", "error", word), NULL, true))
		return -1;
	/* Closing with unread bytes in the socket makes TCP throw the answer away. So: read nothing more, and close when
	 * the client has had time to take it. */
	lws_rx_flow_control(c->wsi, 0);
	c->answer.rounds = 1;
	sek_conn_watch(c, true);
	sek_conn_deadline(c, SEK_FRONT_REFUSE_MS);
	return 0;
}

void sek_respond_no_upgrade(struct conn *c, int status, const char *word)
{
	(void)write_json(c, status, json_pack("{s:s}", "error", word), NULL, true);
}

static int begin_rest(struct conn *c)
{
	c->answer.at = 0;
	sek_conn_watch(c, true);
	sek_conn_deadline(c, SEK_FRONT_ANSWER_MS);
	lws_callback_on_writable(c->wsi);
	return 0;
}

int sek_respond_file(struct conn *c, const struct sek_file *file, bool head, bool unchanged)
{
	struct head h;

	c->answer.given = true;
	begin_head(c, &h, unchanged ? 304 : 200);
	add_head(&h, "content-type", file->type);
	add_head(&h, "etag", file->etag);
	add_head(&h, "cache-control", "no-cache"); /* ask again each time: an update is seen at the next load */
	end_head(&h, unchanged ? 0 : file->n);
	if (!write_whole(c, &h, NULL, 0))
		return -1;
	if (head || unchanged || file->n == 0)
		return complete(c);
	c->answer.rest = file->bytes;
	c->answer.n = file->n;
	return begin_rest(c);
}

int sek_respond_bytes(struct conn *c, uint8_t *bytes, size_t n)
{
	return sek_respond_typed(c, bytes, n, "application/octet-stream");
}

int sek_respond_typed(struct conn *c, uint8_t *bytes, size_t n, const char *type)
{
	struct head h;

	c->answer.given = true;
	c->answer.owned = bytes;
	c->answer.rest = bytes;
	c->answer.n = n;
	begin_head(c, &h, 200);
	add_head(&h, "content-type", type);
	add_head(&h, "cache-control", "no-store");
	end_head(&h, n);
	if (!write_whole(c, &h, NULL, 0))
		return -1;
	return n == 0 ? complete(c) : begin_rest(c);
}

/* Called by documents/ from the loop, not from lws. What is not whole is cut off: its length was said. */
static void on_part(void *user, const uint8_t *bytes, size_t n)
{
	struct conn *c = user;

	if (!bytes) {
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
		return;
	}
	c->answer.rest = bytes;
	c->answer.n = n;
	c->answer.left -= n;
	(void)begin_rest(c);
}

int sek_respond_document(struct conn *c, struct sek_documents_reading *reading, uint64_t length)
{
	struct head h;

	c->answer.given = true;
	c->answer.reading = reading;
	c->answer.left = length;
	begin_head(c, &h, 200);
	add_head(&h, "content-type", "application/pdf");
	add_head(&h, "content-disposition", "attachment");
	add_head(&h, "cache-control", "no-store");
	end_head(&h, (size_t)length);
	if (!write_whole(c, &h, NULL, 0))
		return -1;
	sek_conn_deadline(c, SEK_FRONT_ANSWER_MS);
	sek_documents_reading_next(reading, on_part, c);
	return 0;
}

int sek_respond_more(struct conn *c)
{
	unsigned char part[LWS_PRE + FILE_PART_BYTES];
	struct answer *a = &c->answer;
	size_t n = a->n - a->at;

	if (n > FILE_PART_BYTES)
		n = FILE_PART_BYTES;
	memcpy(part + LWS_PRE, a->rest + a->at, n);
	if (lws_write(c->wsi, part + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
		return -1;
	a->at += n;
	if (a->at == a->n && a->left > 0) { /* of a document: nothing is written until the next part is there */
		a->rest = NULL;
		sek_conn_deadline(c, SEK_FRONT_ANSWER_MS);
		sek_documents_reading_next(a->reading, on_part, c);
		return 0;
	}
	if (a->at == a->n)
		return complete(c);
	sek_conn_deadline(c, SEK_FRONT_ANSWER_MS);
	lws_callback_on_writable(c->wsi);
	return 0;
}
