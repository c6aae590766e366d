/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The listener, and what happens to all viewers at once. Must never listen anywhere but where the configuration says.
 */
#include "broker/hub/viewers/viewers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/viewers/private.h"

static void on_arrival(void *user, int fd, const char *address, bool check)
{
	if (check)
		close(fd); /* a load balancer that sees the port open has seen enough */
	else
		sek_viewer_accept(user, fd, address);
}

/* --- log-ins --- */

static void report_activity(void *user, const struct sek_session_info *info)
{
	struct sek_viewers *all = user;
	char hex[SEK_SESSION_ID_BYTES * 2 + 1];

	if (!info->attached)
		return;
	for (const struct viewer *v = all->first; v; v = v->next) {
		if (!v->session)
			continue;
		sodium_bin2hex(hex, sizeof hex, v->id, sizeof v->id);
		if (strcmp(hex, info->id) == 0)
			sek_auth_active(all->auth, v->login, info->idle_ms);
	}
}

static void sweep(void *user)
{
	struct sek_viewers *all = user;

	sek_sessions_each(all->sessions, report_activity, all);
}

/* Sessions that end with a log-in are front/'s to end; what is left is a viewer whose own log-in is over while the user has another. */
static void login_ended(void *user, const struct sek_login *l, enum sek_login_end why, bool last)
{
	struct sek_viewers *all = user;

	(void)last;
	for (struct viewer *v = all->first; v; v = v->next)
		if (v->session && v->login == l->id)
			sek_viewer_last_words(v, why == SEK_LOGIN_NEEDS ? SEK_STATE_ENDED_NEEDS : SEK_STATE_ENDED_LOGIN);
}

/* --- life --- */

static sek_status listen_on(struct sek_viewers *all, char *err, size_t err_size)
{
	const struct sek_viewers_config *c = &all->config;
	sek_status s = sek_door_open(all->loop, c->address, c->port, &c->proxies, on_arrival, all, &all->door);
	char why[80];

	if (!sek_is_ok(s))
		snprintf(err, err_size, "vnc_viewers.address: cannot listen on %s port %u (%s): is it an address of this machine, is the port free, "
			"and may the broker use it?", c->address, c->port, sek_status_text(s, why, sizeof why));
	return s;
}

sek_status sek_viewers_create(uv_loop_t *loop, const struct sek_viewers_config *config, struct sek_auth *auth,
	struct sek_sessions *sessions, struct sek_viewers **ret, char *err, size_t err_size)
{
	struct sek_viewers *all = calloc(1, sizeof *all);

	if (!all)
		return sek_fail(SEK_E_NOMEM);
	*all = (struct sek_viewers){ .loop = loop, .config = *config, .auth = auth, .sessions = sessions, .children = { .loop = loop } };
	*ret = all;
	SEK_TRY(sek_viewers_tls_load(all, err, err_size));
	SEK_TRY(listen_on(all, err, err_size));
	sek_auth_on_end(auth, login_ended, all);
	sek_auth_on_sweep(auth, sweep, all);
	return sek_ok();
}

void sek_viewers_refuse(struct sek_viewers *v)
{
	if (v)
		v->refusing = true;
}

void sek_viewers_stop(struct sek_viewers *all)
{
	if (!all || all->stopping)
		return;
	all->refusing = all->stopping = true;
	sek_auth_on_end(all->auth, NULL, all);
	sek_auth_on_sweep(all->auth, NULL, all);
	sek_door_close(all->door);
	while (all->first)
		sek_viewer_close(all->first, "the broker is being stopped");
	sek_children_abandon(&all->children);
}

void sek_viewers_destroy(struct sek_viewers *all)
{
	if (!all)
		return;
	sek_viewers_tls_free(all);
	free(all);
}

void sek_viewers_count(const struct sek_viewers *all, struct sek_viewers_counts *ret)
{
	*ret = all->counts;
	ret->connections = all->n;
	for (const struct viewer *v = all->first; v; v = v->next)
		ret->watching += v->session != NULL;
}
