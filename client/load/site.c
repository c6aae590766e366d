/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Addresses of the site: /mSTAFF/pPAGE a page, /mSTAFF/rPAGE told by it once it is painted, /iN pictures, /fN the film's.
 */
#include "client/load/site.h"

#include <stdlib.h>
#include <string.h>

#include "client/load/http.h"
#include "client/load/site_made.h"

enum { CONNECTIONS_MAX = 4096 };

struct load_site {
	struct sek_http *http;
	unsigned staff;
	load_site_fn *fn;
	void *user;
	struct load_made pages[LOAD_PAGES], pictures[LOAD_PICTURES], film[LOAD_FILM_FRAMES];
};

/* A number below `limit` at *at, which moves behind it. */
static bool take_number(const char **at, unsigned limit, unsigned *ret)
{
	char *end;
	unsigned long n = strtoul(*at, &end, 10);

	if (end == *at || **at < '0' || **at > '9' || n >= limit)
		return false;
	*at = end;
	*ret = (unsigned)n;
	return true;
}

static void give(struct sek_http_answer *ret, const struct load_made *m, const char *type, bool keep)
{
	if (m->bytes)
		*ret = (struct sek_http_answer){ 200, type, m->bytes, m->n, keep };
}

static void serve_staff(struct load_site *s, const char *path, struct sek_http_answer *ret)
{
	unsigned staff, page;
	char what;

	if (!take_number(&path, s->staff, &staff) || path[0] != '/' || (path[1] != 'p' && path[1] != 'r'))
		return;
	what = path[1];
	path += 2;
	if (!take_number(&path, LOAD_PAGES, &page) || *path)
		return;
	if (what == 'p') {
		give(ret, &s->pages[page], "text/html; charset=utf-8", false);
		return;
	}
	*ret = (struct sek_http_answer){ 200, "text/plain", "ok\n", strlen("ok\n"), false };
	s->fn(s->user, staff, page);
}

static void serve(void *user, const char *path, struct sek_http_answer *ret)
{
	struct load_site *s = user;
	char what = path[0] == '/' ? path[1] : 0;
	unsigned n;

	if (!what)
		return;
	path += 2;
	if (what == 'm')
		serve_staff(s, path, ret);
	else if (what == 'i' && take_number(&path, LOAD_PICTURES, &n) && !*path)
		give(ret, &s->pictures[n], "image/jpeg", true);
	else if (what == 'f' && take_number(&path, LOAD_FILM_FRAMES, &n) && !*path)
		give(ret, &s->film[n], "image/jpeg", true);
}

static bool make_all(struct load_site *s, uint64_t seed)
{
	bool ok = true;

	for (unsigned i = 0; i < LOAD_PAGES; i++)
		ok &= (s->pages[i] = load_make_page(seed, i)).bytes != NULL;
	for (unsigned i = 0; i < LOAD_PICTURES; i++)
		ok &= (s->pictures[i] = load_make_picture(seed, i)).bytes != NULL;
	for (unsigned i = 0; i < LOAD_FILM_FRAMES; i++)
		ok &= (s->film[i] = load_make_film(seed, i)).bytes != NULL;
	return ok;
}

sek_status load_site_create(uv_loop_t *loop, const char *address, uint64_t seed, unsigned staff, load_site_fn *fn, void *user,
	struct load_site **ret)
{
	struct load_site *s = calloc(1, sizeof *s);
	sek_status status = sek_fail(SEK_E_NOMEM);

	if (!s)
		return status;
	s->staff = staff;
	s->fn = fn;
	s->user = user;
	if (make_all(s, seed))
		status = sek_http_create(loop, address, CONNECTIONS_MAX, serve, s, &s->http);
	if (!sek_is_ok(status)) {
		load_site_free(s);
		return status;
	}
	*ret = s;
	return sek_ok();
}

void load_site_close(struct load_site *s)
{
	if (s)
		sek_http_destroy(s->http);
}

void load_site_free(struct load_site *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < LOAD_PAGES; i++)
		free(s->pages[i].bytes);
	for (unsigned i = 0; i < LOAD_PICTURES; i++)
		free(s->pictures[i].bytes);
	for (unsigned i = 0; i < LOAD_FILM_FRAMES; i++)
		free(s->film[i].bytes);
	free(s);
}

int load_site_port(const struct load_site *s)
{
	return sek_http_port(s->http);
}

unsigned load_site_link(unsigned page, unsigned link)
{
	return (page % LOAD_ARTICLES + 1 + link) % LOAD_ARTICLES;
}

void load_site_link_at(unsigned link, uint16_t *ret_x_px, uint16_t *ret_y_px)
{
	*ret_x_px = (uint16_t)(LOAD_LINK_LEFT_PX + link * LOAD_LINK_WIDTH_PX + LOAD_LINK_WIDTH_PX / 3);
	*ret_y_px = LOAD_TOOLBAR_PX + LOAD_HEAD_PX / 2;
}
