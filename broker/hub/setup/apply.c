/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Doing what was answered, in an order in which whatever fails leaves something that the next run goes on from.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "broker/hub/setup/words.h"

enum { OUTPUT_BYTES = 16384, TRIES = 100, PAUSE_MS = 200 };

static bool put(struct setup *s, const char *name, const char *text, mode_t mode, const struct sek_owner *owner)
{
	char path[PATH_MAX];

	setup_path(s, name, path);
	return sek_setup_write(&s->q, path, text, strlen(text), mode, owner) != SEK_WROTE_FAILED;
}

/* Of root, and readable for the broker's group. */
static const struct sek_owner *readable(const struct setup *s, struct sek_owner *ret)
{
	*ret = (struct sek_owner){ 0, s->owner.gid };
	return s->has_owner ? ret : NULL;
}

static bool has_directory(const struct setup *s)
{
	return strcmp(s->directory, "none") != 0;
}

static bool directory_files(struct setup *s)
{
	char *text = NULL;
	bool ok;

	if (!has_directory(s))
		return true;
	if (!sek_is_ok(sek_file_read(s->directory_ca, &text, NULL))) {
		SAY(s, w_cannot_read, s->directory_ca);
		return false;
	}
	ok = put(s, "directory-ca.crt", text, 0644, setup_owner(s)) && put(s, "directory.password", s->bind_password, 0600, setup_owner(s));
	free(text);
	return ok;
}

static bool recording_key(struct setup *s)
{
	char program[PATH_MAX], public[PATH_MAX], secret[PATH_MAX], said[2048] = "", *text = NULL;
	bool ok;

	setup_path(s, "recording.pub", public);
	if (strcmp(s->recording, "no") == 0)
		return true;
	if (strcmp(s->recording, "make") != 0) {
		ok = sek_is_ok(sek_file_read(s->recording, &text, NULL)) && put(s, "recording.pub", text, 0644, setup_owner(s));
		free(text);
		return ok;
	}
	if (access(public, F_OK) == 0) {
		SAY(s, w_recording_there, public);
		return true;
	}
	snprintf(secret, sizeof secret, "%s/recording.secret", s->ca);
	if (!s->q.dry_run) {
		ok = sek_setup_sibling("sekisho-recording", program, sizeof program) && sek_setup_run((const char *const[]){ program, "keygen", public, secret,
			NULL }, s->passphrase, NULL, said, sizeof said) == 0;
		if (!ok) {
			SAY(s, w_recording_failed, said);
			return false;
		}
		(void)chmod(public, 0644);
	}
	SAY(s, w_recording_made, public, secret);
	return true;
}

static void yaml_directory(const struct setup *s, FILE *f)
{
	fprintf(f, "login:\n  ldap:\n    url: '%s'\n    ca: directory-ca.crt\n    bind_dn: '%s'\n    bind_password_file: directory.password\n"
		"    base: '%s'\n    filter: '%s'\n    groups: memberOf\n", s->directory, s->bind_dn, s->base, s->filter);
}

