/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ages: certificates and revocation lists that were really signed at chosen times, against the site's limits; what hosts say of themselves;
 * and that what is too old ends in no credentials.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "broker/gap/health.h"
#include "broker/hub/ages/ages.h"
#include "broker/hub/session/credentials.h"
#include "certs/pki.h"
#include "protocol/wire/messages.h"

#define DAY SEK_DAY_S

static char folder[64], ca[96], crl[96], broker[96], key[96], https[96];
static time_t now;

/* A CA of 400 days ago; the broker's intermediate of so many days ago, good for 397; a CRL of so many hours ago, good for `crl_days`. */
static void build(int broker_days, int https_days, int crl_hours, int crl_days)
{
	struct sek_pki_wish then = { .now = now - 400 * DAY };
	struct sek_pki *p;
	char err[512] = "";

	snprintf(folder, sizeof folder, "/tmp/sek-ages-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_msg(sek_is_ok(sek_pki_init(folder, "Test", &then, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_open(folder, &p, err, sizeof err)), "%s", err);
	then.now = now - (time_t)broker_days * DAY - 60;
	ck_assert_msg(sek_is_ok(sek_pki_issue(p, SEK_PKI_BROKER, "broker1", &then, err, sizeof err)), "%s", err);
	then.now = now - (time_t)https_days * DAY - 60;
	then.addresses = (const char *const[]){ "127.0.0.1" };
	then.n_addresses = 1;
	ck_assert_msg(sek_is_ok(sek_pki_issue(p, SEK_PKI_HTTPS, "https", &then, err, sizeof err)), "%s", err);
	then = (struct sek_pki_wish){ .now = now - (time_t)crl_hours * SEK_HOUR_S - 60, .days = crl_days };
	ck_assert_msg(sek_is_ok(sek_pki_sign_crl(p, &then, err, sizeof err)), "%s", err);
	sek_pki_close(p);
	snprintf(ca, sizeof ca, "%s/ca.crt", folder);
	snprintf(crl, sizeof crl, "%s/ca.crl", folder);
	snprintf(broker, sizeof broker, "%s/broker1.crt", folder);
	snprintf(key, sizeof key, "%s/broker1.key", folder);
	snprintf(https, sizeof https, "%s/https.crt", folder);
}

static void set_up(void)
{
	now = time(NULL);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static enum sek_age_level certificate(uint32_t warn, uint32_t most)
{
	const struct sek_age_limits l = { .certificate_warn_days = warn, .certificate_max_days = most };
	struct sek_validity v;

	ck_assert(sek_is_ok(sek_certificate_file_times(https, &v)));
	return sek_ages_of_certificate(&l, &v, now);
}

START_TEST(certificates_of_chosen_dates)
{
	struct sek_validity v;

	build(1, 380, 1, 7); /* 17 days are left of 397 */
	ck_assert(sek_is_ok(sek_certificate_file_times(https, &v)));
	ck_assert_uint_eq(sek_age(v.from_s, now, DAY), 380);
	ck_assert_uint_eq(sek_age(now, v.until_s, DAY), 16);
	ck_assert_int_eq(certificate(16, 0), SEK_AGE_FINE);
	ck_assert_int_eq(certificate(17, 0), SEK_AGE_SOON);
	ck_assert_int_eq(certificate(0, 381), SEK_AGE_FINE);
	ck_assert_int_eq(certificate(0, 380), SEK_AGE_OVER);
	ck_assert_int_eq(certificate(10, 385), SEK_AGE_SOON); /* five days before the site calls it old */
	now += 17 * DAY;
	ck_assert_int_eq(certificate(0, 0), SEK_AGE_OVER); /* ended */
	now -= 400 * DAY;
	ck_assert_int_eq(certificate(0, 0), SEK_AGE_OVER); /* not begun */
	ck_assert(sek_is(sek_certificate_file_times(crl, &v), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_crl_file_times(https, &v), SEK_E_MALFORMED));
	ck_assert(!sek_is_ok(sek_certificate_file_times("/nonexistent", &v)));
}
END_TEST

START_TEST(revocation_lists_of_chosen_dates)
{
	struct sek_age_limits l = { .crl_warn_hours = 48 };
	struct sek_validity v;

	build(1, 1, 120, 7); /* 48 hours are left but for a minute */
	ck_assert(sek_is_ok(sek_crl_file_times(crl, &v)));
	ck_assert_int_eq(sek_ages_of_crl(&l, &v, now), SEK_AGE_SOON);
	l.crl_warn_hours = 47;
	ck_assert_int_eq(sek_ages_of_crl(&l, &v, now), SEK_AGE_FINE);
	l.crl_max_hours = 121;
	l.crl_warn_hours = 0;
	ck_assert_int_eq(sek_ages_of_crl(&l, &v, now), SEK_AGE_FINE);
	l.crl_max_hours = 120;
	ck_assert_int_eq(sek_ages_of_crl(&l, &v, now), SEK_AGE_OVER);
	l.crl_max_hours = 0;
	ck_assert_int_eq(sek_ages_of_crl(&l, &v, now + 48 * SEK_HOUR_S), SEK_AGE_OVER);
}
END_TEST

START_TEST(the_sites_files)
{
	struct sek_broker_config c = { .certificate = NULL };
	struct sek_age_file f[SEK_AGES_FILES];

	build(10, 390, 1, 7);
	c.certificate = https;
	c.sessions = (struct sek_sessions_config){ .ca_path = ca, .crl_path = crl, .intermediate_path = broker };
	c.sessions.ages.certificate_warn_days = 30;
	c.has_certificates = true;
	c.login_certificates.ca = "/nonexistent";
	c.login_certificates.crl = https; /* not a CRL */
	ck_assert_uint_eq(sek_ages_files(&c, f), 6);
	for (int i = 0; i < 6; i++)
		sek_ages_read(&c, &f[i], now);
	ck_assert_str_eq(f[0].what, "https-certificate");
	ck_assert_str_eq(sek_age_level_name(f[0].level), "soon");
	ck_assert_str_eq(f[1].what, "intermediate");
	ck_assert(f[1].read && f[1].level == SEK_AGE_FINE && f[2].level == SEK_AGE_FINE && f[3].level == SEK_AGE_FINE);
	ck_assert(!f[4].read && f[4].level == SEK_AGE_OVER && !f[5].read && f[5].level == SEK_AGE_OVER);
}
END_TEST

/* --- what is too old ends in no session --- */

static sek_status got;
static char what[200];

static void on_credentials(void *user, sek_status s, const char *step, const uint8_t *bytes, size_t n)
{
	(void)user;
	(void)bytes;
	(void)n;
	got = s;
	snprintf(what, sizeof what, "%s", step);
}

static void gone(void *all)
{
	(void)all;
}

static sek_status ask(const struct sek_age_limits *l)
{
	const struct sek_credential_files files = { ca, crl, broker, key, l };
	struct sek_credential_job *job;
	uv_loop_t loop;

	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert(sek_is_ok(sek_credentials_start(&loop, &files, (const uint8_t[16]){ 1 }, "render1.sekisho.internal", on_credentials, gone, NULL, NULL,
		&job)));
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	return got;
}

START_TEST(no_credentials_of_what_is_too_old)
{
	build(100, 1, 30, 7);
	ck_assert(sek_is_ok(ask(&(struct sek_age_limits){ .crl_max_hours = 31, .certificate_max_days = 101 })));
	ck_assert(sek_is(ask(&(struct sek_age_limits){ .crl_max_hours = 29, .certificate_max_days = 101 }), SEK_E_DENIED));
	ck_assert_ptr_nonnull(strstr(what, "crl_max_hours"));
	ck_assert(sek_is(ask(&(struct sek_age_limits){ .crl_max_hours = 31, .certificate_max_days = 99 }), SEK_E_DENIED));
	ck_assert_ptr_nonnull(strstr(what, "certificate_max_days"));
	ck_assert(sek_is_ok(ask(NULL)));
}
END_TEST

/* --- render hosts --- */

START_TEST(hosts)
{
	const struct sek_age_limits l = { .certificate_warn_days = 30, .certificate_max_days = 300, .crl_warn_hours = 48, .image_warn_days = 45,
		.image_max_days = 90, .browser_warn_days = 30, .browser_max_days = 60, .browser_least = 150 };
	const struct sek_age_limits none = { .certificate_warn_days = 0 };
	const struct sek_host_health young = { .image_days = 45, .browser_days = 30, .browser_major = 150, .certificate_days = 300,
		.certificate_left_days = 30, .crl_left_hours = 48 };
	struct sek_host_health h = young;

	ck_assert(sek_ages_of_host(&l, &h).old == 0 && sek_ages_of_host(&l, &h).soon == 0);
	h = (struct sek_host_health){ .image_days = 46, .browser_days = 31, .browser_major = 150, .certificate_left_days = 29, .crl_left_hours = 47 };
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).old, 0);
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).soon, 1u << SEK_AGE_IMAGE | 1u << SEK_AGE_BROWSER | 1u << SEK_AGE_CERTIFICATE | 1u << SEK_AGE_CRL);
	h = young;
	h.image_days = 91;
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).old, 1u << SEK_AGE_IMAGE);
	ck_assert_str_eq(sek_age_fault_name(SEK_AGE_IMAGE), "image");
	h = young;
	h.browser_days = 61;
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).old, 1u << SEK_AGE_BROWSER);
	h = young;
	h.browser_major = 149;
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).old, 1u << SEK_AGE_BROWSER_VERSION);
	h = young;
	h.certificate_days = 301;
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).old, 1u << SEK_AGE_CERTIFICATE);
	/* a host that says nothing is too old wherever there is a limit, and nowhere else */
	h = young;
	h.image_days = h.browser_days = h.browser_major = h.certificate_days = h.certificate_left_days = h.crl_left_hours = SEK_HEALTH_UNKNOWN;
	ck_assert_uint_eq(sek_ages_of_host(&l, &h).old, 1u << SEK_AGE_IMAGE | 1u << SEK_AGE_BROWSER | 1u << SEK_AGE_BROWSER_VERSION |
		1u << SEK_AGE_CERTIFICATE);
	ck_assert(sek_ages_of_host(&none, &h).old == 0 && sek_ages_of_host(&none, &h).soon == 0);
}
END_TEST

START_TEST(numbers_fit)
{
	ck_assert_uint_eq(sek_age(10, 5, 1), 0);
	ck_assert_uint_eq(sek_age(0, 86399, DAY), 0);
	ck_assert_uint_eq(sek_age(0, 86400, DAY), 1);
	ck_assert_uint_eq(sek_age(0, INT64_MAX, DAY), SEK_AGE_MOST);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.ages");
	TCase *c = tcase_create("ages"), *plain = tcase_create("numbers");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, certificates_of_chosen_dates);
	tcase_add_test(c, revocation_lists_of_chosen_dates);
	tcase_add_test(c, the_sites_files);
	tcase_add_test(c, no_credentials_of_what_is_too_old);
	tcase_add_test(plain, hosts);
	tcase_add_test(plain, numbers_fit);
	suite_add_tcase(s, c);
	suite_add_tcase(s, plain);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
