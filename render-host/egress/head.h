/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads of HTTP/1 messages (RFC 9112): what the browser asks and what a server answers, both hostile. No I/O and no
 * allocation: slices point into the caller's bytes, texts are rebuilt from the parts that were understood.
 */
#ifndef SEK_RENDER_HOST_EGRESS_HEAD_H
#define SEK_RENDER_HOST_EGRESS_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "render-host/egress/body.h"

enum {
	SEK_REQUEST_HEAD_MAX_BYTES = 16384,
	SEK_RESPONSE_HEAD_MAX_BYTES = 65536,
	SEK_HEADERS_MAX = 128,
	SEK_HOST_MAX_BYTES = 253,
	SEK_HEAD_ADDED_MAX_BYTES = 1024, /* a rebuilt head is at most this much longer than the one that came */
};

struct sek_slice {
	const char *p;
	size_t n;
};

struct sek_header {
	struct sek_slice name, value;
};

struct sek_headers {
	struct sek_header at[SEK_HEADERS_MAX];
	size_t n;
};

struct sek_request {
	struct sek_slice method;
	bool connect;                       /* CONNECT host:port, else METHOD http://host[:port]/path */
	char host[SEK_HOST_MAX_BYTES + 1];  /* lower case; an IPv6 address without brackets */
	bool ipv6;                          /* host is in brackets on the wire */
	uint16_t port;
	struct sek_slice path;              /* path and query; empty: "/" */
	struct sek_headers headers;
	struct sek_body body;               /* what follows the head */
};

struct sek_response {
	unsigned status; /* 100..599 */
	struct sek_headers headers;
};

/* Length of the head at the start of bytes with its empty line, or 0 if it is not complete. Lines may end with a bare
 * line feed (servers do that; sek_request_parse refuses it). */
size_t sek_head_length(const char *bytes, size_t n);

/* Parses a whole request head of n bytes. SEK_E_MALFORMED for anything that is not strictly RFC 9112 in the two forms
 * that a proxy gets, or whose body length is not certain (request smuggling); SEK_E_LIMIT for too many headers. */
sek_status sek_request_parse(const char *bytes, size_t n, struct sek_request *ret);

/* Writes the head that goes on: absolute form for an upstream proxy, else origin form; Host is made from the target,
 * hop-by-hop headers (RFC 9110 7.6.1) are left out, "Connection: close" is added. SEK_E_LIMIT if it does not fit. */
sek_status sek_request_write(const struct sek_request *r, bool absolute, char *out, size_t size, size_t *ret_n);

/* Parses a response head. Malformed header lines are left out; a malformed status line gives SEK_E_MALFORMED. */
sek_status sek_response_parse(const char *bytes, size_t n, struct sek_response *ret);

/* Writes the response head for the browser; final: with "Connection: close" (not for 1xx). SEK_E_LIMIT. */
sek_status sek_response_write(const struct sek_response *r, bool final, char *out, size_t size, size_t *ret_n);

/* Parses "host:port" or "[v6]:port" (default_port 0: the port must be there). Lower-cases the host. */
sek_status sek_authority_parse(const char *text, size_t n, uint16_t default_port, char ret_host[SEK_HOST_MAX_BYTES + 1],
	bool *ret_ipv6, uint16_t *ret_port);

#endif
