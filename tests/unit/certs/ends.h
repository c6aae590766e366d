/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two ends of a TLS connection in one process, for tests.
 */
#ifndef SEK_TESTS_CERTS_ENDS_H
#define SEK_TESTS_CERTS_ENDS_H

#include "tests/unit/certs/world.h"

struct end {
	struct sek_tls *tls;
	int fd;
	sek_status status; /* of the handshake */
	bool done;
};

void ends_pair(int fds[2]);
/* A new end with a context of its own. */
void end_start(struct end *e, enum sek_tls_role role, const struct world *w, const char *chain, const char *key, int fd,
	const char *expected);
/* One try of the handshake; of both, until both have finished. */
void end_step(struct end *e);
void ends_shake(struct end *client, struct end *server);
void end_stop(struct end *e); /* closes fd */

#endif
