/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dialling, credentials, decoder, exit code, for one document. Must never give a document's decoder anything of the session's own link.
 */
#include "broker/hub/session/document.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/gap/children.h"
#include "broker/hub/session/connect.h"
#include "broker/hub/session/internal.h"

struct sek_session_document {
	struct sek_sessions *all;
	struct sek_session *session; /* NULL: it has ended, or let go of us */
	enum sek_document_source source;
	uint16_t max_width_px, max_height_px;
	struct sek_connect *connect;
	struct sek_credential_job *job;
	struct sek_child *decoder;
	struct sek_decoder_ends ends; /* ours: input_write only; theirs until it runs */
	int socket_fd, credentials_fd;
	char host[64];
	uv_timer_t timer; /* tells the end */
	bool over;
	enum sek_document_end end;
	enum sek_document_state reason;
	sek_document_end_fn *fn;
	void *user;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void on_closed(uv_handle_t *handle)
{
	struct sek_session_document *d = handle->data;
	struct sek_sessions *all = d->all;

	free(d);
	sek_sessions_release(all);
}

/* Nothing crosses any more when this returns, but what stands in the gap already. */
static void let_go(struct sek_session_document *d)
{
	sek_connect_cancel(d->connect);
	sek_credentials_cancel(d->job);
	d->connect = NULL;
	d->job = NULL;
	sek_decoder_ends_close(&d->ends);
	sek_child_leave(d->decoder);
	d->decoder = NULL;
	close_fd(&d->socket_fd);
	close_fd(&d->credentials_fd);
	if (d->session)
		d->session->document = NULL;
	d->session = NULL;
}

void sek_session_document_stop(struct sek_session_document *d)
{
	if (!d)
		return;
	let_go(d);
	uv_close((uv_handle_t *)&d->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
	struct sek_session_document *d = timer->data;
	sek_document_end_fn *fn = d->fn;
	void *user = d->user;
	enum sek_document_end end = d->end;
	enum sek_document_state reason = d->reason;

	sek_session_document_stop(d);
	fn(user, end, reason);
}

static void over(struct sek_session_document *d, enum sek_document_end end, enum sek_document_state reason, const char *why)
{
	static const char *const words[] = { "reason", "line", "closed", "fault" };

	if (d->over)
		return;
	d->over = true;
	d->end = end;
	d->reason = reason;
	sek_log(end == SEK_DOCUMENT_END_FAULT ? SEK_LOG_WARN : SEK_LOG_INFO, "document.ended", "session",
		d->session ? d->session->id_hex : "-", "how", words[end], "reason", sek_document_state_name(reason), "why", why, NULL);
	let_go(d);
	uv_timer_start(&d->timer, on_timer, 0, 0);
}

/* What the exit code says. */
static void on_decoder_exit(void *user, int code, int signal_number)
{
	struct sek_session_document *d = user;
	bool said = !signal_number && code > SEK_EXIT_DOCUMENT && sek_document_state_known((uint32_t)(code - SEK_EXIT_DOCUMENT));

	d->decoder = NULL;
	if (said)
		over(d, SEK_DOCUMENT_END_REASON, (enum sek_document_state)(code - SEK_EXIT_DOCUMENT), "said by the host");
	else if (!signal_number && (code == SEK_EXIT_CONNECT || code == SEK_EXIT_LOST || code == SEK_EXIT_SILENT))
		over(d, SEK_DOCUMENT_END_LINE, SEK_DOCUMENT_WORKING, sek_logf("exit %d", code));
	else
		over(d, SEK_DOCUMENT_END_FAULT, SEK_DOCUMENT_WORKING, signal_number == SIGSYS ? "the decoder did what its jail forbids" :
			sek_logf("exit %d signal %d", code, signal_number));
}

static sek_status spawn(struct sek_session_document *d)
{
	char width[8], height[8];
	/* not the program's name: those who look for a session's decoder are not to find this one */
	const char *const argv[] = { "sekisho-doc", SEK_DECODER_PAGES, width, height, d->host, NULL };
	const int fds[SEK_DECODER_FDS_END] = {
		[0] = -1, [1] = -1, [2] = -1,
		[SEK_DECODER_HOST_FD] = d->socket_fd,
		[SEK_DECODER_GAP_FD] = d->ends.gap_rw,
		[SEK_DECODER_WAKE_FD] = d->ends.wake,
		[SEK_DECODER_INPUT_FD] = d->ends.input_read,
		[SEK_DECODER_CONTROL_FD] = -1,
		[SEK_DECODER_CREDENTIALS_FD] = d->credentials_fd,
	};
	struct sek_child_spec spec = { d->all->config.decoder_path, argv, fds, SEK_DECODER_FDS_END };

	snprintf(width, sizeof width, "%u", d->max_width_px);
	snprintf(height, sizeof height, "%u", d->max_height_px);
	return sek_child_spawn(&d->all->children, &spec, on_decoder_exit, d, &d->decoder);
}

static void go_on(struct sek_session_document *d)
{
	sek_status s;

	if (d->socket_fd < 0 || d->credentials_fd < 0)
		return;
	s = spawn(d);
	sek_decoder_ends_close_theirs(&d->ends);
	close_fd(&d->ends.wake);
	close_fd(&d->socket_fd);
	close_fd(&d->credentials_fd);
	if (!sek_is_ok(s))
		over(d, SEK_DOCUMENT_END_FAULT, SEK_DOCUMENT_WORKING, "the decoder could not be started");
}

static void on_connected(void *user, sek_status s, int fd)
{
	struct sek_session_document *d = user;

	d->connect = NULL;
	d->socket_fd = fd;
	if (sek_is_ok(s))
		go_on(d);
	else
		over(d, SEK_DOCUMENT_END_LINE, SEK_DOCUMENT_WORKING, "no connection");
}

static void on_credentials(void *user, sek_status s, const char *what, const uint8_t *bytes, size_t n)
{
	struct sek_session_document *d = user;

	d->job = NULL;
	if (sek_is_ok(s))
		s = sek_link_fill_pipe(bytes, n, &d->credentials_fd);
	if (sek_is_ok(s))
		go_on(d);
	else
		over(d, SEK_DOCUMENT_END_FAULT, SEK_DOCUMENT_WORKING, what ? what : "credentials pipe");
}

/* A frame into the decoder's input pipe. It holds thousands of them and the decoder reads: a full one is a fault. */
static bool put(struct sek_session_document *d, const struct sek_writer *w)
{
	return sek_is_ok(sek_writer_status(w)) && write(d->ends.input_write, w->start, w->len) == (ssize_t)w->len;
}

static sek_status order(struct sek_session_document *d, const struct sek_document_ask *ask)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_DOCUMENT_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_document_msg_write(&w, &(struct sek_document_msg){ SEK_VERSION_MIN, SEK_VERSION_MAX, (uint8_t)ask->source, ask->dpi,
		ask->most_pages, ask->max_width_px, ask->max_height_px });
	SEK_TRY(sek_writer_status(&w));
	return put(d, &w) ? sek_ok() : sek_fail(SEK_E_IO);
}

static sek_status dial(struct sek_session_document *d)
{
	struct sek_sessions *all = d->all;
	const struct sek_render_host *host = d->session->host;

	SEK_TRY(sek_connect_start(all->loop, all->config.outer_address, host->address, host->port, on_connected,
		sek_sessions_release, all, d, &d->connect));
	sek_sessions_hold(all);
	SEK_TRY(sek_credentials_start(all->loop, &all->files, d->session->id, host->name, on_credentials, sek_sessions_release, all, d,
		&d->job));
	sek_sessions_hold(all);
	return sek_ok();
}

static struct sek_session *find(struct sek_sessions *all, const char *user)
{
	struct sek_session *s;

