/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS between broker and render host: bytes, contexts, the CRL's end, foreign clients and noise.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "tests/unit/certs/ends.h"

static struct world world;
static const uint8_t session_id[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xab, 0xcd, 0xef, 0xfe, 0xff };

static void setup(void)
{
	world_build(&world);
}

static void teardown(void)
{
	world_remove(&world);
}

START_TEST(round_trip)
{
	char *chain, *key, *host_cert, *host_key, broker[64], *large = calloc(1, 300000), *got = calloc(1, 300000);
	struct end client, server;
	uint8_t id[16];
	size_t sent = 0, received = 0, n, i;
	int fds[2];

	ck_assert_ptr_nonnull(large);
	ck_assert_ptr_nonnull(got);
	for (i = 0; i < 300000; i++)
		large[i] = (char)(i * 7 + i / 251);
	world_session(&world, session_id, WORLD_HOST, &chain, &key);
	host_cert = world_text(&world, WORLD_HOST ".crt");
	host_key = world_text(&world, WORLD_HOST ".key");
	ends_pair(fds);
	end_start(&client, SEK_TLS_CLIENT, &world, chain, key, fds[0], WORLD_HOST);
	end_start(&server, SEK_TLS_SERVER, &world, host_cert, host_key, fds[1], WORLD_HOST);
	ck_assert(sek_is(sek_tls_handshake(server.tls), SEK_E_AGAIN));
	ck_assert(!sek_tls_wants_write(server.tls));
	ends_shake(&client, &server);
	ck_assert(sek_is_ok(client.status));
	ck_assert(sek_is_ok(server.status));
	sek_tls_peer_session(server.tls, id, broker);
	ck_assert_mem_eq(id, session_id, 16);
	ck_assert_str_eq(broker, "broker1");
	/* more than the socket holds: the writer must come to wait and go on with the same bytes */
	while (received < 300000) {
		bool waited = false;

		while (sent < 300000) {
			sek_status s = sek_tls_write(server.tls, large + sent, 300000 - sent, &n);

			if (sek_is(s, SEK_E_AGAIN)) {
				ck_assert(sek_tls_wants_write(server.tls));
				waited = true;
				break;
			}
			ck_assert(sek_is_ok(s));
			sent += n;
		}
		ck_assert(waited || sent == 300000);
		while (sek_is_ok(sek_tls_read(client.tls, got + received, 300000 - received, &n))) {
			received += n;
			if (received == 300000)
				break;
		}
	}
	ck_assert_mem_eq(large, got, 300000);
	/* a short read leaves the rest pending inside */
	ck_assert(sek_is_ok(sek_tls_write(client.tls, "abc", 3, &n)));
	ck_assert(sek_is_ok(sek_tls_read(server.tls, got, 1, &n)));
	ck_assert(sek_tls_pending(server.tls));
	ck_assert(sek_is_ok(sek_tls_read(server.tls, got, 2, &n)));
	ck_assert(!sek_tls_pending(server.tls));
	ck_assert(sek_is(sek_tls_read(server.tls, got, 2, &n), SEK_E_AGAIN));
	sek_tls_bye(client.tls);
	sek_tls_bye(client.tls);
	ck_assert(sek_is(sek_tls_read(server.tls, got, 2, &n), SEK_E_CLOSED));
	/* without close_notify it is no orderly end */
	shutdown(server.fd, SHUT_WR);
	ck_assert(sek_is(sek_tls_read(client.tls, got, 2, &n), SEK_E_IO));
	end_stop(&client);
	end_stop(&server);
	free(chain);
	free(key);
	free(host_cert);
	free(host_key);
	free(large);
	free(got);
}
END_TEST

