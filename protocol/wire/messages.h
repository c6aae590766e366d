/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The messages but UPDATE (protocol/codec/update.h): one struct, one reader and one writer each. Readers take a frame's
 * payload (hostile), check every bound and refuse trailing bytes with SEK_E_MALFORMED, leaving *ret untouched. Writers
 * write a whole frame with header and fail the writer (SEK_E_LIMIT) on a value that the reader would refuse.
 * Freestanding. Layouts: docs/protocol.md.
 */
#ifndef SEK_PROTOCOL_WIRE_MESSAGES_H
#define SEK_PROTOCOL_WIRE_MESSAGES_H

#include "protocol/wire/wire.h"

#define SEK_HELLO_MAGIC 0x53454b49u /* "SEKI" */

enum sek_lang { SEK_LANG_JA = 0, SEK_LANG_EN = 1 };
/* Bits of hello.flags. */
enum sek_hello_flags {
	SEK_HELLO_CREATE = 1, /* host link: make the session if it does not exist; without it only an existing one is joined */
	SEK_HELLO_RULES = 2,  /* host link: RULES follows at once and holds before the browser starts */
};

/* HELLO: u32 magic, u16 version_min, u16 version_max, u16 width, u16 height, u16 scale_percent, u8 lang, u8 flags,
 * u16 max_width, u16 max_height (20 bytes). max_*: the largest size that this session may ever get (host link: the X
 * server and the gap are made for it; client link: 0 0, the broker decides). */
struct sek_hello {
	uint16_t version_min, version_max;
	uint16_t width_px, height_px; /* SEK_WIDTH_MIN_PX.. SEK_WIDTH_MAX_PX, likewise height */
	uint16_t scale_percent;       /* device pixel ratio * 100, SEK_SCALE_MIN_PERCENT..SEK_SCALE_MAX_PERCENT */
	uint8_t lang;                 /* enum sek_lang */
	uint8_t flags;                /* enum sek_hello_flags */
	uint16_t max_width_px, max_height_px; /* both 0, or both at least the minimum and at most the maximum */
};

/* WELCOME: u16 version, u16 max_width, u16 max_height, u16 reserved = 0, u8 session[16] (24 bytes) */
struct sek_welcome {
	uint16_t version;
	uint16_t max_width_px, max_height_px;
	uint8_t session[SEK_SESSION_ID_BYTES];
};

/* ACK: u32 frame */
struct sek_ack {
	uint32_t frame;
};

/* RESIZE: u16 width, u16 height, u16 scale_percent, u16 reserved = 0 */
struct sek_resize {
	uint16_t width_px, height_px, scale_percent;
};

/* KEY: u16 code, u8 down, u8 reserved = 0, u32 codepoint */
struct sek_key {
	uint16_t code;      /* Linux evdev key code (linux/input-event-codes.h), 1..SEK_KEY_CODE_MAX, or 0: unknown key */
	bool down;
	uint32_t codepoint; /* the character that the user's layout gives, 0 if none; not a surrogate, <= U+10FFFF */
};

enum sek_button {
	SEK_BUTTON_LEFT = 1, SEK_BUTTON_MIDDLE = 2, SEK_BUTTON_RIGHT = 4, SEK_BUTTON_BACK = 8, SEK_BUTTON_FORWARD = 16,
	SEK_BUTTON_ALL = 31,
};

/* POINTER: u16 x, u16 y, u8 buttons, u8[3] reserved = 0. The position may lie outside the picture: it is clamped. */
struct sek_pointer {
	uint16_t x_px, y_px;
	uint8_t buttons; /* mask of enum sek_button: those that are down now */
};

/* WHEEL: u16 x, u16 y, i16 dx, i16 dy. Positive: right, down. SEK_WHEEL_NOTCH units are one notch. */
struct sek_wheel {
	uint16_t x_px, y_px;
	int16_t dx, dy; /* -SEK_WHEEL_MAX..SEK_WHEEL_MAX */
};

/* TEXT: 1..SEK_TEXT_MAX_BYTES bytes of strict UTF-8. Of the controls only U+000A and U+0009 are allowed. */
struct sek_text {
	const uint8_t *utf8; /* into the payload; not terminated */
	size_t bytes;
};

