/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the kernel is asked for on behalf of a process that holds keys.
 */
#include "broker/hub/protect.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_WANTED = 16384 };

/* The broker holds keys and passwords: no core files, no reading by others' debuggers, no files that others may read. */
bool sek_protect_process(void)
{
	struct rlimit none = { 0, 0 }, files;

	umask(077);
	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return false;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_WANTED) {
		files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return true;
}

void sek_program_folder(char *ret, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	path[n > 0 ? n : 0] = '\0';
	snprintf(ret, size, "%s", dirname(path));
}
