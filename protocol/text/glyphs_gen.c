/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads GNU Unifont's .hex file ("3042:" and 32 or 64 hex digits a line) from standard input and writes the table of
 * glyphs.c. Runs at build time only.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What names of people and places in Japan, and times, are written with; and the rest of the Latin, Greek and Cyrillic letters. */
static const struct {
	unsigned first, last;
} wanted[] = {
	{ 0x0020, 0x007e }, { 0x00a0, 0x024f }, { 0x0370, 0x04ff }, { 0x1e00, 0x1eff }, { 0x2000, 0x206f }, { 0x20a0, 0x20bf },
	{ 0x2100, 0x22ff }, { 0x2460, 0x24ff }, { 0x2500, 0x26ff }, { 0x2e80, 0x2fdf }, { 0x3000, 0x33ff }, { 0x3400, 0x4dbf },
	{ 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe4f }, { 0xff00, 0xffef },
};

static uint64_t rows[65536][4];
static uint32_t there[256][8], wide[256][8];

static int is_wanted(unsigned c)
{
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (c >= wanted[i].first && c <= wanted[i].last)
			return 1;
	return 0;
}

static void take(unsigned c, const char *hex, size_t digits)
{
	size_t a_row = digits / 16;

	for (unsigned y = 0; y < 16; y++) {
		char one[5] = "";
		uint64_t v;

		memcpy(one, hex + y * a_row, a_row);
		v = strtoul(one, NULL, 16) << (a_row == 2 ? 8 : 0);
		rows[c][y / 4] |= v << (48 - 16 * (y % 4));
	}
	there[c >> 8][c >> 5 & 7] |= 1u << (c & 31);
	if (digits == 64)
		wide[c >> 8][c >> 5 & 7] |= 1u << (c & 31);
}

static int page_is_there(unsigned p)
{
	for (unsigned i = 0; i < 8; i++)
		if (there[p][i])
			return 1;
	return 0;
}

static void print_bits(const char *name, uint32_t bits[256][8])
{
	printf("static const uint32_t %s[][8] = {\n", name);
	for (unsigned p = 0; p < 256; p++) {
		if (!page_is_there(p))
			continue;
		printf("\t{");
		for (unsigned i = 0; i < 8; i++)
			printf(" 0x%" PRIx32 "u,", bits[p][i]);
		printf(" },\n");
	}
	printf("};\n");
}

int main(void)
{
	char line[256];
	unsigned pages = 0, letters = 0;

	while (fgets(line, sizeof line, stdin)) {
		char *colon = strchr(line, ':');
		size_t digits = colon ? strspn(colon + 1, "0123456789ABCDEFabcdef") : 0;
		unsigned long c = strtoul(line, NULL, 16);

		if ((digits != 32 && digits != 64) || c > 0xffff || !is_wanted((unsigned)c))
			continue;
		take((unsigned)c, colon + 1, digits);
		letters++;
	}
	if (letters < 20000) {
		fprintf(stderr, "glyphs_gen: only %u letters: is this Unifont's .hex file?\n", letters);
		return 1;
	}
	printf("/* Made by glyphs_gen of GNU Unifont (GPL-2+). */\n#include <stdint.h>\n\nstatic const uint8_t page_of[256] = {");
	for (unsigned p = 0; p < 256; p++)
		printf("%s%u,", p % 16 ? " " : "\n\t", page_is_there(p) ? ++pages : 0);
	printf("\n};\n");
	print_bits("there", there);
	print_bits("wide", wide);
	printf("static const uint64_t rows[][4] = {\n");
	for (unsigned c = 0; c < 65536; c++)
		if (page_is_there(c >> 8))
			printf("\t{ 0x%" PRIx64 "u, 0x%" PRIx64 "u, 0x%" PRIx64 "u, 0x%" PRIx64 "u },\n", rows[c][0], rows[c][1], rows[c][2], rows[c][3]);
	printf("};\n");
	return 0;
}
