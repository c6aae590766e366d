/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A real sekisho-renderd on a loopback address of its own, with a PKI, and clients that speak to it as decoders do.
 */
#ifndef SEK_TESTS_RENDERD_RIG_H
#define SEK_TESTS_RENDERD_RIG_H

#include <stdbool.h>
#include <sys/types.h>

#include "protocol/wire/messages.h"
#include "tests/unit/certs/world.h"

struct rig {
	struct world world;
	char directory[64];        /* configuration, log, policy */
	char sessions[64];         /* sessions.directory */
	char log[100];
	unsigned port, max, warm, uid_base;
	pid_t pid;
};

struct rig_wishes {
	unsigned max, linger_s, memory_mib, processes; /* 0: 3, 30, 256, 64 */
	unsigned warm;                 /* sandboxes that are kept ready */
	const char *sandbox, *capture; /* programs; NULL: the stand-ins */
	const char *policy;            /* text of the policy file: an order to the stand-in sandbox; NULL: "{}" */
	const char *policy_file;       /* instead */
	const char *more;              /* further YAML lines */
};

#define RIG_ADDRESS "127.0.77.1"

/* Makes the world, writes the configuration, starts renderd and waits until it is ready. Aborts on failure. */
void rig_start(struct rig *r, const struct rig_wishes *wishes);
/* Starts it again with the same configuration (after rig_wait). */
void rig_run(struct rig *r);
/* Sends a signal / waits for the end and returns the wait status. */
void rig_signal(struct rig *r, int number);
int rig_wait(struct rig *r);
/* SIGTERM, wait, asserts exit code 0 and that nothing is left; removes everything. */
void rig_finish(struct rig *r);

/* Waits up to 15 s; asserts. */
void rig_expect_log(struct rig *r, const char *text);
size_t rig_count_log(const struct rig *r, const char *text);
/* Processes that run under one of the sessions' uids. */
size_t rig_processes(const struct rig *r);
/* Waits until no session is left: no process, no directory, no cgroup. */
void rig_expect_empty(struct rig *r);

struct client {
	int fd;
	struct sek_tls *tls;
	uint8_t *in;
	size_t in_len, used; /* used: the frame that the last call returned */
	sek_status status; /* why reading has ended */
};

/* Connects and shakes hands with a session certificate for id. */
void client_open(struct client *c, const struct rig *r, const uint8_t id[16]); /* NULL: a certificate for watching */
/* With other texts; true if the client's side of the handshake ended well. */
bool client_open_as(struct client *c, const struct rig *r, const char *chain, const char *key);
void client_close(struct client *c);
void client_hello(struct client *c, uint8_t flags);
/* A HELLO that wants a new session, with the RULES that it announces: these addresses ("" or lines) may be opened. */
void client_hello_rules(struct client *c, enum sek_lang lang, const char *allow);
void client_send(struct client *c, const void *bytes, size_t n);
void client_text(struct client *c, const char *text);
void client_empty(struct client *c, enum sek_msg_type type);
void client_ping(struct client *c, uint32_t id);
/* The next frame (points into c->in until the next call), or false if the connection ended or nothing came for 15 s. */
bool client_next(struct client *c, struct sek_frame *ret, const uint8_t **ret_payload);
/* Skips to the next STATE and returns it; SEK_STATE_NONE when the connection ended without. */
enum sek_state client_state(struct client *c);
/* Asserts WELCOME with this id next. */
void client_expect_welcome(struct client *c, const uint8_t id[16]);
/* Opens, HELLO, waits for RUNNING; returns the SIZE's width (number of the attach). */
unsigned client_attach(struct client *c, const struct rig *r, const uint8_t id[16], uint8_t flags);
/* Nothing but the end of the connection comes, with whatever frames before. */
void client_expect_end(struct client *c);

#endif
