/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * renderd's configuration: defaults, and what is refused with which words.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "render-host/renderd/config.h"

static char folder[64], path[100], err[800];

static const char *const lines[] = {
	"name: render1.example", "listen:", "  address: 127.0.0.1", "  port: 7443", "tls:", "  certificate: cert", "  key: key",
	"  ca: cert", "  crl: cert", "sessions:", "  directory: /run/sekisho", "  max: 4", "  uid_base: 210000",
	"  memory_mib: 1024", "  processes: 256", "  linger_seconds: 300", "  max_width: 1920", "  max_height: 1080", "egress:",
	"  upstream: proxy.example:8080", "  allow: [10.0.0.0/8, \"2001:db8::/32\", \"127.0.0.1/32:8080\"]", "browser:",
	"  policy_file: cert", "  devtools: false", "programs:", "  sandbox: /bin/true", "  capture: /bin/true",
};
enum { LINES = sizeof lines / sizeof lines[0] };

static void put(const char *name, const char *text, mode_t mode)
{
	char file[120];

	snprintf(file, sizeof file, "%s/%s", folder, name);
	ck_assert(sek_is_ok(sek_file_write(file, text, strlen(text), mode, SEK_FILE_REPLACE)));
}

static void setup(void)
{
	snprintf(folder, sizeof folder, "/tmp/sekisho-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/renderd.yaml", folder);
	put("cert", "x", 0644);
	put("key", "x", 0600);
}

