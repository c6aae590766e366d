/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One recording, on the loop: entries become blocks, blocks go to a thread, one job at a time. Must never block the loop, never
 * wait for the disk without a bound, and never go on after anything was lost.
 */
#include "broker/hub/record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "broker/hub/record/record_private.h"

enum { SPARE_ROOM = 2 * SEK_RECORD_BLOCK_BYTES };

static void go_on(struct sek_recording *r);

uint64_t sek_record_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- failing --- */

static void on_timer(uv_timer_t *t);

void sek_recording_fail(struct sek_recording *r, const char *why)
{
	if (r->failed || r->finished)
		return;
	r->failed = r->tell = true;
	snprintf(r->why, sizeof r->why, "%s", why);
	sek_record_plain_destroy(r->building);
	sek_record_plain_destroy(r->first);
	r->building = r->first = NULL;
	r->last = &r->first;
	r->waiting = 0;
	atomic_store(&r->waited_for, true);
	sek_record_threads_wake(r->recorder->threads);
	uv_timer_start(&r->timer, on_timer, 0, 0);
}

static void fail_status(struct sek_recording *r, sek_status status)
{
	char text[120], why[SEK_RECORD_WHY_BYTES];

	snprintf(why, sizeof why, "recordings '%.100s': %s", r->recorder->config.path, sek_status_text(status, text, sizeof text));
	sek_recording_fail(r, why);
	sek_recorder_failed(r->recorder, why, true);
}

void sek_recording_check_stall(struct sek_recording *r, uint64_t now_ms)
{
	int phase = atomic_load(&r->phase); /* before its time: so that an old time never meets a new phase */
	uint64_t since = atomic_load(&r->since_ms), age = now_ms > since ? now_ms - since : 0;

	if (!r->running || phase == SEK_RECORD_IDLE || r->failed || r->step == SEK_RECORD_END)
		return; /* an end waits as long as the disk likes: nobody is shown anything any more */
	if (age <= (phase == SEK_RECORD_WRITING ? SEK_RECORD_STALL_MS : SEK_RECORD_SYNC_MS))
		return;
	sek_recording_fail(r, phase == SEK_RECORD_QUEUED ? "recordings: the broker is overloaded, blocks wait to be written" :
		"recordings: the disk is too slow, a block is not written");
	sek_recorder_failed(r->recorder, r->why, false);
}

/* --- the end --- */

static void on_timer_closed(uv_handle_t *h)
{
	struct sek_recording *r = h->data;
	struct sek_recorder *recorder = r->recorder;
	bool sound = !r->failed;

	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	recorder->state.open--;
	recorder->state.waiting_bytes = 0;
	if (r->ops.closed)
		r->ops.closed(r->ops.user, sound ? &r->facts : NULL);
	if (r->owner_gone) {
		free(r);
	} else {
		r->next = recorder->gone;
		recorder->gone = r;
	}
	sek_recorder_ended(recorder);
}

