/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One poll loop. Order of things: display and names at once; when the display answers, keyboard map and window manager;
 * when the names are served, the bus; when the bus answers, the input method; when all of these are ready the session is ready; the browser starts as soon
 * as it has a window manager and a bus. The keeper reads single bytes and exit codes, nothing else.
 */
#include "render-host/sandbox/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/helpers.h"
#include "render-host/sandbox/argv.h"
#include "render-host/sandbox/bridge.h"
#include "render-host/sandbox/documents.h"
#include "render-host/sandbox/rules.h"
#include "render-host/sandbox/spawn.h"
#include "render-host/session.h"

enum {
	READY_MAX_MS = 30000,  /* display, bus, window manager, input method */
	WINDOW_MAX_MS = 90000, /* from there to the browser's first window */
	STILL_RUNNING = -1,
	DISPLAY_LOOKS = 15,
	DISPLAY_LOOK_US = 20000,
};

struct keeper {
	const struct sek_keeper_start *start;
	pid_t pid[SEK_PROGRAM_COUNT];
	int status[SEK_PROGRAM_COUNT]; /* our end of the program's status pipe, -1 */
	bool restarted[SEK_PROGRAM_COUNT];
	int ime_listener, clip_listener;
	struct sek_rules_door rules;
	struct sek_documents_door documents;
	int bus_watch; /* inotify on the bus's directory, -1 once the bus is there */
	int signals;
	bool display_up, keymap_set, wm_up, names_up, bus_up, ime_up, window_seen;
	bool told_ready, told_window;
	int64_t deadline_ms;
	int verdict; /* enum sek_sandbox_exit or STILL_RUNNING */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void over(struct keeper *k, int verdict, const char *why)
{
	if (k->verdict != STILL_RUNNING)
		return;
	k->verdict = verdict;
	sek_log(verdict == SEK_SANDBOX_BROWSER_CLOSED ? SEK_LOG_INFO : SEK_LOG_ERROR, "sandbox.over", "why", why, NULL);
}

static void tell(struct keeper *k, char what)
{
	ssize_t n = write(k->start->status_fd, &what, 1);

	(void)n; /* renderd is gone: our own end is on the way */
}

static void start_program(struct keeper *k, enum sek_program p)
{
	static const bool has_status[SEK_PROGRAM_COUNT] = { [SEK_PROGRAM_DISPLAY] = true, [SEK_PROGRAM_WM] = true,
							    [SEK_PROGRAM_NAMES] = true, [SEK_PROGRAM_IME] = true };
	struct sek_spawn spawn = { .exec_fd = -1, .quiet = !getenv("SEK_SANDBOX_VERBOSE") };
	static struct sek_argv argv; /* large; one at a time */
	int pipe_fd[2] = { -1, -1 }, devtools[2] = { -1, -1 };
	sek_status s = sek_argv_build(p, k->start->options, &argv);
	char why[96];

	if (sek_is_ok(s) && has_status[p] && pipe2(pipe_fd, O_CLOEXEC) < 0)
		s = sek_from_errno();
	spawn.argv = argv.v;
	if (sek_is_ok(s) && p == SEK_PROGRAM_BROWSER)
		s = sek_documents_browser_pipes(&k->documents, &devtools[0], &devtools[1]);
	spawn.fd[spawn.fds++] = (struct sek_spawn_fd){ p == SEK_PROGRAM_BROWSER ? devtools[0] : pipe_fd[1], SEK_PROGRAM_STATUS_FD };
	if (p == SEK_PROGRAM_BROWSER)
		spawn.fd[spawn.fds++] = (struct sek_spawn_fd){ devtools[1], SEK_PROGRAM_DEVTOOLS_FD };
	if (p == SEK_PROGRAM_WM || p == SEK_PROGRAM_IME || p == SEK_PROGRAM_CLIP || p == SEK_PROGRAM_BROWSER) {
		int binary = p == SEK_PROGRAM_WM ? k->start->wm_fd : p == SEK_PROGRAM_IME ? k->start->ime_fd :
			p == SEK_PROGRAM_CLIP ? k->start->clip_fd : k->start->convert_fd;

		/* bubblewrap reads the program from here: from its first byte, also the second time */
		if (sek_is_ok(s) && lseek(binary, 0, SEEK_SET) < 0)
			s = sek_from_errno();
		spawn.fd[spawn.fds++] = (struct sek_spawn_fd){ binary, SEK_PROGRAM_BINARY_FD };
	}
	if (p == SEK_PROGRAM_IME || p == SEK_PROGRAM_CLIP)
		spawn.fd[spawn.fds++] = (struct sek_spawn_fd){ p == SEK_PROGRAM_IME ? k->ime_listener : k->clip_listener,
			SEK_PROGRAM_LISTEN_FD };
	if (sek_is_ok(s))
		s = sek_spawn(&spawn, &k->pid[p]);
	if (pipe_fd[1] >= 0)
		close(pipe_fd[1]);
	for (int i = 0; i < 2; i++)
		if (devtools[i] >= 0)
			close(devtools[i]);
	k->status[p] = pipe_fd[0];
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "sandbox.start-failed", "program", sek_program_name(p), "why",
			sek_status_text(s, why, sizeof why), NULL);
		over(k, SEK_SANDBOX_JAIL, "a program could not be started");
	}
}

