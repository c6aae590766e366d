/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See enrol.h. Whoever connects is a stranger until he has sealed something with the code: what he sends before that is a fixed number of
 * bytes, and a sealed block of bounded length.
 */
#include "render-host/setup/enrol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>

#include "base/error.h"

struct sek_host_key {
	gnutls_x509_privkey_t x509;
	gnutls_privkey_t signer;
	uint8_t point[SEK_ENROL_POINT_BYTES];
};

/* A number as 32 bytes: GnuTLS gives it with a leading zero, or shorter. */
static bool pad(const gnutls_datum_t *d, uint8_t ret[32])
{
	const uint8_t *p = d->data;
	size_t n = d->size;

	while (n > 32 && *p == 0) {
		p++;
		n--;
	}
	if (n > 32)
		return false;
	memset(ret, 0, 32);
	memcpy(ret + 32 - n, p, n);
	return true;
}

static bool find_point(struct sek_host_key *k)
{
	gnutls_datum_t x = { NULL, 0 }, y = { NULL, 0 };
	gnutls_ecc_curve_t curve;
	bool ok = gnutls_x509_privkey_export_ecc_raw(k->x509, &curve, &x, &y, NULL) >= 0 && pad(&x, k->point) && pad(&y, k->point + 32);

	gnutls_free(x.data);
	gnutls_free(y.data);
	return ok;
}

sek_status sek_host_key_make(struct sek_host_key **ret)
{
	struct sek_host_key *k = calloc(1, sizeof *k);

	if (!k)
		return sek_fail(SEK_E_NOMEM);
	if (gnutls_x509_privkey_init(&k->x509) < 0 || gnutls_privkey_init(&k->signer) < 0 ||
	    gnutls_x509_privkey_generate(k->x509, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) < 0 ||
	    gnutls_privkey_import_x509(k->signer, k->x509, GNUTLS_PRIVKEY_IMPORT_COPY) < 0 || !find_point(k)) {
		sek_host_key_destroy(k);
		return sek_fail(SEK_E_CRYPTO);
	}
	*ret = k;
	return sek_ok();
}

void sek_host_key_destroy(struct sek_host_key *k)
{
	if (!k)
		return;
	if (k->signer)
		gnutls_privkey_deinit(k->signer);
	if (k->x509)
		gnutls_x509_privkey_deinit(k->x509);
	free(k);
}

char *sek_host_key_text(const struct sek_host_key *k)
{
	gnutls_datum_t d = { NULL, 0 };
	char *text;

	if (gnutls_x509_privkey_export2_pkcs8(k->x509, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &d) < 0)
		return NULL;
	text = strndup((const char *)d.data, d.size);
	sodium_memzero(d.data, d.size);
	gnutls_free(d.data);
	return text;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All of it within the time limit, so that nobody who sends a byte now and then holds the place. */
static bool take(int fd, uint8_t *ret, size_t n)
{
	int64_t end_ms = now_ms() + SEK_ENROL_SILENCE_S * 1000;

	while (n > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end_ms - now_ms();
		ssize_t k;

		if (left <= 0 || poll(&p, 1, (int)left) < 0)
			return false;
		k = recv(fd, ret, n, MSG_DONTWAIT);
		if (k < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k <= 0)
			return false;
		ret += k;
		n -= (size_t)k;
	}
	return true;
}

static bool give(int fd, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, bytes, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		bytes += k;
		n -= (size_t)k;
	}
	return true;
}

static bool make_request(const struct sek_host_key *k, const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	struct sek_enrol_request *ret)
{
	uint8_t what[SEK_ENROL_SIGNED_BYTES];
	gnutls_datum_t data = { what, sizeof what }, signature = { NULL, 0 };
	bool ok;

	memset(ret, 0, sizeof *ret);
	randombytes_buf(ret->nonce, sizeof ret->nonce);
	memcpy(ret->point, k->point, sizeof ret->point);
	sek_enrol_prove(code, broker_nonce, ret, ret->proof);
	sek_enrol_signed(broker_nonce, ret, what);
	ok = gnutls_privkey_sign_data2(k->signer, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &signature) >= 0 && signature.size <= sizeof ret->signature;
	if (ok) {
		ret->signature_bytes = (uint8_t)signature.size;
		memcpy(ret->signature, signature.data, signature.size);
	}
	gnutls_free(signature.data);
	return ok;
}

static bool read_certificate(const char *pem, gnutls_x509_crt_t *ret)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };

	if (gnutls_x509_crt_init(ret) < 0)
		return false;
	if (gnutls_x509_crt_import(*ret, &d, GNUTLS_X509_FMT_PEM) >= 0)
		return true;
	gnutls_x509_crt_deinit(*ret);
	return false;
}

