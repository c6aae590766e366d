/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-setup-host: makes a machine a render host. Asks, waits for the broker with the one-time code, writes keys and configuration,
 * starts the service. Must never send a private key, and never dial.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <sodium.h>

#include "base/file.h"
#include "render-host/setup/enrol.h"
#include "render-host/setup/host.h"

enum { EXIT_USAGE = 2, SESSION_MIB = 700, MACHINE_MIB = 1024, SESSIONS_MAX = 100, YAML_BYTES = 4096 };

static bool check_listen(void *ctx, char *answer, char *err, size_t err_size)
{
	const struct host *h = ctx;
	bool numeric, own = sek_address_is_own(answer, &numeric);

	if (!own)
		(void)sek_wrong(&h->q, err, err_size, numeric ? &host_not_own : &host_not_address, answer);
	return own;
}

static bool check_upstream(void *ctx, char *answer, char *err, size_t err_size)
{
	const struct host *h = ctx;
	const char *colon = strrchr(answer, ':');
	char *end;
	long port;

	if (strcmp(answer, "none") == 0)
		return true;
	port = colon ? strtol(colon + 1, &end, 10) : 0;
	if (colon && colon > answer && colon[1] && !*end && port > 0 && port < 65536 && !strpbrk(answer, " /'\"#{}"))
		return true;
	(void)sek_wrong(&h->q, err, err_size, &host_bad_upstream, answer);
	return false;
}

static bool check_sessions(void *ctx, char *answer, char *err, size_t err_size)
{
	const struct host *h = ctx;
	char *end;
	long n = strtol(answer, &end, 10);

	if (answer[0] >= '0' && answer[0] <= '9' && !*end && n >= 1 && n <= SESSIONS_MAX)
		return true;
	(void)sek_wrong(&h->q, err, err_size, &host_bad_sessions, answer);
	return false;
}

static const char *suggest_sessions(char text[16])
{
	long mib = sysconf(_SC_PHYS_PAGES) / (1024 * 1024 / sysconf(_SC_PAGESIZE)), n = (mib - MACHINE_MIB) / SESSION_MIB;

	snprintf(text, 16, "%ld", n < 1 ? 1 : n > 20 ? 20 : n);
	return text;
}

static bool ask(struct host *h)
{
	struct sek_face faces[16];
	size_t n = sek_faces_find(faces, 16), i;
	char text[16];

	if (!h->q.path) {
		SAY(h, host_faces);
		for (i = 0; i < n; i++)
			fprintf(h->q.out, "    %-15s %s\n", faces[i].address, faces[i].interface);
	}
	/* with several faces only a person knows which is which */
	(void)sek_question(&h->q, &host_ask_listen, n == 1 ? faces[0].address : NULL, check_listen, h, h->listen);
	(void)sek_question(&h->q, &host_ask_upstream, "none", check_upstream, h, h->upstream);
	(void)sek_question(&h->q, &host_ask_sessions, suggest_sessions(text), check_sessions, h, h->sessions);
	host_ask_firewall_rules(h);
	if (h->q.path) {
		struct sek_answer *later;

		/* asked for only if something is in the way */
		if ((later = sek_answers_find(&h->q.file, "overwrite")))
			later->used = true;
		if ((later = sek_answers_find(&h->q.file, "again")))
			later->used = true;
		sek_questions_check_unused(&h->q);
	}
	if (h->q.wrong > 0)
		SAY(h, host_wrong, h->q.wrong);
	else if (h->q.ended)
		SAY(h, host_stopped);
	return h->q.wrong == 0 && !h->q.ended;
}

static bool put(struct host *h, const char *name, const char *text, mode_t mode)
{
	char path[PATH_MAX];
	enum sek_wrote r;
	bool yes = h->q.yes;

	snprintf(path, sizeof path, "%.3000s/%s", h->etc, name);
	h->q.yes = true; /* whoever enrols again has said yes, and the broker waits */
	r = sek_setup_write(&h->q, path, text, strlen(text), mode, NULL);
	h->q.yes = yes;
	return r == SEK_WROTE_NEW || r == SEK_WROTE_SAME || r == SEK_WROTE_OVER;
}