static void yaml(const struct setup *s, FILE *f)
{
	char web[PATH_MAX] = "/usr/share/sekisho/web", beside[PATH_MAX];
	const char *hosts[] = { s->name, strcmp(s->name, s->inner) != 0 ? s->inner : NULL };
	size_t i;

	if (access(web, F_OK) != 0 && sek_setup_sibling("../web", beside, sizeof beside)) /* not installed: where it was built */
		snprintf(web, sizeof web, "%s", beside);
	fprintf(f, "# Made by sekisho-setup; every key, and those that are not here, is explained in broker.yaml(5).\n"
		"inner:\n  address: '%s'\n  port: %u\n  certificate: https.crt\n  key: https.key\n  origins:\n", s->inner, s->https_port);
	for (i = 0; i < 2 && hosts[i]; i++) {
		char host[SEK_ANSWER_BYTES + 2];

		sek_address_in_url(hosts[i], host, sizeof host);
		fprintf(f, s->https_port == 443 ? "    - 'https://%s'\n" : "    - 'https://%s:%u'\n", host, s->https_port);
	}
	fprintf(f, "outer:\n  address: '%s'\npki:\n  ca: ca.crt\n  crl: ca.crl\n  intermediate_certificate: broker.crt\n  intermediate_key: broker.key\n",
		s->outer);
	if (s->host_enrolled)
		fprintf(f, "render_hosts:\n  - name: %s\n    address: '%s'\n    port: %u\n", s->host_name, s->host, s->render_port);
	fprintf(f, "store:\n  path: %s/broker.db\n", s->state);
	setup_database_yaml(s, f);
	fprintf(f, "web_root: %s\n", web);
	if (has_directory(s))
		yaml_directory(s, f);
	if (strcmp(s->recording, "no") != 0)
		fprintf(f, "recording:\n  public_key: recording.pub\n");
	if (strcmp(s->backup, "none") != 0)
		fprintf(f, "backup:\n  folder: %s\n  public_key: backup.pub\n", s->backup);
	fprintf(f, "control:\n  path: %s\n", s->control);
}

/* A host that was enrolled by an earlier run stands in the file that is there. */
static void keep_host(struct setup *s, const char *path)
{
	char *text = NULL, *at;

	if (s->host_enrolled || !sek_is_ok(sek_file_read(path, &text, NULL)))
		return;
	at = strstr(text, "\nrender_hosts:\n  - name: ");
	if (at && sscanf(at, "\nrender_hosts:\n  - name: %63s\n    address: '%63[^']'\n    port: %u\n", s->host_name, s->host, &s->render_port) == 3)
		s->host_enrolled = true;
	free(text);
}

static bool configuration(struct setup *s)
{
	char path[PATH_MAX], *text = NULL;
	struct sek_owner owner;
	size_t size = 0;
	FILE *f;
	bool ok;

	setup_path(s, "broker.yaml", path);
	keep_host(s, path);
	f = open_memstream(&text, &size);
	if (!f)
		return false;
	yaml(s, f);
	ok = fclose(f) == 0 && put(s, "broker.yaml", text, 0640, readable(s, &owner));
	free(text);
	return ok;
}

static int broker(struct setup *s, const char *const *words, const char *input, char *output, size_t size)
{
	char program[PATH_MAX], path[PATH_MAX];
	const char *argv[12] = { program, "--config", path };
	size_t n = 3;

	setup_path(s, "broker.yaml", path);
	if (!sek_setup_sibling("sekisho-broker", program, sizeof program))
		return -1;
	while (*words && n < 11)
		argv[n++] = *words++;
	return sek_setup_run(argv, input, setup_owner(s), output, size);
}

static bool check(struct setup *s)
{
	char said[OUTPUT_BYTES] = "";

	if (broker(s, (const char *const[]){ "--check-config", NULL }, NULL, said, sizeof said) == 0)
		return true;
	SAY(s, w_check_failed, said);
	return false;
}

static bool administrator(struct setup *s)
{
	const bool made = !s->password[0];
	char said[OUTPUT_BYTES] = "";
	int r;

	if (strcmp(s->administrator, "none") == 0)
		return true;
	r = broker(s, (const char *const[]){ "user", "first-admin", s->administrator, made ? "--generate" : "--password-stdin", NULL },
		made ? NULL : s->password, said, sizeof said);
	sodium_memzero(s->password, sizeof s->password);
	if (r == 0 && made)
		SAY(s, w_administrator_made, s->administrator, said);
	else if (r == 0)
		SAY(s, w_administrator, s->administrator);
	else
		SAY(s, w_administrator_failed, s->administrator, said);
	sodium_memzero(said, sizeof said);
	return r == 0;
}

