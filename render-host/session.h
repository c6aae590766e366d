/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contract between the three programs of a render host's session: sekisho-renderd starts sekisho-sandbox (X server,
 * window manager, IBus, Chromium, egress proxy) and then sekisho-capture. Names of files, descriptors, exit codes.
 */
#ifndef SEK_RENDER_HOST_SESSION_H
#define SEK_RENDER_HOST_SESSION_H

/* Inside the session's directory (mode 0700, owned by the session's uid, on tmpfs, made by renderd, removed by renderd): */
#define SEK_SESSION_FRAMEBUFFER "fb/Xvfb_screen0" /* XWD file of the X server, mapped by capture */
#define SEK_SESSION_DISPLAY "x11/X0"              /* the X server's socket */
#define SEK_SESSION_RULES_FILE "rules"            /* payload of the RULES for the browser's start, written by renderd, mode 0600, root's */
#define SEK_SESSION_RULES "rules.sock"            /* stream socket of sekisho-sandbox: RULES frames from capture, for a browser that
                                                   * runs; back come DOCUMENTS frames (host link), whenever the number of downloads changes */
#define SEK_SESSION_DOWNLOADS "downloads"         /* of the session's own namespace: in memory, bounded; what the browser keeps */
#define SEK_SESSION_IME "ime.sock"                /* stream socket of sekisho-ime, frames of link HOST; see below */
#define SEK_SESSION_CLIPBOARD "clip.sock"         /* stream socket of sekisho-clip, frames of link HOST; see below */

/* What is spoken on SEK_SESSION_CLIPBOARD. capture (which connects once, at its start) -> clip:
 *   CLIPBOARD_MODE  which directions there are from now on; none at the start and after each peer
 *   CLIPBOARD       pieces of a text that becomes the browser's CLIPBOARD selection
 *   PING            answered with PONG (same id) once the X server knows of every text before it. capture holds all
 *                   input behind a text until then, at most SEK_CLIPBOARD_WAIT_MS: so Ctrl+V pastes what came before it.
 * clip -> capture: PONG, and CLIPBOARD: what somebody else put on the selection, as text, while TO_INNER is there. */
#define SEK_CLIPBOARD_WAIT_MS 3000

/* What is spoken on SEK_SESSION_IME. capture (which connects once, at its start) -> ime:
 *   TEXT  commit it, as it is, to the focused input context; dropped when there has been none for 300 ms. Password fields
 *         are none: the browser gives them no input method.
 *   PING  answered with PONG (same id) once the browser has had its turn for every TEXT before it. Sent when a key
 *         or a button follows a text: capture holds it until then, at most SEK_IME_WAIT_MS.
 *   KEY   with code SEK_IME_FENCE_CODE, down, no codepoint: a fence. capture presses and releases that key through
 *         XTEST after the last real key and before the TEXT that follows the fence; ime holds what comes after the fence
 *         until the key's press reaches its engine (process_key_event), at most SEK_IME_FENCE_MS, and swallows press and
 *         release: so a text cannot overtake the keys that were typed before it. The press may come before the frame.
 * ime -> capture: CARET (pixels of the screen) and PONG. */
#define SEK_IME_FENCE_CODE 240 /* KEY_UNKNOWN of linux/input-event-codes.h: X keycode 248, no symbol in any layout */
#define SEK_IME_FENCE_MS 800
#define SEK_IME_WAIT_MS 1000

/* sekisho-sandbox --dir DIR --uid UID --gid GID --max WxH --size WxH --scale PERCENT --lang ja|en --policy FILE
 *                 [--upstream HOST:PORT] [--allow CIDR[:PORT]]... [--egress-uid UID] [--devtools PATH] [--rules FILE] [--documents]
 * started by renderd as root, already in the session's cgroup, in a session of its own (setsid). Runs in the foreground
 * until the session is over; SIGTERM or the death of its parent ends every process that it started. */
enum sek_sandbox_fd {
	SEK_SANDBOX_STATUS_FD = 3, /* pipe: one byte 'r' once the display and the IME socket exist, 'b' once the
	                              browser's first window is mapped; and what SEK_EGRESS_COUNT_FD of helpers.h says */
	SEK_SANDBOX_DOCUMENTS_FD = 4, /* with --documents: SOCK_SEQPACKET from renderd. Each packet is a DOCUMENT frame (host link) with one
	                              descriptor (SCM_RIGHTS): the stream socket on which the rest of that document's connection is
	                              spoken. A new one ends the one before. Nothing is sent the other way */
};

enum sek_sandbox_exit {
	SEK_SANDBOX_OK = 0,               /* told to stop */
	SEK_SANDBOX_USAGE = 10,
	SEK_SANDBOX_JAIL = 11,            /* namespaces, bubblewrap or uid could not be set up */
	SEK_SANDBOX_BROWSER_CLOSED = 20,  /* Chromium ended with 0: the last window was closed */
	SEK_SANDBOX_BROWSER_CRASHED = 21,
	SEK_SANDBOX_DISPLAY_DIED = 22,
	SEK_SANDBOX_FAULT = 23,           /* IBus, window manager or egress proxy died and could not be restarted */
};

/* sekisho-capture --dir DIR --max WxH
 * started by renderd with the session's uid and gid. */
enum sek_capture_fd {
	/* SOCK_SEQPACKET socket from renderd. Each attach of a decoder arrives as one packet that holds the HELLO frame,
	 * with one descriptor (SCM_RIGHTS): the stream socket on which host-link frames are then spoken. renderd has
	 * answered WELCOME itself; capture starts with SIZE, STATE, a keyframe, CURSOR and CARET. A new attach
	 * replaces the one before. A packet that holds a STATE frame without a descriptor: tell it to whoever is
	 * attached; an ended state then also ends capture; in any state but RUNNING (with which capture begins) no
	 * pixels are sent: renderd says STARTING first and RUNNING once the browser has a window, so that nobody is
	 * shown an empty screen. A packet that holds a VIEW frame (link HUB, up) without a descriptor: from now on at
	 * most max_fps frames a second while the user has done nothing for SEK_VIEW_IDLE_MS, else SEK_VIEW_BUSY_TIMES as
	 * many; SEK_FPS_MAX: no limit. Closing this socket ends capture. */
	SEK_CAPTURE_CONTROL_FD = 3,
};

#define SEK_VIEW_IDLE_MS 60000
#define SEK_VIEW_BUSY_TIMES 4

enum sek_capture_exit {
	SEK_CAPTURE_OK = 0,
	SEK_CAPTURE_USAGE = 10,
	SEK_CAPTURE_JAIL = 11,
	SEK_CAPTURE_ENDED = 18,        /* an END message came: the session is to be destroyed */
	SEK_CAPTURE_PROTOCOL = 15,     /* a control packet broke the grammar: renderd's bug. When the broker's side breaks it,
	                                  only that stream is closed and the next attach is waited for */
	SEK_CAPTURE_DISPLAY_LOST = 22,
};

#endif
