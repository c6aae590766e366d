/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the browser starts instead of xdg-open. It runs in the browser's jail and can do nothing that the browser could not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "render-host/helpers.h"
#include "render-host/pages/convert/view.h"

#define BROWSER "/usr/lib/chromium/chromium"

static int connected(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SEK_VIEW_INSIDE "/" SEK_VIEW_SOCKET };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s >= 0 && connect(s, (const struct sockaddr *)&a, sizeof a) == 0)
		return s;
	return -1;
}

static bool send_fd(int via, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = "v", .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	return sendmsg(via, &m, MSG_NOSIGNAL) == 1;
}

/* "NUMBER\n", all of it digits. */
static bool receive_number(int via, char text[16])
{
	size_t n = 0;

	while (n < 15 && read(via, text + n, 1) == 1 && text[n] != '\n')
		n++;
	text[n] = 0;
	return n > 0 && n < 11 && strspn(text, "0123456789") == n;
}

int sek_view_open(const char *path)
{
	char number[16], url[64];
	char *argv[] = { (char[]){ BROWSER }, (char[]){ "--user-data-dir=/home/session/profile" }, (char[]){ "--ozone-platform=x11" }, url, NULL };
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), s = connected();

	size_t n = strlen(path);

	/* PDF the browser shows itself or not at all. Where it does not, it would take ours for a download, and so on for ever */
	if (n >= 4 && strcmp(path + n - 4, ".pdf") == 0)
		return 1;
	if (fd < 0 || s < 0 || !send_fd(s, fd))
		return 1;
	/* where files are not kept to be taken over, none stays: the descriptor is enough */
	if (access(SEK_VIEW_INSIDE "/" SEK_VIEW_KEEP, F_OK) < 0)
		unlink(path);
	if (!receive_number(s, number))
		return 1;
	snprintf(url, sizeof url, "file://" SEK_VIEW_INSIDE "/%s.pdf", number);
	execv(BROWSER, argv);
	return 1;
}
