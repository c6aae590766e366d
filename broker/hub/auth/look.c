/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at what a client shows for a log-in: everything here runs in the pool. Must never answer OK while one factor that
 * the user's groups ask for is missing, nor take less time for a name that does not exist than for one that does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "broker/hub/auth/auth_private.h"
#include "broker/hub/store/factors.h"
#include "broker/hub/store/groups.h"

/* --- what the user needs --- */

struct needs {
	uint32_t needs;
	bool damaged;
};

static void add_needs(void *ctx, const struct sek_store_group *g, enum sek_user_source source)
{
	struct needs *n = ctx;
	uint32_t needs = 0;

	(void)source;
	if (g->needs[0] == '\0')
		return;
	if (!sek_needs_parse(g->needs, &needs))
		n->damaged = true;
	n->needs |= needs;
}

/* The factors of all the user's groups together; the site's if none of them says anything. */
static sek_status needs_of(struct sek_auth *a, const char *user, uint32_t *ret)
{
	struct needs n = { 0 };

	SEK_TRY(sek_store_groups_of(a->store, user, add_needs, &n));
	if (n.damaged)
		return sek_fail(SEK_E_STORE);
	*ret = n.needs ? n.needs : a->config.needs;
	return sek_ok();
}

/* --- what follows from what was shown --- */

static void complete(struct sek_auth_try *t, const struct sek_store_user *u)
{
	struct sek_store_login login = { .user_id = u->id, .factors = t->half.have };
	struct sek_store_person person = { .source = SEK_USER_LOCAL };
	int64_t when = 0;

	sek_cookie_make(t->result.cookie, t->key);
	memcpy(login.key, t->key, sizeof login.key);
	login.created_s = login.seen_s = (int64_t)time(NULL);
	snprintf(login.address, sizeof login.address, "%s", t->address);
	t->user_id = u->id;
	if (!sek_roles_parse(u->roles, &t->result.roles))
		t->result.roles = 0;
	if (t->auth->config.notice)
		t->status = sek_store_consent_get(t->auth->store, u->id, t->auth->config.notice, &when);
	t->result.consented = !t->auth->config.notice || when > 0;
	if (sek_is_ok(t->status))
		t->status = sek_store_person_find(t->auth->store, u->name, &person);
	t->directory = person.source == SEK_USER_DIRECTORY;
	if (sek_is_ok(t->status))
		t->status = sek_store_login_add(t->auth->store, &login);
	if (sek_is_ok(t->status))
		t->result.answer = SEK_AUTH_OK;
	else if (sek_is(t->status, SEK_E_DENIED)) /* disabled while the password was looked at */
		t->status = sek_ok();
}

/* The secret stands in the ticket alone: who leaves before the first code has left nothing behind. */
static void begin_enrolment(struct sek_auth_try *t, const struct sek_store_user *u)
{
	const struct sek_auth_config *c = &t->auth->config;

	sek_totp_secret_make(t->half.secret);
	t->status = sek_totp_uri(c->issuer ? c->issuer : "Sekisho", u->name, t->half.secret, t->result.uri);
	sek_totp_secret_text(t->half.secret, t->result.secret);
	t->half.enrolling = true;
	t->result.answer = SEK_AUTH_NEXT_ENROL;
}

static void ask_for_code(struct sek_auth_try *t, const struct sek_store_user *u)
{
	struct sek_store_totp totp;

	t->half.enrolling = false;
	if (!t->auth->config.key) {
		t->status = sek_fail(SEK_E_CONFIG);
		return;
	}
	t->status = sek_store_totp_get(t->auth->store, u->id, &totp);
	if (sek_is(t->status, SEK_E_NOT_FOUND) && t->auth->config.enrol_allowed && (int64_t)time(NULL) >= u->enrol_s) {
		t->status = sek_ok();
		t->result.answer = SEK_AUTH_ENROL_CLOSED;
	} else if (sek_is(t->status, SEK_E_NOT_FOUND)) {
		begin_enrolment(t, u);
	} else if (sek_is_ok(t->status)) {
		t->result.answer = SEK_AUTH_NEXT_CODE;
	}
}

/* The user has shown `have`: what now? */
static void decide(struct sek_auth_try *t, const struct sek_store_user *u, uint32_t have)
{
	uint32_t needs = 0, missing;

	snprintf(t->name, sizeof t->name, "%s", u->name);
	snprintf(t->half.user, sizeof t->half.user, "%s", u->name);
	snprintf(t->result.user, sizeof t->result.user, "%s", u->name);
	t->half.have = have;
	t->status = needs_of(t->auth, u->name, &needs);
	if (!sek_is_ok(t->status))
		return;
	missing = needs & ~have;
	if (missing == 0)
		complete(t, u);
	else if (missing & SEK_FACTOR_CERTIFICATE)
		t->result.answer = SEK_AUTH_NEED_CERTIFICATE;
	else if (missing & SEK_FACTOR_PASSWORD)
		t->result.answer = SEK_AUTH_NEXT_PASSWORD;
	else
		ask_for_code(t, u);
}

