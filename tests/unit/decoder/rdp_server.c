/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See rdp_server.h. Sections are those of MS-RDPBCGR; T.125 numbers are big-endian, RDP's own little-endian.
 */
#include "tests/unit/decoder/rdp_server.h"

#include <check.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { USER = 1007, SHARE = 0x103ea, DATA_TYPE = 0x17, DEMAND_TYPE = 0x11 };

/* --- bytes --- */

struct made {
	uint8_t bytes[RDP_BYTES_MAX];
	size_t n;
};

static void put(struct made *m, const void *bytes, size_t n)
{
	ck_assert_uint_le(n, sizeof m->bytes - m->n);
	if (n > 0)
		memcpy(m->bytes + m->n, bytes, n);
	m->n += n;
}

static void u8(struct made *m, unsigned v)
{
	put(m, &(uint8_t){ (uint8_t)v }, 1);
}

static void le16(struct made *m, unsigned v)
{
	u8(m, v);
	u8(m, v >> 8);
}

static void le32(struct made *m, uint32_t v)
{
	le16(m, v);
	le16(m, v >> 16);
}

static void be16(struct made *m, unsigned v)
{
	u8(m, v >> 8);
	u8(m, v);
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* --- the line --- */

bool rdp_write(struct rdp_server *s, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n > 0) {
		ssize_t k = s->secure ? gnutls_record_send(s->tls, at, n) : send(s->fd, at, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

static bool take(struct rdp_server *s, uint8_t *to, size_t n)
{
	while (n > 0) {
		ssize_t k = s->secure ? gnutls_record_recv(s->tls, to, n) : recv(s->fd, to, n, 0);

		if (k <= 0)
			return false;
		to += k;
		n -= (size_t)k;
	}
	return true;
}

/* One PDU into s->in, with its TPKT or fast-path header; 0: the decoder has left. */
static size_t read_pdu(struct rdp_server *s)
{
	size_t n, have = 2;

	if (!take(s, s->in, 2))
		return 0;
	if (s->in[0] == 3) {
		if (!take(s, s->in + 2, 2))
			return 0;
		n = (size_t)s->in[2] << 8 | s->in[3];
		have = 4;
	} else if (s->in[1] & 0x80) {
		if (!take(s, s->in + 2, 1))
			return 0;
		n = (size_t)(s->in[1] & 0x7f) << 8 | s->in[2];
		have = 3;
	} else {
		n = s->in[1];
	}
	return n >= have && take(s, s->in + have, n - have) ? n : 0;
}

static bool write_pdu(struct rdp_server *s, const struct made *m)
{
	static uint8_t bytes[7 + RDP_BYTES_MAX];
	const uint8_t head[7] = { 3, 0, (uint8_t)((m->n + 7) >> 8), (uint8_t)(m->n + 7), 2, 0xf0, 0x80 };

	/* at once: the library waits a tenth of a second for what is here already */
	memcpy(bytes, head, sizeof head);
	memcpy(bytes + sizeof head, m->bytes, m->n);
	return rdp_write(s, bytes, sizeof head + m->n);
}

/* --- MCS --- */

bool rdp_send(struct rdp_server *s, uint16_t channel, const void *bytes, size_t n)
{
	static struct made m;

	m.n = 0;
	u8(&m, 0x68); /* SendDataIndication */
	be16(&m, 1);
	be16(&m, channel);
	u8(&m, 0x70);
	be16(&m, 0x8000 | (unsigned)n);
	put(&m, bytes, n);
	return write_pdu(s, &m);
}

/* GCC's blocks of the client (2.2.1.3): what it asks for. */
static void note_blocks(struct rdp_server *s, const uint8_t *p, size_t n)
{
	/* they begin after H.221's "Duca" and a PER length */
	const uint8_t *at = memmem(p, n, "Duca", 4), *end = p + n;

	ck_assert_ptr_nonnull(at);
	at += at[4] & 0x80 ? 6 : 5;
	while (end - at >= 4 && get16(at + 2) >= 4 && get16(at + 2) <= end - at) {
		unsigned type = get16(at);

		s->blocks |= 1u << (type & 31);
		if (type == 0xc001) {
			s->asked_width_px = (uint16_t)get16(at + 8);
			s->asked_height_px = (uint16_t)get16(at + 10);
			s->flags = get16(at + 144);
		} else if (type == 0xc003) {
			s->channels = get32(at + 4);
			ck_assert_uint_le(s->channels, RDP_CHANNELS_MAX);
			for (unsigned i = 0; i < s->channels; i++)
				memcpy(s->channel[i], at + 8 + 12 * i, 8);
		}
		at += get16(at + 2);
	}
}

static bool connect_response(struct rdp_server *s)
{
	static const uint8_t domain[] = { 0x30, 0x1a, 2, 1, 34, 2, 1, 3, 2, 1, 0, 2, 1, 1, 2, 1, 0, 2, 1, 1, 2, 3, 0, 0xff, 0xf8, 2, 1, 2 };
	static const uint8_t gcc[] = { 0, 5, 0, 0x14, 0x7c, 0, 1, 0x2a, 0x14, 0x76, 0x0a, 1, 1, 0, 1, 0xc0, 0, 'M', 'c', 'D', 'n' };
	unsigned ids = s->channels + 2; /* two more than were asked for, for whoever takes what it gets */
	static struct made data, m;

	data.n = m.n = 0;
	le16(&data, 0x0c01);
	le16(&data, 12);
	le32(&data, 0x80004);
	le32(&data, 1);
	le16(&data, 0x0c03);
	le16(&data, 8 + 2 * ids + (ids % 2 ? 2 : 0));
	le16(&data, RDP_IO);
	le16(&data, ids);
	for (unsigned i = 0; i < ids + ids % 2; i++)
		le16(&data, i < ids ? RDP_FIRST_CHANNEL + i : 0);
	le16(&data, 0x0c02);
	le16(&data, 12);
	le32(&data, 0);
	le32(&data, 0);
	be16(&m, 0x7f66);
	u8(&m, 0x82);
	be16(&m, (unsigned)(6 + sizeof domain + 4 + sizeof gcc + 2 + data.n));
	put(&m, "\x0a\1\0\2\1\0", 6);
	put(&m, domain, sizeof domain);
	be16(&m, 0x0482);
	be16(&m, (unsigned)(sizeof gcc + 2 + data.n));
	put(&m, gcc, sizeof gcc);
	be16(&m, 0x8000 | (unsigned)data.n);
	put(&m, data.bytes, data.n);
	return write_pdu(s, &m);
}

/* User and channels, until the decoder says who it is. */
static bool join(struct rdp_server *s)
{
	static struct made m;
	size_t n;

	while ((n = read_pdu(s)) >= 8) {
		m.n = 0;
		switch (s->in[7] >> 2) {
		case 1: /* ErectDomainRequest */
			break;
		case 10: /* AttachUserRequest */
			put(&m, "\x2e\0", 2);
			be16(&m, USER - 1001);
			if (!write_pdu(s, &m))
				return false;
			break;
		case 14: /* ChannelJoinRequest */
			s->joined += s->in[10] << 8 != (USER & 0xff00) || (s->in[11] != (USER & 255) && s->in[11] != (RDP_IO & 255));
			put(&m, "\x3e\0", 2);
			put(&m, s->in + 8, 4);
			put(&m, s->in + 10, 2);
			if (!write_pdu(s, &m))
				return false;
			break;
		default:
			return s->in[7] >> 2 == 25; /* SendDataRequest: Client Info */
		}
	}
	return false;
}

/* --- RDP --- */

bool rdp_share(struct rdp_server *s, uint8_t type, uint8_t type2, const void *bytes, size_t n)
{
	static struct made m;

	m.n = 0;
	le16(&m, (unsigned)(n + (type2 ? 18 : 6)));
	le16(&m, type);
	le16(&m, SHARE & 0xffff);
	if (type2) {
		le32(&m, SHARE);
		u8(&m, 0);
		u8(&m, 1);
		le16(&m, (unsigned)n + 4);
		u8(&m, type2);
		u8(&m, 0);
		le16(&m, 0);
	}
	put(&m, bytes, n);
	return rdp_send(s, RDP_IO, m.bytes, m.n);
}

bool rdp_demand(struct rdp_server *s, uint16_t width, uint16_t height)
{
	static struct made sets, m;

	sets.n = m.n = 0;
	le16(&sets, 1); /* general */
	le16(&sets, 24);
	put(&sets, "\1\0\3\0\0\2\0\0\0\0\x1d\4\0\0\0\0\0\0\0\0", 20);
	le16(&sets, 2); /* bitmap */
	le16(&sets, 28);
	put(&sets, "\x20\0\1\0\1\0\1\0", 8);
	le16(&sets, width);
	le16(&sets, height);
	put(&sets, "\0\0\1\0\1\0\0\0\1\0\0\0", 12);
	le16(&sets, 8); /* pointer */
	le16(&sets, 10);
	put(&sets, "\1\0\x19\0\x19\0", 6);
	le16(&sets, 13); /* input: scancodes, extended mouse, Unicode, fast path */
	le16(&sets, 88);
	le16(&sets, 0x35);
	le16(&sets, 0);
	le32(&sets, 0x409);
	for (int i = 0; i < 76; i++)
		u8(&sets, 0);
	le16(&sets, 20); /* virtual channels: pieces of no length at all */
	le16(&sets, 12);
	le32(&sets, 0);
	le32(&sets, 0);
	le32(&m, SHARE);
	le16(&m, 4);
	le16(&m, (unsigned)(4 + sets.n));
	put(&m, "RDP", 4);
	le16(&m, 5);
	le16(&m, 0);
	put(&m, sets.bytes, sets.n);
	le32(&m, 0);
	return rdp_share(s, DEMAND_TYPE, 0, m.bytes, m.n);
}

/* Until its list of fonts, after which it waits for ours. */
bool rdp_confirm(struct rdp_server *s)
{
	size_t n;

	do {
		n = read_pdu(s);
		if (n == 0)
			return false;
	} while (n < 30 || s->in[0] != 3 || s->in[7] >> 2 != 25 || get16(s->in + 17 - (s->in[13] & 0x80 ? 0 : 1)) != DATA_TYPE ||
		s->in[29 - (s->in[13] & 0x80 ? 0 : 1)] != 39);
	return rdp_share(s, DATA_TYPE, 31, "\1\0\xea\3", 4) && rdp_share(s, DATA_TYPE, 20, "\4\0\0\0\0\0\0\0", 8) &&
		rdp_share(s, DATA_TYPE, 20, "\2\0\xef\3\xea\3\0\0", 8) && rdp_share(s, DATA_TYPE, 40, "\0\0\0\0\3\0\4\0", 8);
}

static bool negotiate(struct rdp_server *s)
{
	static const uint8_t chosen[] = { 3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 1, 0, 0, 0 };
	int rc;

	if (read_pdu(s) == 0 || !rdp_write(s, chosen, sizeof chosen))
		return false;
	do
		rc = gnutls_handshake(s->tls);
	while (rc < 0 && !gnutls_error_is_fatal(rc) && rc != GNUTLS_E_AGAIN);
	s->secure = rc == 0;
	return s->secure;
}

bool rdp_greet(struct rdp_server *s, uint16_t width, uint16_t height)
{
	static const uint8_t licence[] = { 0x80, 0, 0, 0, 0xff, 3, 16, 0, 7, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0 };
	size_t n;

	if (!negotiate(s) || (n = read_pdu(s)) == 0)
		return false;
	note_blocks(s, s->in, n);
	return connect_response(s) && join(s) && rdp_send(s, RDP_IO, licence, sizeof licence) &&
		rdp_demand(s, width ? width : s->asked_width_px, height ? height : s->asked_height_px) && rdp_confirm(s);
}

bool rdp_fast(struct rdp_server *s, uint8_t code, uint8_t fragment, const void *bytes, size_t n)
{
	static struct made m;

	m.n = 0;
	u8(&m, 0);
	be16(&m, 0x8000 | (unsigned)(n + 6));
	u8(&m, code | (unsigned)fragment << 4);
	le16(&m, (unsigned)n);
	put(&m, bytes, n);
	return rdp_write(s, m.bytes, m.n);
}

bool rdp_piece(struct rdp_server *s, uint16_t channel, uint32_t total, uint32_t flags, const void *bytes, size_t n)
{
	static struct made m;

	m.n = 0;
	le32(&m, total);
	le32(&m, flags);
	put(&m, bytes, n);
	return rdp_send(s, channel, m.bytes, m.n);
}

bool rdp_paint(struct rdp_server *s, uint16_t x, uint16_t y, uint32_t colour)
{
	static struct made m;

	m.n = 0;
	le16(&m, 1);
	le16(&m, 1);
	le16(&m, x);
	le16(&m, y);
	le16(&m, x + 15u);
	le16(&m, y + 15u);
	le16(&m, 16);
	le16(&m, 16);
	le16(&m, 32);
	le16(&m, 0);
	le16(&m, 1024);
	for (int i = 0; i < 256; i++)
		le32(&m, colour);
	return rdp_fast(s, 1, 0, m.bytes, m.n);
}

/* A channel's data in s->in: the bytes behind the channel header, or NULL. */
static const uint8_t *channel_data(struct rdp_server *s, size_t n, uint16_t *ret_channel, uint32_t *ret_flags, size_t *ret_n)
{
	size_t at = n > 13 && s->in[13] & 0x80 ? 15 : 14;

	if (n < at + 8 || s->in[0] != 3 || s->in[7] >> 2 != 25)
		return NULL;
	*ret_channel = (uint16_t)(s->in[10] << 8 | s->in[11]);
	if (*ret_channel == RDP_IO)
		return NULL;
	*ret_flags = get32(s->in + at + 4);
	*ret_n = n - at - 8;
	return s->in + at + 8;
}

size_t rdp_take(struct rdp_server *s, uint16_t channel, uint8_t *ret, size_t size)
{
	size_t n, k, total = 0;

	while ((n = read_pdu(s)) > 0) {
		uint32_t flags = 0;
		uint16_t on = 0;
		const uint8_t *p = channel_data(s, n, &on, &flags, &k);

		if (!p || on != channel)
			continue;
		if (flags & 1)
			total = 0;
		ck_assert_uint_le(total + k, size);
		memcpy(ret + total, p, k);
		total += k;
		if (flags & 2)
			return total;
	}
	return 0;
}

void rdp_listen(struct rdp_server *s, int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	uint32_t flags;
	uint16_t on;
	size_t n, k;

	while ((s->secure && gnutls_record_check_pending(s->tls) > 0) || poll(&p, 1, ms) > 0) {
		n = read_pdu(s);
		if (n == 0)
			return;
		s->replies += channel_data(s, n, &on, &flags, &k) != NULL;
	}
}

/* --- begin and end --- */

static void make_key(struct rdp_server *s)
{
	static gnutls_x509_privkey_t key;
	static gnutls_x509_crt_t cert;

	if (!key) {
		ck_assert_int_ge(gnutls_x509_privkey_init(&key), 0);
		ck_assert_int_ge(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
		ck_assert_int_ge(gnutls_x509_crt_init(&cert), 0);
		gnutls_x509_crt_set_version(cert, 3);
		gnutls_x509_crt_set_serial(cert, "\1", 1);
		gnutls_x509_crt_set_dn(cert, "CN=anybody", NULL);
		gnutls_x509_crt_set_activation_time(cert, time(NULL) - 3600);
		gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 3600);
		gnutls_x509_crt_set_key(cert, key);
		ck_assert_int_ge(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
	}
	ck_assert_int_ge(gnutls_certificate_allocate_credentials(&s->key), 0);
	ck_assert_int_ge(gnutls_certificate_set_x509_key(s->key, &cert, 1, key), 0);
}

void rdp_on(struct rdp_server *s, int fd)
{
	struct timeval patience = { .tv_sec = TEST_WAIT_MS / 1000 };

	memset(s, 0, sizeof *s);
	s->fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	make_key(s);
	ck_assert_int_ge(gnutls_init(&s->tls, GNUTLS_SERVER), 0);
	ck_assert_int_ge(gnutls_set_default_priority(s->tls), 0);
	gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, s->key);
	gnutls_transport_set_int(s->tls, fd);
}

void rdp_start(struct rdp_server *s, const char *program, uint8_t directions, uint16_t width, uint16_t height)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct outside_options options = { .program = program, .insecure = true };
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	options.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(options.fd, (struct sockaddr *)&a, sizeof a), 0);
	rdp_on(s, accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	close(listener);
	outside_start(&s->o, &options);
	outside_clipboard_mode(&s->o, directions);
	if (directions & SEK_CROSS_TO_INNER)
		outside_open_clipboard(&s->o);
	outside_hello(&s->o, width, height);
}

void rdp_close(struct rdp_server *s)
{
	gnutls_deinit(s->tls);
	gnutls_certificate_free_credentials(s->key);
	close(s->fd);
}

struct test_end rdp_end(struct rdp_server *s)
{
	struct test_end e;

	shutdown(s->fd, SHUT_WR);
	e = outside_end(&s->o);
	rdp_close(s);
	return e;
}

bool rdp_is_an_end(struct test_end e)
{
	return e.signal != 0 || (e.code >= SEK_EXIT_PROTOCOL && e.code <= SEK_EXIT_SILENT) || e.code == SEK_EXIT_SIZE || e.code == SEK_EXIT_TLS ||
		e.code == SEK_EXIT_INTERNAL;
}
