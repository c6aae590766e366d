/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See simd.h. The hash is NH (UMAC, RFC 4418): products of neighbours that were mixed with a key, added up. It has no
 * chain of dependent multiplications, and its sum does not care in which order the kinds add.
 */
#include "protocol/codec/simd.h"

#include "protocol/codec/encoder.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The first 128 words of the fractional part of pi. */
static const uint32_t keys[SEK_SAMPLE_PX] = {
	0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89,
	0x452821e6, 0x38d01377, 0xbe5466cf, 0x34e90c6c, 0xc0ac29b7, 0xc97c50dd, 0x3f84d5b5, 0xb5470917,
	0x9216d5d9, 0x8979fb1b, 0xd1310ba6, 0x98dfb5ac, 0x2ffd72db, 0xd01adfb7, 0xb8e1afed, 0x6a267e96,
	0xba7c9045, 0xf12c7f99, 0x24a19947, 0xb3916cf7, 0x0801f2e2, 0x858efc16, 0x636920d8, 0x71574e69,
	0xa458fea3, 0xf4933d7e, 0x0d95748f, 0x728eb658, 0x718bcd58, 0x82154aee, 0x7b54a41d, 0xc25a59b5,
	0x9c30d539, 0x2af26013, 0xc5d1b023, 0x286085f0, 0xca417918, 0xb8db38ef, 0x8e79dcb0, 0x603a180e,
	0x6c9e0e8b, 0xb01e8a3e, 0xd71577c1, 0xbd314b27, 0x78af2fda, 0x55605c60, 0xe65525f3, 0xaa55ab94,
	0x57489862, 0x63e81440, 0x55ca396a, 0x2aab10b6, 0xb4cc5c34, 0x1141e8ce, 0xa15486af, 0x7c72e993,
	0xb3ee1411, 0x636fbc2a, 0x2ba9c55d, 0x741831f6, 0xce5c3e16, 0x9b87931e, 0xafd6ba33, 0x6c24cf5c,
	0x7a325381, 0x28958677, 0x3b8f4898, 0x6b4bb9af, 0xc4bfe81b, 0x66282193, 0x61d809cc, 0xfb21a991,
	0x487cac60, 0x5dec8032, 0xef845d5d, 0xe98575b1, 0xdc262302, 0xeb651b88, 0x23893e81, 0xd396acc5,
	0x0f6d6ff3, 0x83f44239, 0x2e0b4482, 0xa4842004, 0x69c8f04a, 0x9e1f9b5e, 0x21c66842, 0xf6e96c9a,
	0x670c9c61, 0xabd388f0, 0x6a51a0d2, 0xd8542f68, 0x960fa728, 0xab5133a3, 0x6eef0b6c, 0x137a3be4,
	0xba3bf050, 0x7efb2a98, 0xa1f1651d, 0x39af0176, 0x66ca593e, 0x82430e88, 0x8cee8619, 0x456f9fb4,
	0x7d84a5c3, 0x3b8b5ebe, 0xe06f75d8, 0x85c12073, 0x401a449f, 0x56c16aa6, 0x4ed3aa62, 0x363f7706,
	0x1bfedf72, 0x429b023d, 0x37d0d724, 0xd00a1248, 0xdb0fead3, 0x49f1c09b, 0x075372c9, 0x80991b7b,
};

/* Sample number i of a row of w pixels. */
static inline const uint32_t *sample_at(const uint32_t *px, size_t w, size_t i)
{
	return px + (w - SEK_SAMPLE_EACH_PX) * (2 * i + 1) / (2 * SEK_SAMPLES);
}

static uint64_t sum_from(const uint32_t *px, size_t i, size_t n)
{
	uint64_t sum = 0;

	for (; i + 2 <= n; i += 2)
		sum += (uint64_t)((px[i] & SEK_RGB_MASK) ^ keys[i]) * ((px[i + 1] & SEK_RGB_MASK) ^ keys[i + 1]);
	if (i < n)
		sum += (uint64_t)((px[i] & SEK_RGB_MASK) ^ keys[i]) * keys[(i + 1) % SEK_HASH_MAX_PX];
	return sum;
}

