/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which certificates get through, and that all others do not: one row per wrong one.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tls_internal.h"
#include "tests/unit/certs/ends.h"

static struct world world;
static const uint8_t session_id[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xab, 0xcd, 0xef, 0xfe, 0xff };
#define SESSION_HEX "000102030405060708090aabcdeffeff"
#define URI "sekisho://session.sekisho.internal/" WORLD_HOST "/" SESSION_HEX

static void setup(void)
{
	world_build(&world);
}

static void teardown(void)
{
	world_remove(&world);
}

/* What the server says of a client with this chain, and what the client then sees. */
static enum sek_tls_refusal offer_client(const char *chain, const char *key)
{
	char *host_cert = world_text(&world, WORLD_HOST ".crt"), *host_key = world_text(&world, WORLD_HOST ".key");
	struct end client, server;
	enum sek_tls_refusal why;
	char byte[1];
	size_t n;
	int fds[2];

	ends_pair(fds);
	end_start(&client, SEK_TLS_CLIENT, &world, chain, key, fds[0], WORLD_HOST);
	end_start(&server, SEK_TLS_SERVER, &world, host_cert, host_key, fds[1], WORLD_HOST);
	ends_shake(&client, &server);
	why = sek_tls_why(server.tls);
	if (why == SEK_TLS_ACCEPTED) {
		ck_assert(sek_is_ok(server.status) && sek_is_ok(client.status));
	} else {
		ck_assert(sek_is(server.status, SEK_E_DENIED));
		/* TLS 1.3: the client's handshake ends before the server has judged; the alert comes with the first read */
		ck_assert(sek_is(sek_tls_read(client.tls, byte, 1, &n), SEK_E_DENIED));
		ck_assert_int_eq(sek_tls_why(client.tls), SEK_TLS_PEER_ALERT);
	}
	end_stop(&client);
	end_stop(&server);
	free(host_cert);
	free(host_key);
	return why;
}

static enum sek_tls_refusal offer_host(const char *chain, const char *key, const char *expected)
{
	char *session_chain, *session_key;
	struct end client, server;
	enum sek_tls_refusal why;
	int fds[2];

	world_session(&world, session_id, WORLD_HOST, &session_chain, &session_key);
	ends_pair(fds);
	end_start(&client, SEK_TLS_CLIENT, &world, session_chain, session_key, fds[0], expected);
	end_start(&server, SEK_TLS_SERVER, &world, chain, key, fds[1], WORLD_HOST);
	ends_shake(&client, &server);
	why = sek_tls_why(client.tls);
	if (why == SEK_TLS_ACCEPTED)
		ck_assert(sek_is_ok(server.status) && sek_is_ok(client.status));
	else {
		ck_assert(sek_is(client.status, SEK_E_DENIED));
		ck_assert(sek_is(server.status, SEK_E_DENIED)); /* by the client's alert */
		ck_assert_int_eq(sek_tls_why(server.tls), SEK_TLS_PEER_ALERT);
	}
	end_stop(&client);
	end_stop(&server);
	free(session_chain);
	free(session_key);
	return why;
}

