/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parses the arguments strictly: an unknown, doubled, missing or badly written one is refused.
 */
#include "render-host/sandbox/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"

enum { EGRESS_UID_DEFAULT = 65533, ID_MAX = 0x7ffffffe };

/* Decimal digits only: no sign, no space, no leading zero but "0" itself. */
static bool number(const char *text, const char **ret_end, unsigned long most, unsigned long *ret)
{
	unsigned long v = 0;
	const char *p = text;

	if (*p == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (unsigned long)(*p - '0');
		if (v > most)
			return false;
	}
	if (p == text || (!ret_end && *p))
		return false;
	if (ret_end)
		*ret_end = p;
	*ret = v;
	return true;
}

static bool id(const char *text, unsigned *ret)
{
	unsigned long v;

	/* 0 would be root, and the largest number means "unchanged" to setresuid */
	if (!number(text, NULL, ID_MAX, &v) || v == 0)
		return false;
	*ret = (unsigned)v;
	return true;
}

static bool size(const char *text, uint16_t *ret_width, uint16_t *ret_height)
{
	unsigned long w, h;
	const char *end;

	if (!number(text, &end, SEK_WIDTH_MAX_PX, &w) || *end != 'x' || !number(end + 1, NULL, SEK_HEIGHT_MAX_PX, &h))
		return false;
	if (w < SEK_WIDTH_MIN_PX || h < SEK_HEIGHT_MIN_PX)
		return false;
	*ret_width = (uint16_t)w;
	*ret_height = (uint16_t)h;
	return true;
}

static const char *take(struct sek_sandbox_options *o, int which, const char *value)
{
	unsigned long v;

	switch (which) {
	case 'd':
		o->dir = value;
		return value[0] == '/' && strlen(value) <= SEK_SANDBOX_PATH_MAX ? NULL : "--dir: a short absolute path";
	case 'u':
		return id(value, &o->uid) ? NULL : "--uid: a number above 0";
	case 'g':
		return id(value, &o->gid) ? NULL : "--gid: a number above 0";
	case 'e':
		return id(value, &o->egress_uid) ? NULL : "--egress-uid: a number above 0";
	case 'm':
		return size(value, &o->max_width_px, &o->max_height_px) ? NULL : "--max: WIDTHxHEIGHT";
	case 's':
		return size(value, &o->width_px, &o->height_px) ? NULL : "--size: WIDTHxHEIGHT";
	case 'c':
		if (!number(value, NULL, SEK_SCALE_MAX_PERCENT, &v) || v < SEK_SCALE_MIN_PERCENT)
			return "--scale: percent";
		o->scale_percent = (unsigned)v;
		return NULL;
	case 'l':
		o->lang = value;
		return strcmp(value, "ja") == 0 || strcmp(value, "en") == 0 ? NULL : "--lang: ja or en";
	case 'p':
		o->policy = value;
		return NULL;
	case 'r':
		o->rules = value;
		return value[0] == '/' ? NULL : "--rules: an absolute path";
	case 'x':
		o->upstream = value;
		return NULL;
	case 'a':
		if (o->allows == SEK_SANDBOX_ALLOW_MAX)
			return "--allow: too many";
		o->allow[o->allows++] = value;
		return NULL;
	case 't':
		o->devtools = value;
		return value[0] == '/' && strlen(value) <= SEK_SANDBOX_PATH_MAX ? NULL : "--devtools: a short absolute path";
	case 'o':
		o->documents = true;
		return NULL;
	default:
		return "unknown argument";
	}
}

sek_status sek_sandbox_options_parse(int argc, char **argv, struct sek_sandbox_options *ret, const char **ret_why)
{
	static const struct option longs[] = {
		{ "dir", required_argument, NULL, 'd' },      { "uid", required_argument, NULL, 'u' },
		{ "gid", required_argument, NULL, 'g' },      { "egress-uid", required_argument, NULL, 'e' },
		{ "max", required_argument, NULL, 'm' },      { "size", required_argument, NULL, 's' },
		{ "scale", required_argument, NULL, 'c' },    { "lang", required_argument, NULL, 'l' },
		{ "policy", required_argument, NULL, 'p' },   { "upstream", required_argument, NULL, 'x' },
		{ "allow", required_argument, NULL, 'a' },    { "devtools", required_argument, NULL, 't' },
		{ "rules", required_argument, NULL, 'r' },      { "documents", no_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	struct sek_sandbox_options o = { .egress_uid = EGRESS_UID_DEFAULT };
	bool seen[128] = { false };
	int c;

	optind = 0; /* a fresh start: tests parse many times */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:", longs, NULL)) != -1) {
		*ret_why = c == '?' || c == ':' ? "unknown argument or value missing" : take(&o, c, optarg);
		if (!*ret_why && c != 'a' && seen[c])
			*ret_why = "an argument is there twice";
		if (*ret_why)
			return sek_fail(SEK_E_CONFIG);
		seen[c] = true;
	}
	*ret_why = "needed: --dir --uid --gid --max --size --scale --lang --policy";
	if (optind != argc || !o.dir || !o.uid || !o.gid || !o.max_width_px || !o.width_px || !o.scale_percent || !o.lang ||
	    !o.policy)
		return sek_fail(SEK_E_CONFIG);
	*ret_why = "--size is larger than --max";
	if (o.width_px > o.max_width_px || o.height_px > o.max_height_px)
		return sek_fail(SEK_E_CONFIG);
	*ret_why = "--egress-uid must differ from --uid and --gid";
	if (o.egress_uid == o.uid || o.egress_uid == o.gid)
		return sek_fail(SEK_E_CONFIG);
	*ret_why = NULL;
	*ret = o;
	return sek_ok();
}
