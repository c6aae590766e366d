/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two ends of a TLS connection in one process.
 */
#include "tests/unit/certs/ends.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void ends_pair(int fds[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

void end_start(struct end *e, enum sek_tls_role role, const struct world *w, const char *chain, const char *key, int fd,
	const char *expected)
{
	struct sek_tls_pem pem = { w->ca, w->crl, chain, key };
	struct sek_tls_context *context;

	memset(e, 0, sizeof *e);
	e->fd = fd;
	ck_assert(sek_is_ok(sek_tls_context_create(role, &pem, &context)));
	ck_assert(sek_is_ok(sek_tls_create(context, fd, expected, &e->tls)));
	sek_tls_context_destroy(context); /* the session keeps it */
}

void end_step(struct end *e)
{
	if (e->done)
		return;
	e->status = sek_tls_handshake(e->tls);
	e->done = !sek_is(e->status, SEK_E_AGAIN);
}

void ends_shake(struct end *client, struct end *server)
{
	int i;

	for (i = 0; i < 50 && !(client->done && server->done); i++) {
		end_step(client);
		end_step(server);
	}
	ck_assert(client->done && server->done);
}

void end_stop(struct end *e)
{
	sek_tls_destroy(e->tls);
	close(e->fd);
}
