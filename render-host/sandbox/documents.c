/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One document at a time: ask, make a PDF of it, hand it and the connection to sekisho-pages. A second ask ends the first.
 */
#include "render-host/sandbox/documents.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/helpers.h"
#include "render-host/pages/convert.h"
#include "render-host/sandbox/argv.h"
#include "render-host/sandbox/downloads.h"
#include "render-host/sandbox/print.h"
#include "render-host/sandbox/spawn.h"
#include "render-host/session.h"

enum { MAKE_S = 60, MAKE_MS = 70000, PACKET_BYTES = 64, IDS_OF_ONE = 100000, PRINT_FDS_END = 6,
       BEHIND_NICE = 10 /* browsing comes first */ };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static const char *folder(const struct sek_keeper_start *start)
{
	static char path[SEK_SANDBOX_PATH_MAX + 32];

	snprintf(path, sizeof path, "%s/" SEK_SESSION_DOWNLOADS, start->options->dir);
	return path;
}

sek_status sek_documents_open(struct sek_documents_door *d, const struct sek_keeper_start *start)
{
	*d = (struct sek_documents_door){ .control = start->documents_fd, .keep = start->keep, .print = start->print, .stream = -1, .pdf = -1,
		.due_ms = INT64_MAX, .from_browser = -1, .to_browser = -1 };
	d->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (d->watch < 0 || inotify_add_watch(d->watch, folder(start), IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) < 0)
		return sek_from_errno();
	return sek_ok();
}

sek_status sek_documents_browser_pipes(struct sek_documents_door *d, int *ret_reads, int *ret_writes)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return sek_from_errno();
	if (pipe2(from, O_CLOEXEC) < 0) {
		close(to[0]);
		close(to[1]);
		return sek_from_errno();
	}
	d->to_browser = to[1];
	d->from_browser = from[0];
	*ret_reads = to[0];
	*ret_writes = from[1];
	return sek_ok();
}

