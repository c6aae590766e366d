/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LISTEN on a connection of its own, on the loop. Must never block the loop, nor take silence for "nothing was written".
 */
#include "broker/hub/store/watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/store/postgres.h"

enum { AGAIN_MS = 1000, STEP_MS = 4000 /* for the connection and the first answer */ };

/* One handle for each socket, since libpq may change it while it connects. */
struct wire {
	uv_poll_t poll;
	struct sek_store_watch *watch; /* NULL: given up */
};

struct sek_store_watch {
	uv_loop_t *loop;
	struct sek_pg_where where;
	void (*told)(void *user);
	void *user;
	PGconn *conn;
	struct wire *wire;
	int fd;                 /* of the wire */
	unsigned which;         /* of the addresses */
	bool connecting, quiet; /* quiet: that it is away was said */
	uv_timer_t again;       /* to connect; or until when it must have been done */
	uv_timer_t due;         /* to tell what was held back */
	uint64_t told_ms;
	int handles;
};

static void on_again(uv_timer_t *t);
static void on_io(uv_poll_t *h, int status, int events);

/* --- telling --- */

static void on_due(uv_timer_t *t)
{
	struct sek_store_watch *w = t->data;

	w->told_ms = uv_now(w->loop);
	w->told(w->user);
}

static void tell(struct sek_store_watch *w)
{
	uint64_t now = uv_now(w->loop), next = w->told_ms + SEK_STORE_WATCH_LEAST_MS;

	if (!uv_is_active((uv_handle_t *)&w->due))
		uv_timer_start(&w->due, on_due, now >= next ? 0 : next - now, 0);
}

/* --- the wire --- */

static void on_wire_closed(uv_handle_t *h)
{
	free(h->data);
}

static void cut(struct sek_store_watch *w)
{
	if (!w->wire)
		return;
	w->wire->watch = NULL;
	uv_close((uv_handle_t *)&w->wire->poll, on_wire_closed);
	w->wire = NULL;
}

static bool arm(struct sek_store_watch *w, int events)
{
	int fd = PQsocket(w->conn);

	if (w->wire && w->fd != fd)
		cut(w);
	if (!w->wire) {
		w->wire = calloc(1, sizeof *w->wire);
		if (!w->wire || uv_poll_init(w->loop, &w->wire->poll, fd) != 0) {
			free(w->wire);
			w->wire = NULL;
			return false;
		}
		w->wire->poll.data = w->wire;
		w->wire->watch = w;
		w->fd = fd;
	}
	return uv_poll_start(&w->wire->poll, events, on_io) == 0;
}

static void drop(struct sek_store_watch *w, const char *why)
{
	char line[256];

	snprintf(line, sizeof line, "%s", why);
	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	if (!w->quiet)
		sek_log(SEK_LOG_WARN, "store.watch-lost", "why", line, NULL);
	w->quiet = true;
	cut(w);
	PQfinish(w->conn);
	w->conn = NULL;
	w->which = (w->which + 1) % w->where.addresses;
	uv_timer_start(&w->again, on_again, AGAIN_MS, 0);
}

/* --- its talk --- */

static void listen_now(struct sek_store_watch *w)
{
	char channel[96], sql[128];

	w->connecting = false;
	sek_pg_channel(&w->where, channel, sizeof channel);
	snprintf(sql, sizeof sql, "LISTEN \"%s\"", channel);
	/* so short that the socket takes it at once */
	if (PQsetnonblocking(w->conn, 1) != 0 || !PQsendQuery(w->conn, sql) || PQflush(w->conn) != 0 || !arm(w, UV_READABLE))
		drop(w, PQerrorMessage(w->conn));
}

static void go_on_connecting(struct sek_store_watch *w)
{
	switch (PQconnectPoll(w->conn)) {
	case PGRES_POLLING_OK:
		listen_now(w);
		break;
	case PGRES_POLLING_READING:
		if (!arm(w, UV_READABLE))
			drop(w, "no handle");
		break;
	case PGRES_POLLING_WRITING:
		if (!arm(w, UV_WRITABLE))
			drop(w, "no handle");
		break;
	default:
		drop(w, PQerrorMessage(w->conn));
	}
}

static bool take_answers(struct sek_store_watch *w)
{
	PGresult *r;

	while (!PQisBusy(w->conn) && (r = PQgetResult(w->conn)) != NULL) {
		ExecStatusType status = PQresultStatus(r);

		PQclear(r);
		if (status != PGRES_COMMAND_OK)
			return false;
		if (w->quiet)
			sek_log(SEK_LOG_INFO, "store.watch-back", "database", w->where.database, NULL);
		w->quiet = false;
		uv_timer_stop(&w->again);
		tell(w); /* what was written before is not told */
	}
	return true;
}

static void read_news(struct sek_store_watch *w)
{
	bool any = false;
	PGnotify *n;

	if (!PQconsumeInput(w->conn) || !take_answers(w) || PQstatus(w->conn) == CONNECTION_BAD) {
		drop(w, PQerrorMessage(w->conn));
		return;
	}
	while ((n = PQnotifies(w->conn)) != NULL) {
		PQfreemem(n);
		any = true;
	}
	if (any)
		tell(w);
}

static void on_io(uv_poll_t *h, int status, int events)
{
	struct sek_store_watch *w = ((struct wire *)h->data)->watch;

	(void)events;
	(void)status; /* libpq finds it out by itself, and has the words for it */
	if (!w)
		return;
	if (!w->connecting) {
		read_news(w);
		return;
	}
	uv_poll_stop(h); /* libpq may close the socket and open another with its number */
	go_on_connecting(w);
}

static void on_again(uv_timer_t *t)
{
	struct sek_store_watch *w = t->data;
	char err[256] = "no memory";

	if (w->conn) {
		drop(w, "no answer in time");
		return;
	}
	w->connecting = true;
	uv_timer_start(&w->again, on_again, STEP_MS, 0);
	if (!sek_is_ok(sek_pg_start(&w->where, w->which, &w->conn, err, sizeof err)))
		drop(w, err);
	else if (!arm(w, UV_WRITABLE))
		drop(w, "no handle");
}

/* --- life --- */

static void on_closed(uv_handle_t *h)
{
	struct sek_store_watch *w = h->data;

	if (--w->handles > 0)
		return;
	sek_pg_where_finish(&w->where);
	free(w);
}

sek_status sek_store_watch_start(uv_loop_t *loop, const char *where, void (*told)(void *user), void *user,
	struct sek_store_watch **ret)
{
	struct sek_store_watch *w;

	*ret = NULL;
	if (!sek_store_where_is_postgresql(where))
		return sek_ok();
	w = calloc(1, sizeof *w);
	if (!w || !sek_pg_where_parse(where, &w->where)) {
		free(w);
		return sek_fail(SEK_E_NOMEM);
	}
	w->loop = loop;
	w->told = told;
	w->user = user;
	w->handles = 2;
	uv_timer_init(loop, &w->again);
	uv_timer_init(loop, &w->due);
	w->again.data = w->due.data = w;
	uv_timer_start(&w->again, on_again, 0, 0);
	*ret = w;
	return sek_ok();
}

void sek_store_watch_stop(struct sek_store_watch *w)
{
	if (!w)
		return;
	cut(w);
	PQfinish(w->conn);
	w->conn = NULL;
	uv_close((uv_handle_t *)&w->again, on_closed);
	uv_close((uv_handle_t *)&w->due, on_closed);
}
