/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds out what kind of cgroups this machine has and where in the tree sessions' groups may be made.
 */
#include "render-host/renderd/cgroup_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* True if the comma-separated list holds the word. */
static bool lists(const char *list, const char *word, const char *separators)
{
	size_t n = strlen(word);

	while (*list) {
		size_t k = strcspn(list, separators);

		if (k == n && memcmp(list, word, n) == 0)
			return true;
		list += k;
		list += strspn(list, separators);
	}
	return false;
}

/* Where a hierarchy is mounted: type "cgroup2", or "cgroup" with this controller. */
static bool find_mount(const char *type, const char *controller, char ret[PATH_MAX])
{
	FILE *f = fopen("/proc/self/mounts", "re");
	char line[PATH_MAX + 512];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f)) {
		char *rest = line, *device = strsep(&rest, " "), *where = strsep(&rest, " "), *kind = strsep(&rest, " ");
		char *options = strsep(&rest, " ");

		if (!device || !where || !kind || !options || strcmp(kind, type) != 0)
			continue;
		if (controller && !lists(options, controller, ","))
			continue;
		found = snprintf(ret, PATH_MAX, "%s", where) < PATH_MAX;
	}
	if (f)
		fclose(f);
	return found;
}

/* The path of our own group in a hierarchy: the line of /proc/self/cgroup that lists the controller ("" = v2). */
static bool find_own(const char *controller, char ret[PATH_MAX])
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 128];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f)) {
		char *rest = line, *number = strsep(&rest, ":"), *list = strsep(&rest, ":");

		if (!number || !list || !rest)
			continue;
		if (*controller ? !lists(list, controller, ",") : *list != '\0')
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		found = snprintf(ret, PATH_MAX, "%s", strcmp(rest, "/") == 0 ? "" : rest) < PATH_MAX;
	}
	if (f)
		fclose(f);
	return found;
}

static bool join_path(char ret[PATH_MAX], const char *a, const char *b, const char *c)
{
	return snprintf(ret, PATH_MAX, "%s%s%s", a, b, c) < PATH_MAX;
}

/* Makes the place of one hierarchy and clears away what a former run left in it. */
static bool make_place(const char *place)
{
	struct dirent *e;
	DIR *d;

	if (mkdir(place, 0755) != 0 && errno != EEXIST)
		return false;
	if (access(place, W_OK) != 0)
		return false;
	d = opendir(place);
	while (d && (e = readdir(d)) != NULL) {
		char path[PATH_MAX], procs[PATH_MAX];
		int tries;

		if (e->d_name[0] != 's' || e->d_type != DT_DIR || !join_path(path, place, "/", e->d_name) ||
				!join_path(procs, path, "/cgroup.procs", ""))
			continue;
		for (tries = 0; rmdir(path) != 0 && errno == EBUSY && tries < 200; tries++) {
			(void)sek_cgroup_kill_listed(procs);
			usleep(10000); /* only at the program's start */
		}
	}
	if (d)
		closedir(d);
	return true;
}

static bool try_v1(struct sek_cgroups *all, const char *instance)
{
	static const char *const controllers[SEK_CGROUP_PARTS] = {
		[SEK_PART_MEMORY] = "memory", [SEK_PART_PIDS] = "pids", [SEK_PART_CPU] = "cpu",
	};
	char mount[PATH_MAX], own[PATH_MAX], base[PATH_MAX];
	size_t i;

	for (i = 0; i < SEK_CGROUP_PARTS; i++) {
		if (!find_mount("cgroup", controllers[i], mount) || !find_own(controllers[i], own) ||
				!join_path(base, mount, own, ""))
			return false;
		if (!join_path(all->place[i], base, "/sekisho-", instance) || !make_place(all->place[i]))
			return false;
	}
	all->mode = SEK_CGROUP_V1;
	all->parts = SEK_CGROUP_PARTS;
	return true;
}

static bool has_controllers(const char *directory)
{
	char path[PATH_MAX], *text = NULL;
	bool all;

	if (!join_path(path, directory, "/cgroup.controllers", "") || !sek_is_ok(sek_file_read(path, &text, NULL)))
		return false;
	all = lists(text, "memory", " \n") && lists(text, "pids", " \n") && lists(text, "cpu", " \n");
	free(text);
	return all;
}

static bool hand_down(const char *directory)
{
	char path[PATH_MAX];

	return join_path(path, directory, "/cgroup.subtree_control", "") &&
		sek_cgroup_put(path, "+memory +pids +cpu") == 0;
}

/* A group that hands controllers down may hold no processes itself, but for the root of the hierarchy. */
static bool step_aside(const char *base)
{
	char aside[PATH_MAX], procs[PATH_MAX];

	if (!join_path(aside, base, "/supervisor", "") || (mkdir(aside, 0755) != 0 && errno != EEXIST))
		return false;
	return join_path(procs, aside, "/cgroup.procs", "") && sek_cgroup_put(procs, "0") == 0;
}

static bool try_v2(struct sek_cgroups *all, const char *instance, bool bare)
{
	char mount[PATH_MAX], own[PATH_MAX], base[PATH_MAX];
	size_t n;

	if (!find_mount("cgroup2", NULL, mount) || !find_own("", own))
		return false;
	/* after a restart in place we are in "supervisor" already */
	n = strlen(own);
	if (n >= strlen("/supervisor") && strcmp(own + n - strlen("/supervisor"), "/supervisor") == 0)
		own[n - strlen("/supervisor")] = '\0';
	if (!join_path(base, mount, own, "") || !join_path(all->place[0], base, "/sekisho-", instance))
		return false;
	if (!bare) {
		if (!has_controllers(base) || (own[0] && !step_aside(base)) || !hand_down(base))
			return false;
	}
	if (!make_place(all->place[0]) || (!bare && !hand_down(all->place[0])))
		return false;
	all->mode = SEK_CGROUP_V2;
	all->parts = 1;
	all->bare = bare;
	return true;
}

sek_status sek_cgroups_open(const char *instance, unsigned modes, struct sek_cgroups **ret)
{
	struct sek_cgroups *all = calloc(1, sizeof *all);

	if (!all)
		return sek_fail(SEK_E_NOMEM);
	if (((modes & SEK_CGROUP_TRY_V2) && try_v2(all, instance, (modes & SEK_CGROUP_TRY_BARE) != 0)) ||
			((modes & SEK_CGROUP_TRY_V1) && try_v1(all, instance)) || (modes & SEK_CGROUP_TRY_NONE)) {
		*ret = all;
		return sek_ok();
	}
	free(all);
	return sek_fail(SEK_E_IO);
}

void sek_cgroups_close(struct sek_cgroups *all)
{
	size_t i;

	if (!all)
		return;
	for (i = 0; i < all->parts; i++)
		(void)rmdir(all->place[i]);
	free(all);
}