/* Tells it, if there is still somebody to tell, and lets go of everything. What runs is killed; its death is seen to later. */
static void over(struct sek_documents_door *d, enum sek_document_state state)
{
	uint8_t bytes[PACKET_BYTES];
	struct sek_writer w;

	if (d->maker > 0)
		kill(d->maker, SIGKILL);
	if (d->pages > 0)
		kill(d->pages, SIGKILL);
	d->maker = d->pages = 0;
	d->due_ms = INT64_MAX;
	if (d->stream >= 0) {
		sek_writer_init(&w, bytes, sizeof bytes);
		sek_pages_msg_write(&w, &(struct sek_pages_msg){ SEK_VERSION_MAX, (uint16_t)state, 0 });
		(void)!send(d->stream, w.start, w.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		sek_log(SEK_LOG_INFO, "sandbox.document", "state", sek_document_state_name(state), NULL);
	}
	close_fd(&d->stream);
	close_fd(&d->pdf);
}

/* A PDF is there: from here on sekisho-pages speaks. */
static void render(struct sek_documents_door *d, const struct sek_keeper_start *start, int pdf)
{
	struct sek_spawn spawn = { .exec_fd = -1, .quiet = true, .goes_first = true, .fd = { { d->stream, SEK_PAGES_STREAM_FD },
		{ pdf, SEK_PAGES_DOCUMENT_FD }, { start->pages_fd, SEK_PROGRAM_BINARY_FD } }, .fds = 3 };
	const struct sek_argv_pages numbers = { d->ask.dpi, d->ask.pages_max, d->ask.max_width_px, d->ask.max_height_px };
	static struct sek_argv argv;
	sek_status s = lseek(start->pages_fd, 0, SEEK_SET) < 0 ? sek_from_errno() : sek_argv_build_pages(&numbers, &argv);

	spawn.argv = argv.v;
	if (sek_is_ok(s))
		s = sek_spawn(&spawn, &d->pages);
	if (!sek_is_ok(s)) {
		d->pages = 0;
		over(d, SEK_DOCUMENT_DIED);
		return;
	}
	close_fd(&d->stream);
	close_fd(&d->pdf);
}

static void convert(struct sek_documents_door *d, const struct sek_keeper_start *start, int file)
{
	static char name[] = "sekisho-convert", lang[] = "--lang", pages[] = "--pages", seconds[] = "--seconds";
	char most[8], limit[8];
	char *const argv[] = { name, lang, (char *)(uintptr_t)start->options->lang, pages, most, seconds, limit, NULL };
	struct sek_spawn spawn = { .argv = argv, .exec_fd = start->convert_fd, .quiet = true,
		.fd = { { file, SEK_CONVERT_IN_FD }, { d->pdf, SEK_CONVERT_PDF_FD } }, .fds = 2 };

	snprintf(most, sizeof most, "%u", d->ask.pages_max);
	snprintf(limit, sizeof limit, "%d", MAKE_S);
	if (!sek_is_ok(sek_spawn(&spawn, &d->maker))) {
		d->maker = 0;
		over(d, SEK_DOCUMENT_DIED);
		return;
	}
	(void)setpriority(PRIO_PROCESS, (id_t)d->maker, BEHIND_NICE);
	d->due_ms = now_ms() + MAKE_MS;
}

static void begin_caught(struct sek_documents_door *d, const struct sek_keeper_start *start)
{
	int file = sek_downloads_newest(folder(start));

	if (file < 0)
		over(d, SEK_DOCUMENT_NONE);
	else
		convert(d, start, file);
	close_fd(&file);
}

/* The printer's whole life. It keeps the two pipes and the file. */
static _Noreturn void be_printer(const struct sek_documents_door *d, const char *dir, pid_t parent)
{
	sigset_t none;
	int from, to, pdf;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	from = fcntl(d->from_browser, F_DUPFD, 64);
	to = fcntl(d->to_browser, F_DUPFD, 64);
	pdf = fcntl(d->pdf, F_DUPFD, 64);
	if (!sek_spawn_die_with(parent) || dup2(from, 3) < 0 || dup2(to, 4) < 0 || dup2(pdf, 5) < 0 ||
	    close_range(PRINT_FDS_END, ~0U, 0) < 0)
		_exit(SEK_DOCUMENT_DIED);
	sek_print_run(3, 4, 5, d->prints * (uint32_t)IDS_OF_ONE, dir);
}

static void begin_printed(struct sek_documents_door *d, const struct sek_keeper_start *start)
{
	pid_t parent = getpid(), pid;

	if (d->from_browser < 0) {
		over(d, SEK_DOCUMENT_NONE);
		return;
	}
	d->prints = (d->prints + 1) % 20000;
	pid = fork();
	if (pid == 0)
		be_printer(d, start->options->dir, parent);
	if (pid < 0) {
		over(d, SEK_DOCUMENT_DIED);
		return;
	}
	d->maker = pid;
	d->due_ms = now_ms() + MAKE_MS;
}

static void begin(struct sek_documents_door *d, const struct sek_keeper_start *start)
{
	d->pdf = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	sek_log(SEK_LOG_INFO, "sandbox.document", "source", d->ask.source == SEK_DOCUMENT_CAUGHT ? "download" : "page", NULL);
	if (d->ask.source == SEK_DOCUMENT_CAUGHT ? !d->keep : !d->print)
		over(d, SEK_DOCUMENT_ENDED);
	else if (d->pdf < 0 || start->pages_fd < 0 || start->convert_fd < 0)
		over(d, SEK_DOCUMENT_DIED);
	else if (d->ask.source == SEK_DOCUMENT_CAUGHT)
		begin_caught(d, start);
	else
		begin_printed(d, start);
}

static int receive(int via, uint8_t *bytes, size_t size, size_t *ret_n)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = bytes, .iov_len = size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	ssize_t n = recvmsg(via, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int fd = -1;

	*ret_n = n > 0 ? (size_t)n : 0;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
	return fd;
}

void sek_documents_take(struct sek_documents_door *d, const struct sek_keeper_start *start)
{
	uint8_t bytes[PACKET_BYTES];
	struct sek_frame f;
	size_t n, total;
	int fd = receive(d->control, bytes, sizeof bytes, &n);

	if (n == 0) { /* renderd is gone: our own end is on the way */
		close_fd(&d->control);
		return;
	}
	if (fd < 0)
		return;
	over(d, SEK_DOCUMENT_ENDED);
	d->stream = fd;
	if (!sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)) || f.type != SEK_MSG_DOCUMENT || total != n ||
	    !sek_is_ok(sek_document_msg_read(bytes + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &d->ask)))
		over(d, SEK_DOCUMENT_DIED);
	else
		begin(d, start);
}

