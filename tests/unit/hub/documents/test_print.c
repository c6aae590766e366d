/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents to a printer: a real cupsd of the test's own on loopback, whose queue takes jobs and waits for its printer.
 */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "tests/unit/gap/spawn.h"
#include "tests/unit/hub/documents/site.h"

static struct site site;
static char server[32], printed[160];
static const char *const queues[] = { "kyoku", "not-there" };
static pid_t cupsd;
static int port;

static void put(const char *name, const char *format, ...)
{
	char path[128];
	va_list ap;
	FILE *f;

	snprintf(path, sizeof path, "%s/cups/%s", site.folder, name);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	va_start(ap, format);
	vfprintf(f, format, ap);
	va_end(ap);
	fclose(f);
}

/* Below the range of outgoing connections. */
static int free_port(void)
{
	for (int p = 21000 + (int)(getpid() % 9000); p < 32000; p++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)p), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), bad = bind(fd, (struct sockaddr *)&a, sizeof a);

		close(fd);
		if (!bad)
			return p;
	}
	return 0;
}

static void write_cups(void)
{
	char folder[512];
	const char *f = site.folder;

	snprintf(folder, sizeof folder, "mkdir -p %s/cups/root %s/cups/spool/tmp %s/cups/cache %s/cups/state", f, f, f, f);
	ck_assert_int_eq(system(folder), 0);
	snprintf(folder, sizeof folder, "chmod -R a+rwx %s/cups; chmod a+rx %s", f, f);
	port = free_port();
	snprintf(server, sizeof server, "127.0.0.1:%d", port);
	snprintf(printed, sizeof printed, "%s/cups/spool/d00001-001", f);
	put("cupsd.conf", "Listen 127.0.0.1:%d\nBrowsing No\nDefaultAuthType None\nWebInterface No\n<Location />\nOrder allow,deny\nAllow 127.0.0.1\n</Location>\n"
		"<Policy default>\n<Limit All>\nOrder deny,allow\n</Limit>\n</Policy>\n", port);
	put("cups-files.conf", "FileDevice Yes\nServerRoot %s/cups/root\nRequestRoot %s/cups/spool\nTempDir %s/cups/spool/tmp\nCacheDir %s/cups/cache\n"
		"StateDir %s/cups/state\nAccessLog %s/cups/access\nErrorLog %s/cups/error\nPageLog %s/cups/page\n", f, f, f, f, f, f, f, f);
	put("root/printers.conf", "<Printer kyoku>\nInfo 会計課のプリンター\nDeviceURI file:///dev/null\nState Stopped\nAccepting Yes\n</Printer>\n"
		"<Printer secret>\nInfo not ours\nDeviceURI file:///dev/null\nState Idle\nAccepting Yes\n</Printer>\n");
	ck_assert_int_eq(system(folder), 0);
}

static bool answers(void *user)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), bad = connect(fd, (struct sockaddr *)&a, sizeof a);

	(void)user;
	close(fd);
	return !bad;
}

static void set_up(void)
{
	static char conf[128], files[128];
	const char *const argv[] = { "/usr/sbin/cupsd", "-f", "-c", conf, "-s", files, NULL };
	const int fds[3] = { -1, -1, -1 };

	ck_assert_int_eq(access(argv[0], X_OK), 0);
	site_open(&site);
	ck_assert_int_eq(chmod(site.folder, 0755), 0);
	{
		char folder[128];

		snprintf(folder, sizeof folder, "%s/cups", site.folder);
		ck_assert_int_eq(mkdir(folder, 0755), 0);
		snprintf(folder, sizeof folder, "%s/cups/root", site.folder);
		ck_assert_int_eq(mkdir(folder, 0755), 0);
	}
	write_cups();
	snprintf(conf, sizeof conf, "%s/cups/cupsd.conf", site.folder);
	snprintf(files, sizeof files, "%s/cups/cups-files.conf", site.folder);
	cupsd = test_spawn(argv[0], argv, fds, 3);
	ck_assert(test_until(answers, NULL));
	site_stop(&site);
	site.config.print_server = server;
	site.config.printers = queues;
	site.config.n_printers = 2;
	site_start(&site);
}

static void tear_down(void)
{
	if (cupsd > 0) {
		kill(cupsd, SIGTERM);
		test_wait(cupsd, TEST_WAIT_MS);
	}
	site_close(&site);
}

static bool is_printed(void *user)
{
	struct stat st;

	return stat(printed, &st) == 0 && (size_t)st.st_size >= *(size_t *)user;
}

START_TEST(the_queue_gets_the_document_as_it_is)
{
	char id[33], reason[64];
	struct site_answer a = site_ask(&site, SEK_DOCUMENTS_PRINTERS_OF, "hanako", NULL, 0, NULL);
	const json_t *list = json_object_get(a.json, "printers");
	uint8_t *got;
	FILE *f;

	/* of the two that the server has and the two that are configured: the one that is both */
	ck_assert(!a.error);
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "name")), "kyoku");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "text")), "会計課のプリンター");
	site_answer_free(&a);

	ck_assert_ptr_null(site_new(&site, "hanako", SITE_PRINT, id));
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "released");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PRINT, "hanako", id, 0, "{\"printer\":\"secret\"}").error, "not-found");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PRINT, "hanako", id, 0, "{}").error, "bad-request");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PRINT, "taro", id, 0, "{\"printer\":\"kyoku\"}").error, "not-found");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PRINT, "hanako", id, 0, "{\"printer\":\"not-there\"}").error, "printer-down");
	a = site_ask(&site, SEK_DOCUMENTS_PRINT, "hanako", id, 0, "{\"printer\":\"kyoku\"}");
	ck_assert_msg(!a.error, "%s", a.error);
	site_answer_free(&a);
	a = site_ask(&site, SEK_DOCUMENTS_FILE, "hanako", id, 0, NULL);
	ck_assert(test_until(is_printed, &a.n));
	got = malloc(a.n + 1);
	f = fopen(printed, "re");
	ck_assert_uint_eq(fread(got, 1, a.n + 1, f), a.n);
	ck_assert_mem_eq(got, a.bytes, a.n);
	fclose(f);
	free(got);
	site_answer_free(&a);
	/* what was asked for as a file is not for the printer */
	ck_assert_ptr_null(site_new(&site, "hanako", SITE_FILE, id));
	ck_assert_str_eq(site_wait(&site, "hanako", id, reason), "released");
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PRINT, "hanako", id, 0, "{\"printer\":\"kyoku\"}").error, "policy");
}
END_TEST

START_TEST(a_server_that_is_not_there_is_said_to_be_down)
{
	kill(cupsd, SIGTERM);
	test_wait(cupsd, TEST_WAIT_MS);
	cupsd = 0;
	ck_assert_str_eq(site_ask(&site, SEK_DOCUMENTS_PRINTERS_OF, "hanako", NULL, 0, NULL).error, "printer-down");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("documents");
	TCase *tc = tcase_create("print");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	tcase_set_timeout(tc, 90);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_queue_gets_the_document_as_it_is);
	tcase_add_test(tc, a_server_that_is_not_there_is_said_to_be_down);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
