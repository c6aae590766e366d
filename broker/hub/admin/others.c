/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What other brokers on the store hold: their sessions in the list, and what they are asked to do. Must never stand in the way of what is
 * done here: a store that cannot be asked means only that the others are not known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/store/brokers.h"

enum {
	CARRIED_MS = 5000, /* another broker looks for what it is asked every half second */
	LOOK_MS = 50,
};

static void note(const char *doing, sek_status s)
{
	char text[120];

	if (!sek_is_ok(s) && !sek_is(s, SEK_E_NOT_FOUND))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", doing, "why", sek_status_text(s, text, sizeof text), NULL);
}

/* What its broker alone knows (who watches, what has crossed) is left out. */
static void add(void *ctx, const struct sek_store_session *s)
{
	struct sek_admin_request *r = ctx;
	const char *search = sek_admin_text(r, "search");
	int64_t now_s = (int64_t)time(NULL);

	if (strcmp(s->broker, r->admin->config.broker) == 0 || (!sek_admin_contains(s->user, search) && !sek_admin_contains(s->host, search) &&
			!sek_admin_contains(s->id, search) && !sek_admin_contains(s->broker, search)))
		return;
	json_array_append_new(r->others, json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:{},s:s}", "broker", s->broker, "session", s->id, "user", s->user,
		"host", s->host, "state", s->host[0] ? "running" : "connecting", "age_s", (json_int_t)(s->opened_s < now_s ? now_s - s->opened_s : 0),
		"policy", "recording", s->recording));
}

void sek_admin_others_list(struct sek_admin_request *r)
{
	if (!r->admin->config.broker)
		return;
	r->others = json_array();
	if (r->others)
		note("list the sessions of other brokers", sek_store_sessions(r->admin->store, NULL, add, r));
}

static const char *member(const struct sek_admin_request *r, const char *name)
{
	return sek_admin_has(r, name) ? sek_admin_text(r, name) : NULL;
}

static bool order(struct sek_admin_request *r, enum sek_store_ask ask, const char *text)
{
	struct sek_store_order o = { .ask = ask, .text = text };
	sek_status s;

	snprintf(o.session, sizeof o.session, "%s", sek_admin_text(r, "session"));
	s = sek_store_order_add(r->admin->store, &o, r->admin->config.broker, NULL);
	if (sek_is(s, SEK_E_NOT_FOUND))
		sek_admin_fail(r, "not-found");
	else
		(void)sek_admin_stored(r, s);
	return sek_is_ok(s);
}

void sek_admin_others_end(struct sek_admin_request *r)
{
	json_int_t here = json_integer_value(json_object_get(r->out, "ended"));
	int64_t asked = 0;

	if (!r->admin->config.broker || r->here)
		return;
	if (member(r, "session"))
		asked = order(r, SEK_ASK_END, sek_admin_text(r, "message"));
	else
		note("ask the other brokers", sek_store_orders_end(r->admin->store, r->admin->config.broker, member(r, "name"), member(r, "host"),
			sek_admin_text(r, "message"), &asked));
	if (r->error || !asked)
		return;
	json_decref(r->out);
	r->out = json_pack("{s:I,s:I}", "ended", here + (json_int_t)asked, "asked", (json_int_t)asked);
}

void sek_admin_others_message(struct sek_admin_request *r)
{
	if (r->admin->config.broker && !r->here)
		(void)order(r, SEK_ASK_MESSAGE, sek_admin_text(r, "text"));
}

/* --- the policy of one of theirs --- */

static void take_own(void *ctx, const struct sek_store_session *s)
{
	struct sek_admin_request *r = ctx;

	if (strcmp(s->id, sek_admin_text(r, "session")) != 0 || strcmp(s->broker, r->admin->config.broker) == 0)
		return;
	json_decref(r->others);
	r->others = json_pack("{s:s,s:b,s:o*}", "user", s->user, "opened", s->host[0] == '\0', "own", *s->own ? json_loads(s->own, 0, NULL) : json_object());
}

void sek_admin_others_find(struct sek_admin_request *r)
{
	json_decref(r->others);
	r->others = NULL;
	if (r->admin->config.broker)
		note("find a session of another broker", sek_store_sessions(r->admin->store, NULL, take_own, r));
	if (r->others && !json_is_object(json_object_get(r->others, "own"))) { /* a newer program's: what it is allowed is not known here */
		json_decref(r->others);
		r->others = NULL;
	}
}

static bool has_value(const struct sek_admin_request *r)
{
	const json_t *own = json_object_get(json_object_get(r->others, "own"), sek_admin_text(r, "attribute"));
	json_t *value = r->value ? json_loads(r->value, JSON_DECODE_ANY, NULL) : NULL;
	bool same = r->value ? own && value && json_equal(own, value) : !own;

	json_decref(value);
	return same;
}

/* Whether its broker has done it: then the order is gone, and what it has for the session stands in the row a moment later (of one that nobody has seen yet, with its
 * start). */
static const char *wait_for_it(struct sek_admin_request *r, int64_t id)
{
	bool waits = true;

	for (int waited = 0; waited < CARRIED_MS; waited += LOOK_MS) {
		if (waits && !sek_is_ok(sek_store_order_waits(r->admin->store, id, &waits)))
			return "no-answer";
		sek_admin_others_find(r);
		if (!r->others)
			return "not-found";
		if (!waits && (has_value(r) || json_is_true(json_object_get(r->others, "opened"))))
			return NULL;
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000L }, NULL);
	}
	return waits ? "no-answer" : "conflict";
}

void sek_admin_others_override(struct sek_admin_request *r)
{
	json_t *text = json_pack("{s:s,s:o,s:O}", "attribute", sek_admin_text(r, "attribute"), "value",
		r->value ? json_loads(r->value, JSON_DECODE_ANY, NULL) : json_null(), "before", json_object_get(r->in, "before"));
	char *words = text ? json_dumps(text, JSON_COMPACT) : NULL;
	struct sek_store_order o = { .ask = SEK_ASK_OVERRIDE, .text = words };
	const char *why = NULL;
	int64_t id = 0;

	json_decref(text);
	snprintf(o.session, sizeof o.session, "%s", sek_admin_text(r, "session"));
	if (!words)
		sek_admin_fail(r, "internal");
	else if (sek_admin_stored(r, sek_store_order_add(r->admin->store, &o, r->admin->config.broker, &id)))
		why = wait_for_it(r, id);
	if (why) {
		/* what is said not to have happened is not to happen later */
		note("take back what another broker was asked", sek_store_orders_done(r->admin->store, &id, 1));
		sek_admin_fail(r, why);
	}
	free(words);
}

/* --- which there are --- */

void sek_admin_brokers_from(struct sek_admin *a, json_t *(*fn)(void *user), void *user)
{
	a->brokers = fn;
	a->brokers_user = user;
}

json_t *sek_admin_brokers(const struct sek_admin *a)
{
	return a->brokers ? a->brokers(a->brokers_user) : json_array();
}

static void list_after(struct sek_admin_request *r)
{
	r->out = json_pack("{s:o}", "rows", sek_admin_brokers(r->admin));
}

static const struct sek_admin_field no_fields[] = { { 0 } };

const struct sek_admin_op sek_admin_broker_ops[] = {
	{ "brokers/list", no_fields, NULL, NULL, list_after },
	{ 0 },
};
