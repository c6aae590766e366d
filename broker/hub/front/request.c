/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict reading of the few header lines that matter here. Must never guess: what has not exactly the expected form is
 * refused.
 */
#include "broker/hub/front/request.h"

#include <string.h>
#include <strings.h>

#include <libwebsockets.h>

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

sek_status sek_length_parse(const char *text, uint64_t *ret)
{
	size_t i, n = strlen(text);
	uint64_t v = 0;

	if (n == 0 || n > 15 || strspn(text, "0123456789") != n)
		return sek_fail(SEK_E_MALFORMED);
	for (i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	*ret = v;
	return sek_ok();
}

/* One element of a list: from `p` to the separator, without the blanks around it. Returns where the next begins, or NULL
 * after the last. */
static const char *element(const char *p, char separator, const char **ret, size_t *ret_n)
{
	const char *end = strchr(p, separator);
	size_t n = end ? (size_t)(end - p) : strlen(p);

	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	*ret = p;
	*ret_n = n;
	return end ? end + 1 : NULL;
}

/* Copies n bytes if they are exactly size - 1 signs of base64url. */
static bool copy_base64url(const char *p, size_t n, char *ret, size_t size)
{
	size_t i;

	if (n != size - 1)
		return false;
	for (i = 0; i < n; i++)
		if (p[i] == '\0' || !strchr(base64url, p[i]))
			return false;
	memcpy(ret, p, n);
	ret[n] = '\0';
	return true;
}

sek_status sek_cookie_parse(const char *line, char ret[SEK_COOKIE_BYTES])
{
	static const char name[] = SEK_COOKIE_NAME "=";
	const char *p = line, *item;
	char value[SEK_COOKIE_BYTES] = "";
	size_t n;

	while (p) {
		p = element(p, ';', &item, &n);
		if (n < sizeof name - 1 || memcmp(item, name, sizeof name - 1) != 0)
			continue;
		if (value[0] || !copy_base64url(item + sizeof name - 1, n - (sizeof name - 1), value, sizeof value))
			return sek_fail(SEK_E_MALFORMED);
	}
	memcpy(ret, value, sizeof value);
	return sek_ok();
}

bool sek_is_json_type(const char *text)
{
	const char *item, *p;
	size_t n;

	p = element(text, ';', &item, &n);
	if (n != 16 || strncasecmp(item, "application/json", n) != 0)
		return false;
	if (!p)
		return true;
	p = element(p, ';', &item, &n);
	return !p && n == 13 && strncasecmp(item, "charset=utf-8", n) == 0;
}

bool sek_origin_allowed(const char *origin, const char *const *origins, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(origin, origins[i]) == 0)
			return true;
	return false;
}

bool sek_list_has(const char *list, const char *word)
{
	const char *p = list, *item;
	size_t n;

	while (p) {
		p = element(p, ',', &item, &n);
		if (n == strlen(word) && strncasecmp(item, word, n) == 0)
			return true;
	}
	return false;
}

sek_status sek_subprotocols_parse(const char *list, char ret_token[SEK_TOKEN_BYTES])
{
	static const char prefix[] = "token.";
	char token[SEK_TOKEN_BYTES] = "";
	const char *p = list, *item;
	bool ours = false;
	size_t n;

	while (p) {
		p = element(p, ',', &item, &n);
		if (!ours && n == strlen(SEK_SUBPROTOCOL) && memcmp(item, SEK_SUBPROTOCOL, n) == 0)
			ours = true;
		else if (token[0] || n < sizeof prefix - 1 || memcmp(item, prefix, sizeof prefix - 1) != 0 ||
				!copy_base64url(item + sizeof prefix - 1, n - (sizeof prefix - 1), token, sizeof token))
			return sek_fail(SEK_E_MALFORMED);
	}
	if (!ours || !token[0])
		return sek_fail(SEK_E_MALFORMED);
	memcpy(ret_token, token, sizeof token);
	return sek_ok();
}

/* Copies one header line, or leaves ret empty. Lines that came twice are joined by lws and then match nothing. */
static void line(struct lws *wsi, enum lws_token_indexes token, char *ret, size_t size, bool *oversize)
{
	ret[0] = '\0';
	if (lws_hdr_total_length(wsi, token) > 0 && lws_hdr_copy(wsi, ret, (int)size, token) < 0) {
		ret[0] = '\0';
		*oversize = true;
	}
}

static enum sek_method method_of(struct lws *wsi)
{
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return SEK_METHOD_GET;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI))
		return SEK_METHOD_POST;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI))
		return SEK_METHOD_HEAD;
	return SEK_METHOD_OTHER;
}

static void read_length(struct lws *wsi, struct sek_request *ret)
{
	char text[32];
	bool oversize = false;

	ret->has_encoding = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
	ret->has_length = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
	if (!ret->has_length)
		return;
	line(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text, &oversize);
	ret->bad_length = oversize || !sek_is_ok(sek_length_parse(text, &ret->length));
}

void sek_request_read(struct lws *wsi, const char *path, size_t n, struct sek_request *ret)
{
	static const char fetch_site[] = "sec-fetch-site:";
	char cookies[2048];

	memset(ret, 0, sizeof *ret);
	ret->method = method_of(wsi);
	if (n >= sizeof ret->path || memchr(path, '\0', n))
		ret->oversize = true;
	else
		memcpy(ret->path, path, n);
	read_length(wsi, ret);
	line(wsi, WSI_TOKEN_ORIGIN, ret->origin, sizeof ret->origin, &ret->oversize);
	line(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, ret->content_type, sizeof ret->content_type, &ret->oversize);
	line(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, ret->if_none_match, sizeof ret->if_none_match, &ret->oversize);
	line(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof cookies, &ret->oversize);
	ret->bad_cookie = !sek_is_ok(sek_cookie_parse(cookies, ret->cookie));
	if (lws_hdr_custom_length(wsi, fetch_site, sizeof fetch_site - 1) > 0 &&
			lws_hdr_custom_copy(wsi, ret->fetch_site, sizeof ret->fetch_site, fetch_site,
				sizeof fetch_site - 1) < 0)
		ret->oversize = true;
}
