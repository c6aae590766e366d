/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Queue, process and answers of the decoder. Never reads the payload of an UPDATE but for its frame number, and never writes
 * to the decoder while a frame of it is being taken out.
 */
#include "client/viewer/decoder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/wire/messages.h"

enum { CROWDED_BYTES = 4 << 20, RELIEVED_BYTES = 1 << 20, MOST_BYTES = 16 << 20 };

struct waiting {
	struct waiting *next;
	size_t n;
	uint8_t type, flags;
	uint8_t bytes[];
};

struct viewer_decoder {
	uv_process_t process;
	uv_pipe_t pipe;
	struct viewer_decoder_ops ops;
	void *user;
	struct sek_pane pane;
	struct waiting *first, **last;
	size_t queued_bytes;
	bool ready, painting, crowded, over;
	bool ended, unwanted;        /* the process; its owner has no use for it any more */
	uint32_t frame;              /* that is being painted */
	uint16_t width_px, height_px;
	int open_handles;
	uint8_t answer[64];
};

struct sent {
	uv_write_t write;
	struct waiting *message;
};

static void on_closed(uv_handle_t *h)
{
	struct viewer_decoder *d = h->data;

	if (--d->open_handles > 0)
		return;
	while (d->first) {
		struct waiting *w = d->first;

		d->first = w->next;
		free(w);
	}
	sek_pane_unmap(&d->pane);
	free(d);
}

/* A process that never was has number 0, which would mean all of our group; one that has ended may be somebody else by now. */
static void end(struct viewer_decoder *d)
{
	if (!d->ended)
		uv_process_kill(&d->process, SIGKILL);
}

void viewer_decoder_destroy(struct viewer_decoder *d)
{
	if (!d)
		return;
	d->over = d->unwanted = true;
	end(d);
	if (!uv_is_closing((uv_handle_t *)&d->pipe))
		uv_close((uv_handle_t *)&d->pipe, on_closed);
	if (d->ended && !uv_is_closing((uv_handle_t *)&d->process)) /* else once its end was heard of: nobody else reaps it */
		uv_close((uv_handle_t *)&d->process, on_closed);
}

static void fail(struct viewer_decoder *d, int exit_code)
{
	if (d->over)
		return;
	d->over = true;
	d->ops.died(d->user, exit_code);
}

static void on_ended(uv_process_t *p, int64_t status, int signal)
{
	struct viewer_decoder *d = p->data;

	d->ended = true;
	fail(d, signal ? -1 : (int)status);
	if (d->unwanted && !uv_is_closing((uv_handle_t *)p))
		uv_close((uv_handle_t *)p, on_closed);
}

static void on_sent(uv_write_t *w, int status)
{
	struct sent *s = (struct sent *)(void *)w;

	(void)status; /* a decoder that is gone tells so by its exit */
	free(s->message);
	free(s);
}

static void take_size(struct viewer_decoder *d, const struct waiting *w)
{
	struct sek_size size;

	if (sek_is_ok(sek_size_read(w->bytes + SEK_FRAME_HEADER_BYTES, w->n - SEK_FRAME_HEADER_BYTES, &size))) {
		d->width_px = size.width_px;
		d->height_px = size.height_px;
	}
}

