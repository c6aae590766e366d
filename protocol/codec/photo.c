/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Photographs as baseline JPEG through TurboJPEG. Works on the encoder's private picture only.
 */
#include "protocol/codec/encoder.h"

#include <stdlib.h>

#include <turbojpeg.h>

/* From this quality on colours are kept at full resolution. */
#define FULL_CHROMA_QUALITY 90
#define BUFFER_BYTES (1024 * 512 * 3 + 2048)

struct sek_photo {
	tjhandle jpeg;
	unsigned char *out; /* BUFFER_BYTES; only touched as far as it is used */
};

static int subsampling(unsigned quality)
{
	return quality >= FULL_CHROMA_QUALITY ? TJSAMP_444 : TJSAMP_420;
}

uint32_t sek_photo_max_area(unsigned quality)
{
	/* tjBufSize: 3 bytes a pixel with halved colours, 6 without, for sides padded to 16 */
	return subsampling(quality) == TJSAMP_420 ? 1024 * 512 : 512 * 512;
}

struct sek_photo *sek_photo_create(void)
{
	struct sek_photo *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->jpeg = tjInitCompress();
	p->out = malloc(BUFFER_BYTES);
	if (!p->jpeg || !p->out) {
		sek_photo_destroy(p);
		return NULL;
	}
	return p;
}

void sek_photo_destroy(struct sek_photo *p)
{
	if (!p)
		return;
	if (p->jpeg)
		tjDestroy(p->jpeg);
	free(p->out);
	free(p);
}

sek_status sek_photo_encode(struct sek_photo *p, const uint32_t *px, size_t stride, unsigned w, unsigned h,
	unsigned quality, const uint8_t **ret, size_t *ret_n)
{
	int chroma = subsampling(quality);
	unsigned long n = BUFFER_BYTES;

	/* NOREALLOC writes without asking: the bound is ours to keep. */
	if (tjBufSize((int)w, (int)h, chroma) > BUFFER_BYTES)
		return sek_fail(SEK_E_LIMIT);
	if (tjCompress2(p->jpeg, (const unsigned char *)px, (int)w, (int)(stride * 4), (int)h, TJPF_BGRX, &p->out, &n,
		    chroma, (int)quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0)
		return sek_fail(SEK_E_INTERNAL);
	*ret = p->out;
	*ret_n = n;
	return sek_ok();
}
