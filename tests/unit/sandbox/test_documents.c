/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A whole sandbox with a real browser: a download is kept and counted, its pages come as pixels, exactly; so does the page that is shown,
 * printed; what the rules close is gone at once.
 */
#include <cairo-pdf.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "render-host/session.h"
#include "tests/unit/pages/taker.h"
#include "tests/unit/sandbox/session_rig.h"

#define SIDE 2400

static char file[] = "/tmp/sek-documents-XXXXXX";

static size_t rules(uint8_t *to, size_t size, bool open)
{
	struct sek_writer w;

	sek_writer_init(&w, to, size);
	sek_rules_write(&w, &(struct sek_rules){ .view = open, .keep = open, .print = open, .allow = "*\n", .allow_bytes = 2, .block = "" });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	return w.len;
}

static int connect_as_capture(const struct session *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", s->dir, SEK_SESSION_RULES);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* The next count that the keeper says. */
static uint16_t counted(int fd)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_DOCUMENTS_MAX_BYTES];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sek_documents_msg m;
	struct sek_frame f;
	size_t total;

	ck_assert_msg(poll(&p, 1, 30000) > 0, "no download was counted");
	ck_assert_int_eq(recv(fd, bytes, sizeof bytes, MSG_WAITALL), (ssize_t)sizeof bytes);
	ck_assert(sek_is_ok(sek_frame_whole(bytes, sizeof bytes, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total)));
	ck_assert_uint_eq(f.type, SEK_MSG_DOCUMENTS);
	ck_assert(sek_is_ok(sek_documents_msg_read(bytes + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &m)));
	return m.count;
}

/* As renderd: asks for a document; our end of its stream. */
static int ask(int control, enum sek_document_source source)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} c;
	uint8_t bytes[32];
	struct sek_writer w;
	struct iovec part;
	struct msghdr m;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_document_msg_write(&w, &(struct sek_document_msg){ 1, 1, (uint8_t)source, 150, 100, SIDE, SIDE });
	memset(&c, 0, sizeof c);
	part = (struct iovec){ w.start, w.len };
	m = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c.space };
	c.header.cmsg_level = SOL_SOCKET;
	c.header.cmsg_type = SCM_RIGHTS;
	c.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.header), &pair[1], sizeof(int));
	ck_assert_int_eq(sendmsg(control, &m, 0), (ssize_t)w.len);
	close(pair[1]);
	return pair[0];
}

/* Asks for what is shown until it has so many pages: a browser shows things when it can. Closes the connection before. */
static int shown(struct taker *t, int control, int before, uint16_t pages)
{
	int fd = -1;

	do {
		close(fd < 0 ? before : fd);
		fd = ask(control, SEK_DOCUMENT_PRINTED);
		taker_use(t, fd);
		ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGES);
	} while (t->pages.pages != pages);
	return fd;
}

static cairo_status_t write_to(void *user, const unsigned char *bytes, unsigned n)
{
	return write(*(int *)user, bytes, n) == (ssize_t)n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static unsigned char bytes[65536]; /* the document */
static size_t bytes_n;

/* A site that shows it, whatever is asked for. */
static uint16_t serve_pdf(pid_t *ret_pid)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof a;

	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	*ret_pid = fork();
	while (*ret_pid == 0) {
		char request[4096];
		int fd;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		fd = accept(listener, NULL, NULL);
		if (recv(fd, request, sizeof request, 0) > 0) {
			dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", bytes_n);
			(void)!send(fd, bytes, bytes_n, MSG_NOSIGNAL);
		}
		close(fd);
	}
	close(listener);
	return ntohs(a.sin_port);
}

