/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Backups: folder, key, timer, and the first one at once, so that whoever set it up sees that it works.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/hub/setup/words.h"

#define DEFAULT_FOLDER "/var/backups/sekisho" /* into which the unit may write as it is */
#define UNIT "sekisho-backup"
enum { PASSPHRASE_MIN = 12 };

static bool check_folder(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char parent[SEK_ANSWER_BYTES];
	struct stat st;

	if (strcmp(answer, "none") == 0)
		return true;
	if (!setup_path_ok(answer))
		return sek_wrong(&s->q, err, err_size, &w_not_path, answer);
	if (stat(answer, &st) == 0)
		return S_ISDIR(st.st_mode) || sek_wrong(&s->q, err, err_size, &w_not_folder, answer);
	snprintf(parent, sizeof parent, "%s", answer);
	*strrchr(parent, '/') = '\0';
	return access(parent[0] ? parent : "/", W_OK | X_OK) == 0 || sek_wrong(&s->q, err, err_size, &w_no_parent, parent[0] ? parent : "/", "-");
}

static bool check_backup_key(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	return strcmp(answer, "make") == 0 || setup_is_public_key(answer) || sek_wrong(&s->q, err, err_size, &w_bad_backup_key, answer);
}

void setup_ask_backup(struct setup *s)
{
	char path[PATH_MAX];

	setup_path(s, "backup.pub", path);
	if (!sek_question(&s->q, &ask_backup, "none", check_folder, s, s->backup) || strcmp(s->backup, "none") == 0)
		return;
	if (!sek_question(&s->q, &ask_backup_key, "make", check_backup_key, s, s->backup_key) || strcmp(s->backup_key, "make") != 0 || access(path, F_OK) == 0)
		return;
	while (setup_secret(s, "backup_passphrase_file", &w_ask_backup_passphrase, true, s->backup_passphrase) &&
	       strlen(s->backup_passphrase) < PASSPHRASE_MIN) {
		SAY(s, w_bad_passphrase, PASSPHRASE_MIN);
		if (s->q.path) {
			s->q.wrong++;
			return;
		}
	}
}

static bool key(struct setup *s)
{
	char program[PATH_MAX], public[PATH_MAX], secret[PATH_MAX], said[2048] = "", *text = NULL;
	bool ok;

	setup_path(s, "backup.pub", public);
	if (strcmp(s->backup_key, "make") != 0) {
		ok = sek_is_ok(sek_file_read(s->backup_key, &text, NULL)) &&
			sek_setup_write(&s->q, public, text, strlen(text), 0644, setup_owner(s)) != SEK_WROTE_FAILED;
		free(text);
		return ok;
	}
	if (access(public, F_OK) == 0) {
		SAY(s, w_recording_there, public);
		return true;
	}
	snprintf(secret, sizeof secret, "%s/backup.secret", s->ca);
	if (!s->q.dry_run) {
		ok = sek_setup_sibling("sekisho-backup", program, sizeof program) && sek_setup_run((const char *const[]){ program, "keygen", public, secret,
			NULL }, s->backup_passphrase, NULL, said, sizeof said) == 0;
		if (!ok) {
			SAY(s, w_backup_failed, said);
			return false;
		}
		(void)chmod(public, 0644);
	}
	SAY(s, w_backup_key_made, public, secret);
	return true;
}

bool setup_backup_files(struct setup *s)
{
	return strcmp(s->backup, "none") == 0 || (key(s) && sek_setup_folder(&s->q, s->backup, 0700, setup_owner(s)));
}

/* Elsewhere than where the package expects them the unit has to be told. */
static bool open_unit(struct setup *s)
{
	char text[SEK_ANSWER_BYTES + 64];

	if (strcmp(s->backup, DEFAULT_FOLDER) == 0)
		return true;
	snprintf(text, sizeof text, "[Service]\nReadWritePaths=%s\n", s->backup);
	return sek_setup_folder(&s->q, "/etc/systemd/system/" UNIT ".service.d", 0755, NULL) &&
		sek_setup_write(&s->q, "/etc/systemd/system/" UNIT ".service.d/folder.conf", text, strlen(text), 0644, NULL) != SEK_WROTE_FAILED &&
		sek_setup_run((const char *const[]){ "systemctl", "daemon-reload", NULL }, NULL, NULL, NULL, 0) == 0;
}

bool setup_backup_start(struct setup *s)
{
	char said[4096] = "";

	if (strcmp(s->backup, "none") == 0)
		return true;
	if (open_unit(s) &&
	    sek_setup_run((const char *const[]){ "systemctl", "--quiet", "enable", "--now", UNIT ".timer", NULL }, NULL, NULL, said, sizeof said) == 0 &&
	    sek_setup_run((const char *const[]){ "systemctl", "start", UNIT ".service", NULL }, NULL, NULL, said, sizeof said) == 0) {
		SAY(s, w_backup_made, s->backup, s->state);
		return true;
	}
	SAY(s, w_backup_failed, said);
	return false;
}
