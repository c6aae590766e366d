/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-sandbox: one session's browser and all that it needs (render-host/session.h). Started as root; it makes the
 * session's namespaces, hands the rest to the keeper (the session's uid) and the proxy (a uid of its own), gives up
 * every privilege but ending them, and waits. It reads nothing that a session wrote but exit codes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/helpers.h"
#include "render-host/sandbox/isolate.h"
#include "render-host/sandbox/keeper.h"
#include "render-host/sandbox/policy.h"
#include "render-host/sandbox/spawn.h"
#include "render-host/session.h"

struct sandbox {
	struct sek_sandbox_options options;
	char *policies;
	size_t base_n; /* of the site's file */
	int wm_fd, ime_fd, clip_fd, egress_fd, pages_fd, convert_fd, documents_fd, devtools_fd, signals;
	bool keep, print; /* of the rules */
	int rules_fd[2]; /* keeper's end, proxy's end */
	pid_t keeper, egress;
};

static int refuse(int code, const char *what, const char *why)
{
	sek_log(SEK_LOG_ERROR, "sandbox.refused", "what", what, "why", why, NULL);
	return code;
}

/* Ends with this process's parent, and turns the signals that end us into bytes of a descriptor. */
static bool take_signals(struct sandbox *b)
{
	pid_t parent = getppid();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return false;
	b->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return b->signals >= 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

static int open_program(const char *name)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (n <= 0)
		return -1;
	path[n] = 0;
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) + 1 + strlen(name) + 1 > sizeof path)
		return -1;
	strcpy(slash + 1, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool directory_is_private(const struct sek_sandbox_options *o)
{
	struct stat st;

	return lstat(o->dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == o->uid && (st.st_mode & 077) == 0;
}

static char base[SEK_POLICY_MAX_BYTES + 1]; /* the site's policy file, for the keeper too */

/* What the proxy finds when it starts: the rules, and that the browser will know them. */
static bool tell_proxy(const struct sandbox *b, const struct sek_rules *rules)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_rules_write(&w, rules);
	if (!sek_is_ok(sek_writer_status(&w)) || send(b->rules_fd[0], frame, w.len, MSG_DONTWAIT) != (ssize_t)w.len)
		return false;
	sek_writer_init(&w, frame, sizeof frame);
	sek_ping_write(&w, &(struct sek_ping){ 0 });
	return sek_is_ok(sek_writer_status(&w)) && send(b->rules_fd[0], frame, w.len, MSG_DONTWAIT) == (ssize_t)w.len;
}

/* The rules that the broker sent before the browser's start. False: announced and not readable. */
static bool read_rules(struct sandbox *b, struct sek_rules *ret, bool *ret_there)
{
	static uint8_t bytes[SEK_MSG_RULES_MAX_BYTES + 1];
	const struct sek_sandbox_options *o = &b->options;
	size_t n = 0;
	ssize_t k;
	int fd;

	*ret_there = o->rules != NULL;
	if (!o->rules)
		return true;
	fd = open(o->rules, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (n < sizeof bytes && (k = read(fd, bytes + n, sizeof bytes - n)) > 0)
		n += (size_t)k;
	close(fd);
	return sek_is_ok(sek_rules_read(bytes, n, ret)) && tell_proxy(b, ret);
}

static char *read_policies(struct sandbox *b)
{
	const struct sek_sandbox_options *o = &b->options;
	struct sek_rules rules;
	bool there;
	FILE *f = fopen(o->policy, "re");
	char *text = NULL;
	size_t n;

	if (!f)
		return NULL;
	n = fread(base, 1, sizeof base, f);
	b->base_n = n;
	b->keep = b->print = false;
	if (ferror(f) || !read_rules(b, &rules, &there) ||
			!sek_is_ok(sek_policy_make(base, n, o, there ? &rules : NULL, &text)))
		text = NULL;
	if (text && there) {
		b->keep = rules.keep;
		b->print = rules.print;
	}
	fclose(f);
	return text;
}

static int prepare(struct sandbox *b)
{
	const struct sek_sandbox_options *o = &b->options;

	umask(077);
	if (geteuid() != 0)
		return refuse(SEK_SANDBOX_JAIL, "uid", "must be started as root");
	if (fcntl(SEK_SANDBOX_STATUS_FD, F_SETFD, FD_CLOEXEC) < 0)
		return refuse(SEK_SANDBOX_USAGE, "status", "descriptor 3 is not open");
	b->documents_fd = o->documents ? SEK_SANDBOX_DOCUMENTS_FD : -1;
	if (o->documents && fcntl(SEK_SANDBOX_DOCUMENTS_FD, F_SETFD, FD_CLOEXEC) < 0)
		return refuse(SEK_SANDBOX_USAGE, "--documents", "descriptor 4 is not open");
	if (!take_signals(b))
		return refuse(SEK_SANDBOX_JAIL, "signals", strerror(errno));
	if (!directory_is_private(o))
		return refuse(SEK_SANDBOX_USAGE, o->dir, "must be a directory of the session's uid with mode 0700");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, b->rules_fd) < 0)
		return refuse(SEK_SANDBOX_JAIL, "rules", strerror(errno));
	b->policies = read_policies(b);
	if (!b->policies)
		return refuse(SEK_SANDBOX_USAGE, o->policy, "cannot be read, or is not one JSON object");
	b->wm_fd = open_program("sekisho-wm");
	b->ime_fd = open_program("sekisho-ime");
	b->clip_fd = open_program("sekisho-clip");
	b->convert_fd = open_program("sekisho-convert");
	b->egress_fd = open_program("sekisho-egress");
	/* without it no document can be taken over, which is said to who asks */
	b->pages_fd = open_program("sekisho-pages");
	if (b->wm_fd < 0 || b->ime_fd < 0 || b->clip_fd < 0 || b->convert_fd < 0 || b->egress_fd < 0)
		return refuse(SEK_SANDBOX_JAIL, "programs", "sekisho-wm, -ime, -clip, -convert and -egress must lie beside sekisho-sandbox");
	if (o->devtools && !sek_is_ok(sek_keeper_listen(o->devtools, &b->devtools_fd)))
		return refuse(SEK_SANDBOX_USAGE, o->devtools, strerror(errno));
	return SEK_SANDBOX_OK;
}