/* Leaves under broker1 (or another issuer) that must not open the door. */
static const char *const one_name[] = { "a.example" };
static const struct {
	const char *what, *issuer, *chain_with; /* chain_with: NAME.crt sent after the leaf, NULL: nothing */
	struct sek_x509_wish wish;
	enum sek_tls_refusal wanted;
} clients[] = {
#define LEAF .usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .purpose = GNUTLS_KP_TLS_WWW_CLIENT
	{ "right", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_ACCEPTED },
	{ "another host", "broker1", "broker1", { .cn = SESSION_HEX,
		.uri = "sekisho://session.sekisho.internal/render2.sekisho.internal/" SESSION_HEX, LEAF }, SEK_TLS_WRONG_NAME },
	{ "host is a prefix", "broker1", "broker1", { .cn = SESSION_HEX,
		.uri = "sekisho://session.sekisho.internal/" WORLD_HOST ".example/" SESSION_HEX, LEAF }, SEK_TLS_WRONG_NAME },
	{ "another domain", "broker1", "broker1", { .cn = SESSION_HEX,
		.uri = "sekisho://session.sekisho.example/" WORLD_HOST "/" SESSION_HEX, LEAF }, SEK_TLS_WRONG_NAME },
	{ "CN is another session", "broker1", "broker1", { .cn = "100102030405060708090aabcdeffeff", .uri = URI, LEAF },
		SEK_TLS_WRONG_NAME },
	{ "no CN like it", "broker1", "broker1", { .cn = "x", .uri = URI, LEAF }, SEK_TLS_WRONG_NAME },
	{ "upper case id", "broker1", "broker1", { .cn = "000102030405060708090AABCDEFFEFF",
		.uri = "sekisho://session.sekisho.internal/" WORLD_HOST "/000102030405060708090AABCDEFFEFF", LEAF },
		SEK_TLS_WRONG_NAME },
	{ "short id", "broker1", "broker1", { .cn = "0001",
		.uri = "sekisho://session.sekisho.internal/" WORLD_HOST "/0001", LEAF }, SEK_TLS_WRONG_NAME },
	{ "for watching", "broker1", "broker1", { .cn = "watch",
		.uri = "sekisho://session.sekisho.internal/" WORLD_HOST "/watch", LEAF }, SEK_TLS_ACCEPTED },
	{ "watching another host", "broker1", "broker1", { .cn = "watch",
		.uri = "sekisho://session.sekisho.internal/render2.sekisho.internal/watch", LEAF }, SEK_TLS_WRONG_NAME },
	{ "a word like it", "broker1", "broker1", { .cn = "witch",
		.uri = "sekisho://session.sekisho.internal/" WORLD_HOST "/witch", LEAF }, SEK_TLS_WRONG_NAME },
	{ "CN is a session, URI watches", "broker1", "broker1", { .cn = SESSION_HEX,
		.uri = "sekisho://session.sekisho.internal/" WORLD_HOST "/watch", LEAF }, SEK_TLS_WRONG_NAME },
	{ "longer URI", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI "/x", LEAF }, SEK_TLS_WRONG_NAME },
	{ "no name", "broker1", "broker1", { .cn = SESSION_HEX, LEAF }, SEK_TLS_WRONG_NAME },
	{ "two names", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .names = one_name, .n_names = 1, LEAF },
		SEK_TLS_WRONG_NAME },
	{ "expired", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .from = 1700000000, .until = 1700000600, LEAF },
		SEK_TLS_EXPIRED },
	{ "not yet valid", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .from = 4000000000, .until = 4000000600,
		LEAF }, SEK_TLS_EXPIRED },
	{ "a server's purpose", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE,
		.purpose = GNUTLS_KP_TLS_WWW_SERVER }, SEK_TLS_WRONG_PURPOSE },
	{ "any purpose", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE,
		.purpose = GNUTLS_KP_ANY }, SEK_TLS_WRONG_PURPOSE },
	{ "no purpose", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE },
		SEK_TLS_WRONG_PURPOSE },
	{ "a CA", "broker1", "broker1", { .cn = SESSION_HEX, .uri = URI, .ca = true, .path_length = 0,
		.usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_CERT_SIGN, .purpose = GNUTLS_KP_TLS_WWW_CLIENT },
		SEK_TLS_WRONG_PURPOSE },
	{ "the intermediate is not sent", "broker1", NULL, { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_UNTRUSTED },
	{ "by the root itself", "ca", NULL, { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_WRONG_PURPOSE },
	{ "by a render host's key", WORLD_HOST, WORLD_HOST, { .cn = SESSION_HEX, .uri = URI, LEAF },
		SEK_TLS_WRONG_PURPOSE },
	{ "by a stranger", "stranger", "stranger", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_UNTRUSTED },
	{ "by a namesake of broker1", "namesake", "broker1", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_UNTRUSTED },
	{ "self-signed", NULL, NULL, { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_UNTRUSTED },
	{ "by a CA of unlimited path", "wide", "wide", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_WRONG_PURPOSE },
	{ "by a CA for servers", "servers", "servers", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_WRONG_PURPOSE },
	{ "by an expired broker", "old", "old", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_EXPIRED },
	{ "an intermediate itself", "ca", NULL, { .cn = SESSION_HEX, .uri = URI, .ca = true, .path_length = 0,
		.usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_CERT_SIGN, .purpose = GNUTLS_KP_TLS_WWW_CLIENT },
		SEK_TLS_WRONG_PURPOSE },
	{ "by a session's key", "session", "session", { .cn = SESSION_HEX, .uri = URI, LEAF }, SEK_TLS_UNTRUSTED },
};

/* Issuers that a real CA would not have made. */
static void craft_issuers(void)
{
	static const struct {
		const char *name, *issuer;
		struct sek_x509_wish wish;
	} issuers[] = {
#define CA_OF(n) .ca = true, .path_length = n, .usage = GNUTLS_KEY_KEY_CERT_SIGN
		{ "stranger", NULL, { .cn = "broker1", CA_OF(0), .purpose = GNUTLS_KP_TLS_WWW_CLIENT } },
		{ "namesake", "stranger", { .cn = "broker1", CA_OF(0), .purpose = GNUTLS_KP_TLS_WWW_CLIENT } },
		{ "wide", "ca", { .cn = "wide", CA_OF(-1), .purpose = GNUTLS_KP_TLS_WWW_CLIENT } },
		{ "servers", "ca", { .cn = "servers", CA_OF(0), .purpose = GNUTLS_KP_TLS_WWW_SERVER } },
		{ "old", "ca", { .cn = "old", CA_OF(0), .purpose = GNUTLS_KP_TLS_WWW_CLIENT, .from = 1700000000,
			.until = 1700000600 } },
		{ "session", "broker1", { .cn = SESSION_HEX, .uri = URI, LEAF } },
	};
	char *certificate, *key;
	size_t i;

	for (i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
		world_craft(&world, issuers[i].issuer, &issuers[i].wish, issuers[i].name, &certificate, &key);
		free(certificate);
		free(key);
	}
}

START_TEST(client_certificates)
{
	char *leaf, *key, *chain, *above, file[100];
	enum sek_tls_refusal why;

	craft_issuers();
	world_craft(&world, clients[_i].issuer, &clients[_i].wish, NULL, &leaf, &key);
	if (clients[_i].chain_with) {
		snprintf(file, sizeof file, "%s.crt", clients[_i].chain_with);
		above = world_text(&world, file);
		/* the last row but one mixes issuers that do not fit: the library would refuse to load them as a chain */
		chain = world_join(leaf, above);
		free(above);
	} else {
		chain = strdup(leaf);
	}
	why = offer_client(chain, key);
	ck_assert_msg(why == clients[_i].wanted, "%s: %s", clients[_i].what, sek_tls_refusal_name(why));
	free(leaf);
	free(key);
	free(chain);
}
END_TEST

static const char *const right_name[] = { WORLD_HOST }, *const wild_name[] = { "*.sekisho.internal" },
	*const upper_name[] = { "RENDER1.sekisho.internal" }, *const two_names[] = { "a.example", WORLD_HOST };
static const char *const an_address[] = { "127.0.0.1" };
static const struct {
	const char *what, *issuer;
	struct sek_x509_wish wish;
	enum sek_tls_refusal wanted;
} hosts[] = {
#define HOST_LEAF .usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .purpose = GNUTLS_KP_TLS_WWW_SERVER
	{ "right", "ca", { .cn = "x", .names = right_name, .n_names = 1, HOST_LEAF }, SEK_TLS_ACCEPTED },
	{ "case does not count", "ca", { .cn = "x", .names = upper_name, .n_names = 1, HOST_LEAF }, SEK_TLS_ACCEPTED },
	{ "second name", "ca", { .cn = "x", .names = two_names, .n_names = 2, HOST_LEAF }, SEK_TLS_ACCEPTED },
	{ "wildcard", "ca", { .cn = "x", .names = wild_name, .n_names = 1, HOST_LEAF }, SEK_TLS_WRONG_NAME },
	{ "only in the CN", "ca", { .cn = WORLD_HOST, HOST_LEAF }, SEK_TLS_WRONG_NAME },
	{ "address", "ca", { .cn = WORLD_HOST, .addresses = an_address, .n_addresses = 1, HOST_LEAF }, SEK_TLS_WRONG_NAME },
	{ "name as URI", "ca", { .cn = "x", .uri = WORLD_HOST, HOST_LEAF }, SEK_TLS_WRONG_NAME },
	{ "expired", "ca", { .cn = "x", .names = right_name, .n_names = 1, .from = 1700000000, .until = 1700000600, HOST_LEAF },
		SEK_TLS_EXPIRED },
	{ "a client's purpose", "ca", { .cn = "x", .names = right_name, .n_names = 1, LEAF }, SEK_TLS_WRONG_PURPOSE },
	{ "a CA", "ca", { .cn = "x", .names = right_name, .n_names = 1, .ca = true, .path_length = 0,
		.usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .purpose = GNUTLS_KP_TLS_WWW_SERVER }, SEK_TLS_WRONG_PURPOSE },
	{ "by a broker", "broker1", { .cn = "x", .names = right_name, .n_names = 1, HOST_LEAF }, SEK_TLS_UNTRUSTED },
	{ "by another render host", WORLD_HOST, { .cn = "x", .names = right_name, .n_names = 1, HOST_LEAF },
		SEK_TLS_UNTRUSTED },
	{ "by a stranger", "stranger", { .cn = "x", .names = right_name, .n_names = 1, HOST_LEAF }, SEK_TLS_UNTRUSTED },
	{ "self-signed", NULL, { .cn = "x", .names = right_name, .n_names = 1, HOST_LEAF }, SEK_TLS_UNTRUSTED },
};

START_TEST(host_certificates)
{
	enum sek_tls_refusal why;
	char *leaf, *key;

	craft_issuers();
	world_craft(&world, hosts[_i].issuer, &hosts[_i].wish, NULL, &leaf, &key);
	why = offer_host(leaf, key, WORLD_HOST);
	ck_assert_msg(why == hosts[_i].wanted, "%s: %s", hosts[_i].what, sek_tls_refusal_name(why));
	free(leaf);
	free(key);
}
END_TEST

START_TEST(real_certificates)
{
	char *chain, *key;

	world_session(&world, session_id, WORLD_HOST, &chain, &key);
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_ACCEPTED);
	/* a session's certificate does not make a render host */
	ck_assert_int_eq(offer_host(chain, key, WORLD_HOST), SEK_TLS_UNTRUSTED);
	free(chain);
	free(key);
	chain = world_text(&world, WORLD_HOST ".crt");
	key = world_text(&world, WORLD_HOST ".key");
	ck_assert_int_eq(offer_host(chain, key, WORLD_HOST), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(offer_host(chain, key, "render2.sekisho.internal"), SEK_TLS_WRONG_NAME);
	/* a render host is no broker */
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_WRONG_PURPOSE);
	free(chain);
	free(key);
	chain = world_text(&world, "https1.crt");
	key = world_text(&world, "https1.key");
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_WRONG_PURPOSE);
	ck_assert_int_eq(offer_host(chain, key, WORLD_HOST), SEK_TLS_WRONG_NAME);
	free(chain);
	free(key);
}
END_TEST

