/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One line of status. Must never block the loop.
 */
#include "broker/hub/status.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error.h"

/* A pipe that polls as writable takes PIPE_BUF bytes without blocking. */
enum { EVERY_MS = 1000, LINE_SESSIONS_MAX = 8, LINE_MAX_BYTES = PIPE_BUF };

struct list {
	json_t *sessions;
	json_int_t attached, bytes_down;
};

static void add_session(void *user, const struct sek_session_info *i)
{
	struct list *l = user;

	l->attached += i->attached;
	l->bytes_down += (json_int_t)i->bytes_down;
	if (json_array_size(l->sessions) >= LINE_SESSIONS_MAX)
		return;
	json_array_append_new(l->sessions, json_pack("{s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:i,s:i,s:i}", "id", i->id,
		"user", i->user, "host", i->host, "state", sek_state_name(i->state), "attached", (int)i->attached,
		"age_ms", (json_int_t)i->age_ms, "idle_ms", (json_int_t)i->idle_ms, "bytes_down",
		(json_int_t)i->bytes_down, "updates", (json_int_t)i->updates, "first_frame_ms", (int)i->first_frame_ms,
		"decoder_pid", i->decoder_pid, "encoder_pid", i->encoder_pid));
}

static json_t *make_line(const struct sek_status_line *s, json_t *sessions, const struct list *l)
{
	struct sek_front_counts c;

	sek_front_count(s->front, &c);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "sessions", (json_int_t)sek_sessions_count(s->sessions),
		"attached", l->attached, "logins", (json_int_t)sek_auth_logins(s->auth), "connections",
		(json_int_t)c.connections, "streams", (json_int_t)c.streams, "requests", (json_int_t)c.requests,
		"refused_upgrades", (json_int_t)c.refused_upgrades, "bytes_down", (json_int_t)c.bytes_down, "list", sessions);
}

static void write_line(uv_timer_t *timer)
{
	const struct sek_status_line *s = timer->data;
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };
	struct list l = { .sessions = json_array() };
	json_t *line;
	char *text;
	size_t n;

	sek_sessions_each(s->sessions, add_session, &l);
	line = make_line(s, l.sessions, &l);
	text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	if (text && strlen(text) >= LINE_MAX_BYTES) { /* long names: then without the single sessions */
		free(text);
		json_array_clear(l.sessions);
		text = json_dumps(line, JSON_COMPACT);
	}
	json_decref(line);
	if (!text)
		return;
	n = strlen(text);
	text[n] = '\n'; /* in the place of the zero byte at the end, which nobody needs any more */
	/* nobody reads: the line is left out */
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!write(s->fd, text, n + 1);
	free(text);
}

sek_status sek_status_start(struct sek_status_line *s, uv_loop_t *loop, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	/* not made non-blocking: whoever reads it may share it, and would not expect that */
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return sek_fail(SEK_E_IO);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return sek_from_errno();
	s->fd = fd;
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	uv_timer_start(&s->timer, write_line, 0, EVERY_MS);
	return sek_ok();
}
