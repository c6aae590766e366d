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
/* "NAME=VALUE" of the log-in, "" before; good until the next answer. */
const char *sek_door_cookie(const struct sek_door *d);

#endif