static bool selfcheck(struct setup *s)
{
	char program[PATH_MAX];
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	const char *argv[] = { program, "--socket", s->control, "--lang", s->q.ja ? "ja" : "en", "selfcheck", NULL };
	char said[OUTPUT_BYTES] = "";
	int r = -1, i;

	if (!sek_setup_sibling("sekishoctl", program, sizeof program))
		return false;
	for (i = 0; i < TRIES && access(s->control, F_OK) != 0; i++)
		nanosleep(&pause, NULL);
	r = sek_setup_run(argv, NULL, NULL, said, sizeof said);
	fprintf(s->q.out, "\n%s", said);
	return r >= 0 && r != 3; /* what it found is on the screen, with what to do */
}

static bool start(struct setup *s)
{
	if (setup_moves(s)) {
		SAY(s, w_move_by_hand);
		return true;
	}
	if (s->no_start || access("/run/systemd/system", F_OK) != 0) {
		SAY(s, w_start_by_hand);
		return true;
	}
	(void)sek_setup_run((const char *const[]){ "/lib/systemd/systemd-sysctl", "60-sekisho-broker.conf", NULL }, NULL, NULL, (char[256]){ 0 }, 256);
	(void)sek_setup_run((const char *const[]){ "systemctl", "reset-failed", "sekisho-broker", NULL }, NULL, NULL, (char[256]){ 0 }, 256);
	/* a broker that runs hands its sessions to the next one */
	if (sek_setup_run((const char *const[]){ "systemctl", "restart", "sekisho-broker", NULL }, NULL, NULL, NULL, 0) != 0) {
		SAY(s, w_not_started);
		return false;
	}
	SAY(s, w_started);
	if (!setup_backup_start(s)) {
		(void)selfcheck(s);
		return false;
	}
	return selfcheck(s);
}

/* What has been done is not to be done by the next run. */
static void forget_done(struct setup *s)
{
	static const char *const once[] = { "render_host", "render_name", "render_code", "administrator" };
	size_t i;

	for (i = s->host_enrolled ? 0 : 2; i < sizeof once / sizeof once[0]; i++)
		sek_answers_remove(&s->q.given, once[i]);
}

static void remember(struct setup *s)
{
	char path[PATH_MAX], *text = sek_answers_text(&s->q.given, "# What sekisho-setup was answered; the next run suggests it. No secrets.\n");

	setup_path(s, "setup.answers", path);
	if (!text || !sek_is_ok(sek_file_write(path, text, strlen(text), 0600, SEK_FILE_REPLACE)))
		SAY(s, w_not_remembered, path);
	free(text);
}

static void enrol(struct setup *s)
{
	if (strcmp(s->host, "later") == 0) {
		SAY(s, w_host_later);
		return;
	}
	if (s->q.dry_run) {
		SAY(s, w_would_enrol, s->host_name, s->host);
		return;
	}
	s->host_enrolled = setup_enrol_host(s);
	if (!s->host_enrolled)
		SAY(s, w_host_again, s->host_name, s->host);
	else
		(void)setup_copy_trust(s); /* signing may have revoked what was before */
}

bool setup_apply(struct setup *s)
{
	char name[SEK_ANSWER_BYTES + 2];
	struct sek_owner folder;

	SAY(s, w_doing);
	if (!sek_setup_folder(&s->q, s->etc, 0750, readable(s, &folder)) || !sek_setup_folder(&s->q, s->state, 0750, setup_owner(s)) ||
	    !setup_authority(s) || !directory_files(s) || !setup_database_files(s) || !recording_key(s) ||
	    !setup_backup_files(s))
		return false;
	enrol(s);
	if (!configuration(s))
		return false;
	if (s->q.dry_run) {
		(void)setup_firewall(s);
		SAY(s, w_dry);
		return true;
	}
	remember(s);
	if (!check(s) || !administrator(s))
		return false;
	forget_done(s);
	remember(s);
	if (!setup_firewall(s) || !start(s))
		return false;
	sek_address_in_url(s->name, name, sizeof name);
	SAY(s, w_finished, name, s->ca, s->ca, s->etc);
	return strcmp(s->host, "later") == 0 || s->host_enrolled;
}
