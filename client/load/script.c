/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scripts. Times between steps are what people take; a mean is in the comment beside each.
 */
#include "client/load/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/site.h"

static const char *const names[LOAD_SCRIPTS] = { "read", "scroll", "type", "links", "video" };

/* What an office does in a browser, most of the time: it reads. */
static const double mixed[LOAD_SCRIPTS] = { 40, 20, 15, 20, 5 };

static const char *const phrases[] = { "住民票の写し", "申請を受け付けました。", "確認をお願いします。", "令和八年度の予算", "会議の議事録",
	"窓口の混雑状況", "ご担当者様", "お世話になっております。" };

const char *load_script_name(unsigned kind)
{
	return kind < LOAD_SCRIPTS ? names[kind] : NULL;
}

void load_script_init(struct load_script *s, enum load_script_kind kind, uint64_t seed, unsigned staff)
{
	*s = (struct load_script){ .kind = kind, .random = load_random_of(seed, staff), .direction = 1 };
}

static void think(struct load_script *s, struct load_step *ret, uint32_t least_ms, uint32_t most_ms)
{
	ret->think_ms = load_random_between(&s->random, least_ms, most_ms);
}

/* A letter that does nothing on a page without a field, but is seen in its band: for the time that it takes. */
static void press(struct load_script *s, struct load_step *ret, uint32_t least_ms, uint32_t most_ms)
{
	think(s, ret, least_ms, most_ms);
	ret->act = LOAD_KEY;
	ret->which = 'q';
}

static void open_page(struct load_script *s, struct load_step *ret, unsigned page)
{
	think(s, ret, 0, 500);
	ret->act = LOAD_OPEN;
	ret->which = page;
}

static void click(struct load_script *s, struct load_step *ret, uint32_t least_ms, uint32_t most_ms)
{
	think(s, ret, least_ms, most_ms);
	ret->act = LOAD_CLICK;
	ret->which = load_random_between(&s->random, 0, LOAD_LINKS_A_PAGE - 1);
}

static void wheel(struct load_script *s, struct load_step *ret, int notches, uint32_t least_ms, uint32_t most_ms)
{
	think(s, ret, least_ms, most_ms);
	ret->act = LOAD_WHEEL;
	ret->notches = notches;
}

static void next_read(struct load_script *s, struct load_step *ret)
{
	if (s->left == 0) {
		s->left = load_random_between(&s->random, 4, 9);
		click(s, ret, 3000, 9000);
		return;
	}
	s->left--;
	if (s->left % 2)
		press(s, ret, 1500, 4500); /* 3 s */
	else
		wheel(s, ret, (int)load_random_between(&s->random, 2, 5), 2500, 9000);
}

static void next_scroll(struct load_script *s, struct load_step *ret)
{
	if (s->left == 0) {
		s->left = load_random_between(&s->random, 6, 16);
		if (load_random_between(&s->random, 0, 3) == 0)
			s->direction = -s->direction;
		press(s, ret, 800, 3000);
		return;
	}
	s->left--;
	if (s->left == 3)
		press(s, ret, 30, 60); /* while it scrolls */
	else
		wheel(s, ret, s->direction, 50, 140);
}

static void next_type(struct load_script *s, struct load_step *ret)
{
	ret->act = LOAD_KEY;
	if (s->left == 0) {
		s->left = load_random_between(&s->random, 3, 9);
		think(s, ret, 80, 200);
		ret->which = ' ';
		if (load_random_between(&s->random, 0, 3) == 0) {
			think(s, ret, 1200, 4000); /* an input method takes that long */
			ret->act = LOAD_TEXT;
			s->composed = true;
			ret->text = phrases[load_random_between(&s->random, 0, sizeof phrases / sizeof phrases[0] - 1)];
		}
		return;
	}
	s->left--;
	if (s->composed)
		think(s, ret, 1000, 1800);
	else if (s->left == 0 && load_random_between(&s->random, 0, 4) == 0)
		think(s, ret, 1500, 5000); /* a thought */
	else
		think(s, ret, 110, 300);
	s->composed = false;
	ret->which = load_random_between(&s->random, 'a', 'z');
}

static void next_links(struct load_script *s, struct load_step *ret)
{
	if (s->left == 0) {
		s->left = load_random_between(&s->random, 1, 2);
		click(s, ret, 1000, 3500);
		return;
	}
	s->left--;
	press(s, ret, 500, 1500);
}

void load_script_next(struct load_script *s, struct load_step *ret)
{
	static const unsigned first[LOAD_SCRIPTS] = { [LOAD_SCROLL] = LOAD_PAGE_LONG, [LOAD_TYPE] = LOAD_PAGE_FORM,
		[LOAD_VIDEO] = LOAD_PAGE_FILM };

	*ret = (struct load_step){ 0 };
	if (s->done++ == 0) {
		open_page(s, ret, first[s->kind] ? first[s->kind] : load_random_between(&s->random, 0, LOAD_ARTICLES - 1));
		return;
	}
	switch (s->kind) {
	case LOAD_READ: next_read(s, ret); break;
	case LOAD_SCROLL: next_scroll(s, ret); break;
	case LOAD_TYPE: next_type(s, ret); break;
	case LOAD_LINKS: next_links(s, ret); break;
	default: press(s, ret, 2500, 6000); break; /* a film is watched */
	}
}

/* --- the mix --- */

static bool fail(char *err, size_t size, const char *what, const char *text)
{
	snprintf(err, size, "%s '%s'; scripts are read, scroll, type, links, video, mixed, or weights like read=2,video=1", what, text);
	return false;
}

static bool read_part(const char *part, size_t n, struct load_mix *m, char *err, size_t size)
{
	const char *equals = memchr(part, '=', n);
	size_t name_n = equals ? (size_t)(equals - part) : n;
	char number[24] = "1", *end;
	double weight;

	if (equals)
		snprintf(number, sizeof number, "%.*s", (int)(n - name_n - 1), equals + 1);
	weight = strtod(number, &end);
	for (unsigned i = 0; i < LOAD_SCRIPTS; i++) {
		if (strlen(names[i]) != name_n || strncmp(part, names[i], name_n) != 0)
			continue;
		if (end == number || *end || !(weight > 0) || weight > 1e6)
			return fail(err, size, "not a weight:", number);
		m->weights[i] = weight;
		return true;
	}
	return fail(err, size, "there is no script", part);
}

bool load_mix_read(const char *text, struct load_mix *ret, char *err, size_t err_size)
{
	struct load_mix m = { { 0 } };

	if (strcmp(text, "mixed") == 0) {
		memcpy(ret->weights, mixed, sizeof ret->weights);
		return true;
	}
	for (const char *part = text;; part++) {
		size_t n = strcspn(part, ",");

		if (!read_part(part, n, &m, err, err_size))
			return false;
		part += n;
		if (!*part)
			break;
	}
	*ret = m;
	return true;
}

enum load_script_kind load_mix_draw(const struct load_mix *m, uint64_t seed, unsigned staff)
{
	struct load_random r = load_random_of(~seed, staff);
	double all = 0, at;
	unsigned last = 0;

	for (unsigned i = 0; i < LOAD_SCRIPTS; i++)
		all += m->weights[i];
	at = (double)(load_random_next(&r) >> 11) / 9007199254740992.0 * all;
	for (unsigned i = 0; i < LOAD_SCRIPTS; i++) {
		if (m->weights[i] <= 0)
			continue;
		last = i;
		if (at < m->weights[i])
			break;
		at -= m->weights[i];
	}
	return (enum load_script_kind)last;
}
