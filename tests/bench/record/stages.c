/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * record_stages FOLDER [SECONDS]: of what the cost of recording is made. Once a second, as the recorder's threads do, a block of the size that read,
 * mixed or video browsing fills in that time goes through each stage; printed is the thread's processor time of each, and of what was
 * there before version 2 of the format (BLAKE2b). FOLDER: on the disk that is meant.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <sodium.h>

#include "base/error.h"

enum stage { COPY, CIPHER, SHA256, BLAKE2B, WRITE, SYNC, STAGES };
static const char *const names[STAGES] = { "copy", "cipher", "SHA-256", "(BLAKE2b)", "write", "sync" };
enum { LARGEST = 600000, AD_BYTES = 96, MORE = 200 };

static uint8_t frame[LARGEST], plain[LARGEST], sealed[LARGEST + MORE];

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void cipher(size_t n)
{
	static const uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
	crypto_secretstream_xchacha20poly1305_state state;

	crypto_secretstream_xchacha20poly1305_init_push(&state, sealed + AD_BYTES, key);
	crypto_secretstream_xchacha20poly1305_push(&state, sealed + AD_BYTES + 24, NULL, plain, n, sealed, AD_BYTES,
		crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

static void do_stage(enum stage s, size_t n, int fd, off_t at)
{
	uint8_t hash[32];

	switch (s) {
	case COPY:
		memcpy(plain, frame, n);
		break;
	case CIPHER:
		cipher(n);
		break;
	case SHA256:
		SEK_ASSERT(gnutls_hash_fast(GNUTLS_DIG_SHA256, sealed, n, hash) == 0);
		break;
	case BLAKE2B:
		crypto_generichash(hash, sizeof hash, sealed, n, NULL, 0);
		break;
	case WRITE:
		SEK_ASSERT(pwrite(fd, sealed, n, at) == (ssize_t)n);
		break;
	case SYNC:
		SEK_ASSERT(fdatasync(fd) == 0);
		break;
	case STAGES:
		break;
	}
}

static void run(const char *what, size_t n, int fd, unsigned seconds)
{
	double spent[STAGES] = { 0 };
	unsigned i;

	for (i = 0; i < seconds; i++) {
		sleep(1);
		for (enum stage s = COPY; s < STAGES; s++) {
			double start = cpu_ms();

			do_stage(s, n, fd, (off_t)i * (off_t)n);
			spent[s] += cpu_ms() - start;
		}
	}
	printf("%-6s %7zu bytes:", what, n);
	for (enum stage s = COPY; s < STAGES; s++)
		printf("  %s %.3f ms (%.2f ns a byte)", names[s], spent[s] / seconds, spent[s] / seconds * 1e6 / (double)n);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 10;
	char path[4096];
	int fd;

	if (argc < 2 || seconds == 0 || sodium_init() < 0) {
		fprintf(stderr, "usage: record_stages FOLDER [SECONDS]\n");
		return 2;
	}
	snprintf(path, sizeof path, "%.4000s/record_stages.XXXXXX", argv[1]);
	fd = mkstemp(path);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	unlink(path);
	randombytes_buf(frame, sizeof frame);
	run("read", 26000, fd, seconds);
	run("mixed", 124000, fd, seconds);
	run("video", 574000, fd, seconds);
	close(fd);
	return 0;
}
