/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Running renderd and watching what it leaves.
 */
#include "tests/unit/renderd/rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum { WAIT_MS = 15000 };

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, RIG_ADDRESS, &a.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void write_text(const char *directory, const char *name, const char *text)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	ck_assert(sek_is_ok(sek_file_write(path, text, strlen(text), 0644, SEK_FILE_REPLACE)));
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static void write_config(const struct rig *r, const struct rig_wishes *w)
{
	char text[4096], policy[120];

	snprintf(policy, sizeof policy, "%s/policy.json", r->directory);
	snprintf(text, sizeof text,
		"name: " WORLD_HOST "\nlisten:\n  address: " RIG_ADDRESS "\n  port: %u\n"
		"tls:\n  certificate: %s/" WORLD_HOST ".crt\n  key: %s/" WORLD_HOST ".key\n  ca: %s/ca.crt\n  crl: %s/ca.crl\n"
		"sessions:\n  directory: %s\n  max: %u\n  uid_base: %u\n  memory_mib: %u\n  processes: %u\n"
		"  linger_seconds: %u\n  max_width: 1920\n  max_height: 1080\n"
		"warm: %u\nbrowser:\n  policy_file: %s\n%s"
		"programs:\n  sandbox: %s\n  capture: %s\n",
		r->port, r->world.directory, r->world.directory, r->world.directory, r->world.directory, r->sessions, r->max,
		r->uid_base, or_default(w->memory_mib, 256), or_default(w->processes, 64), or_default(w->linger_s, 30),
		w->warm, w->policy_file ? w->policy_file : policy, w->more ? w->more : "", w->sandbox ? w->sandbox : STAND_IN_SANDBOX,
		w->capture ? w->capture : STAND_IN_CAPTURE);
	write_text(r->directory, "renderd.yaml", text);
	write_text(r->directory, "policy.json", w->policy ? w->policy : "{}");
}

void rig_run(struct rig *r)
{
	char config[120];
	size_t ready = rig_count_log(r, "host.ready");
	int i;

	snprintf(config, sizeof config, "%s/renderd.yaml", r->directory);
	r->pid = fork();
	ck_assert_int_ge(r->pid, 0);
	if (r->pid == 0) {
		int log = open(r->log, O_WRONLY | O_CREAT | O_APPEND, 0644);

		setsid(); /* Check kills its own group; this one is to tidy up by itself */
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* a failed assertion must not leave a daemon behind */
		dup2(log, STDERR_FILENO);
		execl(RENDERD, "sekisho-renderd", "--config", config, (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < WAIT_MS / 10 && rig_count_log(r, "host.ready") == ready; i++) {
		ck_assert_msg(waitpid(r->pid, NULL, WNOHANG) == 0, "renderd has ended: see %s", r->log);
		usleep(10000);
	}
	ck_assert_uint_gt(rig_count_log(r, "host.ready"), ready);
}

void rig_start(struct rig *r, const struct rig_wishes *wishes)
{
	memset(r, 0, sizeof *r);
	world_build(&r->world);
	snprintf(r->directory, sizeof r->directory, "/tmp/sekisho-renderd-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->directory));
	snprintf(r->sessions, sizeof r->sessions, "/dev/shm/sekisho-test-%d", (int)getpid());
	snprintf(r->log, sizeof r->log, "%s/log", r->directory);
	r->port = free_port();
	r->max = or_default(wishes->max, 3);
	r->warm = wishes->warm;
	r->uid_base = 400000 + (unsigned)getpid() % 100000 * 16;
	write_config(r, wishes);
	rig_run(r);
}

void rig_signal(struct rig *r, int number)
{
	ck_assert_int_eq(kill(r->pid, number), 0);
}

int rig_wait(struct rig *r)
{
	int status = -1, i;

	for (i = 0; i < WAIT_MS / 10; i++) {
		if (waitpid(r->pid, &status, WNOHANG) == r->pid)
			return status;
		usleep(10000);
	}
	kill(r->pid, SIGKILL);
	ck_abort_msg("renderd does not end: see %s", r->log);
}

size_t rig_count_log(const struct rig *r, const char *text)
{
	char *log = NULL, *at;
	size_t n = 0;

	if (!sek_is_ok(sek_file_read(r->log, &log, NULL)))
		return 0;
	for (at = log; (at = strstr(at, text)) != NULL; at++)
		n++;
	free(log);
	return n;
}

void rig_expect_log(struct rig *r, const char *text)
{
	int i;

	for (i = 0; i < WAIT_MS / 10 && rig_count_log(r, text) == 0; i++)
		usleep(10000);
	ck_assert_msg(rig_count_log(r, text) > 0, "the log does not say '%s': %s", text, r->log);
}

size_t rig_processes(const struct rig *r)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		char path[300], *text = NULL, *line;
		unsigned long uid;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/status", e->d_name);
		if (!sek_is_ok(sek_file_read(path, &text, NULL)))
			continue;
		line = strstr(text, "\nUid:");
		uid = line ? strtoul(line + 5, NULL, 10) : 0;
		/* a zombie is only a line in a table, for whoever adopted it to read */
		if (uid >= r->uid_base && uid < r->uid_base + 2 * (r->max + r->warm) && !strstr(text, "\nState:\tZ"))
			n++;
		free(text);
	}
	closedir(d);
	return n;
}

static size_t entries(const char *directory, char kind)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] == kind)
			n++;
	if (d)
		closedir(d);
	return n;
}

/* Session groups of this rig in a v1 pids hierarchy, wherever that is mounted below us. */
static size_t groups(const struct rig *r)
{
	char path[400], own[200] = "";
	FILE *f = fopen("/proc/self/cgroup", "r");
	char line[300];

	while (f && fgets(line, sizeof line, f)) {
		char *at = strstr(line, ":pids:");

		if (at) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(own, sizeof own, "%.180s", at + 6);
		}
	}
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "/sys/fs/cgroup/pids%s/sekisho-%u", own, r->uid_base);
	return entries(path, 's');
}

void rig_expect_empty(struct rig *r)
{
	int i;

	for (i = 0; i < WAIT_MS / 10; i++) {
		if (entries(r->sessions, 's') == 0 && rig_processes(r) == 0 && groups(r) == 0)
			return;
		usleep(10000);
	}
	ck_abort_msg("%zu directories, %zu processes, %zu cgroups are left: see %s", entries(r->sessions, 's'),
		rig_processes(r), groups(r), r->log);
}

static void remove_file(const struct rig *r, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", r->directory, name);
	unlink(path);
}

void rig_finish(struct rig *r)
{
	int status;

	rig_signal(r, SIGTERM);
	status = rig_wait(r);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %x: see %s", (unsigned)status, r->log);
	rig_expect_empty(r);
	ck_assert_int_ne(access(r->sessions, F_OK), 0); /* it made the directory, so it takes it away */
	world_remove(&r->world);
	remove_file(r, "renderd.yaml");
	remove_file(r, "policy.json");
	remove_file(r, "log");
	rmdir(r->directory);
}
