/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The line of a job: a document decoder and the sekisho-paper behind its gap, from up to down. What sekisho-paper writes comes out of a
 * jail in which outer pixels are looked at: it is read as hostile, and one record at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/gap/children.h"
#include "broker/hub/documents/internal.h"

/* --- down --- */

static void step(struct sek_document_job *j)
{
	if (--j->waiting > 0)
		return;
	j->line = j->downing = false;
	sek_document_job_settle(j);
}

static void on_heard_closed(uv_handle_t *h)
{
	struct sek_document_job *j = h->data;

	j->heard_open = j->heard_closing = false;
	step(j);
}

static void close_heard(struct sek_document_job *j)
{
	if (!j->heard_open || j->heard_closing)
		return;
	j->heard_closing = true;
	uv_close((uv_handle_t *)&j->heard, on_heard_closed);
}

static void on_paper_gone(void *user, int code, int signal_number)
{
	struct sek_document_job *j = user;

	j->paper = NULL;
	if (!j->downing && (code != SEK_EXIT_OK || signal_number != 0)) { /* else it may have been too slow to end by itself */
		sek_log(SEK_LOG_ERROR, "document.paper", "document", j->row.id, "code", sek_logf("%d", code), "signal", sek_logf("%d", signal_number),
			NULL);
		sek_document_job_fail(j, "failed", code == SEK_EXIT_SIZE ? "too-large" : "internal");
	}
	sek_document_line_down(j);
	step(j);
}

static void drop_record(struct sek_document_record *r)
{
	free(r->body);
	memset(r, 0, sizeof *r);
}

void sek_document_line_down(struct sek_document_job *j)
{
	if (!j->line || j->downing)
		return;
	j->downing = true;
	if (j->link)
		j->documents->config.source.stop(j->link);
	j->link = NULL;
	if (j->commands >= 0)
		close(j->commands); /* sekisho-paper ends */
	j->commands = -1;
	if (j->paper)
		sek_child_expire(j->paper);
	if (j->reason && j->paper)
		sek_child_kill(j->paper);
	/* what it still has to say is heard to its end, unless nobody wants to know */
	if (j->reason || !j->paper)
		close_heard(j);
	drop_record(&j->record);
}

/* The decoder has gone by itself. Why is said, and perhaps stands in the gap, of which sekisho-paper tells as it ends. */
static void on_link_gone(void *user, enum sek_document_end end, enum sek_document_state reason)
{
	struct sek_document_job *j = user;

	j->link = NULL;
	j->gone = end;
	j->gone_reason = reason;
	sek_document_line_down(j);
}

/* --- what is heard --- */

/* How many bytes the record that has begun still needs. */
static size_t wanted(const struct sek_document_record *r)
{
	if (r->n < SEK_PAPER_HEAD_BYTES)
		return SEK_PAPER_HEAD_BYTES - r->n;
	return SEK_PAPER_HEAD_BYTES + r->body_bytes - r->n;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct sek_document_job *j = h->data;
	struct sek_document_record *r = &j->record;

	(void)suggested;
	*buf = uv_buf_init((char *)(r->n < SEK_PAPER_HEAD_BYTES ? r->head + r->n : r->body + (r->n - SEK_PAPER_HEAD_BYTES)),
		(unsigned)wanted(r));
}

static bool begin_body(struct sek_document_job *j)
{
	struct sek_document_record *r = &j->record;

	if (!sek_is_ok(sek_paper_head_read(r->head, &r->page))) {
		sek_document_job_fail(j, "failed", "internal");
		return false;
	}
	r->body_bytes = r->page.kind == SEK_PAPER_PAGE ? 3 * (size_t)r->page.colours + r->page.image_bytes + r->page.text_bytes : 0;
	r->body = r->body_bytes ? malloc(r->body_bytes) : NULL;
	if (r->body_bytes && !r->body) {
		sek_document_job_fail(j, "failed", "internal");
		return false;
	}
	return true;
}

static void on_heard(uv_stream_t *s, ssize_t k, const uv_buf_t *buf)
{
	struct sek_document_job *j = s->data;
	struct sek_document_record *r = &j->record;

	(void)buf;
	if (k == 0)
		return;
	if (k < 0) { /* its end is the end of the line */
		sek_document_line_down(j);
		close_heard(j);
		return;
	}
	r->n += (size_t)k;
	if (r->n == SEK_PAPER_HEAD_BYTES && !begin_body(j))
		return;
	if (r->n >= SEK_PAPER_HEAD_BYTES && wanted(r) == 0)
		sek_document_job_record(j);
}