static void revoke_name(const char *name)
{
	struct sek_pki_wish none = { .days = 0 };
	struct sek_pki *p;
	char err[300];
	size_t n = 0;

	ck_assert(sek_is_ok(sek_pki_open(world.directory, &p, err, sizeof err)));
	ck_assert(sek_is_ok(sek_pki_revoke(p, name, &none, &n, err, sizeof err)));
	ck_assert_uint_eq(n, 1);
	sek_pki_close(p);
	world_reload(&world);
}

START_TEST(revoked)
{
	char *chain, *key, *host_cert = world_text(&world, WORLD_HOST ".crt"), *host_key = world_text(&world, WORLD_HOST ".key");

	world_session(&world, session_id, WORLD_HOST, &chain, &key);
	revoke_name("https1"); /* somebody else's revocation changes nothing */
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(offer_host(host_cert, host_key, WORLD_HOST), SEK_TLS_ACCEPTED);
	/* none of a revoked broker's sessions gets in any more */
	revoke_name("broker1");
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_REVOKED);
	revoke_name(WORLD_HOST);
	ck_assert_int_eq(offer_host(host_cert, host_key, WORLD_HOST), SEK_TLS_REVOKED);
	free(host_cert);
	free(host_key);
	free(chain);
	free(key);
}
END_TEST

