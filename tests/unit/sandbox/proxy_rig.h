/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs the real sekisho-egress on a socket of this test, and plays browser and origin with blocking sockets.
 */
#ifndef SEK_TESTS_SANDBOX_PROXY_RIG_H
#define SEK_TESTS_SANDBOX_PROXY_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proxy {
	pid_t pid;
	uint16_t port;
};

/* Starts the proxy with these arguments (ended by NULL). hosts: a text that takes the place of /etc/hosts for it (needs
 * root), or NULL. */
void proxy_start(struct proxy *p, const char *const *args, const char *hosts);
/* The same, with SEK_EGRESS_RULES_FD (-1: without). */
void proxy_start_with(struct proxy *p, const char *const *args, const char *hosts, int rules);
/* The next proxy gets it as SEK_EGRESS_COUNT_FD; -1: none. */
extern int proxy_count_fd;
/* Ends it with SIGTERM and asserts that it ended well. */
void proxy_stop(struct proxy *p);

/* A listening socket on 127.0.0.1 with a port of its own. */
int origin_listen(uint16_t *ret_port);
/* Takes the next connection within 5 s, or -1 within wait_ms. */
int origin_accept(int listener);
bool origin_has_client(int listener, int wait_ms);

/* A connection to the proxy. All sockets give up after 5 s. */
int browser_connect(const struct proxy *p);
void say(int fd, const char *text);
void say_bytes(int fd, const void *bytes, size_t n);
/* Reads up to the end of a head (text is terminated, holds nothing behind the head). */
void hear_head(int fd, char *text, size_t size);
/* Reads exactly n bytes. */
void hear_bytes(int fd, void *bytes, size_t n);
/* Reads up to the end of the stream; returns the number of bytes (terminated text, cut at size). */
size_t hear_all(int fd, char *text, size_t size);
/* The status of the answer to one request, after which the connection is closed. */
int ask(const struct proxy *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
