/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking possession. The uids come first: whoever holds them may kill everything that runs under them.
 */
#include "render-host/renderd/startup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/process.h"

#define WATCHES_LIMIT "/proc/sys/fs/inotify/max_user_instances"
#define UID_LOCK "/run/sekisho-renderd.uids" /* one byte a uid */

enum { WATCHES_OF_ONE = 16 /* seen: 7 or 8 */, WATCHES_OF_OTHERS = 128 };

static sek_status fail(const char *what, const char *why, const char *advice)
{
	sek_log(SEK_LOG_ERROR, "host.failed", "what", what, "why", why, "do", advice, NULL);
	return sek_fail(SEK_E_CONFIG);
}

static sek_status lock_uids(struct sek_host *h)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = h->config->sessions.uid_base,
			       .l_len = 2 * (off_t)sek_renderd_slots(h->config) };

	h->uid_lock = open(UID_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (h->uid_lock < 0)
		return fail(UID_LOCK, strerror(errno), "start as root");
	if (fcntl(h->uid_lock, F_OFD_SETLK, &range) == 0)
		return sek_ok();
	return fail("sessions.uid_base", "another render host of this machine uses some of these uids",
		"give each its own range of two times (sessions.max and warm) uids");
}

static sek_status open_directory(struct sek_host *h)
{
	const char *path = h->config->sessions.directory;
	struct statfs fs;
	struct stat st;

	if (mkdir(path, 0711) == 0) {
		h->made_directory = true;
		(void)chmod(path, 0711); /* sessions' uids must be able to pass through, whatever the umask is */
	} else if (errno != EEXIST) {
		return fail(path, strerror(errno), "create the directory above it");
	}
	if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022))
		return fail(path, "is not a directory that only root can write", "correct sessions.directory or its mode");
	if ((st.st_mode & 011) != 011)
		return fail(path, "cannot be passed through by sessions", "chmod 711");
	if (statfs(path, &fs) == 0 && fs.f_type != TMPFS_MAGIC)
		sek_log(SEK_LOG_WARN, "host.directory", "path", path, "why",
			"is not a tmpfs: what users browse will be written to a disk", NULL);
	return sek_ok();
}

/* "s12" or "d12": a session's directory or test socket. */
static bool is_ours(const char *name)
{
	return (name[0] == 's' || name[0] == 'd') && name[1] && name[1 + strspn(name + 1, "0123456789")] == '\0';
}

static sek_status clear_directory(const struct sek_host *h)
{
	const char *path = h->config->sessions.directory;
	DIR *d = opendir(path);
	struct dirent *e;
	sek_status s = sek_ok();

	if (!d)
		return fail(path, strerror(errno), "correct sessions.directory");
	while (sek_is_ok(s) && (e = readdir(d)) != NULL) {
		char full[PATH_MAX];

		if (!is_ours(e->d_name))
			continue;
		snprintf(full, sizeof full, "%s/%s", path, e->d_name);
		sek_log(SEK_LOG_WARN, "host.leftover", "path", full, NULL);
		if (unlink(full) != 0 && !sek_is_ok(sek_tree_remove(full)))
			s = fail(full, "a former session's directory cannot be removed", "remove it");
	}
	closedir(d);
	return s;
}

static sek_status kill_leftovers(const struct sek_host *h)
{
	uint32_t i;

	for (i = 0; i < 2 * sek_renderd_slots(h->config); i++)
		if (!sek_is_ok(sek_process_kill_uid(h->config->sessions.uid_base + i)))
			return fail("sessions.uid_base", "processes of these uids cannot be ended", "start as root");
	return sek_ok();
}

/* Tells this host's cgroups from those of others on the machine: the uids are its own, so their first is its name. */
static sek_status open_cgroups(struct sek_host *h)
{
	char instance[32];

	snprintf(instance, sizeof instance, "%u", h->config->sessions.uid_base);
	if (!sek_is_ok(sek_cgroups_open(instance, SEK_CGROUP_TRY_ALL, &h->cgroups)))
		return fail("cgroups", "out of memory", "-");
	if (sek_cgroups_mode(h->cgroups) == SEK_CGROUP_NONE)
		sek_log(SEK_LOG_WARN, "host.cgroups", "why", "no cgroup is writable: memory is watched once a second instead",
			NULL);
	return sek_ok();
}

/* Whatever watches files inside the sessions' user namespaces counts against root's limit out here, too: the usual 128 are
 * used up by 17 sessions, and the 18th cannot be built. */
static void raise_watches(const struct sek_host *h)
{
	unsigned long wanted = WATCHES_OF_OTHERS + (unsigned long)WATCHES_OF_ONE * sek_renderd_slots(h->config), limit = 0;
	FILE *f = fopen(WATCHES_LIMIT, "r");
	bool known = f && fscanf(f, "%lu", &limit) == 1, raised;

	if (f)
		fclose(f);
	if (!known || limit >= wanted)
		return;
	f = fopen(WATCHES_LIMIT, "w");
	raised = f && fprintf(f, "%lu\n", wanted) > 0;
	if (f && fclose(f) != 0)
		raised = false;
	sek_log(raised ? SEK_LOG_INFO : SEK_LOG_WARN, "host.inotify", "limit", sek_logf("%lu", limit), "wanted", sek_logf("%lu", wanted),
		"raised", raised ? "yes" : "no", "do", raised ? NULL : "sysctl fs.inotify.max_user_instances, or some sessions cannot be built",
		NULL);
}

sek_status sek_startup_prepare(struct sek_host *h)
{
	if (geteuid() != 0)
		return fail("uid", "every session needs a uid of its own", "start as root");
	raise_watches(h);
	SEK_TRY(lock_uids(h));
	SEK_TRY(open_directory(h));
	SEK_TRY(kill_leftovers(h));
	SEK_TRY(open_cgroups(h));
	return clear_directory(h);
}

void sek_startup_undo(struct sek_host *h)
{
	sek_cgroups_close(h->cgroups);
	if (h->made_directory)
		(void)rmdir(h->config->sessions.directory);
	if (h->uid_lock >= 0)
		close(h->uid_lock);
}
