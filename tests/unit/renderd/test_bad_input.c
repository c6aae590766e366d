/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What renderd refuses: certificates, first messages, silence, noise. Each time the log says why and a session that is
 * open all the while notices nothing.
 */
#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/renderd/rig.h"

static struct rig rig;
static struct client witness;
static const uint8_t first[16] = { 1 }, second[16] = { 2 };

static void setup(void)
{
	rig_start(&rig, &(struct rig_wishes){ .linger_s = 30 });
	client_attach(&witness, &rig, first, SEK_HELLO_CREATE);
}

static void teardown(void)
{
	const uint8_t *payload;
	struct sek_frame f;

	client_ping(&witness, 4711);
	ck_assert(client_next(&witness, &f, &payload));
	ck_assert_int_eq(f.type, SEK_MSG_PONG);
	client_close(&witness);
	rig_finish(&rig);
}

/* A client with these texts is refused, and the log gives this reason. */
static void refused(const char *chain, const char *key, const char *why)
{
	char text[100];
	struct client c;

	(void)client_open_as(&c, &rig, chain, key); /* TLS 1.3: its side may end well before it is judged */
	client_hello(&c, SEK_HELLO_CREATE);
	client_expect_end(&c);
	ck_assert(sek_is(c.status, SEK_E_DENIED));
	client_close(&c);
	snprintf(text, sizeof text, "link.refused prog=sekisho-renderd peer=\"127.0.0.1 ");
	rig_expect_log(&rig, text);
	snprintf(text, sizeof text, "why=%s", why);
	rig_expect_log(&rig, text);
}

#define ID2 "02000000000000000000000000000000"
#define URI "sekisho://session.sekisho.internal/" WORLD_HOST "/" ID2

START_TEST(certificates)
{
	static const struct {
		const char *issuer;
		struct sek_x509_wish wish;
		const char *why;
	} rows[] = {
#define LEAF .usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .purpose = GNUTLS_KP_TLS_WWW_CLIENT
		{ "broker1", { .cn = ID2, .uri = URI, .from = 1700000000, .until = 1700000600, LEAF }, "expired" },
		{ "broker1", { .cn = ID2, .uri = "sekisho://session.sekisho.internal/render2.sekisho.internal/" ID2, LEAF },
			"wrong-name" },
		{ "broker1", { .cn = ID2, .uri = URI, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE,
			.purpose = GNUTLS_KP_TLS_WWW_SERVER }, "wrong-purpose" },
		{ NULL, { .cn = ID2, .uri = URI, LEAF }, "untrusted" },
	};
	char *leaf, *key, *chain, *broker = world_text(&rig.world, "broker1.crt");
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_craft(&rig.world, rows[i].issuer, &rows[i].wish, NULL, &leaf, &key);
		chain = rows[i].issuer ? world_join(leaf, broker) : strdup(leaf);
		refused(chain, key, rows[i].why);
		free(leaf);
		free(key);
		free(chain);
	}
	free(broker);
	/* a render host's own certificate */
	chain = world_text(&rig.world, WORLD_HOST ".crt");
	key = world_text(&rig.world, WORLD_HOST ".key");
	refused(chain, key, "wrong-purpose");
	free(chain);
	free(key);
	ck_assert_uint_eq(rig_count_log(&rig, "session.created"), 1);
}
END_TEST

static void put_crl(const char *text)
{
	char path[120];

	snprintf(path, sizeof path, "%s/ca.crl", rig.world.directory);
	ck_assert(sek_is_ok(sek_file_write(path, text, strlen(text), 0644, SEK_FILE_REPLACE)));
}

