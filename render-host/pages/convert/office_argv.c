/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jail of LibreOffice, as bubblewrap builds it: no network, no file of the host but /usr, fonts and LibreOffice's own settings, nothing
 * that can be written but memory of its own, a process namespace that ends with it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "render-host/pages/convert/convert_internal.h"

#define OFFICE "/usr/lib/libreoffice/program/soffice.bin"
#define INSIDE "/run/sekisho-convert"

bool sek_office_is_here(void)
{
	return access(OFFICE, X_OK) == 0;
}

const char *sek_office_extension(enum sek_kind kind)
{
	static const char *const names[SEK_KIND_OFFICE_END] = {
		[SEK_KIND_DOCX] = "docx", [SEK_KIND_XLSX] = "xlsx", [SEK_KIND_PPTX] = "pptx", [SEK_KIND_ODT] = "odt",
		[SEK_KIND_ODS] = "ods",   [SEK_KIND_ODP] = "odp",   [SEK_KIND_DOC] = "doc",   [SEK_KIND_XLS] = "xls",
		[SEK_KIND_PPT] = "ppt",   [SEK_KIND_RTF] = "rtf",
	};

	return (unsigned)kind < SEK_KIND_OFFICE_END ? names[kind] : NULL;
}

void sek_office_argv(const struct sek_convert_job *job, enum sek_kind kind, const char *argv[SEK_OFFICE_ARGV_MAX],
	char text[SEK_OFFICE_TEXT_BYTES])
{
	static const char *const walls[] = {
		"/usr/bin/bwrap",
		"--ro-bind", "/usr", "/usr",
		"--symlink", "usr/lib", "/lib",
		"--symlink", "usr/lib64", "/lib64",
		"--symlink", "usr/bin", "/bin",
		"--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache",
		"--ro-bind", "/etc/fonts", "/etc/fonts",
		"--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig",
		"--ro-bind-try", "/etc/libreoffice", "/etc/libreoffice",
		"--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
		"--dev", "/dev", "--proc", "/proc", /* LibreOffice finds its libraries beside /proc/self/exe */
		"--size", "536870912", "--tmpfs", "/tmp",
		"--unshare-user", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-pid", "--unshare-cgroup-try",
		"--disable-userns",
		"--hostname", "document",
		"--die-with-parent", "--new-session",
		"--cap-drop", "ALL",
		"--clearenv",
		"--setenv", "PATH", "/usr/bin",
		"--setenv", "HOME", "/tmp",
		"--setenv", "TZ", "UTC0",
		"--setenv", "SAL_USE_VCLPLUGIN", "svp",
		"--setenv", "SAL_DISABLE_OPENCL", "1",
		"--setenv", "SAL_DISABLESKIA", "1",
		"--perms", "0555", "--ro-bind-data", "5", INSIDE,
		NULL
	};
	size_t n = 0;
	char *at = text, *end = text + SEK_OFFICE_TEXT_BYTES;

	for (; walls[n]; n++)
		argv[n] = walls[n];
	argv[n++] = "--setenv";
	argv[n++] = "LANG";
	argv[n++] = job->lang == SEK_LANG_JA ? "ja_JP.UTF-8" : "en_US.UTF-8";
	argv[n++] = "--ro-bind-data";
	argv[n++] = "3";
	argv[n] = at;
	at += snprintf(at, (size_t)(end - at), "/run/in/document.%s", sek_office_extension(kind)) + 1;
	n++;
	argv[n++] = "--remount-ro";
	argv[n++] = "/dev";
	argv[n++] = "--remount-ro";
	argv[n++] = "/";
	argv[n++] = INSIDE;
	argv[n++] = "--office";
	argv[n] = at;
	at += snprintf(at, (size_t)(end - at), "%d", (int)kind) + 1;
	n++;
	argv[n++] = "--lang";
	argv[n++] = job->lang == SEK_LANG_JA ? "ja" : "en";
	argv[n++] = "--pages";
	argv[n] = at;
	at += snprintf(at, (size_t)(end - at), "%u", job->pages) + 1;
	n++;
	argv[n++] = "--seconds";
	argv[n] = at;
	at += snprintf(at, (size_t)(end - at), "%u", job->seconds) + 1;
	n++;
	argv[n] = NULL;
	SEK_ASSERT(n < SEK_OFFICE_ARGV_MAX && at <= end);
}