	for (s = all->first; s; s = s->next)
		if (s->user && strcmp(s->user, user) == 0 && !s->farewell)
			return s;
	return NULL;
}

static bool allowed(const struct sek_session *s, enum sek_document_source source)
{
	return source == SEK_DOCUMENT_CAUGHT ? sek_session_keeps_downloads(s) : sek_session_prints(s);
}

static sek_status make(struct sek_session_document *d, const struct sek_document_ask *ask, int *ret_gap_ro, int *ret_wake)
{
	struct sek_gap_layout layout;
	int wake;

	SEK_TRY(sek_gap_layout_init(&layout, ask->max_width_px, ask->max_height_px));
	SEK_TRY(sek_decoder_ends_make(&layout, &d->ends));
	/* a document's decoder has no control socket */
	close_fd(&d->ends.control_ours);
	close_fd(&d->ends.control_theirs);
	SEK_TRY(order(d, ask));
	wake = fcntl(d->ends.wake, F_DUPFD_CLOEXEC, 0);
	if (wake < 0)
		return sek_from_errno();
	*ret_wake = wake;
	*ret_gap_ro = d->ends.gap_ro;
	d->ends.gap_ro = -1;
	return sek_ok();
}

sek_status sek_session_document_start(struct sek_sessions *all, const char *user, const struct sek_document_ask *ask,
	sek_document_end_fn *fn, void *arg, struct sek_session_document **ret, int *ret_gap_ro, int *ret_wake)
{
	struct sek_session *s = find(all, user);
	struct sek_session_document *d;
	sek_status status;

	if (!s || s->phase != SEK_PHASE_UP || !s->link || s->host->kind != SEK_KIND_SEKISHO)
		return sek_fail(SEK_E_NOT_FOUND);
	if (!allowed(s, ask->source))
		return sek_fail(SEK_E_DENIED);
	if (s->document)
		return sek_fail(SEK_E_CONFLICT);
	d = calloc(1, sizeof *d);
	if (!d)
		return sek_fail(SEK_E_NOMEM);
	*d = (struct sek_session_document){ .all = all, .session = s, .source = ask->source, .max_width_px = ask->max_width_px,
		.max_height_px = ask->max_height_px, .ends = { -1, -1, -1, -1, -1, -1, -1 }, .socket_fd = -1, .credentials_fd = -1,
		.fn = fn, .user = arg };
	snprintf(d->host, sizeof d->host, "%s", s->host->name);
	status = strlen(s->host->name) < sizeof d->host ? make(d, ask, ret_gap_ro, ret_wake) : sek_fail(SEK_E_LIMIT);
	if (!sek_is_ok(status)) {
		sek_decoder_ends_close(&d->ends);
		free(d);
		return status;
	}
	uv_timer_init(all->loop, &d->timer);
	d->timer.data = d;
	sek_sessions_hold(all);
	s->document = d;
	sek_log(SEK_LOG_INFO, "document.begun", "session", s->id_hex, "user", s->user, "source",
		ask->source == SEK_DOCUMENT_CAUGHT ? "download" : "page", NULL);
	if (!sek_is_ok(dial(d)))
		over(d, SEK_DOCUMENT_END_LINE, SEK_DOCUMENT_WORKING, "dialling");
	*ret = d;
	return sek_ok();
}

void sek_session_document_take(struct sek_session_document *d, uint16_t page)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_TAKE_PAGE_MAX_BYTES];
	struct sek_writer w;

	if (d->over || d->ends.input_write < 0)
		return;
	sek_writer_init(&w, frame, sizeof frame);
	sek_take_page_write(&w, &(struct sek_page_msg){ page });
	if (!put(d, &w))
		over(d, SEK_DOCUMENT_END_FAULT, SEK_DOCUMENT_WORKING, "the decoder does not take orders");
}

void sek_session_document_policy(struct sek_session *s)
{
	struct sek_session_document *d = s->document;

	if (!d || allowed(s, d->source))
		return;
	if (d->decoder)
		sek_child_kill(d->decoder);
	over(d, SEK_DOCUMENT_END_CLOSED, SEK_DOCUMENT_ENDED, "the policy does not allow it any more");
}

void sek_session_document_close(struct sek_session *s)
{
	if (!s->document)
		return;
	if (s->document->decoder)
		sek_child_kill(s->document->decoder);
	over(s->document, SEK_DOCUMENT_END_CLOSED, SEK_DOCUMENT_ENDED, "the session has ended");
}

void sek_session_document_note(struct sek_sessions *all, const char *user, uint32_t pages, const char *words)
{
	struct sek_session *s = find(all, user);

	if (s)
		sek_tape_event(s, SEK_RECORD_EVENT_DOCUMENT, pages, words);
}
