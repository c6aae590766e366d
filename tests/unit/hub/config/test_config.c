/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * broker.yaml: defaults, limits and what is refused. (The messages are looked at by integration.hub.command.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/config.h"

static char folder[64], path[96], err[SEK_CONFIG_ERROR_BYTES];
static struct sek_broker_config *config;

static void put(const char *name, const char *text, mode_t mode)
{
	char full[160];
	FILE *f;

	snprintf(full, sizeof full, "%s/%s", folder, name);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(full, mode), 0);
}

static const char base[] =
	"inner:\n  address: 127.0.0.61\n  port: 8443\n  certificate: cert.pem\n  key: key.pem\n%s"
	"outer:\n  address: 127.0.0.62\n"
	"pki:\n  ca: cert.pem\n  crl: cert.pem\n  intermediate_certificate: cert.pem\n  intermediate_key: key.pem\n"
	"render_hosts:\n  - {name: render1.example, address: 127.0.0.63, port: 7443}\n%s"
	"store: {path: broker.db}\nweb_root: web\n%s";

static sek_status load(const char *inner, const char *hosts, const char *rest)
{
	char text[4096];

	sek_broker_config_free(config);
	config = NULL;
	snprintf(text, sizeof text, base, inner, hosts, rest);
	put("broker.yaml", text, 0600);
	return sek_broker_config_load(path, folder, &config, err, sizeof err);
}

static void set_up(void)
{
	char web[96];

	umask(022);
	snprintf(folder, sizeof folder, "/tmp/sek-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.yaml", folder);
	snprintf(web, sizeof web, "%s/web", folder);
	ck_assert_int_eq(mkdir(web, 0700), 0);
	put("cert.pem", "c", 0644);
	put("key.pem", "k", 0600);
	put("web/index.html", "x", 0644);
	put("sekisho-decoder", "", 0755);
	put("sekisho-encoder", "", 0755);
	put("sekisho-encoder-rfb", "", 0755);
	config = NULL;
}

