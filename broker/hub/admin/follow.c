/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of render hosts in memory follows the store: at the start, and whenever somebody has written about hosts, at this broker or another.
 * Only what differs from what was read before is done, so that an alarm of this broker's is not undone by news of another host. When a drain ends
 * is the store's to say, too: whichever broker was asked may be gone by then. Must never take a host back whose row says otherwise.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/policy/book.h"
#include "broker/hub/store/hosts.h"

struct list {
	struct sek_store_host *rows; /* in the order of names */
	size_t n, room;
	bool failed;
};

struct sek_admin_hosts {
	struct sek_admin *admin;
	uv_work_t work;
	struct list known, fresh;
	sek_status status;
	bool working, again;
};

static void take(void *ctx, const struct sek_store_host *h)
{
	struct list *l = ctx;

	if (l->n == l->room) {
		struct sek_store_host *more = realloc(l->rows, (l->room * 2 + 8) * sizeof *more);

		l->failed |= !more;
		if (!more)
			return;
		l->rows = more;
		l->room = l->room * 2 + 8;
	}
	l->rows[l->n++] = *h;
}

static sek_status read_all(struct sek_admin_hosts *f)
{
	sek_status s = sek_store_hosts(f->admin->store, take, &f->fresh);

	return sek_is_ok(s) && f->fresh.failed ? sek_fail(SEK_E_NOMEM) : s;
}

static const struct sek_store_host *find(const struct list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->rows[i].name, name) == 0)
			return &l->rows[i];
	return NULL;
}

struct looked {
	const struct sek_store_host *row;
	bool there, drain, here; /* here: where the row says */
};

static void look(void *user, const struct sek_host_info *info)
{
	struct looked *l = user;

	const struct sek_render_host *h = info->host;
	const struct sek_store_host *r = l->row;

	if (strcmp(h->name, r->name) != 0)
		return;
	l->there = true;
	l->drain = info->drain;
	l->here = strcmp(h->address, r->address) == 0 && h->port == r->port && strcmp(h->pool, r->pool[0] ? r->pool : SEK_POOL_DEFAULT) == 0 &&
		strcmp(sek_host_kind_name(h->kind), r->kind) == 0 && h->insecure == r->insecure && strcmp(h->trust, r->trust) == 0 &&
		h->places == (r->places ? r->places : SEK_PLACES_DEFAULT);
}

static bool same_place(const struct sek_store_host *a, const struct sek_store_host *b)
{
	return strcmp(a->address, b->address) == 0 && a->port == b->port && strcmp(a->pool, b->pool) == 0 && strcmp(a->kind, b->kind) == 0 &&
		a->insecure == b->insecure && strcmp(a->trust, b->trust) == 0 && a->places == b->places;
}

/* Until its sessions end, by a clock that agrees with those of the other brokers to a second or so; one that is over is at once. */
static uint32_t force_in_s(const struct sek_store_host *h)
{
	int64_t left = h->force_s - (int64_t)time(NULL);

	return h->force_s == 0 ? 0 : left < 1 ? 1 : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

static sek_status follow(struct sek_sessions *all, const struct sek_store_host *h, bool force)
{
	struct sek_render_host host = { .name = h->name, .address = h->address, .port = h->port, .pool = h->pool, .insecure = h->insecure,
		.trust = h->trust, .places = h->places };
	bool drain = h->state == SEK_HOST_DRAIN;
	struct looked now = { .row = h };
	sek_status s = sek_ok();

	if (!sek_host_kind_find(h->kind, &host.kind)) /* a newer program's */
		return sek_fail(SEK_E_VERSION);
	sek_hosts_each(all, look, &now);
	if (h->state == SEK_HOST_GONE && now.there) {
		s = sek_hosts_remove(all, h->name);
		if (sek_is(s, SEK_E_CONFLICT)) /* sessions of this broker are on it: it gets no more, and goes with the next start */
			s = sek_hosts_drain(all, h->name, true, 0);
		return s;
	}
	if (h->state == SEK_HOST_GONE)
		return sek_ok();
	if (h->address[0] && now.there && !now.here && sek_is_ok(sek_hosts_remove(all, h->name)))
		now = (struct looked){ .row = h };
	if (h->address[0] && !now.there)
		SEK_TRY(sek_hosts_add(all, &host));
	if (drain != now.drain || (drain && force))
		s = sek_hosts_drain(all, h->name, drain, drain ? force_in_s(h) : 0);
	return s;
}

static void apply(struct sek_admin_hosts *f)
{
	for (size_t i = 0; f->admin->config.sessions && i < f->fresh.n; i++) {
		const struct sek_store_host *h = &f->fresh.rows[i], *before = find(&f->known, h->name);
		sek_status s;

		if (before && before->state == h->state && before->force_s == h->force_s && same_place(h, before))
			continue;
		s = follow(f->admin->config.sessions, h, (before ? before->force_s : 0) != h->force_s);
		if (!sek_is_ok(s)) /* NOT_FOUND: drained once, and in the configuration no longer: nothing to do */
			sek_log(SEK_LOG_WARN, "host.not-applied", "host", h->name, "why", sek_code_name(s), NULL);
	}
	free(f->known.rows);
	f->known = f->fresh;
	f->fresh = (struct list){ .rows = NULL };
}

static void complain(sek_status s)
{
	char text[120];

	sek_log(SEK_LOG_ERROR, "store.fault", "doing", "hosts", "why", sek_status_text(s, text, sizeof text), NULL);
}

static void on_work(uv_work_t *w)
{
	struct sek_admin_hosts *f = w->data;

	f->status = read_all(f);
}

static void changed(void *user);

static void on_worked(uv_work_t *w, int cancelled)
{
	struct sek_admin_hosts *f = w->data;
	bool again = f->again;

	(void)cancelled;
	f->working = f->again = false;
	if (!sek_is_ok(f->status)) {
		complain(f->status);
		free(f->fresh.rows);
		f->fresh = (struct list){ .rows = NULL };
	} else if (!f->admin->stopping) {
		apply(f);
	}
	if (again)
		changed(f);
	sek_admin_check_stopped(f->admin);
}

static void changed(void *user)
{
	struct sek_admin_hosts *f = user;

	f->again = f->working;
	if (f->working || f->admin->stopping)
		return;
	f->work.data = f;
	f->working = uv_queue_work(f->admin->loop, &f->work, on_work, on_worked) == 0;
}

sek_status sek_admin_hosts_start(struct sek_admin *a)
{
	struct sek_admin_hosts *f = calloc(1, sizeof *f);

	if (!f)
		return sek_fail(SEK_E_NOMEM);
	f->admin = a;
	a->hosts = f;
	f->status = read_all(f);
	if (sek_is_ok(f->status))
		apply(f);
	else
		complain(f->status);
	if (a->config.book)
		sek_policy_book_also(a->config.book, changed, f);
	return sek_ok();
}

bool sek_admin_hosts_busy(const struct sek_admin *a)
{
	return a->hosts->working;
}

void sek_admin_hosts_stop(struct sek_admin *a)
{
	if (a->config.book)
		sek_policy_book_also(a->config.book, NULL, NULL);
}

void sek_admin_hosts_destroy(struct sek_admin *a)
{
	free(a->hosts->known.rows);
	free(a->hosts->fresh.rows);
	free(a->hosts);
}
