/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The site's pages: words of an office drawn from the seed. The same seed makes the same bytes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/marker.h"
#include "client/load/random.h"
#include "client/load/site.h"
#include "client/load/site_made.h"

static const char *const subjects[] = { "市民課", "申請書", "予算案", "防災計画", "図書館", "学校給食", "道路工事", "議会", "担当職員", "固定資産税",
	"上下水道", "子育て支援", "会議資料", "地域交通", "窓口業務", "公園整備", "選挙管理委員会", "介護保険", "観光案内", "情報システム" };
static const char *const objects[] = { "来月の予定", "必要な書類", "手続きの方法", "前年度の実績", "利用者の意見", "新しい様式", "調査の結果", "費用の内訳",
	"関係機関との調整", "受付の時間", "今後の方針", "対象となる地区", "工事の期間", "説明会の日程", "電子申請の案内", "個人情報の取り扱い" };
static const char *const verbs[] = { "を公表しました。", "について説明します。", "を見直すことになりました。", "をまとめています。", "を確認してください。",
	"に関する意見を募集します。", "を検討しています。", "をお知らせします。", "が変更されました。", "を準備しています。" };

#define PICK(r, list) ((list)[load_random_between((r), 0, sizeof(list) / sizeof((list)[0]) - 1)])

struct text {
	char *bytes;
	size_t n, room;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return;
	if (t->n + (size_t)n + 1 > t->room) {
		size_t room = (t->n + (size_t)n + 1) * 2;
		char *more = realloc(t->bytes, room);

		if (!more)
			return;
		t->bytes = more;
		t->room = room;
	}
	va_start(args, format);
	vsnprintf(t->bytes + t->n, t->room - t->n, format, args);
	va_end(args);
	t->n += (size_t)n;
}

static void add_head(struct text *t, unsigned page)
{
	add(t, "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><title>%02u</title>\n<style>\n"
		"body{margin:0;font:17px/1.7 sans-serif;color:#222}nav{position:fixed;top:0;left:0;right:0;height:%dpx;background:#e8ecf2;z-index:2}\n"
		"nav a{position:absolute;top:8px;width:%dpx;color:#1a4a8a}#band{position:fixed;left:0;right:0;bottom:0;height:%dpx;background:rgb(%u,%d,%u)}\n"
		"main{margin:%dpx 60px %dpx}img{display:block;margin:14px 0;background:#ccc}td{border:1px solid #bbb;padding:3px 9px}table{border-collapse:collapse}\n"
		"textarea{width:90%%;height:380px;font-size:22px;caret-color:transparent}</style>\n<nav>", page, LOAD_HEAD_PX, LOAD_LINK_WIDTH_PX,
		SEK_MARKER_BAND_PX, SEK_MARKER_EVEN >> 16, LOAD_MARKER_LEAST, SEK_MARKER_EVEN & 0xff, LOAD_HEAD_PX + 20, SEK_MARKER_BAND_PX + 30);
	for (unsigned i = 0; i < LOAD_LINKS_A_PAGE; i++)
		add(t, "<a href=\"p%02u\" style=\"left:%upx\">お知らせ%02u</a>", load_site_link(page, i), LOAD_LINK_LEFT_PX + i * LOAD_LINK_WIDTH_PX,
			load_site_link(page, i));
	add(t, "</nav>\n<main>\n");
}

static void add_sentence(struct text *t, struct load_random *r)
{
	add(t, "%sは、%s%s", PICK(r, subjects), PICK(r, objects), PICK(r, verbs));
}

static void add_paragraph(struct text *t, struct load_random *r)
{
	uint32_t n = load_random_between(r, 5, 10);

	add(t, "<p>");
	while (n-- > 0)
		add_sentence(t, r);
	add(t, "</p>\n");
}