static void teardown(void)
{
	char command[120];

	snprintf(command, sizeof command, "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* The good file with the line that begins like `line` (up to its colon) replaced by it, or without it if it ends so. */
static sek_status load(const char *line, struct sek_renderd_config **ret)
{
	char text[2000] = "";
	size_t i, key = line ? strcspn(line, ":") + 1 : 0;

	for (i = 0; i < LINES; i++) {
		bool same = line && strncmp(lines[i], line, key) == 0;

		if (same && !line[key])
			continue;
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", same ? line : lines[i]);
	}
	put("renderd.yaml", text, 0600);
	return sek_renderd_config_load(path, ret, err, sizeof err);
}

START_TEST(good)
{
	struct sek_renderd_config *c = NULL;
	char wanted[100];

	ck_assert_msg(sek_is_ok(load(NULL, &c)), "%s", err);
	ck_assert_str_eq(c->name, "render1.example");
	ck_assert_uint_eq(c->listen.port, 7443);
	ck_assert_uint_eq(c->egress.allow_count, 3);
	ck_assert(!c->browser.devtools);
	ck_assert_uint_eq(c->warm, 1); /* unless it says otherwise */
	snprintf(wanted, sizeof wanted, "%s/key", folder);
	ck_assert_str_eq(c->tls.key, wanted); /* counts from the file's folder */
	ck_assert_uint_eq(sek_renderd_uid(c, 3), 210003);
	ck_assert_uint_eq(sek_renderd_egress_uid(c, 0), 210005);
	sek_renderd_config_free(c);
	sek_renderd_config_free(NULL);
	ck_assert_msg(sek_is_ok(load("  devtools: true", &c)), "%s", err);
	ck_assert(c->browser.devtools);
	sek_renderd_config_free(c);
	ck_assert_msg(sek_is_ok(load("  upstream:", &c)), "%s", err);
	ck_assert_ptr_null(c->egress.upstream);
	sek_renderd_config_free(c);
}
END_TEST

static const struct {
	const char *line;
	unsigned at;
	const char *says;
} bads[] = {
	{ "  address: 0.0.0.0", 3, "stands for every address" },
	{ "  address: \"::\"", 3, "stands for every address" },
	{ "  address: localhost", 3, "numeric" },
	{ "  address:", 2, "'address' is missing" },
	{ "  port: 0", 4, "from 1 to 65535" },
	{ "  port: 65536", 4, "0 to 65535" },
	{ "  certificate: nothing", 6, "create it" },
	{ "  key: cert", 7, "chmod 600" },
	{ "  crl: nothing", 9, "create it" },
	{ "  directory: run", 11, "absolute path" },
	{ "  directory: /run/../etc", 11, "absolute path" },
	{ "  directory: /", 11, "absolute path" },
	{ "  directory: /0123456789012345678901234567890123456789012345678901234567890123456789", 11, "1 to 70" },
	{ "  max: 0", 12, "from 1 to 1024" },
	{ "  max: 1025", 12, "from 1 to 1024" },
	{ "  uid_base: 1000", 13, "from 65536" },
	{ "  uid_base: 0", 13, "from 65536" },
	{ "  uid_base: 4294967295", 13, "from 65536" },
	{ "  memory_mib: 255", 14, "from 256" },
	{ "  processes: 63", 15, "from 64" },
	{ "  linger_seconds: 86401", 16, "to 86400" },
	{ "  max_width: 159", 17, "from 160" },
	{ "  max_height: 4321", 18, "to 4320" },
	{ "  upstream: proxy", 20, "HOST:PORT" },
	{ "  allow: [10.0.0.0]", 21, "ADDRESS/BITS" },
	{ "  allow: [10.0.0.0/33]", 21, "ADDRESS/BITS" },
	{ "  allow: [10.0.0.0/]", 21, "ADDRESS/BITS" },
	{ "  allow: [example.com/8]", 21, "ADDRESS/BITS" },
	{ "  devtools: yes", 24, "false or true" },
	{ "  sandbox: /nonexistent", 26, "install it there" },
	{ "  sandbox: bin/true", 26, "absolute path" },
	{ "  capture: /etc/passwd", 27, "install it there" },
};

START_TEST(bad)
{
	struct sek_renderd_config *c = NULL;
	char place[120];

	ck_assert_msg(sek_is(load(bads[_i].line, &c), SEK_E_CONFIG), "%s", bads[_i].line);
	ck_assert_ptr_null(c);
	snprintf(place, sizeof place, "%s:%u: ", path, bads[_i].at);
	ck_assert_msg(strncmp(err, place, strlen(place)) == 0, "%s: %s", bads[_i].line, err);
	ck_assert_msg(strstr(err, bads[_i].says) != NULL, "%s: %s", bads[_i].line, err);
}
END_TEST

START_TEST(writable_for_others)
{
	struct sek_renderd_config *c = NULL;

	ck_assert(sek_is_ok(load(NULL, &c)));
	sek_renderd_config_free(c);
	c = NULL;
	ck_assert_int_eq(chmod(path, 0620), 0);
	ck_assert(sek_is(sek_renderd_config_load(path, &c, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "others may write"));
	ck_assert_ptr_null(c);
}
END_TEST

/* The example has no unknown key: what is missing here are the files that it names. */
START_TEST(example)
{
	struct sek_renderd_config *c = NULL;
	char *text = NULL;

	ck_assert(sek_is_ok(sek_file_read(EXAMPLE, &text, NULL)));
	put("renderd.yaml", text, 0600);
	free(text);
	ck_assert(sek_is(sek_renderd_config_load(path, &c, err, sizeof err), SEK_E_CONFIG));
	ck_assert_msg(strstr(err, "tls.certificate: '/etc/sekisho/") != NULL, "%s", err);
}
END_TEST

START_TEST(command_line)
{
	char command[300];

	ck_assert_int_eq(system(RENDERD " --help | grep -q check-config"), 0);
	ck_assert_int_ne(system(RENDERD " 2>/dev/null"), 0);
	ck_assert_int_ne(system(RENDERD " --config /nonexistent 2>/dev/null"), 0);
	put("renderd.yaml", "listen: 3\n", 0600);
	snprintf(command, sizeof command, "%s --config %s --check-config 2>&1 | grep -q 'renderd.yaml:1: '", RENDERD, path);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renderd.config");
	TCase *c = tcase_create("config");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, good);
	tcase_add_loop_test(c, bad, 0, (int)(sizeof bads / sizeof bads[0]));
	tcase_add_test(c, writable_for_others);
	tcase_add_test(c, example);
	tcase_add_test(c, command_line);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