/* VISIBILITY: u8 visible, u8[3] reserved = 0 */
struct sek_visibility {
	bool visible;
};

/* PING, PONG: u32 id, chosen by the asker, returned as it is. */
struct sek_ping {
	uint32_t id;
};

/* CURSOR: u16 width, u16 height, u16 hot_x, u16 hot_y, then width*height*4 bytes B, G, R, A (premultiplied). 0x0 with
 * hotspot 0,0: no cursor is shown. Otherwise 1..SEK_CURSOR_MAX_PX a side, hotspot inside. */
struct sek_cursor {
	uint16_t width_px, height_px, hot_x_px, hot_y_px;
	const uint8_t *bgra; /* into the payload; width*height*4 bytes */
};

/* CARET: u16 x, u16 y, u16 width, u16 height, in pixels of the picture. 0,0 0x0: not known. */
struct sek_caret {
	uint16_t x_px, y_px, width_px, height_px;
};

/* SIZE: u16 width, u16 height: 1..SEK_WIDTH_MAX_PX, 1..SEK_HEIGHT_MAX_PX */
struct sek_size {
	uint16_t width_px, height_px;
};

/* STATE: u16 state, u16 reserved = 0, u32 arg. Readers refuse a state that is not in states.def. */
struct sek_state_msg {
	uint16_t state; /* enum sek_state */
	uint32_t arg;   /* what it means stands in states.def; else 0 */
};

enum sek_view_flags {
	SEK_VIEW_RECORD = 1,   /* a recording is kept: now and then it needs a picture from nothing (UPDATE with ASIDE) */
	SEK_VIEW_SNAPSHOT = 2, /* one now, whatever the last one cost; only with RECORD */
};

/* VIEW: u8 max_fps, u8 flags, u8[2] reserved = 0, then the watermark: 0..SEK_WATERMARK_MAX_BYTES bytes of UTF-8 without
 * controls (sek_utf8_is_unsafe). */
struct sek_view {
	uint8_t max_fps;  /* 1..SEK_FPS_MAX */
	uint8_t flags;    /* enum sek_view_flags */
	const char *text; /* into the payload; not terminated */
	size_t bytes;     /* 0 = no watermark */
};

/* What RULES says of downloads: bits. */
enum sek_rules_downloads {
	SEK_RULES_VIEW = 1, /* they may be viewed inside the sandbox */
	SEK_RULES_KEEP = 2, /* they are kept there, to be taken over as pixels */
	SEK_RULES_PRINT = 4, /* the page that the browser shows may be printed, to be taken over as pixels */
};

/* RULES: u8 downloads, u8[3] reserved = 0, u16 allow_bytes, u16 block_bytes, then both lists: at most SEK_RULES_LIST_MAX_BYTES
 * bytes each, patterns [http[s]://]host[:port][/path] or *, printable ASCII, each with a line feed behind it. A scheme other
 * than http and https is refused: what the sandbox keeps shut is not the broker's to open. */
struct sek_rules {
	bool view, keep, print;   /* enum sek_rules_downloads */
	const char *allow, *block; /* into the payload; not terminated */
	size_t allow_bytes, block_bytes;
};

/* Who else sees the session. */
enum sek_policy_eyes {
	SEK_EYES_WATCHED = 1,  /* a reviewer, at this moment */
	SEK_EYES_RECORDED = 2, /* a recording */
};

/* POLICY: u8 clipboard, u8 confirm, u8 download, u8 print, u32 max_chars, u16 per_minute, u16 idle_minutes, u16 max_minutes,
 * u8 eyes (enum sek_policy_eyes), u8 text layer. What the broker enforces; a client shows it and asks for nothing that would be refused. */
struct sek_policy_msg {
	uint8_t clipboard;             /* bits: 1 = to the outer zone, 2 = to the inner zone */
	bool clipboard_confirm;
	uint8_t download, print;       /* the values' `grants` in protocol/policy.def */
	uint32_t clipboard_max_chars;
	uint16_t clipboard_per_minute;
	uint16_t idle_minutes, max_minutes; /* 0 = no limit */
	bool watched, recorded;        /* enum sek_policy_eyes: the user is to know */
	bool document_text;            /* a text layer may be asked for with a document */
};

