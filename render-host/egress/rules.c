/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The policy's addresses in force: rules that the keeper tells, requests that are refused by them, connections that are cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/egress/egress.h"
#include "render-host/helpers.h"

static bool is_refused(const struct sek_connection *c)
{
	const struct sek_request *r = &c->request;
	const struct sek_egress *e = c->e;
	enum sek_url_verdict v;

	if (!r->connect && strcmp(r->host, SEK_START_HOST) == 0)
		return false; /* whoever may open nothing must still be told */
	v = r->connect ? sek_url_rules_tunnel(e->url_rules, r->host, r->port) :
		sek_url_rules_plain(e->url_rules, r->host, r->port, c->path, strlen(c->path));
	return v == SEK_URL_BLOCKED || (v == SEK_URL_UNSURE && e->browser_lags);
}

bool sek_rules_refuse(struct sek_connection *c)
{
	struct sek_slice path = c->request.path;

	if (!c->e->has_url_rules)
		return false;
	/* kept for the day on which the rules change: the head is gone by then */
	c->path = c->request.connect ? strdup("") : path.n ? strndup(path.p, path.n) : strdup("/");
	if (!c->path) {
		sek_connection_close(c, "no-memory");
		return true;
	}
	if (!is_refused(c))
		return false;
	sek_egress_count(c->e, 'p');
	sek_connection_answer(c, SEK_PAGE_BLOCKED, "blocked");
	return true;
}

static void cut(struct sek_egress *e)
{
	struct sek_connection *c, *next;
	unsigned n = 0;

	for (c = e->first; c; c = next) {
		next = c->next;
		if (!c->path || c->stage == SEK_STAGE_CLOSED || c->stage == SEK_STAGE_REPLY || !is_refused(c))
			continue;
		n++;
		if (c->stage == SEK_STAGE_RELAY)
			sek_connection_close(c, "blocked");
		else
			sek_connection_answer(c, SEK_PAGE_BLOCKED, "blocked");
	}
	sek_log(SEK_LOG_INFO, "egress.rules", "cut", sek_logf("%u", n), NULL);
}

static bool take_rules(struct sek_egress *e, const uint8_t *payload, size_t n)
{
	struct sek_url_rules *fresh;
	struct sek_rules m;

	if (!sek_is_ok(sek_rules_read(payload, n, &m)))
		return false;
	fresh = sek_url_rules_make(&m);
	if (!fresh)
		return false;
	e->browser_lags |= sek_url_rules_tighter(e->url_rules, fresh);
	sek_url_rules_destroy(e->url_rules);
	e->url_rules = fresh;
	cut(e);
	return true;
}

static bool take(struct sek_egress *e, const uint8_t *bytes, size_t n)
{
	struct sek_frame f;
	size_t total;

	if (!sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)) || total != n)
		return false;
	if (f.type == SEK_MSG_RULES)
		return take_rules(e, bytes + SEK_FRAME_HEADER_BYTES, f.payload_bytes);
	if (f.type != SEK_MSG_PING)
		return false;
	e->browser_lags = false;
	return true;
}

sek_status sek_rules_receive(struct sek_egress *e)
{
	static uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES + 1];
	ssize_t n;

	while ((n = recv(SEK_EGRESS_RULES_FD, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		if (!take(e, bytes, (size_t)n))
			return sek_fail(SEK_E_MALFORMED);
	/* a keeper that is gone ends the session, and this process with it; until then the last rules hold */
	return n == 0 || errno == EAGAIN || errno == EINTR ? sek_ok() : sek_from_errno();
}
