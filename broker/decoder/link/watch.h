/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The watching decoder's loop: one render host's HEALTH messages into a page of integers, nothing else.
 */
#ifndef SEK_BROKER_DECODER_LINK_WATCH_H
#define SEK_BROKER_DECODER_LINK_WATCH_H

#include "base/tls.h"
#include "broker/gap/children.h"
#include "broker/gap/health.h"

#define SEK_WATCH_HANDSHAKE_MS 10000
#define SEK_WATCH_SILENT_MS 15000 /* without a whole frame; one a second is expected */

struct sek_watcher;

/* Makes all that the loop needs; the rest stays the caller's. NULL when out of memory. */
struct sek_watcher *sek_watcher_create(struct sek_tls *t, struct sek_health_writer *page, int host_fd, int wake_fd, int input_fd);
/* Runs inside the jail until the host or the broker has enough. */
enum sek_child_exit sek_watcher_run(struct sek_watcher *w);

#endif
