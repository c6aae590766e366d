/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Connecting to a socket of the session's directory. Used before the jail only.
 */
#include "render-host/capture/local_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

sek_status sek_local_connect(const char *path, int *ret_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n >= sizeof a.sun_path)
		return sek_fail(SEK_E_LIMIT);
	memcpy(a.sun_path, path, n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sek_from_errno();
	if (connect(fd, (const struct sockaddr *)(const void *)&a, sizeof a) < 0) {
		sek_status s = sek_from_errno();

		close(fd);
		return s;
	}
	*ret_fd = fd;
	return sek_ok();
}
