/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every document of the corpus through the real converter: what is to be seen is seen, what is not is on no page, and in no form that a search
 * of the bytes finds in the PDF (LibreOffice writes a document's title into its metadata, in UTF-16, which never leaves the sandbox), nothing connects, bombs and lies end with a reason, and nothing outlives its time.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render-host/pages/convert.h"
#include "rig.h"

#define SEEN "見える文章 Visible 7431"
#define MARK "SEKISHO-MARK"
#define EICAR "EICAR-STAN" "DARD"

static int code_of(enum sek_convert_reason r)
{
	return r == SEK_CONVERT_DONE ? 0 : SEK_CONVERT_EXIT_BASE + (int)r;
}

/* Texts: separated by '|', all must be there. passes: the file itself is the result, so its marks are in it. */
struct row {
	const char *name, *texts, *not;
	enum sek_convert_reason reason;
	bool passes;
};

static void check_row(const struct row *r)
{
	char *pdf, *text, wanted[256], *rest = wanted, *one;
	size_t n;
	int code = rig_convert(r->name, "ja", &pdf, &n);

	ck_assert_msg(code == code_of(r->reason), "%s: exit code %d", r->name, code);
	if (!pdf)
		return;
	text = rig_text(pdf, n);
	snprintf(wanted, sizeof wanted, "%s", r->texts ? r->texts : "");
	while ((one = strsep(&rest, "|")) != NULL)
		ck_assert_msg(strstr(text, one), "%s: no '%s' in: %.400s", r->name, one, text);
	ck_assert_msg(!r->not || !strstr(text, r->not), "%s: '%s' in: %.400s", r->name, r->not, text);
	ck_assert_msg(!strstr(text, MARK) && !strstr(text, EICAR), "%s: a mark is to be seen: %.400s", r->name, text);
	if (!r->passes)
		ck_assert_msg(!memmem(pdf, n, MARK, strlen(MARK)) && !memmem(pdf, n, EICAR, strlen(EICAR)), "%s: a mark in the PDF", r->name);
	free(text);
	free(pdf);
}

static const struct row plain[] = {
	{ .name = "plain.pdf", .texts = "Visible 7431", .passes = true },
	{ .name = "utf8.txt", .texts = SEEN "|カタカナ ｶﾅ 表示" },
	{ .name = "sjis.txt", .texts = SEEN "|カタカナ ｶﾅ 表示" },
	{ .name = "eucjp.txt", .texts = SEEN "|カタカナ ｶﾅ 表示" },
	{ .name = "jis.txt", .texts = SEEN "|カタカナ ｶﾅ 表示" },
	{ .name = "utf16.txt", .texts = SEEN "|カタカナ ｶﾅ 表示" },
	{ .name = "table.csv", .texts = SEEN },
	{ .name = "page.html", .texts = SEEN },
	{ .name = "mail.eml", .texts = SEEN "|会議のお知らせ|山田|見積.pdf|application/pdf", .not = "HTML-FORM" },
	{ .name = "html.eml", .texts = SEEN "|link" },
	{ .name = "deep.eml", .texts = "a@example.jp|これより先の部分は表示していません" },
	{ .name = "archive.zip", .texts = "資料/" SEEN ".txt|vba.bin" },
	{ .name = "sjis.zip", .texts = "表見積.txt" },
	{ .name = "archive.tar.gz", .texts = "folder/" SEEN ".txt" },
	{ .name = "bomb.zip", .texts = "314572800|zero.bin" },
	{ .name = "names.zip", .texts = "00000 " SEEN },
	{ .name = "broken.zip", .texts = "書庫が壊れている" },
	{ .name = "small.png" }, { .name = "small.bmp" }, { .name = "small.gif" }, { .name = "small.tif" }, { .name = "small.webp" },
	{ .name = "camera.jpg" }, { .name = "progressive.jpg" },
	{ .name = "giant.jpg" }, /* 30,000 x 30,000, decoded at an eighth */
	{ .name = "giant-progressive.jpg", .reason = SEK_CONVERT_LARGE },
	{ .name = "giant-interlaced.png", .reason = SEK_CONVERT_LARGE },
	{ .name = "liar.png", .reason = SEK_CONVERT_LARGE },
	{ .name = "giant.tif", .reason = SEK_CONVERT_LARGE },
	{ .name = "liar.bmp", .reason = SEK_CONVERT_BROKEN },
	{ .name = "long.txt", .reason = SEK_CONVERT_PAGES },
	{ .name = "empty.txt", .reason = SEK_CONVERT_BROKEN },
	{ .name = "program.exe", .reason = SEK_CONVERT_TYPE },
	{ .name = "picture.svg", .reason = SEK_CONVERT_TYPE },
	{ .name = "message.msg", .reason = SEK_CONVERT_TYPE },
	{ .name = "locked.docx", .reason = SEK_CONVERT_ENCRYPTED },
	{ .name = "locked.doc", .reason = SEK_CONVERT_ENCRYPTED },
	{ .name = "locked.xls", .reason = SEK_CONVERT_ENCRYPTED },
	{ .name = "locked.odt", .reason = SEK_CONVERT_ENCRYPTED },
	{ .name = "forged.docx", .reason = SEK_CONVERT_LARGE },
};

START_TEST(plain_kinds)
{
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		check_row(&plain[i]);
	ck_assert(!rig_was_called());
}
END_TEST

static const struct row office[] = {
	{ .name = "word.docx", .texts = SEEN, .not = "root:" },
	{ .name = "sheet.xlsx", .texts = SEEN },
	{ .name = "slides.pptx", .texts = SEEN },
	{ .name = "text.odt", .texts = SEEN, .not = "root:" },
	{ .name = "text.rtf", .texts = SEEN },
	{ .name = "entities.docx", .reason = SEK_CONVERT_BROKEN },
};

static bool office_is_here(void)
{
	return access("/usr/lib/libreoffice/program/soffice.bin", X_OK) == 0;
}

START_TEST(office_kinds)
{
	if (office_is_here())
		check_row(&office[_i]);
	else
		check_row(&(struct row){ .name = "word.docx", .reason = SEK_CONVERT_TYPE });
	ck_assert(!rig_was_called());
	rig_nobody_left();
}
END_TEST

/* A picture that would take longer than it may, and an Office document: both end in time, and nothing is left of them. */
START_TEST(time_is_kept)
{
	static const char *const names[] = { "giant.png", "many.docx" };
	int document = rig_open(names[_i]), pdf = rig_pdf(), code = rig_wait(rig_start(document, pdf, "ja", "500", "1"));

	ck_assert_int_eq(code, code_of(_i == 1 && !office_is_here() ? SEK_CONVERT_TYPE : SEK_CONVERT_TIME));
	rig_nobody_left();
	close(document);
	close(pdf);
}
END_TEST

/* --- the jails, as /proc shows them --- */

static bool proc_line(pid_t pid, const char *file, const char *start, char *ret, size_t room)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	while (f && !found && fgets(line, sizeof line, f)) {
		found = strncmp(line, start, strlen(start)) == 0;
		line[strcspn(line, "\n")] = 0;
		if (found)
			snprintf(ret, room, "%s", line + strlen(start) + strspn(line + strlen(start), " \t"));
	}
	if (f)
		fclose(f);
	return found;
}