/* The certificate is of our key, in this name, and signed by the CA beside it. */
static bool fits(const struct sek_host_key *k, const struct sek_enrol_answer *a)
{
	gnutls_x509_crt_t own, ca;
	uint8_t id[2][32];
	size_t n[2] = { 32, 32 };
	unsigned verdict = 1;
	bool ok;

	if (!read_certificate(a->certificate, &own))
		return false;
	if (!read_certificate(a->ca, &ca)) {
		gnutls_x509_crt_deinit(own);
		return false;
	}
	ok = gnutls_x509_crt_get_key_id(own, GNUTLS_KEYID_USE_SHA256, id[0], &n[0]) >= 0 &&
		gnutls_x509_privkey_get_key_id(k->x509, GNUTLS_KEYID_USE_SHA256, id[1], &n[1]) >= 0 && memcmp(id[0], id[1], 32) == 0 &&
		gnutls_x509_crt_verify(own, &ca, 1, 0, &verdict) >= 0 && verdict == 0 && gnutls_x509_crt_check_hostname(own, a->name);
	gnutls_x509_crt_deinit(own);
	gnutls_x509_crt_deinit(ca);
	return ok;
}

enum talk { TALK_DONE, TALK_NOBODY, TALK_STRANGER, TALK_STORE };

static enum talk take_answer(int fd, const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t *broker_nonce, const struct sek_enrol_request *r,
	const struct sek_host_key *k, sek_enrol_take_fn *store, void *ctx)
{
	uint8_t head[4], done[SEK_ENROL_PROOF_BYTES], *bytes;
	struct sek_enrol_answer a;
	enum talk result = TALK_STRANGER;
	char *memory = NULL;
	size_t n;

	if (!take(fd, head, sizeof head))
		return TALK_STRANGER;
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (n > SEK_ENROL_ANSWER_MAX_BYTES)
		return TALK_STRANGER;
	bytes = malloc(n + 1);
	if (bytes && take(fd, bytes, n) && sek_is_ok(sek_enrol_open(code, broker_nonce, r, bytes, n, &a, &memory)) && fits(k, &a)) {
		sek_enrol_done(code, broker_nonce, r, done);
		result = store(ctx, &a) && give(fd, done, sizeof done) ? TALK_DONE : TALK_STORE;
	}
	free(memory);
	free(bytes);
	return result;
}

static enum talk talk(int fd, const uint8_t code[SEK_ENROL_CODE_BYTES], const struct sek_host_key *k, sek_enrol_take_fn *store, void *ctx)
{
	const struct timeval limit = { .tv_sec = SEK_ENROL_SILENCE_S };
	uint8_t hello[SEK_ENROL_HELLO_BYTES], bytes[SEK_ENROL_REQUEST_BYTES];
	struct sek_enrol_request r;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
		return TALK_NOBODY;
	if (!take(fd, hello, sizeof hello) || memcmp(hello, SEK_ENROL_MAGIC, 8) != 0)
		return TALK_NOBODY; /* somebody who looks whether anybody is here */
	if (!make_request(k, code, hello + 8, &r))
		return TALK_NOBODY;
	sek_enrol_request_write(&r, bytes);
	if (!give(fd, bytes, sizeof bytes))
		return TALK_STRANGER;
	return take_answer(fd, code, hello + 8, &r, k, store, ctx);
}

static int listen_at(const char *address, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE }, *a = NULL;
	char service[8];
	int fd, one = 1, e;

	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(address, service, &hints, &a) != 0) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 4) != 0)) {
		e = errno;
		close(fd);
		errno = e;
		fd = -1;
	}
	freeaddrinfo(a);
	return fd;
}

static int accept_until(int listener, int64_t end_ms, char peer[64])
{
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	int fd;

	for (;;) {
		struct pollfd p = { .fd = listener, .events = POLLIN };
		int64_t left = end_ms - now_ms();

		if (left <= 0)
			return -1;
		if (poll(&p, 1, left > 60000 ? 60000 : (int)left) <= 0)
			continue;
		fd = accept4(listener, (struct sockaddr *)&from, &n, SOCK_CLOEXEC);
		if (fd >= 0)
			break;
	}
	if (getnameinfo((const struct sockaddr *)&from, n, peer, 64, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(peer, 64, "?");
	return fd;
}

enum sek_enrolling sek_enrol_wait(const char *address, uint16_t port, const uint8_t code[SEK_ENROL_CODE_BYTES], const struct sek_host_key *k,
	unsigned seconds, sek_enrol_take_fn *store, sek_enrol_stranger_fn *stranger, void *ctx, char ret_peer[64])
{
	int64_t end_ms = now_ms() + (int64_t)seconds * 1000;
	int listener = listen_at(address, port), tries = 0;
	enum sek_enrolling result = SEK_ENROLLING_TRIES;

	if (listener < 0)
		return errno == EADDRINUSE ? SEK_ENROLLING_BUSY : SEK_ENROLLING_LISTEN;
	while (tries < SEK_ENROL_TRIES) {
		int fd = accept_until(listener, end_ms, ret_peer);
		enum talk t = TALK_NOBODY;

		if (fd < 0) {
			result = SEK_ENROLLING_LATE;
			break;
		}
		t = talk(fd, code, k, store, ctx);
		close(fd);
		if (t == TALK_DONE || t == TALK_STORE) {
			result = t == TALK_DONE ? SEK_ENROLLED : SEK_ENROLLING_STORED;
			break;
		}
		if (t == TALK_STRANGER) {
			tries++;
			stranger(ctx, ret_peer);
		}
	}
	close(listener);
	return result;
}
