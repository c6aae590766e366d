/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How old certificates, revocation lists, images and browsers may be. What warns comes before what refuses.
 */
#include <stdio.h>

#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

enum { DAYS_MOST = 36500, HOURS_MOST = 87600, MAJOR_MOST = 65534 };

static sek_status fill(const struct sek_config_place *k, const char *key, const uint32_t *from, uint32_t otherwise, uint32_t most, uint32_t *ret)
{
	*ret = from ? *from : otherwise;
	return sek_config_at(k, key, sek_config_check_range(key, *ret, 0, most, k->err, k->err_size));
}

/* *ret_warn: as given, or as soon as is usual, but not before half of the maximum is over. */
static sek_status pair(const struct sek_config_place *k, const char *const keys[2], const uint32_t *warn, uint32_t usual, const uint32_t *maximum,
	uint32_t most, uint32_t *ret_warn, uint32_t *ret_maximum)
{
	SEK_TRY(fill(k, keys[1], maximum, 0, most, ret_maximum));
	if (*ret_maximum && usual > *ret_maximum / 2)
		usual = *ret_maximum / 2;
	SEK_TRY(fill(k, keys[0], warn, usual, most, ret_warn));
	return *ret_maximum && *ret_warn > *ret_maximum ? sek_config_refuse(k, keys[0], "is more than the maximum: the warning would come too late") :
		sek_ok();
}

sek_status sek_config_fill_ages(const struct sek_config_place *k, struct sek_broker_config *c)
{
	static const struct file_ages none;
	const struct file_ages *f = c->file->ages ? c->file->ages : &none;
	struct sek_age_limits *l = &c->sessions.ages;

	SEK_TRY(pair(k, (const char *const[]){ "ages.certificate_warn_days", "ages.certificate_max_days" }, f->certificate_warn_days, 30,
		f->certificate_max_days, DAYS_MOST, &l->certificate_warn_days, &l->certificate_max_days));
	SEK_TRY(pair(k, (const char *const[]){ "ages.crl_warn_hours", "ages.crl_max_hours" }, f->crl_warn_hours, 48, f->crl_max_hours, HOURS_MOST,
		&l->crl_warn_hours, &l->crl_max_hours));
	SEK_TRY(pair(k, (const char *const[]){ "ages.image_warn_days", "ages.image_max_days" }, f->image_warn_days, 45, f->image_max_days,
		DAYS_MOST, &l->image_warn_days, &l->image_max_days));
	SEK_TRY(pair(k, (const char *const[]){ "ages.browser_warn_days", "ages.browser_max_days" }, f->browser_warn_days, 30, f->browser_max_days,
		DAYS_MOST, &l->browser_warn_days, &l->browser_max_days));
	return fill(k, "ages.browser_least", f->browser_least, 0, MAJOR_MOST, &l->browser_least);
}