sek_status sek_view_read(const void *payload, size_t n, struct sek_view *ret);
sek_status sek_policy_msg_read(const void *payload, size_t n, struct sek_policy_msg *ret);
sek_status sek_rules_read(const void *payload, size_t n, struct sek_rules *ret);
void sek_rules_write(struct sek_writer *w, const struct sek_rules *m);
void sek_view_write(struct sek_writer *w, const struct sek_view *m);
void sek_policy_msg_write(struct sek_writer *w, const struct sek_policy_msg *m);
/* Bits of a clipboard's direction: NONE, one of them, or both. */
enum sek_cross {
	SEK_CROSS_NONE = 0,
	SEK_CROSS_TO_OUTER = 1, /* what the user copied on his or her own computer may be pasted into the isolated browser */
	SEK_CROSS_TO_INNER = 2, /* the other way round */
	SEK_CROSS_BOTH = 3,
};

enum sek_clipboard_piece_flags {
	SEK_CLIPBOARD_FIRST = 1,   /* a text begins; one that was not complete is forgotten */
	SEK_CLIPBOARD_LAST = 2,    /* the text is complete */
	SEK_CLIPBOARD_PREVIEW = 4, /* client link, down: what would cross, to be shown to the user and to nobody else */
};

/* CLIPBOARD: u8 flags, u8[3] reserved = 0, then 1..SEK_CLIPBOARD_PIECE_MAX_BYTES bytes of strict UTF-8, cut between
 * characters. Readers check the encoding; what may stand in a clipboard text is protocol/text's business. */
struct sek_clipboard_piece {
	uint8_t flags; /* enum sek_clipboard_piece_flags */
	const uint8_t *utf8; /* into the payload; not terminated */
	size_t bytes;
};

/* CLIPBOARD_MODE: u8 directions, u8[3] reserved = 0 */
struct sek_clipboard_mode {
	uint8_t directions; /* enum sek_cross */
};

/* CLIPBOARD_ANSWER: u32 id, u8 yes, u8[3] reserved = 0 */
struct sek_clipboard_answer {
	uint32_t id; /* as in the question */
	bool yes;
};

enum sek_clipboard_outcome {
	SEK_CLIPBOARD_DONE = 1,      /* it crossed */
	SEK_CLIPBOARD_ASK = 2,       /* the user must say yes first; arg: id; the text follows as PREVIEW */
	SEK_CLIPBOARD_OFF = 3,       /* the policy does not allow this direction */
	SEK_CLIPBOARD_TOO_LONG = 4,  /* arg: the most characters */
	SEK_CLIPBOARD_TOO_OFTEN = 5, /* arg: seconds until the next may cross */
	SEK_CLIPBOARD_NO_TEXT = 6,   /* nothing was left of it, or it was no text */
	SEK_CLIPBOARD_DECLINED = 7,  /* the user said no, or nothing for too long */
	SEK_CLIPBOARD_WAITING = 8,   /* it waits for an approver; arg: hours, then it is refused */
	SEK_CLIPBOARD_NO_APPROVER = 9, /* it needs one, and there is nobody */
	SEK_CLIPBOARD_TOO_MANY = 10, /* it needs one, and too many of this user's wait already */
};

/* CLIPBOARD_RESULT: u8 direction, u8 outcome, u16 reserved = 0, u32 arg */
struct sek_clipboard_result {
	uint8_t direction; /* SEK_CROSS_TO_OUTER or SEK_CROSS_TO_INNER */
	uint8_t outcome;   /* enum sek_clipboard_outcome */
	uint32_t arg;      /* 0 unless the outcome says otherwise */
};

/* WATCH: u16 least version, u16 highest version */
struct sek_watch_msg {
	uint16_t version_min, version_max;
};

enum sek_health_flag { SEK_HEALTH_DRAINING = 1 /* takes no new sessions */ };

/* HEALTH: u16 version, u16 flags, u16 sessions, u16 most sessions, u32 memory, u32 memory available (MiB), u16 CPU pressure,
 * u16 memory pressure (permille), u16 cores, u16 warm sandboxes in Japanese, u16 in English, u16 limits, u32 refused, u32 faults; from version
 * 2 on: u16 days since the image was built, u16 days since the browser was packaged, u16 the browser's major version, u16 days since its
 * certificate began, u16 days until that ends, u16 hours until its revocation list ends */
