/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * document_bench [PAGES]: a real render host, sandbox and browser on this machine. Types into the browser for a while, then again while a
 * printed page of about that many sheets (200) is taken over page by page, and says how long keys took to show, both times.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/gap/gap.h"
#include "broker/hub/session/document.h"
#include "tests/integration/world.h"

enum { SIDE = 2400, ALONE_MS = 15000, KEY_EVERY_MS = 120, WORDS_A_SHEET = 560, LONGEST_MS = 240000 };

static struct world w;
static bool over;
static enum sek_document_state why;

static sek_status policy(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	struct sek_policy_row all[SEK_POLICY_ATTRIBUTES + 1] = { { SEK_SCOPE_SITE, "", SEK_POLICY_DOWNLOAD, "\"pixels\"" } };

	(void)user;
	(void)name;
	memcpy(all + 1, rows, n * sizeof *rows);
	return sek_policy_resolve(all, n + 1, ret, NULL);
}

static void on_end(void *user, enum sek_document_end end, enum sek_document_state reason)
{
	(void)user;
	(void)end;
	over = true;
	why = reason;
}

static void press(struct stream *c, uint16_t code)
{
	stream_key(c, code, true);
	stream_key(c, code, false);
}

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

static void show_delays(const char *what, const struct sek_delays *before)
{
	struct sek_delays after;
	uint64_t n = 0, sum = 0;

	sek_sessions_delays(w.all, &after);
	for (size_t i = 0; i <= SEK_DELAYS; i++)
		n += after.n[i] - before->n[i];
	printf("%s: %llu keys, mean %.1f ms;", what, (unsigned long long)n, n ? (double)(after.sum_us - before->sum_us) / 1000 / (double)n : 0);
	for (size_t i = 0; i < SEK_DELAYS; i++) {
		sum += after.n[i] - before->n[i];
		if (n && sum * 100 >= n * 50 && (sum - (after.n[i] - before->n[i])) * 100 < n * 50)
			printf(" half within %u ms,", sek_delay_ms[i]);
		if (n && sum * 100 >= n * 95 && (sum - (after.n[i] - before->n[i])) * 100 < n * 95)
			printf(" 95 of 100 within %u ms", sek_delay_ms[i]);
	}
	printf("\n");
}

static void to_address(struct stream *c)
{
	stream_key(c, KEY_LEFTCTRL, true);
	press(c, KEY_L);
	stream_key(c, KEY_LEFTCTRL, false);
}

/* A page of words, by the address bar. */
static void open_words(struct stream *c, unsigned sheets)
{
	char text[200];

	snprintf(text, sizeof text, "data:text/html,<script>for(i=0;i<%u;i++)document.write(i*7919+' ')</script>", sheets * WORDS_A_SHEET);
	to_address(c);
	stream_text(c, text);
	press(c, KEY_ENTER);
	world_run_ms(&w, 8000);
}

static void take_all(struct stream *c, const struct sek_gap_reader *gap, struct sek_session_document *d)
{
	uint64_t begun = now_ms(), key_at = 0, first = 0, last = begun + LONGEST_MS;
	struct sek_gap_header h;
	uint16_t wanted = 0;

	for (;;) {
		sek_gap_reader_header(gap, &h);
		if (over || now_ms() > last || (wanted > 0 && h.document_page == wanted && wanted == h.document_pages))
			break;
		if (h.document_pages > 0 && (wanted == 0 || h.document_page == wanted)) {
			if (wanted == 0) { /* printing takes the focus away */
				first = now_ms();
				to_address(c);
			}
			sek_session_document_take(d, ++wanted);
		}
		if (wanted > 0 && now_ms() >= key_at) {
			press(c, KEY_A);
			key_at = now_ms() + KEY_EVERY_MS;
		}
		uv_run(&w.loop, UV_RUN_ONCE);
	}
	if (over || !first)
		printf("ended: %s\n", sek_document_state_name(why));
	else
		printf("document: printed in %.1f s, %u pages of %ux%u taken in %.1f s\n", (double)(first - begun) / 1000, h.document_page,
			h.width_px, h.height_px, (double)(now_ms() - first) / 1000);
}

START_TEST(measure)
{
	const struct sek_document_ask ask = { SEK_DOCUMENT_PRINTED, 150, 500, SIDE, SIDE };
	unsigned sheets = getenv("PAGES") ? (unsigned)atoi(getenv("PAGES")) : 200;
	struct sek_session_document *d;
	struct sek_gap_layout layout;
	struct sek_gap_reader *gap;
	struct sek_delays before;
	struct stream c;
	int gap_fd, wake_fd;

	world_init(&w);
	world_start(&w);
	sek_sessions_policy_from(w.all, policy, NULL);
	world_up(&w, "taro", &c);
	open_words(&c, sheets);
	to_address(&c);
	world_run_ms(&w, 1000);
	sek_sessions_delays(w.all, &before);
	for (uint64_t end = now_ms() + ALONE_MS; now_ms() < end;) {
		press(&c, KEY_A);
		world_run_ms(&w, KEY_EVERY_MS);
	}
	show_delays("browsing alone", &before);
	ck_assert(sek_is_ok(sek_session_document_start(w.all, "taro", &ask, on_end, NULL, &d, &gap_fd, &wake_fd)));
	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, SIDE, SIDE)));
	ck_assert(sek_is_ok(sek_gap_reader_open(gap_fd, &layout, &gap)));
	sek_sessions_delays(w.all, &before);
	take_all(&c, gap, d);
	show_delays("browsing while a document is taken over", &before);
	fflush(stdout);
	if (!over)
		sek_session_document_stop(d);
	sek_gap_reader_close(gap);
	close(gap_fd);
	close(wake_fd);
	stream_finish(&c);
	world_finish(&w);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("document bench");
	TCase *tcase = tcase_create("measure");
	SRunner *runner;
	int failed;

	if (argc > 1)
		setenv("PAGES", argv[1], 1);
	sek_policy_can_keep_documents();
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, measure);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