/* The first four bytes of an UPDATE: it has eight at least. */
static uint32_t frame_number(const struct waiting *w)
{
	const uint8_t *p = w->bytes + SEK_FRAME_HEADER_BYTES;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Sends what waits, up to the end of the next frame. */
static void pump(struct viewer_decoder *d)
{
	while (d->ready && !d->painting && !d->over && d->first) {
		struct waiting *w = d->first;
		struct sent *s = calloc(1, sizeof *s);
		uv_buf_t buf = uv_buf_init((char *)w->bytes, (unsigned)w->n);

		if (!s)
			return;
		d->first = w->next;
		if (!d->first)
			d->last = &d->first;
		d->queued_bytes -= w->n;
		if (w->type == SEK_MSG_SIZE)
			take_size(d, w);
		if (w->type == SEK_MSG_UPDATE && w->flags & SEK_UPDATE_END) {
			d->painting = true;
			d->frame = frame_number(w);
		}
		s->message = w;
		if (uv_write(&s->write, (uv_stream_t *)&d->pipe, &buf, 1, on_sent) < 0)
			on_sent(&s->write, -1);
	}
	if (d->crowded && d->queued_bytes < RELIEVED_BYTES && !d->over) {
		d->crowded = false;
		d->ops.crowded(d->user, false);
	}
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct viewer_decoder *d = h->data;

	(void)suggested;
	*buf = uv_buf_init((char *)d->answer, sizeof d->answer);
}

static void painted(struct viewer_decoder *d)
{
	struct sek_rect changed = { 0 };

	sek_pane_changed(&d->pane, d->width_px, d->height_px, &changed);
	d->ops.frame(d->user, d->frame, d->pane.px, d->width_px, d->height_px, changed);
	d->painting = false;
}

/* Bytes of any value; what counts is that one came while one was due. */
static void on_answer(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct viewer_decoder *d = stream->data;

	(void)buf;
	if (n < 0) {
		uv_read_stop(stream); /* its exit says more */
		return;
	}
	for (; n > 0 && !d->over; n--) {
		if (!d->ready) {
			d->ready = true;
			d->ops.ready(d->user);
		} else if (d->painting) {
			painted(d);
		} else {
			end(d); /* nobody asked */
			return;
		}
		pump(d);
	}
}

sek_status viewer_decoder_feed(struct viewer_decoder *d, const uint8_t *bytes, size_t n)
{
	struct sek_frame frame;
	struct waiting *w;
	size_t total;

	SEK_TRY(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &frame, &total));
	if (total != n || (frame.type != SEK_MSG_SIZE && frame.type != SEK_MSG_UPDATE))
		return sek_fail(SEK_E_MALFORMED);
	if (d->queued_bytes + n > MOST_BYTES)
		return sek_fail(SEK_E_LIMIT);
	w = malloc(sizeof *w + n);
	if (!w)
		return sek_fail(SEK_E_NOMEM);
	*w = (struct waiting){ NULL, n, frame.type, frame.flags };
	memcpy(w->bytes, bytes, n);
	*d->last = w;
	d->last = &w->next;
	d->queued_bytes += n;
	if (!d->crowded && d->queued_bytes > CROWDED_BYTES) {
		d->crowded = true;
		d->ops.crowded(d->user, true);
	}
	pump(d);
	return sek_ok();
}

int viewer_decoder_pid(const struct viewer_decoder *d)
{
	return d->process.pid;
}

static int start(struct viewer_decoder *d, uv_loop_t *loop, const char *program, int memory_fd)
{
	char *args[] = { (char *)(uintptr_t)program, NULL }, *env[] = { NULL };
	uv_stdio_container_t stdio[SEK_PANE_FDS_END] = { [SEK_PANE_SOCKET_FD] = { .flags = (uv_stdio_flags)(UV_CREATE_PIPE |
		UV_READABLE_PIPE | UV_WRITABLE_PIPE), .data.stream = (uv_stream_t *)&d->pipe },
		[SEK_PANE_MEMORY_FD] = { .flags = UV_INHERIT_FD, .data.fd = memory_fd } };
	uv_process_options_t options = { .exit_cb = on_ended, .file = program, .args = args, .env = env, .stdio = stdio,
		.stdio_count = SEK_PANE_FDS_END };

	uv_pipe_init(loop, &d->pipe, 0);
	d->process.data = d->pipe.data = d;
	d->open_handles = 2;
	return uv_spawn(loop, &d->process, &options);
}

struct viewer_decoder *viewer_decoder_create(uv_loop_t *loop, const char *program, const struct viewer_decoder_ops *ops, void *user)
{
	struct viewer_decoder *d = calloc(1, sizeof *d);
	int memory_fd, rc;

	if (!d)
		return NULL;
	d->ops = *ops;
	d->user = user;
	d->last = &d->first;
	if (!sek_is_ok(sek_pane_create(&d->pane, &memory_fd))) {
		free(d);
		return NULL;
	}
	rc = start(d, loop, program, memory_fd);
	close(memory_fd);
	d->ended = rc < 0;
	if (rc < 0 || uv_read_start((uv_stream_t *)&d->pipe, on_alloc, on_answer) < 0) {
		viewer_decoder_destroy(d);
		return NULL;
	}
	return d;
}
