/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A viewer's log-in, and its session: the steps of POST /api/login and POST /api/session in one. Must never answer "OK" before all of them
 * were taken. No cookie leaves the broker.
 */
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/store/people.h"
#include "broker/hub/viewers/private.h"
#include "protocol/wire/wire.h"
#include "protocol/words/words.h"

static void answered(void *user, const struct sek_auth_result *r);

void sek_viewer_refuse(struct viewer *v, const char *key)
{
	const char *why = sek_wording(v->all->config.lang, key);
	uint8_t memory[1024];
	struct sek_writer w;

	v->all->counts.refused++;
	sek_log(SEK_LOG_INFO, "viewer.denied", "user", v->user, "address", v->address, "why", key, NULL);
	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u32(&w, 1);
	sek_write_u32(&w, (uint32_t)strlen(why));
	sek_write_bytes(&w, why, strlen(why));
	if (sek_is_ok(sek_writer_status(&w)))
		sek_viewer_put(v, memory, w.len);
	v->last = true;
	v->step = STEP_LEAVING;
	sek_viewer_deadline(v, SEK_VIEWER_REFUSED_MS);
}

/* --- the session --- */

static void begin(struct viewer *v)
{
	static const uint8_t ok[4];

	if (!sek_viewer_start(v)) {
		sek_viewer_refuse(v, "error.internal");
		return;
	}
	sek_viewer_put(v, ok, sizeof ok);
	sek_viewer_deadline(v, 0);
}

/* No record, no session. */
static void session_recorded(void *user, sek_status status)
{
	struct viewer *v = user;

	v->ticket = NULL;
	if (sek_is_ok(status)) {
		begin(v);
	} else {
		(void)sek_sessions_end_one(v->all->sessions, v->id, SEK_STATE_INTERNAL);
		sek_viewer_refuse(v, "error.audit");
	}
	sek_viewer_pump(v);
}

static void have_session(struct viewer *v, const struct sek_session_answer *a)
{
	struct sek_audit *audit = v->all->config.audit;

	if (!sek_is_ok(a->status)) {
		sek_viewer_refuse(v, sek_is(a->status, SEK_E_LIMIT) ? "error.full" : sek_is(a->status, SEK_E_DENIED) ? "error.hours" :
			sek_is(a->status, SEK_E_STORE) ? "error.recording" : "error.internal");
		return;
	}
	memcpy(v->id, a->id, sizeof v->id);
	if (a->resumed || !audit) { /* a live session goes on whatever the log does */
		begin(v);
		return;
	}
	v->ticket = sek_audit_sync(audit, session_recorded, v);
	if (v->ticket)
		return;
	(void)sek_sessions_end_one(v->all->sessions, v->id, SEK_STATE_INTERNAL);
	sek_viewer_refuse(v, "error.audit");
}

static void session_known(void *user, const struct sek_session_answer *a)
{
	struct viewer *v = user;

	v->ask = NULL;
	have_session(v, a);
	sek_viewer_pump(v);
}

static void open_session(struct viewer *v)
{
	struct sek_session_answer answer;

	v->ask = sek_sessions_ask(v->all->sessions, v->user, false, session_known, v, &answer);
	if (!v->ask)
		have_session(v, &answer);
}

/* --- the log-in --- */

static const char *reason(enum sek_auth_answer answer)
{
	switch (answer) {
	case SEK_AUTH_WRONG: return "error.login";
	case SEK_AUTH_THROTTLED: return "error.throttled";
	case SEK_AUTH_BUSY: return "error.busy";
	case SEK_AUTH_NEXT_CODE: return "vnc.code";
	case SEK_AUTH_NEXT_ENROL: return "vnc.enrol";
	case SEK_AUTH_ENROL_CLOSED: return "error.enrolment-closed";
	case SEK_AUTH_WRONG_CODE: return "error.code";
	case SEK_AUTH_WRONG_TICKET: return "error.ticket";
	case SEK_AUTH_NEXT_PASSWORD:
	case SEK_AUTH_NEED_CERTIFICATE:
	case SEK_AUTH_WRONG_CERTIFICATE: return "vnc.certificate";
	case SEK_AUTH_DIRECTORY: return "error.directory-down";
	case SEK_AUTH_UNRECORDED: return "error.audit";
	default: return "error.internal";
	}
}

static void prove_code(struct viewer *v, const struct sek_auth_result *r)
{
	const struct sek_auth_proof p = { .kind = SEK_PROOF_CODE, .ticket = r->ticket, .ticket_n = strlen(r->ticket), .code = v->code,
		.code_n = strlen(v->code), .address = v->address };

	v->login_try = sek_auth_prove(v->all->auth, &p, answered, v);
	sodium_memzero(v->code, sizeof v->code);
	if (!v->login_try)
		sek_viewer_refuse(v, "error.internal");
}

static void is_in(struct viewer *v, const struct sek_auth_result *r)
{
	memcpy(v->user, r->user, sizeof v->user);
	v->login = r->login;
	if (!(r->roles & SEK_ROLE_STAFF))
		sek_viewer_refuse(v, "error.forbidden");
	else if (!r->consented)
		sek_viewer_refuse(v, "vnc.notice");
	else
		open_session(v);
}

/* Called by auth/ from the loop. */
static void answered(void *user, const struct sek_auth_result *r)
{
	struct viewer *v = user;

	v->login_try = NULL;
	if (r->answer == SEK_AUTH_OK) {
		is_in(v, r);
	} else if (r->answer == SEK_AUTH_NEXT_CODE && v->code[0]) {
		prove_code(v, r);
	} else {
		if (r->ticket[0])
			sek_auth_cancel(v->all->auth, r->ticket, strlen(r->ticket), v->address);
		sek_viewer_refuse(v, reason(r->answer));
	}
	sek_viewer_pump(v);
}

void sek_viewer_login(struct viewer *v)
{
	const struct sek_greeting *g = &v->greeting;
	struct sek_auth_proof p = { .kind = SEK_PROOF_PASSWORD, .name = (const char *)g->name, .name_n = g->name_n,
		.password = (const char *)g->password, .address = v->address };
	size_t code;

	p.password_n = sek_greeting_cut(g->password, g->password_n, &code);
	if (code)
		memcpy(v->code, g->password + code, g->password_n - code);
	v->step = STEP_CHECKING;
	sek_viewer_deadline(v, SEK_VIEWERS_PASSWORD_MS);
	v->login_try = sek_auth_prove(v->all->auth, &p, answered, v);
	sodium_memzero(v->in, SEK_GREETING_IN_BYTES);
	if (!v->login_try)
		sek_viewer_refuse(v, "error.internal");
}

void sek_viewer_login_drop(struct viewer *v)
{
	if (v->login_try)
		sek_auth_forget(v->login_try);
	v->login_try = NULL;
	sek_session_ask_forget(v->ask);
	v->ask = NULL;
	if (v->ticket) {
		sek_audit_forget(v->ticket);
		v->ticket = NULL;
		(void)sek_sessions_end_one(v->all->sessions, v->id, SEK_STATE_INTERNAL); /* nobody will ever know of it */
	}
}
