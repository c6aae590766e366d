/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_jpeg: images of TurboJPEG, those that are allowed (sizes, subsamplings, restart markers) and those that
 * are not (grey, progressive).
 */
#include <string.h>

#include <turbojpeg.h>

#include "pictures.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	static const uint16_t sizes[] = { 1, 7, 16, 33, 100 };
	static const int chroma[] = { TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_GRAY };
	const char *dir = seed_dir(argc, argv);
	struct sek_picture src = test_picture_create(100, 100);
	tjhandle jpeg = tjInitCompress();

	test_draw_photo(&src, (struct sek_rect){ 0, 0, 100, 100 }, 1);
	for (unsigned i = 0; i < 5; i++) {
		for (unsigned k = 0; k < 5; k++) {
			static uint8_t seed[2 + 65536];
			unsigned char *out = NULL;
			unsigned long n = 0;
			char name[32];

			if (tjCompress2(jpeg, (const unsigned char *)src.px, sizes[i], (int)src.stride_px * 4, sizes[i],
				    TJPF_BGRX, &out, &n, chroma[k], 50, k == 3 ? TJFLAG_PROGRESSIVE : 0) != 0 ||
			    n > 65536)
				return 1;
			seed[0] = seed[1] = (uint8_t)(sizes[i] - 1);
			memcpy(seed + 2, out, n);
			tjFree(out);
			snprintf(name, sizeof name, "%u-%u", sizes[i], k);
			seed_write(dir, name, seed, n + 2);
		}
	}
	tjDestroy(jpeg);
	test_picture_destroy(&src);
	return 0;
}
