/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whose session a user's is, where several brokers share a store. Asks the keeper and does what it answers: goes on with the one that
 * is here, takes another broker's over, makes a new one, lets go. Must never go on with a session that the store gives to somebody else.
 */
#include "broker/hub/session/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/log.h"

enum { CLAIM_TRIES = 3 }; /* a session that ends while its user asks for it, and once more */

struct sek_session_ask {
	struct sek_session_ask *next;
	sek_session_ask_fn *fn; /* NULL: forgotten */
	bool existing;          /* does not want a new one */
	void *arg;
};

/* One user at a time: who asks meanwhile gets the same answer. */
struct sek_claim {
	struct sek_claim *next;
	char *user;
	unsigned tries;
	struct sek_session_ask *asks;
};

static void answer(struct sek_sessions *all, struct sek_claim *c, struct sek_session_answer *a)
{
	struct sek_session_ask *ask;
	struct sek_claim **at = &all->claims;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	while ((ask = c->asks) != NULL) {
		c->asks = ask->next;
		if (ask->fn) {
			ask->fn(ask->arg, a);
			a->resumed = true; /* for the others it is there already */
		}
		free(ask);
	}
	free(c->user);
	free(c);
}

static void fail(struct sek_sessions *all, struct sek_claim *c, enum sek_code code)
{
	answer(all, c, &(struct sek_session_answer){ .status = sek_fail(code) });
}

static void found(struct sek_sessions *all, struct sek_claim *c, const struct sek_session *s, bool resumed)
{
	struct sek_session_answer a = { .status = sek_ok(), .resumed = resumed };

	memcpy(a.id, s->id, sizeof a.id);
	answer(all, c, &a);
}

static bool wants_new(const struct sek_claim *c)
{
	for (const struct sek_session_ask *ask = c->asks; ask; ask = ask->next)
		if (!ask->existing)
			return true;
	return false;
}

static void claim(struct sek_sessions *all, struct sek_claim *c)
{
	static const char digits[] = "0123456789abcdef";
	const struct sek_session *s = sek_sessions_of_user(all, c->user);
	uint8_t id[SEK_SESSION_ID_BYTES];
	char fresh[2 * SEK_SESSION_ID_BYTES + 1] = "";

	if (c->tries++ == CLAIM_TRIES || getrandom(id, sizeof id, 0) != (ssize_t)sizeof id) {
		fail(all, c, SEK_E_IO);
		return;
	}
	for (size_t i = 0; i < sizeof id && wants_new(c); i++) {
		fresh[2 * i] = digits[id[i] >> 4];
		fresh[2 * i + 1] = digits[id[i] & 15];
	}
	all->keeper.claim(all->keeper.user, c->user, s ? s->id_hex : "", fresh);
}

static struct sek_claim *find(struct sek_sessions *all, const char *user)
{
	struct sek_claim *c = all->claims;

	while (c && strcmp(c->user, user) != 0)
		c = c->next;
	return c;
}

static struct sek_claim *begin(struct sek_sessions *all, const char *user)
{
	struct sek_claim *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->user = strdup(user);
	if (!c->user) {
		free(c);
		return NULL;
	}
	c->next = all->claims;
	all->claims = c;
	return c;
}

struct sek_session_ask *sek_sessions_ask(struct sek_sessions *all, const char *user, bool existing, sek_session_ask_fn *fn, void *arg,
	struct sek_session_answer *ret)
{
	struct sek_session_ask *ask, **at;
	struct sek_claim *c = find(all, user);
	bool first = !c;

	memset(ret, 0, sizeof *ret);
	if (all->stopping || (!sek_sessions_of_user(all, user) && all->n >= all->config.max_sessions)) {
		all->refused[SEK_OPEN_FULL]++;
		ret->status = sek_fail(SEK_E_LIMIT);
		return NULL;
	}
	if (!all->keeper.claim) {
		ret->status = existing && !sek_sessions_of_user(all, user) ? sek_fail(SEK_E_NOT_FOUND) : sek_sessions_open(all, user, ret->id, &ret->resumed);
		return NULL;
	}
	ask = calloc(1, sizeof *ask);
	if (ask && !c)
		c = begin(all, user);
	if (!ask || !c) {
		free(ask);
		ret->status = sek_fail(SEK_E_NOMEM);
		return NULL;
	}
	ask->fn = fn;
	ask->existing = existing;
	ask->arg = arg;
	for (at = &c->asks; *at; at = &(*at)->next)
		;
	*at = ask;
	if (first)
		claim(all, c);
	return ask;
}

void sek_session_ask_forget(struct sek_session_ask *ask)
{
	if (ask)
		ask->fn = NULL;
}

