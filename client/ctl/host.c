/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Foreign hosts: handing over with what one is logged in to, and waiting for a test. Must never take a password from the command
 * line, where every process can read it.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/ask.h"
#include "client/ctl/ctl.h"

enum { TRIES = 150, WAIT_MS = 200 };

static int usage(void)
{
	fputs(ctl_usage_text, stderr);
	return CTL_USAGE;
}

/* HOST [LOGIN] and options that are members. */
static bool take(int argc, char **argv, bool login, json_t *in)
{
	const char *names[] = { "host", login ? "login" : NULL };
	size_t n = 0;
	int i;

	for (i = 0; i < argc; i++) {
		const char *name = NULL;

		if (strcmp(argv[i], "--reason") == 0 || (login && strcmp(argv[i], "--user") == 0))
			name = argv[i++] + 2;
		else if (n < 2 && strncmp(argv[i], "--", 2) != 0)
			name = names[n++];
		if (!name || i >= argc || json_object_set_new(in, name, json_string(argv[i])) != 0)
			return false;
	}
	return n > 0;
}

int ctl_host_password(struct ctl *c, int argc, char **argv)
{
	json_t *in = json_object(), *answer = NULL;
	char password[260] = "";
	bool ok = take(argc, argv, true, in);
	int r;

	if (ok)
		ok = isatty(STDIN_FILENO) ? sek_ask_hidden(stdin, ctl_word(c, W_HOST_PASSWORD), password, sizeof password) :
			sek_ask_line(stdin, password, sizeof password);
	if (ok)
		ok = json_object_set_new(in, "password", json_string(password)) == 0;
	sodium_memzero(password, sizeof password);
	if (!ok) {
		json_decref(in);
		return usage();
	}
	r = ctl_call(c, "hosts/secret", in, &answer);
	if (r == CTL_DONE)
		printf("%s\n", ctl_word(c, W_DONE));
	json_decref(answer);
	return r;
}

/* The test's word of that host, "" = none, and whether it is insecure; a new reference in *ret keeps the word. */
static int look(struct ctl *c, const char *host, json_t **ret, const char **ret_result, bool *ret_insecure)
{
	int r = ctl_call(c, "hosts/list", json_pack("{s:s,s:i}", "search", host, "limit", 200), ret);
	size_t i;

	*ret_result = "";
	for (i = 0; r == CTL_DONE && i < json_array_size(json_object_get(*ret, "rows")); i++) {
		const json_t *row = json_array_get(json_object_get(*ret, "rows"), i);
		const char *result = json_string_value(json_object_get(row, "test"));

		if (!result || strcmp(json_string_value(json_object_get(row, "name")), host) != 0)
			continue;
		*ret_result = result;
		*ret_insecure = json_is_true(json_object_get(row, "insecure"));
	}
	return r;
}

static void put_test(const struct ctl *c, const char *host, const char *result, bool insecure)
{
	printf(ctl_word(c, W_HOST_TEST), host, ctl_host_result(c, result));
	if (!insecure)
		return;
	ctl_print_red(stdout, true);
	fputs(ctl_word(c, W_HOST_INSECURE), stdout);
	ctl_print_red(stdout, false);
	putchar('\n');
}

int ctl_host_test(struct ctl *c, int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = WAIT_MS * 1000000L };
	json_t *in = json_object(), *answer = NULL;
	const char *result = "running";
	bool insecure = false;
	char host[256];
	int r, i;

	if (!take(argc, argv, false, in)) {
		json_decref(in);
		return usage();
	}
	if (!json_object_get(in, "reason"))
		json_object_set_new(in, "reason", json_string("接続確認 connection test (sekishoctl)"));
	snprintf(host, sizeof host, "%s", json_string_value(json_object_get(in, "host")));
	r = ctl_call(c, "hosts/test", in, &answer);
	for (i = 0; r == CTL_DONE && strcmp(result, "running") == 0 && i < TRIES; i++) {
		nanosleep(&pause, NULL);
		json_decref(answer);
		answer = NULL;
		r = look(c, host, &answer, &result, &insecure);
	}
	if (r == CTL_DONE && c->json)
		ctl_print_json(answer);
	else if (r == CTL_DONE)
		put_test(c, host, result, insecure);
	if (r == CTL_DONE && strcmp(result, "ok") != 0)
		r = CTL_FOUND;
	json_decref(answer);
	return r;
}

/* The CA's key is no business of the broker's, so this is a program of its own, which must be run as root. */
int ctl_host_enrol(struct ctl *c, int argc, char **argv)
{
	char path[PATH_MAX];
	const char *words[8] = { path, "--lang", c->ja ? "ja" : "en", "enrol" };
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);

	if (n <= 0 || argc != 2)
		return usage();
	path[n] = '\0';
	snprintf(strrchr(path, '/') + 1, 16, "sekisho-setup");
	words[4] = argv[0];
	words[5] = argv[1];
	(void)setenv("SEKISHO_SOCKET", c->socket, 1);
	execv(path, (char *const *)words);
	fprintf(stderr, "sekishoctl: %s: %s\n", ctl_word(c, W_NO_PROGRAM), path);
	return CTL_UNREACHABLE;
}
