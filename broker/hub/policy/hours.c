/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hours of the week in which sessions are allowed: text, bits, and the clock. Must never take a text that it does not
 * understand for "always".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "broker/hub/policy/value.h"

enum { DAY = 24 * 60 };
static const char days[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

struct text {
	const char *s, *end;
};

static bool get(const struct sek_policy_hours *h, unsigned minute)
{
	return h->minutes[minute / 8] >> (minute % 8) & 1;
}

static void set(struct sek_policy_hours *h, unsigned minute)
{
	h->minutes[minute / 8] = (uint8_t)(h->minutes[minute / 8] | 1u << (minute % 8));
}

static void spaces(struct text *t)
{
	while (t->s < t->end && *t->s == ' ')
		t->s++;
}

static bool take(struct text *t, char c)
{
	if (t->s == t->end || *t->s != c)
		return false;
	t->s++;
	return true;
}

static bool read_day(struct text *t, unsigned *ret)
{
	unsigned d;

	for (d = 0; d < 7 && t->end - t->s >= 3; d++) {
		if (strncasecmp(t->s, days[d], 3) == 0) {
			t->s += 3;
			*ret = d;
			return true;
		}
	}
	return false;
}

/* "mon-fri", "sat,sun", "daily"; *ret is a set of days. A range may pass Sunday. */
static bool read_days(struct text *t, unsigned *ret)
{
	unsigned from, to, set_of = 0;

	if (t->end - t->s >= 5 && strncasecmp(t->s, "daily", 5) == 0) {
		t->s += 5;
		*ret = 0x7f;
		return true;
	}
	do {
		if (!read_day(t, &from))
			return false;
		to = from;
		if (take(t, '-') && !read_day(t, &to))
			return false;
		for (; from != to; from = (from + 1) % 7)
			set_of |= 1u << from;
		set_of |= 1u << to;
	} while (take(t, ','));
	*ret = set_of;
	return true;
}

static bool read_number(struct text *t, unsigned most, unsigned *ret)
{
	unsigned n;

	if (t->end - t->s < 2 || t->s[0] < '0' || t->s[0] > '9' || t->s[1] < '0' || t->s[1] > '9')
		return false;
	n = (unsigned)(t->s[0] - '0') * 10 + (unsigned)(t->s[1] - '0');
	t->s += 2;
	*ret = n;
	return n <= most;
}

static bool read_time(struct text *t, unsigned *ret)
{
	unsigned h, m;

	if (!read_number(t, 24, &h) || !take(t, ':') || !read_number(t, 59, &m) || (h == 24 && m != 0))
		return false;
	*ret = h * 60 + m;
	return true;
}

static bool read_window(struct text *t, struct sek_policy_hours *h)
{
	unsigned set_of, from, to, d, m;

	if (!read_days(t, &set_of) || !take(t, ' '))
		return false;
	spaces(t);
	if (!read_time(t, &from) || !take(t, '-') || !read_time(t, &to) || from == to || from == DAY || to == 0)
		return false;
	if (to < from)
		to += DAY;
	for (d = 0; d < 7; d++)
		for (m = from; set_of >> d & 1 && m < to; m++)
			set(h, (d * DAY + m) % SEK_WEEK_MINUTES);
	return true;
}

static sek_status refuse(char *err, size_t err_size, enum sek_code code, const char *what)
{
	snprintf(err, err_size, "%s: write \"always\", \"never\" or windows such as \"mon-fri 08:30-18:00; sat 09:00-12:00\"",
		what);
	return sek_fail(code);
}

static bool is_word(const struct text *t, const char *word)
{
	return (size_t)(t->end - t->s) == strlen(word) && memcmp(t->s, word, strlen(word)) == 0;
}

sek_status sek_policy_hours_parse(const char *text, size_t n, struct sek_policy_hours *ret, char *err, size_t err_size)
{
	struct text t = { text, text + n };
	struct sek_policy_hours h;
	unsigned windows = 0;

	memset(&h, 0, sizeof h);
	if (n > SEK_POLICY_HOURS_MAX_BYTES)
		return refuse(err, err_size, SEK_E_LIMIT, "the hours are too long");
	spaces(&t);
	while (t.end > t.s && t.end[-1] == ' ')
		t.end--;
	if (is_word(&t, "always") || is_word(&t, "never")) {
		memset(&h, t.s[0] == 'a' ? 0xff : 0, sizeof h);
		*ret = h;
		return sek_ok();
	}
	do {
		spaces(&t);
		if (!read_window(&t, &h))
			return refuse(err, err_size, SEK_E_MALFORMED, "the hours are not understood");
		if (++windows > SEK_POLICY_HOURS_MAX_WINDOWS)
			return refuse(err, err_size, SEK_E_LIMIT, "the hours have too many windows");
		spaces(&t);
	} while (take(&t, ';'));
	if (t.s != t.end)
		return refuse(err, err_size, SEK_E_MALFORMED, "the hours are not understood");
	*ret = h;
	return sek_ok();
}

/* Where the run of allowed minutes that begins at `m` of day d ends: at most the day's end. */
static unsigned run_end(const struct sek_policy_hours *h, unsigned d, unsigned m)
{
	while (m < DAY && get(h, d * DAY + m))
		m++;
	return m;
}

/* One window, with the days from d on that have exactly the same one; those already written are marked in `done`. */
static bool has_window(const struct sek_policy_hours *h, unsigned d, unsigned from, unsigned to)
{
	return (from == 0 || !get(h, d * DAY + from - 1)) && get(h, d * DAY + from) && run_end(h, d, from) == to;
}

static void write_window(FILE *f, const struct sek_policy_hours *h, unsigned d, unsigned from, unsigned to)
{
	const char *between = "";
	unsigned i, k;

	for (i = d; i < 7; i = k + 1) {
		k = i;
		if (!has_window(h, i, from, to))
			continue;
		while (k + 1 < 7 && has_window(h, k + 1, from, to))
			k++;
		fprintf(f, "%s%s", between, days[i]);
		if (k > i)
			fprintf(f, "%c%s", k > i + 1 ? '-' : ',', days[k]);
		between = ",";
	}
	fprintf(f, " %02u:%02u-%02u:%02u", from / 60, from % 60, to / 60, to % 60);
}

static void write_all(FILE *f, const struct sek_policy_hours *h)
{
	const char *between = "";
	unsigned d, m, e, earlier;

	for (d = 0; d < 7; d++) {
		for (m = 0; m < DAY; m++) {
			if (!get(h, d * DAY + m))
				continue;
			e = run_end(h, d, m);
			for (earlier = 0; earlier < d && !has_window(h, earlier, m, e); earlier++)
				;
			if (earlier == d) {
				fputs(between, f);
				write_window(f, h, d, m, e);
				between = "; ";
			}
			m = e;
		}
	}
}

sek_status sek_policy_hours_text(const struct sek_policy_hours *h, char **ret)
{
	struct sek_policy_hours all, none;
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	memset(&all, 0xff, sizeof all);
	memset(&none, 0, sizeof none);
	f = open_memstream(&text, &n);
	if (!f)
		return sek_fail(SEK_E_NOMEM);
	if (memcmp(h, &all, sizeof all) == 0)
		fputs("always", f);
	else if (memcmp(h, &none, sizeof none) == 0)
		fputs("never", f);
	else
		write_all(f, h);
	if (fclose(f) != 0 || !text) {
		free(text);
		return sek_fail(SEK_E_NOMEM);
	}
	*ret = text;
	return sek_ok();
}

bool sek_policy_hours_allow(const struct sek_policy_hours *h, unsigned week_minute)
{
	return week_minute < SEK_WEEK_MINUTES && get(h, week_minute);
}

unsigned sek_policy_week_minute(int64_t now_s)
{
	time_t t = (time_t)now_s;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return SEK_WEEK_MINUTES; /* a time beyond all calendars is not allowed */
	return (unsigned)((tm.tm_wday + 6) % 7 * DAY + tm.tm_hour * 60 + tm.tm_min);
}

uint32_t sek_policy_hours_left(const struct sek_policy_hours *h, int64_t now_s, uint32_t horizon_s)
{
	int64_t t = now_s;

	/* minute by minute on the real clock, so that a night with 23 or 25 hours counts as what it is */
	while (t - now_s < (int64_t)horizon_s) {
		if (!sek_policy_hours_allow(h, sek_policy_week_minute(t)))
			return (uint32_t)(t - now_s);
		t += 60 - ((t % 60) + 60) % 60;
	}
	return horizon_s;
}