static void trust(const char *ca_a, const char *ca_b, const char *crl_a, const char *crl_b)
{
	char *ca = world_join(ca_a, ca_b), *crl = world_join(crl_a, crl_b);

	free(world.ca);
	free(world.crl);
	world.ca = ca;
	world.crl = crl;
}

/* With what the world trusts now. */
static sek_status make_context(void)
{
	char *chain = world_text(&world, WORLD_HOST ".crt"), *key = world_text(&world, WORLD_HOST ".key");
	const struct sek_tls_pem pem = { world.ca, world.crl, chain, key };
	struct sek_tls_context *c = NULL;
	sek_status s = sek_tls_context_create(SEK_TLS_SERVER, &pem, &c);

	sek_tls_context_destroy(c);
	free(chain);
	free(key);
	return s;
}

/* While a site changes its CA both are trusted, each with its own CRL. They even have the same name. */
START_TEST(two_roots)
{
	char *chain, *key, *old_chain, *old_key, *ca, *crl, *host, *host_key, *old_host, *old_host_key, err[512] = "", *stale;
	const struct sek_pki_wish none = { .days = 0 };
	struct sek_pki *p = NULL;
	struct world other;
	size_t n;

	world_build(&other);
	ca = world_text(&world, "ca.crt");
	crl = world_text(&world, "ca.crl");
	host = world_text(&other, WORLD_HOST ".crt");
	host_key = world_text(&other, WORLD_HOST ".key");
	old_host = world_text(&world, WORLD_HOST ".crt");
	old_host_key = world_text(&world, WORLD_HOST ".key");
	world_session(&other, session_id, WORLD_HOST, &chain, &key);
	world_session(&world, session_id, WORLD_HOST, &old_chain, &old_key);
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_UNTRUSTED);
	trust(ca, "", other.crl, crl); /* first the lists: another's does no harm */
	ck_assert_int_eq(offer_client(old_chain, old_key), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_UNTRUSTED);
	trust(ca, other.ca, other.crl, crl);
	ck_assert_int_eq(offer_client(old_chain, old_key), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(offer_host(old_host, old_host_key, WORLD_HOST), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(offer_host(host, host_key, WORLD_HOST), SEK_TLS_ACCEPTED);
	/* every root needs a list of its own, and every one must be good now */
	trust(ca, other.ca, crl, "");
	ck_assert(sek_is(make_context(), SEK_E_CRYPTO));
	stale = world_crl(&other, time(NULL) - 7200, time(NULL) - 3600);
	trust(ca, other.ca, crl, stale);
	ck_assert_int_eq(make_context().detail, SEK_TLS_FAULT_CRL_STALE);
	trust(ca, host, crl, other.crl); /* no CA */
	ck_assert_int_eq(make_context().detail, SEK_TLS_FAULT_CA);
	/* what one has revoked is refused, and nothing else */
	ck_assert(sek_is_ok(sek_pki_open(other.directory, &p, err, sizeof err)));
	ck_assert(sek_is_ok(sek_pki_revoke(p, "broker1", &none, &n, err, sizeof err)));
	sek_pki_close(p);
	world_reload(&other);
	trust(other.ca, ca, crl, other.crl);
	ck_assert_int_eq(offer_client(chain, key), SEK_TLS_REVOKED);
	ck_assert_int_eq(offer_client(old_chain, old_key), SEK_TLS_ACCEPTED);
	/* the new one alone */
	trust(other.ca, "", crl, other.crl);
	ck_assert_int_eq(offer_host(old_host, old_host_key, WORLD_HOST), SEK_TLS_UNTRUSTED);
	world_remove(&other);
	free(stale);
	free(ca);
	free(crl);
	free(host);
	free(host_key);
	free(old_host);
	free(old_host_key);
	free(chain);
	free(key);
	free(old_chain);
	free(old_key);
}
END_TEST

static gnutls_datum_t der_of(const char *pem)
{
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) }, der;

	ck_assert_int_eq(gnutls_pem_base64_decode2("CERTIFICATE", &text, &der), 0);
	return der;
}

