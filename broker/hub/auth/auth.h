/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is there: log-in with name and password, cookies, stream tokens. Everything is called on the loop's thread; what
 * blocks (hashing, the store) runs in libuv's pool, at most SEK_AUTH_HASHING passwords at once, and the answer comes by
 * a callback. Password rules: password.h; how often one may try: throttle.h.
 *
 * The store is the truth about log-ins, and several brokers may share it: what another broker, or `sekisho-broker user disable` and the
 * like, write there, the table in memory follows within half a second; a cookie that is not known here is looked for there at once.
 */
#ifndef SEK_BROKER_HUB_AUTH_AUTH_H
#define SEK_BROKER_HUB_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/auth/certificate.h"
#include "broker/hub/auth/ldap.h"
#include "broker/hub/auth/logins.h"
#include "broker/hub/auth/needs.h"
#include "broker/hub/auth/tokens.h"
#include "broker/hub/auth/totp.h"
#include "broker/hub/store/store.h"

#define SEK_AUTH_HASHING 2   /* passwords looked at at the same time: each takes 64 MiB and a core for 50 to 100 ms */
#define SEK_AUTH_QUEUE 128   /* tries that wait for that or for their delay; more are told to come back */
/* Of them, so that a crowd neither keeps everybody else waiting nor shuts out the one whose name it uses: */
#define SEK_AUTH_QUEUE_ADDRESS 32 /* from one address (a terminal server has many users) */
#define SEK_AUTH_QUEUE_ACCOUNT 4  /* for one account from one address */
#define SEK_AUTH_BUSY_S 2    /* when to come back then */
#define SEK_AUTH_FETCHES 256 /* cookies that are looked for in the store at a time */
#define SEK_AUTH_LOOK_MS 250 /* so often the store is asked whether somebody else has written */

struct sek_auth;

struct sek_auth_config {
	uint32_t idle_s;    /* a log-in ends after this long without a request or an input event */
	uint32_t maximum_s; /* and at this age in any case */
	struct sek_audit *audit; /* NULL: nothing is recorded (tests) */
	/* All pointers must outlive the auth. */
	uint32_t needs;          /* enum sek_factor: of users none of whose groups says anything; 0 = a password */
	const uint8_t *key;      /* SEK_TOTP_KEY_BYTES: seals second factors; NULL = none can be used */
	bool enrol_allowed;      /* a generator is set up only while an administrator allows it (sek_store_totp_allow) */
	const char *issuer;      /* what generators show beside the user's name; NULL = "Sekisho" */
	const struct sek_ldap_config *ldap;                /* NULL: local users only */
	const struct sek_certificate_config *certificates; /* NULL: no log-in by certificate */
	const char *notice;      /* hash of the notice that users must acknowledge (SEK_STORE_NOTICE_BYTES); NULL = none */
};

/* Loads the living log-ins and known addresses from the store (blocking: call it before the loop runs). The store must
 * outlive the result. */
sek_status sek_auth_create(uv_loop_t *loop, struct sek_store *store, const struct sek_auth_config *config,
	struct sek_auth **ret);
/* Takes nothing new, waits for what runs in the pool, saves when log-ins were last used, then calls done on the loop. */
void sek_auth_stop(struct sek_auth *a, void (*done)(void *user), void *user);
void sek_auth_destroy(struct sek_auth *a); /* after done */

/* Milliseconds of the clock that all of auth/ runs on; only goes forward. */
uint64_t sek_auth_now_ms(void);

