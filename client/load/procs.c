/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One look at /proc: who descends from whom, times, memory. Only the pool's thread touches the table while a look is under way.
 */
#include "client/load/procs.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = 20, PARTS = 10, TURNS_MAX = 16 };

struct process {
	pid_t pid, parent;
	char name[NAME_BYTES];
	uint64_t ticks, ticks_before;
	double pss_mib;
	unsigned class; /* SEK_CLASSES: not ours */
	bool seen, measured;
};

struct load_procs {
	uv_loop_t *loop;
	uv_work_t work;
	bool busy;
	pid_t brokers[LOAD_PROCS_ROOTS_MAX], renderds[LOAD_PROCS_ROOTS_MAX];
	size_t brokers_n, renderds_n;
	struct process *all;
	size_t n, room;
	unsigned turn;
	uint64_t cpu_before, cpu_idle_before; /* of the machine, ticks */
	double before_s;
	struct sek_result_sample sample;
	load_procs_fn *fn;
	void *user;
};

struct load_procs *load_procs_create(uv_loop_t *loop, const pid_t *brokers, size_t brokers_n, const pid_t *renderds, size_t renderds_n)
{
	struct load_procs *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->loop = loop;
	p->brokers_n = brokers_n < LOAD_PROCS_ROOTS_MAX ? brokers_n : LOAD_PROCS_ROOTS_MAX;
	p->renderds_n = renderds_n < LOAD_PROCS_ROOTS_MAX ? renderds_n : LOAD_PROCS_ROOTS_MAX;
	if (p->brokers_n)
		memcpy(p->brokers, brokers, p->brokers_n * sizeof *brokers);
	if (p->renderds_n)
		memcpy(p->renderds, renderds, p->renderds_n * sizeof *renderds);
	return p;
}

void load_procs_destroy(struct load_procs *p)
{
	while (p && p->busy)
		uv_run(p->loop, UV_RUN_ONCE);
	if (p)
		free(p->all);
	free(p);
}

double load_procs_thread_s(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_THREAD, &u) != 0)
		return 0;
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* Names are cut at 15 bytes by the kernel. */
unsigned load_procs_class(const char *name, unsigned parent)
{
	if (begins(name, "sekisho-broker"))
		return SEK_CLASS_BROKER;
	if (begins(name, "sekisho-decode") || begins(name, "sekisho-watch"))
		return SEK_CLASS_DECODER;
	if (begins(name, "sekisho-encode"))
		return SEK_CLASS_ENCODER;
	if (begins(name, "sekisho-renderd"))
		return SEK_CLASS_RENDERD;
	if (begins(name, "sekisho-captur"))
		return SEK_CLASS_CAPTURE;
	if (begins(name, "chrom"))
		return SEK_CLASS_CHROMIUM;
	switch (parent) {
	case SEK_CLASS_RENDERD:
	case SEK_CLASS_SANDBOX:
		return SEK_CLASS_SANDBOX;
	case SEK_CLASS_CHROMIUM:
	case SEK_CLASS_BROKER: /* what reads recordings for it */
		return parent;
	default:
		return SEK_CLASSES;
	}
}

static struct process *find(struct load_procs *p, pid_t pid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->all[i].pid == pid)
			return &p->all[i];
	return NULL;
}

static struct process *add(struct load_procs *p, pid_t pid)
{
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		struct process *more = realloc(p->all, room * sizeof *more);

		if (!more)
			return NULL;
		p->all = more;
		p->room = room;
	}
	p->all[p->n] = (struct process){ .pid = pid, .class = SEK_CLASSES };
	return &p->all[p->n++];
}

static size_t read_text(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[n] = 0;
	return n;
}

/* PID (NAME) STATE PARENT ... the 14th and 15th field are the ticks of user and system. */
static bool read_stat(struct load_procs *p, pid_t pid)
{
	char path[40], text[512], *open, *close;
	unsigned long user, system;
	struct process *q;
	int parent;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (read_text(path, text, sizeof text) == 0)
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || sscanf(close + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &parent, &user, &system) != 3)
		return false;
	q = find(p, pid);
	*close = 0;
	if (q && q->parent != 0 && q->ticks > user + system)
		*q = (struct process){ .pid = pid }; /* another process has the number now */
	if (!q)
		q = add(p, pid);
	if (!q)
		return false;
	snprintf(q->name, sizeof q->name, "%s", open + 1);
	q->parent = (pid_t)parent;
	q->ticks_before = q->ticks;
	q->ticks = user + system;
	q->seen = true;
	return true;
}

static bool is_of(pid_t pid, const pid_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == pid)
			return true;
	return false;
}

