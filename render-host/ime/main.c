/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-ime: the input method of one session. Text that the staff member composed on the inner side arrives here and
 * is committed to the focused field of the browser; the caret's place goes back. It stores and logs no text.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <ibus.h>

#include "base/log.h"
#include "render-host/helpers.h"
#include "render-host/ime/engine.h"
#include "render-host/ime/link.h"
#include "render-host/ime/nudge.h"

enum { BUS_TRIES = 200, BUS_TRY_US = 20000 };

static void ready(void)
{
	/* a peer that came early waits in the listening socket until now */
	sek_ime_link_listen(SEK_IME_LISTEN_FD);
	if (write(SEK_IME_STATUS_FD, "i", 1) != 1)
		sek_log(SEK_LOG_WARN, "ime.status", "errno", strerror(errno), NULL);
	close(SEK_IME_STATUS_FD);
}

static void got_focus(void)
{
	sek_ime_link_resume();
	sek_ime_nudge();
}

static void fence_key(gboolean down)
{
	sek_ime_nudge_saw(down);
	if (down)
		sek_ime_link_fence();
	else
		sek_ime_link_resume();
}

static void bus_gone(IBusBus *bus, gpointer unused)
{
	(void)bus, (void)unused;
	ibus_quit();
}

/* The bus's socket exists before the bus answers on it. */
static IBusBus *connect_bus(void)
{
	IBusBus *bus = ibus_bus_new();

	for (int i = 0; i < BUS_TRIES && !ibus_bus_is_connected(bus); i++) {
		g_object_unref(bus);
		g_usleep(BUS_TRY_US);
		bus = ibus_bus_new();
	}
	return bus;
}

int main(void)
{
	static const struct sek_ime_engine_events events = { .ready = ready, .caret = sek_ime_link_caret,
							     .focus = got_focus, .fence = fence_key };
	IBusBus *bus;

	sek_log_init("sekisho-ime", SEK_LOG_INFO);
	fcntl(SEK_IME_STATUS_FD, F_SETFD, FD_CLOEXEC);
	fcntl(SEK_IME_LISTEN_FD, F_SETFD, FD_CLOEXEC);
	ibus_init();
	bus = connect_bus();
	if (!ibus_bus_is_connected(bus) ||
	    !sek_ime_engine_register(bus, &events)) {
		sek_log(SEK_LOG_ERROR, "ime.no-bus", NULL);
		return 1;
	}
	if (!sek_ime_nudge_start(sek_ime_engine_focused))
		sek_log(SEK_LOG_WARN, "ime.no-display", "note", "the caret follows keys only", NULL);
	g_signal_connect(bus, "disconnected", G_CALLBACK(bus_gone), NULL);
	ibus_main();
	return 1; /* it ends with the bus, never by itself */
}
