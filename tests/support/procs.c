/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See procs.h.
 */
#include "tests/support/procs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool slurp(pid_t pid, const char *file, char *ret, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, ret, size - 1);
	close(fd);
	if (n < 0)
		return false;
	ret[n] = 0;
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!ret[i])
			ret[i] = ' ';
	return true;
}

const char *procs_status(pid_t pid, const char *key)
{
	static char text[8192], empty[1];
	size_t n = strlen(key);

	if (!slurp(pid, "status", text, sizeof text))
		return empty;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, key, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	return empty;
}

bool procs_alive(pid_t pid)
{
	const char *state = procs_status(pid, "State");

	return pid > 0 && *state && *state != 'Z' && *state != 'X';
}

static bool descends(pid_t pid, pid_t root)
{
	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		if (pid == root)
			return true;
		pid = atoi(procs_status(pid, "PPid"));
	}
	return false;
}

pid_t procs_find(pid_t root, const char *comm, const char *argument, const char *without)
{
	static char arguments[16384];
	DIR *d = opendir("/proc");
	struct dirent *entry;
	pid_t best = 0;

	while (d && (entry = readdir(d)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || (best && pid > best) || pid == root)
			continue;
		if (strncmp(procs_status(pid, "Name"), comm, 15) != 0 || !procs_alive(pid) || !descends(pid, root))
			continue;
		if (!slurp(pid, "cmdline", arguments, sizeof arguments))
			continue;
		if ((argument && !strstr(arguments, argument)) || (without && strstr(arguments, without)))
			continue;
		best = pid;
	}
	if (d)
		closedir(d);
	return best;
}

unsigned procs_of_uid(uid_t uid)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	unsigned n = 0;

	while (d && (entry = readdir(d)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		n += pid > 0 && procs_alive(pid) && (uid_t)strtoul(procs_status(pid, "Uid"), NULL, 10) == uid;
	}
	if (d)
		closedir(d);
	return n;
}

unsigned long procs_namespace(pid_t pid, const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
	return stat(path, &st) < 0 ? 0 : (unsigned long)st.st_ino;
}

bool procs_descriptor(pid_t pid, int fd, char *ret_kind, size_t size, int *ret_mode)
{
	char path[64], target[256], info[1024], *flags;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, target, sizeof target - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	if (strncmp(target, "socket:", 7) == 0)
		snprintf(ret_kind, size, "socket");
	else if (strncmp(target, "pipe:", 5) == 0)
		snprintf(ret_kind, size, "pipe");
	else if (strcmp(target, "anon_inode:[eventfd]") == 0)
		snprintf(ret_kind, size, "eventfd");
	else if (strncmp(target, "/memfd:", 7) == 0)
		snprintf(ret_kind, size, "memfd");
	else if (strcmp(target, "/dev/null") == 0)
		snprintf(ret_kind, size, "null");
	else
		snprintf(ret_kind, size, "other:%.200s", target);
	snprintf(path, sizeof path, "fdinfo/%d", fd);
	*ret_mode = -1;
	if (slurp(pid, path, info, sizeof info) && (flags = strstr(info, "flags:")) != NULL)
		*ret_mode = (int)strtoul(flags + 6, NULL, 8) & O_ACCMODE;
	return true;
}

unsigned procs_descriptors(pid_t pid)
{
	char path[64];
	DIR *d;
	struct dirent *entry;
	unsigned n = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

bool procs_maps(pid_t pid, const char *what, char permission)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f)) {
		char *permissions = strchr(line, ' ');

		found = found || (permissions && strstr(line, what) && memchr(permissions + 1, permission, 4));
	}
	if (f)
		fclose(f);
	return found;
}
