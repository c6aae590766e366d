/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a session may connect to: each refused class at its edges, the operator's exceptions, wrapped addresses.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "render-host/egress/address.h"

static enum sek_egress_verdict verdict(const struct sek_egress_rules *rules, const char *text, uint16_t port)
{
	struct sockaddr_storage a;

	ck_assert_msg(sek_egress_literal(text, &a), "%s", text);
	return sek_egress_check(rules, (const struct sockaddr *)&a, port);
}

static enum sek_egress_verdict plain(const char *text)
{
	static const struct sek_egress_rules none;

	return verdict(&none, text, 443);
}

START_TEST(every_class)
{
	static const struct {
		const char *address;
		enum sek_egress_verdict v;
	} rows[] = {
		{ "0.0.0.0", SEK_EGRESS_THIS_HOST }, { "0.255.255.255", SEK_EGRESS_THIS_HOST },
		{ "1.0.0.0", SEK_EGRESS_ALLOWED }, { "9.255.255.255", SEK_EGRESS_ALLOWED },
		{ "10.0.0.0", SEK_EGRESS_PRIVATE }, { "10.255.255.255", SEK_EGRESS_PRIVATE },
		{ "11.0.0.0", SEK_EGRESS_ALLOWED }, { "100.63.255.255", SEK_EGRESS_ALLOWED },
		{ "100.64.0.0", SEK_EGRESS_SHARED }, { "100.100.100.200", SEK_EGRESS_SHARED },
		{ "100.127.255.255", SEK_EGRESS_SHARED }, { "100.128.0.0", SEK_EGRESS_ALLOWED },
		{ "126.255.255.255", SEK_EGRESS_ALLOWED }, { "127.0.0.1", SEK_EGRESS_LOOPBACK },
		{ "127.255.255.255", SEK_EGRESS_LOOPBACK }, { "128.0.0.0", SEK_EGRESS_ALLOWED },
		{ "168.63.129.15", SEK_EGRESS_ALLOWED }, { "168.63.129.16", SEK_EGRESS_METADATA },
		{ "169.253.255.255", SEK_EGRESS_ALLOWED }, { "169.254.0.0", SEK_EGRESS_LINK_LOCAL },
		{ "169.254.169.254", SEK_EGRESS_LINK_LOCAL }, { "169.255.0.0", SEK_EGRESS_ALLOWED },
		{ "172.15.255.255", SEK_EGRESS_ALLOWED }, { "172.16.0.0", SEK_EGRESS_PRIVATE },
		{ "172.31.255.255", SEK_EGRESS_PRIVATE }, { "172.32.0.0", SEK_EGRESS_ALLOWED },
		{ "192.0.0.8", SEK_EGRESS_RESERVED }, { "192.0.1.0", SEK_EGRESS_ALLOWED },
		{ "192.0.2.1", SEK_EGRESS_RESERVED }, { "192.88.99.1", SEK_EGRESS_RESERVED },
		{ "192.167.255.255", SEK_EGRESS_ALLOWED }, { "192.168.0.0", SEK_EGRESS_PRIVATE },
		{ "192.168.255.255", SEK_EGRESS_PRIVATE }, { "192.169.0.0", SEK_EGRESS_ALLOWED },
		{ "198.17.255.255", SEK_EGRESS_ALLOWED }, { "198.18.0.0", SEK_EGRESS_RESERVED },
		{ "198.19.255.255", SEK_EGRESS_RESERVED }, { "198.20.0.0", SEK_EGRESS_ALLOWED },
		{ "198.51.100.7", SEK_EGRESS_RESERVED }, { "203.0.113.7", SEK_EGRESS_RESERVED },
		{ "223.255.255.255", SEK_EGRESS_ALLOWED }, { "224.0.0.1", SEK_EGRESS_MULTICAST },
		{ "239.255.255.255", SEK_EGRESS_MULTICAST }, { "240.0.0.0", SEK_EGRESS_RESERVED },
		{ "255.255.255.255", SEK_EGRESS_RESERVED },
		{ "::", SEK_EGRESS_THIS_HOST }, { "::1", SEK_EGRESS_LOOPBACK }, { "::2", SEK_EGRESS_TRANSLATED },
		{ "::8.8.8.8", SEK_EGRESS_TRANSLATED }, { "::ffff:8.8.8.8", SEK_EGRESS_ALLOWED },
		{ "::ffff:127.0.0.1", SEK_EGRESS_LOOPBACK }, { "::ffff:10.1.2.3", SEK_EGRESS_PRIVATE },
		{ "::ffff:169.254.169.254", SEK_EGRESS_LINK_LOCAL }, { "64:ff9b::8.8.8.8", SEK_EGRESS_TRANSLATED },
		{ "64:ff9b::10.0.0.1", SEK_EGRESS_TRANSLATED }, { "64:ff9b:1::1", SEK_EGRESS_TRANSLATED },
		{ "100::1", SEK_EGRESS_RESERVED }, { "1fff::1", SEK_EGRESS_RESERVED }, { "2001::1", SEK_EGRESS_TRANSLATED },
		{ "2001:0:1::", SEK_EGRESS_TRANSLATED }, { "2001:10::1", SEK_EGRESS_RESERVED },
		{ "2001:1ff::1", SEK_EGRESS_RESERVED }, { "2001:200::1", SEK_EGRESS_ALLOWED },
		{ "2001:db8::1", SEK_EGRESS_RESERVED }, { "2002:a00:1::", SEK_EGRESS_TRANSLATED },
		{ "2400:cb00::1", SEK_EGRESS_ALLOWED }, { "3fff::1", SEK_EGRESS_RESERVED }, { "3ffe::1", SEK_EGRESS_ALLOWED },
		{ "4000::1", SEK_EGRESS_RESERVED }, { "fbff::1", SEK_EGRESS_RESERVED }, { "fc00::1", SEK_EGRESS_PRIVATE },
		{ "fd00:ec2::254", SEK_EGRESS_PRIVATE }, { "fe80::1", SEK_EGRESS_LINK_LOCAL },
		{ "febf::1", SEK_EGRESS_LINK_LOCAL }, { "fec0::1", SEK_EGRESS_PRIVATE }, { "ff02::1", SEK_EGRESS_MULTICAST },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_msg(plain(rows[i].address) == rows[i].v, "%s: %s", rows[i].address,
			sek_egress_verdict_name(plain(rows[i].address)));
}
END_TEST

START_TEST(ports)
{
	static const struct sek_egress_rules none;
	struct sek_egress_rules rules = { .rules = 0 };
	unsigned good = 0;

	for (unsigned port = 0; port <= 65535; port++)
		good += verdict(&none, "8.8.8.8", (uint16_t)port) == SEK_EGRESS_ALLOWED;
	ck_assert_uint_eq(good, 4);
	ck_assert_int_eq(verdict(&none, "8.8.8.8", 25), SEK_EGRESS_BAD_PORT);
	ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "8.8.8.8:25")));
	ck_assert_int_eq(verdict(&rules, "8.8.8.8", 25), SEK_EGRESS_ALLOWED);
	ck_assert_int_eq(verdict(&rules, "8.8.8.8", 26), SEK_EGRESS_BAD_PORT);
	ck_assert_int_eq(verdict(&rules, "8.8.8.9", 25), SEK_EGRESS_BAD_PORT);
	ck_assert_int_eq(verdict(&rules, "8.8.8.8", 0), SEK_EGRESS_BAD_PORT);
}
END_TEST

