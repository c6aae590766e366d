/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One request and its answer over the control socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/ctl/ctl.h"

static int unreachable(const struct ctl *c, enum ctl_word w)
{
	fprintf(stderr, "sekishoctl: ");
	fprintf(stderr, ctl_word(c, w), c->socket, strerror(errno));
	fprintf(stderr, "\n");
	return CTL_UNREACHABLE;
}

static bool connect_to(struct ctl *c)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (c->fd >= 0)
		return true;
	if (strlen(c->socket) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(a.sun_path, c->socket, strlen(c->socket) + 1);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&a, sizeof a) == 0)
		return true;
	ctl_close(c);
	return false;
}

void ctl_close(struct ctl *c)
{
	int e = errno;

	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	errno = e;
}

static bool send_line(int fd, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0, at = 0;

	if (!text)
		return false;
	text[n++] = '\n'; /* in the place of the zero byte */
	while (at < n) {
		ssize_t w = send(fd, text + at, n - at, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			break;
		at += (size_t)w;
	}
	free(text);
	return at == n;
}

static json_t *read_line(int fd)
{
	char *line = NULL;
	size_t n = 0, room = 0;
	json_t *json = NULL;

	for (;;) {
		ssize_t r;

		if (n == room) {
			char *more = room < SEK_CTL_LINE_MAX ? realloc(line, room = room ? room * 2 : 65536) : NULL;

			if (!more)
				break;
			line = more;
		}
		r = read(fd, line + n, room - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		n += (size_t)r;
		if (line[n - 1] == '\n') {
			json = json_loadb(line, n - 1, JSON_REJECT_DUPLICATES, NULL);
			break;
		}
	}
	free(line);
	return json;
}

static int refused(const struct ctl *c, const json_t *reply)
{
	const char *error = json_string_value(json_object_get(reply, "error"));
	const json_t *answer = json_object_get(reply, "answer");
	const char *field = json_string_value(json_object_get(answer, "field"));
	const char *why = json_string_value(json_object_get(answer, "why"));
	const char *detail = json_string_value(json_object_get(answer, "detail"));

	if (c->json) {
		ctl_print_json(reply);
		return CTL_REFUSED;
	}
	fprintf(stderr, "sekishoctl: %s", ctl_error(c, error ? error : "internal"));
	if (field)
		fprintf(stderr, " [%s%s%s]", field, why ? ": " : "", why ? why : "");
	if (detail) {
		fprintf(stderr, ": ");
		ctl_print_text(stderr, detail);
	}
	fprintf(stderr, "\n");
	return CTL_REFUSED;
}

int ctl_call(struct ctl *c, const char *op, json_t *in, json_t **ret)
{
	json_t *request = json_pack("{s:s,s:o}", "op", op, "in", in), *reply;
	int r = CTL_DONE;

	if (!connect_to(c)) {
		json_decref(request);
		return unreachable(c, W_UNREACHABLE);
	}
	if (!send_line(c->fd, request)) {
		json_decref(request);
		return unreachable(c, W_NO_ANSWER);
	}
	json_decref(request);
	errno = 0;
	reply = read_line(c->fd);
	if (!json_is_object(reply)) {
		json_decref(reply);
		return unreachable(c, W_NO_ANSWER);
	}
	if (json_is_true(json_object_get(reply, "ok")))
		*ret = json_incref(json_object_get(reply, "answer"));
	else
		r = refused(c, reply);
	json_decref(reply);
	return r;
}
