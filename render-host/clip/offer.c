/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our own text as the CLIPBOARD selection (ICCCM 2.2, INCR: 2.7.2). Offered as Unicode text under two names; whoever asks
 * for anything else is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "render-host/clip/clip.h"

static bool owns(struct sek_clip *k)
{
	xcb_get_selection_owner_reply_t *r = xcb_get_selection_owner_reply(k->c,
		xcb_get_selection_owner(k->c, k->atom[SEK_CLIP_CLIPBOARD]), NULL);
	bool is = r && r->owner == k->window;

	free(r);
	return is;
}

void sek_clip_lost(struct sek_clip *k)
{
	/* the event may be older than an offer that was made since */
	k->owner = owns(k);
	if (k->owner)
		return;
	/* what was pasted is not kept longer than it is offered */
	explicit_bzero(k->offered.utf8, k->offered.bytes);
	k->offered.bytes = 0;
	for (int i = 0; i < SEK_CLIP_SERVED_MAX; i++)
		k->served[i].window = 0;
}

void sek_clip_offer(struct sek_clip *k)
{
	for (int i = 0; i < SEK_CLIP_SERVED_MAX; i++)
		k->served[i].window = 0; /* the text under them has changed: their requestors give up */
	xcb_set_selection_owner(k->c, k->offered.bytes ? k->window : XCB_WINDOW_NONE, k->atom[SEK_CLIP_CLIPBOARD],
		XCB_CURRENT_TIME);
	k->owner = owns(k);
}

static struct sek_clip_served *slot(struct sek_clip *k)
{
	for (int i = 0; i < SEK_CLIP_SERVED_MAX; i++)
		if (!k->served[i].window)
			return &k->served[i];
	/* one that never took its increments makes room */
	return &k->served[k->served_next++ % SEK_CLIP_SERVED_MAX];
}

static void put_text(struct sek_clip *k, xcb_window_t window, xcb_atom_t property, xcb_atom_t target)
{
	static const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	uint32_t n = (uint32_t)k->offered.bytes;

	if (n <= SEK_CLIP_CHUNK_BYTES) {
		xcb_change_property(k->c, XCB_PROP_MODE_REPLACE, window, property, target, 8, n, k->offered.utf8);
		return;
	}
	*slot(k) = (struct sek_clip_served){ window, property, target, 0 };
	xcb_change_window_attributes(k->c, window, XCB_CW_EVENT_MASK, &events);
	xcb_change_property(k->c, XCB_PROP_MODE_REPLACE, window, property, k->atom[SEK_CLIP_INCR], 32, 1, &n);
}

void sek_clip_serve(struct sek_clip *k, const xcb_selection_request_event_t *q)
{
	const xcb_atom_t *atom = k->atom;
	xcb_atom_t property = q->property ? q->property : q->target;
	xcb_selection_notify_event_t answer = {
		.response_type = XCB_SELECTION_NOTIFY, .time = q->time, .requestor = q->requestor, .selection = q->selection,
		.target = q->target, .property = property,
	};

	if (!k->owner || q->selection != atom[SEK_CLIP_CLIPBOARD] || q->requestor == k->window) {
		answer.property = XCB_ATOM_NONE;
	} else if (q->target == atom[SEK_CLIP_TARGETS]) {
		const xcb_atom_t list[] = { atom[SEK_CLIP_TARGETS], atom[SEK_CLIP_UTF8_STRING], atom[SEK_CLIP_TEXT_PLAIN] };

		xcb_change_property(k->c, XCB_PROP_MODE_REPLACE, q->requestor, property, XCB_ATOM_ATOM, 32,
			sizeof list / sizeof list[0], list);
	} else if (q->target == atom[SEK_CLIP_UTF8_STRING] || q->target == atom[SEK_CLIP_TEXT_PLAIN]) {
		put_text(k, q->requestor, property, q->target);
	} else {
		answer.property = XCB_ATOM_NONE;
	}
	xcb_send_event(k->c, 0, q->requestor, XCB_EVENT_MASK_NO_EVENT, (const char *)&answer);
}

void sek_clip_serve_more(struct sek_clip *k, xcb_window_t window, xcb_atom_t property)
{
	for (int i = 0; i < SEK_CLIP_SERVED_MAX; i++) {
		struct sek_clip_served *s = &k->served[i];
		size_t n;

		if (!s->window || s->window != window || s->property != property)
			continue;
		n = k->offered.bytes - s->done;
		if (n > SEK_CLIP_CHUNK_BYTES)
			n = SEK_CLIP_CHUNK_BYTES;
		/* the one of no bytes ends it */
		xcb_change_property(k->c, XCB_PROP_MODE_REPLACE, window, property, s->target, 8, (uint32_t)n,
			k->offered.utf8 + s->done);
		s->done += n;
		if (n == 0)
			s->window = 0;
		return;
	}
}