enum sek_host_limits { SEK_LIMITS_PROCESS = 0 /* rlimits and a watchdog */, SEK_LIMITS_CGROUP_V1 = 1, SEK_LIMITS_CGROUP_V2 = 2 };
struct sek_health {
	uint16_t version, flags;
	uint16_t sessions, sessions_max;      /* sessions_max at least 1 */
	uint32_t memory_mib, available_mib;   /* available: at most memory */
	uint16_t cpu_permille, stall_permille; /* at most 1000 */
	uint16_t cores;                       /* at least 1 */
	uint16_t warm_ja, warm_en;
	uint16_t limits;                      /* what holds sessions back: enum sek_host_limits */
	uint32_t refused, faults;             /* since its start: requests to what is not the Internet; sessions that it could not keep up */
	/* version 2; SEK_HEALTH_UNKNOWN: it does not know, or speaks version 1 */
	uint16_t image_days, browser_days, browser_major, certificate_days, certificate_left_days, crl_left_hours;
};
#define SEK_HEALTH_UNKNOWN 65535

sek_status sek_watch_msg_read(const void *payload, size_t n, struct sek_watch_msg *ret);
sek_status sek_health_read(const void *payload, size_t n, struct sek_health *ret);
void sek_watch_msg_write(struct sek_writer *w, const struct sek_watch_msg *m);
void sek_health_write(struct sek_writer *w, const struct sek_health *m);

/* What can be said of a document: SEK_DOCUMENT_WORKING = 0, SEK_DOCUMENT_NONE, ... */
enum sek_document_state {
#define SEK_DOCUMENT_STATE(name, number, text) SEK_DOCUMENT_##name = number,
#include "protocol/wire/documents.def"
#undef SEK_DOCUMENT_STATE
};
/* True if it is in the list. */
bool sek_document_state_known(uint32_t state);
/* The name in lower case with hyphens, e.g. "too-many": for logs and the JSON API; "unknown" if not in the list. */
const char *sek_document_state_name(uint32_t state);

/* DOCUMENTS: u16 count, u16 reserved = 0 */
struct sek_documents_msg {
	uint16_t count; /* at most SEK_DOCUMENTS_MAX */
};

enum sek_document_source {
	SEK_DOCUMENT_CAUGHT = 1,  /* the newest download that the sandbox keeps */
	SEK_DOCUMENT_PRINTED = 2, /* the page that the browser shows, printed */
};

/* DOCUMENT: u16 least version, u16 highest version, u8 source, u8 reserved = 0, u16 dpi, u16 most pages, u16 max width, u16 max
 * height, u16 reserved = 0 */
struct sek_document_msg {
	uint16_t version_min, version_max;
	uint8_t source;                      /* enum sek_document_source */
	uint16_t dpi;                        /* SEK_DOCUMENT_DPI_MIN to SEK_DOCUMENT_DPI_MAX */
	uint16_t pages_max;                  /* 1 to SEK_DOCUMENT_PAGES_MAX; a document of more pages is refused */
	uint16_t max_width_px, max_height_px; /* of a page, SEK_DOCUMENT_MIN_PX to SEK_DOCUMENT_MAX_PX; a larger one is rendered smaller */
};

/* TAKE_PAGE and PAGE: u16 page, u16 reserved = 0 */
struct sek_page_msg {
	uint16_t page; /* 1 to SEK_DOCUMENT_PAGES_MAX */
};

/* PAGES: u16 version, u16 state, u16 pages, u16 reserved = 0 */
struct sek_pages_msg {
	uint16_t version;
	uint16_t state; /* enum sek_document_state */
	uint16_t pages; /* at most SEK_DOCUMENT_PAGES_MAX; 0 = not known yet */
};

