/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See host.h.
 */
#include "tests/unit/decoder/host.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/pki.h"
#include "certs/session_cert.h"
#include "protocol/codec/update.h"

static char directory[256];
static const uint8_t session[SEK_SESSION_ID_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static char *slurp(const char *ca, const char *name)
{
	char path[512], *text = calloc(1, SEK_CREDENTIAL_MAX_BYTES);
	FILE *f;

	snprintf(path, sizeof path, "%s/%s/%s", directory, ca, name);
	f = fopen(path, "r");
	ck_assert_msg(f && text, "%s", path);
	ck_assert_uint_gt(fread(text, 1, SEK_CREDENTIAL_MAX_BYTES - 1, f), 0);
	fclose(f);
	return text;
}

static void make_ca(const char *name)
{
	struct sek_pki_wish wish = { 0 };
	struct sek_pki *pki;
	char path[512], err[256] = "";

	snprintf(path, sizeof path, "%s/%s", directory, name);
	ck_assert_msg(sek_is_ok(sek_pki_init(path, name, &wish, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_open(path, &pki, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_BROKER, "broker1", &wish, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_HOST, HOST_NAME, &wish, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_HOST, "render2.sekisho.internal", &wish, err, sizeof err)),
		"%s", err);
	sek_pki_close(pki);
}

void host_make_certificates(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(directory, sizeof directory, "%s/sek-decoder-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	make_ca("good");
	make_ca("other");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void host_remove_certificates(void)
{
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put_text(int fd, const char *text)
{
	uint8_t head[4];
	struct sek_writer w;

	sek_writer_init(&w, head, sizeof head);
	sek_write_u32(&w, (uint32_t)strlen(text));
	ck_assert_int_eq(write(fd, head, sizeof head), sizeof head);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void put_credentials(int fd)
{
	char *ca = slurp("good", "ca.crt"), *crl = slurp("good", "ca.crl");
	char *intermediate = slurp("good", "broker1.crt"), *key = slurp("good", "broker1.key");
	struct sek_session_cert cert;
	struct sek_issuer *issuer;

	ck_assert(sek_is_ok(sek_issuer_create(intermediate, key, &issuer)));
	ck_assert(sek_is_ok(sek_issuer_issue(issuer, session, HOST_NAME, &cert)));
	put_text(fd, ca);
	put_text(fd, crl);
	put_text(fd, cert.certificate_pem);
	put_text(fd, intermediate);
	put_text(fd, cert.key_pem);
	sek_session_cert_finish(&cert);
	sek_issuer_destroy(issuer);
	free(ca);
	free(crl);
	free(intermediate);
	free(key);
}

static void make_server(struct host *h, const struct host_options *o)
{
	const char *ca = o->untrusted ? "other" : "good", *name = o->server ? o->server : HOST_NAME;
	char crt[300], key[300];
	struct sek_tls_pem pem;

	snprintf(crt, sizeof crt, "%s.crt", name);
	snprintf(key, sizeof key, "%s.key", name);
	pem = (struct sek_tls_pem){ slurp(ca, "ca.crt"), slurp(ca, "ca.crl"), slurp(ca, crt), slurp(ca, key) };
	ck_assert(sek_is_ok(sek_tls_context_create(SEK_TLS_SERVER, &pem, &h->context)));
	free((void *)(uintptr_t)pem.ca);
	free((void *)(uintptr_t)pem.crl);
	free((void *)(uintptr_t)pem.chain);
	free((void *)(uintptr_t)pem.key);
	ck_assert(sek_is_ok(sek_tls_create(h->context, h->fd, name, &h->tls)));
}

const char *host_certificates(void)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/good", directory);
	return path;
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* A connection over loopback: *ret is the decoder's end, h->fd ours. */
static void make_connection(struct host *h, int *ret)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	*ret = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(*ret, (struct sockaddr *)&a, sizeof a), 0);
	h->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ck_assert_int_ge(h->fd, 0);
	close(listener);
}

void host_start(struct host *h, const struct host_options *o)
{
	static const struct host_options none = { .watch = false };
	int host, input[2], credentials[2], control[2];
	char width[8], height[8];

	if (!o)
		o = &none;
	signal(SIGPIPE, SIG_IGN);
	memset(h, 0, sizeof *h);
	ck_assert(sek_is_ok(sek_gap_layout_init(&h->layout, o->max_width ? o->max_width : 1280,
		o->max_height ? o->max_height : 720)));
	snprintf(width, sizeof width, "%u", h->layout.max_width_px);
	snprintf(height, sizeof height, "%u", h->layout.max_height_px);
	if (o->watch) {
		ck_assert(sek_is_ok(sek_health_create(&h->gap_rw, &h->gap_ro)));
		ck_assert(sek_is_ok(sek_health_reader_open(h->gap_ro, &h->page)));
	} else {
		ck_assert(sek_is_ok(sek_gap_create(&h->layout, &h->gap_rw, &h->gap_ro)));
		ck_assert(sek_is_ok(sek_gap_reader_open(h->gap_ro, &h->layout, &h->gap)));
	}
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(credentials, O_CLOEXEC), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
	ck_assert_int_eq(shutdown(control[1], SHUT_RD), 0);
	h->control = control[1];
	h->fd = -1;
	if (o->port) {
		host = connect_to(o->port);
	} else {
		make_connection(h, &host);
		make_server(h, o);
	}
	const char *name = o->expected ? o->expected : HOST_NAME;
	const char *const argv[] = { "sekisho-decoder", width, height, name, NULL };
	const char *const watching[] = { "sekisho-watch", SEK_DECODER_WATCH, name, NULL };
	const char *const document[] = { "sekisho-doc", SEK_DECODER_PAGES, width, height, name, NULL };
	const int fds[] = { -1, -1, -1, host, h->gap_rw, h->wake, input[0], o->watch || o->document ? -1 : control[0],
		credentials[0] };

	h->decoder = test_spawn(SEK_DECODER, o->watch ? watching : o->document ? document : argv, fds, SEK_DECODER_FDS_END);
	close(host);
	close(input[0]);
	close(credentials[0]);
	close(control[0]);
	h->input = input[1];
	put_credentials(credentials[1]);
	close(credentials[1]);
}

void host_stop(struct host *h)
{
	if (h->decoder > 0) {
		kill(h->decoder, SIGKILL);
		test_wait(h->decoder, TEST_WAIT_MS);
	}
	sek_tls_destroy(h->tls);
	sek_tls_context_destroy(h->context);
	sek_gap_reader_close(h->gap);
	sek_health_reader_close(h->page);
	if (h->fd >= 0)
		close(h->fd);
	if (h->input >= 0)
		close(h->input);
	close(h->wake);
	close(h->control);
	close(h->gap_rw);
	close(h->gap_ro);
}

static void wait_socket(struct host *h, bool write)
{
	struct pollfd p = { .fd = h->fd, .events = write ? POLLOUT : POLLIN };

	ck_assert_msg(poll(&p, 1, TEST_WAIT_MS) > 0, "the decoder is silent");
}

sek_status host_handshake(struct host *h)
{
	sek_status s;

	while (sek_is((s = sek_tls_handshake(h->tls)), SEK_E_AGAIN))
		wait_socket(h, sek_tls_wants_write(h->tls));
	return s;
}

bool host_send(struct host *h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t sent;
		sek_status s = sek_tls_write(h->tls, p, n, &sent);

		if (sek_is(s, SEK_E_AGAIN)) {
			wait_socket(h, true);
			continue;
		}
		if (!sek_is_ok(s))
			return false;
		p += sent;
		n -= sent;
	}
	return true;
}

bool host_send_writer(struct host *h, const struct sek_writer *w)
{
	ck_assert(sek_is_ok(sek_writer_status(w)));
	return host_send(h, w->start, w->len);
}

bool host_next(struct host *h, struct sek_frame *ret, const uint8_t **ret_payload)
{
	static uint8_t frame[8192];
	size_t total, n;
	sek_status s;

	for (;;) {
		s = sek_frame_whole(h->in, h->in_n, SEK_LINK_HOST, SEK_DIR_UP, ret, &total);
		if (sek_is_ok(s))
			break;
		ck_assert(sek_is(s, SEK_E_AGAIN));
		s = sek_tls_read(h->tls, h->in + h->in_n, sizeof h->in - h->in_n, &n);
		if (sek_is(s, SEK_E_AGAIN))
			wait_socket(h, false);
		else if (!sek_is_ok(s))
			return false;
		else
			h->in_n += n;
	}
	ck_assert_uint_le(total, sizeof frame);
	memcpy(frame, h->in, total);
	memmove(h->in, h->in + total, h->in_n - total);
	h->in_n -= total;
	*ret_payload = frame + SEK_FRAME_HEADER_BYTES;
	return true;
}

const uint8_t *host_expect(struct host *h, enum sek_msg_type type, struct sek_frame *ret)
{
	const uint8_t *payload = NULL;

	ck_assert_msg(host_next(h, ret, &payload), "the decoder hung up instead of sending %s", sek_msg_name((uint8_t)type));
	ck_assert_str_eq(sek_msg_name(ret->type), sek_msg_name((uint8_t)type));
	return payload;
}

void host_send_size(struct host *h, uint16_t width, uint16_t height)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ width, height });
	host_send_writer(h, &w);
}

