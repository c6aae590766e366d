/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Telling the running broker by its control socket that keys have changed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "broker/hub/keytool/keytool.h"

enum { ANSWER_BYTES = 16384 };

static size_t read_line(int fd, char *ret, size_t size)
{
	size_t n = 0;
	ssize_t k;

	while (n + 1 < size && (k = read(fd, ret + n, size - 1 - n)) > 0) {
		n += (size_t)k;
		if (ret[n - 1] == '\n')
			break;
	}
	ret[n] = '\0';
	return n;
}

int keytool_tell(const char *socket_path, char *err, size_t err_size)
{
	static const char ask[] = "{\"op\":\"keys/reload\"}\n";
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char answer[ANSWER_BYTES];
	const char *detail;
	json_t *json;
	int fd, r;

	if (strlen(socket_path) >= sizeof a.sun_path)
		return 0;
	memcpy(a.sun_path, socket_path, strlen(socket_path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	r = send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) == (ssize_t)sizeof ask - 1 ? 1 : -1;
	json = json_loadb(answer, r > 0 ? read_line(fd, answer, sizeof answer) : 0, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	if (!json_is_true(json_object_get(json, "ok"))) {
		detail = json_string_value(json_object_get(json_object_get(json, "answer"), "detail"));
		snprintf(err, err_size, "%s", detail ? detail : "it did not answer");
		r = -1;
	}
	json_decref(json);
	return r;
}