/* Two pages of text; *ret_html: a page that offers them under a name of its own. */
static PopplerDocument *make(char *html, size_t size)
{
	int fd = memfd_create("document", MFD_CLOEXEC);
	cairo_surface_t *s = cairo_pdf_surface_create_for_stream(write_to, &fd, 420, 595);
	cairo_t *cr = cairo_create(s);
	static char coded[90000];
	ssize_t n;

	cairo_select_font_face(cr, "Noto Sans CJK JP", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
	cairo_set_font_size(cr, 30);
	for (int i = 0; i < 2; i++) {
		cairo_move_to(cr, 40, 100);
		cairo_show_text(cr, i ? "二枚目の申請書" : "申請書の一枚目");
		cairo_show_page(cr);
	}
	cairo_destroy(cr);
	cairo_surface_finish(s);
	cairo_surface_destroy(s);
	n = pread(fd, bytes, sizeof bytes, 0);
	ck_assert(n > 0 && (size_t)n < sizeof bytes);
	bytes_n = (size_t)n;
	ck_assert(sodium_bin2base64(coded, sizeof coded, bytes, (size_t)n, sodium_base64_VARIANT_ORIGINAL));
	ck_assert_int_lt(snprintf(html, size, "<!doctype html><meta charset=utf-8><title>t</title><h1>表示中のページ</h1>"
		"<a id=a download='MARKER-NAME.pdf' href='data:application/pdf;base64,%s'>file</a>", coded), (int)size);
	return poppler_document_new_from_fd(fd, NULL, NULL);
}

static char html[120000], url[64];

START_TEST(documents_become_pixels)
{
	const char *const args[] = { "--allow", "127.0.0.0/8", "--rules", file, NULL };
	struct session_options o = { .args = args };
	PopplerDocument *document = make(html, sizeof html);
	struct taker *t = taker_create(SIDE);
	uint8_t frame[64];
	struct session s;
	int control[2], capture, stream, fd;
	size_t n;
	pid_t site, pdf_site;

	t->wait_ms = 90000; /* a conversion may wait for its turn */
	n = rules(frame, sizeof frame, true);
	fd = mkstemp(file);
	ck_assert_int_eq(write(fd, frame + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES), (ssize_t)(n - SEK_FRAME_HEADER_BYTES));
	close(fd);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
	o.documents_fd = control[1];
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", site_start(html, &site));
	session_start(&s, &o);
	close(control[1]);
	session_open(&s);
	capture = connect_as_capture(&s);
	json_decref(page_call(&s, "Page.navigate", json_pack("{s:s}", "url", url)));
	ck_assert(page_until(&s, "document.querySelector('h1') ? 'yes' : ''", "yes"));
	/* pages are not told that a machine drives the browser */
	ck_assert_str_eq(page_eval(&s, "String(navigator.webdriver)"), "false");

	/* nothing was caught yet */
	stream = ask(control[0], SEK_DOCUMENT_CAUGHT);
	taker_use(t, stream);
	ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGES);
	ck_assert_uint_eq(t->pages.state, SEK_DOCUMENT_NONE);
	ck_assert_uint_eq(taker_next(t), 0);
	close(stream);

	/* a click, a count, its pages */
	page_eval(&s, "document.getElementById('a').click(), ''");
	ck_assert_uint_eq(counted(capture), 1);
	stream = ask(control[0], SEK_DOCUMENT_CAUGHT);
	taker_use(t, stream);
	ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGES);
	ck_assert_msg(t->pages.state == SEK_DOCUMENT_WORKING, "%s", sek_document_state_name(t->pages.state));
	ck_assert_uint_eq(t->pages.pages, 2);
	taker_take(t, 2);
	taker_compare(t, document, 2, 150);
	taker_take(t, 1);
	taker_compare(t, document, 1, 150);

	/* what is shown, while that one is open: it takes its place. The browser shows the download itself by now: it is taken as it is, not as
	 * a picture of its viewer */
	fd = ask(control[0], SEK_DOCUMENT_PRINTED);
	ck_assert_uint_eq(taker_next(t), 0);
	close(stream);
	fd = shown(t, control[0], fd, 2);
	taker_take(t, 1);
	taker_compare(t, document, 1, 150);
	/* the page itself, printed */
	json_decref(page_call(&s, "Page.bringToFront", NULL));
	fd = shown(t, control[0], fd, 1);
	taker_take(t, 1);
	ck_assert_uint_ge(t->width, 1240);
	ck_assert_uint_le(t->width, 1242);
	/* a PDF that a site shows */
	snprintf(url, sizeof url, "http://127.0.0.1:%u/shown", serve_pdf(&pdf_site));
	json_decref(page_call(&s, "Page.navigate", json_pack("{s:s}", "url", url)));
	fd = shown(t, control[0], fd, 2);
	taker_take(t, 2);
	taker_compare(t, document, 2, 150);

	/* the rules close it: what was under way ends, what was kept is gone, nothing new begins */
	n = rules(frame, sizeof frame, false);
	ck_assert_int_eq(send(capture, frame, n, 0), (ssize_t)n);
	ck_assert_uint_eq(counted(capture), 0);
	ck_assert_uint_eq(taker_next(t), 0);
	close(fd);
	for (int source = SEK_DOCUMENT_CAUGHT; source <= SEK_DOCUMENT_PRINTED; source++) {
		fd = ask(control[0], (enum sek_document_source)source);
		taker_use(t, fd);
		ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGES);
		ck_assert_uint_eq(t->pages.state, SEK_DOCUMENT_ENDED);
		close(fd);
	}
	close(capture);
	close(control[0]);
	session_stop(&s);
	kill(site, SIGKILL);
	kill(pdf_site, SIGKILL);
	waitpid(site, NULL, 0);
	waitpid(pdf_site, NULL, 0);
	unlink(file);
	taker_destroy(t);
	g_object_unref(document);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sandbox documents");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(suite);
	int failed;

	if (geteuid() != 0)
		return 77;
	session_begin_all();
	tcase_set_timeout(t, 200);
	tcase_add_test(t, documents_become_pixels);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	session_end_all();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
