/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CA in its directory: files, modes, index, CRL numbers, renewal, revocation, and what is refused; and session certificates.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "certs/index.h"
#include "tests/unit/certs/world.h"

static struct world world;
static char err[600];
static const struct sek_pki_wish none = { .days = 0 };

static void setup(void)
{
	world_build(&world);
	err[0] = '\0';
}

static void teardown(void)
{
	world_remove(&world);
}

static struct sek_pki *open_pki(void)
{
	struct sek_pki *p = NULL;

	ck_assert_msg(sek_is_ok(sek_pki_open(world.directory, &p, err, sizeof err)), "%s", err);
	return p;
}

static mode_t mode_of(const char *name)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", world.directory, name);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static uint64_t crl_number(const struct sek_pki *p)
{
	uint64_t number = 0;
	time_t until;

	ck_assert(sek_is_ok(sek_pki_crl_info(p, &until, &number)));
	ck_assert_int_gt(until, time(NULL) + 6 * 86400);
	ck_assert_int_le(until, time(NULL) + 7 * 86400);
	return number;
}

START_TEST(files)
{
	ck_assert_uint_eq(mode_of("ca.key"), 0600);
	ck_assert_uint_eq(mode_of("broker1.key"), 0600);
	ck_assert_uint_eq(mode_of("https1.key"), 0600);
	ck_assert_uint_eq(mode_of(WORLD_HOST ".key"), 0600);
	ck_assert_uint_eq(mode_of("ca.crt"), 0644);
	ck_assert_uint_eq(mode_of("ca.crl"), 0644);
}
END_TEST

START_TEST(never_overwrites)
{
	struct sek_pki_wish force = { .force = true };
	char *before = world_text(&world, "broker1.key"), *after;
	struct sek_pki *p;

	ck_assert(sek_is(sek_pki_init(world.directory, "x", &none, err, sizeof err), SEK_E_EXISTS));
	ck_assert_ptr_nonnull(strstr(err, "--force"));
	p = open_pki();
	ck_assert(sek_is(sek_pki_issue(p, SEK_PKI_BROKER, "broker1", &none, err, sizeof err), SEK_E_EXISTS));
	ck_assert_ptr_nonnull(strstr(err, "renew"));
	after = world_text(&world, "broker1.key");
	ck_assert_str_eq(before, after);
	free(after);
	ck_assert(sek_is_ok(sek_pki_issue(p, SEK_PKI_BROKER, "broker1", &force, err, sizeof err)));
	after = world_text(&world, "broker1.key");
	ck_assert_str_ne(before, after);
	/* a name has one kind for ever */
	ck_assert(sek_is(sek_pki_issue(p, SEK_PKI_HOST, "broker1", &force, err, sizeof err), SEK_E_EXISTS));
	free(before);
	free(after);
	sek_pki_close(p);
}
END_TEST

