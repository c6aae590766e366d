/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-pages with real PDFs, made here: pages arrive exactly as poppler draws them, in any order; hostile documents end with
 * a reason, and one whose reader is killed or asked for nonsense does too.
 */
#include <cairo-pdf.h>
#include <cairo.h>
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poppler.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "render-host/helpers.h"
#include "tests/unit/gap/spawn.h"
#include "tests/unit/pages/taker.h"

#define SIDE 2400

static struct taker *t;
static int stream_fd, document;
static pid_t program;

static cairo_status_t write_to(void *user, const unsigned char *bytes, unsigned n)
{
	return write(*(int *)user, bytes, n) == (ssize_t)n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Pages of A4 with Japanese text, colours and a shading. */
static void make_pdf(int pages)
{
	cairo_surface_t *s;
	cairo_t *cr;
	char text[64];

	document = memfd_create("document", MFD_CLOEXEC);
	s = cairo_pdf_surface_create_for_stream(write_to, &document, 595.28, 841.89);
	cr = cairo_create(s);
	cairo_select_font_face(cr, "Noto Sans CJK JP", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	for (int i = 1; i <= pages; i++) {
		cairo_pattern_t *shade = cairo_pattern_create_linear(0, 600, 595, 800);

		cairo_pattern_add_color_stop_rgb(shade, 0, 1, 0.5, 0);
		cairo_pattern_add_color_stop_rgb(shade, 1, 0, 0.2, (double)i / pages);
		cairo_set_source(cr, shade);
		cairo_rectangle(cr, 50, 600, 400, 150);
		cairo_fill(cr);
		cairo_pattern_destroy(shade);
		cairo_set_source_rgb(cr, 0, 0, 0);
		cairo_set_font_size(cr, 24);
		snprintf(text, sizeof text, "関所 第%dページ 住民票の写し", i);
		cairo_move_to(cr, 60, 100);
		cairo_show_text(cr, text);
		cairo_show_page(cr);
	}
	cairo_destroy(cr);
	cairo_surface_finish(s);
	ck_assert_int_eq(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
	cairo_surface_destroy(s);
}

static void make_text(const char *text, size_t n)
{
	document = memfd_create("document", MFD_CLOEXEC);
	ck_assert_int_eq(write(document, text, n), (ssize_t)n);
}

/* A PDF of one page with these words in the page, the catalog and the trailer. No table of offsets: poppler mends that. */
static void make_raw(const char *page, const char *catalog, const char *trailer)
{
	char text[4096];
	int n = snprintf(text, sizeof text, "%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R %s >>\nendobj\n"
		"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R %s >>\nendobj\n"
		"4 0 obj\n<< /Length 26 >>\nstream\n1 0 0 rg 0 0 100 100 re f \nendstream\nendobj\n"
		"trailer\n<< /Root 1 0 R /Size 5 %s >>\n%%%%EOF\n", catalog, page, trailer);

	make_text(text, (size_t)n);
}

static void start(uint16_t most_pages)
{
	char pages[8], side[8];
	const char *const argv[] = { "sekisho-pages", "150", pages, side, side, NULL };
	int pair[2];

	snprintf(pages, sizeof pages, "%u", most_pages);
	snprintf(side, sizeof side, "%u", SIDE);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	stream_fd = pair[0];
	program = test_spawn(SEK_PAGES, argv, (const int[]){ -1, -1, -1, pair[1], document }, SEK_PAGES_DOCUMENT_FD + 1);
	close(pair[1]);
	taker_use(t, stream_fd);
}

static void send_frame(const struct sek_writer *w)
{
	ck_assert(sek_is_ok(sek_writer_status(w)));
	ck_assert_int_eq(send(stream_fd, w->start, w->len, MSG_NOSIGNAL), (ssize_t)w->len);
}

static void order(uint16_t page)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_take_page_write(&w, &(struct sek_page_msg){ page });
	send_frame(&w);
}

static uint16_t opened(void)
{
	ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGES);
	ck_assert_uint_eq(t->pages.state, SEK_DOCUMENT_WORKING);
	return t->pages.pages;
}

static void expect_reason(enum sek_document_state state)
{
	ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGES);
	ck_assert_msg(t->pages.state == state, "%s", sek_document_state_name(t->pages.state));
	ck_assert_uint_eq(taker_next(t), 0);
	ck_assert_int_eq(test_wait(program, TEST_WAIT_MS).signal, 0);
	program = 0;
}

static void compare(uint16_t number)
{
	PopplerDocument *d = poppler_document_new_from_fd(fcntl(document, F_DUPFD_CLOEXEC, 0), NULL, NULL);

	taker_compare(t, d, number, 150);
	g_object_unref(d);
}

static void setup(void)
{
	t = taker_create(SIDE);
	program = 0;
	stream_fd = document = -1;
}

static void teardown(void)
{
	if (program) {
		kill(program, SIGKILL);
		test_wait(program, TEST_WAIT_MS);
	}
	close(stream_fd);
	close(document);
	taker_destroy(t);
}

