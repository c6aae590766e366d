/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One line of status. Must never block the loop.
 */
#include "broker/hub/status.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error.h"

enum { EVERY_MS = 1000, LINE_SESSIONS_MAX = 64 };

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

static void write_line(uv_timer_t *timer)
{
	const struct sek_status_line *s = timer->data;
	struct list l = { .sessions = json_array() };
	struct sek_front_counts c;
	json_t *line;
	char *text;
	size_t n;

	sek_sessions_each(s->sessions, add_session, &l);
	sek_front_count(s->front, &c);
	line = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "sessions", (json_int_t)sek_sessions_count(s->sessions),
		"attached", l.attached, "logins", (json_int_t)sek_auth_logins(s->auth), "connections",
		(json_int_t)c.connections, "streams", (json_int_t)c.streams, "requests", (json_int_t)c.requests,
		"refused_upgrades", (json_int_t)c.refused_upgrades, "bytes_down", (json_int_t)c.bytes_down, "list",
		l.sessions);
	text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	if (!text)
		return;
	n = strlen(text);
	text[n] = '\n'; /* in the place of the zero byte at the end, which nobody needs any more */
	(void)!write(s->fd, text, n + 1);
	free(text);
}

sek_status sek_status_start(struct sek_status_line *s, uv_loop_t *loop, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || fstat(fd, &st) != 0)
		return sek_fail(SEK_E_IO);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return sek_from_errno();
	/* a file or terminal may be shared with others, who would not expect it to become non-blocking */
	if ((S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return sek_from_errno();
	s->fd = fd;
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	uv_timer_start(&s->timer, write_line, 0, EVERY_MS);
	return sek_ok();
}