void sek_document_line_hear(struct sek_document_job *j, bool on)
{
	if (!j->heard_open || j->heard_closing)
		return;
	if (on)
		(void)uv_read_start((uv_stream_t *)&j->heard, on_alloc, on_heard);
	else
		(void)uv_read_stop((uv_stream_t *)&j->heard);
}

/* --- up --- */

static sek_status spawn(struct sek_document_job *j, int gap, int wake, const int commands[2], const int pages[2])
{
	const struct sek_documents_config *c = &j->documents->config;
	char side[8], dpi[8];
	const char *const argv[] = { c->paper_path, side, side, dpi, j->row.text ? c->languages : "", NULL };
	const int fds[SEK_PAPER_FDS_END] = { [SEK_PAPER_COMMANDS_FD] = commands[0], [SEK_PAPER_PAGES_FD] = pages[1], [2] = STDERR_FILENO,
		[SEK_PAPER_GAP_FD] = gap, [SEK_PAPER_WAKE_FD] = wake };
	const struct sek_child_spec spec = { c->paper_path, argv, fds, SEK_PAPER_FDS_END };

	snprintf(side, sizeof side, "%u", j->wish.max_width_px);
	snprintf(dpi, sizeof dpi, "%u", j->wish.dpi);
	return sek_child_spawn(&j->documents->children, &spec, on_paper_gone, j, &j->paper);
}

static sek_status hear(struct sek_document_job *j, int fd)
{
	SEK_TRY(sek_from_uv(uv_pipe_init(j->documents->loop, &j->heard, 0)));
	j->heard.data = j;
	j->heard_open = true;
	j->waiting++;
	SEK_TRY(sek_from_uv(uv_pipe_open(&j->heard, fd)));
	return sek_ok();
}

static void close_two(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static sek_status connect_paper(struct sek_document_job *j, int gap, int wake)
{
	int commands[2] = { -1, -1 }, pages[2] = { -1, -1 };
	sek_status s = pipe2(commands, O_CLOEXEC) == 0 && pipe2(pages, O_CLOEXEC) == 0 ? sek_ok() : sek_from_errno();

	if (sek_is_ok(s))
		s = spawn(j, gap, wake, commands, pages);
	if (!sek_is_ok(s)) {
		close_two(commands);
		close_two(pages);
		return s;
	}
	j->waiting++; /* for its end */
	close(commands[0]);
	close(pages[1]);
	j->commands = commands[1];
	(void)fcntl(j->commands, F_SETFL, O_NONBLOCK);
	s = hear(j, pages[0]);
	if (!sek_is_ok(s))
		close(pages[0]);
	else
		sek_document_line_hear(j, true);
	return s;
}

/* On failure the line may be half up: it is taken down, and the job settled, as after a loss. */
sek_status sek_document_line_up(struct sek_document_job *j)
{
	const struct sek_documents_from *from = &j->documents->config.source;
	int gap = -1, wake = -1;
	sek_status s;

	drop_record(&j->record);
	j->gone = SEK_DOCUMENT_END_FAULT;
	j->commands = -1;
	j->page = 0;
	j->links++;
	SEK_TRY(from->start(from->ctx, j->row.user, &j->wish, on_link_gone, j, &j->link, &gap, &wake));
	j->line = true;
	s = connect_paper(j, gap, wake);
	close(gap);
	close(wake);
	if (sek_is_ok(s))
		return s;
	if (j->waiting == 0) { /* nothing to wait for */
		from->stop(j->link);
		j->link = NULL;
		j->line = false;
		return s;
	}
	sek_document_job_fail(j, "failed", "internal");
	return sek_ok();
}

/* Two bytes fit into a pipe that nobody else writes. */
void sek_document_line_ask(struct sek_document_job *j, unsigned page)
{
	const uint8_t number[2] = { (uint8_t)(page >> 8), (uint8_t)page };

	if (!j->line || j->downing)
		return;
	j->page = page;
	if (write(j->commands, number, sizeof number) != sizeof number) {
		sek_document_line_down(j);
		return;
	}
	j->documents->config.source.take(j->link, (uint16_t)page);
}
