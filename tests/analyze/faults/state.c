/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See state.h.
 */
#include "tests/analyze/faults/state.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at, t->left, format, args);
	va_end(args);
	if (n > 0) {
		size_t k = (size_t)n < t->left ? (size_t)n : t->left - 1;

		t->at += k;
		t->left -= k;
	}
}

static void from_status(struct text *t, pid_t pid)
{
	static const char *const wanted[] = { "Uid", "Gid", "Groups", "Threads", "SigIgn", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
		"Seccomp", "Seccomp_filters" };
	char path[64], line[512];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0 && line[strlen(wanted[i])] == ':')
				add(t, "%s", line);
	if (f)
		fclose(f);
}

static void from_limits(struct text *t, pid_t pid)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/limits", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		add(t, "%s", line);
	if (f)
		fclose(f);
}

static void from_namespaces(struct text *t, pid_t pid)
{
	static const char *const kinds[] = { "user", "net", "mnt", "ipc", "uts", "cgroup", "pid" };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		char path[64], theirs[64] = "", ours[64] = "";

		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kinds[i]);
		if (readlink(path, theirs, sizeof theirs - 1) < 0)
			theirs[0] = '\0';
		snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
		if (readlink(path, ours, sizeof ours - 1) < 0)
			ours[0] = '\0';
		add(t, "%s namespace: %s\n", kinds[i], strcmp(theirs, ours) == 0 ? "ours" : "another");
	}
}

/* The entries of a folder of /proc/PID: names, or only how many. */
static void from_folder(struct text *t, pid_t pid, const char *folder)
{
	char path[64];
	struct dirent **names;
	int n;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, folder);
	n = scandir(path, &names, NULL, alphasort);
	add(t, "%s:", folder);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			add(t, " %s", names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	add(t, "\n");
}

/* Where, with which options, of which kind: without the numbers of mounts and devices. */
static void from_mounts(struct text *t, pid_t pid)
{
	char path[64], line[1024], where[256], how[256];
	FILE *f;
	int n = 0;

	snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (++n <= 4 && sscanf(line, "%*d %*d %*s %*s %255s %255s", where, how) == 2)
			add(t, "mount: %s %s\n", where, how);
	add(t, "mounts: %d\n", n);
	if (f)
		fclose(f);
}

static void from_stat(struct text *t, pid_t pid)
{
	char path[64], line[1024];
	const char *rest = NULL;
	struct stat st;
	long nice = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof line, f))
		rest = strrchr(line, ')');
	if (rest && sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %ld", &nice) == 1)
		add(t, "nice: %ld\n", nice);
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	if (stat(path, &st) == 0)
		add(t, "looked into by: %u\n", st.st_uid);
}

void faults_state(pid_t pid, char *ret, size_t size)
{
	struct text t = { ret, size };

	ret[0] = '\0';
	from_status(&t, pid);
	from_limits(&t, pid);
	from_namespaces(&t, pid);
	from_folder(&t, pid, "root");
	from_folder(&t, pid, "fd");
	from_mounts(&t, pid);
	from_stat(&t, pid);
}

void faults_state_differs(const char *wanted, const char *found, char *ret, size_t size)
{
	ret[0] = '\0';
	while (*wanted || *found) {
		size_t a = strcspn(wanted, "\n"), b = strcspn(found, "\n");

		if (a != b || memcmp(wanted, found, a) != 0) {
			snprintf(ret, size, "'%.*s' / '%.*s'", (int)a, wanted, (int)b, found);
			return;
		}
		wanted += a + (wanted[a] != '\0');
		found += b + (found[b] != '\0');
	}
}