/* No certificate with one flipped bit gets through: neither a leaf nor the one above it. */
START_TEST(bit_flips)
{
	char *chain, *key, *host_cert = world_text(&world, WORLD_HOST ".crt"), *host_key = world_text(&world, WORLD_HOST ".key");
	char *broker = world_text(&world, "broker1.crt");
	struct sek_tls_pem pem = { world.ca, world.crl, host_cert, host_key };
	struct sek_tls_context *context;
	gnutls_datum_t der[2];
	struct sek_tls *t;
	size_t i, which;

	world_session(&world, session_id, WORLD_HOST, &chain, &key);
	ck_assert(sek_is_ok(sek_tls_context_create(SEK_TLS_SERVER, &pem, &context)));
	ck_assert(sek_is_ok(sek_tls_create(context, -1, WORLD_HOST, &t)));
	der[0] = der_of(chain);
	der[1] = der_of(broker);
	ck_assert_int_eq(sek_tls_verify(t, der, 2), SEK_TLS_ACCEPTED);
	for (which = 0; which < 2; which++)
		for (i = 0; i < 8 * der[which].size; i += 3) {
			der[which].data[i / 8] ^= (unsigned char)(1 << i % 8);
			ck_assert_msg(sek_tls_verify(t, der, 2) != SEK_TLS_ACCEPTED, "bit %zu of %zu", i, which);
			der[which].data[i / 8] ^= (unsigned char)(1 << i % 8);
		}
	for (i = 0; i < der[0].size; i++) { /* nor does one that is cut */
		gnutls_datum_t cut[2] = { { der[0].data, (unsigned)i }, der[1] };

		ck_assert_int_eq(sek_tls_verify(t, cut, 2), SEK_TLS_UNTRUSTED);
	}
	ck_assert_int_eq(sek_tls_verify(t, der, 2), SEK_TLS_ACCEPTED);
	ck_assert_int_eq(sek_tls_verify(t, NULL, 0), SEK_TLS_NO_CERTIFICATE);
	{
		gnutls_datum_t three[3] = { der[0], der[1], der[1] };

		ck_assert_int_eq(sek_tls_verify(t, three, 3), SEK_TLS_UNTRUSTED);
	}
	gnutls_free(der[0].data);
	gnutls_free(der[1].data);
	sek_tls_destroy(t);
	sek_tls_context_destroy(context);
	free(chain);
	free(key);
	free(broker);
	free(host_cert);
	free(host_key);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls_certificates");
	TCase *c = tcase_create("certificates");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, client_certificates, 0, (int)(sizeof clients / sizeof clients[0]));
	tcase_add_loop_test(c, host_certificates, 0, (int)(sizeof hosts / sizeof hosts[0]));
	tcase_add_test(c, real_certificates);
	tcase_add_test(c, revoked);
	tcase_add_test(c, two_roots);
	tcase_add_test(c, bit_flips);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
