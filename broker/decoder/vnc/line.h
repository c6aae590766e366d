/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The line to the VNC server: the connected socket, and TLS on it once VeNCrypt has agreed on it. Every wait has an end, and ends at once when
 * the broker says stop.
 */
#ifndef SEK_BROKER_DECODER_VNC_LINE_H
#define SEK_BROKER_DECODER_VNC_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "base/status.h"
#include "broker/decoder/foreign/trust.h"

#define SEK_VNC_HANDSHAKE_MS 10000 /* from the first byte to the picture's size */
#define SEK_VNC_STALL_MS 15000     /* in the middle of a message, or with a full socket */

struct sek_vnc_line {
	int fd, stop_fd;      /* the input pipe: its end is "stop" */
	gnutls_session_t tls; /* NULL: there will never be TLS on this line */
	gnutls_certificate_credentials_t none; /* that we show: none */
	bool secure;          /* the handshake is done and the certificate was found good */
	bool patient;         /* a read waits for bytes; else it says "not now" */
	uint64_t until_ms;    /* of every wait; 0: SEK_VNC_STALL_MS from its begin */
	bool stopped, late;   /* why a wait ended */
	bool ended;           /* the other end has hung up, or the line broke */
};

uint64_t sek_vnc_now_ms(void);

/* Before the jail: with_tls makes the session, since GnuTLS reads its configuration for that. SEK_E_NOMEM, SEK_E_CRYPTO. */
sek_status sek_vnc_line_init(struct sek_vnc_line *l, int fd, int stop_fd, bool with_tls);
/* Exactly n bytes. SEK_E_CLOSED, SEK_E_IO, SEK_E_TIMEOUT (late), SEK_E_CRYPTO. */
sek_status sek_vnc_line_read(struct sek_vnc_line *l, void *ret, size_t n);
sek_status sek_vnc_line_write(struct sek_vnc_line *l, const void *bytes, size_t n);
/* What is there now, at least one byte: SEK_E_AGAIN if nothing is. */
sek_status sek_vnc_line_take(struct sek_vnc_line *l, void *ret, size_t size, size_t *ret_n);
/* Whether there is nothing more to come: for who reads the socket by other means. */
bool sek_vnc_line_ended(struct sek_vnc_line *l);
/* The handshake and the check. SEK_E_DENIED: the certificate; SEK_E_CRYPTO: anything else of TLS; or as read. */
sek_status sek_vnc_line_secure(struct sek_vnc_line *l, const struct sek_trust *trust);

#endif
