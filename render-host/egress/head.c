/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parses and rebuilds heads. A head is never passed on as it came: what was not understood does not go on.
 */
#include "render-host/egress/head.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct out {
	char *p;
	size_t n, size;
	bool failed;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (o->failed || n > o->size - o->n) {
		o->failed = true;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

static bool is(struct sek_slice s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

/* RFC 9110 5.6.2 */
static bool is_token(struct sek_slice s)
{
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return true;
}

/* RFC 9110 5.5: visible characters, space, tab, and bytes above ASCII. */
static bool is_value(struct sek_slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static struct sek_slice trim(struct sek_slice s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

size_t sek_head_length(const char *bytes, size_t n)
{
	const char *p = bytes, *end = bytes + n;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - bytes);
		if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - bytes);
	}
	return 0;
}

/* Takes the next line off *rest; *ret_crlf: it ended as it should. False at the end. */
static bool next_line(struct sek_slice *rest, struct sek_slice *ret, bool *ret_crlf)
{
	const char *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	size_t n;

	if (!lf)
		return false;
	n = (size_t)(lf - rest->p);
	*ret = (struct sek_slice){ rest->p, n };
	*ret_crlf = n > 0 && rest->p[n - 1] == '\r';
	if (*ret_crlf)
		ret->n--;
	rest->p += n + 1;
	rest->n -= n + 1;
	return true;
}

static sek_status parse_headers(struct sek_slice rest, bool strict, struct sek_headers *ret)
{
	struct sek_slice line;
	bool crlf;

	ret->n = 0;
	while (next_line(&rest, &line, &crlf)) {
		const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
		struct sek_header h;

		if (strict && !crlf)
			return sek_fail(SEK_E_MALFORMED);
		if (line.n == 0)
			break;
		h.name = (struct sek_slice){ line.p, colon ? (size_t)(colon - line.p) : 0 };
		h.value = (struct sek_slice){ colon, 0 };
		if (colon)
			h.value = trim((struct sek_slice){ colon + 1, (size_t)(line.p + line.n - colon - 1) });
		/* this also refuses folded lines, which begin with a space */
		if (!is_token(h.name) || !is_value(h.value)) {
			if (strict)
				return sek_fail(SEK_E_MALFORMED);
			continue;
		}
		if (ret->n == SEK_HEADERS_MAX)
			return sek_fail(SEK_E_LIMIT);
		ret->at[ret->n++] = h;
	}
	return rest.n ? sek_fail(SEK_E_MALFORMED) : sek_ok();
}

static bool parse_port(const char *p, size_t n, uint16_t *ret)
{
	unsigned v = 0;

	if (n == 0 || n > 5)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(p[i] - '0');
	}
	if (v == 0 || v > 65535)
		return false;
	*ret = (uint16_t)v;
	return true;
}

sek_status sek_authority_parse(const char *text, size_t n, uint16_t default_port, char ret_host[SEK_HOST_MAX_BYTES + 1],
	bool *ret_ipv6, uint16_t *ret_port)
{
	/* a name, an IPv4 address, or between brackets an IPv6 address; no user, no zone, no percent-encoding */
	static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_", v6_chars[] = "0123456789abcdef:.";
	const char *end = text + n, *host = text, *host_end, *rest;
	bool ipv6 = n > 0 && *text == '[';
	uint16_t port = default_port;
	char lower[SEK_HOST_MAX_BYTES + 1];
	size_t len;

	if (ipv6) {
		host = text + 1;
		host_end = memchr(host, ']', n - 1);
		if (!host_end)
			return sek_fail(SEK_E_MALFORMED);
		rest = host_end + 1;
	} else {
		host_end = n ? memchr(text, ':', n) : NULL;
		if (!host_end)
			host_end = end;
		rest = host_end;
	}
	len = (size_t)(host_end - host);
	if (len == 0 || len > SEK_HOST_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	for (size_t i = 0; i < len; i++) {
		lower[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
		if (lower[i] == 0 || !strchr(ipv6 ? v6_chars : name_chars, lower[i]))
			return sek_fail(SEK_E_MALFORMED);
	}
	lower[len] = 0;
	if (rest < end && (*rest != ':' || !parse_port(rest + 1, (size_t)(end - rest - 1), &port)))
		return sek_fail(SEK_E_MALFORMED);
	if (port == 0)
		return sek_fail(SEK_E_MALFORMED);
	memcpy(ret_host, lower, len + 1);
	*ret_ipv6 = ipv6;
	*ret_port = port;
	return sek_ok();
}

static sek_status parse_target(struct sek_slice target, struct sek_request *r)
{
	static const char scheme[] = "http://";
	enum { SCHEME = sizeof scheme - 1 };
	size_t n = 0;

	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] <= ' ' || target.p[i] >= 0x7f)
			return sek_fail(SEK_E_MALFORMED);
	r->path = (struct sek_slice){ target.p, 0 };
	if (r->connect)
		return sek_authority_parse(target.p, target.n, 0, r->host, &r->ipv6, &r->port);
	if (target.n <= SCHEME || strncasecmp(target.p, scheme, SCHEME) != 0)
		return sek_fail(SEK_E_MALFORMED);
	target.p += SCHEME;
	target.n -= SCHEME;
	while (n < target.n && target.p[n] != '/' && target.p[n] != '?' && target.p[n] != '#')
		n++;
	r->path = (struct sek_slice){ target.p + n, target.n - n };
	if (memchr(r->path.p, '#', r->path.n))
		return sek_fail(SEK_E_MALFORMED);
	return sek_authority_parse(target.p, n, 80, r->host, &r->ipv6, &r->port);
}

