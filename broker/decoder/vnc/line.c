/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes to and from the server. Must never send a byte in the clear once `secure` is set.
 */
#include "broker/decoder/vnc/line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/error.h"

uint64_t sek_vnc_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* False: late, or told to stop. */
static bool await(struct sek_vnc_line *l, short events)
{
	uint64_t now = sek_vnc_now_ms(), until = l->until_ms ? l->until_ms : now + SEK_VNC_STALL_MS;

	while (now < until) {
		uint64_t ms = until - now;
		struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };
		struct pollfd p[2] = { { .fd = l->fd, .events = events }, { .fd = l->stop_fd, .events = 0 } };

		if (ppoll(p, 2, &t, NULL) < 0 && errno != EINTR)
			return false;
		if (p[1].revents & POLLHUP) {
			l->stopped = true;
			return false;
		}
		if (p[0].revents)
			return true;
		now = sek_vnc_now_ms();
	}
	l->late = true;
	return false;
}

static ssize_t pull(gnutls_transport_ptr_t p, void *bytes, size_t n)
{
	struct sek_vnc_line *l = p;

	for (;;) {
		ssize_t r = recv(l->fd, bytes, n, 0);

		l->ended |= r == 0 || (r < 0 && errno != EINTR && errno != EAGAIN);
		if (r >= 0)
			return r;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN && l->patient && await(l, POLLIN))
			continue;
		gnutls_transport_set_errno(l->tls, errno == EAGAIN && !l->patient ? EAGAIN : EIO);
		return -1;
	}
}

static sek_status send_all(struct sek_vnc_line *l, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t r = send(l->fd, bytes, n, MSG_NOSIGNAL);

		if (r < 0 && errno == EAGAIN) {
			if (!await(l, POLLOUT))
				return sek_fail(SEK_E_TIMEOUT);
		} else if (r < 0 && errno != EINTR) {
			return sek_from_errno();
		} else if (r > 0) {
			bytes += r;
			n -= (size_t)r;
		}
	}
	return sek_ok();
}

static ssize_t push(gnutls_transport_ptr_t p, const void *bytes, size_t n)
{
	struct sek_vnc_line *l = p;

	if (sek_is_ok(send_all(l, bytes, n)))
		return (ssize_t)n;
	gnutls_transport_set_errno(l->tls, EIO);
	return -1;
}

sek_status sek_vnc_line_init(struct sek_vnc_line *l, int fd, int stop_fd, bool with_tls)
{
	*l = (struct sek_vnc_line){ .fd = fd, .stop_fd = stop_fd, .patient = true };
	if (!with_tls)
		return sek_ok();
	/* nothing of it is ever given back: it lives as long as the process */
	if (gnutls_init(&l->tls, GNUTLS_CLIENT) < 0 || gnutls_certificate_allocate_credentials(&l->none) < 0)
		return sek_fail(SEK_E_NOMEM);
	if (gnutls_priority_set_direct(l->tls, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:"
			"+CHACHA20-POLY1305:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA", NULL) < 0 ||
	    gnutls_credentials_set(l->tls, GNUTLS_CRD_CERTIFICATE, l->none) < 0)
		return sek_fail(SEK_E_CRYPTO);
	gnutls_transport_set_ptr(l->tls, l);
	gnutls_transport_set_pull_function(l->tls, pull);
	gnutls_transport_set_push_function(l->tls, push);
	return sek_ok();
}

bool sek_vnc_line_ended(struct sek_vnc_line *l)
{
	uint8_t byte;
	ssize_t r = l->secure ? 1 : recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	l->ended |= r == 0 || (r < 0 && errno != EAGAIN && errno != EINTR);
	return l->ended;
}

static sek_status tls_failed(const struct sek_vnc_line *l, ssize_t r)
{
	if (r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED)
		return sek_fail(SEK_E_AGAIN);
	if (l->late || l->stopped)
		return sek_fail(SEK_E_TIMEOUT);
	if (r == GNUTLS_E_PULL_ERROR || r == GNUTLS_E_PUSH_ERROR || r == GNUTLS_E_PREMATURE_TERMINATION)
		return sek_fail(SEK_E_IO);
	return sek_fail(SEK_E_CRYPTO);
}

sek_status sek_vnc_line_take(struct sek_vnc_line *l, void *ret, size_t size, size_t *ret_n)
{
	ssize_t r = l->secure ? gnutls_record_recv(l->tls, ret, size) : recv(l->fd, ret, size, 0);

	if (r == 0)
		return sek_fail(SEK_E_CLOSED);
	if (r < 0 && l->secure)
		return tls_failed(l, r);
	if (r < 0)
		return errno == EAGAIN || errno == EINTR ? sek_fail(SEK_E_AGAIN) : sek_from_errno();
	*ret_n = (size_t)r;
	return sek_ok();
}

sek_status sek_vnc_line_read(struct sek_vnc_line *l, void *ret, size_t n)
{
	uint8_t *at = ret;

	while (n > 0) {
		size_t got = 0;
		sek_status s = sek_vnc_line_take(l, at, n, &got);

		if (sek_is(s, SEK_E_AGAIN)) {
			if (!await(l, POLLIN))
				return sek_fail(SEK_E_TIMEOUT);
			continue;
		}
		SEK_TRY(s);
		at += got;
		n -= got;
	}
	return sek_ok();
}

sek_status sek_vnc_line_write(struct sek_vnc_line *l, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	if (!l->secure)
		return send_all(l, at, n);
	while (n > 0) {
		ssize_t r = gnutls_record_send(l->tls, at, n);

		if (r < 0 && r != GNUTLS_E_AGAIN && r != GNUTLS_E_INTERRUPTED)
			return tls_failed(l, r);
		if (r > 0) {
			at += r;
			n -= (size_t)r;
		}
	}
	return sek_ok();
}

sek_status sek_vnc_line_secure(struct sek_vnc_line *l, const struct sek_trust *trust)
{
	struct sek_der chain[SEK_TRUST_CHAIN_MAX];
	const gnutls_datum_t *shown;
	unsigned n = 0;
	int r;

	do
		r = gnutls_handshake(l->tls);
	while (r < 0 && !gnutls_error_is_fatal(r) && !l->late && !l->stopped);
	if (r < 0)
		return tls_failed(l, r == GNUTLS_E_AGAIN ? GNUTLS_E_PULL_ERROR : r);
	shown = gnutls_certificate_get_peers(l->tls, &n);
	if (!shown || n == 0 || n > SEK_TRUST_CHAIN_MAX)
		return sek_fail(SEK_E_DENIED);
	for (unsigned i = 0; i < n; i++)
		chain[i] = (struct sek_der){ shown[i].data, shown[i].size };
	SEK_TRY(sek_trust_check(trust, chain, n));
	l->secure = true;
	return sek_ok();
}
