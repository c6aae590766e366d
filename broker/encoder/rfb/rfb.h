/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of this process share: one session at one side, one VNC viewer at the other. Towards the broker this is a client like
 * any other (docs/protocol.md, client link); it paints what the client would see and codes that for the viewer, so that the viewer is
 * shown what is recorded and nothing else. Contract: broker/gap/children.h.
 */
#ifndef SEK_BROKER_ENCODER_RFB_RFB_H
#define SEK_BROKER_ENCODER_RFB_RFB_H

#include "base/jail.h"
#include "broker/encoder/rfb/keys.h"
#include "broker/encoder/rfb/screen.h"
#include "broker/encoder/rfb/viewer.h"
#include "broker/gap/children.h"
#include "protocol/wire/messages.h"

enum {
	SEK_RFB_FENCES_MAX = 3,              /* updates that the viewer has not answered for */
	SEK_RFB_UP_BYTES = 1 << 20,          /* to the broker: a pasted text of the greatest length, and input behind it */
	SEK_RFB_HELD_BYTES = 64 << 10,       /* input that waits for a pasted text */
	SEK_RFB_OUT_FULL_BYTES = 1 << 20,    /* above this the viewer is not read until it reads */
	SEK_RFB_HUB_IN_BYTES = SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES,
	SEK_RFB_CURSOR_BYTES = SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX * 4,
	SEK_RFB_CARD_MS = 20000,             /* how long the last words stand */
	SEK_RFB_PASTE_MS = 10000,            /* how long keys wait for a pasted text's answer */
	SEK_RFB_RESIZE_MS = 3000,            /* after that a size that was asked for counts as refused */
	SEK_RFB_NAME_BYTES = 300,
	SEK_RFB_MARGIN_PX = 24,
	SEK_RFB_ASK_BYTES = 8192,            /* a longer text is not asked about: it could not be shown whole */
	SEK_RFB_ASK_MAX_PX = 720,            /* side of a question */
	SEK_RFB_ASK_MS = 60000,              /* after that the broker takes it for a no */
	SEK_RFB_ASK_QUIET_MS = 700,          /* a key that was on its way when it appeared answers nothing */
	SEK_RFB_NOTE_MS = 15000,             /* how long the title says that a text was too long */
};
#define SEK_RFB_PAPER 0xf4f5f7u

/* May a text cross? */
struct sek_rfb_ask {
	bool open;               /* the broker waits for an answer */
	bool shown;              /* and it stands in the picture */
	bool too_long;
	bool to_outer;
	uint32_t id, seed;
	uint8_t digit;           /* that says yes */
	uint64_t from_ms;        /* keys answer from then on */
	uint8_t text[SEK_RFB_ASK_BYTES];
	size_t n;
	struct sek_rect at;
	uint32_t *under;         /* the picture's own pixels there; shown: not NULL */
};

struct sek_rfb_clip {
	uint8_t directions;      /* enum sek_cross: what the policy opens */
	bool extended;           /* the viewer takes the extended messages */
	uint32_t viewer_can;     /* its flags, 0 = it has not said them */
	uint8_t *from_viewer;    /* UTF-8, SEK_RFB_CUT_MAX_BYTES; what it would paste */
	size_t from_viewer_n;
	bool fresh;              /* and has not crossed yet */
	uint8_t *to_viewer;      /* UTF-8, SEK_CLIPBOARD_MAX_BYTES; what was copied in the session */
	size_t to_viewer_n;
	bool gathering;          /* its last piece has not come */
	uint8_t *room;           /* SEK_RFB_ROOM_BYTES, for packing and unpacking */
};
#define SEK_RFB_ROOM_BYTES (2 * SEK_RFB_CUT_MAX_BYTES)

struct sek_rfb {
	int hub_fd, viewer_fd, out_fd;
	enum sek_lang lang;
	uint16_t width_px, height_px;   /* wished at the start */
	uint16_t most_width_px, most_height_px; /* that RESIZE can get; 0 before WELCOME */
	bool done;                      /* leave the loop */
	enum sek_child_exit code;

	uint8_t *hub_in, *viewer_in, *up;
	size_t hub_in_n, viewer_in_n, up_n;
	uint64_t out_start, out_end;    /* of out_fd: what waits for the viewer */
	bool hub_over;                  /* the broker has closed its end */
	uint64_t leave_ms;              /* 0 = not yet */

	struct sek_rfb_screen *screen;
	bool has_size;                  /* SIZE has come, or a card stands there */
	bool in_frame;                  /* a frame has begun and not ended: half of one is not shown */
	bool card;                      /* the session is over: its last words are on the screen */
	uint16_t state;                 /* enum sek_state */
	bool watched, recorded;         /* a reviewer looks on; a recording runs */