static bool name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < sizeof((struct host *)0)->name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0' && name[0] != '.' && name[0] != '-' && strcmp(name, "ca") != 0;
}

/* Key first: a certificate without its key would be of no use to the next try. */
static bool take(void *ctx, const struct sek_enrol_answer *a)
{
	struct host *h = ctx;
	char file[80], *key;
	bool ok;

	if (!name_ok(a->name))
		return false;
	snprintf(h->name, sizeof h->name, "%s", a->name);
	key = sek_host_key_text(h->key);
	if (!key)
		return false;
	snprintf(file, sizeof file, "%s.key", h->name);
	ok = put(h, file, key, 0600);
	sodium_memzero(key, strlen(key));
	free(key);
	snprintf(file, sizeof file, "%s.crt", h->name);
	return ok && put(h, file, a->certificate, 0644) && put(h, "ca.crt", a->ca, 0644) && put(h, "ca.crl", a->crl, 0644);
}

static void on_stranger(void *ctx, const char *peer)
{
	SAY((struct host *)ctx, host_stranger, peer);
}

static bool enrol(struct host *h)
{
	uint8_t code[SEK_ENROL_CODE_BYTES];
	char text[SEK_ENROL_TEXT_BYTES];
	struct sek_host_key *key = NULL;
	enum sek_enrolling r;

	if (!sek_is_ok(sek_host_key_make(&key))) {
		SAY(h, host_internal);
		return false;
	}
	h->key = key;
	sek_enrol_code_make(code);
	sek_enrol_code_text(code, text);
	SAY(h, host_code, h->listen, text, SEK_ENROL_MINUTES);
	r = sek_enrol_wait(h->listen, (uint16_t)h->port, code, key, SEK_ENROL_MINUTES * 60, take, on_stranger, h, h->broker);
	switch (r) {
	case SEK_ENROLLED: SAY(h, host_enrolled, h->name); break;
	case SEK_ENROLLING_BUSY: SAY(h, host_busy, h->listen, h->port); break;
	case SEK_ENROLLING_LISTEN: SAY(h, host_listen_failed, h->listen, h->port, strerror(errno)); break;
	case SEK_ENROLLING_LATE: SAY(h, host_late); break;
	case SEK_ENROLLING_TRIES: SAY(h, host_tries); break;
	case SEK_ENROLLING_STORED: SAY(h, host_not_stored); break;
	case SEK_ENROLLING_INTERNAL: SAY(h, host_internal); break;
	}
	sodium_memzero(code, sizeof code);
	sodium_memzero(text, sizeof text);
	sek_host_key_destroy(key);
	return r == SEK_ENROLLED;
}

static bool configure(struct host *h)
{
	char yaml[YAML_BYTES], path[PATH_MAX], said[2048] = "", program[PATH_MAX], upstream[SEK_ANSWER_BYTES + 16] = "allow: []";
	enum sek_wrote r;
	int n;

	if (strcmp(h->upstream, "none") != 0)
		snprintf(upstream, sizeof upstream, "upstream: '%s'", h->upstream);
	n = snprintf(yaml, sizeof yaml,
		"# Made by sekisho-setup-host; every key is explained in renderd.yaml(5).\n"
		"name: %s\nlisten:\n  address: '%s'\n  port: %u\n"
		"tls:\n  certificate: %s.crt\n  key: %s.key\n  ca: ca.crt\n  crl: ca.crl\n"
		"sessions:\n  directory: /run/sekisho-render\n  max: %s\n  uid_base: %d\n  memory_mib: 2048\n  processes: 512\n"
		"  linger_seconds: 300\n  max_width: 3840\n  max_height: 2160\n"
		"egress:\n  %s\nbrowser:\n  policy_file: /usr/share/sekisho/chromium-policy.json\n",
		h->name, h->listen, h->port, h->name, h->name, h->sessions, HOST_UID_BASE, upstream);
	snprintf(path, sizeof path, "%.3000s/renderd.yaml", h->etc);
	r = n < (int)sizeof yaml ? sek_setup_write(&h->q, path, yaml, (size_t)n, 0640, NULL) : SEK_WROTE_FAILED;
	if (r == SEK_WROTE_FAILED)
		return false;
	if (h->no_start || !sek_setup_sibling("sekisho-renderd", program, sizeof program))
		return true;
	if (sek_setup_run((const char *const[]){ program, "--config", path, "--check-config", NULL }, NULL, NULL, said, sizeof said) == 0)
		return true;
	SAY(h, host_check_failed, said);
	return false;
}