static uint32_t fold(uint64_t sum)
{
	uint32_t h = (uint32_t)(sum >> 32) * 0x9e3779b1u ^ (uint32_t)sum;

	h ^= h >> 15;
	return h ? h : 1;
}

static bool differ_from(const uint32_t *a, const uint32_t *b, size_t i, size_t n, uint32_t *acc)
{
	uint32_t any = 0;

	for (; i < n; i++) {
		uint32_t d = (a[i] ^ b[i]) & SEK_RGB_MASK;

		acc[i] |= d;
		any |= d;
	}
	return any != 0;
}

static bool differ_c(const uint32_t *a, const uint32_t *b, size_t n, uint32_t *acc)
{
	return differ_from(a, b, 0, n, acc);
}

/* The source is volatile: a compiler may not read it once to compare and once to copy. */
static bool take_from(const volatile uint32_t *src, uint32_t *old, size_t i, size_t n, uint32_t *acc)
{
	uint32_t any = 0;

	for (; i < n; i++) {
		const uint32_t s = src[i] & SEK_RGB_MASK, d = (s ^ old[i]) & SEK_RGB_MASK;

		old[i] = s;
		acc[i] |= d;
		any |= d;
	}
	return any != 0;
}

static bool take_c(const uint32_t *src, uint32_t *old, size_t n, uint32_t *acc)
{
	return take_from(src, old, 0, n, acc);
}

static bool equal_from(const uint32_t *a, const uint32_t *b, size_t i, size_t n)
{
	uint32_t any = 0;

	for (; i < n; i++)
		any |= (a[i] ^ b[i]) & SEK_RGB_MASK;
	return any == 0;
}

static bool equal_c(const uint32_t *a, const uint32_t *b, size_t n)
{
	return equal_from(a, b, 0, n);
}

static size_t runs_from(const uint32_t *px, size_t i, size_t n)
{
	size_t equal = 0;

	for (; i < n; i++)
		equal += ((px[i] ^ px[i - 1]) & SEK_RGB_MASK) == 0;
	return equal;
}

static size_t runs_c(const uint32_t *px, size_t n)
{
	return runs_from(px, 1, n);
}

static uint32_t hash_c(const uint32_t *px, size_t n)
{
	return fold(sum_from(px, 0, n));
}

static uint32_t sample_c(const uint32_t *px, size_t w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SEK_SAMPLES; i++) {
		const uint32_t *s = sample_at(px, w, i), *k = keys + i * SEK_SAMPLE_EACH_PX;

		for (size_t x = 0; x < SEK_SAMPLE_EACH_PX; x += 2)
			sum += (uint64_t)((s[x] & SEK_RGB_MASK) ^ k[x]) * ((s[x + 1] & SEK_RGB_MASK) ^ k[x + 1]);
	}
	return fold(sum);
}

/* What is left of a row is to be moved, too: the rows before pixel i were equal. */
static enum sek_moved move_from(const uint32_t *src, const uint32_t *from, uint32_t *to, size_t i, size_t n, bool same)
{
	if (!equal_from(src, from, i, n))
		return SEK_MOVED_NOT;
	if (same && equal_from(to, from, i, n))
		return SEK_MOVED_SAME;
	memcpy(to, from, n * sizeof *to);
	return SEK_MOVED;
}

static enum sek_moved move_c(const uint32_t *src, const uint32_t *from, uint32_t *to, size_t n)
{
	return move_from(src, from, to, 0, n, true);
}

static const struct sek_simd plain = { "c", differ_c, take_c, equal_c, runs_c, hash_c, sample_c, move_c };

#if defined(__x86_64__)

static __m128i load4(const uint32_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static bool zero4(__m128i v)
{
	return _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) == 0xffff;
}