/* RFC 9112 section 6: where the body ends must be certain, or two programs in the chain could disagree. */
static sek_status find_body(struct sek_request *r)
{
	const struct sek_header *length = NULL, *coding = NULL;
	uint64_t v = 0;

	for (size_t i = 0; i < r->headers.n; i++) {
		const struct sek_header *h = &r->headers.at[i];
		const struct sek_header **slot = is(h->name, "content-length") ? &length :
			is(h->name, "transfer-encoding") ? &coding : NULL;

		if (slot && *slot)
			return sek_fail(SEK_E_MALFORMED);
		if (slot)
			*slot = h;
	}
	sek_body_init_length(&r->body, 0);
	if (!length && !coding)
		return sek_ok();
	if ((length && coding) || r->connect)
		return sek_fail(SEK_E_MALFORMED);
	if (coding) {
		if (!is(coding->value, "chunked"))
			return sek_fail(SEK_E_MALFORMED);
		sek_body_init_chunked(&r->body);
		return sek_ok();
	}
	if (length->value.n == 0 || length->value.n > 18)
		return sek_fail(SEK_E_MALFORMED);
	for (size_t i = 0; i < length->value.n; i++) {
		char c = length->value.p[i];

		if (c < '0' || c > '9')
			return sek_fail(SEK_E_MALFORMED);
		v = v * 10 + (uint64_t)(c - '0');
	}
	sek_body_init_length(&r->body, v);
	return sek_ok();
}

sek_status sek_request_parse(const char *bytes, size_t n, struct sek_request *ret)
{
	struct sek_slice rest = { bytes, n }, line, version;
	const char *sp1, *sp2;
	bool crlf;

	if (!next_line(&rest, &line, &crlf) || !crlf)
		return sek_fail(SEK_E_MALFORMED);
	sp1 = line.n ? memchr(line.p, ' ', line.n) : NULL;
	sp2 = sp1 ? memchr(sp1 + 1, ' ', (size_t)(line.p + line.n - sp1 - 1)) : NULL;
	if (!sp2)
		return sek_fail(SEK_E_MALFORMED);
	version = (struct sek_slice){ sp2 + 1, (size_t)(line.p + line.n - sp2 - 1) };
	if (version.n != 8 || (memcmp(version.p, "HTTP/1.1", 8) != 0 && memcmp(version.p, "HTTP/1.0", 8) != 0))
		return sek_fail(SEK_E_MALFORMED);
	memset(ret, 0, sizeof *ret);
	ret->method = (struct sek_slice){ line.p, (size_t)(sp1 - line.p) };
	if (!is_token(ret->method) || ret->method.n > 32)
		return sek_fail(SEK_E_MALFORMED);
	/* methods are case-sensitive (RFC 9110 9.1) */
	ret->connect = ret->method.n == 7 && memcmp(ret->method.p, "CONNECT", 7) == 0;
	SEK_TRY(parse_target((struct sek_slice){ sp1 + 1, (size_t)(sp2 - sp1 - 1) }, ret));
	SEK_TRY(parse_headers(rest, true, &ret->headers));
	return find_body(ret);
}

