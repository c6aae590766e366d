/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The order of precedence is Chromium's (components/url_matcher, URLBlocklist): a name without its subdomains before one
 * with them, then the longer name, then the longer path, then "allowed" before "blocked". Scheme and port only select.
 */
#include "render-host/egress/url_rules.h"

#include <stdlib.h>
#include <string.h>

#include "render-host/egress/address.h"

enum { HTTP = 1, HTTPS = 2, HTTP_PORT = 80 };

struct pattern {
	const char *host, *path; /* into the lists */
	size_t host_n, path_n;   /* host_n 0: every host; path_n 0: every path */
	uint16_t port;           /* 0: every port */
	uint8_t schemes;
	bool exact, allow;
	bool query;              /* the path has one: its parts may stand in any order, which is left to the browser */
};

struct sek_url_rules {
	struct pattern *pattern;
	size_t patterns;
	bool all_allowed, all_blocked; /* the pattern "*" */
	size_t allow_n, block_n;
	char *allow, *block;     /* the lists as they came, not terminated */
};

static bool starts_with(const char *line, size_t n, const char *word)
{
	size_t w = strlen(word);

	return n >= w && memcmp(line, word, w) == 0;
}

static bool is_address(const char *host, size_t n)
{
	struct sockaddr_storage ignored;
	char text[64];

	if (n == 0 || n >= sizeof text)
		return false;
	memcpy(text, host, n);
	text[n] = 0;
	return sek_egress_literal(text, &ignored);
}

/* False: a pattern that can never match, as a port that is none. */
static bool parse(const char *line, size_t n, bool allow, struct pattern *ret)
{
	struct pattern p = { .schemes = HTTP | HTTPS, .allow = allow };
	const char *slash, *colon;
	size_t skip;

	if (starts_with(line, n, "http://"))
		p.schemes = HTTP;
	else if (starts_with(line, n, "https://"))
		p.schemes = HTTPS;
	skip = p.schemes == HTTP ? 7 : p.schemes == HTTPS ? 8 : 0;
	line += skip;
	n -= skip;
	slash = memchr(line, '/', n);
	p.host = line;
	p.host_n = slash ? (size_t)(slash - line) : n;
	if (slash) {
		p.path = slash;
		p.path_n = n - p.host_n == 1 ? 0 : n - p.host_n;
		p.query = memchr(p.path, '?', p.path_n) != NULL;
	}
	colon = memchr(p.host, ':', p.host_n);
	if (colon) {
		unsigned port = 0;

		for (const char *c = colon + 1; c < p.host + p.host_n; c++) {
			if (*c < '0' || *c > '9' || port > UINT16_MAX)
				return false;
			port = port * 10 + (unsigned)(*c - '0');
		}
		if (port == 0 || port > UINT16_MAX)
			return false;
		p.port = (uint16_t)port;
		p.host_n = (size_t)(colon - p.host);
	}
	if (p.host_n > 0 && *p.host == '.') {
		p.exact = true;
		p.host++;
		p.host_n--;
	} else {
		p.exact = is_address(p.host, p.host_n);
	}
	*ret = p;
	return true;
}

static size_t count_lines(const char *list, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += list[i] == '\n';
	return lines;
}

static void take_list(struct sek_url_rules *r, const char *list, size_t n, bool allow)
{
	const char *end;

	for (; n > 0 && (end = memchr(list, '\n', n)) != NULL; n -= (size_t)(end + 1 - list), list = end + 1) {
		if (end - list == 1 && *list == '*')
			*(allow ? &r->all_allowed : &r->all_blocked) = true;
		else if (parse(list, (size_t)(end - list), allow, &r->pattern[r->patterns]))
			r->patterns++;
	}
}

static char *copy(const char *from, size_t n)
{
	char *to = malloc(n + 1);

	if (to && n > 0)
		memcpy(to, from, n);
	return to;
}

struct sek_url_rules *sek_url_rules_make(const struct sek_rules *m)
{
	struct sek_url_rules *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->allow = copy(m->allow, r->allow_n = m->allow_bytes);
	r->block = copy(m->block, r->block_n = m->block_bytes);
	if (r->allow && r->block)
		r->pattern = calloc(count_lines(r->allow, r->allow_n) + count_lines(r->block, r->block_n) + 1,
			sizeof *r->pattern);
	if (!r->pattern) {
		sek_url_rules_destroy(r);
		return NULL;
	}
	take_list(r, r->allow, r->allow_n, true);
	take_list(r, r->block, r->block_n, false);
	return r;
}

void sek_url_rules_destroy(struct sek_url_rules *r)
{
	if (!r)
		return;
	free(r->pattern);
	free(r->allow);
	free(r->block);
	free(r);
}

