/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lies in the session's directory before anything runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "render-host/helpers.h"
#include "render-host/sandbox/keeper.h"
#include "render-host/session.h"

enum { PATH_BYTES = SEK_SANDBOX_PATH_MAX + 64, LISTEN_BACKLOG = 8 };

static sek_status make_directory(const char *dir, const char *name)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	/* renderd gives an empty directory; one that was left behind by a crash may be used again */
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return sek_from_errno();
	return sek_ok();
}

static sek_status write_text(const char *dir, const char *name, const char *text)
{
	char path[PATH_BYTES];
	sek_status s;
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return sek_from_errno();
	s = sek_file_put(fd, text, strlen(text));
	close(fd);
	return s;
}

/* Chromium waits five seconds after a policy file has got another time of change, in case more is to come. Ours is whole
 * when it gets its name, so all of them bear the same time, and what they say holds at once. */
static sek_status write_policies(const struct sek_sandbox_options *o, const char *name, const char *policies)
{
	static const struct timespec always[2] = { { .tv_sec = 946684800 }, { .tv_sec = 946684800 } };
	char path[PATH_BYTES];

	SEK_TRY(write_text(o->dir, name, policies));
	snprintf(path, sizeof path, "%s/%s", o->dir, name);
	return utimensat(AT_FDCWD, path, always, AT_SYMLINK_NOFOLLOW) == 0 ? sek_ok() : sek_from_errno();
}

sek_status sek_keeper_files(const struct sek_sandbox_options *o, const char *policies)
{
	/* a bus on which nobody may own a name but IBus, and nobody may talk to anyone but the bus itself */
	static const char session_bus[] =
		"<busconfig><type>session</type><listen>unix:path=/run/dbus/bus</listen><auth>EXTERNAL</auth>\n"
		"<policy context=\"default\"><allow user=\"*\"/><allow own=\"org.freedesktop.IBus\"/>"
		"<allow send_destination=\"org.freedesktop.DBus\"/><allow receive_sender=\"org.freedesktop.DBus\"/></policy>\n"
		"<limit name=\"max_completed_connections\">64</limit></busconfig>\n";
	static const char *const dirs[] = { "fb", "x11", "ibus", "dbus", "etc", "etc/policies", "etc/policies/managed", "view", NULL };
	char line[96], path[PATH_BYTES];

	for (const char *const *d = dirs; *d; d++)
		SEK_TRY(make_directory(o->dir, *d));
	/* sockets of a run before would be taken for signs of life */
	snprintf(path, sizeof path, "%s/ibus/bus", o->dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/dbus/bus", o->dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/%s", o->dir, SEK_SESSION_DISPLAY);
	unlink(path);
	/* GLib and GTK ask for the user's name and home; nobody else's name is to be found */
	snprintf(line, sizeof line, "session:x:%u:%u::/home/session:/bin/false\n", o->uid, o->gid);
	SEK_TRY(write_text(o->dir, "etc/passwd", line));
	snprintf(line, sizeof line, "session:x:%u:\n", o->gid);
	SEK_TRY(write_text(o->dir, "etc/group", line));
	/* the bus asks for the machine's number; every session has the same one, so that it tells nothing */
	SEK_TRY(write_text(o->dir, "etc/machine-id", "00000000000000000000000000000001\n"));
	SEK_TRY(write_text(o->dir, "etc/session-bus.conf", session_bus));
	return write_policies(o, "etc/policies/managed/sekisho.json", policies);
}

sek_status sek_keeper_replace_policies(const struct sek_sandbox_options *o, const char *policies, int watch, int *ret_wd)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	int wd;

	/* made beside the folder that the browser watches, so that it never sees half a file */
	SEK_TRY(write_policies(o, "etc/policies.new", policies));
	snprintf(from, sizeof from, "%s/etc/policies.new", o->dir);
	snprintf(to, sizeof to, "%s/etc/policies/managed/sekisho.json", o->dir);
	/* the watch is on the file itself and goes with it to its place: no reader can be missed */
	wd = inotify_add_watch(watch, from, IN_CLOSE_NOWRITE);
	if (wd < 0 || rename(from, to) < 0)
		return sek_from_errno();
	*ret_wd = wd;
	return sek_ok();
}

sek_status sek_keeper_keep_downloads(const struct sek_sandbox_options *o, bool keep)
{
	char path[PATH_BYTES];

	if (keep)
		return write_text(o->dir, "view/" SEK_VIEW_KEEP, "");
	snprintf(path, sizeof path, "%s/view/" SEK_VIEW_KEEP, o->dir);
	return unlink(path) == 0 || errno == ENOENT ? sek_ok() : sek_from_errno();
}

sek_status sek_keeper_listen(const char *path, int *ret_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	sek_status s;
	int fd;

	if (strlen(path) >= sizeof a.sun_path)
		return sek_fail(SEK_E_LIMIT);
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sek_from_errno();
	unlink(path);
	/* the process's umask is 077: the socket is born with mode 0700, nobody else can connect before the chmod */
	if (bind(fd, (const struct sockaddr *)&a, sizeof a) < 0 || chmod(path, 0600) < 0 ||
	    listen(fd, LISTEN_BACKLOG) < 0) {
		s = sek_from_errno();
		close(fd);
		return s;
	}
	*ret_fd = fd;
	return sek_ok();
}

sek_status sek_keeper_socket(const struct sek_sandbox_options *o, const char *name, int *ret_fd)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof path, "%s/%s", o->dir, name);
	return sek_keeper_listen(path, ret_fd);
}