sek_status sek_response_parse(const char *bytes, size_t n, struct sek_response *ret)
{
	struct sek_slice rest = { bytes, n }, line;
	bool crlf;

	if (!next_line(&rest, &line, &crlf) || line.n < 12 || memcmp(line.p, "HTTP/1.", 7) != 0 || line.p[8] != ' ' ||
	    (line.n > 12 && line.p[12] != ' '))
		return sek_fail(SEK_E_MALFORMED);
	ret->status = 0;
	for (int i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return sek_fail(SEK_E_MALFORMED);
		ret->status = ret->status * 10 + (unsigned)(line.p[i] - '0');
	}
	if (ret->status < 100 || ret->status > 599)
		return sek_fail(SEK_E_MALFORMED);
	return parse_headers(rest, false, &ret->headers);
}

/* True if the comma-separated list holds the word. */
static bool list_has(struct sek_slice list, struct sek_slice word)
{
	while (list.n) {
		const char *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;
		struct sek_slice item = trim((struct sek_slice){ list.p, n });

		if (item.n == word.n && strncasecmp(item.p, word.p, word.n) == 0)
			return true;
		n += comma != NULL;
		list.p += n;
		list.n -= n;
	}
	return false;
}

static bool is_hop_by_hop(const struct sek_headers *all, struct sek_slice name)
{
	static const char *const names[] = { "connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade",
					     "proxy-authenticate", "proxy-authorization", "proxy-authentication-info",
					     "http2-settings", NULL };

	for (const char *const *p = names; *p; p++)
		if (is(name, *p))
			return true;
	/* framing must stay true even if someone lists it as a connection option */
	if (is(name, "transfer-encoding") || is(name, "content-length"))
		return false;
	for (size_t i = 0; i < all->n; i++)
		if ((is(all->at[i].name, "connection") || is(all->at[i].name, "proxy-connection")) &&
		    list_has(all->at[i].value, name))
			return true;
	return false;
}

static void put_headers(struct out *o, const struct sek_headers *h, bool request)
{
	for (size_t i = 0; i < h->n; i++) {
		if (is_hop_by_hop(h, h->at[i].name) || (request && is(h->at[i].name, "host")))
			continue;
		put(o, h->at[i].name.p, h->at[i].name.n);
		put_text(o, ": ");
		put(o, h->at[i].value.p, h->at[i].value.n);
		put_text(o, "\r\n");
	}
}

static sek_status finish(const struct out *o, size_t *ret_n)
{
	if (o->failed)
		return sek_fail(SEK_E_LIMIT);
	*ret_n = o->n;
	return sek_ok();
}

sek_status sek_request_write(const struct sek_request *r, bool absolute, char *out, size_t size, size_t *ret_n)
{
	struct out o = { .p = out, .size = size };
	char authority[SEK_HOST_MAX_BYTES + 16], port[8] = "";

	if (r->connect || r->port != 80)
		snprintf(port, sizeof port, ":%u", r->port);
	snprintf(authority, sizeof authority, "%s%s%s%s", r->ipv6 ? "[" : "", r->host, r->ipv6 ? "]" : "", port);
	put(&o, r->method.p, r->method.n);
	put_text(&o, " ");
	if (absolute && !r->connect)
		put_text(&o, "http://");
	if (absolute || r->connect)
		put_text(&o, authority);
	if (!r->connect && (r->path.n == 0 || *r->path.p != '/'))
		put_text(&o, "/");
	put(&o, r->path.p, r->path.n);
	put_text(&o, " HTTP/1.1\r\nHost: ");
	put_text(&o, authority);
	put_text(&o, "\r\n");
	if (!r->connect) {
		put_headers(&o, &r->headers, true);
		put_text(&o, "Connection: close\r\n");
	}
	put_text(&o, "\r\n");
	return finish(&o, ret_n);
}

sek_status sek_response_write(const struct sek_response *r, bool final, char *out, size_t size, size_t *ret_n)
{
	struct out o = { .p = out, .size = size };
	char line[32];

	/* the reason phrase is text of the server that nobody needs */
	snprintf(line, sizeof line, "HTTP/1.1 %u \r\n", r->status);
	put_text(&o, line);
	put_headers(&o, &r->headers, false);
	if (final)
		put_text(&o, "Connection: close\r\n");
	put_text(&o, "\r\n");
	return finish(&o, ret_n);
}
