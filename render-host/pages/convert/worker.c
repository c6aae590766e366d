/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The worker: opens the font and the encodings, enters its jail, and only then reads the first byte of the file. In the jail there are
 * four descriptors (a log, the file, the PDF), no files, no network, no other process.
 */
#include <locale.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "render-host/pages/convert/charset.h"
#include "render-host/pages/convert/convert_internal.h"
#include "render-host/pages/convert/show.h"

enum { FDS_END = SEK_CONVERT_PDF_FD + 1, NICE = 5 };
#define MEMORY_BYTES (UINT64_C(1536) << 20)

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(lseek), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(madvise), SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn), SCMP_SYS(sysinfo) /* qsort */,
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigprocmask), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(tgkill), SCMP_SYS(exit),
	SCMP_SYS(exit_group), -1,
};

static bool prepare(const struct sek_convert_job *job)
{
	struct sek_jail jail = {
		.fds_end = FDS_END, .memory_bytes = MEMORY_BYTES, .files = FDS_END, .file_bytes = SEK_CONVERT_PDF_MAX_BYTES,
		.cpu_s = job->seconds, .nice = NICE, .syscalls = allowed,
	};
	char why[96];
	sek_status s;

	/* what libraries would look for later: the time zone (a PDF bears its time), names' encoding, encodings, the font */
	if (setenv("TZ", "UTC0", 1) < 0 || !setlocale(LC_CTYPE, "C.UTF-8"))
		return false;
	tzset();
	if (!sek_charset_init() || !sek_sheet_init()) {
		sek_log(SEK_LOG_ERROR, "convert.prepare", "note", "no Japanese typewriter font, or an encoding of iconv is missing", NULL);
		return false;
	}
	s = sek_jail_enter(&jail);
	if (!sek_is_ok(s))
		sek_log(SEK_LOG_ERROR, "convert.jail", "why", sek_status_text(s, why, sizeof why), NULL);
	return sek_is_ok(s);
}

/* The whole file. NULL: *ret_why says why. */
static uint8_t *read_file(size_t *ret_n, enum sek_convert_reason *ret_why)
{
	off_t size = lseek(SEK_CONVERT_IN_FD, 0, SEEK_END);
	uint8_t *s;
	size_t n = 0;
	ssize_t k;

	*ret_why = size == 0 ? SEK_CONVERT_BROKEN : SEK_CONVERT_LARGE;
	if (size <= 0 || (uint64_t)size > SEK_CONVERT_IN_MAX_BYTES || lseek(SEK_CONVERT_IN_FD, 0, SEEK_SET) != 0)
		return NULL;
	s = malloc((size_t)size);
	while (s && n < (size_t)size && (k = read(SEK_CONVERT_IN_FD, s + n, (size_t)size - n)) > 0)
		n += (size_t)k;
	*ret_n = n;
	return s;
}

static enum sek_convert_reason pass_on(const uint8_t *s, size_t n)
{
	return sek_is_ok(sek_file_put(SEK_CONVERT_PDF_FD, s, n)) ? SEK_CONVERT_DONE : SEK_CONVERT_LARGE;
}

static enum sek_convert_reason show_kind(const struct sek_show *show, enum sek_kind kind)
{
	switch (kind) {
	case SEK_KIND_PNG:
	case SEK_KIND_JPEG:
	case SEK_KIND_GIF:
	case SEK_KIND_WEBP:
	case SEK_KIND_BMP:
	case SEK_KIND_TIFF:
		return sek_show_picture(show, kind);
	case SEK_KIND_TEXT:
		return sek_show_text(show);
	case SEK_KIND_HTML:
		return sek_show_html(show);
	case SEK_KIND_MAIL:
		return sek_show_mail(show);
	case SEK_KIND_ARCHIVE:
		return sek_show_archive(show);
	case SEK_KIND_ENCRYPTED:
		return SEK_CONVERT_ENCRYPTED;
	default:
		return SEK_CONVERT_TYPE;
	}
}

static enum sek_convert_reason on_sheet(const struct sek_convert_job *job, const uint8_t *s, size_t n, enum sek_kind kind)
{
	struct sek_show show = { .s = s, .n = n, .lang = job->lang };
	enum sek_convert_reason r = SEK_CONVERT_DONE, end;

	show.sheet = sek_sheet_create(SEK_CONVERT_PDF_FD, job->pages);
	if (!show.sheet)
		return SEK_CONVERT_LARGE;
	if (job->say != SEK_CONVERT_DONE)
		sek_show_reason(&show, job->say);
	else
		r = show_kind(&show, kind);
	end = sek_sheet_finish(show.sheet);
	return r == SEK_CONVERT_DONE ? end : r;
}

int sek_convert_worker(const struct sek_convert_job *job)
{
	enum sek_convert_reason why = SEK_CONVERT_JAIL;
	enum sek_kind kind;
	uint64_t unpacked = 0;
	uint8_t *s;
	size_t n = 0;

	if (!prepare(job))
		_exit(sek_convert_exit(SEK_CONVERT_JAIL));
	if (job->say != SEK_CONVERT_DONE)
		_exit(sek_convert_exit(on_sheet(job, NULL, 0, SEK_KIND_UNKNOWN)));
	s = read_file(&n, &why);
	if (!s)
		_exit(sek_convert_exit(why));
	kind = sek_kind_of(s, n);
	if (kind == SEK_KIND_ZIP)
		kind = sek_archive_kind(s, n, &unpacked);
	if (kind > SEK_KIND_UNKNOWN && kind < SEK_KIND_OFFICE_END)
		_exit(unpacked > SEK_CONVERT_UNPACKED_MAX_BYTES ? sek_convert_exit(SEK_CONVERT_LARGE) : SEK_CONVERT_OFFICE_BASE + (int)kind);
	if (kind == SEK_KIND_PDF)
		_exit(sek_convert_exit(pass_on(s, n)));
	_exit(sek_convert_exit(on_sheet(job, s, n, kind)));
}