/* A context that was made with a good CRL refuses everybody from the second on in which that CRL runs out. */
START_TEST(crl_runs_out)
{
	char *crl = world_crl(&world, time(NULL) - 60, time(NULL) + 2), *chain, *key, *host_cert, *host_key;
	struct sek_tls_context *server_context = NULL, *client_context = NULL;
	enum sek_tls_refusal server_says = SEK_TLS_ACCEPTED;
	struct sek_tls_pem pem;
	int i, accepted = 0;

	world_session(&world, session_id, WORLD_HOST, &chain, &key);
	host_cert = world_text(&world, WORLD_HOST ".crt");
	host_key = world_text(&world, WORLD_HOST ".key");
	pem = (struct sek_tls_pem){ world.ca, crl, host_cert, host_key };
	ck_assert(sek_is_ok(sek_tls_context_create(SEK_TLS_SERVER, &pem, &server_context)));
	pem = (struct sek_tls_pem){ world.ca, world.crl, chain, key };
	ck_assert(sek_is_ok(sek_tls_context_create(SEK_TLS_CLIENT, &pem, &client_context)));
	for (i = 0; i < 100 && server_says == SEK_TLS_ACCEPTED; i++) {
		struct end client = { .done = false }, server = { .done = false };
		int fds[2];

		ends_pair(fds);
		client.fd = fds[0];
		server.fd = fds[1];
		ck_assert(sek_is_ok(sek_tls_create(client_context, fds[0], WORLD_HOST, &client.tls)));
		ck_assert(sek_is_ok(sek_tls_create(server_context, fds[1], WORLD_HOST, &server.tls)));
		ends_shake(&client, &server);
		server_says = sek_tls_why(server.tls);
		accepted += server_says == SEK_TLS_ACCEPTED;
		end_stop(&client);
		end_stop(&server);
		usleep(50000);
	}
	ck_assert_int_eq(server_says, SEK_TLS_CRL_STALE);
	ck_assert_int_gt(accepted, 0);
	sek_tls_context_destroy(server_context);
	sek_tls_context_destroy(client_context);
	/* by now a new context cannot be made with it */
	pem = (struct sek_tls_pem){ world.ca, crl, chain, key };
	ck_assert(sek_is(sek_tls_context_create(SEK_TLS_CLIENT, &pem, &client_context), SEK_E_CRYPTO));
	free(crl);
	free(chain);
	free(key);
	free(host_cert);
	free(host_key);
}
END_TEST

static sek_status refuse_context(const char *what, const char *ca, const char *crl, const char *chain, const char *key)
{
	struct sek_tls_pem pem = { ca, crl, chain, key };
	struct sek_tls_context *c = NULL;
	sek_status s = sek_tls_context_create(SEK_TLS_SERVER, &pem, &c);

	ck_assert_msg(sek_is(s, SEK_E_CRYPTO), "%s", what);
	ck_assert_ptr_nonnull(sek_tls_fault_text(s));
	ck_assert_ptr_null(c);
	return s;
}

START_TEST(contexts)
{
	char *cert = world_text(&world, WORLD_HOST ".crt"), *key = world_text(&world, WORLD_HOST ".key");
	char *other_key = world_text(&world, "https1.key"), *broker = world_text(&world, "broker1.crt"), *text, *mixed;
	time_t now = time(NULL);
	struct world other;
	size_t n;

	refuse_context("no CA", NULL, world.crl, cert, key);
	refuse_context("no CRL", world.ca, NULL, cert, key);
	refuse_context("no chain", world.ca, world.crl, NULL, key);
	refuse_context("no key", world.ca, world.crl, cert, NULL);
	refuse_context("empty CRL", world.ca, "", cert, key);
	refuse_context("a certificate for a CRL", world.ca, cert, cert, key);
	refuse_context("a leaf for a CA", cert, world.crl, cert, key);
	refuse_context("an intermediate for a CA", broker, world.crl, cert, key);
	refuse_context("another key", world.ca, world.crl, cert, other_key);
	mixed = world_join(cert, broker);
	refuse_context("a chain that is none", world.ca, world.crl, mixed, key);
	free(mixed);
	text = world_crl(&world, now - 600, now - 1);
	ck_assert_int_eq(refuse_context("stale CRL", world.ca, text, cert, key).detail, SEK_TLS_FAULT_CRL_STALE);
	free(text);
	text = world_crl(&world, now + 600, now + 1200);
	refuse_context("CRL from the future", world.ca, text, cert, key);
	free(text);
	world_build(&other);
	refuse_context("CRL of a namesake CA", world.ca, other.crl, cert, key);
	world_remove(&other);
	/* no cut of any text makes a context */
	for (n = 0; n + 30 < strlen(world.crl); n += 13) {
		text = strndup(world.crl, n);
		refuse_context("cut CRL", world.ca, text, cert, key);
		free(text);
		text = strndup(cert, n);
		refuse_context("cut certificate", world.ca, world.crl, text, key);
		free(text);
	}
	free(cert);
	free(key);
	free(other_key);
	free(broker);
}
END_TEST

