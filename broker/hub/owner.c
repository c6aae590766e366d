/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking on the owner's rights. Must never give back rights that were given up for good.
 */
#include "broker/hub/owner.h"

#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *sek_become_owner(const char *path)
{
	const struct passwd *p;
	char folder[PATH_MAX];
	struct stat st;

	if (geteuid() != 0)
		return NULL;
	snprintf(folder, sizeof folder, "%s", path);
	if (stat(path, &st) != 0 && stat(dirname(folder), &st) != 0)
		return "its folder is not there: has the broker run on this machine?";
	if (st.st_uid == 0)
		return NULL;
	p = getpwuid(st.st_uid);
	if ((p ? initgroups(p->pw_name, p->pw_gid) : setgroups(0, NULL)) != 0 || setgid(p ? p->pw_gid : st.st_gid) != 0 || setuid(st.st_uid) != 0)
		return "the rights of its owner cannot be taken on";
	return NULL;
}

sek_status sek_config_load_as_owner(const char *path, const char *program_folder, struct sek_broker_config **ret, char *err, size_t err_size)
{
	bool other = false;
	struct stat st;
	sek_status s;

	if (geteuid() == 0 && stat(path, &st) == 0 && st.st_uid != 0)
		other = seteuid(st.st_uid) == 0;
	s = sek_broker_config_load(path, program_folder, ret, err, err_size);
	if (other && seteuid(0) != 0) {
		snprintf(err, err_size, "the rights of root cannot be taken back");
		return sek_fail(SEK_E_INTERNAL);
	}
	return s;
}
