/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A whole sandbox, started for real: the program as root, a page on loopback, the keyboard and mouse of its X server, the
 * IME socket, and the browser's view of things over the DevTools protocol.
 */
#ifndef SEK_TESTS_SANDBOX_SESSION_RIG_H
#define SEK_TESTS_SANDBOX_SESSION_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>
#include <xcb/xcb.h>

struct session {
	char dir[80], devtools[96];
	uid_t uid;
	pid_t pid;       /* sekisho-sandbox */
	int status_fd;   /* its status pipe */
	double ready_ms, window_ms;
	xcb_connection_t *x;
	int ime;         /* socket */
	uint16_t caret[4];
	bool has_caret;
	int ws;          /* DevTools, of the page */
	int next_id;
};

struct session_options {
	const char *const *args; /* more arguments, ended by NULL; may be NULL */
	const char *lang;        /* NULL: ja */
	const char *scale;       /* NULL: 100 */
	const char *policy;      /* NULL: the shipped one */
	bool no_devtools;
	int documents_fd;        /* the sandbox's end of a socket for documents; 0: none */
};

enum { SESSION_WIDTH = 1920, SESSION_HEIGHT = 1080 };

/* First and last in main: the second removes the directories of tests that failed. */
void session_begin_all(void);
void session_end_all(void);

/* Starts a session with a uid of its own. Does not wait. */
void session_start(struct session *s, const struct session_options *o);
/* Waits for 'r' and 'b', connects to display, IME and page. */
void session_open(struct session *s);
/* Waits for the end of the program and returns its exit code (-1: still running after 10 s, minus a number: killed by that signal). */
int session_wait(struct session *s);
/* SIGTERM; asserts exit code 0 and that nothing is left; removes the directory. */
void session_stop(struct session *s);
/* Closes what is open and removes the directory, after the program has ended by itself. */
void session_forget(struct session *s);

enum { SESSION_PIDS_MAX = 64 };
/* Processes whose real uid is uid; with name: whose command name starts with it. ret (SESSION_PIDS_MAX of them, may be
 * NULL) gets their numbers, the oldest first. Returns how many there are. */
unsigned session_processes(uid_t uid, const char *name, pid_t *ret);
/* Connects to the IME socket again. */
void session_reopen_ime(struct session *s);
/* Waits until no process of the uid is left: false after 5 s. */
bool session_is_gone(uid_t uid);

/* --- browser --- */
/* Calls a method; params (may be NULL) is taken over. Returns "result", owned by the caller, or NULL. */
json_t *page_call(struct session *s, const char *method, json_t *params);
/* Joins the page's DevTools target, again. */
void session_reopen_page(struct session *s);
/* Evaluates JavaScript in the page and returns the value as text (booleans "true"/"false"); rotating static buffer. */
const char *page_eval(struct session *s, const char *expression);
/* Waits up to 5 s until the expression has this value. */
bool page_until(struct session *s, const char *expression, const char *value);
/* Opens a URL and waits for the page's load. */
void page_open(struct session *s, const char *url);

/* --- input --- */
void type_key(struct session *s, uint8_t keycode);
void hold_key(struct session *s, uint8_t keycode, bool down);
void click(struct session *s, int x, int y);
/* Waits until the X server has handled all of the above. */
void display_sync(struct session *s);
/* Sends TEXT; with fence first, and PING after it, when asked. */
void ime_text(struct session *s, const char *text, bool fence);
/* Sends bytes and is true if the IME then hangs up. */
bool ime_refuses(struct session *s, const unsigned char *bytes, size_t n);
/* Waits for PONG; carets on the way are taken. */
void ime_wait_pong(struct session *s);
/* Waits up to 3 s for a caret at about this place. */
bool ime_wait_caret(struct session *s, int x, int y);

/* --- picture --- */
/* Writes the framebuffer as a PNG file and returns the number of different colours on a coarse grid. */
unsigned picture_save(struct session *s, const char *path);

/* --- pages --- */
/* Serves html for every path on 127.0.0.1 in a process of its own; returns its port. */
uint16_t site_start(const char *html, pid_t *ret_pid);

#endif
