/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the proxy makes of the policy's lists of addresses.
 */
#include <check.h>
#include <string.h>

#include "render-host/egress/url_rules.h"

static struct sek_url_rules *make(const char *allow, const char *block)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
	struct sek_url_rules *r;
	struct sek_writer w;
	struct sek_rules m;

	/* through the wire: only what can come from there is judged */
	sek_writer_init(&w, frame, sizeof frame);
	sek_rules_write(&w, &(struct sek_rules){ false, false, false, allow, block, strlen(allow), strlen(block) });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	ck_assert(sek_is_ok(sek_rules_read(frame + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES, &m)));
	r = sek_url_rules_make(&m);
	ck_assert_ptr_nonnull(r);
	return r;
}

/* t: tunnel, h: plain. */
static const struct {
	const char *allow, *block;
	char kind;
	const char *host;
	uint16_t port;
	const char *path;
	enum sek_url_verdict want;
} rows[] = {
	{ "*\n", "", 't', "example.jp", 443, "", SEK_URL_OPEN },
	{ "*\n", "", 'h', "example.jp", 80, "/", SEK_URL_OPEN },
	/* a name stands for itself and what is below it, never for what only ends alike */
	{ "*\n", "example.jp\n", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\n", "example.jp\n", 't', "a.b.example.jp", 8443, "", SEK_URL_BLOCKED },
	{ "*\n", "example.jp\n", 't', "example.jp.", 443, "", SEK_URL_BLOCKED },
	{ "*\n", "example.jp\n", 't', "badexample.jp", 443, "", SEK_URL_OPEN },
	{ "*\n", "example.jp\n", 't', "jp", 443, "", SEK_URL_OPEN },
	{ "*\n", "example.jp\n", 'h', "www.example.jp", 80, "/x?y", SEK_URL_BLOCKED },
	{ "*\n", ".example.jp\n", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\n", ".example.jp\n", 't', "www.example.jp", 443, "", SEK_URL_OPEN },
	{ "*\n", "xn--wgv71a119e.jp\n", 't', "www.xn--wgv71a119e.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\n", "127.0.0.1\n", 'h', "127.0.0.1", 8080, "/", SEK_URL_BLOCKED },
	{ "*\n", "0.0.1\n", 'h', "127.0.0.1", 8080, "/", SEK_URL_OPEN },
	/* the more specific one counts, whichever list it stands in */
	{ "*\ngood.example.jp\n", "example.jp\n", 't', "www.good.example.jp", 443, "", SEK_URL_OPEN },
	{ "*\nexample.jp\n", "bad.example.jp\n", 't', "bad.example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\nexample.jp\n", "example.jp\n", 't', "example.jp", 443, "", SEK_URL_OPEN },
	{ "*\n.example.jp\n", "example.jp\n", 't', "example.jp", 443, "", SEK_URL_OPEN },
	{ "*\n.example.jp\n", "example.jp\n", 't', "www.example.jp", 443, "", SEK_URL_BLOCKED },
	/* scheme and port select */
	{ "*\n", "https://example.jp\n", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\n", "https://example.jp\n", 'h', "example.jp", 80, "/", SEK_URL_OPEN },
	{ "*\n", "http://example.jp\n", 't', "example.jp", 443, "", SEK_URL_OPEN },
	{ "*\n", "http://example.jp\n", 't', "example.jp", 80, "", SEK_URL_BLOCKED },
	{ "*\n", "http://example.jp\n", 'h', "example.jp", 80, "/", SEK_URL_BLOCKED },
	{ "*\n", "example.jp:8443\n", 't', "example.jp", 8443, "", SEK_URL_BLOCKED },
	{ "*\n", "example.jp:8443\n", 't', "example.jp", 443, "", SEK_URL_OPEN },
	{ "*\n", "example.jp:99999\n", 't', "example.jp", 443, "", SEK_URL_OPEN },
	/* paths: seen in the plain, not in a tunnel */
	{ "*\n", "example.jp/bad\n", 'h', "example.jp", 80, "/bad/x", SEK_URL_BLOCKED },
	{ "*\n", "example.jp/bad\n", 'h', "example.jp", 80, "/good", SEK_URL_OPEN },
	{ "*\n", "example.jp/bad\n", 'h', "example.jp", 80, "", SEK_URL_OPEN },
	{ "*\n", "example.jp/bad\n", 't', "example.jp", 443, "", SEK_URL_UNSURE },
	{ "*\n", "example.jp/\n", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\nexample.jp/good\n", "example.jp\n", 't', "example.jp", 443, "", SEK_URL_UNSURE },
	{ "*\nexample.jp/good\n", "example.jp\n", 'h', "example.jp", 80, "/good/1", SEK_URL_OPEN },
	{ "*\nexample.jp/good\n", "example.jp\n", 'h', "example.jp", 80, "/other", SEK_URL_BLOCKED },
	{ "*\njp/good\n", "example.jp\n", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\n", "example.jp/watch?v=1\n", 'h', "example.jp", 80, "/", SEK_URL_UNSURE },
	/* a list of what is allowed: parts of its pages may come from elsewhere, which only the browser can tell from pages */
	{ "example.jp\n", "", 't', "www.example.jp", 443, "", SEK_URL_OPEN },
	{ "example.jp\n", "", 't', "cdn.example.com", 443, "", SEK_URL_UNSURE },
	{ "example.jp\n", "", 'h', "cdn.example.com", 80, "/x", SEK_URL_UNSURE },
	{ "example.jp\n", "cdn.example.com\n", 't', "cdn.example.com", 443, "", SEK_URL_BLOCKED },
	{ "example.jp\n", "*\n", 't', "cdn.example.com", 443, "", SEK_URL_UNSURE },
	/* where nothing is allowed there are no pages that could have parts */
	{ "", "", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "", "*\n", 'h', "example.jp", 80, "/", SEK_URL_BLOCKED },
	{ "*\n", "*\n", 't', "example.jp", 443, "", SEK_URL_BLOCKED },
	{ "*\nexample.jp\n", "*\n", 't', "example.jp", 443, "", SEK_URL_OPEN },
};

START_TEST(verdicts)
{
	struct sek_url_rules *r = make(rows[_i].allow, rows[_i].block);
	enum sek_url_verdict got = rows[_i].kind == 't' ?
		sek_url_rules_tunnel(r, rows[_i].host, rows[_i].port) :
		sek_url_rules_plain(r, rows[_i].host, rows[_i].port, rows[_i].path, strlen(rows[_i].path));

	ck_assert_msg(got == rows[_i].want, "row %d: %s:%u is %d", _i, rows[_i].host, rows[_i].port, (int)got);
	sek_url_rules_destroy(r);
}
END_TEST

START_TEST(without_rules_everything_is_open)
{
	ck_assert_int_eq(sek_url_rules_tunnel(NULL, "example.jp", 443), SEK_URL_OPEN);
	ck_assert_int_eq(sek_url_rules_plain(NULL, "example.jp", 80, "/", 1), SEK_URL_OPEN);
	sek_url_rules_destroy(NULL);
}
END_TEST

static void tighter(const char *allow1, const char *block1, const char *allow2, const char *block2, bool want)
{
	struct sek_url_rules *old = allow1 ? make(allow1, block1) : NULL, *now = make(allow2, block2);

	ck_assert(sek_url_rules_tighter(old, now) == want);
	sek_url_rules_destroy(old);
	sek_url_rules_destroy(now);
}

START_TEST(what_is_tighter)
{
	tighter(NULL, NULL, "*\n", "", false);
	tighter(NULL, NULL, "a.jp\n", "", true);
	tighter(NULL, NULL, "*\n", "a.jp\n", true);
	tighter("*\n", "", "*\nb.jp\n", "", false);
	tighter("a.jp\nb.jp\n", "", "b.jp\na.jp\nc.jp\n", "", false);
	tighter("a.jp\nb.jp\n", "", "b.jp\n", "", true);
	tighter("*\n", "a.jp\nb.jp\n", "*\n", "b.jp\n", false);
	tighter("*\n", "a.jp\n", "*\n", "a.jp\naa.jp\n", true);
	tighter("a.jp\n", "", "", "", true);
	tighter("", "", "a.jp\n", "", false);
	tighter("", "*\n", "*\n", "a.jp\n", false);
	tighter("*\n", "*\n", "*\n", "a.jp\n", false);
}
END_TEST

/* A list as long as the message holds. */
START_TEST(the_longest_list)
{
	static char list[SEK_RULES_LIST_MAX_BYTES + 1];
	struct sek_url_rules *r;

	for (size_t i = 0; i + 2 <= SEK_RULES_LIST_MAX_BYTES; i += 2)
		memcpy(list + i, i == 0 ? "z\n" : "a\n", 2);
	r = make("*\n", list);
	ck_assert_int_eq(sek_url_rules_tunnel(r, "x.z", 443), SEK_URL_BLOCKED);
	ck_assert_int_eq(sek_url_rules_tunnel(r, "x.y", 443), SEK_URL_OPEN);
	ck_assert(!sek_url_rules_tighter(r, r));
	sek_url_rules_destroy(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("egress url rules");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, verdicts, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(t, without_rules_everything_is_open);
	tcase_add_test(t, what_is_tighter);
	tcase_add_test(t, the_longest_list);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
