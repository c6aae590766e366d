/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The book: rows sorted by place, memberships sorted by user, replaced as a whole by a job in the pool.
 */
#include "broker/hub/policy/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/store/policies.h"

struct entry {
	enum sek_policy_scope scope;
	char *name;  /* of the group or user */
	enum sek_policy_attribute attribute;
	char *value;
};

struct member {
	char *user, *group;
};

struct pages {
	struct entry *entries;
	struct member *members;
	size_t n_entries, n_members, room_entries, room_members;
	bool failed; /* out of memory */
};

struct sek_policy_book {
	uv_loop_t *loop;
	struct sek_store *store;
	struct pages pages;
	int64_t stamp;
	void (*changed)(void *user);
	void *changed_user;
	void (*also)(void *user);
	void *also_user;
	uv_timer_t timer;
	uv_work_t work;
	bool working, again, stopping, closed, complained;
	/* the job's */
	struct pages fresh;
	int64_t fresh_stamp;
	bool news;
	sek_status status;
	void (*done)(void *user);
	void *done_user;
};

static void free_pages(struct pages *p)
{
	size_t i;

	for (i = 0; i < p->n_entries; i++) {
		free(p->entries[i].name);
		free(p->entries[i].value);
	}
	for (i = 0; i < p->n_members; i++) {
		free(p->members[i].user);
		free(p->members[i].group);
	}
	free(p->entries);
	free(p->members);
	memset(p, 0, sizeof *p);
}

/* --- loading --- */

static bool room_for(void **array, size_t *room, size_t n, size_t size)
{
	void *more;

	if (n < *room)
		return true;
	more = realloc(*array, (*room * 2 + 64) * size);
	if (!more)
		return false;
	*array = more;
	*room = *room * 2 + 64;
	return true;
}

static void take_policy(void *ctx, const struct sek_store_policy *p)
{
	struct pages *g = ctx;
	struct entry e = { .scope = SEK_SCOPE_SITE };

	/* an attribute of a newer program: not ours to judge */
	if (!sek_policy_find(p->attribute, strlen(p->attribute), &e.attribute))
		return;
	if (strcmp(p->scope, "group") == 0)
		e.scope = SEK_SCOPE_GROUP;
	else if (strcmp(p->scope, "user") == 0)
		e.scope = SEK_SCOPE_USER;
	e.name = strdup(p->name);
	e.value = strdup(p->value);
	if (!e.name || !e.value || !room_for((void **)&g->entries, &g->room_entries, g->n_entries, sizeof e)) {
		free(e.name);
		free(e.value);
		g->failed = true;
		return;
	}
	g->entries[g->n_entries++] = e;
}

static void take_member(void *ctx, const char *user, const char *group)
{
	struct pages *g = ctx;
	struct member m = { strdup(user), strdup(group) };

	if (!m.user || !m.group || !room_for((void **)&g->members, &g->room_members, g->n_members, sizeof m)) {
		free(m.user);
		free(m.group);
		g->failed = true;
		return;
	}
	g->members[g->n_members++] = m;
}

static int order_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->scope != y->scope ? (x->scope < y->scope ? -1 : 1) : strcmp(x->name, y->name);
}

static int order_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return strcmp(x->user, y->user);
}

static sek_status load(struct sek_store *store, struct pages *ret)
{
	sek_status status = sek_store_policies_all(store, take_policy, take_member, ret);

	if (sek_is_ok(status) && ret->failed)
		status = sek_fail(SEK_E_NOMEM);
	if (!sek_is_ok(status)) {
		free_pages(ret);
		return status;
	}
	if (ret->n_entries)
		qsort(ret->entries, ret->n_entries, sizeof *ret->entries, order_entries);
	if (ret->n_members)
		qsort(ret->members, ret->n_members, sizeof *ret->members, order_members);
	return status;
}

/* --- looking --- */

static void on_work(uv_work_t *w)
{
	struct sek_policy_book *b = w->data;

	b->news = false;
	b->status = sek_store_policies_stamp(b->store, &b->fresh_stamp);
	if (!sek_is_ok(b->status) || b->fresh_stamp == b->stamp)
		return;
	/* the stamp was read first: what is written between the two is loaded, and looked at once more */
	b->status = load(b->store, &b->fresh);
	b->news = sek_is_ok(b->status);
}

static void finish_stop(struct sek_policy_book *b)
{
	if (b->stopping && b->closed && !b->working && b->done)
		b->done(b->done_user);
}

static void on_worked(uv_work_t *w, int cancelled)
{
	struct sek_policy_book *b = w->data;
	char text[120];

	(void)cancelled;
	b->working = false;
	if (!sek_is_ok(b->status) && !b->complained)
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "read policies", "why",
			sek_status_text(b->status, text, sizeof text), NULL);
	b->complained = !sek_is_ok(b->status);
	if (b->news) {
		free_pages(&b->pages);
		b->pages = b->fresh;
		memset(&b->fresh, 0, sizeof b->fresh);
		b->stamp = b->fresh_stamp;
	}
	if (b->stopping) {
		finish_stop(b);
		return;
	}
	if (b->news)
		b->changed(b->changed_user);
	if (b->news && b->also)
		b->also(b->also_user);
	if (b->again)
		sek_policy_book_look(b);
}