static void finish(struct sek_recording *r)
{
	r->finished = true;
	sek_record_plain_destroy(r->building);
	sek_record_plain_destroy(r->first);
	sek_record_plain_destroy(r->spare);
	r->building = r->first = r->spare = NULL;
	uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

/* --- jobs --- */

static void set_phase(struct sek_recording *r, enum sek_record_phase p)
{
	atomic_store(&r->since_ms, sek_record_now_us() / 1000);
	atomic_store(&r->phase, p);
}

static sek_status settle(struct sek_recording *r)
{
	bool now = r->sync || r->recorder->config.sync_seconds <= 1 || r->file.size - r->file.synced > SEK_RECORD_UNSYNCED_BYTES;

	return now ? sek_record_file_sync(&r->file) : sek_record_file_push(&r->file);
}

/* The batch may be empty: then it is only synced. */
static void append(struct sek_recording *r)
{
	r->status = sek_record_file_append(&r->file, r->batch);
	set_phase(r, SEK_RECORD_SYNCING);
	if (sek_is_ok(r->status))
		r->status = settle(r);
	r->looked = atomic_exchange(&r->recorder->look, false);
	if (r->looked)
		r->look_status = sek_recorder_look(r->recorder, &r->look_free);
	r->job.quiet = sek_is_ok(r->status) && !atomic_load(&r->waited_for) &&
		!(r->looked && (!sek_is_ok(r->look_status) || r->look_free < r->recorder->config.warn_free_bytes));
}

static void work(struct sek_record_job *job)
{
	struct sek_recording *r = job->user;

	set_phase(r, SEK_RECORD_WRITING);
	switch (r->step) {
	case SEK_RECORD_MAKE:
		set_phase(r, SEK_RECORD_SYNCING);
		r->status = sek_record_file_make(&r->file);
		break;
	case SEK_RECORD_APPEND:
		append(r);
		break;
	case SEK_RECORD_END:
		set_phase(r, SEK_RECORD_SYNCING);
		r->status = sek_record_file_end(&r->file, r->end_state, false);
		if (sek_is_ok(r->status))
			sek_record_file_drop(&r->file);
		break;
	case SEK_RECORD_DROP:
		/* what is whole gets its end, if the disk takes that much; else the next start gives it one */
		if (r->file.fd >= 0 && r->begun)
			r->late_end = sek_is_ok(sek_record_file_end(&r->file, r->end_state, true));
		sek_record_file_drop(&r->file);
		r->status = sek_ok();
		break;
	}
	set_phase(r, SEK_RECORD_IDLE);
}

static void tell_ready(struct sek_recording *r, sek_status status)
{
	if (r->told)
		return;
	r->told = true;
	if (!r->owner_gone && r->ops.ready)
		r->ops.ready(r->ops.user, status);
}

/* The memory of one written block is used again: a fresh one costs page faults each second. */
static void keep_spare(struct sek_recording *r)
{
	struct sek_record_plain *p = r->batch;

	r->batch = NULL;
	if (p && p->sealed && !r->spare && !r->failed && p->room <= SPARE_ROOM) { /* sealed: there is nothing to wipe */
		struct sek_record_plain *rest = p->next;

		*p = (struct sek_record_plain){ .place = p->place, .room = p->room };
		r->spare = p;
		p = rest;
	}
	sek_record_plain_destroy(p);
}

static void after_work(struct sek_record_job *job)
{
	struct sek_recording *r = job->user;
	struct sek_recorder *recorder = r->recorder;
	sek_status status = r->status;

	r->running = false;
	atomic_store(&r->phase, SEK_RECORD_IDLE);
	for (struct sek_record_plain *p = r->batch; p; p = p->next)
		r->waiting -= r->failed ? 0 : p->n;
	keep_spare(r);
	r->unsynced = r->file.size > r->file.synced;
	if (r->file.size > r->bytes) {
		recorder->state.used_bytes += r->file.size - r->bytes;
		r->bytes = r->file.size;
	}
	if (r->looked) {
		r->looked = false;
		sek_recorder_looked(recorder, r->look_status, r->look_free);
	}
	if (r->step == SEK_RECORD_DROP) {
		r->dropped = true;
	} else if (!sek_is_ok(status)) {
		fail_status(r, status);
	} else if (r->step == SEK_RECORD_MAKE) {
		r->begun = true;
		if (!r->failed)
			tell_ready(r, status);
	} else if (r->step == SEK_RECORD_END) {
		r->dropped = true;
		sek_record_file_facts(&r->file, &r->facts);
		snprintf(r->facts.user, sizeof r->facts.user, "%s", r->user);
	}
	go_on(r);
}

static void start(struct sek_recording *r, enum sek_record_step step)
{
	r->step = step;
	r->end_state = r->state;
	r->running = true;
	r->sync = r->sync_due;
	r->sync_due = false;
	atomic_store(&r->waited_for, r->closing || r->failed);
	set_phase(r, SEK_RECORD_QUEUED);
	sek_record_threads_queue(r->recorder->threads, &r->job);
}

static void go_on(struct sek_recording *r)
{
	if (r->running || r->finished)
		return;
	if (r->dropped) {
		if (!r->tell) /* the failure is told first */
			finish(r);
	} else if (r->failed) {
		start(r, SEK_RECORD_DROP);
	} else if ((r->first || r->sync_due) && r->begun) {
		r->batch = r->first;
		r->first = NULL;
		r->last = &r->first;
		start(r, SEK_RECORD_APPEND);
	} else if (r->closing) {
		start(r, SEK_RECORD_END);
	}
}

/* --- blocks --- */

static void close_block(struct sek_recording *r)
{
	struct sek_record_plain *p = r->building;

	if (!p)
		return;
	r->building = NULL;
	p->head.plain_bytes = (uint32_t)p->n;
	*r->last = p;
	r->last = &p->next;
	if (r->running) { /* perhaps it is done, and has not said so */
		atomic_store(&r->waited_for, true);
		sek_record_threads_wake(r->recorder->threads);
	}
	go_on(r);
}

void sek_recording_tick(struct sek_recording *r, bool sync)
{
	if (r->failed || r->finished)
		return;
	r->sync_due = r->sync_due || (sync && (r->building || r->running || r->unsynced));
	close_block(r);
	go_on(r);
}

static void on_timer(uv_timer_t *t)
{
	struct sek_recording *r = t->data;

	r->tell = false;
	if (!r->told)
		tell_ready(r, sek_fail(SEK_E_STORE));
	else if (!r->owner_gone && r->ops.failed)
		r->ops.failed(r->ops.user, r->why);
	go_on(r);
}

/* Room for n more bytes of entries, in this block or a new one, which r->building is then. NULL: no memory. */
static uint8_t *room_for(struct sek_recording *r, size_t n)
{
	struct sek_record_plain *p;

	if (r->building && r->building->n + n > SEK_RECORD_BLOCK_BYTES)
		close_block(r);
	p = r->building;
	if (!p) {
		p = r->spare ? r->spare : calloc(1, sizeof *p);
		r->spare = NULL;
		if (!p)
			return NULL;
		p->head.utc_us = sek_record_utc_us();
		r->building = p;
	}
	return sek_record_plain_room(p, n);
}

/* --- what the others call --- */

void sek_recording_add2(struct sek_recording *r, enum sek_entry_kind kind, const uint8_t *head, size_t head_n,
	const uint8_t *rest, size_t rest_n)
{
	size_t n = head_n + rest_n, total = SEK_ENTRY_HEAD_BYTES + n;
	uint64_t now_us = sek_record_now_us(), at_us = now_us - r->began_us;
	uint8_t entry[SEK_ENTRY_HEAD_BYTES], *place, *payload;
	struct sek_record_plain *p;

	if (r->failed || r->closing)
		return;
	if (r->running) /* the recorder looks once a second: whoever shows something looks before */
		sek_recording_check_stall(r, now_us / 1000);
	if (r->failed)
		return;
	if (at_us < r->last_us)
		at_us = r->last_us;
	if (r->waiting + total > SEK_RECORD_BACKLOG_BYTES) {
		sek_recording_fail(r, "recordings: the disk is too slow, too much waits to be written");
		sek_recorder_failed(r->recorder, r->why, false);
		return;
	}
	place = sek_is_ok(sek_entry_head_write(kind, at_us, n, entry)) ? room_for(r, total) : NULL;
	if (!place) {
		sek_recording_fail(r, "recordings: an entry could not be kept");
		return;
	}
	p = r->building;
	memcpy(place, entry, sizeof entry);
	payload = place + sizeof entry;
	if (head_n > 0)
		memcpy(payload, head, head_n);
	if (rest_n > 0)
		memcpy(payload + head_n, rest, rest_n);
	/* what no reader would take must not make a whole block unreadable */
	if (!sek_is_ok(sek_entry_payload_check(kind, payload, n))) {
		sek_recording_fail(r, "recordings: an entry is not what its kind says");
		return;
	}
	p->n += total;
	r->waiting += total;
	r->last_us = at_us;
	sek_record_count(&p->head, kind, payload, n, at_us);
	if (p->n >= SEK_RECORD_BLOCK_BYTES)
		close_block(r);
}

void sek_recording_add(struct sek_recording *r, enum sek_entry_kind kind, const uint8_t *payload, size_t n)
{
	sek_recording_add2(r, kind, payload, n, NULL, 0);
}

void sek_recording_event(struct sek_recording *r, enum sek_record_event event, uint32_t arg, const char *words)
{
	uint8_t payload[8 + SEK_ENTRY_WORDS_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, payload, sizeof payload);
	sek_entry_event_write(&w, &(struct sek_entry_event){ (uint16_t)event, arg, (const uint8_t *)words, words ? strlen(words) : 0 });
	sek_recording_add(r, SEK_ENTRY_EVENT, payload, w.len);
}

void sek_recording_clock(struct sek_recording *r)
{
	uint8_t payload[8];
	struct sek_writer w;

	sek_writer_init(&w, payload, sizeof payload);
	sek_entry_clock_write(&w, sek_record_utc_us());
	sek_recording_add(r, SEK_ENTRY_CLOCK, payload, w.len);
}

static void fill_header(struct sek_recording *r, const struct sek_recording_about *a)
{
	struct sek_record_header *h = &r->file.header;
	size_t n;

	randombytes_buf(h->id, sizeof h->id);
	memcpy(h->session, a->session, sizeof h->session);
	snprintf(h->where, sizeof h->where, "%s", r->recorder->config.where);
	for (n = strlen(h->where); !sek_utf8_valid((const uint8_t *)h->where, n, NULL);)
		h->where[--n] = '\0'; /* cut between characters */
	h->began_utc_us = sek_record_utc_us();
	memcpy(h->recipient, r->recorder->recipient, sizeof h->recipient);
	sek_hex(h->id, sizeof h->id, r->id);
	sek_record_file_facts(&r->file, &r->facts);
	snprintf(r->user, sizeof r->user, "%s", a->user ? a->user : "");
}

sek_status sek_recording_begin(struct sek_recorder *recorder, const struct sek_recording_about *about,
	const struct sek_recording_ops *ops, struct sek_recording **ret)
{
	struct sek_recording *r;

	if (recorder->stopping || !recorder->state.writable)
		return sek_fail(SEK_E_STORE);
	r = calloc(1, sizeof *r);
	if (!r)
		return sek_fail(SEK_E_NOMEM);
	r->recorder = recorder;
	r->ops = *ops;
	r->last = &r->first;
	r->file.fd = -1;
	r->file.folder = recorder->config.path;
	r->file.signer = &recorder->signers->key;
	r->job = (struct sek_record_job){ .work = work, .after = after_work, .user = r };
	r->timer.data = r;
	r->began_us = sek_record_now_us();
	fill_header(r, about);
	uv_timer_init(recorder->loop, &r->timer);
	r->next = recorder->first;
	r->link = &recorder->first;
	if (r->next)
		r->next->link = &r->next;
	recorder->first = r;
	recorder->state.open++;
	sek_recording_meta(r, about);
	sek_recording_clock(r);
	start(r, SEK_RECORD_MAKE);
	*ret = r;
	return sek_ok();
}

bool sek_recording_ok(const struct sek_recording *r)
{
	return r->begun && !r->failed && !r->closing;
}

const char *sek_recording_id(const struct sek_recording *r)
{
	return r->id;
}

uint64_t sek_recording_bytes(const struct sek_recording *r)
{
	return r->bytes;
}

void sek_recording_end(struct sek_recording *r, uint32_t state)
{
	if (r->closing || r->finished)
		return;
	sek_recording_event(r, SEK_RECORD_EVENT_STOPPED, state, NULL);
	r->state = state;
	r->closing = true;
	if (r->building) {
		close_block(r);
	} else {
		atomic_store(&r->waited_for, true);
		sek_record_threads_wake(r->recorder->threads);
		go_on(r);
	}
}

void sek_recording_close(struct sek_recording *r, uint32_t state)
{
	struct sek_recording **p;

	SEK_ASSERT(!r->owner_gone);
	r->owner_gone = true;
	for (p = &r->recorder->gone; *p; p = &(*p)->next) {
		if (*p != r)
			continue;
		*p = r->next; /* it ended before its owner knew */
		free(r);
		return;
	}
	sek_recording_end(r, state);
}
