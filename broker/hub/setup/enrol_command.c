/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `sekisho-setup enrol`: one more render host for a site that runs.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/hub/setup/enrol.h"
#include "broker/hub/setup/words.h"

static void say_result(struct setup *s, enum enrol_result r, const char *err)
{
	switch (r) {
	case ENROL_DONE: SAY(s, w_enrolled, s->host_name, s->host); break;
	case ENROL_CONNECT: SAY(s, w_enrol_connect, s->host, s->render_port, s->outer); break;
	case ENROL_SILENT: SAY(s, w_enrol_silent, s->host); break;
	case ENROL_CODE: SAY(s, w_enrol_code, s->host); break;
	case ENROL_JAIL: SAY(s, w_enrol_jail); break;
	case ENROL_SIGN: SAY(s, w_enrol_sign, err); break;
	case ENROL_STORE: SAY(s, w_enrol_store, s->host_name); break;
	case ENROL_INTERNAL: SAY(s, w_internal); break;
	}
}

/* Is a certificate of that name still good? Then another machine (or the same one anew) is to take its place. */
static bool may_replace(struct setup *s, bool *ret_replace)
{
	const struct sek_pki_entry *e;
	struct sek_pki *pki = NULL;
	struct sek_phrase text;
	char err[600], en[300], ja[300];
	bool good = false;
	size_t n, i;

	*ret_replace = false;
	if (!sek_is_ok(sek_pki_open(s->ca, &pki, err, sizeof err)))
		return true; /* signing will say why */
	e = sek_pki_entries(pki, &n);
	for (i = 0; i < n; i++)
		good |= strcmp(e[i].name, s->host_name) == 0 && !e[i].revoked && e[i].until > time(NULL);
	sek_pki_close(pki);
	if (!good)
		return true;
	snprintf(en, sizeof en, w_replace_host.en, s->host_name);
	snprintf(ja, sizeof ja, w_replace_host.ja, s->host_name);
	text = (struct sek_phrase){ en, ja };
	*ret_replace = sek_question_yes(&s->q, "replace_host", &text, false);
	return *ret_replace;
}

bool setup_enrol_host(struct setup *s)
{
	struct enrolment e = { .source = s->outer, .address = s->host, .port = (uint16_t)s->render_port, .name = s->host_name, .code = s->code, .ca = s->ca };
	enum enrol_result r;
	char err[600];

	if (!may_replace(s, &e.replace))
		return false;
	r = enrol_run(&e, err, sizeof err);
	say_result(s, r, err);
	return r == ENROL_DONE;
}

/* What setup was answered, of the keys that we need. */
static bool recall(struct setup *s)
{
	static const char *const keys[] = { "ca", "outer" };
	char *where[] = { s->ca, s->outer }, path[PATH_MAX], *text = NULL;
	struct sek_answers a = { .n = 0 };
	size_t line, i;
	bool ok;

	setup_path(s, "setup.answers", path);
	ok = sek_is_ok(sek_file_read(path, &text, NULL)) && sek_is_ok(sek_answers_parse(text, &a, &line));
	free(text);
	for (i = 0; i < 2; i++) {
		const struct sek_answer *x = ok ? sek_answers_find(&a, keys[i]) : NULL;

		if (x && !where[i][0])
			snprintf(where[i], SEK_ANSWER_BYTES, "%s", x->text);
	}
	sek_answers_finish(&a);
	return s->ca[0] && s->outer[0];
}

static bool take_code(struct setup *s)
{
	char typed[SETUP_PASSWORD_BYTES];

	for (;;) {
		if (!s->q.path) {
			fputs(sek_say(&s->q, &w_type_code), s->q.out);
			fflush(s->q.out);
		}
		if (!fgets(typed, sizeof typed, s->q.in))
			return false;
		typed[strcspn(typed, "\r\n")] = '\0';
		if (sek_is_ok(sek_enrol_code_read(typed, s->code)))
			return true;
		SAY(s, w_bad_code);
		if (!isatty(fileno(s->q.in)))
			return false;
	}
}

/* Tells the broker that runs; if there is none, says what to type later. */
static void add_to_farm(struct setup *s)
{
	char ctl[PATH_MAX], port[8];
	const char *argv[] = { ctl, "--socket", NULL, "host", "add", s->host_name, s->host, port, "--reason", "enrolment (sekisho-setup)", NULL };
	const char *socket = getenv("SEKISHO_SOCKET");

	argv[2] = socket ? socket : s->control;
	snprintf(port, sizeof port, "%u", s->render_port);
	if (access(argv[2], F_OK) == 0 && sek_setup_sibling("sekishoctl", ctl, sizeof ctl) && sek_setup_run(argv, NULL, NULL, NULL, 0) == 0)
		SAY(s, w_added, s->host_name);
	else
		SAY(s, w_add_by_hand, s->host_name, s->host, port);
}

int setup_enrol_command(struct setup *s, int argc, char **argv)
{
	if (argc != 2 || strlen(argv[0]) > SEK_PKI_NAME_MAX_BYTES) {
		fputs(sek_say(&s->q, &w_usage), stderr);
		return 2;
	}
	snprintf(s->host_name, sizeof s->host_name, "%s", argv[0]);
	snprintf(s->host, sizeof s->host, "%s", argv[1]);
	if (!recall(s)) {
		SAY(s, w_not_set_up);
		return 1;
	}
	if (!take_code(s)) {
		SAY(s, w_stopped);
		return 1;
	}
	(void)setup_firewall_add_host(s, s->host);
	if (!setup_enrol_host(s))
		return 1;
	(void)setup_copy_trust(s);
	add_to_farm(s);
	return 0;
}
