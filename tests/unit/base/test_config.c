/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Configuration: what is accepted, and that every refusal names file, line and what to do.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"

struct listen {
	char *address;
	uint16_t port;
};
struct host {
	char *name;
	uint8_t weight;
};
struct settings {
	char *name;
	struct listen listen;
	char **allow;
	unsigned allow_count;
	struct host *hosts;
	unsigned hosts_count;
	bool loud;
	uint64_t large;
};

static const cyaml_schema_field_t listen_fields[] = {
	CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER, struct listen, address, 1, 64),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct listen, port),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t host_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct host, name, 1, 10),
	CYAML_FIELD_UINT("weight", CYAML_FLAG_OPTIONAL, struct host, weight),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t host_value = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct host, host_fields) };
static const cyaml_schema_value_t allow_value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 10) };
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct settings, name, 1, 20),
	CYAML_FIELD_MAPPING("listen", CYAML_FLAG_DEFAULT, struct settings, listen, listen_fields),
	CYAML_FIELD_SEQUENCE("allow", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct settings, allow, &allow_value, 0, 3),
	CYAML_FIELD_SEQUENCE("hosts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct settings, hosts, &host_value, 1, 3),
	SEK_CONFIG_FIELD_BOOL("loud", CYAML_FLAG_OPTIONAL, struct settings, loud),
	CYAML_FIELD_UINT("large", CYAML_FLAG_OPTIONAL, struct settings, large),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct settings, fields) };

static char path[64];
static char err[400];

static void setup(void)
{
	int fd;

	snprintf(path, sizeof path, "/tmp/sekisho-config-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	memset(err, 'x', sizeof err);
}

static void teardown(void)
{
	unlink(path);
}

static void write_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	fclose(f);
}

static sek_status load(const char *text, struct settings **ret)
{
	void *data = NULL;
	sek_status s;

	write_file(text, strlen(text));
	s = sek_config_load(path, &schema, &data, err, sizeof err);
	*ret = data;
	return s;
}

#define GOOD "name: a\nlisten:\n  address: 127.0.0.1\n  port: 5\n"

START_TEST(whole)
{
	struct settings *c;

	ck_assert(sek_is_ok(load(GOOD "allow: [a, b]\nhosts:\n - name: x\n   weight: 3\n - name: y\nloud: true\n", &c)));
	ck_assert_str_eq(c->name, "a");
	ck_assert_str_eq(c->listen.address, "127.0.0.1");
	ck_assert_uint_eq(c->listen.port, 5);
	ck_assert_uint_eq(c->allow_count, 2);
	ck_assert_str_eq(c->allow[1], "b");
	ck_assert_uint_eq(c->hosts_count, 2);
	ck_assert_uint_eq(c->hosts[0].weight, 3);
	ck_assert_uint_eq(c->hosts[1].weight, 0);
	ck_assert(c->loud);
	sek_config_free(&schema, c);
	ck_assert(sek_is_ok(load(GOOD, &c)));
	ck_assert(!c->loud);
	ck_assert_ptr_null(c->allow);
	sek_config_free(&schema, c);
	sek_config_free(&schema, NULL);
}
END_TEST

