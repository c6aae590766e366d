/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the proxy answers by itself: the start page and refusals. Whole HTTP responses made of our own words only; nothing
 * of the request is repeated in them.
 */
#ifndef SEK_RENDER_HOST_EGRESS_PAGE_H
#define SEK_RENDER_HOST_EGRESS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

extern const unsigned char sek_page_start_html[], sek_page_refused_html[];

enum sek_page {
	SEK_PAGE_START,        /* 200 */
	SEK_PAGE_NOT_THERE,    /* 404: another path on the start page's host */
	SEK_PAGE_MALFORMED,    /* 400 */
	SEK_PAGE_REFUSED,      /* 403: a destination that is not the Internet */
	SEK_PAGE_BLOCKED,      /* 403: the policy's addresses */
	SEK_PAGE_TOO_LARGE,    /* 431 */
	SEK_PAGE_TIMEOUT,      /* 408: the request did not come */
	SEK_PAGE_NO_NAME,      /* 502: the name does not exist */
	SEK_PAGE_NO_ANSWER,    /* 502: nobody answers there */
	SEK_PAGE_BAD_ANSWER,   /* 502: the answer is not HTTP */
	SEK_PAGE_SLOW,         /* 504 */
	SEK_PAGE_COUNT
};

/* Makes the whole response; with_body false: head only (HEAD, CONNECT). Heap, *ret_n bytes; NULL without memory. */
char *sek_page_make(enum sek_page p, bool with_body, size_t *ret_n);

#endif
