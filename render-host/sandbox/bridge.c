/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small relay with poll: unix socket outside, TCP on loopback inside. It exists only in sessions started with
 * --devtools, which renderd never does in production.
 */
#include "render-host/sandbox/bridge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 16, CHUNK_BYTES = 65536 };

/* One direction: what was read from fd[0] and not yet written to fd[1]. */
struct flow {
	unsigned char bytes[CHUNK_BYTES];
	size_t at, end;
	bool finished; /* fd[0] said that nothing more comes */
};

struct pair {
	int fd[2]; /* outside, inside; -1: free */
	struct flow flow[2];
};

static struct pair pairs[PAIRS_MAX];

static void drop(struct pair *p)
{
	close(p->fd[0]);
	close(p->fd[1]);
	p->fd[0] = p->fd[1] = -1;
}

static int connect_inside(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s >= 0 && connect(s, (const struct sockaddr *)&a, sizeof a) == 0)
		return s;
	if (s >= 0)
		close(s);
	return -1;
}

static void take(int listener, unsigned port)
{
	int outside = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int inside = outside < 0 ? -1 : connect_inside(port);

	for (int i = 0; inside >= 0 && i < PAIRS_MAX; i++) {
		if (pairs[i].fd[0] >= 0)
			continue;
		memset(&pairs[i], 0, sizeof pairs[i]);
		pairs[i].fd[0] = outside;
		pairs[i].fd[1] = inside;
		return;
	}
	if (outside >= 0)
		close(outside);
	if (inside >= 0)
		close(inside);
}

/* Moves what can be moved from side k to the other. False: the pair is over. */
static bool move(struct pair *p, int k, bool readable, bool writable)
{
	struct flow *f = &p->flow[k];
	ssize_t n;

	if (readable && f->at == f->end && !f->finished) {
		n = recv(p->fd[k], f->bytes, sizeof f->bytes, MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		f->finished = n == 0;
		f->at = 0;
		f->end = (size_t)n;
		writable = true;
	}
	if (writable && f->at < f->end) {
		n = send(p->fd[!k], f->bytes + f->at, f->end - f->at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		f->at += (size_t)n;
	}
	return !f->finished;
}

static short wanted(const struct pair *p, int k)
{
	short events = 0;

	if (p->flow[k].at == p->flow[k].end)
		events |= POLLIN;
	if (p->flow[!k].at < p->flow[!k].end)
		events |= POLLOUT;
	return events;
}

_Noreturn void sek_bridge_run(int listener, unsigned port)
{
	struct pollfd polled[1 + 2 * PAIRS_MAX] = { { .fd = listener, .events = POLLIN } };

	for (int i = 0; i < PAIRS_MAX; i++)
		pairs[i].fd[0] = pairs[i].fd[1] = -1;
	for (;;) {
		polled[0].revents = 0;
		for (int i = 0; i < PAIRS_MAX; i++)
			for (int k = 0; k < 2; k++)
				polled[1 + 2 * i + k] = (struct pollfd){ .fd = pairs[i].fd[k],
									  .events = wanted(&pairs[i], k) };
		if (poll(polled, 1 + 2 * PAIRS_MAX, -1) < 0 && errno != EINTR)
			_exit(1);
		for (int i = 0; i < PAIRS_MAX; i++) {
			short got[2] = { polled[1 + 2 * i].revents, polled[2 + 2 * i].revents };
			bool alive = true;

			if (pairs[i].fd[0] < 0)
				continue;
			for (int k = 0; k < 2 && alive; k++)
				alive = move(&pairs[i], k, got[k] & (POLLIN | POLLHUP | POLLERR), got[!k] & POLLOUT);
			if (!alive)
				drop(&pairs[i]);
		}
		if (polled[0].revents & POLLIN)
			take(listener, port);
	}
}
