/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Modification times, dpkg's list of packages, and the times of our own certificate.
 */
#include "render-host/renderd/ages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint16_t days_since_change(const char *path, int64_t now_s)
{
	struct stat st;

	return stat(path, &st) == 0 ? sek_age(st.st_mtim.tv_sec, now_s, SEK_DAY_S) : SEK_AGE_UNKNOWN;
}

/* True if the file is another one than the last time, or has gone. */
static bool changed(struct sek_seen_file *f, const char *path)
{
	struct sek_seen_file now = { 0 };
	struct stat st;
	bool same;

	if (stat(path, &st) == 0)
		now = (struct sek_seen_file){ st.st_ino, st.st_size, st.st_mtim };
	same = now.inode == f->inode && now.bytes == f->bytes && now.changed.tv_sec == f->changed.tv_sec &&
		now.changed.tv_nsec == f->changed.tv_nsec && now.changed.tv_sec != 0;
	*f = now;
	return !same;
}

/* "Package: NAME", and in the same paragraph "Version: [EPOCH:]MAJOR.". */
static uint16_t major_of(const char *path, const char *package)
{
	char line[512], head[80];
	bool here = false;
	unsigned long n = SEK_AGE_UNKNOWN;
	FILE *f = fopen(path, "re");

	snprintf(head, sizeof head, "Package: %s\n", package);
	while (f && fgets(line, sizeof line, f)) {
		const char *colon;

		if (strncmp(line, "Package: ", 9) == 0)
			here = strcmp(line, head) == 0;
		if (!here || strncmp(line, "Version: ", 9) != 0)
			continue;
		colon = strchr(line + 9, ':');
		n = strtoul(colon ? colon + 1 : line + 9, NULL, 10);
		break;
	}
	if (f)
		fclose(f);
	return n == 0 || n > SEK_AGE_MOST ? SEK_AGE_UNKNOWN : (uint16_t)n;
}

void sek_ages_look(struct sek_ages *a, const struct sek_renderd_config *config, int64_t now_s, struct sek_health *ret)
{
	const struct sek_renderd_image *image = &config->image;

	if (changed(&a->packages, image->packages))
		a->browser_major = major_of(image->packages, image->package);
	if (changed(&a->certificate, config->tls.certificate) &&
			!sek_is_ok(sek_certificate_file_times(config->tls.certificate, &a->certificate_times)))
		a->certificate_times.from_s = 0;
	if (changed(&a->crl, config->tls.crl) && !sek_is_ok(sek_crl_file_times(config->tls.crl, &a->crl_times)))
		a->crl_times.from_s = 0;
	ret->image_days = days_since_change(image->built, now_s);
	ret->browser_days = days_since_change(image->browser, now_s);
	ret->browser_major = a->browser_major;
	ret->certificate_days = ret->certificate_left_days = ret->crl_left_hours = SEK_HEALTH_UNKNOWN;
	if (a->certificate_times.from_s) {
		ret->certificate_days = sek_age(a->certificate_times.from_s, now_s, SEK_DAY_S);
		ret->certificate_left_days = sek_age(now_s, a->certificate_times.until_s, SEK_DAY_S);
	}
	if (a->crl_times.from_s)
		ret->crl_left_hours = sek_age(now_s, a->crl_times.until_s, SEK_HOUR_S);
}