void sek_documents_look(struct sek_documents_door *d, const struct sek_keeper_start *start)
{
	char events[4096];

	while (read(d->watch, events, sizeof events) > 0)
		;
	d->count = d->keep ? sek_downloads_count(folder(start)) : 0;
}

void sek_documents_rules(struct sek_documents_door *d, const struct sek_keeper_start *start, bool keep, bool print)
{
	bool open = d->stream >= 0 || d->pages > 0;

	d->keep = keep;
	d->print = print;
	if (open && (d->ask.source == SEK_DOCUMENT_CAUGHT ? !d->keep : !d->print))
		over(d, SEK_DOCUMENT_ENDED);
	if (!d->keep)
		sek_downloads_clear(folder(start));
	sek_documents_look(d, start);
}

static enum sek_document_state reason_of(const struct sek_documents_door *d, int status)
{
	static const enum sek_document_state of_converter[SEK_CONVERT_REASONS] = {
		[SEK_CONVERT_TYPE] = SEK_DOCUMENT_TYPE, [SEK_CONVERT_ENCRYPTED] = SEK_DOCUMENT_ENCRYPTED,
		[SEK_CONVERT_BROKEN] = SEK_DOCUMENT_BROKEN, [SEK_CONVERT_PAGES] = SEK_DOCUMENT_TOO_MANY,
		[SEK_CONVERT_LARGE] = SEK_DOCUMENT_TOO_LARGE, [SEK_CONVERT_TIME] = SEK_DOCUMENT_TOO_LONG,
		[SEK_CONVERT_DIED] = SEK_DOCUMENT_DIED, [SEK_CONVERT_JAIL] = SEK_DOCUMENT_DIED,
	};
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == 0)
		return SEK_DOCUMENT_WORKING;
	if (d->ask.source == SEK_DOCUMENT_PRINTED)
		return code > 0 && sek_document_state_known((uint32_t)code) ? (enum sek_document_state)code : SEK_DOCUMENT_DIED;
	code -= SEK_CONVERT_EXIT_BASE;
	return code > 0 && code < SEK_CONVERT_REASONS ? of_converter[code] : SEK_DOCUMENT_DIED;
}

bool sek_documents_exit(struct sek_documents_door *d, const struct sek_keeper_start *start, pid_t pid, int status)
{
	enum sek_document_state reason;

	if (pid == d->pages) {
		d->pages = 0; /* its stream has ended with it, and whoever it was for has been told, or will be by renderd */
		return true;
	}
	if (pid != d->maker || pid == 0)
		return false;
	d->maker = 0;
	d->due_ms = INT64_MAX;
	reason = reason_of(d, status);
	if (reason == SEK_DOCUMENT_WORKING)
		render(d, start, d->pdf);
	else
		over(d, reason);
	return true;
}

int64_t sek_documents_due(const struct sek_documents_door *d)
{
	return d->due_ms;
}

void sek_documents_tick(struct sek_documents_door *d)
{
	if (d->due_ms <= now_ms())
		over(d, SEK_DOCUMENT_TOO_LONG);
}
