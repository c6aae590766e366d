/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the site thinks of ages (`ages` in broker.yaml): how old something may be, and from when on somebody has to be told. A limit of 0
 * is none. What does not say how old it is, is too old wherever there is a limit.
 */
#ifndef SEK_BROKER_HUB_SESSION_AGES_H
#define SEK_BROKER_HUB_SESSION_AGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ages.h"

struct sek_age_limits {
	uint32_t certificate_warn_days, certificate_max_days; /* until it ends; since it began */
	uint32_t crl_warn_hours, crl_max_hours;               /* until the next one is due; since it was signed */
	uint32_t image_warn_days, image_max_days;             /* since it was built */
	uint32_t browser_warn_days, browser_max_days;         /* since it was packaged */
	uint32_t browser_least;                               /* major version */
};

/* Why a render host is too old, or soon is. */
enum sek_age_fault { SEK_AGE_IMAGE, SEK_AGE_BROWSER, SEK_AGE_BROWSER_VERSION, SEK_AGE_CERTIFICATE, SEK_AGE_CRL, SEK_AGE_FAULTS };

struct sek_host_health;

/* Bits of 1 << enum sek_age_fault: old, and (without those) soon. */
struct sek_age_verdict {
	unsigned old, soon;
};
struct sek_age_verdict sek_ages_of_host(const struct sek_age_limits *l, const struct sek_host_health *h);
/* "image", "browser", "browser-version", "certificate", "crl": words for API and self-check. */
const char *sek_age_fault_name(enum sek_age_fault f);

enum sek_age_level { SEK_AGE_FINE, SEK_AGE_SOON, SEK_AGE_OVER };
/* A certificate or revocation list that is over, not begun, or older than the site allows is SEK_AGE_OVER. */
enum sek_age_level sek_ages_of_certificate(const struct sek_age_limits *l, const struct sek_validity *t, int64_t now_s);
enum sek_age_level sek_ages_of_crl(const struct sek_age_limits *l, const struct sek_validity *t, int64_t now_s);

#endif
