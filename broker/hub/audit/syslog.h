/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sending every record of the audit log on to a syslog server, on the loop's thread, without ever blocking it: RFC 5424 messages over
 * TLS (RFC 5425: octet counting) or into the local /dev/log. What cannot be sent waits in a bounded queue; what that cannot hold is
 * counted. Syslog acknowledges nothing: that records are missing there shows in their numbers. Checkpoints are records, so a copy of
 * the chain's signed state is on another machine at most `checkpoint_seconds` later.
 */
#ifndef SEK_BROKER_HUB_AUDIT_SYSLOG_H
#define SEK_BROKER_HUB_AUDIT_SYSLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"

#define SEK_SYSLOG_QUEUE_MAX_BYTES (8u * 1024 * 1024)
#define SEK_SYSLOG_RETRY_MS 2000
#define SEK_SYSLOG_HANDSHAKE_MS 10000
#define SEK_SYSLOG_PRI_FACILITY 13 /* log audit */

enum sek_syslog_how { SEK_SYSLOG_NONE, SEK_SYSLOG_LOCAL, SEK_SYSLOG_TLS };

/* Texts must outlive the forwarder. */
struct sek_syslog_config {
	enum sek_syslog_how how;
	const char *socket;            /* LOCAL: path of the datagram socket; NULL: /dev/log */
	const char *address;           /* TLS: numeric */
	uint16_t port;
	const char *ca, *name;         /* TLS: who may have signed the server's certificate, and the name in it */
	const char *certificate, *key; /* TLS: our own, if the server asks; both or none */
	const char *host;              /* HOSTNAME of the messages */
};

struct sek_syslog;

/* Reads the files. Nothing is sent yet. On failure err says what is wrong and what to do. */
sek_status sek_syslog_create(uv_loop_t *loop, const struct sek_syslog_config *config, struct sek_syslog **ret, char *err,
	size_t err_size);
/* Sends what it can at once, closes; done is called on the loop. */
void sek_syslog_stop(struct sek_syslog *s, void (*done)(void *user), void *user);
void sek_syslog_destroy(struct sek_syslog *s); /* after done; NULL is fine */

/* One record as it stands in the log: n bytes with the line's end. Fits sek_audit_on_record. */
void sek_syslog_record(void *syslog, const char *line, size_t n);

struct sek_syslog_state {
	bool up;            /* the last attempt to send worked */
	uint64_t sent, lost;
	size_t queued_bytes;
	const char *why;    /* "" while up: a fixed sentence part */
};
void sek_syslog_state(const struct sek_syslog *s, struct sek_syslog_state *ret);

/* Pure: the message of one record, on the heap, without framing. NULL when out of memory. */
char *sek_syslog_message(const char *host, long pid, const char *line, size_t n, size_t *ret_n);

#endif