START_TEST(pages_are_exact_in_any_order)
{
	make_pdf(3);
	start(200);
	ck_assert_uint_eq(opened(), 3);
	taker_take(t, 2);
	ck_assert_uint_eq(t->width, 1241);
	ck_assert_uint_eq(t->height, 1754);
	compare(2);
	taker_take(t, 1);
	compare(1);
	taker_take(t, 3);
	taker_take(t, 1);
	compare(1);
	close(stream_fd);
	stream_fd = -1;
	ck_assert_int_eq(test_wait(program, TEST_WAIT_MS).code, 0);
	program = 0;
}
END_TEST

START_TEST(three_hundred_pages)
{
	make_pdf(300);
	start(300);
	ck_assert_uint_eq(opened(), 300);
	taker_take(t, 300);
	taker_take(t, 150);
	order(301);
	expect_reason(SEK_DOCUMENT_BROKEN);
}
END_TEST

START_TEST(more_pages_than_allowed)
{
	make_pdf(5);
	start(4);
	expect_reason(SEK_DOCUMENT_TOO_MANY);
}
END_TEST

START_TEST(an_enormous_page_becomes_smaller)
{
	make_raw("/MediaBox [0 0 1000000 500000] /Contents 4 0 R", "", "");
	start(10);
	ck_assert_uint_eq(opened(), 1);
	taker_take(t, 1);
	ck_assert_uint_eq(t->width, SIDE);
	ck_assert_uint_eq(t->height, SIDE / 2);
}
END_TEST

/* Scripts and files stand in it, and nothing happens. */
START_TEST(scripts_and_embedded_files_are_nothing)
{
	make_raw("/MediaBox [0 0 200 200] /Contents 4 0 R /AA << /O << /S /JavaScript /JS (app.alert\\(1\\)) >> >>",
		"/OpenAction << /S /JavaScript /JS (while \\(1\\) ;) >> /Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec "
		"/F (a.exe) >>] >> >>", "");
	start(10);
	ck_assert_uint_eq(opened(), 1);
	taker_take(t, 1);
	ck_assert_uint_eq(t->px[(size_t)(t->height - 10) * SIDE + 10] & 0xffffff, 0xff0000);
}
END_TEST

START_TEST(documents_that_are_none)
{
	static const char key[] = "/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O (01234567890123456789012345678901) "
		"/U (01234567890123456789012345678901) >> /ID [(0123456789abcdef) (0123456789abcdef)]";

	switch (_i) {
	case 0:
		make_text("PK\3\4 a spreadsheet", 18);
		break;
	case 1:
		make_text("%PDF-1.7\n and then nothing of the kind", 38);
		break;
	case 2:
		make_text("", 0);
		break;
	default:
		make_raw("/MediaBox [0 0 200 200]", "", key);
	}
	start(10);
	expect_reason(_i == 0 || _i == 2 ? SEK_DOCUMENT_TYPE : _i == 1 ? SEK_DOCUMENT_BROKEN : SEK_DOCUMENT_ENCRYPTED);
}
END_TEST

/* The process whose parent is the program. */
static pid_t renderer(void)
{
	char path[64], parent[32];
	DIR *d = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;

	while (d && (e = readdir(d))) {
		pid_t pid = atoi(e->d_name);

		if (pid <= 0)
			continue;
		snprintf(path, sizeof path, "/proc/%d/status", pid);
		if (access(path, R_OK) != 0)
			continue;
		test_status_line(pid, "PPid", parent, sizeof parent);
		if (atoi(parent) == program)
			found = pid;
	}
	closedir(d);
	return found;
}

START_TEST(both_are_confined_and_a_death_is_told)
{
	char line[32];
	pid_t pid;

	make_pdf(1);
	start(10);
	ck_assert_uint_eq(opened(), 1);
	pid = renderer();
	ck_assert_int_gt(pid, 0);
	test_status_line(pid, "Seccomp", line, sizeof line);
	ck_assert_int_eq(atoi(line), 2);
	test_status_line(program, "Seccomp", line, sizeof line);
	ck_assert_int_eq(atoi(line), 2);
	/* the renderer has neither the connection nor anything else of ours */
	ck_assert_uint_eq(test_descriptors(pid) & 1u << SEK_PAGES_STREAM_FD, 0);
	kill(pid, SIGKILL);
	expect_reason(SEK_DOCUMENT_DIED);
}
END_TEST

START_TEST(a_decoder_that_breaks_the_rules)
{
	uint8_t bytes[64];
	struct sek_writer w;

	make_pdf(2);
	start(10);
	ck_assert_uint_eq(opened(), 2);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ping_write(&w, &(struct sek_ping){ 5 });
	send_frame(&w);
	ck_assert_uint_eq(taker_next(t), SEK_MSG_PONG);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_key_write(&w, &(struct sek_key){ 30, true, 'a' });
	send_frame(&w);
	ck_assert_uint_eq(taker_next(t), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pages");
	TCase *all = tcase_create("pages");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_test(all, pages_are_exact_in_any_order);
	tcase_add_test(all, three_hundred_pages);
	tcase_add_test(all, more_pages_than_allowed);
	tcase_add_test(all, an_enormous_page_becomes_smaller);
	tcase_add_test(all, scripts_and_embedded_files_are_nothing);
	tcase_add_loop_test(all, documents_that_are_none, 0, 4);
	tcase_add_test(all, both_are_confined_and_a_death_is_told);
	tcase_add_test(all, a_decoder_that_breaks_the_rules);
	suite_add_tcase(s, all);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
