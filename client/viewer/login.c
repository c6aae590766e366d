/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps of a log-in. Never keeps a password or a code: they go into a request and are forgotten.
 */
#include "client/viewer/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/words.h"

enum { MOST_TURNS = 10 };

static const struct login_request nothing = { NULL, NULL };

static void set(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

void login_init(struct login *l)
{
	*l = (struct login){ .step = LOGIN_PASSWORD };
}

void login_finish(struct login *l)
{
	free(l->text);
	free(l->qr);
	explicit_bzero(l, sizeof *l);
}

void login_restart(struct login *l, const char *error, const char *note)
{
	char user[sizeof l->user], keep_error[sizeof l->error], keep_note[sizeof l->note];

	set(user, sizeof user, l->user);
	set(keep_error, sizeof keep_error, error);
	set(keep_note, sizeof keep_note, note);
	login_finish(l);
	set(l->user, sizeof l->user, user);
	set(l->error, sizeof l->error, keep_error);
	set(l->note, sizeof l->note, keep_note);
}

static struct login_request ask(struct login *l, const char *path, json_t *body)
{
	l->busy = true;
	l->error[0] = l->note[0] = 0;
	l->retry_s = 0;
	return (struct login_request){ path, body };
}

struct login_request login_password(struct login *l, const char *user, const char *password)
{
	if (l->busy)
		return nothing;
	set(l->user, sizeof l->user, user);
	l->note[0] = 0;
	set(l->error, sizeof l->error, !user[0] ? "login.need-user" : !password[0] ? "login.need-password" : "");
	if (l->error[0])
		return nothing;
	return ask(l, "/api/login", json_pack("{s:s,s:s}", "user", user, "password", password));
}

/* Full-width digits come from an input method that was left on; spaces from how codes are shown. */
static void narrow(const char *text, char *ret, size_t size)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (strncmp(text, "\xef\xbc", 2) == 0 && (unsigned char)text[2] >= 0x90 && (unsigned char)text[2] <= 0x99) {
			ret[n++] = (char)('0' + ((unsigned char)text[2] - 0x90));
			text += 2;
		} else if (strncmp(text, "\xe3\x80\x80", 3) == 0) {
			text += 2;
		} else if (*text != ' ') {
			ret[n++] = *text;
		}
	}
	ret[n] = 0;
}

struct login_request login_code(struct login *l, const char *code)
{
	char narrowed[64];

	if (l->busy)
		return nothing;
	narrow(code, narrowed, sizeof narrowed);
	set(l->error, sizeof l->error, narrowed[0] ? "" : "step.need-code");
	if (l->error[0])
		return nothing;
	return ask(l, "/api/login/code", json_pack("{s:s,s:s}", "ticket", l->ticket, "code", narrowed));
}

struct login_request login_certificate(struct login *l)
{
	return l->busy ? nothing : ask(l, "/api/login/certificate", json_object());
}

struct login_request login_acknowledge(struct login *l, bool english)
{
	if (l->busy)
		return nothing;
	return ask(l, "/api/notice/acknowledge", json_pack("{s:s,s:s}", "notice", l->notice, "lang", english ? "en" : "ja"));
}

struct login_request login_cancel(struct login *l)
{
	struct login_request r = nothing;
	enum login_step step = l->step;

	if (l->busy)
		return nothing;
	if (step == LOGIN_CODE || step == LOGIN_ENROL)
		r = (struct login_request){ "/api/login/cancel", json_pack("{s:s}", "ticket", l->ticket) };
	else if (step != LOGIN_PASSWORD)
		r = (struct login_request){ "/api/logout", json_object() };
	login_restart(l, "", step == LOGIN_ENROL ? "step.enrol.cancelled" : step == LOGIN_NOTICE ? "notice.refused" : "");
	return r;
}

void login_take_turn(struct login *l)
{
	l->busy = l->crowded = false;
}

void login_error_key(int status, const json_t *answer, char *ret, size_t size)
{
	const char *word = json_string_value(json_object_get(answer, "error"));

	snprintf(ret, size, "error.%s", status == 0 ? "network" : word ? word : "unexpected");
	if (!viewer_has_words(ret))
		snprintf(ret, size, "error.unexpected");
}

static bool has_role(const json_t *answer, const char *role)
{
	const json_t *roles = json_object_get(answer, "roles");

	for (size_t i = 0; i < json_array_size(roles); i++)
		if (json_is_string(json_array_get(roles, i)) && strcmp(json_string_value(json_array_get(roles, i)), role) == 0)
			return true;
	return false;
}

/* Logged in: what is still between that and a session. */
static struct login_request enter(struct login *l, bool staff, bool notice)
{
	l->step = staff ? LOGIN_DONE : LOGIN_NO_ROLE;
	if (!staff || !notice)
		return nothing;
	l->step = LOGIN_NOTICE;
	return ask(l, "/api/notice", NULL);
}