static bool differ_sse2(const uint32_t *a, const uint32_t *b, size_t n, uint32_t *acc)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	bool any = false;
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		__m128i d[4];

		for (size_t k = 0; k < 4; k++)
			d[k] = _mm_and_si128(_mm_xor_si128(load4(a + i + 4 * k), load4(b + i + 4 * k)), mask);
		if (zero4(_mm_or_si128(_mm_or_si128(d[0], d[1]), _mm_or_si128(d[2], d[3]))))
			continue;
		any = true;
		for (size_t k = 0; k < 4; k++) {
			__m128i *to = (__m128i *)(void *)(acc + i + 4 * k);

			_mm_storeu_si128(to, _mm_or_si128(_mm_loadu_si128(to), d[k]));
		}
	}
	return differ_from(a, b, i, n, acc) || any;
}

static bool take_sse2(const uint32_t *src, uint32_t *old, size_t n, uint32_t *acc)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	bool any = false;
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		__m128i s[4], d[4];

		for (size_t k = 0; k < 4; k++) {
			s[k] = load4(src + i + 4 * k);
			__asm__("" : "+x"(s[k])); /* from here on it is in a register */
			d[k] = _mm_and_si128(_mm_xor_si128(s[k], load4(old + i + 4 * k)), mask);
		}
		if (zero4(_mm_or_si128(_mm_or_si128(d[0], d[1]), _mm_or_si128(d[2], d[3]))))
			continue;
		any = true;
		for (size_t k = 0; k < 4; k++) {
			__m128i *to = (__m128i *)(void *)(acc + i + 4 * k);

			_mm_storeu_si128((__m128i *)(void *)(old + i + 4 * k), _mm_and_si128(s[k], mask));
			_mm_storeu_si128(to, _mm_or_si128(_mm_loadu_si128(to), d[k]));
		}
	}
	return take_from(src, old, i, n, acc) || any;
}

static bool equal_sse2(const uint32_t *a, const uint32_t *b, size_t n)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		__m128i d = _mm_setzero_si128();

		for (size_t k = 0; k < 16; k += 4)
			d = _mm_or_si128(d, _mm_xor_si128(load4(a + i + k), load4(b + i + k)));
		if (!zero4(_mm_and_si128(d, mask)))
			return false;
	}
	return equal_from(a, b, i, n);
}

static size_t runs_sse2(const uint32_t *px, size_t n)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	__m128i sum = _mm_setzero_si128();
	uint32_t lanes[4];
	size_t i = 1;

	for (; i + 4 <= n; i += 4) {
		__m128i d = _mm_and_si128(_mm_xor_si128(load4(px + i), load4(px + i - 1)), mask);

		sum = _mm_sub_epi32(sum, _mm_cmpeq_epi32(d, _mm_setzero_si128()));
	}
	_mm_storeu_si128((__m128i *)(void *)lanes, sum);
	return (size_t)lanes[0] + lanes[1] + lanes[2] + lanes[3] + runs_from(px, i, n);
}

static uint32_t hash_sse2(const uint32_t *px, size_t n)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	__m128i sum = _mm_setzero_si128();
	uint64_t lanes[2];
	size_t i = 0;

	for (; i + 4 <= n; i += 4) {
		__m128i v = _mm_xor_si128(_mm_and_si128(load4(px + i), mask), load4(keys + i));

		sum = _mm_add_epi64(sum, _mm_mul_epu32(v, _mm_srli_epi64(v, 32)));
	}
	_mm_storeu_si128((__m128i *)(void *)lanes, sum);
	return fold(lanes[0] + lanes[1] + sum_from(px, i, n));
}