START_TEST(names)
{
	static const char *const bad[] = { "", "ca", "..", ".a", "a.", "-a", "a-", "a..b", "A", "a/b", "a b", "a_b", "\xc3\xa4", "*.x",
		"0123456789012345678901234567890123456789012345678901234567890123" };
	static const char *const addresses[] = { "127.0.0.1", "nonsense" };
	struct sek_pki_wish wish = { .addresses = addresses, .n_addresses = 2 };
	struct sek_pki *p = open_pki();
	size_t i, n;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(sek_is(sek_pki_issue(p, SEK_PKI_HOST, bad[i], &none, err, sizeof err), SEK_E_CONFIG), "%s", bad[i]);
	ck_assert(sek_is_ok(sek_pki_issue(p, SEK_PKI_HOST, "012345678901234567890123456789012345678901234567890123456789012",
		&none, err, sizeof err)));
	ck_assert(sek_is(sek_pki_issue(p, SEK_PKI_HTTPS, "web", &none, err, sizeof err), SEK_E_CONFIG));
	ck_assert(sek_is(sek_pki_issue(p, SEK_PKI_HTTPS, "web", &wish, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "nonsense"));
	wish = (struct sek_pki_wish){ .days = 36501 };
	ck_assert(sek_is(sek_pki_issue(p, SEK_PKI_HOST, "h", &wish, err, sizeof err), SEK_E_CONFIG));
	sek_pki_entries(p, &n);
	ck_assert_uint_eq(n, 5); /* ca, broker1, https1, host, the long name */
	sek_pki_close(p);
}
END_TEST

START_TEST(renewal)
{
	char *key = world_text(&world, "https1.key"), *before = world_text(&world, "https1.crt"), *after, path[200];
	const struct sek_pki_entry *e;
	gnutls_x509_privkey_t k;
	gnutls_x509_crt_t c;
	struct sek_pki *p = open_pki();
	uint8_t address[16];
	size_t n;

	/* its key is usually elsewhere by then */
	snprintf(path, sizeof path, "%s/https1.key", world.directory);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_msg(sek_is_ok(sek_pki_renew(p, "https1", &none, err, sizeof err)), "%s", err);
	after = world_text(&world, "https1.crt");
	ck_assert_str_ne(before, after);
	ck_assert(sek_is_ok(sek_x509_read_cert(after, &c)));
	ck_assert(sek_is_ok(sek_x509_read_key(key, &k)));
	ck_assert(sek_x509_matches(c, k));
	n = sizeof address;
	ck_assert_int_eq(gnutls_x509_crt_get_subject_alt_name(c, 0, address, &n, NULL), GNUTLS_SAN_IPADDRESS);
	ck_assert_mem_eq(address, "\x7f\x00\x00\x01", 4);
	gnutls_x509_crt_deinit(c);
	gnutls_x509_privkey_deinit(k);
	e = sek_pki_entries(p, &n);
	ck_assert_uint_eq(n, 5);
	ck_assert_str_eq(e[4].name, "https1");
	ck_assert(sek_pki_is_superseded(p, &e[2]));
	ck_assert(!sek_pki_is_superseded(p, &e[4]));
	ck_assert(sek_is(sek_pki_renew(p, "nobody", &none, err, sizeof err), SEK_E_NOT_FOUND));
	ck_assert(sek_is(sek_pki_renew(p, "ca", &none, err, sizeof err), SEK_E_DENIED));
	/* both are revoked by the name, and a revoked one is not renewed */
	ck_assert(sek_is_ok(sek_pki_revoke(p, "https1", &none, &n, err, sizeof err)));
	ck_assert_uint_eq(n, 2);
	ck_assert(sek_is(sek_pki_renew(p, "https1", &none, err, sizeof err), SEK_E_DENIED));
	free(key);
	free(before);
	free(after);
	sek_pki_close(p);
}
END_TEST

START_TEST(revocation)
{
	char serial[SEK_PKI_SERIAL_HEX + 1];
	struct sek_pki *p = open_pki();
	size_t n = 99;

	ck_assert_uint_eq(crl_number(p), 1);
	ck_assert(sek_is_ok(sek_pki_sign_crl(p, &none, err, sizeof err)));
	ck_assert_uint_eq(crl_number(p), 2);
	snprintf(serial, sizeof serial, "%s", sek_pki_entries(p, &n)[3].serial);
	ck_assert(sek_is_ok(sek_pki_revoke(p, serial, &none, &n, err, sizeof err)));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(crl_number(p), 3);
	ck_assert(sek_is_ok(sek_pki_revoke(p, WORLD_HOST, &none, &n, err, sizeof err)));
	ck_assert_uint_eq(n, 0);
	ck_assert(sek_is(sek_pki_revoke(p, "nobody", &none, &n, err, sizeof err), SEK_E_NOT_FOUND));
	ck_assert(sek_is(sek_pki_revoke(p, "ca", &none, &n, err, sizeof err), SEK_E_NOT_FOUND));
	sek_pki_close(p);
	/* it is remembered, and every later CRL says it again */
	p = open_pki();
	ck_assert_int_ne(sek_pki_entries(p, &n)[3].revoked, 0);
	sek_pki_close(p);
}
END_TEST

START_TEST(large_crl_numbers)
{
	struct sek_pki *p = open_pki();
	uint64_t i;

	for (i = 2; i <= 260; i++) {
		ck_assert(sek_is_ok(sek_pki_sign_crl(p, &none, err, sizeof err)));
		ck_assert_uint_eq(crl_number(p), i); /* past 127 and 255, where a sign bit could slip in */
	}
	sek_pki_close(p);
}
END_TEST

START_TEST(dates)
{
	struct sek_pki_wish old = { .now = time(NULL) - 500 * 86400 }, long_ = { .days = 20000 };
	const struct sek_pki_entry *e;
	struct sek_pki *p = open_pki();
	char buf[24];
	size_t n;

	ck_assert(sek_is_ok(sek_pki_issue(p, SEK_PKI_HOST, "old", &old, err, sizeof err)));
	ck_assert(sek_is_ok(sek_pki_issue(p, SEK_PKI_HOST, "long", &long_, err, sizeof err)));
	e = sek_pki_entries(p, &n);
	ck_assert_int_lt(e[4].until, time(NULL));
	ck_assert_int_eq(e[5].until, e[0].until); /* nothing outlives its CA */
	ck_assert_str_eq(sek_pki_date(0, buf), "1970-01-01 00:00:00 UTC");
	sek_pki_close(p);
}
END_TEST

START_TEST(damaged_index)
{
	static const char *const bad[] = { "x\n", "00 ca ca 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z -\n",
		"00112233445566778899aabbccddeeff host h 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z\n",
		"00112233445566778899aabbccddeeff host h 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z - -\n",
		"00112233445566778899aabbccddeeff host h 2027-01-01T00:00:00Z 2026-01-01T00:00:00Z -\n",
		"00112233445566778899AABBCCDDEEFF host h 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z -\n",
		"00112233445566778899aabbccddeeff king h 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z -\n",
		"00112233445566778899aabbccddeeff host h/../x 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z -\n",
		"00112233445566778899aabbccddeeff host h 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z -",
		"\n" };
	char *good = world_text(&world, "index"), *again, path[200];
	struct sek_pki *p = NULL;
	struct sek_index i;
	size_t k, line, n;

	for (k = 0; k < sizeof bad / sizeof bad[0]; k++)
		ck_assert_msg(sek_is(sek_index_parse(bad[k], &i, &line), SEK_E_MALFORMED) && line == 1, "%zu", k);
	ck_assert(sek_is_ok(sek_index_parse(good, &i, &line)));
	ck_assert(sek_is_ok(sek_index_text(&i, &again)));
	ck_assert_str_eq(good, again);
	sek_index_finish(&i);
	free(again);
	/* every cut but those at the end of a line is refused */
	for (n = 1; n < strlen(good); n++) {
		char *cut = strndup(good, n);
		sek_status s = sek_index_parse(cut, &i, &line);

		ck_assert_int_eq(sek_is_ok(s), good[n - 1] == '\n');
		if (sek_is_ok(s))
			sek_index_finish(&i);
		free(cut);
	}
	snprintf(path, sizeof path, "%s/index", world.directory);
	ck_assert(sek_is_ok(sek_file_write(path, good, strlen(good) - 1, 0644, SEK_FILE_REPLACE)));
	ck_assert(sek_is(sek_pki_open(world.directory, &p, err, sizeof err), SEK_E_MALFORMED));
	ck_assert_ptr_nonnull(strstr(err, "/index:5: damaged: restore"));
	free(good);
}
END_TEST

START_TEST(sessions)
{
	static const uint8_t id[16] = { 0xde, 0xad };
	char *leaf = world_text(&world, "https1.crt"), *leaf_key = world_text(&world, "https1.key"), *key, *cert, long_name[260];
	struct sek_session_cert a, b;
	struct sek_issuer *issuer = NULL;
	gnutls_x509_crt_t c;
	time_t now = time(NULL);

	ck_assert(sek_is_ok(sek_issuer_issue(world.issuer, id, "h", &a)));
	ck_assert(sek_is_ok(sek_issuer_issue(world.issuer, id, "h", &b)));
	ck_assert_str_ne(a.key_pem, b.key_pem); /* a fresh key each time */
	ck_assert(sek_is_ok(sek_x509_read_cert(a.certificate_pem, &c)));
	ck_assert_int_ge(gnutls_x509_crt_get_expiration_time(c), now + 595);
	ck_assert_int_le(gnutls_x509_crt_get_expiration_time(c), now + 605);
	ck_assert_int_le(gnutls_x509_crt_get_activation_time(c), now - 55);
	gnutls_x509_crt_deinit(c);
	sek_session_cert_finish(&a);
	sek_session_cert_finish(&b);
	sek_session_cert_finish(NULL);
	memset(long_name, 'a', sizeof long_name);
	long_name[254] = '\0';
	ck_assert(sek_is(sek_issuer_issue(world.issuer, id, long_name, &a), SEK_E_LIMIT));
	long_name[253] = '\0';
	ck_assert(sek_is_ok(sek_issuer_issue(world.issuer, id, long_name, &a)));
	sek_session_cert_finish(&a);
	ck_assert(sek_is(sek_issuer_issue(world.issuer, id, "", &a), SEK_E_LIMIT));
	ck_assert(sek_is(sek_issuer_issue(world.issuer, id, "a/b", &a), SEK_E_LIMIT));
	/* only a CA issues */
	ck_assert(sek_is(sek_issuer_create(leaf, leaf_key, &issuer), SEK_E_CRYPTO));
	cert = world_text(&world, "broker1.crt");
	ck_assert(sek_is(sek_issuer_create(cert, leaf_key, &issuer), SEK_E_CRYPTO));
	ck_assert(sek_is(sek_issuer_create("", "", &issuer), SEK_E_CRYPTO));
	free(cert);
	world_craft(&world, "ca", &(struct sek_x509_wish){ .cn = "old", .ca = true, .usage = GNUTLS_KEY_KEY_CERT_SIGN,
		.from = 1700000000, .until = 1700000600 }, NULL, &cert, &key);
	ck_assert(sek_is(sek_issuer_create(cert, key, &issuer), SEK_E_CRYPTO));
	ck_assert_ptr_null(issuer);
	sek_issuer_destroy(NULL);
	free(cert);
	free(key);
	free(leaf);
	free(leaf_key);
}
END_TEST

/* What another library thinks of our certificates, name constraint included. */
START_TEST(openssl_agrees)
{
	static const uint8_t id[16] = { 1 };
	char *chain, *key, path[200], command[900], *wrong;

	if (system("command -v openssl >/dev/null") != 0)
		return;
	world_session(&world, id, WORLD_HOST, &chain, &key);
	snprintf(path, sizeof path, "%s/session.crt", world.directory);
	ck_assert(sek_is_ok(sek_file_write(path, chain, strlen(chain), 0644, SEK_FILE_REPLACE)));
	snprintf(command, sizeof command, "cd %s && openssl verify -x509_strict -CAfile ca.crt -untrusted broker1.crt -purpose "
		"sslclient session.crt >/dev/null && openssl verify -x509_strict -crl_check -CRLfile ca.crl -CAfile ca.crt "
		"-purpose sslserver %s.crt https1.crt >/dev/null && openssl verify -verify_ip 127.0.0.1 -CAfile ca.crt "
		"https1.crt >/dev/null", world.directory, WORLD_HOST);
	ck_assert_int_eq(system(command), 0);
	free(chain);
	free(key);
	world_craft(&world, "broker1", &(struct sek_x509_wish){ .cn = "x", .uri = "sekisho://elsewhere.example/h/1",
		.usage = GNUTLS_KEY_DIGITAL_SIGNATURE, .purpose = GNUTLS_KP_TLS_WWW_CLIENT }, "wrong", &wrong, &key);
	snprintf(command, sizeof command, "cd %s && openssl verify -CAfile ca.crt -untrusted broker1.crt wrong.crt 2>&1 | grep -q "
		"'permitted subtree violation'", world.directory);
	ck_assert_int_eq(system(command), 0);
	free(wrong);
	free(key);
}
END_TEST

/* The command line, as an operator uses it. */
static int run(const char *arguments, const char *expected)
{
	char command[500], path[200], *out = NULL;
	int status;

	snprintf(path, sizeof path, "%s/out", world.directory);
	snprintf(command, sizeof command, "cd %s && %s %s >out 2>&1", world.directory, SEKISHO_CERTS, arguments);
	status = system(command);
	ck_assert(WIFEXITED(status));
	ck_assert(sek_is_ok(sek_file_read(path, &out, NULL)));
	if (expected)
		ck_assert_msg(strstr(out, expected) != NULL, "'%s' says: %s", arguments, out);
	free(out);
	return WEXITSTATUS(status);
}

START_TEST(command_line)
{
	ck_assert_int_eq(run("--help", "sekisho-certs revoke DIR NAME|SERIAL"), 0);
	ck_assert_int_eq(run("", "what is to be done?"), 2);
	ck_assert_int_eq(run("init", "which directory?"), 2);
	ck_assert_int_eq(run("frobnicate new", "unknown command"), 2);
	ck_assert_int_eq(run("host new", "which name?"), 2);
	ck_assert_int_eq(run("init new --days 0", "--days"), 2);
	ck_assert_int_eq(run("host new h", "sekisho-certs init new"), 1);
	ck_assert_int_eq(run("init new --name 'Town CA'", "keep ca.key off line"), 0);
	ck_assert_int_eq(run("init new", "--force"), 1);
	ck_assert_int_eq(run("broker new b1", "b1.key"), 0);
	ck_assert_int_eq(run("host new h1 --address 127.0.0.1", "are for https"), 2);
	ck_assert_int_eq(run("https new web --address 10.0.0.5 2001:db8::1 --dns gate.example", "web.crt"), 0);
	ck_assert_int_eq(run("host new render1.example", NULL), 0);
	ck_assert_int_eq(run("host new late.example --days 5", NULL), 0);
	ck_assert_int_eq(run("check new", "sekisho-certs renew"), 1);
	ck_assert_int_eq(run("renew new", "renewed new/late.example.crt"), 0);
	ck_assert_int_eq(run("check new", "ca.crl"), 0);
	ck_assert_int_eq(run("renew new", "nothing expires within 30 days"), 0);
	ck_assert_int_eq(run("renew new web render1.example", "renewed new/render1.example.crt"), 0);
	ck_assert_int_eq(run("revoke new late.example", "2 revoked"), 0);
	ck_assert_int_eq(run("revoke new late.example", "already"), 0);
	ck_assert_int_eq(run("revoke new x", "nothing was issued"), 1);
	ck_assert_int_eq(run("list new", "replaced"), 0);
	ck_assert_int_eq(run("list new", "revoked"), 0);
	ck_assert_int_eq(run("crl new --days 1", "number 4"), 0);
	ck_assert_int_eq(run("check new", "sekisho-certs crl"), 1);
	ck_assert_int_eq(run("crl new", "number 5"), 0);
	ck_assert_int_eq(run("check new --within 5000", "make a new CA"), 1);
	{
		char command[200];

		snprintf(command, sizeof command, "rm -r %s/new", world.directory);
		ck_assert_int_eq(system(command), 0);
	}
}
END_TEST

/* A public key as enrolment hands it over: x, then y. */
static void make_point(uint8_t ret[SEK_PKI_POINT_BYTES])
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t d[2] = { { NULL, 0 } };
	gnutls_ecc_curve_t curve;
	size_t i;

	ck_assert(sek_is_ok(sek_x509_make_key(&key)));
	ck_assert_int_ge(gnutls_x509_privkey_export_ecc_raw(key, &curve, &d[0], &d[1], NULL), 0);
	memset(ret, 0, SEK_PKI_POINT_BYTES);
	for (i = 0; i < 2; i++) {
		size_t skip = d[i].size > 32 ? d[i].size - 32 : 0, n = d[i].size - skip;

		memcpy(ret + 32 * i + 32 - n, d[i].data + skip, n);
		gnutls_free(d[i].data);
	}
	gnutls_x509_privkey_deinit(key);
}

