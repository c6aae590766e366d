/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See site.h.
 */
#include "tests/unit/hub/documents/site.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "tests/unit/gap/spawn.h"
#include "tests/unit/paper/pages.h"

enum { W = 413, H = 585 };

static uint8_t key[32] = "what seals the keys of documents";

/* --- the decoder's place --- */

struct link {
	struct site *site;
	unsigned n, page;
	struct sek_gap_writer *gap;
	uint32_t stride;
	int wake;
	uv_timer_t turn;
	sek_document_end_fn *gone;
	void *user;
};

static void on_link_closed(uv_handle_t *h)
{
	struct link *l = h->data;

	sek_gap_writer_close(l->gap);
	close(l->wake);
	free(l);
}

static void wake(struct link *l)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(l->wake, &one, sizeof one), sizeof one);
}

static void paint(struct link *l)
{
	static uint32_t px[W * H];
	uint32_t *to = sek_gap_writer_pixels(l->gap);

	test_page_make(TEST_PAGE_FORM, l->page, px, W, H);
	sek_gap_writer_document(l->gap, 0, (uint16_t)l->site->script.pages, 0);
	sek_gap_writer_size(l->gap, W, H);
	for (unsigned y = 0; y < H; y++)
		memcpy(to + (size_t)y * l->stride, px + (size_t)y * W, W * 4);
	sek_gap_writer_document(l->gap, 0, (uint16_t)l->site->script.pages, (uint16_t)l->page);
	wake(l);
}

/* Everything that it does it does in a turn of its own, as a process would. */
static void on_turn(uv_timer_t *t)
{
	struct link *l = t->data;
	const struct site_script *c = &l->site->script;

	if (c->silent)
		return;
	if (c->state) {
		sek_gap_writer_document(l->gap, (uint16_t)c->state, 0, 0);
		wake(l);
		l->gone(l->user, SEK_DOCUMENT_END_REASON, (enum sek_document_state)c->state);
		uv_close((uv_handle_t *)t, on_link_closed);
	} else if (l->page > 0 && l->n < 8 && c->die_at[l->n] == l->page) {
		l->gone(l->user, c->why, SEK_DOCUMENT_WORKING);
		uv_close((uv_handle_t *)t, on_link_closed);
	} else if (l->page > 0) {
		paint(l);
	} else {
		sek_gap_writer_document(l->gap, 0, (uint16_t)c->pages, 0);
		wake(l);
	}
}

static sek_status start(void *ctx, const char *user, const struct sek_document_ask *wish, sek_document_end_fn *gone, void *arg,
	void **ret_link, int *ret_gap, int *ret_wake)
{
	struct site *s = ctx;
	struct link *l = calloc(1, sizeof *l);
	struct sek_gap_layout layout;
	int rw;

	(void)user;
	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, wish->max_width_px, wish->max_height_px)));
	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, ret_gap)));
	ck_assert(sek_is_ok(sek_gap_writer_open(rw, &layout, &l->gap)));
	close(rw);
	l->stride = layout.stride_px;
	l->wake = eventfd(0, EFD_CLOEXEC);
	*ret_wake = dup(l->wake);
	l->site = s;
	l->n = s->links++;
	l->gone = gone;
	l->user = arg;
	uv_timer_init(&s->loop, &l->turn);
	l->turn.data = l;
	uv_timer_start(&l->turn, on_turn, 1, 0);
	*ret_link = l;
	return sek_ok();
}

static void take(void *link, uint16_t page)
{
	struct link *l = link;

	l->page = page;
	uv_timer_start(&l->turn, on_turn, 1, 0);
}

static void stop(void *link)
{
	uv_close((uv_handle_t *)&((struct link *)link)->turn, on_link_closed);
}

static const struct sek_policy *policy_of(void *ctx, const char *user, char ret_session[33])
{
	struct site *s = ctx;

	(void)user;
	strcpy(ret_session, "00000000000000000000000000000001");
	return s->no_session ? NULL : &s->policy;
}

static void was_taken(void *ctx, const char *session, const struct sek_store_document *d)
{
	struct site *s = ctx;

	ck_assert_str_eq(session, d->session);
	s->taken++;
}

/* --- those who approve --- */

static void on_asked(uv_timer_t *t)
{
	struct site *s = t->data;

	s->asked_fn(s->asked_arg, s->ask_error);
	uv_close((uv_handle_t *)t, (uv_close_cb)free);
}

static bool ask(void *ctx, const struct sek_store_document *d, const struct sek_policy *p, sek_document_asked_fn *fn, void *arg)
{
	struct site *s = ctx;
	uv_timer_t *t = malloc(sizeof *t);

	ck_assert(p == &s->policy && d->bytes > 0);
	s->asked++;
	s->asked_fn = fn;
	s->asked_arg = arg;
	uv_timer_init(&s->loop, t);
	t->data = s;
	uv_timer_start(t, on_asked, 1, 0);
	return true;
}

static void withdraw(void *ctx, const char *id)
{
	((struct site *)ctx)->withdrawn += strlen(id) == 32;
}

/* --- the site --- */

void site_start(struct site *s)
{
	const struct sek_document_approvals approvals = { s, ask, withdraw };
	char err[512] = "";

	ck_assert_msg(sek_is_ok(sek_documents_create(&s->loop, &s->config, &s->documents, err, sizeof err)), "%s", err);
	sek_documents_approvals_by(s->documents, &approvals);
}

