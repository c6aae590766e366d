/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One member of staff under load: from log-in to log-out on the loop that all share, following a script, timing key presses on
 * the way. Comes back by itself when the line breaks, as the web client does. Waits for conditions, with a time limit each.
 */
#ifndef SEK_CLIENT_LOAD_MEMBER_H
#define SEK_CLIENT_LOAD_MEMBER_H

#include "client/load/result.h"
#include "client/load/script.h"
#include "client/load/users.h"
#include "client/stream/stream.h"

enum load_member_state {
	LOAD_IDLE,      /* not there yet, or not any more */
	LOAD_LOGIN,     /* until the first picture */
	LOAD_SETTLE,    /* until the browser has come to rest */
	LOAD_BAR,       /* until the caret is in the address bar */
	LOAD_LOADING,   /* until the page has been painted */
	LOAD_WORK,      /* between the steps of the script */
	LOAD_AWAY,      /* the line broke: until it is back */
	LOAD_LEAVE,     /* END was sent */
};

struct load_member;

/* What a member tells. None may free it. */
struct load_member_ops {
	void (*first_frame)(void *user, struct load_member *m, double ms);
	void (*delay)(void *user, struct load_member *m, double ms); /* key to pixel */
	void (*error)(void *user, struct load_member *m, const char *kind, const char *text);
	void (*over)(void *user, struct load_member *m); /* IDLE again; its figures are good until it is started anew */
};

/* The same for all. Strings and pointers stay as long as the members. */
struct load_member_config {
	uv_loop_t *loop;
	struct sek_stream_context *context;
	const char *address, *origin, *site; /* site: "ADDRESS:PORT" of the pages; NULL: synthetic hosts, there are none */
	uint16_t port, width_px, height_px;
	bool acknowledge;
	const char *from;        /* the first of the addresses that members connect from; NULL: the system's choice */
	uint64_t seed;
	const struct load_member_ops *ops;
	void *user;
};

struct load_member {
	const struct load_member_config *config;
	const struct load_user *account;
	unsigned number;
	enum load_script_kind kind;
	bool decodes;            /* paints the picture */

	enum load_member_state state;
	uv_timer_t timer;
	struct sek_stream *stream;
	char from[48];
	struct load_script script;
	struct load_step next;
	bool stopping;           /* whoever runs the test is not waiting for it to end well */

	/* what the stream told last */
	bool closed;
	enum sek_stream_failure why;
	int http_status;
	uint16_t session_state;
	struct sek_caret caret;
	uint8_t session[SEK_SESSION_ID_BYTES];
	bool has_session;
	uint64_t frame_ns;

	/* waiting */
	uint64_t since_ns, deadline_ns;
	unsigned tries, page;    /* page: that is there, or is on its way */
	char cookie[256];

	/* the key that is being timed; 0 = none */
	uint64_t key_ns;
	uint64_t input_ns;       /* when something was typed last; 0: not on this page */
	unsigned inputs, unseen; /* typed since counting began; of those not seen yet, as far as that is known */
	unsigned shown, awaited; /* what the marker showed before the key, and shows after it */
	bool marked;             /* the frame that comes in has painted the marker */

	/* figures of this session */
	uint64_t began_ns, first_ns, over_ns;
	struct sek_stream_figures before; /* of its streams that broke */
	struct sek_delays delays;
	uint64_t keys;
	enum sek_load_end end;
	char said[160];          /* why it ended; "" as wanted */
};

void load_member_init(struct load_member *m, const struct load_member_config *config, const struct load_user *account, unsigned number,
	enum load_script_kind kind, bool decodes);
/* Of a member that is IDLE: logs in. */
void load_member_start(struct load_member *m);
/* Ends its session in good order; `over` follows. */
void load_member_leave(struct load_member *m);
/* Ends it at once, without a word to the broker beyond END. */
void load_member_stop(struct load_member *m);
/* The site says that a page of this member was painted. */
void load_member_painted(struct load_member *m, unsigned page);
struct sek_stream_figures load_member_figures(const struct load_member *m);

#endif
