/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contract between sekisho-sandbox and the four programs of ours that it starts: the window manager, the input
 * method, the clipboard and the egress proxy. Descriptors, bytes on status pipes, arguments, names inside the session.
 */
#ifndef SEK_RENDER_HOST_HELPERS_H
#define SEK_RENDER_HOST_HELPERS_H

/* sekisho-wm (no arguments, DISPLAY in the environment): ends with 0 when the display is gone, 1 when it cannot serve. */
enum sek_wm_fd {
	SEK_WM_STATUS_FD = 3, /* pipe: 'm' once windows are managed, 'b' once the first normal window is mapped */
};

/* sekisho-ime (no arguments, IBUS_ADDRESS in the environment): ends with 1 when the bus cannot be served. */
enum sek_ime_fd {
	SEK_IME_STATUS_FD = 3, /* pipe: 'i' once our engine is the global one */
	SEK_IME_LISTEN_FD = 4, /* listening stream socket (SEK_SESSION_IME), made by sekisho-sandbox so that it survives a
	                          restart of the input method. TEXT frames in, CARET frames out (host link) */
};

/* sekisho-clip (no arguments, DISPLAY in the environment): ends with 0 when the display is gone, 1 when it cannot serve. It
 * is not started again: the session goes on without a clipboard. */
enum sek_clip_fd {
	SEK_CLIP_LISTEN_FD = 4, /* listening stream socket (SEK_SESSION_CLIPBOARD), made by sekisho-sandbox */
};

/* sekisho-egress [--upstream HOST:PORT] [--allow CIDR[:PORT]]... [--rules] [--count]: ends with 10 for wrong arguments, 11 when it cannot
 * confine itself, 1 for anything else; SIGTERM ends it with 0. */
enum sek_egress_fd {
	SEK_EGRESS_LISTEN_FD = 3, /* listening TCP socket, made inside the session's network namespace */
	SEK_EGRESS_COUNT_FD = 5,  /* with --count: a pipe, one byte for each request that was refused: 'x' for a destination that is not
	                             the Internet, 'p' for one that the policy does not allow. It is the sandbox's status pipe, so its
	                             writer blocks: what the pipe cannot take at once is not counted */
	SEK_EGRESS_RULES_FD = 4,  /* with --rules: SOCK_SEQPACKET from the keeper. Each packet is a frame of link HOST: RULES,
	                             in force when it is read (what was there at the start: before the first request), or PING:
	                             the browser knows all rules that were said before. Anything else ends the proxy */
};

enum sek_egress_exit { SEK_EGRESS_USAGE = 10, SEK_EGRESS_JAIL = 11 };

/* sekisho-pages DPI MOST_PAGES MAX_WIDTH MAX_HEIGHT: one document (docs/protocol.md, "A document's pages"). Ends with 0 when it has said
 * all or the stream is closed; whatever else it ends with, the stream ends with it. */
enum sek_pages_fd {
	SEK_PAGES_STREAM_FD = 3,   /* stream socket: frames of a document's connection, but for DOCUMENT, which the keeper has taken */
	SEK_PAGES_DOCUMENT_FD = 4, /* the PDF, open for reading, hostile */
};

/* sekisho-convert --serve DIR/view (render-host/pages/convert.h): has what the browser cannot show made into PDFs that it can. The same program
 * stands in the browser's jail where xdg-open is looked for. */
enum sek_view_fd { SEK_VIEW_LISTEN_FD = 4 /* listening stream socket, DIR/view/SEK_VIEW_SOCKET */ };
#define SEK_VIEW_INSIDE "/run/view"    /* DIR/view in the browser's jail, read-only */
#define SEK_VIEW_SOCKET "socket"
#define SEK_VIEW_KEEP "keep"           /* this file is there while downloads are kept to be taken over */
#define SEK_DOWNLOADS_INSIDE "/home/session/Downloads"

#define SEK_PROXY_PORT 3128                        /* on 127.0.0.1 of the session's network namespace */
#define SEK_START_HOST "start.sekisho.internal"    /* answered by the egress proxy itself, http only */
#define SEK_INTERNAL_SUFFIX ".sekisho.internal"    /* every other name below it is refused, never resolved */

#endif
