/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every limit of the wire and of the picture, each with its one definition. Freestanding. protocol/gen prints these
 * for JavaScript and the documents: keep one `#define SEK_LIMIT_NAME number` a line.
 */
#ifndef SEK_PROTOCOL_LIMITS_H
#define SEK_PROTOCOL_LIMITS_H

#define SEK_VERSION_MIN 1 /* the least protocol version that this build speaks */
#define SEK_VERSION_MAX 1 /* the highest one */
#define SEK_WATCH_VERSION_MAX 2 /* the highest one of WATCH and HEALTH, which are counted by themselves */

#define SEK_FRAME_HEADER_BYTES 8 /* in front of every payload */

#define SEK_TILE_PX 64 /* side of a tile */
#define SEK_WIDTH_MIN_PX 160 /* narrowest window and session */
#define SEK_HEIGHT_MIN_PX 120 /* lowest window and session */
#define SEK_WIDTH_MAX_PX 7680 /* of any picture; a site sets its own, lower maximum */
#define SEK_HEIGHT_MAX_PX 4320 /* likewise */
#define SEK_SCALE_MIN_PERCENT 50 /* device pixel ratio of a screen */
#define SEK_SCALE_MAX_PERCENT 400 /* likewise */

#define SEK_UPDATE_MAX_BYTES 1048576 /* payload of one UPDATE message */
#define SEK_UPDATE_MAX_OPS 32768 /* operations in one UPDATE */
#define SEK_UPDATE_MAX_COVER 8 /* the rectangles of one UPDATE add up to at most so many pictures */
#define SEK_TILES_RAW_MAX_BYTES 1048576 /* a TILES batch once unpacked */
#define SEK_DRAWN_MAX_WIDTH_PX 512 /* of one rectangle of DRAWN; at most a tile high */
#define SEK_JPEG_MAX_WIDTH_PX 1024 /* of one photographic rectangle */
#define SEK_JPEG_MAX_HEIGHT_PX 1024 /* likewise */
#define SEK_FRAMES_IN_FLIGHT_MAX 64 /* an ACK further away than this is nonsense */

#define SEK_CURSOR_MAX_PX 64 /* side of a cursor image */
#define SEK_TEXT_MAX_BYTES 4096 /* UTF-8 of one TEXT message */
#define SEK_CLIPBOARD_PIECE_MAX_BYTES 4000 /* UTF-8 of one CLIPBOARD message: with its headers less than PIPE_BUF */
#define SEK_CLIPBOARD_MAX_CHARS 100000 /* Unicode code points of one clipboard text; a policy sets its own, lower maximum */
#define SEK_CLIPBOARD_MAX_BYTES 400000 /* the same in UTF-8 */
#define SEK_CLIPBOARD_PER_MINUTE_MAX 600 /* the highest cap of transfers each way that a policy can set */
#define SEK_KEY_CODE_MAX 255 /* evdev codes above this do not exist for X */
#define SEK_WHEEL_NOTCH 120 /* wheel units of one notch */
#define SEK_WHEEL_MAX 12000 /* of dx and of dy of one WHEEL message, either sign */

#define SEK_RULES_LIST_MAX_BYTES 6000 /* of each list of addresses in RULES */
#define SEK_FPS_MAX 120 /* frames a second that a policy may allow */
#define SEK_WATERMARK_MAX_BYTES 120 /* UTF-8 of a watermark */

#define SEK_DOCUMENTS_MAX 16 /* caught downloads that a sandbox keeps; the oldest goes */
#define SEK_DOCUMENTS_KEPT_BYTES 268435456 /* of the place where downloads are kept; beyond half of it the oldest go */
#define SEK_DOCUMENT_PAGES_MAX 500 /* of one document; a policy sets its own, lower maximum */
#define SEK_DOCUMENT_MIN_PX 160 /* least maximum of a page's side */
#define SEK_DOCUMENT_MAX_PX 4320 /* of a page's side; a larger page is rendered smaller */
#define SEK_DOCUMENT_DPI_MIN 72 /* pixels an inch */
#define SEK_DOCUMENT_DPI_MAX 300 /* likewise */
#define SEK_CONVERT_IN_MAX_BYTES 67108864 /* of a file that is converted to a PDF */
#define SEK_CONVERT_PDF_MAX_BYTES 134217728 /* of that PDF */
#define SEK_CONVERT_TEXT_MAX_BYTES 33554432 /* UTF-8 of a text in it */
#define SEK_CONVERT_UNPACKED_MAX_BYTES 1073741824 /* what the parts of an Office document say that they unpack to */
#define SEK_PAPER_IMAGE_MAX_BYTES 16777216 /* of one page's picture */
#define SEK_PAPER_TEXT_MAX_BYTES 262144 /* of the words that were read on one page, with their places */

#define SEK_SESSION_ID_BYTES 16 /* a random number, never reused */

#endif