START_TEST(host_for_a_key_that_is_elsewhere)
{
	struct sek_pki *p = open_pki();
	const struct sek_pki_wish again = { .force = true };
	uint8_t point[SEK_PKI_POINT_BYTES];
	const struct sek_pki_entry *e;
	size_t n, i, good = 0, revoked = 0;
	uint64_t crl = crl_number(p);
	char path[200];

	make_point(point);
	ck_assert(sek_is_ok(sek_pki_issue_host(p, "render9.example", point, &none, err, sizeof err)));
	snprintf(path, sizeof path, "%s/render9.example.key", world.directory);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert(sek_is(sek_pki_issue_host(p, "render9.example", point, &none, err, sizeof err), SEK_E_EXISTS));
	ck_assert(sek_is(sek_pki_issue_host(p, "ca", point, &none, err, sizeof err), SEK_E_CONFIG));
	ck_assert(sek_is(sek_pki_issue_host(p, "broker1", point, &none, err, sizeof err), SEK_E_EXISTS));
	ck_assert_uint_eq(crl_number(p), crl);
	ck_assert(sek_is_ok(sek_pki_renew(p, "render9.example", &none, err, sizeof err)));
	make_point(point); /* another machine in its place */
	ck_assert(sek_is_ok(sek_pki_issue_host(p, "render9.example", point, &again, err, sizeof err)));
	ck_assert_uint_gt(crl_number(p), crl);
	e = sek_pki_entries(p, &n);
	for (i = 0; i < n; i++) {
		good += strcmp(e[i].name, "render9.example") == 0 && !e[i].revoked;
		revoked += strcmp(e[i].name, "render9.example") == 0 && e[i].revoked;
	}
	ck_assert_uint_eq(good, 1);
	ck_assert_uint_eq(revoked, 2);
	point[40] ^= 1; /* no point of the curve */
	ck_assert(!sek_is_ok(sek_pki_issue_host(p, "render8.example", point, &none, err, sizeof err)));
	memset(point, 0, sizeof point);
	ck_assert(!sek_is_ok(sek_pki_issue_host(p, "render8.example", point, &none, err, sizeof err)));
	sek_pki_close(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pki");
	TCase *c = tcase_create("pki");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, files);
	tcase_add_test(c, never_overwrites);
	tcase_add_test(c, names);
	tcase_add_test(c, renewal);
	tcase_add_test(c, revocation);
	tcase_add_test(c, large_crl_numbers);
	tcase_add_test(c, dates);
	tcase_add_test(c, damaged_index);
	tcase_add_test(c, sessions);
	tcase_add_test(c, openssl_agrees);
	tcase_add_test(c, command_line);
	tcase_add_test(c, host_for_a_key_that_is_elsewhere);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