/* --- certificates --- */

/* Whose certificate was shown. False: nobody's; t->why says more. */
static bool certificate_user(struct sek_auth_try *t, struct sek_store_user *ret)
{
	const struct sek_certificate_config *c = t->auth->config.certificates;
	struct sek_certificate shown;
	const char *why = "none was shown";
	sek_status status = sek_fail(SEK_E_DENIED);

	if (c && t->certificate)
		status = sek_certificate_verify(c, t->certificate, t->certificate_n, &shown, &why);
	if (!sek_is_ok(status)) {
		snprintf(t->why, sizeof t->why, "%s", why);
		return false;
	}
	status = sek_store_certificate_find(t->auth->store, SEK_CERTIFICATE_FINGERPRINT, shown.fingerprint, ret);
	if (sek_is(status, SEK_E_NOT_FOUND) && shown.subject[0])
		status = sek_store_certificate_find(t->auth->store, SEK_CERTIFICATE_SUBJECT, shown.subject, ret);
	if (!sek_is_ok(status)) {
		snprintf(t->why, sizeof t->why, "%s", sek_is(status, SEK_E_NOT_FOUND) ? "no user has it" : "the store failed");
		return false;
	}
	return true;
}

static void look_at_certificate(struct sek_auth_try *t)
{
	struct sek_store_user u = { .id = 0 };

	t->result.answer = SEK_AUTH_WRONG_CERTIFICATE;
	if (!certificate_user(t, &u))
		return;
	t->sound = true;
	snprintf(t->name, sizeof t->name, "%s", u.name);
	if (!u.disabled)
		decide(t, &u, SEK_FACTOR_CERTIFICATE);
	sodium_memzero(u.hash, sizeof u.hash);
}

/* --- passwords, of the store or of the directory --- */

/* True if the directory knows the user and the password; *ret is then the user as the store has it. */
static bool directory_says(struct sek_auth_try *t, struct sek_store_user *ret)
{
	struct sek_auth *a = t->auth;
	struct sek_ldap_person p = { .n_groups = 0 };
	sek_status status = sek_fail(SEK_E_IO);

	snprintf(t->why, sizeof t->why, "it has just failed");
	if (sek_auth_now_ms() >= atomic_load(&a->directory_ms)) {
		t->why[0] = '\0';
		status = sek_ldap_look(a->config.ldap, t->name, t->password, t->password_n, &p, t->why, sizeof t->why);
		if (sek_is(status, SEK_E_IO))
			sek_auth_directory_failed(a);
	}
	if (sek_is(status, SEK_E_IO))
		t->result.answer = SEK_AUTH_DIRECTORY;
	else if (!sek_is_ok(status) && !sek_is(status, SEK_E_DENIED))
		t->status = status;
	if (!sek_is_ok(status))
		return false;
	status = sek_auth_take_over(a, t->name, &p, "log-in");
	sek_ldap_person_finish(&p);
	if (sek_is_ok(status))
		status = sek_store_user_find(a->store, t->name, ret);
	if (!sek_is_ok(status) && !sek_is(status, SEK_E_EXISTS)) /* EXISTS: a local user was made meanwhile */
		t->status = status;
	return sek_is_ok(status);
}

static void look_at_password(struct sek_auth_try *t)
{
	struct sek_store_user u = { .id = 0 }, other = { .id = 0 };
	struct sek_store_person person = { .source = SEK_USER_LOCAL };
	bool known, local, right;

	t->result.answer = SEK_AUTH_WRONG;
	known = t->sound && sek_is_ok(t->status = sek_store_user_find(t->auth->store, t->name, &u));
	if (known)
		t->status = sek_store_person_find(t->auth->store, t->name, &person);
	if (sek_is(t->status, SEK_E_NOT_FOUND))
		t->status = sek_ok();
	if (!sek_is_ok(t->status))
		return;
	local = known && person.source == SEK_USER_LOCAL;
	/* always: how long it takes does not tell who is known, nor from where */
	right = sek_password_verify(local ? u.hash : t->auth->dummy, t->password, t->password_n) && local;
	sodium_memzero(u.hash, sizeof u.hash);
	if (!local && t->sound && t->auth->config.ldap && !(known && u.disabled))
		right = directory_says(t, &u);
	if (!right || u.disabled)
		return;
	if (t->certificate && certificate_user(t, &other) && other.id == u.id)
		decide(t, &u, SEK_FACTOR_PASSWORD | SEK_FACTOR_CERTIFICATE);
	else
		decide(t, &u, SEK_FACTOR_PASSWORD);
	sodium_memzero(&other, sizeof other);
}

