/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside LibreOffice's jail: settings that leave no macro, no link and no Java alive, limits, a filter of system calls, LibreOffice itself,
 * and its PDF copied to the descriptor that is waiting for it. Nothing here is trusted outside: who takes LibreOffice over has all of this
 * process too, and can do no more than give a hostile PDF.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "render-host/pages/convert/convert_internal.h"

#define OFFICE "/usr/lib/libreoffice/program/soffice.bin"
#define PROFILE "/tmp/profile"
#define RESULT "/tmp/out/document.pdf"
#define MEMORY_BYTES (UINT64_C(2) << 30) /* it takes 0.6 GiB for twelve thousand lines */

enum {
	AGAIN = 81,  /* LibreOffice's exit code after it has made its profile: it wants to be started anew */
	STARTS_MAX = 3,
	FILES = 512, /* descriptors */
	NICE = 5,
};

static const char settings[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<oor:items xmlns:oor=\"http://openoffice.org/2001/registry\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
#define ITEM(path, name, value) "<item oor:path=\"/org.openoffice." path "\"><prop oor:name=\"" name "\" oor:op=\"fuse\"><value>" value \
	"</value></prop></item>\n"
	ITEM("Office.Common/Security/Scripting", "MacroSecurityLevel", "3")
	ITEM("Office.Common/Security/Scripting", "DisableMacrosExecution", "true")
	ITEM("Office.Common/Security/Scripting", "DisableActiveContent", "true")
	ITEM("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true")
	ITEM("Office.Common/Security/Scripting", "CheckDocumentEvents", "true")
	ITEM("Office.Common/Security/Scripting", "SecureURL", "")
	ITEM("Office.Java/VirtualMachine", "Security", "true")
	ITEM("Office.Writer/Content/Update", "Link", "0")
	ITEM("Office.WriterWeb/Content/Update", "Link", "0")
	ITEM("Office.Calc/Content/Update", "Link", "1")
	ITEM("Office.Common/Load", "UpdateDocMode", "0")
	ITEM("Office.Common/Misc", "FirstRun", "false")
	ITEM("Office.Common/Misc", "UseOpenCL", "false")
	ITEM("Office.Common/Save/Document", "LoadPrinter", "false")
#undef ITEM
	"</oor:items>\n";

/* What a converter of documents never needs: an error for it, not death, because LibreOffice tries some of it and does without. */
static const int refused[] = {
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsmount), SCMP_SYS(open_tree), SCMP_SYS(mount_setattr), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load),
	SCMP_SYS(personality), SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at), SCMP_SYS(quotactl), SCMP_SYS(acct),
	SCMP_SYS(swapon), SCMP_SYS(reboot), SCMP_SYS(syslog), SCMP_SYS(vmsplice), SCMP_SYS(memfd_secret), SCMP_SYS(fanotify_init),
};

static bool filter_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < sizeof refused / sizeof refused[0]; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	/* the only sockets are those between its own threads */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (r == 0) /* its flags lie in memory: glibc then takes clone() */
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0;
}

static bool limit(__rlimit_resource_t what, rlim_t value)
{
	return setrlimit(what, &(struct rlimit){ value, value }) == 0;
}

static bool set_limits(const struct sek_convert_job *job)
{
	bool ok = limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, SEK_CONVERT_PDF_MAX_BYTES) && limit(RLIMIT_NOFILE, FILES) &&
		limit(RLIMIT_CPU, job->seconds) && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) &&
		/* whoever is nicer already stays so: nobody may become less nice */
		(getpriority(PRIO_PROCESS, 0) >= NICE || setpriority(PRIO_PROCESS, 0, NICE) == 0);

#ifndef SEK_SANITIZE
	ok = ok && limit(RLIMIT_AS, MEMORY_BYTES);
#endif
	return ok;
}

static bool write_settings(void)
{
	int fd;
	bool ok;

	if (mkdir(PROFILE, 0700) < 0 || mkdir(PROFILE "/user", 0700) < 0 || mkdir("/tmp/out", 0700) < 0)
		return false;
	fd = open(PROFILE "/user/registrymodifications.xcu", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write(fd, settings, sizeof settings - 1) == (ssize_t)(sizeof settings - 1);
	close(fd);
	return ok;
}

static int run_office(const char *document)
{
	const char *argv[] = { OFFICE, "-env:UserInstallation=file://" PROFILE, "--headless", "--invisible", "--nologo", "--norestore",
			       "--nodefault", "--nofirststartwizard", "--nolockcheck", "--convert-to", "pdf", "--outdir", "/tmp/out", document,
			       NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* neither the file's descriptor nor the PDF's is LibreOffice's business */
		if (close_range(3, ~0U, 0) == 0)
			execv(OFFICE, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum sek_convert_reason copy_out(void)
{
	static char piece[65536];
	int fd = open(RESULT, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = 0;

	/* LibreOffice says neither why it made nothing nor that a password is missing */
	if (fd < 0)
		return SEK_CONVERT_BROKEN;
	while ((n = read(fd, piece, sizeof piece)) > 0)
		if (!sek_is_ok(sek_file_put(SEK_CONVERT_PDF_FD, piece, (size_t)n)))
			return SEK_CONVERT_LARGE;
	return n == 0 ? SEK_CONVERT_DONE : SEK_CONVERT_DIED;
}

int sek_convert_office(const struct sek_convert_job *job, enum sek_kind kind)
{
	char document[64];
	int code = AGAIN;

	snprintf(document, sizeof document, "/run/in/document.%s", sek_office_extension(kind));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !write_settings() || !set_limits(job) || !filter_calls())
		return sek_convert_exit(SEK_CONVERT_JAIL);
	for (int i = 0; i < STARTS_MAX && code == AGAIN; i++)
		code = run_office(document);
	if (code != 0)
		return sek_convert_exit(SEK_CONVERT_DIED);
	return sek_convert_exit(copy_out());
}
