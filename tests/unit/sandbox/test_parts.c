/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of sekisho-sandbox that run nothing: arguments, command lines (the browser's sandbox cannot be switched off),
 * policies.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "render-host/sandbox/argv.h"
#include "render-host/sandbox/browser_argv.h"
#include "render-host/sandbox/options.h"
#include "render-host/sandbox/policy.h"

#define GOOD "sandbox", "--dir", "/run/x", "--uid", "20001", "--gid", "20002", "--max", "1920x1080", "--size", "1280x800", \
	"--scale", "150", "--lang", "ja", "--policy", "/p.json"

static struct sek_sandbox_options options;
static struct sek_argv argv;

static bool parse(char **args)
{
	const char *why = NULL;
	int n = 0;

	while (args[n])
		n++;
	if (sek_is_ok(sek_sandbox_options_parse(n, args, &options, &why)))
		return true;
	ck_assert_ptr_nonnull(why);
	return false;
}

/* The good arguments, with the value of `name` replaced (value NULL: left out with its name). */
static bool parse_with(const char *name, const char *value)
{
	char *args[] = { GOOD, NULL };
	char *changed[sizeof args / sizeof args[0]];
	int n = 0;

	changed[n++] = args[0];
	for (int i = 1; args[i]; i += 2) {
		if (strcmp(args[i], name) == 0 && !value)
			continue;
		changed[n++] = args[i];
		changed[n++] = strcmp(args[i], name) == 0 ? (char *)(uintptr_t)value : args[i + 1];
	}
	changed[n] = NULL;
	return parse(changed);
}

START_TEST(good_arguments)
{
	char *args[] = { GOOD, "--allow", "10.0.0.0/8", "--allow", "127.0.0.0/8", "--upstream", "proxy:3128", "--devtools",
			 "/run/d", "--egress-uid", "777", NULL };

	ck_assert(parse(args));
	ck_assert_uint_eq(options.uid, 20001);
	ck_assert_uint_eq(options.gid, 20002);
	ck_assert_uint_eq(options.egress_uid, 777);
	ck_assert_uint_eq(options.max_width_px, 1920);
	ck_assert_uint_eq(options.height_px, 800);
	ck_assert_uint_eq(options.scale_percent, 150);
	ck_assert_uint_eq(options.allows, 2);
	ck_assert_str_eq(options.allow[1], "127.0.0.0/8");
	ck_assert(parse_with("none", "x"));
	ck_assert_ptr_null(options.devtools);
}
END_TEST

START_TEST(bad_arguments)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "--dir", NULL }, { "--uid", NULL }, { "--gid", NULL }, { "--max", NULL }, { "--size", NULL }, { "--scale", NULL },
		{ "--lang", NULL }, { "--policy", NULL }, { "--dir", "relative" }, { "--uid", "0" }, { "--uid", "-1" },
		{ "--uid", "4294967295" }, { "--uid", "1x" }, { "--uid", "" }, { "--uid", "01" }, { "--uid", " 1" }, { "--gid", "0" },
		{ "--uid", "65533" }, { "--max", "1920" }, { "--max", "1920x" }, { "--max", "7681x1080" }, { "--max", "1920x4321" },
		{ "--size", "159x200" }, { "--size", "200x119" }, { "--size", "1921x1080" }, { "--size", "1920x1081" },
		{ "--scale", "49" }, { "--scale", "401" }, { "--lang", "fr" }, { "--lang", "ja --no-sandbox" },
	};
	char *twice[] = { GOOD, "--uid", "5", NULL }, *unknown[] = { GOOD, "--no-sandbox", NULL }, *rest[] = { GOOD, "x", NULL };
	char *allows[17 + 2 * (SEK_SANDBOX_ALLOW_MAX + 1) + 1] = { GOOD };
	char longer[SEK_SANDBOX_PATH_MAX + 2];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_msg(!parse_with(rows[i].name, rows[i].value), "%s %s", rows[i].name, rows[i].value);
	ck_assert(!parse(twice) && !parse(unknown) && !parse(rest));
	memset(longer, 'a', sizeof longer);
	longer[0] = '/';
	longer[SEK_SANDBOX_PATH_MAX + 1] = 0;
	ck_assert(!parse_with("--dir", longer));
	longer[SEK_SANDBOX_PATH_MAX] = 0;
	ck_assert(parse_with("--dir", longer));
	for (int i = 0; i < SEK_SANDBOX_ALLOW_MAX + 1; i++) {
		allows[17 + 2 * i] = (char *)(uintptr_t) "--allow";
		allows[18 + 2 * i] = (char *)(uintptr_t) "10.0.0.0/8";
	}
	ck_assert(!parse(allows));
	allows[17 + 2 * SEK_SANDBOX_ALLOW_MAX] = NULL;
	ck_assert(parse(allows));
}
END_TEST