static void start_bridge(struct keeper *k)
{
	pid_t pid, parent = getpid();

	if (k->start->devtools_fd < 0)
		return;
	sek_log(SEK_LOG_WARN, "sandbox.devtools", "note", "a test's socket leads into this session", NULL);
	pid = fork();
	if (pid == 0) {
		if (!sek_spawn_die_with(parent))
			_exit(1);
		sek_bridge_run(k->start->devtools_fd, SEK_DEVTOOLS_PORT);
	}
}

/* Without it the session goes on: what the browser cannot show itself is then not shown. */
static void start_view(struct keeper *k)
{
	static char name[] = "sekisho-convert", lang[] = "--lang", pages[] = "--pages", most[] = "500", seconds[] = "--seconds", long_one[] = "60",
		serve[] = "--serve";
	char into[SEK_SANDBOX_PATH_MAX + 16], language[8], why[96];
	char *argv[] = { name, lang, language, pages, most, seconds, long_one, serve, into, NULL };
	struct sek_spawn spawn = { .argv = argv, .exec_fd = k->start->convert_fd, .fds = 1 };
	int listener = -1;
	pid_t pid;
	sek_status s;

	snprintf(into, sizeof into, "%s/view", k->start->options->dir);
	snprintf(language, sizeof language, "%s", k->start->options->lang);
	s = sek_keeper_socket(k->start->options, "view/" SEK_VIEW_SOCKET, &listener);
	spawn.fd[0] = (struct sek_spawn_fd){ listener, SEK_VIEW_LISTEN_FD };
	if (sek_is_ok(s))
		s = sek_spawn(&spawn, &pid);
	if (listener >= 0)
		close(listener);
	if (!sek_is_ok(s))
		sek_log(SEK_LOG_ERROR, "sandbox.view", "why", sek_status_text(s, why, sizeof why), NULL);
}

/* Starts whatever can start now, and tells what has become true. */
static void advance(struct keeper *k)
{
	/* the window manager is started a second time by on_exit_of, the clipboard never */
	if (k->display_up && !k->pid[SEK_PROGRAM_WM] && !k->restarted[SEK_PROGRAM_WM]) {
		start_program(k, SEK_PROGRAM_KEYMAP);
		start_program(k, SEK_PROGRAM_WM);
		start_program(k, SEK_PROGRAM_CLIP);
	}
	if (k->names_up && !k->pid[SEK_PROGRAM_BUS])
		start_program(k, SEK_PROGRAM_BUS);
	if (k->display_up && k->bus_up && !k->pid[SEK_PROGRAM_IME] && !k->restarted[SEK_PROGRAM_IME])
		start_program(k, SEK_PROGRAM_IME);
	if (k->wm_up && k->bus_up && !k->pid[SEK_PROGRAM_BROWSER]) {
		start_view(k);
		start_program(k, SEK_PROGRAM_BROWSER);
		start_bridge(k);
	}
	if (!k->told_ready && k->keymap_set && k->wm_up && k->ime_up) {
		k->told_ready = true;
		k->deadline_ms = now_ms() + WINDOW_MAX_MS;
		tell(k, 'r');
	}
	if (k->told_ready && k->window_seen && !k->told_window) {
		k->told_window = true;
		k->deadline_ms = INT64_MAX;
		tell(k, 'b');
	}
}

static void on_status(struct keeper *k, enum sek_program p)
{
	char bytes[64];
	ssize_t n = read(k->status[p], bytes, sizeof bytes);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) { /* the program ended or has no more to say */
		close(k->status[p]);
		k->status[p] = -1;
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		k->display_up |= p == SEK_PROGRAM_DISPLAY && bytes[i] == '\n';
		k->names_up |= p == SEK_PROGRAM_NAMES && bytes[i] == '\n';
		k->wm_up |= p == SEK_PROGRAM_WM && bytes[i] == 'm';
		k->window_seen |= p == SEK_PROGRAM_WM && bytes[i] == 'b';
		k->ime_up |= p == SEK_PROGRAM_IME && bytes[i] == 'i';
	}
}