START_TEST(names_have_limits)
{
	char *cert = world_text(&world, WORLD_HOST ".crt"), *key = world_text(&world, WORLD_HOST ".key"), name[255];
	struct sek_tls_pem pem = { world.ca, world.crl, cert, key };
	struct sek_tls_context *c;
	struct sek_tls *t = NULL;

	ck_assert(sek_is_ok(sek_tls_context_create(SEK_TLS_CLIENT, &pem, &c)));
	memset(name, 'a', 254);
	name[254] = '\0';
	ck_assert(sek_is(sek_tls_create(c, -1, name, &t), SEK_E_LIMIT));
	ck_assert(sek_is(sek_tls_create(c, -1, "", &t), SEK_E_LIMIT));
	name[253] = '\0';
	ck_assert(sek_is_ok(sek_tls_create(c, -1, name, &t)));
	sek_tls_destroy(t);
	sek_tls_destroy(NULL);
	sek_tls_context_destroy(c);
	sek_tls_context_destroy(NULL);
	free(cert);
	free(key);
}
END_TEST

/* A foreign client, straight on GnuTLS. Returns the handshake's end on our side. */
static enum sek_tls_refusal foreign(const char *priority, bool with_certificate, sek_status *ret)
{
	char *host_cert = world_text(&world, WORLD_HOST ".crt"), *host_key = world_text(&world, WORLD_HOST ".key"), *chain, *key;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	enum sek_tls_refusal why;
	struct end server;
	int fds[2], e = GNUTLS_E_AGAIN, i;

	ends_pair(fds);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	end_start(&server, SEK_TLS_SERVER, &world, host_cert, host_key, fds[1], WORLD_HOST);
	world_session(&world, session_id, WORLD_HOST, &chain, &key);
	gnutls_certificate_allocate_credentials(&credentials);
	if (with_certificate) {
		gnutls_datum_t c = { (unsigned char *)chain, (unsigned)strlen(chain) };
		gnutls_datum_t k = { (unsigned char *)key, (unsigned)strlen(key) };

		ck_assert_int_ge(gnutls_certificate_set_x509_key_mem(credentials, &c, &k, GNUTLS_X509_FMT_PEM), 0);
	}
	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	ck_assert_int_eq(gnutls_priority_set_direct(session, priority, NULL), 0);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(session, fds[0]);
	for (i = 0; i < 50 && !server.done; i++) {
		if (e == GNUTLS_E_AGAIN)
			e = gnutls_handshake(session);
		end_step(&server);
	}
	ck_assert(server.done);
	*ret = server.status;
	why = sek_tls_why(server.tls);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	close(fds[0]);
	end_stop(&server);
	free(host_cert);
	free(host_key);
	free(chain);
	free(key);
	return why;
}

START_TEST(old_versions)
{
	sek_status s;

	ck_assert_int_eq(foreign("NORMAL", true, &s), SEK_TLS_ACCEPTED);
	ck_assert(sek_is_ok(s));
	ck_assert_int_eq(foreign("NORMAL:-VERS-ALL:+VERS-TLS1.2", true, &s), SEK_TLS_BROKEN);
	ck_assert(sek_is(s, SEK_E_CRYPTO));
	ck_assert_int_eq(foreign("NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1", true, &s), SEK_TLS_BROKEN);
	ck_assert_int_eq(foreign("NORMAL", false, &s), SEK_TLS_NO_CERTIFICATE);
	ck_assert(sek_is(s, SEK_E_DENIED));
}
END_TEST

START_TEST(noise)
{
	char *host_cert = world_text(&world, WORLD_HOST ".crt"), *host_key = world_text(&world, WORLD_HOST ".key");
	static const char *const texts[] = { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02", "\x17\x03\x03\xff\xff......",
		"\x15\x03\x03\x00\x02\x02\x28", "SEKI" };
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct end server;
		int fds[2];

		ends_pair(fds);
		end_start(&server, SEK_TLS_SERVER, &world, host_cert, host_key, fds[1], WORLD_HOST);
		ck_assert_int_gt(write(fds[0], texts[i], i == 1 ? 4 : strlen(texts[i]) + (i == 2)), 0);
		end_step(&server);
		shutdown(fds[0], SHUT_WR);
		end_step(&server);
		ck_assert(server.done && !sek_is_ok(server.status));
		close(fds[0]);
		end_stop(&server);
	}
	free(host_cert);
	free(host_key);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(sek_tls_refusal_name(SEK_TLS_REVOKED), "revoked");
	ck_assert_str_eq(sek_tls_refusal_name((enum sek_tls_refusal)99), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls");
	TCase *c = tcase_create("tls");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, round_trip);
	tcase_add_test(c, crl_runs_out);
	tcase_add_test(c, contexts);
	tcase_add_test(c, names_have_limits);
	tcase_add_test(c, old_versions);
	tcase_add_test(c, noise);
	tcase_add_test(c, words);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