void host_send_fill(struct host *h, uint8_t flags, uint32_t frame, uint8_t red)
{
	uint8_t bytes[64];
	struct sek_writer w;
	size_t at;

	sek_writer_init(&w, bytes, sizeof bytes);
	at = sek_frame_begin(&w, SEK_MSG_UPDATE, flags);
	sek_write_u32(&w, frame);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_FILL);
	for (int i = 0; i < 4; i++)
		sek_write_u16(&w, i < 2 ? 0 : 10);
	sek_write_u8(&w, red);
	sek_write_u8(&w, 0);
	sek_write_u8(&w, 0);
	ck_assert(sek_is_ok(sek_frame_end(&w, at)));
	host_send_writer(h, &w);
}

uint32_t host_expect_ack(struct host *h)
{
	struct sek_frame f;
	struct sek_ack m;
	const uint8_t *p = host_expect(h, SEK_MSG_ACK, &f);

	ck_assert(sek_is_ok(sek_ack_read(p, f.payload_bytes, &m)));
	return m.frame;
}

void host_input(struct host *h, const void *bytes, size_t n)
{
	ck_assert_int_eq(write(h->input, bytes, n), (ssize_t)n);
}

void host_open(struct host *h)
{
	struct sek_hello hello = { SEK_VERSION_MIN, SEK_VERSION_MAX, 640, 480, 100, SEK_LANG_JA, SEK_HELLO_CREATE,
		h->layout.max_width_px, h->layout.max_height_px };
	struct sek_welcome welcome = { .version = SEK_VERSION_MAX, .max_width_px = h->layout.max_width_px,
		.max_height_px = h->layout.max_height_px };
	uint8_t bytes[64];
	struct sek_writer w;
	struct sek_frame f;

	ck_assert(sek_is_ok(host_handshake(h)));
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_hello_write(&w, &hello);
	host_input(h, bytes, w.len);
	host_expect(h, SEK_MSG_HELLO, &f);
	memcpy(welcome.session, session, sizeof session);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_welcome_write(&w, &welcome);
	ck_assert(host_send_writer(h, &w));
}

struct wanted {
	struct host *h;
	uint16_t state;
};

static bool has_state(void *user)
{
	const struct wanted *w = user;
	struct sek_gap_header header;

	sek_gap_reader_header(w->h->gap, &header);
	return header.state == w->state;
}

void host_until_state(struct host *h, uint16_t state)
{
	struct wanted w = { h, state };

	ck_assert_msg(test_until(has_state, &w), "the gap never said %s", sek_state_name(state));
}

void host_assert_end(struct host *h, int code, uint16_t state)
{
	struct test_end e = test_wait(h->decoder, TEST_WAIT_MS);
	struct sek_gap_header header;

	h->decoder = 0;
	ck_assert_msg(e.code == code, "exit code %d, signal %d; wanted exit code %d", e.code, e.signal, code);
	sek_gap_reader_header(h->gap, &header);
	ck_assert_str_eq(sek_state_name(header.state), sek_state_name(state));
}
