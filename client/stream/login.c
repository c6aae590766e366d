/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps of a log-in, as docs/api.md has them: password, perhaps a one-time code, perhaps the notice, then the session.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <oath.h>

#include "client/stream/stream_private.h"

enum { STEP_S = 30, CODE_DIGITS = 6, CODES = 2 };

bool sek_stream_post_login(struct sek_stream *s)
{
	s->codes = 0;
	return sek_stream_request(s, STEP_LOGIN, "/api/login", json_pack("{s:s,s:s}", "user", s->config.user, "password",
		s->config.password));
}

/* The code of a step. False if the secret is none. */
static bool make_code(const char *secret, uint64_t step, char ret[CODE_DIGITS + 1])
{
	char *bytes = NULL;
	size_t n = 0;
	bool ok;

	if (oath_init() != OATH_OK || oath_base32_decode(secret, strlen(secret), &bytes, &n) != OATH_OK)
		return false;
	ok = oath_hotp_generate(bytes, n, step, CODE_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION, ret) == OATH_OK;
	explicit_bzero(bytes, n);
	free(bytes);
	return ok;
}

/* Each code is good once: whoever has logged in a moment ago with this step's takes the next one's, which is good already. */
static bool send_code(struct sek_stream *s)
{
	uint64_t step = (uint64_t)time(NULL) / STEP_S + s->codes;
	const char *secret = s->secret[0] ? s->secret : s->config.totp;
	char code[CODE_DIGITS + 1];

	if (!secret || s->codes == CODES || !make_code(secret, step, code))
		return false;
	s->codes++;
	return sek_stream_request(s, STEP_CODE, "/api/login/code", json_pack("{s:s,s:s}", "ticket", s->ticket, "code", code));
}

bool sek_stream_ask_session(struct sek_stream *s)
{
	return sek_stream_request(s, STEP_SESSION, "/api/session", json_object());
}

/* A generator is to be set up: the first code proves that it works. */
static bool enrol(struct sek_stream *s, const json_t *answer)
{
	const char *secret = json_string_value(json_object_get(answer, "secret"));

	if (!s->ops.enrolled || !secret || strlen(secret) >= sizeof s->secret)
		return false;
	snprintf(s->secret, sizeof s->secret, "%s", secret);
	s->codes = 0;
	return send_code(s);
}

/* What the answer to a proof says is next. */
static bool take_next(struct sek_stream *s, const json_t *answer, enum sek_stream_failure *ret_why)
{
	const char *next = json_string_value(json_object_get(answer, "next"));
	const char *ticket = json_string_value(json_object_get(answer, "ticket"));

	if (!next && s->secret[0]) {
		s->ops.enrolled(s->user, s->secret);
		explicit_bzero(s->secret, sizeof s->secret);
	}
	if (!next && s->config.login_only) {
		*ret_why = SEK_STREAM_OK;
		sek_stream_fail(s, SEK_STREAM_OK);
		return true;
	}
	if (!next && json_is_true(json_object_get(answer, "notice"))) {
		*ret_why = SEK_STREAM_NOTICE;
		return s->config.acknowledge && sek_stream_request(s, STEP_NOTICE, "/api/notice", NULL);
	}
	if (!next)
		return sek_stream_ask_session(s);
	*ret_why = SEK_STREAM_FACTOR;
	if (!ticket || strlen(ticket) >= sizeof s->ticket)
		return false;
	snprintf(s->ticket, sizeof s->ticket, "%s", ticket);
	if (strcmp(next, "enrol") == 0)
		return enrol(s, answer);
	return strcmp(next, "code") == 0 && send_code(s);
}

static bool acknowledge(struct sek_stream *s, const json_t *answer)
{
	const char *notice = json_string_value(json_object_get(answer, "notice"));

	return notice && sek_stream_request(s, STEP_ACKNOWLEDGE, "/api/notice/acknowledge", json_pack("{s:s,s:s}", "notice", notice,
		"lang", s->config.hello.lang == SEK_LANG_JA ? "ja" : "en"));
}

bool sek_stream_login_next(struct sek_stream *s, enum sek_stream_failure *ret_why)
{
	json_t *answer = json_loadb(s->answer, s->answer_len, 0, NULL);
	bool ok = false;

	*ret_why = SEK_STREAM_LOGIN;
	if (s->http_status != 200) {
		if (s->step == STEP_CODE && s->http_status == 401)
			ok = send_code(s);
	} else if (s->step == STEP_LOGIN || s->step == STEP_CODE) {
		ok = take_next(s, answer, ret_why);
	} else if (s->step == STEP_NOTICE) {
		ok = acknowledge(s, answer);
	} else {
		ok = sek_stream_ask_session(s);
	}
	json_decref(answer);
	return ok;
}
