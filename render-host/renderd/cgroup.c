/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session's cgroup. Everything is a file below the place that cgroup_place.c found.
 */
#include "render-host/renderd/cgroup_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

enum { KILL_ROUNDS = 50 };

const char *sek_cgroup_mode_name(enum sek_cgroup_mode mode)
{
	static const char *const names[] = { "rlimits", "cgroup-v1", "cgroup-v2" };

	return names[mode];
}

enum sek_cgroup_mode sek_cgroups_mode(const struct sek_cgroups *all)
{
	return all->mode;
}

bool sek_cgroup_path(const struct sek_cgroups *all, unsigned slot, enum sek_cgroup_part part, const char *file,
	char ret[PATH_MAX])
{
	size_t i = all->mode == SEK_CGROUP_V2 ? 0 : part;

	return snprintf(ret, PATH_MAX, "%s/s%u%s%s", all->place[i], slot, file ? "/" : "", file ? file : "") < PATH_MAX;
}

int sek_cgroup_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), e;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	e = errno;
	close(fd);
	errno = e;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int set(const struct sek_cgroup *g, enum sek_cgroup_part part, const char *file, uint64_t value)
{
	char path[PATH_MAX], text[32];

	if (!sek_cgroup_path(g->all, g->slot, part, file, path))
		return -1;
	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	return sek_cgroup_put(path, text);
}

static bool exists(const struct sek_cgroup *g, enum sek_cgroup_part part, const char *file)
{
	char path[PATH_MAX];

	return sek_cgroup_path(g->all, g->slot, part, file, path) && access(path, F_OK) == 0;
}

/* Swap would turn the memory limit into a disk that everybody waits for, so it is forbidden where it is counted. */
static int set_limits(const struct sek_cgroup *g)
{
	if (g->all->bare)
		return 0;
	if (set(g, SEK_PART_PIDS, "pids.max", g->limits.processes) != 0)
		return -1;
	if (g->all->mode == SEK_CGROUP_V2) {
		if (set(g, SEK_PART_MEMORY, "memory.max", g->limits.memory_bytes) != 0)
			return -1;
		if (exists(g, SEK_PART_MEMORY, "memory.swap.max") && set(g, SEK_PART_MEMORY, "memory.swap.max", 0) != 0)
			return -1;
		return set(g, SEK_PART_CPU, "cpu.weight", 100);
	}
	if (set(g, SEK_PART_MEMORY, "memory.limit_in_bytes", g->limits.memory_bytes) != 0)
		return -1;
	if (exists(g, SEK_PART_MEMORY, "memory.memsw.limit_in_bytes") &&
			set(g, SEK_PART_MEMORY, "memory.memsw.limit_in_bytes", g->limits.memory_bytes) != 0)
		return -1;
	return set(g, SEK_PART_CPU, "cpu.shares", 1024);
}

static void close_procs(struct sek_cgroup *g)
{
	size_t i;

	for (i = 0; i < SEK_CGROUP_PARTS; i++) {
		if (g->procs[i] >= 0)
			close(g->procs[i]);
		g->procs[i] = -1;
	}
}

static int make(struct sek_cgroup *g)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < g->all->parts; i++) {
		if (!sek_cgroup_path(g->all, g->slot, (enum sek_cgroup_part)i, NULL, path) ||
				(mkdir(path, 0755) != 0 && errno != EEXIST))
			return -1;
		if (!sek_cgroup_path(g->all, g->slot, (enum sek_cgroup_part)i, "cgroup.procs", path))
			return -1;
		g->procs[i] = open(path, O_WRONLY | O_CLOEXEC);
		if (g->procs[i] < 0)
			return -1;
	}
	return set_limits(g);
}

sek_status sek_cgroup_create(const struct sek_cgroups *all, unsigned slot, const struct sek_cgroup_limits *limits,
	struct sek_cgroup *ret)
{
	struct sek_cgroup g = { .all = all, .slot = slot, .limits = *limits, .procs = { -1, -1, -1 } };
	sek_status s = sek_ok();

	if (all->mode != SEK_CGROUP_NONE && make(&g) != 0) {
		s = sek_from_errno();
		(void)sek_cgroup_remove(&g);
		return s;
	}
	*ret = g;
	return s;
}