static uint32_t sample_sse2(const uint32_t *px, size_t w)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	__m128i sum = _mm_setzero_si128();
	uint64_t lanes[2];

	for (size_t i = 0; i < SEK_SAMPLES; i++) {
		const uint32_t *s = sample_at(px, w, i), *k = keys + i * SEK_SAMPLE_EACH_PX;

		for (size_t x = 0; x < SEK_SAMPLE_EACH_PX; x += 4) {
			__m128i v = _mm_xor_si128(_mm_and_si128(load4(s + x), mask), load4(k + x));

			sum = _mm_add_epi64(sum, _mm_mul_epu32(v, _mm_srli_epi64(v, 32)));
		}
	}
	_mm_storeu_si128((__m128i *)(void *)lanes, sum);
	return fold(lanes[0] + lanes[1]);
}

static enum sek_moved move_sse2(const uint32_t *src, const uint32_t *from, uint32_t *to, size_t n)
{
	const __m128i mask = _mm_set1_epi32((int)SEK_RGB_MASK);
	__m128i other = _mm_setzero_si128();
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		__m128i d = _mm_setzero_si128();

		for (size_t k = 0; k < 16; k += 4) {
			const __m128i f = load4(from + i + k);

			d = _mm_or_si128(d, _mm_xor_si128(load4(src + i + k), f));
			other = _mm_or_si128(other, _mm_xor_si128(load4(to + i + k), f));
		}
		if (!zero4(_mm_and_si128(d, mask)))
			return SEK_MOVED_NOT;
	}
	return move_from(src, from, to, i, n, zero4(_mm_and_si128(other, mask)));
}

static const struct sek_simd sse2 = { "sse2", differ_sse2, take_sse2, equal_sse2, runs_sse2, hash_sse2, sample_sse2, move_sse2 };

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load8(const uint32_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static bool differ_avx2(const uint32_t *a, const uint32_t *b, size_t n, uint32_t *acc)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	bool any = false;
	size_t i = 0;

	for (; i + 32 <= n; i += 32) {
		__m256i d[4];

		for (size_t k = 0; k < 4; k++)
			d[k] = _mm256_xor_si256(load8(a + i + 8 * k), load8(b + i + 8 * k));
		if (_mm256_testz_si256(_mm256_or_si256(_mm256_or_si256(d[0], d[1]), _mm256_or_si256(d[2], d[3])), mask))
			continue;
		any = true;
		for (size_t k = 0; k < 4; k++) {
			__m256i *to = (__m256i *)(void *)(acc + i + 8 * k);

			_mm256_storeu_si256(to, _mm256_or_si256(_mm256_loadu_si256(to), _mm256_and_si256(d[k], mask)));
		}
	}
	return differ_sse2(a + i, b + i, n - i, acc + i) || any;
}

AVX2 static bool take_avx2(const uint32_t *src, uint32_t *old, size_t n, uint32_t *acc)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	bool any = false;
	size_t i = 0;

	for (; i + 32 <= n; i += 32) {
		__m256i s[4], d[4];

		for (size_t k = 0; k < 4; k++) {
			s[k] = load8(src + i + 8 * k);
			__asm__("" : "+x"(s[k]));
			d[k] = _mm256_and_si256(_mm256_xor_si256(s[k], load8(old + i + 8 * k)), mask);
		}
		if (_mm256_testz_si256(_mm256_or_si256(_mm256_or_si256(d[0], d[1]), _mm256_or_si256(d[2], d[3])), mask))
			continue;
		any = true;
		for (size_t k = 0; k < 4; k++) {
			__m256i *to = (__m256i *)(void *)(acc + i + 8 * k);

			_mm256_storeu_si256((__m256i *)(void *)(old + i + 8 * k), _mm256_and_si256(s[k], mask));
			_mm256_storeu_si256(to, _mm256_or_si256(_mm256_loadu_si256(to), d[k]));
		}
	}
	return take_sse2(src + i, old + i, n - i, acc + i) || any;
}

AVX2 static bool equal_avx2(const uint32_t *a, const uint32_t *b, size_t n)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	size_t i = 0;

	for (; i + 32 <= n; i += 32) {
		__m256i d = _mm256_setzero_si256();

		for (size_t k = 0; k < 32; k += 8)
			d = _mm256_or_si256(d, _mm256_xor_si256(load8(a + i + k), load8(b + i + k)));
		if (!_mm256_testz_si256(d, mask))
			return false;
	}
	return equal_sse2(a + i, b + i, n - i);
}