static sek_status start_egress(struct sandbox *b, int listener)
{
	static char name[] = "sekisho-egress", upstream[] = "--upstream", allow[] = "--allow", rules[] = "--rules", count[] = "--count";
	char *argv[6 + 2 * SEK_SANDBOX_ALLOW_MAX] = { name };
	const struct sek_sandbox_options *o = &b->options;
	struct sek_spawn spawn = { .argv = argv, .exec_fd = b->egress_fd, .uid = o->egress_uid,
				   .fd = { { listener, SEK_EGRESS_LISTEN_FD }, { b->rules_fd[1], SEK_EGRESS_RULES_FD },
					   { SEK_SANDBOX_STATUS_FD, SEK_EGRESS_COUNT_FD } },
				   .fds = 3 };
	size_t n = 1;

	argv[n++] = rules;
	argv[n++] = count;
	/* the texts are not changed by execve; the type of argv is older than const */
	if (o->upstream) {
		argv[n++] = upstream;
		argv[n++] = (char *)(uintptr_t)o->upstream;
	}
	for (size_t i = 0; i < o->allows; i++) {
		argv[n++] = allow;
		argv[n++] = (char *)(uintptr_t)o->allow[i];
	}
	return sek_spawn(&spawn, &b->egress);
}

/* The keeper's whole life; never returns to main. */
static _Noreturn void be_keeper(const struct sandbox *b)
{
	struct sek_keeper_start start = {
		.options = &b->options, .policies = b->policies, .base = base, .base_n = b->base_n,
		.status_fd = SEK_SANDBOX_STATUS_FD, .rules_fd = b->rules_fd[0],
		.documents_fd = b->documents_fd, .pages_fd = b->pages_fd, .convert_fd = b->convert_fd, .keep = b->keep, .print = b->print,
		.wm_fd = b->wm_fd, .ime_fd = b->ime_fd, .clip_fd = b->clip_fd, .devtools_fd = b->devtools_fd,
	};

	close(b->signals);
	close(b->egress_fd);
	close(b->rules_fd[1]);
	_exit(sek_keeper_run(&start));
}