/* --- codes --- */

/* Keeps a generator and makes recovery codes. */
static bool enrol(struct sek_auth_try *t, int64_t user_id, int64_t step)
{
	const uint8_t *key = t->auth->config.key;
	char hashes[SEK_RECOVERY_CODES][SEK_RECOVERY_HASH_BYTES];
	const char *list[SEK_RECOVERY_CODES];
	uint8_t sealed[SEK_TOTP_SEALED_BYTES];
	size_t i;

	for (i = 0; i < SEK_RECOVERY_CODES; i++) {
		sek_recovery_make(t->result.recovery[i]);
		(void)sek_recovery_hash(key, user_id, t->result.recovery[i], hashes[i]);
		list[i] = hashes[i];
	}
	sek_totp_seal(key, user_id, t->half.secret, sealed);
	t->status = sek_store_totp_enrol(t->auth->store, user_id, sealed, sizeof sealed, step, list, SEK_RECOVERY_CODES,
		(int64_t)time(NULL));
	t->enrolled = sek_is_ok(t->status);
	if (!t->enrolled)
		sodium_memzero(t->result.recovery, sizeof t->result.recovery);
	return t->enrolled;
}

/* A store's no is a wrong code, not a fault. */
static bool used_up(struct sek_auth_try *t, sek_status status, enum sek_code no)
{
	t->status = sek_is(status, no) ? sek_ok() : status;
	return sek_is_ok(status);
}

static bool code_is_good(struct sek_auth_try *t, int64_t user_id, const struct sek_store_totp *totp)
{
	const uint8_t *key = t->auth->config.key;
	char hash[SEK_RECOVERY_HASH_BYTES];
	uint8_t secret[SEK_TOTP_SECRET_BYTES];
	int64_t step;

	t->status = sek_totp_open(key, user_id, totp->sealed, totp->sealed_n, secret);
	if (!sek_is_ok(t->status))
		return false;
	step = sek_totp_check(secret, t->code, (int64_t)time(NULL), totp->step);
	sodium_memzero(secret, sizeof secret);
	if (step > 0)
		return used_up(t, sek_store_totp_use(t->auth->store, user_id, step), SEK_E_DENIED);
	if (!sek_recovery_hash(key, user_id, t->code, hash))
		return false;
	t->recovered = used_up(t, sek_store_recovery_use(t->auth->store, user_id, hash), SEK_E_NOT_FOUND);
	return t->recovered;
}

static bool first_code_is_good(struct sek_auth_try *t, int64_t user_id)
{
	int64_t step = sek_totp_check(t->half.secret, t->code, (int64_t)time(NULL), 0);

	return step > 0 && enrol(t, user_id, step);
}

static void look_at_code(struct sek_auth_try *t)
{
	struct sek_store_user u = { .id = 0 };
	struct sek_store_totp totp;
	bool has = false;

	t->result.answer = SEK_AUTH_WRONG_TICKET;
	t->status = sek_store_user_find(t->auth->store, t->half.user, &u);
	sodium_memzero(u.hash, sizeof u.hash);
	if (sek_is_ok(t->status) && !u.disabled && t->auth->config.key) {
		t->status = sek_store_totp_get(t->auth->store, u.id, &totp);
		has = sek_is_ok(t->status);
	}
	if (sek_is(t->status, SEK_E_NOT_FOUND))
		t->status = sek_ok();
	/* taken away meanwhile, or enrolled in another window: the log-in begins anew */
	if (!sek_is_ok(t->status) || u.id == 0 || u.disabled || !t->auth->config.key || has == t->half.enrolling)
		return;
	t->result.answer = SEK_AUTH_WRONG_CODE;
	if (t->half.enrolling ? first_code_is_good(t, u.id) : code_is_good(t, u.id, &totp))
		decide(t, &u, t->half.have | SEK_FACTOR_TOTP);
	if (sek_is(t->status, SEK_E_EXISTS)) { /* the other window was faster by a hair */
		t->status = sek_ok();
		t->result.answer = SEK_AUTH_WRONG_TICKET;
	}
}

/* --- before and after --- */

struct familiar {
	const char *address;
	bool is;
};

static void compare(void *ctx, const char *address)
{
	struct familiar *f = ctx;

	f->is |= sek_ration_same_place(address, f->address);
}

