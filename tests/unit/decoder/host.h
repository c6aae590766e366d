/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A render host made for tests: a real TLS server with real certificates that holds the other end of a real
 * sekisho-decoder's socket, and the broker's ends of its pipes.
 */
#ifndef SEK_TESTS_DECODER_HOST_H
#define SEK_TESTS_DECODER_HOST_H

#include "base/tls.h"
#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "broker/gap/health.h"
#include "protocol/wire/messages.h"
#include "tests/unit/gap/spawn.h"

#define HOST_NAME "render1.sekisho.internal"

struct host_options {
	const char *expected; /* the name that the decoder is told; NULL = HOST_NAME */
	const char *server;   /* whose certificate the server shows; NULL = HOST_NAME */
	bool untrusted;       /* the server's certificate is of another CA */
	uint16_t max_width, max_height; /* 0 = 1280x720 */
	bool watch;           /* it is to watch; the page of integers takes the gap's place */
	bool document;        /* it is to take a document's pages */
	uint16_t port;        /* of another render host on 127.0.0.1 that the decoder is connected to: there is no server here */
};

struct host {
	struct sek_gap_layout layout;
	struct sek_gap_reader *gap; /* NULL: it watches */
	struct sek_health_reader *page;
	struct sek_tls_context *context;
	struct sek_tls *tls;
	int fd;         /* the server's end of the connection */
	int input;      /* writing end of the input pipe */
	int control;    /* the broker's end of the control socket */
	int wake;
	int gap_rw, gap_ro;
	pid_t decoder;
	uint8_t in[65536];
	size_t in_n;
};

/* Makes the CAs and their certificates in a directory of their own below TMPDIR: an unchecked fixture, once per program. */
void host_make_certificates(void);
void host_remove_certificates(void);
/* Where those are that a decoder accepts: ca.crt, ca.crl, HOST_NAME.crt, HOST_NAME.key. */
const char *host_certificates(void);

/* Starts a decoder and hands it everything but the first byte of TLS. */
void host_start(struct host *h, const struct host_options *o);
/* Kills what is left. */
void host_stop(struct host *h);

/* The server's half of the handshake; returns what sek_tls_handshake says in the end. */
sek_status host_handshake(struct host *h);
/* start, handshake, HELLO from the broker, WELCOME from us. */
void host_open(struct host *h);
/* Sends n bytes through TLS; false if the decoder is gone. */
bool host_send(struct host *h, const void *bytes, size_t n);
/* Sends what was written, which must be whole. */
bool host_send_writer(struct host *h, const struct sek_writer *w);
/* The next frame from the decoder; its payload is good until the next call. Fails the test after TEST_WAIT_MS; false if
 * the decoder has closed. */
bool host_next(struct host *h, struct sek_frame *ret, const uint8_t **ret_payload);
/* The next frame, which must be of this type. */
const uint8_t *host_expect(struct host *h, enum sek_msg_type type, struct sek_frame *ret);
void host_send_size(struct host *h, uint16_t width, uint16_t height);
/* An UPDATE with one FILL of the 10x10 corner. */
void host_send_fill(struct host *h, uint8_t flags, uint32_t frame, uint8_t red);
/* The next frame must be an ACK; its frame number. */
uint32_t host_expect_ack(struct host *h);
/* As the broker: writes to the input pipe. */
void host_input(struct host *h, const void *bytes, size_t n);
/* The end of the decoder must be this, and the gap must hold this state. */
void host_assert_end(struct host *h, int code, uint16_t state);
/* Waits until the gap's header shows this state. */
void host_until_state(struct host *h, uint16_t state);

#endif
