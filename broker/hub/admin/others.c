/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What other brokers on the store hold: their sessions in the list, and what they are asked to do. Must never stand in the way of what is
 * done here: a store that cannot be asked means only that the others are not known.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/store/brokers.h"

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
	s = sek_store_order_add(r->admin->store, &o, r->admin->config.broker);
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