static void tear_down(void)
{
	char command[128];

	sek_broker_config_free(config);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

START_TEST(defaults)
{
	ck_assert_msg(sek_is_ok(load("", "", "")), "%s", err);
	ck_assert_str_eq(config->inner_address, "127.0.0.61");
	ck_assert_uint_eq(config->inner_port, 8443);
	ck_assert_uint_eq(config->n_origins, 1);
	ck_assert_str_eq(config->origins[0], "https://127.0.0.61:8443");
	ck_assert_uint_eq(config->sessions.max_sessions, 100);
	ck_assert_uint_eq(config->sessions.linger_s, 300);
	ck_assert_uint_eq(config->sessions.idle_s, 0);
	ck_assert_uint_eq(config->sessions.maximum_s, 0);
	ck_assert_uint_eq(config->sessions.max_width_px, 3840);
	ck_assert_uint_eq(config->sessions.max_height_px, 2160);
	ck_assert_uint_eq(config->login_idle_s, 15 * 60);
	ck_assert_uint_eq(config->login_maximum_s, 12 * 3600);
	ck_assert_int_eq(config->log_level, SEK_LOG_INFO);
	ck_assert_uint_eq(config->sessions.n_hosts, 1);
	ck_assert_str_eq(config->sessions.hosts[0].name, "render1.example");
	ck_assert_ptr_null(config->viewers_address); /* no port for VNC viewers but by name */
	ck_assert_ptr_null(config->encoder_rfb_path);
	/* paths count from the file's folder */
	ck_assert(strncmp(config->store_path, folder, strlen(folder)) == 0 && ends_with(config->store_path, "/broker.db"));
	ck_assert(ends_with(config->sessions.decoder_path, "/sekisho-decoder"));
	ck_assert(strncmp(config->sessions.ca_path, folder, strlen(folder)) == 0);
}
END_TEST

START_TEST(everything_set)
{
	ck_assert_msg(sek_is_ok(load("  origins: ['https://a.example', 'https://b.example:8443']\n",
		"  - {name: render2.example, address: '2001:db8::1', port: 1}\n",
		"sessions: {max: 7, linger_seconds: 0, idle_minutes: 5, maximum_minutes: 60, max_width: 1920, max_height: 1080}\n"
		"login: {idle_minutes: 1, maximum_hours: 168}\nlog_level: error\n"
		"programs: {decoder: sekisho-encoder, encoder: /bin/sh}\n")), "%s", err);
	ck_assert_uint_eq(config->n_origins, 2);
	ck_assert_str_eq(config->origins[1], "https://b.example:8443");
	ck_assert_uint_eq(config->sessions.max_sessions, 7);
	ck_assert_uint_eq(config->sessions.linger_s, 0);
	ck_assert_uint_eq(config->sessions.idle_s, 300);
	ck_assert_uint_eq(config->sessions.maximum_s, 3600);
	ck_assert_uint_eq(config->sessions.n_hosts, 2);
	ck_assert_uint_eq(config->login_idle_s, 60);
	ck_assert_int_eq(config->log_level, SEK_LOG_ERROR);
	ck_assert_str_eq(config->sessions.encoder_path, "/bin/sh");
}
END_TEST

static const struct {
	const char *inner, *hosts, *rest;
	bool good;
} cases[] = {
	{ "", "", "sessions: {max: 1}\n", true },
	{ "", "", "sessions: {max: 0}\n", false },
	{ "", "", "sessions: {max: 10000}\n", true },
	{ "", "", "sessions: {max: 10001}\n", false },
	{ "", "", "sessions: {linger_seconds: 86400}\n", true },
	{ "", "", "sessions: {linger_seconds: 86401}\n", false },
	{ "", "", "sessions: {linger_seconds: -1}\n", false },
	{ "", "", "sessions: {idle_minutes: 1441}\n", false },
	{ "", "", "sessions: {maximum_minutes: 10081}\n", false },
	{ "", "", "sessions: {max_width: 160, max_height: 120}\n", true },
	{ "", "", "sessions: {max_width: 159}\n", false },
	{ "", "", "sessions: {max_height: 119}\n", false },
	{ "", "", "sessions: {max_width: 7680, max_height: 4320}\n", true },
	{ "", "", "sessions: {max_width: 7681}\n", false },
	{ "", "", "sessions: {max_height: 4321}\n", false },
	{ "", "", "sessions: {other: 1}\n", false },
	{ "", "", "login: {idle_minutes: 0}\n", false },
	{ "", "", "login: {idle_minutes: 1440}\n", true },
	{ "", "", "login: {idle_minutes: 1441}\n", false },
	{ "", "", "login: {maximum_hours: 0}\n", false },
	{ "", "", "login: {maximum_hours: 169}\n", false },
	{ "", "", "log_level: loud\n", false },
	{ "", "", "colour: red\n", false },
	{ "", "", "web_root: web\n", false },
	{ "", "", "programs: {decoder: cert.pem}\n", false },
	{ "  origins: []\n", "", "", false },
	{ "  origins: ['https://a.example']\n", "", "", true },
	{ "  origins: ['https://a.example:443']\n", "", "", false },
	{ "  origins: ['https://a.example:0']\n", "", "", false },
	{ "  origins: ['https://a.example:']\n", "", "", false },
	{ "  origins: ['https://a.example/']\n", "", "", false },
	{ "  origins: ['http://a.example']\n", "", "", false },
	{ "  origins: ['https://A.example']\n", "", "", false },
	{ "  origins: ['https://']\n", "", "", false },
	{ "  origins: ['null']\n", "", "", false },
	{ "  origins: [\"https://a.example; script-src *\"]\n", "", "", false },
	{ "  origins: ['https://[2001:db8::1]:8443']\n", "", "", true },
	{ "", "  - {name: render1.example, address: 127.0.0.64, port: 1}\n", "", false },
	{ "", "  - {name: Render2, address: 127.0.0.64, port: 1}\n", "", false },
	{ "", "  - {name: r_2, address: 127.0.0.64, port: 1}\n", "", false },
	{ "", "  - {name: r2/x, address: 127.0.0.64, port: 1}\n", "", false },
	{ "", "  - {name: r2, address: 127.0.0.61, port: 1}\n", "", false },
	{ "", "  - {name: r2, address: 0.0.0.0, port: 1}\n", "", false },
	{ "", "  - {name: r2, address: host, port: 1}\n", "", false },
	{ "", "  - {name: r2, address: 127.0.0.64, port: 0}\n", "", false },
	{ "", "  - {name: r2, address: 127.0.0.64, port: 65536}\n", "", false },
	{ "", "  - {name: r2, address: 127.0.0.64}\n", "", false },
	{ "", "", "metrics: {address: 127.0.0.65, port: 9464}\n", true },
	{ "", "", "metrics: {address: 127.0.0.61, port: 9464}\n", true },
	{ "", "", "metrics: {address: 127.0.0.61, port: 8443}\n", false },
	{ "", "", "metrics: {address: 127.0.0.62, port: 9464}\n", false },
	{ "", "", "metrics: {address: 0.0.0.0, port: 9464}\n", false },
	{ "", "", "metrics: {address: monitor.example, port: 9464}\n", false },
	{ "", "", "metrics: {address: 127.0.0.65, port: 0}\n", false },
	{ "", "", "metrics: {address: 127.0.0.65}\n", false },
	{ "", "", "vnc_viewers: {port: 5900}\n", true },
	{ "", "", "vnc_viewers: {port: 5900, address: 127.0.0.65, language: en, width: 1920, height: 1080}\n", true },
	{ "", "", "vnc_viewers: {}\n", false },
	{ "", "", "vnc_viewers: {port: 0}\n", false },
	{ "", "", "vnc_viewers: {port: 8443}\n", false },
	{ "", "", "vnc_viewers: {port: 9464}\nmetrics: {address: 127.0.0.61, port: 9464}\n", false },
	{ "", "", "vnc_viewers: {port: 5900, address: 127.0.0.62}\n", false },
	{ "", "", "vnc_viewers: {port: 5900, address: 0.0.0.0}\n", false },
	{ "", "", "vnc_viewers: {port: 5900, language: de}\n", false },
	{ "", "", "vnc_viewers: {port: 5900, width: 8000}\n", false },
};

START_TEST(limits)
{
	sek_status status = load(cases[_i].inner, cases[_i].hosts, cases[_i].rest);

	ck_assert_msg(sek_is_ok(status) == cases[_i].good, "%s%s%s: %s", cases[_i].inner, cases[_i].hosts, cases[_i].rest,
		err);
	if (!cases[_i].good) {
		ck_assert(sek_is(status, SEK_E_CONFIG));
		ck_assert_ptr_null(config);
		/* file:line: */
		ck_assert_msg(strncmp(err, path, strlen(path)) == 0 && err[strlen(path)] == ':' &&
			err[strlen(path) + 1] >= '1' && err[strlen(path) + 1] <= '9', "%s", err);
	}
}
END_TEST

/* Members of a second host; why: what the message must name, NULL = it is taken. */
static const struct {
	const char *members, *why;
} foreign[] = {
	{ "kind: vnc", NULL },
	{ "kind: vnc, insecure: true, max_sessions: 3", NULL },
	{ "kind: vnc, trust: host.pem", NULL },
	{ "kind: sekisho", NULL },
	{ "kind: x11", "render_hosts.1.kind" },
	{ "kind: rdp", "programs.decoder_rdp" },             /* its program is not installed */
	{ "insecure: true", "render_hosts.1.kind" },         /* our own hosts have no such thing */
	{ "kind: sekisho, max_sessions: 3", "render_hosts.1.kind" },
	{ "kind: vnc, insecure: true, trust: host.pem", "render_hosts.1.trust" },
	{ "kind: vnc, trust: key.pem", "render_hosts.1.trust" },
	{ "kind: vnc, trust: nothing.pem", "render_hosts.1.trust" },
	{ "kind: vnc, max_sessions: 0", "render_hosts.1.max_sessions" },
	{ "kind: vnc, max_sessions: 1001", "render_hosts.1.max_sessions" },
};

START_TEST(foreign_hosts)
{
	char host[200], command[200];
	sek_status s;

	put("sekisho-decoder-vnc", "", 0755);
	snprintf(command, sizeof command, "openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=desk -out %s/host.pem 2>/dev/null", folder);
	ck_assert_int_eq(system(command), 0);
	snprintf(host, sizeof host, "  - {name: desk7, address: 127.0.0.64, port: 5900, %s}\n", foreign[_i].members);
	s = load("", host, "");
	if (foreign[_i].why) {
		ck_assert(sek_is(s, SEK_E_CONFIG));
		ck_assert_msg(strstr(err, foreign[_i].why), "%s", err);
		return;
	}
	ck_assert_msg(sek_is_ok(s), "%s", err);
	ck_assert_int_eq(config->sessions.hosts[1].insecure, _i == 1);
	ck_assert_uint_eq(config->sessions.hosts[1].places, _i == 1 ? 3 : 0);
	ck_assert_int_eq(config->sessions.hosts[1].kind, _i < 3 ? SEK_KIND_VNC : SEK_KIND_SEKISHO);
	if (_i == 2)
		ck_assert_ptr_nonnull(strstr(config->sessions.hosts[1].trust, "BEGIN CERTIFICATE"));
	ck_assert(ends_with(config->sessions.decoder_vnc_path, "/sekisho-decoder-vnc"));
	ck_assert_ptr_null(config->sessions.decoder_rdp_path);
}
END_TEST

START_TEST(the_faces_have_different_addresses)
{
	static const char v6[] = "inner: {address: '2001:db8::1', port: 443, certificate: cert.pem, key: key.pem}\n"
		"outer: {address: '2001:0db8:0:0::1'}\npki: {ca: cert.pem, crl: cert.pem, intermediate_certificate: cert.pem, "
		"intermediate_key: key.pem}\nrender_hosts: [{name: r, address: 127.0.0.63, port: 1}]\nstore: {path: s}\n"
		"web_root: web\n";
	char other[sizeof v6];

	put("broker.yaml", v6, 0600);
	ck_assert(sek_is(sek_broker_config_load(path, folder, &config, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "inner address too"));
	memcpy(other, v6, sizeof other);
	*strstr(other, "0::1'") = '1';
	put("broker.yaml", other, 0600);
	ck_assert_msg(sek_is_ok(sek_broker_config_load(path, folder, &config, err, sizeof err)), "%s", err);
	ck_assert_str_eq(config->origins[0], "https://[2001:db8::1]");
}
END_TEST

START_TEST(others_may_not_write_the_file_nor_read_the_keys)
{
	static const mode_t bad[] = { 0620, 0602, 0666, 0662 };
	size_t i;

	ck_assert(sek_is_ok(load("", "", "")));
	for (i = 0; i < 4; i++) {
		sek_broker_config_free(config);
		config = NULL;
		ck_assert_int_eq(chmod(path, bad[i]), 0);
		ck_assert(sek_is(sek_broker_config_load(path, folder, &config, err, sizeof err), SEK_E_CONFIG));
	}
	ck_assert(sek_is_ok(load("", "", "")));
	put("key.pem", "k", 0640);
	ck_assert(sek_is(load("", "", ""), SEK_E_CONFIG));
	put("key.pem", "k", 0604);
	ck_assert(sek_is(load("", "", ""), SEK_E_CONFIG));
	put("key.pem", "k", 0600);
	ck_assert(sek_is_ok(load("", "", "")));
}
END_TEST

START_TEST(ages_warn_before_they_refuse)
{
	const struct sek_age_limits *l;

	ck_assert(sek_is_ok(load("", "", "")));
	l = &config->sessions.ages;
	ck_assert(l->certificate_warn_days == 30 && l->crl_warn_hours == 48 && l->image_warn_days == 45 && l->browser_warn_days == 30);
	ck_assert(l->certificate_max_days == 0 && l->crl_max_hours == 0 && l->image_max_days == 0 && l->browser_max_days == 0 && l->browser_least == 0);
	/* a maximum brings the warning forward */
	ck_assert(sek_is_ok(load("", "", "ages: {image_max_days: 60, browser_max_days: 90, browser_least: 150}\n")));
	l = &config->sessions.ages;
	ck_assert(l->image_warn_days == 30 && l->image_max_days == 60 && l->browser_warn_days == 30 && l->browser_least == 150);
	ck_assert(sek_is_ok(load("", "", "ages: {image_warn_days: 60, image_max_days: 60}\n")));
	ck_assert(sek_is(load("", "", "ages: {image_warn_days: 61, image_max_days: 60}\n"), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "image_warn_days"));
	ck_assert(sek_is(load("", "", "ages: {crl_warn_hours: 90000}\n"), SEK_E_CONFIG));
	ck_assert(sek_is(load("", "", "ages: {days: 1}\n"), SEK_E_CONFIG));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.config");
	TCase *c = tcase_create("config");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, defaults);
	tcase_add_test(c, everything_set);
	tcase_add_test(c, ages_warn_before_they_refuse);
	tcase_add_loop_test(c, limits, 0, (int)(sizeof cases / sizeof cases[0]));
	tcase_add_loop_test(c, foreign_hosts, 0, (int)(sizeof foreign / sizeof foreign[0]));
	tcase_add_test(c, the_faces_have_different_addresses);
	tcase_add_test(c, others_may_not_write_the_file_nor_read_the_keys);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