/* The CRL is read again when it changes; while it is not good nobody gets in. */
START_TEST(crl_changes)
{
	struct sek_pki_wish none = { .days = 0 };
	char *chain, *key, *good, *stale, err[300];
	struct sek_pki *p;
	struct client c;
	size_t n;

	world_session(&rig.world, second, WORLD_HOST, &chain, &key);
	good = world_text(&rig.world, "ca.crl");
	stale = world_crl(&rig.world, time(NULL) - 600, time(NULL) - 60);
	put_crl(stale);
	(void)client_open_as(&c, &rig, chain, key);
	client_expect_end(&c);
	client_close(&c);
	rig_expect_log(&rig, "the CRL has run out");
	put_crl("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
	(void)client_open_as(&c, &rig, chain, key);
	client_expect_end(&c);
	client_close(&c);
	rig_expect_log(&rig, "the CRL cannot be read");
	put_crl(good);
	ck_assert_uint_eq(client_attach(&c, &rig, second, SEK_HELLO_CREATE), 1);
	client_close(&c);
	/* revoked by the real CA: from the next connection on */
	ck_assert(sek_is_ok(sek_pki_open(rig.world.directory, &p, err, sizeof err)));
	ck_assert(sek_is_ok(sek_pki_revoke(p, "broker1", &none, &n, err, sizeof err)));
	sek_pki_close(p);
	refused(chain, key, "revoked");
	free(chain);
	free(key);
	free(good);
	free(stale);
}
END_TEST

static void first_message(const void *bytes, size_t n)
{
	struct client c;

	client_open(&c, &rig, second);
	client_send(&c, bytes, n);
	client_expect_end(&c);
	client_close(&c);
}

START_TEST(first_messages)
{
	static const uint8_t garbage[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	static const uint8_t too_long[] = { SEK_MSG_HELLO, 0, 0, 0, 0, 0x10, 0, 0 };
	static const uint8_t too_short[] = { SEK_MSG_HELLO, 0, 0, 0, 0, 0, 0, 1, 0 };
	static const uint8_t flagged[] = { SEK_MSG_HELLO, 1, 0, 0, 0, 0, 0, 20 };
	static const uint8_t ping[] = { SEK_MSG_PING, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 };
	static const uint8_t welcome[] = { SEK_MSG_WELCOME, 0, 0, 0, 0, 0, 0, 24 };
	static const uint8_t bad_magic[8 + 20] = { SEK_MSG_HELLO, 0, 0, 0, 0, 0, 0, 20, 'S', 'E', 'K', 'J' };
	static const uint8_t later[8 + 20] = { SEK_MSG_HELLO, 0, 0, 0, 0, 0, 0, 20, 'S', 'E', 'K', 'I', 0, 200, 0, 201, 5, 0,
		2, 208, 0, 100, 0, 1, 0, 0, 0, 0 };

	first_message(garbage, sizeof garbage);
	first_message(too_long, sizeof too_long);
	first_message(too_short, sizeof too_short);
	first_message(flagged, sizeof flagged);
	first_message(ping, sizeof ping);
	first_message(welcome, sizeof welcome);
	first_message(bad_magic, sizeof bad_magic);
	ck_assert_uint_eq(rig_count_log(&rig, "the first message is not a HELLO"), 7);
	first_message(later, sizeof later);
	ck_assert_uint_eq(rig_count_log(&rig, "no common protocol version"), 1);
	ck_assert_uint_eq(rig_count_log(&rig, "session.created"), 1);
}
END_TEST

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)rig.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, RIG_ADDRESS, &a.sin_addr);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static bool ends(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char waste[256];

	while (poll(&p, 1, ms) > 0)
		if (read(fd, waste, sizeof waste) <= 0)
			return true;
	return false;
}

/* Silence before and after the handshake, for as long as it is allowed, at the same time. */
START_TEST(silence)
{
	struct client c;
	int fd = dial(), half;
	time_t start = time(NULL);

	half = dial();
	ck_assert_int_eq(write(half, "\x16\x03\x01", 3), 3);
	client_open(&c, &rig, second);
	ck_assert(ends(fd, 15000));
	ck_assert(ends(half, 15000));
	ck_assert(ends(c.fd, 15000));
	ck_assert_int_ge(time(NULL) - start, 8);
	rig_expect_log(&rig, "no TLS handshake in time");
	rig_expect_log(&rig, "no HELLO in time");
	close(fd);
	close(half);
	client_close(&c);
}
END_TEST

START_TEST(noise)
{
	static const char *const texts[] = { "GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01\xff\xff\x01" };
	char big[4096];
	size_t i;

	memset(big, 'A', sizeof big);
	for (i = 0; i < 3; i++) {
		int fd = dial();

		ck_assert_int_gt(write(fd, texts[i], strlen(texts[i])), 0);
		(void)!write(fd, big, sizeof big);
		shutdown(fd, SHUT_WR);
		ck_assert(ends(fd, 5000));
		close(fd);
	}
	rig_expect_log(&rig, "why=broken");
}
END_TEST

/* More unfinished connections than are allowed are not kept, and do not keep anybody else out for long. */
START_TEST(many)
{
	struct client c;
	int fds[100];
	size_t i, closed = 0;

	for (i = 0; i < 100; i++)
		fds[i] = dial();
	rig_expect_log(&rig, "too many unfinished connections");
	for (i = 0; i < 100; i++) {
		struct pollfd p = { fds[i], POLLIN, 0 };

		closed += poll(&p, 1, 200) > 0;
		close(fds[i]);
	}
	ck_assert_uint_ge(closed, 20);
	ck_assert_uint_eq(client_attach(&c, &rig, second, SEK_HELLO_CREATE), 1);
	client_close(&c);
}
END_TEST

static size_t descriptors_of(pid_t pid)
{
	char path[64];
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Connections that fail at once and then stay open: each has a moment to read why, but not hundreds of them at a time. */
START_TEST(strangers)
{
	struct client c;
	int fds[200];
	size_t i, most = 0;

	for (i = 0; i < 200; i++) {
		fds[i] = dial();
		(void)!write(fds[i], "GET / HTTP/1.1\r\n\r\n", 18);
		if (i % 8 == 7 || i == 199) {
			struct pollfd p = { fds[i], POLLIN, 0 };
			size_t now;

			(void)poll(&p, 1, 1000);
			now = descriptors_of(rig.pid);
			most = now > most ? now : most;
		}
	}
	ck_assert_uint_le(most, 64 + 16 + 40);
	ck_assert_uint_eq(client_attach(&c, &rig, second, SEK_HELLO_CREATE), 1);
	client_close(&c);
	for (i = 0; i < 200; i++)
		close(fds[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renderd.bad_input");
	TCase *c = tcase_create("bad_input");
	SRunner *r;
	int failed;

	if (geteuid() != 0) {
		fputs("renderd needs root: skipped\n", stderr);
		return 77;
	}
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, certificates);
	tcase_add_test(c, crl_changes);
	tcase_add_test(c, first_messages);
	tcase_add_test(c, silence);
	tcase_add_test(c, noise);
	tcase_add_test(c, many);
	tcase_add_test(c, strangers);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
