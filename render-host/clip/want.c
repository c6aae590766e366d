/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What somebody else put on the CLIPBOARD selection: its list of targets first, then its text if it offers UTF8_STRING.
 * No other target is ever asked for. One conversion at a time; each step has an end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "render-host/clip/clip.h"

static void ask(struct sek_clip *k, enum sek_clip_stage stage, xcb_atom_t target)
{
	k->stage = stage;
	k->deadline_ms = sek_clip_now_ms() + SEK_CLIP_ANSWER_MS;
	xcb_convert_selection(k->c, k->window, k->atom[SEK_CLIP_CLIPBOARD], target, k->atom[SEK_CLIP_SEKISHO_CLIP],
		XCB_CURRENT_TIME);
}

static void finish(struct sek_clip *k)
{
	explicit_bzero(k->wanted.utf8, k->wanted.bytes);
	k->wanted.bytes = 0;
	k->stage = SEK_CLIP_IDLE;
	if (k->again) {
		k->again = false;
		sek_clip_want(k);
	}
}

void sek_clip_want(struct sek_clip *k)
{
	/* While nothing may go to the inner zone nothing is asked for. */
	if (!(k->directions & SEK_CROSS_TO_INNER))
		return;
	if (k->stage != SEK_CLIP_IDLE) {
		k->again = true;
		return;
	}
	ask(k, SEK_CLIP_ASKED_TARGETS, k->atom[SEK_CLIP_TARGETS]);
}

/* The property with the answer, at most `most` bytes of it; deleted there. */
static xcb_get_property_reply_t *take(struct sek_clip *k, size_t most)
{
	return xcb_get_property_reply(k->c, xcb_get_property(k->c, 1, k->window, k->atom[SEK_CLIP_SEKISHO_CLIP],
		XCB_GET_PROPERTY_TYPE_ANY, 0, (uint32_t)(most / 4)), NULL);
}

static bool offers_text(struct sek_clip *k)
{
	xcb_get_property_reply_t *r = take(k, SEK_CLIP_TARGETS_MAX * sizeof(xcb_atom_t));
	bool found = false;

	if (r && r->format == 32) {
		const xcb_atom_t *list = xcb_get_property_value(r);
		size_t n = (size_t)xcb_get_property_value_length(r) / sizeof *list;

		for (size_t i = 0; i < n; i++)
			found |= list[i] == k->atom[SEK_CLIP_UTF8_STRING];
	}
	free(r);
	return found;
}

/* Adds the property's bytes to the text, as far as they fit. False if there is no text in it; *ret_n (may be NULL): how
 * many bytes came, *ret_incr: the text will come in increments. */
static bool add(struct sek_clip *k, size_t *ret_n, bool *ret_incr)
{
	xcb_get_property_reply_t *r = take(k, SEK_CLIP_TEXT_BYTES);
	bool text = r && r->type == k->atom[SEK_CLIP_UTF8_STRING] && r->format == 8;
	size_t n = text ? (size_t)xcb_get_property_value_length(r) : 0;
	size_t room = sizeof k->wanted.utf8 - k->wanted.bytes;

	*ret_incr = r && r->type == k->atom[SEK_CLIP_INCR];
	*ret_n = n;
	if (n > room)
		n = room; /* more than fits is more than may cross: the broker will see so */
	if (n)
		memcpy(k->wanted.utf8 + k->wanted.bytes, xcb_get_property_value(r), n);
	k->wanted.bytes += n;
	/* what did not fit into one reply is left: the server keeps a property that was not read to its end */
	if (r && r->bytes_after)
		xcb_delete_property(k->c, k->window, k->atom[SEK_CLIP_SEKISHO_CLIP]);
	free(r);
	return text;
}

static void complete(struct sek_clip *k)
{
	/* a text that was cut off above must still end with a whole character */
	if (k->wanted.bytes == sizeof k->wanted.utf8)
		while (k->wanted.bytes > 0 && !sek_utf8_valid(k->wanted.utf8, k->wanted.bytes, NULL) &&
		       k->wanted.bytes > sizeof k->wanted.utf8 - 4)
			k->wanted.bytes--;
	if (k->directions & SEK_CROSS_TO_INNER)
		sek_clip_tell(k);
	finish(k);
}

void sek_clip_answered(struct sek_clip *k, const xcb_selection_notify_event_t *answer)
{
	bool incr;
	size_t n;

	/* anybody can send this event: only the property that we asked to be filled is read, and only while we wait */
	if (k->stage != SEK_CLIP_ASKED_TARGETS && k->stage != SEK_CLIP_ASKED_TEXT)
		return;
	if (answer->property != k->atom[SEK_CLIP_SEKISHO_CLIP]) {
		finish(k);
	} else if (k->stage == SEK_CLIP_ASKED_TARGETS) {
		if (offers_text(k))
			ask(k, SEK_CLIP_ASKED_TEXT, k->atom[SEK_CLIP_UTF8_STRING]);
		else
			finish(k); /* a picture, say */
	} else if (add(k, &n, &incr)) {
		complete(k);
	} else if (incr) {
		k->stage = SEK_CLIP_INCREMENTS;
		k->deadline_ms = sek_clip_now_ms() + SEK_CLIP_ANSWER_MS;
	} else {
		finish(k);
	}
}

void sek_clip_increment(struct sek_clip *k)
{
	bool incr, text;
	size_t n;

	if (k->stage != SEK_CLIP_INCREMENTS)
		return;
	text = add(k, &n, &incr);
	if (!text || n == 0)
		complete(k);
	else if (k->wanted.bytes == sizeof k->wanted.utf8)
		complete(k); /* the rest is not waited for */
	else
		k->deadline_ms = sek_clip_now_ms() + SEK_CLIP_ANSWER_MS;
}

void sek_clip_want_due(struct sek_clip *k, int64_t now_ms)
{
	if (k->stage == SEK_CLIP_IDLE || now_ms < k->deadline_ms)
		return;
	sek_log(SEK_LOG_INFO, "clip.no-answer", NULL);
	finish(k);
}
