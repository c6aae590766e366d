/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of options.
 */
#include "client/load/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"

static bool number_until(const char *text, char **ret_end, double *ret)
{
	*ret = strtod(text, ret_end);
	return *ret_end != text && isfinite(*ret);
}

bool load_option_number(const char *text, double least, double most, double *ret)
{
	char *end;
	double n;

	if (!number_until(text, &end, &n) || *end || n < least || n > most)
		return false;
	*ret = n;
	return true;
}

bool load_option_share(const char *text, double *ret)
{
	char *end;
	double a, b = 1;

	if (!number_until(text, &end, &a) || (*end == '/' && (!number_until(end + 1, &end, &b) || b <= 0)) || *end || a < 0 || a > b)
		return false;
	*ret = a / b;
	return true;
}

bool load_option_rate(const char *text, double *ret_n, double *ret_s)
{
	char *end;
	double n, s = 1;

	if (!number_until(text, &end, &n))
		return false;
	if (*end == '/' && strcmp(end, "/s") != 0) {
		if (!number_until(end + 1, &end, &s))
			return false;
		if (*end == 's')
			end++;
	} else if (*end == '/') {
		end += 2;
	}
	if (*end || n <= 0 || s <= 0 || n > 1e6 || s > 1e6)
		return false;
	*ret_n = n;
	*ret_s = s;
	return true;
}

bool load_option_size(const char *text, uint16_t *ret_width_px, uint16_t *ret_height_px)
{
	unsigned w, h;
	char rest;

	if (sscanf(text, "%ux%u%c", &w, &h, &rest) != 2 || w < SEK_WIDTH_MIN_PX || w > SEK_WIDTH_MAX_PX || h < SEK_HEIGHT_MIN_PX ||
		h > SEK_HEIGHT_MAX_PX)
		return false;
	*ret_width_px = (uint16_t)w;
	*ret_height_px = (uint16_t)h;
	return true;
}

bool load_option_endpoint(const char *text, char *ret_address, size_t size, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	double p;

	if (!colon || (size_t)(colon - text) >= size || colon == text || !load_option_number(colon + 1, 1, 65535, &p))
		return false;
	memcpy(ret_address, text, (size_t)(colon - text));
	ret_address[colon - text] = 0;
	*ret_port = (uint16_t)p;
	return true;
}
