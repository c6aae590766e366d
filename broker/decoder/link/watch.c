/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hostile frames into a page of integers. Runs in the jail: must allocate nothing and open nothing.
 */
#include "broker/decoder/link/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "protocol/wire/messages.h"

enum { GO_ON = -1, IN_BYTES = 512, OUT_BYTES = 64 };

struct sek_watcher {
	struct sek_tls *tls;
	struct sek_health_writer *page;
	int host_fd, wake_fd, input_fd;
	bool open, out_blocked;
	uint64_t since_ms; /* monotonic: start, end of the handshake, latest whole frame */
	size_t in_n, out_n;
	uint8_t in[IN_BYTES], out[OUT_BYTES];
};

struct sek_watcher *sek_watcher_create(struct sek_tls *t, struct sek_health_writer *page, int host_fd, int wake_fd, int input_fd)
{
	struct sek_watcher *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->tls = t;
	w->page = page;
	w->host_fd = host_fd;
	w->wake_fd = wake_fd;
	w->input_fd = input_fd;
	return w;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int failed(const struct sek_watcher *w, sek_status s)
{
	if (sek_is(s, SEK_E_AGAIN))
		return GO_ON;
	if (sek_is(s, SEK_E_DENIED))
		return sek_tls_why(w->tls) == SEK_TLS_PEER_ALERT ? SEK_EXIT_REFUSED : SEK_EXIT_CERTIFICATE;
	if (sek_is(s, SEK_E_CLOSED) || sek_is(s, SEK_E_IO))
		return w->open ? SEK_EXIT_LOST : SEK_EXIT_CONNECT;
	return sek_is(s, SEK_E_CRYPTO) ? SEK_EXIT_PROTOCOL : SEK_EXIT_INTERNAL;
}

static int flush(struct sek_watcher *w)
{
	w->out_blocked = false;
	while (w->out_n > 0) {
		size_t n = 0;
		sek_status s = sek_tls_write(w->tls, w->out, w->out_n, &n);

		w->out_blocked = sek_is(s, SEK_E_AGAIN);
		if (!sek_is_ok(s))
			return failed(w, s);
		memmove(w->out, w->out + n, w->out_n - n);
		w->out_n -= n;
	}
	return GO_ON;
}

static int handshake(struct sek_watcher *w)
{
	sek_status s = sek_tls_handshake(w->tls);
	struct sek_writer writer;

	if (!sek_is_ok(s))
		return failed(w, s);
	w->open = true;
	w->since_ms = now_ms();
	sek_writer_init(&writer, w->out, sizeof w->out);
	sek_watch_msg_write(&writer, &(struct sek_watch_msg){ SEK_VERSION_MIN, SEK_WATCH_VERSION_MAX });
	SEK_ASSERT(sek_is_ok(sek_writer_status(&writer)));
	w->out_n = writer.len;
	return flush(w);
}

/* Nothing but HEALTH is expected; anything else ends the watch. */
static int take(struct sek_watcher *w, const struct sek_frame *f, const uint8_t *payload)
{
	static const uint64_t one = 1;
	struct sek_health m;
	struct sek_host_health h;

	if (f->type != SEK_MSG_HEALTH || !sek_is_ok(sek_health_read(payload, f->payload_bytes, &m)))
		return SEK_EXIT_PROTOCOL;
	h = (struct sek_host_health){
		.draining = (m.flags & SEK_HEALTH_DRAINING) != 0, .sessions = m.sessions, .sessions_max = m.sessions_max,
		.memory_mib = m.memory_mib, .available_mib = m.available_mib, .cpu_permille = m.cpu_permille,
		.stall_permille = m.stall_permille, .cores = m.cores, .warm_ja = m.warm_ja, .warm_en = m.warm_en,
		.limits = m.limits, .refused = m.refused, .faults = m.faults, .image_days = m.image_days, .browser_days = m.browser_days,
		.browser_major = m.browser_major, .certificate_days = m.certificate_days, .certificate_left_days = m.certificate_left_days,
		.crl_left_hours = m.crl_left_hours,
	};
	sek_health_writer_put(w->page, &h);
	w->since_ms = now_ms();
	return write(w->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN ? SEK_EXIT_INTERNAL : GO_ON;
}

static int read_host(struct sek_watcher *w)
{
	for (;;) {
		size_t n = 0, total;
		struct sek_frame f;
		sek_status s = sek_frame_whole(w->in, w->in_n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total);
		int code;

		if (sek_is_ok(s)) {
			code = take(w, &f, w->in + SEK_FRAME_HEADER_BYTES);
			if (code != GO_ON)
				return code;
			memmove(w->in, w->in + total, w->in_n - total);
			w->in_n -= total;
			continue;
		}
		/* a frame that is too large for in[] is none that may come */
		if (!sek_is(s, SEK_E_AGAIN) || w->in_n == sizeof w->in)
			return SEK_EXIT_PROTOCOL;
		s = sek_tls_read(w->tls, w->in + w->in_n, sizeof w->in - w->in_n, &n);
		if (!sek_is_ok(s))
			return failed(w, s);
		w->in_n += n;
	}
}

static int turn(struct sek_watcher *w)
{
	uint64_t now = now_ms(), at = w->since_ms + (w->open ? SEK_WATCH_SILENT_MS : SEK_WATCH_HANDSHAKE_MS);
	uint64_t ms = at > now ? at - now : 0;
	struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };
	struct pollfd p[2] = { { .fd = w->host_fd, .events = POLLIN }, { .fd = w->input_fd, .events = POLLIN } };
	int code;

	if (w->open ? w->out_blocked : sek_tls_wants_write(w->tls))
		p[0].events = w->open ? POLLIN | POLLOUT : POLLOUT;
	if (ppoll(p, 2, &t, NULL) < 0 && errno != EINTR)
		return SEK_EXIT_INTERNAL;
	if (p[1].revents) /* the pipe carries nothing: its end is the word to stop */
		return SEK_EXIT_OK;
	if (!p[0].revents)
		return now_ms() >= at ? SEK_EXIT_SILENT : GO_ON;
	if (!w->open)
		return handshake(w);
	code = flush(w);
	return code == GO_ON ? read_host(w) : code;
}

enum sek_child_exit sek_watcher_run(struct sek_watcher *w)
{
	int code;

	w->since_ms = now_ms();
	code = handshake(w);
	while (code == GO_ON)
		code = turn(w);
	if (w->open)
		sek_tls_bye(w->tls);
	return (enum sek_child_exit)code;
}
