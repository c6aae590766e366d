/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Puts the command lines together. Every program runs in its own bubblewrap: read-only /usr, nothing of the host's /etc,
 * /home, /run or /tmp, no capabilities, and only the files of the session that it needs.
 */
#include "render-host/sandbox/argv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "render-host/helpers.h"
#include "render-host/sandbox/browser_argv.h"
#include "render-host/session.h"

#define BROWSER "/usr/lib/chromium/chromium"

/* Every place that can be written has a bound of its own: a page may fill its profile (databases, caches), and files in
 * memory are counted by cgroups, but not by the watchdog that stands in for them. */
#define SMALL_BYTES "67108864"    /* 64 MiB */
#define LARGE_BYTES "1073741824"  /* 1 GiB */

const char *sek_program_name(enum sek_program p)
{
	static const char *const names[SEK_PROGRAM_COUNT] = {
		[SEK_PROGRAM_DISPLAY] = "display", [SEK_PROGRAM_KEYMAP] = "keymap", [SEK_PROGRAM_WM] = "wm",
		[SEK_PROGRAM_NAMES] = "names",     [SEK_PROGRAM_BUS] = "bus",
		[SEK_PROGRAM_IME] = "ime",         [SEK_PROGRAM_CLIP] = "clip",   [SEK_PROGRAM_BROWSER] = "browser",
	};

	return (unsigned)p < SEK_PROGRAM_COUNT ? names[p] : "unknown";
}

__attribute__((format(printf, 2, 3))) static void add(struct sek_argv *a, const char *format, ...)
{
	size_t room = sizeof a->text - a->used;
	va_list ap;
	int n;

	if (a->failed || a->n == SEK_ARGV_MAX) {
		a->failed = true;
		return;
	}
	va_start(ap, format);
	n = vsnprintf(a->text + a->used, room, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		a->failed = true;
		return;
	}
	a->v[a->n++] = a->text + a->used;
	a->v[a->n] = NULL;
	a->used += (size_t)n + 1;
}

static void add_all(struct sek_argv *a, const char *const *list)
{
	for (; *list; list++)
		add(a, "%s", *list);
}

static void set_env(struct sek_argv *a, const char *name, const char *value)
{
	add(a, "--setenv");
	add(a, "%s", name);
	add(a, "%s", value);
}

/* Binds DIR/inside of the session at `at`; how: "--bind" or "--ro-bind". */
static void bind(struct sek_argv *a, const char *how, const struct sek_sandbox_options *o, const char *inside,
	const char *at)
{
	add(a, "%s", how);
	add(a, "%s/%s", o->dir, inside);
	add(a, "%s", at);
}

static void system_files(struct sek_argv *a)
{
	static const char *const list[] = {
		"--ro-bind", "/usr", "/usr",
		"--symlink", "usr/lib", "/lib",
		"--symlink", "usr/lib64", "/lib64",
		"--symlink", "usr/bin", "/bin",
		"--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache",
		"--dev", "/dev",
		"--size", SMALL_BYTES, "--tmpfs", "/tmp",
		"--unshare-user", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
		"--hostname", "session",
		"--die-with-parent", "--new-session",
		"--cap-drop", "ALL",
		"--clearenv",
		"--setenv", "PATH", "/usr/bin",
		NULL
	};

	add(a, "/usr/bin/bwrap");
	add_all(a, list);
}

/* The last word before the program: what was made so far, but for the places that are meant for it, is read-only. */
static void program(struct sek_argv *a, const char *path)
{
	static const char *const list[] = { "--remount-ro", "/dev", "--remount-ro", "/", NULL };

	add_all(a, list);
	add(a, "%s", path);
}

/* The jail of X server, window manager and input method: no network at all. */
static void helper_jail(struct sek_argv *a)
{
	static const char *const list[] = {
		"--unshare-net", "--disable-userns",
		"--size", SMALL_BYTES, "--tmpfs", "/home", "--dir", "/home/session", "--setenv", "HOME", "/home/session",
		"--setenv", "XDG_RUNTIME_DIR", "/tmp", "--setenv", "LANG", "C.UTF-8",
		"--setenv", "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/dev/null",
		NULL
	};

	system_files(a);
	add_all(a, list);
}

/* A process namespace of its own, in which the program is the first and only process. */
static void alone(struct sek_argv *a)
{
	add(a, "--unshare-pid");
	add(a, "--as-pid-1");
}

static void display_access(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	bind(a, "--ro-bind", o, "x11", "/tmp/.X11-unix");
	set_env(a, "DISPLAY", ":0");
}