static unsigned class_of_root(const struct load_procs *p, const struct process *q)
{
	if (q->pid == getpid())
		return SEK_CLASS_GENERATOR;
	if (is_of(q->pid, p->brokers, p->brokers_n))
		return SEK_CLASS_BROKER;
	if (is_of(q->pid, p->renderds, p->renderds_n))
		return SEK_CLASS_RENDERD;
	if (p->brokers_n == 0 && p->renderds_n == 0 && (begins(q->name, "sekisho-broker") || begins(q->name, "sekisho-renderd")))
		return load_procs_class(q->name, SEK_CLASSES);
	return SEK_CLASSES;
}

/* Children get their class from their parents, however the table is sorted. A process that lost its parent keeps its class. */
static void classify(struct load_procs *p)
{
	bool grown = true;

	for (size_t i = 0; i < p->n; i++)
		if (p->all[i].class == SEK_CLASSES)
			p->all[i].class = class_of_root(p, &p->all[i]);
	for (unsigned turn = 0; grown && turn < TURNS_MAX; turn++) {
		grown = false;
		for (size_t i = 0; i < p->n; i++) {
			struct process *q = &p->all[i], *parent = q->class == SEK_CLASSES ? find(p, q->parent) : NULL;

			if (!parent || parent->class == SEK_CLASSES || parent->class == SEK_CLASS_GENERATOR)
				continue;
			q->class = load_procs_class(q->name, parent->class);
			if (q->class == SEK_CLASSES)
				q->class = parent->class;
			grown = true;
		}
	}
	/* between fork and exec a child has its parent's name: it is looked at again */
	for (size_t i = 0; i < p->n; i++) {
		struct process *q = &p->all[i];

		if (q->class != SEK_CLASSES && class_of_root(p, q) == SEK_CLASSES)
			q->class = load_procs_class(q->name, q->class);
	}
}

static double read_pss_mib(pid_t pid)
{
	char path[48], text[2048];
	const char *line;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	read_text(path, text, sizeof text);
	line = strstr(text, "\nPss:");
	return line ? (double)strtoul(line + 5, NULL, 10) / 1024 : 0;
}

static void read_machine(struct load_procs *p, double now_s)
{
	char text[4096];
	unsigned long long user, nice, system, idle, wait, irq, softirq, steal;
	const char *line;
	uint64_t all, idle_all;

	read_text("/proc/stat", text, sizeof text);
	if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal) == 8) {
		idle_all = idle + wait;
		all = user + nice + system + idle + wait + irq + softirq + steal;
		if (p->cpu_before && now_s > p->before_s)
			p->sample.busy_cores = (double)(all - p->cpu_before - (idle_all - p->cpu_idle_before)) / (double)sysconf(_SC_CLK_TCK) /
				(now_s - p->before_s);
		p->cpu_before = all;
		p->cpu_idle_before = idle_all;
	}
	read_text("/proc/meminfo", text, sizeof text);
	line = strstr(text, "MemAvailable:");
	p->sample.available_mib = line ? (double)strtoull(line + strlen("MemAvailable:"), NULL, 10) / 1024 : 0;
	p->sample.interval_s = p->before_s > 0 ? now_s - p->before_s : 0;
	p->before_s = now_s;
}

static void look_at_all(struct load_procs *p)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t kept = 0;

	for (size_t i = 0; i < p->n; i++)
		p->all[i].seen = false;
	while (d && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]))
			(void)read_stat(p, (pid_t)strtol(e->d_name, NULL, 10));
	if (d)
		closedir(d);
	for (size_t i = 0; i < p->n; i++)
		if (p->all[i].seen)
			p->all[kept++] = p->all[i];
	p->n = kept;
}

static void work(uv_work_t *w)
{
	struct load_procs *p = w->data;
	double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
	bool first = p->before_s <= 0;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	p->sample = (struct sek_result_sample){ 0 };
	look_at_all(p);
	classify(p);
	read_machine(p, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
	for (size_t i = 0; i < p->n; i++) {
		struct process *q = &p->all[i];
		struct sek_result_usage *u;

		if (q->class == SEK_CLASSES)
			continue;
		if (!q->measured || (unsigned)q->pid % PARTS == p->turn % PARTS) {
			q->pss_mib = read_pss_mib(q->pid);
			q->measured = true;
		}
		u = &p->sample.classes[q->class];
		u->count++;
		u->cpu_s += first ? 0 : (double)(q->ticks - q->ticks_before) * tick_s;
		u->pss_mib += q->pss_mib;
	}
	p->turn++;
}

static void worked(uv_work_t *w, int status)
{
	struct load_procs *p = w->data;

	p->busy = false;
	if (status == 0 && p->sample.interval_s > 0) /* the first one only says where to count from */
		p->fn(p->user, &p->sample);
}

bool load_procs_sample(struct load_procs *p, load_procs_fn *fn, void *user)
{
	if (p->busy)
		return false;
	p->fn = fn;
	p->user = user;
	p->work.data = p;
	p->busy = uv_queue_work(p->loop, &p->work, work, worked) == 0;
	return p->busy;
}