	/* the viewer */
	struct sek_rfb_viewer viewer;
	struct sek_rfb_wants wants;
	bool init_came, init_sent;
	bool requested, continuous;
	bool said_fence, said_continuous, said_clipboard;
	bool owes_size, owes_cursor, owes_keys, owes_name;
	uint16_t size_reason, size_status; /* of the next ExtendedDesktopSize */
	uint16_t viewer_width, viewer_height;
	bool resizing;                  /* it asked for a size and has no answer */
	uint64_t resize_ms;
	bool sync_waits;                /* a fence is answered after what comes next has come */
	uint32_t sync_flags;
	uint8_t sync[SEK_RFB_FENCE_MAX_BYTES];
	size_t sync_n;
	struct sek_rfb_keys keys;
	uint8_t buttons;                /* RFB's */
	struct sek_pointer pointer;     /* as it was sent last */
	bool moved;                     /* moves are sent once for all that came at a time */
	struct sek_pointer move;

	/* frames of the broker that are painted and not acknowledged, oldest first; those before `sent` went out with the fence `serial` */
	struct {
		uint32_t frame, serial;
	} frames[SEK_FRAMES_IN_FLIGHT_MAX];
	size_t n_frames, n_sent;
	uint32_t serial;                /* of the newest update */
	unsigned fences;                /* that were not answered */

	struct sek_cursor cursor;
	uint8_t cursor_bgra[SEK_RFB_CURSOR_BYTES];

	struct sek_rfb_clip clip;
	struct sek_rfb_ask ask;
	uint64_t note_ms;               /* until then the title says that a text was too long to ask about; 0 = it does not */
	bool holding;                   /* input waits for the answer to a pasted text */
	uint64_t hold_ms;
	uint8_t held[SEK_RFB_HELD_BYTES];
	size_t held_n;
};

/* The clock that deadlines are of, in milliseconds. */
uint64_t sek_rfb_now_ms(void);

/* up.c: frames to the broker. */
void sek_rfb_up(struct sek_rfb *r, const uint8_t *frames, size_t n);
void sek_rfb_up_input(struct sek_rfb *r, const struct sek_writer *w); /* one that must not overtake a pasted text */
void sek_rfb_let_go(struct sek_rfb *r);      /* what was held goes on */
void sek_rfb_ack(struct sek_rfb *r, size_t n); /* the oldest n frames */

/* down.c: one frame of the broker. SEK_E_MALFORMED: it is not what it should be. */
sek_status sek_rfb_down(struct sek_rfb *r, const struct sek_frame *f, const uint8_t *payload);

/* said.c: what the viewer said. SEK_E_MALFORMED, SEK_E_NOMEM: it is left. */
sek_status sek_rfb_said(struct sek_rfb *r, const struct sek_rfb_event *e);
void sek_rfb_settle(struct sek_rfb *r);      /* a move that waits goes out */

/* out.c: to the viewer. Nothing here waits. */
void sek_rfb_put(struct sek_rfb *r, const void *bytes, size_t n);
void sek_rfb_put_init(struct sek_rfb *r);
void sek_rfb_put_fence(struct sek_rfb *r, uint32_t flags, const uint8_t *bytes, size_t n);
/* Writes an update if the viewer takes one now and there is something to tell. */
void sek_rfb_offer(struct sek_rfb *r);
/* What waited has been sent: frames that need no fence are acknowledged. */
void sek_rfb_out_empty(struct sek_rfb *r);

/* clip.c */
sek_status sek_rfb_clip_init(struct sek_rfb_clip *c);
void sek_rfb_clip_offered(struct sek_rfb *r);                    /* the viewer offers the extended messages */
void sek_rfb_clip_policy(struct sek_rfb *r, uint8_t directions);
void sek_rfb_clip_piece(struct sek_rfb *r, const struct sek_clipboard_piece *m);
sek_status sek_rfb_clip_cut(struct sek_rfb *r, const uint8_t *bytes, size_t n, bool extended);
/* A paste key is about to go out: the viewer's text goes before it. */
void sek_rfb_clip_paste(struct sek_rfb *r);

/* ask.c: the broker asks; its text comes; it is over (decline: for this side). */
void sek_rfb_ask_begin(struct sek_rfb *r, uint32_t id, bool to_outer);
void sek_rfb_ask_piece(struct sek_rfb *r, const struct sek_clipboard_piece *m);
void sek_rfb_ask_end(struct sek_rfb *r, bool decline);
/* Around whatever changes the picture. */
void sek_rfb_ask_lift(struct sek_rfb *r);
void sek_rfb_ask_lay(struct sek_rfb *r);
/* True: the key was the question's. */
bool sek_rfb_ask_key(struct sek_rfb *r, uint32_t symbol, bool down);

/* card.c: text in lines of what is `in` wide, from y on; p NULL: nothing is drawn. Returns the y below. */
unsigned sek_rfb_lines(const struct sek_picture *p, struct sek_rect in, unsigned y, const char *text, size_t n);
/* The session's last words, in the place of its picture. */
void sek_rfb_card(struct sek_rfb *r, uint16_t state);
/* What the window is called. */
void sek_rfb_title(const struct sek_rfb *r, char ret[SEK_RFB_NAME_BYTES]);

/* loop.c */
sek_status sek_rfb_prepare(struct sek_rfb *r);
enum sek_child_exit sek_rfb_run(struct sek_rfb *r);

/* cell.c */
struct sek_jail sek_rfb_cell(size_t picture_bytes);

#endif
