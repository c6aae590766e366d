/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the server's first byte to the size of its picture (RFC 6143, sections 7.1 to 7.3; VeNCrypt 0.2): ours and not the library's, which
 * would take anonymous TLS and looks for certificates in files.
 */
#ifndef SEK_BROKER_DECODER_VNC_HANDSHAKE_H
#define SEK_BROKER_DECODER_VNC_HANDSHAKE_H

#include "broker/decoder/foreign/foreign.h"
#include "broker/decoder/vnc/line.h"

/* Runs in the jail. SEK_EXIT_OK and the picture's size, which is inside the gap's bounds, or the code of the step that failed. A login and a
 * password are sent only over TLS to a host whose certificate was found good, or if the host is `insecure`; then they are forgotten. */
enum sek_child_exit sek_vnc_handshake(struct sek_vnc_line *l, struct sek_foreign *f, uint16_t *ret_width, uint16_t *ret_height);
/* What a failed line means; `otherwise` for what TLS says. */
enum sek_child_exit sek_vnc_line_exit(const struct sek_vnc_line *l, sek_status s, enum sek_child_exit otherwise);

#endif