AVX2 static size_t runs_avx2(const uint32_t *px, size_t n)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	__m256i sum = _mm256_setzero_si256();
	uint32_t lanes[8];
	size_t i = 1, equal = 0;

	for (; i + 8 <= n; i += 8) {
		__m256i d = _mm256_and_si256(_mm256_xor_si256(load8(px + i), load8(px + i - 1)), mask);

		sum = _mm256_sub_epi32(sum, _mm256_cmpeq_epi32(d, _mm256_setzero_si256()));
	}
	_mm256_storeu_si256((__m256i *)(void *)lanes, sum);
	for (size_t k = 0; k < 8; k++)
		equal += lanes[k];
	return equal + runs_from(px, i, n);
}

AVX2 static uint32_t hash_avx2(const uint32_t *px, size_t n)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	__m256i sum = _mm256_setzero_si256();
	uint64_t lanes[4];
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		__m256i v = _mm256_xor_si256(_mm256_and_si256(load8(px + i), mask), load8(keys + i));

		sum = _mm256_add_epi64(sum, _mm256_mul_epu32(v, _mm256_srli_epi64(v, 32)));
	}
	_mm256_storeu_si256((__m256i *)(void *)lanes, sum);
	return fold(lanes[0] + lanes[1] + lanes[2] + lanes[3] + sum_from(px, i, n));
}

AVX2 static uint32_t sample_avx2(const uint32_t *px, size_t w)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	__m256i sum = _mm256_setzero_si256();
	uint64_t lanes[4];

	for (size_t i = 0; i < SEK_SAMPLES; i++) {
		const uint32_t *s = sample_at(px, w, i), *k = keys + i * SEK_SAMPLE_EACH_PX;

		for (size_t x = 0; x < SEK_SAMPLE_EACH_PX; x += 8) {
			__m256i v = _mm256_xor_si256(_mm256_and_si256(load8(s + x), mask), load8(k + x));

			sum = _mm256_add_epi64(sum, _mm256_mul_epu32(v, _mm256_srli_epi64(v, 32)));
		}
	}
	_mm256_storeu_si256((__m256i *)(void *)lanes, sum);
	return fold(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
}

AVX2 static enum sek_moved move_avx2(const uint32_t *src, const uint32_t *from, uint32_t *to, size_t n)
{
	const __m256i mask = _mm256_set1_epi32((int)SEK_RGB_MASK);
	__m256i other = _mm256_setzero_si256();
	size_t i = 0;

	for (; i + 32 <= n; i += 32) {
		__m256i d = _mm256_setzero_si256();

		for (size_t k = 0; k < 32; k += 8) {
			const __m256i f = load8(from + i + k);

			d = _mm256_or_si256(d, _mm256_xor_si256(load8(src + i + k), f));
			other = _mm256_or_si256(other, _mm256_xor_si256(load8(to + i + k), f));
		}
		if (!_mm256_testz_si256(d, mask))
			return SEK_MOVED_NOT;
	}
	return move_from(src, from, to, i, n, _mm256_testz_si256(other, mask));
}

static const struct sek_simd avx2 = { "avx2", differ_avx2, take_avx2, equal_avx2, runs_avx2, hash_avx2, sample_avx2, move_avx2 };

const struct sek_simd *sek_simd_kind(unsigned i)
{
	switch (i) {
	case 0: return &plain;
	case 1: return &sse2;
	case 2: return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
	default: return NULL;
	}
}

#else

const struct sek_simd *sek_simd_kind(unsigned i)
{
	return i == 0 ? &plain : NULL;
}

#endif

const struct sek_simd *sek_simd_best(void)
{
	const struct sek_simd *best = &plain, *s;

	for (unsigned i = 1; (s = sek_simd_kind(i)) != NULL; i++)
		best = s;
	return best;
}