enum sek_auth_answer {
	SEK_AUTH_OK,        /* logged in: the cookie is set */
	SEK_AUTH_WRONG,     /* no such user, wrong password, disabled: nobody outside can tell which */
	SEK_AUTH_THROTTLED, /* too many tries: retry_s */
	SEK_AUTH_BUSY,      /* too many tries of other people at this moment: retry_s */
	SEK_AUTH_NEXT_CODE,     /* right so far: a one-time code is next; ticket */
	SEK_AUTH_NEXT_ENROL,    /* the same, but the user has no generator yet: ticket, uri, secret */
	SEK_AUTH_NEXT_PASSWORD, /* the certificate is good: its user's password is next; user */
	SEK_AUTH_NEED_CERTIFICATE, /* right so far, but this user needs a certificate, and none that is good was shown */
	SEK_AUTH_ENROL_CLOSED, /* right so far, but a generator may be set up only once an administrator has allowed it */
	SEK_AUTH_WRONG_CODE,    /* or one that was used already */
	SEK_AUTH_WRONG_CERTIFICATE, /* none shown, not good, or nobody's */
	SEK_AUTH_WRONG_TICKET,  /* unknown, too old or used too often: the log-in begins anew */
	SEK_AUTH_DIRECTORY,     /* the directory cannot be asked now; local users can log in */
	SEK_AUTH_UNRECORDED, /* right, but the audit log cannot be written: no record, no log-in */
	SEK_AUTH_FAULT,     /* the store or memory failed; the log says why */
};
#define SEK_AUTH_ANSWERS (SEK_AUTH_FAULT + 1)

struct sek_auth_result {
	enum sek_auth_answer answer;
	uint32_t retry_s;
	char cookie[SEK_COOKIE_BYTES]; /* OK: for the client, and kept nowhere */
	char user[SEK_STORE_NAME_BYTES]; /* OK, NEXT_PASSWORD: the name in its one form */
	uint64_t login;                /* OK: the log-in's id */
	uint32_t roles;                /* OK: enum sek_role */
	bool consented;                /* OK: the notice was acknowledged, or there is none */
	char ticket[SEK_TOKEN_BYTES];  /* NEXT_CODE, NEXT_ENROL */
	char uri[SEK_TOTP_URI_BYTES], secret[40]; /* NEXT_ENROL: the same secret, for a QR code and to be typed */
	char recovery[SEK_RECOVERY_CODES][SEK_RECOVERY_CODE_BYTES]; /* OK after an enrolment: shown this once; else "" */
};

struct sek_auth_try;
/* Starts a log-in; name and password are hostile and copied; address is numeric. fn is called exactly once, later, never
 * from inside this call (unless it was forgotten before). NULL when out of memory. */
struct sek_auth_try *sek_auth_login(struct sek_auth *a, const char *name, size_t name_n, const char *password,
	size_t password_n, const char *address, void (*fn)(void *user, const struct sek_auth_result *r), void *user);
/* What a client shows for a log-in, in one request; everything is hostile and copied. */
struct sek_auth_proof {
	enum { SEK_PROOF_PASSWORD, SEK_PROOF_CERTIFICATE, SEK_PROOF_CODE } kind;
	const char *name, *password;  /* PASSWORD */
	size_t name_n, password_n;
	const char *ticket, *code;    /* CODE: a one-time or a recovery code */
	size_t ticket_n, code_n;
	const uint8_t *certificate;   /* any kind: what the TLS client showed, DER (certificate.h); NULL = nothing */
	size_t certificate_n;
	const char *address;          /* numeric */
};
/* The same for any kind of proof: steps follow each other until the answer is SEK_AUTH_OK. */
struct sek_auth_try *sek_auth_prove(struct sek_auth *a, const struct sek_auth_proof *proof,
	void (*fn)(void *user, const struct sek_auth_result *r), void *user);
/* The user gives a half log-in up: its ticket (hostile), if it is one of this address, is void in a moment, and with it a generator that was not
 * enrolled to the end. */
void sek_auth_cancel(struct sek_auth *a, const char *ticket, size_t n, const char *address);
/* The asker is gone: fn will not be called. A log-in that worked is ended at once. */
void sek_auth_forget(struct sek_auth_try *t);

/* The living log-in of a cookie of n bytes (hostile), and counts as its use; NULL if there is none. Good until the loop
 * goes on. */
const struct sek_login *sek_auth_check(struct sek_auth *a, const char *cookie, size_t n);
/* A cookie that sek_auth_check does not know may be of a log-in that was made at another broker of the same store a moment ago; and who has
 * not acknowledged the notice here may have done so there. True: ask the store with sek_auth_fetch before a request with it is answered. */
bool sek_auth_wants_fetch(struct sek_auth *a, const char *cookie, size_t n);
/* Asks; then fn, once, on the loop, never from inside this call, whether anything was found or not. NULL: too many ask at this moment
 * (SEK_AUTH_FETCHES), or no memory. Forgotten with sek_auth_fetch_forget (NULL is fine). */