static int verdict_of_keeper(int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	switch (code) {
	case SEK_SANDBOX_JAIL:
	case SEK_SANDBOX_BROWSER_CLOSED:
	case SEK_SANDBOX_BROWSER_CRASHED:
	case SEK_SANDBOX_DISPLAY_DIED:
		return code;
	default:
		return SEK_SANDBOX_FAULT;
	}
}

static int verdict_of_egress(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == SEK_EGRESS_USAGE)
		return refuse(SEK_SANDBOX_USAGE, "--allow or --upstream", "refused by the egress proxy");
	if (WIFEXITED(status) && WEXITSTATUS(status) == SEK_EGRESS_JAIL)
		return refuse(SEK_SANDBOX_JAIL, "egress", "could not confine itself");
	return refuse(SEK_SANDBOX_FAULT, "egress", "ended");
}

/* Waits until the session is over: told to stop, or one of the two halves ended. */
static int wait_for_end(struct sandbox *b)
{
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		if (read(b->signals, &info, sizeof info) != (ssize_t)sizeof info)
			continue;
		if (info.ssi_signo != SIGCHLD)
			return SEK_SANDBOX_OK;
		if (waitpid(b->keeper, &status, WNOHANG) == b->keeper) {
			b->keeper = 0;
			return verdict_of_keeper(status);
		}
		if (waitpid(b->egress, &status, WNOHANG) == b->egress) {
			b->egress = 0;
			return verdict_of_egress(status);
		}
	}
}

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	/* The keeper is pid 1 of its namespace: waitpid returns only after everything in there is gone (pid_namespaces(7)) */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
	}
}

static int run(struct sandbox *b)
{
	char why[96], downloads[SEK_SANDBOX_PATH_MAX + 32];
	int listener = -1, code;
	sek_status s;

	/* nothing of the session runs yet that could have put something there */
	snprintf(downloads, sizeof downloads, "%s/" SEK_SESSION_DOWNLOADS, b->options.dir);
	if ((mkdir(downloads, 0700) < 0 && errno != EEXIST) || lchown(downloads, b->options.uid, b->options.gid) < 0)
		return refuse(SEK_SANDBOX_JAIL, "downloads", strerror(errno));
	s = sek_isolate(b->options.uid, b->options.gid, downloads, &b->keeper, &listener);

	if (!sek_is_ok(s))
		return refuse(SEK_SANDBOX_JAIL, "namespaces", sek_status_text(s, why, sizeof why));
	if (b->keeper == 0)
		be_keeper(b);
	close(b->rules_fd[0]);
	if (b->documents_fd >= 0)
		close(b->documents_fd);
	s = start_egress(b, listener);
	close(SEK_SANDBOX_STATUS_FD);
	close(b->rules_fd[1]);
	close(listener);
	if (sek_is_ok(s))
		s = sek_isolate_keep_only_kill();
	code = sek_is_ok(s) ? wait_for_end(b) : refuse(SEK_SANDBOX_JAIL, "egress", sek_status_text(s, why, sizeof why));
	end(b->keeper);
	end(b->egress);
	return code;
}

int main(int argc, char **argv)
{
	struct sandbox b = { .wm_fd = -1, .ime_fd = -1, .clip_fd = -1, .egress_fd = -1, .devtools_fd = -1, .pages_fd = -1, .convert_fd = -1, .documents_fd = -1,
			     .rules_fd = { -1, -1 } };
	const char *why = NULL;
	int code;

	sek_log_init("sekisho-sandbox", SEK_LOG_INFO);
	if (!sek_is_ok(sek_sandbox_options_parse(argc, argv, &b.options, &why)))
		return refuse(SEK_SANDBOX_USAGE, "arguments", why);
	code = prepare(&b);
	if (code == SEK_SANDBOX_OK)
		code = run(&b);
	if (b.devtools_fd >= 0)
		unlink(b.options.devtools);
	free(b.policies);
	return code;
}
