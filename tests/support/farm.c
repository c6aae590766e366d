/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See farm.h.
 */
#include "tests/support/farm.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/pki.h"

static void run(const char *format, const char *a, const char *b)
{
	char command[512];

	snprintf(command, sizeof command, format, a, b);
	ck_assert_msg(system(command) == 0, "failed: %s", command);
}

/* A port that is free now: the kernel chooses. */
static uint16_t free_port(const char *address)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(inet_pton(AF_INET, address, &a.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static bool answers(const struct farm_host *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(h->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	ck_assert_int_eq(inet_pton(AF_INET, h->address, &a.sin_addr), 1);
	good = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return good;
}

static void make_pki(struct farm *f)
{
	char err[256] = "", dir[96];
	struct sek_pki_wish wish = { 0 };
	struct sek_pki *pki;

	snprintf(dir, sizeof dir, "%s/pki", f->dir);
	snprintf(f->ca, sizeof f->ca, "%s/ca.crt", dir);
	snprintf(f->crl, sizeof f->crl, "%s/ca.crl", dir);
	snprintf(f->intermediate, sizeof f->intermediate, "%s/broker1.crt", dir);
	snprintf(f->intermediate_key, sizeof f->intermediate_key, "%s/broker1.key", dir);
	ck_assert_msg(sek_is_ok(sek_pki_init(dir, "integration test", &wish, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_open(dir, &pki, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_BROKER, "broker1", &wish, err, sizeof err)), "%s", err);
	for (int i = 0; i < FARM_HOSTS; i++)
		ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_HOST, f->hosts[i].name, &wish, err, sizeof err)), "%s", err);
	sek_pki_close(pki);
}

void farm_sign_crl(struct farm *f, time_t now, const char *revoke)
{
	char err[256] = "", dir[96];
	struct sek_pki_wish wish = { .now = now };
	struct sek_pki *pki;
	size_t n;

	snprintf(dir, sizeof dir, "%s/pki", f->dir);
	ck_assert_msg(sek_is_ok(sek_pki_open(dir, &pki, err, sizeof err)), "%s", err);
	if (revoke)
		ck_assert_msg(sek_is_ok(sek_pki_revoke(pki, revoke, &wish, &n, err, sizeof err)), "%s", err);
	else
		ck_assert_msg(sek_is_ok(sek_pki_sign_crl(pki, &wish, err, sizeof err)), "%s", err);
	sek_pki_close(pki);
}

static void write_config(const struct farm *f, const struct farm_host *h, int i)
{
	FILE *out = fopen(h->config, "we");

	ck_assert_ptr_nonnull(out);
	fprintf(out, "name: %s\nlisten:\n  address: %s\n  port: %u\n", h->name, h->address, h->port);
	fprintf(out, "tls:\n  certificate: %s/pki/%s.crt\n  key: %s/pki/%s.key\n  ca: %s\n  crl: %s\n", f->dir, h->name, f->dir,
		h->name, f->ca, f->crl);
	fprintf(out, "sessions:\n  directory: %s/%d\n  max: 4\n  uid_base: %u\n  memory_mib: 1500\n  processes: 400\n"
		"  linger_seconds: 5\n  max_width: 1920\n  max_height: 1200\nwarm: 0\n", f->sessions, i, (unsigned)h->uid_base);
	fprintf(out, "image:\n  built: %s/built-%s\n", f->dir, h->name);
	fprintf(out, "egress:\n  allow:\n    - 127.0.40.0/24\nbrowser:\n  policy_file: %s/chromium-policy.json\n", f->dir);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(chmod(h->config, 0600), 0);
}

void farm_init(struct farm *f)
{
	*f = (struct farm){ 0 };
	ck_assert_msg(geteuid() == 0, "render hosts need root");
	snprintf(f->dir, sizeof f->dir, "/tmp/sek-farm-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	ck_assert_int_eq(chmod(f->dir, 0755), 0);
	snprintf(f->sessions, sizeof f->sessions, "/dev/shm/%s", strrchr(f->dir, '/') + 1);
	run("mkdir -p -m 711 %s && mkdir -m 755 %s/bin", f->sessions, f->dir);
	run("cp " SEK_TEST_BIN "/sekisho-* %s/bin/ && cp " SEK_TEST_SOURCE "/render-host/sandbox/chromium-policy.json %s/", f->dir,
		f->dir);
	snprintf(f->decoder, sizeof f->decoder, "%s/bin/sekisho-decoder", f->dir);
	snprintf(f->encoder, sizeof f->encoder, "%s/bin/sekisho-encoder", f->dir);
	for (int i = 0; i < FARM_HOSTS; i++) {
		struct farm_host *h = &f->hosts[i];

		snprintf(h->name, sizeof h->name, "render%d.sekisho.internal", i + 1);
		snprintf(h->address, sizeof h->address, "127.0.31.%d", i + 1);
		snprintf(h->config, sizeof h->config, "%s/renderd%d.yaml", f->dir, i);
		snprintf(h->log, sizeof h->log, "%s/renderd%d.log", f->dir, i);
		h->port = free_port(h->address);
		h->uid_base = (uid_t)(260000 + (unsigned)getpid() % 4000 * 32 + (unsigned)i * 16);
	}
	make_pki(f);
	for (int i = 0; i < FARM_HOSTS; i++) {
		run("touch %s/built-%s", f->dir, f->hosts[i].name);
		write_config(f, &f->hosts[i], i);
	}
}

void farm_start(struct farm *f, int host)
{
	struct farm_host *h = &f->hosts[host];
	char program[96];

	snprintf(program, sizeof program, "%s/bin/sekisho-renderd", f->dir);
	h->pid = fork();
	ck_assert_int_ge(h->pid, 0);
	if (h->pid == 0) {
		int log = open(h->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that crashes must leave no farm behind */
		setsid();
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
		dup2(log, 1);
		dup2(log, 2);
		execl(program, program, "--config", h->config, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 200; i++) {
		int status;

		if (answers(h))
			return;
		if (waitpid(h->pid, &status, WNOHANG) == h->pid) {
			h->pid = 0;
			break;
		}
		usleep(50000);
	}
	farm_tell(f);
	ck_abort_msg("the render host did not start");
}

static void await(struct farm_host *h)
{
	for (int i = 0; i < 300; i++) {
		if (waitpid(h->pid, NULL, WNOHANG) != 0) {
			h->pid = 0;
			return;
		}
		usleep(50000);
	}
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
	h->pid = 0;
	ck_abort_msg("the render host did not end");
}

void farm_stop(struct farm *f, int host)
{
	if (!f->hosts[host].pid)
		return;
	kill(f->hosts[host].pid, SIGTERM);
	await(&f->hosts[host]);
}

void farm_kill(struct farm *f, int host)
{
	kill(f->hosts[host].pid, SIGKILL);
	await(&f->hosts[host]);
}

void farm_tell(const struct farm *f)
{
	char command[256];

	for (int i = 0; i < FARM_HOSTS; i++) {
		snprintf(command, sizeof command, "tail -n 40 %s >&2 2>/dev/null", f->hosts[i].log);
		if (system(command) != 0)
			continue;
	}
}

void farm_finish(struct farm *f)
{
	for (int i = 0; i < FARM_HOSTS; i++)
		farm_stop(f, i);
	run("rm -rf %s %s", f->dir, f->sessions);
}