struct sek_auth_fetch;
struct sek_auth_fetch *sek_auth_fetch(struct sek_auth *a, const char *cookie, size_t n, void (*fn)(void *user), void *user);
void sek_auth_fetch_forget(struct sek_auth_fetch *f);
/* Ends it for good (SEK_LOGIN_LOGOUT). */
void sek_auth_logout(struct sek_auth *a, uint64_t login);
/* The log-in's user did something idle_ms ago in a live session. */
void sek_auth_active(struct sek_auth *a, uint64_t login, uint64_t idle_ms);

/* The log-in's user acknowledges the notice with this hash, in this language ("ja", "en"): recorded, then stored, then fn on
 * the loop, once, never from inside this call. SEK_E_DENIED: not the present notice, or the log-in has ended; SEK_E_BUSY: the
 * audit log cannot be written. What is returned goes to sek_auth_consent_forget if the asker goes away; NULL: out of memory. */
struct sek_auth_consent;
struct sek_auth_consent *sek_auth_consent(struct sek_auth *a, uint64_t login, const char *notice, const char *lang,
	void (*fn)(void *user, sek_status status), void *user);
void sek_auth_consent_forget(struct sek_auth_consent *c);

/* Stream tokens (tokens.h), good once at whichever broker of the store they come to. What was given out here is known in memory, too, so that
 * most of what is worth nothing is refused at once; the use itself is the store's to grant. */
/* Makes one. fn, once, on the loop, never from inside this call: token NULL: the store failed, or the log-in has ended. NULL: no memory. */
struct sek_auth_token;
struct sek_auth_token *sek_auth_token_issue(struct sek_auth *a, uint64_t login, const char *address, const uint8_t session[SEK_SESSION_ID_BYTES],
	void (*fn)(void *user, const char *token), void *user);
void sek_auth_token_forget(struct sek_auth_token *t); /* also of a claim; NULL is fine */
/* What memory says of a token (hostile) that login (0 = nobody) shows; it is used up here whatever the answer is. GOOD and ELSEWHERE: to be
 * claimed. Otherwise it is void at every broker. */
enum sek_token_answer sek_auth_token_look(struct sek_auth *a, const char *token, size_t n, uint64_t login, const char *address);
/* The use: looks for the cookie's log-in too, if it is not known here. l NULL: the cookie is nobody's. session is good if answer is GOOD, l then
 * too, both during the call. NULL: no memory. */
typedef void sek_auth_claimed_fn(void *user, enum sek_token_answer answer, const struct sek_login *l, const uint8_t *session);
struct sek_auth_token *sek_auth_token_claim(struct sek_auth *a, const char *cookie, size_t cookie_n, const char *token, size_t n, const char *address,
	sek_auth_claimed_fn *fn, void *user);

/* Told of each log-in that ends. last: the user has no other. The log-in is good during the call. */
typedef void sek_auth_end_fn(void *user, const struct sek_login *l, enum sek_login_end why, bool last);
/* Up to SEK_AUTH_LISTENERS, in the order in which they came; each is known by its user. fn NULL: that one no longer. */
#define SEK_AUTH_LISTENERS 2
void sek_auth_on_end(struct sek_auth *a, sek_auth_end_fn *fn, void *user);
/* Asked, before log-ins are looked through for old ones, to report activity with sek_auth_active. */
void sek_auth_on_sweep(struct sek_auth *a, void (*fn)(void *user), void *user);

/* Looks now whether somebody else has written to the store: it has told so. */
void sek_auth_store_told(struct sek_auth *a);
size_t sek_auth_logins(const struct sek_auth *a);
/* Whether the user has any log-in that lives. */
bool sek_auth_has_login(const struct sek_auth *a, const char *user);

/* For metrics: answers given since the start, tries that wait or are looked at now, and the most that ever waited. */
struct sek_auth_counts {
	uint64_t answers[SEK_AUTH_ANSWERS];
	unsigned waiting, looking, most_waiting;
};
void sek_auth_count(const struct sek_auth *a, struct sek_auth_counts *ret);

#endif
