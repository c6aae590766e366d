/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page of one text field, and what it tells.
 */
#include "client/load/page.h"

#include <stdlib.h>
#include <string.h>

#include "client/load/http.h"

enum { CONNECTIONS_MAX = 64 };

struct sek_page_server {
	struct sek_http *http;
	bool ready;
	unsigned inputs;
	char typed[SEK_PAGE_TYPED_MAX_BYTES];
};

static const char page_html[] =
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>probe</title>\n"
	"<style>body{margin:0;font:18px sans-serif}input{font-size:24px;width:80%;margin:20px;caret-color:transparent}\n"
	"#area{position:fixed;left:0;right:0;bottom:0;height:120px;background:#102030}</style>\n"
	"<p>Sekisho measures here how long a key press takes to become pixels.</p>\n"
	"<input id=\"field\" autocomplete=\"off\" autofocus><div id=\"area\"></div>\n"
	"<script>\n"
	"const field = document.getElementById('field'), area = document.getElementById('area');\n"
	"let count = 0, last = Promise.resolve();\n"
	"field.addEventListener('input', () => {\n"
	"  area.style.background = ++count % 2 ? '#c04020' : '#102030';\n"
	"  const report = `/typed?${count}&${encodeURIComponent(field.value)}`;\n"
	"  last = last.then(() => fetch(report));\n"
	"});\n"
	"addEventListener('load', () => { field.focus(); setTimeout(() => fetch('/ready'), 200); });\n"
	"</script></html>\n";

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of inputs, `&`, then the percent-encoded text up to the next space: what was typed. */
static void keep_typed(struct sek_page_server *s, const char *query)
{
	char *p;
	size_t n = 0;

	s->inputs = (unsigned)strtoul(query, &p, 10);
	if (*p == '&')
		p++;
	for (; *p && *p != ' ' && n + 1 < sizeof s->typed; p++) {
		int high = *p == '%' ? hex_digit(p[1]) : -1;
		int low = high >= 0 ? hex_digit(p[2]) : -1;

		if (low >= 0) {
			s->typed[n++] = (char)(high << 4 | low);
			p += 2;
		} else {
			s->typed[n++] = *p;
		}
	}
	s->typed[n] = 0;
}

static void serve(void *user, const char *path, struct sek_http_answer *ret)
{
	struct sek_page_server *s = user;

	*ret = (struct sek_http_answer){ 200, "text/plain", "ok\n", strlen("ok\n"), false };
	if (strcmp(path, "/") == 0) {
		ret->type = "text/html; charset=utf-8";
		ret->body = page_html;
		ret->n = strlen(page_html);
	} else if (strcmp(path, "/ready") == 0) {
		s->ready = true;
	} else if (strncmp(path, "/typed?", 7) == 0) {
		keep_typed(s, path + 7);
	} else {
		ret->code = 404;
	}
}

sek_status sek_page_server_create(uv_loop_t *loop, const char *address, struct sek_page_server **ret)
{
	struct sek_page_server *s = calloc(1, sizeof *s);
	sek_status status;

	if (!s)
		return sek_fail(SEK_E_NOMEM);
	status = sek_http_create(loop, address, CONNECTIONS_MAX, serve, s, &s->http);
	if (!sek_is_ok(status)) {
		free(s);
		return status;
	}
	*ret = s;
	return sek_ok();
}

void sek_page_server_destroy(struct sek_page_server *s)
{
	if (s)
		sek_http_destroy(s->http);
	free(s);
}

int sek_page_server_port(const struct sek_page_server *s)
{
	return sek_http_port(s->http);
}

bool sek_page_server_ready(const struct sek_page_server *s)
{
	return s->ready;
}

unsigned sek_page_server_inputs(const struct sek_page_server *s)
{
	return s->inputs;
}

const char *sek_page_server_typed(const struct sek_page_server *s)
{
	return s->typed;
}
