/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-font-gen UNIFONT_HEX: the first plane of GNU Unifont (lines "code:bitmap" in hexadecimal, 8 or 16 columns by 16 rows)
 * as the tables of tables.h, in C. Runs at build time only.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/font/tables.h"

enum { NARROW_DIGITS = 32, WIDE_DIGITS = 64, GLYPHS_MAX = SEK_FONT_NONE };

struct glyph {
	unsigned code;
	char digits[WIDE_DIGITS + 1];
};

static struct glyph glyphs[GLYPHS_MAX];
static size_t count;

static bool take_line(const char *line)
{
	struct glyph *g = &glyphs[count];
	char rest;
	int fields;

	if (count == GLYPHS_MAX)
		return false;
	fields = sscanf(line, "%x:%64[0-9A-Fa-f]%c", &g->code, g->digits, &rest);
	if (fields < 2 || (fields == 3 && rest != '\n'))
		return false;
	if (strlen(g->digits) != NARROW_DIGITS && strlen(g->digits) != WIDE_DIGITS)
		return false;
	if (g->code < SEK_FONT_PLANE)
		count++;
	return true;
}

static unsigned long print_glyphs(const char *name, size_t digits)
{
	unsigned long n = 0;

	printf("const unsigned char %s[] =\n", name);
	for (size_t i = 0; i < count; i++) {
		if (strlen(glyphs[i].digits) != digits)
			continue;
		printf("\t\"");
		for (const char *d = glyphs[i].digits; *d; d += 2) {
			char byte[3] = { d[0], d[1], 0 };

			printf("\\%03lo", strtoul(byte, NULL, 16));
		}
		printf("\"\n");
		n++;
	}
	printf("\t\"\";\n");
	return n;
}

static void print_numbers(unsigned long narrow)
{
	static unsigned long number[SEK_FONT_PLANE];
	unsigned long next_narrow = 0, next_wide = narrow;

	for (size_t i = 0; i < SEK_FONT_PLANE; i++)
		number[i] = SEK_FONT_NONE;
	for (size_t i = 0; i < count; i++)
		number[glyphs[i].code] = strlen(glyphs[i].digits) == NARROW_DIGITS ? next_narrow++ : next_wide++;
	printf("const unsigned sek_font_narrow_count = %lu;\nconst uint16_t sek_font_number[SEK_FONT_PLANE] = {", narrow);
	for (size_t i = 0; i < SEK_FONT_PLANE; i++)
		printf("%s%lu,", i % 16 ? "" : "\n\t", number[i]);
	printf("\n};\n");
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[128];
	bool replacement = false;

	if (!f) {
		fprintf(stderr, "usage: sekisho-font-gen UNIFONT_HEX\n");
		return 2;
	}
	while (fgets(line, sizeof line, f)) {
		if (!take_line(line)) {
			fprintf(stderr, "%s: not understood: %s", argv[1], line);
			return 1;
		}
		replacement |= count > 0 && glyphs[count - 1].code == 0xfffd;
	}
	fclose(f);
	if (!replacement) {
		fprintf(stderr, "%s: no glyph for U+FFFD\n", argv[1]);
		return 1;
	}
	printf("/* Made by sekisho-font-gen from GNU Unifont (GPL-2.0-or-later with font exception, or OFL-1.1). Do not edit. */\n"
	       "#include \"protocol/font/tables.h\"\n\n");
	unsigned long narrow = print_glyphs("sek_font_narrow", NARROW_DIGITS);

	print_glyphs("sek_font_wide", WIDE_DIGITS);
	print_numbers(narrow);
	return fflush(stdout) == 0 ? 0 : 1;
}