static bool has(const char *arg)
{
	for (size_t i = 0; i < argv.n; i++)
		if (strcmp(argv.v[i], arg) == 0)
			return true;
	return false;
}

/* Whatever can be written has a bound, and all else is read-only. */
static void check_places(void)
{
	size_t i;

	for (i = 0; i < argv.n; i++) {
		if (strcmp(argv.v[i], "--tmpfs") != 0)
			continue;
		ck_assert_uint_ge(i, 4);
		ck_assert(strcmp(argv.v[i - 2], "--size") == 0 || strcmp(argv.v[i - 4], "--size") == 0);
	}
	for (i = 0; i + 1 < argv.n && (strcmp(argv.v[i], "--remount-ro") != 0 || strcmp(argv.v[i + 1], "/") != 0); i++)
		;
	ck_assert_uint_lt(i + 2, argv.n);
	ck_assert_int_eq(argv.v[i + 2][0], '/'); /* the program */
}

START_TEST(command_lines)
{
	for (int with_devtools = 0; with_devtools < 2; with_devtools++) {
		ck_assert(parse_with("none", "x"));
		if (with_devtools)
			options.devtools = "/run/d";
		for (int p = 0; p < SEK_PROGRAM_COUNT; p++) {
			ck_assert(sek_is_ok(sek_argv_build((enum sek_program)p, &options, &argv)));
			ck_assert_str_eq(argv.v[0], "/usr/bin/bwrap");
			ck_assert_ptr_null(argv.v[argv.n]);
			check_places();
			ck_assert(has("--unshare-user") && has("--unshare-ipc") && has("--unshare-uts"));
			ck_assert(has("--die-with-parent") && has("--clearenv") && has("--new-session"));
			/* only the browser is in the namespace with the proxy, only the bus in the keeper's processes */
			ck_assert_int_eq(has("--unshare-net"), p != SEK_PROGRAM_BROWSER);
			/* and only it may make user namespaces: its own sandbox is built of them */
			ck_assert_int_eq(has("--disable-userns"), p != SEK_PROGRAM_BROWSER);
			ck_assert_int_eq(has("--unshare-pid"), p != SEK_PROGRAM_BUS);
			for (size_t i = 0; i < argv.n; i++)
				ck_assert_msg(!strstr(argv.v[i], "sandbox") || strstr(argv.v[i], "/run/x"), "%s", argv.v[i]);
		}
		ck_assert_int_eq(has("--remote-debugging-port=9222"), with_devtools);
		ck_assert(has("--remote-debugging-pipe"));
		ck_assert(has("--force-device-scale-factor=1.50") && has("--lang=ja") && has("--window-size=1280,800"));
	}
}
END_TEST

static bool accepted(const char *arg)
{
	char *const args[] = { (char *)(uintptr_t)arg, NULL };

	return sek_is_ok(sek_argv_browser_check(args, NULL));
}

/* The check that issue and design ask for: a browser without its sandbox cannot be started. */
START_TEST(browser_sandbox_stays_on)
{
	static const char *const bad[] = {
		"--no-sandbox", "-no-sandbox", "---no-sandbox", "--no-sandbox=1", "--no-sandbox-and-elevated",
		"--disable-setuid-sandbox", "--disable-namespace-sandbox", "--disable-seccomp-filter-sandbox",
		"--disable-gpu-sandbox", "--no-zygote", "--single-process", "--in-process-gpu", "--disable-web-security",
		"--disable-site-isolation-trials", "--load-extension=/x", "--renderer-cmd-prefix=x", "--utility-cmd-prefix=x",
		"--gpu-launcher=x", "--proxy-server=x", "--no-proxy-server", "--proxy-bypass-list=*", "--host-resolver-rules=x",
		"--ignore-certificate-errors", "--allow-file-access-from-files", "--remote-debugging-address=0.0.0.0",
		"--remote-allow-origins=*", "--remote-debugging-pipe=x", "--remote-debugging-io-pipes=3,4", "--disable-blink-features=X", "--disable-crashpad-for-testing", "--js-flags=--expose-gc", "--kiosk", "--", "",
		"file:///etc/passwd", "http://example.com/", "http://start.sekisho.internal/ --no-sandbox",
		"--lang=", "--lang=ja --no-sandbox", "--lang=../../x", "--window-size=1,1\n", "--user-data-dir=/tmp",
		"--disable-features=X", "--user-data-dir=/home/session/profile2",
	};
	char *mixed[] = { "--no-first-run", "--lang=ja", "--no-sandbox", NULL };
	const char *which = NULL;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!accepted(bad[i]), "%s", bad[i]);
	ck_assert(sek_is(sek_argv_browser_check(mixed, &which), SEK_E_DENIED));
	ck_assert_str_eq(which, "--no-sandbox");
	for (const char *const *p = sek_browser_fixed; *p; p++)
		ck_assert_msg(accepted(*p), "%s", *p);
	ck_assert(accepted("--lang=en") && accepted(SEK_BROWSER_START_PAGE));
}
END_TEST

