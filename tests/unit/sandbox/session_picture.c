/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the screen of a session shows: counted, and kept as a PNG file for people (stored, not compressed: no library).
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/sandbox/session_rig.h"

enum {
	FILE_BYTES = 3232 + SESSION_WIDTH * SESSION_HEIGHT * 4, /* XWD header, 256 colours, pixels */
	ROW_BYTES = 1 + SESSION_WIDTH * 3,                      /* filter byte, RGB */
	STORED_HEAD_BYTES = 5,
};

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static uint32_t crc(uint32_t c, const unsigned char *p, size_t n)
{
	while (n--) {
		c ^= *p++;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320U ^ c >> 1 : c >> 1;
	}
	return c;
}

static void chunk(FILE *f, const char *type, const unsigned char *bytes, size_t n)
{
	unsigned char word[4];
	uint32_t c = crc(crc(0xffffffffU, (const unsigned char *)type, 4), bytes, n);

	put_u32(word, (uint32_t)n);
	fwrite(word, 1, 4, f);
	fwrite(type, 1, 4, f);
	fwrite(bytes, 1, n, f);
	put_u32(word, c ^ 0xffffffffU);
	fwrite(word, 1, 4, f);
}

static void save(const unsigned char *pixels, const char *path)
{
	static const unsigned char signature[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10 };
	unsigned char head[13] = { [8] = 8, [9] = 2 };
	size_t n = 2 + (size_t)SESSION_HEIGHT * (STORED_HEAD_BYTES + ROW_BYTES) + 4;
	unsigned char *z = malloc(n), *p = z;
	uint32_t a = 1, b = 0;
	FILE *f = fopen(path, "we");

	ck_assert(z && f);
	put_u32(head, SESSION_WIDTH);
	put_u32(head + 4, SESSION_HEIGHT);
	*p++ = 0x78;
	*p++ = 1;
	for (int y = 0; y < SESSION_HEIGHT; y++) { /* each row is one stored block (RFC 1951 3.2.4) */
		*p++ = y == SESSION_HEIGHT - 1;
		*p++ = ROW_BYTES & 255;
		*p++ = ROW_BYTES >> 8;
		*p++ = (unsigned char)~(ROW_BYTES & 255);
		*p++ = (unsigned char)~(ROW_BYTES >> 8);
		*p = 0;
		for (int x = 0; x < SESSION_WIDTH; x++)
			for (int k = 0; k < 3; k++)
				p[1 + 3 * x + k] = pixels[((size_t)y * SESSION_WIDTH + (size_t)x) * 4 + 2 - (size_t)k];
		for (int i = 0; i < ROW_BYTES; i++) {
			a = (a + p[i]) % 65521;
			b = (b + a) % 65521;
		}
		p += ROW_BYTES;
	}
	put_u32(p, b << 16 | a);
	fwrite(signature, 1, sizeof signature, f);
	chunk(f, "IHDR", head, sizeof head);
	chunk(f, "IDAT", z, n);
	chunk(f, "IEND", head, 0);
	ck_assert_int_eq(fclose(f), 0);
	free(z);
}

unsigned picture_save(struct session *s, const char *path)
{
	enum { GRID = 8, COLOURS_MAX = 4096 };
	static uint32_t colours[COLOURS_MAX];
	unsigned char *file, *pixels;
	unsigned n = 0;
	char name[128];
	int fd;

	snprintf(name, sizeof name, "%s/%s", s->dir, SEK_SESSION_FRAMEBUFFER);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	file = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(file, MAP_FAILED);
	close(fd);
	pixels = file + big_endian(file) + 12 * big_endian(file + 76);
	for (int y = 0; y < SESSION_HEIGHT; y += GRID) {
		for (int x = 0; x < SESSION_WIDTH; x += GRID) {
			uint32_t c;
			unsigned i = 0;

			memcpy(&c, pixels + ((size_t)y * SESSION_WIDTH + (size_t)x) * 4, 4);
			while (i < n && colours[i] != c)
				i++;
			if (i == n && n < COLOURS_MAX)
				colours[n++] = c;
		}
	}
	save(pixels, path);
	munmap(file, FILE_BYTES);
	return n;
}
