/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * document_pictures DIRECTORY: the pictures that need an encoder: JPEG (with Exif that says how the camera was held and holds a mark, one
 * that lies about its size, a progressive one) and WebP. See make.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/encode.h>

enum { WIDTH = 320, HEIGHT = 200 };

static const char *dir;
static unsigned char rgb[WIDTH * HEIGHT * 3];

static void save(const char *name, const void *bytes, size_t n)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* Where the frame header's sizes stand; 0: nowhere. */
static size_t frame_sizes(const unsigned char *s, size_t n)
{
	for (size_t i = 2; i + 9 < n && s[i] == 0xff; i += 2 + ((size_t)s[i + 2] << 8 | s[i + 3]))
		if (s[i + 1] == 0xc0 || s[i + 1] == 0xc2)
			return i + 5;
	return 0;
}

static void jpeg(const char *name, int flags, int lie)
{
	static const char mark[] = "SEKISHO-MARK-exif X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAN" "DARD-ANTIVIRUS-TEST-FILE!$H+H*";
	/* TIFF, little-endian, one directory of one entry: Orientation 6, turned a quarter */
	static const unsigned char exif[] = { 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0,
					      0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0 };
	unsigned char *out = NULL, *all;
	unsigned long n = 0;
	tjhandle t = tjInitCompress();
	size_t added = 4 + sizeof exif + sizeof mark, at;

	if (!t || tjCompress2(t, rgb, WIDTH, 0, HEIGHT, TJPF_RGB, &out, &n, TJSAMP_420, 80, flags) != 0)
		exit(1);
	at = frame_sizes(out, n);
	if (lie && at) {
		out[at] = out[at + 2] = 30000 >> 8;
		out[at + 1] = out[at + 3] = 30000 & 255;
	}
	all = malloc(n + added);
	if (!all)
		exit(1);
	memcpy(all, out, 2);
	memcpy(all + 2, "\xff\xe1", 2);
	all[4] = (unsigned char)((added - 2) >> 8);
	all[5] = (unsigned char)(added - 2);
	memcpy(all + 6, exif, sizeof exif);
	memcpy(all + 6 + sizeof exif, mark, sizeof mark);
	memcpy(all + 2 + added, out + 2, n - 2);
	save(name, all, n + added);
	free(all);
	tjFree(out);
	tjDestroy(t);
}

int main(int argc, char **argv)
{
	uint8_t *webp = NULL;
	size_t n;

	if (argc != 2)
		return 2;
	dir = argv[1];
	for (size_t i = 0; i < sizeof rgb; i++)
		rgb[i] = (unsigned char)(i % 3 == 0 ? i / 3 % WIDTH * 255 / WIDTH : 60);
	jpeg("camera.jpg", 0, 0);
	jpeg("progressive.jpg", TJFLAG_PROGRESSIVE, 0);
	jpeg("giant.jpg", 0, 1);
	jpeg("giant-progressive.jpg", TJFLAG_PROGRESSIVE, 1);
	n = WebPEncodeRGB(rgb, WIDTH, HEIGHT, WIDTH * 3, 80, &webp);
	if (n == 0)
		return 1;
	save("small.webp", webp, n);
	WebPFree(webp);
	return 0;
}