static const struct bad {
	const char *text;
	unsigned line;
	const char *says[3];
} bads[] = {
	{ "name: a\nlisten:\n  adress: 1\n  port: 5\n", 3, { "unknown key 'adress' in 'listen'", "address, port", "remove" } },
	{ GOOD "\n\nnam: 3\n", 7, { "unknown key 'nam' in the file", "name, listen, allow" } },
	{ GOOD "hosts:\n - name: x\n   wait: 3\n", 7, { "unknown key 'wait' in 'hosts.1'", "name, weight" } },
	{ "name: a\nlisten:\n  address: 1\n  port: 65536\n", 4, { "bad value of 'listen.port'", "65536", "from 0 to 65535" } },
	{ "name: a\nlisten:\n  address: 1\n  port: x\n", 4, { "'listen.port'", "whole number" } },
	{ "name: a\nlisten:\n  address: 1\n", 2, { "the key 'port' is missing in 'listen'", "add it" } },
	{ "listen:\n  address: 1\n  port: 3\n", 1, { "the key 'name' is missing in the file" } },
	{ "name: a\nlisten: 3\n", 2, { "bad value of 'listen'", "indented", "address, port" } },
	{ "name: a\nlisten:\n\taddress: 1\n", 2, { "not YAML", "tabs" } },
	{ "name: a\nlisten:\n  address: \"1\n", 3, { "not YAML", "quotes" } },
	{ "name: a\nname: b\nlisten:\n  address: 1\n  port: 5\n", 1, { "'name' stands here twice" } },
	{ GOOD "allow: [a, 12345678901]\n", 5, { "bad value of 'allow.2'", "1 to 10 characters" } },
	{ GOOD "allow: [a, b, c, d]\n", 5, { "bad value of 'allow'" } },
	{ GOOD "hosts: []\n", 5, { "bad value of 'hosts'", "1 to 3 entries" } },
	{ GOOD "loud: fasle\n", 5, { "bad value of 'loud'", "write false or true" } },
	{ GOOD "loud: 1\n", 5, { "bad value of 'loud'" } },
	{ GOOD "allow: [&x a, *x]\n", 5, { "anchors and aliases" } },
	{ GOOD "large: 99999999999999999999999999\n", 5, { "bad value of 'large'" } },
	{ "name:\nlisten:\n  address: 1\n  port: 3\n", 1, { "bad value of 'name'", "1 to 20 characters" } },
	{ "", 1, { "empty" } },
	{ "# nothing\n", 1, { "empty" } },
	{ "- a\n", 1, { "bad value of the file" } },
};

START_TEST(refused)
{
	const struct bad *b = &bads[_i];
	char place[100];
	struct settings *c = NULL;
	size_t i;

	ck_assert(sek_is(load(b->text, &c), SEK_E_CONFIG));
	ck_assert_ptr_null(c);
	snprintf(place, sizeof place, "%s:%u: ", path, b->line);
	ck_assert_msg(strncmp(err, place, strlen(place)) == 0, "%s should begin with %s", err, place);
	for (i = 0; i < 3 && b->says[i]; i++)
		ck_assert_msg(strstr(err, b->says[i]) != NULL, "'%s' does not say '%s'", err, b->says[i]);
}
END_TEST