void sek_claims_drop(struct sek_sessions *all)
{
	while (all->claims)
		fail(all, all->claims, SEK_E_LIMIT);
}

/* --- what the keeper answers --- */

static void make(struct sek_sessions *all, struct sek_claim *c, const struct sek_session_kept *k)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct sek_session *s = NULL;
	sek_status status = sek_session_read_id(k->id, id) ? sek_sessions_make(all, c->user, id, &s) : sek_fail(SEK_E_MALFORMED);

	if (sek_is_ok(status)) {
		found(all, c, s, false);
		return;
	}
	all->keeper.gone(all->keeper.user, k->id, k->generation);
	answer(all, c, &(struct sek_session_answer){ .status = status });
}

static void take_over(struct sek_sessions *all, struct sek_claim *c, const struct sek_session_kept *k)
{
	sek_status status = sek_sessions_take_back(all, k, SEK_STATE_NONE);
	const struct sek_session *s = sek_sessions_of_user(all, c->user);

	if (sek_is_ok(status) && s) {
		found(all, c, s, true);
		return;
	}
	if (!sek_is_ok(status)) { /* its render host ends it when nobody comes for it */
		sek_log(SEK_LOG_WARN, "session.not-restored", "session", k->id, "user", k->user, "host", k->host, "from", k->from, "why",
			sek_code_name(status), NULL);
		all->keeper.gone(all->keeper.user, k->id, k->generation);
	}
	claim(all, c);
}

void sek_sessions_claimed(struct sek_sessions *all, const char *name, enum sek_claimed what, const struct sek_session_kept *kept)
{
	struct sek_claim *c = find(all, name);
	struct sek_session *s = sek_sessions_of_user(all, name);

	if (s && (what == SEK_CLAIMED_NEW || what == SEK_CLAIMED_TAKEN)) {
		sek_session_hand_over(s); /* another broker had it meanwhile */
		s = NULL;
	}
	if (!c) { /* the manager stops */
		if (what == SEK_CLAIMED_NEW)
			all->keeper.gone(all->keeper.user, kept->id, kept->generation);
	} else if (s && (what == SEK_CLAIMED_MINE || what == SEK_CLAIMED_FAULT)) {
		found(all, c, s, true); /* a session that runs goes on whatever the store does */
	} else if (what == SEK_CLAIMED_FAULT) {
		fail(all, c, SEK_E_IO);
	} else if (what == SEK_CLAIMED_NONE && !wants_new(c)) {
		fail(all, c, SEK_E_NOT_FOUND);
	} else if (what == SEK_CLAIMED_MINE || what == SEK_CLAIMED_NONE) {
		claim(all, c); /* it has just ended, or somebody who wants a new one has come meanwhile */
	} else if (what == SEK_CLAIMED_NEW) {
		make(all, c, kept);
	} else {
		take_over(all, c, kept);
	}
}

static struct sek_session *at_most(struct sek_sessions *all, const char *id, int64_t generation)
{
	uint8_t bytes[SEK_SESSION_ID_BYTES];
	struct sek_session *s = sek_session_read_id(id, bytes) ? sek_sessions_find(all, bytes) : NULL;

	return s && s->kept && s->generation <= generation ? s : NULL;
}

void sek_sessions_let_go(struct sek_sessions *all, const char *id, int64_t generation)
{
	struct sek_session *s = at_most(all, id, generation);

	if (s)
		sek_session_hand_over(s);
}

/* What has cut the line may have been another broker's call, and so may this broker's own line to the store: to call now could take the session
 * away from whoever has it. It waits at its render host. */
static void wait_for_store(struct sek_session *s)
{
	s->unknown = true;
	if (uv_now(s->all->loop) - s->lost_ms > SEK_STILL_UNKNOWN_MS)
		sek_session_hand_over(s);
	else
		sek_deadline_in(s, SEK_DL_RETRY, SEK_STILL_AGAIN_MS);
}

void sek_sessions_still(struct sek_sessions *all, const char *id, int64_t generation, enum sek_still answer)
{
	struct sek_session *s = at_most(all, id, generation);

	if (!s || s->generation != generation || !s->asking)
		return;
	s->asking = false;
	if (answer == SEK_STILL_NOT) {
		sek_session_hand_over(s);
	} else if (s->phase == SEK_PHASE_LOST && !s->link && answer == SEK_STILL_UNKNOWN) {
		wait_for_store(s);
	} else if (s->phase == SEK_PHASE_LOST && !s->link) {
		if (s->unknown)
			s->lost_ms = uv_now(s->all->loop); /* the tries begin now */
		s->unknown = false;
		sek_session_call_again(s);
	}
}