sek_status sek_documents_msg_read(const void *payload, size_t n, struct sek_documents_msg *ret);
sek_status sek_document_msg_read(const void *payload, size_t n, struct sek_document_msg *ret);
sek_status sek_page_msg_read(const void *payload, size_t n, struct sek_page_msg *ret); /* TAKE_PAGE and PAGE */
sek_status sek_pages_msg_read(const void *payload, size_t n, struct sek_pages_msg *ret);
void sek_documents_msg_write(struct sek_writer *w, const struct sek_documents_msg *m);
void sek_document_msg_write(struct sek_writer *w, const struct sek_document_msg *m);
void sek_take_page_write(struct sek_writer *w, const struct sek_page_msg *m);
void sek_page_msg_write(struct sek_writer *w, const struct sek_page_msg *m);
void sek_pages_msg_write(struct sek_writer *w, const struct sek_pages_msg *m);

sek_status sek_hello_read(const void *payload, size_t n, struct sek_hello *ret);
sek_status sek_welcome_read(const void *payload, size_t n, struct sek_welcome *ret);
sek_status sek_ack_read(const void *payload, size_t n, struct sek_ack *ret);
sek_status sek_resize_read(const void *payload, size_t n, struct sek_resize *ret);
sek_status sek_key_read(const void *payload, size_t n, struct sek_key *ret);
sek_status sek_pointer_read(const void *payload, size_t n, struct sek_pointer *ret);
sek_status sek_wheel_read(const void *payload, size_t n, struct sek_wheel *ret);
sek_status sek_text_read(const void *payload, size_t n, struct sek_text *ret);
sek_status sek_visibility_read(const void *payload, size_t n, struct sek_visibility *ret);
sek_status sek_ping_read(const void *payload, size_t n, struct sek_ping *ret); /* PING and PONG */
sek_status sek_cursor_read(const void *payload, size_t n, struct sek_cursor *ret);
sek_status sek_caret_read(const void *payload, size_t n, struct sek_caret *ret);
sek_status sek_size_read(const void *payload, size_t n, struct sek_size *ret);
sek_status sek_state_read(const void *payload, size_t n, struct sek_state_msg *ret);
sek_status sek_clipboard_piece_read(const void *payload, size_t n, struct sek_clipboard_piece *ret);
sek_status sek_clipboard_mode_read(const void *payload, size_t n, struct sek_clipboard_mode *ret);
sek_status sek_clipboard_answer_read(const void *payload, size_t n, struct sek_clipboard_answer *ret);
sek_status sek_clipboard_result_read(const void *payload, size_t n, struct sek_clipboard_result *ret);

void sek_hello_write(struct sek_writer *w, const struct sek_hello *m);
void sek_welcome_write(struct sek_writer *w, const struct sek_welcome *m);
void sek_ack_write(struct sek_writer *w, const struct sek_ack *m);
void sek_resize_write(struct sek_writer *w, const struct sek_resize *m);
void sek_key_write(struct sek_writer *w, const struct sek_key *m);
void sek_pointer_write(struct sek_writer *w, const struct sek_pointer *m);
void sek_wheel_write(struct sek_writer *w, const struct sek_wheel *m);
void sek_text_write(struct sek_writer *w, const struct sek_text *m);
void sek_visibility_write(struct sek_writer *w, const struct sek_visibility *m);
void sek_ping_write(struct sek_writer *w, const struct sek_ping *m);
void sek_pong_write(struct sek_writer *w, const struct sek_ping *m);
void sek_cursor_write(struct sek_writer *w, const struct sek_cursor *m);
void sek_caret_write(struct sek_writer *w, const struct sek_caret *m);
void sek_size_write(struct sek_writer *w, const struct sek_size *m);
void sek_state_write(struct sek_writer *w, const struct sek_state_msg *m);
void sek_clipboard_piece_write(struct sek_writer *w, const struct sek_clipboard_piece *m);
void sek_clipboard_mode_write(struct sek_writer *w, const struct sek_clipboard_mode *m);
void sek_clipboard_answer_write(struct sek_writer *w, const struct sek_clipboard_answer *m);
void sek_clipboard_result_write(struct sek_writer *w, const struct sek_clipboard_result *m);
/* Where to cut a text of n bytes (strict UTF-8) for the next piece: at most SEK_CLIPBOARD_PIECE_MAX_BYTES, between
 * characters. */
size_t sek_clipboard_piece_bytes(const uint8_t *utf8, size_t n);
/* REFRESH, RELEASE and END have no payload. */
void sek_empty_write(struct sek_writer *w, enum sek_msg_type type);

#endif