static pid_t parent_of(pid_t pid)
{
	char text[32];

	return proc_line(pid, "status", "PPid:", text, sizeof text) ? atoi(text) : 0;
}

/* A descendant of `top` with that name that has a filter of system calls in force; 0 while there is none. */
static pid_t find_jailed(pid_t top, const char *name)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;
	char text[64];

	while (!found && d && (e = readdir(d)) != NULL) {
		pid_t pid = atoi(e->d_name), up = pid;

		if (pid <= 0 || pid == top || !proc_line(pid, "status", "Name:", text, sizeof text) || strcmp(text, name) != 0)
			continue;
		while (up > 1 && up != top)
			up = parent_of(up);
		if (up == top && proc_line(pid, "status", "Seccomp:", text, sizeof text) && strcmp(text, "2") == 0)
			found = pid;
	}
	closedir(d);
	return found;
}

/* Finds such a process and stops it. One that ends at that moment (LibreOffice starts itself anew) is not the one. */
static pid_t stop_jailed(pid_t top, const char *name)
{
	char state[32];

	for (;;) {
		pid_t pid = find_jailed(top, name);

		ck_assert_msg(proc_line(top, "status", "State:", state, sizeof state) && *state != 'Z', "it ended too early");
		if (!pid || kill(pid, SIGSTOP) < 0) {
			usleep(2000);
			continue;
		}
		do {
			if (!proc_line(pid, "status", "State:", state, sizeof state))
				*state = 'X';
			if (*state == 'T')
				return pid;
		} while (*state != 'Z' && *state != 'X');
	}
}