/* True: the ticket is good, and t knows whose it is. */
static bool open_ticket(struct sek_auth_try *t)
{
	sek_status status = t->auth->config.key ? sek_tickets_try(t->auth->store, t->auth->config.key, t->ticket, strlen(t->ticket), t->address,
		sek_auth_wall_ms(), &t->half) : sek_fail(SEK_E_NOT_FOUND);

	if (!sek_is_ok(status)) {
		t->result.answer = SEK_AUTH_WRONG_TICKET;
		t->status = sek_is(status, SEK_E_NOT_FOUND) || sek_is(status, SEK_E_CRYPTO) ? sek_ok() : status;
		return false;
	}
	t->sound = true;
	snprintf(t->name, sizeof t->name, "%s", t->half.user);
	return true;
}

/* Whether it may be looked at, as far as the tries at all brokers together go. Codes have buckets of their own: a wrong one must not keep anybody
 * from trying a password. */
static bool admit(struct sek_auth_try *t)
{
	int64_t since_s = (int64_t)time(NULL) - (int64_t)SEK_THROTTLE_FAMILIAR_DAYS * 24 * 3600;
	enum sek_throttle_answer answer = SEK_THROTTLE_GO;
	struct familiar f = { .address = t->address };
	char account[SEK_NAME_BYTES + 8];
	uint64_t wait_ms = 0;

	t->admitted = true;
	if (t->kind == SEK_PROOF_CERTIFICATE)
		return true;
	if (t->kind == SEK_PROOF_CODE && !open_ticket(t))
		return false;
	snprintf(account, sizeof account, "%s%s", t->kind == SEK_PROOF_CODE ? SEK_AUTH_CODE_ACCOUNT : "", t->name);
	t->status = sek_store_known_of(t->auth->store, t->name, since_s, compare, &f);
	if (sek_is_ok(t->status)) {
		sek_ration_name(&t->ration, t->auth->config.key, account, t->address, f.is);
		t->status = sek_ration_take(t->auth->store, &t->ration, sek_auth_wall_ms(), &answer, &wait_ms);
	}
	if (!sek_is_ok(t->status))
		return false;
	if (answer == SEK_THROTTLE_REFUSE) {
		t->result.answer = SEK_AUTH_THROTTLED;
		t->result.retry_s = (uint32_t)((wait_ms + 999) / 1000);
		if (t->kind == SEK_PROOF_CODE)
			(void)sek_tickets_untry(t->auth->store, t->ticket, strlen(t->ticket));
		return false;
	}
	t->held = answer == SEK_THROTTLE_DELAY;
	return !t->held;
}

/* Half a log-in gives the try back and no more: else a thief with the password could win back tries at codes with it. */
static void settle(struct sek_auth_try *t)
{
	enum sek_throttle_outcome outcome = SEK_THROTTLE_UNTRIED;
	enum sek_auth_answer a = t->result.answer;

	if (a == SEK_AUTH_OK)
		outcome = SEK_THROTTLE_WORKED;
	else if (a == SEK_AUTH_WRONG || a == SEK_AUTH_WRONG_CODE)
		outcome = SEK_THROTTLE_FAILED;
	(void)sek_ration_done(t->auth->store, &t->ration, outcome, sek_auth_wall_ms()); /* where it cannot be written nobody gets more tries */
	if (t->kind == SEK_PROOF_CODE && a != SEK_AUTH_WRONG_CODE)
		(void)sek_tickets_drop(t->auth->store, t->ticket, strlen(t->ticket)); /* or it ends by its time and its tries */
	if (a == SEK_AUTH_NEXT_CODE || a == SEK_AUTH_NEXT_ENROL)
		t->status = sek_tickets_issue(t->auth->store, t->auth->config.key, &t->half, t->address, sek_auth_wall_ms(), t->result.ticket);
	if (!sek_is_ok(t->status))
		t->result.answer = SEK_AUTH_FAULT;
}

void sek_auth_look(uv_work_t *work)
{
	struct sek_auth_try *t = work->data;

	t->status = sek_ok();
	if (!t->admitted && !admit(t)) {
		if (!sek_is_ok(t->status))
			t->result.answer = SEK_AUTH_FAULT;
		return;
	}
	switch (t->kind) {
	case SEK_PROOF_PASSWORD:
		look_at_password(t);
		break;
	case SEK_PROOF_CERTIFICATE:
		look_at_certificate(t);
		break;
	default:
		look_at_code(t);
		break;
	}
	if (!sek_is_ok(t->status))
		t->result.answer = SEK_AUTH_FAULT;
	settle(t);
}
