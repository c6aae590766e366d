/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Escaping, words and figures of the report.
 */
#include "client/load/report/html.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

void html_raw(const struct html *h, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(h->f, format, ap);
	va_end(ap);
}

static void put(const struct html *h, char c)
{
	switch (c) {
	case '&': fputs("&amp;", h->f); break;
	case '<': fputs("&lt;", h->f); break;
	case '>': fputs("&gt;", h->f); break;
	case '"': fputs("&quot;", h->f); break;
	case '\'': fputs("&#39;", h->f); break;
	default: fputc((unsigned char)c < 0x20 || c == 0x7f ? ' ' : c, h->f);
	}
}

void html_text(const struct html *h, const char *text)
{
	for (; text && *text; text++)
		put(h, *text);
}

void html_say(const struct html *h, enum report_word w, const char *a, const char *b, const char *c)
{
	const char *const args[] = { a, b, c };

	for (const char *p = report_word(h->ja, w); *p; p++) {
		if (p[0] == '%' && p[1] >= '1' && p[1] <= '3')
			html_text(h, args[*++p - '1']);
		else
			put(h, *p);
	}
}

void html_word(const struct html *h, enum report_word w)
{
	html_text(h, report_word(h->ja, w));
}

void html_tag(const struct html *h, const char *tag, const char *css, enum report_word w)
{
	if (css)
		html_raw(h, "<%s class=\"%s\">", tag, css);
	else
		html_raw(h, "<%s>", tag);
	html_word(h, w);
	html_raw(h, "</%s>\n", tag);
}

void html_cell(const struct html *h, const char *tag, const char *text)
{
	html_raw(h, "<%s>", tag);
	html_text(h, text);
	html_raw(h, "</%s>", tag);
}

/* --- figures --- */

/* A comma after each three digits before the point. */
static char *apart(char *buf, const char *digits)
{
	size_t whole = strspn(digits, "0123456789"), n = 0;

	for (size_t i = 0; digits[i] && n + 2 < FIGURE_BYTES; i++) {
		if (i > 0 && i < whole && (whole - i) % 3 == 0)
			buf[n++] = ',';
		buf[n++] = digits[i];
	}
	buf[n] = 0;
	return buf;
}

char *figure(char *buf, double v)
{
	char digits[FIGURE_BYTES];
	double a = fabs(v);

	if (a >= 99.95 || fabs(v - round(v)) < 1e-9)
		snprintf(digits, sizeof digits, "%.0f", v);
	else if (a >= 9.995)
		snprintf(digits, sizeof digits, "%.1f", v);
	else if (a >= 0.9995)
		snprintf(digits, sizeof digits, "%.2f", v);
	else
		snprintf(digits, sizeof digits, "%.3f", v);
	return apart(buf, digits);
}

static char *with_unit(char *buf, double v, const char *unit)
{
	figure(buf, v);
	snprintf(buf + strlen(buf), FIGURE_BYTES - strlen(buf), " %s", unit);
	return buf;
}

char *figure_percent(char *buf, double share)
{
	return with_unit(buf, share * 100, "%");
}

char *figure_ms(char *buf, double ms)
{
	return ms < 999.5 ? with_unit(buf, ms, "ms") : with_unit(buf, ms / 1000, "s");
}

char *figure_bytes(char *buf, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	int u = 0;

	while (bytes >= 999.5 && u < 4) {
		bytes /= 1000;
		u++;
	}
	return with_unit(buf, bytes, units[u]);
}

char *figure_mib(char *buf, double mib)
{
	return mib < 1023.5 ? with_unit(buf, mib, "MiB") : with_unit(buf, mib / 1024, "GiB");
}

char *figure_clock(char *buf, double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;

	if (s >= 3600)
		snprintf(buf, FIGURE_BYTES, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, FIGURE_BYTES, "%lu:%02lu", s / 60, s % 60);
	return buf;
}
