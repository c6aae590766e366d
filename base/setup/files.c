/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files of a set-up. Must never leave half a file, nor write over one that somebody else made without having asked.
 */
#include "base/setup/setup.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

static bool same_as(const char *path, const void *bytes, size_t n, char **ret_old, size_t *ret_old_n)
{
	if (!sek_is_ok(sek_file_read(path, ret_old, ret_old_n)))
		return false;
	return *ret_old_n == n && memcmp(*ret_old, bytes, n) == 0;
}

static bool put(const char *path, const void *bytes, size_t n, mode_t mode, const struct sek_owner *owner, enum sek_file_how how, sek_status *ret)
{
	*ret = sek_file_write(path, bytes, n, mode, how);
	if (sek_is_ok(*ret) && owner && chown(path, owner->uid, owner->gid) != 0)
		*ret = sek_from_errno();
	return sek_is_ok(*ret);
}

static enum sek_wrote failed(struct sek_questions *q, const char *path, sek_status s)
{
	char why[160];

	sek_tell(q, "  FAILED   %s: %s", "  失敗     %s: %s", path, sek_status_text(s, why, sizeof why));
	return SEK_WROTE_FAILED;
}

static enum sek_wrote replace(struct sek_questions *q, const char *path, const void *bytes, size_t n, mode_t mode, const struct sek_owner *owner,
	const char *old, size_t old_n)
{
	struct sek_phrase text = { NULL, NULL };
	char en[PATH_MAX + 100], ja[PATH_MAX + 100], before[PATH_MAX + 8];
	sek_status s = sek_fail(SEK_E_IO);
	struct stat st;

	snprintf(en, sizeof en, "%s is there and says something else. Replace it? (the present one stays beside it as .before)", path);
	snprintf(ja, sizeof ja, "%s がすでにあり、内容が違います。置き換えますか（今のものは .before として残ります）", path);
	text = (struct sek_phrase){ en, ja };
	if (q->dry_run) {
		sek_tell(q, "  differs  %s (you would be asked)", "  相違     %s（置き換えるか確認します）", path);
		return SEK_WROTE_KEPT;
	}
	if (!sek_question_yes(q, "overwrite", &text, false)) {
		sek_tell(q, "  kept     %s as it was", "  維持     %s（変更していません）", path);
		return SEK_WROTE_KEPT;
	}
	snprintf(before, sizeof before, "%s.before", path);
	if (stat(path, &st) != 0 || !put(before, old, old_n, st.st_mode & 0777, &(struct sek_owner){ st.st_uid, st.st_gid }, SEK_FILE_REPLACE, &s) ||
	    !put(path, bytes, n, mode, owner, SEK_FILE_REPLACE, &s))
		return failed(q, path, s);
	sek_tell(q, "  replaced %s", "  置換     %s", path);
	return SEK_WROTE_OVER;
}

enum sek_wrote sek_setup_write(struct sek_questions *q, const char *path, const void *bytes, size_t n, mode_t mode, const struct sek_owner *owner)
{
	char *old = NULL;
	size_t old_n = 0;
	enum sek_wrote r;
	sek_status s;

	if (same_as(path, bytes, n, &old, &old_n)) {
		free(old);
		sek_tell(q, "  same     %s", "  同一     %s", path);
		return SEK_WROTE_SAME;
	}
	if (old) {
		r = replace(q, path, bytes, n, mode, owner, old, old_n);
		memset(old, 0, old_n);
		free(old);
		return r;
	}
	if (!q->dry_run && !put(path, bytes, n, mode, owner, SEK_FILE_NEW, &s))
		return failed(q, path, s);
	sek_tell(q, "  new      %s", "  作成     %s", path);
	return SEK_WROTE_NEW;
}

bool sek_setup_folder(struct sek_questions *q, const char *path, mode_t mode, const struct sek_owner *owner)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	if (!q->dry_run && (mkdir(path, mode) != 0 || chmod(path, mode) != 0 || (owner && chown(path, owner->uid, owner->gid) != 0))) {
		(void)failed(q, path, sek_from_errno());
		return false;
	}
	sek_tell(q, "  new      %s/", "  作成     %s/", path);
	return true;
}