START_TEST(unreadable)
{
	void *data = NULL;
	char *large;

	ck_assert(sek_is(sek_config_load("/nonexistent/broker.yaml", &schema, &data, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "/nonexistent/broker.yaml: cannot be read (No such file"));
	ck_assert(sek_is(sek_config_load("/tmp", &schema, &data, err, sizeof err), SEK_E_CONFIG));
	large = calloc(1, SEK_FILE_MAX_BYTES + 1);
	ck_assert_ptr_nonnull(large);
	memset(large, '#', SEK_FILE_MAX_BYTES + 1);
	write_file(large, SEK_FILE_MAX_BYTES + 1);
	ck_assert(sek_is(sek_config_load(path, &schema, &data, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "larger than"));
	free(large);
	ck_assert_ptr_null(data);
}
END_TEST

/* Every cut of a good file either loads or is refused with a message; a short message buffer stays terminated. */
START_TEST(prefixes)
{
	static const char text[] = GOOD "allow: [a, b]\nhosts:\n - name: x\n   weight: 3\nloud: true\n";
	char small[12];
	size_t n;

	for (n = 0; n < sizeof text - 1; n++) {
		void *data = NULL;
		sek_status s;

		write_file(text, n);
		s = sek_config_load(path, &schema, &data, err, sizeof err);
		if (sek_is_ok(s)) {
			sek_config_free(&schema, data);
			continue;
		}
		ck_assert_uint_gt(strlen(err), strlen(path));
		ck_assert(sek_is(sek_config_load(path, &schema, &data, small, sizeof small), SEK_E_CONFIG));
		ck_assert_uint_lt(strlen(small), sizeof small);
	}
}
END_TEST

START_TEST(addresses)
{
	static const char *const good[] = { "127.0.0.1", "10.1.2.3", "::1", "2001:db8::1", "fe80::1" };
	static const char *const bad[] = { "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1",
		"::ffff:0.0.0.0", "::ffff:10.0.0.1", "::10.0.0.1", "localhost", "*", "", "127.0.0.1 ", "127.1", "1.2.3.4/8",
		"[::1]", "0", "0x7f.0.0.1" };
	size_t i;

	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(sek_is_ok(sek_config_check_address("listen", good[i], err, sizeof err)), "%s", good[i]);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(sek_is(sek_config_check_address("listen", bad[i], err, sizeof err), SEK_E_CONFIG), "%s", bad[i]);
		ck_assert_ptr_nonnull(strstr(err, "listen: "));
		ck_assert_ptr_nonnull(strstr(err, "write the one numeric address"));
	}
	ck_assert(sek_is(sek_config_check_address("listen", NULL, err, sizeof err), SEK_E_CONFIG));
}
END_TEST

START_TEST(files)
{
	char missing[80];

	write_file("x", 1);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert(sek_is_ok(sek_config_check_file("tls.certificate", path, 0, err, sizeof err)));
	ck_assert(sek_is(sek_config_check_file("tls.key", path, 1, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "chmod 600"));
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert(sek_is(sek_config_check_file("tls.key", path, 1, err, sizeof err), SEK_E_CONFIG));
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert(sek_is_ok(sek_config_check_file("tls.key", path, 1, err, sizeof err)));
	snprintf(missing, sizeof missing, "%s.not", path);
	ck_assert(sek_is(sek_config_check_file("tls.key", missing, 1, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "create it"));
	ck_assert(sek_is(sek_config_check_file("tls.key", "/tmp", 0, err, sizeof err), SEK_E_CONFIG));
	ck_assert(sek_is(sek_config_check_file("tls.key", "", 0, err, sizeof err), SEK_E_CONFIG));
	ck_assert(sek_is(sek_config_check_file("tls.key", NULL, 0, err, sizeof err), SEK_E_CONFIG));
}
END_TEST

START_TEST(ranges)
{
	ck_assert(sek_is_ok(sek_config_check_range("n", 1, 1, 3, err, sizeof err)));
	ck_assert(sek_is_ok(sek_config_check_range("n", 3, 1, 3, err, sizeof err)));
	ck_assert(sek_is(sek_config_check_range("n", 0, 1, 3, err, sizeof err), SEK_E_CONFIG));
	ck_assert(sek_is(sek_config_check_range("n", 4, 1, 3, err, sizeof err), SEK_E_CONFIG));
	ck_assert_str_eq(err, "n: 4 is out of range: write a number from 1 to 3");
}
END_TEST

START_TEST(located)
{
	char wanted[200];

	write_file(GOOD "hosts:\n - name: x\n - name: y\n", strlen(GOOD "hosts:\n - name: x\n - name: y\n"));
	snprintf(err, sizeof err, "listen.address: bad");
	sek_config_locate(path, "listen.address", err, sizeof err);
	snprintf(wanted, sizeof wanted, "%s:3: listen.address: bad", path);
	ck_assert_str_eq(err, wanted);
	snprintf(err, sizeof err, "m");
	sek_config_locate(path, "hosts.2.name", err, sizeof err);
	snprintf(wanted, sizeof wanted, "%s:7: m", path);
	ck_assert_str_eq(err, wanted);
	snprintf(err, sizeof err, "m");
	sek_config_locate(path, "hosts.9.name", err, sizeof err);
	snprintf(wanted, sizeof wanted, "%s:5: m", path);
	ck_assert_str_eq(err, wanted); /* as near as it gets */
	snprintf(err, sizeof err, "m");
	sek_config_locate("/nonexistent", "a", err, sizeof err);
	ck_assert_str_eq(err, "/nonexistent: m");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *c = tcase_create("config");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, whole);
	tcase_add_loop_test(c, refused, 0, (int)(sizeof bads / sizeof bads[0]));
	tcase_add_test(c, unreadable);
	tcase_add_test(c, prefixes);
	tcase_add_test(c, addresses);
	tcase_add_test(c, files);
	tcase_add_test(c, ranges);
	tcase_add_test(c, located);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