static const struct sek_rules *rules; /* NULL: none came */

static json_t *make_policy(const char *base)
{
	char *text = NULL;
	json_t *j;

	if (!sek_is_ok(sek_policy_make(base, strlen(base), &options, rules, &text)))
		return NULL;
	j = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(j);
	free(text);
	return j;
}

static const char *text_at(const json_t *j, const char *a, const char *b)
{
	const json_t *v = json_object_get(j, a);

	return json_string_value(b ? json_object_get(v, b) : v);
}

START_TEST(policies)
{
	static const char evil[] = "{\"ProxySettings\":{\"ProxyMode\":\"direct\"},\"DeveloperToolsAvailability\":1,"
		"\"RemoteDebuggingAllowed\":true,\"RestoreOnStartup\":5,\"Other\":[1]}";
	static const char *const bad[] = { "", "[]", "{", "{}x", "null", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}" };
	json_t *j;

	ck_assert(parse_with("--lang", "en"));
	j = make_policy(evil);
	ck_assert_str_eq(text_at(j, "ProxySettings", "ProxyMode"), "fixed_servers");
	ck_assert_str_eq(text_at(j, "ProxySettings", "ProxyServer"), "http://127.0.0.1:3128");
	ck_assert_str_eq(text_at(j, "ProxySettings", "ProxyBypassList"), "<-loopback>");
	ck_assert_int_eq(json_integer_value(json_object_get(j, "DeveloperToolsAvailability")), 2);
	ck_assert(json_is_true(json_object_get(j, "RemoteDebuggingAllowed"))); /* for the keeper's pipe; no port is on the command line */
	ck_assert_str_eq(text_at(j, "NewTabPageLocation", NULL), SEK_BROWSER_START_PAGE);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(j, "ForcedLanguages"), 0)), "en-US");
	ck_assert(json_is_array(json_object_get(j, "Other")));
	json_decref(j);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!make_policy(bad[i]), "%s", bad[i]);
}
END_TEST

/* The list of that name as one line. */
static const char *joined(const json_t *j, const char *name)
{
	static char line[400];
	size_t i;
	json_t *v;

	line[0] = '\0';
	json_array_foreach(json_object_get(j, name), i, v) {
		strcat(line, json_string_value(v));
		strcat(line, " ");
	}
	return line;
}

