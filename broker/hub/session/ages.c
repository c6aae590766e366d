/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparing ages with the site's limits. Must never call something young that says nothing of its age.
 */
#include "broker/hub/session/ages.h"

#include "broker/gap/health.h"
#include "protocol/wire/messages.h"

static void judge(struct sek_age_verdict *v, enum sek_age_fault f, bool old, bool soon)
{
	if (old)
		v->old |= 1u << f;
	else if (soon)
		v->soon |= 1u << f;
}

/* Since: unknown is SEK_HEALTH_UNKNOWN, so longer than any limit; it asks for no attention where nothing is limited. */
static void judge_since(struct sek_age_verdict *v, enum sek_age_fault f, uint16_t days, uint32_t warn, uint32_t most)
{
	judge(v, f, most && days > most, warn && days > warn && days != SEK_HEALTH_UNKNOWN);
}

static bool is_left(uint16_t units, uint32_t warn)
{
	return warn && units != SEK_HEALTH_UNKNOWN && units < warn;
}

struct sek_age_verdict sek_ages_of_host(const struct sek_age_limits *l, const struct sek_host_health *h)
{
	struct sek_age_verdict v = { 0, 0 };
	bool version = h->browser_major == SEK_HEALTH_UNKNOWN || h->browser_major < l->browser_least;

	judge_since(&v, SEK_AGE_IMAGE, h->image_days, l->image_warn_days, l->image_max_days);
	judge_since(&v, SEK_AGE_BROWSER, h->browser_days, l->browser_warn_days, l->browser_max_days);
	judge(&v, SEK_AGE_BROWSER_VERSION, l->browser_least && version, false);
	judge(&v, SEK_AGE_CERTIFICATE, l->certificate_max_days && h->certificate_days > l->certificate_max_days,
		is_left(h->certificate_left_days, l->certificate_warn_days));
	/* one that is over refuses every connection by itself, and is not heard of any more */
	judge(&v, SEK_AGE_CRL, false, is_left(h->crl_left_hours, l->crl_warn_hours));
	return v;
}

const char *sek_age_fault_name(enum sek_age_fault f)
{
	static const char *const names[SEK_AGE_FAULTS] = { [SEK_AGE_IMAGE] = "image", [SEK_AGE_BROWSER] = "browser",
		[SEK_AGE_BROWSER_VERSION] = "browser-version", [SEK_AGE_CERTIFICATE] = "certificate", [SEK_AGE_CRL] = "crl" };

	return names[f];
}

static enum sek_age_level level(const struct sek_validity *t, int64_t now_s, int64_t warn_s, int64_t most_s)
{
	if (t->from_s > now_s || t->until_s <= now_s || (most_s && now_s - t->from_s > most_s))
		return SEK_AGE_OVER;
	return t->until_s - now_s < warn_s || (most_s && now_s - t->from_s > most_s - warn_s) ? SEK_AGE_SOON : SEK_AGE_FINE;
}

enum sek_age_level sek_ages_of_certificate(const struct sek_age_limits *l, const struct sek_validity *t, int64_t now_s)
{
	return level(t, now_s, (int64_t)l->certificate_warn_days * SEK_DAY_S, (int64_t)l->certificate_max_days * SEK_DAY_S);
}

enum sek_age_level sek_ages_of_crl(const struct sek_age_limits *l, const struct sek_validity *t, int64_t now_s)
{
	return level(t, now_s, (int64_t)l->crl_warn_hours * SEK_HOUR_S, (int64_t)l->crl_max_hours * SEK_HOUR_S);
}
