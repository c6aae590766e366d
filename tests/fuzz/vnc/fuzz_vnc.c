/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a VNC server says to the code that is ours: the greeting up to the picture's size (first byte even: with TLS asked for, or 2: without), and
 * copied text in both forms (first byte odd). The library's own reading is attacked from outside (vnc_fuzz).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/decoder/vnc/cut.h"
#include "broker/decoder/vnc/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_BYTES = 60000 }; /* fits into a socket's queue */

/* Our end, at whose other end the server has said all that it will, and hung up. */
static int server(const uint8_t *bytes, size_t n, int *ret_theirs)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	if (n > 0 && send(fds[1], bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		abort();
	shutdown(fds[1], SHUT_WR);
	*ret_theirs = fds[1];
	return fds[0];
}

static void greet(const uint8_t *data, size_t size, bool insecure, int stop)
{
	char login[] = "tanaka", password[] = "s3cret";
	struct sek_foreign f = { .insecure = insecure, .login = login, .password = password, .name = "desk" };
	uint16_t width = 0, height = 0;
	struct sek_vnc_line line;
	int theirs, ours = server(data, size, &theirs);

	if (!sek_is_ok(sek_gap_layout_init(&f.layout, 1280, 800)) || !sek_is_ok(sek_vnc_line_init(&line, ours, stop, !insecure)))
		abort();
	if (sek_vnc_handshake(&line, &f, &width, &height) == SEK_EXIT_OK && (width < 160 || height < 120 || width > 1280 || height > 800))
		abort();
	if (login[0] || password[0]) /* whatever happened, they are forgotten */
		abort();
	if (line.tls) {
		gnutls_deinit(line.tls);
		gnutls_certificate_free_credentials(line.none);
	}
	close(ours);
	close(theirs);
}

static void copied(const uint8_t *data, size_t size)
{
	static struct sek_foreign_clipboard clipboard;
	static struct sek_vnc_cut cut;
	static rfbClient *client;
	bool malformed = false;
	int theirs, pipes[2];

	if (!client) {
		client = rfbGetClient(8, 3, 4);
		rfbEnableClientLogging = FALSE;
		if (!client || !sek_is_ok(sek_foreign_clipboard_init(&clipboard, -1)) || !sek_is_ok(sek_vnc_cut_init(&cut, &clipboard)))
			abort();
	}
	if (pipe2(pipes, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	clipboard.pipe_fd = pipes[1];
	clipboard.n = clipboard.sent = 0;
	cut.extended = cut.asks = cut.given = false;
	cut.paste_n = cut.typed_n = 0;
	client->sock = server(data, size, &theirs);
	client->buffered = 0;
	client->bufoutptr = client->buf;
	while (sek_vnc_cut_read(&cut, client, &malformed))
		if (cut.extended && !sek_vnc_cut_paste(&cut, client, data, size < 100 ? size : 100))
			break;
	close(client->sock);
	close(theirs);
	close(pipes[0]);
	if (clipboard.pipe_fd >= 0)
		close(clipboard.pipe_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int stop[2] = { -1, -1 };

	if (stop[0] < 0 && pipe2(stop, O_CLOEXEC) < 0)
		abort();
	if (size < 1 || size > SIZE_MAX_BYTES)
		return 0;
	if (data[0] & 1)
		copied(data + 1, size - 1);
	else
		greet(data + 1, size - 1, data[0] & 2, stop[0]);
	return 0;
}
