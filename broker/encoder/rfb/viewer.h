/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a VNC viewer says, from its ClientInit on (RFC 6143, 7.3.1 and 7.5, and the extensions that we offer): one message at a
 * time, out of bytes that are hostile. Pure: no descriptor, no clock, no heap.
 */
#ifndef SEK_BROKER_ENCODER_RFB_VIEWER_H
#define SEK_BROKER_ENCODER_RFB_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/limits.h"

#define SEK_RFB_ENCODINGS_MAX 1024              /* in one SetEncodings */
#define SEK_RFB_FENCE_MAX_BYTES 64              /* what a Fence carries */
#define SEK_RFB_SCREENS_MAX 255
/* A cut text that is read: longer than any that could cross (in CR LF, or packed). More than that is passed over unread, up to */
#define SEK_RFB_CUT_MAX_BYTES (2 * SEK_CLIPBOARD_MAX_BYTES + 1024)
#define SEK_RFB_CUT_SKIP_MAX_BYTES (64 << 20)   /* this; whoever announces more is refused */
#define SEK_RFB_IN_BYTES (SEK_RFB_CUT_MAX_BYTES + 8) /* room for any message that is waited for whole */

enum sek_rfb_said {
	SEK_RFB_INIT,         /* ClientInit */
	SEK_RFB_PIXEL_FORMAT,
	SEK_RFB_ENCODINGS,
	SEK_RFB_REQUEST,      /* FramebufferUpdateRequest */
	SEK_RFB_KEY,          /* KeyEvent, or QEMU's with the key's own code */
	SEK_RFB_POINTER,
	SEK_RFB_CUT,          /* ClientCutText, ISO 8859-1 */
	SEK_RFB_CUT_EXTENDED, /* the same with a negative length: flags and what belongs to them */
	SEK_RFB_CONTINUOUS,   /* EnableContinuousUpdates */
	SEK_RFB_FENCE,
	SEK_RFB_RESIZE,       /* SetDesktopSize */
	SEK_RFB_NOTHING,      /* something that needs no answer */
};

/* 8, 16 or 32 bits, true colour: what "SetPixelFormat" may ask for here. */
struct sek_rfb_format {
	uint8_t bits, depth;
	bool big_endian;
	uint16_t red_max, green_max, blue_max;
	uint8_t red_shift, green_shift, blue_shift;
};

enum sek_rfb_coding { SEK_RFB_RAW, SEK_RFB_TIGHT, SEK_RFB_ZRLE };

/* What one SetEncodings offers. */
struct sek_rfb_wants {
	enum sek_rfb_coding coding; /* the first that it names of those that we have */
	bool copy, last_rect, size, extended_size, cursor, alpha_cursor, continuous, fence, clipboard, keys, name;
	int8_t quality, compression; /* 0 to 9; -1: not said */
};

struct sek_rfb_event {
	enum sek_rfb_said what;
	union {
		struct sek_rfb_format format;
		struct sek_rfb_wants wants;
		struct {
			bool incremental, on; /* REQUEST; CONTINUOUS */
			uint16_t x, y, w, h;
		} area;
		struct {
			bool down;
			uint32_t symbol; /* an X keysym */
			uint32_t code;   /* of QEMU's message: the code of a PC's keyboard, 0xe0 as the bit 0x80; 0 = not said */
		} key;
		struct {
			uint8_t buttons; /* RFB's: bit 0 left, 1 middle, 2 right, 3 to 6 wheel up, down, left, right, 7 back */
			uint16_t x, y;
		} pointer;
		struct {
			const uint8_t *bytes; /* within what was parsed */
			size_t n;
		} cut;
		struct {
			uint32_t flags;
			const uint8_t *bytes;
			size_t n;             /* at most SEK_RFB_FENCE_MAX_BYTES */
		} fence;
		struct {
			uint16_t width_px, height_px; /* any, also 0 */
		} size;
	};
};

/* Zeroed before the first byte. */
struct sek_rfb_viewer {
	bool greeted;  /* ClientInit has come */
	bool extended; /* a negative length of a cut text means something: we have offered it */
	size_t skip;   /* bytes of a cut text that nobody reads */
};

/* Takes the next message out of n bytes. SEK_E_AGAIN: it is not whole yet (SEK_RFB_IN_BYTES are always enough); SEK_E_MALFORMED: the
 * viewer is to be left. *ret_used: bytes that are done with, also with SEK_E_AGAIN. Pointers in *ret point into bytes. */
sek_status sek_rfb_viewer_take(struct sek_rfb_viewer *v, const uint8_t *bytes, size_t n, struct sek_rfb_event *ret, size_t *ret_used);

#endif
