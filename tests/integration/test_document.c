/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A document through the whole chain, to the gap: a second decoder with its descriptors and nothing else, pixels of a page that a real
 * browser printed, and that all of it is gone as soon as the policy says so, while the session goes on.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "broker/hub/session/document.h"
#include "tests/integration/world.h"

enum { SIDE = 2400, PAGE_MS = 90000 };

static const struct {
	int fd;
	const char *kind;
	int mode;
} list[] = {
	{ 0, "null", -1 },
	{ 1, "null", -1 },
	{ 2, "null", -1 },
	{ SEK_DECODER_HOST_FD, "socket", O_RDWR },
	{ SEK_DECODER_GAP_FD, "memfd", O_RDWR },
	{ SEK_DECODER_WAKE_FD, "eventfd", O_RDWR },
	{ SEK_DECODER_INPUT_FD, "pipe", O_RDONLY },
	{ SEK_DECODER_CONTROL_FD, "null", -1 },
};

static struct world w;
static const char *downloads;
static struct sek_session_document *document;
static struct sek_gap_reader *gap;
static int gap_fd, wake_fd;
static unsigned ends;
static enum sek_document_end how;
static enum sek_document_state why;

static sek_status policy(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	struct sek_policy_row all[SEK_POLICY_ATTRIBUTES + 1] = { { SEK_SCOPE_SITE, "", SEK_POLICY_DOWNLOAD, downloads } };

	(void)user;
	(void)name;
	memcpy(all + 1, rows, n * sizeof *rows);
	return sek_policy_resolve(all, n + 1, ret, NULL);
}

static void on_end(void *user, enum sek_document_end end, enum sek_document_state reason)
{
	(void)user;
	ends++;
	how = end;
	why = reason;
	document = NULL;
}

static sek_status begin(enum sek_document_source source)
{
	const struct sek_document_ask ask = { source, 150, 100, SIDE, SIDE };
	struct sek_gap_layout layout;

	SEK_TRY(sek_session_document_start(w.all, "taro", &ask, on_end, NULL, &document, &gap_fd, &wake_fd));
	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, SIDE, SIDE)));
	ck_assert(sek_is_ok(sek_gap_reader_open(gap_fd, &layout, &gap)));
	return sek_ok();
}

static void must_begin(enum sek_document_source source)
{
	sek_status s = begin(source);

	ck_assert_msg(sek_is_ok(s), "%s", sek_code_name(s));
}

static void forget(void)
{
	sek_gap_reader_close(gap);
	close(gap_fd);
	close(wake_fd);
	gap = NULL;
}

static struct sek_gap_header now(void)
{
	struct sek_gap_header h;

	sek_gap_reader_header(gap, &h);
	return h;
}

static pid_t decoder(void)
{
	return procs_find(getpid(), "sekisho-doc", NULL, NULL);
}

static void check_descriptors(pid_t pid)
{
	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		char found[256];
		int mode;

		ck_assert_msg(procs_descriptor(pid, list[i].fd, found, sizeof found, &mode), "descriptor %d is not open", list[i].fd);
		ck_assert_msg(strcmp(found, list[i].kind) == 0, "descriptor %d is a %s", list[i].fd, found);
		if (list[i].mode >= 0)
			ck_assert_int_eq(mode, list[i].mode);
	}
	ck_assert_uint_eq(procs_descriptors(pid), sizeof list / sizeof list[0]);
	ck_assert_str_eq(procs_status(pid, "Seccomp"), "2");
	ck_assert_str_eq(procs_status(pid, "NoNewPrivs"), "1");
	ck_assert_uint_ne(procs_namespace(pid, "net"), procs_namespace(getpid(), "net"));
	ck_assert(procs_maps(pid, "memfd:sekisho-gap", 'w'));
}

static unsigned dark_pixels(const struct sek_gap_header *h)
{
	const uint32_t *px = sek_gap_reader_pixels(gap);
	unsigned n = 0;

	for (size_t y = 0; y < h->height_px; y++)
		for (size_t x = 0; x < h->width_px; x++)
			n += (px[y * SIDE + x] & 0xff) < 128;
	return n;
}

