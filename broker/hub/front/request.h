/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a request's header says, read strictly. Pure functions over hostile text, and the one place that copies header
 * lines out of libwebsockets.
 */
#ifndef SEK_BROKER_HUB_FRONT_REQUEST_H
#define SEK_BROKER_HUB_FRONT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "broker/hub/auth/logins.h"
#include "broker/hub/auth/tokens.h"

#define SEK_COOKIE_NAME "__Host-sekisho"
#define SEK_SUBPROTOCOL "sekisho.1"
#define SEK_REQUEST_PATH_BYTES 256
#define SEK_REQUEST_ORIGIN_BYTES 300

enum sek_method { SEK_METHOD_GET, SEK_METHOD_HEAD, SEK_METHOD_POST, SEK_METHOD_OTHER };

/* Absent header lines are empty texts. A line that is longer than its member is `oversize`: the request is refused. */
struct sek_request {
	enum sek_method method;
	char path[SEK_REQUEST_PATH_BYTES];     /* decoded, without the query */
	bool oversize;
	bool has_length, bad_length, has_encoding; /* Content-Length; not a number; Transfer-Encoding */
	uint64_t length;
	char origin[SEK_REQUEST_ORIGIN_BYTES];
	char fetch_site[24];                   /* Sec-Fetch-Site */
	char content_type[80];
	char cookie[SEK_COOKIE_BYTES];         /* value of our cookie */
	bool bad_cookie;                       /* there are two of ours, or it has not the form of ours */
	char if_none_match[256];
};

struct lws;
/* Reads the header that lws has parsed. path: n bytes. */
void sek_request_read(struct lws *wsi, const char *path, size_t n, struct sek_request *ret);

/* A Content-Length: 1 to 15 digits and nothing else. SEK_E_MALFORMED. */
sek_status sek_length_parse(const char *text, uint64_t *ret);

/* Finds our cookie in a Cookie line. SEK_OK with ret empty if it is not there; SEK_E_MALFORMED if it is there twice or
 * cannot be one of ours. */
sek_status sek_cookie_parse(const char *line, char ret[SEK_COOKIE_BYTES]);

/* True for application/json, with no parameter but charset=utf-8. */
bool sek_is_json_type(const char *text);

/* True if the text is exactly one of the origins. */
bool sek_origin_allowed(const char *origin, const char *const *origins, size_t n);

/* True if a comma-separated list holds the word, in any case. */
bool sek_list_has(const char *list, const char *word);

/* Reads Sec-WebSocket-Protocol: exactly `sekisho.1` and one `token.TOKEN`, in any order. SEK_E_MALFORMED. */
sek_status sek_subprotocols_parse(const char *list, char ret_token[SEK_TOKEN_BYTES]);

#endif
