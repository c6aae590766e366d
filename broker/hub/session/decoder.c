/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting a decoder: which program a host's kind asks for, and the descriptors that broker/gap/children.h lists. Must never give one
 * anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/gap/children.h"
#include "broker/hub/session/internal.h"

const char *sek_sessions_decoder(const struct sek_sessions *all, enum sek_host_kind kind)
{
	return kind == SEK_KIND_VNC ? all->config.decoder_vnc_path : kind == SEK_KIND_RDP ? all->config.decoder_rdp_path :
		all->config.decoder_path;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void sek_decoder_ends_close_theirs(struct sek_decoder_ends *e)
{
	close_fd(&e->gap_rw);
	close_fd(&e->input_read);
	close_fd(&e->control_theirs);
}

void sek_decoder_ends_close(struct sek_decoder_ends *e)
{
	sek_decoder_ends_close_theirs(e);
	close_fd(&e->gap_ro);
	close_fd(&e->wake);
	close_fd(&e->input_write);
	close_fd(&e->control_ours);
}

static sek_status make(const struct sek_gap_layout *layout, struct sek_decoder_ends *e)
{
	int fds[2];

	e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->wake < 0)
		return sek_from_errno();
	SEK_TRY(sek_gap_create(layout, &e->gap_rw, &e->gap_ro));
	if (pipe2(fds, O_CLOEXEC) < 0)
		return sek_from_errno();
	e->input_read = fds[0];
	e->input_write = fds[1];
	if (fcntl(e->input_write, F_SETFL, O_NONBLOCK) < 0) /* our end only */
		return sek_from_errno();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return sek_from_errno();
	e->control_theirs = fds[0];
	e->control_ours = fds[1];
	/* one way: whatever the decoder writes to its end fails */
	return shutdown(e->control_ours, SHUT_RD) < 0 ? sek_from_errno() : sek_ok();
}

sek_status sek_decoder_ends_make(const struct sek_gap_layout *layout, struct sek_decoder_ends *ret)
{
	struct sek_decoder_ends e = { -1, -1, -1, -1, -1, -1, -1 };
	sek_status s = make(layout, &e);

	if (sek_is_ok(s))
		*ret = e;
	else
		sek_decoder_ends_close(&e);
	return s;
}

sek_status sek_decoder_spawn(struct sek_sessions *all, const struct sek_render_host *host, bool test, const struct sek_decoder_ends *e,
	int socket_fd, int credentials_fd, sek_child_exit_fn *fn, void *user, struct sek_child **ret)
{
	char width[8], height[8];
	const char *path = sek_sessions_decoder(all, host->kind);
	const char *const argv[] = { path, width, height, host->name, test ? SEK_DECODER_TEST : NULL, NULL };
	const int fds[SEK_DECODER_FDS_END] = {
		[0] = -1, [1] = -1, [2] = -1,
		[SEK_DECODER_HOST_FD] = socket_fd,
		[SEK_DECODER_GAP_FD] = e->gap_rw,
		[SEK_DECODER_WAKE_FD] = e->wake,
		[SEK_DECODER_INPUT_FD] = e->input_read,
		[SEK_DECODER_CONTROL_FD] = e->control_theirs,
		[SEK_DECODER_CREDENTIALS_FD] = credentials_fd,
	};
	struct sek_child_spec spec = { path, argv, fds, SEK_DECODER_FDS_END };

	if (!path)
		return sek_fail(SEK_E_NOT_FOUND);
	snprintf(width, sizeof width, "%u", all->config.max_width_px);
	snprintf(height, sizeof height, "%u", all->config.max_height_px);
	return sek_child_spawn(&all->children, &spec, fn, user, ret);
}
