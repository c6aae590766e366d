/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's HTTP API (docs/api.md) for a native client that a person uses: one request at a time, each as the person
 * goes on, with the cookie of the log-in kept between them. What the answers mean is the caller's business.
 */
#ifndef SEK_CLIENT_STREAM_DOOR_H
#define SEK_CLIENT_STREAM_DOOR_H

#include <jansson.h>

#include "client/stream/stream.h"

struct sek_door;

/* origin: https://ADDRESS:PORT. The strings must stay for as long as the door. NULL: no memory. */
struct sek_door *sek_door_create(struct sek_stream_context *c, const char *address, uint16_t port, const char *origin);
/* The request under way, if there is one, is given up; its answer is told to nobody. */
void sek_door_destroy(struct sek_door *d);

/* status: HTTP's, 0 if there was no answer (no connection, a certificate that is not of the CA, time over). answer (hostile): the
 * JSON object, or NULL if there was none that is well-formed; borrowed. May ask again, must not destroy the door. */
typedef void sek_door_answer_fn(void *user, int status, const json_t *answer);
/* Asks. body: POSTed (the reference is stolen); NULL: a GET. An earlier request is given up. If nothing can be sent, `told`
 * hears the status 0 before this returns. */
void sek_door_ask(struct sek_door *d, const char *path, json_t *body, sek_door_answer_fn *told, void *user);
/* GETs a file: the body of an answer of status 200 is written to fd (the caller's; a plain file), at most that many bytes, and the answer is
 * NULL; told hears the status 0 if it does not all come or cannot be written. Other answers as above. */
void sek_door_fetch(struct sek_door *d, const char *path, int fd, size_t most_bytes, sek_door_answer_fn *told, void *user);
/* The request under way, if there is one, is given up; its answer is told to nobody. */
void sek_door_give_up(struct sek_door *d);
/* The log-in of another door to the same broker is this one's, too. */
void sek_door_lend(struct sek_door *d, const struct sek_door *from);
/* "NAME=VALUE" of the log-in, "" before; good until the next answer. */
const char *sek_door_cookie(const struct sek_door *d);

#endif