static bool start(struct host *h)
{
	bool ok;

	SAY(h, host_next, h->etc);
	if (h->no_start || access("/run/systemd/system", F_OK) != 0) {
		SAY(h, host_start_by_hand);
		return true;
	}
	(void)sek_setup_run((const char *const[]){ "systemctl", "reset-failed", "sekisho-renderd", NULL }, NULL, NULL, (char[64]){ 0 }, 64);
	ok = sek_setup_run((const char *const[]){ "systemctl", "restart", "sekisho-renderd", NULL }, NULL, NULL, NULL, 0) == 0;
	if (ok)
		SAY(h, host_started);
	else
		SAY(h, host_not_started);
	return ok;
}

static int run(struct host *h)
{
	char remembered[PATH_MAX], path[PATH_MAX], *text;

	snprintf(remembered, sizeof remembered, "%.3000s/setup-host.answers", h->etc);
	snprintf(path, sizeof path, "%.3000s/renderd.yaml", h->etc);
	if (!sek_questions_start(&h->q, h->answers, remembered) || !ask(h))
		return EXIT_FAILURE;
	if (h->q.dry_run) {
		SAY(h, host_dry);
		return EXIT_SUCCESS;
	}
	if (access(path, F_OK) == 0 && !sek_question_yes(&h->q, "again", &host_again, false)) {
		SAY(h, host_stopped);
		return EXIT_SUCCESS;
	}
	if (!sek_setup_folder(&h->q, h->etc, 0750, NULL) || !enrol(h) || !configure(h))
		return EXIT_FAILURE;
	text = sek_answers_text(&h->q.given, "# What sekisho-setup-host was answered; the next run suggests it.\n");
	if (text)
		(void)sek_file_write(remembered, text, strlen(text), 0600, SEK_FILE_REPLACE); /* a help only: without it the next run asks anew */
	free(text);
	return host_firewall(h) && start(h) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "answers", required_argument, NULL, 'a' }, { "dry-run", no_argument, NULL, 'd' }, { "yes", no_argument, NULL, 'y' },
		{ "lang", required_argument, NULL, 'l' }, { "port", required_argument, NULL, 'p' }, { "etc", required_argument, NULL, 'e' },
		{ "no-start", no_argument, NULL, 'n' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct host h = { .etc = "/etc/sekisho", .port = 7443 };
	int c, r;

	h.q = (struct sek_questions){ .ja = sek_language_of_environment(), .in = stdin, .out = stdout, .of = HOST_QUESTIONS, .terminal = true };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'a': h.answers = optarg; break;
		case 'd': h.q.dry_run = true; break;
		case 'y': h.q.yes = true; break;
		case 'l': h.q.ja = strcmp(optarg, "ja") == 0; break;
		case 'p': h.port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'e': h.etc = optarg; break;
		case 'n': h.no_start = true; break;
		case 'h': fputs(sek_say(&h.q, &host_usage), stdout); return EXIT_SUCCESS;
		default: return EXIT_USAGE;
		}
	}
	if (optind != argc || h.port < 1 || h.port > 65535) {
		fputs(sek_say(&h.q, &host_usage), stderr);
		return EXIT_USAGE;
	}
	if (geteuid() != 0 && strcmp(h.etc, "/etc/sekisho") == 0) {
		SAY(&h, host_not_root);
		return EXIT_FAILURE;
	}
	if (sodium_init() < 0 || gnutls_global_init() < 0)
		return EXIT_FAILURE;
	umask(077);
	r = run(&h);
	sek_questions_finish(&h.q);
	return r;
}
