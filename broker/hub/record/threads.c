/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A queue, a few threads, a way back to the loop. A thread must never touch anything of the loop but uv_async_send.
 */
#include "broker/hub/record/threads.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"

enum { THREADS = 4 };

struct list {
	struct sek_record_job *first, **last;
};

struct sek_record_threads {
	uv_thread_t threads[THREADS];
	unsigned n;
	uv_async_t done_async;
	unsigned outstanding; /* the loop's */
	void (*closed)(void *user);
	void *user;

	uv_mutex_t mutex;
	uv_cond_t cond;
	struct list queued, done, quiet; /* quiet: done, and nobody was woken for it */
	bool stopping;
};

static void put(struct list *l, struct sek_record_job *job)
{
	job->next = NULL;
	*l->last = job;
	l->last = &job->next;
}

static struct sek_record_job *take(struct list *l)
{
	struct sek_record_job *job = l->first;

	if (job) {
		l->first = job->next;
		if (!l->first)
			l->last = &l->first;
	}
	return job;
}

static void run(void *arg)
{
	struct sek_record_threads *t = arg;
	struct sek_record_job *job;

	(void)pthread_setname_np(pthread_self(), "sekisho-record"); /* so that its time can be told from the loop's */
	uv_mutex_lock(&t->mutex);
	for (;;) {
		job = take(&t->queued);
		if (job) {
			uv_mutex_unlock(&t->mutex);
			job->work(job);
			uv_mutex_lock(&t->mutex);
			put(job->quiet ? &t->quiet : &t->done, job);
			if (!job->quiet)
				uv_async_send(&t->done_async);
		} else if (t->stopping) {
			break;
		} else {
			uv_cond_wait(&t->cond, &t->mutex);
		}
	}
	uv_mutex_unlock(&t->mutex);
}

void sek_record_threads_after(struct sek_record_threads *t)
{
	struct sek_record_job *job;

	for (;;) {
		uv_mutex_lock(&t->mutex);
		job = take(&t->done);
		if (!job)
			job = take(&t->quiet);
		uv_mutex_unlock(&t->mutex);
		if (!job)
			return;
		t->outstanding--;
		job->after(job);
	}
}

static void on_done(uv_async_t *a)
{
	sek_record_threads_after(a->data);
}

static void join_all(struct sek_record_threads *t)
{
	unsigned i;

	uv_mutex_lock(&t->mutex);
	t->stopping = true;
	uv_cond_broadcast(&t->cond);
	uv_mutex_unlock(&t->mutex);
	for (i = 0; i < t->n; i++)
		uv_thread_join(&t->threads[i]);
}

sek_status sek_record_threads_create(uv_loop_t *loop, struct sek_record_threads **ret)
{
	struct sek_record_threads *t = calloc(1, sizeof *t);

	if (!t)
		return sek_fail(SEK_E_NOMEM);
	SEK_ASSERT(uv_mutex_init(&t->mutex) == 0 && uv_cond_init(&t->cond) == 0);
	t->queued.last = &t->queued.first;
	t->done.last = &t->done.first;
	t->quiet.last = &t->quiet.first;
	while (t->n < THREADS && uv_thread_create(&t->threads[t->n], run, t) == 0)
		t->n++;
	if (t->n == 0 || uv_async_init(loop, &t->done_async, on_done) != 0) {
		join_all(t);
		uv_cond_destroy(&t->cond);
		uv_mutex_destroy(&t->mutex);
		free(t);
		return sek_fail(SEK_E_NOMEM);
	}
	t->done_async.data = t;
	*ret = t;
	return sek_ok();
}

void sek_record_threads_queue(struct sek_record_threads *t, struct sek_record_job *job)
{
	t->outstanding++;
	job->quiet = false;
	uv_mutex_lock(&t->mutex);
	put(&t->queued, job);
	uv_cond_signal(&t->cond);
	uv_mutex_unlock(&t->mutex);
}

void sek_record_threads_wake(struct sek_record_threads *t)
{
	uv_async_send(&t->done_async);
}

static void on_closed(uv_handle_t *h)
{
	struct sek_record_threads *t = h->data;
	void (*closed)(void *user) = t->closed;
	void *user = t->user;

	uv_cond_destroy(&t->cond);
	uv_mutex_destroy(&t->mutex);
	free(t);
	closed(user);
}

void sek_record_threads_stop(struct sek_record_threads *t, void (*closed)(void *user), void *user)
{
	SEK_ASSERT(t->outstanding == 0);
	join_all(t);
	t->closed = closed;
	t->user = user;
	uv_close((uv_handle_t *)&t->done_async, on_closed);
}