static void look_for_bus(struct keeper *k)
{
	char path[SEK_SANDBOX_PATH_MAX + 16];
	char events[4096];
	struct stat st;

	while (read(k->bus_watch, events, sizeof events) > 0) {
	}
	snprintf(path, sizeof path, "%s/ibus/bus", k->start->options->dir);
	if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	k->bus_up = true;
	close(k->bus_watch);
	k->bus_watch = -1;
}

static bool exists(const struct keeper *k, const char *name)
{
	char path[SEK_SANDBOX_PATH_MAX + 64];

	snprintf(path, sizeof path, "%s/%s", k->start->options->dir, name);
	return access(path, F_OK) == 0;
}

/* X clients end with the display, and sometimes are seen to end before it: gives it a moment to tell the true reason. */
static int unless_display_died(struct keeper *k, int code)
{
	pid_t display = k->pid[SEK_PROGRAM_DISPLAY];

	for (int i = 0; k->verdict == STILL_RUNNING && display > 0 && i < DISPLAY_LOOKS; i++) {
		if (waitpid(display, NULL, WNOHANG) == display) {
			k->pid[SEK_PROGRAM_DISPLAY] = 0;
			return SEK_SANDBOX_DISPLAY_DIED;
		}
		usleep(DISPLAY_LOOK_US);
	}
	return code;
}

/* A program has ended. Only the window manager and the input method may be started a second time: neither holds
 * anything that a user would miss. */
static void on_exit_of(struct keeper *k, enum sek_program p, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	k->pid[p] = 0;
	if (p == SEK_PROGRAM_KEYMAP && clean) {
		k->keymap_set = true;
		return;
	}
	sek_log(clean ? SEK_LOG_INFO : SEK_LOG_WARN, "sandbox.ended", "program", sek_program_name(p),
		WIFEXITED(status) ? "code" : "signal",
		sek_logf("%d", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)), NULL);
	switch (p) {
	case SEK_PROGRAM_DISPLAY:
		/* without a framebuffer file the X server itself has never run: bubblewrap failed */
		over(k, exists(k, SEK_SESSION_FRAMEBUFFER) ? SEK_SANDBOX_DISPLAY_DIED : SEK_SANDBOX_JAIL, "display ended");
		break;
	case SEK_PROGRAM_BROWSER:
		over(k, clean ? SEK_SANDBOX_BROWSER_CLOSED : unless_display_died(k, SEK_SANDBOX_BROWSER_CRASHED),
			"browser ended");
		break;
	case SEK_PROGRAM_WM:
	case SEK_PROGRAM_IME:
		if (k->restarted[p] || (p == SEK_PROGRAM_WM ? !k->wm_up : !k->ime_up)) {
			over(k, unless_display_died(k, SEK_SANDBOX_FAULT), "a helper ended again, or never worked");
			break;
		}
		k->restarted[p] = true;
		if (k->status[p] >= 0)
			close(k->status[p]);
		start_program(k, p);
		break;
	case SEK_PROGRAM_CLIP:
		break; /* capture cannot connect to another one: the session goes on without a clipboard */
	default:
		over(k, unless_display_died(k, SEK_SANDBOX_FAULT), "a helper ended");
	}
}

static void on_signal(struct keeper *k)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(k->signals, &info, sizeof info) > 0) {
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (sek_documents_exit(&k->documents, k->start, pid, status))
			continue;
		for (int p = 0; p < SEK_PROGRAM_COUNT; p++) {
			if (k->pid[p] != pid)
				continue;
			/* an X client ends when the display does: its own end then only hides the reason */
			if (k->status[p] >= 0 && p != SEK_PROGRAM_DISPLAY)
				on_status(k, (enum sek_program)p);
			on_exit_of(k, (enum sek_program)p, status);
		}
	}
}