static void bus_access(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	bind(a, "--ro-bind", o, "ibus", "/run/ibus");
	set_env(a, "IBUS_ADDRESS", "unix:path=/run/ibus/bus");
}

/* GTK's IBus module gives keys to the input method only while it sees the name org.freedesktop.IBus on the session bus.
 * Keys must take that way, or a text could overtake the keys typed before it (SEK_IME_FENCE_CODE). */
static void names_access(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	bind(a, "--ro-bind", o, "dbus", "/run/dbus");
	set_env(a, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/dbus/bus");
}

static void user_names(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	bind(a, "--ro-bind", o, "etc/passwd", "/etc/passwd");
	bind(a, "--ro-bind", o, "etc/group", "/etc/group");
	bind(a, "--ro-bind", o, "etc/machine-id", "/etc/machine-id");
	bind(a, "--ro-bind", o, "etc/machine-id", "/var/lib/dbus/machine-id");
}

static void display(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	static const char *const list[] = { "-fbdir", "/fb", "-nolisten", "tcp", "-nolisten", "local", "-noreset",
					    "-nocursor", "-extension", "GLX", NULL };

	helper_jail(a);
	alone(a);
	bind(a, "--bind", o, "fb", "/fb");
	bind(a, "--bind", o, "x11", "/tmp/.X11-unix");
	program(a, "/usr/bin/Xvfb");
	add(a, ":0");
	add(a, "-screen");
	add(a, "0");
	add(a, "%ux%ux24", o->max_width_px, o->max_height_px);
	add_all(a, list);
	add(a, "-displayfd");
	add(a, "%d", SEK_PROGRAM_STATUS_FD);
}

static void keymap(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	/* The Japanese layout on evdev key codes has every ASCII character and every key of a JIS keyboard */
	static const char *const list[] = { "-rules", "evdev", "-model", "jp106", "-layout", "jp",
					    NULL };

	helper_jail(a);
	alone(a);
	display_access(a, o);
	program(a, "/usr/bin/setxkbmap");
	add_all(a, list);
}

/* A program of ours, handed over as a descriptor. */
static void own_program(struct sek_argv *a, const char *path)
{
	add(a, "--perms");
	add(a, "0555");
	add(a, "--ro-bind-data");
	add(a, "%d", SEK_PROGRAM_BINARY_FD);
	add(a, "%s", path);
	program(a, path);
}

static void names(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	helper_jail(a);
	alone(a);
	user_names(a, o);
	bind(a, "--bind", o, "dbus", "/run/dbus");
	bind(a, "--ro-bind", o, "etc/session-bus.conf", "/etc/session-bus.conf");
	program(a, "/usr/bin/dbus-daemon");
	add(a, "--config-file=/etc/session-bus.conf");
	add(a, "--nofork");
	add(a, "--nopidfile");
	add(a, "--print-address=%d", SEK_PROGRAM_STATUS_FD);
}

static void bus(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	static const char *const list[] = { "--single", "--panel=disable",
					    "--emoji-extension=disable", "--config=disable", "--cache=none",
					    "--address=unix:path=/run/ibus/bus", NULL };

	/* Not alone: GDBus refuses a client whose process number it cannot see (0), so the bus must stay in the keeper's
	 * process namespace, from which those of the browser and the input method are visible. */
	helper_jail(a);
	user_names(a, o);
	bind(a, "--bind", o, "ibus", "/run/ibus");
	names_access(a, o);
	set_env(a, "GSETTINGS_BACKEND", "memory");
	program(a, "/usr/bin/ibus-daemon");
	add_all(a, list);
}

static void browser_files(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	static const char *const list[] = {
		"--ro-bind", "/etc/fonts", "/etc/fonts",
		"--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig",
		"--ro-bind", "/etc/alternatives", "/etc/alternatives",
		"--ro-bind", "/etc/ssl/certs", "/etc/ssl/certs",
		"--ro-bind-try", "/etc/localtime", "/etc/localtime",
		"--unshare-pid", "--proc", "/proc",
		"--size", LARGE_BYTES, "--tmpfs", "/dev/shm",
		"--size", LARGE_BYTES, "--tmpfs", "/home", "--dir", "/home/session", "--chdir", "/home/session",
		"--size", SMALL_BYTES, "--perms", "0700", "--tmpfs", "/run/user",
		"--setenv", "HOME", "/home/session",
		"--setenv", "XDG_RUNTIME_DIR", "/run/user",
		"--setenv", "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/dev/null",
		"--setenv", "GSETTINGS_BACKEND", "memory",
		"--setenv", "GTK_IM_MODULE", "ibus",
		"--setenv", "NO_AT_BRIDGE", "1",
		NULL
	};

	add_all(a, list);
	user_names(a, o);
	bind(a, "--ro-bind", o, "etc/policies", "/etc/chromium/policies");
	bind(a, "--bind", o, SEK_SESSION_DOWNLOADS, SEK_DOWNLOADS_INSIDE);
	display_access(a, o);
	bus_access(a, o);
	names_access(a, o);
	/* what the browser hands to xdg-open goes to the server of views */
	bind(a, "--ro-bind", o, "view", SEK_VIEW_INSIDE);
	add(a, "--perms");
	add(a, "0555");
	add(a, "--ro-bind-data");
	add(a, "%d", SEK_PROGRAM_BINARY_FD);
	add(a, "/run/open/xdg-open");
	set_env(a, "PATH", "/run/open:/usr/bin");
	/* Each key waits for the input method's word and then takes effect at once. The other mode puts the key back into a
	 * queue first: that cost 6 ms a key, and texts overtook keys. */
	set_env(a, "IBUS_ENABLE_SYNC_MODE", "1");
	set_env(a, "LANG", strcmp(o->lang, "ja") == 0 ? "ja_JP.UTF-8" : "en_US.UTF-8");
	set_env(a, "LANGUAGE", o->lang);
}

static sek_status browser(struct sek_argv *a, const struct sek_sandbox_options *o)
{
	size_t first;

	/* no --unshare-net: the network namespace that it is started in holds the proxy's socket and nothing else */
	system_files(a);
	browser_files(a, o);
	program(a, BROWSER);
	first = a->n;
	add_all(a, sek_browser_fixed);
	add(a, "--force-device-scale-factor=%u.%02u", o->scale_percent / 100, o->scale_percent % 100);
	add(a, "--lang=%s", o->lang);
	add(a, "--window-size=%u,%u", o->width_px, o->height_px);
	if (o->devtools)
		add(a, "--remote-debugging-port=%d", SEK_DEVTOOLS_PORT);
	add(a, "%s", SEK_BROWSER_START_PAGE);
	if (a->failed)
		return sek_fail(SEK_E_LIMIT);
	return sek_argv_browser_check(a->v + first, NULL);
}

sek_status sek_argv_build_pages(const struct sek_argv_pages *numbers, struct sek_argv *ret)
{
	static const char *const fonts[] = {
		"--ro-bind", "/etc/fonts", "/etc/fonts",
		"--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig",
		"--ro-bind", "/etc/alternatives", "/etc/alternatives",
		NULL
	};

	memset(ret, 0, sizeof *ret);
	helper_jail(ret);
	alone(ret);
	add_all(ret, fonts);
	own_program(ret, "/app/sekisho-pages");
	add(ret, "%u", numbers->dpi);
	add(ret, "%u", numbers->pages_max);
	add(ret, "%u", numbers->max_width_px);
	add(ret, "%u", numbers->max_height_px);
	return ret->failed ? sek_fail(SEK_E_LIMIT) : sek_ok();
}

sek_status sek_argv_build(enum sek_program p, const struct sek_sandbox_options *o, struct sek_argv *ret)
{
	sek_status s = sek_ok();

	memset(ret, 0, sizeof *ret);
	switch (p) {
	case SEK_PROGRAM_DISPLAY:
		display(ret, o);
		break;
	case SEK_PROGRAM_KEYMAP:
		keymap(ret, o);
		break;
	case SEK_PROGRAM_WM:
		helper_jail(ret);
		alone(ret);
		display_access(ret, o);
		own_program(ret, "/app/sekisho-wm");
		break;
	case SEK_PROGRAM_NAMES:
		names(ret, o);
		break;
	case SEK_PROGRAM_BUS:
		bus(ret, o);
		break;
	case SEK_PROGRAM_IME:
		helper_jail(ret);
		alone(ret);
		user_names(ret, o);
		display_access(ret, o);
		bus_access(ret, o);
		own_program(ret, "/app/sekisho-ime");
		break;
	case SEK_PROGRAM_CLIP:
		helper_jail(ret);
		alone(ret);
		display_access(ret, o);
		own_program(ret, "/app/sekisho-clip");
		break;
	case SEK_PROGRAM_BROWSER:
		s = browser(ret, o);
		break;
	default:
		return sek_fail(SEK_E_INTERNAL);
	}
	if (ret->failed)
		return sek_fail(SEK_E_LIMIT);
	return s;
}