START_TEST(rules_of_the_broker)
{
	static const char base[] = "{\"URLBlocklist\":[\"chrome://*\"],\"URLAllowlist\":[\"chrome://newtab\"]}";
	static const struct {
		struct sek_rules rules;
		const char *block, *allow;
	} rows[] = {
		{ { false, false, false, "*\n", "", 2, 0 }, "chrome://* ", "chrome://newtab http://start.sekisho.internal " },
		{ { true, false, false, "*\n", "settings\nhttps://b/c\n", 2, 21 },
			"chrome://* http://settings https://settings https://b/c ", "chrome://newtab file:///run/view/ "
			"file:///home/session/Downloads/ http://start.sekisho.internal " },
		{ { false, false, false, "settings\nhttp://d\n", "", 18, 0 }, "chrome://* http://* https://* ",
			"chrome://newtab http://settings https://settings http://d http://start.sekisho.internal " },
		{ { false, false, false, "*\nhttp://good.b\n", "b\n", 16, 2 }, "chrome://* http://b https://b ",
			"chrome://newtab http://good.b http://start.sekisho.internal " },
		{ { false, false, false, "*\n", "*\n", 2, 2 }, "chrome://* http://* https://* ", "chrome://newtab http://start.sekisho.internal " },
		{ { false, false, false, "", "", 0, 0 }, "chrome://* http://* https://* ", "chrome://newtab http://start.sekisho.internal " },
		{ { false, false, false, "httpbin.jp\n", "", 11, 0 }, "chrome://* http://* https://* ",
			"chrome://newtab http://httpbin.jp https://httpbin.jp http://start.sekisho.internal " },
	};
	json_t *j;

	ck_assert(parse_with("--rules", "/r"));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rules = &rows[i].rules;
		j = make_policy(base);
		ck_assert_str_eq(joined(j, "URLBlocklist"), rows[i].block);
		ck_assert_str_eq(joined(j, "URLAllowlist"), rows[i].allow);
		ck_assert(json_is_boolean(json_object_get(j, "AlwaysOpenPdfExternally")));
		ck_assert_int_eq(json_is_true(json_object_get(j, "AlwaysOpenPdfExternally")), !rules->view);
		/* without a word of the broker what the site's file says holds: nothing comes in */
		ck_assert(rules->view == (json_object_get(j, "AutoOpenFileTypes") != NULL));
		ck_assert(rules->view == json_is_integer(json_object_get(j, "DownloadRestrictions")));
		ck_assert_int_eq(json_integer_value(json_object_get(j, "DeveloperToolsAvailability")), 2);
		json_decref(j);
		/* a file of the site whose lists are none */
		j = make_policy("{\"URLBlocklist\":7}");
		ck_assert(json_is_array(json_object_get(j, "URLBlocklist")));
		json_decref(j);
	}
	rules = NULL;
	/* documents: kept without a question where the keeper looks; the keeper may print */
	rules = &(const struct sek_rules){ true, true, true, "*\n", "", 2, 0 };
	j = make_policy(base);
	ck_assert_int_eq(json_integer_value(json_object_get(j, "DownloadRestrictions")), 0);
	ck_assert_str_eq(json_string_value(json_object_get(j, "DownloadDirectory")), SEK_DOWNLOADS_INSIDE);
	ck_assert(json_is_false(json_object_get(j, "PromptForDownloadLocation")));
	ck_assert(json_is_false(json_object_get(j, "AlwaysOpenPdfExternally")));
	ck_assert_int_eq(json_integer_value(json_object_get(j, "DeveloperToolsAvailability")), 1);
	json_decref(j);
	rules = NULL;
}
END_TEST

/* What the issue asks of the shipped policies. */
START_TEST(shipped_policies)
{
	static const struct {
		const char *name;
		int value; /* booleans: 0 or 1 */
	} rows[] = {
		{ "DownloadRestrictions", 3 }, { "PrintingEnabled", 0 }, { "PasswordManagerEnabled", 0 },
		{ "AllowFileSelectionDialogs", 0 }, { "IncognitoModeAvailability", 1 }, { "SyncDisabled", 1 }, { "QuicAllowed", 0 },
		{ "BackgroundModeEnabled", 0 }, { "SpellCheckServiceEnabled", 0 }, { "SpellcheckEnabled", 0 },
		{ "PromotionsEnabled", 0 }, { "SafeBrowsingProtectionLevel", 0 }, { "SearchSuggestEnabled", 0 },
		{ "BrowserSignin", 0 }, { "ScreenCaptureAllowed", 0 }, { "AudioCaptureAllowed", 0 }, { "VideoCaptureAllowed", 0 },
		{ "NetworkServiceSandboxEnabled", 1 }, { "DeveloperToolsAvailability", 2 },
	};
	static const char *const blocked[] = { "file://*", "devtools://*", "chrome://*", "view-source:*" };
	json_t *j = json_load_file(SEK_TEST_POLICY, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(j, "URLBlocklist");

	ck_assert(json_is_object(j));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const json_t *v = json_object_get(j, rows[i].name);

		ck_assert_msg(v != NULL, "%s", rows[i].name);
		ck_assert_msg((json_is_boolean(v) ? json_is_true(v) : json_integer_value(v)) == rows[i].value, "%s", rows[i].name);
	}
	for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++) {
		bool found = false;

		for (size_t k = 0; k < json_array_size(list); k++)
			found |= strcmp(json_string_value(json_array_get(list, k)), blocked[i]) == 0;
		ck_assert_msg(found, "%s", blocked[i]);
	}
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(j, "ExtensionInstallBlocklist"), 0)), "*");
	ck_assert_str_eq(text_at(j, "WebRtcIPHandling", NULL), "disable_non_proxied_udp");
	json_decref(j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sandbox parts");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, good_arguments);
	tcase_add_test(t, bad_arguments);
	tcase_add_test(t, command_lines);
	tcase_add_test(t, browser_sandbox_stays_on);
	tcase_add_test(t, policies);
	tcase_add_test(t, rules_of_the_broker);
	tcase_add_test(t, shipped_policies);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