static bool matches_host(const struct pattern *p, const char *host, size_t n)
{
	if (p->host_n == 0)
		return true;
	if (n < p->host_n || memcmp(host + n - p->host_n, p->host, p->host_n) != 0)
		return false;
	return n == p->host_n || (!p->exact && host[n - p->host_n - 1] == '.');
}

/* Does a count before b? */
static bool precedes(const struct pattern *a, const struct pattern *b)
{
	if (a->exact != b->exact)
		return a->exact;
	if (a->host_n != b->host_n)
		return a->host_n > b->host_n;
	if (a->path_n != b->path_n)
		return a->path_n > b->path_n;
	return a->allow && !b->allow;
}

static size_t host_length(const char *host)
{
	size_t n = strlen(host);

	while (n && host[n - 1] == '.')
		n--; /* a name may end with the root's point */
	return n;
}

static bool allows_something(const struct sek_url_rules *r)
{
	bool any = r->all_allowed && !r->all_blocked;

	for (size_t i = 0; i < r->patterns && !any; i++)
		any = r->pattern[i].allow;
	return any;
}

/* For what no pattern speaks of. If nothing at all is allowed no page can have parts. */
static enum sek_url_verdict otherwise(const struct sek_url_rules *r)
{
	if (r->all_allowed && !r->all_blocked)
		return SEK_URL_OPEN;
	return allows_something(r) ? SEK_URL_UNSURE : SEK_URL_BLOCKED;
}

enum sek_url_verdict sek_url_rules_plain(const struct sek_url_rules *r, const char *host, uint16_t port, const char *path,
	size_t path_n)
{
	const struct pattern *best = NULL, *p;
	size_t n = host_length(host);

	if (!r)
		return SEK_URL_OPEN;
	for (p = r->pattern; p < r->pattern + r->patterns; p++) {
		if (!(p->schemes & HTTP) || (p->port && p->port != port) || !matches_host(p, host, n))
			continue;
		if (p->query) {
			if (!best || precedes(p, best))
				best = p;
			continue;
		}
		if (path_n < p->path_n || (p->path_n && memcmp(path, p->path, p->path_n) != 0))
			continue;
		if (!best || precedes(p, best))
			best = p;
	}
	if (!best)
		return otherwise(r);
	return best->query ? SEK_URL_UNSURE : best->allow ? SEK_URL_OPEN : SEK_URL_BLOCKED;
}

enum sek_url_verdict sek_url_rules_tunnel(const struct sek_url_rules *r, const char *host, uint16_t port)
{
	const struct pattern *best = NULL, *p;
	unsigned scheme = port == HTTP_PORT ? HTTP : HTTPS;
	size_t n = host_length(host);
	enum sek_url_verdict v;

	if (!r)
		return SEK_URL_OPEN;
	for (p = r->pattern; p < r->pattern + r->patterns; p++) {
		if (p->path_n == 0 && (p->schemes & scheme) && (!p->port || p->port == port) && matches_host(p, host, n) &&
				(!best || precedes(p, best)))
			best = p;
	}
	v = !best ? otherwise(r) : best->allow ? SEK_URL_OPEN : SEK_URL_BLOCKED;
	for (p = r->pattern; p < r->pattern + r->patterns && v != SEK_URL_UNSURE; p++) {
		if (p->path_n > 0 && (p->schemes & scheme) && (!p->port || p->port == port) && matches_host(p, host, n) &&
				(!best || precedes(p, best)) && p->allow != (v == SEK_URL_OPEN))
			v = SEK_URL_UNSURE;
	}
	return v;
}

/* --- tighter --- */

static bool has_line(const char *list, size_t n, const char *line, size_t line_n)
{
	const char *end;

	for (; n > 0 && (end = memchr(list, '\n', n)) != NULL; n -= (size_t)(end + 1 - list), list = end + 1)
		if ((size_t)(end - list) == line_n && memcmp(list, line, line_n) == 0)
			return true;
	return false;
}

/* Every line of a stands in b. */
static bool within(const char *a, size_t a_n, const char *b, size_t b_n)
{
	const char *end;

	for (; a_n > 0 && (end = memchr(a, '\n', a_n)) != NULL; a_n -= (size_t)(end + 1 - a), a = end + 1)
		if (!has_line(b, b_n, a, (size_t)(end - a)))
			return false;
	return true;
}

bool sek_url_rules_tighter(const struct sek_url_rules *old, const struct sek_url_rules *now)
{
	const char *was_allowed = old ? old->allow : "*\n", *was_blocked = old ? old->block : "";

	if (old && !allows_something(old))
		return false; /* as in a sandbox that was kept warm */
	return !within(was_allowed, old ? old->allow_n : 2, now->allow, now->allow_n) ||
		!within(now->block, now->block_n, was_blocked, old ? old->block_n : 0);
}
