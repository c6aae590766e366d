/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every seed generator needs: fuzz_X_seeds DIR writes valid inputs of fuzz_X into DIR.
 */
#ifndef SEK_TESTS_FUZZ_SEEDS_H
#define SEK_TESTS_FUZZ_SEEDS_H

#include <stdio.h>
#include <stdlib.h>

/* The directory of the command line; ends the program if there is none. */
static inline const char *seed_dir(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		exit(2);
	}
	return argv[1];
}

/* Writes one seed; ends the program if it cannot. */
static inline void seed_write(const char *dir, const char *name, const void *bytes, size_t n)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof path, "%s/seed-%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

#endif
