/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the server sends pictures: one for each request as RFC 6143 has it (7.5.3), or, where it offers continuous updates (pseudo-encoding -313)
 * with fences (-312), whenever something changes, as fast as the line carries it. The library knows neither.
 */
#ifndef SEK_BROKER_DECODER_VNC_FLOW_H
#define SEK_BROKER_DECODER_VNC_FLOW_H

#include "broker/decoder/vnc/screen.h"

enum { SEK_VNC_CONTINUOUS = -313, SEK_VNC_FENCE = -312 };         /* pseudo-encodings */
enum { SEK_VNC_TYPE_END = 150, SEK_VNC_TYPE_FENCE = 248 };        /* types of the messages that they bring */

#define SEK_VNC_FAR_US 20000 /* a line whose round trip takes as long is worth it: nearer, asking costs less than the server's own pacing */

struct sek_vnc_flow {
	bool far;        /* the line is long: continuous updates are asked for */
	bool offered;    /* the server has said once that it can */
	bool continuous; /* it was told to, and has not stopped */
};

/* Before the jail: how long the line is, by what the kernel saw when it connected. */
void sek_vnc_flow_init(struct sek_vnc_flow *f, int fd);
/* For memory that is new: asks for the whole picture, and for what changes in an area of that size. False: the line is lost. */
bool sek_vnc_flow_all(struct sek_vnc_flow *f, struct sek_vnc_screen *s);
/* EndOfContinuousUpdates was read: the first says that the server can, any later one that it does so no longer; it is then asked for each
 * picture again, for good. False: the line is lost. */
bool sek_vnc_flow_end(struct sek_vnc_flow *f, struct sek_vnc_screen *s);
/* A fence whose type byte has been read: answered at once, since every message before it has been worked off. False: the line is lost, or what
 * came breaks the grammar (*ret_malformed). */
bool sek_vnc_flow_fence(rfbClient *client, bool *ret_malformed);

#endif
