/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of the refusals, Japanese and English, and the responses around them.
 */
#include "render-host/egress/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
	unsigned status;
	const char *reason; /* RFC 9110 section 15 */
	const char *title, *ja, *en;
};

static const struct words words[SEK_PAGE_COUNT] = {
	[SEK_PAGE_START] = { 200, "OK", "", "", "" },
	[SEK_PAGE_NOT_THERE] = { 404, "Not Found", "ページがありません", "このアドレスにページはありません。",
		"There is no page at this address." },
	[SEK_PAGE_MALFORMED] = { 400, "Bad Request", "開けません", "アドレスか要求の形が正しくありません。",
		"The address or the request is not well-formed." },
	[SEK_PAGE_REFUSED] = { 403, "Forbidden", "このあて先へは接続できません",
		"このブラウザーから開けるのはインターネット上のページだけです。庁内や機器のアドレス、決められていないポートへは接続しません。",
		"Only pages on the Internet can be opened from here: no internal addresses, no unusual ports." },
	[SEK_PAGE_BLOCKED] = { 403, "Forbidden", "このサイトは開けません",
		"管理者の設定により、このアドレスへの接続は許可されていません。",
		"Your administrator's rules do not allow this address." },
	[SEK_PAGE_TOO_LARGE] = { 431, "Request Header Fields Too Large", "開けません",
		"要求が大きすぎます。このサイトのCookieが多すぎるかもしれません。",
		"The request is too large; perhaps this site has set too many cookies." },
	[SEK_PAGE_TIMEOUT] = { 408, "Request Timeout", "開けません", "要求が時間内に届きませんでした。",
		"The request did not arrive in time." },
	[SEK_PAGE_NO_NAME] = { 502, "Bad Gateway", "サイトが見つかりません",
		"この名前のサイトが見つかりません。アドレスを確かめてください。",
		"No site has this name. Please check the address." },
	[SEK_PAGE_NO_ANSWER] = { 502, "Bad Gateway", "サイトにつながりません",
		"サイトが応答しません。しばらくしてからもう一度お試しください。",
		"The site does not answer. Please try again later." },
	[SEK_PAGE_BAD_ANSWER] = { 502, "Bad Gateway", "サイトの応答が正しくありません",
		"サイトから正しい応答がありませんでした。", "The site's answer is not well-formed." },
	[SEK_PAGE_SLOW] = { 504, "Gateway Timeout", "サイトの応答がありません",
		"サイトの応答に時間がかかりすぎています。", "The site takes too long to answer." },
};

/* Puts the words of p into the template; the result is at most a little longer than both. Heap or NULL. */
static char *fill(const char *template, const struct words *w)
{
	const struct { const char *mark, *text; } marks[] = { { "@TITLE@", w->title }, { "@JA@", w->ja },
							       { "@EN@", w->en } };
	char *text = strdup(template);

	for (size_t i = 0; text && i < sizeof marks / sizeof marks[0]; i++) {
		char *at = strstr(text, marks[i].mark), *next = NULL;

		if (!at)
			continue;
		if (asprintf(&next, "%.*s%s%s", (int)(at - text), text, marks[i].text, at + strlen(marks[i].mark)) < 0)
			next = NULL;
		free(text);
		text = next;
	}
	return text;
}

char *sek_page_make(enum sek_page p, bool with_body, size_t *ret_n)
{
	const unsigned char *template = p == SEK_PAGE_START ? sek_page_start_html : sek_page_refused_html;
	char *body = fill((const char *)template, &words[p]), *all = NULL;
	int n;

	if (!body)
		return NULL;
	n = asprintf(&all,
		"HTTP/1.1 %u %s\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Length: %zu\r\n"
		"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Referrer-Policy: no-referrer\r\n"
		"Cache-Control: no-store\r\n"
		"Connection: close\r\n\r\n%s",
		words[p].status, words[p].reason, strlen(body), with_body ? body : "");
	free(body);
	if (n < 0)
		return NULL;
	*ret_n = (size_t)n;
	return all;
}