START_TEST(exceptions)
{
	struct sek_egress_rules rules = { .rules = 0 };

	ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "10.1.0.0/16")));
	ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "192.168.7.0/24:8443")));
	ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "[fd00:1::/32]:443")));
	ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "fd00:2::/32")));
	ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "64:ff9b::/96")));
	ck_assert_int_eq(verdict(&rules, "10.1.255.255", 9999), SEK_EGRESS_ALLOWED);
	ck_assert_int_eq(verdict(&rules, "10.2.0.0", 443), SEK_EGRESS_PRIVATE);
	ck_assert_int_eq(verdict(&rules, "::ffff:10.1.0.1", 80), SEK_EGRESS_ALLOWED);
	ck_assert_int_eq(verdict(&rules, "192.168.7.1", 8443), SEK_EGRESS_ALLOWED);
	ck_assert_int_eq(verdict(&rules, "192.168.7.1", 443), SEK_EGRESS_PRIVATE);
	ck_assert_int_eq(verdict(&rules, "fd00:1::5", 443), SEK_EGRESS_ALLOWED);
	ck_assert_int_eq(verdict(&rules, "fd00:1::5", 80), SEK_EGRESS_PRIVATE);
	ck_assert_int_eq(verdict(&rules, "fd00:2::5", 1), SEK_EGRESS_ALLOWED);
	/* NAT64 was opened, but what lies behind it is judged all the same */
	ck_assert_int_eq(verdict(&rules, "64:ff9b::8.8.8.8", 443), SEK_EGRESS_ALLOWED);
	ck_assert_int_eq(verdict(&rules, "64:ff9b::127.0.0.1", 443), SEK_EGRESS_LOOPBACK);
	ck_assert_int_eq(verdict(&rules, "64:ff9b::10.9.0.1", 443), SEK_EGRESS_PRIVATE);
	ck_assert_int_eq(verdict(&rules, "64:ff9b::10.1.0.1", 443), SEK_EGRESS_ALLOWED);
}
END_TEST

START_TEST(rules_that_are_refused)
{
	static const char *const bad[] = { "", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8",
		"10.0.0/8", "10.0.0.0/8:0", "10.0.0.0/8:65536", "10.0.0.0/8:", "10.0.0.0/8:x", "10.0.0.0/8:80:90", "fd00::/129",
		"fd00::1/8", "[fd00::/8", "[fd00::/8]443", "[fd00::/8]:", "[]", "localhost", "0x7f.1", "127.1", "10.0.0.0/008888",
		"10.0.0.0 /8", " 10.0.0.0/8", "*", "0.0.0.0/0/0" };
	struct sek_egress_rules rules = { .rules = 0 };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(sek_is(sek_egress_rule_add(&rules, bad[i]), SEK_E_CONFIG), "%s", bad[i]);
	ck_assert_uint_eq(rules.rules, 0);
	for (int i = 0; i < SEK_EGRESS_RULES_MAX; i++)
		ck_assert(sek_is_ok(sek_egress_rule_add(&rules, "0.0.0.0/0")));
	ck_assert(sek_is(sek_egress_rule_add(&rules, "0.0.0.0/0"), SEK_E_LIMIT));
}
END_TEST

START_TEST(literals)
{
	static const char *const loopback[] = { "127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1",
		"127.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1" };
	static const char *const names[] = { "example.com", "127.0.0.1.example.com", "127.0.0.1.", "0x7f.com", "localhost",
		"fe80::1%eth0", "1.2.3.4.5", "256.1.1.1", "[::1]" };
	struct sockaddr_storage a;

	for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++)
		ck_assert_msg(plain(loopback[i]) == SEK_EGRESS_LOOPBACK, "%s", loopback[i]);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_msg(!sek_egress_literal(names[i], &a), "%s", names[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("egress address");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, every_class);
	tcase_add_test(t, ports);
	tcase_add_test(t, exceptions);
	tcase_add_test(t, rules_that_are_refused);
	tcase_add_test(t, literals);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