static void wait_for_something(struct keeper *k)
{
	struct pollfd polled[SEK_PROGRAM_COUNT + 6];
	int64_t due_ms = sek_rules_due(&k->rules), at_ms = due_ms < k->deadline_ms ? due_ms : k->deadline_ms,
		made_ms = sek_documents_due(&k->documents);
	int64_t left_ms = at_ms == INT64_MAX ? -1 : at_ms - now_ms() > 0 ? at_ms - now_ms() : 0;
	int n;

	if (made_ms != INT64_MAX && (left_ms == -1 || made_ms - now_ms() < left_ms))
		left_ms = made_ms - now_ms() > 0 ? made_ms - now_ms() : 0;
	if (left_ms == -1 || left_ms > INT32_MAX)
		left_ms = -1;
	else if (left_ms < 0)
		left_ms = 0;
	for (int p = 0; p < SEK_PROGRAM_COUNT; p++)
		polled[p] = (struct pollfd){ .fd = k->status[p], .events = POLLIN };
	polled[SEK_PROGRAM_COUNT] = (struct pollfd){ .fd = k->signals, .events = POLLIN };
	polled[SEK_PROGRAM_COUNT + 1] = (struct pollfd){ .fd = k->bus_watch, .events = POLLIN };
	polled[SEK_PROGRAM_COUNT + 2] = (struct pollfd){ .fd = sek_rules_fd(&k->rules), .events = POLLIN };
	polled[SEK_PROGRAM_COUNT + 3] = (struct pollfd){ .fd = k->rules.watch, .events = POLLIN };
	polled[SEK_PROGRAM_COUNT + 4] = (struct pollfd){ .fd = k->documents.control, .events = POLLIN };
	polled[SEK_PROGRAM_COUNT + 5] = (struct pollfd){ .fd = k->documents.watch, .events = POLLIN };
	n = poll(polled, SEK_PROGRAM_COUNT + 6, (int)left_ms);
	sek_documents_tick(&k->documents);
	if (due_ms <= now_ms()) {
		if (!sek_is_ok(sek_rules_tick(&k->rules, k->start)))
			over(k, SEK_SANDBOX_FAULT, "the proxy cannot be told the rules");
	} else if (n == 0 && k->deadline_ms <= now_ms())
		over(k, k->told_ready ? SEK_SANDBOX_BROWSER_CRASHED : k->display_up ? SEK_SANDBOX_FAULT :
			SEK_SANDBOX_DISPLAY_DIED, "did not become ready in time");
	if (n <= 0)
		return;
	for (int p = 0; p < SEK_PROGRAM_COUNT; p++)
		if (polled[p].revents)
			on_status(k, (enum sek_program)p);
	if (polled[SEK_PROGRAM_COUNT + 2].revents && !sek_is_ok(sek_rules_take(&k->rules, k->start)))
		over(k, SEK_SANDBOX_FAULT, "the browser's rules could not be changed");
	if (polled[SEK_PROGRAM_COUNT + 3].revents)
		sek_rules_on_watch(&k->rules);
	if (polled[SEK_PROGRAM_COUNT + 4].revents)
		sek_documents_take(&k->documents, k->start);
	if (polled[SEK_PROGRAM_COUNT + 5].revents)
		sek_documents_look(&k->documents, k->start);
	if (k->rules.changed)
		sek_documents_rules(&k->documents, k->start, k->rules.keep, k->rules.print);
	k->rules.changed = false;
	sek_rules_documents(&k->rules, k->documents.count);
	if (polled[SEK_PROGRAM_COUNT + 1].revents)
		look_for_bus(k);
	if (polled[SEK_PROGRAM_COUNT].revents)
		on_signal(k);
}

static sek_status prepare(struct keeper *k)
{
	char path[SEK_SANDBOX_PATH_MAX + 16];
	sigset_t set;

	SEK_TRY(sek_keeper_files(k->start->options, k->start->policies));
	SEK_TRY(sek_keeper_keep_downloads(k->start->options, k->start->keep));
	SEK_TRY(sek_keeper_socket(k->start->options, SEK_SESSION_IME, &k->ime_listener));
	SEK_TRY(sek_keeper_socket(k->start->options, SEK_SESSION_CLIPBOARD, &k->clip_listener));
	SEK_TRY(sek_rules_open(&k->rules, k->start));
	SEK_TRY(sek_documents_open(&k->documents, k->start));
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return sek_from_errno();
	k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k->signals < 0)
		return sek_from_errno();
	snprintf(path, sizeof path, "%s/ibus", k->start->options->dir);
	k->bus_watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (k->bus_watch < 0 || inotify_add_watch(k->bus_watch, path, IN_CREATE | IN_MOVED_TO) < 0)
		return sek_from_errno();
	return sek_ok();
}

int sek_keeper_run(const struct sek_keeper_start *start)
{
	struct keeper k = { .start = start, .verdict = STILL_RUNNING, .deadline_ms = now_ms() + READY_MAX_MS };
	sek_status s;
	char why[96];

	for (int p = 0; p < SEK_PROGRAM_COUNT; p++)
		k.status[p] = -1;
	s = prepare(&k);
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "sandbox.prepare", "why", sek_status_text(s, why, sizeof why), NULL);
		return SEK_SANDBOX_JAIL;
	}
	start_program(&k, SEK_PROGRAM_DISPLAY);
	start_program(&k, SEK_PROGRAM_NAMES);
	while (k.verdict == STILL_RUNNING) {
		advance(&k);
		if (k.verdict == STILL_RUNNING)
			wait_for_something(&k);
	}
	return k.verdict;
}