static void add_picture(struct text *t, struct load_random *r)
{
	add(t, "<img src=\"/i%u\" width=\"%d\" height=\"%d\">\n", load_random_between(r, 0, LOAD_PICTURES - 1), LOAD_PICTURE_WIDTH_PX,
		LOAD_PICTURE_HEIGHT_PX);
}

static void add_table(struct text *t, struct load_random *r)
{
	add(t, "<table>\n");
	for (unsigned i = 0; i < 8; i++)
		add(t, "<tr><td>%s<td>%s<td>%u<td>%u,%03u円</tr>\n", PICK(r, subjects), PICK(r, objects), load_random_between(r, 1, 999),
			load_random_between(r, 1, 900), load_random_between(r, 0, 999));
	add(t, "</table>\n");
}

static void add_article(struct text *t, struct load_random *r, unsigned parts)
{
	for (unsigned i = 0; i < parts; i++) {
		add(t, "<h2>%sと%s</h2>\n", PICK(r, subjects), PICK(r, objects));
		add_paragraph(t, r);
		add_paragraph(t, r);
		if (i % 3 == 1)
			add_table(t, r);
		else
			add_picture(t, r);
	}
}

/* The band, and the word that the page has been painted. */
static void add_end(struct text *t, unsigned page)
{
	add(t, "</main><div id=\"band\"></div>\n<script>\n"
		"const band = document.getElementById('band'), field = document.querySelector('textarea'), film = document.querySelector('canvas');\n"
		"let inputs = 0;\n"
		"const turn = () => {\n"
		"  const green = %d + ++inputs %% %d * %d;\n"
		"  band.style.background = inputs %% 2 ? `rgb(%u,${green},%u)` : `rgb(%u,${green},%u)`;\n"
		"};\n"
		"if (field)\n"
		"  field.addEventListener('input', () => { turn(); if (field.value.length > 900) field.value = ''; });\n"
		"else\n"
		"  addEventListener('keydown', event => { if (event.key.length === 1 && !event.ctrlKey) turn(); });\n"
		"const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => fetch('r%02u').catch(() => {})));\n"
		"async function play() {\n"
		"  const frames = await Promise.all(Array.from({ length: %d }, async (_, i) => createImageBitmap(await (await fetch('/f' + i)).blob())));\n"
		"  const to = film.getContext('2d'), began = performance.now();\n"
		"  let shown = -1;\n"
		"  const draw = () => {\n"
		"    const frame = Math.floor((performance.now() - began) / 40) %% frames.length;\n"
		"    if (frame !== shown) to.drawImage(frames[shown = frame], 0, 0, film.width, film.height);\n"
		"    requestAnimationFrame(draw);\n"
		"  };\n"
		"  draw();\n"
		"  painted();\n"
		"}\n"
		"addEventListener('load', () => { if (field) field.focus(); if (film) play(); else painted(); });\n"
		"</script></html>\n", LOAD_MARKER_LEAST, LOAD_MARKER_STEPS, LOAD_MARKER_STEP, SEK_MARKER_ODD >> 16, SEK_MARKER_ODD & 0xff,
		SEK_MARKER_EVEN >> 16, SEK_MARKER_EVEN & 0xff, page, LOAD_FILM_FRAMES);
}

struct load_made load_make_page(uint64_t seed, unsigned page)
{
	struct load_random r = load_random_of(seed, 1000 + page);
	struct text t = { 0 };

	add_head(&t, page);
	if (page == LOAD_PAGE_LONG)
		add_article(&t, &r, 40);
	else if (page == LOAD_PAGE_FORM)
		add(&t, "<h2>%s</h2><textarea autocomplete=\"off\" spellcheck=\"false\"></textarea>\n", PICK(&r, objects));
	else if (page == LOAD_PAGE_FILM)
		add(&t, "<h2>%s</h2><canvas width=\"854\" height=\"480\"></canvas>\n", PICK(&r, objects));
	else
		add_article(&t, &r, 5);
	add_end(&t, page);
	return (struct load_made){ t.bytes, t.n };
}