START_TEST(a_document_reaches_its_gap)
{
	struct sek_gap_header h;
	struct stream c;
	pid_t pid;

	downloads = "\"none\"";
	world_init(&w);
	world_start(&w);
	sek_sessions_policy_from(w.all, policy, NULL);
	ck_assert(sek_is(begin(SEK_DOCUMENT_PRINTED), SEK_E_NOT_FOUND));
	world_up(&w, "taro", &c);
	/* policy off: no process, no descriptor, nothing */
	ck_assert(sek_is(begin(SEK_DOCUMENT_PRINTED), SEK_E_DENIED));
	ck_assert(sek_is(begin(SEK_DOCUMENT_CAUGHT), SEK_E_DENIED));
	ck_assert_int_eq(decoder(), 0);
	downloads = "\"pixels\"";
	sek_sessions_refresh_policy(w.all);

	/* nothing was caught: said by the exit code, and by the gap */
	do { /* until the rules have reached the sandbox */
		ends = 0;
		must_begin(SEK_DOCUMENT_CAUGHT);
		ck_assert(sek_is(begin(SEK_DOCUMENT_CAUGHT), SEK_E_CONFLICT));
		WORLD_UNTIL(&w, PAGE_MS, ends == 1);
		ck_assert_int_eq(how, SEK_DOCUMENT_END_REASON);
		ck_assert_uint_eq(now().document_state, why);
		forget();
	} while (why == SEK_DOCUMENT_ENDED);
	ck_assert_int_eq(why, SEK_DOCUMENT_NONE);

	/* the page that is shown; the browser may take a while to learn that it may be printed */
	do {
		ends = 0;
		must_begin(SEK_DOCUMENT_PRINTED);
		WORLD_UNTIL(&w, PAGE_MS, ends == 1 || now().document_pages > 0);
		if (ends)
			forget();
	} while (ends && why == SEK_DOCUMENT_NONE);
	ck_assert_msg(!ends, "%s", sek_document_state_name(why));
	pid = decoder();
	ck_assert_int_gt(pid, 0);
	check_descriptors(pid);
	sek_session_document_take(document, 1);
	WORLD_UNTIL(&w, PAGE_MS, now().document_page == 1);
	h = now();
	ck_assert_uint_ge(h.width_px, 1239); /* A4 at 150 dpi */
	ck_assert_uint_le(h.width_px, 1242);
	ck_assert_uint_gt(dark_pixels(&h), 500);
	/* once more, as after a dead page writer */
	sek_session_document_take(document, 1);
	WORLD_UNTIL(&w, PAGE_MS, now().frame > h.frame && now().document_page == 1);
	world_goes_on(&w, &c);

	/* the policy closes it: the process is dead, the session is not */
	downloads = "\"none\"";
	sek_sessions_refresh_policy(w.all);
	WORLD_UNTIL(&w, 5000, ends == 1 && !procs_alive(pid));
	ck_assert_int_eq(how, SEK_DOCUMENT_END_CLOSED);
	forget();
	world_goes_on(&w, &c);
	stream_finish(&c);
	world_finish(&w);
}
END_TEST

START_TEST(it_ends_with_what_it_hangs_on)
{
	struct stream c;
	pid_t pid;

	downloads = "\"pixels\"";
	world_init(&w);
	world_start(&w);
	sek_sessions_policy_from(w.all, policy, NULL);
	world_up(&w, "taro", &c);
	ends = 0;
	/* a decoder that dies is a fault of its document only */
	must_begin(SEK_DOCUMENT_PRINTED);
	WORLD_UNTIL(&w, PAGE_MS, (pid = decoder()) > 0);
	kill(pid, SIGKILL);
	WORLD_UNTIL(&w, 10000, ends == 1);
	ck_assert_int_eq(how, SEK_DOCUMENT_END_FAULT);
	forget();
	/* one that is not wanted any more says nothing */
	must_begin(SEK_DOCUMENT_PRINTED);
	WORLD_UNTIL(&w, PAGE_MS, (pid = decoder()) > 0);
	sek_session_document_stop(document);
	WORLD_UNTIL(&w, 10000, !procs_alive(pid));
	forget();
	world_goes_on(&w, &c);
	ck_assert_uint_eq(ends, 1);
	/* the session's end is its end */
	must_begin(SEK_DOCUMENT_PRINTED);
	WORLD_UNTIL(&w, PAGE_MS, (pid = decoder()) > 0);
	ck_assert_uint_eq(sek_sessions_end_user(w.all, "taro", SEK_STATE_ENDED_ADMIN), 1);
	WORLD_UNTIL(&w, 10000, ends == 2 && !procs_alive(pid));
	ck_assert_int_eq(how, SEK_DOCUMENT_END_CLOSED);
	forget();
	stream_finish(&c);
	world_finish(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("integration.session.document");
	TCase *tcase = tcase_create("document");
	SRunner *runner;
	int failed;

	sek_policy_can_keep_documents(); /* as a broker that has a place for them says */
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, a_document_reaches_its_gap);
	tcase_add_test(tcase, it_ends_with_what_it_hangs_on);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
