/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Outside the jails: copies the file into memory that nobody can change any more, starts one jail and perhaps the other, waits no longer
 * than the job's time, and seals the PDF. Looks at no byte of the file, and at five of the PDF.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/pages/convert/convert_internal.h"
#include "render-host/sandbox/spawn.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, PIECE_BYTES = 65536 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The file as it is now, sealed; -1 with *ret_why. */
static int copy_in(enum sek_convert_reason *ret_why)
{
	static char piece[PIECE_BYTES];
	struct stat st;
	int fd = -1;
	off_t at = 0;
	ssize_t n = -1;

	*ret_why = SEK_CONVERT_TYPE;
	if (fstat(SEK_CONVERT_IN_FD, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	*ret_why = SEK_CONVERT_LARGE;
	if (st.st_size > (off_t)SEK_CONVERT_IN_MAX_BYTES)
		return -1;
	fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	while (fd >= 0 && (n = pread(SEK_CONVERT_IN_FD, piece, sizeof piece, at)) > 0) {
		at += n;
		if (at > (off_t)SEK_CONVERT_IN_MAX_BYTES || write(fd, piece, (size_t)n) != n) {
			n = -1;
			break;
		}
	}
	if (fd >= 0 && n == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Waits until the child ends or the time is over; it is dead when this returns. Its exit code, or -1 with *ret_why. */
static int wait_for(pid_t pid, int64_t until_ms, enum sek_convert_reason *ret_why)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	int status = 0, r = 0;
	bool late = true;

	while (p.fd >= 0 && now_ms() < until_ms) {
		r = poll(&p, 1, (int)(until_ms - now_ms()));
		if (r > 0 || (r < 0 && errno != EINTR)) {
			late = false;
			break;
		}
	}
	if (late || r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	if (p.fd >= 0)
		close(p.fd);
	if (!late && WIFEXITED(status))
		return WEXITSTATUS(status);
	/* SIGXCPU at the limit of its processor time, SIGKILL a second later */
	*ret_why = late || WTERMSIG(status) == SIGXCPU ? SEK_CONVERT_TIME : SEK_CONVERT_DIED;
	sek_log(SEK_LOG_WARN, "convert.ended", "why", late ? "time" : "signal", "signal", sek_logf("%d", WTERMSIG(status)), NULL);
	return -1;
}

static pid_t start(const char *const *argv, int document, int program, bool by_descriptor, enum sek_convert_reason *ret_why)
{
	struct sek_spawn spawn = {
		.argv = (char *const *)(uintptr_t)argv, .exec_fd = by_descriptor ? program : -1, .quiet = !by_descriptor,
		.fd = { { document, SEK_CONVERT_IN_FD }, { SEK_CONVERT_PDF_FD, SEK_CONVERT_PDF_FD },
			{ by_descriptor ? -1 : program, SEK_OFFICE_PROGRAM_FD } },
		.fds = 3,
	};
	pid_t pid = 0;

	*ret_why = SEK_CONVERT_JAIL;
	return sek_is_ok(sek_spawn(&spawn, &pid)) ? pid : -1;
}

static enum sek_convert_reason reason_of(int code)
{
	return code == 0 ? SEK_CONVERT_DONE :
		code > SEK_CONVERT_EXIT_BASE && code < SEK_CONVERT_EXIT_BASE + SEK_CONVERT_REASONS ?
		(enum sek_convert_reason)(code - SEK_CONVERT_EXIT_BASE) : SEK_CONVERT_DIED;
}

static enum sek_convert_reason run_worker(const struct sek_convert_job *job, int document, int program, int64_t until_ms,
	enum sek_kind *ret_office)
{
	char pages[16], seconds[16], say[16];
	const char *argv[] = { "sekisho-convert", "--worker", "--lang", job->lang == SEK_LANG_JA ? "ja" : "en", "--pages", pages,
			       "--seconds", seconds, job->say ? "--say" : NULL, say, NULL };
	enum sek_convert_reason why;
	pid_t pid;
	int code;

	strcpy(pages, sek_logf("%u", job->pages));
	strcpy(seconds, sek_logf("%u", job->seconds));
	strcpy(say, sek_logf("%u", (unsigned)job->say));
	pid = start(argv, document, program, true, &why);
	code = pid > 0 ? wait_for(pid, until_ms, &why) : -1;
	if (code < 0)
		return why;
	if (code > SEK_CONVERT_OFFICE_BASE && code < SEK_CONVERT_OFFICE_BASE + SEK_KIND_OFFICE_END)
		*ret_office = (enum sek_kind)(code - SEK_CONVERT_OFFICE_BASE);
	return reason_of(code);
}

static enum sek_convert_reason run_office(const struct sek_convert_job *job, enum sek_kind kind, int document, int program,
	int64_t until_ms)
{
	const char *argv[SEK_OFFICE_ARGV_MAX];
	char text[SEK_OFFICE_TEXT_BYTES];
	enum sek_convert_reason why;
	pid_t pid;
	int code;

	if (!sek_office_is_here())
		return SEK_CONVERT_TYPE;
	/* bubblewrap reads both from where they stand */
	if (lseek(document, 0, SEEK_SET) != 0 || lseek(program, 0, SEEK_SET) != 0 || ftruncate(SEK_CONVERT_PDF_FD, 0) < 0 ||
			lseek(SEK_CONVERT_PDF_FD, 0, SEEK_SET) != 0)
		return SEK_CONVERT_JAIL;
	sek_office_argv(job, kind, argv, text);
	pid = start(argv, document, program, false, &why);
	code = pid > 0 ? wait_for(pid, until_ms, &why) : -1;
	if (code == 1) /* bubblewrap's own: the jail was not built */
		return SEK_CONVERT_JAIL;
	return code < 0 ? why : reason_of(code);
}

/* Whoever wrote it is dead; a mapping that is still there makes this fail. */
static enum sek_convert_reason seal(void)
{
	static const char magic[] = "%PDF-";
	char head[sizeof magic - 1];
	struct stat st;

	if (fcntl(SEK_CONVERT_PDF_FD, F_ADD_SEALS, SEALS) < 0 || fstat(SEK_CONVERT_PDF_FD, &st) < 0)
		return SEK_CONVERT_DIED;
	if ((uint64_t)st.st_size > SEK_CONVERT_PDF_MAX_BYTES)
		return SEK_CONVERT_LARGE;
	if (pread(SEK_CONVERT_PDF_FD, head, sizeof head, 0) != (ssize_t)sizeof head || memcmp(head, magic, sizeof head) != 0)
		return SEK_CONVERT_DIED;
	return lseek(SEK_CONVERT_PDF_FD, 0, SEEK_SET) == 0 ? SEK_CONVERT_DONE : SEK_CONVERT_DIED;
}

/* Where memory ends, a document goes before the browser beside it does. All children have it from here. */
static void stand_back(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		sek_log(SEK_LOG_WARN, "convert.memory", "note", "cannot stand back behind others when memory ends", NULL);
	if (fd >= 0)
		close(fd);
}

int sek_convert_supervise(const struct sek_convert_job *job)
{
	int64_t until_ms = now_ms() + (int64_t)job->seconds * 1000;
	int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), document = -1;
	enum sek_kind office = SEK_KIND_UNKNOWN;
	enum sek_convert_reason r = SEK_CONVERT_JAIL;

	if (fcntl(SEK_CONVERT_PDF_FD, F_GET_SEALS) < 0 || program < 0)
		return SEK_CONVERT_USAGE;
	stand_back();
	if (job->say == SEK_CONVERT_DONE)
		document = copy_in(&r);
	if (document >= 0 || job->say != SEK_CONVERT_DONE)
		r = run_worker(job, document, program, until_ms, &office);
	if (office != SEK_KIND_UNKNOWN)
		r = run_office(job, office, document, program, until_ms);
	if (r == SEK_CONVERT_DONE)
		r = seal();
	return sek_convert_exit(r);
}
