/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A log-in by steps (docs/api.md): which request comes next, and what an answer makes of it. No I/O, no drawing: whoever owns
 * it sends the requests and shows the steps.
 */
#ifndef SEK_CLIENT_VIEWER_LOGIN_H
#define SEK_CLIENT_VIEWER_LOGIN_H

#include <jansson.h>
#include <stdbool.h>

enum login_step {
	LOGIN_PASSWORD, /* user and password */
	LOGIN_CODE,     /* a one-time code */
	LOGIN_ENROL,    /* a code generator is set up, and its first code */
	LOGIN_RECOVERY, /* the recovery codes are shown */
	LOGIN_NOTICE,   /* the site's notice is shown */
	LOGIN_NO_ROLE,  /* logged in, but without the role for browsing */
	LOGIN_DONE,     /* a session can be opened */
};

struct login {
	enum login_step step;
	bool busy;             /* an answer is awaited, or */
	bool crowded;          /* the broker had no hand free: the same is asked again after retry_s, ten times at most */
	unsigned turns;        /* how often it was */
	char user[256];        /* as the broker knows him or her */
	char ticket[128], notice[128];
	char error[64];        /* key of words, "" if there is none */
	char note[64];         /* key of words, likewise */
	unsigned retry_s;      /* so many seconds after the answer another attempt makes sense; 0: at once */
	char *text;            /* the notice or the recovery codes, UTF-8; heap; or NULL */
	char secret[128];      /* of a new code generator */
	char *qr;              /* its QR code, rows of 0 and 1 one after the other; heap; or NULL */
	int qr_side;
};

/* A request to be sent; body NULL: a GET, otherwise the receiver's. path NULL: there is none. */
struct login_request {
	const char *path;
	json_t *body;
};

void login_init(struct login *l);
/* Forgets everything, and begins anew with words about why (a key, "" if nothing is to be said). */
void login_restart(struct login *l, const char *error, const char *note);
void login_finish(struct login *l);

/* What the user does in a step. The first two set an error and give no request if something was left out. */
struct login_request login_password(struct login *l, const char *user, const char *password);
struct login_request login_code(struct login *l, const char *code);
/* The client's certificate alone. */
struct login_request login_certificate(struct login *l);
/* LOGIN_RECOVERY: they are kept. */
struct login_request login_go_on(struct login *l);
/* LOGIN_NOTICE: it was read. english: the language that it was shown in. */
struct login_request login_acknowledge(struct login *l, bool english);
/* The wait is over: the caller asks once more. */
void login_take_turn(struct login *l);
/* Gives up what was begun. */
struct login_request login_cancel(struct login *l);

/* An answer (hostile), status 0 and NULL if there was none. english: which text of the notice is wanted. May give the next request. */
struct login_request login_answer(struct login *l, int status, const json_t *answer, bool english);
/* Word of an error's answer as a key of words ("error.login"), "error.network", "error.unexpected". */
void login_error_key(int status, const json_t *answer, char *ret, size_t size);

#endif