int sek_cgroup_join(const struct sek_cgroup *g)
{
	size_t i;

	if (g->all->mode == SEK_CGROUP_NONE) {
		/* counted per uid by the kernel: it holds from the change of uid on */
		const struct rlimit processes = { g->limits.processes, g->limits.processes };

		return setrlimit(RLIMIT_NPROC, &processes);
	}
	for (i = 0; i < g->all->parts; i++)
		if (write(g->procs[i], "0", 1) != 1)
			return -1;
	return 0;
}

/* Calls fn for each process of a cgroup.procs file; returns how many. */
static size_t each_process(const char *path, void (*fn)(pid_t pid))
{
	FILE *f = fopen(path, "re");
	size_t n = 0;
	int pid;

	if (!f)
		return 0;
	while (fscanf(f, "%d", &pid) == 1) {
		n++;
		/* 0: a process that our own pid namespace does not show; never to be given to kill(2) */
		if (fn && pid > 1 && pid != getpid())
			fn(pid);
	}
	fclose(f);
	return n;
}

static void kill_one(pid_t pid)
{
	(void)kill(pid, SIGKILL);
}

size_t sek_cgroup_kill_listed(const char *procs_path)
{
	return each_process(procs_path, kill_one);
}

void sek_cgroup_kill(struct sek_cgroup *g)
{
	char path[PATH_MAX];
	size_t i;
	int round;

	if (g->all->mode == SEK_CGROUP_NONE)
		return;
	if (g->all->mode == SEK_CGROUP_V2 && sek_cgroup_path(g->all, g->slot, SEK_PART_PIDS, "cgroup.kill", path) &&
			sek_cgroup_put(path, "1") == 0)
		return;
	/* nothing can be born any more, so that reading the list and killing comes to an end */
	(void)set(g, SEK_PART_PIDS, "pids.max", 0);
	for (round = 0; round < KILL_ROUNDS; round++) {
		size_t found = 0;

		for (i = 0; i < g->all->parts; i++)
			if (sek_cgroup_path(g->all, g->slot, (enum sek_cgroup_part)i, "cgroup.procs", path))
				found += sek_cgroup_kill_listed(path);
		if (found == 0)
			return;
	}
}

size_t sek_cgroup_count(const struct sek_cgroup *g)
{
	char path[PATH_MAX];
	size_t i, n = 0;

	for (i = 0; i < g->all->parts; i++)
		if (sek_cgroup_path(g->all, g->slot, (enum sek_cgroup_part)i, "cgroup.procs", path)) {
			size_t k = each_process(path, NULL);

			n = k > n ? k : n;
		}
	return n;
}

static char *read_file(const struct sek_cgroup *g, const char *file)
{
	char path[PATH_MAX], *text = NULL;

	if (g->all->parts == 0 || !sek_cgroup_path(g->all, g->slot, SEK_PART_MEMORY, file, path) ||
			!sek_is_ok(sek_file_read(path, &text, NULL)))
		return NULL;
	return text;
}

uint64_t sek_cgroup_oom_kills(const struct sek_cgroup *g)
{
	char *text = read_file(g, g->all->mode == SEK_CGROUP_V2 ? "memory.events" : "memory.oom_control");
	uint64_t n = 0;
	char *line;

	if (!text)
		return 0;
	line = strstr(text, "oom_kill ");
	/* v1 says "oom_kill_disable 0" first, which does not match because of the blank */
	if (line)
		n = strtoull(line + strlen("oom_kill "), NULL, 10);
	free(text);
	return n;
}

uint64_t sek_cgroup_memory(const struct sek_cgroup *g)
{
	char *text = read_file(g, g->all->mode == SEK_CGROUP_V2 ? "memory.current" : "memory.usage_in_bytes");
	uint64_t n = text ? strtoull(text, NULL, 10) : 0;

	free(text);
	return n;
}

sek_status sek_cgroup_remove(struct sek_cgroup *g)
{
	sek_status s = sek_ok();
	char path[PATH_MAX];
	size_t i;

	close_procs(g);
	for (i = 0; i < g->all->parts; i++) {
		if (!sek_cgroup_path(g->all, g->slot, (enum sek_cgroup_part)i, NULL, path))
			continue;
		if (rmdir(path) != 0 && errno != ENOENT)
			s = errno == EBUSY ? sek_fail(SEK_E_BUSY) : sek_from_errno();
	}
	return s;
}
