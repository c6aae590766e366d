/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekishoctl leaves to programs of their own beside it: whatever needs no broker, or keys that the broker must not see.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl/ctl.h"

enum { WORDS_MAX = 32 };

int ctl_become(const struct ctl *c, const char *name, const char **words)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

	path[n > 0 ? n : 0] = '\0';
	if (strrchr(path, '/'))
		snprintf(strrchr(path, '/') + 1, 32, "%s", name);
	words[0] = path;
	execv(path, (char *const *)words);
	fprintf(stderr, "sekishoctl: %s: %s\n", ctl_word(c, W_NO_PROGRAM), path);
	return CTL_UNREACHABLE;
}

int ctl_backup(struct ctl *c, int argc, char **argv)
{
	const char *words[WORDS_MAX + 5] = { NULL };
	int k = 1;

	if (argc > WORDS_MAX) {
		fputs(ctl_usage_text, stderr);
		return CTL_USAGE;
	}
	if (argc == 0 || argv[0][0] == '-')
		words[k++] = "make";
	for (int i = 0; i < argc; i++)
		words[k++] = argv[i];
	words[k++] = "--lang";
	words[k] = c->ja ? "ja" : "en";
	return ctl_become(c, "sekisho-backup", words);
}

int ctl_key(struct ctl *c, int argc, char **argv)
{
	const char *words[WORDS_MAX + 4] = { NULL };
	int k = 1;

	if (argc < 1 || argc > WORDS_MAX) {
		fputs(ctl_usage_text, stderr);
		return CTL_USAGE;
	}
	for (int i = 0; i < argc; i++)
		words[k++] = argv[i];
	words[k++] = "--lang";
	words[k] = c->ja ? "ja" : "en";
	return ctl_become(c, "sekisho-key", words);
}