void site_open(struct site *s)
{
	memset(s, 0, sizeof *s);
	snprintf(s->folder, sizeof s->folder, "/tmp/sek-documents-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	snprintf(s->store, sizeof s->store, "%s/broker.db", s->folder);
	snprintf(s->files, sizeof s->files, "%s/documents", s->folder);
	ck_assert(sek_is_ok(sek_policy_resolve(NULL, 0, &s->policy, NULL)));
	s->policy.download = SEK_DOWNLOAD_PIXELS;
	s->policy.print = SEK_PRINT_PIXELS;
	s->config = (struct sek_documents_config){ .store_where = s->store, .folder = s->files, .paper_path = SEK_PAPER, .languages = "jpn+eng", .key = key,
		.source = { s, policy_of, start, take, stop, was_taken } };
	uv_loop_init(&s->loop);
	s->script = (struct site_script){ .pages = 3 };
	site_start(s);
}

static void on_stopped(void *user)
{
	*(bool *)user = true;
}

void site_stop(struct site *s)
{
	bool stopped = false;
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	sek_documents_stop(s->documents, on_stopped, &stopped);
	while (!stopped && test_now_ms() < until)
		uv_run(&s->loop, UV_RUN_ONCE);
	ck_assert(stopped);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	sek_documents_destroy(s->documents);
	s->documents = NULL;
}

void site_close(struct site *s)
{
	char command[128];

	if (s->documents)
		site_stop(s);
	ck_assert_int_eq(uv_loop_close(&s->loop), 0);
	sek_policy_finish(&s->policy);
	snprintf(command, sizeof command, "rm -rf %s", s->folder);
	ck_assert_int_eq(system(command), 0);
}

/* --- requests --- */

struct waiting {
	struct site_answer a;
	struct sek_documents_reading *reading;
	uint64_t length;
	bool done;
};

static void on_part(void *user, const uint8_t *bytes, size_t n)
{
	struct waiting *w = user;

	ck_assert_ptr_nonnull(bytes);
	w->a.bytes = realloc(w->a.bytes, w->a.n + n);
	memcpy(w->a.bytes + w->a.n, bytes, n);
	w->a.n += n;
	if (w->a.n == w->length) {
		sek_documents_reading_close(w->reading);
		w->done = true;
	} else {
		sek_documents_reading_next(w->reading, on_part, w);
	}
}

static void on_answer(void *user, const struct sek_documents_answer *a)
{
	struct waiting *w = user;

	w->a = (struct site_answer){ a->error, a->json, a->bytes, a->n, a->jpeg, a->created };
	w->reading = a->reading;
	w->length = a->length;
	if (a->reading)
		sek_documents_reading_next(a->reading, on_part, w);
	else
		w->done = true;
}

struct site_answer site_ask(struct site *s, enum sek_documents_op op, const char *user, const char *id, unsigned page, const char *in)
{
	struct sek_documents_call call = { .op = op, .address = "127.0.0.1", .page = page, .in = in ? json_loads(in, 0, NULL) : NULL };
	struct waiting w = { .done = false };
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	snprintf(call.user, sizeof call.user, "%s", user);
	snprintf(call.id, sizeof call.id, "%s", id ? id : "");
	ck_assert_ptr_nonnull(sek_documents_run(s->documents, &call, on_answer, &w));
	while (!w.done && test_now_ms() < until)
		uv_run(&s->loop, UV_RUN_ONCE);
	ck_assert(w.done);
	return w.a;
}

void site_answer_free(struct site_answer *a)
{
	json_decref(a->json);
	free(a->bytes);
	memset(a, 0, sizeof *a);
}

const char *site_new(struct site *s, const char *user, const char *in, char ret[33])
{
	struct site_answer a = site_ask(s, SEK_DOCUMENTS_ASK, user, NULL, 0, in);
	const char *error = a.error;

	if (!error) {
		ck_assert(a.created);
		snprintf(ret, 33, "%s", json_string_value(json_object_get(a.json, "id")));
	}
	site_answer_free(&a);
	return error;
}

const char *site_wait(struct site *s, const char *user, const char *id, char ret_reason[64])
{
	static const char *const states[] = { "working", "waiting", "released", "refused", "cancelled", "failed", "expired" };
	uint64_t until = test_now_ms() + TEST_WAIT_MS;
	unsigned i = 0;

	while (i == 0 && test_now_ms() < until) {
		struct site_answer a = site_ask(s, SEK_DOCUMENTS_SHOW, user, id, 0, NULL);

		ck_assert_msg(!a.error, "%s", a.error);
		for (i = 0; i < 7 && strcmp(states[i], json_string_value(json_object_get(a.json, "state"))) != 0; i++)
			;
		snprintf(ret_reason, 64, "%s", json_string_value(json_object_get(a.json, "reason")));
		site_answer_free(&a);
	}
	return states[i];
}

static void on_over(uv_timer_t *t)
{
	*(bool *)t->data = true;
}

void site_run(struct site *s, unsigned ms)
{
	uv_timer_t t;
	bool over = false;

	uv_timer_init(&s->loop, &t);
	t.data = &over;
	uv_timer_start(&t, on_over, ms, 0);
	while (!over)
		uv_run(&s->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&t, NULL);
	uv_run(&s->loop, UV_RUN_NOWAIT);
}

unsigned site_files(const struct site *s)
{
	DIR *d = opendir(s->files);
	struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}
