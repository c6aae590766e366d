/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Enough of an HTTP/1.1 server for pages that the load generator serves in the outer zone: GET only, a request a connection,
 * everything from memory.
 */
#ifndef SEK_CLIENT_LOAD_HTTP_H
#define SEK_CLIENT_LOAD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/status.h"

struct sek_http_answer {
	int code;         /* 200 or 404; 404 unless it is set */
	const char *type; /* Content-Type */
	const void *body; /* the server does not copy it: it stays until the server has gone */
	size_t n;
	bool keep;        /* browsers may keep it */
};

/* Asked for each request. path: of the address, without the host, terminated, hostile. */
typedef void sek_http_fn(void *user, const char *path, struct sek_http_answer *ret);

struct sek_http;
/* Serves on address (numeric, IPv4) and a free port; at most `connections` at a time, more are closed. */
sek_status sek_http_create(uv_loop_t *loop, const char *address, int connections, sek_http_fn *fn, void *user, struct sek_http **ret);
/* Closes the listener; fn is not called any more; memory goes when the loop has run the close callbacks of all connections. */
void sek_http_destroy(struct sek_http *s);
int sek_http_port(const struct sek_http *s);

#endif