struct login_request login_go_on(struct login *l)
{
	bool notice = l->notice[0] != 0;

	free(l->text);
	l->text = NULL;
	l->notice[0] = 0;
	return enter(l, l->ticket[0] == 0, notice);
}

/* The codes a line each; what is still to come is kept in the two members that this step does not use. */
static void show_recovery(struct login *l, const json_t *codes, const json_t *answer)
{
	size_t n = json_array_size(codes), size = n * 64 + 1, used = 0;

	free(l->text);
	l->text = calloc(1, size);
	for (size_t i = 0; l->text && i < n; i++) {
		const char *code = json_string_value(json_array_get(codes, i));

		if (code && strlen(code) < 63)
			used += (size_t)snprintf(l->text + used, size - used, "%s\n", code);
	}
	l->step = LOGIN_RECOVERY;
	set(l->ticket, sizeof l->ticket, has_role(answer, "staff") ? "" : "none");
	set(l->notice, sizeof l->notice, json_is_true(json_object_get(answer, "notice")) ? "yes" : "");
}

static void keep_qr(struct login *l, const json_t *rows)
{
	size_t side = json_array_size(rows);

	free(l->qr);
	l->qr = side > 0 && side <= 128 ? malloc(side * side + 1) : NULL;
	l->qr_side = 0;
	for (size_t y = 0; l->qr && y < side; y++) {
		const char *row = json_string_value(json_array_get(rows, y));

		if (!row || strlen(row) != side) {
			free(l->qr);
			l->qr = NULL;
			return;
		}
		memcpy(l->qr + y * side, row, side + 1);
	}
	if (l->qr)
		l->qr_side = (int)side;
}

/* The answer to a proof that was good. */
static struct login_request proven(struct login *l, const json_t *answer)
{
	const char *next = json_string_value(json_object_get(answer, "next"));
	const char *user = json_string_value(json_object_get(answer, "user"));

	if (user)
		set(l->user, sizeof l->user, user);
	if (next && strcmp(next, "password") == 0) {
		l->step = LOGIN_PASSWORD;
		set(l->note, sizeof l->note, "login.certificate-good");
		return nothing;
	}
	if (next) {
		l->step = strcmp(next, "enrol") == 0 ? LOGIN_ENROL : LOGIN_CODE;
		set(l->ticket, sizeof l->ticket, json_string_value(json_object_get(answer, "ticket")));
		set(l->secret, sizeof l->secret, json_string_value(json_object_get(answer, "secret")));
		keep_qr(l, json_object_get(answer, "qr"));
		return nothing;
	}
	if (!user) {
		set(l->error, sizeof l->error, "error.unexpected");
		return nothing;
	}
	if (json_array_size(json_object_get(answer, "recovery")) > 0) {
		show_recovery(l, json_object_get(answer, "recovery"), answer);
		return nothing;
	}
	return enter(l, has_role(answer, "staff"), json_is_true(json_object_get(answer, "notice")));
}

/* GET /api/notice, or the acknowledgement. */
static struct login_request noticed(struct login *l, const json_t *answer, bool english)
{
	const json_t *hash = json_object_get(answer, "notice");
	const char *text = json_string_value(json_object_get(answer, english ? "en" : "ja"));

	if (!hash || !json_is_string(hash) || json_is_true(json_object_get(answer, "acknowledged"))) {
		l->step = LOGIN_DONE; /* the acknowledgement is on the record, or there is none to be made */
		return nothing;
	}
	set(l->notice, sizeof l->notice, json_string_value(hash));
	free(l->text);
	l->text = strdup(text ? text : "");
	return nothing;
}

struct login_request login_answer(struct login *l, int status, const json_t *answer, bool english)
{
	json_int_t retry = json_integer_value(json_object_get(answer, "retry_s"));

	l->busy = l->crowded = false;
	if (status == 200 && json_is_object(answer)) {
		l->turns = 0;
		return l->step == LOGIN_NOTICE ? noticed(l, answer, english) : proven(l, answer);
	}
	login_error_key(status, answer, l->error, sizeof l->error);
	l->retry_s = retry > 0 && retry < 86400 ? (unsigned)retry : 0;
	if (l->step == LOGIN_PASSWORD && strcmp(l->error, "error.busy") == 0 && ++l->turns < MOST_TURNS) {
		l->busy = l->crowded = true;
		l->error[0] = 0;
		l->retry_s = l->retry_s ? l->retry_s : 1;
		set(l->note, sizeof l->note, "login.crowded");
		return nothing;
	}
	l->turns = 0;
	if (l->step == LOGIN_NOTICE && strcmp(l->error, "error.conflict") == 0)
		return ask(l, "/api/notice", NULL); /* it is another one now */
	if (strcmp(l->error, "error.ticket") == 0 || strcmp(l->error, "error.login-required") == 0)
		login_restart(l, "error.ticket", "");
	return nothing;
}