void sek_policy_book_also(struct sek_policy_book *b, void (*fn)(void *user), void *user)
{
	b->also = fn;
	b->also_user = user;
}

void sek_policy_book_look(struct sek_policy_book *b)
{
	if (b->stopping)
		return;
	b->again = b->working;
	if (b->working)
		return;
	b->working = uv_queue_work(b->loop, &b->work, on_work, on_worked) == 0;
}

static void on_timer(uv_timer_t *t)
{
	struct sek_policy_book *b = t->data;

	if (!b->working)
		sek_policy_book_look(b);
}

/* --- asking --- */

static size_t rows_at(const struct pages *g, enum sek_policy_scope scope, const char *name, struct sek_policy_row *ret)
{
	size_t low = 0, high = g->n_entries, n = 0;
	const struct entry key = { .scope = scope, .name = (char *)(uintptr_t)name };

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order_entries(&g->entries[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < g->n_entries && order_entries(&g->entries[low], &key) == 0; low++, n++)
		if (ret)
			ret[n] = (struct sek_policy_row){ scope, g->entries[low].name, g->entries[low].attribute,
				g->entries[low].value };
	return n;
}

/* All rows that bear on a user; ret NULL only counts. */
static size_t rows_of(const struct pages *g, const char *user, struct sek_policy_row *ret)
{
	size_t n = rows_at(g, SEK_SCOPE_SITE, "", ret), low = 0, high = g->n_members;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(g->members[middle].user, user) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < g->n_members && strcmp(g->members[low].user, user) == 0; low++)
		n += rows_at(g, SEK_SCOPE_GROUP, g->members[low].group, ret ? ret + n : NULL);
	return n + rows_at(g, SEK_SCOPE_USER, user, ret ? ret + n : NULL);
}

static struct sek_policy_row *collect(const struct sek_policy_book *b, const char *user, const struct sek_policy_row *more,
	size_t n, size_t *ret_n)
{
	size_t found = rows_of(&b->pages, user, NULL);
	struct sek_policy_row *rows = calloc(found + n + 1, sizeof *rows);

	if (!rows)
		return NULL;
	rows_of(&b->pages, user, rows);
	if (n)
		memcpy(rows + found, more, n * sizeof *rows);
	*ret_n = found + n;
	return rows;
}

sek_status sek_policy_book_resolve(const struct sek_policy_book *b, const char *user, const struct sek_policy_row *more,
	size_t n, struct sek_policy *ret)
{
	size_t all = 0;
	struct sek_policy_row *rows = collect(b, user, more, n, &all);
	sek_status status = rows ? sek_policy_resolve(rows, all, ret, NULL) : sek_fail(SEK_E_NOMEM);

	free(rows);
	return status;
}

sek_status sek_policy_book_explain(const struct sek_policy_book *b, const char *user, const struct sek_policy_row *more,
	size_t n, char **ret)
{
	size_t all = 0;
	struct sek_policy_row *rows = collect(b, user, more, n, &all);
	sek_status status = rows ? sek_policy_explain_json(rows, all, ret) : sek_fail(SEK_E_NOMEM);

	free(rows);
	return status;
}

/* --- life --- */

sek_status sek_policy_book_create(uv_loop_t *loop, const char *store_where, void (*changed)(void *user), void *user,
	struct sek_policy_book **ret, char *err, size_t err_size)
{
	struct sek_policy_book *b = calloc(1, sizeof *b);
	sek_status status;

	if (!b)
		return sek_fail(SEK_E_NOMEM);
	b->loop = loop;
	b->changed = changed;
	b->changed_user = user;
	b->work.data = b;
	status = sek_store_open(store_where, &b->store, err, err_size);
	if (sek_is_ok(status)) {
		snprintf(err, err_size, "policies cannot be read from the store");
		status = sek_store_policies_stamp(b->store, &b->stamp);
	}
	if (sek_is_ok(status))
		status = load(b->store, &b->pages);
	if (!sek_is_ok(status)) {
		sek_policy_book_destroy(b);
		return status;
	}
	uv_timer_init(loop, &b->timer);
	b->timer.data = b;
	uv_timer_start(&b->timer, on_timer, SEK_POLICY_BOOK_LOOK_MS, SEK_POLICY_BOOK_LOOK_MS);
	uv_unref((uv_handle_t *)&b->timer);
	*ret = b;
	return status;
}

static void on_closed(uv_handle_t *h)
{
	struct sek_policy_book *b = h->data;

	b->closed = true;
	finish_stop(b);
}

void sek_policy_book_stop(struct sek_policy_book *b, void (*done)(void *user), void *user)
{
	b->stopping = true;
	b->done = done;
	b->done_user = user;
	uv_close((uv_handle_t *)&b->timer, on_closed);
}

void sek_policy_book_destroy(struct sek_policy_book *b)
{
	if (!b)
		return;
	free_pages(&b->pages);
	free_pages(&b->fresh);
	sek_store_close(b->store);
	free(b);
}