static void expect_namespace_of_its_own(pid_t pid, const char *which)
{
	char path[64], ours[128] = "", theirs[128] = "";

	snprintf(path, sizeof path, "/proc/self/ns/%s", which);
	ck_assert_int_gt(readlink(path, ours, sizeof ours - 1), 0);
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, which);
	ck_assert_int_gt(readlink(path, theirs, sizeof theirs - 1), 0);
	ck_assert_str_ne(ours, theirs);
}

static unsigned entries(pid_t pid, const char *what)
{
	char path[64];
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

START_TEST(jails)
{
	static const struct { const char *document, *process; } each[] = { { "giant.png", "sekisho-convert" }, { "many.docx", "soffice.bin" } };
	int document = rig_open(each[_i].document), pdf = rig_pdf();
	pid_t top, pid;
	char text[64];

	if (geteuid() != 0 || (_i == 1 && !office_is_here()))
		return;
	top = rig_start(document, pdf, "ja", "500", "120");
	pid = stop_jailed(top, each[_i].process);
	ck_assert(proc_line(pid, "status", "NoNewPrivs:", text, sizeof text));
	ck_assert_str_eq(text, "1");
	ck_assert(proc_line(pid, "status", "CapEff:", text, sizeof text));
	ck_assert_str_eq(text, "0000000000000000");
	ck_assert(proc_line(pid, "status", "CapBnd:", text, sizeof text));
	ck_assert_str_eq(text, "0000000000000000");
	expect_namespace_of_its_own(pid, "net");
	expect_namespace_of_its_own(pid, "mnt");
	expect_namespace_of_its_own(pid, "user");
	expect_namespace_of_its_own(pid, "ipc");
	if (_i == 0) {
		ck_assert_uint_eq(entries(pid, "root"), 0);
		ck_assert_uint_le(entries(pid, "fd"), 5);
	} else {
		expect_namespace_of_its_own(pid, "pid");
		snprintf(text, sizeof text, "/proc/%d/root/home", (int)pid);
		ck_assert_int_ne(access(text, F_OK), 0);
	}
	/* who kills the first process kills them all */
	kill(top, SIGKILL);
	rig_wait(top);
	rig_nobody_left();
	close(document);
	close(pdf);
}
END_TEST

START_TEST(wrong_arguments)
{
	int document = rig_open("utf8.txt"), pdf = rig_pdf();

	ck_assert_int_eq(rig_wait(rig_start(document, pdf, "fr", "5", "5")), SEK_CONVERT_USAGE);
	ck_assert_int_eq(rig_wait(rig_start(document, pdf, "en", "0", "5")), SEK_CONVERT_USAGE);
	ck_assert_int_eq(rig_wait(rig_start(document, document, "en", "5", "5")), SEK_CONVERT_USAGE);
	close(document);
	close(pdf);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("convert");
	TCase *c = tcase_create("documents");
	bool with_office = argc > 1 && strcmp(argv[1], "office") == 0;
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(c, rig_begin, rig_end);
	tcase_set_timeout(c, 200);
	if (with_office) {
		tcase_add_loop_test(c, office_kinds, 0, (int)(sizeof office / sizeof office[0]));
		tcase_add_loop_test(c, time_is_kept, 1, 2);
		tcase_add_loop_test(c, jails, 1, 2);
	} else {
		tcase_add_test(c, plain_kinds);
		tcase_add_loop_test(c, time_is_kept, 0, 1);
		tcase_add_loop_test(c, jails, 0, 1);
		tcase_add_test(c, wrong_arguments);
	}
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
